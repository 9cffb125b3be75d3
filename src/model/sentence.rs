//! A translatable sentence: its name in the files of words, and the values filled in. Knows no language.

use std::fmt;

use serde::{Serialize, Serializer};

/// A sentence of a report. It serializes and prints in English, once somebody who has the words put them into `english`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sentence {
    /// Its name below `[report]` in the files of words, such as `reasons.full`; empty for one that is English alone.
    pub name: &'static str,
    /// The values for the braces. The one called `n` decides the plural form.
    pub values: Vec<(&'static str, Value)>,
    pub english: String,
}

/// A value in a sentence, formatted by the language's rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Text(String),
    Count(u64),
    /// A number that counts nothing, such as a reply code.
    Code(u16),
    Percent(u64),
    /// Percent in tenths: 812 is 81.2 %.
    Tenths(u64),
    /// A list of sentences: "moved 3, subject rewritten".
    Parts(Vec<Sentence>),
}

impl Sentence {
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// A sentence that counts.
    pub fn counted(name: &'static str, n: u64) -> Self {
        Self::new(name).with("n", Value::Count(n))
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.values.push((name, value));
        self
    }

    /// What it counts; 0 when it does not.
    pub fn n(&self) -> u64 {
        let n = self.values.iter().find_map(|(name, value)| match value {
            Value::Count(n) if *name == "n" => Some(*n),
            _ => None,
        });
        n.unwrap_or(0)
    }
}

impl From<&str> for Sentence {
    fn from(english: &str) -> Self {
        Self { english: english.to_owned(), ..Self::default() }
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english)
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.english)
    }
}
