//! Chooses the guide cards: the guides that explain the most of what was chosen. Knows no text and no window.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::arrange::Placed;
use super::pair::Library;
use super::window::History;
use super::{Brief, fold, wording};
use crate::model::{Card, Guide, Notice, Thin};

/// How many cards the bench holds.
const SPARE: usize = 3;

/// What is known while cards are being chosen.
struct Table<'a> {
    /// By slug: the chosen items that the guide explains, as places in the rank.
    explains: BTreeMap<&'a str, Vec<usize>>,
    /// Slugs of guides that are older than the news they would explain.
    stale: HashSet<&'a str>,
    chosen: &'a [Placed],
    /// The cards of the last issues.
    shown: HashSet<&'a str>,
    cards: Vec<(&'a Guide, String)>,
    covered: BTreeSet<usize>,
    /// Whether the cards now taken are for the bench.
    spare: bool,
}

/// The edition's guide cards, and more of them when the week is thin and the edition fills with guides; then the bench,
/// the cards that would come next.
pub fn cards(
    brief: &Brief,
    history: &History,
    library: &Library,
    chosen: &[Placed],
    notices: &mut Vec<Notice>,
) -> (Vec<Card>, Vec<Card>) {
    let fills = brief.edition.thin == Thin::FillWithGuides;
    let missing = brief.edition.news.saturating_sub(chosen.len());
    let thin = chosen.len() < brief.edition.thin_mark();
    let wanted = brief.edition.guides + if fills && thin { missing / 2 } else { 0 };
    let mut table = Table::of(chosen, history.recent_cards(brief.weights.guide_cooldown));
    table.take_explaining(library, wanted, false);
    if fills {
        table.take_near(library, wanted);
        if thin {
            table.take_recent(library, wanted);
        }
    }
    table.take_explaining(library, wanted, true);
    table.tell_of_repeats(brief.weights.guide_cooldown, notices);
    let shown = table.cards.len();
    if shown > 0 {
        table.spare = true;
        table.take_explaining(library, shown + SPARE, false);
        table.take_explaining(library, shown + SPARE, true);
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

    fn tell_of_repeats(&self, last: usize, notices: &mut Vec<Notice>) {
        let slugs = self.cards.iter().map(|(guide, _)| guide.slug.as_str());
        let again: Vec<&str> = slugs.filter(|slug| self.shown.contains(slug)).collect();
        if !again.is_empty() {
            let message = format!("{} was a card in the last {last} issues and is one again", again.join(", "));
            notices.push(
                Notice::new(message).help("write more guides on what the news is about, or lower `guide_cooldown`"),
            );
        }
    }

    /// Adds the guides that explain chosen items, greedily, either the fresh ones or those shown of late.
    fn take_explaining(&mut self, library: &Library<'a>, wanted: usize, shown: bool) {
        while self.cards.len() < wanted {
            let open = |guide: &&&Guide| {
                let slug = guide.slug.as_str();
                self.explains.contains_key(slug) && self.shown.contains(slug) == shown && !self.has(slug)
            };
            let best = library.guides().iter().filter(open).max_by(|a, b| {
                let (a, b) = (self.worth(a), self.worth(b));
                a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3)).then(b.4.cmp(a.4))
            });
            let Some(guide) = best.copied() else { return };
            let worth = self.worth(guide).0;
            let items = self.explains.get(guide.slug.as_str()).cloned().unwrap_or_default();
            let again = if shown { "; shown again, since nothing else fits" } else { "" };
            let old = if self.stale.contains(guide.slug.as_str()) { "; older than the news it explains" } else { "" };
            let worth = if self.spare { format!(", worth {worth:.1} beside the cards above") } else { String::new() };
            let count = wording::items(self.chosen.len());
            let why = format!("explains {} of the {count}{worth}{old}{again}", items.len());
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
        let items = self.explains.get(guide.slug.as_str()).map_or(&[][..], Vec::as_slice);
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
        let mut topics: BTreeMap<String, (usize, &str)> = BTreeMap::new();
        for topic in self.chosen.iter().flat_map(|placed| &placed.entry.topics) {
            topics.entry(fold(topic)).or_insert((0, topic)).0 += 1;
        }
        let mut near: Vec<(usize, &str, &Guide)> = Vec::new();
        for guide in library.guides().iter().filter(|g| !self.shown.contains(g.slug.as_str()) && !self.has(&g.slug)) {
            let met = guide.related_topics.iter().filter_map(|topic| topics.get(&fold(topic)));
            if let Some((count, topic)) = met.copied().max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(a.1))) {
                near.push((count, topic, guide));
            }
        }
        near.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.slug.cmp(&b.2.slug)));
        for (_, topic, guide) in near.into_iter().take(wanted.saturating_sub(self.cards.len())) {
            self.cards.push((guide, format!("near {}, which the issue is about", wording::name(topic))));
        }
    }
}

impl<'a> Table<'a> {
    /// Fills up with fresh guides, the last updated first, whatever they are about.
    fn take_recent(&mut self, library: &Library<'a>, wanted: usize) {
        let guides = library.guides().iter().copied();
        let mut fresh: Vec<&Guide> =
            guides.filter(|g| !self.shown.contains(g.slug.as_str()) && !self.has(&g.slug)).collect();
        fresh.sort_by(|a, b| b.updated.cmp(&a.updated).then_with(|| a.slug.cmp(&b.slug)));
        for guide in fresh.into_iter().take(wanted.saturating_sub(self.cards.len())) {
            self.cards.push((guide, "takes the place of news in a thin week".to_owned()));
        }
    }
}

fn card(guide: &Guide, why: String) -> Card {
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
