//! What a mail that came back says: a bounce, a complaint, a wish to leave, or nothing that matters. Knows no list and no clock.

mod prose;
mod status;
mod words;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

pub use status::{Failure, Weight};

/// What is read of one message, in octets; the rest of a longer one says nothing about delivery.
pub const MOST: usize = 1 << 20;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A copy could not be delivered, in the form of RFC 3464 or as free text.
    Bounce,
    /// A feedback report of RFC 5965: the subscriber called the mail spam.
    Complaint,
    /// A mail to the unsubscribe address, with the subscriber's token.
    Leave,
    /// A delay, a relay or an expansion: nothing is decided yet.
    Delay,
    /// A vacation note or another automatic answer (RFC 3834).
    AutoReply,
    /// A machine that asks the sender to prove that they are human.
    Challenge,
    Unknown,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
            Self::Leave => "leave",
            Self::Delay => "delay",
            Self::AutoReply => "auto_reply",
            Self::Challenge => "challenge",
            Self::Unknown => "unknown",
        }
    }
}

/// What one message says, with everything by which its subscriber can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    /// Addresses as they stand, of which one may be an envelope sender of ours: to whom the message was delivered, and from whom
    /// it says that the one which came back was.
    pub delivered_to: Vec<String>,
    /// The Message-ID of the message that came back, without angle brackets.
    pub returned_id: Option<String>,
    /// To whom the message that came back was addressed.
    pub returned_to: Option<String>,
    /// One for each recipient who was not reached.
    pub failures: Vec<Failure>,
    /// The token of a wish to leave, lower case.
    pub token: Option<String>,
    /// When the message says it was written, Unix seconds.
    pub written: Option<i64>,
}

/// Reads the first [`MOST`] octets of a message. Never fails: what cannot be read is [`Kind::Unknown`].
pub fn read_bounce(bytes: &[u8]) -> Finding {
    let bytes = &bytes[..bytes.len().min(MOST)];
    let mut finding = Finding {
        kind: Kind::Unknown,
        delivered_to: Vec::new(),
        returned_id: None,
        returned_to: None,
        failures: Vec::new(),
        token: None,
        written: None,
    };
    let Some(message) = MessageParser::default().parse(bytes) else { return finding };
    finding.delivered_to = delivered_to(&message);
    finding.written = message.date().map(mail_parser::DateTime::to_timestamp);
    let parts = Parts::of(&message);
    (finding.returned_id, finding.returned_to) = returned(&parts);
    finding.token = token(&message, &finding.delivered_to);
    finding.delivered_to.extend(parts.envelope_senders());
    (finding.kind, finding.failures) = decide(&message, &parts, finding.token.is_some());
    finding
}

/// The order is from what is said in a form to what is guessed from words.
fn decide(message: &Message, parts: &Parts, has_token: bool) -> (Kind, Vec<Failure>) {
    if let Some(report) = &parts.feedback {
        // RFC 5965 §3.1: only these say that a subscriber complained; `not-spam` and `auth-failure` do not.
        let kind = status::field(report, "feedback-type").unwrap_or_default().to_ascii_lowercase();
        let complains = matches!(kind.as_str(), "abuse" | "fraud" | "virus" | "other" | "opt-out");
        let failure = complains.then(|| status::complaint(report));
        return (if complains { Kind::Complaint } else { Kind::Unknown }, failure.into_iter().collect());
    }
    if let Some(report) = &parts.status {
        let failures = status::failures(report);
        return (if failures.is_empty() { Kind::Delay } else { Kind::Bounce }, failures);
    }
    if has_token {
        return (Kind::Leave, Vec::new());
    }
    let subject = message.subject().unwrap_or_default();
    if prose::is_challenge(subject, &parts.words) {
        return (Kind::Challenge, Vec::new());
    }
    let is_system = prose::is_notice(subject, &sender(message));
    // Before any guess: an answering machine quotes our subject, and its owner's words, as it likes.
    if prose::is_away(subject) || answers_itself(message) && !is_system {
        return (Kind::AutoReply, Vec::new());
    }
    if is_system {
        let failures = prose::failures(subject, &parts.words);
        if !failures.is_empty() {
            return (Kind::Bounce, failures);
        }
        if prose::is_delay(subject, &parts.words) {
            return (Kind::Delay, Vec::new());
        }
    }
    (if answers_itself(message) { Kind::AutoReply } else { Kind::Unknown }, Vec::new())
}

