use std::cell::RefCell;

use tempfile::TempDir;

use super::tables::Sum;
use super::*;
use crate::store::db::{Db, Engine};
use crate::store::tests::Ground;

/// Rows for every table, with values that the engines might treat differently: booleans, bytes, text beyond ASCII, NULL.
const ROWS: &str = "
    INSERT INTO subscribers (id, email_key, email, domain, name, status, editions, fields, created_ms, left_ms, consent, seed, leave_hash, preferences_hash)
      VALUES (1, 'ann@x.example', 'Ann@x.example', 'x.example', 'Änn ''; ?1', 'confirmed', '', '{}', 1, NULL, 'asked', 'aa', '\\x01', '\\x02'),
             (7, 'bob@x.example', 'bob@x.example', 'x.example', '', 'unsubscribed', ';midweek;', '{\"a\": \"b\"}', 2, 3, 'asked', 'bb', '\\x00ff', '\\x03');
    INSERT INTO approvals VALUES ('2026-11-25-midweek', 'draft', 'sha', '{}', 'S', 'P', 'Ed', 4);
    INSERT INTO approvals VALUES ('2026-11-29-sunday', 'draft', 'sha', '{}', 'S', 'P', 'Ed', 5);
    INSERT INTO sends (id, issue, state, by_operator, started_ms) VALUES (3, '2026-11-25-midweek', 'stopped', TRUE, 6);
    INSERT INTO sends (id, issue, state, by_operator, started_ms) VALUES (4, '2026-11-29-sunday', 'sending', FALSE, 6);
    INSERT INTO deliveries (send_id, number, subscriber_id, email, domain, state, due_ms, code, reply, updated_ms)
      VALUES (3, 1, 1, 'Ann@x.example', 'x.example', 'delivered', NULL, 250, 'ok', 7),
             (3, 2, 7, 'bob@x.example', 'x.example', 'pending', 0, NULL, NULL, 7),
             (4, 1, 1, 'Ann@x.example', 'x.example', 'pending', 0, NULL, NULL, 7);
    INSERT INTO letters (id, key, kind, email, email_key, context, state, queued_ms, updated_ms) VALUES (2, 'k', 'confirm', 'e', 'e', '{}', 'sent', 8, 8);
    INSERT INTO signup_requests (id, email, email_key, editions, network) VALUES (40, 'e', 'e', '', 'n');
    INSERT INTO signups (id, email, email_key, editions, network, token_hash, asked_ms, expires_ms) VALUES (5, 'e', 'e', '', 'n', '\\x04', 9, 10);
    INSERT INTO acts (id, subscriber_id, at_ms, act, how, network) VALUES (6, 1, 11, 'joined', 'web page', 'n');
    INSERT INTO forgotten VALUES ('\\x05', 12);
    INSERT INTO bounces (id, hash, subscriber_id, issue, kind, status, diagnostic, matched_by, received_ms) VALUES (8, 'h', 7, '', 'hard', '', 'd', 'verp', 13);
    INSERT INTO corrections (id, issue, note, draft, rendered_sha256, rendered, subject, preheader, corrected_ms)
      VALUES (9, '2026-11-25-midweek', '', 'd', 's', '{}', 'S', 'P', 14);
    INSERT INTO clicks VALUES ('2026-11-25-midweek', 'k', 15);
    INSERT INTO lease VALUES (1, 'here', 16, 17, 18);
    INSERT INTO watched VALUES ('midweek', 19);
    INSERT INTO journal (id, edition, date, what, detail, at_ms, fencing_token) VALUES (10, 'midweek', '2026-11-25', 'sent', 'd', 20, 1);
    INSERT INTO hold VALUES (1, 21, 'log');
    INSERT INTO sent_before VALUES ('2026-11-01-sunday', '\\x06', 'delivered');
    INSERT INTO imports (id, file, started_ms) VALUES (11, 'f.csv', 22);
    INSERT INTO importing VALUES (1, 11, '');
    INSERT INTO moves (id, subscriber_id, email, email_key, token_hash, asked_ms, expires_ms) VALUES (12, 1, 'e', 'e', '\\x07', 23, 24);
    INSERT INTO poll_answers VALUES ('2026-11-25-midweek', 1, 25);";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_054_000, 0).expect("a time")
}

/// Two databases on the engine that is tested, the first with rows, and a folder for files.
struct Pair {
    ground: [Ground; 2],
    dir: TempDir,
}

impl Pair {
    fn new() -> Self {
        let pair = Self { ground: [Ground::new(), Ground::new()], dir: tempfile::tempdir().expect("a folder") };
        fill(&pair.ground[0].store());
        pair
    }

    fn from(&self) -> &Place {
        &self.ground[0].place
    }

    /// The places to copy to: another database on the same engine, and a file.
    fn targets(&self) -> [Place; 2] {
        [self.ground[1].place.clone(), self.dir.path().join("copy.db").into()]
    }
}

