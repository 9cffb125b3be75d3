//! The ledger's one writer while a send runs: commits whatever waits in a single transaction (group commit), and answers
//! each worker only when its word is durable. A worker says how its last copy ended and takes its next one in the same breath, so a
//! message costs one commit.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use super::readers::{stored_address, stored_fields};
use super::{Store, StoreError, from_ms, to_ms};
use crate::model::{Delivery, Outcome, Reply};

/// The most words that one transaction takes.
const GROUP: usize = 256;
/// How many copies are looked up at a time.
const AHEAD: i64 = 256;
/// Pages in the write-ahead log before they are copied into the database; each copying waits for the disk.
const LOG_PAGES: i64 = 8_000;

/// What a worker gets when it asks for its next copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The copy, and on record that its final dot may go out.
    Copy(Box<Delivery>),
    /// Nobody waits for a try now, or nothing was asked for.
    Empty,
    /// Someone stopped the send.
    Stopped,
}

/// A word for the ledger. What is written is answered after the commit that holds it.
enum Word {
    Turn { ended: Option<(i64, Outcome)>, next: Option<i64>, now: DateTime<Utc>, answer: Answer },
    Waits { lanes: Vec<i64>, now: DateTime<Utc>, answer: oneshot::Sender<Result<bool, String>> },
}

type Answer = oneshot::Sender<Result<Claim, String>>;

/// A handle to the writer; clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    words: mpsc::Sender<Word>,
}

impl Ledger {
    /// Takes the next copy of a lane that is due; it is on record as `dotted` before this returns. Readers who left meanwhile
    /// are marked suppressed on the way.
    pub async fn claim(&self, lane: usize, now: DateTime<Utc>) -> Result<Claim, String> {
        self.turn(None, Some(lane), now).await
    }

    /// Puts on record how the try of copy `number` ended.
    pub async fn finished(&self, number: i64, outcome: Outcome, now: DateTime<Utc>) -> Result<(), String> {
        self.turn(Some((number, outcome)), None, now).await.map(drop)
    }

    /// Puts on record how a try ended, and takes the next copy of a lane, both in one commit.
    pub async fn turn(
        &self,
        ended: Option<(i64, Outcome)>,
        next: Option<usize>,
        now: DateTime<Utc>,
    ) -> Result<Claim, String> {
        let next = next.map(column);
        self.ask(|answer| Word::Turn { ended, next, now, answer }).await
    }

    /// Whether anybody of these lanes is due.
    pub async fn waits(&self, lanes: &[usize], now: DateTime<Utc>) -> Result<bool, String> {
        let lanes = lanes.iter().copied().map(column).collect();
        self.ask(|answer| Word::Waits { lanes, now, answer }).await
    }

    async fn ask<T>(&self, word: impl FnOnce(oneshot::Sender<Result<T, String>>) -> Word) -> Result<T, String> {
        let (answer, receipt) = oneshot::channel();
        let gone = || "the ledger's writer has ended".to_owned();
        self.words.send(word(answer)).await.map_err(|_| gone())?;
        receipt.await.map_err(|_| gone())?
    }
}

/// The writer of one send, on a connection of its own.
pub struct Writer {
    conn: Connection,
    inbox: mpsc::Receiver<Word>,
    queue: Queue,
}

impl Store {
    /// The writer of a send, and the handle to it.
    pub fn start_ledger(&self, send: i64) -> Result<(Ledger, Writer), StoreError> {
        let store = Self::open(&self.path, self.durability)?;
        store.conn.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        let (words, inbox) = mpsc::channel(GROUP);
        let queue = Queue { send, due: BTreeMap::new(), version: 0, stopped: false };
        Ok((Ledger { words }, Writer { conn: store.conn, inbox, queue }))
    }
}

impl Writer {
    /// Writes until the last handle is dropped. It blocks its thread while it commits: nobody who shares the thread could go on
    /// before that anyway, and a thread of its own would cost more than the commit.
    pub async fn run(mut self) {
        let mut group = Vec::with_capacity(GROUP);
        while self.inbox.recv_many(&mut group, GROUP).await > 0 {
            // Whoever else has something to say now says it first, so that one commit holds all.
            tokio::task::yield_now().await;
            while let Ok(word) = self.inbox.try_recv() {
                group.push(word);
            }
            self.answer(group.drain(..));
        }
    }

    fn answer(&mut self, words: impl Iterator<Item = Word>) {
        let mut turns = Vec::new();
        for word in words {
            match word {
                Word::Waits { lanes, now, answer } => {
                    drop(answer.send(self.queue.waits(&self.conn, &lanes, now).map_err(|e| e.to_string())));
                }
                Word::Turn { ended, next, now, answer } => turns.push((ended, next, now, answer)),
            }
        }
        if turns.is_empty() {
            return;
        }
        let mut told = Vec::with_capacity(turns.len());
        let committed = (|| -> Result<(), StoreError> {
            let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            self.queue.look(&tx)?;
            for (ended, next, now, answer) in turns {
                told.push((answer, self.queue.turn(&tx, ended, next, now).map_err(|e| e.to_string())));
            }
            Ok(tx.commit()?)
        })()
        .map_err(|e| e.to_string());
        for (answer, claim) in told {
            drop(answer.send(committed.clone().and(claim)));
        }
    }
}

/// Who is due next.
struct Queue {
    send: i64,
    /// By lane: the next copies that are due, in order.
    due: BTreeMap<i64, VecDeque<Waiting>>,
    /// What `PRAGMA data_version` said last: another number means that somebody else has written.
    version: i64,
    stopped: bool,
}

/// A copy looked up ahead.
struct Waiting {
    number: i64,
    /// `None` when the reader is no longer on the list.
    delivery: Option<Box<Delivery>>,
    /// When it was looked up, in `data_version`s.
    version: i64,
}

