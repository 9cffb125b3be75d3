//! Finds the items of one story, related ones, and stories that earlier issues carried. Knows no rank.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono_tz::Tz;

use super::boilerplate::own_summaries;
use super::item_order::by_content;
use super::story::{Bonds, NewNames, Stories, Text};
use super::window::History;
use super::{Brief, CarriedStory, fold};
use crate::model::{IssueName, Item, StoryDecisions, canonical_url};

/// How many past issues are searched for a story: half a year at two a week.
const ISSUES: usize = 52;
/// How many other items, the latest, show which words are common.
const BACKGROUND: usize = 1_000;
/// Two items that share a headline of at least this many letters are one story, whatever their summaries.
const LONG_HEADLINE: usize = 32;
/// A headline of which less than this share is new, in a text as likely as this to tell a story told before, may be the old
/// story in other words.
const CLEARLY_NEW: f64 = 0.5;
const LIKELY: f64 = 0.85;
/// Within this many days of the earlier version, a text is likely another outlet's version of it.
const SOON: i64 = 3;

/// The stories of a set of items.
pub struct Grouping<'a> {
    stories: Stories,
    items: usize,
    /// Pairs of items that have one long headline, and that the editor joined.
    headlines: HashSet<(usize, usize)>,
    joined: HashSet<(usize, usize)>,
    related: Vec<Vec<usize>>,
    /// What earlier issues carried, in the order of `stories`, after the items.
    carried: Vec<(&'a IssueName, &'a CarriedStory)>,
    novelty: f64,
    repeat: f64,
}

/// A story that an earlier issue carried, and what an item adds to it.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierCoverage<'a> {
    pub issue: &'a IssueName,
    /// What both have in common.
    why: String,
    /// What is new since; none when the item only repeats the story.
    new: Option<Vec<String>>,
    /// Whether it may as well be the old story in other words.
    doubtful: bool,
}

impl<'a> Grouping<'a> {
    /// Finds the stories of `items`, which are in a fixed order. `others` only show which words are common.
    pub fn of(items: &[&Item], others: &[&'a Item], history: &History<'a>, brief: &Brief<'a>) -> Self {
        let zone = brief.zone;
        let summaries = own_summaries(items);
        let mut texts: Vec<Text> = items
            .iter()
            .zip(&summaries)
            .map(|(item, summary)| Text {
                title: &item.title,
                summary,
                source: &item.source,
                day: Some(item.published.day(zone)),
            })
            .collect();
        let issues = history.recent(ISSUES).iter();
        let carried: Vec<_> = issues.flat_map(|past| past.stories.iter().map(|story| (&past.name, story))).collect();
        texts.extend(carried.iter().map(|(issue, story)| {
            let day = story.published.map_or(issue.date, |published| published.day(zone));
            Text { title: &story.title, summary: &story.summary, source: "", day: Some(day) }
        }));
        let weights = brief.weights;
        let limits = weights.story_limits();
        let (headlines, joined) = (one_headline(items), decided(items, brief.decisions, |decisions| &decisions.joined));
        let together = headlines.iter().chain(&joined).copied().collect();
        let apart = decided(items, brief.decisions, |decisions| &decisions.parted);
        let stories = Stories::of(&texts, &background(zone, others), limits, &Bonds { together, apart });
        let related = stories.related(items.len(), weights.echo_threshold);
        let (headlines, joined) = (headlines.into_iter().collect(), joined.into_iter().collect());
        let (items, novelty, repeat) = (items.len(), weights.follow_up_novelty, weights.repeat_threshold);
        Self { stories, items, headlines, joined, related, carried, novelty, repeat }
    }

    /// Other items of the same story or a related one.
    pub fn related(&self, at: usize) -> &[usize] {
        &self.related[at]
    }

    /// The items of each story, by its first item.
    pub fn stories(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut stories: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, label) in self.stories.labels()[..self.items].iter().enumerate() {
            stories.entry(*label).or_default().push(at);
        }
        stories
    }

    /// Pairs of stories, by their first items, that may be one, and how likely that is.
    pub fn doubts(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        self.stories.perhaps().iter().copied().filter(|(a, b, _)| *a < self.items && *b < self.items)
    }

