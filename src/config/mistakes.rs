//! Mistakes in the configuration, each with its line and the nearest known key. Knows no section.

use std::path::Path;

use crate::model::Notice;

/// Mistakes found so far, with what is needed to place them.
pub struct Mistakes<'a> {
    path: &'a Path,
    text: &'a str,
    lines: Option<toml_edit::Document<String>>,
    pub found: Vec<Notice>,
}

impl<'a> Mistakes<'a> {
    pub fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text, lines: text.parse().ok(), found: Vec::new() }
    }

    pub fn add(&mut self, at: &[&str], message: &str, help: &str) {
        let notice = Notice::new(message).help(help);
        let notice = match self.line(at) {
            Some(line) => notice.at(self.path, line),
            None => notice.at(format!("DIGEST_{}", at.join("__").to_uppercase()), None),
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
            let what = message.lines().next().unwrap_or_default();
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

pub fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}
