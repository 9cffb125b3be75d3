//! An editor's Markdown: its links and pictures, each with its place. Rendering removes what cannot work, so
//! rules look at it here.

use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::At;
use crate::model::{Draft, TextFormat};

/// Markdown longer than this is shown as plain text, so it has no links.
const LONGEST: usize = 200_000;

/// A link or picture in Markdown, however it is written: inline, by reference, between angle brackets.
pub struct Inline {
    pub at: At,
    pub image: bool,
    /// Its words, without marks.
    pub label: String,
    /// Without a title.
    pub address: String,
}

/// All links and pictures of a draft's shown prose.
pub fn inlines(draft: &Draft) -> Vec<Inline> {
    let mut texts = vec![(At::Top("intro"), draft.intro.as_str())];
    for (n, entry) in super::shown(draft) {
        // Plain text has neither.
        if entry.format == TextFormat::Markdown {
            texts.push((At::News(n, "summary"), &entry.summary));
        }
        texts.push((At::News(n, "note"), &entry.note));
    }
    for (n, card) in super::cards(draft) {
        texts.push((At::Card(n, "tldr"), &card.tldr));
    }
    texts.into_iter().flat_map(|(at, text)| read(at, text)).collect()
}

fn read(at: At, text: &str) -> Vec<Inline> {
    // Most prose has neither, and parsing costs more than all rules on it.
    if text.len() > LONGEST || !text.contains(['[', '<']) {
        return Vec::new();
    }
    let arena = Arena::new();
    let root = parse_document(&arena, text, &Options::default());
    root.descendants().filter_map(|node| inline(at, node)).collect()
}

fn inline(at: At, node: Node) -> Option<Inline> {
    let (image, address) = match &node.data().value {
        NodeValue::Link(link) => (false, link.url.clone()),
        NodeValue::Image(link) => (true, link.url.clone()),
        _ => return None,
    };
    Some(Inline { at, image, label: words(node), address })
}

fn words(node: Node) -> String {
    let word = |inner: Node| match &inner.data().value {
        NodeValue::Text(text) => text.to_string(),
        NodeValue::Code(code) => code.literal.clone(),
        NodeValue::SoftBreak | NodeValue::LineBreak => " ".to_owned(),
        _ => String::new(),
    };
    node.descendants().map(word).collect()
}
