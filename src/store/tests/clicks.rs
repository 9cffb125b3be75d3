//! Clicks: they add up, only on what was sent, and no more is kept than a number a link.

use super::*;
use crate::model::{Linked, Tracking};
use crate::store::ClickCounts;

fn counts(pairs: &[(&str, u64)]) -> ClickCounts {
    pairs.iter().map(|(key, count)| ((issue(), (*key).to_owned()), *count)).collect()
}

fn tracking() -> Tracking {
    let mut tracking = Tracking { prefix: "https://example.org/go/2026-11-25-midweek/".into(), links: vec![] };
    for id in ["one", "two"] {
        tracking.add(Linked::News, id, format!("Title {id}"), format!("https://a.example/{id}"));
    }
    tracking.add(Linked::Guide, "one", "Guide".into(), "https://a.example/guide".into());
    tracking
}

#[test]
fn counts_add_up_in_the_order_of_the_issue_and_zero_is_a_count() {
    let (house, _) = House::sending(2);
    let tracking = tracking();
    let key = |at: usize| tracking.links[at].key.as_str();
    house.store.issues().add_clicks(&counts(&[(key(1), 2), (key(2), 1)])).expect("clicks");
    house.store.issues().add_clicks(&counts(&[(key(1), 3), ("strange1", 9)])).expect("clicks");
    let send = house.send();
    let lines = house.store.sends().figures(&send, Some(&tracking)).expect("figures").clicks.expect("counted");
    let lines: Vec<String> =
        lines.iter().map(|l| format!("{} {} {} {}", l.kind.as_str(), l.id, l.title, l.count)).collect();
    assert_eq!(lines, ["news one Title one 0", "news two Title two 5", "guide one Guide 1"]);
    assert!(house.store.sends().figures(&send, None).expect("figures").clicks.is_none());
}

#[test]
fn what_was_not_sent_has_no_clicks_and_breaks_nothing() {
    let mut house = House::new();
    house.store.issues().add_clicks(&counts(&[("aaaaaaaa", 1)])).expect("nothing approved");
    house.approve();
    house.store.issues().add_clicks(&counts(&[("aaaaaaaa", 1)])).expect("nothing sent");
    let rows: i64 = house.store.db.value("SELECT count(*) FROM clicks", params![]).expect("a look");
    assert_eq!(rows, 0);
}

#[test]
fn nothing_is_kept_but_a_number_a_link() {
    assert_eq!(House::new().columns("clicks"), ["issue", "key", "count"]);
}
