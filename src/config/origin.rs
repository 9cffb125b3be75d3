//! Where each setting was set: a line of config.toml, or an environment variable. Knows no section.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::model::{Notice, Place};

/// A value shorter than this, in bytes, is not treated as a secret.
const SHORTEST_SECRET: usize = 4;

/// The sources that were read, to name places in them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Origin {
    path: PathBuf,
    text: String,
    /// What the environment has set, `DELIVERY__RETRY` for delivery.retry, with its value: a mistake there is not the file's.
    overridden: BTreeMap<String, String>,
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({})", self.path.display())
    }
}

impl Origin {
    pub fn new(path: &Path, text: &str) -> Self {
        Self { path: path.to_path_buf(), text: text.to_owned(), overridden: BTreeMap::new() }
    }

    /// Notes that a variable sets a value.
    pub fn overrides(&mut self, variable: &str, value: &str) {
        self.overridden.insert(variable.trim_start_matches("DIGEST_").to_uppercase(), value.to_owned());
    }

    /// A message without what the environment holds under this key: it may be a secret in the wrong variable.
    pub fn without_values(&self, message: &str, at: &[&str]) -> String {
        let variable = at.join("__").to_uppercase();
        let inner = format!("{variable}__");
        let values = self.overridden.iter().filter(|(set, _)| **set == variable || set.starts_with(&inner));
        let words = values.flat_map(|(_, value)| [value.as_str(), value.trim_matches(['[', ']', '"', '\'', ' '])]);
        words
            .filter(|word| word.len() >= SHORTEST_SECRET)
            .fold(message.to_owned(), |text, word| text.replace(word, "…"))
    }

    /// The variables that set something, by name.
    pub fn variables(&self) -> Vec<String> {
        self.overridden.keys().map(|name| format!("DIGEST_{name}")).collect()
    }

    /// The text of the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The variable that sets a key, and its value.
    pub fn variable(&self, at: &[&str]) -> Option<(String, String)> {
        let variable = at.join("__").to_uppercase();
        self.overridden.get(&variable).map(|value| (format!("DIGEST_{variable}"), value.clone()))
    }

    /// The line of a byte of the file, from 1.
    pub fn line_in(&self, offset: usize) -> usize {
        line_at(&self.text, offset)
    }

    /// Whether the environment has set this key, or something in it.
    pub fn is_overridden(&self, at: &[&str]) -> bool {
        let variable = at.join("__").to_uppercase();
        let inner = format!("{variable}__");
        self.overridden.keys().any(|set| *set == variable || set.starts_with(&inner))
    }

    /// Where a key was set: its line, that of the nearest table around it, the file, or the variable that sets it.
    pub fn place(&self, at: &[&str]) -> Place {
        let variable = at.join("__").to_uppercase();
        if self.overridden.contains_key(&variable) {
            return Place { file: format!("DIGEST_{variable}").into(), line: None };
        }
        let line = self.line(at);
        if line.is_none() && self.is_overridden(at) {
            return Place { file: format!("DIGEST_{variable}").into(), line: None };
        }
        Place { file: self.path.clone(), line }
    }

    /// The line of a key, or of the nearest table around it; `None` when the file says nothing of it.
    fn line(&self, at: &[&str]) -> Option<usize> {
        let document: toml_edit::Document<String> = self.text.parse().ok()?;
        let mut table: &dyn toml_edit::TableLike = document.as_table();
        let mut line = None;
        for key in at {
            let Some((name, item)) = table.get_key_value(key) else { break };
            line = name.span().or_else(|| item.span()).map(|span| line_at(&self.text, span.start)).or(line);
            let Some(inner) = item.as_table_like() else { break };
            table = inner;
        }
        line
    }

    /// Adds the place of the setting that a notice names as `section.key`, when it names none itself.
    pub fn locate(&self, notice: Notice) -> Notice {
        let named = |text: &str| text.split('`').skip(1).step_by(2).find(|word| is_key(word)).map(str::to_owned);
        let key = named(&notice.message).or_else(|| named(notice.help.as_deref()?));
        match (&notice.at, key) {
            (None, Some(key)) => {
                let place = self.place(&key.split('.').collect::<Vec<_>>());
                notice.at(place.file, place.line)
            }
            _ => notice,
        }
    }
}

/// Whether a word is a setting's path, such as `publication.from`.
fn is_key(word: &str) -> bool {
    word.contains('.')
        && word.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        && super::SECTIONS.iter().any(|section| word.split('.').next() == Some(section))
}

pub fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}
