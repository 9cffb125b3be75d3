use std::time::Duration;

use super::*;
use crate::model::{EvidenceKind, MatchedBy};

const RULE: SoftRule = SoftRule { limit: 1, span: std::time::Duration::ZERO, window: Duration::from_hours(720) };

fn evidence(email: &Address, kind: EvidenceKind) -> Evidence {
    Evidence {
        email: email.clone(),
        issue: String::new(),
        kind,
        status: String::new(),
        diagnostic: String::new(),
        matched_by: MatchedBy::Token,
        received: at(0),
        hash: kind.as_str().into(),
    }
}

/// A subscriber of the list whose address also waits for a confirmation.
fn sign_up_again(house: &mut House, email: &Address) {
    let token = email.as_str();
    let sign_up = SignUp {
        email: email.clone(),
        editions: Vec::new(),
        network: "192.0.2.0/24".into(),
        token: token.into(),
        kind: Wanted::SignUp,
    };
    assert_eq!(super::people::take_in(&mut house.store, &sign_up, at(0)), 1);
    assert_eq!(house.store.subscribers().can_confirm(token, at(1)).expect("a look"), Confirmed::Now);
}

fn cannot_come_back(house: &mut House, email: &Address, status: SubscriberStatus) {
    let trace = Trace { how: "web page", network: "", at: at(9) };
    assert_eq!(
        house.store.subscribers().confirm(email.as_str(), trace, "s").expect("a press"),
        Confirmed::No,
        "{email:?}"
    );
    assert_eq!(
        house.store.subscribers().subscriber(email).expect("a look").map(|subscriber| subscriber.status),
        Some(status),
        "{email:?}"
    );
}

#[test]
fn whatever_takes_a_subscriber_off_ends_their_open_sign_ups() {
    let ways = [
        (EvidenceKind::Hard, SubscriberStatus::Bounced),
        (EvidenceKind::Soft, SubscriberStatus::Bounced),
        (EvidenceKind::Complaint, SubscriberStatus::Complained),
        (EvidenceKind::Leave, SubscriberStatus::Unsubscribed),
    ];
    let mut house = House::new();
    for (kind, status) in ways {
        let email = Address::parse(&format!("{}@example.org", kind.as_str())).expect("an address");
        house.put(&[row(email.as_str(), SubscriberStatus::Confirmed, &[])]);
        sign_up_again(&mut house, &email);
        let effect = house.store.subscribers().record_bounce(&evidence(&email, kind), RULE, at(2)).expect("a record");
        assert_eq!(effect, Some(Effect::Gone(status)));
        cannot_come_back(&mut house, &email, status);
    }
}

#[test]
fn an_import_of_someone_gone_and_the_operators_word_end_them_too() {
    let mut house = House::new();
    let [listed, stranger, removed] = ["listed", "stranger", "removed"]
        .map(|name| Address::parse(&format!("{name}@example.org")).expect("an address"));
    house.put(&[
        row(listed.as_str(), SubscriberStatus::Confirmed, &[]),
        row(removed.as_str(), SubscriberStatus::Confirmed, &[]),
    ]);
    for email in [&listed, &stranger, &removed] {
        sign_up_again(&mut house, email);
    }
    house.put(&[
        row(listed.as_str(), SubscriberStatus::Complained, &[]),
        row(stranger.as_str(), SubscriberStatus::Bounced, &[]),
    ]);
    assert_eq!(house.store.subscribers().remove(&removed, at(3)).expect("a removal"), Some(true));
    assert_eq!(house.store.subscribers().remove(&removed, at(4)).expect("a removal"), Some(false));
    assert_eq!(house.store.subscribers().acts(&removed).expect("acts")[0].how, "operator");
    cannot_come_back(&mut house, &listed, SubscriberStatus::Complained);
    cannot_come_back(&mut house, &stranger, SubscriberStatus::Bounced);
    cannot_come_back(&mut house, &removed, SubscriberStatus::Unsubscribed);
}

#[test]
fn what_is_about_us_leaves_a_sign_up_open() {
    let mut house = House::new();
    let email = Address::parse("ann@example.org").expect("an address");
    house.put(&[row(email.as_str(), SubscriberStatus::Confirmed, &[])]);
    sign_up_again(&mut house, &email);
    house.store.subscribers().record_bounce(&evidence(&email, EvidenceKind::AboutUs), RULE, at(2)).expect("a record");
    assert_eq!(house.store.subscribers().can_confirm(email.as_str(), at(3)).expect("a look"), Confirmed::Now);
}

