//! A file of words: its lines by section and name, with their places. Knows no language and no template.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::source::Source;
use crate::model::{Notice, Notices};

/// Sections whose lines are one level deeper, each below the name of a template, a letter, a page or a part of the report.
const OF_MANY: [&str; 4] = ["template", "letter", "page", "report"];

/// The value of a name in a file of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Text(String),
    /// Paragraphs.
    Lines(Vec<String>),
    /// A text with a number, by plural form.
    Counted(BTreeMap<String, String>),
}

impl Line {
    /// Whether both are texts, both lists or both counts.
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Every text of it.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::Lines(lines) => lines.iter().map(String::as_str).collect(),
            Self::Counted(forms) => forms.values().map(String::as_str).collect(),
        }
    }
}

/// A line with its name, such as `page.home.title`, and its place from 1.
#[derive(Debug)]
pub struct Named {
    pub name: String,
    pub line: Line,
    pub at: usize,
}

/// The contents of a file of words.
#[derive(Debug)]
pub struct WordsFile {
    pub label: PathBuf,
    /// The tag by which days, numbers and lists are written, if it names one.
    pub locale: Option<String>,
    pub lines: Vec<Named>,
}

impl WordsFile {
    /// # Errors
    /// It is not valid TOML, or contains something other than texts in sections.
    pub fn read(source: &Source) -> Result<Self, Notices> {
        let at = |offset: usize| source.text[..offset.min(source.text.len())].matches('\n').count() + 1;
        let wrong = |message: String, offset: usize| Notice::new(message).at(&source.label, at(offset));
        let table = DeTable::parse(&source.text).map_err(|error| {
            let notice = wrong(error.message().to_owned(), error.span().map_or(0, |span| span.start));
            notice.help("a line is key = \"text\"")
        })?;
        let mut file = Self { label: source.label.clone(), locale: None, lines: Vec::new() };
        for (section, value) in table.get_ref() {
            let (name, offset) = (section.get_ref().as_ref(), section.span().start);
            match value.get_ref() {
                DeValue::String(tag) if name == "locale" => file.locale = Some(tag.to_string()),
                DeValue::Table(lines) if OF_MANY.contains(&name) => {
                    for (below, lines) in lines {
                        let path = format!("{name}.{}", below.get_ref());
                        let DeValue::Table(lines) = lines.get_ref() else {
                            let message = format!("`{path}` must be a section");
                            return Err(wrong(message, below.span().start).help(format!("write [{name}.NAME]")).into());
                        };
                        file.take(&path, lines, &wrong, &at)?;
                    }
                }
                DeValue::Table(lines) => file.take(name, lines, &wrong, &at)?,
                _ => {
                    let message = format!("`{name}` stands in no section");
                    return Err(wrong(message, offset).help("lines stand in sections, such as [issue]").into());
                }
            }
        }
        Ok(file)
    }

    fn take(
        &mut self,
        section: &str,
        lines: &DeTable,
        wrong: &impl Fn(String, usize) -> Notice,
        at: &impl Fn(usize) -> usize,
    ) -> Result<(), Notices> {
        for (key, value) in lines {
            let name = format!("{section}.{}", key.get_ref());
            let Some(line) = read_line(value) else {
                let notice = wrong(
                    format!("`{name}` must be a text, a list of texts, or a text for each plural form"),
                    key.span().start,
                );
                return Err(notice.help("such as { one = \"{n} story\", other = \"{n} stories\" }").into());
            };
            self.lines.push(Named { name, line, at: at(key.span().start) });
        }
        Ok(())
    }
}

fn read_line(value: &Spanned<DeValue>) -> Option<Line> {
    let text = |value: &Spanned<DeValue>| match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    match value.get_ref() {
        DeValue::String(whole) => Some(Line::Text(whole.to_string())),
        DeValue::Array(lines) => lines.iter().map(text).collect::<Option<_>>().map(Line::Lines),
        DeValue::Table(forms) => {
            let form = |(name, value): (&Spanned<_>, &Spanned<DeValue>)| {
                Some((ToString::to_string(name.get_ref()), text(value)?))
            };
            forms.iter().map(form).collect::<Option<_>>().map(Line::Counted)
        }
        _ => None,
    }
}
