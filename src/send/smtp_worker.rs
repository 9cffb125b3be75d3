//! A worker that speaks SMTP: a connection of its own, and what its refusals mean for the message, for the connection and for the run.
//! Where the relay takes it, a message's envelope goes behind the final dot of the one before, so that a message costs one round trip
//! (RFC 2920 §3.1); its body goes only when the outcome of the one before is on record.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::retry::{Attempt, Verdict, judge};
use super::throttle::GroupIndex;
use super::worker::{InFlight, Then, begin, next, record, record_and_claim};
use super::{Ended, Event, Shared};
use crate::mail::{Connection, Message, Refusal, Relay, Stage};
use crate::model::{Outcome, Reply};
use crate::store::Claim;

/// How often in a row a connection may fail before the run is over.
const PATIENCE: u32 = 5;
/// How long an outcome waits for what is said of the next envelope; both mostly come in one packet.
const PROMPT: Duration = Duration::from_millis(5);

/// Whether a refusal may be about an envelope that came too early, not about who or what it names: the connection closed, a bad
/// sequence of commands, or a lost synchronization (554 5.5.0).
fn minds_groups(refusal: &Refusal) -> bool {
    let reply = &refusal.reply;
    let protocol = reply.enhanced.as_deref().is_some_and(|enhanced| enhanced.starts_with("5.5."));
    refusal.stage == Stage::Mail && (matches!(reply.code, 0 | 500..=503) || protocol)
}

/// A message with its bytes.
struct Outgoing {
    in_flight: InFlight,
    message: Message,
}

/// A worker that speaks SMTP.
pub struct SmtpWorker<'a> {
    shared: &'a Shared,
    relay: &'a Relay,
    connection: Option<Connection>,
    /// Which domain group is looked at first.
    domain_group: GroupIndex,
    /// Messages taken.
    taken: usize,
    /// Connections that failed in a row.
    failures: u32,
    /// How often in a row the relay took no further connection.
    waits: u32,
}

impl<'a> SmtpWorker<'a> {
    pub fn new(shared: &'a Shared, relay: &'a Relay, worker: usize) -> Self {
        Self { shared, relay, connection: None, domain_group: worker, taken: 0, failures: 0, waits: 0 }
    }