/// Whether a message says that a machine wrote it (RFC 3834 §5), or that it was seen or thrown away (RFC 8098 §3).
fn answers_itself(message: &Message) -> bool {
    let value = |name: &str| message.header_raw(name).map(|text| text.trim().to_ascii_lowercase());
    let submitted = value("Auto-Submitted").is_some_and(|text| !text.starts_with("no"));
    let flagged = ["X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"].iter().any(|n| value(n).is_some());
    submitted || flagged || value("Content-Type").is_some_and(|text| text.contains("disposition-notification"))
}

/// The parts of a message that matter here, as text.
struct Parts {
    /// What a person would read before the message that came back.
    words: String,
    /// message/delivery-status
    status: Option<String>,
    /// message/feedback-report
    feedback: Option<String>,
    /// The headers of the message that came back.
    returned: Option<String>,
}

impl Parts {
    fn of(message: &Message) -> Self {
        let mut found = Self { words: String::new(), status: None, feedback: None, returned: None };
        for part in &message.parts {
            let subtype = part.content_type().and_then(|t| t.subtype()).unwrap_or_default().to_ascii_lowercase();
            let text = || String::from_utf8_lossy(part.contents()).into_owned();
            match (subtype.as_str(), &part.body) {
                ("delivery-status" | "global-delivery-status", _) => {
                    found.status = found.status.or_else(|| Some(text()));
                }
                ("feedback-report", _) => found.feedback = found.feedback.or_else(|| Some(text())),
                ("rfc822-headers" | "global-headers", _) => found.returned = found.returned.or_else(|| Some(text())),
                (_, PartType::Message(inner)) => {
                    let raw = String::from_utf8_lossy(inner.raw_message()).into_owned();
                    found.returned = found.returned.or(Some(raw));
                }
                (_, PartType::Text(words)) => found.words.push_str(words),
                (_, PartType::Html(words)) if found.words.is_empty() => {
                    found.words = mail_parser::decoders::html::html_to_text(words);
                }
                _ => {}
            }
        }
        // Plain bounces carry the message that came back below a line of their own.
        if found.returned.is_none() {
            let (words, returned) = prose::split_returned(&found.words);
            (found.words, found.returned) = (words.to_owned(), returned.map(str::to_owned));
        }
        found
    }
}

impl Parts {
    /// From whom the message that came back was, as a report tells. Complaints often hide the subscriber, and forget this.
    fn envelope_senders(&self) -> Vec<String> {
        let told = [
            (&self.feedback, "original-mail-from"),
            (&self.status, "x-postfix-sender"),
            (&self.returned, "return-path"),
        ];
        let told = told.iter().filter_map(|(part, name)| status::field(part.as_deref()?.trim_start(), name));
        told.map(|text| bare(text.rsplit(';').next().unwrap_or_default())).filter(|text| text.contains('@')).collect()
    }
}

/// The Message-ID and the To of the message that came back.
fn returned(parts: &Parts) -> (Option<String>, Option<String>) {
    let Some(text) = parts.returned.as_deref() else { return (None, None) };
    let head = text.trim_start();
    let id = status::field(head, "message-id").map(|id| bare(&id));
    (id, status::field(head, "to").map(|to| bare(&to)))
}

/// What stands between angle brackets, or all of it.
fn bare(text: &str) -> String {
    let inner = text.rsplit_once('<').map_or(text, |(_, rest)| rest);
    inner.split('>').next().unwrap_or_default().trim().to_owned()
}

fn delivered_to(message: &Message) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (name, value) in message.headers_raw().take(500) {
        let ours = ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to"];
        if ours.contains(&name.trim().to_ascii_lowercase().as_str()) {
            found.extend(value.split(',').take(20).map(bare).filter(|text| text.contains('@')));
        }
    }
    found.dedup();
    found
}

fn sender(message: &Message) -> String {
    let first = message.from().and_then(mail_parser::Address::first);
    first.and_then(|from| from.address()).unwrap_or_default().to_ascii_lowercase()
}

/// The token of a mail to `unsubscribe@…`: 26 characters of base32 in its subject or behind a `+`.
fn token(message: &Message, delivered_to: &[String]) -> Option<String> {
    let local = |address: &String| address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let subject = message.subject().unwrap_or_default().to_ascii_lowercase();
    let asked =
        delivered_to.iter().map(local).find(|local| local == "unsubscribe" || local.starts_with("unsubscribe+"));
    let asked = asked.or_else(|| subject.trim_start().starts_with("unsubscribe ").then(String::new))?;
    let words = subject.split_whitespace().chain(asked.split('+').skip(1));
    let base32 =
        |word: &&str| word.len() == 26 && word.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
    words.filter(base32).map(str::to_owned).next()
}

#[cfg(test)]
mod tests;
