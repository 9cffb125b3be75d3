//! The head of a page: its title and the line in which topic, level, state, version, status and age run together.

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};

use super::{Page, ages};
use crate::model::{Level, Status};
use crate::sources::report::quoted;
use crate::sources::text;

/// The fields of the run-together line.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Meta {
    pub topic: String,
    pub level: Option<Level>,
    /// A word such as "active", which says nothing that a guide keeps.
    pub state: String,
    pub version: Option<u32>,
    pub status: Option<Status>,
    pub updated: Option<NaiveDate>,
    /// The text that was not understood.
    pub rest: Vec<String>,
}

const SEPARATORS: [char; 6] = ['·', '•', '|', '-', '–', ' '];

impl Page {
    /// The first line is the title; the next ones, up to the one that tells the age or else the version, are the meta.
    pub(super) fn header(&mut self, range: Range<usize>) {
        let Some(title) = self.lines.get(range.start).filter(|_| !range.is_empty()) else { return };
        let (no, full) = (title.no, title.text.clone());
        self.title = self.short(no, text::TITLE, "title", full);
        self.take(range.start, "title");
        let rest = range.start + 1..range.end;
        let texts: Vec<String> = rest.clone().take(8).filter_map(|at| Some(self.lines.get(at)?.text.clone())).collect();
        let short = |t: &String| t.len() < 300;
        let told = |t: &String| short(t) && (version(t).is_some() || t.parse::<Level>().is_ok());
        let aged = texts.iter().position(|t| short(t) && t.contains("generated"));
        let count = aged.or_else(|| texts.iter().rposition(told)).map_or(0, |at| at + 1);
        if count > 0 {
            self.meta = meta(&texts.iter().take(count).cloned().collect::<Vec<_>>().join("·"), self.now);
            (rest.start..rest.start + count).for_each(|at| self.take(at, "meta"));
            self.doubts(self.lines.get(rest.start).map_or(no, |l| l.no));
        } else {
            self.report.note(no, "the line with level, version, status and age was not found under the title", "");
        }
        self.body(rest.start + count..range.end, false);
    }

    fn doubts(&mut self, no: usize) {
        for rest in std::mem::take(&mut self.meta.rest) {
            self.report.note(no, format!("not understood and left out: {}", quoted(&rest)), "");
        }
        if !self.meta.state.is_empty() && !self.meta.state.eq_ignore_ascii_case("active") {
            let message = format!(
                "the state {} was dropped; only the status decides whether a guide is paired",
                quoted(&self.meta.state)
            );
            self.report.note(no, message, "");
        }
    }
}

/// Parses the line from its end: the age, then "vN" and the status, then the level, which the topic precedes.
pub(super) fn meta(line: &str, now: NaiveDateTime) -> Meta {
    let mut out = Meta::default();
    let (front, age) = line.rsplit_once("generated").unwrap_or((line, ""));
    for (i, piece) in age.split('·').map(str::trim).filter(|p| !p.is_empty()).enumerate() {
        match ages::day(piece, now) {
            Some(day) if i == 0 => out.updated = Some(day),
            _ => out.rest.push(piece.to_owned()),
        }
    }
    let mut head = front;
    if let Some((at, number, after)) = version(front) {
        (head, out.version) = (front.get(..at).unwrap_or_default(), Some(number));
        for word in after.split(SEPARATORS).filter(|w| !w.is_empty()) {
            match word.parse() {
                Ok(status) if out.status.is_none() => out.status = Some(status),
                _ => out.rest.push(word.to_owned()),
            }
        }
    }
    let level =
        Level::ALL.into_iter().filter_map(|l| Some((last_word(head, l.as_str())?, l))).max_by_key(|(at, _)| *at);
    if let Some((at, level)) = level {
        out.level = Some(level);
        let state = head.get(at + level.as_str().len()..).unwrap_or_default();
        state.trim_matches(SEPARATORS).clone_into(&mut out.state);
        head = head.get(..at).unwrap_or_default();
    }
    head.trim_matches(['·', '|', ' ']).clone_into(&mut out.topic);
    out
}

/// Where a level's word last stands with a capital, else in small letters after a separator.
fn last_word(head: &str, word: &str) -> Option<usize> {
    let capital: String = word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
    let apart = |at: &usize| head.get(..*at).is_some_and(|h| h.is_empty() || h.ends_with(SEPARATORS));
    head.rfind(&capital).or_else(|| head.rfind(word).filter(apart))
}

/// The last "vN" that stands apart or before a status word: where, its number, and the text after it.
pub(super) fn version(text: &str) -> Option<(usize, u32, &str)> {
    text.rmatch_indices('v').find_map(|(at, _)| {
        let tail = text.get(at + 1..)?;
        let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        let number = tail.get(..digits)?.parse().ok()?;
        let after = tail.get(digits..)?;
        let next = after.trim_start_matches(SEPARATORS).to_lowercase();
        let before_status = Status::ALL.iter().any(|s| next.starts_with(s.as_str()));
        let apart = !text.get(..at)?.ends_with(char::is_alphanumeric);
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || c == '.');
        (before_status || (apart && ends)).then_some((at, number, after))
    })
}
