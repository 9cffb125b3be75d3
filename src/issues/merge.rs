//! Composing a draft again: a three-way merge of what compose wrote last, what the editor made of it, and what compose
//! would write now. The editor's bytes win. Knows no rank and no content.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::blocks::{Block, DraftBlocks, Section};
use super::memory::{EditorChoices, Memory};
use super::{COMPOSED, ISSUE, decisions, folder, head, order, read, write};
use crate::files::replace;
use crate::model::{Draft, IssueName, Notice, Notices};

/// What a refresh did to the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// There was no draft; now there is.
    Created,
    /// The draft is as composed, and as it was.
    Unchanged,
    /// What changed, and what stays as the editor made it.
    Updated(Changes),
}

/// What a merge changed and what it left alone; ids of items and slugs of cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Came in, by section: `news`, `guides`, `guides_bench` or `bench`.
    pub entered: Vec<(&'static str, String)>,
    /// Untouched by the editor and no longer composed.
    pub left: Vec<(&'static str, String)>,
    /// Stay as the editor made them.
    pub kept: Vec<(&'static str, String)>,
    /// Composed, but the editor had deleted them.
    pub stayed_out: Vec<String>,
    /// Composed, but displaced by what the editor kept.
    pub no_room: Vec<String>,
    pub notices: Vec<Notice>,
}

/// Makes subject and preheader of a draft.
pub type Heading<'a> = &'a dyn Fn(&Draft) -> (String, String);

/// A refresh's input besides the fresh composition.
#[derive(Clone, Copy, Default)]
pub struct Around<'a> {
    /// The ids of all candidates, to know next time what is new.
    pub candidates: &'a [String],
    /// Subject and preheader of a draft as it stands: they follow its order for as long as the editor writes no others.
    pub heading: Option<Heading<'a>>,
}

/// The candidates of the last composition of an issue; none where it was never composed, or before these were on record.
pub fn seen_before(issues_dir: &Path, name: &IssueName) -> Option<BTreeSet<String>> {
    let text = std::fs::read_to_string(folder(issues_dir, name).join(COMPOSED)).ok()?;
    Some(Memory::read(&text)?.seen).filter(|seen| !seen.is_empty())
}

/// Writes a fresh composition into the issue's folder: as the draft when there is none, else into the editor's draft.
///
/// # Errors
/// The draft that is there cannot be read, in which case nothing is written; or a file cannot be written.
pub fn refresh(issues_dir: &Path, fresh: &Draft, around: Around) -> Result<Refreshed, Notices> {
    let folder = folder(issues_dir, &fresh.name);
    let file = folder.join(ISSUE);
    super::within(issues_dir, &file)?;
    super::within(issues_dir, &folder.join(COMPOSED))?;
    let text = write::to_toml(fresh);
    let blocks =
        DraftBlocks::cut(&text).ok_or_else(|| Notice::new("cannot write the draft as TOML").at(&file, None))?;
    let composed = std::fs::read_to_string(folder.join(COMPOSED)).ok();
    let mut mine = written(&file)?;
    let woven = loop {
        let Some(text_then) = &mine else {
            save(&folder, ISSUE, &text)?;
            save(&folder, COMPOSED, &Memory { base: blocks, seen: around.seen(), ..Memory::default() }.write())?;
            return Ok(Refreshed::Created);
        };
        let woven = weave(&file, text_then, composed.as_deref(), &blocks, around)?;
        // If somebody saved the draft meanwhile, their text is the newest.
        let now = written(&file)?;
        if now == mine {
            break woven;
        }
        mine = now;
    };
    let mine = mine.unwrap_or_default();
    // The draft first: should the second write fail, what came in counts as the editor's, and nothing is lost.
    if woven.draft != mine {
        save(&folder, ISSUE, &woven.draft)?;
    }
    if composed.as_ref() != Some(&woven.composed) {
        save(&folder, COMPOSED, &woven.composed)?;
    }
    let quiet = woven.draft == mine && woven.changes == Changes::default();
    Ok(if quiet { Refreshed::Unchanged } else { Refreshed::Updated(woven.changes) })
}

/// The text of a draft; `None` where there is no such file.
fn written(file: &Path) -> Result<Option<String>, Notice> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(super::unreadable(file, &error)),
    }
}

/// The two files as a merge leaves them.
pub struct Woven {
    pub draft: String,
    pub composed: String,
    pub changes: Changes,
}

