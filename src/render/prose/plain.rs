//! Plain text for both parts: every word and every line as it was written. Knows neither template nor draft.

use std::fmt::Write as _;

use super::super::words;
use super::{LONGEST, Prose};
use crate::text::html::{self, Breaks};

/// The widest indent that is kept, in columns.
const INDENT: usize = 24;
/// The width of a tab, in columns.
const TAB: usize = 4;

/// Reads plain text. Any HTML in it is reduced to its text; characters that are special in Markdown or HTML stay as they are.
pub fn read(plain: &str) -> Prose {
    let plain = plain.get(..plain.floor_char_boundary(LONGEST)).unwrap_or_default();
    let unmarked = html::from_plain(plain, Breaks::All);
    let lines: Vec<String> = unmarked.as_deref().unwrap_or(plain).lines().map(line).collect();
    let mut prose = Prose::default();
    for paragraph in lines.split(String::is_empty).filter(|lines| !lines.is_empty()) {
        let shown: Vec<String> = paragraph.iter().map(|line| shown(line)).collect();
        let _ = write!(prose.html, "<p>{}</p>", shown.join("<br />"));
        if !prose.text.is_empty() {
            prose.text.push_str("\n\n");
        }
        prose.text.push_str(&paragraph.join("\n"));
    }
    prose
}

/// One cleaned line with its indent and the gaps between its columns: in a run of spaces, all but the last are no-break spaces.
fn line(source: &str) -> String {
    let indent = source.chars().take_while(|c| matches!(c, ' ' | '\t' | '\u{a0}'));
    let columns = indent.map(|c| if c == '\t' { TAB } else { 1 }).sum::<usize>().min(INDENT);
    let mut out = " ".repeat(columns);
    let mut gap = 0;
    for c in source.trim().chars() {
        match c {
            ' ' => gap += 1,
            '\t' => gap += TAB,
            c => {
                out.extend(std::iter::repeat_n('\u{a0}', gap.saturating_sub(1)));
                out.extend((gap > 0).then_some(' '));
                gap = 0;
                out.push(c);
            }
        }
    }
    let body = words::line(&out);
    if body.is_empty() { body } else { format!("{}{body}", " ".repeat(columns)) }
}

/// A line as HTML with a visible indent.
fn shown(line: &str) -> String {
    let words = line.trim_start_matches(' ');
    format!("{}{}", "&#160;".repeat(line.len() - words.len()), words::escape(words))
}
