//! Takes typed fields out of an object one by one, so that one pass finds every mistake in it. Knows no record's meaning.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Value};

use super::report::{Report, shown};
use super::text;

/// An object's fields, the lines on which they stand, and where mistakes are reported.
pub(super) struct Fields<'a> {
    pub map: Map<String, Value>,
    /// Lines by path, such as `timeline[0].date`; a field that is not here is on `line`.
    pub lines: &'a HashMap<String, usize>,
    /// The path of this object with its dot; empty for a whole record.
    pub prefix: String,
    pub line: usize,
    pub report: &'a mut Report,
}

const HELD: &str = "had control characters, hidden characters or stacked accents; they were removed";

impl Fields<'_> {
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.lines.get(&format!("{}{key}", self.prefix)).copied().unwrap_or(self.line)
    }

    /// The field, removed from the object; JSON's `null` counts as absent.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.map.shift_remove(key).filter(|v| !v.is_null())
    }

    pub(super) fn wrong(&mut self, key: &str, expected: &str, found: &Value, help: &str) {
        let message = format!("`{}{key}` must be {expected}, found {}", self.prefix, shown(found));
        self.report.error(self.line_of(key), message, help);
    }

    pub(super) fn note(&mut self, key: &str, message: &str) {
        let message = format!("`{}{key}` {message}", self.prefix);
        self.report.note(self.line_of(key), message, "");
    }

    fn raw(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong(key, "a string", &other, "put the text in quotation marks");
                None
            }
        }
    }

    fn cleaned(&mut self, key: &str, read: fn(&str) -> text::Cleaned) -> Option<String> {
        let raw = self.raw(key)?;
        if !raw.is_empty() && text::is_clean(&raw) {
            return Some(raw);
        }
        let cleaned = read(&raw);
        if cleaned.changed {
            self.note(key, HELD);
        }
        Some(cleaned.text).filter(|text| text::has_ink(text))
    }

    /// Text of one line; `None` when absent or blank.
    pub(super) fn line_text(&mut self, key: &str) -> Option<String> {
        self.cleaned(key, text::line)
    }

    /// Text of several lines; `None` when absent or blank.
    pub(super) fn block(&mut self, key: &str) -> Option<String> {
        self.cleaned(key, text::block)
    }

    /// Text of one line that must be there.
    pub(super) fn required(&mut self, key: &str, help: &str) -> Option<String> {
        let before = self.report.errors.len();
        let text = self.line_text(key);
        if text.is_none() && self.report.errors.len() == before {
            self.missing(key, help);
        }
        text
    }

    pub(super) fn missing(&mut self, key: &str, help: &str) {
        let message = format!("`{}{key}` is required, found nothing", self.prefix);
        self.report.error(self.line_of(key), message, help);
    }

    /// A title: one required line, cut at a word when it is too long.
    pub(super) fn title(&mut self, key: &str, help: &str) -> Option<String> {
        let title = self.required(key, help)?;
        Some(self.at_most(text::TITLE, key, title))
    }

    /// The text, cut at a word where it has more than `most` characters, which is noted.
    pub(super) fn at_most(&mut self, most: usize, key: &str, text: String) -> String {
        // Fewer bytes than `most` are fewer characters.
        let short = if text.len() > most { text::cut(&text, most) } else { None };
        short.map_or(text, |short| {
            self.note(key, &format!("is longer than {most} characters; it was cut at a word"));
            short
        })
    }

    /// A list of one-line texts; blank ones are left out.
    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        let found = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Array(values)) if values.iter().all(Value::is_string) => values,
            Some(other) => {
                self.wrong(key, "a list of strings", &other, "write it as [\"one\", \"two\"]");
                return Vec::new();
            }
        };
        let cleaned: Vec<_> = found.iter().filter_map(Value::as_str).map(text::line).collect();
        if cleaned.iter().any(|c| c.changed) {
            self.note(key, HELD);
        }
        let names = cleaned.into_iter().map(|c| c.text).filter(|name| text::has_ink(name));
        names.map(|name| self.at_most(text::NAME, key, name)).collect()
    }

    /// A list of slugs.
    pub(super) fn slugs(&mut self, key: &str) -> Vec<String> {
        let slugs = self.list(key);
        if let Some(bad) = slugs.iter().find(|s| !text::is_slug(s)) {
            let found = Value::from(bad.as_str());
            self.wrong(
                key,
                "a list of guide slugs",
                &found,
                "a slug has a to z, 0 to 9 and `-`, as the guide's file name",
            );
        }
        slugs
    }

    /// A whole number from 0.
    pub(super) fn count(&mut self, key: &str) -> Option<u32> {
        let found = self.take(key)?;
        let number = found.as_u64().and_then(|n| u32::try_from(n).ok());
        if number.is_none() {
            self.wrong(key, "a whole number from 0", &found, "write it without quotation marks or decimals");
        }
        number
    }

    /// A day; a time is read as the day it names.
    pub(super) fn day(&mut self, key: &str) -> Option<NaiveDate> {
        let found = self.take(key)?;
        let day = found.as_str().and_then(|t| NaiveDate::parse_from_str(t.get(..10).unwrap_or(t), "%Y-%m-%d").ok());
        let day = day.filter(|d| (1000..=9999).contains(&d.year()));
        if day.is_none() {
            self.wrong(key, "a date as YYYY-MM-DD", &found, "write it as in 2026-11-25");
        }
        day
    }

    /// An absolute http or https URL, as it was given.
    pub(super) fn url(&mut self, key: &str) -> Option<String> {
        let found = self.take(key)?;
        let given = match found.as_str().map(str::trim) {
            Some("") => return None,
            Some(text) if is_web_url(text) => Some(text.to_owned()),
            _ => None,
        };
        if given.is_none() {
            self.wrong(key, "an http or https URL", &found, "give the whole address, such as https://example.org/post");
        }
        given
    }

    /// The tables of a list of tables, each with its path; anything else is reported.
    pub(super) fn tables(&mut self, key: &str) -> Vec<(String, Map<String, Value>)> {
        let values = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values,
            Some(other) => {
                self.wrong(key, "a list of objects", &other, "");
                return Vec::new();
            }
        };
        let mut out = Vec::new();
        for (i, value) in values.into_iter().enumerate() {
            let path = format!("{key}[{i}]");
            match value {
                Value::Object(map) => out.push((path, map)),
                other => self.wrong(&path, "an object", &other, ""),
            }
        }
        out
    }
}

/// Whether the text is an http(s) URL with a host and without white space, control characters or a password.
pub(super) fn is_web_url(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || text::is_invisible(c);
    let clean = text.len() <= 8_000 && (text.bytes().all(|b| b.is_ascii_graphic()) || !text.chars().any(odd));
    let plain = |u: ::url::Url| {
        matches!(u.scheme(), "http" | "https") && u.host_str().is_some_and(|h| !h.is_empty()) && u.password().is_none()
    };
    clean && ::url::Url::parse(text).is_ok_and(plain)
}
