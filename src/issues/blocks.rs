//! Cuts the text of a draft into its head and one block for each entry, comments included, so that a merge can keep an
//! editor's bytes as they are. Knows no rule of the merge.

use std::ops::Range;

use toml_edit::{Document, Item, Table};

/// The lists of a draft, in the file's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    News,
    Guides,
    GuidesBench,
    Bench,
}

impl Section {
    pub const ALL: [Self; 4] = [Self::News, Self::Guides, Self::GuidesBench, Self::Bench];

    pub fn key(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::Guides => "guides",
            Self::GuidesBench => "guides_bench",
            Self::Bench => "bench",
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::Guides | Self::GuidesBench => "slug",
            Self::News | Self::Bench => "id",
        }
    }
}

/// One entry as it stands in the file: its header, its lines and the comments that go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub section: Section,
    /// The item's id or the card's slug.
    pub id: String,
    pub text: String,
    pub banned: bool,
}

/// A draft's text in blocks: put together again they are the text, but for a `[picture]` or `[number]` below the first entry,
/// which moves above it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftBlocks {
    /// Everything before the first entry.
    pub head: String,
    pub blocks: Vec<Block>,
}

impl DraftBlocks {
    /// Cuts a text; `None` if it is not valid TOML, or its lists are not written as `[[news]]`.
    pub fn cut(text: &str) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        let mut starts = Vec::new();
        for key in ["picture", "number"] {
            if let Some(Item::Table(table)) = document.as_table().get(key) {
                starts.push((start(text, table)?, None, table));
            }
        }
        for section in Section::ALL {
            match document.as_table().get(section.key()) {
                None => {}
                Some(Item::ArrayOfTables(tables)) => {
                    for table in tables {
                        starts.push((start(text, table)?, Some(section), table));
                    }
                }
                Some(_) => return None,
            }
        }
        starts.sort_by_key(|(at, ..)| *at);
        let first = starts.first().map_or(text.len(), |(at, ..)| *at);
        let ends = starts.iter().skip(1).map(|(at, ..)| *at).chain([text.len()]).collect::<Vec<_>>();
        let mut cut = Self { head: text[..first].to_owned(), blocks: Vec::new() };
        for ((at, section, table), end) in starts.into_iter().zip(ends) {
            match section {
                Some(section) => cut.blocks.push(block(section, table, &text[at..end])),
                None => cut.head.push_str(&text[at..end]),
            }
        }
        Some(cut)
    }

    pub fn of(&self, section: Section) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.section == section)
    }

    pub fn get(&self, section: Section, id: &str) -> Option<&Block> {
        self.of(section).find(|block| block.id == id)
    }

    /// The blocks as one text, each beginning on a line of its own.
    pub fn join(&self) -> String {
        let mut text = self.head.clone();
        for block in &self.blocks {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&block.text);
        }
        text
    }
}

impl Block {
    /// Whether two blocks say the same; white space at line ends and around the block does not count.
    pub fn same_words(&self, other: &Self) -> bool {
        fn lines(block: &Block) -> impl Iterator<Item = &str> {
            block.text.trim().lines().map(str::trim_end)
        }
        lines(self).eq(lines(other))
    }
}

fn block(section: Section, table: &Table, text: &str) -> Block {
    let id = table.get(section.id()).and_then(Item::as_str).unwrap_or_default().to_owned();
    let banned = table.get("banned").and_then(Item::as_bool).unwrap_or(false);
    Block { section, id, text: text.to_owned(), banned }
}

/// Where an entry's block begins. Of the comments and blank lines before its header, those up to the first blank line go
/// with what stands before them, the others with the entry; without a blank line all go with the entry.
fn start(text: &str, table: &Table) -> Option<usize> {
    let header = table.span()?.start;
    let before = table.decor().prefix().and_then(toml_edit::RawString::span).unwrap_or(header..header);
    let region: Range<usize> = before.start.min(header)..header;
    let mut at = region.start;
    for line in text[region.clone()].split_inclusive('\n') {
        if line.trim().is_empty() {
            return Some(at);
        }
        at += line.len();
    }
    Some(region.start)
}
