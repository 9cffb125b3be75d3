//! CSV to objects with the field names of content/news. Knows cells and quotes; what the fields mean is item.rs's matter.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use super::item::KNOWN;
use crate::sources::records::{self, Record};
use crate::sources::report::{Report, nearest, quoted};
use crate::sources::separator;

/// The most columns that a file may have.
const COLUMNS: usize = 200;

/// Hands on the rows after the header row, each with the line on which it begins. Blank cells are no fields; `topics` and `guides`
/// are split at `;`; a `score` or `version` that reads as a number is one.
pub(super) fn rows(text: &str, report: &mut Report, mut take: impl FnMut(Record, &mut Report)) {
    let first = text.split(['\n', '\r']).next().unwrap_or_default();
    let hint = separator::hinted(first.trim().as_bytes());
    // The line ends stay, so that line numbers match the file.
    let text = if hint.is_some() { &text[first.len()..] } else { text };
    let separator = hint.unwrap_or_else(|| separator::of(text.as_bytes()));
    if !quotes_close(text, separator, report) {
        return;
    }
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.delimiter(separator).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut rows = reader.records();
    let Some(Ok(first)) = rows.next() else {
        let help = "the first row names the columns: title,source,published,…";
        report.error(1, "expected a header row, found an empty file", help);
        return;
    };
    let Some(header) = header(&first, report) else { return };
    for row in rows {
        let Ok(row) = row else { continue };
        let line = row.position().map_or(1, |p| usize::try_from(p.line()).unwrap_or(usize::MAX));
        // The reader names the line where it began to read, which may be an empty line before the record.
        let line = line + blank_lines_at(text, row.position());
        if row.as_slice().len() > records::LONGEST {
            records::too_long(line, report);
        } else if row.iter().all(|cell| cell.trim().is_empty()) {
            // A spreadsheet writes a row of separators for each row that was once used.
        } else if row.len() == header.len() {
            take(Record { line, fields: fields(&header, &row) }, report);
        } else {
            let message = format!("expected {} cells as in the header row, found {}", header.len(), row.len());
            let name = separator::name(separator);
            report.error(line, message, &format!("a cell with a {name} inside must stand in quotation marks"));
        }
    }
}

fn blank_lines_at(text: &str, position: Option<&csv::Position>) -> usize {
    let at = position.and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count()
}

fn header(row: &csv::StringRecord, report: &mut Report) -> Option<Vec<String>> {
    if row.len() > COLUMNS || row.as_slice().len() > records::LONGEST {
        let (columns, bytes) = (row.len(), row.as_slice().len());
        let message = format!(
            "expected a header row of at most {COLUMNS} columns and 1 MB, found {columns} columns in {bytes} bytes"
        );
        report.error(1, message, "the first row names the columns: title,source,published,…");
        return None;
    }
    let known = |name: &str| KNOWN.iter().find(|k| k.eq_ignore_ascii_case(name)).map(|k| (*k).to_owned());
    let names: Vec<String> = row.iter().map(|n| known(n.trim()).unwrap_or_else(|| n.trim().to_owned())).collect();
    let before = report.errors.len();
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (i, name) in row.iter().map(str::trim).enumerate() {
        if name.is_empty() {
            report.error(1, format!("column {} has no name", i + 1), "every column of the header row needs a name");
        } else if let Some(twin) = seen.insert(name.to_lowercase(), name) {
            let (twin, name) = (quoted(twin), quoted(name));
            let message = if twin == name {
                format!("the column {name} appears twice")
            } else {
                format!("the columns {twin} and {name} differ in nothing but case")
            };
            report.error(1, message, "keep one of the two");
        }
    }
    for required in ["title", "source", "published"] {
        if !names.iter().any(|n| n == required) {
            let unknown = names.iter().find(|n| !KNOWN.contains(&n.as_str()) && nearest(n, &[required]).is_some());
            let help = match unknown {
                Some(name) => format!("did you mean {required} by the column {}?", quoted(name)),
                None => "the first row names the columns: title,source,published,…".to_owned(),
            };
            report.error(1, format!("the column `{required}` is required, found nothing"), &help);
        }
    }
    (report.errors.len() == before).then_some(names)
}

fn fields(header: &[String], row: &csv::StringRecord) -> Map<String, Value> {
    let cells = header.iter().zip(row.iter()).filter(|(_, cell)| !cell.trim().is_empty());
    cells.map(|(name, cell)| (name.clone(), value(name, cell))).collect()
}

fn value(name: &str, cell: &str) -> Value {
    match name {
        "topics" | "guides" => cell.split(';').map(str::trim).filter(|t| !t.is_empty()).collect(),
        "score" => {
            // A decimal comma can be nothing else: scores end at ten.
            let plainly = cell.trim().replacen(',', ".", 1);
            let plain = plainly.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
            let number = plainly.parse().ok().filter(|_| plain).and_then(Number::from_f64);
            number.map_or_else(|| cell.into(), Value::Number)
        }
        "version" => cell.trim().parse::<u64>().map_or_else(|_| cell.into(), Value::from),
        _ => cell.into(),
    }
}

/// Whether every quoted cell is closed, and closed at its end. The csv crate reads on to the end of the file instead,
/// swallowing every row after the slip.
fn quotes_close(text: &str, separator: u8, report: &mut Report) -> bool {
    let (mut line, mut opened, mut at_start) = (1, None, true);
    let mut bytes = text.bytes().peekable();
    while let Some(b) = bytes.next() {
        if b == b'\n' {
            line += 1;
        }
        if opened.is_none() {
            if b == b'"' && at_start {
                opened = Some(line);
            }
            at_start = b == separator || matches!(b, b'\n' | b'\r');
        } else if b == b'"' && bytes.next_if_eq(&b'"').is_none() {
            opened = None;
            if bytes.peek().is_some_and(|next| *next != separator && !matches!(next, b'\r' | b'\n')) {
                report.error(
                    line,
                    "a quoted cell must end at its closing quote, found more text",
                    "write a quote inside a cell twice: \"\"",
                );
            }
        }
    }
    if let Some(line) = opened {
        report.error(
            line,
            "the quote that opens a cell on this line is never closed",
            "add the closing quote; a quote inside a cell is written twice",
        );
    }
    report.errors.is_empty()
}
