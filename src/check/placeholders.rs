//! The rule on words that were meant to be replaced before sending.

use super::{Finding, Issue};

const CODE: &str = "placeholder";
const HELP: &str = "write what was meant to stand there, or waive `placeholder` with the reason";

pub fn rules(issue: &Issue, found: &mut Vec<Finding>) {
    let before = found.len();
    let draft = issue.draft;
    let mut places: Vec<(String, &str)> = vec![
        ("subject".into(), &draft.subject),
        ("preheader".into(), &draft.preheader),
        ("intro".into(), &draft.intro),
    ];
    for (place, entry) in issue.shown() {
        places.extend([&entry.title, &entry.summary, &entry.note].map(|text| (place.clone(), text.as_str())));
    }
    for (i, card) in draft.guides.iter().enumerate().filter(|(_, card)| !card.banned) {
        let place = format!("guides[{}] \"{}\"", i + 1, super::short(&card.title));
        places.extend([&card.title, &card.tldr].map(|text| (place.clone(), text.as_str())));
    }
    for (place, text) in places {
        if let Some(word) = placeholder(text) {
            found.push(Finding::error(CODE, place, format!("`{word}` is left to be replaced"), HELP));
        }
    }
    // The draft is clean, so what is left comes from a template.
    if found.len() == before {
        for (place, text) in [("html", &issue.page.words), ("text", &issue.text)] {
            if let Some(word) = placeholder(text) {
                found.push(Finding::error(CODE, place, format!("`{word}` stands in a template"), HELP));
            }
        }
    }
}

/// The first placeholder in `text`: an editor's mark in capitals as a word of its own, filler text, a template's tag.
fn placeholder(text: &str) -> Option<&'static str> {
    let words = || text.split(|c: char| !c.is_alphanumeric());
    let marks = ["TK", "TKTK", "TODO", "FIXME", "XXX"];
    if let Some(mark) = marks.into_iter().find(|mark| words().any(|word| word == *mark)) {
        return Some(mark);
    }
    if text.to_lowercase().contains("lorem ipsum") {
        return Some("lorem ipsum");
    }
    text.contains("{{").then_some("{{")
}
