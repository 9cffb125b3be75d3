//! The rule on plain text that looks like intended markup, which would be shown literally. Knows no template.

use super::{At, Found, Issue};
use crate::model::TextFormat;

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    for (n, entry) in issue.shown().filter(|(_, entry)| entry.format == TextFormat::Text) {
        for (key, text) in [("title", &entry.title), ("summary", &entry.summary)] {
            let at = At::News(n, key);
            if let Some(link) = link(text) {
                let message = format!("`{}` is plain text and is shown as it stands", super::short(link));
                let help = "add format = \"markdown\" to the entry if it is meant as Markdown";
                found.push(Found::warning("markup-shown", at, message, help).mark(link));
            } else if let Some(reference) = reference(text) {
                let message = format!("`{reference}` is plain text and is shown as it stands");
                found.push(Found::warning("markup-shown", at, message, "write the character itself").mark(reference));
            }
        }
    }
}

/// The first `[words](https://…)` or `![words](https://…)`.
fn link(text: &str) -> Option<&str> {
    text.match_indices("](").find_map(|(middle, _)| {
        let start = text.get(..middle)?.rfind('[')?;
        let address = text.get(middle + 2..)?;
        let end = address.find(')')?;
        let is_address = ["https://", "http://", "mailto:"].iter().any(|scheme| address.starts_with(scheme));
        text.get(start..middle + 2 + end + 1).filter(|_| is_address)
    })
}

/// The first HTML character reference: `&amp;`, `&#8217;`.
fn reference(text: &str) -> Option<&str> {
    text.match_indices('&').find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let end = rest.find(';').filter(|end| *end <= 32)?;
        crate::text::html::references::one(rest.get(..end)?)?;
        text.get(at..at + end + 2)
    })
}