#[test]
fn a_refusal_for_good_during_a_send_ends_open_sign_ups_too() {
    let (mut house, send) = House::sending(1);
    let email = Address::parse("r1@example.org").expect("an address");
    sign_up_again(&mut house, &email);
    house.with_ledger(send, async |ledger| {
        let copy = claim(&ledger, at(0)).await.expect("a copy");
        ledger
            .finished(copy.number, Outcome::Failed { reply: reply(550), class: RefusalClass::NoMailbox }, at(1))
            .await
            .expect("an end");
    });
    cannot_come_back(&mut house, &email, SubscriberStatus::Bounced);
}

#[test]
fn a_leave_by_mail_is_on_the_record_of_consent_once() {
    let mut house = House::new();
    let email = Address::parse("ann@example.org").expect("an address");
    house.put(&[row(email.as_str(), SubscriberStatus::Confirmed, &[])]);
    for hash in ["one", "two"] {
        let leave = Evidence { hash: hash.into(), ..evidence(&email, EvidenceKind::Leave) };
        house.store.subscribers().record_bounce(&leave, RULE, at(2)).expect("a record");
    }
    let acts = house.store.subscribers().acts(&email).expect("a record");
    let told: Vec<_> = acts.iter().map(|act| (act.act.as_str(), act.how.as_str(), act.at)).collect();
    assert_eq!(told, [("left", "mail", at(2))]);
}

#[test]
fn a_refusal_that_proves_nothing_takes_a_subscriber_off_only_with_those_of_other_issues() {
    let (house, send) = House::sending(1);
    let email = Address::parse("r1@example.org").expect("an address");
    house.with_ledger(send, async |ledger| {
        let copy = claim(&ledger, at(0)).await.expect("a copy");
        let failed = Outcome::Failed { reply: reply(550), class: RefusalClass::Unproven };
        ledger.finished(copy.number, failed, at(1)).await.expect("an end");
    });
    let status =
        |house: &House| house.store.subscribers().subscriber(&email).expect("a look").expect("a subscriber").status;
    assert_eq!(status(&house), SubscriberStatus::Confirmed, "one is none");
    let on_record = house.store.subscribers().bounces_of(&email).expect("a look");
    let told: Vec<_> =
        on_record.iter().map(|line| (line.kind, line.matched_by.as_str(), line.diagnostic.as_str())).collect();
    assert_eq!(told, [(EvidenceKind::Soft, "reply", "550 words")], "in the server's words");
    let later = house.store.sends().came_back(&issue()).expect("a look");
    assert!(later.iter().all(|line| line.count == 0), "it did not come back, it was said at once");
    let again =
        |issue: &str| Evidence { issue: issue.into(), hash: issue.into(), ..evidence(&email, EvidenceKind::Soft) };
    let same = again(&issue().to_string());
    assert_eq!(
        house.store.subscribers().record_bounce(&same, SOFT, at(2)).expect("a record"),
        Some(Effect::Kept),
        "the same issue"
    );
    let other = house.store.subscribers().record_bounce(&again("2026-12-02-midweek"), SOFT, at(3)).expect("a record");
    assert_eq!(other, Some(Effect::Gone(SubscriberStatus::Bounced)));
}

#[test]
fn a_refusal_about_us_is_nowhere_held_against_a_subscriber() {
    let (house, send) = House::sending(1);
    let email = Address::parse("r1@example.org").expect("an address");
    house.with_ledger(send, async |ledger| {
        let copy = claim(&ledger, at(0)).await.expect("a copy");
        let failed = Outcome::Failed { reply: reply(550), class: RefusalClass::Sender };
        ledger.finished(copy.number, failed, at(1)).await.expect("an end");
    });
    assert_eq!(house.store.subscribers().bounces_of(&email).expect("a look"), []);
    assert!(
        house
            .store
            .subscribers()
            .record_bounce(&evidence(&email, EvidenceKind::AboutUs), SOFT, at(2))
            .expect("a record")
            .is_some()
    );
    let status = house.store.subscribers().subscriber(&email).expect("a look").expect("a subscriber").status;
    assert_eq!(status, SubscriberStatus::Confirmed);
}
