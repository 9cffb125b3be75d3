use crate::store::IssueSend;
use chrono::TimeDelta;

use super::*;
use crate::model::{Figures, IssueLine, Poll};
use crate::store::tests::{Ground, approval};
use crate::store::{Latency, Store};

/// The ledger of a finished send, with every state, reason and kind of reply.
const LEDGER: &str = "
    UPDATE subscribers SET status = 'unsubscribed' WHERE id = 3;
    INSERT INTO deliveries (send_id, number, subscriber_id, email, domain, state, dated_ms, attempts, code, enhanced, reply, refusal, updated_ms) VALUES
      (ID, 1, 1, 'ann@a.example', 'a.example', 'delivered', 1000, 1, 250, '2.0.0', 'ok', NULL, 1040),
      (ID, 2, 2, 'bob@b.example', 'b.example', 'delivered', 1000, 3, 250, '2.0.0', 'ok', NULL, 900000),
      (ID, 3, 3, 'cid@b.example', 'b.example', 'suppressed', NULL, 0, NULL, NULL, 'no longer on the list', NULL, 2000),
      (ID, 4, 4, '', '', 'suppressed', NULL, 0, NULL, NULL, NULL, NULL, 2000),
      (ID, 5, 5, 'dan@c.example', 'c.example', 'failed', 1000, 1, 550, '5.1.1', 'no such user dan', 'no such user', 2000),
      (ID, 6, 6, 'eva@c.example', 'c.example', 'failed', 1000, 9, 451, '4.4.1', 'given up after 9 tries: late', 'late', 3000),
      (ID, 7, 7, 'fay@c.example', 'c.example', 'uncertain', 1000, 1, 0, NULL, 'lost', NULL, 3000);";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn name(date: &str) -> IssueName {
    format!("{date}-midweek").parse().expect("a name")
}

fn approve(store: &Store, issue: &IssueName) {
    let poll = Poll { question: "Useful?".into(), answers: vec!["Yes".into(), "No".into()] };
    assert!(store.issues().approve(&approval(issue, poll, at(0))).expect("an approval"));
}

/// A store with two issues that were sent long ago, and one that is being sent.
fn ground() -> (Ground, [IssueName; 3]) {
    let ground = Ground::new();
    let store = ground.store();
    let names = ["2020-01-01", "2020-01-08", "2020-01-15"].map(name);
    let subscriber = "INSERT INTO subscribers (id, email_key, email, domain, name, status, editions, fields, created_ms, consent, seed, leave_hash, preferences_hash)
                      VALUES (3, 'cid@b.example', 'cid@b.example', 'b.example', '', 'confirmed', '', '{}', 1, 'c', 's', ?1, ?1)";
    store.db.execute(subscriber, params![[1_u8; 16]]).expect("a subscriber");
    for (issue, id) in names.iter().zip(1_i64..) {
        approve(&store, issue);
        let state = if id == 3 { "sending" } else { "sent" };
        let finished = if id == 3 { None } else { Some(id * 1_000_000) };
        let sql = "INSERT INTO sends (id, issue, state, started_ms, finished_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
        store.db.execute(sql, params![id, issue.to_string(), state, id, finished]).expect("a send");
        if let Engine::Postgres(_) = store.db.engine() {
            store
                .db
                .batch(&format!("CREATE TABLE deliveries_{id} PARTITION OF deliveries FOR VALUES IN ({id})"))
                .expect("a partition");
        }
        store.db.batch(&LEDGER.replace("ID", &id.to_string())).expect("a ledger");
    }
    (ground, names)
}

/// Everything that status and reports say about a send.
type Said = (IssueSend, Figures, Vec<IssueLine>, std::collections::BTreeMap<u8, u64>, Latency);

fn said(store: &Store, issue: &IssueName) -> Said {
    let send = store.sends().send(issue).expect("a look").expect("a send");
    let figures = store.sends().figures(&send, None).expect("the figures");
    let beside = store.sends().beside(issue, &send, 5).expect("the lines");
    let replies = store.sends().reply_classes(&send).expect("the replies");
    let latency = store.sends().latency(&send).expect("the latency");
    (send, figures, beside, replies, latency)
}

