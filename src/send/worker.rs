//! One worker: a connection of its own, one copy at a time, each outcome on record before the next copy.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::pace::Lane;
use super::retry::{Attempt, Verdict, judge, pace_told};
use super::{Ended, Event, Shared, Transport};
use crate::mail::{Connection, Folder, Refusal, Relay, Stage};
use crate::model::{Delivery, DeliveryState, Outcome, Reply};
use crate::store::Claim;

/// How often in a row a connection may fail before the run is over.
const PATIENCE: u32 = 5;
/// After so many copies of one lane a worker looks at the next one first.
const TURN: usize = 16;
/// A lane that waits for others is looked at again after this, in case nobody says a word.
const LONG: Duration = Duration::from_secs(1);

/// Works until nobody is due or the run is over.
pub async fn work(shared: Arc<Shared>, worker: usize) {
    let end = match shared.run.transport.clone() {
        Transport::Folder(folder) => fill(&shared, &folder).await,
        Transport::Smtp(relay) => Courier::new(&shared, &relay, worker).work().await,
    };
    if let Err(why) = end {
        shared.end(why);
    }
}

/// A copy that is under way.
struct Ticket {
    delivery: Box<Delivery>,
    lane: Lane,
    started: Instant,
    /// How many copies the worker took before this one.
    taken: usize,
}

/// A copy of an open lane, `first` before the others, when the run still goes on. `None` when nobody is due in any lane.
async fn next(shared: &Shared, first: Lane, taken: usize) -> Result<Option<Ticket>, Ended> {
    loop {
        if shared.is_over() || !shared.allow() {
            return Ok(None);
        }
        let mut moved = std::pin::pin!(shared.moved.notified());
        moved.as_mut().enable();
        let mut closed = Vec::new();
        let lanes = shared.pace().lanes();
        for lane in (0..lanes).map(|n| (first + n) % lanes) {
            let started = Instant::now();
            if !shared.pace().start(lane, started) {
                closed.push(lane);
                continue;
            }
            match shared.run.ledger.claim(lane, shared.now()).await.map_err(Ended::Broken)? {
                Claim::Copy(delivery) => return Ok(Some(Ticket { delivery, lane, started, taken })),
                Claim::Empty => shared.pace().cancel(lane),
                Claim::Stopped => return Err(Ended::StoppedElsewhere),
            }
        }
        shared.disallow();
        if closed.is_empty() || !shared.run.ledger.waits(&closed, shared.now()).await.map_err(Ended::Broken)? {
            return Ok(None);
        }
        let opens = shared.pace().opens(Instant::now());
        shared.rest(opens.map_or(LONG, |at| at.saturating_duration_since(Instant::now()).min(LONG)), moved).await;
    }
}

/// Puts an outcome on record, then tells whoever watches.
async fn record(shared: &Shared, ticket: &Ticket, outcome: Outcome) -> Result<(), Ended> {
    turn(shared, ticket, outcome, false).await.map(drop)
}

/// Puts an outcome on record and, when `go_on`, takes the next copy of the same lane with the same commit. `None` when that is
/// not to be had: the lane is closed or empty, another lane's turn has come, or the run is over.
async fn turn(shared: &Shared, ticket: &Ticket, outcome: Outcome, go_on: bool) -> Result<Option<Ticket>, Ended> {
    let number = ticket.delivery.number;
    let stop = shared.guard.lock().unwrap_or_else(PoisonError::into_inner).note(&outcome);
    let (state, reply) = told(&outcome);
    let (lane, taken, started) = (ticket.lane, ticket.taken + 1, Instant::now());
    shared.pace().end(lane, ticket.started, pace_told(&reply), started);
    let stays = shared.pace().lanes() == 1 || !taken.is_multiple_of(TURN);
    let wanted = go_on && stays && stop.is_none() && !shared.is_over();
    let wanted = wanted
        && shared.allow()
        && (shared.pace().start(lane, started) || {
            shared.disallow();
            false
        });
    let claim = shared.run.ledger.turn(Some((number, outcome)), wanted.then_some(lane), shared.now()).await;
    shared.moved.notify_waiters();
    let claim = claim.map_err(Ended::Broken)?;
    (shared.run.watch)(Event::Tried { number, state, reply });
    match claim {
        Claim::Copy(delivery) => return Ok(Some(Ticket { delivery, lane, started, taken })),
        Claim::Empty if wanted => {
            shared.pace().cancel(lane);
            shared.disallow();
        }
        Claim::Empty => {}
        Claim::Stopped => return Err(Ended::StoppedElsewhere),
    }
    stop.map_or(Ok(None), |reason| Err(Ended::Broken(reason)))
}

