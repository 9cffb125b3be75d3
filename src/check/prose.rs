//! The Markdown that an editor wrote: its links and pictures, each with its place. Rendering takes out what cannot work, so
//! rules look at it here.

use super::At;
use crate::model::Draft;

/// A link or picture in Markdown.
pub struct Inline<'i> {
    pub at: At,
    pub image: bool,
    pub label: &'i str,
    /// Without a title.
    pub address: &'i str,
}

/// All inline links and pictures of a draft's shown prose.
pub fn inlines(draft: &Draft) -> Vec<Inline<'_>> {
    let mut texts = vec![(At::Top("intro"), draft.intro.as_str())];
    for (n, entry) in super::shown(draft) {
        texts.push((At::News(n, "summary"), &entry.summary));
        texts.push((At::News(n, "note"), &entry.note));
    }
    for (n, card) in super::cards(draft) {
        texts.push((At::Card(n, "tldr"), &card.tldr));
    }
    texts.into_iter().flat_map(|(at, text)| read(at, text)).collect()
}

/// `[label](address "title")` and `![label](address)`.
fn read(at: At, text: &str) -> impl Iterator<Item = Inline<'_>> {
    text.match_indices("](").filter_map(move |(end, _)| {
        let open = text[..end].rfind('[')?;
        let rest = &text[end + 2..];
        let inside = &rest[..rest.find(')')?];
        let address = inside.split_whitespace().next().unwrap_or("").trim_matches(['<', '>']);
        Some(Inline { at, image: text[..open].ends_with('!'), label: &text[open + 1..end], address })
    })
}