fn rows(store: &Store) -> Vec<i64> {
    let sql = "SELECT send_id FROM deliveries GROUP BY send_id ORDER BY send_id";
    store.db.rows(sql, params![], |row| row.get::<i64>(0)).expect("the ledgers")
}

#[test]
fn status_and_reports_of_a_pruned_send_stay_the_same() {
    let (ground, names) = ground();
    let store = ground.store();
    let before: Vec<Said> = names.iter().map(|issue| said(&store, issue)).collect();
    assert_eq!((before[0].0.counts.recipients, before[0].1.states.len(), before[0].2[0].failed), (7, 6, 2));
    let old = store.sends().prunable(at(1_001)).expect("old sends");
    assert_eq!(old.iter().map(|old| (&old.issue, old.recipients)).collect::<Vec<_>>(), [(&names[0], 7)]);
    let domains = ["c.example".to_owned()];
    assert_eq!(store.sends().prune(&old[0], &[("c", &domains)]).expect("it is pruned"), 7);
    assert_eq!(rows(&store), [2, 3]);
    let after: Vec<Said> = names.iter().map(|issue| said(&store, issue)).collect();
    assert_eq!(before, after);
    // The report of a later issue still compares it.
    assert_eq!(after[1].2[1].recipients, 7);
    let counts = store.sends().pruned_domain_groups(1).expect("a look").expect("it was pruned");
    let counts: Vec<_> = counts.iter().map(|(name, counts)| (name.as_str(), counts.recipients)).collect();
    assert_eq!(counts, [("c", 3), ("", 4)]);
    assert_eq!(store.sends().pruned_domain_groups(2).expect("a look"), None);
    assert_eq!(store.sends().prunable(at(1_001)).expect("none"), []);
}

#[test]
fn only_sends_that_finished_long_ago_are_pruned() {
    let (ground, names) = ground();
    let store = ground.store();
    let all = store.sends().prunable(at(0) + TimeDelta::days(90_000)).expect("old sends");
    assert_eq!(all.iter().map(|old| &old.issue).collect::<Vec<_>>(), [&names[0], &names[1]]);
    assert_eq!(store.sends().prunable(at(1_000)).expect("none"), [], "it finished at that moment");
    // A send that was resumed after it was listed is left alone.
    store.db.execute("UPDATE sends SET state = 'sending', finished_ms = NULL WHERE id = 1", params![]).expect("a send");
    assert_eq!(store.sends().prune(&all[0], &[]).expect("a look"), 0);
    assert_eq!(rows(&store), [1, 2, 3]);
    assert_eq!(store.sends().pruned_domain_groups(1).expect("a look"), None);
}

#[test]
fn pruning_that_was_killed_half_way_has_stored_the_figures_and_continues() {
    let (ground, names) = ground();
    let store = ground.store();
    let before = said(&store, &names[0]);
    let old = store.sends().prunable(at(1_001)).expect("old sends");
    assert!(store.sends().prune_some(&old[0], &[], 3).expect("a part") >= 3);
    drop(store);
    let store = ground.store();
    assert_eq!(said(&store, &names[0]), before);
    if !ground.is_server() {
        let rest = store.sends().prunable(at(1_001)).expect("the rest");
        assert_eq!(rest.iter().map(|old| old.recipients).collect::<Vec<_>>(), [4]);
        assert_eq!(store.sends().prune(&rest[0], &[]).expect("the rest"), 4);
    }
    assert_eq!(rows(&store), [2, 3]);
    assert_eq!(said(&store, &names[0]), before);
}

#[test]
fn no_address_of_a_pruned_ledger_is_left_in_the_file() {
    let (ground, _) = ground();
    if ground.is_server() {
        return;
    }
    let store = ground.store();
    for old in store.sends().prunable(at(9_000)).expect("old sends") {
        store.sends().prune(&old, &[]).expect("it is pruned");
    }
    store.db.execute("DELETE FROM deliveries", params![]).expect("the send under way");
    store.sends().scrub().expect("a scrub");
    for file in std::fs::read_dir(ground.dir.path()).expect("the folder").flatten() {
        let bytes = std::fs::read(file.path()).expect("a file");
        for address in ["ann@a.example", "dan@c.example"] {
            assert!(!bytes.windows(address.len()).any(|part| part == address.as_bytes()), "{:?}", file.path());
        }
    }
}