impl Queue {
    /// Sees whether somebody else has written since the last look, and then whether they stopped the send.
    fn look(&mut self, conn: &Connection) -> Result<(), StoreError> {
        let version = conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if version != self.version {
            self.version = version;
            let state: String = conn
                .prepare_cached("SELECT state FROM sends WHERE id = ?1")?
                .query_row([self.send], |row| row.get(0))?;
            self.stopped = state == "stopped";
        }
        Ok(())
    }

    fn turn(
        &mut self,
        conn: &Connection,
        ended: Option<(i64, Outcome)>,
        next: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<Claim, StoreError> {
        if let Some((number, outcome)) = ended {
            finished(conn, self.send, number, &outcome, now)?;
        }
        next.map_or(Ok(Claim::Empty), |lane| self.claim(conn, lane, now))
    }

    fn claim(&mut self, conn: &Connection, lane: i64, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        if self.stopped {
            return Ok(Claim::Stopped);
        }
        while let Some(mut waiting) = self.next(conn, lane, now)? {
            if waiting.version != self.version {
                waiting = self.again(conn, waiting.number, now)?;
            }
            if let Some(delivery) = waiting.delivery {
                dotted(conn, self.send, &delivery)?;
                return Ok(Claim::Copy(delivery));
            }
            suppressed(conn, self.send, waiting.number, now)?;
        }
        Ok(Claim::Empty)
    }

    /// The next copy of a lane that is due.
    fn next(&mut self, conn: &Connection, lane: i64, now: DateTime<Utc>) -> Result<Option<Waiting>, StoreError> {
        if self.due.entry(lane).or_default().is_empty() {
            let mut statement = conn.prepare_cached(&format!(
                "{COPY} WHERE d.send_id = ?1 AND d.lane = ?2 AND d.due_ms <= ?3 ORDER BY d.due_ms, d.number LIMIT ?4"
            ))?;
            let mut rows = statement.query(params![self.send, lane, to_ms(now), AHEAD])?;
            let mut found = VecDeque::new();
            while let Some(row) = rows.next()? {
                found.push_back(self.waiting(row, now)?);
            }
            self.due.insert(lane, found);
        }
        Ok(self.due.entry(lane).or_default().pop_front())
    }

    /// A copy looked up once more, since its reader may have left meanwhile.
    fn again(&self, conn: &Connection, number: i64, now: DateTime<Utc>) -> Result<Waiting, StoreError> {
        let mut statement = conn.prepare_cached(&format!("{COPY} WHERE d.send_id = ?1 AND d.number = ?2"))?;
        let mut rows = statement.query(params![self.send, number])?;
        let gone = Waiting { number, delivery: None, version: self.version };
        rows.next()?.map_or(Ok(gone), |row| self.waiting(row, now))
    }

    fn waiting(&self, row: &rusqlite::Row, now: DateTime<Utc>) -> Result<Waiting, StoreError> {
        let number = row.get(0)?;
        let seed: Option<String> = row.get(5)?;
        let delivery = match seed {
            None => None,
            Some(seed) => {
                let (email, fields): (String, String) = (row.get(1)?, row.get(6)?);
                let dated: Option<i64> = row.get(3)?;
                Some(Box::new(Delivery {
                    number,
                    email: stored_address(&email)?,
                    name: row.get(4)?,
                    seed,
                    fields: stored_fields(&fields)?,
                    dated: dated.map(from_ms).transpose()?.unwrap_or(now),
                    attempts: row.get(2)?,
                }))
            }
        };
        Ok(Waiting { number, delivery, version: self.version })
    }

    fn waits(&mut self, conn: &Connection, lanes: &[i64], now: DateTime<Utc>) -> Result<bool, StoreError> {
        for lane in lanes {
            if let Some(waiting) = self.next(conn, *lane, now)? {
                self.due.entry(*lane).or_default().push_front(waiting);
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

/// Copies with their readers; the reader's columns are NULL when they are no longer on the list.
const COPY: &str = "SELECT d.number, d.email, d.attempts, d.dated_ms, r.name, r.seed, r.fields
    FROM deliveries AS d LEFT JOIN readers AS r ON r.id = d.reader_id AND r.status = 'confirmed'";

fn suppressed(conn: &Connection, send: i64, number: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE deliveries SET state = 'suppressed', due_ms = NULL, updated_ms = ?3, reply = 'no longer on the list'
         WHERE send_id = ?1 AND number = ?2",
    )?
    .execute(params![send, number, to_ms(now)])?;
    Ok(())
}

/// From here on the final dot may go out.
fn dotted(conn: &Connection, send: i64, delivery: &Delivery) -> Result<(), StoreError> {
    let rows = conn
        .prepare_cached(
            "UPDATE deliveries SET state = 'dotted', due_ms = NULL, dated_ms = ?3
             WHERE send_id = ?1 AND number = ?2 AND state IN ('pending', 'deferred')",
        )?
        .execute(params![send, delivery.number, to_ms(delivery.dated)])?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Value(format!("copy {}, which is not waiting", delivery.number))) }
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
    let rows = conn
        .prepare_cached(
            "UPDATE deliveries SET
                 state = CASE WHEN ?3 = 'pending' AND attempts > 0 THEN 'deferred' ELSE ?3 END,
                 due_ms = ?4, attempts = attempts + ?5, code = ?6, enhanced = ?7, reply = ?8, updated_ms = ?9
             WHERE send_id = ?1 AND number = ?2 AND state = 'dotted'",
        )?
        .execute(params![send, number, state, due, counted, reply.code, reply.enhanced, reply.text, to_ms(now)])?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Value(format!("copy {number}, which is not under way"))) }
}
