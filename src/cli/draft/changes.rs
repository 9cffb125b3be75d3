//! What an edit did to a draft, in words, by comparing the draft before and after it.

use crate::model::{Card, Draft, Entry};

/// One line for each change, the stories first; none when the two say the same.
pub fn changes(before: &Draft, after: &Draft) -> Vec<String> {
    let mut told = Vec::new();
    for (place, entry) in places(after) {
        match places(before).find(|(_, was)| was.id == entry.id) {
            None => told.push(format!("added \"{}\" {}", entry.title, to(place))),
            Some((was, _)) if was.is_some() != place.is_some() => {
                told.push(format!("moved \"{}\" {}", entry.title, to(place)));
            }
            Some((_, was)) => told.extend(fields(was, entry)),
        }
    }
    for (_, gone) in places(before).filter(|(_, was)| places(after).all(|(_, entry)| entry.id != was.id)) {
        let story = after.news.iter().find(|entry| entry.also.iter().any(|other| other.id == gone.id));
        told.push(match story {
            Some(story) => format!("merged \"{}\" into \"{}\"", gone.title, story.title),
            None => format!("dropped \"{}\"", gone.title),
        });
    }
    if told.is_empty() {
        told.extend(moved(&before.news, &after.news));
    }
    told.extend(cards(&before.guides, &after.guides));
    let top = [
        ("subject", before.subject != after.subject),
        ("preheader", before.preheader != after.preheader),
        ("intro", before.intro != after.intro),
        ("language", before.language != after.language),
        ("issue number", before.issue_number != after.issue_number),
        ("picture", before.picture != after.picture),
        ("number of the week", before.number != after.number),
        ("waived findings", (&before.waive, &before.waive_why) != (&after.waive, &after.waive_why)),
    ];
    told.extend(top.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| format!("changed the {field}")));
    told
}

/// All entries, those of the news with their place from 1.
fn places(draft: &Draft) -> impl Iterator<Item = (Option<usize>, &Entry)> {
    let news = draft.news.iter().enumerate().map(|(at, entry)| (Some(at + 1), entry));
    news.chain(draft.bench.iter().map(|entry| (None, entry)))
}

fn to(place: Option<usize>) -> String {
    place.map_or("to the bench".into(), |place| format!("to place {place}"))
}

/// What changed within an entry.
fn fields(before: &Entry, after: &Entry) -> Vec<String> {
    let title = &after.title;
    let mut told = Vec::new();
    if before.guide != after.guide {
        told.push(match &after.guide {
            Some(guide) => format!("\"{title}\" is shown with the guide {guide}"),
            None => format!("\"{title}\" is shown without a guide"),
        });
    }
    for (was, is, word) in [(before.pinned, after.pinned, "pinned"), (before.banned, after.banned, "banned")] {
        if was != is {
            told.push(if is { format!("{word} \"{title}\"") } else { format!("\"{title}\" is no longer {word}") });
        }
    }
    let words = [
        ("title", before.title != after.title),
        ("source", before.source != after.source),
        ("date", before.published != after.published),
        ("score", before.score != after.score),
        ("address", before.url != after.url),
        ("summary", before.summary != after.summary),
        ("format", before.format != after.format),
        ("topics", before.topics != after.topics),
        ("note", before.note != after.note),
        ("picture", before.picture != after.picture),
    ];
    told.extend(
        words.into_iter().filter(|(_, changed)| *changed).map(|(word, _)| format!("changed the {word} of \"{title}\"")),
    );
    told
}

/// The story that moved furthest; of two that changed places the one that moved up.
fn moved(before: &[Entry], after: &[Entry]) -> Option<String> {
    let was = |id: &str| before.iter().position(|entry| entry.id == id);
    let far = |(at, entry): &(usize, &Entry)| was(&entry.id).map_or(0, |was| was.abs_diff(*at));
    let (at, entry) = after.iter().enumerate().rev().max_by_key(far).filter(|moved| far(moved) > 0)?;
    Some(format!("moved \"{}\" to place {}", entry.title, at + 1))
}

fn cards(before: &[Card], after: &[Card]) -> Vec<String> {
    let missing = |from: &[Card], slug: &str| from.iter().all(|card| card.slug != slug);
    let added = after
        .iter()
        .filter(|card| missing(before, &card.slug))
        .map(|card| format!("added the card \"{}\"", card.title));
    let gone = before
        .iter()
        .filter(|card| missing(after, &card.slug))
        .map(|card| format!("removed the card \"{}\"", card.title));
    added.chain(gone).collect()
}
