use std::time::Duration;

use chrono::TimeDelta;
use rusqlite::Connection;

use super::db::params;
use super::*;
use crate::model::{
    Address, Approval, Delivery, DeliveryCounts, Frozen, IssueName, IssueState, Letterhead, Outcome, Poll,
    RefusalClass, Rendered, Reply, SubscriberRow, SubscriberStatus,
};

pub(in crate::store) use ground::{Ground, make_room};

/// A store of its own, with a running number for seeds.
struct House {
    store: Store,
    seeds: u32,
    ground: Ground,
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_054_000 + seconds, 0).expect("a time")
}

fn issue() -> IssueName {
    "2026-11-25-midweek".parse().expect("a name")
}

/// When refusals that prove nothing take a subscriber off here.
const SOFT: SoftRule =
    SoftRule { limit: 2, span: std::time::Duration::ZERO, window: std::time::Duration::from_hours(720) };

fn reply(code: u16) -> Reply {
    Reply { code: Some(code), enhanced: None, text: "words".into() }
}

fn row(email: &str, status: SubscriberStatus, editions: &[&str]) -> SubscriberRow {
    SubscriberRow {
        name: Some("Ann".into()),
        editions: Some(editions.iter().map(|e| (*e).to_owned()).collect()),
        consent: "a form".into(),
        ..SubscriberRow::new(Address::parse(email).expect("an address"), status)
    }
}

fn poll() -> Poll {
    Poll { question: "Useful?".into(), answers: ["Yes", "So-so", "No"].map(str::to_owned).to_vec() }
}

/// The approval of an issue by Ed.
pub(in crate::store) fn approval(issue: &IssueName, poll: Poll, at: DateTime<Utc>) -> Approval {
    let letterhead = Letterhead {
        name: "A".into(),
        from: "a@example.org".into(),
        reply_to: String::new(),
        public_url: "https://example.org".into(),
        bounce_domain: String::new(),
        name_fallback: "reader".into(),
    };
    let rendered = Rendered {
        subject: "S".into(),
        preheader: String::new(),
        html: vec![],
        text: vec![],
        tracking: None,
        poll: Some(poll),
        article: None,
    };
    let frozen = Frozen { letterhead, rendered };
    Approval {
        issue: issue.clone(),
        draft: "edition = \"midweek\"".into(),
        frozen_sha256: Approval::hash(&frozen),
        frozen,
        by: "Ed".into(),
        at,
    }
}

impl House {
    fn new() -> Self {
        let ground = Ground::new();
        Self { store: ground.store(), seeds: 0, ground }
    }

    fn put(&mut self, rows: &[SubscriberRow]) -> Tally {
        let seeds = &mut self.seeds;
        let mut seed = || {
            *seeds += 1;
            format!("{seeds:032x}")
        };
        self.store.subscribers().import(rows, at(0), &mut seed).expect("an import")
    }

    /// An approved issue whose send to `n` subscribers has begun.
    fn sending(n: usize) -> (Self, i64) {
        let mut house = Self::new();
        let rows: Vec<_> =
            (1..=n).map(|i| row(&format!("r{i}@example.org"), SubscriberStatus::Confirmed, &[])).collect();
        house.put(&rows);
        house.approve();
        assert_eq!(house.store.sends().freeze_audience(&issue(), at(0)).expect("a freeze"), Audience::Frozen(n));
        let send = house.send().id;
        (house, send)
    }

    fn approve(&mut self) -> bool {
        let approval = approval(&issue(), poll(), at(0));
        let done = self.store.issues().approve(&approval).expect("an approval");
        if done {
            assert_eq!(self.store.issues().approval(&issue()).expect("a look"), Some(approval));
        }
        done
    }

    fn send(&self) -> IssueSend {
        self.store.sends().send(&issue()).expect("a look").expect("a send")
    }

