//! Checks a rendered issue for what would go wrong in an inbox. Knows no file, no clock and no network.

mod access;
mod active;
mod blocks;
mod cascade;
mod clients;
mod codes;
mod color;
mod contrast;
mod css;
mod draft;
mod history;
mod images;
mod links;
mod literal;
mod message;
mod mime;
mod online;
mod page;
mod parts;
mod place;
mod placeholders;
mod prose;
mod setup;
mod spam;
mod subject;
mod waivers;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;
use serde::Serialize;

use crate::model::{Card, Draft, Entry, Fill, Guide, Item, Part, Place, Rendered, Slot, WordsMistake};
use page::Page;
use place::Lines;

pub use blocks::Block;
pub use codes::{CODES, NOT_WAIVABLE, explain, help_uri};
pub use online::{LinkStatus, web_links};
pub use place::At;
pub use setup::{Setup, setup_findings};
pub use spam::{Settings, Spam};

/// How much a finding matters: only an error stops an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// Stable, kebab-case; docs/checks.md has a section for each.
    pub code: &'static str,
    pub message: String,
    /// The place in the draft, such as `news[2] "Title", url` (counted from 1), `subject` or `html`.
    #[serde(rename = "where")]
    pub where_: String,
    /// The file to fix, relative to the publication's folder; `None` if it is issue.toml.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in that file, from 1; `None` if unknown, or if a template is to be fixed.
    pub line: Option<usize>,
    /// What to do about it.
    pub help: Cow<'static, str>,
    /// The URL of the code's documentation.
    pub help_uri: String,
    /// All the names that the finding is about, if the message lists only the first few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// A rule's result: a finding before its place is put in words.
struct Found {
    severity: Severity,
    code: &'static str,
    at: At,
    /// The text concerned, within the place's value.
    mark: Option<String>,
    message: String,
    help: Cow<'static, str>,
    /// The place to fix, if it is not in the draft.
    place: Option<Place>,
    names: Vec<String>,
}

impl Found {
    fn error(code: &'static str, at: At, message: impl Into<String>, help: impl Into<Cow<'static, str>>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            at,
            mark: None,
            message: message.into(),
            help: help.into(),
            place: None,
            names: Vec::new(),
        }
    }

    fn warning(code: &'static str, at: At, message: impl Into<String>, help: impl Into<Cow<'static, str>>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, at, message, help) }
    }

    fn note(code: &'static str, at: At, message: impl Into<String>, help: impl Into<Cow<'static, str>>) -> Self {
        Self { severity: Severity::Note, ..Self::error(code, at, message, help) }
    }

    /// Sets the text within the place's value, so that the finding points to its line.
    fn mark(mut self, mark: &str) -> Self {
        self.mark = Some(mark.to_owned());
        self
    }

    /// The file to fix; `None` if it is the draft.
    fn file(&self) -> Option<String> {
        match (&self.place, self.at) {
            (Some(place), _) => Some(place.file.display().to_string()),
            (None, At::Config) => Some(place::CONFIG.to_owned()),
            _ => None,
        }
    }
}

/// A finding that the draft silences, with the editor's reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waived {
    #[serde(flatten)]
    pub finding: Finding,
    pub why: String,
}

/// All findings, and the sizes of the parts with typical values in their slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
    pub findings: Vec<Finding>,
    pub html_bytes: usize,
    pub text_bytes: usize,
    /// The HTML by blocks, in the order shown; their bytes add up to `html_bytes`.
    pub blocks: Vec<Block>,
    pub waived: Vec<Waived>,
}

/// What is known besides the issue itself. Rules whose input is missing find nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The text of issue.toml, for the line numbers of findings.
    pub source: &'a str,
    /// The zone of days.
    pub zone: Tz,
    /// The publication's content; `None` when it cannot be read.
    pub content: Option<Known<'a>>,
    /// Earlier issues, of any edition.
    pub earlier: &'a [Draft],
    /// Pairs of entries that look like one story.
    pub twins: &'a [Twins],
    /// The subject that composing again would write instead of compose's own, since the order has changed.
    pub subject_now: Option<&'a str>,
    /// A copy for a sample subscriber, as the sender would build it; `None` skips the rules on it.
    pub message: Option<&'a str>,
    /// By address: the result of following the draft's links; `None` if they were not followed.
    pub answers: Option<&'a BTreeMap<String, LinkStatus>>,
    /// The settings that every message repeats, if messages are really sent; `None` skips the rules on them.
    pub setup: Option<Setup<'a>>,
    /// Missing or misspelled entries in the publication's own files of words for the issue's language.
    pub words: &'a [WordsMistake],
    /// A spam filter's verdict on the whole message, or why there is none; `None` if no filter was run.
    pub spam: Option<Result<&'a Spam, &'a str>>,
}

/// Two entries of a draft that look like one story, by their numbers from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twins {
    pub first: usize,
    pub second: usize,
    /// What they share, in words.
    pub why: String,
}

