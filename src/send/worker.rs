//! One worker: a connection of its own, one copy at a time, each outcome on record before the next copy.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::retry::{Verdict, judge};
use super::{Ended, Event, Shared, Transport};
use crate::mail::{Connection, Folder, Message, Refusal, Relay, Stage};
use crate::model::{Delivery, DeliveryState, Outcome, Reply};
use crate::store::Claim;

/// How often in a row a connection may fail before the run is over.
const PATIENCE: u32 = 5;

/// Works until nobody is due or the run is over.
pub async fn work(shared: Arc<Shared>) {
    let end = match shared.run.transport.clone() {
        Transport::Folder(folder) => fill(&shared, &folder).await,
        Transport::Smtp(relay) => Courier::new(&shared, &relay).work().await,
    };
    if let Err(why) = end {
        shared.end(why);
    }
}

/// The next copy, when the run still goes on and someone is due.
async fn next(shared: &Shared) -> Result<Option<Box<Delivery>>, Ended> {
    if shared.is_over() || !shared.allow() {
        return Ok(None);
    }
    match shared.run.ledger.claim(shared.now()).await.map_err(Ended::Broken)? {
        Claim::Copy(delivery) => Ok(Some(delivery)),
        Claim::Empty => Ok(None),
        Claim::Stopped => Err(Ended::StoppedElsewhere),
    }
}

/// Puts an outcome on record, then tells whoever watches.
async fn record(shared: &Shared, number: i64, outcome: Outcome) -> Result<(), Ended> {
    let (state, reply) = match &outcome {
        Outcome::Delivered(reply) => (DeliveryState::Delivered, reply.clone()),
        Outcome::Deferred { reply, .. } => (DeliveryState::Deferred, reply.clone()),
        Outcome::Failed { reply, .. } => (DeliveryState::Failed, reply.clone()),
        Outcome::Requeued(reply) => (DeliveryState::Pending, reply.clone()),
        Outcome::Uncertain(reply) => (DeliveryState::Uncertain, reply.clone()),
    };
    shared.run.ledger.finished(number, outcome, shared.now()).await.map_err(Ended::Broken)?;
    (shared.run.watch)(Event::Tried { number, state, reply });
    Ok(())
}

/// Works the ledger off into files.
async fn fill(shared: &Shared, folder: &Folder) -> Result<(), Ended> {
    while let Some(delivery) = next(shared).await? {
        let message = shared.run.letter.copy(&delivery);
        shared.run.ledger.dotted(delivery.number).await.map_err(Ended::Broken)?;
        match folder.deliver(delivery.number, &message) {
            Ok(path) => {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let reply = Reply { code: 250, enhanced: None, text: format!("written as {name}") };
                record(shared, delivery.number, Outcome::Delivered(reply)).await?;
            }
            Err(error) => {
                let reply = Reply { code: 0, enhanced: None, text: error.to_string() };
                record(shared, delivery.number, Outcome::Requeued(reply)).await?;
                return Err(Ended::Broken(format!("cannot write into the outbox: {error}")));
            }
        }
    }
    Ok(())
}

/// A worker that speaks SMTP.
struct Courier<'a> {
    shared: &'a Shared,
    relay: &'a Relay,
    connection: Option<Connection>,
    /// Connections that failed in a row.
    failures: u32,
}

impl<'a> Courier<'a> {
    fn new(shared: &'a Shared, relay: &'a Relay) -> Self {
        Self { shared, relay, connection: None, failures: 0 }
    }

    async fn work(mut self) -> Result<(), Ended> {
        // Connected first, claimed after: a relay that cannot be reached keeps nobody's copy.
        while !self.shared.is_over() {
            let Some(mut connection) = self.connect().await? else { continue };
            self.pace().await;
            let Some(delivery) = next(self.shared).await? else {
                self.connection = Some(connection);
                break;
            };
            let message = self.shared.run.letter.copy(&delivery);
            match self.attempt(&mut connection, &delivery, &message).await? {
                true if self.may_stay(&connection) => self.connection = Some(connection),
                true => connection.close().await,
                false => {}
            }
        }
        if let Some(connection) = self.connection {
            connection.close().await;
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
        let tries = if refusal.stage == Stage::Auth { 3 } else { 1 };
        if refusal.reply.code >= 500 && self.failures + 1 >= tries {
            return Err(Ended::Broken(format!("the relay refuses us {reason}")));
        }
        self.back_off(reason).await?;
        Ok(None)
    }

    /// One try. Says whether the connection lives on.
    async fn attempt(
        &mut self,
        connection: &mut Connection,
        delivery: &Delivery,
        message: &Message,
    ) -> Result<bool, Ended> {
        let number = delivery.number;
        let sent = match connection.offer(message).await {
            Ok(()) => {
                self.shared.run.ledger.dotted(number).await.map_err(Ended::Broken)?;
                connection.deliver(message).await
            }
            Err(refusal) => Err(refusal),
        };
        match sent {
            Ok(reply) => {
                self.failures = 0;
                record(self.shared, number, Outcome::Delivered(reply)).await?;
                Ok(true)
            }
            Err(refusal) => self.refused(refusal, delivery).await,
        }
    }

    async fn refused(&mut self, refusal: Refusal, delivery: &Delivery) -> Result<bool, Ended> {
        let reply = refusal.reply.clone();
        match judge(refusal, delivery.attempts + 1, &self.shared.run.schedule, self.shared.now()) {
            Verdict::Recipient { outcome, connection_lives } => {
                self.failures = 0;
                record(self.shared, delivery.number, outcome).await?;
                Ok(connection_lives)
            }
            Verdict::Connection(reply) => {
                let reason = reply.to_string();
                record(self.shared, delivery.number, Outcome::Requeued(reply)).await?;
                self.back_off(reason).await?;
                Ok(false)
            }
            Verdict::Send(reason) => {
                record(self.shared, delivery.number, Outcome::Requeued(reply)).await?;
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
        let mut stop = self.shared.run.stop.clone();
        let mut ended = self.shared.ended.subscribe();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1 << (self.failures - 1))) => {}
            _ = stop.wait_for(|stop| *stop) => {}
            _ = ended.wait_for(Option::is_some) => {}
        }
        Ok(())
    }

    async fn pace(&self) {
        if let Some(pace) = &self.shared.pace {
            pace.lock().await.tick().await;
        }
    }

    fn may_stay(&self, connection: &Connection) -> bool {
        let most = self.relay.messages_per_connection();
        most == 0 || connection.taken() < most
    }
}
