//! Bytes to clean text: UTF-8 with its mistakes named by line, and characters that have no place in a title. Knows no fields.

use std::path::Path;

use crate::model::{Notice, Notices};

/// The longest title that is kept, in characters.
pub(super) const TITLE: usize = 500;

/// The file as text, without a byte order mark.
///
/// # Errors
/// The line of the first byte that is not UTF-8.
pub(super) fn decode<'a>(label: &Path, bytes: &'a [u8]) -> Result<&'a str, Notices> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        let notice = Notice::new("the file must be UTF-8, found UTF-16").at(label, 1);
        return Err(notice.help("save it again as UTF-8").into());
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let good = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let byte = bytes.get(e.valid_up_to()).copied().unwrap_or_default();
        Notice::new(format!("the file must be UTF-8, found the byte 0x{byte:02X} that is none"))
            .at(label, newlines(good) + 1)
            .help("it is probably Latin-1 or Windows-1252; save it as UTF-8, or convert it: `iconv -f latin1 -t utf-8`")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[allow(clippy::naive_bytecount)] // the fast way is one more dependency for one error message
fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b == b'\n').count()
}

/// Characters that change how other text is shown without being seen: bidi controls, zero-width marks, tags.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Cleaned text, and whether something other than plain white space had to be changed.
pub(super) struct Cleaned {
    pub text: String,
    pub changed: bool,
}

/// Text for one line: control characters become spaces, invisible ones go, runs of white space become one space.
pub(super) fn line(text: &str) -> Cleaned {
    let changed = text.trim().chars().any(|c| is_break(c) || is_invisible(c));
    let plain: String = text.chars().filter(|c| !is_invisible(*c)).map(|c| if is_break(c) { ' ' } else { c }).collect();
    Cleaned { text: plain.split_whitespace().collect::<Vec<_>>().join(" "), changed }
}

/// Text of several lines: line ends become `\n`, tabs stay, other control characters become spaces.
pub(super) fn block(text: &str) -> Cleaned {
    let text = text.replace("\r\n", "\n");
    let odd = |c: char| is_break(c) && c != '\n' && c != '\t';
    let changed = text.trim().chars().any(|c| odd(c) || is_invisible(c));
    let plain: String = text.chars().filter(|c| !is_invisible(*c)).map(|c| if odd(c) { ' ' } else { c }).collect();
    Cleaned { text: plain.trim().to_owned(), changed }
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
