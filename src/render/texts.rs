//! The words of issues, letters and pages, which stand in one file of TOML each. Knows no template.

use std::collections::BTreeMap;

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

/// The words of one issue template, filled in where they name something. What is not there is empty.
#[derive(Clone, Debug, Default)]
pub struct Words(BTreeMap<String, String>);

impl Words {
    /// The words of all issues under those of one template.
    ///
    /// # Errors
    /// A file of texts that cannot be read, with its line.
    pub fn of(template: &str, publication: &str, templates: &Templates) -> Result<Self, Notices> {
        let mut words = BTreeMap::new();
        for name in ["issue", template] {
            for (key, value) in section("issue/texts.toml", name, publication, templates)? {
                if let Value::String(text) = value {
                    words.insert(key, text);
                }
            }
        }
        Ok(Self(words))
    }

    pub fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// The text with `{name}` replaced by its value, for each name.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut out = String::new();
        let mut rest = self.get(key);
        // One pass, so that a value that looks like a name stays as it is.
        while let Some(at) = rest.find('{') {
            let known = values
                .iter()
                .find(|(name, _)| rest[at + 1..].strip_prefix(name).is_some_and(|after| after.starts_with('}')));
            let (end, text) = known.map_or((at + 1, "{"), |(name, value)| (at + name.len() + 2, *value));
            out.push_str(&rest[..at]);
            out.push_str(text);
            rest = &rest[end..];
        }
        out + rest
    }

    /// "1 story", "5 stories": the text `KEY_one` or `KEY_many` with `{n}` filled in.
    pub fn counted(&self, key: &str, n: usize) -> String {
        let form = if n == 1 { "one" } else { "many" };
        self.fill(&format!("{key}_{form}"), &[("n", &n.to_string())])
    }

    /// What templates may print as it is.
    pub fn of_templates(&self) -> BTreeMap<String, String> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        Words(BTreeMap::from([("key".to_owned(), text.to_owned())]))
    }

    #[test]
    fn names_are_filled_in_once_and_nothing_else_is_touched() {
        for (text, filled) in [
            ("Read at {source}", "Read at {n}"),
            ("{source}{n}", "{n}7"),
            ("{other} {", "{other} {"),
            ("{{source}}", "{{n}}"),
            ("", ""),
        ] {
            assert_eq!(words(text).fill("key", &[("source", "{n}"), ("n", "7")]), filled, "{text}");
        }
        assert_eq!(words("x").fill("none", &[]), "");
    }

    #[test]
    fn the_shipped_words_are_there_for_every_template() {
        for template in ["midweek", "sunday", "a-template-of-ones-own"] {
            let words = Words::of(template, "The Paper", &Templates::builtin()).expect("the shipped file");
            for (key, text) in &words.0 {
                assert!(!text.is_empty(), "{template}: {key}");
            }
            assert_eq!(words.counted("story", 1), "1 story");
            assert_eq!(words.counted("story", 5), "5 stories");
        }
    }
}
