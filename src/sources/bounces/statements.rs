//! What servers said, picked out of the words that a report puts about it, and to which command they said it. Knows no form.

use crate::model::{Address, RefusalClass};
use crate::refusals::{self, Said, Stage};

/// The most lines of one server answer, and the most answers that are judged.
const LINES: usize = 8;
const ANSWERS: usize = 12;

/// The commands that a text says were refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    envelope: bool,
    recipient: bool,
    message: bool,
}

impl Stages {
    pub fn of(text: &str) -> Self {
        let low = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let says = |marks: &[&str]| marks.iter().any(|mark| low.contains(mark));
        Self {
            envelope: says(&[
                "in reply to mail from",
                "in reply to ehlo",
                "in reply to helo",
                "after mail from",
                "after helo",
                "after ehlo",
                "after initial connection",
                "in response to mail",
                "for mail command",
                "for mail from command",
                "[mail_from]",
                "but sender was rejected",
                "after mail command",
                "while waiting for initial greeting",
                "refused to talk to me",
            ]),
            recipient: says(&[
                "in reply to rcpt to",
                "after rcpt to",
                "after rcpt command",
                "did not like our rcpt to",
                "does not like recipient",
                "[rcpt_to]",
                "for rcpt command",
                "for rcpt to command",
            ]),
            message: says(&[
                "in reply to end of data",
                "in reply to data command",
                "after end of data",
                "after data",
                "did not like our final data",
                "failed after i sent the message",
                "for text command",
                "for data command",
                "[data]",
                "end of data command",
            ]),
        }
    }

    /// The one stage that a text names; [`Stage::Unknown`] where it names none, or several.
    pub fn stage(self) -> Stage {
        match (self.envelope, self.recipient, self.message) {
            (true, false, false) => Stage::Envelope,
            (false, true, false) => Stage::Recipient,
            (false, false, true) => Stage::Message,
            _ => Stage::Unknown,
        }
    }
}

/// The words without the type that RFC 3464 §2.3.6 puts before them: `smtp;`, `X-Postfix;`.
pub fn without_type(diagnostic: &str) -> &str {
    match diagnostic.split_once(';') {
        Some((kind, rest)) if kind.len() < 20 && !kind.contains(' ') => rest,
        _ => diagnostic,
    }
}

/// The part of a text that is about one of several recipients: from the line that names it to the line that names another.
pub fn about<'a>(text: &'a str, recipients: &[Address], all: &[Address]) -> &'a str {
    let Some(at) = recipients.iter().filter_map(|one| text.find(one.as_str())).min() else { return "" };
    let begin = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let mut end = begin;
    for line in text[begin..].split_inclusive('\n') {
        let is_other = addresses(line).any(|other| all.contains(&other) && !recipients.contains(&other));
        if end > at && is_other {
            break;
        }
        end += line.len();
    }
    &text[begin..end]
}

/// How many lines above the one that names a recipient may say what happened to them.
const ABOVE: usize = 3;

/// A text without the headers that it repeats, from a little above the line that names one of the recipients.
fn near(text: &str, recipients: &[Address]) -> String {
    let repeats =
        ["message-id:", "date:", "from:", "to:", "subject:", "sent:", "cc:", "mime-", "content-", "reply-to:"];
    let is_header = |line: &&str| {
        let low = line.trim_start().to_ascii_lowercase();
        repeats.iter().any(|name| low.starts_with(name))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !is_header(line)).collect();
    let names = |line: &&str| recipients.iter().any(|one| line.contains(one.as_str()));
    let first = lines.iter().position(names).unwrap_or(0).saturating_sub(ABOVE);
    lines[first..].join("\n")
}

/// The addresses in a text.
pub fn addresses(text: &str) -> impl Iterator<Item = Address> {
    let marks = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"' | '[' | ']' | '=');
    let named =
        text.split(marks).map(|word| word.trim_start_matches("mailto:").trim_matches([':', '.', '\'', '*', '`']));
    named.filter(|word| word.contains('@') && word.len() < 300).filter_map(|word| Address::parse(word).ok())
}

/// What was said, as far as it proves anything: the first answer about us, else the first that is understood, else what the words
/// say as a whole. With the words that decided. `None` when the text says nothing of a failure.
pub fn strongest(
    text: &str,
    recipients: &[Address],
    status: Option<&str>,
    server: &str,
) -> Option<(RefusalClass, String)> {
    let judge = |stage, code, text: &str| refusals::judge(&Said { stage, code, enhanced: status, text, server });
    let stage = Stages::of(text).stage();
    let said: Vec<_> =
        answers(text).into_iter().map(|(code, words)| (judge(stage, Some(code), &words), words)).collect();
    let pick = |fits: &dyn Fn(RefusalClass) -> bool| said.iter().find(|(class, _)| fits(*class)).cloned();
    pick(&RefusalClass::is_about_us)
        .or_else(|| pick(&|class| !matches!(class, RefusalClass::Unproven | RefusalClass::Temporary)))
        .or_else(|| {
            let near = near(text, recipients);
            let class = judge(stage, None, &near);
            (class != RefusalClass::Unproven).then_some((class, near))
        })
        .or_else(|| said.first().cloned())
}

/// The answers of servers in a text, each with its reply code: from the code to the end of the paragraph.
fn answers(text: &str) -> Vec<(u16, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut next = 0;
    for (number, line) in lines.iter().enumerate().take(500) {
        if number < next {
            continue;
        }
        let Some((at, code)) = refusals::reply_code(line) else { continue };
        let mut words = line[at..].to_owned();
        let goes_on = lines[number + 1..].iter().take(LINES).take_while(|line| is_continued(line, code));
        for more in goes_on {
            words.push(' ');
            words.push_str(more.trim());
            next += 1;
        }
        next = next.max(number) + 1;
        found.push((code, words));
        if found.len() == ANSWERS {
            break;
        }
    }
    found
}

/// Whether a line belongs to the answer above it: not a paragraph, a command, another recipient or another answer.
fn is_continued(line: &str, code: u16) -> bool {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['>', '<', '-', '=', '*']) || line.ends_with('>') && line.contains('@') {
        return false;
    }
    refusals::reply_code(line).is_none_or(|(at, other)| at > 4 || other == code)
}
