//! What differs between two versions of a draft, as an editor sees it: stories that were added, dropped or moved, and fields whose words
//! changed. Knows no file and no sentence.

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::blocks::Section;
use super::edit::{ENTRY_FIELDS, ISSUE_FIELDS, Place, words};
use crate::model::{Card, Draft, Entry};

/// A field whose words differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDifference {
    /// As `digest draft set` names it.
    pub field: &'static str,
    pub before: String,
    pub after: String,
}

/// What happened to a story. Places are counted from 1 among the news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoryMove<'d> {
    /// It is where it was, or others moved around it.
    Stayed,
    /// To this place, or to the bench.
    Added(Option<usize>),
    Moved {
        from: usize,
        to: usize,
    },
    ToBench,
    FromBench(usize),
    Dropped,
    /// The title of the story that it now belongs to.
    Merged(&'d str),
}

/// A difference between two versions of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference<'d> {
    Issue(FieldDifference),
    Story {
        title: &'d str,
        /// Whether it is among the news now.
        is_shown: bool,
        moved: StoryMove<'d>,
        fields: Vec<FieldDifference>,
    },
    /// A card that was added, or removed.
    Card {
        title: &'d str,
        is_added: bool,
    },
}

/// Every difference: the issue's own fields, the stories in their present order, those that are gone, the cards.
pub fn differences<'d>(before: &'d Draft, after: &'d Draft) -> Vec<Difference<'d>> {
    let mut found: Vec<Difference> =
        fields(&ISSUE_FIELDS, (before, None), (after, None)).into_iter().map(Difference::Issue).collect();
    let moved = moved(before, after);
    for (place, entry) in entries(after) {
        let was = find(before, &entry.id);
        let what = match was.map(|was| (was, place)) {
            None => StoryMove::Added(shown(place)),
            Some((Place { section: Section::News, at }, Place { section: Section::News, at: now })) => {
                let is_moved = moved.contains(&entry.id.as_str());
                if is_moved { StoryMove::Moved { from: at + 1, to: now + 1 } } else { StoryMove::Stayed }
            }
            Some((Place { section: Section::News, .. }, _)) => StoryMove::ToBench,
            Some((_, Place { section: Section::News, at })) => StoryMove::FromBench(at + 1),
            Some(_) => StoryMove::Stayed,
        };
        let fields =
            was.map(|was| fields(&ENTRY_FIELDS, (before, Some(was)), (after, Some(place)))).unwrap_or_default();
        if what != StoryMove::Stayed || !fields.is_empty() {
            found.push(Difference::Story {
                title: &entry.title,
                is_shown: shown(place).is_some(),
                moved: what,
                fields,
            });
        }
    }
    for (_, gone) in entries(before).filter(|(_, was)| find(after, &was.id).is_none()) {
        let story = entries(after).find(|(_, entry)| entry.also.iter().any(|other| other.id == gone.id));
        let moved = story.map_or(StoryMove::Dropped, |(_, story)| StoryMove::Merged(&story.title));
        found.push(Difference::Story { title: &gone.title, is_shown: false, moved, fields: Vec::new() });
    }
    found.extend(cards(&after.guides, &before.guides, true));
    found.extend(cards(&before.guides, &after.guides, false));
    found
}

fn entries(draft: &Draft) -> impl Iterator<Item = (Place, &Entry)> {
    let section = |section, list: &'_ [Entry]| (0..list.len()).map(move |at| Place { section, at });
    let places = section(Section::News, &draft.news).chain(section(Section::Bench, &draft.bench));
    places.filter_map(|place| Some((place, place.of(draft)?)))
}

fn find(draft: &Draft, id: &str) -> Option<Place> {
    entries(draft).find(|(_, entry)| entry.id == id).map(|(place, _)| place)
}

fn shown(place: Place) -> Option<usize> {
    (place.section == Section::News).then_some(place.at + 1)
}

fn fields(
    names: &[&'static str],
    (before, was): (&Draft, Option<Place>),
    (after, is): (&Draft, Option<Place>),
) -> Vec<FieldDifference> {
    let differs = |field: &'static str| {
        let (before, after) = (words(before, was, field)?, words(after, is, field)?);
        (before != after).then_some(FieldDifference { field, before, after })
    };
    // No edit sets `also`: merging and splitting stories change it.
    names.iter().copied().chain(["also"]).filter_map(differs).collect()
}

/// The stories that are outside the longest run that both orders share, by id. A story above which another one went has not moved.
fn moved<'d>(before: &'d Draft, after: &'d Draft) -> Vec<&'d str> {
    let common = |of: &'d Draft, other: &Draft| -> Vec<&'d str> {
        let ids = of.news.iter().map(|entry| entry.id.as_str());
        ids.filter(|id| other.news.iter().any(|entry| entry.id == *id)).collect()
    };
    let (was, is) = (common(before, after), common(after, before));
    let kept: Vec<&str> = capture_diff_slices(Algorithm::Lcs, &was, &is)
        .iter()
        .filter(|op| op.tag() == DiffTag::Equal)
        .flat_map(|op| is[op.new_range()].to_vec())
        .collect();
    is.into_iter().filter(|id| !kept.contains(id)).collect()
}

/// The cards of one list that the other one lacks.
fn cards<'d>(from: &'d [Card], other: &[Card], is_added: bool) -> Vec<Difference<'d>> {
    let lacks = |card: &&Card| other.iter().all(|one| one.slug != card.slug);
    from.iter().filter(lacks).map(|card| Difference::Card { title: &card.title, is_added }).collect()
}
