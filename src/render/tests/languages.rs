//! Everything that templates say, in every language: no English is hard-coded, and no language lacks a word.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::model::WordsFault;
use crate::render::language::{Language, Line};

/// The example languages, which do not ship in the binary.
const EXAMPLES: [(&str, &str); 4] = [
    ("ar", include_str!("../../../examples/words/ar.toml")),
    ("es", include_str!("../../../examples/words/es.toml")),
    ("fr", include_str!("../../../examples/words/fr.toml")),
    ("ja", include_str!("../../../examples/words/ja.toml")),
];

fn with_words(tag: &str, text: &str) -> Templates {
    Templates::builtin().with(&format!("words/{tag}.toml"), Path::new("own.toml"), text.to_owned())
}

/// Each language with words, except English, with its templates.
fn languages() -> Vec<(&'static str, Templates)> {
    let examples = EXAMPLES.iter().map(|(tag, text)| (*tag, with_words(tag, text)));
    examples.chain([("de", Templates::builtin())]).collect()
}

/// A placeholder for a text that an editor wrote: it has no English letters.
fn foreign(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphabetic() { 'ж' } else { c }).collect()
}

fn publication_in(language: &str) -> Publication {
    let mut publication = Publication { language: language.into(), ..sample::publication().clone() };
    for text in [&mut publication.name, &mut publication.postal_address] {
        *text = foreign(text);
    }
    publication.mark.iter_mut().for_each(|mark| mark.alt = foreign(&mark.alt));
    publication
}

fn edition_of(template: &str) -> Edition {
    let mut edition = edition(template);
    for text in [&mut edition.signature, &mut edition.poll].into_iter().chain(&mut edition.poll_answers) {
        *text = foreign(text);
    }
    (edition.greeting, edition.show_score) = ("Жж {name}.".into(), true);
    edition
}

fn draft() -> Draft {
    let mut draft = sample::full();
    for text in [&mut draft.subject, &mut draft.preheader] {
        *text = foreign(text);
    }
    draft.intro = "Жжж [жж](https://almanac.example/scores).".into();
    draft.picture.iter_mut().for_each(|picture| picture.alt = foreign(&picture.alt));
    draft.number.iter_mut().for_each(|number| {
        (number.value, number.label) = (foreign(&number.value), foreign(&number.label));
    });
    for entry in &mut draft.news {
        for text in [&mut entry.title, &mut entry.source, &mut entry.summary, &mut entry.note]
            .into_iter()
            .chain(&mut entry.topics)
        {
            *text = foreign(text);
        }
        entry.picture.iter_mut().for_each(|picture| picture.alt = foreign(&picture.alt));
        entry
            .also
            .iter_mut()
            .for_each(|also| (also.source, also.title) = (foreign(&also.source), foreign(&also.title)));
    }
    for card in &mut draft.guides {
        (card.title, card.tldr) = (foreign(&card.title), foreign(&card.tldr));
    }
    draft
}

/// Every mail, letter, page and report with samples in a language, by name.
fn everything(language: &str, templates: &Templates) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let publication = publication_in(language);
    for template in ["midweek", "sunday"] {
        let edition = edition_of(template);
        let setting = Setting { edition_title: "Жжж", publication: &publication, ..sample::setting(&edition) };
        let rendered = render(&draft(), &setting, templates).unwrap_or_else(|wrong| panic!("{language}: {wrong}"));
        all.insert(format!("{template} in HTML"), rendered.fill(Part::Html, &Nobody));
        all.insert(format!("{template} in text"), rendered.fill(Part::Text, &Nobody));
        all.insert(
            format!("{template} as an article"),
            rendered.article.map(|a| a.length + &a.html).expect("an article"),
        );
    }
    for (kind, mut context) in letter_samples() {
        context["editions"] = serde_json::json!(["Жжж"]);
        let letter =
            letter(kind, &context, &publication, templates).unwrap_or_else(|wrong| panic!("{language}: {wrong}"));
        all.insert(format!("letter {kind} in HTML"), letter.fill(Part::Html, &Nobody));
        all.insert(format!("letter {kind} in text"), letter.subject.clone() + "\n" + &letter.fill(Part::Text, &Nobody));
    }
    let editors = editors(&to_editors(language), "Жжж", "midweek", templates).expect("a letter to editors");
    all.insert("letter to editors in HTML".into(), editors.fill(Part::Html, &Nobody));
    all.insert("letter to editors in text".into(), editors.fill(Part::Text, &Nobody));
    all.extend(pages(&publication, templates));
    let setting = ReportSetting { zone: chrono_tz::Tz::UTC, language, template: "midweek" };
    for (name, report) in crate::render::report::tests::in_foreign_words() {
        let page = report::report(&report, setting, templates).unwrap_or_else(|wrong| panic!("{language}: {wrong}"));
        all.insert(format!("report {name}"), page);
    }
    all
}

