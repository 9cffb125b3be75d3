//! Reads a guide from Markdown with front matter: TOML between `+++` lines or YAML between `---` lines. Knows no folder.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::guide::{KNOWN, guide, meant};
use crate::model::{Guide, Notice, Notices};
use crate::sources::fields::Fields;
use crate::sources::report::Report;
use crate::sources::text::decode;

/// Reads one guide. `## ` lines of the body begin sections; text before the first is a section without a heading. A body
/// line that is to begin with `## ` itself, also inside a code block, is written `\## `.
///
/// # Errors
/// Every mistake with its line in the file; an unknown key too, with the nearest known one.
pub(in crate::sources) fn read_markdown(label: &Path, bytes: &[u8]) -> Result<(Guide, Vec<Notice>), Notices> {
    let text = decode(label, bytes)?;
    let text = if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    let mut report = Report::new(label);
    let Some((mark, front, first, body)) = split(&text, &mut report) else {
        return Err(Notices(report.errors));
    };
    let read =
        if mark == YAML { yaml_fields(front, first, &mut report) } else { toml_fields(front, first, &mut report) };
    let Some((map, lines)) = read else {
        return Err(Notices(report.errors));
    };
    let named = label.file_stem().and_then(|s| s.to_str());
    let mut fields = Fields { map, lines: &lines, prefix: String::new(), line: first, report: &mut report };
    if let Some(found) = fields.take("sections") {
        fields.wrong(
            "sections",
            "the Markdown below the front matter",
            &found,
            "write each section as `## Heading` and text",
        );
    }
    fields.map.insert("sections".into(), sections(body));
    let read = guide(&mut fields, named);
    for key in fields.map.keys().cloned().collect::<Vec<_>>() {
        let line = fields.line_of(&key);
        let help = meant(&key);
        let known = format!("known keys are {}", KNOWN.get(..KNOWN.len() - 1).unwrap_or_default().join(", "));
        let help = if help.is_empty() { known } else { help.trim_start_matches("; ").to_owned() };
        fields.report.error(line, format!("`{key}` is not a known key of a guide"), &help);
    }
    let notices = report.finish()?;
    let broken = || Notices::from(Notice::new("the guide could not be read").at(label, None));
    Ok((read.ok_or_else(broken)?, notices))
}

/// The lines around front matter.
const TOML: &str = "+++";
const YAML: &str = "---";

/// The mark around the front matter, the front matter, the line of the file on which it begins, and the body.
fn split<'a>(text: &'a str, report: &mut Report) -> Option<(&'static str, &'a str, usize, &'a str)> {
    let blank = text.len() - text.trim_start().len();
    let above = text.get(..blank)?.matches('\n').count();
    let start = text.get(blank..)?;
    let begins = |mark: &'static str| {
        let rest = start.strip_prefix(mark).filter(|r| r.lines().next().is_none_or(|l| l.trim().is_empty()))?;
        Some((mark, rest))
    };
    let Some((mark, rest)) = begins(TOML).or_else(|| begins(YAML)) else {
        report.error(
            above + 1,
            "expected front matter that begins with a line `+++` or `---`, found other text",
            "a guide begins with +++, then title = \"…\", then +++; or with YAML between lines ---",
        );
        return None;
    };
    let front_at = rest.find('\n').map_or(rest.len(), |n| n + 1);
    let (mut at, front) = (front_at, rest.get(front_at..)?);
    for line in front.split_inclusive('\n') {
        if line.trim_end() == mark || (mark == YAML && line.trim_end() == "...") {
            return Some((mark, rest.get(front_at..at)?, above + 2, rest.get(at + line.len()..)?));
        }
        at += line.len();
    }
    report.error(
        above + 1,
        "the front matter that begins here is never closed",
        &format!("end it with a line `{mark}`"),
    );
    None
}

type Located = (Map<String, Value>, HashMap<String, usize>);

