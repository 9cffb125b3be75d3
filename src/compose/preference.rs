//! Source preferences learned from editors' acts: what they dropped, banned, added, pinned and put first, compared with what compose
//! had proposed. What nobody touched teaches nothing. Knows no rank and no file.

use std::collections::{BTreeMap, HashMap};

use super::kinds::registrable_host;
use super::{Weights, fold};
use crate::model::{Editing, EditorAct, IssueName, Item, Origin};

/// Proposals beyond those seen that count as if nobody had touched them: one dropped item of one proposed is hardly a habit.
const PRIOR: f64 = 3.0;

/// The factor from the mean act to points, before the cap.
const SLOPE: f64 = 1.5;

/// After this many edited issues an act counts half. Issues that nobody edited do not count.
const HALF_LIFE: f64 = 26.0;

/// What an editor's act on an item says about its source.
fn weight(act: EditorAct) -> f64 {
    match act {
        EditorAct::Banned => -1.5,
        EditorAct::Dropped => -1.0,
        EditorAct::Benched => -0.5,
        EditorAct::Pinned | EditorAct::Led => 0.5,
        EditorAct::Added | EditorAct::Raised => 1.0,
    }
}

/// What editors did with the items of one source, or of one kind of source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceRecord {
    /// As the latest item spells it; a domain for pages that are grouped under their host.
    pub name: String,
    /// How many of its items were in issues that somebody edited.
    pub seen: usize,
    pub acts: BTreeMap<EditorAct, usize>,
    /// Both worn down by the edited issues since.
    worn_seen: f64,
    worn_acts: f64,
}

/// What was learned from the editors' acts so far; empty if nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourcePreferences {
    sources: BTreeMap<String, SourceRecord>,
    /// Items that an editor dropped or banned, with the last issue from which.
    refused: HashMap<String, (EditorAct, IssueName)>,
}

/// The points for a source's record.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcePreference {
    pub record: SourceRecord,
    /// Points on the scale of the scores.
    pub points: f64,
    /// Whether `[compose.sources]` sets the points.
    pub fixed: bool,
}

impl SourcePreferences {
    /// Learns from what editors did to past issues, in any order.
    pub fn learn(editings: &[Editing]) -> Self {
        let mut edited: Vec<&Editing> = editings.iter().filter(|editing| !editing.acts.is_empty()).collect();
        edited.sort_by(|a, b| b.issue.cmp(&a.issue));
        let mut learned = Self::default();
        for (since, editing) in edited.into_iter().enumerate() {
            let worn = 0.5_f64.powf(count(since) / HALF_LIFE);
            for origin in &editing.proposed {
                learned.record(origin).see(worn);
            }
            for (act, origin) in &editing.acts {
                let record = learned.record(origin);
                if *act == EditorAct::Added || *act == EditorAct::Raised {
                    record.see(worn);
                }
                *record.acts.entry(*act).or_default() += 1;
                record.worn_acts += weight(*act) * worn;
                if matches!(act, EditorAct::Dropped | EditorAct::Banned) {
                    learned.refused.entry(origin.id.clone()).or_insert_with(|| (*act, editing.issue.clone()));
                }
            }
        }
        learned
    }

    fn record(&mut self, origin: &Origin) -> &mut SourceRecord {
        let (key, name) = group(&origin.source);
        self.sources.entry(key).or_insert_with(|| SourceRecord { name, ..SourceRecord::default() })
    }

    /// What the acts are worth for an item, and why in words; `[compose.sources]` overrules what its source taught.
    pub fn points(&self, item: &Item, weights: &Weights) -> (f64, Option<String>) {
        let (key, _) = group(&item.source);
        let fixed = weights.fixed(&fold(&item.source)).or_else(|| weights.fixed(&key));
        let record = self.sources.get(&key);
        let most = weights.preference;
        let own = match self.refused.get(&item.id) {
            Some((EditorAct::Banned, issue)) if most > 0.0 => {
                Some((-most, format!("banned from {issue} by an editor")))
            }
            Some((_, issue)) if most > 0.0 => Some((-most, format!("dropped from {issue} by an editor"))),
            _ => None,
        };
        let (of_source, told) = match fixed {
            Some(points) => {
                (points, (points != 0.0).then(|| format!("{points:+} for its source by [compose.sources]")))
            }
            None => (record.map_or(0.0, |r| r.points(most)), record.and_then(SourceRecord::in_words)),
        };
        let told = told.filter(|_| of_source.abs() >= 0.05);
        match own {
            Some((points, why)) if fixed.is_none() => ((points + of_source).max(-most), Some(why)),
            Some((points, why)) => (points + of_source, Some(why)),
            None => (of_source, told),
        }
    }

    /// Every source that an editor's acts or the config say something of, the best first.
    pub fn preferences(&self, weights: &Weights) -> Vec<SourcePreference> {
        let learned = self.sources.iter().map(|(key, record)| {
            let fixed = weights.fixed(key);
            let points = fixed.unwrap_or_else(|| record.points(weights.preference));
            SourcePreference { record: record.clone(), points, fixed: fixed.is_some() }
        });
        let unseen = weights.sources.iter().filter(|(name, _)| !self.sources.contains_key(&fold(name)));
        let unseen = unseen.map(|(name, points)| SourcePreference {
            record: SourceRecord { name: name.clone(), ..SourceRecord::default() },
            points: *points,
            fixed: true,
        });
        let mut all: Vec<SourcePreference> = learned.chain(unseen).collect();
        all.sort_by(|a, b| b.points.total_cmp(&a.points).then_with(|| a.record.name.cmp(&b.record.name)));
        all
    }
}

impl SourceRecord {
    fn see(&mut self, worn: f64) {
        self.seen += 1;
        self.worn_seen += worn;
    }

    fn points(&self, most: f64) -> f64 {
        (most * SLOPE * self.worn_acts / (self.worn_seen + PRIOR)).clamp(-most, most)
    }

    fn of(&self, acts: &[EditorAct]) -> usize {
        acts.iter().filter_map(|act| self.acts.get(act)).sum()
    }

    /// "editors dropped 6 of 8 from this source, brought in 1"; `None` when they did nothing with it.
    pub fn in_words(&self) -> Option<String> {
        let parts = [
            (self.of(&[EditorAct::Dropped, EditorAct::Banned]), "dropped"),
            (self.of(&[EditorAct::Benched]), "benched"),
            (self.of(&[EditorAct::Added, EditorAct::Raised]), "brought in"),
            (self.of(&[EditorAct::Pinned]), "pinned"),
            (self.of(&[EditorAct::Led]), "put first"),
        ];
        let mut words = parts.iter().filter(|(n, _)| *n > 0);
        let (first, act) = words.next()?;
        let mut told = format!("editors {act} {first} of {} from this source", self.seen);
        for (n, act) in words {
            told.push_str(&format!(", {act} {n}"));
        }
        Some(told)
    }
}

/// The key and name under which a source's acts are counted. A source named after its site is counted with all of that
/// site's registrable domain, so that project pages under one host are one kind of source.
fn group(source: &str) -> (String, String) {
    let source = source.trim();
    let is_host = source.contains('.') && !source.contains(char::is_whitespace);
    let host = is_host.then(|| registrable_host(&source.to_lowercase()).to_owned());
    match host {
        Some(host) => (fold(&host), host),
        None => (fold(source), source.to_owned()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of issues are far below 2^52")]
fn count(issues: usize) -> f64 {
    issues as f64
}
