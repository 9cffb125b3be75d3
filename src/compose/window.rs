//! The time that an issue covers, and what earlier issues carried or had on their bench. Knows no item's worth.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{Brief, PastIssue};
use crate::model::{IssueName, Item, Published, Window, canonical_url, local_instant};

/// The window of the issue: up to its send time, and as far back as its edition says, however many issues of other editions
/// went by. After a gap, in which no issue of any edition was composed for longer than that, it reaches back to the last
/// one, so that nothing is lost.
pub fn window(brief: &Brief) -> Window {
    let to = sent_at(brief);
    let back = TimeDelta::from_std(brief.edition.window).ok().and_then(|back| to.checked_sub_signed(back));
    let back = back.unwrap_or(DateTime::<Utc>::MIN_UTC);
    let last = earlier(brief, to).iter().filter_map(|past| past.window).max_by_key(|window| window.to);
    let from = last.map_or(back, |last| back.min(last.seen.min(last.to)));
    Window { from, to, seen: brief.now.min(to) }
}

fn sent_at(brief: &Brief) -> DateTime<Utc> {
    local_instant(brief.name.date, brief.edition.send.time, brief.zone)
}

/// The issues before this one, the latest first. Issues without a window are ordered by date.
fn earlier<'a>(brief: &Brief<'a>, to: DateTime<Utc>) -> Vec<&'a PastIssue> {
    let end = |past: &PastIssue| {
        past.window.map_or_else(|| local_instant(past.name.date, NaiveTime::MIN, brief.zone), |w| w.to)
    };
    let mut found: Vec<&PastIssue> = brief
        .past
        .iter()
        .filter(|past| past.name != brief.name && (end(past), &past.name) < (to, &brief.name))
        .collect();
    found.sort_by_key(|past| Reverse((end(past), &past.name)));
    found
}

/// Where an item is relative to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Inside,
    After,
    Outside,
}

/// How many issues back a bench is remembered.
const BENCHES: usize = 4;

/// What the earlier issues carried.
pub struct History<'a> {
    ids: HashMap<&'a str, &'a IssueName>,
    urls: HashMap<String, &'a IssueName>,
    /// By id.
    benches: HashMap<&'a str, &'a IssueName>,
    /// The latest first.
    issues: Vec<&'a PastIssue>,
    /// The last issue that has a window, and when it was composed.
    last: Option<(&'a PastIssue, DateTime<Utc>)>,
    zone: Tz,
}

impl<'a> History<'a> {
    pub fn of(brief: &Brief<'a>) -> Self {
        let issues = earlier(brief, sent_at(brief));
        let (mut ids, mut urls, mut benches) = (HashMap::new(), HashMap::new(), HashMap::new());
        for past in &issues {
            for carried in &past.stories {
                for id in &carried.ids {
                    ids.entry(id.as_str()).or_insert(&past.name);
                }
                for url in carried.urls.iter().filter_map(|url| canonical_url(url)) {
                    urls.entry(url).or_insert(&past.name);
                }
            }
        }
        for past in issues.iter().take(BENCHES) {
            for id in &past.bench {
                benches.entry(id.as_str()).or_insert(&past.name);
            }
        }
        let last = issues
            .iter()
            .filter_map(|past| past.window.map(|w| (w.to, *past, w.seen.min(w.to))))
            .max_by_key(|(to, past, _)| (*to, &past.name))
            .map(|(_, past, seen)| (past, seen));
        Self { ids, urls, benches, issues, last, zone: brief.zone }
    }

    /// The last issue that carried the item's id or URL.
    pub fn carried(&self, item: &Item) -> Option<&'a IssueName> {
        let by_url = || self.urls.get(&canonical_url(item.url.as_deref()?)?);
        self.ids.get(item.id.as_str()).or_else(by_url).copied()
    }

    /// The last issue, when what was published then came after it was composed and before it was sent: it cannot have seen
    /// that.
    pub fn unseen_by(&self, published: Published) -> Option<&'a IssueName> {
        let (past, seen) = self.last?;
        let latest = published.latest(self.zone);
        (latest > seen && past.window.is_some_and(|window| latest <= window.to)).then_some(&past.name)
    }

    /// The last issue that had the item on its bench.
    pub fn benched(&self, item: &Item) -> Option<&'a IssueName> {
        self.benches.get(item.id.as_str()).copied()
    }

    /// The last `issues` issues, the latest first.
    pub fn recent(&self, issues: usize) -> &[&'a PastIssue] {
        &self.issues[..issues.min(self.issues.len())]
    }

    /// The guides that the last `issues` issues showed.
    pub fn recent_guides(&self, issues: usize) -> HashSet<&'a str> {
        self.recent(issues).iter().flat_map(|past| past.guides.iter().map(String::as_str)).collect()
    }

    /// Where a publication date is relative to `window`. A day counts as inside when any of its hours is.
    pub fn standing(&self, published: Published, window: Window) -> Standing {
        let (earliest, latest) = (published.earliest(self.zone), published.latest(self.zone));
        if earliest > window.to {
            Standing::After
        } else if latest > window.from {
            Standing::Inside
        } else {
            Standing::Outside
        }
    }
}
