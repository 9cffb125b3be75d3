//! composed.toml: what compose wrote last, and what it must remember of the editor's wishes beyond that. Knows no rule of
//! the merge.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use toml_edit::{Document, Item};

use super::blocks::DraftBlocks;
use super::write::list;

const FIRST: &str =
    "# What compose wrote last, by which `digest compose` tells your edits from its own. Not for editing.\n";
pub(super) const MARK: &str = "# --- the draft as composed ---\n";

/// Ids that one refresh must pass to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditorChoices {
    /// Deleted by the editor: never restored.
    pub dropped: BTreeSet<String>,
    /// Put in place by the editor: never removed.
    pub placed: BTreeSet<String>,
    /// Composed, but left out for lack of room, not deleted.
    pub waiting: BTreeSet<String>,
}

/// What composed.toml holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The draft as composed, its entries in the order in which they then stood in the draft.
    pub base: DraftBlocks,
    pub items: EditorChoices,
    pub cards: EditorChoices,
    /// Items that the editor moved into an entry's `also`, each after the entry.
    pub joined: BTreeSet<(String, String)>,
    /// Items that stand in the `also` of an entry as compose once wrote it, and as the draft keeps it, though compose would
    /// not write them now.
    pub kept: BTreeSet<(String, String)>,
    /// The ids of all candidates that compose looked at; none where that is not on record.
    pub seen: BTreeSet<String>,
}

impl Memory {
    /// Reads composed.toml; `None` if it is not in the form that [`Memory::write`] writes.
    pub fn read(text: &str) -> Option<Self> {
        let (wishes, base) = text.split_once(MARK)?;
        let wishes = Document::parse(wishes).ok()?;
        let ids = |key: &str| -> BTreeSet<String> {
            let array = wishes.get(key).and_then(Item::as_array);
            array.into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect()
        };
        let kind = |kind: &str| {
            let [dropped, placed, waiting] =
                ["dropped", "placed", "waiting"].map(|wish| ids(&format!("{wish}_{kind}")));
            EditorChoices { dropped, placed, waiting }
        };
        let pair = |pair: &toml_edit::Value| {
            let pair = pair.as_array()?;
            Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned()))
        };
        let pairs = |key: &str| -> BTreeSet<(String, String)> {
            wishes.get(key).and_then(Item::as_array).into_iter().flatten().filter_map(pair).collect()
        };
        let (joined, kept) = (pairs("joined"), pairs("kept"));
        Some(Self {
            base: DraftBlocks::cut(base)?,
            items: kind("items"),
            cards: kind("cards"),
            joined,
            kept,
            seen: ids("seen"),
        })
    }

    pub fn write(&self) -> String {
        let mut out = FIRST.to_owned();
        for (kind, wishes) in [("items", &self.items), ("cards", &self.cards)] {
            let lists = [("dropped", &wishes.dropped), ("placed", &wishes.placed), ("waiting", &wishes.waiting)];
            for (wish, ids) in lists.into_iter().filter(|(_, ids)| !ids.is_empty()) {
                let ids: Vec<String> = ids.iter().cloned().collect();
                let _ = writeln!(out, "{wish}_{kind} = {}", list(&ids));
            }
        }
        for (key, pairs) in [("joined", &self.joined), ("kept", &self.kept)].into_iter().filter(|(_, p)| !p.is_empty())
        {
            let pairs: Vec<String> = pairs.iter().map(|(a, b)| list(&[a.clone(), b.clone()])).collect();
            let _ = writeln!(out, "{key} = [{}]", pairs.join(", "));
        }
        if !self.seen.is_empty() {
            let ids: Vec<String> = self.seen.iter().cloned().collect();
            let _ = writeln!(out, "seen = {}", list(&ids));
        }
        out + MARK + &self.base.join()
    }

    /// Whether there is nothing to remember but the draft itself.
    pub fn is_plain(&self) -> bool {
        self.items == EditorChoices::default()
            && self.cards == EditorChoices::default()
            && self.joined.is_empty()
            && self.kept.is_empty()
    }
}
