//! The size of each block of the page: masthead, intro, stories, cards, footer, and the rest. Found by their content,
//! so that it works for a publication's own templates too. Knows no rule.

use std::collections::HashMap;

use serde::Serialize;

use super::At;
use super::page::{Element, Page};
use crate::model::{Draft, topic_key};

/// A part of the page and its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// `masthead`, `intro`, `news[2] "Title"`, `guides[1] "Title"`, `footer`, or `styles and layout` for what is around them.
    pub block: String,
    pub bytes: usize,
    /// The entry, card or intro it shows.
    #[serde(skip)]
    pub at: Option<At>,
}

/// The blocks in the order shown. `bytes` is the size of the whole page, which they add up to; `leave` is the address that a
/// footer links to.
pub fn blocks(draft: &Draft, page: &Page, bytes: usize, leave: &str) -> Vec<Block> {
    let anchors = anchors(draft, page, leave);
    let elements: Vec<usize> = anchors.iter().map(|(element, _, _)| *element).collect();
    let mut rest = bytes;
    let mut blocks = Vec::new();
    for (element, at, name) in &anchors {
        let around = &page.elements[around(page, *element, &elements)];
        let bytes = (around.end - around.start).min(rest);
        rest -= bytes;
        let block = at.map_or_else(|| (*name).to_owned(), |at| at.words(draft));
        blocks.push(Block { block, bytes, at: *at });
    }
    blocks.push(Block { block: "styles and layout".into(), bytes: rest, at: None });
    blocks
}

/// The largest element around an anchor that holds no other one.
fn around(page: &Page, anchor: usize, anchors: &[usize]) -> usize {
    let alone = |element: &Element, number: usize| {
        let first = anchors.partition_point(|other| *other < number);
        anchors[first..].iter().take_while(|other| **other <= element.last).count() == 1
    };
    let mut number = anchor;
    while let Some(parent) = page.elements[number].parent {
        let above = &page.elements[parent];
        if above.name() == "body" || above.name() == "html" || !alone(above, parent) {
            break;
        }
        number = parent;
    }
    number
}

type Anchor = (usize, Option<At>, &'static str);

/// One element that is certain to be in each block, in document order.
fn anchors(draft: &Draft, page: &Page, leave: &str) -> Vec<Anchor> {
    let mut wanted: HashMap<String, At> = HashMap::new();
    let cards = super::cards(draft);
    let news = draft.news.iter().enumerate().filter(|(_, entry)| !entry.banned);
    let titles = cards.map(|(n, card)| (&card.title, At::Card(n, "")));
    for (title, at) in titles.chain(news.map(|(n, entry)| (&entry.title, At::News(n, "")))) {
        wanted.insert(topic_key(title), at);
    }
    let mut found: Vec<Anchor> = Vec::new();
    let mut masthead = false;
    for (number, element) in page.elements.iter().enumerate().filter(|(_, element)| element.is_heading()) {
        match wanted.remove(&topic_key(&page.text(number))) {
            Some(at) => found.push((number, Some(at), "")),
            None if element.name() == "h1" && !masthead => {
                masthead = true;
                found.push((number, None, "masthead"));
            }
            None => {}
        }
    }
    found.extend(intro(draft, page).map(|number| (number, Some(At::Top("intro")), "")));
    let footer = page.links().filter(|(_, link)| *link == Some(leave)).last();
    found.extend(footer.map(|(number, _)| (number, None, "footer")));
    found.sort_by_key(|(number, _, _)| *number);
    found.dedup_by_key(|(number, _, _)| *number);
    found
}

/// The paragraph that begins like the intro.
fn intro(draft: &Draft, page: &Page) -> Option<usize> {
    /// How many opening letters identify a paragraph.
    const ENOUGH: usize = 24;
    let begin = |text: &str| topic_key(text).chars().take(ENOUGH).collect::<String>();
    let words = draft.intro.split(['[', '(', '<', '\n']).find(|part| !topic_key(part).is_empty())?;
    let key = begin(words);
    let says = |(number, _): &(usize, &Element)| topic_key(&page.text(*number)).starts_with(&key);
    page.named("p").find(says).map(|(number, _)| number)
}
