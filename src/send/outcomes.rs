//! Records what a relay's answer means for a message, and decides what the connection does next. Knows no message bytes and
//! no connection.

use super::Ended;
use super::in_flight::{InFlight, Then, record, record_and_claim, requeue};
use super::retry::{Attempt, Verdict, judge};
use super::shared::Shared;
use super::throttle::Feedback;
use crate::mail::{Message, Refusal, Relay, Stage};
use crate::model::{Outcome, Reply};

/// A message under way, with its bytes.
pub struct Outgoing {
    pub in_flight: InFlight,
    pub message: Message,
}

/// What a connection does after an answer.
pub enum After {
    /// With a message that is on record as begun.
    Begun(InFlight),
    /// With a message that is on record as begun, and whose envelope the server has taken.
    Offered(Outgoing),
    /// With nothing for now.
    Idle,
    /// Not at all: it is out of step, or the relay had closed it while it was idle.
    Drop,
    /// Not at all: the relay broke it off.
    Lost(Refusal),
}

impl After {
    /// The same without the connection.
    pub fn over(self) -> Self {
        if matches!(self, Self::Idle) { Self::Drop } else { self }
    }
}

impl From<Option<InFlight>> for After {
    fn from(begun: Option<InFlight>) -> Self {
        begun.map_or(Self::Idle, Self::Begun)
    }
}

/// The outcomes of the messages that one connection carries.
pub struct Outcomes<'a> {
    pub shared: &'a Shared,
    pub relay: &'a Relay,
    /// Whether any message got an answer.
    pub answered: bool,
    /// Whether the connection was idle and nothing was said on it since.
    pub rested: bool,
}

impl Outcomes<'_> {
    /// Records the outcome of a message whose final dot was sent.
    pub async fn settle(
        &mut self,
        sent: Result<Reply, Refusal>,
        in_flight: &InFlight,
        then: Then,
    ) -> Result<After, Ended> {
        match sent {
            Ok(reply) => {
                self.answered = true;
                let outcome = Outcome::Delivered(reply);
                Ok(record_and_claim(self.shared, in_flight, outcome, then).await?.into())
            }
            Err(refusal) => self.refused(refusal, in_flight, then).await,
        }
    }

    /// Records the outcome of a message that was refused.
    pub async fn refused(&mut self, refusal: Refusal, in_flight: &InFlight, then: Then) -> Result<After, Ended> {
        let delivery = &in_flight.delivery;
        let attempt = Attempt { number: delivery.number, tries: delivery.attempts + 1, now: self.shared.now() };
        match judge(refusal.clone(), attempt, &self.shared.run.schedule) {
            Verdict::Recipient { outcome, connection_lives: true } => {
                self.answered = true;
                Ok(record_and_claim(self.shared, in_flight, outcome, then).await?.into())
            }
            Verdict::Recipient { outcome, connection_lives: false } => {
                record(self.shared, in_flight, outcome).await?;
                Ok(After::Lost(refusal))
            }
            Verdict::Connection(_) => self.broken_off(refusal, in_flight).await,
            Verdict::Send(reason) => {
                record(self.shared, in_flight, Outcome::Requeued(refusal.reply)).await?;
                Err(Ended::Broken(format!("the relay {} {reason}", self.relay.address())))
            }
        }
    }

    /// The connection did not carry the message, which goes back to the queue.
    async fn broken_off(&self, refusal: Refusal, in_flight: &InFlight) -> Result<After, Ended> {
        let reply = refusal.reply.clone();
        let is_closed = reply.ends_connection();
        if is_closed && self.rested && refusal.stage == Stage::Mail {
            // The relay's word crossed ours: it had had enough of waiting.
            requeue(self.shared, in_flight, reply, Feedback::None).await?;
            return Ok(After::Drop);
        }
        if !self.answered && self.shared.connections().has_others() {
            // It refuses another connection, which says nothing about the pace of those it accepted.
            requeue(self.shared, in_flight, reply, Feedback::None).await?;
        } else {
            record(self.shared, in_flight, Outcome::Requeued(reply)).await?;
        }
        Ok(After::Lost(refusal))
    }
}
