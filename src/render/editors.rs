//! The letters to the editors, all in one form: what happened, what can be done, what the check found, what the issue contains.
//! Knows no schedule: callers build the sentences from [`EditorWords`].

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use handlebars::Handlebars;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::language::{self, Language, Locale};
use super::{Templates, draw, helpers, html, words};
use crate::model::{Notice, Notices, Rendered, Segment};
use crate::text::one_line;

/// The words of the letters to editors: `[letter.editors]` of a language.
#[derive(Clone)]
pub struct EditorWords(Arc<Language>);

impl EditorWords {
    /// The words of the language with this BCP 47 tag.
    ///
    /// # Errors
    /// A file of words that cannot be read, with its line.
    pub fn of(tag: &str, templates: &Templates) -> Result<Self, Notices> {
        templates.language(tag).map(Self)
    }

    /// The BCP 47 tag of the language.
    pub fn tag(&self) -> &str {
        &self.0.tag
    }

    /// A line with the names in braces filled in. Values may come from feeds and drafts, so they are cleaned first.
    pub fn say(&self, name: &str, values: &[(&str, &str)]) -> String {
        let clean = values.iter().map(|(name, value)| (*name, one_line(value, MOST_CHARACTERS))).collect::<Vec<_>>();
        let values = clean.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
        self.0.say(&format!("{SECTION}.{name}"), &values)
    }

    /// A line in the plural form for `n`.
    pub fn count(&self, name: &str, n: u64) -> String {
        self.0.count(&format!("{SECTION}.{name}"), n)
    }

    /// How many recipients have the issue, such as "Delivered to 5 of 7 recipients."
    pub fn delivered(&self, delivered: u64, recipients: u64) -> String {
        let delivered = self.0.locale.number(delivered);
        self.0.count_with(&format!("{SECTION}.delivered"), recipients, &[("delivered", &delivered)])
    }

    /// A time in a time zone, such as "Wednesday 31 July at 07:00 GMT+2".
    pub fn time(&self, at: DateTime<Utc>, zone: Tz) -> String {
        self.0.moment(&at.with_timezone(&zone), Locale::day_and_time)
    }

    /// A list, such as "3 refused, 1 uncertain".
    pub fn list(&self, parts: &[String]) -> String {
        self.0.locale.series(parts)
    }
}

const SECTION: &str = "letter.editors";

/// A letter to the editors, in words. Everything but `publication` may come from feeds and drafts: it is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorLetter {
    /// The BCP 47 tag of the language it is written in. Empty means English, as in letters queued by an older version.
    #[serde(default)]
    pub language: String,
    /// The kind, such as `draft-ready`.
    pub kind: String,
    pub subject: String,
    /// One or two words over the headline, such as "Your turn".
    pub tone: String,
    pub headline: String,
    /// Paragraphs.
    pub lead: Vec<String>,
    pub commands: Vec<ToDo>,
    /// Links to pages where the editor can do it; letters from an older version have none.
    #[serde(default)]
    pub buttons: Vec<Button>,
    pub findings: Vec<Found>,
    pub items: Vec<Shown>,
}

/// Something that the editor can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToDo {
    pub does: String,
    /// The command line for it.
    pub command: String,
}

/// A page where the editor can do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    pub label: String,
    pub link: String,
}

/// A finding of the check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub severity: String,
    pub message: String,
}

/// An entry of the issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub title: String,
    pub source: String,
    pub why: String,
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    letter: &'a EditorLetter,
    publication: &'a str,
    words: Map<String, Value>,
    look: BTreeMap<String, String>,
    lang: &'a str,
    dir: &'a str,
    start: &'a str,
}

/// Renders a letter to the editors with the look of an edition's template.
///
/// # Errors
/// A mistake in the templates.
pub fn editors(
    letter: &EditorLetter,
    publication: &str,
    edition_template: &str,
    templates: &Templates,
) -> Result<Rendered, Notices> {
    let letter = cleaned(letter);
    let tag = if letter.language.is_empty() { language::BASE } else { &letter.language };
    let language = templates.language(tag)?;
    let view = View {
        letter: &letter,
        publication,
        words: language.section(SECTION, &words::line(publication)),
        look: draw::look(edition_template, templates)?,
        lang: &language.tag,
        dir: language.dir,
        start: if language.dir == "rtl" { "right" } else { "left" },
    };
    let name = "letter/editors/body.mjml.hbs";
    let label = templates.get(name).map(|source| source.label.clone()).unwrap_or_default();
    let html = html::compile(&part(name, &view, templates)?, &label)?;
    let text = draw::tidy(&part("letter/editors/body.txt.hbs", &view, templates)?);
    Ok(Rendered {
        subject: letter.subject.clone(),
        preheader: letter.headline.clone(),
        html: vec![Segment::Shared(html)],
        text: vec![Segment::Shared(text)],
        tracking: None,
        poll: None,
        article: None,
    })
}

