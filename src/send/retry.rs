//! What a server's refusal means: for this recipient, for the connection, or for the whole send. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::throttle::Feedback;
use crate::mail::{Refusal, Stage};
use crate::model::{Outcome, RefusalClass, Reply};
use crate::refusals;
use crate::store::Progress;

/// When a deferred recipient is tried again, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The wait after the first, second … try; the last one repeats.
    pub waits: Vec<Duration>,
    /// No try begins after this.
    pub give_up: DateTime<Utc>,
}

/// One try of one message.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// The recipient's number in the ledger.
    pub number: i64,
    /// From 1.
    pub tries: u32,
    pub now: DateTime<Utc>,
}

impl Schedule {
    /// The longest wait between two tries.
    pub fn longest(&self) -> Duration {
        self.waits.iter().max().copied().unwrap_or_default()
    }

    /// What happens to a recipient who was refused for now: tried again when the reply says so, else by the schedule,
    /// each a little later than the next so that not all come back at one moment.
    fn later(&self, stage: Stage, reply: Reply, attempt: Attempt) -> Outcome {
        let Attempt { number, tries, now } = attempt;
        let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        let scheduled = self.waits.get(index).or(self.waits.last()).copied().unwrap_or_default();
        let wait = wait_asked(&reply.text).map_or(scheduled, |asked| asked.max(SHORTEST));
        let next = now + wait + wait.mul_f64(0.1 * spread(number));
        if next > self.give_up {
            let class = class(stage, &reply);
            let text = format!("given up after {tries} tries: {}", reply.text);
            return Outcome::Failed { reply: Reply { text, ..reply }, class };
        }
        Outcome::Deferred { reply, next }
    }
}

/// No recipient is tried again sooner than this, whatever a reply says.
const SHORTEST: Duration = Duration::from_mins(1);

/// From 0 to 1, evenly over the numbers of recipients (Fibonacci hashing), and the same for the same one.
fn spread(number: i64) -> f64 {
    let mixed = number.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    f64::from(u32::try_from(mixed).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

/// What a refusal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This recipient; the connection stays in use if `connection_lives`.
    Recipient { outcome: Outcome, connection_lives: bool },
    /// The connection only: the message goes back to the queue, uncounted.
    Connection(Reply),
    /// Us: no message can go out until someone mends it.
    Send(String),
}

/// Judges a refusal by stage, then enhanced code (RFC 3463), then code. A 5xx before RCPT is never about the subscriber; what one
/// behind it is about, [`refusals::judge`] says.
pub fn judge(refusal: Refusal, attempt: Attempt, schedule: &Schedule) -> Verdict {
    let Refusal { stage, reply } = refusal;
    let about_recipient = |outcome| Verdict::Recipient { outcome, connection_lives: true };
    let Some(code) = reply.code else {
        return match stage {
            // Nobody can know whether the relay took it.
            Stage::Dot => Verdict::Recipient { outcome: Outcome::Uncertain(reply), connection_lives: false },
            _ => Verdict::Connection(reply),
        };
    };
    match (stage, code) {
        (_, 421) => Verdict::Connection(reply),
        _ if reply.enhanced.as_deref() == Some("4.3.2") || is_connection_full(&reply) => Verdict::Connection(reply),
        (Stage::Reach | Stage::Connect | Stage::Auth | Stage::Mail, 400..500) => Verdict::Connection(reply),
        (Stage::Reach | Stage::Connect | Stage::Auth | Stage::Mail, _) => {
            Verdict::Send(format!("refused {stage}: {reply}"))
        }
        (_, 530 | 535 | 538) => Verdict::Send(format!("refused {stage}: {reply}")),
        (_, 552) if is_too_big(stage, &reply) => Verdict::Send(format!("refused {stage}: {reply}")),
        (_, 400..500) => about_recipient(schedule.later(stage, reply, attempt)),
        (_, 500..600) => about_recipient(Outcome::Failed { class: class(stage, &reply), reply }),
        // A 2xx or 3xx where none belongs, such as 354 at RCPT: the two sides no longer agree on what is said.
        _ => Verdict::Connection(reply),
    }
}

/// What the server meant, as it counts for the subscriber.
fn class(stage: Stage, reply: &Reply) -> RefusalClass {
    let stage = match stage {
        Stage::Reach | Stage::Connect | Stage::Auth | Stage::Mail => refusals::Stage::Envelope,
        Stage::Rcpt => refusals::Stage::Recipient,
        Stage::Data | Stage::Dot => refusals::Stage::Message,
    };
    said(stage, reply)
}

fn said(stage: refusals::Stage, reply: &Reply) -> RefusalClass {
    let (enhanced, text) = (reply.enhanced.as_deref(), reply.text.as_str());
    refusals::judge(&refusals::Said { stage, code: reply.code, enhanced, text, server: "" })
}

/// Whether a reply that is on record may be about us: what gives no reason may be, too, when many say it.
pub fn may_be_about_us(reply: &Reply) -> bool {
    counts_against_us(said(refusals::Stage::Unknown, reply))
}

fn counts_against_us(class: RefusalClass) -> bool {
    class.is_about_us() || class == RefusalClass::Unproven
}

/// Whether a 552 is about the message's size, which is the same for everybody, and not about one full mailbox.
fn is_too_big(stage: Stage, reply: &Reply) -> bool {
    match reply.enhanced.as_deref() {
        Some(enhanced) => enhanced == "5.3.4",
        None if stage == Stage::Rcpt => class(stage, reply) == RefusalClass::Size,
        None => class(stage, reply) != RefusalClass::Full,
    }
}

/// Whether the relay accepts no more messages on this connection, in the words of Exim, Postfix and others.
fn is_connection_full(reply: &Reply) -> bool {
    reply.is_temporary() && says(reply, &["too many messages", "maximum message count", "message limit"])
}

/// What a reply says about the throttle: RFC 3463's congestion and policy codes, Gmail's 4.7.28, Outlook's 4.7.650 and those after it, and
/// the words that others use.
pub fn feedback(reply: &Reply) -> Feedback {
    let enhanced = reply.enhanced.as_deref().unwrap_or("");
    let coded = matches!(reply.code, Some(421 | 432 | 454))
        || matches!(enhanced, "4.7.0" | "4.7.28" | "4.2.1" | "4.3.2" | "4.4.5")
        || enhanced.starts_with("4.7.65");
    let worded = ["too many", "too fast", "too quickly", "rate limit", "throttl", "too much mail"];
    if reply.is_temporary() && (coded || says(reply, &worded)) {
        Feedback::Slow(wait_asked(&reply.text))
    } else {
        Feedback::Good
    }
}

fn says(reply: &Reply, words: &[&str]) -> bool {
    let text = reply.text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// How long the text asks to wait, as greylisting and rate limits put it: a number and a unit after "in", "for" or "after"
/// ("try again in 5 minutes", "greylisted for 300 seconds"), or h:m:s ("retry in 00:04:48"). At most a day.
fn wait_asked(text: &str) -> Option<Duration> {
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || "()[],;=".contains(c))
        .filter(|word| !word.is_empty())
        .map(|word| word.trim_end_matches('.').to_lowercase())
        .collect();
    let asks = |word: &str| matches!(word, "in" | "for" | "after" | "wait" | "least" | "retry-after" | "retry-after:");
    let starts = words.iter().enumerate().filter(|(_, word)| asks(word)).map(|(at, _)| &words[at + 1..]);
    starts.filter_map(time).find(|wait| !wait.is_zero() && *wait <= Duration::from_hours(24))
}

fn time(words: &[String]) -> Option<Duration> {
    let first = words.first()?;
    if first.contains(':') {
        let parts = first.split(':').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()?;
        let seconds = parts.iter().try_fold(0_u64, |sum, part| sum.checked_mul(60)?.checked_add(u64::from(*part)))?;
        return (parts.len() <= 3).then(|| Duration::from_secs(seconds));
    }
    let digits = first.find(|c: char| !c.is_ascii_digit()).unwrap_or(first.len());
    let number: u32 = first[..digits].parse().ok()?;
    let unit = if digits < first.len() { &first[digits..] } else { words.get(1)?.as_str() };
    let seconds = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(seconds * u64::from(number)))
}

