//! News files: JSON, JSON Lines and CSV to items. Knows each format's mistakes; feeds are another reader's.

mod csv;
mod id;
mod item;

use std::collections::HashMap;
use std::path::Path;

use super::Intake;
use super::fields::Fields;
use super::records::{self, Record};
use super::report::Report;
use super::text::decode;
use crate::model::{Item, Notice, Notices};

pub(super) use id::derived_id;
pub(super) use item::day;
pub use item::item_to_json;

/// Reads news items from JSON (an array, or one object), JSON Lines or CSV: by the file's extension, else by its content.
/// `label` is the path that errors show.
///
/// # Errors
/// Every mistake of the file with its line; nothing of it counts as read then. A feed file is refused.
pub fn read_news(label: &Path, bytes: &[u8]) -> Result<Intake<Item>, Notices> {
    let text = decode(label, bytes)?;
    let mut report = Report::new(label);
    let mut items = Vec::new();
    let take = |record, report: &mut Report| items.extend(one(record, report));
    match form(label, text) {
        Form::Json => records::json(text, &mut report, take),
        Form::JsonLines => records::json_lines(text, &mut report, take),
        Form::Csv => csv::rows(text, &mut report, take),
        Form::Feed => {
            let notice = Notice::new(
                "this is a feed (RSS, Atom or JSON Feed), which this version cannot import from a file yet",
            );
            return Err(notice.at(label, 1).help("give the items as JSON Lines or CSV").into());
        }
    }
    Ok(Intake { records: items, notices: report.finish()? })
}

/// The items of a stored JSON Lines file, each with its line counted from 0.
pub(super) fn read_stored(label: &Path, bytes: &[u8]) -> Result<Intake<(usize, Item)>, Notices> {
    let mut report = Report::new(label);
    let mut items = Vec::new();
    records::json_lines(decode(label, bytes)?, &mut report, |record, report| {
        let line = record.line - 1;
        items.extend(one(record, report).map(|item| (line, item)));
    });
    Ok(Intake { records: items, notices: report.finish()? })
}

fn one(record: Record, report: &mut Report) -> Option<Item> {
    let lines = HashMap::new();
    let mut fields = Fields { map: record.fields, lines: &lines, prefix: String::new(), line: record.line, report };
    item::item(&mut fields)
}

enum Form {
    Json,
    JsonLines,
    Csv,
    Feed,
}

fn form(label: &Path, text: &str) -> Form {
    let start = text.trim_start();
    let extension = label.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    // A news item on a line of its own may well write about JSON Feed.
    let by_line = matches!(extension.as_str(), "jsonl" | "ndjson");
    if start.starts_with('<') || (start.starts_with('{') && !by_line && start.contains("jsonfeed.org/version")) {
        return Form::Feed;
    }
    match extension.as_str() {
        "json" => Form::Json,
        "jsonl" | "ndjson" => Form::JsonLines,
        "csv" => Form::Csv,
        "xml" | "rss" | "atom" => Form::Feed,
        _ if start.starts_with('[') => Form::Json,
        _ if start.starts_with('{') => {
            // The first line of JSON Lines is a whole object; the first line of a spread-out object is not.
            let first = start.lines().next().unwrap_or_default();
            let whole = serde_json::from_str::<serde::de::IgnoredAny>(first).is_ok();
            if whole { Form::JsonLines } else { Form::Json }
        }
        "" if start.is_empty() => Form::JsonLines,
        _ => Form::Csv,
    }
}

#[cfg(test)]
mod tests;
