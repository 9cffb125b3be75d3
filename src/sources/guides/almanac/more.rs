//! "More on TOPIC (N)": the page's own list of news, each item headed by score, source and age.

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};

use super::{Page, ages};
use crate::model::{Item, Published, TextFormat};
use crate::sources::news::derived_id;
use crate::sources::text;

/// The fields of an item's head line.
#[derive(Debug, PartialEq)]
pub(super) struct Head {
    pub score: f64,
    pub source: String,
    pub day: NaiveDate,
    /// The text after the age that is not the link to the source.
    pub rest: String,
    /// Whether the source begins with a digit, so that another reading is possible.
    pub doubtful: bool,
}

/// Reads "8Example Lab·3d ago·source ↗". The number is the longest from 0 to 10 that leaves a source.
pub(super) fn head(line: &str, now: NaiveDateTime) -> Option<Head> {
    let pieces: Vec<&str> = line.split(['·', '•', '|']).map(str::trim).collect();
    let aged = pieces.iter().skip(1).position(|p| ages::day(p, now).is_some())? + 1;
    let day = ages::day(pieces.get(aged)?, now)?;
    let first = pieces.get(..aged)?.join(" · ");
    let (score, source) = score(&first)?;
    let remark =
        |p: &&&str| !p.is_empty() && !p.trim_end_matches(|c: char| !c.is_alphanumeric()).eq_ignore_ascii_case("source");
    let rest: Vec<&str> = pieces.iter().skip(aged + 1).filter(remark).copied().collect();
    let doubtful = source.starts_with(|c: char| c.is_ascii_digit());
    Some(Head { score, source, day, rest: rest.join(" · "), doubtful })
}

fn score(text: &str) -> Option<(f64, String)> {
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    let decimals = text.get(whole..)?.strip_prefix('.').map_or(0, |t| t.bytes().take_while(u8::is_ascii_digit).count());
    let ends = (decimals > 0).then_some(whole + 1 + decimals).into_iter().chain((1..=whole.min(2)).rev());
    ends.into_iter().find_map(|end| {
        let score: f64 = text.get(..end)?.parse().ok()?;
        let source = text.get(end..)?.trim_start_matches(['·', ' ', '/', '-']).trim();
        let canonical = end == 1 || !text.starts_with('0') || decimals > 0;
        let fits = score <= 10.0 && canonical && source.chars().any(char::is_alphabetic);
        fits.then(|| (score, source.to_owned()))
    })
}

impl Page {
    /// The text, cut at a word if it is too long, which is reported.
    pub(super) fn short(&mut self, no: usize, most: usize, what: &str, full: String) -> String {
        match text::cut(&full, most) {
            Some(short) => {
                self.report.note(no, format!("the {what} is longer than {most} characters; it was cut at a word"), "");
                short
            }
            None => full,
        }
    }

    /// The items: a head, a title, and paragraphs up to the next head. `no` is the mark's line.
    pub(super) fn more(&mut self, range: Range<usize>, topic: &str, count: Option<usize>, no: usize) {
        let mut at = range.start;
        let before = self.items.len();
        while at < range.end {
            let Some(head) = self.lines.get(at).and_then(|l| head(&l.text, self.now)) else {
                if self.items.len() > before {
                    break;
                }
                at += 1;
                continue;
            };
            at = self.item(at, range.end, head, topic);
        }
        let found = self.items.len() - before;
        if let Some(count) = count.filter(|n| *n != found) {
            self.report.note(
                no,
                format!("the page counts {count} news items here; {found} were found"),
                "copy the page to its end",
            );
        }
        self.body(at.min(range.end)..range.end, true);
    }

    /// One item from its head at `at`; the index of the first line that is not its own.
    fn item(&mut self, at: usize, end: usize, head: Head, topic: &str) -> usize {
        let no = self.lines.get(at).map_or(0, |l| l.no);
        self.take(at, "news");
        if head.doubtful {
            self.report.note(
                no,
                format!("read as the score {} and the source `{}`", head.score, head.source),
                "correct the item if the score has two digits",
            );
        }
        if !head.rest.is_empty() {
            self.report.note(no, format!("not understood and left out: `{}`", head.rest), "");
        }
        let is_head =
            |page: &Self, i: usize| page.lines.get(i).is_some_and(|l| self::head(&l.text, page.now).is_some());
        if at + 1 >= end || is_head(self, at + 1) {
            self.report.note(no, "a news item without a title was left out", "");
            return at + 1;
        }
        let full = self.lines.get(at + 1).map(|l| l.text.clone()).unwrap_or_default();
        self.take(at + 1, "news");
        let mut next = at + 2;
        while next < end && !is_head(self, next) && !(next > at + 2 && self.heads_section(next, end)) {
            self.take(next, "news");
            next += 1;
        }
        let title = self.short(no + 1, text::TITLE, "title", full);
        let source = self.short(no, text::NAME, "source", head.source);
        self.items.push(Item {
            id: derived_id(None, &source, &title),
            title,
            source,
            published: Published::Day(head.day),
            score: Some(head.score),
            url: None,
            summary: self.joined(at + 2..next),
            format: TextFormat::Text,
            topics: if topic.is_empty() { Vec::new() } else { vec![topic.to_owned()] },
            guides: Vec::new(),
            extra: serde_json::Map::new(),
        });
        next
    }
}