/// What an outcome looks like from outside.
fn told(outcome: &Outcome) -> (DeliveryState, Reply) {
    let (state, reply) = match outcome {
        Outcome::Delivered(reply) => (DeliveryState::Delivered, reply),
        Outcome::Deferred { reply, .. } => (DeliveryState::Deferred, reply),
        Outcome::Failed { reply, .. } => (DeliveryState::Failed, reply),
        Outcome::Requeued(reply) => (DeliveryState::Pending, reply),
        Outcome::Uncertain(reply) => (DeliveryState::Uncertain, reply),
    };
    (state, reply.clone())
}

/// Works the ledger off into files.
async fn fill(shared: &Shared, folder: &Folder) -> Result<(), Ended> {
    let mut ticket = next(shared, 0, 0).await?;
    while let Some(now) = ticket {
        let message = shared.run.letter.copy(&now.delivery);
        match folder.deliver(now.delivery.number, &message) {
            Ok(path) => {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let reply = Reply { code: 250, enhanced: None, text: format!("written as {name}") };
                ticket = turn(shared, &now, Outcome::Delivered(reply), true).await?;
            }
            Err(error) => {
                let reply = Reply { code: 0, enhanced: None, text: error.to_string() };
                record(shared, &now, Outcome::Requeued(reply)).await?;
                return Err(Ended::Broken(format!("cannot write into the outbox: {error}")));
            }
        }
        if ticket.is_none() {
            ticket = next(shared, now.lane + 1, now.taken + 1).await?;
        }
    }
    Ok(())
}

/// A worker that speaks SMTP.
struct Courier<'a> {
    shared: &'a Shared,
    relay: &'a Relay,
    connection: Option<Connection>,
    /// Which lane is looked at first.
    lane: Lane,
    /// Copies taken.
    taken: usize,
    /// Connections that failed in a row.
    failures: u32,
    /// How often in a row the relay took no further connection.
    waits: u32,
}

impl<'a> Courier<'a> {
    fn new(shared: &'a Shared, relay: &'a Relay, worker: usize) -> Self {
        Self { shared, relay, connection: None, lane: worker, taken: 0, failures: 0, waits: 0 }
    }

    async fn work(mut self) -> Result<(), Ended> {
        // Connected first, claimed after: a relay that cannot be reached keeps nobody's copy.
        while !self.shared.is_over() {
            let Some(mut connection) = self.connect().await? else { continue };
            let mut ticket = next(self.shared, self.lane, self.taken).await?;
            let is_last = ticket.is_none();
            let mut lives = true;
            while let Some(now) = ticket.take() {
                (self.lane, self.taken) = (now.lane + 1, now.taken + 1);
                (lives, ticket) = self.attempt(&mut connection, now).await?;
            }
            match lives {
                true if is_last || self.may_stay(&connection) => self.connection = Some(connection),
                true => self.hang_up(connection).await,
                false => drop(self.shared.connected.fetch_sub(1, Ordering::Relaxed)),
            }
            if is_last {
                break;
            }
        }
        if let Some(connection) = self.connection.take() {
            self.hang_up(connection).await;
        }
        Ok(())
    }

