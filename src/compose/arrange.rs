//! Puts the chosen items in the order shown: the best story first, then by value, or in sections with headings that fit.
//! Knows no cap and no guide's text.

use std::collections::{BTreeMap, BTreeSet};

use super::pair::Fit;
use super::{fold, words};
use crate::model::Entry;

/// A story worth at least this much more is never moved behind another for variety.
const WORTH_MORE: f64 = 1.0;

/// A chosen item with what arranging looks at.
#[derive(Clone, Debug)]
pub struct Placed {
    pub entry: Entry,
    /// The value it is ranked by.
    pub value: f64,
    /// The heading of its kind of news; empty for none.
    pub heading: String,
    /// The first firm that its headline names; empty for none.
    pub firm: String,
    /// Its topics that are firms other than the one in its headline: it is shown under none of their headings.
    pub other_firms: Vec<String>,
    pub fit: Fit,
}

/// The entries in the order shown: by rank with a varied top, or in sections, those of the best stories first.
pub fn arrange(chosen: Vec<Placed>, by_topic: bool, top: usize) -> Vec<Entry> {
    if by_topic {
        return in_sections(chosen).into_iter().map(|placed| placed.entry).collect();
    }
    varied_top(chosen, top).into_iter().map(|placed| placed.entry).collect()
}

/// By rank, but in the first `top` places a story whose source or first topic is already there lets the next one go
/// first, when that one brings another and is not worth a point less. No story moves by more than one place.
fn varied_top(mut chosen: Vec<Placed>, top: usize) -> Vec<Placed> {
    let mut at = 1;
    while at < top.min(chosen.len()) {
        let repeats = |placed: &Placed| chosen[..at].iter().any(|other| other.is_like(placed));
        let next = chosen.get(at + 1).filter(|next| !repeats(next) && chosen[at].value - next.value < WORTH_MORE);
        if repeats(&chosen[at]) && next.is_some() {
            chosen.swap(at, at + 1);
            chosen[at + 1].entry.why.push_str("; one place lower, because the top already has its source or topic");
            at += 1;
        }
        at += 1;
    }
    chosen
}

/// The lead's section first, then the other sections by their best story, then the stories that no section holds; each by
/// value.
fn in_sections(chosen: Vec<Placed>) -> Vec<Placed> {
    let most = chosen.len().div_ceil(3).max(2);
    let mut section: Vec<Option<Section>> = vec![None; chosen.len()];
    for sort in [Sort::Topic, Sort::Kind, Sort::Firm] {
        while let Some((name, members)) = best_section(&chosen, &section, sort, most) {
            let heading = Section { sort, name };
            for at in members {
                section[at] = Some(heading.clone());
            }
        }
    }
    grow(&chosen, &mut section, most);
    let mut order: Vec<(usize, Option<Section>)> = section.into_iter().enumerate().collect();
    let first = |wanted: &Section| order.iter().position(|(_, section)| section.as_ref() == Some(wanted));
    let rank: BTreeMap<Section, usize> =
        order.iter().filter_map(|(_, section)| Some((section.clone()?, first(section.as_ref()?)?))).collect();
    // The lead goes first, in a section or not; what no section holds goes last.
    order.sort_by_key(|(at, section)| match section {
        Some(section) => (rank[section], *at),
        None if *at == 0 => (0, 0),
        None => (usize::MAX, *at),
    });
    let mut chosen: Vec<Option<Placed>> = chosen.into_iter().map(Some).collect();
    let placed = order.into_iter().filter_map(|(at, section)| {
        let mut placed = chosen[at].take()?;
        if let Some(section) = section {
            section.head(&mut placed.entry);
        }
        Some(placed)
    });
    apart(placed.collect())
}

/// What a section is grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Topic,
    Kind,
    Firm,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Section {
    sort: Sort,
    /// As shown.
    name: String,
}

impl Section {
    /// Puts the heading in front of the entry's topics, since a template heads a run of entries by their first topic.
    fn head(&self, entry: &mut Entry) {
        let key = fold(&self.name);
        entry.topics.retain(|topic| fold(topic) != key);
        entry.topics.insert(0, self.name.clone());
    }
}

