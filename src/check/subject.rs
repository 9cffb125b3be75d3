//! Rules on the inbox line: subject and preheader.

use unicode_width::UnicodeWidthStr;

use super::{Finding, Issue};

/// Wider subjects are cut in most inbox lists.
const WIDEST: usize = 60;

pub fn rules(issue: &Issue, found: &mut Vec<Finding>) {
    let subject = issue.rendered.subject.trim();
    if subject.is_empty() {
        let help = "write a subject that names the best story";
        found.push(Finding::error("subject-empty", "subject", "the issue has no subject", help));
    }
    if subject.width() > WIDEST {
        let message = format!("the subject is {} columns wide; inbox lists cut it near {WIDEST}", subject.width());
        found.push(Finding::warning("subject-long", "subject", message, "put what matters first, or shorten it"));
    }
    if issue.draft.subject.chars().any(unprintable) {
        let message = "the subject holds a line break, a control character or a direction mark";
        found.push(Finding::error("subject-control", "subject", message, "type the subject again on one line"));
    }
    preheader(issue, found);
}

fn preheader(issue: &Issue, found: &mut Vec<Finding>) {
    let preheader = issue.rendered.preheader.trim();
    if preheader.is_empty() {
        let message = "without a preheader the inbox shows the mail's first words instead";
        let help = "write half a sentence that goes on from the subject";
        found.push(Finding::warning("preheader-empty", "preheader", message, help));
        return;
    }
    let (a, b) = (preheader.to_lowercase(), issue.rendered.subject.trim().to_lowercase());
    if !b.is_empty() && (a == b || a.starts_with(&b)) {
        let message = "the preheader says the subject again, right beside it";
        found.push(Finding::warning("preheader-repeats-subject", "preheader", message, "say the next best thing"));
    }
}

/// Controls, and the marks that turn text around (UAX #9).
fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}
