//! An import counts as a whole; a subscriber moves, and is restored; a mailbox is one, whatever its tags.

use super::*;
use crate::model::Act;

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn confirmed(n: usize) -> Vec<SubscriberRow> {
    (0..n).map(|n| row(&format!("i{n}@example.org"), SubscriberStatus::Confirmed, &[])).collect()
}

fn trace(at: DateTime<Utc>) -> Trace<'static> {
    Trace { how: "web page", network: "192.0.2.0/24", at }
}

fn seeds() -> impl FnMut() -> String {
    let mut number = 1_000_000;
    move || {
        number += 1;
        format!("{number:032x}")
    }
}

#[test]
fn whom_an_import_brings_is_mailed_when_it_is_finished_and_whom_it_takes_off_is_off_at_once() {
    for finishes in [false, true] {
        let mut house = House::new();
        house.put(&[
            row("a@example.org", SubscriberStatus::Confirmed, &[]),
            row("b@example.org", SubscriberStatus::Confirmed, &[]),
            row("p@example.org", SubscriberStatus::Pending, &[]),
        ]);
        let import = house.store.subscribers().begin_import("list.csv", at(1)).expect("a start").expect("alone");
        let rows = [
            confirmed(3),
            vec![
                row("b@example.org", SubscriberStatus::Unsubscribed, &[]),
                row("p@example.org", SubscriberStatus::Confirmed, &[]),
            ],
        ]
        .concat();
        house.store.subscribers().import_batch(&import, &rows, at(1), &mut seeds()).expect("a batch");
        assert_eq!(house.store.sends().count_audience("midweek", at(2)).expect("a count"), 1);
        if finishes {
            house.store.subscribers().finish_import(import, at(2)).expect("an end");
        }
        house.approve();
        let expected = if finishes { 1 + 3 + 1 } else { 1 };
        assert_eq!(house.store.sends().freeze_audience(&issue(), at(3)).expect("a freeze"), Audience::Frozen(expected));
    }
}

#[test]
fn an_import_that_was_killed_is_told_and_undone_by_the_next_but_nobody_who_left_comes_back() {
    let mut house = House::new();
    house.put(&[row("p@example.org", SubscriberStatus::Pending, &[])]);
    let import = house.store.subscribers().begin_import("list.csv", at(1)).expect("a start").expect("alone");
    let rows = [confirmed(1_500), vec![row("p@example.org", SubscriberStatus::Confirmed, &[])]].concat();
    house.store.subscribers().import_batch(&import, &rows, at(1), &mut seeds()).expect("a batch");
    house.put(&[row("i7@example.org", SubscriberStatus::Complained, &[])]);
    let found = house.store.subscribers().unfinished_import().expect("a look").expect("one");
    assert_eq!((found.file.as_str(), found.rows, found.is_alive), ("list.csv", 1_501, true));
    assert!(house.store.subscribers().begin_import("other.csv", at(2)).expect("a start").is_none(), "one at a time");
    drop(import);
    assert!(!house.store.subscribers().unfinished_import().expect("a look").expect("one").is_alive);
    let next = house.store.subscribers().begin_import("other.csv", at(3)).expect("a start").expect("alone");
    let mut left = Vec::new();
    house
        .store
        .subscribers()
        .each_subscriber::<StoreError>(None, |s| {
            left.push(format!("{} {}", s.email, s.status));
            Ok(())
        })
        .expect("a list");
    assert_eq!(left, ["p@example.org pending", "i7@example.org complained"]);
    house.store.subscribers().finish_import(next, at(4)).expect("an end");
    assert_eq!(house.store.subscribers().unfinished_import().expect("a look"), None);
}

#[test]
fn whoever_confirms_during_an_import_is_mailed() {
    let mut house = House::new();
    let import = house.store.subscribers().begin_import("list.csv", at(1)).expect("a start").expect("alone");
    house.store.subscribers().import_batch(&import, &confirmed(2), at(1), &mut seeds()).expect("a batch");
    let sign_up = sign_up("i0@example.org", "t");
    assert_eq!(super::people::take_in(&mut house.store, &sign_up, at(2)), 1);
    assert_eq!(house.store.subscribers().confirm("t", trace(at(3)), "s").expect("a press"), Confirmed::Now);
    assert_eq!(house.store.sends().count_audience("midweek", at(4)).expect("a count"), 1);
}

fn sign_up(email: &str, token: &str) -> SignUp {
    let network = format!("192.0.{}.0/24", token.len() + email.len());
    SignUp { email: address(email), editions: Vec::new(), network, token: token.into(), kind: Wanted::SignUp }
}

#[test]
fn a_mailbox_is_one_whatever_its_tags() {
    let mut house = House::new();
    let ask = |house: &mut House, email: &str, minutes: i64| {
        let token = format!("{email}{minutes}");
        super::people::take_in(&mut house.store, &sign_up(email, &token), at(minutes * 60))
    };
    assert_eq!(ask(&mut house, "ann+0@example.org", 0), 1);
    for n in 1..30 {
        assert_eq!(ask(&mut house, &format!("ann+{n}@example.org"), n), 0, "{n}");
    }
    assert_eq!(ask(&mut house, "ann@example.org", 31), 0);
    assert_eq!(ask(&mut house, "bob+0@example.org", 32), 1, "another mailbox");
    assert_eq!(ask(&mut house, "ann+x@example.org", 61), 1, "an hour later");
}

