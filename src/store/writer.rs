//! The ledger's one writer while a send runs: commits whatever waits in a single transaction (group commit), and answers
//! each worker only when its word is durable. A worker says how its last message ended and takes its next one in the same breath, so a
//! message costs one commit; and while messages of others are on the wire, a commit waits a moment for what they say.

use std::collections::BTreeSet;
use std::mem::take;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::queue::{Queue, column};
use super::{Store, StoreError};
use crate::model::{Delivery, Outcome};

/// The most words that one transaction takes.
const GROUP: usize = 256;
/// Pages in the write-ahead log before they are copied into the database; each copying waits for the disk.
const LOG_PAGES: i64 = 8_000;
/// How long a commit waits for the words of others. The runtime counts in milliseconds, so it may be one.
const COMPANY: Duration = Duration::from_micros(100);

/// What a worker gets when it asks for its next message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The message, and on record that its final dot may go out.
    Delivery(Box<Delivery>),
    /// Nobody waits for a try now, or nothing was asked for.
    Empty,
    /// Someone stopped the send.
    Stopped,
}

/// A word for the ledger. What is written is answered after the commit that holds it.
enum Word {
    Turn { ended: Option<(i64, Outcome)>, next: Next, now: DateTime<Utc>, answer: Answer },
    Reserve { domain_group: i64, now: DateTime<Utc>, answer: Answer },
    Release { number: i64 },
    Waits { domain_groups: Vec<i64>, now: DateTime<Utc>, answer: oneshot::Sender<Result<bool, String>> },
}

/// What a worker begins with the same commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Nothing,
    /// The next message of this domain_group.
    Of(usize),
    /// The message of this number, which is reserved.
    Reserved(i64),
}

/// How a try ended, what begins, and when.
type Turn = (Option<(i64, Outcome)>, Next, DateTime<Utc>);
type Answer = oneshot::Sender<Result<Claim, String>>;

/// A handle to the writer; clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    words: mpsc::Sender<Word>,
}

impl Ledger {
    /// Takes the next message of a domain_group that is due; it is on record as `in_flight` before this returns. Subscribers who left meanwhile
    /// are marked suppressed on the way.
    pub async fn claim(&self, domain_group: usize, now: DateTime<Utc>) -> Result<Claim, String> {
        self.turn(None, Next::Of(domain_group), now).await
    }

    /// Looks up the next message of a domain_group and keeps it from others, without a word on record: its envelope may go out, its body only
    /// after a [`Ledger::turn`] with [`Next::Reserved`].
    pub async fn reserve(&self, domain_group: usize, now: DateTime<Utc>) -> Result<Claim, String> {
        let domain_group = column(domain_group);
        self.ask(|answer| Word::Reserve { domain_group, now, answer }).await
    }

    /// Gives a reserved message back.
    pub async fn release(&self, number: i64) {
        // A writer that has ended keeps nobody.
        drop(self.words.send(Word::Release { number }).await);
    }

    /// Puts on record how the try of message `number` ended.
    pub async fn finished(&self, number: i64, outcome: Outcome, now: DateTime<Utc>) -> Result<(), String> {
        self.turn(Some((number, outcome)), Next::Nothing, now).await.map(drop)
    }

    /// Puts on record how a try ended, and that the next one begins, both in one commit.
    pub async fn turn(&self, ended: Option<(i64, Outcome)>, next: Next, now: DateTime<Utc>) -> Result<Claim, String> {
        self.ask(|answer| Word::Turn { ended, next, now, answer }).await
    }