/// A letter to editors with every part. Its sentences come from the scheduler, so they are not English here.
fn to_editors(language: &str) -> EditorLetter {
    let text = || "Жжж".to_owned();
    EditorLetter {
        language: language.into(),
        kind: text(),
        subject: text(),
        tone: text(),
        headline: text(),
        lead: vec![text()],
        commands: vec![ToDo { does: text(), command: text() }],
        buttons: vec![Button { label: text(), link: "https://almanac.example".into() }],
        findings: vec![Found { severity: text(), message: text() }],
        items: vec![Shown { title: text(), source: text(), why: text() }],
    }
}

fn pages(publication: &Publication, templates: &Templates) -> BTreeMap<String, String> {
    fn draw<P: Page>(context: &P, section: &str, (publication, templates): (&Publication, &Templates)) -> String {
        // Samples are drawn as data, so that what an editor or a subscriber wrote is foreign.
        struct Foreign<P>(serde_json::Value, std::marker::PhantomData<P>);
        impl<P> serde::Serialize for Foreign<P> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }
        impl<P: Page> Page for Foreign<P> {
            const NAME: &'static str = P::NAME;

            fn sample() -> Self {
                Self(serde_json::json!(P::sample()), std::marker::PhantomData)
            }
        }
        let mut value = serde_json::json!(context);
        foreign_titles(&mut value);
        let setting = PageSetting::new(publication, "https://almanac.example");
        page(&Foreign::<P>(value, std::marker::PhantomData), section, setting, templates)
            .unwrap_or_else(|wrong| panic!("{section}: {wrong}"))
    }
    let with = (publication, templates);
    let mut all: BTreeMap<String, String> = [
        ("home", draw(&Home::sample(), "home", with)),
        ("preferences", draw(&Preferences::sample(), "preferences", with)),
        ("archive", draw(&ArchivePage::sample(), "archive", with)),
        ("lost", draw(&Lost::sample(), "lost", with)),
        ("leave", draw(&Leave::sample(), "leave", with)),
        ("poll", draw(&PollPage::sample(), "poll", with)),
        ("issue", draw(&IssuePage::sample(), "issue", with)),
        ("entry", draw(&FeedEntry::sample(), "issue", with)),
        ("form", draw(&EmbeddedForm::sample(), "home", with)),
    ]
    .map(|(name, page)| (format!("page {name}"), page))
    .into();
    let words = templates.language("en").expect("English");
    let sheets =
        ["asked", "confirm", "confirmed", "left", "fewer", "paused", "lost_asked", "move", "moved", "answered"];
    for section in sheets.into_iter().chain(["gone", "forget", "forgotten", "missing", "refused", "busy"]) {
        assert!(words.below(&format!("page.{section}")).next().is_some(), "{section}");
        all.insert(format!("page {section}"), draw(&MessagePage::sample(), section, with));
    }
    all
}

/// Fields of pages' contexts that people wrote, or that are written in the language when a page is asked for.
const WRITTEN: [&str; 14] = [
    "title",
    "subject",
    "preheader",
    "name",
    "question",
    "label",
    "day",
    "example",
    "corrected",
    "note",
    "edition",
    "description",
    "weekday",
    "length",
];

/// Makes what people wrote foreign in a page's context.
fn foreign_titles(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(values) => values.iter_mut().for_each(foreign_titles),
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if WRITTEN.contains(&name.as_str()) => *value = foreign(text).into(),
                    Some(_) if name == "article_html" => *value = "<p>Жжж</p>".into(),
                    _ => foreign_titles(value),
                }
            }
        }
        _ => {}
    }
}

/// A subscriber without a letter.
struct Nobody;

impl Fill for Nobody {
    fn value(&self, slot: &Slot) -> &str {
        match slot {
            Slot::Name => "Жж",
            Slot::Email => "ann@reader.example",
            Slot::Field(_) => "",
            _ => "https://almanac.example/x",
        }
    }
}

/// What people see or hear on a page: its text, and the texts of its attributes.
fn told(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        out.push(' ');
        let raw = ["style", "title-of-svg"].iter().find(|name| rest[at + 1..].starts_with(**name));
        let close = if rest[at..].starts_with("<!--") {
            "-->".to_owned()
        } else {
            raw.map_or(">".into(), |name| format!("</{name}>"))
        };
        let end = rest[at..].find(&close).map_or(rest.len(), |end| at + end + close.len());
        for name in [" alt=\"", " title=\"", " aria-label=\"", " content=\"Жж"] {
            for text in rest[at..end].split(name).skip(1) {
                let _ = write!(out, "{} ", text.split('"').next().unwrap_or_default());
            }
        }
        rest = &rest[end..];
    }
    out + rest
}

