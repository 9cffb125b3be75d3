//! The archive's pages: an issue's copy for everybody, with the slots of a subscriber filled neutrally, and the list of all issues.
//! Knows no store and no clock.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::Page;
use super::words::escape;
use crate::model::{Fill, Part, Rendered, Slot};

/// Where and for whom a copy is shown.
#[derive(Clone, Debug)]
pub struct CopyFrame<'a> {
    pub publication: &'a str,
    /// A BCP 47 tag for the words around the issue.
    pub language: &'a str,
    /// Where the public pages live, without a trailing slash.
    pub base: &'a str,
    /// The issue's name.
    pub issue: &'a str,
    /// Asks search engines not to list the page.
    pub noindex: bool,
    /// What stands for a subscriber's name.
    pub name_fallback: &'a str,
    pub zone: Tz,
    /// Each correction with what subscribers are told of it, the oldest first.
    pub corrections: &'a [(DateTime<Utc>, String)],
}

/// What fills the slots where nobody in particular reads.
struct Anybody<'a> {
    name: &'a str,
    home: String,
    copy: String,
}

impl<'a> Anybody<'a> {
    fn new(frame: &CopyFrame<'a>) -> Self {
        let copy = format!("{}/archive/{}", frame.base, frame.issue);
        Self { name: frame.name_fallback, home: format!("{}/", frame.base), copy }
    }
}

impl Fill for Anybody<'_> {
    fn value(&self, slot: &Slot) -> &str {
        match slot {
            Slot::Name => self.name,
            Slot::Email => "your address",
            Slot::UnsubscribeUrl | Slot::PreferencesUrl => &self.home,
            Slot::WebCopyUrl => &self.copy,
            Slot::Field(_) => "",
        }
    }
}

/// The issue as a page of the archive: the mailed HTML with a bar on top that says what it is and what was corrected.
pub fn web_copy(rendered: &Rendered, frame: &CopyFrame) -> String {
    let anybody = Anybody::new(frame);
    let mut html = rendered.fill(Part::Html, &anybody);
    // Later places first, so that the earlier one stays where it was found.
    if let Some(at) = after_tag(&html, "<body") {
        html.insert_str(at, &bar(frame));
    }
    if let Some(at) = html.find("</head>") {
        html.insert_str(at, &head(frame, &anybody.copy));
    }
    html
}

/// What stands between the body's tags, for a feed: with the corrections in front.
pub fn feed_content(rendered: &Rendered, frame: &CopyFrame) -> String {
    let html = rendered.fill(Part::Html, &Anybody::new(frame));
    let from = after_tag(&html, "<body").unwrap_or(0);
    let to = html.rfind("</body>").filter(|to| *to >= from).unwrap_or(html.len());
    corrections(frame) + html[from..to].trim()
}

fn head(frame: &CopyFrame, copy: &str) -> String {
    let mut head = format!(
        "<link rel=\"canonical\" href=\"{copy}\">\n<link rel=\"alternate\" type=\"application/atom+xml\" href=\"{}/feed.xml\">\n",
        escape(frame.base),
        copy = escape(copy),
    );
    if frame.noindex {
        head.push_str("<meta name=\"robots\" content=\"noindex\">\n");
    }
    head
}

/// The bar above an issue. Its colours are the mail's own, so that no style of its is needed.
fn bar(frame: &CopyFrame) -> String {
    let (base, publication) = (escape(frame.base), escape(frame.publication));
    format!(
        "<div lang=\"{}\" role=\"region\" aria-label=\"About this page\" style=\"padding:12px 20px;background:#1d1c1a;color:#ffffff;\
         font:14px/1.5 -apple-system,BlinkMacSystemFont,Segoe UI,Helvetica,Arial,sans-serif;text-align:center\">\
         An issue of {publication}. <a href=\"{base}/\" style=\"display:inline-block;padding:4px 8px;color:#5fd4c6\">Get it by email</a> \
         <a href=\"{base}/archive\" style=\"display:inline-block;padding:4px 8px;color:#5fd4c6\">All issues</a></div>\n{}",
        escape(frame.language),
        corrections(frame),
    )
}

/// What was corrected, when, and why; nothing where nothing was.
fn corrections(frame: &CopyFrame) -> String {
    if frame.corrections.is_empty() {
        return String::new();
    }
    let mut lines = String::new();
    for (at, note) in frame.corrections {
        let at = at.with_timezone(&frame.zone);
        let (stamp, day) = (at.to_rfc3339(), at.format("%-d %B %Y"));
        let note = if note.is_empty() { String::new() } else { format!(": {}", escape(note)) };
        let _ = write!(
            lines,
            "<p style=\"margin:0\"><b>Corrected on <time datetime=\"{stamp}\">{day}</time></b>{note}</p>"
        );
    }
    format!(
        "<div role=\"region\" aria-label=\"Corrections\" style=\"padding:12px 20px;background:#fdf3d7;color:#3d2f00;border-bottom:3px solid #8a5a00;\
         font:15px/1.5 -apple-system,BlinkMacSystemFont,Segoe UI,Helvetica,Arial,sans-serif\">{lines}</div>\n"
    )
}

/// The place behind a tag.
fn after_tag(html: &str, tag: &str) -> Option<usize> {
    let from = html.find(tag)?;
    Some(from + html[from..].find('>')? + 1)
}

/// The list of all issues.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ArchivePage {
    /// By edition.
    pub editions: Vec<ArchiveEdition>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ArchiveEdition {
    pub name: String,
    pub title: String,
    /// The newest first.
    pub issues: Vec<ArchiveLine>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ArchiveLine {
    pub issue: String,
    pub subject: String,
    pub preheader: String,
    /// The issue's day, `2026-11-25` and in words.
    pub date: String,
    pub day: String,
    /// The day of the last correction in words; empty when there was none.
    pub corrected: String,
}

impl Page for ArchivePage {
    const NAME: &'static str = "archive";

    fn sample() -> Self {
        let line = ArchiveLine {
            issue: "2026-11-25-midweek".into(),
            subject: "A <b>calm</b> week".into(),
            preheader: "And one release that was not".into(),
            date: "2026-11-25".into(),
            day: "25 November 2026".into(),
            corrected: "26 November 2026".into(),
        };
        Self { editions: vec![ArchiveEdition { name: "midweek".into(), title: "Midweek".into(), issues: vec![line] }] }
    }
}

#[cfg(test)]
mod tests;
