//! The parts of a page, each under its mark. A part takes the lines of its own shape; the rest is read as sections,
//! so that a page whose parts are in another order can still be read.

use std::ops::Range;

use chrono::NaiveDate;

use super::lines::List;
use super::{Page, ages, names};
use crate::model::{Faq, Section, TimelineEntry, Version};
use crate::sources::text;

/// The longest topic name that is on a separate line.
const NAME: usize = 60;

impl Page {
    fn text(&self, at: usize) -> &str {
        self.lines.get(at).map_or("", |l| l.text.as_str())
    }

    fn list(&self, at: usize) -> Option<List> {
        self.lines.get(at).and_then(|l| l.list)
    }

    fn is_heading(&self, at: usize) -> bool {
        self.lines.get(at).is_some_and(super::Line::is_heading)
    }

    fn no(&self, at: usize) -> usize {
        self.lines.get(at).map_or(0, |l| l.no)
    }

    /// Whether the line heads a section: it looks like a heading and text or a list follows before `end`. A heading-like
    /// line before another one, or before a mark, heads nothing: it is a figure's caption or a button.
    pub(super) fn heads_section(&self, at: usize, end: usize) -> bool {
        self.is_heading(at) && at + 1 < end && !self.is_heading(at + 1)
    }

    /// Whether the line may be a name in a list of names.
    fn is_name(&self, at: usize) -> bool {
        let short = self.text(at).chars().count() <= NAME && !self.text(at).ends_with(['.', '?', '!']);
        self.list(at).is_some() || short
    }

    fn continues(&self, at: usize) -> bool {
        let above = at.checked_sub(1).and_then(|above| self.lines.get(above));
        above.zip(self.lines.get(at)).is_some_and(|(above, line)| line.continues(above))
    }

    /// Lines as Markdown: list lines below each other, wrapped lines joined, paragraphs apart.
    pub(super) fn joined(&self, range: Range<usize>) -> String {
        let mut out = String::new();
        for at in range.clone() {
            let Some(line) = self.lines.get(at) else { continue };
            if at > range.start {
                let above_is_list = self.list(at - 1).is_some();
                out.push_str(match (above_is_list, line.list.is_some()) {
                    (true, true) => "\n",
                    (true, false) if line.continues(&self.lines[at - 1]) => " ",
                    (false, false) if !line.gap_before => " ",
                    _ => "\n\n",
                });
            }
            out.push_str(&line.markdown());
        }
        out
    }

    fn take_all(&mut self, range: Range<usize>, part: &'static str) {
        range.for_each(|at| self.take(at, part));
    }

    /// Sections. `late` when the page's tail has begun, where text without a heading belongs to nothing that is known.
    pub(super) fn body(&mut self, range: Range<usize>, late: bool) {
        let mut at = range.start;
        while at < range.end {
            let headed = self.heads_section(at, range.end);
            if self.is_heading(at) && !headed {
                let message = format!(
                    "{} stands alone, as a figure's caption does; it was left out",
                    crate::sources::report::quoted(self.text(at))
                );
                self.report.note(self.no(at), message, "");
                self.take(at, "caption");
                at += 1;
                continue;
            }
            let from = at + usize::from(headed);
            let end = (from..range.end).find(|i| *i > from && self.is_heading(*i)).unwrap_or(range.end);
            if headed || (!late && self.sections.is_empty()) {
                let heading = if headed { self.text(at).to_owned() } else { String::new() };
                if headed && late {
                    let message = format!(
                        "{} is not a part that pages are known to have; it was kept as a section",
                        crate::sources::report::quoted(&heading)
                    );
                    self.report.note(self.no(at), message, "");
                }
                self.sections.push(Section { heading, text: self.joined(from..end) });
                self.take_all(at..end, "section");
            }
            at = end;
        }
    }

    pub(super) fn tldr(&mut self, range: Range<usize>, inline: String) {
        let first = usize::from(inline.is_empty() && !range.is_empty());
        let end = (range.start + first..range.end).find(|at| self.is_heading(*at)).unwrap_or(range.end);
        let rest = self.joined(range.start..end);
        self.tldr = [inline, rest].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n\n");
        self.take_all(range.start..end, "tldr");
        self.body(end..range.end, false);
    }

