//! Mistakes in the configuration, each with its line and the nearest known key. Knows no section.

use std::collections::BTreeSet;
use std::path::Path;

use crate::model::Notice;

/// Mistakes found so far, with what is needed to place them.
pub struct Mistakes<'a> {
    path: &'a Path,
    text: &'a str,
    lines: Option<toml_edit::Document<String>>,
    /// What the environment has set, `DELIVERY__RETRY` for delivery.retry: a mistake there is not the file's.
    overridden: BTreeSet<String>,
    pub found: Vec<Notice>,
}

impl<'a> Mistakes<'a> {
    pub fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text, lines: text.parse().ok(), overridden: BTreeSet::new(), found: Vec::new() }
    }

    /// Notes that a variable sets a value.
    pub fn overrides(&mut self, variable: &str) {
        self.overridden.insert(variable.trim_start_matches("DIGEST_").to_uppercase());
    }

    pub fn add(&mut self, at: &[&str], message: &str, help: &str) {
        let notice = Notice::new(message).help(help);
        let variable = at.join("__").to_uppercase();
        let notice = match self.line(at).filter(|_| !self.overridden.contains(&variable)) {
            Some(line) => notice.at(self.path, line),
            None => notice.at(format!("DIGEST_{variable}"), None),
        };
        self.found.push(notice);
    }

    pub fn unknown(&mut self, at: &[&str], key: &str, known: &[&str]) {
        let nearest = known.iter().max_by(|a, b| strsim::jaro_winkler(key, a).total_cmp(&strsim::jaro_winkler(key, b)));
        let help = match nearest {
            Some(near) if strsim::jaro_winkler(key, near) > 0.75 => format!("did you mean `{near}`?"),
            _ => format!("known here are: {}", known.join(", ")),
        };
        self.add(at, &format!("unknown key `{}`", at.join(".")), &help);
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
            self.add(at, &format!("`{}`: {what}", at.join(".")), "config.toml of a new publication shows every key");
        }
    }

    /// The line of a key, or of the nearest table around it; `None` when the file says nothing of it.
    fn line(&self, at: &[&str]) -> Option<usize> {
        let mut table: &dyn toml_edit::TableLike = self.lines.as_ref()?.as_table();
        let mut line = None;
        for key in at {
            let Some((name, item)) = table.get_key_value(key) else { break };
            line = name.span().or_else(|| item.span()).map(|span| line_at(self.text, span.start)).or(line);
            let Some(inner) = item.as_table_like() else { break };
            table = inner;
        }
        line
    }
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

pub fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}
