//! The messages that one connection carries, one after another. Where the relay takes it, a message's envelope goes behind the final dot of
//! the one before, so that a message costs one round trip (RFC 2920 §3.1); its body goes only when the outcome of the one before is on
//! record. Knows not how connections are opened.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Ended;
use super::in_flight::{InFlight, Then, begin};
use super::outcomes::{After, Outcomes, Outgoing};
use super::shared::Shared;
use super::throttle::GroupIndex;
use crate::mail::{Connection, Refusal, Relay, Stage};
use crate::store::Claim;

/// How long an outcome waits for the replies to the next envelope; both usually come in one packet.
const PROMPT: Duration = Duration::from_millis(5);

/// What happens to a connection that carries nothing for now.
pub enum Closing {
    /// It may carry more.
    Keep,
    /// It has carried as many as it may.
    HangUp,
    /// It is out of step, or the relay had closed it while it was idle.
    Drop,
    /// The relay broke it off.
    Lost(Refusal),
}

/// A connection while it carries messages.
pub struct Session<'a> {
    shared: &'a Shared,
    pub connection: Connection,
    pub outcomes: Outcomes<'a>,
    /// The domain group of the last message that went, and how many the worker took before it.
    pub last: Option<(GroupIndex, usize)>,
}

impl<'a> Session<'a> {
    /// `answered` when a message on the connection got an answer, `rested` when it was idle.
    pub fn new(shared: &'a Shared, relay: &'a Relay, connection: Connection, answered: bool, rested: bool) -> Self {
        Self { shared, connection, outcomes: Outcomes { shared, relay, answered, rested }, last: None }
    }

    /// Carries a message and those that follow it.
    pub async fn carry(&mut self, first: InFlight) -> Result<Closing, Ended> {
        let mut after = After::Begun(first);
        loop {
            after = match after {
                After::Begun(in_flight) => self.offer(in_flight).await?,
                After::Offered(outgoing) => self.deliver(&outgoing).await?,
                After::Idle if self.may_carry(1) => return Ok(Closing::Keep),
                After::Idle => return Ok(Closing::HangUp),
                After::Drop => return Ok(Closing::Drop),
                After::Lost(refusal) => return Ok(Closing::Lost(refusal)),
            };
        }
    }

    async fn outgoing(&self, in_flight: InFlight) -> Result<Outgoing, Ended> {
        let message = self.shared.message(&in_flight.delivery).await?;
        Ok(Outgoing { in_flight, message })
    }

    /// Whether the connection may carry `more` messages.
    fn may_carry(&self, more: usize) -> bool {
        let most = self.outcomes.relay.messages_per_connection();
        most == 0 || self.connection.taken() + more <= most
    }

    fn then(&self, more: usize) -> Then {
        if self.may_carry(more) { Then::GoOn } else { Then::Rest }
    }

    /// Says the envelope of a message.
    async fn offer(&mut self, in_flight: InFlight) -> Result<After, Ended> {
        let outgoing = self.outgoing(in_flight).await?;
        self.shared.may_start().await?;
        match self.connection.offer(&outgoing.message).await {
            Ok(()) => {
                self.outcomes.rested = false;
                Ok(After::Offered(outgoing))
            }
            Err(refusal) => {
                let then = self.then(1);
                let after = self.outcomes.refused(refusal, &outgoing.in_flight, then).await;
                self.outcomes.rested = false;
                after
            }
        }
    }

    /// Delivers a message whose envelope was accepted, with the next one's envelope behind it if allowed.
    async fn deliver(&mut self, outgoing: &Outgoing) -> Result<After, Ended> {
        self.last = Some((outgoing.in_flight.domain_group, outgoing.in_flight.taken));
        if let Some(next) = self.following(outgoing).await? {
            return self.deliver_both(outgoing, next).await;
        }
        let then = self.then(2);
        self.shared.may_start().await?;
        let sent = self.connection.deliver(&outgoing.message).await;
        self.outcomes.settle(sent, &outgoing.in_flight, then).await
    }