/// Watches a send for refusals that are about us, and for addresses that do not exist: many of either mean that every further
/// message harms the sender's name.
#[derive(Debug)]
pub struct Guard {
    /// The parts of the tried messages that may be refused so, and that may bounce, 0 to 1; 0 means any.
    refused_limit: f64,
    bounced_limit: f64,
    tried: u64,
    refused: u64,
    bounced: u64,
}

impl Guard {
    /// Fewer refusals than this say nothing.
    const FEWEST: u64 = 20;

    pub fn new(refused_limit: f64, bounced_limit: f64) -> Self {
        Self { refused_limit, bounced_limit, tried: 0, refused: 0, bounced: 0 }
    }

    /// How many messages were refused for our content or reputation, and how many because the address does not exist.
    pub fn counts(&self) -> (u64, u64) {
        (self.refused, self.bounced)
    }

    /// Counts the outcome of a try, together with the counts of other senders. Returns the reason if the send must stop.
    pub fn note(&mut self, outcome: &Outcome, others: Progress) -> Option<String> {
        self.tried += 1;
        let Outcome::Failed { reply, class } = outcome else { return None };
        #[expect(clippy::cast_precision_loss, reason = "counts of subscribers, far below 2^52")]
        let over = |count: u64, limit: f64, tried: u64| {
            limit > 0.0 && count >= Self::FEWEST && count as f64 > limit * tried as f64
        };
        let tried = self.tried + others.tried;
        if *class == RefusalClass::NoMailbox {
            self.bounced += 1;
            let bounced = self.bounced + others.bounced;
            return over(bounced, self.bounced_limit, tried).then(|| {
                format!(
                    "{bounced} of {tried} addresses do not exist, last `{reply}`; find out where the list came from, then run `digest resume`"
                )
            });
        }
        if !counts_against_us(*class) {
            return None;
        }
        self.refused += 1;
        let refused = self.refused + others.refused;
        over(refused, self.refused_limit, tried).then(|| {
            format!(
                "{refused} of {tried} messages were refused for content or reputation, last `{reply}`; fix that, then run `digest resume`, and \
                 `digest send --retry-failed` for those who were refused"
            )
        })
    }
}

#[cfg(test)]
mod tests;
