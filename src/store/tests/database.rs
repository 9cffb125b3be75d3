//! The database below the tables: transactions, long results, locks and values are alike on both engines.

use std::time::Instant;

use super::*;

/// How long to wait for what another thread does.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to the database of a test.
fn connect(ground: &Ground) -> Db {
    Db::open(&ground.place, Durability::Process, Open::OrCreate).expect("a connection")
}

/// Puts a row into a table with a text and a number.
fn put(db: &Db, edition: &str, number: i64) -> Result<usize, StoreError> {
    db.execute("INSERT INTO watched (edition, since_ms) VALUES (?1, ?2)", params![edition, number])
}

fn count(db: &Db) -> i64 {
    db.value("SELECT count(*) FROM watched", params![]).expect("a count")
}

/// Puts rows with the numbers from 1 to `rows` into that table.
fn fill(db: &Db, rows: i64) {
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(?1 AS bigint))
               INSERT INTO watched (edition, since_ms) SELECT 'e' || i, i FROM n";
    db.execute(sql, params![rows]).expect("rows");
}

#[test]
fn a_transaction_that_is_dropped_is_rolled_back() {
    let ground = Ground::new();
    let (db, other) = (connect(&ground), connect(&ground));
    let transaction = db.begin().expect("a transaction");
    put(&transaction, "a", 1).expect("a row");
    assert_eq!((count(&transaction), count(&other)), (1, 0), "nobody else sees it yet");
    drop(transaction);
    assert_eq!(count(&db), 0);
    let transaction = db.begin().expect("a transaction after it");
    put(&transaction, "a", 1).expect("a row");
    transaction.commit().expect("a commit");
    assert_eq!((count(&db), count(&other)), (1, 1));
}

#[test]
fn a_transaction_in_which_a_statement_failed_leaves_nothing_and_blocks_nobody() {
    let ground = Ground::new();
    let (db, other) = (connect(&ground), connect(&ground));
    put(&db, "a", 1).expect("a row");
    let transaction = db.begin().expect("a transaction");
    put(&transaction, "b", 2).expect("a row");
    assert!(matches!(put(&transaction, "a", 3), Err(StoreError::Sql(_))), "there is one");
    drop(transaction);
    assert!(matches!(put(&db, "a", 3), Err(StoreError::Sql(_))), "in a transaction of its own too");
    put(&other, "c", 3).expect("another's row");
    put(&db, "d", 4).expect("a row");
    assert_eq!(count(&db), 3);
}

#[test]
fn a_transaction_within_a_transaction_is_refused_and_the_first_goes_on() {
    let ground = Ground::new();
    let db = connect(&ground);
    let refused =
        |why: StoreError| assert_eq!(why.to_string(), "the database refused: a transaction within a transaction");
    for begin in [Db::begin, Db::snapshot] {
        let transaction = begin(&db).expect("a transaction");
        refused(transaction.begin().expect_err("a second one"));
        refused(transaction.snapshot().expect_err("a second one"));
        refused(transaction.begin_alone().expect_err("a second one"));
        assert_eq!(count(&transaction), 0);
        transaction.commit().expect("a commit");
    }
    let transaction = db.begin().expect("a transaction");
    drop(transaction.begin());
    put(&transaction, "a", 1).expect("a row");
    transaction.commit().expect("a commit");
    assert_eq!(count(&db), 1);
}

#[test]
fn whoever_reads_in_a_transaction_sees_one_moment() {
    let ground = Ground::new();
    let (db, other) = (connect(&ground), connect(&ground));
    let moment = db.snapshot().expect("a transaction");
    assert_eq!(count(&moment), 0);
    put(&other, "a", 1).expect("another's row");
    assert_eq!(count(&moment), 0);
    moment.commit().expect("an end");
    assert_eq!(count(&db), 1);
}

