//! Splits a page's text into lines and separates white space, bullets and numbers. Knows nothing of a guide's parts.

use crate::sources::text;

/// The marker that begins a list item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Bullet,
    Number(u32),
}

/// A line that is not blank.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its number in the file, from 1.
    pub no: usize,
    /// The line of a marker that is alone above its text, as browsers copy some lists.
    pub marker: Option<usize>,
    /// Its text without marker, trimmed, in single spaces.
    pub text: String,
    pub list: Option<List>,
    /// Whether it begins with `#`s, which were taken off.
    pub hashes: bool,
    /// Whether a blank line or the page's edge is next to it. On a page without blank lines always true.
    pub gap_before: bool,
    pub gap_after: bool,
}

/// The lines that are not blank.
pub(super) fn lex(page: &str) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    let (mut gap, mut waiting) = (true, None);
    for (i, raw) in page.lines().enumerate() {
        let text = text::line(raw).text;
        if text.is_empty() {
            gap = true;
            if let (None, Some(last)) = (waiting, out.last_mut()) {
                last.gap_after = true;
            }
            continue;
        }
        let (list, rest) = marker(&text);
        if list.is_some() && rest.is_empty() && waiting.is_none() {
            waiting = list.map(|list| (i + 1, list));
            continue;
        }
        let stripped = rest.trim_start_matches('#');
        let hashes = list.is_none() && stripped.len() < rest.len() && stripped.starts_with(' ');
        let mut line = Line {
            no: i + 1,
            marker: None,
            text: if hashes { stripped.trim().to_owned() } else { rest.to_owned() },
            list,
            hashes,
            gap_before: gap,
            gap_after: false,
        };
        if let Some((no, list)) = waiting.take() {
            (line.marker, line.list) = (Some(no), line.list.or(Some(list)));
        }
        gap = false;
        out.push(line);
    }
    if let (Some((no, list)), marker) = (waiting, None) {
        let text = String::from("•");
        out.push(Line { no, marker, text, list: Some(list), hashes: false, gap_before: true, gap_after: true });
    }
    finish(out)
}

/// Settles the gaps: the page's end is one, and a page with hardly a blank line has one around each line.
fn finish(mut lines: Vec<Line>) -> Vec<Line> {
    if let Some(last) = lines.last_mut() {
        last.gap_after = true;
    }
    let gaps = lines.iter().filter(|l| l.gap_before).count();
    if gaps * 5 < lines.len() {
        for line in &mut lines {
            (line.gap_before, line.gap_after) = (true, true);
        }
    }
    lines
}

/// The list marker at the beginning of a line and the text after it.
fn marker(text: &str) -> (Option<List>, &str) {
    let first = text.chars().next().unwrap_or(' ');
    let rest = text.get(first.len_utf8()..).unwrap_or_default();
    let free = rest.is_empty() || rest.starts_with(' ');
    match first {
        '•' | '●' | '▪' | '◦' | '‣' | '∙' => (Some(List::Bullet), rest.trim()),
        '-' | '*' | '+' | '–' | '—' | '·' if free => (Some(List::Bullet), rest.trim()),
        _ => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let after = text.get(digits..).unwrap_or_default();
            let number = text.get(..digits).and_then(|d| d.parse().ok()).filter(|_| digits <= 3);
            let rest = after.strip_prefix(['.', ')']).filter(|r| r.is_empty() || r.starts_with(' '));
            match (number, rest) {
                (Some(number), Some(rest)) => (Some(List::Number(number)), rest.trim()),
                _ => (None, text),
            }
        }
    }
}

/// The longest heading that is recognised, in characters.
const HEADING: usize = 90;

impl Line {
    /// Whether the line looks like a heading: marked with `#`, or short, no list, alone between gaps, beginning like a
    /// title and not ending like a sentence. A question may head a section, so `?` does not end a sentence here.
    pub(super) fn is_heading(&self) -> bool {
        let begins = |c: char| !c.is_lowercase() || self.text.chars().nth(1).is_some_and(char::is_uppercase);
        self.hashes
            || (self.list.is_none()
                && self.gap_before
                && self.gap_after
                && self.text.chars().count() <= HEADING
                && self.text.starts_with(begins)
                && !self.text.ends_with(['.', '!', ':', ';', ',', '…', '。'])
                && !self.text.contains(". "))
    }

    /// The line as Markdown: with the marker of its list.
    pub(super) fn markdown(&self) -> String {
        match self.list {
            None => self.text.clone(),
            Some(List::Bullet) => format!("- {}", self.text),
            Some(List::Number(n)) => format!("{n}. {}", self.text),
        }
    }

    /// Whether this line continues the sentence of the list item above it.
    pub(super) fn continues(&self, above: &Self) -> bool {
        self.list.is_none() && self.no == above.no + 1 && self.text.starts_with(char::is_lowercase)
    }
}