    /// Works until nobody is due or the run is over.
    pub async fn work(mut self) -> Result<(), Ended> {
        // Connected first, claimed after: a relay that cannot be reached keeps nobody's message.
        while !self.shared.is_over() {
            let Some(mut connection) = self.connect().await? else { continue };
            let Some(in_flight) = next(self.shared, self.domain_group, self.taken).await? else {
                self.connection = Some(connection);
                break;
            };
            match self.carry(&mut connection, in_flight).await? {
                true if self.may_carry(&connection, 1) => self.connection = Some(connection),
                true => self.hang_up(connection).await,
                false => drop(self.shared.connected.fetch_sub(1, Ordering::Relaxed)),
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

    /// Carries a message and those that follow it over a connection. Says whether the connection lives on.
    async fn carry(&mut self, connection: &mut Connection, first: InFlight) -> Result<bool, Ended> {
        let mut on_hand = Some(first);
        let mut offered = None;
        let mut lives = true;
        while lives {
            let outgoing = match (offered.take(), on_hand.take()) {
                (Some(outgoing), _) => outgoing,
                (None, Some(in_flight)) => {
                    let outgoing = self.outgoing(in_flight).await?;
                    if let Err(refusal) = connection.offer(&outgoing.message).await {
                        let then = self.then(connection, 1);
                        (lives, on_hand) = self.refused(refusal, &outgoing.in_flight, then).await?;
                        continue;
                    }
                    outgoing
                }
                (None, None) => break,
            };
            (self.domain_group, self.taken) = (outgoing.in_flight.domain_group + 1, outgoing.in_flight.taken + 1);
            if let Some(next) = self.following(connection, &outgoing).await? {
                (lives, offered, on_hand) = self.deliver_both(connection, &outgoing, next).await?;
            } else {
                let then = self.then(connection, 2);
                let sent = connection.deliver(&outgoing.message).await;
                (lives, on_hand) = self.settle(sent, &outgoing.in_flight, then).await?;
            }
        }
        Ok(lives)
    }

    async fn outgoing(&self, in_flight: InFlight) -> Result<Outgoing, Ended> {
        let message = self.shared.message(&in_flight.delivery).await?;
        Ok(Outgoing { in_flight, message })
    }

    /// Whether the connection may carry `more` messages.
    fn may_carry(&self, connection: &Connection, more: usize) -> bool {
        let most = self.relay.messages_per_connection();
        most == 0 || connection.taken() + more <= most
    }

    fn then(&self, connection: &Connection, more: usize) -> Then {
        if self.may_carry(connection, more) { Then::GoOn } else { Then::Rest }
    }

    /// A message reserved, whose envelope may go out behind this one's final dot. Only where nothing holds the domain group back: an envelope
    /// that was taken must be followed by its message.
    async fn following(&self, connection: &Connection, outgoing: &Outgoing) -> Result<Option<Outgoing>, Ended> {
        let (shared, domain_group, taken) =
            (self.shared, outgoing.in_flight.domain_group, outgoing.in_flight.taken + 1);
        let groups = shared.groups.load(Ordering::Relaxed) && connection.groups(&outgoing.message);
        let goes_on = self.may_carry(connection, 2) && shared.stays(taken) && shared.throttle().is_free(domain_group);
        if !groups || !goes_on || shared.is_over() || !shared.allow() {
            return Ok(None);
        }
        let Claim::Delivery(delivery) =
            shared.run.ledger.reserve(domain_group, shared.now()).await.map_err(Ended::Broken)?
        else {
            shared.disallow();
            return Ok(None);
        };
        let next = self.outgoing(InFlight { delivery, domain_group, started: Instant::now(), taken }).await?;
        if connection.groups(&next.message) {
            return Ok(Some(next));
        }
        self.release(&next).await;
        Ok(None)
    }

    async fn release(&self, outgoing: &Outgoing) {
        self.shared.disallow();
        self.shared.run.ledger.release(outgoing.in_flight.delivery.number).await;
    }

    /// Delivers a message with the next one's envelope behind it. Says whether the connection lives on, with the next message when the
    /// server waits for it, or another one that is on record.
    async fn deliver_both(
        &mut self,
        connection: &mut Connection,
        outgoing: &Outgoing,
        next: Outgoing,
    ) -> Result<(bool, Option<Outgoing>, Option<InFlight>), Ended> {
        let sent = connection.deliver_before(&outgoing.message, &next.message).await;
        if matches!(&sent, Err(refusal) if matches!(refusal.reply.code, 0 | 421)) {
            self.release(&next).await;
            let (lives, _) = self.settle(sent, &outgoing.in_flight, Then::Rest).await?;
            return Ok((lives, None, None));
        }
        let (number, after) = (next.in_flight.delivery.number, self.then(connection, 1));
        let mut answer = std::pin::pin!(connection.offered());
        // An outcome waits a moment for the answer, so that one commit holds both, but not longer.
        let offered = tokio::time::timeout(PROMPT, answer.as_mut()).await;
        let then = if matches!(offered, Ok(Ok(()))) { Then::Deliver(number) } else { Then::Rest };
        let (lives, mut begun) = self.settle(sent, &outgoing.in_flight, then).await?;
        let offered = if let Ok(offered) = offered {
            offered
        } else {
            let offered = answer.await;
            if lives && offered.is_ok() {
                begun = begin(self.shared, &next.in_flight).await?;
            }
            offered
        };
        match (begun, offered) {
            (Some(in_flight), _) => Ok((true, Some(Outgoing { in_flight, message: next.message }), None)),
            (None, Err(refusal)) if !minds_groups(&refusal) => {
                self.shared.throttle().join(next.in_flight.domain_group);
                let (lives, in_flight) = self.refused(refusal, &next.in_flight, after).await?;
                Ok((lives, None, in_flight))
            }
            (None, Err(refusal)) => {
                // Once more, one thing at a time, and then judged by what it says.
                self.release(&next).await;
                self.shared.groups.store(false, Ordering::Relaxed);
                Ok((lives && refusal.reply.code > 0, None, None))
            }
            // The server waits for a message that it will not get now.
            (None, Ok(())) => {
                self.release(&next).await;
                Ok((false, None, None))
            }
        }
    }

    /// Puts on record what became of a message. Says whether the connection lives on, and what is on record to follow.
    async fn settle(
        &mut self,
        sent: Result<Reply, Refusal>,
        in_flight: &InFlight,
        then: Then,
    ) -> Result<(bool, Option<InFlight>), Ended> {
        match sent {
            Ok(reply) => {
                self.failures = 0;
                Ok((true, record_and_claim(self.shared, in_flight, Outcome::Delivered(reply), then).await?))
            }
            Err(refusal) => self.refused(refusal, in_flight, then).await,
        }
    }

    async fn refused(
        &mut self,
        refusal: Refusal,
        in_flight: &InFlight,
        then: Then,
    ) -> Result<(bool, Option<InFlight>), Ended> {
        let reply = refusal.reply.clone();
        let delivery = &in_flight.delivery;
        let attempt = Attempt { number: delivery.number, tries: delivery.attempts + 1, now: self.shared.now() };
        match judge(refusal, attempt, &self.shared.run.schedule) {
            Verdict::Recipient { outcome, connection_lives } => {
                self.failures = 0;
                let then = if connection_lives { then } else { Then::Rest };
                Ok((connection_lives, record_and_claim(self.shared, in_flight, outcome, then).await?))
            }
            Verdict::Connection(reply) => {
                let reason = reply.to_string();
                record(self.shared, in_flight, Outcome::Requeued(reply)).await?;
                self.back_off(reason).await?;
                Ok((false, None))
            }
            Verdict::Send(reason) => {
                record(self.shared, in_flight, Outcome::Requeued(reply)).await?;
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
        self.shared.throttle().fewer(Instant::now());
        let wait = Duration::from_secs(1 << self.waits.min(6)).min(Duration::from_mins(1));
        self.waits += 1;
        self.shared.rest(wait, std::future::pending()).await;
    }

    async fn hang_up(&self, connection: Connection) {
        self.shared.connected.fetch_sub(1, Ordering::Relaxed);
        connection.close().await;
    }
}
