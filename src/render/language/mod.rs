//! A language: the words that mails, letters, pages and reports use in it, and how it writes days and numbers. English lies below every
//! other one, so a name that a file of words lacks falls back to English. Knows no template.

mod braces;
mod file;
mod fill;
mod locale;
mod mistakes;
mod names;

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Offset, TimeZone, Weekday};
use serde_json::{Map, Value as Json};

use super::source::Source;
use crate::model::{Notices, Sentence, Value};

pub use file::Line;
use file::{Named, WordsFile};
pub use fill::{fill, isolated};
use locale::REST;
pub use locale::{Locale, canonical, direction_of_language};
pub use mistakes::{Files, mistakes, unread};
use names::everywhere;
pub use names::{files, name};

/// The language that has every word.
pub const BASE: &str = "en";

/// A language with its words.
#[derive(Debug)]
pub struct Language {
    /// The tag of the words: the requested one, or `en` if there are no words for that language.
    pub tag: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    pub locale: Locale,
    /// By section and name: `page.home.title`.
    lines: BTreeMap<String, Line>,
}

impl Language {
    /// The language of a BCP 47 tag: `words/en.toml` below, then the files of the tag from its short form on (`de`, `de-AT`). `sources` has
    /// for each file the built-in one, then the publication's own.
    ///
    /// # Errors
    /// A file of words that cannot be read, with its line.
    pub fn load<'s>(tag: &str, sources: impl Fn(&str) -> Vec<&'s Source>) -> Result<Self, Notices> {
        let wanted = canonical(tag).unwrap_or_else(|| BASE.to_owned());
        let files = files(&wanted);
        let spoken = files.iter().any(|file| !sources(file).is_empty());
        let tag = if spoken { wanted } else { BASE.to_owned() };
        let (mut lines, mut locale) = (BTreeMap::new(), None);
        let base = name(BASE);
        for file in std::iter::once(&base).chain(files.iter().filter(|file| **file != base)) {
            for source in sources(file) {
                let read = WordsFile::read(source)?;
                read.lines.into_iter().for_each(|named| lay(&mut lines, named));
                // A file's region comes from its own tag: `en-US` formats dates differently from `en`.
                if let Some(own) = read.locale.filter(|_| *file == name(&tag)) {
                    locale = Some(Locale::of(&own).map_err(|notice| notice.at(&source.label, None))?);
                }
            }
        }
        let locale = locale.map_or_else(|| Locale::of(&tag), Ok)?;
        Ok(Self { dir: direction_of_language(&tag), tag, locale, lines })
    }

    /// A day of the week as "Wednesday".
    pub fn weekday(&self, day: Weekday) -> String {
        let monday = NaiveDate::from_isoywd_opt(2024, 1, Weekday::Mon).unwrap_or_default();
        self.locale.day_of_week(monday + Days::new(day.num_days_from_monday().into()))
    }

    /// The text of a section and name with `{name}` replaced by its value, for each name; empty when there is none.
    pub fn say(&self, name: &str, values: &[(&str, &str)]) -> String {
        match self.lines.get(name) {
            Some(Line::Text(text)) => fill(text, values, self.dir),
            _ => String::new(),
        }
    }

    /// "1 story", "5 stories": the text for the plural form of `n`, with `{n}` filled in.
    pub fn count(&self, name: &str, n: u64) -> String {
        self.count_with(name, n, &[])
    }

    /// The same, with further values to fill in.
    pub fn count_with(&self, name: &str, n: u64, values: &[(&str, &str)]) -> String {
        self.lines.get(name).map(|line| self.counted(line, n, values)).unwrap_or_default()
    }

    /// A date and time with the offset from UTC: "Wed 31 Jul 2024, 07:00:12 GMT+2". `written` formats the date and time.
    pub fn moment<Z: TimeZone>(&self, at: &DateTime<Z>, written: impl Fn(&Locale, NaiveDateTime) -> String) -> String {
        let time = written(&self.locale, at.naive_local());
        let zone = self.locale.offset(at.offset().fix().local_minus_utc());
        self.say("report.units.moment", &[("time", &time), ("zone", &zone)])
    }

    /// A sentence of the report.
    pub fn tell(&self, sentence: &Sentence) -> String {
        let Some(line) = self.lines.get(&format!("report.{}", sentence.name)) else { return sentence.english.clone() };
        let values: Vec<(&str, String)> =
            sentence.values.iter().map(|(name, value)| (*name, self.written(value))).collect();
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match line {
            Line::Text(text) => fill(text, &values, self.dir),
            line => self.counted(line, sentence.n(), &values),
        }
    }

    fn written(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => text.clone(),
            Value::Count(n) => self.locale.number(*n),
            Value::Code(code) => code.to_string(),
            Value::Percent(percent) => self.percent(&self.locale.number(*percent)),
            Value::Tenths(tenths) => self.percent(&self.locale.tenths(*tenths)),
            Value::Parts(parts) => self.locale.series(&parts.iter().map(|part| self.tell(part)).collect::<Vec<_>>()),
        }
    }

    /// "81.2 %" for "81.2".
    pub fn percent(&self, number: &str) -> String {
        self.say("report.units.percent", &[("n", number)])
    }

    /// A line in the plural form for `n`. A missing form falls back to `other`.
    pub fn counted(&self, line: &Line, n: u64, values: &[(&str, &str)]) -> String {
        let Line::Counted(forms) = line else { return String::new() };
        let text = forms.get(self.locale.plural(n)).or_else(|| forms.get(REST)).map_or("", String::as_str);
        let number = self.locale.number(n);
        fill(text, &[&[("n", number.as_str())], values].concat(), self.dir)
    }

    /// The lines of a section by name, as templates see them: texts and lists of texts, with `{publication}` filled in. `colon` is always among
    /// them, since any template may need it.
    pub fn section(&self, section: &str, publication: &str) -> Map<String, Json> {
        let values = [("publication", publication)];
        let text = |text: &String| Json::String(fill(text, &values, self.dir));
        let shown = |(name, line): (&str, &Line)| {
            let shown = match line {
                Line::Text(whole) => text(whole),
                Line::Lines(lines) => lines.iter().map(text).collect(),
                Line::Counted(_) => return None,
            };
            Some((name.to_owned(), shown))
        };
        let mut lines: Map<String, Json> = self.below(section).filter_map(shown).collect();
        lines.entry("colon").or_insert_with(|| self.say("issue.colon", &[]).into());
        lines
    }

    /// All lines by section and name.
    #[cfg(test)]
    pub fn lines(&self) -> impl Iterator<Item = (&str, &Line)> {
        self.lines.iter().map(|(name, line)| (name.as_str(), line))
    }

    /// The lines of a section by their names in it.
    pub fn below<'l>(&'l self, section: &str) -> impl Iterator<Item = (&'l str, &'l Line)> {
        let start = format!("{section}.");
        let inside = move |(name, line): (&'l String, &'l Line)| Some((name.strip_prefix(start.as_str())?, line));
        self.lines.iter().filter_map(inside).filter(|(name, _)| !name.contains('.'))
    }
}

/// Adds a line, replacing the one from the files below. If it has the wrong form, such as a list instead of a text, the line below is kept. If it
/// is a count without `other`, that form is taken from the line below.
fn lay(lines: &mut BTreeMap<String, Line>, named: Named) {
    let Named { name, mut line, .. } = named;
    let common = || lines.get(&everywhere(&name)?);
    let below = lines.get(&name).or_else(common);
    if below.is_some_and(|below| !below.is_like(&line)) {
        return;
    }
    if let (Line::Counted(forms), Some(Line::Counted(below))) = (&mut line, below)
        && let Some(rest) = below.get(REST)
    {
        forms.entry(REST.to_owned()).or_insert_with(|| rest.clone());
    }
    lines.insert(name, line);
}

/// Whether a text is a tag of BCP 47, such as `de` or `pt-BR`.
pub fn is_language_tag(tag: &str) -> bool {
    canonical(tag).is_some()
}

#[cfg(test)]
mod tests;