/// The content that a draft was composed from.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub items: &'a [Item],
    pub guides: &'a [Guide],
    /// By source name: the score of items without one.
    pub base_scores: &'a BTreeMap<String, f64>,
    /// A guide counts as old if it was last updated longer than this before its news; zero: never.
    pub guide_stale: Duration,
}

/// The input of the rules.
struct Issue<'i> {
    draft: &'i Draft,
    rendered: &'i Rendered,
    context: &'i Context<'i>,
    /// As it is mailed, with typical values in its slots.
    html: String,
    /// The same for the text, but with the targets of counted links, which is what the rules judge.
    text: String,
    /// The elements of `html`, also with those targets.
    page: Page,
    /// The page's style sheets, without comments.
    css: String,
    blocks: Vec<Block>,
}

impl<'i> Issue<'i> {
    fn new(draft: &'i Draft, rendered: &'i Rendered, context: &'i Context<'i>) -> Self {
        let html = rendered.fill(Part::Html, &Typical);
        let text = rendered.direct().fill(Part::Text, &Typical);
        let mut page = Page::read(&html);
        if let Some(tracking) = &rendered.tracking {
            page.lead_on(tracking);
        }
        let css = css::without_comments(&page.css);
        let blocks = blocks::blocks(draft, &page, html.len(), Typical.value(&Slot::UnsubscribeUrl));
        Self { draft, rendered, context, html, text, page, css, blocks }
    }

    /// The entries that subscribers see, with their number in the draft.
    fn shown(&self) -> impl Iterator<Item = (usize, &'i Entry)> {
        shown(self.draft)
    }
}

/// The entries of a draft that subscribers see, with their number.
fn shown(draft: &Draft) -> impl Iterator<Item = (usize, &Entry)> {
    draft.news.iter().enumerate().filter(|(_, entry)| !entry.banned)
}

/// The guide cards of a draft that subscribers see, with their number.
fn cards(draft: &Draft) -> impl Iterator<Item = (usize, &Card)> {
    draft.guides.iter().enumerate().filter(|(_, card)| !card.banned)
}

/// A title short enough for a place.
fn short(title: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut cut: String = title.chars().take(60).map(plain).collect();
    if title.chars().nth(60).is_some() {
        cut.push('…');
    }
    cut
}

type Rules = fn(&Issue, &mut Vec<Found>);
const RULES: &[Rules] = &[
    waivers::rules,
    subject::rules,
    draft::rules,
    history::rules,
    placeholders::rules,
    literal::rules,
    links::rules,
    online::rules,
    images::rules,
    parts::rules,
    active::rules,
    message::rules,
    setup::rules,
    access::rules,
    contrast::rules,
    clients::rules,
    spam::rules,
    words::rules,
];

/// Runs every rule. Findings are in the order of the rules; those waived in the draft with a reason are listed separately.
pub fn check(draft: &Draft, rendered: &Rendered, context: &Context) -> Report {
    let issue = Issue::new(draft, rendered, context);
    let mut found = Vec::new();
    for rules in RULES {
        rules(&issue, &mut found);
    }
    let silenced = |finding: &Finding| {
        !draft.waive_why.trim().is_empty()
            && !NOT_WAIVABLE.contains(&finding.code)
            && draft.waive.iter().any(|code| code == finding.code)
    };
    let (waived, findings): (Vec<_>, Vec<_>) = placed(found, draft, context.source).into_iter().partition(silenced);
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    Report {
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        html_bytes: issue.html.len(),
        text_bytes: rendered.fill(Part::Text, &Typical).len(),
        blocks: issue.blocks,
        waived: waived.into_iter().map(|finding| Waived { finding, why: draft.waive_why.trim().to_owned() }).collect(),
        findings,
    }
}

/// Puts the places in words and lines. The draft's text is parsed only when there is something to place.
fn placed(found: Vec<Found>, draft: &Draft, source: &str) -> Vec<Finding> {
    let lines = Lines::new(if found.is_empty() { "" } else { source });
    let place = |found: Found| Finding {
        file: found.file(),
        severity: found.severity,
        code: found.code,
        message: found.message,
        where_: found.at.words(draft),
        line: found.place.map_or_else(|| lines.line(found.at, found.mark.as_deref()), |place| place.line),
        help: found.help,
        help_uri: help_uri(found.code),
        names: found.names,
    };
    found.into_iter().map(place).collect()
}

/// A typical subscriber: values of usual length, so that sizes are realistic.
struct Typical;

impl Fill for Typical {
    fn value(&self, slot: &Slot) -> &str {
        match slot {
            Slot::Name => "Alexandra Example",
            Slot::Email => "alexandra@reader.example.org",
            Slot::UnsubscribeUrl => "https://letters.example.org/unsubscribe/mfrggzdfmztwq2lknnwg23tpobyxe43uov3h",
            Slot::PreferencesUrl => "https://letters.example.org/preferences/mfrggzdfmztwq2lknnwg23tpobyxe43uov3h",
            Slot::WebCopyUrl => "https://letters.example.org/archive/2024-07-31-midweek",
            Slot::Field(_) => "Paris",
        }
    }
}

#[cfg(test)]
mod tests;
