//! Plain text made fit to show: one line, no control characters, safe addresses, breaks at a width. Knows no template.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use url::Url;

/// One line of plain text: white space runs become one space; control characters and the direction overrides that can
/// turn the text around them are dropped.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() && c != '\u{a0}' || c.is_control()) {
        let word: String = word.chars().filter(|c| !turns(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

/// Several lines of plain text, each cleaned as [`line`] does but with its own indent dropped.
pub fn lines(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Embeddings, overrides and isolates (UAX #9), and the line separators that some programs break at.
pub fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// An address fit for `href`, in the form that both parts show: http, https with a host, or mailto; else `None`. What
/// could end an attribute or confuse a mail program is percent-encoded.
pub fn href(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    let known = match url.scheme() {
        "http" | "https" => url.has_host(),
        "mailto" => url.path().contains('@'),
        _ => false,
    };
    if !known {
        return None;
    }
    let mut out = String::new();
    for c in url.as_str().chars() {
        match c {
            '"' | '\'' | '<' | '>' | '\\' | '`' | '{' | '}' | ' ' => {
                let _ = write!(out, "%{:02X}", u32::from(c));
            }
            c if c.is_ascii_graphic() => out.push(c),
            c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| {
                let _ = write!(out, "%{b:02X}");
            }),
        }
    }
    Some(out)
}

/// Escapes text for HTML, both as content and inside quotes. Characters that mrml would garble when it prints an attribute
/// (it uses Rust's `{:?}`) become numeric references.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c == '\\' || c.escape_debug().len() > 1 => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Breaks `text` at `width` display columns. Its own line breaks stay; a line that begins with `- `, `1. ` or `> ` goes on
/// under its words (quotes repeat their mark); `rest` indents all lines but the first. An address is never broken.
pub fn wrap(text: &str, width: usize, rest: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for source in text.lines() {
        let (mark, words) = marker(source);
        let first = if out.is_empty() { mark.clone() } else { format!("{rest}{mark}") };
        let hang: String = if mark.starts_with('>') { mark } else { " ".repeat(mark.width()) };
        fill(words, width, &first, &format!("{rest}{hang}"), &mut out);
    }
    out.join("\n")
}

/// Splits a line's list or quote marks from its words.
fn marker(source: &str) -> (String, &str) {
    let mut at = source.len() - source.trim_start_matches([' ', '>']).len();
    let tail = &source[at..];
    let digits = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if tail.starts_with("- ") {
        at += 2;
    } else if (1..=3).contains(&digits) && tail[digits..].starts_with(". ") {
        at += digits + 2;
    }
    (source[..at.min(source.len())].chars().take(24).collect(), &source[at..])
}

fn fill(words: &str, width: usize, first: &str, next: &str, out: &mut Vec<String>) {
    let mut current = first.to_owned();
    let mut bare = true;
    let start = |current: &mut String, out: &mut Vec<String>| out.push(std::mem::replace(current, next.to_owned()));
    let mut coming = words.split(' ').filter(|w| !w.is_empty()).peekable();
    while let Some(word) = coming.next() {
        // A link's number never stands alone on a line.
        let numbered = |next: &&str| {
            let number = next.starts_with('[') && next.trim_end_matches([',', '.']).ends_with(']');
            number && word.width() + next.width() < width / 2
        };
        let glued = coming.next_if(numbered).map(|number| format!("{word} {number}"));
        let word = glued.as_deref().unwrap_or(word);
        let gap = usize::from(!bare);
        if !bare && current.width() + gap + word.width() > width {
            start(&mut current, out);
            bare = true;
        }
        if !bare {
            current.push(' ');
        }
        if current.width() + word.width() <= width || word.contains("://") {
            current.push_str(word);
        } else {
            for c in word.chars() {
                if current.width() + c.width().unwrap_or(0) > width && !joins(c) && !current.ends_with('\u{200d}') {
                    start(&mut current, out);
                }
                current.push(c);
            }
        }
        bare = false;
    }
    out.push(current.trim_end().to_owned());
}

/// Whether `c` belongs to the character before it: joiners, variation selectors, combining marks.
fn joins(c: char) -> bool {
    c.width().unwrap_or(0) == 0
}
