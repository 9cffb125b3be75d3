//! The fields of a delivery status (RFC 3464) and of a feedback report (RFC 5965). Knows no list.

use super::Failure;
use super::statements::{self, Stages};
use crate::model::{Address, EvidenceKind, RefusalClass};
use crate::refusals::{self, Said};
use crate::text::one_line;

/// The longest words of a server that are kept, in characters.
const DIAGNOSTIC: usize = 300;

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

/// One group of a delivery status: the report on one recipient.
struct Group {
    recipients: Vec<Address>,
    status: String,
    diagnostic: String,
    server: String,
}

/// Whether a text has the form of a delivery status: a recipient, and what became of them.
pub fn is_report(report: &str) -> bool {
    let report = report.to_ascii_lowercase();
    report.contains("final-recipient:") && (report.contains("action:") || report.contains("status:"))
}

/// The recipients of a delivery status whose action is `failed`; delayed, delivered, relayed and expanded are none. `words` is what a
/// person would read above it: it counts where the report itself is silent.
pub fn failures(report: &str, words: &str) -> Vec<Failure> {
    let report = report.replace("\r\n", "\n");
    let groups = report.split("\n\n").map(str::trim_start).filter(|group| !group.is_empty());
    let groups: Vec<Group> = groups.take(200).filter_map(group).collect();
    let all: Vec<Address> = groups.iter().flat_map(|group| group.recipients.iter().cloned()).collect();
    let several = groups.len() > 1;
    let judged = |group: Group| {
        let part = if several { statements::about(words, &group.recipients, &all) } else { words };
        group.judged(part)
    };
    groups.into_iter().map(judged).collect()
}

fn group(group: &str) -> Option<Group> {
    let status = field(group, "status").unwrap_or_default();
    let status = refusals::enhanced(&status).unwrap_or_default();
    match field(group, "action") {
        // Some write `failure`.
        Some(action) if action.trim().to_ascii_lowercase().starts_with("fail") => {}
        None if status.starts_with('5') && field(group, "final-recipient").is_some() => {}
        _ => return None,
    }
    let named = ["original-recipient", "final-recipient"].iter().filter_map(|name| field(group, name));
    // `rfc822; somebody@example.org`
    let recipients = named.filter_map(|text| address(text.rsplit(';').next().unwrap_or_default())).collect();
    // Some gateways put the server's words into a nonstandard field and leave the standard one empty.
    let said = ["diagnostic-code", "x-supplementary-info", "x-actual-recipient-diagnostic"];
    let diagnostic = said.iter().filter_map(|name| field(group, name)).find(|text| !text.is_empty());
    let server = field(group, "remote-mta").unwrap_or_default();
    Some(Group { recipients, status, diagnostic: diagnostic.unwrap_or_default(), server })
}

impl Group {
    /// `part` is what a person would read about this recipient.
    fn judged(self, part: &str) -> Failure {
        let text = statements::without_type(&self.diagnostic);
        let own = Some(self.status.as_str()).filter(|status| !status.is_empty());
        let said = Said {
            stage: Stages::of(part).stage(),
            code: refusals::reply_code(text).map(|(_, code)| code),
            enhanced: own,
            text,
            server: &self.server,
        };
        let class = refusals::judge(&said);
        let is_silent = text.trim().is_empty() || class == RefusalClass::Unproven;
        let above = (is_silent || class == RefusalClass::NoMailbox)
            .then(|| statements::strongest(part, &self.recipients, own, &self.server))
            .flatten();
        let (class, heard) = match above {
            Some((other, heard)) if is_silent => (other, Some(heard)),
            // The words above the report contradict it.
            Some((RefusalClass::Full, heard)) => (RefusalClass::Full, Some(heard)),
            _ => (class, None),
        };
        // `5.0.0` says nothing; the server's own words often do.
        let from_words = refusals::enhanced(text).filter(|_| self.status.is_empty() || self.status.ends_with(".0.0"));
        let diagnostic = if text.trim().is_empty() { heard.unwrap_or_default() } else { self.diagnostic };
        Failure {
            recipients: self.recipients,
            status: from_words.unwrap_or(self.status),
            evidence: class.evidence(),
            diagnostic: clean(&diagnostic),
        }
    }
}

/// What a feedback report says of the subscriber.
pub fn complaint(report: &str) -> Failure {
    let named = ["original-rcpt-to", "removal-recipient"].iter().filter_map(|name| field(report, name));
    let diagnostic = field(report, "feedback-type").unwrap_or_default();
    let recipients = named.filter_map(|text| address(&text)).collect();
    Failure { recipients, status: String::new(), evidence: EvidenceKind::Complaint, diagnostic: clean(&diagnostic) }
}

/// An address out of a report, with or without angle brackets.
pub fn address(text: &str) -> Option<Address> {
    let text = text.trim().trim_matches(|c| matches!(c, '<' | '>' | '"' | '\''));
    Address::parse(text).ok()
}

/// Words of a server or a report as one line, short enough to keep.
pub fn clean(text: &str) -> String {
    one_line(text, DIAGNOSTIC)
}
