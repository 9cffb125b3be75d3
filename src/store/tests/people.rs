use super::*;
use crate::model::{LetterOrder, Purpose};

pub(super) fn order(key: &str, ordered: DateTime<Utc>) -> LetterOrder {
    LetterOrder {
        key: key.into(),
        kind: "notice".into(),
        to: Address::parse("ann@inbox.example").expect("an address"),
        context: serde_json::json!({"link": "secret"}),
        ordered,
    }
}

fn trace(at: DateTime<Utc>) -> Trace<'static> {
    Trace { how: "web page", network: "192.0.2.0/24", at }
}

#[test]
fn a_key_is_queued_once_and_its_letter_is_due_until_it_is_done() {
    let house = House::new();
    let store = &house.store;
    assert!(store.letters().queue(&order("a", at(10))).expect("a letter"));
    assert!(!store.letters().queue(&order("a", at(0))).expect("the same"));
    let id = store.letters().due(at(10), 9).expect("one")[0].id;
    store.letters().begin(id, at(10)).expect("an intent");
    assert!(
        store.letters().due(at(99), 9).expect("none").is_empty() && store.letters().has_in_flight().expect("a look")
    );
    assert!(store.letters().begin(id, at(10)).is_err(), "an intent is put on record once");
    // The sender dies here; the same letter with the same date is tried again.
    store.letters().recover(Uncertain::Resend, at(20)).expect("a recovery");
    let again = store.letters().due(at(20), 9).expect("one").remove(0);
    assert_eq!((again.dated, again.attempts), (Some(at(10)), 1));
    let later = Outcome::Deferred { reply: reply(451), next: at(300) };
    store.letters().finish(id, &later, Uncertain::Resend, at(21)).expect("an outcome");
    for (now, due) in [(299, false), (300, true)] {
        assert_eq!(store.letters().has_due(at(now)).expect("a look"), due, "at {now}");
        assert_eq!(store.letters().due(at(now), 9).expect("a list").len(), usize::from(due), "at {now}");
    }
    assert!(store.letters().has_due(at(20)).expect("a look"), "the clock was set back since: it waits no longer");
    assert_eq!(store.letters().due(at(20), 9).expect("a list").len(), 1);
    store
        .letters()
        .finish(id, &Outcome::Failed { reply: reply(550), class: RefusalClass::NoMailbox }, Uncertain::Resend, at(301))
        .expect("an end");
    let line = &store.letters().to(&order("a", at(0)).to).expect("a list")[0];
    assert_eq!((line.state.as_str(), line.reply.as_ref().and_then(|r| r.code)), ("failed", Some(550)));
    let kept: String = store.db.value("SELECT context FROM letters", params![]).expect("a row");
    assert_eq!(kept, "{}", "a token does not outlive its letter");
}

#[test]
fn an_uncertain_letter_is_held_where_that_is_wished() {
    let house = House::new();
    let store = &house.store;
    store.letters().queue(&order("a", at(0))).expect("a letter");
    let id = store.letters().due(at(0), 1).expect("one")[0].id;
    store.letters().begin(id, at(0)).expect("an intent");
    store.letters().recover(Uncertain::Hold, at(1)).expect("a recovery");
    assert_eq!(store.letters().to(&order("a", at(0)).to).expect("a list")[0].state, "failed");
}

#[test]
fn a_pause_keeps_a_subscriber_out_until_its_end() {
    for (now, expected) in [(at(99), 1), (at(100), 2)] {
        let mut house = House::new();
        house.put(&[
            row("a@example.org", SubscriberStatus::Confirmed, &[]),
            row("b@example.org", SubscriberStatus::Confirmed, &[]),
        ]);
        let seed: String =
            house.store.db.value("SELECT seed FROM subscribers ORDER BY id LIMIT 1", params![]).expect("a seed");
        let wishes = PreferenceChange { name: String::new(), editions: Vec::new(), paused_until: Some(at(100)) };
        assert!(
            house
                .store
                .subscribers()
                .choose(Purpose::Preferences, &Purpose::Preferences.token(&seed), &wishes, trace(at(1)))
                .expect("a choice")
        );
        house.approve();
        assert_eq!(house.store.sends().freeze_audience(&issue(), now).expect("a freeze"), Audience::Frozen(expected));
    }
}

