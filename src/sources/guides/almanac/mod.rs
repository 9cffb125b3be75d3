//! The text of an Almanac guide page: one guide and the news listed under it. Lines, then parts, then the guide; a line that
//! no part takes is reported, never dropped. Ages count from a time that is an argument.

mod ages;
mod header;
mod lines;
mod marks;
mod more;
mod names;
mod parts;

use std::ops::Range;
use std::path::Path;

use chrono::NaiveDateTime;

use super::slug_of_title;
use crate::model::{Faq, Guide, Item, Level, Notices, Section, Status, TimelineEntry, Version};
use crate::sources::Imported;
use crate::sources::report::{Report, quoted};
use crate::sources::text;
use lines::Line;
use marks::{Kind, Mark};

/// Whether the text looks like an Almanac page: it has two of its marks, or its first lines.
pub(super) fn is_page(page: &str) -> bool {
    let lines = lines::lex(page);
    let marks: Vec<Mark> = (0..lines.len()).filter_map(|at| Mark::of(&lines, at, NaiveDateTime::MIN)).take(2).collect();
    marks.len() == 2
}

/// Reads the page; `now` is the local time from which its ages count.
///
/// # Errors
/// A page without a title.
pub(super) fn read(label: &Path, page: &str, now: NaiveDateTime) -> Result<Imported, Notices> {
    let mut page = Page::new(label, page, now);
    page.walk();
    page.sweep();
    let guide = page.guide();
    let items = std::mem::take(&mut page.items);
    let notices = page.report.finish()?;
    Ok(Imported { items, guides: guide.into_iter().collect(), notices })
}

/// A page that is being read: its lines, which part took each, and what they gave.
struct Page {
    lines: Vec<Line>,
    /// The part that took the line, by the line's index.
    uses: Vec<Option<&'static str>>,
    now: NaiveDateTime,
    report: Report,
    title: String,
    meta: header::Meta,
    kind: Kind,
    kind_line: usize,
    tldr: String,
    takeaways: Vec<String>,
    sections: Vec<Section>,
    timeline: Vec<TimelineEntry>,
    related_topics: Vec<String>,
    faq: Vec<Faq>,
    versions: Vec<Version>,
    related_guides: Vec<String>,
    related_guides_count: Option<u32>,
    items: Vec<Item>,
}

impl Page {
    fn new(label: &Path, page: &str, now: NaiveDateTime) -> Self {
        let lines = lines::lex(page);
        let mut report = Report::new(label);
        for (i, _) in page.lines().enumerate().filter(|(_, raw)| text::line(raw).changed) {
            report.note(
                i + 1,
                "the line had control characters, hidden characters or stacked accents; they were removed",
                "",
            );
        }
        Self {
            uses: vec![None; lines.len()],
            lines,
            now,
            report,
            title: String::new(),
            meta: header::Meta::default(),
            kind: Kind::Silent,
            kind_line: 0,
            tldr: String::new(),
            takeaways: Vec::new(),
            sections: Vec::new(),
            timeline: Vec::new(),
            related_topics: Vec::new(),
            faq: Vec::new(),
            versions: Vec::new(),
            related_guides: Vec::new(),
            related_guides_count: None,
            items: Vec::new(),
        }
    }

    /// Finds the marks and hands each part the lines up to the next one. A mark counts once: the second line "Timeline" is
    /// text.
    fn walk(&mut self) {
        let mut marks: Vec<(usize, Mark)> = Vec::new();
        for at in 0..self.lines.len() {
            let Some(mark) = Mark::of(&self.lines, at, self.now) else { continue };
            if marks.iter().all(|(_, m)| std::mem::discriminant(m) != std::mem::discriminant(&mark)) {
                marks.push((at, mark));
            }
        }
        let kind = marks.iter().position(|(_, m)| matches!(m, Mark::Kind(_)));
        let head = kind.or_else(|| marks.iter().position(|(_, m)| *m == Mark::Brand));
        if head.is_none() {
            let end = marks.first().map_or(self.lines.len(), |(at, _)| *at);
            self.header(0..end);
        }
        let ends: Vec<usize> = marks.iter().skip(1).map(|(at, _)| *at).chain([self.lines.len()]).collect();
        for (i, ((at, mark), end)) in marks.into_iter().zip(ends).enumerate() {
            self.part(at, mark, at + 1..end, head == Some(i));
        }
    }