#[test]
fn the_ledgers_writer_sees_that_another_has_written_and_nothing_else() {
    let ground = Ground::new();
    let (db, other) = (connect(&ground), connect(&ground));
    let look = || {
        let (transaction, number) = db.begin_alone().expect("a transaction");
        transaction.commit().expect("a commit");
        number
    };
    let mut last = look();
    let mut same = |what: &str, is_same: bool| {
        let now = look();
        assert_eq!(now == last, is_same, "{what}");
        last = now;
    };
    same("nothing", true);
    let (own, _) = db.begin_alone().expect("a transaction");
    put(&own, "own", 1).expect("a row");
    own.commit().expect("a commit");
    same("its own row", true);
    let moment = other.snapshot().expect("a transaction");
    count(&moment);
    drop(moment);
    same("another's look", true);
    let undone = other.begin().expect("a transaction");
    put(&undone, "a", 1).expect("a row");
    drop(undone);
    same("another's transaction that was rolled back", true);
    put(&other, "a", 1).expect("a row");
    same("another's row", false);
    same("nothing again", true);
    let transaction = other.begin().expect("a transaction");
    put(&transaction, "b", 1).expect("a row");
    transaction.commit().expect("a commit");
    same("another's transaction", false);
    drop(connect(&ground).begin_alone().expect("a transaction"));
    same("another writer that wrote nothing", true);
}

#[test]
fn each_row_of_a_long_result_comes_once_and_in_order_while_the_connection_is_used() {
    let ground = Ground::new();
    let (db, other) = (connect(&ground), connect(&ground));
    fill(&db, 2_500);
    let sql = "SELECT edition, since_ms FROM watched WHERE since_ms > ?1 ORDER BY since_ms";
    let mut numbers = Vec::new();
    db.each(sql, params![100], |row| {
        let (edition, number): (String, i64) = (row.get(0)?, row.get(1)?);
        assert_eq!(db.value::<i64>("SELECT since_ms FROM watched WHERE edition = ?1", params![edition])?, number);
        if number == 101 {
            put(&other, "late", 9_999)?;
            let mut inner = 0;
            db.each(sql, params![1_000], |_| {
                inner += 1;
                Ok::<_, StoreError>(())
            })?;
            assert_eq!(inner, 1_500, "one within the other");
        }
        numbers.push(number);
        Ok::<_, StoreError>(())
    })
    .expect("rows");
    assert!(numbers.into_iter().eq(101..=2_500), "what another wrote meanwhile is not among them");
    assert_eq!(count(&db), 2_501);
}

#[test]
fn a_long_result_ends_with_the_first_error_and_within_a_transaction_too() {
    let ground = Ground::new();
    let db = connect(&ground);
    fill(&db, 1_200);
    let sql = "SELECT since_ms FROM watched ORDER BY since_ms";
    let mut seen = 0;
    let mut enough = |most: usize| {
        seen = 0;
        db.each(sql, params![], |_| {
            seen += 1;
            if seen == most { Err(StoreError::Value("enough".into())) } else { Ok(()) }
        })
        .map_err(|error| (seen, error.to_string()))
        .expect_err("enough")
    };
    assert!(matches!(enough(1_100), (1_100, why) if why.contains("enough")));
    let transaction = db.begin().expect("it left no transaction open");
    assert!(matches!(enough(3), (3, why) if why.contains("enough")));
    transaction
        .each(sql, params![], |row| {
            let double = "UPDATE watched SET since_ms = -since_ms WHERE since_ms = ?1";
            assert_eq!(transaction.execute(double, params![row.get::<i64>(0)?])?, 1);
            Ok::<_, StoreError>(())
        })
        .expect("rows");
    transaction.commit().expect("a commit");
    let sum: i64 = db.value("SELECT CAST(sum(since_ms) AS bigint) FROM watched", params![]).expect("a sum");
    assert_eq!(sum, -1_200 * 1_201 / 2);
}