/// Merges the texts. A draft that has a mistake, before or after, is refused.
pub fn weave(
    file: &Path,
    mine: &str,
    composed: Option<&str>,
    fresh: &DraftBlocks,
    around: Around,
) -> Result<Woven, Notices> {
    let edited = read::parse(file, mine)?;
    let composed = composed.and_then(Memory::read);
    let lists = "head each entry with a line [[news]], [[guides]], [[guides_bench]] or [[bench]]";
    let blocks = DraftBlocks::cut(mine)
        .ok_or_else(|| Notice::new("cannot merge lists that are written inline").at(file, None).help(lists))?;
    let (mut draft, mut memory, mut changes) = merge(composed.as_ref(), &blocks, fresh);
    let merged = read::parse(file, &draft)?;
    memory.joined = decisions::joined(file, &edited, composed.as_ref());
    let also: BTreeSet<(String, String)> = decisions::also(&merged).collect();
    memory.joined.retain(|pair| also.contains(pair));
    let now: BTreeSet<(String, String)> = decisions::base(file, &memory).iter().flat_map(decisions::also).collect();
    memory.kept = also.into_iter().filter(|pair| !memory.joined.contains(pair) && !now.contains(pair)).collect();
    memory.seen = around.seen();
    if let Some(heading) = around.heading {
        let (subject, preheader) = heading(&merged);
        for (key, text) in [("subject", subject), ("preheader", preheader)] {
            if let Some(headed) = head::follow(&draft, &fresh.head, key, &text) {
                draft = headed;
                memory.base.head = head::with(&memory.base.head, key, &text);
            }
        }
        read::parse(file, &draft)?;
    }
    if composed.is_none() {
        let message = format!("{COMPOSED} was missing or broken, so everything in the draft counted as the editor's");
        changes.notices.push(Notice::new(message).at(file, None));
    }
    Ok(Woven { draft, composed: memory.write(), changes })
}

impl Around<'_> {
    fn seen(&self) -> BTreeSet<String> {
        self.candidates.iter().cloned().collect()
    }
}

/// Writes a file of the issue, creating its folder if needed.
pub fn save(folder: &Path, name: &str, text: &str) -> Result<(), Notice> {
    let file = folder.join(name);
    let written = std::fs::create_dir_all(folder).and_then(|()| replace(&file, text.as_bytes()));
    written.map_err(|error| {
        let message = format!("cannot write it: {error}");
        Notice::new(message).at(&file, None).help("check that there is free space and that you can write here")
    })
}

/// The merge itself: the new text of the draft, what to remember, and what happened.
fn merge(composed: Option<&Memory>, mine: &DraftBlocks, fresh: &DraftBlocks) -> (String, Memory, Changes) {
    let empty = Memory::default();
    let old = composed.unwrap_or(&empty);
    let mut changes = Changes::default();
    if composed.is_some() && old.is_plain() && old.base == *mine {
        note_plain(mine, fresh, &mut changes);
        return (fresh.join(), Memory { base: fresh.clone(), ..Memory::default() }, changes);
    }
    let items = Side::new(&[Section::News, Section::Bench], old, &old.items, mine);
    let cards = Side::new(&[Section::Guides, Section::GuidesBench], old, &old.cards, mine);
    let (mut item_wishes, mut card_wishes) = (items.wishes.clone(), cards.wishes.clone());
    let news = items.section(Section::News, mine, fresh, &[], &mut item_wishes, &mut changes);
    let guides = cards.section(Section::Guides, mine, fresh, &[], &mut card_wishes, &mut changes);
    let spare = cards.section(Section::GuidesBench, mine, fresh, &guides, &mut card_wishes, &mut changes);
    let bench = items.section(Section::Bench, mine, fresh, &news, &mut item_wishes, &mut changes);
    // What stands in the draft without having been composed is remembered too, or its deletion would go unseen.
    item_wishes.placed.extend(uncomposed(&[&news, &bench], fresh));
    card_wishes.placed.extend(uncomposed(&[&guides, &spare], fresh));
    let head = head::merge(&old.base.head, &mine.head, &fresh.head, &mut changes.notices);
    let base = DraftBlocks { head: fresh.head.clone(), blocks: remembered(&[&news, &guides, &spare, &bench], fresh) };
    let mut sections =
        [(Section::News, news), (Section::Guides, guides), (Section::GuidesBench, spare), (Section::Bench, bench)];
    // The lists keep the editor's order; a list that the draft did not have goes last.
    sections.sort_by_key(|(section, _)| mine.blocks.iter().position(|b| b.section == *section).unwrap_or(usize::MAX));
    let merged = DraftBlocks { head, blocks: sections.into_iter().flat_map(|(_, blocks)| blocks).collect() };
    (merged.join(), Memory { base, items: item_wishes, cards: card_wishes, ..Memory::default() }, changes)
}

/// The ids of entries that compose would not write where they stand.
fn uncomposed(sections: &[&Vec<Block>], fresh: &DraftBlocks) -> Vec<String> {
    let blocks = sections.iter().flat_map(|blocks| blocks.iter());
    blocks.filter(|block| fresh.get(block.section, &block.id).is_none()).map(|block| block.id.clone()).collect()
}

/// What entered and left a draft that was not edited.
fn note_plain(mine: &DraftBlocks, fresh: &DraftBlocks, changes: &mut Changes) {
    let new = fresh.blocks.iter().filter(|b| mine.get(b.section, &b.id).is_none());
    changes.entered.extend(new.map(|b| (b.section.key(), b.id.clone())));
    let gone = mine.blocks.iter().filter(|b| fresh.get(b.section, &b.id).is_none());
    changes.left.extend(gone.map(|b| (b.section.key(), b.id.clone())));
}

