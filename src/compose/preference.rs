//! What past issues teach of the editors' taste: how often they took what a source, or a kind of page, brought. Knows no
//! rank and no issue under way.

use std::collections::{BTreeMap, HashSet};

use chrono_tz::Tz;

use super::{PastIssue, Weights, fold};
use crate::model::{Item, canonical_url};

/// How many of the items that came were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceRecord {
    /// As the first item spells it.
    pub name: String,
    pub seen: usize,
    pub taken: usize,
}

/// The habits of the issues so far. The empty one teaches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcePreferences {
    all: SourceRecord,
    sources: BTreeMap<String, SourceRecord>,
    kinds: BTreeMap<String, SourceRecord>,
}

/// What a source's record is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcePreference {
    pub record: SourceRecord,
    /// Points on the scale of the scores, for an item of a page kind that teaches nothing.
    pub points: f64,
    /// Whether `[compose.sources]` sets the points.
    pub fixed: bool,
}

/// Items beyond those seen that count as if they had been taken at the usual rate. A rate from three items is hardly one.
const PRIOR_ITEMS: f64 = 8.0;

/// How much more often than the average item one of an unknown source is expected to be taken: the average is made by the
/// few sources that bring the most and are taken the least.
const UNKNOWN_SOURCE: f64 = 2.0;

/// What a page's kind weighs beside its source.
const KIND: f64 = 0.5;

impl SourcePreferences {
    /// Counts, for each past issue with a window, the items dated inside it that no earlier issue carried, and which of
    /// them the issue carried.
    pub fn learn(past: &[PastIssue], items: &[Item], zone: Tz) -> Self {
        let mut dated: Vec<(i64, &Item)> =
            items.iter().map(|item| (item.published.latest(zone).timestamp(), item)).collect();
        dated.sort_by_key(|(at, _)| *at);
        let mut issues: Vec<(&PastIssue, i64, i64)> = past
            .iter()
            .filter_map(|issue| issue.window.map(|w| (issue, w.from.timestamp(), w.to.timestamp())))
            .collect();
        issues.sort_by_key(|(issue, _, to)| (*to, &issue.name));
        let mut taught = Self::default();
        let mut carried: HashSet<&str> = HashSet::new();
        for (issue, from, to) in issues {
            let ids: HashSet<&str> = issue.stories.iter().flat_map(|story| &story.ids).map(String::as_str).collect();
            let first = dated.partition_point(|(at, _)| *at <= from);
            for (_, item) in dated[first..].iter().take_while(|(at, _)| *at <= to) {
                if !carried.contains(item.id.as_str()) {
                    taught.count(item, ids.contains(item.id.as_str()));
                }
            }
            carried.extend(ids);
        }
        taught
    }

    fn count(&mut self, item: &Item, taken: bool) {
        self.all.count(taken);
        let source = self.sources.entry(fold(&item.source)).or_insert_with(|| SourceRecord::named(&item.source));
        source.count(taken);
        if let Some(kind) = kind(item) {
            self.kinds.entry(kind.clone()).or_insert_with(|| SourceRecord::named(&kind)).count(taken);
        }
    }

    /// What the item's source and page kind are worth, in points on the scale of the scores; what `[compose.sources]` says
    /// of a source wins.
    pub fn points(&self, item: &Item, weights: &Weights) -> f64 {
        let source = fold(&item.source);
        if let Some(points) = weights.fixed(&source) {
            return points;
        }
        let of_source = self.sources.get(&source).map_or(0.0, |record| self.logarithm(record, UNKNOWN_SOURCE));
        let of_kind =
            kind(item).and_then(|kind| self.kinds.get(&kind)).map_or(0.0, |record| self.logarithm(record, 1.0));
        weights.preference * (of_source + KIND * of_kind)
    }

    /// Every source that was seen or that the config names, the best first.
    pub fn preferences(&self, weights: &Weights) -> Vec<SourcePreference> {
        let mut lessons: Vec<SourcePreference> =
            self.sources.iter().map(|(key, record)| self.preference(key, record, weights)).collect();
        let unseen = weights.sources.iter().filter(|(name, _)| !self.sources.contains_key(&fold(name)));
        lessons.extend(unseen.map(|(name, points)| SourcePreference {
            record: SourceRecord::named(name),
            points: *points,
            fixed: true,
        }));
        lessons.sort_by(|a, b| b.points.total_cmp(&a.points).then_with(|| a.record.name.cmp(&b.record.name)));
        lessons
    }

    fn preference(&self, key: &str, record: &SourceRecord, weights: &Weights) -> SourcePreference {
        let fixed = weights.fixed(key);
        let learned = || weights.preference * self.logarithm(record, UNKNOWN_SOURCE);
        SourcePreference { record: record.clone(), points: fixed.unwrap_or_else(learned), fixed: fixed.is_some() }
    }

    /// The source's record, if past issues saw anything of it.
    pub fn source(&self, name: &str) -> Option<&SourceRecord> {
        self.sources.get(&fold(name))
    }

    /// How much likelier than usual something of this record is taken, as a natural logarithm. The rate is drawn towards the
    /// usual one, `expected` times the average, the more so the less was seen.
    fn logarithm(&self, record: &SourceRecord, expected: f64) -> f64 {
        let usual = (expected * self.all.rate()).min(1.0);
        if usual <= 0.0 {
            return 0.0;
        }
        let rate = (count(record.taken) + PRIOR_ITEMS * usual) / (count(record.seen) + PRIOR_ITEMS);
        (rate / usual).ln()
    }
}

impl SourceRecord {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), seen: 0, taken: 0 }
    }

    fn count(&mut self, taken: bool) {
        self.seen += 1;
        self.taken += usize::from(taken);
    }

    fn rate(&self) -> f64 {
        if self.seen == 0 { 0.0 } else { count(self.taken) / count(self.seen) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^52")]
fn count(items: usize) -> f64 {
    items as f64
}

/// The kind of page: the first part of the URL's path where more follows (`blog`, `docs`, `abs`), or `/` for a site's
/// front page or a page right under it.
fn kind(item: &Item) -> Option<String> {
    let url = canonical_url(item.url.as_deref()?)?;
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    Some(path.split_once('/').map_or("/", |(first, _)| first).to_lowercase())
}