#[test]
fn a_lock_is_held_by_one_seen_by_all_and_free_once_it_is_dropped() {
    let ground = Ground::new();
    let (one, two) = (connect(&ground), connect(&ground));
    let seen = |name: &str| (one.is_locked(name).expect("a look"), two.is_locked(name).expect("a look"));
    assert_eq!(seen("sender"), (false, false));
    let lock = one.lock("sender").expect("a try").expect("it is free");
    assert_eq!((seen("sender"), seen("letters")), ((true, true), (false, false)));
    assert!(two.lock("sender").expect("a try").is_none(), "another connection");
    assert!(one.lock("sender").expect("a try").is_none(), "the same connection");
    let letters = two.lock("letters").expect("a try").expect("another lock is free");
    let elsewhere = Ground::new();
    assert!(!connect(&elsewhere).is_locked("sender").expect("a look"), "another database's lock is another one");
    drop(lock);
    assert_eq!((seen("sender"), seen("letters")), ((false, false), (true, true)));
    let transaction = two.begin().expect("a transaction");
    drop(transaction.lock("sender").expect("a try").expect("it is free"));
    assert!(transaction.is_locked("letters").expect("a look"), "within a transaction too");
    drop((transaction, letters));
    assert_eq!(seen("letters"), (false, false));
}

/// A row with a value of each kind.
type Kept = (String, Option<String>, Option<Vec<u8>>, i64);

