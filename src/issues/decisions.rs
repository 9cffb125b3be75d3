//! Which stories an editor merged or split in a draft, so that composing again respects that. Does not interpret texts.

use std::collections::BTreeSet;
use std::path::Path;

use super::memory::Memory;
use super::{COMPOSED, ISSUE, folder, read};
use crate::model::{Draft, Entry, IssueName, Notices, StoryDecisions};

/// The editor's decisions in the issue's draft; empty if there is no draft.
///
/// # Errors
/// The draft cannot be read.
pub fn decisions(issues_dir: &Path, name: &IssueName) -> Result<StoryDecisions, Notices> {
    let folder = folder(issues_dir, name);
    let file = folder.join(ISSUE);
    let mine = match std::fs::read_to_string(&file) {
        Ok(mine) => read::parse(&file, &mine)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(StoryDecisions::default()),
        Err(error) => return Err(super::unreadable(&file, &error).into()),
    };
    let memory = std::fs::read_to_string(folder.join(COMPOSED)).ok().and_then(|text| Memory::read(&text));
    let parted = entries(&mine).flat_map(|entry| entry.apart.iter().map(|other| (entry.id.clone(), other.clone())));
    Ok(StoryDecisions { joined: joined(&file, &mine, memory.as_ref()).into_iter().collect(), parted: parted.collect() })
}

/// The items that the editor moved into another's `also`, each after the entry that has it: they are not there as composed,
/// or were moved there before. An item without an id goes by its URL.
pub fn joined(file: &Path, mine: &Draft, memory: Option<&Memory>) -> BTreeSet<(String, String)> {
    let base = memory.and_then(|memory| base(file, memory));
    let mut composed: BTreeSet<(String, String)> = base.iter().flat_map(also).collect();
    composed.extend(memory.iter().flat_map(|memory| memory.kept.iter().cloned()));
    // Without composed.toml everything is the editor's; one that cannot be compared adds nothing.
    let can_tell = memory.is_none() || base.is_some();
    let is_decided = |pair: &(String, String)| {
        memory.is_some_and(|memory| memory.joined.contains(pair)) || can_tell && !composed.contains(pair)
    };
    also(mine).filter(is_decided).collect()
}

/// The draft as compose wrote it last.
pub fn base(file: &Path, memory: &Memory) -> Option<Draft> {
    read::parse(file, &memory.base.join()).ok()
}

/// The items in the `also` of a draft's entries, each after its entry.
pub fn also(draft: &Draft) -> impl Iterator<Item = (String, String)> {
    entries(draft).flat_map(pairs)
}

fn entries(draft: &Draft) -> impl Iterator<Item = &Entry> {
    draft.news.iter().chain(&draft.bench)
}

fn pairs(entry: &Entry) -> impl Iterator<Item = (String, String)> {
    let key =
        |other: &crate::model::Covered| if other.id.is_empty() { other.url.clone() } else { Some(other.id.clone()) };
    entry.also.iter().filter_map(move |other| Some((entry.id.clone(), key(other)?)))
}
