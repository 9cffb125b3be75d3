//! Where in the draft a finding can be fixed: in words, and as a line of issue.toml. Knows no rule.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike};

use crate::model::Draft;

/// The place of findings about settings.
pub const CONFIG: &str = "config.toml";

/// A place in the draft, or the part in which a template's output shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// A key at the top of the file.
    Top(&'static str),
    /// An entry by its number from 0, and its key; the whole entry with an empty key.
    News(usize, &'static str),
    /// A guide card, in the same way.
    Card(usize, &'static str),
    /// Something in the HTML that does not come from the draft.
    Html,
    /// The same in the plain text.
    Text,
    /// The mail as a whole.
    Message,
    /// The settings.
    Config,
    /// A file of words.
    Words,
}

impl At {
    /// The place in words: `subject`, `news[2] "Title", url`, counted from 1.
    pub fn words(self, draft: &Draft) -> String {
        let entry = |list: &str, number: usize, title: Option<&String>, key: &str| {
            let title = super::short(title.map_or("", String::as_str));
            let comma = if key.is_empty() { "" } else { ", " };
            format!("{list}[{}] \"{title}\"{comma}{key}", number + 1)
        };
        match self {
            Self::Top(key) => key.into(),
            Self::News(n, key) => entry("news", n, draft.news.get(n).map(|entry| &entry.title), key),
            Self::Card(n, key) => entry("guides", n, draft.guides.get(n).map(|card| &card.title), key),
            Self::Html => "html".into(),
            Self::Text => "text".into(),
            Self::Message => "message".into(),
            Self::Config => CONFIG.into(),
            Self::Words => "words".into(),
        }
    }
}

/// The text of issue.toml with the place of everything in it.
pub struct Lines<'s> {
    text: &'s str,
    document: Option<Document<&'s str>>,
}

impl<'s> Lines<'s> {
    pub fn new(text: &'s str) -> Self {
        let document = if text.is_empty() { None } else { Document::parse(text).ok() };
        Self { text, document }
    }

    /// The line, from 1, of a place; with `mark`, the line of its first occurrence there. A missing key has the
    /// line of its entry. `None` for places that are not in the draft.
    pub fn line(&self, at: At, mark: Option<&str>) -> Option<usize> {
        let top = self.document.as_ref()?.as_table();
        let (key, value) = match at {
            At::Html | At::Text | At::Message | At::Config | At::Words => return None,
            At::Top(key) => span(top, key).unwrap_or((0..0, 0..0)),
            At::News(number, key) => self.entry(top.get("news")?, number, key)?,
            At::Card(number, key) => self.entry(top.get("guides")?, number, key)?,
        };
        let marked = mark.and_then(|mark| Some(value.start + self.text.get(value.clone())?.find(mark)?));
        Some(self.line_of(marked.unwrap_or(key.start)))
    }

    /// The bytes of a key, or of the entry's head, and of the value.
    fn entry(&self, list: &Item, number: usize, key: &str) -> Option<(Range<usize>, Range<usize>)> {
        let (table, whole): (&dyn TableLike, _) = match list {
            Item::ArrayOfTables(tables) => tables.get(number).map(|table| (table as &dyn TableLike, table.span()))?,
            other => {
                let value = other.as_array()?.get(number)?;
                (value.as_inline_table()? as &dyn TableLike, value.span())
            }
        };
        let whole = whole.filter(|range| range.end <= self.text.len());
        span(table, key).or_else(|| whole.map(|range| (range.clone(), range)))
    }

    fn line_of(&self, byte: usize) -> usize {
        self.text.as_bytes()[..byte.min(self.text.len())].iter().filter(|b| **b == b'\n').count() + 1
    }
}

/// The bytes of a key and of its value.
fn span(table: &dyn TableLike, key: &str) -> Option<(Range<usize>, Range<usize>)> {
    let (name, item) = table.get_key_value(key)?;
    let key = name.span().or_else(|| item.span())?;
    Some((key.clone(), item.span().unwrap_or(key)))
}
