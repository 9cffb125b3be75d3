//! Rules over a rendered issue: what would go wrong in an inbox. Knows no file, no clock and no network.

mod draft;
mod links;
mod page;
mod parts;
mod placeholders;
mod subject;

use serde::Serialize;

use crate::model::{Draft, Entry, Fill, Part, Rendered, Slot};
use page::Page;

/// Whether a finding stops an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// Stable, kebab-case; docs/checks.md has a section for each.
    pub code: &'static str,
    pub message: String,
    /// The place in the draft, such as `news[2] "Title"` (counted from 1), `subject` or `html`.
    #[serde(rename = "where")]
    pub where_: String,
    /// What to do about it.
    pub help: &'static str,
}

impl Finding {
    fn error(code: &'static str, where_: impl Into<String>, message: impl Into<String>, help: &'static str) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), where_: where_.into(), help }
    }

    fn warning(code: &'static str, where_: impl Into<String>, message: impl Into<String>, help: &'static str) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, where_, message, help) }
    }
}

/// A finding that the draft silences, with the editor's reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waived {
    #[serde(flatten)]
    pub finding: Finding,
    pub why: String,
}

/// All that the rules found, and what the parts weigh with typical values in their slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub errors: usize,
    pub warnings: usize,
    pub findings: Vec<Finding>,
    pub html_bytes: usize,
    pub text_bytes: usize,
    pub waived: Vec<Waived>,
}

/// Codes that no waiver silences: readers must be able to leave, and to read.
pub const NOT_WAIVABLE: &[&str] = &["html-too-big", "no-text", "no-unsubscribe"];

/// What the rules look at.
struct Issue<'i> {
    draft: &'i Draft,
    rendered: &'i Rendered,
    html: String,
    text: String,
    page: Page,
}

impl Issue<'_> {
    /// The entries that readers see, with their place in the draft.
    fn shown(&self) -> impl Iterator<Item = (String, &Entry)> {
        let place = |(i, entry): (usize, &Entry)| format!("news[{}] \"{}\"", i + 1, short(&entry.title));
        self.draft.news.iter().enumerate().filter(|(_, e)| !e.banned).map(move |(i, e)| (place((i, e)), e))
    }
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

/// Runs every rule. Findings come in the order of the rules; those that the draft waives with a reason are set apart.
pub fn check(draft: &Draft, rendered: &Rendered) -> Report {
    let html = rendered.fill(Part::Html, &Typical);
    let text = rendered.fill(Part::Text, &Typical);
    let page = Page::read(&html);
    let issue = Issue { draft, rendered, html, text, page };
    let rules: [fn(&Issue, &mut Vec<Finding>); 6] =
        [subject::rules, draft::rules, placeholders::rules, links::rules, page::rules, parts::rules];
    let mut found = Vec::new();
    for rule in rules {
        rule(&issue, &mut found);
    }
    let silenced = |finding: &Finding| {
        !draft.waive_why.trim().is_empty()
            && !NOT_WAIVABLE.contains(&finding.code)
            && draft.waive.iter().any(|code| code == finding.code)
    };
    let (waived, findings): (Vec<_>, Vec<_>) = found.into_iter().partition(silenced);
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    Report {
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        html_bytes: issue.html.len(),
        text_bytes: issue.text.len(),
        waived: waived.into_iter().map(|finding| Waived { finding, why: draft.waive_why.trim().to_owned() }).collect(),
        findings,
    }
}

/// A reader as readers are: values of a usual length, so that sizes are those of a real copy.
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