    fn counts(&self) -> DeliveryCounts {
        let counts = self.send().counts;
        let DeliveryCounts { recipients, delivered, failed, deferred, pending, suppressed, uncertain } = counts;
        assert_eq!(recipients, delivered + failed + deferred + pending + suppressed + uncertain);
        counts
    }

    /// The names of a table's columns, in their order.
    fn columns(&self, table: &str) -> Vec<String> {
        let sql = match self.store.db.engine() {
            Engine::Sqlite(_) => "SELECT name FROM pragma_table_info(?1)",
            Engine::Postgres(_) => {
                "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(?1) AND attnum > 0 ORDER BY attnum"
            }
        };
        self.store.db.rows(sql, params![table], |row| row.get(0)).expect("columns")
    }

    /// Runs `work` against the ledger's writer, and waits until the writer has ended.
    fn with_ledger<T>(&self, send: i64, work: impl AsyncFnOnce(Ledger) -> T) -> T {
        let (ledger, writer) = self.ledger(send);
        let done = runtime().block_on(async { tokio::join!(work(ledger), writer.run()).0 });
        self.let_leases_run_out();
        done
    }

    /// The ledger of a process that begins to send.
    fn ledger(&self, send: i64) -> (Ledger, Writer) {
        let sends = self.store.sends();
        // Those that died before have been ended by somebody.
        let end = "UPDATE senders SET ended_ms = 1 WHERE expires_ms = 0";
        self.store.db.execute(end, params![]).expect("an update");
        sends.start_ledger(send, sends.join(send, &joining()).expect("a sender"), terms()).expect("a ledger")
    }

    /// The same as it would be if all senders had died some time ago.
    fn counts_after_death(&self) -> DeliveryCounts {
        self.let_leases_run_out();
        self.counts()
    }

    /// The leases of all senders run out.
    fn let_leases_run_out(&self) {
        self.store.db.execute("UPDATE senders SET expires_ms = 0", params![]).expect("an update");
    }
}

const LEASE: Duration = Duration::from_mins(10);

/// The settings of a sender whose clocks do not move.
fn terms() -> Terms {
    let uptime = std::sync::Arc::new(|| Duration::ZERO);
    let clock = std::sync::Arc::new(|| at(9));
    Terms { rule: SOFT, uncertain: Uncertain::Hold, lease: LEASE, clock, uptime, has_died: |process| process == "dead" }
}

fn joining() -> Joining {
    Joining { name: "a test".into(), process: String::new(), connections: 1, lease: LEASE }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
}

async fn claim(ledger: &Ledger, now: DateTime<Utc>) -> Option<Box<Delivery>> {
    match ledger.claim(0, now).await.expect("a claim") {
        Claim::Delivery(delivery) => Some(delivery),
        _ => None,
    }
}

#[test]
fn the_audience_and_the_bytes_are_frozen_once() {
    let (mut house, send) = House::sending(1);
    house.put(&[row("late@example.org", SubscriberStatus::Confirmed, &[])]);
    assert_eq!(house.store.sends().freeze_audience(&issue(), at(9)).expect("a look"), Audience::Standing);
    assert_eq!(house.counts().recipients, 1);
    assert!(!house.approve(), "a send that has begun is not approved anew");
    assert!(!house.store.sends().finish(send, Uncertain::Hold, at(9)).expect("a look"), "one still waits");
}

#[test]
fn only_confirmed_subscribers_of_the_edition_are_mailed() {
    let mut house = House::new();
    house.put(&[
        row("all@example.org", SubscriberStatus::Confirmed, &[]),
        row("mid@example.org", SubscriberStatus::Confirmed, &["midweek", "sunday"]),
        row("sun@example.org", SubscriberStatus::Confirmed, &["sunday"]),
        row("pending@example.org", SubscriberStatus::Pending, &[]),
        row("gone@example.org", SubscriberStatus::Unsubscribed, &[]),
    ]);
    house.approve();
    // Who pauses is not counted either, until the pause is over.
    house.put(&[row("paused@example.org", SubscriberStatus::Confirmed, &[])]);
    let pause = "UPDATE subscribers SET paused_until_ms = ?1 WHERE email = 'paused@example.org'";
    house.store.db.execute(pause, params![to_ms(at(60))]).expect("a pause");
    for (now, count) in [(0, 2), (59, 2), (60, 3)] {
        assert_eq!(house.store.sends().count_audience("midweek", at(now)).expect("a count"), count, "at {now}");
    }
    assert_eq!(house.store.sends().freeze_audience(&issue(), at(0)).expect("a freeze"), Audience::Frozen(2));
}

