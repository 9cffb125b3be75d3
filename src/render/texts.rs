//! The words of letters and pages, which stand in one file of TOML each. Knows no template.

use serde_json::{Map, Value};

use super::Templates;
use crate::model::{Notice, Notices};

/// A section of a file of texts: a publication's own lines over the built-in ones, `{publication}` filled in.
pub fn section(
    file: &str,
    name: &str,
    publication: &str,
    templates: &Templates,
) -> Result<Map<String, Value>, Notices> {
    let mut section = Map::new();
    for source in templates.texts(file) {
        let table: toml::Table = toml::from_str(&source.text).map_err(|error| {
            let line = error.span().map(|span| source.text[..span.start].matches('\n').count() + 1);
            Notice::new(error.message().to_owned()).at(&source.label, line).help("a line is key = \"text\"")
        })?;
        for (key, value) in table.get(name).and_then(toml::Value::as_table).into_iter().flatten() {
            let filled = filled(value, publication).ok_or_else(|| {
                Notice::new(format!("`{name}.{key}` must be a text or a list of texts")).at(&source.label, None)
            })?;
            section.insert(key.clone(), filled);
        }
    }
    Ok(section)
}

fn filled(value: &toml::Value, publication: &str) -> Option<Value> {
    match value {
        toml::Value::String(text) => Some(text.replace("{publication}", publication).into()),
        toml::Value::Array(lines) => lines.iter().map(|line| filled(line, publication)).collect(),
        _ => None,
    }
}