#[test]
fn a_value_comes_back_as_it_went_in_and_is_never_taken_for_another() {
    let ground = Ground::new();
    let db = connect(&ground);
    let insert = "INSERT INTO safety_queue (what, email_key, hash, at_ms) VALUES (?1, ?2, ?3, ?4)";
    let rows: [Kept; 3] = [
        (String::new(), None, None, i64::MIN),
        ("'; DROP TABLE store; --".into(), Some("ü ?1 $1".into()), Some(vec![0, 255, 0]), i64::MAX),
        ("\u{10FFFF}\r\n\t".into(), Some(String::new()), Some(vec![]), 0),
    ];
    for (what, key, hash, at) in &rows {
        assert_eq!(db.execute(insert, params![what, key, hash, at]).expect("a row"), 1);
    }
    let select = "SELECT what, email_key, hash, at_ms FROM safety_queue ORDER BY id";
    let found: Vec<Kept> = db
        .rows(select, params![], |row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .expect("rows");
    assert_eq!(found, rows);
    let first = "SELECT what, email_key, at_ms, at_ms < 0 FROM safety_queue ORDER BY id LIMIT 1";
    db.one(first, params![], |row| {
        assert!(matches!(row.get::<i64>(0), Err(StoreError::Value(_))), "text is no number");
        assert!(matches!(row.get::<String>(1), Err(StoreError::Value(_))), "nothing is no text");
        assert!(matches!(row.get::<u32>(2), Err(StoreError::Value(_))), "the number does not fit");
        assert!(row.get::<bool>(3)?);
        Ok::<_, StoreError>(())
    })
    .expect("a row");
    let nobody = db.value::<i64>("SELECT at_ms FROM safety_queue WHERE id < 0", params![]);
    assert!(matches!(nobody, Err(StoreError::Value(_))), "no row is no value");
    let used = "SELECT count(*) FROM safety_queue WHERE at_ms = ?3 OR at_ms = ?3 OR what = ?1";
    assert_eq!(db.value::<i64>(used, params!["", "unused", i64::MAX]).expect("a count"), 2, "twice, once, never");
}

#[test]
fn a_nul_in_a_text_breaks_nothing() {
    let ground = Ground::new();
    let db = connect(&ground);
    put(&db, "a\0b", 1).expect("a row");
    // PostgreSQL's texts cannot hold one.
    let kept = if ground.is_server() { "a\u{FFFD}b" } else { "a\0b" };
    assert_eq!(db.value::<String>("SELECT edition FROM watched", params![]).expect("a text"), kept);
    let found = db.value::<i64>("SELECT since_ms FROM watched WHERE edition = ?1", params!["a\0b"]).expect("a row");
    assert_eq!(found, 1);
}

#[test]
fn the_elements_of_a_list_are_a_subquery() {
    let ground = Ground::new();
    let db = connect(&ground);
    fill(&db, 9);
    let found = |sql: &str, list: &str| -> Vec<String> {
        let sql = format!("SELECT edition FROM watched WHERE {sql} ORDER BY edition");
        db.rows(&sql, params!["unused", list], |row| row.get(0)).expect("rows")
    };
    let texts = format!("edition IN ({})", db.elements(2));
    assert_eq!(found(&texts, r#"["e2", "e\"", "é", "e7"]"#), ["e2", "e7"]);
    assert!(found(&texts, "[]").is_empty());
    assert_eq!(found(&format!("since_ms NOT IN ({})", db.numbers(2)), "[1,2,3,4,5,6,8,99]"), ["e7", "e9"]);
}

#[test]
fn a_session_that_the_server_has_ended_is_opened_again_but_its_transaction_is_lost() {
    let ground = Ground::new();
    let (db, other) = (connect(&ground), connect(&ground));
    let Engine::Postgres(_) = db.engine() else { return };
    let session = "SELECT CAST(pg_backend_pid() AS bigint)";
    let transaction = db.begin().expect("a transaction");
    put(&transaction, "lost", 1).expect("a row");
    let first: i64 = transaction.value(session, params![]).expect("a session");
    end(&other, first);
    let lost = put(&transaction, "lost too", 2).expect_err("its transaction is gone");
    assert!(matches!(lost, StoreError::Unreachable(..)), "{lost}");
    drop(transaction);
    let second = until(|| db.value::<i64>(session, params![]).ok());
    assert_ne!(first, second);
    put(&db, "kept", 3).expect("a row");
    assert_eq!(db.rows("SELECT edition FROM watched", params![], |row| row.get::<String>(0)).expect("rows"), ["kept"]);
}

#[test]
fn a_lock_whose_session_the_server_has_ended_is_taken_again() {
    let ground = Ground::new();
    let db = connect(&ground);
    let Engine::Postgres(_) = db.engine() else { return };
    let lock = db.lock("sender").expect("a try").expect("it is free");
    let holder = || {
        let sql = "SELECT CAST(pid AS bigint) FROM pg_locks WHERE locktype = 'advisory' AND granted
                   AND objid::bigint = hashtext(current_schema() || '/sender')::bigint & 4294967295";
        db.first(sql, params![], |row| row.get::<i64>(0)).expect("a look")
    };
    let first = holder().expect("a session");
    end(&db, first);
    let second = until(|| holder().filter(|session| *session != first));
    assert!(db.is_locked("sender").expect("a look") && db.lock("sender").expect("a try").is_none());
    drop(lock);
    assert_eq!(holder(), None, "the session {second} has released it");
}

/// Has the server end a session.
fn end(db: &Db, session: i64) {
    let sql = "SELECT pg_terminate_backend(CAST(CAST(?1 AS bigint) AS integer))";
    assert!(db.value::<bool>(sql, params![session]).expect("a word"));
}

/// Asks again until there is an answer.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "no answer");
        std::thread::yield_now();
    }
}

#[test]
fn a_session_that_the_server_ends_before_the_commit_has_changed_nothing_and_another_one_follows() {
    let ground = Ground::new();
    let (db, other) = (connect(&ground), connect(&ground));
    let Engine::Postgres(_) = db.engine() else { return };
    put(&db, "before", 1).expect("a row");
    let transaction = db.begin().expect("a transaction");
    put(&transaction, "a", 1).expect("a row");
    let session: i64 = transaction.value("SELECT pg_backend_pid()", params![]).expect("a number");
    let ended: bool =
        other.value("SELECT pg_terminate_backend(CAST(?1 AS integer), 10000)", params![session]).expect("an end");
    assert!(ended);
    assert!(matches!(transaction.commit(), Err(StoreError::Unreachable(..))), "it was not committed");
    assert_eq!(count(&db), 1);
    put(&db, "b", 1).expect("a row of the next session");
    assert_eq!(count(&other), 2);
}
