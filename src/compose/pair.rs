//! Pairs an item with the live guide that explains it: the newsroom's own choice, else the one whose subject is what the item
//! is about, by its words, its place and its topics. Knows no rank and no cap.

mod index;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;

use self::index::{Index, Question};
use self::subject::Place;
use super::kinds::KindGuides;
use super::{Weights, fold, wording};
use crate::model::{Guide, Item, Notice, Status};

/// A guide that the item does not name must score so much at least where little else ties the two: a single word, which under a
/// short headline weighs a lot ("the future of …"), or none but common words. docs/composing-measured.md has the figures.
const LONE: f64 = 0.75;
/// A guide on a subject of one common word ("reasoning") must score so much where only the first sentence of the summary has it.
const IN_PASSING: f64 = 0.6;
/// A guide must score so much by its words, whatever else speaks for it; less where one of the item's topics is the guide's.
const LEAST: f64 = 0.45;
const LEAST_TOPICAL: f64 = 0.4;
/// What is added to a guide's score: when the headline or the first sentence of the summary names it; of what it leads the
/// next best by; when the item's topics have it.
const NAMED: f64 = 0.17;
const LEAD: f64 = 0.44;
const TOPICAL: f64 = 0.15;
/// How many of the best guides are considered.
const CANDIDATES: usize = 6;
/// How many of the next best guides are listed.
const OPTIONS: usize = 3;

/// The live guides, ready to be compared with items.
#[derive(Debug)]
pub struct Library<'a> {
    /// By slug, one for each.
    guides: Vec<&'a Guide>,
    index: Index,
    by_slug: HashMap<&'a str, usize>,
    by_topic: HashMap<String, Vec<usize>>,
    /// Slugs of guides that are not live.
    asleep: HashMap<&'a str, Status>,
    threshold: f64,
    stale: Duration,
}

/// The guide that fits an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fit {
    /// The guide that the item is paired with.
    pub slug: Option<String>,
    /// `paired with gpt-4o: same topic`, or `no guide fits`.
    pub reason: String,
    /// Every guide that explains the item: the paired one, the newsroom's and those of its topics that it names in its
    /// headline or in the first sentence of its summary.
    pub explains: Vec<String>,
    /// How well the paired guide's words fit, from 0 to 1; with no guide paired, 0.
    pub score: f64,
    /// The next best guides by their words, at most three, the best first, whether or not they reach the threshold.
    pub options: Vec<Choice>,
    /// Whether the paired guide was last updated longer before the news than `guide_stale`.
    pub stale: bool,
}

/// A guide and how well its words fit an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub slug: String,
    /// From 0, no word in common, to 1; what `pair_threshold` compares.
    pub score: f64,
}

/// How a guide was found.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Newsroom,
    Words,
}

