//! The inbox line as mail programs cut it. Knows no page; the figures are approximate and have their sources in
//! docs/checks.md, at `subject-long`.

use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One mail program's list, in columns.
struct Client {
    name: &'static str,
    sender: usize,
    subject: usize,
    preheader: usize,
    /// Subject and preheader share one line of this many columns.
    line: Option<usize>,
}

const CLIENTS: &[Client] = &[
    Client { name: "Gmail in a browser", sender: 20, subject: 70, preheader: 140, line: Some(140) },
    Client { name: "Gmail's app", sender: 28, subject: 37, preheader: 37, line: None },
    Client { name: "Apple Mail on a phone", sender: 28, subject: 48, preheader: 99, line: None },
];

/// One row of an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    pub client: &'static str,
    /// Whether subject and preheader share a line.
    pub one_line: bool,
    pub sender: Cut,
    pub subject: Cut,
    pub preheader: Cut,
}

/// The visible part of a text, and the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cut {
    pub shown: String,
    pub lost: String,
}

/// The rows of all clients. Without a preheader, lists continue with the first words of `text`.
pub fn rows(from: &str, subject: &str, preheader: &str, text: &str) -> Vec<Row> {
    let snippet = if preheader.trim().is_empty() { first_words(text) } else { line(preheader) };
    let row = |client: &Client| {
        let subject = cut(&line(subject), client.subject);
        let left = client.line.map_or(client.preheader, |line| line.saturating_sub(subject.shown.width() + 3));
        Row {
            client: client.name,
            one_line: client.line.is_some(),
            sender: cut(&sender(from), client.sender),
            preheader: cut(&snippet, client.preheader.min(left)),
            subject,
        }
    };
    CLIENTS.iter().map(row).collect()
}

/// The display name of a mailbox, or its address when it has none.
fn sender(from: &str) -> String {
    let name = from.split('<').next().unwrap_or_default().trim().trim_matches('"').trim();
    if name.is_empty() { from.trim().trim_matches(['<', '>']).to_owned() } else { line(name) }
}

/// Text on one line, without control characters and direction marks.
fn line(text: &str) -> String {
    let odd = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = text.chars().map(|c| if odd(c) { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// More than any list shows.
fn first_words(text: &str) -> String {
    line(&text.chars().take(400).collect::<String>())
}

/// Cuts at `columns`, the sign for "there is more" included; a letter keeps its accents, an emoji its parts.
fn cut(text: &str, columns: usize) -> Cut {
    if text.width() <= columns {
        return Cut { shown: text.to_owned(), lost: String::new() };
    }
    let mut width = 0;
    let mut end = 0;
    let mut joined = false;
    for (at, c) in text.char_indices() {
        let own = c.width().unwrap_or(0);
        // Joined and zero-width characters belong to the one before.
        if own > 0 && !joined {
            if width + own > columns.saturating_sub(1) {
                break;
            }
            width += own;
        }
        joined = c == '\u{200d}';
        end = at + c.len_utf8();
    }
    // Some letters are wider together than each alone.
    while text[..end].trim_end().width() >= columns.max(1) {
        end = text[..end].char_indices().next_back().map_or(0, |(at, _)| at);
    }
    Cut { shown: format!("{}…", text[..end].trim_end()), lost: text[end..].trim_start().to_owned() }
}
