//! News files: JSON, JSON Lines and CSV to items, strictly. Knows each format's mistakes; feeds are another subscriber's.

mod csv;
mod id;
mod item;

use std::collections::HashMap;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::Intake;
use super::feeds::{self, Ahead, Dated, Origin};
use super::fields::Fields;
use super::records::{self, Record};
use super::report::Report;
use super::text::decode;
use crate::model::{Item, Notice, Notices, Published};

pub(super) use id::derived_id;
pub(super) use item::{day, item, item_from};
pub use item::{item_to_json, score_to_json};

/// Reads news items from JSON (an array, or one object), JSON Lines, CSV or a feed: by the file's extension, else by its content.
/// `label` is the path that errors show; `as_of` dates what a feed leaves undated, and dates much later than `latest`, the time of the
/// reading, are told: an item of a feed is left out then, one of a file of one's own keeps its date and waits for it.
///
/// # Errors
/// Every mistake of the file with its line; nothing of it counts as read then. Of a feed, which nobody here wrote, what is whole counts.
pub fn read_news(
    label: &Path,
    bytes: &[u8],
    as_of: DateTime<Utc>,
    latest: DateTime<Utc>,
) -> Result<Intake<Item>, Notices> {
    let (intake, mistakes) = salvage_news(label, bytes, as_of, latest)?;
    if mistakes.is_empty() { Ok(intake) } else { Err(Notices(mistakes)) }
}

/// The same, but a record with a mistake keeps no other out: what is whole, and every mistake with its line.
///
/// # Errors
/// The file as a whole cannot be read: it is not text, or not a feed.
pub fn salvage_news(
    label: &Path,
    bytes: &[u8],
    as_of: DateTime<Utc>,
    latest: DateTime<Utc>,
) -> Result<(Intake<Item>, Vec<Notice>), Notices> {
    if feeds::is_feed(label, bytes) {
        let origin = Origin { source: None, topics: &[], base: None, charset: None, now: as_of, latest };
        let reading = feeds::read_feed(label, bytes, &origin)?;
        let whole = reading.items.into_iter().filter(|fed| fed.dated != Dated::Doubted).map(|fed| fed.item);
        return Ok((Intake { records: whole.collect(), notices: reading.notices }, Vec::new()));
    }
    let text = decode(label, bytes)?;
    let mut report = Report::new(label);
    let mut items = Vec::new();
    let take = |record: Record, report: &mut Report| {
        let line = record.line;
        let item = one(record, report);
        if let Some(item) = &item {
            note_ahead(item.published, line, latest, report);
        }
        items.extend(item);
    };
    match form(label, text) {
        Form::Json => records::json(text, &mut report, take),
        Form::JsonLines => records::json_lines(text, &mut report, take),
        Form::Csv => csv::rows(text, &mut report, take),
    }
    let (notices, mistakes) = report.finish_with_mistakes();
    Ok((Intake { records: items, notices }, mistakes))
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

/// Reports a date in the future. The date is kept: in your own files it may be right, such as that of next week's release.
pub(super) fn note_ahead(date: Published, line: usize, latest: DateTime<Utc>, report: &mut Report) {
    if feeds::ahead(date, latest) == Ahead::Far {
        let message =
            format!("`published` is {date}, which is in the future; the item waits for the issue of that time");
        report.note(line, message, "correct the date if that is not meant, and import the file again");
    }
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
}

fn form(label: &Path, text: &str) -> Form {
    let start = text.trim_start();
    let extension = label.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    match extension.as_str() {
        "json" => Form::Json,
        "jsonl" | "ndjson" => Form::JsonLines,
        "csv" => Form::Csv,
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
