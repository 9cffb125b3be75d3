//! Rules on a draft's news: that there is some, that each item is complete, and that its guide is known.

use std::collections::HashMap;

use super::{At, Found, Issue};
use crate::model::{canonical_url, topic_key};
use crate::text::nearest;

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
    twins(issue, found);
    guides(issue, found);
    guides_without_link(issue, found);
}

/// Items with one address or one long headline are one story.
fn twice(issue: &Issue, found: &mut Vec<Found>) {
    /// From this many letters, two equal headlines are not a coincidence.
    const LONG: usize = 32;
    let mut first: HashMap<String, usize> = HashMap::new();
    for (number, entry) in issue.shown() {
        let url = entry.url.as_deref().and_then(canonical_url);
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

/// Two stories that look like one, or have the same summary. Skips those that [`twice`] reports.
fn twins(issue: &Issue, found: &mut Vec<Found>) {
    /// From this many letters, two equal summaries are not a coincidence.
    const LONG: usize = 40;
    let help = "put one into the other's `also`, ban one, or waive `twin-stories` if they are two";
    let mut seen: HashMap<String, usize> = HashMap::new();
    let reported: Vec<usize> = found.iter().filter(|found| found.code == "item-twice").filter_map(number).collect();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (number, entry) in issue.shown() {
        let summary = topic_key(&entry.summary);
        if summary.chars().count() < LONG {
            continue;
        }
        let first = *seen.entry(summary).or_insert(number);
        if first != number && !reported.contains(&number) {
            let message = format!("the summary is that of {}, word for word", At::News(first, "").words(issue.draft));
            found.push(Found::warning("twin-stories", At::News(number, "summary"), message, help));
            pairs.push((first, number));
        }
    }
    for twins in issue.context.twins {
        let shown = |number: usize| issue.draft.news.get(number).is_some_and(|entry| !entry.banned);
        let known = pairs.contains(&(twins.first, twins.second)) || reported.contains(&twins.second);
        if shown(twins.first) && shown(twins.second) && !known {
            let other = At::News(twins.first, "").words(issue.draft);
            let message = format!("the story looks like that of {other}: {}", twins.why);
            found.push(Found::warning("twin-stories", At::News(twins.second, "title"), message, help));
        }
    }
}

/// The number of the entry that a finding is about.
fn number(found: &Found) -> Option<usize> {
    match found.at {
        At::News(number, _) => Some(number),
        _ => None,
    }
}

/// A guide shown with its title only, since its address is unknown.
fn guides_without_link(issue: &Issue, found: &mut Vec<Found>) {
    let has_link = |url: Option<&str>| url.is_some_and(|url| !url.trim().is_empty());
    let help = "add `url` to the guide in content/guides and compose again, or show another guide";
    let mut bare = Vec::new();
    for (number, card) in super::cards(issue.draft).filter(|(_, card)| !has_link(card.url.as_deref())) {
        bare.push(card.slug.as_str());
        found.push(Found::warning("guide-no-link", At::Card(number, "url"), "the guide has no address", help));
    }
    let Some(content) = issue.context.content else { return };
    for (number, entry) in issue.shown() {
        let guide = entry.guide.as_deref().and_then(|slug| content.guides.iter().find(|guide| guide.slug == slug));
        let Some(guide) = guide.filter(|guide| !has_link(guide.url.as_deref())) else { continue };
        let linked =
            super::cards(issue.draft).any(|(_, card)| card.slug == guide.slug && has_link(card.url.as_deref()));
        if !linked && !bare.contains(&guide.slug.as_str()) {
            bare.push(&guide.slug);
            let message = format!("the guide `{}` has no address", super::short(&guide.slug));
            found.push(Found::warning("guide-no-link", At::News(number, "guide"), message, help));
        }
    }
}

/// A paired guide that is neither a card nor in content/ is silently left out of the mail.
fn guides(issue: &Issue, found: &mut Vec<Found>) {
    let Some(content) = issue.context.content else { return };
    let cards = issue.draft.guides.iter().map(|card| card.slug.as_str());
    let known: Vec<&str> = cards.chain(content.guides.iter().map(|guide| guide.slug.as_str())).collect();
    for (number, entry) in issue.shown() {
        let Some(slug) = entry.guide.as_deref().filter(|slug| !known.contains(slug)) else { continue };
        let help = match nearest(slug, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`? Or take the line `guide` away"),
            None => "take the line `guide` away".to_owned(),
        };
        let message = format!("there is no guide `{}`, neither as a card nor in content/guides", super::short(slug));
        found.push(Found::error("guide-unknown", At::News(number, "guide"), message, help));
    }
}
