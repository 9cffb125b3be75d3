//! Reads the fields of one TOML table, each with its line, and collects mistakes. Knows no draft.

use std::cell::RefCell;
use std::path::Path;

use toml_edit::{Item, TableLike, Value};

use crate::model::{Notice, Published};
use crate::text::suggestion;

/// A TOML text that is being read, with the mistakes found so far.
pub struct Source<'a> {
    file: &'a Path,
    /// Where each line ends, in bytes: an entry is asked for its line, and a draft may have hundreds.
    ends: Vec<usize>,
    pub wrong: RefCell<Vec<Notice>>,
}

impl<'a> Source<'a> {
    pub fn new(file: &'a Path, text: &str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { file, ends, wrong: RefCell::new(Vec::new()) }
    }

    pub fn file(&self) -> &Path {
        self.file
    }

    /// The line of a byte, from 1.
    pub fn line(&self, byte: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < byte)
    }

    /// Notes a mistake on a line.
    pub fn wrong(&self, line: Option<usize>, message: String, help: impl Into<String>) {
        self.wrong.borrow_mut().push(Notice::new(message).at(self.file, line).help(help));
    }
}

/// One table and its name in messages: `news 2` for the second entry, nothing for the top level.
pub struct Fields<'a> {
    pub source: &'a Source<'a>,
    pub table: &'a dyn TableLike,
    pub name: String,
    /// The start of the table, the place for missing fields.
    pub line: Option<usize>,
}

impl Fields<'_> {
    /// The field as messages name it.
    fn called(&self, key: &str) -> String {
        if self.name.is_empty() { format!("`{key}`") } else { format!("{}: `{key}`", self.name) }
    }

    pub fn line_of(&self, key: &str) -> Option<usize> {
        let (key, item) = self.table.get_key_value(key)?;
        let span = key.span().or_else(|| item.span())?;
        Some(self.source.line(span.start))
    }

    pub fn wrong(&self, key: &str, expected: &str, help: &str) {
        let found = self.table.get(key).map(excerpt).unwrap_or_default();
        let message = format!("{} must be {expected}, found {found}", self.called(key));
        self.source.wrong(self.line_of(key), message, help);
    }

    fn missing(&self, key: &str, expected: &str) {
        let message = format!("{} is missing: it must be {expected}", self.called(key));
        self.source.wrong(self.line, message, format!("add a line `{key} = …`"));
    }

    /// Every key that is not one of `known` is a mistake; the help names the nearest.
    pub fn only(&self, known: &[&str]) {
        for (key, _) in self.table.iter().filter(|(key, _)| !known.contains(key)) {
            let help = suggestion(key, known.iter().copied());
            self.source.wrong(self.line_of(key), format!("{} is not a known field", self.called(key)), help);
        }
    }

    /// A string; `None` if it is left out.
    pub fn string(&self, key: &str) -> Option<String> {
        let value = self.table.get(key)?;
        if let Some(text) = value.as_str() {
            return Some(text.to_owned());
        }
        self.wrong(key, "a string", "put it between double quotes");
        None
    }

    /// A string that may be left out or empty, with the same meaning.
    pub fn filled(&self, key: &str) -> Option<String> {
        self.string(key).filter(|text| !text.trim().is_empty())
    }

    /// A string that must be present and not empty.
    pub fn required(&self, key: &str) -> String {
        match (self.table.contains_key(key), self.filled(key)) {
            (_, Some(text)) => text,
            (false, None) => {
                self.missing(key, "a string");
                String::new()
            }
            (true, None) => {
                if self.table.get(key).is_some_and(|item| item.as_str().is_some()) {
                    self.wrong(key, "a string that is not empty", "fill it in, or delete the whole entry");
                }
                String::new()
            }
        }
    }

    pub fn strings(&self, key: &str) -> Vec<String> {
        let Some(item) = self.table.get(key) else { return Vec::new() };
        let texts: Option<Vec<String>> =
            item.as_array().and_then(|array| array.iter().map(|value| value.as_str().map(str::to_owned)).collect());
        texts.unwrap_or_else(|| {
            self.wrong(key, "a list of strings", "write it as [\"one\", \"two\"]");
            Vec::new()
        })
    }

    pub fn flag(&self, key: &str) -> bool {
        let Some(item) = self.table.get(key) else { return false };
        item.as_bool().unwrap_or_else(|| {
            self.wrong(key, "true or false", "write it without quotes");
            false
        })
    }

    /// A number from 0 to `most`, if there is one.
    pub fn number(&self, key: &str, most: f64) -> Option<f64> {
        let item = self.table.get(key)?;
        let whole = item.as_integer().and_then(|n| i32::try_from(n).ok()).map(f64::from);
        let number = item.as_float().or(whole).filter(|number| (0.0..=most).contains(number));
        if number.is_none() {
            self.wrong(key, &format!("a number from 0 to {most}"), "correct it, or delete the line");
        }
        number
    }

    /// A day or an instant, bare or as a string.
    pub fn published(&self, key: &str) -> Option<Published> {
        let expected = "a date or a date and time with its zone";
        let Some(item) = self.table.get(key) else {
            self.missing(key, expected);
            return None;
        };
        let text = item.as_datetime().map(ToString::to_string).or_else(|| item.as_str().map(str::to_owned));
        let published = text.as_deref().and_then(Published::parse);
        if published.is_none() {
            self.wrong(key, expected, "write it as 2026-11-24 or 2026-11-24T09:00:00Z, without quotes");
        }
        published
    }
}

/// The value as written in the file, shortened for a message.
fn excerpt(item: &Item) -> String {
    let text = match item {
        Item::Value(Value::Array(_)) => "a list".into(),
        Item::Value(value) => value.to_string().trim().to_owned(),
        Item::Table(_) => "a table".into(),
        Item::ArrayOfTables(_) => "a list of tables".into(),
        Item::None => "nothing".into(),
    };
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() > 60 { line.chars().take(59).chain(['…']).collect() } else { line.to_owned() }
}
