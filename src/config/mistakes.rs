//! Mistakes in the configuration, each with its line and the nearest known key. Knows no section.

use std::path::Path;

use super::origin::Origin;
use crate::model::Notice;
use crate::text::suggestion;

/// Mistakes found so far, with what is needed to place them.
pub struct Mistakes {
    pub origin: Origin,
    pub found: Vec<Notice>,
}

impl Mistakes {
    pub fn new(path: &Path, text: &str) -> Self {
        Self { origin: Origin::new(path, text), found: Vec::new() }
    }

    pub fn add(&mut self, at: &[&str], message: &str, help: &str) {
        // What the environment holds may be a secret in the wrong variable.
        let message = if self.origin.is_overridden(at) { without_value(message) } else { message.to_owned() };
        let place = self.origin.place(at);
        self.found.push(Notice::new(message).help(help).at(place.file, place.line));
    }

    pub fn unknown(&mut self, at: &[&str], key: &str, known: &[&str]) {
        self.add(at, &format!("unknown key `{}`", at.join(".")), &suggestion(key, known.iter().copied()));
    }

    /// An error of serde's: an unknown key, or a value of the wrong kind.
    pub fn wrong(&mut self, at: &[&str], error: &toml::de::Error) {
        let message = error.message();
        if message.starts_with("unknown field") {
            let mut names = message.split('`').skip(1).step_by(2);
            let key = names.next().unwrap_or_default().to_owned();
            let known: Vec<&str> = names.collect();
            self.unknown(at, &key, &known);
        } else {
            let what = plain(message.lines().next().unwrap_or_default());
            let shows_value =
                ["invalid type: ", "invalid value: ", "unknown variant "].iter().any(|s| message.starts_with(s));
            let what = match what.rsplit_once("expected ").filter(|_| shows_value && self.origin.is_overridden(at)) {
                Some((_, expected)) => format!("expected {expected}"),
                None => self.origin.without_values(&what, at),
            };
            self.add(at, &format!("`{}`: {what}", at.join(".")), "`digest config` lists every setting");
        }
    }
}

/// A message without the value that it found.
fn without_value(message: &str) -> String {
    message.split(", found ").next().unwrap_or(message).to_owned()
}

/// The parser's words for kinds of values, as a person says them.
fn plain(message: &str) -> String {
    const WORDS: [(&str, &str); 9] = [
        ("invalid type: ", "found "),
        ("invalid value: ", "found "),
        (", expected a sequence", ", expected a list, such as [\"5m\", \"15m\"]"),
        (", expected a map", ", expected a table"),
        (", expected a boolean", ", expected true or false"),
        (", expected usize", ", expected a whole number, 0 or more"),
        (", expected f64", ", expected a number"),
        (", expected a string", ", expected a text in quotes"),
        ("failed to parse timezone", "expected a time zone of the IANA database, such as \"Europe/Berlin\""),
    ];
    let whole = ["u8", "u16", "u32", "u64", "nonzero"];
    let text = WORDS.iter().fold(message.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours));
    whole
        .iter()
        .fold(text, |text, kind| text.replace(&format!(", expected {kind}"), ", expected a whole number, 0 or more"))
}