fn part(name: &str, view: &View, templates: &Templates) -> Result<String, Notices> {
    let Some(source) = templates.get(name) else {
        return Err(Notice::new(format!("there is no template templates/{name}")).into());
    };
    let wrong = |message: String, line: Option<usize>| Notices::from(Notice::new(message).at(&source.label, line));
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    if name.ends_with(".txt.hbs") {
        registry.register_escape_fn(handlebars::no_escape);
        registry.set_prevent_indent(true);
        helpers::register_text(&mut registry);
    } else {
        registry.register_escape_fn(words::escape);
        if let Some(head) = templates.get("partials/head.mjml.hbs") {
            let compiled = registry.register_partial("head", &head.text);
            compiled.map_err(|e| wrong(e.reason().to_string(), e.pos().map(|(line, _)| line)))?;
        }
    }
    let compiled = registry.register_template_string(name, &source.text);
    compiled.map_err(|e| wrong(e.reason().to_string(), e.pos().map(|(line, _)| line)))?;
    registry.render(name, view).map_err(|e| wrong(e.reason().to_string(), e.line_no))
}

/// Text from outside on one line, without control and direction characters, cut to a readable length. Our own sentences keep the isolates
/// around their values.
fn cleaned(letter: &EditorLetter) -> EditorLetter {
    let clean = |text: &String| one_line(text, MOST_CHARACTERS);
    let todo = |todo: &ToDo| ToDo { does: clean(&todo.does), command: clean(&todo.command) };
    let button = |button: &Button| Button { label: clean(&button.label), link: clean(&button.link) };
    let found = |found: &Found| Found { severity: clean(&found.severity), message: clean(&found.message) };
    let shown = |item: &Shown| Shown { title: clean(&item.title), source: clean(&item.source), why: clean(&item.why) };
    EditorLetter {
        language: clean(&letter.language),
        kind: clean(&letter.kind),
        subject: clean(&letter.subject),
        tone: clean(&letter.tone),
        headline: sentence(&letter.headline),
        lead: letter.lead.iter().map(|text| sentence(text)).collect(),
        commands: letter.commands.iter().take(MOST).map(todo).collect(),
        buttons: letter.buttons.iter().take(MOST).map(button).collect(),
        findings: letter.findings.iter().take(MOST).map(found).collect(),
        items: letter.items.iter().take(MOST).map(shown).collect(),
    }
}

/// A sentence of our own, unchanged: its isolates (UAX #9) are in pairs, and nothing else in it is unsafe. Any other text is cleaned.
fn sentence(text: &str) -> String {
    const BEGIN: [char; 2] = ['\u{2066}', '\u{2068}'];
    const END: char = '\u{2069}';
    let plain = text.replace(BEGIN, "").replace(END, "");
    let in_pairs = text.matches(BEGIN).count() == text.matches(END).count();
    if in_pairs && one_line(&plain, MOST_CHARACTERS) == plain {
        text.to_owned()
    } else {
        one_line(text, MOST_CHARACTERS)
    }
}

/// The most entries of a list, and the most characters of a text.
const MOST: usize = 40;
const MOST_CHARACTERS: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(text: &str) -> EditorLetter {
        EditorLetter {
            language: "en".into(),
            kind: "draft-ready".into(),
            subject: text.into(),
            tone: "Your turn".into(),
            headline: text.into(),
            lead: vec![text.into()],
            commands: vec![ToDo { does: text.into(), command: "digest approve 2026-11-25-midweek".into() }],
            buttons: vec![Button { label: text.into(), link: format!("https://desk.example/?issue=x&q={text}") }],
            findings: vec![Found { severity: "warning".into(), message: text.into() }],
            items: vec![Shown { title: text.into(), source: text.into(), why: String::new() }],
        }
    }

    fn html(letter: &EditorLetter) -> (String, String) {
        let rendered = editors(letter, "The Paper", "midweek", &Templates::builtin()).expect("a letter");
        let whole = |segments: &[Segment]| match segments {
            [Segment::Shared(text)] => text.clone(),
            _ => panic!("one segment"),
        };
        (whole(&rendered.html), whole(&rendered.text))
    }

    #[test]
    fn a_letter_says_what_to_do_in_both_parts() {
        let (html, text) = html(&letter("The draft is ready"));
        for part in [&html, &text] {
            assert!(
                part.contains("The draft is ready") && part.contains("digest approve 2026-11-25-midweek"),
                "{part}"
            );
            assert!(part.contains("https://desk.example/?issue=x"), "{part}");
        }
        assert!(html.starts_with("<!doctype html>") && !html.contains("{{"));
    }

    #[test]
    fn an_empty_letter_and_a_hostile_one_are_letters_too() {
        html(&EditorLetter::default());
        let long = "\u{202e}<script>alert(1)</script> {{x}} & \"q\"\r\nBcc: a@b.example \u{0} ".repeat(300);
        let (html, text) = html(&letter(&long));
        assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"));
        assert!(!text.contains('\u{202e}') && !html.contains('\u{202e}') && !text.contains('\0'));
        assert!(html.len() < 20_000, "{}", html.len());
    }
}
