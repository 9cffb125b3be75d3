//! One object to one news item, and back. Knows the fields of content/news; knows no file.

use std::collections::HashMap;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Number, Value};

use super::id::derived_id;
use crate::model::{Item, Published, TextFormat};
use crate::sources::fields::Fields;
use crate::sources::report::{Report, nearest};
use crate::sources::text;
use crate::text::html::{self, Breaks};

/// The fields that `digest` knows, in the order in which they are written.
pub(super) const KNOWN: [&str; 10] =
    ["id", "title", "source", "published", "score", "url", "summary", "format", "topics", "guides"];

/// Reads an item out of an object; what it does not know stays in `extra`. `None` when something was wrong (and reported).
pub(in crate::sources) fn item(fields: &mut Fields) -> Option<Item> {
    let before = fields.report.errors.len();
    hint(fields);
    let id = id(fields);
    let format = format(fields);
    let title = fields.title("title", "an item without a title cannot be shown; add one or drop the line");
    let title = title.map(|title| without_markup(fields, "title", title, format));
    let source = fields.required("source", "name the publisher, such as \"OpenAI Blog\"");
    let source = source.map(|source| fields.at_most(text::NAME, "source", source));
    let published = published(fields);
    let score = score(fields);
    let url = fields.url("url");
    let summary = fields.block("summary").unwrap_or_default();
    let summary = without_markup(fields, "summary", summary, format);
    let summary = fields.at_most(text::SUMMARY, "summary", summary);
    let topics = fields.list("topics");
    let guides = fields.slugs("guides");
    if fields.report.errors.len() > before {
        return None;
    }
    let (title, source) = (title?, source?);
    let id = id.unwrap_or_else(|| derived_id(url.as_deref(), &source, &title));
    // A map that is only emptied keeps its memory, of which a hundred thousand items have much.
    let extra = std::mem::take(&mut fields.map).into_iter().collect();
    Some(Item { id, title, source, published: published?, score, url, summary, format, topics, guides, extra })
}

/// An item out of a stored object, whatever else is wrong there; `None` when it is none.
pub(in crate::sources) fn item_from(map: Map<String, Value>) -> Option<Item> {
    let (lines, mut report) = (HashMap::new(), Report::new(Path::new("")));
    item(&mut Fields { map, lines: &lines, prefix: String::new(), line: 0, report: &mut report })
}

fn format(fields: &mut Fields) -> TextFormat {
    let Some(found) = fields.take("format") else { return TextFormat::default() };
    let word = found.as_str().map(str::trim);
    let format = word.map(|word| if word.is_empty() { Some(TextFormat::Text) } else { TextFormat::parse(word) });
    format.flatten().unwrap_or_else(|| {
        let help = "leave it out for plain text";
        fields.wrong("format", "\"text\" or \"markdown\"", &found, help);
        TextFormat::Text
    })
}

/// Plain text that is HTML becomes its words, which is reported; in Markdown, HTML is left to rendering.
fn without_markup(fields: &mut Fields, key: &str, text: String, format: TextFormat) -> String {
    let breaks = if key == "title" { Breaks::None } else { Breaks::All };
    let plain = (format == TextFormat::Text).then(|| html::from_plain(&text, breaks)).flatten();
    let plain =
        plain.map(|plain| plain.trim().to_owned()).filter(|plain| text::has_ink(plain) || breaks == Breaks::All);
    match plain {
        None => text,
        Some(plain) => {
            fields.note(key, "is HTML; its words were kept");
            plain
        }
    }
}

/// The id, which no one may cut: two that differ at their end would be one.
fn id(fields: &mut Fields) -> Option<String> {
    let id = fields.line_text("id")?;
    if id.chars().nth(text::NAME).is_some() {
        let expected = format!("of at most {} characters", text::NAME);
        fields.wrong("id", &expected, &Value::from(id), "leave it out, and one is made of the URL");
        return None;
    }
    Some(id)
}

/// A misspelt required field shows as an unknown one beside it.
fn hint(fields: &mut Fields) {
    for required in ["title", "source", "published"] {
        if fields.map.contains_key(required) {
            continue;
        }
        let mut unknown = fields.map.keys().filter(|key| !KNOWN.contains(&key.as_str())).take(100);
        if let Some(twin) = unknown.find(|key| nearest(key, &[required]).is_some()).cloned() {
            fields.note(&twin, &format!("is not a field of a news item; did you mean `{required}`?"));
        }
    }
}

fn published(fields: &mut Fields) -> Option<Published> {
    const HELP: &str = "write 2026-11-25, or 2026-11-25T09:00:00Z with the time and its zone";
    let Some(found) = fields.take("published") else {
        fields.missing("published", HELP);
        return None;
    };
    let read = found.as_str().and_then(Published::parse);
    let sane = read.filter(|published| (1000..=9999).contains(&day(*published).year()));
    match (read, sane) {
        (None, _) => fields.wrong("published", "an RFC 3339 time or YYYY-MM-DD", &found, HELP),
        // Programs write the year 1 for a date that they do not have.
        (_, None) => fields.wrong("published", "of a year from 1000 to 9999", &found, "give the day it appeared"),
        _ => {}
    }
    sane
}

/// The day that the item itself names, in its own offset: it decides the week's file.
pub(in crate::sources) fn day(published: Published) -> NaiveDate {
    match published {
        Published::Day(day) => day,
        Published::At(at) => at.date_naive(),
    }
}

fn score(fields: &mut Fields) -> Option<f64> {
    let found = fields.take("score")?;
    let score = found.as_f64().filter(|s| (0.0..=10.0).contains(s));
    if score.is_none() {
        let help = "the score comes from your news pipeline; drop the line or correct it";
        fields.wrong("score", "a number from 0 to 10", &found, help);
    }
    score
}

/// The item as an object of content/news: its fields in the contract's order, without the empty ones, then what `digest`
/// does not know.
pub fn item_to_json(item: &Item) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), item.id.as_str().into());
    out.insert("title".into(), item.title.as_str().into());
    out.insert("source".into(), item.source.as_str().into());
    out.insert("published".into(), item.published.to_string().into());
    if let Some(score) = item.score.and_then(number) {
        out.insert("score".into(), Value::Number(score));
    }
    if let Some(url) = &item.url {
        out.insert("url".into(), url.as_str().into());
    }
    if !item.summary.is_empty() {
        out.insert("summary".into(), item.summary.as_str().into());
    }
    if item.format == TextFormat::Markdown {
        out.insert("format".into(), "markdown".into());
    }
    for (key, list) in [("topics", &item.topics), ("guides", &item.guides)] {
        if !list.is_empty() {
            out.insert(key.into(), list.clone().into());
        }
    }
    for (key, value) in &item.extra {
        out.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Value::Object(out)
}

/// A score as content/ holds it.
pub fn score_to_json(score: f64) -> Value {
    number(score).map_or(Value::Null, Value::Number)
}

/// The score as people write it: 8, not 8.0.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // guarded: whole and from 0 to 10
fn number(score: f64) -> Option<Number> {
    let whole = score.fract() == 0.0 && (0.0..=10.0).contains(&score);
    if whole { Some(Number::from(score as u8)) } else { Number::from_f64(score) }
}
