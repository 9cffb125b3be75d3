//! Plain text made fit to show: one line, no control characters, safe addresses, breaks at a width. Knows no template.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use url::Url;

pub use crate::text::{line, turns};

/// One line for a header: what [`line`] leaves, without the marks of direction, which no header may hold.
pub fn header(text: &str) -> String {
    line(text).chars().filter(|c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')).collect()
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
            // Two of them would look like a leftover template tag.
            '{' => out.push_str("&#123;"),
            c @ (' '..='~') if c != '\\' => out.push(c),
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
    } else if (1..=9).contains(&digits) && tail[digits..].starts_with(". ") {
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
        // A link's number is never alone on a line.
        let numbered = |next: &&str| {
            let number = next.starts_with('[') && next.trim_end_matches([',', '.']).ends_with(']');
            number && word.width() + next.width() < width / 2
        };
        let glued = coming.next_if(numbered).map(|number| format!("{word} {number}"));
        let word = glued.as_deref().unwrap_or(word);
        // An address is not broken, or it could not be followed.
        let parts = if word.contains("://") { vec![word] } else { parts(word, width.saturating_sub(next.width())) };
        for (at, part) in parts.into_iter().enumerate() {
            let gap = usize::from(!bare && at == 0);
            if !bare && current.width() + gap + part.width() > width {
                start(&mut current, out);
            } else if gap > 0 {
                current.push(' ');
            }
            current.push_str(part);
            bare = false;
        }
    }
    out.push(current.trim_end().to_owned());
}

/// A word in the parts between which a line may end: Chinese, Japanese and Korean text after any character, but a line
/// does not begin with closing punctuation nor end with opening; other words only where they are wider than `room`.
fn parts(word: &str, room: usize) -> Vec<&str> {
    const CLOSING: &str = "、。，．！？：；」』）】〉》〕ー…・ゝ々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}»”’%";
    const OPENING: &str = "「『（【〈《〔([{«“‘";
    let (mut parts, mut from, mut at, mut wide) = (Vec::new(), 0, 0, 0);
    let mut before = None;
    for cluster in clusters(word) {
        let (first, width) = (cluster.chars().next().unwrap_or(' '), cluster.width());
        let free = before.is_some_and(|before| {
            (is_wide_script(before) || is_wide_script(first)) && !CLOSING.contains(first) && !OPENING.contains(before)
        });
        if free || wide > 0 && wide + width > room.max(2) {
            parts.push(&word[from..at]);
            (from, wide) = (at, 0);
        }
        at += cluster.len();
        wide += width;
        before = Some(first);
    }
    parts.push(&word[from..]);
    parts
}

/// The characters as a subscriber counts them: with what is joined to them.
fn clusters(word: &str) -> Vec<&str> {
    let (mut clusters, mut from) = (Vec::new(), 0);
    for (at, c) in word.char_indices().skip(1) {
        if !is_one(&word[from..at], c) {
            clusters.push(&word[from..at]);
            from = at;
        }
    }
    clusters.push(&word[from..]);
    clusters
}

/// Whether `c` makes one character with what stands before it: it is joined, combining or a skin tone, so that the text
/// grows no wider by it, or it is the second letter of a flag.
fn is_one(text: &str, c: char) -> bool {
    /// More code points than the longest emoji has.
    const LONGEST: usize = 16;
    match c.width() {
        Some(0) => return true,
        _ if c.is_ascii() || c.is_alphabetic() => return false,
        _ => {}
    }
    let letter = |c: char| ('\u{1f1e6}'..='\u{1f1ff}').contains(&c);
    let letters = text.chars().rev().take_while(|c| letter(*c)).count();
    let start = text.char_indices().rev().nth(LONGEST).map_or(0, |(at, _)| at);
    let mut tail = text[start..].to_owned();
    let before = tail.width();
    tail.push(c);
    tail.width() <= before || letter(c) && letters % 2 == 1
}

/// Ideographs, kana and hangul.
fn is_wide_script(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

/// The direction of a text by its first letter that has one (UAX #9, rule P2); none without such a letter.
pub fn direction(text: &str) -> Option<&'static str> {
    let rtl = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}');
    let letter = text.chars().find(|c| c.is_alphabetic())?;
    Some(if rtl(letter) { "rtl" } else { "ltr" })
}
