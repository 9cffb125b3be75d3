//! The ledger's one writer while a send runs: commits whatever waits in a single transaction (group commit), and answers
//! each worker only when its command is durable. A worker reports its last message's outcome and claims the next in one command, so a
//! message costs one commit; and while other messages are on the wire, a commit waits a moment for their outcomes.

mod lease;

use std::collections::BTreeSet;
use std::mem::take;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout_at};

use super::bounces::SoftRule;
use super::claim::{Claim, Next};
use super::db::{Db, Engine, Open};
use super::queue::{Queue, Step, column};
use super::safety::{ProgressLog, ending};
use super::senders::{HasDied, Membership};
use super::{FileId, Sends, StoreError, Uncertain};
use crate::model::Outcome;
use lease::{Lease, Linger};

pub use lease::Uptime;

/// The most commands that one transaction takes.
const GROUP: usize = 256;
/// Pages in the write-ahead log before they are copied into the database; each copying waits for the disk.
const LOG_PAGES: i64 = 8_000;
/// How long a commit waits for the commands of others. The runtime counts in milliseconds, so it may be one.
const BATCH_WAIT: Duration = Duration::from_micros(100);

/// How long a server may take for an answer, and how long it may be away before the send ends.
const ANSWER: Duration = Duration::from_secs(30);
const AWAY: Duration = Duration::from_mins(15);
/// How long to wait before a server that is away is asked again: twice as long each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A command for the ledger. What is written is answered after the commit that holds it.
enum Command {
    Step { ended: Option<(i64, Outcome)>, next: Next, now: DateTime<Utc>, answer: Answer },
    Reserve { domain_group: i64, now: DateTime<Utc>, answer: Answer },
    Release { number: i64 },
    Waits { domain_groups: Vec<i64>, now: DateTime<Utc>, answer: oneshot::Sender<Result<bool, String>> },
    Renew { answer: Answer },
    Linger(Linger),
    Stop { reason: String, answer: Answer },
}

type Answer = oneshot::Sender<Result<Claim, String>>;

/// The settings of a sender.
#[derive(Clone)]
pub struct Terms {
    /// When refusals that do not prove that an address is dead remove its subscriber from the list.
    pub rule: SoftRule,
    /// What to do with the messages that a dead sender had in flight.
    pub uncertain: Uncertain,
    /// How long a sender may go without renewing its lease before another one may end it.
    pub lease: Duration,
    pub clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// A clock that keeps running while the machine is suspended.
    pub uptime: Uptime,
    pub has_died: HasDied,
}

/// A handle to the writer; clones share it.
#[derive(Clone)]
pub struct Ledger {
    commands: mpsc::Sender<Command>,
    lease: Lease,
    membership: watch::Receiver<Membership>,
    is_shared: bool,
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

    /// Whether messages may start: the sender's lease has not run out.
    pub fn is_held(&self) -> bool {
        self.lease.is_held()
    }

    /// Renews the lease after it has run out, because the process or the database was suspended. [`Claim::Expired`]: another sender has ended this one.
    pub async fn renew(&self) -> Result<Claim, String> {
        self.request(|answer| Command::Renew { answer }).await
    }

    /// Whether other processes may be sending too.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// What is known of the other senders, at most a second old.
    pub fn membership(&self) -> watch::Receiver<Membership> {
        self.membership.clone()
    }

    /// Tells the other senders how many messages were refused for our content or reputation, and how many because the address does not exist.
    pub fn tell(&self, refused: u64, bounced: u64) {
        self.lease.tell(refused, bounced);
    }

    /// Waits until the other senders have finished, because the messages that they hold become free if they die. Returns whether a message is due again.
    pub async fn linger(&self, domain_groups: &[usize]) -> Result<bool, String> {
        let domain_groups = domain_groups.iter().copied().map(column).collect();
        self.request(|answer| Command::Linger(Linger { domain_groups, answer })).await
    }

