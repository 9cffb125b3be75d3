//! Composes an issue: select → pair → arrange. Pure: the same brief gives the same composition, whatever the order in
//! which content and earlier issues come. Knows no file, no clock and no network.

mod arrange;
mod boilerplate;
mod candidate;
mod cards;
mod dated;
mod feeds;
mod frequencies;
mod grouping;
mod headline;
mod item_order;
mod kinds;
mod pair;
mod pick;
mod preference;
mod rank;
mod score;
mod select;
mod story;
mod twins;
mod weights;
mod window;
mod wording;
mod words;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::{
    ALSO, Card, Covered, Draft, Edition, Entry, Guide, GuideOption, IssueName, Item, Notice, Published, StoryDecisions,
    Thin, Window, topic_key,
};

pub use cards::card;
pub use feeds::{Feed, Feeds};
pub use headline::Line;
pub use kinds::{Cues, Found, From7, Kind, KindGuides, SHIPPED};
pub use pair::{Choice, Fit, Library};
pub use preference::{SourcePreference, SourcePreferences, SourceRecord};
pub use rank::Parts;
pub use score::{Base, Scored, Scores, Scoring};
pub use story::{Bonds, Limits, Stories, Text, carried_before, cluster};
pub use twins::twins;
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
    /// The sources' settings.
    pub feeds: &'a Feeds,
    /// The cues that recognize kinds of news.
    pub cues: &'a Cues,
    /// The source preferences learned from editors' acts.
    pub preferences: &'a SourcePreferences,
    /// The stories that the editor joined or separated in this issue.
    pub decisions: &'a StoryDecisions,
    /// Ids that the editor banned from this issue.
    pub banned: &'a [String],
    /// Other issues of any edition, in any order; those that do not come before this one are ignored.
    pub past: &'a [PastIssue],
}

/// What compose needs to know about an earlier issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastIssue {
    pub name: IssueName,
    pub window: Option<Window>,
    pub stories: Vec<CarriedStory>,
    /// The ids on its bench.
    pub bench: Vec<String>,
    /// Slugs of the guides that it showed, as cards and with items.
    pub guides: Vec<String>,
}

/// A story that an earlier issue carried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CarriedStory {
    /// The ids of the item and of its other grouping.
    pub ids: Vec<String>,
    /// Their URLs.
    pub urls: Vec<String>,
    pub title: String,
    pub summary: String,
    pub topics: Vec<String>,
    pub published: Option<Published>,
}

impl From<&Draft> for PastIssue {
    /// What a draft carries as it stands: banned entries are not shown, so a later issue may carry them.
    fn from(draft: &Draft) -> Self {
        let shown = || draft.news.iter().filter(|entry| !entry.banned);
        Self {
            name: draft.name.clone(),
            window: draft.window,
            stories: shown().map(CarriedStory::from).collect(),
            bench: draft.bench.iter().map(|entry| entry.id.clone()).collect(),
            guides: draft
                .guides
                .iter()
                .filter(|card| !card.banned)
                .map(|card| card.slug.clone())
                .chain(shown().filter_map(|entry| entry.guide.clone()))
                .collect(),
        }
    }
}

impl From<&Entry> for CarriedStory {
    fn from(entry: &Entry) -> Self {
        let also = entry.also.iter();
        Self {
            ids: std::iter::once(&entry.id).chain(also.clone().map(|telling| &telling.id)).cloned().collect(),
            urls: entry.url.iter().chain(also.filter_map(|telling| telling.url.as_ref())).cloned().collect(),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
            topics: entry.topics.clone(),
            published: Some(entry.published),
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
    /// The id of the lead item that represents this one.
    pub duplicate_of: Option<String>,
}

/// A candidate's place among those that could be chosen, and the parts of its rank.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    pub id: String,
    /// From 1, best first.
    pub rank: usize,
    pub parts: Parts,
    /// How many other items tell the same story.
    pub also: usize,
}

/// The result of composing.
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

impl Composition {
    /// The ids of all candidates, shown, benched or left out.
    pub fn candidates(&self) -> impl Iterator<Item = &str> {
        let ranked = self.ranked.iter().map(|ranked| ranked.id.as_str());
        ranked.chain(self.left_out.iter().map(|left| left.id.as_str()))
    }