/// The words of at least three ASCII letters that are not addresses or names of time zones.
fn english(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| c.is_whitespace() || "<>\"()[]“”".contains(c));
    let address = |word: &&str| word.contains(['/', '@', '.', '&', '_', '-']) || word.starts_with("GMT");
    let long = |word: &&str| word.split(|c: char| !c.is_ascii_alphabetic()).any(|part| part.len() > 2);
    words.filter(|word| !address(word)).filter(long).collect()
}

/// English with other letters: a text for each plural form of Russian, and names in braces as they are.
fn other_letters() -> String {
    let other = |text: &str| {
        let mut within = false;
        let letter = |c: char| {
            within = c == '{' || within && c != '}';
            if c.is_ascii_alphabetic() && !within { 'ж' } else { c }
        };
        text.chars().map(letter).collect::<String>()
    };
    let english = Templates::builtin().language("en").expect("English");
    let mut sections: BTreeMap<&str, String> = BTreeMap::new();
    for (name, line) in english.lines() {
        let (section, name) = name.rsplit_once('.').expect("a section");
        let quoted = |text: &str| serde_json::json!(other(text)).to_string();
        let written = match line {
            Line::Text(text) => quoted(text),
            Line::Lines(lines) => format!("[{}]", lines.iter().map(|line| quoted(line)).collect::<Vec<_>>().join(", ")),
            Line::Counted(forms) => {
                let form = |name| format!("{name} = {}", quoted(&forms["other"]));
                format!("{{ {} }}", ["one", "few", "many", "other"].map(form).join(", "))
            }
        };
        let _ = writeln!(sections.entry(section).or_default(), "{name} = {written}");
    }
    let mut out = String::new();
    for (section, lines) in sections {
        let _ = writeln!(out, "[{section}]\n{lines}");
    }
    out
}

#[test]
fn no_template_and_no_code_speaks_english_by_itself() {
    let templates = with_words("ru", &other_letters());
    assert_eq!(templates.words_mistakes("ru").expect("words"), []);
    let mut wrong = Vec::new();
    for (name, text) in everything("ru", &templates) {
        let said = told(&text);
        let words = english(&said);
        if !words.is_empty() {
            wrong.push(format!("{name}: {}", words.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "words that stand in no file of words:\n  {}", wrong.join("\n  "));
}

#[test]
fn nothing_english_is_left_in_another_language() {
    let english = Templates::builtin().language("en").expect("English");
    let parts = |line: &Line| -> Vec<String> {
        let texts = line
            .texts()
            .into_iter()
            .flat_map(|text| text.split(['{', '}']).step_by(2).map(|part| part.trim().to_owned()));
        texts.filter(|part| part.split_whitespace().count() > 1 && part.chars().any(char::is_alphabetic)).collect()
    };
    let said: Vec<(String, String)> = english
        .lines()
        .flat_map(|(name, line)| parts(line).into_iter().map(move |part| (name.to_owned(), part)))
        .collect();
    assert!(said.len() > 200, "{}", said.len());
    for (tag, templates) in languages() {
        for (name, text) in everything(tag, &templates) {
            let read = told(&text)
                .replace("&#39;", "'")
                .replace("&amp;", "&")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            for (line, part) in &said {
                assert!(!read.contains(part.as_str()), "{tag}: {name} says {part:?} ({line})");
            }
        }
    }
}

#[test]
fn no_language_lacks_or_misspells_a_word() {
    for (tag, templates) in languages() {
        let mistakes = templates.words_mistakes(tag).expect("words");
        assert!(
            mistakes.is_empty(),
            "{tag}: {}",
            mistakes.iter().map(|mistake| mistake.notice.to_string()).collect::<Vec<_>>().join("\n")
        );
    }
    // German ships with the binary, so its file is checked as if it were a publication's own.
    let own = with_words("xx", include_str!("../../../templates/words/de.toml"));
    let mistakes = own.words_mistakes("xx").expect("words");
    let other = |mistake: &&crate::model::WordsMistake| mistake.fault != WordsFault::Plural;
    assert_eq!(mistakes.iter().find(other), None);
}

#[test]
fn every_page_says_its_language_and_direction() {
    for (tag, templates) in languages() {
        let dir =
            Language::load(tag, |_| Vec::new()).map_or("ltr", |_| crate::render::language::direction_of_language(tag));
        for (name, html) in everything(tag, &templates).into_iter().filter(|(_, text)| text.contains("<html")) {
            let root = &html[html.find("<html").expect("a page")..];
            let root = &root[..root.find('>').expect("its end")];
            assert!(
                root.contains(&format!("lang=\"{tag}\"")) && root.contains(&format!("dir=\"{dir}\"")),
                "{tag}: {name}: {root}"
            );
        }
    }
}

mod written;