/// What the next refresh compares the draft with: its entries in their order, each as composed now where it is, then the
/// composed ones that are not in it. Against this order it sees what the editor moved.
fn remembered(sections: &[&Vec<Block>; 4], fresh: &DraftBlocks) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (section, merged) in Section::ALL.into_iter().zip(sections) {
        let stood = merged.iter().map(|block| fresh.get(section, &block.id).unwrap_or(block));
        let absent = fresh.of(section).filter(|block| merged.iter().all(|m| m.id != block.id));
        blocks.extend(stood.chain(absent).cloned());
    }
    blocks
}

/// What the editor did to the items, or to the cards.
struct Side {
    wishes: EditorChoices,
    /// Of each id: where it stands untouchable, because the editor changed it or put it there.
    stays: HashMap<String, Section>,
}

impl Side {
    fn new(sections: &[Section], old: &Memory, wishes: &EditorChoices, mine: &DraftBlocks) -> Self {
        let ids = |blocks: &DraftBlocks| -> BTreeSet<String> {
            sections.iter().flat_map(|s| blocks.of(*s)).map(|block| block.id.clone()).collect()
        };
        let (was, is) = (ids(&old.base), ids(mine));
        let mut placed: BTreeSet<String> = wishes.placed.intersection(&is).cloned().collect();
        let mut stays = HashMap::new();
        for section in sections {
            let common: Vec<(&Block, &Block, usize)> = mine
                .of(*section)
                .filter_map(|m| old.base.of(*section).enumerate().find(|(_, b)| b.id == m.id).map(|(at, b)| (m, b, at)))
                .collect();
            let moved = order::moved(&common.iter().map(|(_, _, at)| *at).collect::<Vec<_>>());
            placed.extend(common.iter().zip(&moved).filter(|(_, moved)| **moved).map(|((m, ..), _)| m.id.clone()));
            placed.extend(mine.of(*section).filter(|m| old.base.get(*section, &m.id).is_none()).map(|m| m.id.clone()));
            let touched = common.iter().filter(|(m, b, _)| !m.same_words(b)).map(|(m, ..)| m.id.clone());
            let here = mine.of(*section).filter(|m| placed.contains(&m.id)).map(|m| m.id.clone());
            // An id in news and on the bench is the editor's copy upwards: news, which comes first, has it.
            for id in touched.chain(here) {
                stays.entry(id).or_insert(*section);
            }
        }
        let known: BTreeSet<String> = was.union(&wishes.placed).cloned().collect();
        let deleted = known.difference(&is).filter(|id| !wishes.waiting.contains(*id));
        let dropped = deleted.chain(wishes.dropped.difference(&is)).cloned().collect();
        Self { wishes: EditorChoices { dropped, placed, waiting: BTreeSet::new() }, stays }
    }

    /// One section of the merged draft. `above` are the blocks of the section that has precedence.
    fn section(
        &self,
        section: Section,
        mine: &DraftBlocks,
        fresh: &DraftBlocks,
        above: &[Block],
        wishes: &mut EditorChoices,
        changes: &mut Changes,
    ) -> Vec<Block> {
        let key = section.key();
        let taken = |id: &str| above.iter().any(|block| block.id == id);
        let mut merged: Vec<Block> = Vec::new();
        for block in mine.of(section).filter(|block| !taken(&block.id)) {
            if self.stays.get(&block.id) == Some(&section) {
                changes.kept.push((key, block.id.clone()));
                merged.push(block.clone());
            } else if let Some(block) = fresh.get(section, &block.id) {
                merged.push(block.clone());
            } else {
                changes.left.push((key, block.id.clone()));
            }
        }
        let mut room = fresh.of(section).count().saturating_sub(merged.iter().filter(|b| !b.banned).count());
        let order_is_the_editors = merged.iter().any(|block| self.wishes.placed.contains(&block.id));
        for (at, block) in fresh.of(section).enumerate() {
            let id = &block.id;
            if merged.iter().any(|m| m.id == *id) || taken(id) || self.stays.contains_key(id) {
                continue;
            }
            if self.wishes.dropped.contains(id) {
                changes.stayed_out.push(id.clone());
            } else if room == 0 {
                wishes.waiting.insert(id.clone());
                changes.no_room.push(id.clone());
            } else {
                room -= 1;
                let place = if order_is_the_editors { merged.len() } else { self.place(section, fresh, at, &merged) };
                changes.entered.push((key, id.clone()));
                merged.insert(place, block.clone());
            }
        }
        merged
    }

    /// Where the fresh block number `at` belongs in a list whose order is compose's own: behind the one it follows, or in
    /// front, but not in front of entries that the editor worked on.
    fn place(&self, section: Section, fresh: &DraftBlocks, at: usize, merged: &[Block]) -> usize {
        let before: Vec<&Block> = fresh.of(section).take(at).collect();
        let follows = before.iter().rev().find_map(|block| merged.iter().position(|m| m.id == block.id));
        follows.map_or_else(|| merged.iter().take_while(|m| self.stays.contains_key(&m.id)).count(), |place| place + 1)
    }
}
