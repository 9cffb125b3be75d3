//! Tells people's clicks from scanners' by how a network follows links, watching it for some seconds only. Knows no clock, no
//! store and no network's name.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::IssueName;
use crate::store::ClickCounts;

/// How many different links of an issue a person opens in one go. Anything above is a scanner, or a subscriber in a hurry: the number
/// is deliberately low.
const FEW: usize = 3;
/// A visit ends after this long without a click.
const QUIET: TimeDelta = TimeDelta::seconds(10);
/// A visit ends after this long at the latest, and is forgotten within a minute.
const LONGEST: TimeDelta = TimeDelta::seconds(50);
/// Most visits watched at the same time. Later ones are not counted and use no memory.
const MOST: usize = 10_000;

/// One network's clicks on one issue, until they are judged.
#[derive(Debug)]
struct Visit {
    issue: IssueName,
    /// The different links' keys. Beyond [`FEW`] the visit is a scanner's, and no more are added.
    keys: Vec<String>,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Visit {
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        now - self.last >= QUIET || now - self.first >= LONGEST
    }

    fn follows(&mut self, key: &str, now: DateTime<Utc>) {
        self.last = now;
        if self.keys.len() <= FEW && !self.keys.iter().any(|known| known == key) {
            self.keys.push(key.to_owned());
        }
    }

    /// Counts each link once; or nothing, for a scanner.
    fn judge(self, counts: &mut ClickCounts) {
        if self.keys.len() <= FEW {
            for key in self.keys {
                *counts.entry((self.issue.clone(), key)).or_default() += 1;
            }
        }
    }
}

/// The open visits.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// By a number for a network and an issue that reveals neither.
    visits: BTreeMap<u64, Visit>,
}

impl Window {
    /// Records a click. Visits that it ends are counted in `counts`.
    pub(super) fn click(
        &mut self,
        visitor: u64,
        issue: &IssueName,
        key: &str,
        now: DateTime<Utc>,
        counts: &mut ClickCounts,
    ) {
        if self.visits.get(&visitor).is_some_and(|visit| visit.is_over(now)) {
            self.visits.remove(&visitor).into_iter().for_each(|visit| visit.judge(counts));
        }
        if self.visits.len() >= MOST && !self.visits.contains_key(&visitor) {
            return;
        }
        let new = || Visit { issue: issue.clone(), keys: Vec::new(), first: now, last: now };
        self.visits.entry(visitor).or_insert_with(new).follows(key, now);
    }

    /// Counts the visits that have ended, and forgets them.
    pub(super) fn settle(&mut self, now: DateTime<Utc>, counts: &mut ClickCounts) {
        for (_, visit) in self.visits.extract_if(.., |_, visit| visit.is_over(now)) {
            visit.judge(counts);
        }
    }

    /// Counts all visits as they are, since counting stops.
    pub(super) fn close(&mut self, counts: &mut ClickCounts) {
        for visit in std::mem::take(&mut self.visits).into_values() {
            visit.judge(counts);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.visits.is_empty()
    }
}

#[cfg(test)]
mod tests;
