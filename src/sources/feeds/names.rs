//! What the elements of RSS, RDF and Atom are called, in the vocabularies that feeds mix. Knows no text and no tree.

use std::collections::HashMap;

/// A vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS of any version, Atom of any version, RDF.
    Core,
    DublinCore,
    Content,
    Media,
    Itunes,
    Xhtml,
    Other,
}

/// The parts of an address of a vocabulary; the first that fits counts. RSS 1.0 itself comes before its modules.
const ADDRESSES: &[(&str, Space)] = &[
    ("purl.org/rss/1.0/modules/content", Space::Content),
    ("purl.org/rss/1.0/modules/", Space::Other),
    ("purl.org/dc/", Space::DublinCore),
    ("w3.org/2005/atom", Space::Core),
    ("purl.org/atom/ns", Space::Core),
    ("purl.org/rss/", Space::Core),
    ("my.netscape.com", Space::Core),
    ("channel.netscape.com", Space::Core),
    ("backend.userland.com", Space::Core),
    ("blogs.law.harvard.edu", Space::Core),
    ("cyber.law.harvard.edu", Space::Core),
    ("22-rdf-syntax-ns", Space::Core),
    ("search.yahoo.com/mrss", Space::Media),
    ("podcast-1.0.dtd", Space::Itunes),
    ("w3.org/1999/xhtml", Space::Xhtml),
];

/// The usual prefixes, for feeds that bind none.
const PREFIXES: &[(&str, Space)] = &[
    ("", Space::Core),
    ("atom", Space::Core),
    ("atom10", Space::Core),
    ("rss", Space::Core),
    ("rdf", Space::Core),
    ("dc", Space::DublinCore),
    ("dcterms", Space::DublinCore),
    ("content", Space::Content),
    ("media", Space::Media),
    ("itunes", Space::Itunes),
    ("xhtml", Space::Xhtml),
];

/// The vocabulary of each prefix. The last binding counts, wherever it is: feeds do not rebind prefixes.
#[derive(Debug, Default)]
pub(super) struct Spaces(HashMap<String, Space>);

impl Spaces {
    /// Notes `xmlns="…"` or `xmlns:prefix="…"`.
    pub fn bind(&mut self, prefix: &str, address: &str) {
        let address = address.trim().to_ascii_lowercase();
        let found = ADDRESSES.iter().find(|(part, _)| address.contains(part)).map(|(_, space)| *space);
        // Whatever an element without a prefix is said to be, in a feed it is meant as the feed's own.
        let space = found.unwrap_or(if prefix.is_empty() { Space::Core } else { Space::Other });
        // A feed of a thousand vocabularies is none.
        if self.0.len() < 64 {
            self.0.insert(prefix.to_owned(), space);
        }
    }

    pub fn of(&self, prefix: &str) -> Space {
        let usual = || PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, space)| *space);
        self.0.get(prefix).copied().or_else(usual).unwrap_or(Space::Other)
    }
}

/// The content of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// An item, with its fields inside.
    Entry,
    Title,
    OtherTitle,
    Summary,
    Content,
    OtherSummary,
    /// Text or `href`.
    Link,
    OriginalLink,
    Enclosure,
    Guid,
    Published,
    Updated,
    /// When the feed was built.
    Built,
    Topic,
    Score,
    Language,
    /// An element with its own title or link, which is not the item's.
    Foreign,
    /// Only what is inside counts.
    Wrapper,
}

/// What an element is, by its vocabulary and its name in small letters.
pub(super) fn part(space: Space, name: &str) -> Part {
    use Part::*;
    match (space, name) {
        (_, "score") => Score,
        (Space::Core, "item" | "entry") => Entry,
        (Space::Core, "title") => Title,
        (Space::DublinCore | Space::Media | Space::Itunes, "title") => OtherTitle,
        (Space::Core, "description" | "summary") => Summary,
        (Space::Content, "encoded")
        | (Space::Core, "content" | "encoded" | "fulltext")
        | (Space::Xhtml, "body" | "div") => Content,
        (Space::Media | Space::DublinCore, "description") | (Space::Itunes, "summary" | "subtitle") => OtherSummary,
        (Space::Core, "link") => Link,
        (Space::Other, "origlink") => OriginalLink,
        (Space::Core, "enclosure") => Enclosure,
        (Space::Core, "guid" | "id") | (Space::DublinCore, "identifier") => Guid,
        (Space::Core | Space::DublinCore, "pubdate" | "published" | "date" | "issued" | "created" | "available") => {
            Published
        }
        (Space::Core, "updated" | "modified") | (Space::DublinCore, "modified") => Updated,
        (Space::Core, "lastbuilddate") => Built,
        (Space::Core, "category" | "keyword") | (Space::DublinCore, "subject") => Topic,
        (Space::Core | Space::DublinCore, "language") => Language,
        (
            Space::Core,
            "source" | "author" | "contributor" | "image" | "textinput" | "cloud" | "comments" | "generator",
        ) => Foreign,
        _ => Wrapper,
    }
}
