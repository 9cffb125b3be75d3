//! Splits items off an entry's `also`, or merges entries into it.

use super::super::blocks::Section;
use super::super::write::{covered, list};
use super::{Place, sections, value};
use crate::model::{Covered, Draft, Entry, Notice};

/// Removes an item from an entry's `also` for good (`apart`), and shows it right after the entry.
pub fn split(draft: &Draft, text: &str, from: Place, id: &str, known: Option<&Entry>) -> Result<String, Notice> {
    let entry = entry(draft, from)?;
    let there = || entry.also.iter().map(|other| other.id.as_str()).collect::<Vec<_>>().join(", ");
    let Some(at) = entry.also.iter().position(|other| other.id == id) else {
        let help = if entry.also.is_empty() { "its `also` is empty".into() } else { format!("it has {}", there()) };
        return Err(Notice::new(format!("\"{}\" has no `{id}` in its `also`", entry.title)).help(help));
    };
    let mut also = entry.also.clone();
    let other = also.remove(at);
    let mut apart = entry.apart.clone();
    apart.push(other.id.clone());
    let text = value::set(text, from, "also", &covered(&also))?;
    let text = value::set(&text, from, "apart", &list(&apart))?;
    let own = known.cloned().unwrap_or_else(|| on_its_own(entry, &other));
    let place = if from.section == Section::News { from.at + 2 } else { draft.news.len() + 1 };
    sections::add(draft, &text, &own, Some(place))
}

/// Merges an entry into another one's `also`, along with its own `also` items.
pub fn merge(draft: &Draft, text: &str, into: Place, from: Place) -> Result<String, Notice> {
    let (story, other) = (entry(draft, into)?, entry(draft, from)?);
    if story.id == other.id {
        return Err(Notice::new("an entry cannot be merged with itself"));
    }
    let mut also = story.also.clone();
    let own = Covered {
        id: other.id.clone(),
        source: other.source.clone(),
        title: other.title.clone(),
        url: other.url.clone(),
    };
    also.extend(std::iter::once(own).chain(other.also.iter().cloned()));
    let apart: Vec<String> =
        story.apart.iter().filter(|id| also.iter().all(|other| other.id != **id)).cloned().collect();
    let mut text = value::set(text, into, "also", &covered(&also))?;
    if apart.len() < story.apart.len() {
        text = value::set(&text, into, "apart", &list(&apart))?;
    }
    sections::remove(&text, from)
}

fn entry(draft: &Draft, place: Place) -> Result<&Entry, Notice> {
    place.of(draft).ok_or_else(value::inline)
}

/// An entry made from an `also` item.
fn on_its_own(story: &Entry, other: &Covered) -> Entry {
    Entry {
        score: story.score,
        url: other.url.clone(),
        topics: story.topics.clone(),
        apart: vec![story.id.clone()],
        ..Entry::bare(other.id.clone(), other.title.clone(), other.source.clone(), story.published)
    }
}
