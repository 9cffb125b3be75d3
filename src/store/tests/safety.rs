//! The safety log and its database: what one knows and the other does not, and what is made of it.

use super::*;

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

/// A list of five people with a safety log beside it.
fn listed() -> House {
    let mut house = House::new();
    house
        .put(&(1..=5).map(|n| row(&format!("r{n}@example.org"), SubscriberStatus::Confirmed, &[])).collect::<Vec<_>>());
    house.store = house.ground.store().with_safety_log(log_of(&house));
    house
}

fn log_of(house: &House) -> PathBuf {
    house.ground.dir.path().join("log/safety.log")
}

/// Another list of the same people, as if from a backup: it has the same salt.
fn older_than(house: &House) -> House {
    let older = listed();
    let salt: Vec<u8> =
        house.store.db.value("SELECT salt FROM salts WHERE name = 'forgotten'", params![]).expect("a salt");
    older
        .store
        .db
        .execute("UPDATE salts SET salt = ?1 WHERE name = 'forgotten'", params![salt])
        .expect("the same salt");
    older
}

/// Three copies have been tried, two are left.
fn send_some(house: &House, send: i64) {
    house.with_ledger(send, async |ledger| {
        for outcome in [
            Outcome::Delivered(reply(250)),
            Outcome::Failed { reply: reply(550), class: RefusalClass::Unproven },
            Outcome::Deferred { reply: reply(450), next: at(60) },
        ] {
            let copy = claim(&ledger, at(0)).await.expect("a copy");
            ledger.finished(copy.number, outcome, at(1)).await.expect("an outcome");
        }
        claim(&ledger, at(0)).await.expect("a copy that stays under way");
    });
}

fn freeze(house: &mut House) -> i64 {
    house.approve();
    assert_eq!(house.store.sends().freeze_audience(&issue(), at(0)).expect("a freeze"), Audience::Frozen(5));
    house.send().id
}

#[test]
fn every_change_of_a_person_is_in_the_log_and_no_address() {
    let mut house = listed();
    let people = house.store.subscribers();
    people.remove(&address("r1@example.org"), at(1)).expect("leaving");
    people.remove(&address("r2@example.org"), at(2)).expect("leaving");
    people.restore(&address("r1@example.org"), "asked", "by mail", at(3)).expect("a word");
    people.forget(&address("r3@example.org"), at(4)).expect("a deletion");
    house.store.write_safety_log().expect("written");
    house.put(&[row("r4@example.org", SubscriberStatus::Complained, &[])]);
    house.store.subscribers().remove(&address("r5@example.org"), at(5)).expect("leaving");
    // Erased before it was written: the address is not in the queue any more.
    house.store.subscribers().forget(&address("r5@example.org"), at(6)).expect("a deletion");
    house.store.write_safety_log().expect("written");
    house.store.write_safety_log().expect("nothing is left to write");
    let text = std::fs::read_to_string(log_of(&house)).expect("a log");
    assert!(!text.contains("example.org"), "{text}");
    let told: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with("person "))
        .map(|line| line.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        told,
        ["1 unsubscribed", "2 unsubscribed", "3 back", "4 erased", "5 complained", "6 unsubscribed", "7 erased"]
    );
    let left: i64 = house.store.db.value("SELECT count(*) FROM safety_queue", params![]).expect("a count");
    assert_eq!(left, 0);
    assert!(house.store.ahead(&log_of(&house)).expect("a look").expect("a log").is_nothing());
    let foreign = listed().store.ahead(&log_of(&house)).expect("a look").expect("a log");
    assert!(foreign.is_foreign && foreign.people == 7, "{foreign:?}");
    assert_eq!(house.store.ahead(Path::new("/nowhere/safety.log")).expect("a look"), None);
}

#[test]
fn a_database_that_is_older_than_its_log_learns_who_left_and_whose_copy_is_out() {
    let mut house = listed();
    let mut older = older_than(&house);
    let (send, old_send) = (freeze(&mut house), freeze(&mut older));
    send_some(&house, send);
    house.store.subscribers().remove(&address("r3@example.org"), at(2)).expect("leaving");
    house.store.subscribers().forget(&address("r5@example.org"), at(3)).expect("a deletion");
    house.put(&[row("new@example.org", SubscriberStatus::Bounced, &[])]);
    house.store.write_safety_log().expect("written");

    let ahead = older.store.ahead(&log_of(&house)).expect("a look").expect("a log");
    assert_eq!((ahead.people, ahead.unknown_deliveries(), ahead.is_foreign), (3, 4, false));
    let record = SafetyRecord::read(&log_of(&house), true).expect("a log").expect("a log");
    let applied = older.store.apply(&record, at(9)).expect("applied");
    assert_eq!(applied, Applied { taken_off: 1, erased: 1, kept_out: 1, deliveries: 4 });
    assert_eq!(older.store.apply(&record, at(10)).expect("again"), Applied::default());

    let mut lines = Vec::new();
    older
        .store
        .sends()
        .each_recipient::<StoreError>(old_send, |line| {
            lines.push(format!("{} {} {}", line.number, line.state.as_str(), line.attempts));
            Ok(())
        })
        .expect("a list");
    assert_eq!(lines, ["1 delivered 1", "2 failed 1", "3 pending 0", "4 uncertain 1", "5 suppressed 0"]);
    let status = |email: &str| older.store.subscribers().subscriber(&address(email)).expect("a look").map(|s| s.status);
    assert_eq!((status("r3@example.org"), status("r5@example.org")), (Some(SubscriberStatus::Unsubscribed), None));
    older.put(&[
        row("r5@example.org", SubscriberStatus::Confirmed, &[]),
        row("new@example.org", SubscriberStatus::Confirmed, &[]),
    ]);
    assert_eq!(
        older.store.subscribers().subscriber(&address("new@example.org")).expect("a look"),
        None,
        "no import brings them in"
    );
    older.store.rewrite_safety_log(&record).expect("written anew");
    older.store.write_safety_log().expect("written");
    let last = SafetyRecord::read(&log_of(&older), true).expect("a log").expect("a log").last_seq();
    assert!(last > record.last_seq(), "changes made since are numbered after the log's: {last}");
    assert!(older.store.ahead(&log_of(&older)).expect("a look").expect("a log").is_nothing());
}

