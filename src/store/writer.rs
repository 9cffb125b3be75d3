//! The ledger's one writer while a send runs: commits whatever waits in a single transaction (group commit), and answers
//! each worker only when its word is durable.

use std::thread::JoinHandle;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use super::readers::{stored_address, stored_fields};
use super::{Store, StoreError, from_ms, to_ms};
use crate::model::{Delivery, Outcome, Reply};

/// The most words that one transaction takes.
const GROUP: usize = 256;

/// What a worker gets when it asks for its next copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    Copy(Box<Delivery>),
    /// Nobody waits for a try now.
    Empty,
    /// Someone stopped the send.
    Stopped,
}

/// A word for the ledger. Each is answered after the commit that holds it.
enum Word {
    Claim { lane: i64, now: DateTime<Utc>, answer: oneshot::Sender<Result<Claim, String>> },
    Waits { lanes: Vec<i64>, now: DateTime<Utc>, answer: oneshot::Sender<Result<bool, String>> },
    Dotted { number: i64, answer: oneshot::Sender<Result<(), String>> },
    Finished { number: i64, outcome: Outcome, now: DateTime<Utc>, answer: oneshot::Sender<Result<(), String>> },
}

/// A handle to the writer; clones share it. The writer ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Ledger {
    words: mpsc::Sender<Word>,
}

impl Store {
    /// Starts the writer of one send on a connection and a thread of its own.
    pub fn start_ledger(&self, send: i64) -> Result<(Ledger, JoinHandle<()>), StoreError> {
        let mut store = Self::open(&self.path, self.durability)?;
        let (words, mut inbox) = mpsc::channel(GROUP);
        let thread = std::thread::spawn(move || {
            let mut group = Vec::with_capacity(GROUP);
            while inbox.blocking_recv_many(&mut group, GROUP) > 0 {
                commit(&mut store.conn, send, group.drain(..));
            }
        });
        Ok((Ledger { words }, thread))
    }
}

impl Ledger {
    /// Takes the next copy of a lane that is due. Readers who left meanwhile are marked suppressed on the way.
    pub async fn claim(&self, lane: usize, now: DateTime<Utc>) -> Result<Claim, String> {
        let lane = column(lane);
        self.ask(|answer| Word::Claim { lane, now, answer }).await
    }

    /// Whether anybody of these lanes is due.
    pub async fn waits(&self, lanes: &[usize], now: DateTime<Utc>) -> Result<bool, String> {
        let lanes = lanes.iter().copied().map(column).collect();
        self.ask(|answer| Word::Waits { lanes, now, answer }).await
    }

    /// Puts on record that the final dot of copy `number` is about to go out.
    pub async fn dotted(&self, number: i64) -> Result<(), String> {
        self.ask(|answer| Word::Dotted { number, answer }).await
    }

    /// Puts on record how the try of copy `number` ended.
    pub async fn finished(&self, number: i64, outcome: Outcome, now: DateTime<Utc>) -> Result<(), String> {
        self.ask(|answer| Word::Finished { number, outcome, now, answer }).await
    }

    async fn ask<T>(&self, word: impl FnOnce(oneshot::Sender<Result<T, String>>) -> Word) -> Result<T, String> {
        let (answer, receipt) = oneshot::channel();
        let gone = || "the ledger's writer has ended".to_owned();
        self.words.send(word(answer)).await.map_err(|_| gone())?;
        receipt.await.map_err(|_| gone())?
    }
}

/// An answer that waits for the commit.
type Answer = Box<dyn FnOnce(Result<(), String>)>;

fn commit(conn: &mut Connection, send: i64, words: impl Iterator<Item = Word>) {
    let mut answers: Vec<Answer> = Vec::new();
    let committed = (|| -> Result<(), StoreError> {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for word in words {
            answers.push(apply(&tx, send, word));
        }
        tx.commit()?;
        Ok(())
    })()
    .map_err(|e| e.to_string());
    for answer in answers {
        answer(committed.clone());
    }
}

fn apply(conn: &Connection, send: i64, word: Word) -> Answer {
    match word {
        Word::Claim { lane, now, answer } => {
            let claim = claim(conn, send, lane, now).map_err(|e| e.to_string());
            Box::new(move |committed| drop(answer.send(committed.and(claim))))
        }
        Word::Waits { lanes, now, answer } => {
            let waits = waits(conn, send, &lanes, now).map_err(|e| e.to_string());
            Box::new(move |committed| drop(answer.send(committed.and(waits))))
        }
        Word::Dotted { number, answer } => {
            let done = dotted(conn, send, number).map_err(|e| e.to_string());
            Box::new(move |committed| drop(answer.send(committed.and(done))))
        }
        Word::Finished { number, outcome, now, answer } => {
            let done = finished(conn, send, number, &outcome, now).map_err(|e| e.to_string());
            Box::new(move |committed| drop(answer.send(committed.and(done))))
        }
    }
}

