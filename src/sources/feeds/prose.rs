//! HTML and plain text of a feed to clean text: tags out, entities decoded once, scripts and invisible characters gone, cut at
//! a sentence. Knows no feed and no item.

use std::borrow::Cow;

use super::boilerplate;
use crate::sources::text;
use crate::text::html::{self, Breaks};

/// How many bytes of a text are read for the summary, which is made from its start.
const LOOKED_AT: usize = 200_000;
/// A summary has at most this many sentences and characters.
const SENTENCES: usize = 5;
const LETTERS: usize = 700;
/// The indent of code is kept up to this many columns.
const INDENT: usize = 24;

/// The type of a text, as its feed declares it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text in which `&lt;` means those four letters.
    Plain,
    /// Nothing is said: HTML, as it nearly always is.
    #[default]
    Unsaid,
    Html,
}

/// Clean text of one line, and whether markup was taken out of it.
pub(super) struct Clean {
    pub text: String,
    pub markup: bool,
}

/// A title or a name.
pub(super) fn title(raw: &str, kind: Kind) -> Clean {
    let raw = up_to(raw, LOOKED_AT);
    // In plain text `&lt;` means those four letters.
    let raw = if kind == Kind::Plain { Cow::Owned(raw.replace('&', "&amp;")) } else { Cow::Borrowed(raw) };
    let marked = html::with_known_tags(&raw);
    let markup = marked.contains('<');
    Clean { text: text::line(&unmangled(&html::text(&marked, Breaks::None))).text, markup }
}

/// A summary: whole sentences, [`SENTENCES`] and [`LETTERS`] at the most, without what its service puts around them. Lists, tables and
/// code keep their lines.
pub(super) fn summary(raw: &str, kind: Kind, title: &str) -> String {
    let raw = up_to(raw, LOOKED_AT);
    let own = boilerplate::without(raw, kind != Kind::Plain || html::is_html(raw), title);
    let lines = unmangled(&own).lines().map(tidy).collect::<Vec<_>>().join("\n");
    sentences(lines.trim())
}

/// A line without odd characters, its indent kept.
fn tidy(line: &str) -> String {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let words = text::line(line).text;
    if words.is_empty() { words } else { format!("{}{words}", " ".repeat(indent.min(INDENT))) }
}

fn up_to(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// Text whose UTF-8 was once read as Latin-1 has control characters (U+0080 to U+009F) among its letters, where no text has any.
/// If they decode as UTF-8, that is used; otherwise they are read as Windows-1252.
fn unmangled(raw: &str) -> String {
    if !raw.chars().any(|c| matches!(c, '\u{80}'..='\u{9f}')) {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len());
    let mut bytes = Vec::new();
    for c in raw.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) if byte >= 0x80 => bytes.push(byte),
            _ => {
                out.push_str(&read_anew(&bytes));
                bytes.clear();
                out.push(c);
            }
        }
    }
    out + &read_anew(&bytes)
}

fn read_anew(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes)
        .map_or_else(|_| encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), str::to_owned)
}

/// The first sentences, as many as fit; when not even one does, its start up to a word.
fn sentences(text: &str) -> String {
    let (mut end, mut count, mut letters) = (0, 0, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        letters += 1;
        let next = at + c.len_utf8();
        let closes = matches!(chars.peek(), Some((_, '"' | '\'' | '”' | '’' | ')' | ']' | '»')));
        if letters > LETTERS {
            break;
        }
        if is_end(text, at, c) && !closes {
            (end, count) = (next, count + 1);
        } else if c == '\n' {
            // A line of a list or a table is whole.
            end = at;
        }
        if count == SENTENCES || chars.peek().is_none() {
            end = if count == SENTENCES { end } else { next };
            break;
        }
    }
    match text.get(..end) {
        Some(whole) if end > 0 => whole.trim_end().to_owned(),
        _ => text::cut(text, LETTERS).unwrap_or_else(|| text.to_owned()),
    }
}

/// Whether a sentence ends with the character at `at`.
fn is_end(text: &str, at: usize, c: char) -> bool {
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + c.len_utf8()..).unwrap_or_default());
    match c {
        '。' | '！' | '？' | '｡' => true,
        '.' | '!' | '?' | '…' | '؟' | '।' | '۔' => starts_anew(after) && (c != '.' || !is_short_form(before)),
        // A mark inside quotation marks or brackets ends the sentence with them.
        '"' | '”' | '’' | ')' | ']' | '»' => before.ends_with(['.', '!', '?', '…']) && starts_anew(after),
        _ => false,
    }
}

fn starts_anew(after: &str) -> bool {
    let Some(rest) = after.strip_prefix(char::is_whitespace) else { return after.is_empty() };
    rest.trim_start().chars().next().is_none_or(|c| !c.is_lowercase())
}

/// Whether the full stop behind `before` belongs to a short form: `U.S.`, `e.g.`, `Dr.`, `J.`
fn is_short_form(before: &str) -> bool {
    let start = before.rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“')).map_or(0, |at| at + 1);
    let word = before.get(before.ceil_char_boundary(start)..).unwrap_or_default().to_lowercase();
    let one_letter = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let known = [
        "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "no", "nr", "fig", "jr", "sr", "gen", "sen", "rep", "inc",
        "ca", "bzw",
    ];
    one_letter || word.contains('.') && word.len() <= 6 || known.contains(&word.as_str())
}