    fn part(&mut self, at: usize, mark: Mark, range: Range<usize>, is_head: bool) {
        let no = self.lines.get(at).map_or(0, |l| l.no);
        self.take(at, "mark");
        match mark {
            Mark::Brand | Mark::Kind(_) => {
                if let Mark::Kind(kind) = mark {
                    self.kind = kind;
                    self.kind_line = no;
                }
                if is_head {
                    self.header(range);
                }
            }
            Mark::Tldr(inline) => self.tldr(range, inline),
            Mark::Takeaways => self.takeaways(range),
            Mark::Timeline => self.timeline(range),
            Mark::Topics => self.topics(range),
            Mark::Faq => self.faq(range),
            Mark::Stay => self.stay(range),
            Mark::Versions => self.versions(range),
            Mark::Guides(count) => self.guides(range, count, no),
            Mark::More { topic, count } => self.more(range, &topic, count, no),
        }
    }

    fn take(&mut self, at: usize, part: &'static str) {
        if let Some(used) = self.uses.get_mut(at) {
            debug_assert!(used.is_none(), "two parts take one line");
            *used = Some(part);
        }
    }

    /// Reports the lines that no part took, a run of them as one.
    fn sweep(&mut self) {
        let mut at = 0;
        while at < self.lines.len() {
            let run = self.uses.iter().skip(at).take_while(|used| used.is_none()).count();
            if let (Some(first), Some(last), true) = (self.lines.get(at), self.lines.get(at + run.max(1) - 1), run > 0)
            {
                let (from, to) = (first.marker.unwrap_or(first.no), last.no);
                let what = quoted(&first.text);
                let message = if from == to {
                    format!("not understood and left out: {what}")
                } else {
                    format!("lines {from} to {to} were not understood and left out, beginning with {what}")
                };
                self.report.note(from, message, "if the guide needs it, add it to the guide's file by hand");
                self.uses.iter_mut().skip(at).take(run).for_each(|used| *used = Some("reported"));
            }
            at += run.max(1);
        }
    }

    fn guide(&mut self) -> Option<Guide> {
        let meta = std::mem::take(&mut self.meta);
        let slug = Some(slug_of_title(&self.title)).filter(|s| self.title.contains(':') && text::is_slug(s));
        let others = [text::slug(&meta.topic), slug_of_title(&self.title)];
        let slug = slug.or_else(|| others.into_iter().find(|s| text::is_slug(s)));
        let Some(slug) = slug.filter(|_| !self.title.is_empty()) else {
            self.report.error(
                1,
                "expected the page's title under \"Guide · LEVEL\", found none that gives a slug",
                "copy the whole page, from its first line",
            );
            return None;
        };
        let level = self.level(meta.level);
        let topic = if meta.topic.is_empty() {
            self.title.split(':').next().unwrap_or_default().trim().to_owned()
        } else {
            meta.topic
        };
        let names = u32::try_from(self.related_guides.len()).unwrap_or(u32::MAX);
        Some(Guide {
            slug,
            title: std::mem::take(&mut self.title),
            topic,
            level,
            status: meta.status.unwrap_or(Status::Live),
            version: meta.version.unwrap_or(1),
            updated: meta.updated,
            tldr: std::mem::take(&mut self.tldr),
            takeaways: std::mem::take(&mut self.takeaways),
            sections: std::mem::take(&mut self.sections),
            related_topics: std::mem::take(&mut self.related_topics),
            related_guides: std::mem::take(&mut self.related_guides),
            related_guides_count: self.related_guides_count.unwrap_or(names),
            timeline: std::mem::take(&mut self.timeline),
            faq: std::mem::take(&mut self.faq),
            versions: std::mem::take(&mut self.versions),
            url: None,
        })
    }

    fn level(&mut self, told: Option<Level>) -> Level {
        let taken = told.unwrap_or(Level::Beginner);
        match std::mem::take(&mut self.kind) {
            Kind::Level(level) => {
                if let Some(told) = told.filter(|told| *told != level) {
                    self.report.note(None, format!("the page says both {level} and {told}; {level} was taken"), "");
                }
                return level;
            }
            Kind::Unknown(word) => {
                let message = format!(
                    "the level {} is not known; it must be beginner, intermediate or advanced, and {taken} was taken",
                    quoted(&word)
                );
                self.report.note(self.kind_line, message, "correct `level` in the guide's file");
            }
            Kind::Silent if told.is_none() => {
                self.report.note(None, format!("the page names no level; {taken} is assumed"), "");
            }
            Kind::Silent => {}
        }
        taken
    }
}

#[cfg(test)]
mod tests;
