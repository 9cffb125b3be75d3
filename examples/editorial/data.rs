//! Reads and writes JSON Lines. A set that is not there is told and left out.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use digest::model::{Item, Published, TextFormat};
use serde_json::Value;

#[expect(clippy::print_stderr, reason = "a program of its own, which tells what it leaves out")]
/// The lines of a file; none when there is no such file.
pub fn lines(file: &Path) -> anyhow::Result<Option<Vec<Value>>> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("{}: not there, left out", file.display());
            return Ok(None);
        }
        text => text.with_context(|| format!("cannot read {}", file.display()))?,
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(serde_json::from_str).collect::<Result<_, _>>().map(Some).with_context(|| file.display().to_string())
}

pub fn write(file: &Path, lines: &[Value]) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}

/// A string field, empty when it is missing.
pub fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// A news item from a line with `id`, `title`, `summary` and perhaps `source`, `url` and `date`.
pub fn item(value: &Value) -> Item {
    let date = Published::parse(text(value, "date")).or_else(|| Published::parse("2000-01-01"));
    Item {
        id: text(value, "id").to_owned(),
        title: text(value, "title").to_owned(),
        source: text(value, "source").to_owned(),
        published: date.unwrap_or(Published::Day(chrono::NaiveDate::MIN)),
        score: None,
        url: value["url"].as_str().map(str::to_owned),
        summary: text(value, "summary").to_owned(),
        format: TextFormat::default(),
        topics: Vec::new(),
        guides: Vec::new(),
        extra: serde_json::Map::new(),
    }
}
