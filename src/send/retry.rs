//! What a server's refusal means: for this recipient, for the connection, or for the whole send. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::mail::{Refusal, Stage};
use crate::model::{Outcome, Reply};

/// When a deferred recipient is tried again, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The wait after the first, second … try; the last one repeats.
    pub waits: Vec<Duration>,
    /// No try begins after this.
    pub give_up: DateTime<Utc>,
}

impl Schedule {
    /// What becomes of a recipient whose try number `tries` (from 1) was refused for now.
    fn later(&self, reply: Reply, tries: u32, now: DateTime<Utc>) -> Outcome {
        let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = self.waits.get(index).or(self.waits.last()).copied().unwrap_or_default();
        let next = now + wait;
        if next > self.give_up {
            let text = format!("given up after {tries} tries: {}", reply.text);
            return Outcome::Failed { reply: Reply { text, ..reply }, dead: false };
        }
        Outcome::Deferred { reply, next }
    }
}

/// What a refusal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This recipient; the connection goes on when `connection_lives`.
    Recipient { outcome: Outcome, connection_lives: bool },
    /// The connection only: the copy goes back to the queue, uncounted.
    Connection(Reply),
    /// Us: no copy can go out until someone mends it.
    Send(String),
}

/// Judges a refusal by stage, then enhanced code (RFC 3463), then code. A 5xx before RCPT is never about the reader.
pub fn judge(refusal: Refusal, tries: u32, schedule: &Schedule, now: DateTime<Utc>) -> Verdict {
    let Refusal { stage, reply } = refusal;
    let enhanced = reply.enhanced.as_deref().unwrap_or("");
    let about_recipient = |outcome| Verdict::Recipient { outcome, connection_lives: true };
    match (stage, reply.code) {
        // Nobody can know whether the relay took it.
        (Stage::Dot, 0) => Verdict::Recipient { outcome: Outcome::Uncertain(reply), connection_lives: false },
        (_, 0 | 421) => Verdict::Connection(reply),
        _ if matches!(enhanced, "4.3.2") => Verdict::Connection(reply),
        (Stage::Reach | Stage::Connect | Stage::Auth | Stage::Mail, 400..500) => Verdict::Connection(reply),
        (Stage::Reach | Stage::Connect | Stage::Auth | Stage::Mail, _) => {
            Verdict::Send(format!("refused {stage}: {reply}"))
        }
        (_, 530 | 535 | 538) => Verdict::Send(format!("refused {stage}: {reply}")),
        (_, 552) if enhanced.is_empty() || enhanced == "5.3.4" => Verdict::Send(format!("refused {stage}: {reply}")),
        (_, 400..500) => about_recipient(schedule.later(reply, tries, now)),
        (Stage::Rcpt, 550) if is_dead(enhanced) => about_recipient(Outcome::Failed { reply, dead: true }),
        (_, 500..600) => about_recipient(Outcome::Failed { dead: is_dead(enhanced) && !enhanced.is_empty(), reply }),
        // A 2xx or 3xx where none belongs, such as 354 at RCPT: the two sides no longer agree on what is said.
        _ => Verdict::Connection(reply),
    }
}

/// Whether the enhanced code says that the address itself does not exist. A bare 550 to RCPT says so too.
fn is_dead(enhanced: &str) -> bool {
    enhanced.is_empty() || enhanced.starts_with("5.1.") && enhanced != "5.1.8" || enhanced == "5.2.1"
}

#[cfg(test)]
mod tests;
