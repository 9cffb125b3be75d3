//! The words of issues that editors do not write, for one template in one language. Knows no template's source.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Templates;
use super::language::{Language, Line, Locale, fill};
use crate::model::Notices;

/// The words of one issue template, with placeholders filled in. Missing words are empty.
#[derive(Clone, Debug)]
pub struct Words {
    language: Arc<Language>,
    publication: String,
    lines: BTreeMap<String, Line>,
}

impl Words {
    /// The words of all issues under those of one template, in the language of a BCP 47 tag.
    ///
    /// # Errors
    /// A file of words that cannot be read, with its line.
    pub fn of(template: &str, publication: &str, language: &str, templates: &Templates) -> Result<Self, Notices> {
        let language = templates.language(language)?;
        let sections = ["issue".to_owned(), format!("template.{template}")];
        let lines = sections.iter().flat_map(|section| language.below(section));
        let lines = lines.map(|(name, line)| (name.to_owned(), line.clone())).collect();
        Ok(Self { language, publication: publication.to_owned(), lines })
    }

    /// How the language writes days and numbers.
    pub fn locale(&self) -> &Locale {
        &self.language.locale
    }

    pub fn get(&self, key: &str) -> String {
        self.fill(key, &[])
    }

    /// The text with `{name}` replaced by its value, for each name.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        match self.lines.get(key) {
            Some(Line::Text(text)) => fill(text, &self.with_publication(values), self.language.dir),
            _ => String::new(),
        }
    }

    /// "1 story", "5 stories": the text for the plural form of `n`, with `{n}` filled in.
    pub fn counted(&self, key: &str, n: usize) -> String {
        self.counted_with(key, n, &[])
    }

    /// The same with other values besides.
    pub fn counted_with(&self, key: &str, n: usize, values: &[(&str, &str)]) -> String {
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        let line = self.lines.get(key);
        line.map(|line| self.language.counted(line, n, &self.with_publication(values))).unwrap_or_default()
    }

    /// What templates may print as it is.
    pub fn of_templates(&self) -> BTreeMap<String, String> {
        let texts = self.lines.iter().filter(|(_, line)| matches!(line, Line::Text(_)));
        texts.map(|(key, _)| (key.clone(), self.get(key))).collect()
    }

    fn with_publication<'v>(&'v self, values: &[(&'v str, &'v str)]) -> Vec<(&'v str, &'v str)> {
        values.iter().copied().chain([("publication", self.publication.as_str())]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_words_are_there_for_every_template() {
        for template in ["midweek", "sunday", "a-template-of-ones-own"] {
            let words = Words::of(template, "The Paper", "en", &Templates::builtin()).expect("the shipped file");
            for (key, line) in &words.lines {
                assert!(line.texts().iter().all(|text| !text.is_empty()), "{template}: {key}");
            }
            assert_eq!(words.counted("story_count", 1), "1 story");
            assert_eq!(words.counted("story_count", 5), "5 stories");
            assert_eq!(words.get("none"), "");
        }
    }
}
