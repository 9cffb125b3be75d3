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

/// Marks a recipient who is no longer on the list.
pub fn suppressed(db: &Db, send: i64, number: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    db.execute(
        "UPDATE deliveries SET state = 'suppressed', due_ms = NULL, updated_ms = ?3, reply = 'no longer on the list'
         WHERE send_id = ?1 AND number = ?2",
        params![send, number, to_ms(now)],
    )?;
    Ok(())
}

/// From here on the messages' bytes may go out: those of the numbers that are returned. The others wait no longer, since their subscriber
/// was forgotten meanwhile. Each comes with its Date.
pub fn begin(db: &Db, send: i64, messages: impl Iterator<Item = (i64, i64)>) -> Result<BTreeSet<i64>, StoreError> {
    match db.engine() {
        Engine::Sqlite(_) => {
            let sql = "UPDATE deliveries SET state = 'in_flight', due_ms = NULL, dated_ms = ?3
                       WHERE send_id = ?1 AND number = ?2 AND state IN ('pending', 'deferred')";
            let begin = |(number, dated)| Ok((number, db.execute(sql, params![send, number, dated])?));
            let begun: Vec<(i64, usize)> = messages.map(begin).collect::<Result<_, StoreError>>()?;
            Ok(begun.into_iter().filter(|(_, rows)| *rows == 1).map(|(number, _)| number).collect())
        }
        Engine::Postgres(postgres) => postgres.change(begins(send, messages)),
    }
}

/// The same as one statement of PostgreSQL.
pub fn begins(send: i64, messages: impl Iterator<Item = (i64, i64)>) -> Change {
    let (numbers, dated): (Vec<_>, Vec<_>) = messages.map(|(number, dated)| (Some(number), Some(dated))).unzip();
    Change {
        sql: "UPDATE deliveries AS d SET state = 'in_flight', due_ms = NULL, dated_ms = m.dated
              FROM unnest($2::bigint[], $3::bigint[]) AS m (number, dated)
              WHERE d.send_id = ($1::bigint[])[1] AND d.number = m.number AND d.state IN ('pending', 'deferred')
              RETURNING d.number"
            .into(),
        arrays: vec![Array::Ints(vec![Some(send)]), Array::Ints(numbers), Array::Ints(dated)],
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
pub fn record(db: &Db, send: i64, ended: &[Ended]) -> Result<BTreeSet<i64>, StoreError> {
    if let Engine::Postgres(postgres) = db.engine() {
        return postgres.change(outcomes(send, ended));
    }
    let sql = "UPDATE deliveries SET
             state = CASE WHEN ?3 = 'pending' AND attempts > 0 THEN 'deferred' ELSE ?3 END,
             due_ms = ?4, attempts = attempts + ?5, code = ?6, enhanced = ?7, reply = ?8, refusal = ?9, updated_ms = ?10
         WHERE send_id = ?1 AND number = ?2 AND state = 'in_flight'";
    let mut recorded = BTreeSet::new();
    for Ended { number, state, due, counted, reply, refusal, at } in ended {
        let Reply { code, enhanced, text } = reply;
        let values = params![send, number, state, due, counted, code, enhanced, text, refusal, at];
        if db.execute(sql, values)? == 1 {
            recorded.insert(*number);
        }
    }
    Ok(recorded)
}

/// The same as one statement of PostgreSQL.
pub fn outcomes(send: i64, ended: &[Ended]) -> Change {
    let ints = |value: &dyn Fn(&Ended) -> Option<i64>| Array::Ints(ended.iter().map(value).collect());
    let texts = |value: &dyn Fn(&Ended) -> Option<String>| Array::Texts(ended.iter().map(value).collect());
    Change {
        sql: "UPDATE deliveries AS d SET
                  state = CASE WHEN e.state = 'pending' AND d.attempts > 0 THEN 'deferred' ELSE e.state END,
                  due_ms = e.due, attempts = d.attempts + e.counted, code = e.code, enhanced = e.enhanced, reply = e.reply,
                  refusal = e.refusal, updated_ms = e.at
              FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
                          $10::bigint[]) AS e (number, state, due, counted, code, enhanced, reply, refusal, at)
              WHERE d.send_id = ($1::bigint[])[1] AND d.number = e.number AND d.state = 'in_flight'
              RETURNING d.number"
            .into(),
        arrays: vec![
            Array::Ints(vec![Some(send)]),
            ints(&|e| Some(e.number)),
            texts(&|e| Some(e.state.into())),
            ints(&|e| e.due),
            ints(&|e| Some(e.counted)),
            ints(&|e| e.reply.code.map(i64::from)),
            texts(&|e| e.reply.enhanced.clone()),
            texts(&|e| Some(e.reply.text.replace('\0', "\u{FFFD}"))),
            texts(&|e| e.refusal.as_ref().map(|text| text.replace('\0', "\u{FFFD}"))),
            ints(&|e| Some(e.at)),
        ],
    }
}
