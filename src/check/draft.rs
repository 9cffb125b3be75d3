//! Rules on the news of a draft: that there is some, that each item is whole, and that its guide is known.

use std::collections::HashMap;

use super::{At, Found, Issue, links};
use crate::model::topic_key;

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    if issue.shown().next().is_none() {
        let help = "move items up from [[bench]], or skip this issue";
        found.push(Found::error("no-news", At::Top("news"), "the issue shows no news", help));
    }
    for (number, entry) in issue.shown() {
        if entry.url.as_deref().is_none_or(|url| url.trim().is_empty()) {
            let help = "add `url`, so that subscribers can go on to the source";
            found.push(Found::warning("item-no-link", At::News(number, "url"), "the item has no link", help));
        }
        if entry.summary.trim().is_empty() {
            let help = "write one to three sentences in `summary`";
            found.push(Found::warning("item-no-summary", At::News(number, "summary"), "the item has no summary", help));
        }
    }
    twice(issue, found);
    guides(issue, found);
}

/// Items with one address or one long headline are one story.
fn twice(issue: &Issue, found: &mut Vec<Found>) {
    /// Letters from which on two equal headlines are no chance.
    const LONG: usize = 32;
    let mut first: HashMap<String, usize> = HashMap::new();
    for (number, entry) in issue.shown() {
        let url = entry.url.as_deref().and_then(links::key);
        let title = Some(topic_key(&entry.title)).filter(|key| key.chars().count() >= LONG);
        let keys: Vec<String> = [url, title].into_iter().flatten().collect();
        if let Some(other) = keys.iter().find_map(|key| first.get(key)) {
            let message = format!("the item tells the same story as {}", At::News(*other, "").words(issue.draft));
            found.push(Found::warning("item-twice", At::News(number, "url"), message, "ban one of the two"));
        }
        for key in keys {
            first.entry(key).or_insert(number);
        }
    }
}

/// A paired guide that is neither a card nor in content/ is left out of the mail without a word.
fn guides(issue: &Issue, found: &mut Vec<Found>) {
    let Some(content) = issue.context.content else { return };
    let cards = issue.draft.guides.iter().map(|card| card.slug.as_str());
    let known: Vec<&str> = cards.chain(content.guides.iter().map(|guide| guide.slug.as_str())).collect();
    for (number, entry) in issue.shown() {
        let Some(slug) = entry.guide.as_deref().filter(|slug| !known.contains(slug)) else { continue };
        let near = |known: &&&str| strsim::jaro_winkler(slug, known);
        let nearest = known.iter().max_by(|a, b| near(a).total_cmp(&near(b)));
        let help = match nearest {
            Some(nearest) => format!("did you mean `{nearest}`? Or take the line `guide` away"),
            None => "take the line `guide` away".to_owned(),
        };
        let message = format!("there is no guide `{}`, neither as a card nor in content/guides", super::short(slug));
        found.push(Found::error("guide-unknown", At::News(number, "guide"), message, help));
    }
}
