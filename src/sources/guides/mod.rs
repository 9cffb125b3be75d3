//! Guide files: Markdown with front matter, JSON, and the text of an Almanac guide page. Detects which it is.

mod almanac;
mod guide;
mod markdown;
mod write;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Imported;
use super::fields::Fields;
use super::report::Report;
use super::text::decode;
use super::{records, text};
use crate::model::{Guide, Notice, Notices};

pub(super) use markdown::read_markdown;
pub(super) use write::write_markdown;

/// Reads guides from Markdown with TOML or YAML front matter, JSON (one object, an array, or one object a line) or the text
/// of an Almanac guide page, which also yields news items: by the file's extension, else by its content. `as_of` dates
/// the page's relative ages by the calendar of `zone`; `label` is the path that errors show.
///
/// # Errors
/// Every mistake of the file with its line; nothing of it counts as read then.
pub fn read_guides(label: &Path, bytes: &[u8], as_of: DateTime<Utc>, zone: Tz) -> Result<Imported, Notices> {
    let text = decode(label, bytes)?;
    match form(label, text) {
        Some(Form::Markdown) => {
            let (guide, notices) = read_markdown(label, bytes)?;
            Ok(Imported { guides: vec![guide], notices, ..Imported::default() })
        }
        Some(Form::Json) => read_json(label, text, false),
        Some(Form::JsonLines) => read_json(label, text, true),
        Some(Form::Page) => almanac::read(label, text, as_of.with_timezone(&zone).naive_local()),
        None => {
            let help = "a guide is Markdown with front matter between +++ or --- lines, JSON, or the text of an Almanac guide page";
            let found =
                if text.trim_start().starts_with('<') { "HTML or XML; save the page as text" } else { "another text" };
            Err(Notice::new(format!("expected a guide, found {found}")).at(label, 1).help(help).into())
        }
    }
}

enum Form {
    Markdown,
    Json,
    JsonLines,
    Page,
}

fn form(label: &Path, text: &str) -> Option<Form> {
    let extension = label.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let start = text.trim_start();
    match extension.as_str() {
        "json" => return Some(Form::Json),
        "jsonl" | "ndjson" => return Some(Form::JsonLines),
        _ if start.starts_with("+++") || start.starts_with("---\n") || start.starts_with("---\r\n") => {
            return Some(Form::Markdown);
        }
        _ if almanac::is_page(text) => return Some(Form::Page),
        "md" | "markdown" => return Some(Form::Markdown),
        _ => {}
    }
    let first = start.lines().next().unwrap_or_default();
    let whole = || serde_json::from_str::<serde::de::IgnoredAny>(first).is_ok();
    match start.chars().next()? {
        '{' if whole() => Some(Form::JsonLines),
        '{' | '[' => Some(Form::Json),
        _ => None,
    }
}

fn read_json(label: &Path, text: &str, by_line: bool) -> Result<Imported, Notices> {
    let mut report = Report::new(label);
    let lines = HashMap::new();
    let mut guides: Vec<Guide> = Vec::new();
    let mut slugs = HashSet::new();
    let take = |record: records::Record, report: &mut Report| {
        let line = record.line;
        let mut fields =
            Fields { map: record.fields, lines: &lines, prefix: String::new(), line, report: &mut *report };
        let read = guide::guide(&mut fields, None);
        for key in fields.map.keys().cloned().collect::<Vec<_>>() {
            fields.note(&key, &format!("is not a field of a guide and was left out{}", guide::meant(&key)));
        }
        let Some(guide) = read else { return };
        if !slugs.insert(guide.slug.clone()) {
            let message = format!("the slug `{}` appears twice in this file", guide.slug);
            report.error(line, message, "give one another `slug`");
        }
        guides.push(guide);
    };
    if by_line {
        records::json_lines(text, &mut report, take);
    } else {
        records::json(text, &mut report, take);
    }
    Ok(Imported { guides, notices: report.finish()?, ..Imported::default() })
}

/// The slug that a title suggests: its part before a colon, as "GPT-4o" in "GPT-4o: what it is".
fn slug_of_title(title: &str) -> String {
    text::slug(title.split_once(':').map_or(title, |(head, _)| head))
}

#[cfg(test)]
mod tests;
