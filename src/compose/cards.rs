//! Chooses the guide cards: the guides that explain the most of what was chosen. Knows no text and no window.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::arrange::Placed;
use super::pair::Library;
use super::window::History;
use super::{Brief, fold, wording};
use crate::model::{Card, Entry, Guide, Thin};

/// How many cards the bench holds.
const SPARE: usize = 3;
/// A guide may be a card when it explains this many of the items: its subject is then central to the issue.
const CENTRAL: usize = 2;

/// The state while cards are being chosen.
struct Table<'a> {
    /// By slug: the chosen items that the guide explains, as places in the rank.
    explains: BTreeMap<&'a str, Vec<usize>>,
    /// Slugs of guides that are older than the news they would explain.
    stale: HashSet<&'a str>,
    chosen: &'a [Placed],
    /// The guides that the last issues showed.
    shown: HashSet<&'a str>,
    cards: Vec<(&'a Guide, String)>,
    covered: BTreeSet<usize>,
    /// Whether the cards now taken are for the bench.
    spare: bool,
}

/// The edition's guide cards, and more of them when the week is thin and the edition fills with guides; then the bench,
/// the cards that would come next.
pub fn cards(brief: &Brief, history: &History, library: &Library, chosen: &[Placed]) -> (Vec<Card>, Vec<Card>) {
    let fills = brief.edition.thin == Thin::FillWithGuides;
    let missing = brief.edition.news.saturating_sub(chosen.len());
    let thin = chosen.len() < brief.edition.thin_mark();
    let wanted = brief.edition.guides + if fills && thin { missing / 2 } else { 0 };
    let mut table = Table::of(chosen, history.recent_guides(brief.weights.guide_cooldown));
    table.take_explaining(library, wanted);
    if fills {
        table.take_near(library, wanted);
        if thin {
            table.take_recent(library, wanted, "fills in for news in a thin week");
        }
    }
    // A guide worth reading is better than an empty place, but one is enough.
    if table.cards.is_empty() {
        table.take_from_the_shelf(library, wanted.min(1));
    }
    let shown = table.cards.len();
    if shown > 0 {
        table.spare = true;
        table.take_explaining(library, shown + SPARE);
    }
    let mut cards: Vec<Card> = table.cards.into_iter().map(|(guide, why)| card(guide, why)).collect();
    let bench = cards.split_off(shown);
    (cards, bench)
}

impl<'a> Table<'a> {
    fn of(chosen: &'a [Placed], shown: HashSet<&'a str>) -> Self {
        let mut explains: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut stale = HashSet::new();
        for (at, placed) in chosen.iter().enumerate() {
            for slug in &placed.fit.explains {
                explains.entry(slug).or_default().push(at);
            }
            stale.extend(placed.fit.slug.as_deref().filter(|_| placed.fit.stale));
        }
        Self { explains, stale, chosen, shown, cards: Vec::new(), covered: BTreeSet::new(), spare: false }
    }

    fn has(&self, slug: &str) -> bool {
        self.cards.iter().any(|(card, _)| card.slug == slug)
    }

    /// Whether a guide may be a card: it was not shown of late, and does not stand at the one item that it explains.
    fn is_open(&self, slug: &str) -> bool {
        let is_paired = || self.chosen.iter().any(|placed| placed.fit.slug.as_deref() == Some(slug));
        !self.shown.contains(slug) && !self.has(slug) && (self.explained(slug).len() >= CENTRAL || !is_paired())
    }

    fn explained(&self, slug: &str) -> &[usize] {
        self.explains.get(slug).map_or(&[], Vec::as_slice)
    }

