//! A parsed feed: the types between the readers of XML and JSON and the maker of items. Knows neither.

use std::rc::Rc;

use url::Url;

use super::prose::Kind;

/// An entry may have this many links, topics or dates; the rest is dropped.
pub(super) const MOST: usize = 32;
/// A text may have this many bytes; the rest is dropped.
pub(super) const LONGEST: usize = 200_000;

/// A feed in its own words.
#[derive(Debug, Default)]
pub(super) struct ParsedFeed {
    pub title: Text,
    /// A title in another vocabulary, such as Dublin Core.
    pub other_title: Text,
    /// The site's address, raw.
    pub site: Option<String>,
    pub language: Option<String>,
    /// When the feed was built, raw.
    pub built: Option<String>,
    pub entries: Vec<Entry>,
}

/// A text and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub raw: String,
    pub kind: Kind,
}

impl Text {
    pub fn new(raw: impl Into<String>, kind: Kind) -> Self {
        Self { raw: raw.into(), kind }
    }

    pub fn is_blank(&self) -> bool {
        self.raw.trim().is_empty()
    }
}

/// Where an entry leads.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The address as written, perhaps relative.
    pub raw: String,
    /// `xml:base`, where there is one.
    pub base: Option<Rc<Url>>,
    pub role: Role,
}

/// How well an address suits as the item's own, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The original address behind a redirecting service.
    Original,
    Own,
    /// A `guid` that says, or does not deny, that it is an address.
    Permalink,
    /// Something else about the same.
    Related,
    /// A file: a podcast's episode.
    Enclosure,
}

/// An entry in its own words.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Where it begins, from 1.
    pub line: usize,
    pub title: Text,
    /// A title in another vocabulary, such as Media RSS.
    pub other_title: Text,
    pub summary: Text,
    pub content: Text,
    /// A description in another vocabulary.
    pub other_summary: Text,
    pub links: Vec<Link>,
    /// The feed's own name for it.
    pub guid: Option<String>,
    /// Its dates, raw: some feeds have a broken one and a good one.
    pub published: Vec<String>,
    pub updated: Vec<String>,
    pub topics: Vec<String>,
    pub score: Option<String>,
    pub language: Option<String>,
    /// Whether the feed breaks off inside it.
    pub cut: bool,
}
