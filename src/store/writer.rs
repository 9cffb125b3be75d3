//! The ledger's one writer while a send runs: commits whatever waits in a single transaction (group commit), and answers
//! each worker only when its command is durable. A worker reports its last message's outcome and claims the next in one command, so a
//! message costs one commit; and while other messages are on the wire, a commit waits a moment for their outcomes.

use std::collections::BTreeSet;
use std::mem::take;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::bounces::SoftRule;
use super::claim::{Claim, Next};
use super::queue::{Queue, column};
use super::safety::{ProgressLog, ending};
use super::{FileId, Sends, Store, StoreError};
use crate::model::Outcome;

/// The most commands that one transaction takes.
const GROUP: usize = 256;
/// Pages in the write-ahead log before they are copied into the database; each copying waits for the disk.
const LOG_PAGES: i64 = 8_000;
/// How long a commit waits for the commands of others. The runtime counts in milliseconds, so it may be one.
const BATCH_WAIT: Duration = Duration::from_micros(100);

/// A command for the ledger. What is written is answered after the commit that holds it.
enum Command {
    Step { ended: Option<(i64, Outcome)>, next: Next, now: DateTime<Utc>, answer: Answer },
    Reserve { domain_group: i64, now: DateTime<Utc>, answer: Answer },
    Release { number: i64 },
    Waits { domain_groups: Vec<i64>, now: DateTime<Utc>, answer: oneshot::Sender<Result<bool, String>> },
}

/// How a try ended, what begins, and when.
type Step = (Option<(i64, Outcome)>, Next, DateTime<Utc>);
type Answer = oneshot::Sender<Result<Claim, String>>;

/// A handle to the writer; clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    commands: mpsc::Sender<Command>,
}

impl Ledger {
    /// Takes the next message of a domain group that is due; it is on record as `in_flight` before this returns. Subscribers who left meanwhile
    /// are marked suppressed on the way.
    pub async fn claim(&self, domain_group: usize, now: DateTime<Utc>) -> Result<Claim, String> {
        self.step(None, Next::Of(domain_group), now).await
    }

    /// Looks up the next message of a domain group and keeps it from others, without a command on record: its envelope may go out, its body only
    /// after a [`Ledger::step`] with [`Next::Reserved`].
    pub async fn reserve(&self, domain_group: usize, now: DateTime<Utc>) -> Result<Claim, String> {
        let domain_group = column(domain_group);
        self.request(|answer| Command::Reserve { domain_group, now, answer }).await
    }

    /// Gives a reserved message back.
    pub async fn release(&self, number: i64) {
        // A writer that has ended keeps nobody.
        drop(self.commands.send(Command::Release { number }).await);
    }

    /// Records how the try of message `number` ended.
    pub async fn finished(&self, number: i64, outcome: Outcome, now: DateTime<Utc>) -> Result<(), String> {
        self.step(Some((number, outcome)), Next::Nothing, now).await.map(drop)
    }

    /// Records how a try ended, and that the next one begins, in one commit.
    pub async fn step(&self, ended: Option<(i64, Outcome)>, next: Next, now: DateTime<Utc>) -> Result<Claim, String> {
        self.request(|answer| Command::Step { ended, next, now, answer }).await
    }

    /// Whether anybody of these domain groups is due.
    pub async fn waits(&self, domain_groups: &[usize], now: DateTime<Utc>) -> Result<bool, String> {
        let domain_groups = domain_groups.iter().copied().map(column).collect();
        self.request(|answer| Command::Waits { domain_groups, now, answer }).await
    }

    async fn request<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, String>>) -> Command,
    ) -> Result<T, String> {
        let (answer, receipt) = oneshot::channel();
        let gone = || "the ledger's writer has ended".to_owned();
        self.commands.send(command(answer)).await.map_err(|_| gone())?;
        receipt.await.map_err(|_| gone())?
    }
}

/// The writer of one send, with its own connection.
pub struct Writer {
    conn: Connection,
    inbox: mpsc::Receiver<Command>,
    queue: Queue,
    /// The commands in the next commit, and who waits for each.
    steps: Vec<Step>,
    answers: Vec<Answer>,
    /// When that commit is due at the latest, and how long that is after its first step.
    until: Option<Instant>,
    pub(super) batch_wait: Duration,
    /// Messages on the wire: begun, without an outcome yet.
    out: BTreeSet<i64>,
    /// The safety log, written after each commit.
    progress: Option<ProgressLog>,
    /// The database's file, when this writer began.
    file: FileId,
}

