//! Writes one field: the bytes of its value are replaced, or a line is added. Nothing else of the text changes.

use toml_edit::{Document, Item, Table};

use super::super::write::{figure, list, picture, quoted, text as string};
use super::Place;
use crate::model::{Draft, Entry, Figure, Notice, Picture, Published};
use crate::text::suggestion;

/// The fields of an entry that a person writes, in the order of the file.
pub const ENTRY_FIELDS: [&str; 18] = [
    "title",
    "source",
    "published",
    "score",
    "url",
    "summary",
    "format",
    "topics",
    "guide",
    "note",
    "pinned",
    "banned",
    "picture.file",
    "picture.url",
    "picture.width",
    "picture.height",
    "picture.alt",
    "picture",
];
/// Those of the issue.
pub const ISSUE_FIELDS: [&str; 16] = [
    "subject",
    "preheader",
    "intro",
    "language",
    "issue_number",
    "waive",
    "waive_why",
    "number.value",
    "number.label",
    "number.url",
    "picture.file",
    "picture.url",
    "picture.width",
    "picture.height",
    "picture.alt",
    "number",
];

/// Writes a field of an entry in a person's words.
///
/// # Errors
/// There is no such field, or the words do not fit it.
pub fn set_entry(entry: Option<&Entry>, text: &str, place: Place, field: &str, words: &str) -> Result<String, Notice> {
    match field.split_once('.') {
        Some(("picture", part)) => {
            let now = entry.and_then(|entry| entry.picture.as_ref());
            set(text, place, "picture", &picture_with(now, part, words)?)
        }
        None if field == "picture" && words.trim().is_empty() => {
            let document = document(text)?;
            take_away(text, table(&document, place)?, "picture")
        }
        _ => set(text, place, field, &written(field, words)?),
    }
}

/// An entry's field as TOML.
///
/// # Errors
/// There is no such field, or the words do not fit it.
fn written(field: &str, words: &str) -> Result<String, Notice> {
    match field {
        "title" | "source" | "url" | "summary" | "format" | "guide" | "note" => Ok(string(words)),
        "topics" => Ok(listed(words)),
        "score" => number(field, words),
        "published" => match Published::parse(words.trim()) {
            Some(published) => Ok(published.to_string()),
            None => Err(unfit(field, words, "a date such as 2026-11-25, or a date and time with its zone")),
        },
        "pinned" | "banned" => match words.trim() {
            "true" | "yes" | "on" => Ok("true".into()),
            "false" | "no" | "off" | "" => Ok("false".into()),
            _ => Err(unfit(field, words, "yes or no")),
        },
        _ => Err(unknown(field, &ENTRY_FIELDS)),
    }
}

/// Writes a field of an entry or a card from a TOML value.
pub fn set(text: &str, place: Place, field: &str, value: &str) -> Result<String, Notice> {
    let document = document(text)?;
    let table = table(&document, place)?;
    if !matches!(table.get(field), Some(Item::Table(_))) {
        return put(text, table, field, value);
    }
    // A table of its own is written on one line from now on.
    let text = take_away(text, table, field)?;
    let document = self::document(&text)?;
    put(&text, self::table(&document, place)?, field, value)
}

/// The table of an entry or a card.
fn table<'d>(document: &'d Document<&str>, place: Place) -> Result<&'d Table, Notice> {
    let tables = document.as_table().get(place.section.key()).and_then(Item::as_array_of_tables);
    tables.and_then(|tables| tables.get(place.at)).ok_or_else(inline)
}

/// Writes a field of the issue.
pub fn set_top(draft: &Draft, text: &str, field: &str, words: &str) -> Result<String, Notice> {
    let (key, value) = match field {
        "subject" | "preheader" | "language" | "waive_why" => (field, quoted(words)),
        "intro" => (field, string(words)),
        "issue_number" => (field, number(field, words)?),
        "waive" => (field, listed(words)),
        "number" | "picture" if words.trim().is_empty() => return take_away(text, document(text)?.as_table(), field),
        _ => match field.split_once('.') {
            Some(("number", part)) => ("number", figure_with(draft.number.as_ref(), part, words)?),
            Some(("picture", part)) => ("picture", picture_with(draft.picture.as_ref(), part, words)?),
            _ => return Err(unknown(field, &ISSUE_FIELDS)),
        },
    };
    let document = document(text)?;
    match document.as_table().get(key) {
        // A table of its own is written on one line from now on.
        Some(Item::Table(_)) => {
            let text = take_away(text, document.as_table(), key)?;
            put(&text, self::document(&text)?.as_table(), key, &value)
        }
        _ => put(text, document.as_table(), key, &value),
    }
}