fn fill(store: &Store) {
    let is_file = matches!(store.db.engine(), Engine::Sqlite(_));
    if let Engine::Postgres(_) = store.db.engine() {
        for send in [3, 4] {
            store
                .db
                .batch(&format!("CREATE TABLE deliveries_{send} PARTITION OF deliveries FOR VALUES IN ({send})"))
                .expect("a partition");
        }
    }
    // SQLite writes bytes as x'00ff'.
    let rows = if is_file { ROWS.replace("'\\x", "x'") } else { ROWS.to_owned() };
    store.db.batch(&rows).expect("rows");
    for table in TABLES {
        assert!(!table.is_empty(&store.db).expect("a look"), "{} has no row to lose", table.name);
    }
}

fn copy(from: &Place, to: &Place, limit: Option<u64>) -> Result<bool, CopyError> {
    let copying = Copying::begin(from, to, Durability::Process, now())?;
    let done = copying.run(limit, |_, _| Ok::<_, CopyError>(()))?;
    if done {
        copying.finish()?;
    }
    Ok(done)
}

fn sums(db: &Db) -> Vec<(&'static str, Sum)> {
    TABLES.iter().map(|table| (table.name, table.sum(db).expect("a sum"))).collect()
}

fn open(place: &Place) -> Store {
    Store::open(place, Durability::Process).expect("a store")
}

