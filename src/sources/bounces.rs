//! Reads an inbound message: a bounce, a complaint, an unsubscribe request, or nothing that matters. Knows no list and no clock.

mod notification;
mod prose;
mod statements;
mod status;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use crate::model::{Address, EvidenceKind};

/// How much of one message is read, in octets; the rest of a longer one says nothing about delivery.
pub const MOST: usize = 1 << 20;

/// The kind of a message.
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

/// One recipient who was not reached, or who complained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The addresses that the report names, the original one first.
    pub recipients: Vec<Address>,
    /// Enhanced status such as `5.1.1`; empty when there is none.
    pub status: String,
    pub evidence: EvidenceKind,
    /// What the other server said: one line, at most 300 characters, safe to print on a terminal.
    pub diagnostic: String,
}

/// The findings in one message, with everything that can identify its subscriber.
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
    /// The token of an unsubscribe request, lower case.
    pub token: Option<String>,
    /// When the message says it was written, Unix seconds.
    pub written: Option<i64>,
}

/// Reads the first [`MOST`] octets of a message. Never fails: what cannot be read is [`Kind::Unknown`].
pub fn read_bounce(bytes: &[u8]) -> Finding {
    read(&bytes[..bytes.len().min(MOST)], NESTED)
}

/// How deeply reports may be nested: scanners and gateways wrap what they forward.
const NESTED: usize = 2;

fn read(bytes: &[u8], nested: usize) -> Finding {
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
    if let Some(notification) = notification::read(&parts.words) {
        finding.delivered_to.extend(notification.sender);
        (finding.kind, finding.failures) = (notification.kind, notification.failures);
        (finding.returned_id, finding.returned_to) = (notification.returned_id, notification.returned_to);
        return finding;
    }
    (finding.returned_id, finding.returned_to) = returned(&parts);
    finding.token = token(&message, &finding.delivered_to);
    finding.delivered_to.extend(parts.envelope_senders());
    (finding.kind, finding.failures) = decide(&message, &parts, finding.token.is_some());
    let is_riddle = finding.failures.iter().all(|failure| failure.evidence == EvidenceKind::Soft);
    if nested > 0
        && finding.kind == Kind::Bounce
        && is_riddle
        && let Some(inner) = parts.returned.as_deref().map(|inner| read(inner.trim_start().as_bytes(), nested - 1))
        && inner.kind == Kind::Bounce
    {
        finding.failures = inner.failures;
        finding.returned_id = inner.returned_id;
        finding.returned_to = inner.returned_to;
        finding.delivered_to.extend(inner.delivered_to);
    }
    finding
}

/// The order is from what is said in a form to what is guessed from words.
fn decide(message: &Message, parts: &Parts, has_token: bool) -> (Kind, Vec<Failure>) {
    if let Some(report) = &parts.feedback {
        return feedback(report);
    }
    if let Some(complaint) = old_complaint(message, parts) {
        return (Kind::Complaint, vec![complaint]);
    }
    let subject = message.subject().unwrap_or_default();
    let (sender, name) = sender(message);
    let status = parts.status.as_deref();
    // Some gateways send the report as plain words.
    let is_notice = prose::is_notice(subject, (&sender, &name), has_null_path(message), &parts.words);
    let status = status.or(Some(parts.words.as_str()).filter(|_| is_notice));
    if let Some(report) = status.filter(|report| status::is_report(report)) {
        let failures = status::failures(report, prose::head(&parts.words));
        return (if failures.is_empty() { Kind::Delay } else { Kind::Bounce }, failures);
    }
    if has_token {
        return (Kind::Leave, Vec::new());
    }
    if prose::is_challenge(subject, &parts.words) {
        return (Kind::Challenge, Vec::new());
    }
    let is_system = parts.status.is_some() || is_notice;
    // Before any guess: an answering machine quotes our subject, and its owner's words, as it likes.
    if prose::is_away(subject) || answers_itself(message) && !is_system {
        return (Kind::AutoReply, Vec::new());
    }
    if !is_system {
        return (Kind::Unknown, Vec::new());
    }
    if prose::is_delay(subject, &parts.words) {
        return (Kind::Delay, Vec::new());
    }
    let expected = message.header_raw("X-Failed-Recipients").unwrap_or_default();
    let expected = statements::addresses(expected).take(50).collect();
    let us = message.to().and_then(mail_parser::Address::first).and_then(|to| to.address()).unwrap_or_default();
    (Kind::Bounce, prose::failures(subject, &parts.words, expected, &us.to_lowercase()))
}

/// RFC 5965 §3.1: only these say that a subscriber complained. `not-spam` says that they did not, and `auth-failure` (RFC 6591) is
/// about our signatures.
fn feedback(report: &str) -> (Kind, Vec<Failure>) {
    let kind = status::field(report.trim_start(), "feedback-type").unwrap_or_default().to_ascii_lowercase();
    let failure = status::complaint(report.trim_start());
    match kind.as_str() {
        "abuse" | "fraud" | "virus" | "other" | "opt-out" | "opt-out-list" => (Kind::Complaint, vec![failure]),
        "auth-failure" | "dkim" => (Kind::Bounce, vec![Failure { evidence: EvidenceKind::AboutUs, ..failure }]),
        _ => (Kind::Unknown, Vec::new()),
    }
}

