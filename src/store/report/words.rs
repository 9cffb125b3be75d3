//! How a report names a state and a refusal: the reason by its name in the files of words, and a server's text without the parts that differ
//! for each recipient. Pure.

use serde::{Deserialize, Serialize};

use crate::model::{Refusal, Sentence, Value};

/// The facts that rows of one kind share, apart from their state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// `None` when there was no reply; 0 when it could not be read.
    pub code: Option<u16>,
    /// The enhanced status code (RFC 3463), empty when there is none.
    pub enhanced: String,
    /// Whether the last try was followed by no other since the time was over.
    pub given_up: bool,
    /// The current status of a suppressed subscriber; `gone` when the subscriber is no longer stored.
    pub subscriber: String,
    pub attempts: u32,
}

/// Which states come first in a report.
pub fn order(state: &str) -> usize {
    let states = ["delivered", "failed", "deferred", "pending", "suppressed"];
    states.iter().position(|known| *known == state).unwrap_or(states.len())
}

/// Why a recipient is in this state.
pub fn reason(state: &str, facts: &Facts) -> Sentence {
    let name = match state {
        "delivered" => "reasons.taken",
        "pending" if facts.attempts > 0 => "reasons.queued_again",
        "pending" => "reasons.not_tried",
        "uncertain" => "reasons.broke",
        "suppressed" => left(&facts.subscriber),
        "failed" if facts.given_up => {
            return Sentence::new("reasons.given_up").with("why", Value::Parts(vec![refused(facts)]));
        }
        "deferred" if facts.enhanced.starts_with("4.7.") => "reasons.greylisted",
        "failed" | "deferred" => return refused(facts),
        other => return Sentence::new("reasons.other").with("state", Value::Text(other.into())),
    };
    Sentence::new(name)
}

/// Why somebody was left out whose message was not started.
fn left(status: &str) -> &'static str {
    match status {
        "unsubscribed" => "reasons.left",
        "bounced" => "reasons.bounced",
        "complained" => "reasons.complained",
        "gone" => "reasons.gone",
        "pending" => "reasons.unconfirmed",
        _ => "reasons.came_back",
    }
}

/// What a refusal is about, by its enhanced code (RFC 3463 §3) or, without one, by its code alone.
fn refused(facts: &Facts) -> Sentence {
    let mut parts = facts.enhanced.splitn(2, '.');
    let about = match (parts.next(), parts.next()) {
        (Some("4" | "5"), Some(detail)) => detail,
        _ => "",
    };
    Sentence::new(match about {
        "1.1" | "1.3" | "1.6" => "reasons.no_mailbox",
        "1.2" | "1.10" => "reasons.no_mail_domain",
        "1.7" | "1.8" => "reasons.our_address",
        "2.1" => "reasons.closed",
        "2.2" => "reasons.full",
        "2.3" | "3.4" => "reasons.too_large",
        _ => match about.split('.').next().unwrap_or_default() {
            "1" => "reasons.address",
            "2" => "reasons.mailbox",
            "3" => "reasons.system",
            "4" => "reasons.network",
            "5" => "reasons.protocol",
            "6" => "reasons.content",
            "7" => "reasons.policy",
            _ => return by_code(facts.code),
        },
    })
}

fn by_code(code: Option<u16>) -> Sentence {
    let Some(code) = code else { return Sentence::new("reasons.no_reply") };
    let name = match code {
        450 => "reasons.busy",
        451 => "reasons.trouble",
        452 | 552 => "reasons.no_room",
        550 => "reasons.unavailable",
        _ => "reasons.refused",
    };
    Sentence::new(name).with("code", Value::Code(code))
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