/// The front matter as fields with their lines in the file.
fn toml_fields(front: &str, first: usize, report: &mut Report) -> Option<Located> {
    let line = |offset: usize| first + front.get(..offset).unwrap_or_default().matches('\n').count();
    let (table, errors) = DeTable::parse_recoverable(front);
    if !errors.is_empty() {
        for error in errors {
            let at = error.span().map_or(first, |span| line(span.start));
            report.error(
                at,
                format!("not valid TOML: {}", error.message()),
                "put texts in quotation marks; dates have none",
            );
        }
        return None;
    }
    let (mut map, mut lines) = (Map::new(), HashMap::new());
    for (key, value) in table.get_ref() {
        lines.insert(key.get_ref().to_string(), line(key.span().start));
        let path = key.get_ref().to_string();
        map.insert(path.clone(), json(value.get_ref(), &path, &mut lines, &line));
    }
    Some((map, lines))
}

/// The same for YAML, with the lines of its keys.
fn yaml_fields(front: &str, first: usize, report: &mut Report) -> Option<Located> {
    let read: Result<Value, _> = serde_saphyr::from_str(front);
    let map = match read {
        Ok(Value::Object(map)) => map,
        Ok(Value::Null) => Map::new(),
        Ok(_) => {
            report.error(first, "the front matter must be keys with values", "such as `title: How models learn`");
            return None;
        }
        Err(error) => {
            let line = error.location().map_or(first, |at| first - 1 + usize::try_from(at.line()).unwrap_or(1));
            let message = error.to_string().lines().next().unwrap_or_default().to_owned();
            let help = "put a text with a colon or a quote in it into quotation marks, and indent with spaces";
            report.error(line, format!("not valid YAML: {message}"), help);
            return None;
        }
    };
    let key = |line: &str| {
        let plain = !line.starts_with([' ', '\t', '#', '-']);
        let key = line.split_once(':').filter(|_| plain)?.0;
        Some(key.trim().trim_matches(['"', '\'']).to_owned())
    };
    let lines = front.lines().enumerate().filter_map(|(at, line)| Some((key(line)?, first + at))).collect();
    Some((map, lines))
}

/// A TOML value as JSON; a date becomes its text, a number that is none of JSON's likewise.
fn json(value: &DeValue, path: &str, lines: &mut HashMap<String, usize>, line: &dyn Fn(usize) -> usize) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Boolean(b) => Value::from(*b),
        DeValue::Integer(n) => {
            i64::from_str_radix(n.as_str(), n.radix()).map_or_else(|_| Value::from(n.as_str()), Value::from)
        }
        DeValue::Float(n) => n.as_str().parse::<f64>().map_or_else(|_| Value::from(n.as_str()), Value::from),
        DeValue::Datetime(date) => Value::from(date.to_string()),
        DeValue::Array(values) => {
            let mut out = Vec::new();
            for (i, inner) in values.iter().enumerate() {
                let path = format!("{path}[{i}]");
                lines.insert(path.clone(), line(inner.span().start));
                out.push(json(inner.get_ref(), &path, lines, line));
            }
            Value::Array(out)
        }
        DeValue::Table(table) => {
            let mut out = Map::new();
            for (key, inner) in table {
                let path = format!("{path}.{}", key.get_ref());
                lines.insert(path.clone(), line(key.span().start));
                out.insert(key.get_ref().to_string(), json(inner.get_ref(), &path, lines, line));
            }
            Value::Object(out)
        }
    }
}

/// The body as a list of sections.
fn sections(body: &str) -> Value {
    let mut out: Vec<(String, String)> = vec![(String::new(), String::new())];
    for line in body.lines() {
        if let Some(heading) = heading(line) {
            out.push((heading.to_owned(), String::new()));
        } else if let Some((_, text)) = out.last_mut() {
            text.push_str(if is_escaped(line) { line.get(1..).unwrap_or_default() } else { line });
            text.push('\n');
        }
    }
    let section = |(heading, text): (String, String)| serde_json::json!({ "heading": heading, "text": text });
    out.into_iter().map(section).collect()
}

/// The text of a `## Heading` line.
fn heading(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("##")?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim())
}

/// Whether the line is a heading behind one backslash or more, of which the first only marks it as text.
pub(super) fn is_escaped(line: &str) -> bool {
    line.starts_with('\\') && is_heading_like(line)
}

/// Whether the line would be a heading without the backslashes before it, if there are any.
pub(super) fn is_heading_like(line: &str) -> bool {
    heading(line.trim_start_matches('\\')).is_some()
}