/// Hotmail's form from before RFC 5965, which Outlook.com still uses: the message itself, with a header on top that names who complained.
fn old_complaint(message: &Message, parts: &Parts) -> Option<Failure> {
    let subject = message.subject().unwrap_or_default().trim().to_ascii_lowercase();
    let returned = parts.returned.as_deref().unwrap_or_default().trim_start();
    let complainer = status::field(returned, "x-hmxmroriginalrecipient");
    if complainer.is_none() && !subject.contains("complaint about message from") {
        return None;
    }
    let recipients = complainer.iter().filter_map(|text| status::address(text)).collect();
    let diagnostic = status::clean(&subject);
    Some(Failure { recipients, status: String::new(), evidence: EvidenceKind::Complaint, diagnostic })
}

/// Whether a message must not be answered: it is from a mail system or an autoresponder (RFC 5321 §4.5.5).
fn has_null_path(message: &Message) -> bool {
    message.header_raw("Return-Path").is_some_and(|path| path.trim() == "<>")
}

/// Whether a message says that a machine wrote it (RFC 3834 §5), or that it was seen or thrown away (RFC 8098 §3).
fn answers_itself(message: &Message) -> bool {
    let value = |name: &str| message.header_raw(name).map(|text| text.trim().to_ascii_lowercase());
    let submitted = value("Auto-Submitted").is_some_and(|text| !text.starts_with("no"));
    let flagged = ["X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"].iter().any(|n| value(n).is_some());
    let precedes = value("Precedence").is_some_and(|text| text.starts_with("auto"));
    submitted
        || flagged
        || precedes
        || value("Content-Type").is_some_and(|text| text.contains("disposition-notification"))
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
            let text = || decoded(&String::from_utf8_lossy(part.contents()));
            match (subtype.as_str(), &part.body) {
                // One for all recipients, or one for each.
                ("delivery-status" | "global-delivery-status", _) => {
                    found.status = Some([found.status.unwrap_or_default(), text()].join("\n\n"));
                }
                ("feedback-report", _) => found.feedback = found.feedback.or_else(|| Some(text())),
                ("rfc822-headers" | "global-headers", _) => found.returned = found.returned.or_else(|| Some(text())),
                (_, PartType::Message(inner)) => {
                    let raw = String::from_utf8_lossy(inner.raw_message()).into_owned();
                    found.returned = found.returned.or(Some(raw));
                }
                (_, PartType::Text(words)) => found.words.push_str(&decoded(words)),
                (_, PartType::Html(words)) if found.words.is_empty() => {
                    found.words = mail_parser::decoders::html::html_to_text(words);
                }
                _ => {}
            }
        }
        // Broken multipart: the text below the headers, as it is.
        if found.words.trim().is_empty() && found.status.is_none() && found.feedback.is_none() {
            let raw = message.raw_message();
            let body = raw.get(message.root_part().offset_body as usize..).unwrap_or_default();
            found.words = decoded(&String::from_utf8_lossy(body));
        }
        found.feedback = found.feedback.or_else(|| feedback_in(&found.words));
        // Plain bounces carry the returned message below a separator line.
        if found.returned.is_none() {
            let (words, returned) = prose::split_returned(&found.words);
            (found.words, found.returned) = (words.to_owned(), returned.map(str::to_owned));
        }
        found
    }
}

/// A feedback report within the text, with the two fields that RFC 5965 §3.1 requires.
fn feedback_in(words: &str) -> Option<String> {
    let low = words.to_ascii_lowercase();
    let at = |name: &str| if low.starts_with(name) { Some(0) } else { low.find(&format!("\n{name}")).map(|at| at + 1) };
    let (kind, agent) = (at("feedback-type:")?, at("user-agent:")?);
    words.get(kind.min(agent)..).map(str::to_owned)
}

/// Japanese in the seven bits of RFC 1468, which reports send without saying so where the form has room for ASCII alone.
fn decoded(text: &str) -> String {
    if text.contains("\u{1b}$") {
        encoding_rs::ISO_2022_JP.decode(text.as_bytes()).0.into_owned()
    } else {
        text.to_owned()
    }
}

impl Parts {
    /// The sender of the returned message, according to the report. Complaints often hide the subscriber, but not this.
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

/// The text between angle brackets, or all of it.
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

/// The address and the name of the first From.
fn sender(message: &Message) -> (String, String) {
    let first = message.from().and_then(mail_parser::Address::first);
    let address = first.and_then(|from| from.address()).unwrap_or_default().to_ascii_lowercase();
    (address, first.and_then(|from| from.name()).unwrap_or_default().to_owned())
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
