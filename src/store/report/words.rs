//! What a state and a refusal are called in a report: the reason in few words, and a server's text without what is different
//! for each recipient. Pure.

use crate::model::Refusal;

/// What rows of one kind say besides their state.
#[derive(Default)]
pub struct Facts {
    /// `None` when there was no reply; 0 when it could not be read.
    pub code: Option<u16>,
    /// The enhanced status code (RFC 3463), empty when there is none.
    pub enhanced: String,
    /// Whether the last try was followed by no other since the time was over.
    pub given_up: bool,
    /// The subscriber's status now, for one who was left out; `gone` when the subscriber is no longer stored.
    pub subscriber: String,
    pub attempts: u32,
}

/// Which states come first in a report.
pub fn order(state: &str) -> usize {
    let states = ["delivered", "failed", "deferred", "pending", "suppressed"];
    states.iter().position(|known| *known == state).unwrap_or(states.len())
}

/// Why a recipient is in this state.
pub fn reason(state: &str, facts: &Facts) -> String {
    match state {
        "delivered" => "taken by the relay".into(),
        "pending" if facts.attempts > 0 => "queued once more".into(),
        "pending" => "not tried yet".into(),
        "uncertain" => "connection broke before the answer".into(),
        "suppressed" => left(&facts.subscriber).into(),
        "failed" if facts.given_up => format!("given up: {}", refused(facts)),
        "deferred" if facts.enhanced.starts_with("4.7.") => "greylisted, or policy".into(),
        "failed" | "deferred" => refused(facts),
        other => other.into(),
    }
}

/// Why somebody was left out whose message was not started.
fn left(status: &str) -> &'static str {
    match status {
        "unsubscribed" => "left the list",
        "bounced" => "bounced before their turn",
        "complained" => "complained before their turn",
        "gone" => "deleted from the list",
        "pending" => "not confirmed any more",
        _ => "left, and came back since",
    }
}

/// What a refusal is about, by its enhanced code (RFC 3463 §3) or, without one, by its code alone.
fn refused(facts: &Facts) -> String {
    let mut parts = facts.enhanced.splitn(2, '.');
    let about = match (parts.next(), parts.next()) {
        (Some("4" | "5"), Some(detail)) => detail,
        _ => "",
    };
    let words = match about {
        "1.1" | "1.3" | "1.6" => "no such mailbox",
        "1.2" | "1.10" => "their domain takes no mail",
        "1.7" | "1.8" => "our address is not accepted",
        "2.1" => "mailbox closed",
        "2.2" => "mailbox full",
        "2.3" | "3.4" => "message too large for them",
        _ => match about.split('.').next().unwrap_or_default() {
            "1" => "address refused",
            "2" => "mailbox trouble",
            "3" => "their mail system has trouble",
            "4" => "network or routing trouble",
            "5" => "protocol trouble",
            "6" => "message content or form",
            "7" => "policy or reputation",
            _ => return by_code(facts.code),
        },
    };
    words.into()
}

fn by_code(code: Option<u16>) -> String {
    let Some(code) = code else { return "no reply that could be read".into() };
    match code {
        450 => "mailbox busy or greylisted (450)".into(),
        451 => "trouble at their side (451)".into(),
        452 | 552 => format!("no room ({code})"),
        550 => "mailbox unavailable or refused (550)".into(),
        code => format!("refused with {code}"),
    }
}

/// A refusal's text, the same for all recipients who were refused alike: addresses and tokens that name one message are
/// left out, white space is one blank, and the length is bounded.
pub fn shape(reply: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut room = Refusal::LONGEST;
    for word in reply.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        let word = if word.contains('@') {
            "<address>"
        } else if is_token(word) {
            "…"
        } else {
            word
        };
        if word == "…" && words.last() == Some(&"…") {
            continue;
        }
        let length = word.chars().count() + 1;
        if length > room {
            let kept = word.char_indices().nth(room.saturating_sub(2)).map_or(word.len(), |(at, _)| at);
            words.push(&word[..kept]);
            words.push("…");
            break;
        }
        room -= length;
        words.push(word);
    }
    words.join(" ").chars().take(Refusal::LONGEST).collect()
}

/// Whether a word names one message, connection or moment: long, with a digit in it, and no status code.
fn is_token(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let code = bare.len() <= 9 && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let dots = bare.bytes().filter(|b| *b == b'.').count();
    bare.len() >= 6 && bare.bytes().any(|b| b.is_ascii_digit()) && !(code && dots <= 2)
}