#[test]
fn a_forgotten_subscribers_number_is_nobodys_and_a_new_subscriber_gets_no_copy_of_theirs() {
    let (mut house, send) = House::sending(2);
    let second = Address::parse("r2@example.org").expect("an address");
    assert!(house.store.subscribers().forget(&second, at(5)).expect("a deletion"));
    assert!(!house.store.subscribers().forget(&second, at(6)).expect("again"));
    // SQLite may give the freed row number to the next subscriber.
    house.put(&[row("new@example.org", SubscriberStatus::Confirmed, &[])]);
    let mut lines = Vec::new();
    house
        .store
        .sends()
        .each_recipient::<StoreError>(send, |line| {
            lines.push((line.email, line.state));
            Ok(())
        })
        .expect("a list");
    assert_eq!(lines[1], (String::new(), crate::model::DeliveryState::Suppressed));
    let counts = house.send().counts;
    assert_eq!((counts.recipients, counts.pending, counts.suppressed), (2, 1, 1));
    assert_eq!(house.put(&[row("R2@example.org", SubscriberStatus::Confirmed, &[])]).kept_unsubscribed, 1);
}

#[test]
fn only_the_owners_word_brings_a_forgotten_one_back() {
    let mut house = House::new();
    house.put(&[row("r2@example.org", SubscriberStatus::Confirmed, &[])]);
    let email = Address::parse("r2@example.org").expect("an address");
    house.store.subscribers().forget(&email, at(0)).expect("a deletion");
    let sign_up = SignUp {
        email: email.clone(),
        editions: Vec::new(),
        network: "192.0.2.0/24".into(),
        token: "t".into(),
        kind: Wanted::SignUp,
    };
    assert_eq!(take_in(&mut house.store, &sign_up, at(10)), 1);
    assert_eq!(house.store.subscribers().confirm("u", trace(at(11)), "s1").expect("a look"), Confirmed::No);
    assert_eq!(house.store.subscribers().confirm("t", trace(at(11)), "s1").expect("a press"), Confirmed::Now);
    assert_eq!(house.store.subscribers().confirm("t", trace(at(12)), "s2").expect("a press"), Confirmed::Before);
    assert_eq!(house.put(&[row("r2@example.org", SubscriberStatus::Confirmed, &[])]).kept_unsubscribed, 0);
    assert_eq!(house.store.subscribers().acts(&email).expect("a record").len(), 1);
}

/// Asks, and has it looked at; says whether a letter was queued.
pub(super) fn take_in(store: &mut Store, sign_up: &SignUp, now: DateTime<Utc>) -> usize {
    let asking = SignUpRequest {
        email: sign_up.email.clone(),
        editions: sign_up.editions.clone(),
        network: sign_up.network.clone(),
        kind: sign_up.kind,
    };
    store.subscribers().keep_asked([&asking].into_iter()).expect("kept");
    let waiting = store.subscribers().asked(9).expect("a look");
    assert!(waiting.len() == 1 && waiting[0].1 == asking, "{waiting:?}");
    let all = [(waiting[0].0, sign_up.clone(), Some(order(&sign_up.token, now)))];
    let taken = store.subscribers().take_in(&all, 9, now).expect("a sign-up");
    assert_eq!(store.subscribers().take_in(&all, 9, now).expect("again"), 0, "another process looked at it");
    assert!(store.subscribers().asked(9).expect("a look").is_empty());
    taken
}

#[test]
fn a_sign_up_that_was_forgotten_before_it_was_looked_at_gets_no_letter() {
    let house = House::new();
    let email = Address::parse("ann@example.org").expect("an address");
    let asking =
        SignUpRequest { email: email.clone(), editions: Vec::new(), network: String::new(), kind: Wanted::SignUp };
    house.store.subscribers().keep_asked([&asking].into_iter()).expect("kept");
    let id = house.store.subscribers().asked(9).expect("a look")[0].0;
    assert!(house.store.subscribers().forget(&email, at(1)).expect("a deletion"), "something was there");
    let sign_up =
        SignUp { email, editions: Vec::new(), network: String::new(), token: "t".into(), kind: Wanted::SignUp };
    let all = [(id, sign_up, Some(order("confirm", at(2))))];
    assert_eq!(house.store.subscribers().take_in(&all, 9, at(2)).expect("a look"), 0);
    assert!(!house.store.letters().has_due(at(2)).expect("a look"));
}
