//! What an item is worth to the issue: score, echo and novelty, which decay with age, and what past issues teach about its
//! source. docs/composing.md has the formula and how its weights were measured. Knows no cap and no guide.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::dated::dated;
use super::window::History;
use super::{Brief, fold};
use crate::model::{Item, Published, local_instant};

/// The parts of an item's rank.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// The item's own score, else its source's base score; `None` when there is neither.
    pub score: Option<f64>,
    pub from_base: bool,
    /// Days from publication to send time, never under 0.
    pub age_days: f64,
    /// The day that the URL names, if it is so much earlier than `published` that the item is an old one that came up again.
    pub resurfaced: Option<NaiveDate>,
    /// How many other houses in the window have the same story or a related one.
    pub related: usize,
    /// Points for them.
    pub echo: f64,
    /// Points for a topic that the last issues had nothing on.
    pub novelty: f64,
    /// Points for the kind of news, and for a firm in its headline.
    pub kind: f64,
    /// The kind and the cue that decided, in words; empty for none.
    pub kind_why: String,
    /// Points because a source announces its own work.
    pub primary: f64,
    /// The share of the points left at the item's age, from 1 for a fresh item to 0.
    pub decay: f64,
    /// Points for what editors' acts teach of the source.
    pub preference: f64,
    /// What they did, in words; empty where that counts for nothing.
    pub preference_why: String,
    /// (score + echo + novelty + kind with primary) × decay + taught: what the rank goes by; below every other without a
    /// score.
    pub value: f64,
}

/// An item whose URL tells a day this long before `published` is an old one come up again. Below it the URL of a page
/// tells its month's end, or a draft's day, and not when it came out.
const RESURFACED: TimeDelta = TimeDelta::days(28);

/// How steeply an item loses its points around the half-life. At 4 an item keeps 96 % of them at half the half-life, and
/// 3 % at one and a half: the news of the window is all fresh, what is older is not.
const STEEPNESS: i32 = 4;

/// Computes the parts of ranks.
pub struct Scale<'a> {
    brief: &'a Brief<'a>,
    to: DateTime<Utc>,
    /// First topics of the last issues, folded; none when there is no earlier issue.
    known_topics: Option<HashSet<String>>,
}

impl<'a> Scale<'a> {
    pub fn new(brief: &'a Brief<'a>, history: &History, to: DateTime<Utc>) -> Self {
        let recent = history.recent(brief.weights.novelty_issues);
        let known_topics = (!recent.is_empty()).then(|| {
            let carried = recent.iter().flat_map(|past| &past.stories);
            // The first may be the heading under which the story stood.
            carried.flat_map(|story| story.topics.iter().take(2)).map(|topic| fold(topic)).collect()
        });
        Self { brief, to, known_topics }
    }

    /// An item's value by itself.
    pub fn parts(&self, item: &Item) -> Parts {
        let own = item.score.filter(|score| score.is_finite());
        let score = own.or_else(|| self.brief.feeds.base_score(&item.source));
        let published = self.published(item);
        let resurfaced = item.url.as_deref().and_then(dated).filter(|day| self.noon(*day) + RESURFACED < published);
        let came = resurfaced.map_or(published, |day| self.noon(day));
        let age_days = (self.to - came).as_seconds_f64().max(0.0) / 86_400.0;
        let novelty = if self.is_new(item) { self.brief.weights.novelty } else { 0.0 };
        let decay = self.decay(age_days);
        let (kind, kind_why) =
            self.brief.weights.kind(self.brief.cues, self.brief.feeds, item, score.unwrap_or_default());
        let primary = if self.brief.feeds.is_primary(item) { self.brief.weights.primary } else { 0.0 };
        let (preference, preference_why) = self.brief.preferences.points(item, self.brief.weights);
        let parts = Parts {
            score,
            from_base: own.is_none(),
            age_days,
            resurfaced,
            related: 0,
            echo: 0.0,
            novelty,
            kind,
            kind_why,
            primary,
            decay,
            preference,
            preference_why: preference_why.unwrap_or_default(),
            value: 0.0,
        };
        parts.valued()
    }

    /// The story's worth, told by its lead item: `related` houses besides tell it or touch it, and what makes one of its
    /// `others` matter counts for the story, so that it does not hang on which of them leads.
    pub fn story(&self, lead: &Parts, others: &[&Parts], related: usize) -> Parts {
        let mut story = lead.clone();
        for told in others {
            if told.kind > story.kind {
                (story.kind, story.kind_why) = (told.kind, told.kind_why.clone());
            }
            story.primary = story.primary.max(told.primary);
            story.decay = story.decay.max(told.decay);
            story.novelty = story.novelty.max(told.novelty);
        }
        story.related = related;
        story.echo = self.brief.weights.echo * doublings(related);
        story.valued()
    }

    /// ½ at the half-life; an edition without one forgets nothing.
    fn decay(&self, age_days: f64) -> f64 {
        let half_life = self.brief.edition.half_life.as_secs_f64() / 86_400.0;
        if half_life > 0.0 { 0.5_f64.powf((age_days / half_life).powi(STEEPNESS)) } else { 1.0 }
    }

    fn is_new(&self, item: &Item) -> bool {
        let topic = item.topics.first().map(|topic| fold(topic)).filter(|topic| !topic.is_empty());
        self.known_topics.as_ref().zip(topic).is_some_and(|(known, topic)| !known.contains(&topic))
    }

    fn published(&self, item: &Item) -> DateTime<Utc> {
        match item.published {
            Published::Day(day) => self.noon(day),
            Published::At(at) => at.to_utc(),
        }
    }

    /// A day's middle, so that no clock change and no zone makes it count as a day older than it is.
    fn noon(&self, day: NaiveDate) -> DateTime<Utc> {
        local_instant(day, NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default(), self.brief.zone)
    }
}

impl Parts {
    /// The value compared with the edition's minimum: before decay by age.
    pub fn bar(&self) -> Option<f64> {
        Some((self.score? + self.kind + self.echo + self.primary).max(0.0))
    }

    /// The same with its value worked out.
    fn valued(mut self) -> Self {
        let sum = |score: f64| score + self.echo + self.novelty + self.kind + self.primary;
        self.value = self.score.map_or(f64::NEG_INFINITY, |score| sum(score) * self.decay + self.preference);
        self
    }
}

/// 0 for none, 1 for one, 2 for three, 3 for seven.
#[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^52")]
fn doublings(related: usize) -> f64 {
    (1.0 + related as f64).log2()
}