#[test]
fn a_finished_send_is_finished_in_the_older_database_too() {
    let mut house = listed();
    let mut older = older_than(&house);
    let (send, _) = (freeze(&mut house), freeze(&mut older));
    house.with_ledger(send, async |ledger| {
        while let Some(copy) = claim(&ledger, at(0)).await {
            ledger.finished(copy.number, Outcome::Delivered(reply(250)), at(1)).await.expect("an outcome");
        }
    });
    assert!(house.store.sends().finish(send, Uncertain::Hold, at(2)).expect("an end"));
    let record = SafetyRecord::read(&log_of(&house), true).expect("a log").expect("a log");
    assert_eq!(older.store.apply(&record, at(9)).expect("applied").deliveries, 5);
    assert_eq!(
        (older.send().state, older.send().finished, older.counts().delivered),
        (IssueState::Sent, Some(at(9)), 5)
    );
}

#[test]
fn whoever_had_an_issue_from_another_database_does_not_get_it_from_this_one() {
    let mut house = listed();
    let mut older = older_than(&house);
    let send = freeze(&mut house);
    send_some(&house, send);
    let record = SafetyRecord::read(&log_of(&house), true).expect("a log").expect("a log");
    assert_eq!(older.store.apply(&record, at(9)).expect("applied").deliveries, 4);
    assert_eq!(older.store.apply(&record, at(9)).expect("again").deliveries, 0);
    older.store.rewrite_safety_log(&record).expect("written anew");
    assert!(older.store.ahead(&log_of(&older)).expect("a look").expect("a log").is_nothing());
    freeze(&mut older);
    let counts = older.counts();
    assert_eq!(
        (counts.delivered, counts.failed, counts.uncertain, counts.pending),
        (1, 1, 1, 2),
        "who waited waits still"
    );
}

#[test]
fn a_database_on_hold_tells_what_waits_and_a_blind_release_lets_nothing_go_by_itself() {
    for is_blind in [false, true] {
        let (mut house, _) = House::sending(3);
        let next = "2026-12-02-midweek";
        let copy = "INSERT INTO approvals SELECT ?1, draft, frozen_sha256, frozen, subject, preheader, approved_by, approved_ms FROM approvals";
        house.store.db.execute(copy, params![next]).expect("an approval");
        house.store.letters().queue(&super::people::order("a", at(0))).expect("a letter");
        let asking = SignUpRequest {
            email: address("z@example.org"),
            editions: Vec::new(),
            network: String::new(),
            kind: Wanted::SignUp,
        };
        house.store.subscribers().keep_asked([&asking].into_iter()).expect("kept");
        let token = house.store.scheduling().hold_lease("one", at(0), Duration::from_hours(1)).expect("a lease");
        assert_eq!(house.store.hold().expect("a look"), None);
        for seconds in [1, 2] {
            let hold = Hold { backup: at(seconds), original_log: format!("/srv/{seconds}") };
            house.store.set_hold(&hold).expect("a hold");
            assert_eq!(house.store.hold().expect("a look"), Some(hold));
        }
        let waiting = house.store.waiting().expect("a look");
        let approved = vec![next.parse().expect("a name")];
        assert_eq!(waiting, Waiting { sends: vec![(issue(), 3)], approved: approved.clone(), letters: 2 });
        house.store.release(is_blind, at(9)).expect("a release");
        assert_eq!(house.store.hold().expect("a look"), None);
        let waiting = house.store.waiting().expect("a look");
        let approved = if is_blind { Vec::new() } else { approved };
        assert_eq!(waiting, Waiting { sends: vec![(issue(), 3)], approved, letters: 0 });
        let send = house.send();
        assert_eq!((send.state == IssueState::Stopped, send.by_operator), (is_blind, is_blind));
        let lease = house.store.scheduling().hold_lease("two", at(10), Duration::from_hours(1)).expect("a lease");
        assert!(token.is_some() && lease.is_some(), "the original's daemon holds nothing here");
    }
}
