//! What an item is worth to the issue: score, echo and novelty, which wane with age, and what past issues teach of its
//! source. docs/composing.md has the formula and how its weights were measured. Knows no cap and no guide.

use std::cmp::Ordering;
use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::dated::dated;
use super::select::Candidate;
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
    /// The day that the URL tells, when it is so much earlier than `published` that the item is an old one come up again.
    pub resurfaced: Option<NaiveDate>,
    /// How many other items in the window tell the same story or touch it.
    pub related: usize,
    /// Points for them.
    pub echo: f64,
    /// Points for a topic that the last issues had nothing on.
    pub novelty: f64,
    /// What is left of the points by the item's age, from 1 for a fresh item to 0.
    pub decay: f64,
    /// Points for what past issues teach of the source.
    pub preference: f64,
    /// (score + echo + novelty) × decay + taught: what the rank goes by; below every other without a score.
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
            carried.filter_map(|story| story.topics.first()).map(|topic| fold(topic)).collect()
        });
        Self { brief, to, known_topics }
    }

    /// What an item is worth that `related` others in the window touch.
    pub fn parts(&self, item: &Item, related: usize) -> Parts {
        let own = item.score.filter(|score| score.is_finite());
        let score = own.or_else(|| self.brief.feeds.base_score(&item.source));
        let published = self.published(item);
        let resurfaced = item.url.as_deref().and_then(dated).filter(|day| self.noon(*day) + RESURFACED < published);
        let came = resurfaced.map_or(published, |day| self.noon(day));
        let age_days = (self.to - came).as_seconds_f64().max(0.0) / 86_400.0;
        let echo = self.brief.weights.echo * doublings(related);
        let novelty = if self.is_new(item) { self.brief.weights.novelty } else { 0.0 };
        let decay = self.decay(age_days);
        let preference = self.brief.preferences.points(item, self.brief.weights);
        let value = score.map_or(f64::NEG_INFINITY, |score| (score + echo + novelty) * decay + preference);
        Parts {
            score,
            from_base: own.is_none(),
            age_days,
            resurfaced,
            related,
            echo,
            novelty,
            decay,
            preference,
            value,
        }
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

/// 0 for none, 1 for one, 2 for three, 3 for seven.
#[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^52")]
fn doublings(related: usize) -> f64 {
    (1.0 + related as f64).log2()
}

/// Best first: value, then score, then the newer, then the id; then everything else, so that no two different items tie.
pub fn by_rank(a: &Candidate, b: &Candidate) -> Ordering {
    let score = |c: &Candidate| c.parts.score.unwrap_or(f64::NEG_INFINITY);
    b.parts
        .value
        .total_cmp(&a.parts.value)
        .then_with(|| score(b).total_cmp(&score(a)))
        .then_with(|| a.parts.age_days.total_cmp(&b.parts.age_days))
        .then_with(|| by_words(a.item, b.item))
}

/// Any order that tells two different items apart.
pub fn by_words(a: &Item, b: &Item) -> Ordering {
    fn words(item: &Item) -> (&str, &str, &str, Option<&str>, &str, &[String], &[String]) {
        let Item { id, title, source, url, summary, topics, guides, .. } = item;
        (id, title, source, url.as_deref(), summary, topics, guides)
    }
    words(a).cmp(&words(b)).then_with(|| a.published.to_string().cmp(&b.published.to_string()))
}
