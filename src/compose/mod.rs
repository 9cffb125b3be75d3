//! Composes an issue: select → pair → arrange. Pure: the same brief gives the same composition, whatever the order in
//! which content and earlier issues come. Knows no file, no clock and no network.

mod arrange;
mod cards;
mod pair;
mod pick;
mod select;
mod weights;
mod window;
mod wording;
mod words;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::{Draft, Edition, Entry, Guide, IssueName, Item, Notice, Thin, Window, topic_key};

pub use weights::Weights;
pub use window::window;

/// Everything that compose may look at.
#[derive(Clone, Debug)]
pub struct Brief<'a> {
    pub name: IssueName,
    pub edition: &'a Edition,
    /// The masthead's words; they become the subject of an issue without any item.
    pub edition_title: &'a str,
    pub publication_name: &'a str,
    pub weights: &'a Weights,
    pub zone: Tz,
    pub now: DateTime<Utc>,
    pub items: &'a [Item],
    pub guides: &'a [Guide],
    /// By source name: the score of an item that has none of its own.
    pub base_scores: &'a BTreeMap<String, f64>,
    /// Other issues of any edition, in any order; those that do not come before this one are ignored.
    pub past: &'a [Past],
}

/// What compose must know of an earlier issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub name: IssueName,
    pub window: Option<Window>,
    /// Ids of the items that it carried.
    pub news: Vec<String>,
    /// URLs of the items that it carried.
    pub urls: Vec<String>,
    /// Slugs of its guide cards.
    pub guides: Vec<String>,
}

impl From<&Draft> for Past {
    /// What a draft carries as it stands: banned entries are not shown, so a later issue may carry them.
    fn from(draft: &Draft) -> Self {
        let shown = || draft.news.iter().filter(|entry| !entry.banned);
        Self {
            name: draft.name.clone(),
            window: draft.window,
            news: shown().map(|entry| entry.id.clone()).collect(),
            urls: shown().filter_map(|entry| entry.url.clone()).collect(),
            guides: draft.guides.iter().filter(|card| !card.banned).map(|card| card.slug.clone()).collect(),
        }
    }
}

/// A candidate that is not in the issue, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    pub id: String,
    pub title: String,
    /// As counted: the item's own, else its source's base score.
    pub score: Option<f64>,
    pub reason: String,
    /// The id of the item that stands for this one.
    pub duplicate_of: Option<String>,
}

/// Where a candidate stands among those that could be chosen, and the parts of its rank.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    pub id: String,
    /// From 1, best first.
    pub rank: usize,
    pub score: f64,
    /// Whether the score is the source's base score, for want of the item's own.
    pub from_base: bool,
    pub age_days: f64,
    /// score × 0.5^(age / half-life): what the rank goes by.
    pub value: f64,
}

/// What compose decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition {
    pub window: Window,
    /// None when too few items are worth an issue and the edition then skips.
    pub draft: Option<Draft>,
    /// Every item that could be chosen, best first.
    pub ranked: Vec<Ranked>,
    pub left_out: Vec<LeftOut>,
    pub notices: Vec<Notice>,
}

/// Chooses the issue's news and guide cards, and says of everything why.
pub fn compose(brief: &Brief) -> Composition {
    let history = window::History::of(brief);
    let window = window::window(brief);
    let mut selection = select::select(brief, &history, window);
    let picked = pick::pick(brief, &selection.eligible);
    let mut notices = std::mem::take(&mut selection.notices);
    let mut left_out = std::mem::take(&mut selection.left_out);
    left_out.extend(picked.left_out(&selection.eligible, brief.edition));
    let ranked = selection.eligible.iter().enumerate().map(|(at, c)| c.ranked(at + 1)).collect();
    let thin = picked.chosen.len() < brief.edition.thin_mark();
    if thin {
        notices.push(thin_notice(brief, picked.chosen.len()));
    }
    if thin && brief.edition.thin == Thin::Skip {
        left_out.extend(picked.skipped(&selection.eligible, brief.edition));
        return Composition { window, draft: None, ranked, left_out, notices };
    }
    let draft = draft(brief, &history, window, &selection.eligible, &picked, &mut notices);
    Composition { window, draft: Some(draft), ranked, left_out, notices }
}

/// Pairs and arranges what was picked.
fn draft(
    brief: &Brief,
    history: &window::History,
    window: Window,
    eligible: &[select::Candidate],
    picked: &pick::Picked,
    notices: &mut Vec<Notice>,
) -> Draft {
    let library = pair::Library::of(brief.guides, brief.weights.pair_threshold);
    let mut chosen = Vec::new();
    for (at, why) in &picked.chosen {
        let candidate = &eligible[*at];
        let fit = library.fit(candidate.item, notices);
        chosen.push(arrange::Placed { entry: entry(candidate, why, &fit), value: candidate.value, fit });
    }
    let bench = picked
        .bench
        .iter()
        .map(|(at, why)| entry(&eligible[*at], why, &library.fit(eligible[*at].item, notices)))
        .collect();
    let guides = cards::cards(brief, history, &library, &chosen, notices);
    let news = arrange::arrange(chosen, brief.edition.by_topic);
    let subject = arrange::subject(brief, &news, &guides);
    let preheader = arrange::preheader(&news, &guides);
    Draft {
        name: brief.name.clone(),
        subject,
        preheader,
        intro: String::new(),
        window: Some(window),
        waive: Vec::new(),
        waive_why: String::new(),
        news,
        guides,
        guides_bench: Vec::new(),
        bench,
    }
}

/// The item as the draft holds it.
fn entry(candidate: &select::Candidate, why: &str, fit: &pair::Fit) -> Entry {
    let item = candidate.item;
    Entry {
        id: item.id.clone(),
        title: item.title.clone(),
        source: item.source.clone(),
        published: item.published,
        score: candidate.score,
        url: item.url.clone(),
        summary: item.summary.clone(),
        topics: item.topics.clone(),
        also: Vec::new(),
        follow_up: None,
        guide: fit.slug.clone(),
        guide_options: Vec::new(),
        why: format!("{why}; {}", fit.reason),
        note: String::new(),
        pinned: false,
        banned: false,
    }
}

fn thin_notice(brief: &Brief, chosen: usize) -> Notice {
    let mark = brief.edition.thin_mark();
    let done = match brief.edition.thin {
        Thin::Shrink => "the issue is shorter",
        Thin::Skip => "there is no issue",
        Thin::FillWithGuides => "guide cards take the place of what is missing",
    };
    Notice::new(format!("a thin week: {}, under the edition's mark of {mark}; {done}", wording::items(chosen))).help(
        "lower `min_score` or `thin_below` of the edition, or change its `thin` to shrink, skip or fill_with_guides",
    )
}

/// The form in which topics and source names compare. Names made of signs alone, which have no letters to compare, stand
/// for themselves.
fn fold(name: &str) -> String {
    let key = topic_key(name);
    if key.is_empty() { name.trim().to_owned() } else { key }
}

#[cfg(test)]
mod tests;
