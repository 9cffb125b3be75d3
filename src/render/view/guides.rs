//! Guides as templates see them, and where each is shown: under the first story that it explains, or on a card at the end, never
//! both.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::prose::{self, Links};
use super::super::setting::{GuideLink, Setting, known_guides};
use super::super::texts::Words;
use super::super::words;
use super::addresses::counted;
use crate::model::{Card, Draft, Entry, Level, Linked};

/// What every guide shows, wherever it is placed.
#[derive(Debug, Serialize)]
pub struct GuideFace {
    pub title: String,
    pub url: String,
    pub link: usize,
    /// "beginner", "intermediate" or "advanced" in the words.
    pub level: String,
    /// The level as dots: ●●○.
    pub dots: &'static str,
    /// Its gist, if the draft has a card for it.
    pub tldr_html: String,
    pub tldr_text: String,
}

/// A guide under a story.
#[derive(Debug, Serialize)]
pub struct GuideView {
    #[serde(flatten)]
    pub face: GuideFace,
    /// "Also helps with 2 more stories"; empty when it explains no other.
    pub helps: String,
}

/// A guide on its own card.
#[derive(Debug, Serialize)]
pub struct CardView {
    #[serde(flatten)]
    pub face: GuideFace,
    /// "Helps with stories 1, 3 and 4"; empty when it explains none of this issue.
    pub helps: String,
    /// The first two stories of this issue that it explains.
    pub explains: Vec<ExplainedView>,
    /// How many more there are.
    pub explains_more: usize,
}

/// A story that a card explains.
#[derive(Debug, Serialize)]
pub struct ExplainedView {
    pub number: usize,
    pub title: String,
    /// Whether another one is named after it.
    pub more: bool,
}

/// Where guides are shown in an issue.
pub struct Placed<'d> {
    known: BTreeMap<String, GuideLink>,
    cards: Vec<&'d Card>,
    /// How many of the stories shown each guide explains.
    explains: BTreeMap<&'d str, usize>,
    /// Whether a guide with a card is shown under its first story instead of on the card.
    by_story: bool,
    /// Guides that have been shown already.
    stood: BTreeSet<String>,
}

impl<'d> Placed<'d> {
    /// `shown`: the stories in the order shown.
    pub fn new(draft: &'d Draft, setting: &Setting, shown: &[&'d Entry]) -> Self {
        let mut explains = BTreeMap::new();
        for slug in shown.iter().filter_map(|entry| entry.guide.as_deref()) {
            *explains.entry(slug).or_default() += 1;
        }
        Self {
            known: known_guides(draft, setting),
            cards: draft.guides.iter().filter(|card| !card.banned).collect(),
            explains,
            by_story: setting.edition.guides_by_story,
            stood: BTreeSet::new(),
        }
    }

    /// The guide of `entry`, unless it was already shown or has a card at the end.
    pub fn under(&mut self, entry: &Entry, links: &mut Links, texts: &Words) -> Option<GuideView> {
        let guide = self.known.get(entry.guide.as_ref()?)?;
        let card = self.cards.iter().find(|card| card.slug == guide.slug);
        if card.is_some() && !self.by_story || !self.stood.insert(guide.slug.clone()) {
            return None;
        }
        let tldr = card.map(|card| card.tldr.as_str()).unwrap_or_default();
        let face = GuideFace::new(guide, tldr, links, texts);
        let more = self.explains.get(guide.slug.as_str()).map_or(0, |all| all - 1);
        let helps = if more > 0 { texts.counted("helps_also", more) } else { String::new() };
        Some(GuideView { face, helps })
    }

    /// The cards of guides that were not shown under a story.
    pub fn rest(&self) -> impl Iterator<Item = &'d Card> + '_ {
        self.cards.iter().copied().filter(|card| !self.stood.contains(&card.slug))
    }
}

impl GuideFace {
    fn new(guide: &GuideLink, tldr: &str, links: &mut Links, texts: &Words) -> Self {
        let (url, link) = counted(Linked::Guide, &guide.slug, guide.url.as_deref(), links);
        let tldr = prose::read(tldr, links);
        let (level, dots) = level(guide.level, texts);
        let title = words::line(&guide.title);
        Self { title, url, link, level, dots, tldr_html: tldr.html, tldr_text: tldr.text }
    }
}

pub fn card(card: &Card, shown: &[&Entry], links: &mut Links, texts: &Words) -> CardView {
    /// More titles would bury the card.
    const NAMED: usize = 2;
    let face = GuideFace::new(&GuideLink::from(card), &card.tldr, links, texts);
    let numbered = shown.iter().zip(1..);
    let explained: Vec<(&&Entry, usize)> =
        numbered.filter(|(entry, _)| entry.guide.as_ref() == Some(&card.slug)).collect();
    let named = explained.len().min(NAMED);
    let name = |(at, (entry, number)): (usize, &(&&Entry, usize))| ExplainedView {
        number: *number,
        title: prose::title(entry.format, &entry.title),
        more: at + 1 < named,
    };
    CardView {
        face,
        helps: helps(&explained.iter().map(|(_, number)| *number).collect::<Vec<_>>(), texts),
        explains: explained.iter().take(NAMED).enumerate().map(name).collect(),
        explains_more: explained.len() - named,
    }
}

/// Which stories a card helps with, by their numbers.
fn helps(numbers: &[usize], texts: &Words) -> String {
    let list = texts.locale().list(&numbers.iter().map(usize::to_string).collect::<Vec<_>>());
    if numbers.is_empty() { String::new() } else { texts.counted_with("helps", numbers.len(), &[("list", &list)]) }
}

fn level(level: Level, texts: &Words) -> (String, &'static str) {
    let (key, dots) = match level {
        Level::Beginner => ("beginner", "●○○"),
        Level::Intermediate => ("intermediate", "●●○"),
        Level::Advanced => ("advanced", "●●●"),
    };
    (texts.get(key), dots)
}