    /// A message reserved, whose envelope may go out behind this one's final dot. Only where nothing holds the domain group back: an
    /// envelope that was taken must be followed by its message.
    async fn following(&self, outgoing: &Outgoing) -> Result<Option<Outgoing>, Ended> {
        let (shared, domain_group, taken) =
            (self.shared, outgoing.in_flight.domain_group, outgoing.in_flight.taken + 1);
        let groups = shared.groups.load(Ordering::Relaxed) && self.connection.groups(&outgoing.message);
        let goes_on = self.may_carry(2) && shared.stays(taken) && shared.throttle().is_free(domain_group);
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
        if self.connection.groups(&next.message) {
            return Ok(Some(next));
        }
        release(shared, &next).await;
        Ok(None)
    }

    /// Delivers a message with the next one's envelope behind it.
    async fn deliver_both(&mut self, outgoing: &Outgoing, next: Outgoing) -> Result<After, Ended> {
        let after_next = self.then(1);
        self.shared.may_start().await?;
        let sent = self.connection.deliver_before(&outgoing.message, &next.message).await;
        if matches!(&sent, Err(refusal) if refusal.reply.ends_connection()) {
            release(self.shared, &next).await;
            return self.outcomes.settle(sent, &outgoing.in_flight, Then::Rest).await;
        }
        let mut answer = pin!(self.connection.offered());
        // An outcome waits a moment for the answer, so that one commit holds both, but not longer.
        let in_time = tokio::time::timeout(PROMPT, answer.as_mut()).await;
        let is_late = in_time.is_err();
        let then =
            if matches!(in_time, Ok(Ok(()))) { Then::Deliver(next.in_flight.delivery.number) } else { Then::Rest };
        let settled = self.outcomes.settle(sent, &outgoing.in_flight, then).await?;
        let offered = match in_time {
            Ok(offered) => offered,
            Err(_) => answer.await,
        };
        match (settled, offered) {
            (After::Begun(in_flight), _) => Ok(After::Offered(Outgoing { in_flight, message: next.message })),
            (After::Idle, Ok(())) if is_late => match begin(self.shared, &next.in_flight).await? {
                Some(in_flight) => Ok(After::Offered(Outgoing { in_flight, message: next.message })),
                None => Ok(give_up(self.shared, &next, After::Idle).await),
            },
            // The server waits for a message that it will not get now.
            (settled, Ok(())) => Ok(give_up(self.shared, &next, settled).await),
            (settled, Err(refusal)) if minds_groups(&refusal) => {
                // Try again, one command at a time, and judge the reply to that.
                release(self.shared, &next).await;
                self.shared.groups.store(false, Ordering::Relaxed);
                Ok(if refusal.reply.code.is_some() { settled } else { settled.over() })
            }
            (settled, Err(refusal)) => {
                self.shared.throttle().join(next.in_flight.domain_group);
                let goes_on = matches!(settled, After::Idle);
                let then = if goes_on { after_next } else { Then::Rest };
                let after = self.outcomes.refused(refusal, &next.in_flight, then).await?;
                Ok(if goes_on { after } else { settled })
            }
        }
    }
}

/// Whether a refusal may be about an envelope that came too early, not about who or what it names: the connection closed, a bad
/// sequence of commands, or a lost synchronization (554 5.5.0).
fn minds_groups(refusal: &Refusal) -> bool {
    let reply = &refusal.reply;
    let protocol = reply.enhanced.as_deref().is_some_and(|enhanced| enhanced.starts_with("5.5."));
    refusal.stage == Stage::Mail && (matches!(reply.code, None | Some(500..=503)) || protocol)
}

/// Gives the next message back, whose envelope was taken, and the connection with it.
async fn give_up(shared: &Shared, next: &Outgoing, settled: After) -> After {
    release(shared, next).await;
    settled.over()
}

async fn release(shared: &Shared, outgoing: &Outgoing) {
    shared.disallow();
    shared.run.ledger.release(outgoing.in_flight.delivery.number).await;
}
