//! Bytes to clean text: checks UTF-8, names mistakes by line, and removes characters that do not belong. Knows no fields.

use std::path::Path;

use unicode_normalization::char::is_combining_mark;

use crate::model::{Notice, Notices};

/// The longest title that is kept, in characters.
pub(super) const TITLE: usize = 500;
/// The longest name of a source or a topic that is kept, and the longest id, in characters.
pub(super) const NAME: usize = 200;
/// The longest summary of a news item that is kept, in characters: some ten times the five sentences it is meant for.
pub(super) const SUMMARY: usize = 10_000;
/// How many accents in a row a letter keeps. No script needs more than four; a hundred paint over the lines above.
const ACCENTS: usize = 8;

/// The file as text, without a byte order mark.
///
/// # Errors
/// Another encoding or another kind of file, with the line of the first byte that is not UTF-8.
pub(super) fn decode<'a>(label: &Path, bytes: &'a [u8]) -> Result<&'a str, Notices> {
    let refused = |found: &str, help: &str| {
        Err(Notice::new(format!("the file must be UTF-8, found {found}")).at(label, 1).help(help).into())
    };
    match bytes {
        // A text that begins with a letter of ASCII has its zero beside it, with or without a byte order mark.
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=0xFF, ..] | [1..=0xFF, 0, ..] => {
            return refused("UTF-16", "save it again as UTF-8, or convert it: `iconv -f utf-16 -t utf-8`");
        }
        [b'P', b'K', 3, 4, ..] => {
            return refused(
                "a zip archive or a spreadsheet (.xlsx, .ods)",
                "unpack it, or save the sheet as CSV in UTF-8",
            );
        }
        [0x1F, 0x8B, ..] => return refused("a gzip file", "unpack it first: `gunzip`"),
        _ => {}
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let good = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let byte = bytes.get(e.valid_up_to()).copied().unwrap_or_default();
        Notice::new(format!("the file must be UTF-8, but the byte 0x{byte:02X} on this line is not valid UTF-8"))
            .at(label, newlines(good) + 1)
            .help("it is probably Latin-1 or Windows-1252; save it as UTF-8, or convert it: `iconv -f latin1 -t utf-8`")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[allow(clippy::naive_bytecount)] // the fast way is one more dependency for one error message
fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b == b'\n').count()
}

/// Characters that change how other text is shown without being seen: bidi embeddings, overrides and isolates, zero-width
/// marks, fillers, tags. What scripts need stays: the marks of direction that reorder nothing but what they stand between
/// (U+200E, U+200F, U+061C), the joiners of Persian, of emoji and of words (U+2060), variation selectors, the soft hyphen. Whole pairs of
/// isolates go as well, since a title cut short between the two would turn the rest of the page around.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{200b}' | '\u{2061}'..='\u{2064}' | '\u{feff}' | '\u{180e}'
        | '\u{fff9}'..='\u{fffb}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}')
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text without them, but for the tags of a flag: 🏴 with those that spell `gbsct` behind it is Scotland's.
fn without_invisible(text: &str) -> String {
    let mut in_flag = false;
    let kept = |c: &char| {
        let is_tag = matches!(c, '\u{e0020}'..='\u{e007f}');
        in_flag = *c == '\u{1f3f4}' || in_flag && is_tag;
        in_flag && is_tag || !is_invisible(*c)
    };
    text.chars().filter(kept).collect()
}

/// Whether the text has anything visible: letters, digits, signs, emoji; not joiners and marks alone.
pub(super) fn has_ink(text: &str) -> bool {
    let inkless = |c: char| {
        c.is_whitespace()
            || is_break(c)
            || is_invisible(c)
            || is_combining_mark(c)
            || matches!(c, '\u{200c}'..='\u{200f}' | '\u{2060}' | '\u{61c}' | '\u{ad}' | '\u{fe00}'..='\u{fe0f}')
    };
    !text.chars().all(inkless)
}

/// Whether a line is clean as it stands, as nearly all are: ASCII in single spaces.
pub(super) fn is_clean(text: &str) -> bool {
    let mut before = b' ';
    let fine = text.bytes().all(|b| {
        let ok = (b.is_ascii_graphic() || b == b' ') && (b, before) != (b' ', b' ');
        before = b;
        ok
    });
    fine && before != b' '
}

/// Cleaned text, and whether something other than plain white space had to be changed.
pub(super) struct Cleaned {
    pub text: String,
    pub changed: bool,
}

/// Text for one line: control characters become spaces, invisible ones go, runs of white space become one space.
pub(super) fn line(text: &str) -> Cleaned {
    if is_clean(text) {
        return Cleaned { text: text.to_owned(), changed: false };
    }
    let seen = without_invisible(text);
    let changed = seen.len() < text.len() || text.trim().chars().any(is_break);
    let plain: String = seen.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
    fewer_accents(plain.split_whitespace().collect::<Vec<_>>().join(" "), changed)
}

/// Text of several lines: line ends become `\n`, tabs stay, other control characters become spaces.
pub(super) fn block(text: &str) -> Cleaned {
    if is_clean(text) {
        return Cleaned { text: text.to_owned(), changed: false };
    }
    let text = text.replace("\r\n", "\n");
    let odd = |c: char| is_break(c) && c != '\n' && c != '\t';
    let seen = without_invisible(&text);
    let changed = seen.len() < text.len() || text.trim().chars().any(odd);
    let plain: String = seen.chars().map(|c| if odd(c) { ' ' } else { c }).collect();
    fewer_accents(plain.trim().to_owned(), changed)
}

/// The text without the accents that pile up on a letter.
fn fewer_accents(text: String, changed: bool) -> Cleaned {
    if text.is_ascii() {
        return Cleaned { text, changed };
    }
    let mut run = 0;
    let kept = |c: &char| {
        run = if is_combining_mark(*c) { run + 1 } else { 0 };
        run <= ACCENTS
    };
    let kept: String = text.chars().filter(kept).collect();
    Cleaned { changed: changed || kept.len() < text.len(), text: kept }
}

/// The text cut at a word so that it has at most `most` characters, with `…` in place of the rest; `None` when it fits.
pub(super) fn cut(text: &str, most: usize) -> Option<String> {
    text.char_indices().nth(most)?;
    let (end, _) = text.char_indices().nth(most.saturating_sub(1))?;
    let head = text.get(..end)?;
    let words = head.rfind(' ').and_then(|space| head.get(..space)).filter(|w| w.len() * 2 > head.len());
    Some(format!("{}…", words.unwrap_or(head).trim_end()))
}

/// A slug made from a name: letters and digits in lower case, everything else one `-`; empty when nothing is left.
pub(super) fn slug(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let mut out = String::new();
    for c in name.nfkd().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if c.is_ascii() && !out.ends_with('-') && !out.is_empty() && c != '\'' {
            out.push('-');
        }
    }
    out.truncate(80);
    out.trim_matches('-').to_owned()
}

/// Whether the text is a slug: `[a-z0-9-]`, not empty, at most 100 characters.
pub(super) fn is_slug(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
