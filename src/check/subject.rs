//! Rules on the inbox line: subject and preheader.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr;

use super::{At, Found, Issue};

/// How many columns of a subject, and of a preheader beside it, inbox lists show: docs/checks.md gives the sources.
const GMAIL_WEB: usize = 70;
const APPLE_PHONE: (usize, usize) = (48, 99);
const GMAIL_PHONE: usize = 37;
/// No inbox list shows more of a preheader than this, even with a short subject.
const PREHEADER: usize = 140;

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let subject = issue.rendered.subject.trim();
    if subject.is_empty() {
        let help = "write a subject that names the best story";
        found.push(Found::error("subject-empty", SUBJECT, "the issue has no subject", help));
    }
    if subject.width() > GMAIL_WEB {
        let message = format!(
            "the subject is {} columns wide; Gmail in a browser shows about {GMAIL_WEB}, Apple Mail on a phone {}, \
             Gmail's app {GMAIL_PHONE}",
            subject.width(),
            APPLE_PHONE.0,
        );
        found.push(Found::warning("subject-long", SUBJECT, message, "put what matters first, or shorten it"));
    }
    for (at, text) in [(SUBJECT, &issue.draft.subject), (PREHEADER_AT, &issue.draft.preheader)] {
        if text.chars().any(unprintable) {
            let what =
                format!("the {} holds a line break, a control character or a direction mark", at.words(issue.draft));
            found.push(Found::error("subject-control", at, what, "type it again on one line"));
        }
        tone(issue, at, text.trim(), found);
    }
    if let Some(now) = issue.context.subject_now {
        let message =
            format!("the subject is as composed, before the order changed; composing again would write: {now}");
        found.push(Found::note(
            "subject-behind",
            SUBJECT,
            message,
            "compose the issue again, or write one of your own",
        ));
    }
    preheader(issue, found);
}

const SUBJECT: At = At::Top("subject");
const PREHEADER_AT: At = At::Top("preheader");

/// What filters and subscribers take for spam: all capitals, repeated marks, a false "Re:".
fn tone(issue: &Issue, at: At, text: &str, found: &mut Vec<Found>) {
    let line = at.words(issue.draft);
    if shouts(text) {
        let message = format!("the {line} is all in capitals");
        found.push(Found::warning("subject-shouts", at, message, "write it as a sentence; filters count capitals"));
    }
    let rows = ["!!", "??", "?!", "!?", "$$"];
    if let Some(row) = rows.into_iter().find(|row| text.contains(row)) {
        let message = format!("the {line} has a row of marks, `{row}`");
        found.push(Found::warning("subject-marks", at, message, "one mark is enough; filters count rows of them"));
    }
    if let Some(prefix) = reply_prefix(text) {
        let message = format!("the {line} begins with `{prefix}`, but the issue is not a reply");
        let help = "take the prefix away: it deceives, and filters count it";
        found.push(Found::warning("subject-reply", at, message, help));
    }
}

/// Two or more words in capitals only; names such as "GPT-4o" or "NASA" alone do not count.
fn shouts(text: &str) -> bool {
    let words = text.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1).count();
    let upper = text.chars().filter(|c| c.is_uppercase()).count();
    words > 1 && upper > 7 && !text.chars().any(char::is_lowercase)
}

/// The prefix of a reply or a forwarded mail.
fn reply_prefix(text: &str) -> Option<&str> {
    let (prefix, _) = text.split_once(':')?;
    let word = prefix.trim_end_matches(|c: char| c.is_ascii_digit() || "[]()".contains(c)).trim();
    let known = ["re", "fw", "fwd", "aw", "wg", "tr", "sv", "rv", "antw"];
    known.iter().any(|known| word.eq_ignore_ascii_case(known)).then_some(prefix)
}

fn preheader(issue: &Issue, found: &mut Vec<Found>) {
    let preheader = issue.rendered.preheader.trim();
    if preheader.is_empty() {
        let message = "without a preheader the inbox shows the mail's first words instead";
        let help = "write half a sentence that goes on from the subject";
        found.push(Found::warning("preheader-empty", PREHEADER_AT, message, help));
        return;
    }
    if preheader.width() > PREHEADER {
        let message = format!(
            "the preheader is {} columns wide; no inbox shows more than about {PREHEADER}, Apple Mail on a phone {}",
            preheader.width(),
            APPLE_PHONE.1,
        );
        found.push(Found::warning("preheader-long", PREHEADER_AT, message, "put what matters first, or shorten it"));
    }
    let (subject, said) = (words(&issue.rendered.subject), words(preheader));
    let repeated: Vec<&str> = said.intersection(&subject).map(String::as_str).collect();
    let (lower, line) = (preheader.to_lowercase(), issue.rendered.subject.trim().to_lowercase());
    let again = !line.is_empty() && lower.starts_with(&line);
    // Most of the shorter line, not just a name or two that both must contain.
    let most = repeated.len() > 2 && repeated.len() * 2 > subject.len().min(said.len());
    if again || most {
        let message = format!("the preheader repeats words of the subject right beside it: {}", repeated.join(", "));
        found.push(Found::warning("preheader-repeats-subject", PREHEADER_AT, message, "say the next best thing"));
    }
}

/// The significant words, in lower case: four letters or more, and numbers of two digits or more.
fn words(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let says = |word: &&str| word.chars().count() > 3 || word.len() > 1 && word.contains(|c: char| c.is_ascii_digit());
    lower.split(|c: char| !c.is_alphanumeric()).filter(says).map(str::to_owned).collect()
}

/// Controls, and what turns the text around it (UAX #9). The marks of direction (U+200E, U+200F, U+061C) turn nothing around; the
/// header goes without them.
fn unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}
