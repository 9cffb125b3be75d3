//! The ledger's rows as a send changes them: begun, ended, suppressed. Knows no transaction and no queue.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::db::{Array, Change, Db, Engine, params};
use super::report::shape;
use super::{StoreError, to_ms};
use crate::model::{Outcome, Reply};

/// Messages of `source`, a table or a subquery, with their subscribers, whose columns are NULL when they are no longer on the list.
pub fn with_subscribers(source: &str) -> String {
    format!(
        "SELECT d.number, d.email, d.attempts, d.dated_ms, r.name, r.seed, r.fields
         FROM {source} AS d LEFT JOIN subscribers AS r ON r.id = d.subscriber_id AND r.status = 'confirmed'"
    )
}

/// Marks recipients who are no longer on the list, each with the time. On PostgreSQL, only messages that this sender holds are changed.
pub fn suppress(db: &Db, by: By, gone: &[(i64, i64)]) -> Result<(), StoreError> {
    match db.engine() {
        Engine::Sqlite(_) => {
            let sql = "UPDATE deliveries SET state = 'suppressed', due_ms = NULL, updated_ms = ?3, reply = 'no longer on the list'
                       WHERE send_id = ?1 AND number = ?2";
            gone.iter().try_for_each(|(number, at)| db.execute(sql, params![by.send, number, at]).map(drop))
        }
        Engine::Postgres(postgres) => postgres.change(suppresses(by, gone)).map(drop),
    }
}

/// The same as one statement of PostgreSQL.
pub fn suppresses(by: By, gone: &[(i64, i64)]) -> Change {
    Change {
        sql: "UPDATE deliveries AS d SET state = 'suppressed', due_ms = NULL, updated_ms = g.at, reply = 'no longer on the list'
              FROM unnest($2::bigint[], $3::bigint[]) AS g (number, at)
              WHERE d.send_id = ($1::bigint[])[1] AND d.number = g.number AND d.sender = ($1::bigint[])[2] AND d.due_ms IS NOT NULL
              RETURNING d.number"
            .into(),
        arrays: vec![by.array(), ints(gone.iter().map(|(number, _)| *number)), ints(gone.iter().map(|(_, at)| *at))],
    }
}

/// The sender that changes rows of a ledger, and what it knows.
#[derive(Clone, Copy, Debug)]
pub struct By {
    pub send: i64,
    /// The sender. On PostgreSQL, only the sender that holds a message begins it and records its outcome.
    pub sender: i64,
    /// The last known count of changes by others. A message begins only if the count is still the same.
    pub version: i64,
}

impl By {
    fn array(self) -> Array {
        ints([self.send, self.sender, self.version])
    }
}

fn ints(values: impl IntoIterator<Item = i64>) -> Array {
    Array::Ints(values.into_iter().map(Some).collect())
}

/// Reads what a sender has to know before its messages may start: the count of changes, and whether the send is stopped and the sender alive.
pub fn look(by: By) -> Change {
    Change {
        sql: "SELECT (SELECT changes FROM store), CAST(state = 'stopped' AS int)::bigint,
                  (SELECT count(*) FROM senders WHERE id = ($1::bigint[])[2] AND ended_ms IS NULL)
              FROM sends WHERE id = ($1::bigint[])[1]"
            .into(),
        arrays: vec![by.array()],
    }
}

/// From here on the messages' bytes may go out: those of the numbers that are returned. The others wait no longer, since their subscriber
/// was forgotten meanwhile. Each comes with its Date.
pub fn begin(db: &Db, by: By, messages: impl Iterator<Item = (i64, i64)>) -> Result<BTreeSet<i64>, StoreError> {
    match db.engine() {
        Engine::Sqlite(_) => {
            let sql = "UPDATE deliveries SET state = 'in_flight', due_ms = NULL, dated_ms = ?3
                       WHERE send_id = ?1 AND number = ?2 AND state IN ('pending', 'deferred')";
            let begin = |(number, dated)| Ok((number, db.execute(sql, params![by.send, number, dated])?));
            let begun: Vec<(i64, usize)> = messages.map(begin).collect::<Result<_, StoreError>>()?;
            Ok(begun.into_iter().filter(|(_, rows)| *rows == 1).map(|(number, _)| number).collect())
        }
        Engine::Postgres(postgres) => postgres.change(begins(by, messages)),
    }
}

