//! The fields of a delivery status (RFC 3464) and what an enhanced status (RFC 3463) weighs. Knows no list.

use super::words::Words;
use crate::model::Address;

/// What a failure says about the subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The mailbox is not there.
    Hard,
    /// It may pass: a full mailbox, a server that is away.
    Soft,
    /// It speaks of the sender or the text (policy, spam, size), and says nothing against the subscriber.
    AboutUs,
}

impl Weight {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::AboutUs => "about_us",
        }
    }
}

/// One recipient who was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The addresses that the report names, the original one first.
    pub recipients: Vec<Address>,
    /// Enhanced status such as `5.1.1`; empty when there is none.
    pub status: String,
    pub weight: Weight,
    /// What the other server said: one line, at most 300 characters, nothing but what may stand on a terminal.
    pub diagnostic: String,
}

/// The value of a header field, unfolded. Of several the first.
pub fn field(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            return None;
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        if key.trim().eq_ignore_ascii_case(name) {
            let folded = lines.by_ref().take_while(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty());
            let rest = folded.take(50).map(str::trim);
            return Some(std::iter::once(value.trim()).chain(rest).collect::<Vec<_>>().join(" "));
        }
    }
    None
}

/// The recipients of a delivery status whose action is `failed`; delayed, delivered, relayed and expanded are none.
pub fn failures(report: &str) -> Vec<Failure> {
    let report = report.replace("\r\n", "\n");
    let groups = report.split("\n\n").map(str::trim_start).filter(|group| !group.is_empty());
    groups.take(200).filter_map(failure).collect()
}

fn failure(group: &str) -> Option<Failure> {
    let action = field(group, "action")?;
    if !action.trim().to_ascii_lowercase().starts_with("failed") {
        return None;
    }
    let named = ["original-recipient", "final-recipient"].iter().filter_map(|name| field(group, name));
    // `rfc822; somebody@example.org`
    let recipients = named.filter_map(|text| address(text.rsplit(';').next().unwrap_or_default())).collect();
    let diagnostic = field(group, "diagnostic-code").unwrap_or_default();
    let status = field(group, "status").and_then(|text| enhanced(&text)).unwrap_or_default();
    // `5.0.0` says nothing; the server's own words often do.
    let said = enhanced(&diagnostic).filter(|_| status.is_empty() || status.ends_with(".0.0"));
    Some(weighed(recipients, said.unwrap_or(status), &diagnostic))
}

/// What a feedback report says of the subscriber.
pub fn complaint(report: &str) -> Failure {
    let named = ["original-rcpt-to", "removal-recipient"].iter().filter_map(|name| field(report, name));
    let diagnostic = field(report, "feedback-type").unwrap_or_default();
    let recipients = named.filter_map(|text| address(&text)).collect();
    Failure { recipients, status: String::new(), weight: Weight::Hard, diagnostic: clean(&diagnostic) }
}

/// A failure with its weight.
pub fn weighed(recipients: Vec<Address>, status: String, diagnostic: &str) -> Failure {
    let weight = weigh(&status, diagnostic);
    Failure { recipients, status, weight, diagnostic: clean(diagnostic) }
}

/// RFC 3463 §3: the subject and the detail say whose fault it is. Words decide only where the status does not. In doubt it is
/// not the subscriber's.
fn weigh(status: &str, diagnostic: &str) -> Weight {
    let words = Words::of(diagnostic);
    let (class, rest) = status.split_once('.').unwrap_or(("", ""));
    match (class, rest) {
        // Policy and greylisting (`4.7.1`) are about us, whether they pass or not.
        (_, rest) if rest.starts_with("7.") || rest.starts_with("6.") => Weight::AboutUs,
        ("4", _) => {
            if words.say(&REFUSED) {
                Weight::AboutUs
            } else {
                Weight::Soft
            }
        }
        // Some servers refuse spam as an unknown user's mail.
        (_, "1.0" | "1.1" | "1.2" | "1.3" | "1.6" | "1.10" | "2.1") if !words.say(&SPAM) => Weight::Hard,
        (_, "2.2" | "2.0" | "4.7") => Weight::Soft,
        (_, "2.3" | "3.4" | "1.7" | "1.8") => Weight::AboutUs,
        _ if words.say(&SPAM) || words.say(&REFUSED) => Weight::AboutUs,
        _ if words.say(&NOBODY) => Weight::Hard,
        _ => Weight::Soft,
    }
}

/// How servers say that they take a mail for spam.
const SPAM: [&str; 10] = [
    "spam",
    "spamming",
    "block",
    "blocked",
    "blocklist",
    "blocklisted",
    "blacklist",
    "blacklisted",
    "denylist",
    "reputation",
];

/// How they say that they want no mail from us, or not now.
const REFUSED: [&str; 18] = [
    "policy",
    "policies",
    "dmarc",
    "spf",
    "dkim",
    "banned",
    "greylisted",
    "greylisting",
    "graylisted",
    "listed at",
    "blocked",
    "rate limit",
    "rate limited",
    "unsolicited",
    "access denied",
    "sender address rejected",
    "sender rejected",
    "sender denied",
];

/// How servers without an enhanced status say that a mailbox is not there.
pub const NOBODY: [&str; 18] = [
    "user unknown",
    "unknown user",
    "no such user",
    "no such recipient",
    "no mailbox here",
    "mailbox unavailable",
    "mailbox not found",
    "does not exist",
    "doesn't exist",
    "user doesn't have a",
    "address not found",
    "address rejected",
    "invalid recipient",
    "unrouteable address",
    "not listed in domino directory",
    "no longer available",
    "couldn't be found",
    "account is disabled",
];

/// The first `D.D.D` of a text whose class is 4 or 5.
pub fn enhanced(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.').take(500);
    words.map(|word| word.trim_matches('.')).find(|word| is_enhanced(word)).map(str::to_owned)
}

fn is_enhanced(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let short = |part: &&str| (1..=3).contains(&part.len());
    parts.len() == 3 && matches!(parts[0], "4" | "5") && parts.iter().all(short)
}

/// An address out of a report, with or without angle brackets.
pub fn address(text: &str) -> Option<Address> {
    let text = text.trim().trim_matches(|c| matches!(c, '<' | '>' | '"' | '\''));
    Address::parse(text).ok()
}

/// One line of at most 300 characters without control and bidirectional characters.
pub fn clean(text: &str) -> String {
    let bidi = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = text.chars().take(2_000).map(|c| if c.is_control() || bidi(c) { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
