//! The ledger's one writer while a send runs: commits whatever waits in a single transaction (group commit), and answers
//! each worker only when its word is durable. Who is claimed is known here alone: one sender holds a database at a time, and
//! after its end nobody is.

use std::collections::{BTreeMap, VecDeque};
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

/// A word for the ledger. What is written is answered after the commit that holds it.
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
            let mut queue = Queue { send, due: BTreeMap::new(), claimed: BTreeMap::new() };
            while inbox.blocking_recv_many(&mut group, GROUP) > 0 {
                queue.answer(&mut store.conn, group.drain(..));
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

/// Who is due, and who is under way.
struct Queue {
    send: i64,
    /// By lane: the next numbers that are due, in order.
    due: BTreeMap<i64, VecDeque<i64>>,
    /// By number: the Date of its copy.
    claimed: BTreeMap<i64, DateTime<Utc>>,
}

/// How many numbers are looked up at a time.
const AHEAD: usize = 256;

impl Queue {
    /// Answers a group: claims at once, since nothing of them is kept; what is written after one commit for all.
    fn answer(&mut self, conn: &mut Connection, words: impl Iterator<Item = Word>) {
        let mut writes = Vec::new();
        for word in words {
            match word {
                Word::Claim { lane, now, answer } => {
                    drop(answer.send(self.claim(conn, lane, now).map_err(|e| e.to_string())));
                }
                Word::Waits { lanes, now, answer } => {
                    drop(answer.send(self.waits(conn, &lanes, now).map_err(|e| e.to_string())));
                }
                write => writes.push(write),
            }
        }
        if !writes.is_empty() {
            self.commit(conn, writes);
        }
    }

    fn commit(&mut self, conn: &mut Connection, words: Vec<Word>) {
        let mut answers: Vec<Answer> = Vec::with_capacity(words.len());
        let committed = (|| -> Result<(), StoreError> {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for word in words {
                answers.extend(self.write(&tx, word));
            }
            tx.commit()?;
            Ok(())
        })()
        .map_err(|e| e.to_string());
        for answer in answers {
            answer(committed.clone());
        }
    }

    fn write(&mut self, conn: &Connection, word: Word) -> Option<Answer> {
        let (done, answer) = match word {
            Word::Dotted { number, answer } => {
                let unclaimed = || StoreError::Value(format!("copy {number}, which is not claimed"));
                let dated = self.claimed.get(&number).copied().ok_or_else(unclaimed);
                (dated.and_then(|dated| dotted(conn, self.send, number, dated)), answer)
            }
            Word::Finished { number, outcome, now, answer } => {
                let dated = self.claimed.remove(&number);
                (finished(conn, self.send, number, dated, &outcome, now), answer)
            }
            Word::Claim { .. } | Word::Waits { .. } => return None,
        };
        let done = done.map_err(|e| e.to_string());
        Some(Box::new(move |committed| drop(answer.send(committed.and(done)))))
    }

    fn claim(&mut self, conn: &Connection, lane: i64, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        let state: String =
            conn.prepare_cached("SELECT state FROM sends WHERE id = ?1")?.query_row([self.send], |row| row.get(0))?;
        if state == "stopped" {
            return Ok(Claim::Stopped);
        }
        while let Some(number) = self.next(conn, lane, now)? {
            if let Some(delivery) = copy(conn, self.send, number, now)? {
                self.claimed.insert(number, delivery.dated);
                return Ok(Claim::Copy(Box::new(delivery)));
            }
            conn.prepare_cached(
                "UPDATE deliveries SET state = 'suppressed', due_ms = NULL, updated_ms = ?3,
                        reply = 'no longer on the list'
                 WHERE send_id = ?1 AND number = ?2",
            )?
            .execute(params![self.send, number, to_ms(now)])?;
        }
        Ok(Claim::Empty)
    }

    /// The next number of a lane that is due and not under way.
    fn next(&mut self, conn: &Connection, lane: i64, now: DateTime<Utc>) -> Result<Option<i64>, StoreError> {
        let due = self.due.entry(lane).or_default();
        if due.is_empty() {
            let mut statement = conn.prepare_cached(
                "SELECT number FROM deliveries WHERE send_id = ?1 AND lane = ?2 AND due_ms <= ?3
                 ORDER BY due_ms, number LIMIT ?4",
            )?;
            // Those under way are still due as the database has it.
            let most = i64::try_from(AHEAD + self.claimed.len()).unwrap_or(i64::MAX);
            let mut rows = statement.query(params![self.send, lane, to_ms(now), most])?;
            while let Some(row) = rows.next()? {
                let number = row.get(0)?;
                if !self.claimed.contains_key(&number) {
                    due.push_back(number);
                }
            }
        }
        Ok(due.pop_front())
    }

    fn waits(&mut self, conn: &Connection, lanes: &[i64], now: DateTime<Utc>) -> Result<bool, StoreError> {
        for lane in lanes {
            if let Some(number) = self.next(conn, *lane, now)? {
                self.due.entry(*lane).or_default().push_front(number);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A lane as the database has it.
fn column(lane: usize) -> i64 {
    i64::try_from(lane).unwrap_or(i64::MAX)
}

/// The copy of a row, when its reader is still confirmed.
fn copy(conn: &Connection, send: i64, number: i64, now: DateTime<Utc>) -> Result<Option<Delivery>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT d.email, d.attempts, d.dated_ms, r.name, r.seed, r.fields
         FROM deliveries AS d JOIN readers AS r ON r.id = d.reader_id AND r.status = 'confirmed'
         WHERE d.send_id = ?1 AND d.number = ?2",
    )?;
    let mut rows = statement.query(params![send, number])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (email, fields): (String, String) = (row.get(0)?, row.get(5)?);
    let dated: Option<i64> = row.get(2)?;
    Ok(Some(Delivery {
        number,
        email: stored_address(&email)?,
        name: row.get(3)?,
        seed: row.get(4)?,
        fields: stored_fields(&fields)?,
        dated: dated.map(from_ms).transpose()?.unwrap_or(now),
        attempts: row.get(1)?,
    }))
}

fn dotted(conn: &Connection, send: i64, number: i64, dated: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = conn
        .prepare_cached(
            "UPDATE deliveries SET state = 'dotted', due_ms = NULL, dated_ms = ?3
             WHERE send_id = ?1 AND number = ?2 AND state IN ('pending', 'deferred')",
        )?
        .execute(params![send, number, to_ms(dated)])?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Value(format!("copy {number}, which is not waiting"))) }
}

fn finished(
    conn: &Connection,
    send: i64,
    number: i64,
    dated: Option<DateTime<Utc>>,
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
    write_outcome(conn, send, (number, dated), (state, due, counted), reply, now)?;
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
    (number, dated): (i64, Option<DateTime<Utc>>),
    (state, due, counted): (&str, Option<i64>, i64),
    reply: &Reply,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // A copy that was tried before goes back to deferred, not to pending, so that the counts stay true.
    conn.prepare_cached(
        "UPDATE deliveries SET
             state = CASE WHEN ?3 = 'pending' AND attempts > 0 THEN 'deferred' ELSE ?3 END,
             due_ms = ?4, attempts = attempts + ?5, code = ?6, enhanced = ?7, reply = ?8, updated_ms = ?9,
             dated_ms = coalesce(dated_ms, ?10)
         WHERE send_id = ?1 AND number = ?2",
    )?
    .execute(params![
        send,
        number,
        state,
        due,
        counted,
        reply.code,
        reply.enhanced,
        reply.text,
        to_ms(now),
        dated.map(to_ms)
    ])?;
    Ok(())
}