impl<'a> Library<'a> {
    /// Reads the live guides; of guides with one slug the newest version counts.
    pub fn of(guides: &'a [Guide], weights: &Weights) -> Self {
        let mut live: Vec<&Guide> = guides.iter().filter(|g| g.status == Status::Live).collect();
        live.sort_by(|a, b| {
            a.slug.cmp(&b.slug).then_with(|| b.version.cmp(&a.version)).then_with(|| a.title.cmp(&b.title))
        });
        live.dedup_by(|a, b| a.slug == b.slug);
        let mut by_topic: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, guide) in live.iter().enumerate().filter(|(_, g)| !g.topic.trim().is_empty()) {
            by_topic.entry(fold(&guide.topic)).or_default().push(at);
        }
        let by_slug: HashMap<&str, usize> = live.iter().enumerate().map(|(at, g)| (g.slug.as_str(), at)).collect();
        let asleep =
            guides.iter().filter(|g| !by_slug.contains_key(g.slug.as_str())).map(|g| (g.slug.as_str(), g.status));
        Self {
            index: Index::of(&live),
            by_topic,
            asleep: asleep.collect(),
            by_slug,
            guides: live,
            threshold: weights.pair_threshold,
            stale: weights.guide_stale,
        }
    }

    /// The guides that may be paired, by slug.
    pub fn guides(&self) -> &[&'a Guide] {
        &self.guides
    }

    /// The guides whose words fit the item, at most `most`, the best first; of equals the first by slug. The newsroom's
    /// slugs and topics are not asked.
    pub fn ranking(&self, item: &Item, most: usize) -> Vec<Choice> {
        let scores = self.index.answers(&self.index.ask(&item.title, &item.summary));
        best_first(&scores).into_iter().take(most).map(|at| self.choice(at, &scores)).collect()
    }

    /// The guide for the item, and the reason in words.
    pub fn fit(&self, item: &Item, notices: &mut Vec<Notice>) -> Fit {
        self.fit_of_kind(item, KindGuides::Any, notices)
    }

    /// The same for an item of a kind with which only some guides may stand; the newsroom's own pairing may always.
    pub fn fit_of_kind(&self, item: &Item, guides: KindGuides, notices: &mut Vec<Notice>) -> Fit {
        let question = self.index.ask(&item.title, &item.summary);
        let scores = self.index.answers(&question);
        let ranking = best_first(&scores);
        let own: Vec<usize> = item.guides.iter().filter_map(|slug| self.own(slug, item, notices)).collect();
        let topical: Vec<usize> = item.topics.iter().flat_map(|topic| self.of_topic(topic, &scores)).collect();
        let fitting = self.fitting(&question, &scores, &topical, guides);
        let found = own.first().map(|at| (*at, How::Newsroom));
        let found = found.or_else(|| fitting.first().map(|at| (*at, How::Words)));

        let paired = found.map(|(at, _)| at);
        let next = ranking.into_iter().filter(|at| Some(*at) != paired).take(OPTIONS);
        let options: Vec<Choice> = next.map(|at| self.choice(at, &scores)).collect();
        let none = || match options.first().filter(|nearest| nearest.score >= LEAST) {
            Some(nearest) => {
                let title =
                    self.by_slug.get(nearest.slug.as_str()).map_or(nearest.slug.as_str(), |at| &self.guides[*at].title);
                format!("no guide fits well enough; the nearest is {} ({:.2})", wording::title(title), nearest.score)
            }
            None => "no guide fits".into(),
        };
        let reason = found.map_or_else(none, |(at, how)| {
            let tie = match how {
                How::Newsroom => "the newsroom's own pairing".to_owned(),
                How::Words if topical.contains(&at) => {
                    format!("same topic, {}", self.in_words(&question, at, scores[at]))
                }
                How::Words => self.in_words(&question, at, scores[at]),
            };
            let age = self.age(item, at).map(|age| format!(", last updated {age} before this news"));
            let next = fitting.get(1).copied().filter(|_| how == How::Words);
            let next = next
                .map(|next| format!("; runner-up: {} ({:.2})", wording::title(&self.guides[next].title), scores[next]));
            let title = wording::title(&self.guides[at].title);
            format!("paired with {title}: {tie}{}{}", age.unwrap_or_default(), next.unwrap_or_default())
        });
        let mut explains: Vec<String> = Vec::new();
        let about = topical.into_iter().filter(|at| self.is_central(&question, *at));
        for at in paired.into_iter().chain(own).chain(about) {
            if !explains.contains(&self.guides[at].slug) {
                explains.push(self.guides[at].slug.clone());
            }
        }
        Fit {
            slug: paired.map(|at| self.guides[at].slug.clone()),
            reason,
            explains,
            score: paired.map_or(0.0, |at| scores[at]),
            options,
            stale: paired.is_some_and(|at| self.age(item, at).is_some()),
        }
    }

    fn choice(&self, at: usize, scores: &[f64]) -> Choice {
        Choice { slug: self.guides[at].slug.clone(), score: scores[at] }
    }

    /// What connects the item to the guide: the guide's name, else the words that both have.
    fn in_words(&self, question: &Question, at: usize, score: f64) -> String {
        let tie = if let Some(kind) = self.index.named(question, at) {
            let name = if kind == "topic" { &self.guides[at].topic } else { &self.guides[at].title };
            format!("names the guide's {kind} {}", wording::name(name))
        } else {
            let words: Vec<String> =
                self.index.shared(question, at, 3).into_iter().map(|word| wording::clip(word, 40)).collect();
            format!("shares the {} {}", if words.len() == 1 { "word" } else { "words" }, words.join(", "))
        };
        format!("{tie} ({score:.2})")
    }

    /// The guides that fit well enough to be paired, the best first: by the score, with what is added to it.
    fn fitting(&self, question: &Question, scores: &[f64], topical: &[usize], guides: KindGuides) -> Vec<usize> {
        let ranking = best_first(scores);
        let mut fitting: Vec<(f64, usize)> = Vec::new();
        for at in ranking.iter().copied().take(CANDIDATES).filter(|at| scores[*at] >= LEAST_TOPICAL) {
            let score = scores[at];
            if score < self.least(question, at, topical.contains(&at)) || !self.may_stand(question, at, guides) {
                continue;
            }
            let next = ranking.iter().find(|next| **next != at).map_or(0.0, |next| scores[*next]);
            let named = if self.is_central(question, at) { NAMED } else { 0.0 };
            let topic = if topical.contains(&at) { TOPICAL } else { 0.0 };
            let value = score + named + LEAD * (score - next) + topic;
            if value >= self.threshold {
                fitting.push((value, at));
            }
        }
        fitting.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        fitting.into_iter().map(|(_, at)| at).collect()
    }

    /// Whether the guide may be shown with items of a kind.
    fn may_stand(&self, question: &Question, at: usize, guides: KindGuides) -> bool {
        let in_headline = || self.index.place(question, at) == Some(Place::Headline);
        match guides {
            KindGuides::Any => true,
            KindGuides::Named => in_headline() && (self.index.is_on_a_name(at) || self.index.has_a_long_subject(at)),
            KindGuides::NoProduct => !self.index.is_on_a_name(at),
        }
    }

    /// What the guide must score by its words, by what else ties the item to it: more than 1, which none reaches, where the item
    /// names it only to compare.
    fn least(&self, question: &Question, at: usize, is_topical: bool) -> f64 {
        let index = &self.index;
        let is_named = index.named(question, at).is_some();
        match index.place(question, at) {
            None if is_named => f64::INFINITY,
            None if index.is_lone(question, at) => LONE,
            None if !is_topical && !index.share_a_rare_word(question, at) => LONE,
            None | Some(Place::Elsewhere) if index.is_on_a_name(at) => LONE,
            Some(Place::Lead) if index.is_on_a_common_word(at) => IN_PASSING,
            _ if is_topical => LEAST_TOPICAL,
            _ => LEAST,
        }
    }

    /// Whether the item names the guide in its headline or in the first sentence of its summary.
    fn is_central(&self, question: &Question, at: usize) -> bool {
        self.index.place(question, at).is_some_and(|place| place <= Place::Lead)
    }

    /// How long before the item its guide was last updated, when that is too long.
    fn age(&self, item: &Item, at: usize) -> Option<String> {
        let age = item.published.day(Tz::UTC) - self.guides[at].updated?;
        let limit = TimeDelta::from_std(self.stale).ok().filter(|limit| !limit.is_zero())?;
        (age > limit).then(|| wording::span(age.num_days()))
    }

    /// A guide that the item itself names; one that is missing or not live is reported.
    fn own(&self, slug: &str, item: &Item, notices: &mut Vec<Notice>) -> Option<usize> {
        let found = self.by_slug.get(slug).copied();
        if found.is_none() {
            let why = self
                .asleep
                .get(slug)
                .map_or("which does not exist".into(), |status| format!("which is {status}, not live"));
            let title = wording::title(&item.title);
            let message = format!("{title} asks for the guide `{}`, {why}", wording::name(slug));
            notices.push(Notice::new(message).help("import the guide, set it live, or correct the item's `guides`"));
        }
        found
    }

    /// The guides of a topic, the best fitting first.
    fn of_topic(&self, topic: &str, scores: &[f64]) -> Vec<usize> {
        let mut found = self.by_topic.get(&fold(topic)).cloned().unwrap_or_default();
        found.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        found
    }
}

/// The guides with a word in common, the best first, of equals the first by slug.
fn best_first(scores: &[f64]) -> Vec<usize> {
    let mut found: Vec<usize> = (0..scores.len()).filter(|at| scores[*at] > 0.0).collect();
    found.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    found
}