    /// The earlier telling of the item's story, if an issue had one: the one most like it, or one of the same story.
    pub fn before(&self, at: usize) -> Option<EarlierCoverage<'a>> {
        let items = self.items;
        let all = items..items + self.carried.len();
        let same = all.clone().filter(|earlier| self.stories.labels()[*earlier] == self.stories.labels()[at]);
        let nearest = self.stories.nearest(at, all.clone(), self.repeat);
        let earlier = nearest.map(|(earlier, _)| earlier).or_else(|| same.clone().next())?;
        let carried: Vec<usize> = same.chain(nearest.map(|(earlier, _)| earlier)).collect();
        let news = self.stories.follow_up(at, &carried, self.novelty);
        let names = self.stories.new_names(at, &carried);
        if news.is_some() && self.is_another(at, &carried, &names) {
            return None;
        }
        let likely = nearest.is_none_or(|(_, likeness)| likeness >= LIKELY);
        let (is_later, turned) = (self.stories.is_later(at, &carried), self.stories.turns(at, &carried));
        let (doubtful, new) = match news {
            Some(news) => {
                let is_soon = self.stories.days_after(at, &carried).is_some_and(|days| days <= SOON);
                let is_clear = names.in_title || turned;
                let may_be_old = is_soon || likely && news.share < CLEARLY_NEW;
                (may_be_old && !is_clear, Some(news.words))
            }
            None if is_later && turned => (false, Some(self.stories.news(at, &carried).words)),
            None if is_later && !names.words.is_empty() => (true, Some(names.words)),
            None => (false, None),
        };
        Some(EarlierCoverage {
            issue: self.carried[earlier - items].0,
            why: self.stories.why(at, earlier),
            doubtful,
            new,
        })
    }

    /// Whether an item with something new in its headline is of another story than those of a name in common: they share no
    /// matter, or each headline names something that the other text lacks.
    fn is_another(&self, at: usize, carried: &[usize], names: &NewNames) -> bool {
        let lacks_names = || carried.iter().all(|earlier| self.stories.new_names(*earlier, &[at]).in_title);
        let shares = carried.iter().any(|earlier| self.stories.share_a_matter(at, *earlier));
        !shares || names.in_title && lacks_names()
    }

    /// What two items of one story share, in words.
    pub fn shared(&self, a: usize, b: usize) -> String {
        let pair = (a.min(b), a.max(b));
        match () {
            () if self.joined.contains(&pair) => "the editor joined them".to_owned(),
            () if self.headlines.contains(&pair) => "they have one headline".to_owned(),
            () => self.stories.why(a, b),
        }
    }
}

impl EarlierCoverage<'_> {
    /// Whether the item says nothing new.
    pub fn is_old(&self) -> bool {
        self.new.is_none()
    }

    /// Whether an editor must decide if the item says anything new.
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    pub fn reason(&self) -> String {
        match &self.new {
            Some(words) if self.doubtful => {
                format!("may repeat {}, new: {}; {}", self.issue, words.join(", "), self.why)
            }
            None => format!("already in {}, nothing new: {}", self.issue, self.why),
            Some(words) => format!("follows up {}, new: {}", self.issue, words.join(", ")),
        }
    }
}

/// The latest of the other items, which teach what words are common.
pub fn background<'a>(zone: Tz, others: &[&'a Item]) -> Vec<Text<'a>> {
    let mut others = others.to_vec();
    let latest = |item: &&Item| Reverse(item.published.latest(zone));
    if others.len() > BACKGROUND {
        others.select_nth_unstable_by(BACKGROUND, |a, b| latest(a).cmp(&latest(b)).then_with(|| by_content(a, b)));
        others.truncate(BACKGROUND);
    }
    others.into_iter().map(|item| Text { title: &item.title, summary: &item.summary, ..Text::default() }).collect()
}

/// Pairs of items that have one long headline, each with the first of them.
fn one_headline(items: &[&Item]) -> Vec<(usize, usize)> {
    let mut headlines: HashMap<String, usize> = HashMap::new();
    let mut pairs = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let headline = fold(&item.title);
        if headline.chars().count() >= LONG_HEADLINE {
            let first = *headlines.entry(headline).or_insert(at);
            pairs.extend((first < at).then_some((first, at)));
        }
    }
    pairs
}

/// The pairs of items that the editor joined or parted.
fn decided(
    items: &[&Item],
    decisions: &StoryDecisions,
    which: fn(&StoryDecisions) -> &Vec<(String, String)>,
) -> Vec<(usize, usize)> {
    let by_id = items.iter().enumerate().map(|(at, item)| (item.id.clone(), at));
    let by_url = items.iter().enumerate().filter_map(|(at, item)| Some((canonical_url(item.url.as_deref()?)?, at)));
    let places: HashMap<String, usize> = by_url.chain(by_id).collect();
    let place = |key: &String| places.get(key).or_else(|| places.get(&canonical_url(key)?)).copied();
    let pairs = which(decisions).iter().filter_map(|(a, b)| Some((place(a)?, place(b)?)));
    pairs.filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect()
}