#[test]
fn every_table_but_the_stores_own_is_copied() {
    let ground = Ground::new();
    let store = ground.store();
    let sql = match store.db.engine() {
        Engine::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Engine::Postgres(_) => {
            "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
             AND NOT relispartition"
        }
    };
    let mut found: Vec<String> = store.db.rows(sql, params![], |row| row.get(0)).expect("the tables");
    // Most of these belong to one database alone; triggers fill `tallies`, and `safety_last` is set at the end of a copy.
    let own = ["store", "commits", "copying", "senders", "tallies", "safety_last"];
    found.retain(|name| !own.contains(&name.as_str()));
    found.sort();
    let mut listed: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

#[test]
fn a_copy_and_the_copy_of_it_have_every_row() {
    let pair = Pair::new();
    let before = sums(&open(pair.from()).db);
    for to in pair.targets() {
        assert!(copy(pair.from(), &to, None).expect("a copy"));
        assert_eq!(sums(&open(&to).db), before);
        open(&to).unless_unfinished().expect("it can be used");
    }
    // And a copy of the copy.
    let [_, file] = pair.targets();
    let third = Ground::new();
    assert!(copy(&file, &third.place, None).expect("a copy"));
    assert_eq!(sums(&open(&third.place).db), before);
    let stopped: bool =
        open(&third.place).db.value("SELECT by_operator FROM sends WHERE id = 3", params![]).expect("a send");
    assert!(stopped);
}

#[test]
fn numbers_continue_in_the_copy_and_triggers_add_nothing_to_the_safety_queue() {
    let pair = Pair::new();
    let from = open(pair.from());
    // The newest change is in the log already. Its number must not be used again.
    from.db.batch("DELETE FROM safety_queue; INSERT INTO safety_queue (id, what, email_key, at_ms) VALUES (50, 'back', 'e', 1), (60, 'back', 'e', 1)").expect("a queue");
    if let Engine::Postgres(_) = from.db.engine() {
        from.db.batch("SELECT setval('signup_requests_id_seq', 41)").expect("numbers");
    }
    from.db.batch("DELETE FROM safety_queue WHERE id = 60").expect("a log");
    drop(from);
    for to in pair.targets() {
        assert!(copy(pair.from(), &to, None).expect("a copy"));
        let db = open(&to).db.rows("SELECT id FROM safety_queue ORDER BY id", params![], |row| row.get::<i64>(0));
        assert_eq!(db.expect("the queue"), [50]);
        let store = open(&to);
        store.db.batch("UPDATE subscribers SET status = 'bounced' WHERE id = 1").expect("a change");
        let new: i64 = store.db.value("SELECT max(id) FROM safety_queue", params![]).expect("a number");
        assert_eq!(new, 61);
        let add = "INSERT INTO subscribers (email_key, email, domain, name, status, editions, fields, created_ms, consent, seed, leave_hash, preferences_hash)
                   SELECT 'new', 'new', '', '', 'pending', '', '{}', 1, 'c', 'new', seed_hash, seed_hash FROM (SELECT hash AS seed_hash FROM forgotten) AS f RETURNING id";
        assert_eq!(store.db.value::<i64>(add, params![]).expect("a subscriber"), 8);
        let freeze =
            "INSERT INTO signup_requests (email, email_key, editions, network) VALUES ('e', 'e', '', 'n') RETURNING id";
        let given: i64 = store.db.value(freeze, params![]).expect("a request");
        assert!(given > 40, "{given}");
    }
}

#[test]
fn a_copy_that_was_interrupted_anywhere_continues_and_cannot_be_used_until_it_is_finished() {
    let pair = Pair::new();
    let before = sums(&open(pair.from()).db);
    for to in pair.targets() {
        let mut stops = 0;
        while !copy(pair.from(), &to, Some(1)).expect("a part of a copy") {
            stops += 1;
            let refused = open(&to).unless_unfinished().expect_err("it cannot be used").to_string();
            assert!(refused.contains("an unfinished copy of") && refused.contains("`digest store copy`"), "{refused}");
            assert!(matches!(copy(&to, pair.from(), None), Err(CopyError::Unfinished(_))));
        }
        assert_eq!(stops, TABLES.len() - 1, "one for each table but the last");
        assert_eq!(sums(&open(&to).db), before);
    }
}

#[test]
fn a_database_that_holds_something_is_left_alone() {
    let pair = Pair::new();
    for to in pair.targets() {
        let mut store = Store::open_or_create(&to, Durability::Process).expect("a store");
        store.db.execute("INSERT INTO watched VALUES ('midweek', 1)", params![]).expect("a row");
        let before = sums(&store.db);
        assert!(matches!(copy(pair.from(), &to, None), Err(CopyError::Taken { table: "watched", .. })));
        assert_eq!(sums(&store.db), before);
        store.db.execute("DELETE FROM watched", params![]).expect("a row less");
        assert!(!copy(pair.from(), &to, Some(3)).expect("a part"));
        let other = Ground::new();
        fill(&other.store());
        assert!(matches!(copy(&other.place, &to, None), Err(CopyError::Foreign { .. })));
        store.write_safety_log().expect("nothing to write");
    }
    assert!(matches!(copy(pair.from(), pair.from(), None), Err(CopyError::Same(_))));
}

#[test]
fn a_database_in_use_is_not_copied() {
    let pair = Pair::new();
    let [to, _] = pair.targets();
    let store = open(pair.from());
    let sender = store.lock_sender().expect("a lock");
    assert!(matches!(copy(pair.from(), &to, None), Err(CopyError::Store(StoreError::Locked(_)))));
    drop(sender);
    let letters = store.lock_letters().expect("a look").expect("a lock");
    let refused = copy(pair.from(), &to, None).expect_err("letters are mailed").to_string();
    assert!(refused.contains("is mailing letters from"), "{refused}");
    drop(letters);
    let import = store.lock("import").expect("a look").expect("a lock");
    let refused = copy(pair.from(), &to, None).expect_err("an import runs").to_string();
    assert!(refused.contains("is importing into"), "{refused}");
    drop(import);
    store.db.execute("UPDATE lease SET expires_ms = ?1", params![to_ms(now()) + 1]).expect("a lease");
    assert!(matches!(copy(pair.from(), &to, None), Err(CopyError::Serving { .. })));
    store.db.execute("UPDATE lease SET expires_ms = ?1", params![to_ms(now())]).expect("a lease");
    // While a copy runs, nobody can send, import or mail letters.
    let copying = Copying::begin(pair.from(), &to, Durability::Process, now()).expect("a copy");
    assert!(matches!(store.lock_sender(), Err(StoreError::Locked(_))));
    assert!(store.lock("import").expect("a look").is_none() && store.lock_letters().expect("a look").is_none());
    drop(copying);
}

#[test]
fn a_difference_names_its_tables_and_the_next_copy_starts_over() {
    let pair = Pair::new();
    for to in pair.targets() {
        let copying = Copying::begin(pair.from(), &to, Durability::Process, now()).expect("a copy");
        assert!(copying.run(None, |_, _| Ok::<_, CopyError>(())).expect("all of it"));
        let from = open(pair.from());
        from.db.execute("UPDATE subscribers SET name = name || '!' WHERE id = 1", params![]).expect("a change");
        from.db.execute("UPDATE clicks SET count = count + 1", params![]).expect("a click");
        let refused = copying.finish().expect_err("they differ").to_string();
        assert!(refused.contains("differs in `subscribers`, `clicks`;"), "{refused}");
        let held = open(&to).unless_unfinished().expect_err("it cannot be used").to_string();
        assert!(held.contains("a copy that differs from"), "{held}");
        assert!(copy(pair.from(), &to, None).expect("a new copy"));
        assert_eq!(sums(&open(&to).db), sums(&from.db));
    }
}

#[test]
fn a_copy_reports_each_table_with_its_number_of_rows() {
    let pair = Pair::new();
    let [to, _] = pair.targets();
    let told = RefCell::new(Vec::new());
    let copying = Copying::begin(pair.from(), &to, Durability::Process, now()).expect("a copy");
    copying
        .run(None, |table, rows| {
            told.borrow_mut().push((table, rows));
            Ok::<_, CopyError>(())
        })
        .expect("all of it");
    let told = told.into_inner();
    assert_eq!(told.len(), TABLES.len());
    assert!(told.contains(&("deliveries", 3)) && told.contains(&("subscribers", 2)), "{told:?}");
}

#[test]
fn a_file_can_be_copied_to_one_with_the_same_name_and_another_extension() {
    let dir = tempfile::tempdir().expect("a folder");
    let [a, b] = ["digest.db", "digest.sqlite"].map(|name| Place::from(dir.path().join(name)));
    fill(&Store::open_or_create(&a, Durability::Process).expect("a store"));
    assert!(copy(&a, &b, None).expect("a copy"));
    assert_eq!(sums(&open(&a).db), sums(&open(&b).db));
}
