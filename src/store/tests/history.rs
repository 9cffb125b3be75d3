//! An issue beside the last ones of its edition, and how the list has grown.

use super::*;

/// A send of `name`, begun at `started`, with these numbers delivered and failed.
fn sent(house: &House, name: &str, started: i64, [delivered, failed]: [i64; 2]) -> IssueSend {
    let db = &house.store.db;
    db.execute(
        "INSERT INTO approvals SELECT ?1, draft, frozen_sha256, frozen, subject, preheader, approved_by, approved_ms
         FROM approvals WHERE issue = ?2",
        params![name, issue().to_string()],
    )
    .expect("an approval");
    db.execute(
        "INSERT INTO sends (issue, state, started_ms, finished_ms) VALUES (?1, 'sent', ?2, ?2)",
        params![name, to_ms(at(started))],
    )
    .expect("a send");
    let send = house.store.sends().send(&name.parse().expect("a name")).expect("a look").expect("a send");
    make_room(db, send.id);
    for number in 0..delivered + failed {
        let state = if number < delivered { "delivered" } else { "failed" };
        db.execute(
            "INSERT INTO deliveries (send_id, number, subscriber_id, email, domain, state, updated_ms)
             VALUES (?1, ?2, ?2, '', '', ?3, 0)",
            params![send.id, number, state],
        )
        .expect("a row");
    }
    send
}

fn gone(house: &House, email: &str, status: &str, seconds: i64) {
    let changed = house
        .store
        .db
        .execute(
            "UPDATE subscribers SET status = ?2, left_ms = ?3 WHERE email_key = ?1",
            params![email, status, to_ms(at(seconds))],
        )
        .expect("a change");
    assert_eq!(changed, 1, "{email}");
}

#[test]
fn an_issue_stands_beside_the_last_ones_of_its_edition() {
    let mut house = House::new();
    house.approve();
    house
        .put(&(1..=6).map(|n| row(&format!("r{n}@example.org"), SubscriberStatus::Confirmed, &[])).collect::<Vec<_>>());
    for (name, started, counts) in [
        ("2026-11-04-midweek", 100, [5, 0]),
        ("2026-11-08-sunday", 200, [9, 9]),
        ("2026-11-11-midweek", 300, [4, 1]),
        ("2026-12-02-midweek", 900, [1, 1]),
    ] {
        sent(&house, name, started, counts);
    }
    let own = sent(&house, "2026-11-18-midweek", 500, [3, 2]);
    for (n, seconds) in [(1, 150), (2, 250), (3, 350), (4, 500), (5, 899)] {
        gone(&house, &format!("r{n}@example.org"), "unsubscribed", seconds);
    }
    let name = "2026-11-18-midweek".parse().expect("a name");
    let lines = house.store.sends().beside(&name, &own, 5).expect("lines");
    let told: Vec<String> =
        lines.iter().map(|l| format!("{} {} {} {} {}", l.issue, l.recipients, l.delivered, l.failed, l.left)).collect();
    assert_eq!(
        told,
        ["2026-11-18-midweek 5 3 2 2", "2026-11-11-midweek 5 4 1 1", "2026-11-04-midweek 5 5 0 1"],
        "neither another edition nor a later issue, and who left counts for the issue that came last"
    );
    assert!(lines[0].clicks.is_none() && lines[0].poll.as_ref().is_some_and(|poll| poll.total() == 0));
    assert_eq!(house.store.sends().beside(&name, &own, 1).expect("lines").len(), 2);
}

#[test]
fn the_lists_growth_counts_from_the_editions_send_before() {
    let mut house = House::new();
    house.approve();
    house
        .put(&(1..=5).map(|n| row(&format!("r{n}@example.org"), SubscriberStatus::Confirmed, &[])).collect::<Vec<_>>());
    sent(&house, "2026-11-11-midweek", 300, [1, 0]);
    let own = sent(&house, "2026-11-18-midweek", 500, [1, 0]);
    for (n, seconds) in [(1, 299), (2, 300), (3, 700), (4, 100), (5, 100)] {
        house
            .store
            .db
            .execute(
                "UPDATE subscribers SET confirmed_ms = ?2 WHERE email_key = ?1",
                params![format!("r{n}@example.org"), to_ms(at(seconds))],
            )
            .expect("a change");
    }
    gone(&house, "r4@example.org", "unsubscribed", 299);
    gone(&house, "r5@example.org", "bounced", 301);
    let name = "2026-11-18-midweek".parse().expect("a name");
    let growth = house.store.sends().growth(&name, &own).expect("growth");
    assert_eq!((growth.confirmed, growth.joined, growth.left, growth.bounced, growth.complained), (3, 2, 0, 1, 0));
    assert_eq!(growth.since, Some(at(300)));
    let first = "2026-11-11-midweek".parse().expect("a name");
    let send = house.store.sends().send(&first).expect("a look").expect("a send");
    let growth = house.store.sends().growth(&first, &send).expect("growth");
    assert_eq!((growth.since, growth.joined, growth.left), (None, 5, 1), "the first one counts all");
}
