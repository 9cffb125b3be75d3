//! Finds entries of a draft that look like one story: what compose would have joined, or was not sure of. Knows no rank.

use chrono_tz::Tz;

use super::Weights;
use super::grouping::background;
use super::story::{Bonds, Stories, Text};
use crate::model::{Draft, Entry, Item};

/// Pairs of shown entries, by their numbers from 0, with what they share in words. An entry that stands `apart` from another is
/// not paired with it. `items` teach which words are common, as they do when an issue is composed.
pub fn twins(draft: &Draft, items: &[Item], weights: &Weights, zone: Tz) -> Vec<(usize, usize, String)> {
    let shown: Vec<(usize, &Entry)> = draft.news.iter().enumerate().filter(|(_, entry)| !entry.banned).collect();
    let texts: Vec<Text> = shown
        .iter()
        .map(|(_, entry)| Text {
            title: &entry.title,
            summary: &entry.summary,
            source: &entry.source,
            day: Some(entry.published.day(zone)),
        })
        .collect();
    let others: Vec<&Item> = items.iter().filter(|item| !shown.iter().any(|(_, entry)| entry.id == item.id)).collect();
    let stories = Stories::of(&texts, &background(zone, &others), weights.story_limits(), &Bonds::default());
    let labels = stories.labels();
    let same = (0..labels.len()).filter(|at| labels[*at] != *at).map(|at| (labels[at], at));
    let perhaps = stories.perhaps().iter().map(|(a, b, _)| (*a.min(b), *a.max(b)));
    let mut pairs: Vec<(usize, usize)> = same.chain(perhaps).collect();
    pairs.sort_unstable();
    let parted = |a: &Entry, b: &Entry| a.apart.contains(&b.id) || b.apart.contains(&a.id);
    let told = pairs.into_iter().filter(|(a, b)| !parted(shown[*a].1, shown[*b].1));
    told.map(|(a, b)| (shown[a].0, shown[b].0, stories.why(a, b))).collect()
}