    /// Adds the guides that explain chosen items, greedily.
    fn take_explaining(&mut self, library: &Library<'a>, wanted: usize) {
        while self.cards.len() < wanted {
            let open = |guide: &&&Guide| self.explained(&guide.slug).len() >= CENTRAL && self.is_open(&guide.slug);
            let best = library.guides().iter().filter(open).max_by(|a, b| {
                let (a, b) = (self.worth(a), self.worth(b));
                a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3)).then(b.4.cmp(a.4))
            });
            let Some(guide) = best.copied() else { return };
            let worth = self.worth(guide).0;
            let items = self.explained(&guide.slug).to_vec();
            let old = if self.stale.contains(guide.slug.as_str()) { "; older than the news it explains" } else { "" };
            let worth = if self.spare { format!(", worth {worth:.1} beside the cards above") } else { String::new() };
            let count = wording::items(self.chosen.len());
            let why = format!("explains {} of the {count}{worth}{old}", items.len());
            self.covered.extend(items);
            self.cards.push((guide, why));
        }
    }

    /// What speaks for a guide: its worth, a level that no card has, the scores of the items no card explains yet, all
    /// items it explains, and its slug, where the smaller wins. The worth is the number of items no card explains yet, parted among the cards of one
    /// level, so that a third advanced card must explain three times as much as a first one for beginners; a guide older
    /// than its news is worth half.
    #[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^52")]
    fn worth(&self, guide: &'a Guide) -> (f64, bool, f64, usize, &'a str) {
        let items = self.explained(&guide.slug);
        let open: Vec<usize> = items.iter().copied().filter(|at| !self.covered.contains(at)).collect();
        let scores = open.iter().filter_map(|at| self.chosen[*at].entry.score).sum();
        let same_level = self.cards.iter().filter(|(card, _)| card.level == guide.level).count();
        let mut worth = open.len() as f64 / (1 + same_level) as f64;
        if self.stale.contains(guide.slug.as_str()) {
            worth /= 2.0;
        }
        (worth, same_level == 0, scores, items.len(), &guide.slug)
    }

    /// Adds fresh guides on topics near those of the chosen items.
    fn take_near(&mut self, library: &Library<'a>, wanted: usize) {
        for (_, topic, guide) in self.near(library).into_iter().take(wanted.saturating_sub(self.cards.len())) {
            self.cards.push((guide, format!("near {}, which the issue is about", wording::name(topic))));
        }
    }

    /// The guides that may be cards with a related topic that chosen items have, how many have it, and the topic; those of the
    /// most items first.
    fn near(&self, library: &Library<'a>) -> Vec<(usize, &'a str, &'a Guide)> {
        let mut topics: BTreeMap<String, (usize, &'a str)> = BTreeMap::new();
        for topic in self.chosen.iter().flat_map(|placed| &placed.entry.topics) {
            topics.entry(fold(topic)).or_insert((0, topic)).0 += 1;
        }
        let mut near: Vec<(usize, &str, &Guide)> = Vec::new();
        for guide in self.open(library) {
            let met = guide.related_topics.iter().filter_map(|topic| topics.get(&fold(topic)));
            if let Some((count, topic)) = met.copied().max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(a.1))) {
                near.push((count, topic, guide));
            }
        }
        near.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.slug.cmp(&b.2.slug)));
        near
    }

    /// The guides that may be cards.
    fn open(&self, library: &Library<'a>) -> Vec<&'a Guide> {
        library.guides().iter().copied().filter(|guide| self.is_open(&guide.slug)).collect()
    }
}

impl<'a> Table<'a> {
    /// Adds guides worth reading that explain none of the items: the easiest first, and of these the last updated. Related
    /// topics are not asked: by these most of the guides that came were beside the point.
    fn take_from_the_shelf(&mut self, library: &Library<'a>, wanted: usize) {
        let mut open = self.open(library);
        open.sort_by(|a, b| (a.level, &b.updated, &a.slug).cmp(&(b.level, &a.updated, &b.slug)));
        let why = "from the shelf: a guide worth reading, about none of the stories";
        self.cards.extend(open.into_iter().take(wanted).map(|guide| (guide, why.to_owned())));
    }

    /// Fills up with fresh guides, the last updated first, whatever they are about.
    fn take_recent(&mut self, library: &Library<'a>, wanted: usize, why: &str) {
        let mut fresh = self.open(library);
        fresh.sort_by(|a, b| b.updated.cmp(&a.updated).then_with(|| a.slug.cmp(&b.slug)));
        for guide in fresh.into_iter().take(wanted.saturating_sub(self.cards.len())) {
            self.cards.push((guide, why.to_owned()));
        }
    }
}

/// Shows each guide once: a card's under no item, any other under the first item that has it. `why` tells where it stands.
pub fn once(news: &mut [Entry], cards: &[Card]) {
    let mut seen: HashSet<String> = HashSet::new();
    for entry in news {
        let Some(slug) = &entry.guide else { continue };
        let elsewhere = if cards.iter().any(|card| card.slug == *slug) {
            "a card of the issue"
        } else if !seen.insert(slug.clone()) {
            "shown with an item above"
        } else {
            continue;
        };
        entry.why.push_str(&format!("; the guide is {elsewhere}"));
        entry.guide = None;
    }
}

/// A guide as a card of an issue.
pub fn card(guide: &Guide, why: String) -> Card {
    Card {
        slug: guide.slug.clone(),
        title: guide.title.clone(),
        level: guide.level,
        tldr: guide.tldr.clone(),
        url: guide.url.clone(),
        why,
        pinned: false,
        banned: false,
    }
}