    /// Whether anybody of these domain_groups is due.
    pub async fn waits(&self, domain_groups: &[usize], now: DateTime<Utc>) -> Result<bool, String> {
        let domain_groups = domain_groups.iter().copied().map(column).collect();
        self.ask(|answer| Word::Waits { domain_groups, now, answer }).await
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
    /// What the next commit takes, and who waits for it.
    turns: Vec<Turn>,
    answers: Vec<Answer>,
    /// When that commit is due at the latest, and how long that is after its first turn.
    until: Option<Instant>,
    pub(super) company: Duration,
    /// Messages on the wire: begun, and nothing heard of since.
    out: BTreeSet<i64>,
}

impl Store {
    /// The writer of a send, and the handle to it.
    pub fn start_ledger(&self, send: i64) -> Result<(Ledger, Writer), StoreError> {
        let store = Self::open(&self.path, self.durability)?;
        store.conn.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        let (words, inbox) = mpsc::channel(GROUP);
        let (queue, turns, answers, out) = (Queue::new(send), Vec::new(), Vec::new(), BTreeSet::new());
        Ok((
            Ledger { words },
            Writer { conn: store.conn, inbox, queue, turns, answers, until: None, company: COMPANY, out },
        ))
    }
}

impl Writer {
    /// Writes until the last handle is dropped. It blocks its thread while it commits: nobody who shares the thread could go on
    /// before that anyway, and a thread of its own would cost more than the commit.
    pub async fn run(mut self) {
        let mut words = Vec::with_capacity(GROUP);
        let mut open = true;
        while open {
            open = self.hear(&mut words).await;
            // Whoever else has something to say now says it first, so that one commit holds all.
            tokio::task::yield_now().await;
            while let Ok(word) = self.inbox.try_recv() {
                words.push(word);
            }
            self.answer(words.drain(..));
            if self.until.is_some_and(|until| !open || self.out.is_empty() || until <= Instant::now()) {
                self.commit_turns();
            }
        }
    }

    /// Waits for words, until the next commit is due. Says whether more may come.
    async fn hear(&mut self, words: &mut Vec<Word>) -> bool {
        let heard = self.inbox.recv_many(words, GROUP);
        match self.until {
            None => heard.await > 0,
            Some(until) => timeout_at(until, heard).await != Ok(0),
        }
    }

    /// Answers what needs no commit, and keeps the rest for the next one.
    fn answer(&mut self, words: impl Iterator<Item = Word>) {
        for word in words {
            match word {
                Word::Reserve { domain_group, now, answer } => {
                    drop(answer.send(self.queue.reserve(&self.conn, domain_group, now).map_err(|e| e.to_string())));
                }
                Word::Release { number } => self.queue.release(number),
                Word::Waits { domain_groups, now, answer } => {
                    drop(answer.send(self.queue.waits(&self.conn, &domain_groups, now).map_err(|e| e.to_string())));
                }
                Word::Turn { ended, next, now, answer } => {
                    if let Some((number, _)) = &ended {
                        self.out.remove(number);
                    }
                    self.until.get_or_insert_with(|| Instant::now() + self.company);
                    self.turns.push((ended, next, now));
                    self.answers.push(answer);
                }
            }
        }
    }

    /// Puts the turns that wait on record, and answers them.
    fn commit_turns(&mut self) {
        self.until = None;
        let (turns, answers) = (take(&mut self.turns), take(&mut self.answers));
        let claims = self.commit(turns).map_err(|e| e.to_string());
        for (i, answer) in answers.into_iter().enumerate() {
            let claim = claims.as_ref().map_err(Clone::clone).and_then(|claims| claims[i].clone());
            if let Ok(Claim::Delivery(delivery)) = &claim {
                self.out.insert(delivery.number);
            }
            drop(answer.send(claim));
        }
    }

    /// All turns in one transaction. One that cannot be taken, since its message stands elsewhere, keeps no other back.
    fn commit(&mut self, turns: Vec<Turn>) -> Result<Vec<Result<Claim, String>>, StoreError> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // From here on nobody else writes.
        self.queue.look(&tx)?;
        let turn = |(ended, next, now)| self.queue.turn(&tx, ended, next, now).map_err(|e: StoreError| e.to_string());
        let claims = turns.into_iter().map(turn).collect();
        tx.commit()?;
        Ok(claims)
    }
}
