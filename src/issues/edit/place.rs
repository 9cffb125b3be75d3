//! Finds the entry of a draft that a person means.

use super::super::blocks::Section;
use crate::model::{Draft, Entry, Notice};

/// The position of an entry in the file: its section, and its number there from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub section: Section,
    pub at: usize,
}

impl Place {
    /// The news or bench entry at this position.
    pub fn of(self, draft: &Draft) -> Option<&Entry> {
        match self.section {
            Section::News => draft.news.get(self.at),
            Section::Bench => draft.bench.get(self.at),
            Section::Guides | Section::GuidesBench => None,
        }
    }
}

/// Finds an entry by its id, its place in the news (`3`) or on the bench (`b2`), or an unambiguous start of its id.
///
/// # Errors
/// None matches, or several do; the help lists what exists.
pub fn find(draft: &Draft, given: &str) -> Result<Place, Notice> {
    let given = given.trim();
    let all = || {
        let news = draft.news.iter().enumerate().map(|(at, entry)| (Place { section: Section::News, at }, entry));
        news.chain(draft.bench.iter().enumerate().map(|(at, entry)| (Place { section: Section::Bench, at }, entry)))
    };
    if let Some((place, _)) = all().find(|(_, entry)| entry.id == given) {
        return Ok(place);
    }
    if let Some(place) = numbered(draft, given) {
        return Ok(place);
    }
    let mut beginning = all().filter(|(_, entry)| !given.is_empty() && entry.id.starts_with(given));
    match (beginning.next(), beginning.next()) {
        (Some((place, _)), None) => Ok(place),
        (Some((_, one)), Some((_, other))) => {
            let message = format!("`{given}` is ambiguous: it could be \"{}\" or \"{}\"", one.title, other.title);
            Err(Notice::new(message).help(format!("their ids are {} and {}", one.id, other.id)))
        }
        (None, _) => Err(Notice::new(format!("there is no entry `{given}` in this issue"))
            .help(format!("name an entry by its place, such as 1, its id, or the start of its id; {}", listed(draft)))),
    }
}

fn numbered(draft: &Draft, given: &str) -> Option<Place> {
    let (section, number, count) = match given.strip_prefix(['b', 'B']) {
        Some(rest) => (Section::Bench, rest, draft.bench.len()),
        None => (Section::News, given, draft.news.len()),
    };
    let at = number.parse::<usize>().ok()?.checked_sub(1)?;
    (at < count).then_some(Place { section, at })
}

fn listed(draft: &Draft) -> String {
    let ids: Vec<&str> = draft.news.iter().map(|entry: &Entry| entry.id.as_str()).take(5).collect();
    if ids.is_empty() { "it has no news".into() } else { format!("it has {}", ids.join(", ")) }
}

/// Finds a card by its guide's slug.
pub fn card(draft: &Draft, slug: &str) -> Result<Place, Notice> {
    let at = draft.guides.iter().position(|card| card.slug == slug.trim());
    let slugs = || draft.guides.iter().map(|card| card.slug.as_str()).collect::<Vec<_>>().join(", ");
    at.map(|at| Place { section: Section::Guides, at }).ok_or_else(|| {
        let there = slugs();
        let help = if there.is_empty() { "it shows no card".into() } else { format!("its cards are {there}") };
        Notice::new(format!("this issue shows no card of the guide `{slug}`")).help(help)
    })
}
