//! The rule on words that were meant to be replaced before sending. What a source wrote itself is not meant: a headline may be about
//! TK Maxx.

use super::{At, Found, Issue, Known};
use crate::model::{Draft, Entry, Item};

const CODE: &str = "placeholder";
const HELP: &str = "write what was meant to stand there, or waive `placeholder` with the reason";

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let before = found.len();
    for (at, text, source) in places(issue) {
        if let Some(word) = marks(text).into_iter().find(|word| !is_the_sources(word, text, source)) {
            found.push(Found::error(CODE, at, format!("`{word}` has not been replaced"), HELP).mark(word));
        }
    }
    // An address may contain any word, but no template tag.
    for (at, _) in super::links::addresses(issue.draft).into_iter().filter(|(_, url)| url.contains("{{")) {
        found.push(Found::error(CODE, at, "`{{` has not been replaced", HELP).mark("{{"));
    }
    // The draft is clean, so anything left comes from a template, or from a source's words.
    if found.len() == before {
        templates(issue, found);
    }
}

fn templates(issue: &Issue, found: &mut Vec<Found>) {
    let told: Vec<&str> = places(issue).into_iter().flat_map(|(_, text, _)| marks(text)).collect();
    let before = found.len();
    for (at, text) in [(At::Html, &issue.page.words()), (At::Text, &issue.text)] {
        if let Some(word) = marks(text).into_iter().find(|word| !told.contains(word)) {
            found.push(Found::error(CODE, at, format!("`{word}` stands in a template"), HELP));
        }
    }
    // In an attribute, where words are not checked.
    if found.len() == before && !told.contains(&"{{") && issue.html.contains("{{") {
        found.push(Found::error(CODE, At::Html, "`{{` stands in a template", HELP));
    }
}

/// Whose words a text may contain besides the editor's.
#[derive(Clone, Copy)]
enum Source<'a> {
    Nobody,
    /// The same field as its item has it.
    Field(&'a str),
    /// The draft's headlines, from which compose makes subject and preheader.
    Headlines(&'a Draft, Option<Known<'a>>),
}

/// The texts of a draft that are shown.
fn places<'a>(issue: &Issue<'a>) -> Vec<(At, &'a str, Source<'a>)> {
    let draft = issue.draft;
    let mut places = vec![(At::Top("intro"), draft.intro.as_str(), Source::Nobody)];
    for (key, text) in [("subject", &draft.subject), ("preheader", &draft.preheader)] {
        places.push((At::Top(key), text, Source::Headlines(draft, issue.context.content)));
    }
    for (n, entry) in issue.shown() {
        let item = item(issue.context.content, entry);
        let field = |of: fn(&Item) -> &String| item.map_or(Source::Nobody, |item| Source::Field(of(item)));
        places.extend([
            (At::News(n, "title"), entry.title.as_str(), field(|item| &item.title)),
            (At::News(n, "source"), &entry.source, field(|item| &item.source)),
            (At::News(n, "summary"), &entry.summary, field(|item| &item.summary)),
            (At::News(n, "note"), &entry.note, Source::Nobody),
        ]);
    }
    for (n, card) in super::cards(draft) {
        places.push((At::Card(n, "title"), card.title.as_str(), Source::Nobody));
        places.push((At::Card(n, "tldr"), &card.tldr, Source::Nobody));
    }
    places
}

/// Words in square brackets that mean something to be filled in.
const BRACKETED: &[&str] = &["link", "url", "name", "title", "date", "source", "image", "number", "tbd", "tbc"];

/// The item from which an entry took its words.
fn item<'a>(content: Option<Known<'a>>, entry: &Entry) -> Option<&'a Item> {
    content?.items.iter().find(|item| item.id == entry.id)
}

/// Whether the mark stands in `text` because a source wrote it: as often as in the item's own field, or with its neighbours in a
/// headline that is the source's.
fn is_the_sources(mark: &str, text: &str, source: Source) -> bool {
    let count = |text: &str| marks(text).into_iter().filter(|found| *found == mark).count();
    match source {
        Source::Nobody => false,
        Source::Field(own) => count(text) <= count(own),
        Source::Headlines(draft, content) => {
            let headlines =
                draft.news.iter().chain(&draft.bench).filter_map(|entry| Some(item(content, entry)?.title.as_str()));
            let near = neighbours(mark, text);
            let mut headlines = headlines.filter(|title| title.contains(mark));
            headlines.any(|title| {
                title == text || near.iter().all(|near| near.iter().any(|near| title.contains(near.as_str())))
            })
        }
    }
}

/// The mark with the word before it and with the word behind it, for each time that it stands there.
fn neighbours(mark: &str, text: &str) -> Vec<Vec<String>> {
    let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_end_matches('…')).collect();
    let holds = |word: &&str| word.contains(mark) || mark.contains(*word) && !word.is_empty();
    let places = words.iter().enumerate().filter(|(_, word)| holds(word));
    places
        .map(|(at, word)| {
            let before = at.checked_sub(1).and_then(|at| words.get(at)).map(|before| format!("{before} {word}"));
            let behind = words.get(at + 1).map(|behind| format!("{word} {behind}"));
            before.into_iter().chain(behind).collect()
        })
        .collect()
}

/// The placeholders in `text`, as they stand there: an editor's mark in capitals as a word of its own, filler text, a word between
/// square brackets, a template's tag.
fn marks(text: &str) -> Vec<&str> {
    let known = ["TK", "TKTK", "TODO", "FIXME", "XXX", "XXXX", "TBD"];
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| known.contains(word));
    let fillers = ["lorem ipsum", "dolor sit amet"].into_iter();
    let fillers = fillers.filter_map(|filler| find_ascii(text, filler).and_then(|at| text.get(at..at + filler.len())));
    let bracketed = text.match_indices('[').filter_map(|(at, _)| {
        let inside = text.get(at + 1..)?.split_once(']')?;
        // `[link](https://…)` is a link.
        let alone = !inside.1.starts_with(['(', '[', ':']);
        let known = BRACKETED.iter().any(|word| inside.0.trim().eq_ignore_ascii_case(word));
        text.get(at..at + inside.0.len() + 2).filter(|_| alone && known)
    });
    let tags = text.match_indices("{{").map(|(_, tag)| tag);
    words.chain(fillers).chain(bracketed).chain(tags).collect()
}

/// The position of an ASCII text, ignoring case.
fn find_ascii(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}