/// The same as one statement of PostgreSQL.
pub fn begins(by: By, messages: impl Iterator<Item = (i64, i64)>) -> Change {
    let (numbers, dated): (Vec<_>, Vec<_>) = messages.map(|(number, dated)| (Some(number), Some(dated))).unzip();
    Change {
        sql: "UPDATE deliveries AS d SET state = 'in_flight', due_ms = NULL, dated_ms = m.dated
              FROM unnest($2::bigint[], $3::bigint[]) AS m (number, dated)
              WHERE d.send_id = ($1::bigint[])[1] AND d.number = m.number AND d.state IN ('pending', 'deferred')
                  AND d.sender = ($1::bigint[])[2] AND (SELECT changes FROM store) = ($1::bigint[])[3]
                  AND EXISTS (SELECT 1 FROM senders WHERE id = ($1::bigint[])[2] AND ended_ms IS NULL)
                  AND EXISTS (SELECT 1 FROM sends WHERE id = ($1::bigint[])[1] AND state <> 'stopped')
              RETURNING d.number"
            .into(),
        arrays: vec![by.array(), Array::Ints(numbers), Array::Ints(dated)],
    }
}

/// How a try ended, as the ledger has it.
pub struct Ended<'o> {
    number: i64,
    state: &'static str,
    due: Option<i64>,
    counted: i64,
    reply: &'o Reply,
    refusal: Option<String>,
    at: i64,
}

impl<'o> Ended<'o> {
    pub fn new(number: i64, outcome: &'o Outcome, now: DateTime<Utc>) -> Self {
        let (state, due, counted, reply) = match outcome {
            Outcome::Delivered(reply) => ("delivered", None, 1, reply),
            Outcome::Deferred { reply, next } => ("deferred", Some(to_ms(*next)), 1, reply),
            Outcome::Failed { reply, .. } => ("failed", None, 1, reply),
            Outcome::Requeued(reply) => ("pending", Some(0), 0, reply),
            Outcome::Uncertain(reply) => ("uncertain", None, 1, reply),
        };
        let refusal = matches!(state, "failed" | "deferred").then(|| shape(&reply.text));
        Self { number, state, due, counted, reply, refusal, at: to_ms(now) }
    }
}

/// Records outcomes; returns the numbers of the messages that were in flight. One that was tried before goes back to deferred, not to
/// pending, so that the counts stay true.
pub fn record(db: &Db, by: By, ended: &[Ended]) -> Result<BTreeSet<i64>, StoreError> {
    if let Engine::Postgres(postgres) = db.engine() {
        return postgres.change(outcomes(by, ended));
    }
    let sql = "UPDATE deliveries SET
             state = CASE WHEN ?3 = 'pending' AND attempts > 0 THEN 'deferred' ELSE ?3 END,
             due_ms = ?4, attempts = attempts + ?5, code = ?6, enhanced = ?7, reply = ?8, refusal = ?9, updated_ms = ?10
         WHERE send_id = ?1 AND number = ?2 AND state = 'in_flight'";
    let mut recorded = BTreeSet::new();
    for Ended { number, state, due, counted, reply, refusal, at } in ended {
        let Reply { code, enhanced, text } = reply;
        let values = params![by.send, number, state, due, counted, code, enhanced, text, refusal, at];
        if db.execute(sql, values)? == 1 {
            recorded.insert(*number);
        }
    }
    Ok(recorded)
}

/// The same as one statement of PostgreSQL.
pub fn outcomes(by: By, ended: &[Ended]) -> Change {
    let numbers = |value: &dyn Fn(&Ended) -> Option<i64>| Array::Ints(ended.iter().map(value).collect());
    let texts = |value: &dyn Fn(&Ended) -> Option<String>| Array::Texts(ended.iter().map(value).collect());
    Change {
        sql: "UPDATE deliveries AS d SET
                  state = CASE WHEN e.state = 'pending' AND d.attempts > 0 THEN 'deferred' ELSE e.state END,
                  due_ms = e.due, attempts = d.attempts + e.counted, code = e.code, enhanced = e.enhanced, reply = e.reply,
                  refusal = e.refusal, updated_ms = e.at, sender = CASE WHEN e.due IS NULL THEN d.sender END
              FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
                          $10::bigint[]) AS e (number, state, due, counted, code, enhanced, reply, refusal, at)
              WHERE d.send_id = ($1::bigint[])[1] AND d.number = e.number AND d.state = 'in_flight'
                  AND d.sender = ($1::bigint[])[2]
              RETURNING d.number"
            .into(),
        arrays: vec![
            by.array(),
            numbers(&|e| Some(e.number)),
            texts(&|e| Some(e.state.into())),
            numbers(&|e| e.due),
            numbers(&|e| Some(e.counted)),
            numbers(&|e| e.reply.code.map(i64::from)),
            texts(&|e| e.reply.enhanced.clone()),
            texts(&|e| Some(e.reply.text.replace('\0', "\u{FFFD}"))),
            texts(&|e| e.refusal.as_ref().map(|text| text.replace('\0', "\u{FFFD}"))),
            numbers(&|e| Some(e.at)),
        ],
    }
}
