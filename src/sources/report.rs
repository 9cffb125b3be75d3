//! Gathers what is wrong with a file, all of it at once, and keeps the telling short. Knows no format.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::model::{Notice, Notices};

/// How many different errors are shown; the rest are counted.
const SHOWN: usize = 50;
/// How many different notices are shown: more, since each reports something that was changed.
const TOLD: usize = 200;
/// How many characters of a wrong value are quoted.
const QUOTED: usize = 60;

/// The errors and notices of one file.
pub(super) struct Report {
    file: PathBuf,
    pub(super) errors: Vec<Notice>,
    pub(super) notices: Vec<Notice>,
}

impl Report {
    pub(super) fn new(file: &Path) -> Self {
        Self { file: file.to_path_buf(), errors: Vec::new(), notices: Vec::new() }
    }

    pub(super) fn error(&mut self, line: impl Into<Option<usize>>, message: impl Into<String>, help: &str) {
        self.errors.push(self.notice(line, message, help));
    }

    pub(super) fn note(&mut self, line: impl Into<Option<usize>>, message: impl Into<String>, help: &str) {
        self.notices.push(self.notice(line, message, help));
    }

    fn notice(&self, line: impl Into<Option<usize>>, message: impl Into<String>, help: &str) -> Notice {
        let notice = Notice::new(message).at(&self.file, line);
        if help.is_empty() { notice } else { notice.help(help) }
    }

    /// The notices, and every error.
    pub(super) fn finish_with_mistakes(self) -> (Vec<Notice>, Vec<Notice>) {
        let Notices(mistakes) = refuse(self.errors);
        (fold(self.notices), mistakes)
    }

    /// The notices, or every error when there is one.
    pub(super) fn finish(self) -> Result<Vec<Notice>, Notices> {
        if self.errors.is_empty() { Ok(fold(self.notices)) } else { Err(refuse(self.errors)) }
    }
}

/// A refusal: equal errors as one with a count, and no more of them than a person will read.
pub(super) fn refuse(errors: Vec<Notice>) -> Notices {
    let mut folded = counted(errors);
    let more = folded.len().saturating_sub(SHOWN);
    if more > 0 {
        folded.truncate(SHOWN);
        folded.push(Notice::new(format!("and {more} more errors of other kinds")));
    }
    Notices(folded)
}

/// Notices with equal words, whatever their line, become the first of them with a count; no more than a person will read.
pub(super) fn fold(notices: Vec<Notice>) -> Vec<Notice> {
    let mut folded = counted(notices);
    let more = folded.len().saturating_sub(TOLD);
    if more > 1 {
        folded.truncate(TOLD);
        folded.push(Notice::new(format!("and {more} more notices of other kinds")));
    }
    folded
}

fn counted(notices: Vec<Notice>) -> Vec<Notice> {
    let mut first: HashMap<(String, Option<String>), usize> = HashMap::new();
    let mut out: Vec<(Notice, usize)> = Vec::new();
    for notice in notices {
        let seen = *first.entry((notice.message.clone(), notice.help.clone())).or_insert(out.len());
        match out.get_mut(seen) {
            Some((_, count)) => *count += 1,
            None => out.push((notice, 1)),
        }
    }
    let told = |(mut notice, count): (Notice, usize)| {
        match count {
            1 => {}
            2 => notice.message.push_str(" (and once more below)"),
            _ => notice.message = format!("{} (and {} more times below)", notice.message, count - 1),
        }
        notice
    };
    out.into_iter().map(told).collect()
}

/// A value as an error quotes it: short, on one line, and harmless on a terminal.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(_) => format!("a list, {}", cut(&value.to_string())),
        Value::Object(_) => format!("an object, {}", cut(&value.to_string())),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Text in quotation marks, cut and escaped.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", cut(text))
}

fn cut(text: &str) -> String {
    let mut out: String = text.chars().take(QUOTED).flat_map(visible).collect();
    if text.chars().nth(QUOTED).is_some() {
        out.push('…');
    }
    out
}

fn visible(c: char) -> Vec<char> {
    if c.is_control() || super::text::is_invisible(c) { c.escape_unicode().collect() } else { vec![c] }
}

/// The known name that `name` was probably meant to be.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > QUOTED {
        return None;
    }
    let name = name.to_lowercase();
    let holds = |k: &str| k.len() >= 5 && (name.contains(k) || (name.len() >= 5 && k.contains(&name)));
    let score = |k: &str| if holds(k) { 0.95 } else { strsim::jaro_winkler(&name, k) };
    let best = known.iter().map(|k| (score(k), *k)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.8).then_some(best.1)
}
