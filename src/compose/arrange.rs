//! Puts the chosen items in the order shown, and writes subject and preheader from them. Knows no cap and no guide's text.

use std::collections::BTreeMap;

use super::pair::Fit;
use super::{Brief, fold, wording};
use crate::model::{Card, Entry};

/// A chosen item with what arranging looks at.
#[derive(Clone, Debug)]
pub struct Placed {
    pub entry: Entry,
    /// What its rank goes by.
    pub value: f64,
    pub fit: Fit,
}

/// The entries in the order shown: by rank with a varied top, or grouped by topic with the best item's group first.
pub fn arrange(chosen: Vec<Placed>, by_topic: bool, top: usize) -> Vec<Entry> {
    if !by_topic {
        return varied_top(chosen, top).into_iter().map(|placed| placed.entry).collect();
    }
    let mut left: Vec<Placed> = chosen;
    let mut groups: Vec<Vec<Placed>> = Vec::new();
    let lead = left.first().map(|placed| placed.entry.id.clone());
    while let Some(key) = best_topic(&left) {
        let (mut group, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(|p| p.topic(&key).is_some());
        lead_with(&mut group, &key);
        groups.push(group);
        left = rest;
    }
    let leads = |group: &[Placed]| group.first().is_some_and(|placed| Some(&placed.entry.id) == lead.as_ref());
    if leads(&left) {
        groups.insert(0, vec![left.remove(0)]);
    }
    // A stable sort, so that the other groups keep their order.
    groups.sort_by_key(|group| !leads(group));
    groups.into_iter().flatten().chain(left).map(|placed| placed.entry).collect()
}

/// Fills the first `top` places with items of which no two share a source or a first topic, as far as there are such; the
/// others follow. Both parts stay in the order of the rank.
fn varied_top(chosen: Vec<Placed>, top: usize) -> Vec<Placed> {
    let mut first: Vec<(usize, Placed)> = Vec::new();
    let mut rest = Vec::new();
    for (at, placed) in chosen.into_iter().enumerate() {
        let repeats = first.iter().any(|(_, other)| other.is_like(&placed));
        if first.len() < top && !repeats { first.push((at, placed)) } else { rest.push((at, placed)) }
    }
    let missing = top.saturating_sub(first.len()).min(rest.len());
    first.extend(rest.drain(..missing));
    first.sort_by_key(|(at, _)| *at);
    for (_, placed) in rest.iter_mut().filter(|(at, _)| *at < top) {
        placed.entry.why.push_str("; under the top, which has its source or topic already");
    }
    first.into_iter().chain(rest).map(|(_, placed)| placed).collect()
}

impl Placed {
    /// Whether the two share a source or a first topic.
    fn is_like(&self, other: &Self) -> bool {
        let topic = |placed: &Self| placed.entry.topics.first().map(|topic| fold(topic)).filter(|t| !t.is_empty());
        fold(&self.entry.source) == fold(&other.entry.source) || topic(self).is_some_and(|t| Some(t) == topic(other))
    }

    /// The item's own spelling of the topic.
    fn topic(&self, key: &str) -> Option<&String> {
        self.entry.topics.iter().find(|topic| fold(topic) == key)
    }
}

/// The topic that two items or more share and whose items rank highest together.
fn best_topic(items: &[Placed]) -> Option<String> {
    let mut topics: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for placed in items {
        let mut keys: Vec<String> = placed.entry.topics.iter().map(|t| fold(t)).filter(|k| !k.is_empty()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (count, sum) = topics.entry(key).or_default();
            *count += 1;
            *sum += placed.value;
        }
    }
    let shared = topics.into_iter().filter(|(_, (count, _))| *count >= 2);
    shared.max_by(|a, b| a.1.1.total_cmp(&b.1.1).then_with(|| b.0.cmp(&a.0))).map(|(key, _)| key)
}

/// Moves the group's topic to the front of each item's topics, in the spelling of the group's best item, since the
/// template heads a run of items by their first topic.
fn lead_with(group: &mut [Placed], key: &str) {
    let Some(spelling) = group.first().and_then(|placed| placed.topic(key)).cloned() else { return };
    for placed in group {
        placed.entry.topics.retain(|topic| fold(topic) != key);
        placed.entry.topics.insert(0, spelling.clone());
    }
}

/// The subject: the lead's title, cut at a word near 60 characters; of an issue without items, its first card's.
pub fn subject(brief: &Brief, news: &[Entry], cards: &[Card]) -> String {
    let titles = news.iter().map(|e| &e.title).chain(cards.iter().map(|c| &c.title));
    let mut lines = titles.map(|title| wording::clip(title, 60)).filter(|line| !line.is_empty());
    lines.next().unwrap_or_else(|| {
        let names = [brief.edition_title, brief.publication_name, &brief.name.edition];
        let name = names.into_iter().find(|name| !name.trim().is_empty()).unwrap_or_default();
        wording::clip(&format!("{name}, {}", brief.name.date), 60)
    })
}

/// The preheader: the next titles, as many of three as fit into 110 characters, or a card's where there is no other item.
pub fn preheader(news: &[Entry], cards: &[Card]) -> String {
    let titles: Vec<&String> =
        news.iter().map(|e| &e.title).chain(cards.iter().map(|c| &c.title)).skip(1).take(3).collect();
    let mut line = String::new();
    for title in titles {
        let next = wording::clip(title, 107);
        if next.is_empty() {
            continue;
        }
        let joined = if line.is_empty() { next } else { format!("{line} · {next}") };
        if joined.chars().count() > 110 {
            break;
        }
        line = joined;
    }
    line
}
