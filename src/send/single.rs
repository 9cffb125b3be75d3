//! Single messages, outside an issue, by the ledger's rules: the intent is on record before the final dot, and a
//! refusal is judged as for a message of an issue. Knows no queue.

use chrono::{DateTime, Utc};

use super::retry::{Attempt, Verdict, judge};
use super::{Schedule, Transport};
use crate::mail::{Connection, Message, Refusal};
use crate::model::{Outcome, Reply};

/// One try of one message.
#[derive(Clone, Copy, Debug)]
pub struct Try {
    /// Spreads retries, and names the file in an outbox.
    pub number: i64,
    /// From 1.
    pub tries: u32,
    pub now: DateTime<Utc>,
}

/// Delivers single messages, over one connection while it holds.
pub struct LetterSender {
    transport: Transport,
    connection: Option<Connection>,
}

impl LetterSender {
    pub fn new(transport: Transport) -> Self {
        Self { transport, connection: None }
    }

    /// Tries a message. `intent` is called when only the final dot is missing, and must return when that is on record.
    ///
    /// # Errors
    /// Something is wrong on our side, in words for the operator: nothing was decided about this message.
    pub async fn deliver(
        &mut self,
        message: &Message,
        this: Try,
        schedule: &Schedule,
        intent: impl FnOnce() -> Result<(), String>,
    ) -> Result<Outcome, String> {
        let refused = |refusal: Refusal| {
            let attempt = Attempt { number: this.number, tries: this.tries, now: this.now };
            match judge(refusal, attempt, schedule) {
                Verdict::Recipient { outcome, connection_lives } => Ok((outcome, connection_lives)),
                Verdict::Connection(reply) => Ok((Outcome::Requeued(reply), false)),
                Verdict::Send(reason) => Err(reason),
            }
        };
        let relay = match &self.transport {
            Transport::Folder(folder) => {
                intent()?;
                let written =
                    folder.deliver(this.number, message).map_err(|e| format!("cannot write the letter: {e}"))?;
                let name = written.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let reply = Reply { code: Some(250), enhanced: None, text: format!("written as {name}") };
                return Ok(Outcome::Delivered(reply));
            }
            Transport::Smtp(relay) => relay,
        };
        let kept = match self.connection.take() {
            // The relay may have closed it between two letters.
            Some(mut connection) => connection.unasked().await.is_none().then_some(connection),
            None => None,
        };
        let mut connection = match kept {
            Some(connection) => connection,
            None => match relay.connect().await {
                Ok(connection) => connection,
                Err(refusal) => return refused(refusal).map(|(outcome, _)| outcome),
            },
        };
        let tried = match connection.offer(message).await {
            Ok(()) => {
                intent()?;
                connection.deliver(message).await
            }
            Err(refusal) => Err(refusal),
        };
        let (outcome, lives) = match tried {
            Ok(reply) => (Outcome::Delivered(reply), true),
            Err(refusal) => refused(refusal)?,
        };
        if lives {
            self.connection = Some(connection);
        }
        Ok(outcome)
    }

    /// Sends QUIT to the relay.
    pub async fn close(self) {
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }
}
