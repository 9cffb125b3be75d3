//! Edits of a draft: pure functions over the text of issue.toml. Each touches only its own bytes: comments, order and spelling of all
//! else stay. Knows no file.

mod also;
mod current;
mod place;
mod sections;
mod value;

use std::path::Path;

use super::read;
use crate::model::{Card, Draft, Entry, Notice, Notices};

pub use current::{stamp, stamps, words};
pub use place::{Place, find};
pub use value::{ENTRY_FIELDS, ISSUE_FIELDS};

/// One change of a draft.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Writes a field: of the entry, or of the issue where none is named.
    Set { entry: Option<String>, field: String, text: String },
    /// Moves an entry to a place in the news, from 1; an entry from the bench is then shown.
    Move { entry: String, place: usize },
    /// Deletes an entry.
    Drop { entry: String },
    /// Keeps an entry out, whatever compose finds later; it stays in the file.
    Ban { entry: String },
    /// Keeps an entry in, whatever compose finds later.
    Pin { entry: String },
    /// Moves an entry from the news to the bench.
    Bench { entry: String },
    /// Pairs an entry with a guide, or with none.
    Guide { entry: String, slug: Option<String> },
    /// Shows a guide as a card: the one of the draft's bench of cards, else this one.
    AddCard(Box<Card>),
    /// Takes a card away.
    DropCard { slug: String },
    /// Adds a story at a place in the news, from 1; at the end by default.
    Add { entry: Box<Entry>, place: Option<usize> },
    /// Turns an item in an entry's `also` into its own story, right after it. `known` is the item from content/.
    Split { entry: String, id: String, known: Option<Box<Entry>> },
    /// Merges an entry into another entry's story.
    Merge { entry: String, other: String },
    /// Silences a check by its code, with the reason on record.
    Waive { code: String, why: String },
}

impl Edit {
    /// Its name for people, in the list of edits that can be undone.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Set { .. } => "set",
            Self::Move { .. } => "move",
            Self::Drop { .. } => "drop",
            Self::Ban { .. } => "ban",
            Self::Pin { .. } => "pin",
            Self::Bench { .. } => "bench",
            Self::Guide { .. } => "guide",
            Self::AddCard(_) | Self::DropCard { .. } => "card",
            Self::Add { .. } => "add",
            Self::Split { .. } => "split",
            Self::Merge { .. } => "merge",
            Self::Waive { .. } => "waive",
        }
    }
}

/// The text after an edit. `label` is the file's path, for messages.
///
/// # Errors
/// The text has mistakes, before or after; or the entry, field or place does not exist. Then nothing should be written.
pub fn apply(label: &Path, text: &str, edit: &Edit) -> Result<String, Notices> {
    let draft = read::parse(label, text)?;
    let after = changed(&draft, text, edit).map_err(|notice| Notices(vec![notice.at(label, None)]))?;
    read::parse(label, &after)?;
    Ok(after)
}

fn changed(draft: &Draft, text: &str, edit: &Edit) -> Result<String, Notice> {
    match edit {
        Edit::Set { entry: None, field, text: value } => value::set_top(draft, text, field, value),
        Edit::Set { entry: Some(entry), field, text: value } => {
            let place = find(draft, entry)?;
            value::set_entry(place.of(draft), text, place, field, value)
        }
        Edit::Move { entry, place } => sections::show(text, find(draft, entry)?, *place),
        Edit::Drop { entry } => sections::remove(text, find(draft, entry)?),
        Edit::Ban { entry } => value::set(text, find(draft, entry)?, "banned", "true"),
        Edit::Pin { entry } => value::set(text, find(draft, entry)?, "pinned", "true"),
        Edit::Bench { entry } => sections::bench(text, find(draft, entry)?),
        Edit::Guide { entry, slug } => {
            let slug = slug.as_deref().unwrap_or_default();
            value::set(text, find(draft, entry)?, "guide", &super::write::quoted(slug))
        }
        Edit::AddCard(card) => sections::add_card(draft, text, card),
        Edit::DropCard { slug } => sections::remove(text, place::card(draft, slug)?),
        Edit::Add { entry, place } => sections::add(draft, text, entry, *place),
        Edit::Split { entry, id, known } => also::split(draft, text, find(draft, entry)?, id, known.as_deref()),
        Edit::Merge { entry, other } => also::merge(draft, text, find(draft, entry)?, find(draft, other)?),
        Edit::Waive { code, why } => value::waive(draft, text, code, why),
    }
}

#[cfg(test)]
mod tests;