impl Sends<'_> {
    /// The writer of a send, and the handle to it. `rule` says when refusals that prove nothing take a subscriber off.
    pub fn start_ledger(&self, send: i64, rule: SoftRule) -> Result<(Ledger, Writer), StoreError> {
        let conn = Store::connect_existing(&self.store.path, self.store.durability)?;
        conn.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        let progress = ProgressLog::of(self.store, send)?;
        let file = FileId::of(&self.store.path);
        let (commands, inbox) = mpsc::channel(GROUP);
        let (queue, steps, answers, out) = (Queue::new(send, rule), Vec::new(), Vec::new(), BTreeSet::new());
        Ok((
            Ledger { commands },
            Writer { conn, inbox, queue, steps, answers, until: None, batch_wait: BATCH_WAIT, out, progress, file },
        ))
    }
}

impl Writer {
    /// Writes until the last handle is dropped. It blocks its thread while it commits: nobody who shares the thread could go on
    /// before that anyway, and a separate thread would cost more than the commit.
    pub async fn run(mut self) {
        let mut commands = Vec::with_capacity(GROUP);
        let mut open = true;
        while open {
            open = self.hear(&mut commands).await;
            // Other workers with a command get to send it first, so that one commit holds all.
            tokio::task::yield_now().await;
            while let Ok(command) = self.inbox.try_recv() {
                commands.push(command);
            }
            self.answer(commands.drain(..));
            if self.until.is_some_and(|until| !open || self.out.is_empty() || until <= Instant::now()) {
                self.commit_steps();
            }
        }
    }

    /// Waits for commands, until the next commit is due. Says whether more may come.
    async fn hear(&mut self, commands: &mut Vec<Command>) -> bool {
        let heard = self.inbox.recv_many(commands, GROUP);
        match self.until {
            None => heard.await > 0,
            Some(until) => timeout_at(until, heard).await != Ok(0),
        }
    }

    /// Answers what needs no commit, and keeps the rest for the next one.
    fn answer(&mut self, commands: impl Iterator<Item = Command>) {
        for command in commands {
            match command {
                Command::Reserve { domain_group, now, answer } => {
                    drop(answer.send(self.queue.reserve(&self.conn, domain_group, now).map_err(|e| e.to_string())));
                }
                Command::Release { number } => self.queue.release(number),
                Command::Waits { domain_groups, now, answer } => {
                    drop(answer.send(self.queue.waits(&self.conn, &domain_groups, now).map_err(|e| e.to_string())));
                }
                Command::Step { ended, next, now, answer } => {
                    if let Some((number, _)) = &ended {
                        self.out.remove(number);
                    }
                    self.until.get_or_insert_with(|| Instant::now() + self.batch_wait);
                    self.steps.push((ended, next, now));
                    self.answers.push(answer);
                }
            }
        }
    }

    /// Commits the waiting steps, and answers them.
    fn commit_steps(&mut self) {
        self.until = None;
        let (steps, answers) = (take(&mut self.steps), take(&mut self.answers));
        let claims = self.commit(steps).map_err(|e| e.to_string());
        for (i, answer) in answers.into_iter().enumerate() {
            let claim = claims.as_ref().map_err(Clone::clone).and_then(|claims| claims[i].clone());
            if let Ok(Claim::Delivery(delivery)) = &claim {
                self.out.insert(delivery.number);
            }
            drop(answer.send(claim));
        }
    }

    /// All steps in one transaction. One that fails, because its message is in another state, does not block the others.
    fn commit(&mut self, steps: Vec<Step>) -> Result<Vec<Result<Claim, String>>, StoreError> {
        self.file.check()?;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // From here on nobody else writes.
        self.queue.look(&tx)?;
        let logged = |step: &Step| step.0.as_ref().map(|(number, outcome)| (*number, ending(outcome)));
        let ended: Vec<_> = steps.iter().map(logged).collect();
        let step = |(ended, next, now)| self.queue.step(&tx, ended, next, now).map_err(|e: StoreError| e.to_string());
        let claims: Vec<Result<Claim, String>> = steps.into_iter().map(step).collect();
        tx.commit()?;
        if let Some(progress) = &mut self.progress {
            let begun = claims.iter().filter_map(|claim| match claim {
                Ok(Claim::Delivery(delivery)) => Some(&**delivery),
                _ => None,
            });
            progress.committed(begun, ended.into_iter().zip(&claims).filter(|(_, c)| c.is_ok()).filter_map(|(e, _)| e));
        }
        Ok(claims)
    }
}