    /// The texts of a list; lines without markers count when the whole list has none. Also the index after it.
    fn texts(
        &mut self,
        range: Range<usize>,
        part: &'static str,
        plain: impl Fn(&Self, usize) -> bool,
    ) -> (Vec<String>, usize) {
        let marked = self.list(range.start).is_some();
        let mut out: Vec<String> = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let is_own = if marked { self.list(at).is_some() } else { plain(self, at) };
            match out.last_mut() {
                Some(last) if marked && self.continues(at) => {
                    last.push(' ');
                    last.push_str(self.lines.get(at).map_or("", |l| l.text.as_str()));
                }
                _ if is_own => out.push(self.text(at).to_owned()),
                _ => break,
            }
            self.take(at, part);
            at += 1;
        }
        (out, at)
    }

    pub(super) fn takeaways(&mut self, range: Range<usize>) {
        let end = range.end;
        let (texts, at) = self.texts(range, "takeaways", |page, at| !page.is_heading(at));
        self.takeaways = texts;
        self.body(at..end, false);
    }

    /// Entries, which may begin with their day as YYYY-MM-DD.
    pub(super) fn timeline(&mut self, range: Range<usize>) {
        let end = range.end;
        let (texts, at) = self.texts(range, "timeline", |page, at| !page.heads_section(at, end));
        self.timeline = texts.iter().map(|t| dated(t)).collect();
        self.body(at..end, true);
    }

    /// Names: run together in one line, separated in one line, or one a line.
    pub(super) fn topics(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end && (at == range.start || (self.is_name(at) && !self.heads_section(at, range.end))) {
            at += 1;
        }
        let own: std::collections::HashSet<usize> = (range.start..at).collect();
        let others = (0..self.lines.len()).filter(|i| !own.contains(i)).map(|i| self.text(i));
        let known = names::Known::new(others);
        for i in range.start..at {
            let (found, doubtful) = known.split(self.text(i));
            if doubtful {
                let message = format!("these names run together; they were split into {}", found.join(" | "));
                self.report.note(self.no(i), message, "correct `related_topics` in the guide's file if that is wrong");
            }
            for name in found {
                if !self.related_topics.contains(&name) {
                    self.related_topics.push(name);
                }
            }
            self.take(i, "topics");
        }
        self.body(at..range.end, true);
    }

    /// A question is a line that ends with `?`; its answer continues to the next question. A heading after an answer, with text
    /// below it, is a section again.
    pub(super) fn faq(&mut self, range: Range<usize>) {
        let is_question = |page: &Self, at: usize| page.text(at).ends_with(['?', '？']);
        let mut at = range.start;
        while at < range.end && is_question(self, at) {
            let asked = at;
            at += 1;
            let stop = |page: &Self, i: usize| is_question(page, i) || (i > asked + 1 && page.is_heading(i));
            while at < range.end && !stop(self, at) {
                at += 1;
            }
            let answer = self.joined(asked + 1..at);
            if answer.is_empty() {
                self.report.note(self.no(asked), "this question has no answer", "");
            }
            self.faq.push(Faq { question: self.text(asked).to_owned(), answer });
            self.take_all(asked..at, "faq");
        }
        self.body(at..range.end, true);
    }

    /// The page's own advertisement: its first paragraph is known and of no use to a newsletter.
    pub(super) fn stay(&mut self, range: Range<usize>) {
        let wraps = |page: &Self, at: usize| page.lines.get(at).is_some_and(|l| !l.gap_before);
        let mut at = range.start;
        while at < range.end && (at == range.start || wraps(self, at)) {
            self.take(at, "promotion");
            at += 1;
        }
        self.body(at..range.end, true);
    }

    /// "v2live3d ago", also with separators. A line whose status word is none that a guide has stays, and its word is told.
    pub(super) fn versions(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while let Some((version, unknown)) = (at < range.end).then(|| self.version(at)).flatten() {
            if let Some(word) = unknown {
                let word = crate::sources::report::quoted(&word);
                let message = format!(
                    "the status {word} of version {} is not known; the version was kept without it",
                    version.version
                );
                self.report.note(self.no(at), message, "");
            }
            self.versions.push(version);
            self.take(at, "versions");
            at += 1;
        }
        self.body(at..range.end, true);
    }

    /// A line of the list: its version, and a status word that is not known.
    fn version(&self, at: usize) -> Option<(Version, Option<String>)> {
        /// No status word is longer.
        const WORD: usize = 24;
        let text = self.text(at);
        let (front, date) = match ages::split_off(text, self.now) {
            Some((front, day)) => (front, Some(day)),
            None => (text, None),
        };
        let lower = front.to_lowercase();
        let number = ["version ", "ver. ", "v. ", "v "].iter().find_map(|mark| lower.strip_prefix(mark));
        let number = number.or_else(|| lower.strip_prefix('v'))?.trim_start();
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        let version = number.get(..digits)?.parse().ok()?;
        let after = number.get(digits..)?;
        if after.starts_with('.') && after.get(1..)?.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let word = after.trim_matches(|c: char| !c.is_alphanumeric());
        let status = word.parse().ok();
        let is_word = word.chars().count() <= WORD && word.split_whitespace().count() <= 2;
        // "v3 is out" heads a section if text follows it.
        let is_heading = word.contains(' ') && date.is_none();
        let unknown = (status.is_none() && !word.is_empty()).then(|| word.to_owned());
        (is_word && !is_heading).then_some((Version { version, date, status }, unknown))
    }

    /// The publication's count and, where the page has them, names.
    pub(super) fn guides(&mut self, range: Range<usize>, count: Option<u32>, no: usize) {
        let mut at = range.start;
        while at < range.end && !self.heads_section(at, range.end) && self.is_name(at) {
            let slug = super::slug_of_title(self.text(at));
            if !text::is_slug(&slug) {
                break;
            }
            if !self.related_guides.contains(&slug) {
                self.related_guides.push(slug);
            }
            self.take(at, "related guides");
            at += 1;
        }
        let names = u32::try_from(at - range.start).unwrap_or(u32::MAX);
        self.related_guides_count = count.or(Some(names));
        if names > 0 {
            let message = format!(
                "the slugs of the related guides were made from their names: {}",
                self.related_guides.join(", ")
            );
            self.report.note(no, message, "");
        }
        if let Some(count) = count.filter(|n| names > 0 && *n != names) {
            self.report.note(no, format!("the page counts {count} related guides; {names} were found"), "");
        }
        self.body(at..range.end, true);
    }
}

fn dated(text: &str) -> TimelineEntry {
    let day = text.get(..10).and_then(|d| NaiveDate::parse_from_str(d, "%Y-%m-%d").ok());
    let rest = text.get(10..).unwrap_or_default().trim_start_matches([':', '·', '-', '–', '—', ' ']);
    match day {
        Some(day) if !rest.is_empty() => TimelineEntry { text: rest.to_owned(), date: Some(day) },
        _ => TimelineEntry { text: text.to_owned(), date: None },
    }
}