/// Replaces the value of a key, or adds the key after the last one of its table.
fn put(text: &str, table: &Table, key: &str, value: &str) -> Result<String, Notice> {
    if let Some(item) = table.get(key) {
        let span = item.span().ok_or_else(inline)?;
        return Ok(format!("{}{value}{}", &text[..span.start], &text[span.end..]));
    }
    let ends = table.iter().filter_map(|(_, item)| item.as_value()?.span()).map(|span| span.end);
    let after = ends.max().or_else(|| table.span().map(|span| span.end)).unwrap_or(0);
    let line = text[after..].find('\n').map_or(text.len(), |at| after + at + 1);
    let gap = if text[..line].is_empty() || text[..line].ends_with('\n') { "" } else { "\n" };
    Ok(format!("{}{gap}{key} = {value}\n{}", &text[..line], &text[line..]))
}

/// Deletes a key of a table with its line, or a table in it with its lines. A key that is not there is deleted already.
fn take_away(text: &str, table: &Table, key: &str) -> Result<String, Notice> {
    let Some((name, item)) = table.get_key_value(key) else { return Ok(text.to_owned()) };
    let (start, end) = match item {
        Item::Table(table) => {
            let ends = table.iter().filter_map(|(_, item)| item.as_value()?.span()).map(|span| span.end);
            let header = table.span().ok_or_else(inline)?;
            (header.start, ends.max().unwrap_or(header.end))
        }
        item => {
            let start = name.span().ok_or_else(inline)?.start;
            (start, item.span().ok_or_else(inline)?.end)
        }
    };
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let next = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    Ok(format!("{}{}", &text[..line], &text[next..]))
}

fn figure_with(now: Option<&Figure>, part: &str, words: &str) -> Result<String, Notice> {
    let empty = Figure { value: "…".into(), label: "…".into(), url: None };
    let mut new = now.cloned().unwrap_or(empty);
    match part {
        "value" => new.value = words.into(),
        "label" => new.label = words.into(),
        "url" => new.url = Some(words.to_owned()).filter(|url| !url.trim().is_empty()),
        _ => return Err(unknown(&format!("number.{part}"), &ISSUE_FIELDS)),
    }
    Ok(figure(&new))
}

fn picture_with(now: Option<&Picture>, part: &str, words: &str) -> Result<String, Notice> {
    let empty = Picture { url: None, file: None, width: 600, height: None, alt: String::new() };
    let mut new = now.cloned().unwrap_or(empty);
    let filled = Some(words.to_owned()).filter(|words| !words.trim().is_empty());
    let pixels = || words.trim().parse().map_err(|_| unfit(&format!("picture.{part}"), words, "a number of pixels"));
    match part {
        "file" => (new.file, new.url) = (filled, None),
        "url" => (new.url, new.file) = (filled, None),
        "width" => new.width = pixels()?,
        "height" => new.height = if filled.is_some() { Some(pixels()?) } else { None },
        "alt" => new.alt = words.into(),
        _ => return Err(unknown(&format!("picture.{part}"), &ISSUE_FIELDS)),
    }
    Ok(picture(&new))
}

/// Waives a check's code in the draft, with the reason, which is appended to any existing one.
pub fn waive(draft: &Draft, text: &str, code: &str, why: &str) -> Result<String, Notice> {
    let (code, why) = (code.trim(), why.trim());
    if why.is_empty() {
        return Err(Notice::new(format!("a reason is needed to waive `{code}`")));
    }
    let mut codes = draft.waive.clone();
    if !codes.iter().any(|known| known == code) {
        codes.push(code.to_owned());
    }
    let before = draft.waive_why.trim();
    let reasons = match before {
        "" => why.to_owned(),
        _ if before.contains(why) => before.to_owned(),
        _ => format!("{before}; {why}"),
    };
    let text = put(text, document(text)?.as_table(), "waive", &list(&codes))?;
    put(&text, document(&text)?.as_table(), "waive_why", &quoted(&reasons))
}

/// Comma-separated words as a TOML list.
fn listed(words: &str) -> String {
    let words: Vec<String> =
        words.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
    list(&words)
}

fn number(field: &str, words: &str) -> Result<String, Notice> {
    let number: f64 = words.trim().parse().map_err(|_| unfit(field, words, "a number"))?;
    if number.is_finite() { Ok(number.to_string()) } else { Err(unfit(field, words, "a number")) }
}

pub fn document(text: &str) -> Result<Document<&str>, Notice> {
    Document::parse(text).map_err(|error| Notice::new(format!("this is not TOML: {}", error.message())))
}

pub fn inline() -> Notice {
    Notice::new("this draft's lists are written inline, which no edit can change")
        .help("head each entry with a line [[news]], [[guides]] or [[bench]]")
}

fn unfit(field: &str, words: &str, expected: &str) -> Notice {
    Notice::new(format!("`{field}` must be {expected}, found `{words}`"))
}

fn unknown(field: &str, known: &[&'static str]) -> Notice {
    Notice::new(format!("there is no field `{field}` to set")).help(suggestion(field, known.iter().copied()))
}
