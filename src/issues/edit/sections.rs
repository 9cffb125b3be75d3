//! Moves, adds and deletes whole entries, with the comments that go with them.

use super::super::blocks::{Block, DraftBlocks, Section};
use super::super::write::{card_block, entry_block};
use super::value::{document, inline};
use super::{Place, place};
use crate::model::{Card, Draft, Entry, Notice};

/// Moves an entry to a place in the news, from 1; past the end it becomes the last.
pub fn show(text: &str, from: Place, to: usize) -> Result<String, Notice> {
    if to == 0 {
        return Err(Notice::new("places count from 1"));
    }
    let mut draft = cut(text)?;
    let block = take(&mut draft, from)?;
    insert(&mut draft, Section::News, to - 1, renamed(block, Section::News)?);
    Ok(draft.join())
}

pub fn bench(text: &str, from: Place) -> Result<String, Notice> {
    let mut draft = cut(text)?;
    if from.section == Section::Bench {
        return Err(Notice::new("it is already on the bench"));
    }
    let block = take(&mut draft, from)?;
    insert(&mut draft, Section::Bench, 0, renamed(block, Section::Bench)?);
    Ok(draft.join())
}

pub fn remove(text: &str, from: Place) -> Result<String, Notice> {
    let mut draft = cut(text)?;
    take(&mut draft, from)?;
    Ok(draft.join())
}

pub fn add(draft: &Draft, text: &str, entry: &Entry, at: Option<usize>) -> Result<String, Notice> {
    if let Some(there) = draft.news.iter().chain(&draft.bench).find(|other| other.id == entry.id) {
        // An entry from the bench is shown with whatever an editor wrote there.
        let from = place::find(draft, &there.id)?;
        if from.section == Section::Bench {
            return show(text, from, at.unwrap_or(draft.news.len() + 1));
        }
        return Err(Notice::new(format!("\"{}\" is already in this issue", there.title)));
    }
    if at == Some(0) {
        return Err(Notice::new("places count from 1"));
    }
    let mut blocks = cut(text)?;
    let at = at.map_or(draft.news.len(), |at| at - 1);
    insert(&mut blocks, Section::News, at, new_block(Section::News, &entry.id, entry_block(entry)));
    Ok(blocks.join())
}

pub fn add_card(draft: &Draft, text: &str, card: &Card) -> Result<String, Notice> {
    if draft.guides.iter().any(|other| other.slug == card.slug) {
        return Err(Notice::new(format!("this issue already shows the card \"{}\"", card.title)));
    }
    let mut blocks = cut(text)?;
    let spare = draft.guides_bench.iter().position(|other| other.slug == card.slug);
    let block = match spare {
        Some(at) => renamed(take(&mut blocks, Place { section: Section::GuidesBench, at })?, Section::Guides)?,
        None => new_block(Section::Guides, &card.slug, card_block(card)),
    };
    insert(&mut blocks, Section::Guides, draft.guides.len(), block);
    Ok(blocks.join())
}

fn new_block(section: Section, id: &str, text: String) -> Block {
    Block { section, id: id.into(), text, banned: false }
}

fn cut(text: &str) -> Result<DraftBlocks, Notice> {
    DraftBlocks::cut(text).ok_or_else(inline)
}

/// Removes a block and returns it.
fn take(draft: &mut DraftBlocks, from: Place) -> Result<Block, Notice> {
    let at = position(draft, from.section, from.at).ok_or_else(inline)?;
    Ok(draft.blocks.remove(at))
}

/// The position of a section's nth block among all blocks.
fn position(draft: &DraftBlocks, section: Section, number: usize) -> Option<usize> {
    let mut of = draft.blocks.iter().enumerate().filter(|(_, block)| block.section == section);
    of.nth(number).map(|(at, _)| at)
}

/// Inserts a block at an index of its section; past the end, after its last block; in an empty section, before the sections that
/// follow in the file's order.
fn insert(draft: &mut DraftBlocks, section: Section, number: usize, block: Block) {
    let rank = |section: Section| Section::ALL.iter().position(|other| *other == section);
    let behind = draft.blocks.iter().rposition(|other| other.section == section).map(|at| at + 1);
    let before = || draft.blocks.iter().position(|other| rank(other.section) > rank(section));
    let at = position(draft, section, number).or(behind).or_else(before).unwrap_or(draft.blocks.len());
    draft.blocks.insert(at, block);
}

/// A block under the header of another section.
fn renamed(block: Block, to: Section) -> Result<Block, Notice> {
    let document = document(&block.text)?;
    let table = document.as_table().get(block.section.key()).and_then(|item| item.as_array_of_tables()?.get(0));
    let start = table.and_then(toml_edit::Table::span).ok_or_else(inline)?.start;
    let length = block.text[start..].find("]]").ok_or_else(inline)? + 2;
    let text = format!("{}[[{}]]{}", &block.text[..start], to.key(), &block.text[start + length..]);
    Ok(Block { section: to, text, ..block })
}
