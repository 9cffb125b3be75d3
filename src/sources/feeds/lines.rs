//! The output of an operator's program: JSON Lines, each an item of content/news. A bad line does not affect the others.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::{Dated, ENTRIES, Fed, Origin, Reading};
use crate::model::Notices;
use crate::sources::fields::Fields;
use crate::sources::records;
use crate::sources::report::{Report, fold};
use crate::sources::{news, text};

/// Reads the lines. An item without a source gets the program's name, one without a date that of the reading; a line with a
/// mistake is refused and reported.
///
/// # Errors
/// Output that is not UTF-8.
pub fn read_lines(label: &Path, bytes: &[u8], origin: &Origin) -> Result<Reading, Notices> {
    let mut report = Report::new(label);
    let mut reading = Reading::default();
    let lines = HashMap::new();
    records::json_lines(text::decode(label, bytes)?, &mut report, |record, report| {
        reading.entries += 1;
        if reading.items.len() == ENTRIES {
            return;
        }
        let mut map = record.fields;
        let blank = |value: Option<&Value>| {
            value.is_none_or(|value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()))
        };
        if let (true, Some(source)) = (blank(map.get("source")), origin.source) {
            map.insert("source".into(), source.into());
        }
        let undated = blank(map.get("published"));
        if undated {
            map.insert("published".into(), origin.now.to_rfc3339().into());
        }
        let mut fields = Fields { map, lines: &lines, prefix: String::new(), line: record.line, report };
        let Some(mut item) = news::item(&mut fields) else { return };
        news::note_ahead(item.published, record.line, origin.latest, report);
        if item.topics.is_empty() {
            item.topics = origin.topics.to_vec();
        }
        reading.items.push(Fed { item, dated: if undated { Dated::Not } else { Dated::Itself } });
    });
    let refused = report.errors.iter().map(|error| {
        let mut error = error.clone();
        error.message.push_str("; the line is refused");
        error
    });
    let mut notices: Vec<_> = refused.collect();
    notices.append(&mut report.notices);
    if reading.entries > ENTRIES {
        let message = format!("more than {ENTRIES} items; the first {ENTRIES} are read");
        notices.push(crate::model::Notice::new(message).at(label, None));
    }
    reading.notices = fold(notices);
    Ok(reading)
}
