//! Words that were meant to be replaced.

use super::{Finding, Issue, error};

/// Marks that stand alone as words, in capitals only.
const MARKS: [&str; 5] = ["TK", "TKTK", "TODO", "FIXME", "XXX"];

/// Placeholders in what the editor wrote, and template marks anywhere in the issue.
pub fn placeholders(issue: &Issue) -> Vec<Finding> {
    let draft = issue.draft;
    let mut places = vec![
        ("subject".to_owned(), draft.subject.as_str()),
        ("preheader".to_owned(), draft.preheader.as_str()),
        ("intro".to_owned(), draft.intro.as_str()),
    ];
    for (i, entry) in draft.news.iter().enumerate().filter(|(_, entry)| !entry.banned) {
        let fields = [("title", &entry.title), ("summary", &entry.summary), ("note", &entry.note)];
        places.extend(fields.map(|(field, text)| (format!("news[{i}].{field} \"{}\"", entry.title), text.as_str())));
    }
    for (i, card) in draft.guides.iter().enumerate().filter(|(_, card)| !card.banned) {
        places.extend([
            (format!("guides[{i}].title"), card.title.as_str()),
            (format!("guides[{i}].tldr \"{}\"", card.title), card.tldr.as_str()),
        ]);
    }
    let mut found: Vec<Finding> =
        places.iter().filter_map(|(place, text)| mark(text).map(|mark| finding(place, &mark))).collect();
    // What the templates themselves left in.
    if found.is_empty() {
        let parts = [("html", issue.page.text.as_str()), ("text", issue.text)];
        found.extend(parts.iter().filter_map(|(part, text)| mark(text).map(|mark| finding(part, &mark))));
    }
    found
}

fn finding(place: &str, mark: &str) -> Finding {
    error("placeholder", place, format!("`{mark}` was left in"), "replace it with what should stand there")
}

fn mark(text: &str) -> Option<String> {
    let word = text.split(|c: char| !c.is_alphanumeric()).find(|word| MARKS.contains(word));
    let lorem = text.to_lowercase().contains("lorem ipsum").then_some("lorem ipsum");
    let braces = text.contains("{{").then_some("{{");
    word.or(lorem).or(braces).map(str::to_owned)
}
