//! JSON Feed 1.0 and 1.1 to a feed in its own words. What is whole of a broken or cut document is read. Knows no item.

use serde_json::{Map, Value};

use super::ENTRIES;
use super::parsed::{Entry, Link, MOST, ParsedFeed, Role, Text};
use super::prose::Kind;
use crate::sources::report::{Report, shown};

/// Reads a feed; `None` when the document is none.
pub(super) fn read(text: &str, report: &mut Report) -> Option<ParsedFeed> {
    let (head, items) = parts(text)?;
    let head = head_of(head);
    let mut told = ParsedFeed {
        title: text_of(&head, "title", Kind::Unsaid),
        site: string(&head, "home_page_url"),
        language: string(&head, "language"),
        ..ParsedFeed::default()
    };
    let mut line = 1;
    let mut counted = 0;
    for (at, slice) in objects(text, items) {
        line += text.get(counted..at).unwrap_or_default().matches('\n').count();
        counted = at;
        if told.entries.len() == ENTRIES {
            report.note(line, format!("has more than {ENTRIES} items; the first {ENTRIES} are read"), "");
            break;
        }
        match slice.map(serde_json::from_str::<Value>) {
            Some(Ok(Value::Object(fields))) => told.entries.push(entry(line, &fields)),
            Some(Ok(other)) => {
                report.note(line, format!("an item must be an object, found {}; it is refused", shown(&other)), "");
                told.entries.push(Entry { line, cut: true, ..Entry::default() });
            }
            Some(Err(why)) => {
                let why = why.to_string();
                let why = why.split(" at line ").next().unwrap_or_default();
                report.note(
                    line,
                    format!("an item is not valid JSON ({why}); it was refused, the others count"),
                    "tell the site's owner",
                );
                told.entries.push(Entry { line, cut: true, ..Entry::default() });
            }
            None => {
                report.note(line, "the JSON breaks off here; everything before it counts", "tell the site's owner");
            }
        }
    }
    Some(told)
}

/// Whether a document is a JSON Feed: it says so, or has a list of items at its top.
pub(super) fn is_feed(text: &str) -> bool {
    text.trim_start().starts_with('{') && (text.contains("jsonfeed.org/version") || parts(text).is_some())
}

/// The text before the list of items, and the byte after its bracket.
fn parts(text: &str) -> Option<(&str, usize)> {
    let start = text.find('{')?;
    text.get(..start).filter(|before| before.trim().is_empty())?;
    let bytes = text.as_bytes();
    let (mut depth, mut in_string, mut escaped) = (0usize, None, false);
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        if let Some(from) = in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    in_string = None;
                    if depth == 1
                        && text.get(from..at) == Some("items")
                        && let Some(open) = behind(text, at + 1)
                    {
                        return Some((text.get(start..from - 1)?, open));
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = Some(at + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The byte behind `: [`.
fn behind(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let list = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('[')?;
    Some(text.len() - list.len())
}

/// The fields before the items, with the comma at their end taken off; the fields behind them are not needed.
fn head_of(head: &str) -> Map<String, Value> {
    let whole = format!("{}}}", head.trim_end().trim_end_matches(','));
    serde_json::from_str(&whole).unwrap_or_default()
}

/// The elements of the list that begins at `from`, each with its byte; `None` for one that the end of the text cuts.
fn objects(text: &str, from: usize) -> Vec<(usize, Option<&str>)> {
    let mut out = Vec::new();
    let (mut depth, mut start, mut in_string, mut escaped) = (0usize, None, false, false);
    for (at, byte) in text.bytes().enumerate().skip(from) {
        if in_string {
            (in_string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        let ends = depth == 0 && matches!(byte, b',' | b']' | b'}');
        if let (true, Some(begun)) = (ends, start) {
            out.push((begun, text.get(begun..at)));
            start = None;
        }
        match byte {
            b']' | b'}' if depth == 0 => return out,
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        if start.is_none() && !byte.is_ascii_whitespace() && byte != b',' {
            start = Some(at);
        }
        // One more than the limit: the reader reports it.
        if out.len() > ENTRIES {
            return out;
        }
    }
    out.push((start.unwrap_or(text.len()), None));
    out
}

fn entry(line: usize, fields: &Map<String, Value>) -> Entry {
    let link = |key: &str, role| string(fields, key).map(|raw| Link { raw, base: None, role });
    let guid = string(fields, "id").or_else(|| fields.get("id").filter(|id| id.is_number()).map(ToString::to_string));
    let permalink =
        guid.clone().filter(|id| id.starts_with("http")).map(|raw| Link { raw, base: None, role: Role::Permalink });
    let text = text_of(fields, "content_text", Kind::Plain);
    let html = text_of(fields, "content_html", Kind::Html);
    let links = [link("url", Role::Own), permalink, link("external_url", Role::Related)];
    Entry {
        line,
        title: text_of(fields, "title", Kind::Unsaid),
        summary: text_of(fields, "summary", Kind::Unsaid),
        content: if html.is_blank() { text } else { html },
        links: links.into_iter().flatten().collect(),
        guid,
        published: date(fields, "date_published"),
        updated: date(fields, "date_modified"),
        topics: fields
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .take(MOST)
            .collect(),
        score: score(fields),
        language: string(fields, "language"),
        ..Entry::default()
    }
}

/// `score` of the item, or of an extension, whose name begins with `_`.
fn score(fields: &Map<String, Value>) -> Option<String> {
    let of = |fields: &Map<String, Value>| {
        fields
            .get("score")
            .filter(|score| !score.is_null())
            .map(|score| score.as_str().map_or_else(|| score.to_string(), str::to_owned))
    };
    of(fields)
        .or_else(|| fields.iter().filter(|(key, _)| key.starts_with('_')).find_map(|(_, value)| of(value.as_object()?)))
}

fn string(fields: &Map<String, Value>, key: &str) -> Option<String> {
    fields.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A date: text, or seconds since 1970.
fn date(fields: &Map<String, Value>, key: &str) -> Vec<String> {
    let number = || fields.get(key).filter(|date| date.is_number()).map(ToString::to_string);
    string(fields, key).or_else(number).into_iter().collect()
}

fn text_of(fields: &Map<String, Value>, key: &str, kind: Kind) -> Text {
    Text::new(fields.get(key).and_then(Value::as_str).unwrap_or_default(), kind)
}
