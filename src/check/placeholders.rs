//! The rule on words that were meant to be replaced before sending.

use super::{At, Found, Issue};

const CODE: &str = "placeholder";
const HELP: &str = "write what was meant to stand there, or waive `placeholder` with the reason";

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let before = found.len();
    let draft = issue.draft;
    let mut places: Vec<(At, &str)> = vec![
        (At::Top("subject"), &draft.subject),
        (At::Top("preheader"), &draft.preheader),
        (At::Top("intro"), &draft.intro),
    ];
    for (n, entry) in issue.shown() {
        places.extend([
            (At::News(n, "title"), entry.title.as_str()),
            (At::News(n, "source"), &entry.source),
            (At::News(n, "summary"), &entry.summary),
            (At::News(n, "note"), &entry.note),
        ]);
    }
    for (n, card) in super::cards(draft) {
        places.extend([(At::Card(n, "title"), card.title.as_str()), (At::Card(n, "tldr"), &card.tldr)]);
    }
    for (at, text) in places {
        if let Some(word) = placeholder(text) {
            found.push(Found::error(CODE, at, format!("`{word}` is left to be replaced"), HELP).mark(word));
        }
    }
    // An address may hold any word, but no template's tag.
    for (at, _) in super::links::addresses(draft).into_iter().filter(|(_, url)| url.contains("{{")) {
        found.push(Found::error(CODE, at, "`{{` is left to be replaced", HELP).mark("{{"));
    }
    // The draft is clean, so what is left comes from a template.
    if found.len() == before {
        for (at, text) in [(At::Html, &issue.page.words()), (At::Text, &issue.text)] {
            if let Some(word) = placeholder(text) {
                found.push(Found::error(CODE, at, format!("`{word}` stands in a template"), HELP));
            }
        }
        // In an attribute, where no words are looked for.
        if found.len() == before && issue.html.contains("{{") {
            found.push(Found::error(CODE, At::Html, "`{{` stands in a template", HELP));
        }
    }
}

/// Words between square brackets that stand for something to come.
const BRACKETED: &[&str] = &["link", "url", "name", "title", "date", "source", "image", "number", "tbd", "tbc"];

/// The first placeholder in `text`, as it stands there: an editor's mark in capitals as a word of its own, filler text, a
/// word between square brackets, a template's tag.
fn placeholder(text: &str) -> Option<&str> {
    let marks = ["TK", "TKTK", "TODO", "FIXME", "XXX", "XXXX", "TBD"];
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    if let Some(mark) = words.find(|word| marks.contains(word)) {
        return Some(mark);
    }
    let filler = ["lorem ipsum", "dolor sit amet"];
    if let Some((at, filler)) = filler.iter().find_map(|filler| Some((find_ascii(text, filler)?, filler))) {
        return text.get(at..at + filler.len());
    }
    let bracketed = text.match_indices('[').find_map(|(at, _)| {
        let inside = text[at + 1..].split_once(']')?;
        // `[link](https://…)` is a link.
        let alone = !inside.1.starts_with(['(', '[', ':']);
        let known = BRACKETED.iter().any(|word| inside.0.trim().eq_ignore_ascii_case(word));
        (alone && known).then(|| &text[at..at + inside.0.len() + 2])
    });
    bracketed.or_else(|| text.find("{{").and_then(|at| text.get(at..at + 2)))
}

/// Where an ASCII text stands, whatever its case.
fn find_ascii(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}