#[test]
fn a_bounce_is_undone_by_the_operator_and_a_wish_only_by_the_subscribers_own_word() {
    let mut house = House::new();
    for (email, status) in [
        ("b@example.org", SubscriberStatus::Bounced),
        ("u@example.org", SubscriberStatus::Unsubscribed),
        ("c@example.org", SubscriberStatus::Complained),
        ("a@example.org", SubscriberStatus::Confirmed),
    ] {
        house.put(&[SubscriberRow { confirmed: Some(at(-9)), ..row(email, status, &[]) }]);
    }
    let restore = |email: &str, consent: &str| {
        house.store.subscribers().restore(&address(email), "the mailbox works", consent, at(5)).expect("a try")
    };
    assert_eq!(restore("b@example.org", ""), Some(BroughtBack::Now(SubscriberStatus::Confirmed)));
    assert_eq!(restore("u@example.org", ""), Some(BroughtBack::Refused(SubscriberStatus::Unsubscribed)));
    assert_eq!(restore("c@example.org", ""), Some(BroughtBack::Refused(SubscriberStatus::Complained)));
    assert_eq!(restore("u@example.org", "by mail"), Some(BroughtBack::Now(SubscriberStatus::Confirmed)));
    assert_eq!(restore("a@example.org", ""), Some(BroughtBack::NotGone));
    assert_eq!(restore("z@example.org", ""), None);
    let acts = house.store.subscribers().acts(&address("b@example.org")).expect("a record");
    assert_eq!((acts[0].act.as_str(), acts[0].how.as_str()), ("restored", "operator: the mailbox works"));
    assert_eq!(house.store.sends().count_audience("midweek", at(6)).expect("a count"), 3);
}

#[test]
fn evidence_is_kept_once_and_a_subscriber_who_leaves_another_service_has_a_reason() {
    let mut house = House::new();
    let act = Act { at: at(-100), act: "signed up".into(), how: "Mailchimp".into(), network: "192.0.2.0/24".into() };
    let ann = SubscriberRow {
        acts: vec![act.clone()],
        created: Some(at(-100)),
        ..row("a@example.org", SubscriberStatus::Confirmed, &[])
    };
    assert_eq!(house.put(std::slice::from_ref(&ann)).added, 1);
    assert_eq!(house.put(&[ann]).unchanged, 1);
    assert_eq!(house.store.subscribers().acts(&address("a@example.org")).expect("a record"), [act]);
    let gone = SubscriberRow {
        left: Some(at(-50)),
        why: "Mailchimp: NORMAL".into(),
        ..row("a@example.org", SubscriberStatus::Unsubscribed, &[])
    };
    assert_eq!(house.put(std::slice::from_ref(&gone)).updated, 1);
    assert_eq!(house.put(&[gone]).unchanged, 1);
    let left = house.store.subscribers().acts(&address("a@example.org")).expect("a record").remove(1);
    assert_eq!((left.at, left.act.as_str(), left.how.as_str()), (at(-50), "left", "Mailchimp: NORMAL"));
}

#[test]
fn a_subscriber_moves_when_the_new_address_says_so_and_the_old_one_stays_out() {
    let mut house = House::new();
    house.put(&[row("old@example.org", SubscriberStatus::Confirmed, &["sunday"])]);
    let wish = SignUp { kind: Wanted::Move, ..sign_up("new@example.org", "tok") };
    let letter = super::people::order("tok", at(1));
    let old = address("old@example.org");
    assert!(house.store.subscribers().ask_to_move(&old, &wish, &letter, 9, at(1)).expect("a wish"));
    assert!(
        !house.store.subscribers().ask_to_move(&old, &wish, &letter, 9, at(2)).expect("a wish"),
        "an hour between two letters"
    );
    assert_eq!(
        house.store.subscribers().confirm("tok", trace(at(3)), "s").expect("a press"),
        Confirmed::No,
        "it is no sign-up"
    );
    assert_eq!(
        house.store.subscribers().move_of("tok", at(3)).expect("a look"),
        Some((address("new@example.org"), false))
    );
    let (moved, is_new) =
        house.store.subscribers().confirm_move("tok", trace(at(3)), &"9".repeat(32)).expect("a press").expect("a move");
    assert!(is_new && moved.from == old && moved.to == address("new@example.org"));
    assert!(!house.store.subscribers().confirm_move("tok", trace(at(4)), "x").expect("a press").expect("a move").1);
    let new = house.store.subscribers().subscriber(&address("new@example.org")).expect("a look").expect("there");
    assert_eq!((new.status, new.editions.as_slice()), (SubscriberStatus::Confirmed, ["sunday".to_owned()].as_slice()));
    assert_eq!(house.put(&[row("old@example.org", SubscriberStatus::Confirmed, &[])]).kept_unsubscribed, 1);
    assert_eq!(house.store.subscribers().move_of("tok", at(3 + 49 * 3600)).expect("a look"), None, "too old");
}
