//! Rules over a rendered issue: what would go wrong in an inbox. Pure; knows no file and mends nothing.

mod html;
mod links;
mod parts;
mod words;

use serde::Serialize;

use crate::model::{Draft, Fill, Part, Rendered, Slot};
use html::Page;

/// How bad a finding is. An error keeps an issue from being approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

/// One thing that would go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// Stable, in words joined by `-`; docs/checks.md has a section for each.
    pub code: &'static str,
    pub message: String,
    /// Where to mend it: a place in the draft, or a part of the mail.
    #[serde(rename = "where")]
    pub place: String,
    pub help: String,
}

/// A finding that the editor silenced, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waived {
    pub code: &'static str,
    #[serde(rename = "where")]
    pub place: String,
    pub why: String,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Errors first, then in the order of the issue.
    pub findings: Vec<Finding>,
    pub waived: Vec<Waived>,
    pub errors: usize,
    pub warnings: usize,
    /// Sizes of both parts as a reader gets them, in bytes before transfer encoding.
    pub html_bytes: usize,
    pub text_bytes: usize,
}

/// Codes that no waiver silences: without these a mail must not go out.
const NEVER_WAIVED: [&str; 3] = ["no-unsubscribe", "html-too-big", "no-text"];

/// Everything a rule may look at.
struct Issue<'a> {
    draft: &'a Draft,
    rendered: &'a Rendered,
    /// Both parts with every slot filled by a value of usual length.
    html: &'a str,
    text: &'a str,
    page: &'a Page,
}

/// Holds an issue against every rule.
pub fn check(draft: &Draft, rendered: &Rendered) -> Report {
    let html = rendered.fill(Part::Html, &Usual);
    let text = rendered.fill(Part::Text, &Usual);
    let page = Page::read(&html);
    let issue = Issue { draft, rendered, html: &html, text: &text, page: &page };
    let rules: [fn(&Issue) -> Vec<Finding>; 9] = [
        parts::subject,
        parts::preheader,
        parts::both_parts,
        parts::size,
        parts::items,
        parts::images,
        links::targets,
        links::same_in_text,
        words::placeholders,
    ];
    let found = rules.iter().flat_map(|rule| rule(&issue));
    report(draft, found.collect(), html.len(), text.len())
}

fn report(draft: &Draft, found: Vec<Finding>, html_bytes: usize, text_bytes: usize) -> Report {
    let silenced = |finding: &Finding| {
        let named = draft.waive.iter().any(|code| code == finding.code);
        named && !draft.waive_why.trim().is_empty() && !NEVER_WAIVED.contains(&finding.code)
    };
    let (waived, mut findings): (Vec<_>, Vec<_>) = found.into_iter().partition(silenced);
    findings.sort_by_key(|finding| finding.severity == Severity::Warning);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let waived = waived.into_iter().map(|f| Waived { code: f.code, place: f.place, why: draft.waive_why.clone() });
    Report { errors, warnings: findings.len() - errors, waived: waived.collect(), findings, html_bytes, text_bytes }
}

fn error(code: &'static str, place: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Finding {
    Finding { severity: Severity::Error, code, message: message.into(), place: place.into(), help: help.into() }
}

fn warning(code: &'static str, place: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Finding {
    Finding { severity: Severity::Warning, ..error(code, place, message, help) }
}

/// Values of usual length, so that sizes and links are what readers get.
struct Usual;

impl Fill for Usual {
    fn value(&self, slot: &Slot) -> &str {
        match slot {
            Slot::Name => "Alexandra Example",
            Slot::Email => "alexandra@mail.example.org",
            Slot::UnsubscribeUrl => "https://letters.example.org/unsubscribe/abcdefghijklmnopqrstuvwxyz",
            Slot::PreferencesUrl => "https://letters.example.org/preferences/abcdefghijklmnopqrstuvwxyz",
            Slot::WebCopyUrl => "https://letters.example.org/archive/2026-11-25-midweek",
            Slot::Field(_) => "Springfield",
        }
    }
}

#[cfg(test)]
mod tests;