    /// The open connection, or a new one. `None` after a failure that is worth another try.
    async fn connect(&mut self) -> Result<Option<Connection>, Ended> {
        if let Some(connection) = self.connection.take() {
            return Ok(Some(connection));
        }
        let refusal = match self.relay.connect().await {
            Ok(connection) => {
                self.shared.reached.store(true, Ordering::Relaxed);
                self.shared.connected.fetch_add(1, Ordering::Relaxed);
                self.waits = 0;
                return Ok(Some(connection));
            }
            Err(refusal) => refusal,
        };
        let address = self.relay.address();
        let reason = format!("{} {address}: {}", refusal.stage, refusal.reply);
        let unreachable = refusal.stage == Stage::Reach && !self.shared.reached.load(Ordering::Relaxed);
        if unreachable {
            return Err(Ended::Broken(format!("cannot reach the relay {address}: {}", refusal.reply.text)));
        }
        if (400..500).contains(&refusal.reply.code) && self.shared.connected.load(Ordering::Relaxed) > 0 {
            self.stand_back(reason).await;
            return Ok(None);
        }
        let tries = if refusal.stage == Stage::Auth { 3 } else { 1 };
        if refusal.reply.code >= 500 && self.failures + 1 >= tries {
            return Err(Ended::Broken(format!("the relay refuses us {reason}")));
        }
        self.back_off(reason).await?;
        Ok(None)
    }

    /// One try. Says whether the connection lives on, and what goes by it next.
    async fn attempt(&mut self, connection: &mut Connection, ticket: Ticket) -> Result<(bool, Option<Ticket>), Ended> {
        let message = self.shared.copy(&ticket.delivery).await?;
        let sent = match connection.offer(&message).await {
            Ok(()) => connection.deliver(&message).await,
            Err(refusal) => Err(refusal),
        };
        let stays = self.may_stay(connection);
        match sent {
            Ok(reply) => {
                self.failures = 0;
                Ok((true, turn(self.shared, &ticket, Outcome::Delivered(reply), stays).await?))
            }
            Err(refusal) => self.refused(refusal, &ticket, stays).await,
        }
    }

    async fn refused(
        &mut self,
        refusal: Refusal,
        ticket: &Ticket,
        stays: bool,
    ) -> Result<(bool, Option<Ticket>), Ended> {
        let reply = refusal.reply.clone();
        let delivery = &ticket.delivery;
        let attempt = Attempt { number: delivery.number, tries: delivery.attempts + 1, now: self.shared.now() };
        match judge(refusal, attempt, &self.shared.run.schedule) {
            Verdict::Recipient { outcome, connection_lives } => {
                self.failures = 0;
                Ok((connection_lives, turn(self.shared, ticket, outcome, connection_lives && stays).await?))
            }
            Verdict::Connection(reply) => {
                let reason = reply.to_string();
                record(self.shared, ticket, Outcome::Requeued(reply)).await?;
                self.back_off(reason).await?;
                Ok((false, None))
            }
            Verdict::Send(reason) => {
                record(self.shared, ticket, Outcome::Requeued(reply)).await?;
                Err(Ended::Broken(format!("the relay {} {reason}", self.relay.address())))
            }
        }
    }

    /// Waits 1, 2, 4 … seconds after a lost connection, and ends the run when patience does.
    async fn back_off(&mut self, reason: String) -> Result<(), Ended> {
        self.failures += 1;
        if self.failures >= PATIENCE {
            return Err(Ended::Broken(format!(
                "the relay {} failed {PATIENCE} times in a row, last {reason}",
                self.relay.address()
            )));
        }
        (self.shared.run.watch)(Event::ConnectionLost { reason });
        self.shared.rest(Duration::from_secs(1 << (self.failures - 1)), std::future::pending()).await;
        Ok(())
    }

    /// The relay takes no further connection while others stand: those go on, fewer at a time, and this one tries again
    /// after 1, 2, 4 … seconds, a minute at most.
    async fn stand_back(&mut self, reason: String) {
        (self.shared.run.watch)(Event::ConnectionLost { reason });
        self.shared.pace().fewer(Instant::now());
        let wait = Duration::from_secs(1 << self.waits.min(6)).min(Duration::from_mins(1));
        self.waits += 1;
        self.shared.rest(wait, std::future::pending()).await;
    }

    async fn hang_up(&self, connection: Connection) {
        self.shared.connected.fetch_sub(1, Ordering::Relaxed);
        connection.close().await;
    }

    fn may_stay(&self, connection: &Connection) -> bool {
        let most = self.relay.messages_per_connection();
        most == 0 || connection.taken() < most
    }
}