#[test]
fn an_import_never_brings_anyone_back() {
    let mut house = House::new();
    let confirmed = row("ann@example.org", SubscriberStatus::Confirmed, &[]);
    assert_eq!(house.put(std::slice::from_ref(&confirmed)).added, 1);
    assert_eq!(house.put(&[row("ANN@example.org", SubscriberStatus::Confirmed, &[])]).unchanged, 1);
    for status in [SubscriberStatus::Unsubscribed, SubscriberStatus::Bounced, SubscriberStatus::Complained] {
        let mut house = House::new();
        house.put(&[row("ann@example.org", status, &[])]);
        assert_eq!(house.put(std::slice::from_ref(&confirmed)).kept_unsubscribed, 1);
        let ann = house.store.subscribers().subscriber(&confirmed.email).expect("a look").expect("ann");
        assert_eq!((ann.status, ann.left), (status, Some(at(0))));
    }
}

#[test]
fn a_pending_subscriber_is_confirmed_with_the_consent_on_record_and_never_back() {
    let mut house = House::new();
    let pending = row("ann@example.org", SubscriberStatus::Pending, &[]);
    house.put(std::slice::from_ref(&pending));
    let tally = house.put(&[row("ann@example.org", SubscriberStatus::Confirmed, &[])]);
    assert_eq!(tally.updated, 1);
    assert_eq!(house.put(&[pending]).unchanged, 1);
    let ann =
        house.store.subscribers().subscriber(&Address::parse("ann@example.org").expect("an address")).expect("a look");
    assert_eq!(ann.map(|a| (a.status, a.consent)), Some((SubscriberStatus::Confirmed, "a form".into())));
}

#[test]
fn a_second_sender_is_refused_and_a_dead_ones_lock_is_no_obstacle() {
    let house = House::new();
    let lock = house.store.lock_sender().expect("the first");
    assert!(matches!(house.store.lock_sender(), Err(StoreError::Locked(_))));
    drop(lock);
    assert!(house.store.lock_sender().is_ok());
}

#[test]
fn a_holder_keeps_its_hold_over_a_shorter_lease_and_a_clock_set_back_and_loses_it_when_it_comes_late() {
    let house = House::new();
    let (long, short) = (Duration::from_hours(1), Duration::from_mins(1));
    let hold = |holder, seconds, ttl| house.store.scheduling().hold_lease(holder, at(seconds), ttl).expect("a lease");
    let first = hold("one", 0, long).expect("nobody had it");
    assert_eq!(hold("one", 10, short), Some(first.clone()), "[serve] lease was made shorter");
    assert_eq!(hold("two", 20, short), None);
    let back = hold("one", -7200, short).expect("it watched all the while");
    assert_eq!((back.number, back.since), (first.number, at(-7200)));
    assert_eq!(hold("one", -7200 + 61, short).map(|fencing_token| fencing_token.number), Some(first.number + 1));
}

