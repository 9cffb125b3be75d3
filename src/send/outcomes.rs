//! Puts on record what an answer of the relay means for a message, and says what the connection does next. Knows no bytes of a message and
//! no connection.

use super::Ended;
use super::in_flight::{InFlight, Then, record, record_and_claim};
use super::retry::{Attempt, Verdict, judge};
use super::shared::Shared;
use crate::mail::{Message, Refusal, Relay};
use crate::model::{Outcome, Reply};

/// A message under way, with its bytes.
pub struct Outgoing {
    pub in_flight: InFlight,
    pub message: Message,
}

/// How a connection goes on after an answer.
pub enum After {
    /// With a message that is on record as begun.
    Begun(InFlight),
    /// With a message that is on record as begun, and whose envelope the server has taken.
    Offered(Outgoing),
    /// With nothing for now.
    Idle,
    /// Not at all: it is lost or out of step.
    Drop,
    /// Not at all, and the message goes back to the queue: why.
    Failed(String),
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
    /// Whether any message had an answer that was its own.
    pub any: bool,
}

impl Outcomes<'_> {
    /// Puts on record what became of a message whose final dot went out.
    pub async fn settle(
        &mut self,
        sent: Result<Reply, Refusal>,
        in_flight: &InFlight,
        then: Then,
    ) -> Result<After, Ended> {
        match sent {
            Ok(reply) => {
                self.any = true;
                let outcome = Outcome::Delivered(reply);
                Ok(record_and_claim(self.shared, in_flight, outcome, then).await?.into())
            }
            Err(refusal) => self.refused(refusal, in_flight, then).await,
        }
    }

    /// Puts on record what became of a message that was refused.
    pub async fn refused(&mut self, refusal: Refusal, in_flight: &InFlight, then: Then) -> Result<After, Ended> {
        let reply = refusal.reply.clone();
        let delivery = &in_flight.delivery;
        let attempt = Attempt { number: delivery.number, tries: delivery.attempts + 1, now: self.shared.now() };
        match judge(refusal, attempt, &self.shared.run.schedule) {
            Verdict::Recipient { outcome, connection_lives: true } => {
                self.any = true;
                Ok(record_and_claim(self.shared, in_flight, outcome, then).await?.into())
            }
            Verdict::Recipient { outcome, connection_lives: false } => {
                self.any = true;
                record(self.shared, in_flight, outcome).await?;
                Ok(After::Drop)
            }
            Verdict::Connection(reply) => {
                let reason = reply.to_string();
                record(self.shared, in_flight, Outcome::Requeued(reply)).await?;
                Ok(After::Failed(reason))
            }
            Verdict::Send(reason) => {
                record(self.shared, in_flight, Outcome::Requeued(reply)).await?;
                Err(Ended::Broken(format!("the relay {} {reason}", self.relay.address())))
            }
        }
    }
}