    /// Those that were not among `before`, each once, the best first; none where there is nothing to compare with.
    pub fn new_since(&self, before: Option<&BTreeSet<String>>) -> Vec<String> {
        let Some(before) = before else { return Vec::new() };
        let mut told = BTreeSet::new();
        let new = self.candidates().filter(|id| !before.contains(*id));
        new.filter(|id| told.insert((*id).to_owned())).map(str::to_owned).collect()
    }
}

/// Chooses the issue's news and guide cards, and says of everything why.
pub fn compose(brief: &Brief) -> Composition {
    let history = window::History::of(brief);
    let window = window::window(brief);
    let mut selection = select::select(brief, &history, window);
    let picked = pick::pick(brief, window, &selection.eligible);
    let mut notices = std::mem::take(&mut selection.notices);
    // The near misses first: an editor may want them back.
    let mut left_out = picked.left_out(&selection.eligible, brief.edition);
    left_out.append(&mut selection.left_out);
    notices.extend(picked.short(brief));
    notices.extend(brief.cues.unknown(brief.weights.kinds.keys()));
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
    eligible: &[candidate::Candidate],
    picked: &pick::Picked,
    notices: &mut Vec<Notice>,
) -> Draft {
    let library = pair::Library::of(brief.guides, brief.weights);
    let mut chosen = Vec::new();
    for (at, why) in &picked.chosen {
        let candidate = &eligible[*at];
        let kind = brief.cues.kind(candidate.item, brief.feeds);
        let fit = library.fit_of_kind(candidate.item, guides_of(kind.as_ref()), notices);
        let firm = brief.cues.firms(&candidate.item.title).first().map(|firm| (*firm).to_owned()).unwrap_or_default();
        let is_other =
            |topic: &&String| brief.cues.firms(topic).first().is_some_and(|named| fold(named) != fold(&firm));
        chosen.push(arrange::Placed {
            other_firms: candidate.item.topics.iter().filter(is_other).cloned().collect(),
            entry: entry(candidate, why, &fit),
            value: candidate.parts.value,
            heading: kind.map(|found| found.kind.heading.clone()).unwrap_or_default(),
            firm,
            fit,
        });
    }
    let bench = picked
        .bench
        .iter()
        .map(|(at, why)| {
            let item = eligible[*at].item;
            let guides = guides_of(brief.cues.kind(item, brief.feeds).as_ref());
            entry(&eligible[*at], why, &library.fit_of_kind(item, guides, notices))
        })
        .collect();
    let (guides, guides_bench) = cards::cards(brief, history, &library, &chosen);
    let mut news = arrange::arrange(chosen, brief.edition.by_topic, brief.weights.top);
    cards::once(&mut news, &guides);
    let lines = headings(&news, &guides, brief.cues, &nameless(brief));
    let Line { subject, preheader } = lines.into_iter().next().unwrap_or_default();
    Draft {
        name: brief.name.clone(),
        subject,
        preheader,
        intro: String::new(),
        language: String::new(),
        issue_number: None,
        picture: None,
        number: None,
        window: Some(window),
        waive: Vec::new(),
        waive_why: String::new(),
        news,
        guides,
        guides_bench,
        bench,
    }
}

/// The guides that may be shown with an item of its kind.
fn guides_of(kind: Option<&Found>) -> KindGuides {
    kind.map(|found| found.kind.guides).unwrap_or_default()
}

/// Up to three ways to head an issue of these entries and cards as they stand, the best first; banned ones do not count.
/// `otherwise` heads an issue of neither.
pub fn headings(news: &[Entry], cards: &[Card], cues: &Cues, otherwise: &str) -> Vec<Line> {
    let news: Vec<&Entry> = news.iter().filter(|entry| !entry.banned).collect();
    let cards: Vec<&Card> = cards.iter().filter(|card| !card.banned).collect();
    headline::lines(&news, &cards, cues, otherwise)
}

/// The subject of an issue without any story.
fn nameless(brief: &Brief) -> String {
    let names = [brief.edition_title, brief.publication_name, &brief.name.edition];
    let name = names.into_iter().find(|name| !name.trim().is_empty()).unwrap_or_default();
    format!("{name}, {}", brief.name.date)
}

/// The item as the draft holds it.
fn entry(candidate: &candidate::Candidate, why: &str, fit: &pair::Fit) -> Entry {
    let item = candidate.item;
    Entry {
        id: item.id.clone(),
        title: item.title.clone(),
        source: item.source.clone(),
        published: item.published,
        score: candidate.parts.score,
        url: item.url.clone(),
        summary: item.summary.clone(),
        format: item.format,
        topics: item.topics.clone(),
        also: also(candidate),
        apart: Vec::new(),
        follow_up: candidate.follow_up.as_ref().map(|before| before.issue.clone()),
        guide: fit.slug.clone(),
        guide_options: fit.options.iter().map(option).collect(),
        why: format!("{why}; {}", fit.reason),
        note: String::new(),
        picture: None,
        pinned: false,
        banned: false,
    }
}

fn option(choice: &Choice) -> GuideOption {
    GuideOption { guide: choice.slug.clone(), fit: (choice.score * 100.0).round() / 100.0 }
}

/// The other outlets of a story: other items, then other sources' records of the item's own address.
fn also(candidate: &candidate::Candidate) -> Vec<Covered> {
    let mut also: Vec<Covered> = candidate.also.iter().map(|item| covered(item)).collect();
    let others = candidate.item.extra.get(ALSO).and_then(serde_json::Value::as_array).into_iter().flatten();
    for other in others {
        let field = |key: &str| other.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        let Some(source) = other.as_str().map(str::to_owned).or_else(|| field("source")) else { continue };
        let key = fold(&source);
        if key != fold(&candidate.item.source) && !also.iter().any(|known| fold(&known.source) == key) {
            // Its id is the item's.
            also.push(Covered {
                id: String::new(),
                source,
                title: field("title").unwrap_or_default(),
                url: field("url"),
            });
        }
    }
    also
}

fn covered(item: &Item) -> Covered {
    let Item { id, source, title, url, .. } = item;
    Covered { id: id.clone(), source: source.clone(), title: title.clone(), url: url.clone() }
}

fn thin_notice(brief: &Brief, chosen: usize) -> Notice {
    let mark = brief.edition.thin_mark();
    let done = match brief.edition.thin {
        Thin::Shrink if chosen == 0 => "the issue has no news",
        Thin::Shrink => "the issue is short",
        Thin::Skip => "there is no issue",
        Thin::FillWithGuides => "guide cards fill the gap",
    };
    let more = if chosen == 0 { "import more news, " } else { "" };
    let help =
        "lower `min_score` or `thin_below` of the edition, or set its `thin` to \"skip\" or \"fill_with_guides\"";
    let found = if chosen == 1 { "only 1 story".to_owned() } else { format!("only {chosen} stories") };
    let found = if chosen == 0 { "no story".to_owned() } else { found };
    Notice::new(format!("{found} (at least {mark} expected), so {done}")).help(format!("{more}{help}"))
}

/// The form in which topics and source names compare. Names made of signs alone, which have no letters to compare, stand
/// for themselves.
fn fold(name: &str) -> String {
    let key = topic_key(name);
    if key.is_empty() { name.trim().to_owned() } else { key }
}

#[cfg(test)]
mod tests;