#[test]
fn a_stale_fence_writes_nothing() {
    let house = House::new();
    let ttl = Duration::from_mins(1);
    let old = house.store.scheduling().hold_lease("one", at(0), ttl).expect("a lease").expect("nobody had it");
    let new = house.store.scheduling().hold_lease("two", at(61), ttl).expect("a lease").expect("it ran out");
    let decision = Decision { issue: &issue(), what: "held", occurrence: 0, detail: "", letters: &[] };
    assert_eq!(house.store.scheduling().decide(&old, &decision, at(62)).expect("a look"), Recorded::Stale);
    assert_eq!(house.store.scheduling().watched_since(&old, "midweek", at(62)).expect("a look"), None);
    house.store.scheduling().release_lease(&old).expect("a release");
    assert_eq!(
        house.store.scheduling().hold_lease("three", at(63), ttl).expect("a lease"),
        None,
        "the old one released nothing"
    );
    assert!(house.store.scheduling().journal(&issue()).expect("a journal").is_empty());
    assert_eq!(house.store.scheduling().watched_since(&new, "midweek", at(64)).expect("a look"), Some(at(64)));
    assert_eq!(house.store.scheduling().decide(&new, &decision, at(65)).expect("a decision"), Recorded::Now);
    assert_eq!(house.store.scheduling().decide(&new, &decision, at(66)).expect("a decision"), Recorded::Before);
}

#[test]
fn a_missing_newer_older_or_damaged_database_is_told_apart() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("d.db");
    let place = Place::from(path.as_path());
    assert!(matches!(Store::open(&place, Durability::Power), Err(StoreError::Missing(_))));
    assert!(!path.exists(), "looking makes no ledger");
    drop(Store::open_or_create(&place, Durability::Power).expect("a store"));
    let conn = Connection::open(&path).expect("a database");
    conn.pragma_update(None, "user_version", 999).expect("a pragma");
    assert!(matches!(Store::open(&place, Durability::Power), Err(StoreError::Newer { found: 999, .. })));
    conn.pragma_update(None, "user_version", 10).expect("a pragma");
    drop(conn);
    let Err(refusal) = Store::open(&place, Durability::Power) else { panic!("it was read") };
    assert!(refusal.to_string().contains("digest subscribers export"), "{refusal}");
    std::fs::write(&path, vec![b'x'; 8192]).expect("damage");
    assert!(matches!(Store::open(&place, Durability::Power), Err(StoreError::Damaged(..))));
}

#[cfg(unix)]
#[test]
fn nothing_is_written_to_a_file_that_was_replaced() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("d.db");
    let store = Store::open_or_create(&path.as_path().into(), Durability::Process).expect("a store");
    store.begin().expect("a transaction").commit().expect("a commit");
    std::fs::rename(&path, dir.path().join("old.db")).expect("a move");
    std::fs::write(&path, b"").expect("another file");
    assert!(matches!(store.begin(), Err(StoreError::Replaced(_))));
}

#[cfg(unix)]
#[test]
fn a_new_database_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("d.db");
    let store = Store::open_or_create(&path.as_path().into(), Durability::Process).expect("a store");
    store.quick_check().expect("whole");
    for file in std::fs::read_dir(dir.path()).expect("a folder") {
        let file = file.expect("a file");
        assert_eq!(file.metadata().expect("a mode").permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
}

#[test]
fn an_approval_whose_bytes_changed_is_damage() {
    let mut house = House::new();
    house.approve();
    house.store.db.batch("UPDATE approvals SET frozen = replace(frozen, 'S', 'T')").expect("tampering");
    assert!(matches!(house.store.issues().approval(&issue()), Err(StoreError::Damaged(..))));
}

#[test]
fn times_survive_the_database_and_due_counts_the_earliest() {
    let (house, send) = House::sending(2);
    house.with_ledger(send, async |ledger| {
        for wait in [900, 300] {
            let copy = claim(&ledger, at(0)).await.expect("a copy");
            let next = at(0) + TimeDelta::seconds(wait);
            ledger.finished(copy.number, Outcome::Deferred { reply: reply(450), next }, at(0)).await.expect("done");
        }
    });
    assert_eq!(house.send().next_due, Some(at(300)));
}

mod bounces;
mod clicks;
mod database;
mod ground;
mod history;
mod imports;
mod ledger;
mod migrations;
mod pacing;
mod people;
mod polls;
mod records;
mod safety;
mod senders;
mod settings;
