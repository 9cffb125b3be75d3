//! Strict JSON and JSON Lines: text to objects, each with its line. Refuses doubled keys, which JSON libraries let pass
//! because the format's grammar does; knows nothing of what the objects mean.

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::report::{Report, shown};

/// The longest record that is read, in bytes.
pub(super) const LONGEST: usize = 1024 * 1024;

/// One object and the line on which it begins.
pub(super) struct Record {
    pub line: usize,
    pub fields: Map<String, Value>,
}

/// Hands on one object a line, as they are read, so that a large file is never in the memory twice; empty lines are skipped.
pub(super) fn json_lines(text: &str, report: &mut Report, mut take: impl FnMut(Record, &mut Report)) {
    for (i, line) in text.split('\n').enumerate() {
        let line = line.trim();
        if !line.is_empty()
            && let Some(record) = object(line, i + 1, report)
        {
            take(record, report);
        }
    }
}

/// Hands on the objects of a document that is one array of objects, or one object.
pub(super) fn json(text: &str, report: &mut Report, mut take: impl FnMut(Record, &mut Report)) {
    if text.trim().is_empty() {
        report.error(1, "expected a JSON array or object, found an empty file", "write `[]` for no records");
        return;
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        // Reading into values gives the better words, where it fails as well.
        let error = serde_json::from_str::<Value>(text).err().unwrap_or(error);
        syntax(&error, text, 1, report);
        return;
    }
    let (mut line, mut counted) = (1, 0);
    for (offset, slice) in elements(text) {
        line += text.get(counted..offset).unwrap_or_default().matches('\n').count();
        counted = offset;
        if let Some(record) = object(slice, line, report) {
            take(record, report);
        }
    }
}

fn object(slice: &str, line: usize, report: &mut Report) -> Option<Record> {
    if slice.len() > LONGEST {
        too_long(line, report);
        return None;
    }
    let mut subscriber = serde_json::Deserializer::from_str(slice);
    let value = Strict.deserialize(&mut subscriber).and_then(|value| subscriber.end().map(|()| value));
    match value {
        Ok(Value::Object(fields)) => return Some(Record { line, fields }),
        Ok(other) => report.error(
            line,
            format!("expected a JSON object, found {}", shown(&other)),
            "each record is one object, such as {\"title\": \"…\", \"source\": \"…\", \"published\": \"2026-11-20\"}",
        ),
        Err(error) => syntax(&error, slice, line, report),
    }
    None
}

/// Reports a record that no one wrote by hand and no subscriber would finish.
pub(super) fn too_long(line: usize, report: &mut Report) {
    let help = "a news item has a title and some sentences; if these are many records, put each on a line of its own";
    report.error(line, "a record must have at most 1 MB, found a longer one", help);
}

/// Reports what `serde_json` could not read, where `base` is the line on which `text` begins.
fn syntax(error: &serde_json::Error, text: &str, base: usize, report: &mut Report) {
    let whole = error.to_string();
    let what = whole.split(" at line ").next().unwrap_or(&whole);
    let line = base + error.line().max(1) - 1;
    let help = match what {
        w if w.starts_with("the key") => "keep one of the two",
        "number out of range" => "no number of a news item or guide is that large; correct it",
        "trailing comma" => "take out the comma before the closing bracket",
        "trailing characters" => {
            "a .json file holds one array or one object; name the file .jsonl for one object a line"
        }
        "recursion limit exceeded" => "at most 127 nested lists and objects are allowed",
        _ if text.contains("NaN") || text.contains("Infinity") => {
            "JSON has no NaN and no Infinity; leave the field out when there is no number"
        }
        _ => "the record must be valid JSON: check quotes, commas and brackets near that place",
    };
    report.error(line, format!("not valid JSON: {what} (column {})", error.column()), help);
}

/// The slices of a valid document's records: the elements of its array, or the document itself.
fn elements(text: &str) -> Vec<(usize, &str)> {
    let start = text.len() - text.trim_start().len();
    if !text.trim_start().starts_with('[') {
        return vec![(start, text.get(start..).unwrap_or_default())];
    }
    let mut out = Vec::new();
    let (mut depth, mut from, mut in_string, mut escaped) = (0usize, start + 1, false, false);
    for (at, b) in text.bytes().enumerate().skip(start) {
        if in_string {
            (in_string, escaped) = (escaped || b != b'"', !escaped && b == b'\\');
            continue;
        }
        match b {
            b'"' => in_string = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if (depth == 1 && b == b',') || (depth == 0 && b == b']') {
            let slice = text.get(from..at).unwrap_or_default();
            let blank = slice.len() - slice.trim_start().len();
            if !slice.trim().is_empty() {
                out.push((from + blank, slice.trim()));
            }
            from = at + 1;
        }
    }
    out
}

/// Reads any JSON value, refusing an object that has a key twice.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(value) = seq.next_element_seed(Strict)? {
            out.push(value);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            match out.entry(key) {
                Entry::Vacant(place) => drop(place.insert(map.next_value_seed(Strict)?)),
                Entry::Occupied(twin) => {
                    let name = super::report::quoted(twin.key());
                    return Err(A::Error::custom(format!("the key {name} appears twice in one object")));
                }
            }
        }
        Ok(Value::Object(out))
    }
}