    /// Stops the send for all senders, until an operator resumes it.
    pub async fn stop(&self, reason: String) -> Result<Claim, String> {
        self.request(|answer| Command::Stop { reason, answer }).await
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
    db: Db,
    send: i64,
    sender: i64,
    terms: Terms,
    lease: Lease,
    membership: watch::Sender<Membership>,
    /// When the lease is renewed.
    renewal: Instant,
    /// A run that waits for the other senders.
    linger: Option<Linger>,
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
    /// The database's file, when this writer began; `None` of a server.
    file: Option<FileId>,
}

impl Sends<'_> {
    /// The writer of a send, and the handle to it. `sender` is what [`Sends::join`] returned.
    pub fn start_ledger(&self, send: i64, sender: i64, terms: Terms) -> Result<(Ledger, Writer), StoreError> {
        let db = Db::open(&self.store.place, self.store.durability, Open::Existing)?.with_patience(ANSWER, AWAY);
        if let Engine::Sqlite(_) = db.engine() {
            db.batch(&format!("PRAGMA wal_autocheckpoint = {LOG_PAGES}"))?;
        }
        let progress = ProgressLog::of(self.store, send)?;
        let file = self.store.place.file().map(FileId::of);
        let (commands, inbox) = mpsc::channel(GROUP);
        let lease = Lease::new(terms.lease, Arc::clone(&terms.uptime), self.tried(sender)?);
        let (membership, seen) = watch::channel(Membership::default());
        let writer = Writer {
            db,
            send,
            sender,
            lease: lease.clone(),
            membership,
            renewal: Instant::now(),
            linger: None,
            inbox,
            queue: Queue::new(send, sender, terms.rule),
            terms,
            steps: Vec::new(),
            answers: Vec::new(),
            until: None,
            batch_wait: BATCH_WAIT,
            out: BTreeSet::new(),
            progress,
            file,
        };
        Ok((Ledger { commands, lease, membership: seen, is_shared: self.store.is_shared() }, writer))
    }
}