fn claim(conn: &Connection, send: i64, lane: i64, now: DateTime<Utc>) -> Result<Claim, StoreError> {
    let state: String =
        conn.prepare_cached("SELECT state FROM sends WHERE id = ?1")?.query_row([send], |row| row.get(0))?;
    if state == "stopped" {
        return Ok(Claim::Stopped);
    }
    while let Some((number, reader)) = next_due(conn, send, lane, now)? {
        if let Some(delivery) = reader {
            conn.prepare_cached(
                "UPDATE deliveries SET state = 'claimed', due_ms = NULL, dated_ms = ?3, updated_ms = ?4
                 WHERE send_id = ?1 AND number = ?2",
            )?
            .execute(params![send, number, to_ms(delivery.dated), to_ms(now)])?;
            return Ok(Claim::Copy(Box::new(delivery)));
        }
        conn.prepare_cached(
            "UPDATE deliveries SET state = 'suppressed', due_ms = NULL, updated_ms = ?3,
                    reply = 'no longer on the list'
             WHERE send_id = ?1 AND number = ?2",
        )?
        .execute(params![send, number, to_ms(now)])?;
    }
    Ok(Claim::Empty)
}

/// A lane as the database has it.
fn column(lane: usize) -> i64 {
    i64::try_from(lane).unwrap_or(i64::MAX)
}

fn waits(conn: &Connection, send: i64, lanes: &[i64], now: DateTime<Utc>) -> Result<bool, StoreError> {
    let mut due =
        conn.prepare_cached("SELECT 1 FROM deliveries WHERE send_id = ?1 AND lane = ?2 AND due_ms <= ?3 LIMIT 1")?;
    for lane in lanes {
        if due.exists(params![send, lane, to_ms(now)])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The next row of a lane that is due, with its copy when the reader is still confirmed.
fn next_due(
    conn: &Connection,
    send: i64,
    lane: i64,
    now: DateTime<Utc>,
) -> Result<Option<(i64, Option<Delivery>)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT d.number, d.email, d.attempts, d.dated_ms, r.name, r.seed, r.fields
         FROM deliveries AS d LEFT JOIN readers AS r ON r.id = d.reader_id AND r.status = 'confirmed'
         WHERE d.send_id = ?1 AND d.lane = ?2 AND d.due_ms <= ?3 ORDER BY d.due_ms, d.number LIMIT 1",
    )?;
    let mut rows = statement.query(params![send, lane, to_ms(now)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let number: i64 = row.get(0)?;
    let Some(seed) = row.get::<_, Option<String>>(5)? else { return Ok(Some((number, None))) };
    let email: String = row.get(1)?;
    let fields: String = row.get(6)?;
    let dated: Option<i64> = row.get(3)?;
    let delivery = Delivery {
        number,
        email: stored_address(&email)?,
        name: row.get(4)?,
        seed,
        fields: stored_fields(&fields)?,
        dated: dated.map(from_ms).transpose()?.unwrap_or(now),
        attempts: row.get(2)?,
    };
    Ok(Some((number, Some(delivery))))
}

fn dotted(conn: &Connection, send: i64, number: i64) -> Result<(), StoreError> {
    let rows = conn
        .prepare_cached(
            "UPDATE deliveries SET state = 'dotted' WHERE send_id = ?1 AND number = ?2 AND state = 'claimed'",
        )?
        .execute(params![send, number])?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Value(format!("copy {number}, which is not claimed"))) }
}

fn finished(
    conn: &Connection,
    send: i64,
    number: i64,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (state, due, counted, reply) = match outcome {
        Outcome::Delivered(reply) => ("delivered", None, 1, reply),
        Outcome::Deferred { reply, next } => ("deferred", Some(to_ms(*next)), 1, reply),
        Outcome::Failed { reply, .. } => ("failed", None, 1, reply),
        Outcome::Requeued(reply) => ("pending", Some(0), 0, reply),
        Outcome::Uncertain(reply) => ("uncertain", None, 1, reply),
    };
    write_outcome(conn, send, number, (state, due, counted), reply, now)?;
    if let Outcome::Failed { dead: true, .. } = outcome {
        conn.prepare_cached(
            "UPDATE readers SET status = 'bounced', left_ms = ?3 WHERE status = 'confirmed' AND id = (
                 SELECT reader_id FROM deliveries WHERE send_id = ?1 AND number = ?2)",
        )?
        .execute(params![send, number, to_ms(now)])?;
    }
    Ok(())
}

fn write_outcome(
    conn: &Connection,
    send: i64,
    number: i64,
    (state, due, counted): (&str, Option<i64>, i64),
    reply: &Reply,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // A copy that was tried before goes back to deferred, not to pending, so that the counts stay true.
    conn.prepare_cached(
        "UPDATE deliveries SET
             state = CASE WHEN ?3 = 'pending' AND attempts > 0 THEN 'deferred' ELSE ?3 END,
             due_ms = ?4, attempts = attempts + ?5, code = ?6, enhanced = ?7, reply = ?8, updated_ms = ?9
         WHERE send_id = ?1 AND number = ?2",
    )?
    .execute(params![send, number, state, due, counted, reply.code, reply.enhanced, reply.text, to_ms(now)])?;
    Ok(())
}
