//! Which items tell one story, which touch it, and which stories earlier issues told. Knows no rank.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::boilerplate::own_summaries;
use super::rank::by_words;
use super::story::{Stories, Text};
use super::window::History;
use super::{Brief, CarriedStory, fold};
use crate::model::{IssueName, Item};

/// So many past issues are asked whether they told a story: half a year of two a week.
const ISSUES: usize = 52;
/// So many other items, the latest, teach which words are common.
const BACKGROUND: usize = 1_000;
/// A headline of this many letters that two items share makes them one story, whatever stands under it.
const LONG_HEADLINE: usize = 32;

/// The stories of a set of items.
pub struct Grouping<'a> {
    stories: Stories,
    /// By item: the first item of its story.
    labels: Vec<usize>,
    related: Vec<usize>,
    /// What earlier issues told, in the order in which `stories` has it, after the items.
    carried: Vec<(&'a IssueName, &'a CarriedStory)>,
    novelty: f64,
}

/// A story that an earlier issue told, and what an item adds to it.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierCoverage<'a> {
    pub issue: &'a IssueName,
    /// What both tell of.
    why: String,
    /// What is new since; none when the item only tells the story again.
    new: Option<Vec<String>>,
}

impl<'a> Grouping<'a> {
    /// Finds the stories of `items`, which stand in an order of their own. `others` only teach which words are common.
    pub fn of(items: &[&Item], others: &[&'a Item], history: &History<'a>, brief: &Brief<'a>) -> Self {
        let zone = brief.zone;
        let summaries = own_summaries(items);
        let mut texts: Vec<Text> = items
            .iter()
            .zip(&summaries)
            .map(|(item, summary)| Text { title: &item.title, summary, day: Some(item.published.day(zone)) })
            .collect();
        let issues = history.recent(ISSUES).iter();
        let carried: Vec<_> = issues.flat_map(|past| past.stories.iter().map(|story| (&past.name, story))).collect();
        texts.extend(carried.iter().map(|(issue, story)| {
            let day = story.published.map_or(issue.date, |published| published.day(zone));
            Text { title: &story.title, summary: &story.summary, day: Some(day) }
        }));
        let stories = Stories::of(&texts, &background(brief, others), brief.weights.story_threshold);
        let labels = with_one_headline(items, stories.labels());
        let related = stories.related(items.len(), brief.weights.echo_threshold);
        Self { stories, labels, related, carried, novelty: brief.weights.follow_up_novelty }
    }

    /// How many other items tell the item's story or touch it.
    pub fn related(&self, at: usize) -> usize {
        self.related[at]
    }

    /// The items of each story.
    pub fn stories(&self) -> Vec<Vec<usize>> {
        let mut stories: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, label) in self.labels.iter().enumerate() {
            stories.entry(*label).or_default().push(at);
        }
        stories.into_values().collect()
    }

    /// The earlier telling of the item's story, if an issue had one: the one most like it, or one of the same story.
    pub fn before(&self, at: usize) -> Option<EarlierCoverage<'a>> {
        let items = self.labels.len();
        let all = items..items + self.carried.len();
        let same = all.clone().filter(|earlier| self.stories.labels()[*earlier] == self.stories.labels()[at]);
        let nearest = self.stories.nearest(at, all.clone()).map(|(earlier, _)| earlier);
        let earlier = nearest.or_else(|| same.clone().next())?;
        let carried: Vec<usize> = same.chain(nearest).collect();
        let new = self.stories.follow_up(at, &carried, self.novelty).map(|news| news.words);
        Some(EarlierCoverage { issue: self.carried[earlier - items].0, why: self.stories.why(at, earlier), new })
    }

    /// What two items of one story share, in words.
    pub fn shared(&self, a: usize, b: usize) -> String {
        if self.stories.labels()[a] == self.stories.labels()[b] {
            self.stories.why(a, b)
        } else {
            "they have one headline".to_owned()
        }
    }
}

impl EarlierCoverage<'_> {
    /// Whether the item tells nothing new.
    pub fn is_old(&self) -> bool {
        self.new.is_none()
    }

    pub fn reason(&self) -> String {
        match &self.new {
            None => format!("told by {}, and nothing new: {}", self.issue, self.why),
            Some(words) => format!("follows up {}, new: {}", self.issue, words.join(", ")),
        }
    }
}

/// The latest of the other items.
fn background<'a>(brief: &Brief<'a>, others: &[&'a Item]) -> Vec<Text<'a>> {
    let mut others = others.to_vec();
    let latest = |item: &&Item| Reverse(item.published.latest(brief.zone));
    if others.len() > BACKGROUND {
        others.select_nth_unstable_by(BACKGROUND, |a, b| latest(a).cmp(&latest(b)).then_with(|| by_words(a, b)));
        others.truncate(BACKGROUND);
    }
    others.into_iter().map(|item| Text { title: &item.title, summary: &item.summary, day: None }).collect()
}

/// The stories, with those made one that share a long headline.
fn with_one_headline(items: &[&Item], labels: &[usize]) -> Vec<usize> {
    let mut labels = labels[..items.len()].to_vec();
    let mut headlines: HashMap<String, usize> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        let headline = fold(&item.title);
        if headline.chars().count() < LONG_HEADLINE {
            continue;
        }
        let first = *headlines.entry(headline).or_insert(at);
        let (kept, gone) = (labels[first].min(labels[at]), labels[first].max(labels[at]));
        labels.iter_mut().filter(|label| **label == gone).for_each(|label| *label = kept);
    }
    labels
}