impl Writer {
    /// Writes until the last handle is dropped.
    pub async fn run(self) {
        match self.db.engine() {
            // It blocks its thread while it commits: nobody who shares the thread could go on before that anyway, and a separate thread
            // would cost more than the commit.
            Engine::Sqlite(_) => self.work().await,
            // A server's answer takes so long that the others go on meanwhile.
            Engine::Postgres(_) => {
                let work = move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
                    runtime.map(|runtime| runtime.block_on(self.work()))
                };
                // Without it, whoever asks learns that the writer has ended.
                drop(tokio::task::spawn_blocking(work).await);
            }
        }
    }

    async fn work(mut self) {
        // What is looked up from now on counts until somebody writes; whoever asks learns what was wrong.
        drop(self.patiently(|writer| writer.commit(&[])).await);
        drop(self.renew().await);
        let mut commands = Vec::with_capacity(GROUP);
        let mut open = true;
        while open {
            open = self.hear(&mut commands).await;
            // Other workers with a command get to send it first, so that one commit holds all.
            tokio::task::yield_now().await;
            while let Ok(command) = self.inbox.try_recv() {
                commands.push(command);
            }
            for command in commands.drain(..) {
                self.answer(command).await;
            }
            if self.until.is_some_and(|until| !open || self.out.is_empty() || until <= Instant::now()) {
                self.commit_steps().await;
            }
            if self.renewal <= Instant::now() {
                drop(self.renew().await);
            }
        }
        if self.queue.has_news() {
            drop(self.patiently(|writer| writer.commit(&[])).await);
        }
        // Stores the counts, which the next round reads.
        drop(self.renew().await);
    }

    /// Waits for commands, until the next commit or renewal is due. Says whether more may come.
    async fn hear(&mut self, commands: &mut Vec<Command>) -> bool {
        let heard = self.inbox.recv_many(commands, GROUP);
        let until = self.until.map_or(self.renewal, |until| until.min(self.renewal));
        timeout_at(until, heard).await != Ok(0)
    }

    /// Answers what needs no commit, and keeps the rest for the next one.
    async fn answer(&mut self, command: Command) {
        match command {
            Command::Reserve { domain_group, now, answer } => {
                let reserve = |writer: &mut Self| writer.queue.reserve(&writer.db, domain_group, now);
                drop(answer.send(self.patiently(reserve).await.map_err(|e| e.to_string())));
            }
            Command::Release { number } => self.queue.release(number),
            Command::Waits { domain_groups, now, answer } => {
                let look = |writer: &mut Self| writer.queue.waits(&writer.db, &domain_groups, now);
                drop(answer.send(self.patiently(look).await.map_err(|e| e.to_string())));
            }
            Command::Renew { answer } => {
                let renewed = self.renew().await;
                drop(answer.send(expired(renewed.map(|()| Claim::Empty))));
            }
            Command::Linger(linger) => {
                self.linger = Some(linger);
                drop(self.renew().await);
            }
            Command::Stop { reason, answer } => {
                let send = self.send;
                let stop = |writer: &mut Self| super::ledger::stop(&writer.db, send, true, &reason);
                drop(answer.send(expired(self.patiently(stop).await.map(|_| Claim::Stopped))));
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

    /// Commits the waiting steps, and answers them.
    async fn commit_steps(&mut self) {
        self.until = None;
        let (steps, answers) = (take(&mut self.steps), take(&mut self.answers));
        let claims = match self.patiently(|writer| writer.commit(&steps)).await {
            // The commit took so long that the lease has run out: renew it before any message starts.
            Ok(claims) if !self.lease.is_held() => self.renew().await.map(|()| claims),
            claims => claims,
        };
        let claims = claims.map_err(|error| expired(Err(error)));
        for (i, answer) in answers.into_iter().enumerate() {
            let claim = match &claims {
                Ok(claims) => claims[i].clone(),
                Err(all) => all.clone(),
            };
            if let Ok(Claim::Delivery(delivery)) = &claim {
                self.out.insert(delivery.number);
            }
            drop(answer.send(claim));
        }
    }

    /// Does it again for as long as a server is away, up to [`AWAY`]: whoever waits for the answer goes on when it is back.
    async fn patiently<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (mut pause, mut lost) = (FIRST_PAUSE, None);
        loop {
            let error = match work(self) {
                Ok(done) => {
                    if lost.is_some() {
                        tracing::info!("the database is back; the send goes on");
                    }
                    return Ok(done);
                }
                Err(error) => error,
            };
            // What was looked up ahead may have changed by then.
            self.queue.forget();
            let is_over = lost.is_some_and(|since: Instant| since.elapsed() > AWAY);
            if is_over || !self.db.may_recover_from(&error) {
                return Err(error);
            }
            lost.get_or_insert_with(|| {
                tracing::warn!(error = error.to_string(), "the send waits for the database");
                Instant::now()
            });
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// All steps in one transaction.
    fn commit(&mut self, steps: &[Step]) -> Result<Vec<Result<Claim, String>>, StoreError> {
        self.file.as_ref().map_or(Ok(()), FileId::check)?;
        let claims = self.queue.commit(&self.db, steps)?;
        let is_tried = |step: &Step| matches!(&step.0, Some((_, outcome)) if !matches!(outcome, Outcome::Requeued(_)));
        self.lease.add(steps.iter().zip(&claims).filter(|(step, claim)| claim.is_ok() && is_tried(step)).count());
        if let Some(progress) = &mut self.progress {
            let begun = claims.iter().filter_map(|claim| match claim {
                Ok(Claim::Delivery(delivery)) => Some(&**delivery),
                _ => None,
            });
            let logged = |step: &Step| step.0.as_ref().map(|(number, outcome)| (*number, ending(outcome)));
            let ended =
                steps.iter().zip(&claims).filter(|(_, claim)| claim.is_ok()).filter_map(|(step, _)| logged(step));
            progress.committed(begun, ended);
        }
        Ok(claims)
    }
}

/// Turns [`StoreError::TakenOver`] into [`Claim::Expired`], and other errors into text.
fn expired(claim: Result<Claim, StoreError>) -> Result<Claim, String> {
    match claim {
        Err(StoreError::TakenOver) => Ok(Claim::Expired),
        claim => claim.map_err(|error| error.to_string()),
    }
}