/// The section of this sort that holds two stories or more, none of them in a section yet, and whose stories rank highest
/// together: at most `most` of them, the best.
fn best_section(chosen: &[Placed], taken: &[Option<Section>], sort: Sort, most: usize) -> Option<(String, Vec<usize>)> {
    let mut found: BTreeMap<String, (String, Vec<usize>)> = BTreeMap::new();
    for (at, placed) in chosen.iter().enumerate().filter(|(at, _)| taken[*at].is_none()) {
        for name in placed.names(sort) {
            let key = fold(name);
            let members = &mut found.entry(key).or_insert_with(|| (name.to_owned(), Vec::new())).1;
            if members.last() != Some(&at) {
                members.push(at);
            }
        }
    }
    let used: BTreeSet<String> = taken.iter().flatten().map(|section| fold(&section.name)).collect();
    let mut sections: Vec<(f64, String, Vec<usize>)> = found
        .into_iter()
        .filter(|(key, _)| !key.is_empty() && !used.contains(key))
        .filter_map(|(_, (name, mut members))| {
            members.truncate(most);
            let fits = sort != Sort::Topic || is_named_by_most(&name, &members, chosen);
            let sum = members.iter().map(|at| chosen[*at].value).sum();
            (members.len() >= 2 && fits).then_some((sum, name, members))
        })
        .collect();
    // The highest sum; of equals the first by name, which is their order.
    sections.sort_by(|a, b| b.0.total_cmp(&a.0));
    sections.into_iter().next().map(|(_, name, members)| (name, members))
}

/// Whether the headlines or summaries of more than half of the stories name the topic.
fn is_named_by_most(topic: &str, members: &[usize], chosen: &[Placed]) -> bool {
    members.iter().filter(|at| names(&chosen[**at].entry, topic)).count() * 2 > members.len()
}

/// Whether the headline or the summary names the topic.
fn names(entry: &Entry, topic: &str) -> bool {
    let joined = fold(topic);
    let text = format!("{} {}", entry.title, entry.summary);
    words::row(&text).contains(&words::row(topic)) || (joined.chars().count() > 3 && fold(&text).contains(&joined))
}

/// When more than a third of the stories are in no section, those whose kind has one go there, the best first, until no
/// more than a third are left; then those whose kind has a heading stand under that alone.
fn grow(chosen: &[Placed], section: &mut [Option<Section>], most: usize) {
    for alone in [false, true] {
        for at in 0..chosen.len() {
            let left = section.iter().skip(1).filter(|section| section.is_none()).count();
            if left <= most {
                return;
            }
            let kind = Section { sort: Sort::Kind, name: chosen[at].heading.clone() };
            let may = section.contains(&Some(kind.clone())) || alone && !kind.name.is_empty();
            if section[at].is_none() && may {
                section[at] = Some(kind);
            }
        }
    }
}

/// Keeps what no section holds from looking like one: of two neighbours with one first topic the second shows another of
/// its topics first, if it has one.
fn apart(mut placed: Vec<Placed>) -> Vec<Placed> {
    for at in 1..placed.len() {
        let key = |placed: &Placed| placed.entry.topics.first().map(|topic| fold(topic)).unwrap_or_default();
        let same = key(&placed[at]) == key(&placed[at - 1]);
        let topic = placed[at].entry.topics.first().cloned().unwrap_or_default();
        let members: Vec<usize> = vec![at - 1, at];
        let heading = [&placed[at].heading, &placed[at].firm].into_iter().any(|heading| fold(heading) == fold(&topic));
        let fits = !placed[at].other_firms.contains(&topic) && is_named_by_most(&topic, &members, &placed);
        if same && !topic.is_empty() && !heading && !fits {
            placed[at].entry.topics.rotate_left(1);
        }
    }
    placed
}

impl Placed {
    /// Whether the two share a source or a first topic.
    fn is_like(&self, other: &Self) -> bool {
        let topic = |placed: &Self| placed.entry.topics.first().map(|topic| fold(topic)).filter(|t| !t.is_empty());
        fold(&self.entry.source) == fold(&other.entry.source) || topic(self).is_some_and(|t| Some(t) == topic(other))
    }

    /// The names of the sections of this sort in which the story may stand.
    fn names(&self, sort: Sort) -> Vec<&str> {
        match sort {
            Sort::Topic => {
                self.entry.topics.iter().filter(|topic| !self.other_firms.contains(topic)).map(String::as_str).collect()
            }
            Sort::Kind => vec![self.heading.as_str()],
            Sort::Firm => vec![self.firm.as_str()],
        }
    }
}
