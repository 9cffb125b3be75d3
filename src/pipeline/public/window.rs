//! Which clicks are people's, by how a network follows links: it is watched for some seconds and then forgotten. Knows no clock, no
//! store and no network's name.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::IssueName;
use crate::store::ClickCounts;

/// So many different links of an issue a person opens at a stretch. Who follows more is a scanner, or a subscriber in a hurry: the number
/// is rather too low than too high.
const FEW: usize = 3;
/// A visit ends after so long without a click.
const QUIET: TimeDelta = TimeDelta::seconds(10);
/// It ends then at the latest, and is forgotten within the minute.
const LONGEST: TimeDelta = TimeDelta::seconds(50);
/// Most visits watched at the same time. Later ones are not counted and use no memory.
const MOST: usize = 10_000;

/// One network's clicks on one issue, until they are judged.
#[derive(Debug)]
struct Visit {
    issue: IssueName,
    /// Different keys; once there are more than [`FEW`] it is a scanner's, and none is added.
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

    /// Counts each link once, or none.
    fn judge(self, counts: &mut ClickCounts) {
        if self.keys.len() <= FEW {
            for key in self.keys {
                *counts.entry((self.issue.clone(), key)).or_default() += 1;
            }
        }
    }
}

/// The visits under way.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// By a number that stands for a network and an issue, and tells neither.
    visits: BTreeMap<u64, Visit>,
}

impl Window {
    /// Takes a click in. What it ends is counted in `counts`.
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

    /// Counts the visits that are over, and forgets them.
    pub(super) fn settle(&mut self, now: DateTime<Utc>, counts: &mut ClickCounts) {
        for (_, visit) in self.visits.extract_if(.., |_, visit| visit.is_over(now)) {
            visit.judge(counts);
        }
    }

    /// Counts all visits as they stand: nobody watches any more.
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
