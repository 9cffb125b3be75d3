//! Picks the items and the bench from the ranked ones, under the caps. Knows no guide and no order of display.
//!
//! The topic cap looks at an item's first topic, its lead topic; items without topics are under no topic cap. When the
//! caps leave the issue short, the topic cap goes first, then the source cap, never the minimum score.

use std::collections::HashMap;

use super::grouping::EarlierCoverage;
use super::select::Candidate;
use super::{Brief, LeftOut, fold, wording};
use crate::model::{Edition, Window};

/// What was picked, as places in the ranked list, with the why of each.
pub struct Picked {
    /// By rank.
    pub chosen: Vec<(usize, String)>,
    pub bench: Vec<(usize, String)>,
    /// By place: why a cap kept the item out.
    capped: HashMap<usize, String>,
}

/// Which caps a pass obeys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caps {
    Both,
    SourceOnly,
    None,
}

impl Caps {
    /// The words for the `why` of an item that only came in because a cap was dropped.
    fn relaxed(self) -> &'static str {
        match self {
            Self::Both => "",
            Self::SourceOnly => ", beyond the topic cap since the issue was short",
            Self::None => ", beyond the source cap since the issue was short",
        }
    }
}

/// Takes the best first, and relaxes the caps in their order while there is room.
pub fn pick(brief: &Brief, window: Window, eligible: &[Candidate]) -> Picked {
    let room = brief.edition.news;
    let mut taken: Vec<Option<Caps>> = vec![None; eligible.len()];
    let mut tally = Tally::default();
    let mut capped = HashMap::new();
    for caps in [Caps::Both, Caps::SourceOnly, Caps::None] {
        for (at, candidate) in eligible.iter().enumerate() {
            if tally.total == room {
                break;
            }
            if taken[at].is_some() {
                continue;
            }
            let doubt = doubt(candidate, eligible, &taken);
            if let Some(reason) = doubt.or_else(|| tally.refusal(brief, caps, candidate)) {
                // The first refusal stands: only then do all that were taken rank higher.
                capped.entry(at).or_insert(reason);
            } else {
                tally.take(candidate);
                taken[at] = Some(caps);
            }
        }
    }
    let order = on_topic(eligible);
    let mut picked = Picked { chosen: Vec::new(), bench: Vec::new(), capped };
    for (at, caps) in taken.iter().enumerate() {
        let reason = |lead: String| why(brief, window, &eligible[at], order[at].as_deref(), &lead);
        match caps {
            Some(caps) => picked.chosen.push((at, reason(String::new()) + caps.relaxed())),
            None if picked.bench.len() < brief.edition.bench => {
                let lead = format!("next best: rank {}, ", at + 1);
                let cap = picked.capped.get(&at).map(|reason| format!("; {reason}")).unwrap_or_default();
                picked.bench.push((at, reason(lead) + &cap));
            }
            None => {}
        }
    }
    picked
}

/// Why an item must not stand in the issue until the editor has looked at it: it perhaps tells what an earlier issue told, or
/// what an item tells that was taken.
fn doubt(candidate: &Candidate, eligible: &[Candidate], taken: &[Option<Caps>]) -> Option<String> {
    let earlier = candidate.follow_up.as_ref().filter(|before| before.is_doubtful()).map(EarlierCoverage::reason);
    let is_taken = |id: &str| eligible.iter().zip(taken).any(|(other, caps)| caps.is_some() && other.item.id == id);
    let now = || candidate.doubts.iter().find(|(id, _)| is_taken(id)).map(|(_, reason)| reason.clone());
    earlier.or_else(now)
}

/// `score 8, 1 day old, told by 3 more, first on GPT-4o`.
fn why(brief: &Brief, window: Window, candidate: &Candidate, on_topic: Option<&str>, lead: &str) -> String {
    let parts = &candidate.parts;
    let base = if parts.from_base { " (its source's base score)" } else { "" };
    let age = wording::age(candidate.item.published, window.to, brief.zone);
    let mut why = format!("{lead}score {}{base}, {age}", parts.score.unwrap_or_default());
    let also = candidate.also.len();
    let carried = (also > 0).then(|| format!("told by {also} more"));
    let touched = parts.related.saturating_sub(also);
    let touched = (touched > 0).then(|| format!("touched by {touched} more"));
    let new = (parts.novelty > 0.0).then(|| "a topic that is new".to_owned());
    let preference = brief.preferences.source(&candidate.item.source).map(|record| {
        let (taken, seen) = (record.taken, record.seen);
        format!("{taken} of {seen} from its source taken so far")
    });
    let old = parts.resurfaced.map(|day| format!("but its URL is of {day}"));
    let before = candidate.follow_up.as_ref().filter(|before| !before.is_doubtful()).map(EarlierCoverage::reason);
    let late = candidate.late.clone();
    for part in
        [old, carried, touched, on_topic.map(str::to_owned), new, preference, before, late].into_iter().flatten()
    {
        why.push_str(", ");
        why.push_str(&part);
    }
    why
}

/// For each item, where it stands on its lead topic: `first on GPT-4o`, or `the only one on GPT-4o`.
fn on_topic(eligible: &[Candidate]) -> Vec<Option<String>> {
    let topic = |c: &Candidate| c.item.topics.first().map(|t| fold(t)).filter(|t| !t.is_empty());
    let mut totals: HashMap<String, usize> = HashMap::new();
    for key in eligible.iter().filter_map(topic) {
        *totals.entry(key).or_default() += 1;
    }
    let mut so_far: HashMap<String, usize> = HashMap::new();
    let tell = |candidate: &Candidate| {
        let key = topic(candidate)?;
        let name = wording::name(candidate.item.topics.first()?);
        let alone = totals.get(&key) == Some(&1);
        let nth = so_far.entry(key).or_default();
        *nth += 1;
        Some(if alone { format!("the only one on {name}") } else { format!("{} on {name}", wording::ordinal(*nth)) })
    };
    eligible.iter().map(tell).collect()
}

/// What has been taken so far.
#[derive(Default)]
struct Tally {
    total: usize,
    /// By folded name: the ids taken.
    sources: HashMap<String, Vec<String>>,
    topics: HashMap<String, Vec<String>>,
}

impl Tally {
    fn take(&mut self, candidate: &Candidate) {
        let id = wording::clip(&candidate.item.id, 40);
        self.total += 1;
        self.sources.entry(fold(&candidate.item.source)).or_default().push(id.clone());
        if let Some(topic) = candidate.item.topics.first() {
            self.topics.entry(fold(topic)).or_default().push(id);
        }
    }

    /// Why a cap refuses the item now.
    fn refusal(&self, brief: &Brief, caps: Caps, candidate: &Candidate) -> Option<String> {
        let refusal = |kind: &str, name: &str, taken: &HashMap<String, Vec<String>>, cap: usize| {
            let ids = taken.get(&fold(name)).filter(|ids| cap > 0 && ids.len() >= cap)?;
            let rank = if ids.len() == 1 { "ranks" } else { "rank" };
            let count = wording::items(ids.len());
            Some(format!("{kind} cap: {count} of {} {rank} higher ({})", wording::name(name), listed(ids)))
        };
        let source = || refusal("source", &candidate.item.source, &self.sources, brief.weights.max_per_source);
        let topic = || refusal("topic", candidate.item.topics.first()?, &self.topics, brief.weights.max_per_topic);
        match caps {
            Caps::Both => source().or_else(topic),
            Caps::SourceOnly => source(),
            Caps::None => None,
        }
    }
}

/// The first ids of a list, and how many more there are.
fn listed(ids: &[String]) -> String {
    match ids {
        [first @ .., _] if first.len() > 4 => format!("{} and {} more", ids[..4].join(", "), ids.len() - 4),
        _ => ids.join(", "),
    }
}

impl Picked {
    /// The eligible items that are not chosen, each with what beat it.
    pub fn left_out(&self, eligible: &[Candidate], edition: &Edition) -> Vec<LeftOut> {
        let mut chosen = vec![false; eligible.len()];
        let mut benched = vec![false; eligible.len()];
        self.chosen.iter().for_each(|(at, _)| chosen[*at] = true);
        self.bench.iter().for_each(|(at, _)| benched[*at] = true);
        let room = format!("of {}: the issue has room for {}", eligible.len(), edition.news);
        let unchosen = eligible.iter().enumerate().filter(|(at, _)| !chosen[*at]);
        unchosen
            .map(|(at, candidate)| {
                let reason = self.capped.get(&at).cloned().unwrap_or_else(|| format!("rank {} {room}", at + 1));
                candidate.left_out(if benched[at] { format!("on the bench: {reason}") } else { reason })
            })
            .collect()
    }

    /// What was chosen for an issue that is then skipped.
    pub fn skipped(&self, eligible: &[Candidate], edition: &Edition) -> Vec<LeftOut> {
        let needs = format!("the issue is skipped: it needs {} and found {}", edition.thin_mark(), self.chosen.len());
        self.chosen.iter().map(|(at, _)| eligible[*at].left_out(needs.clone())).collect()
    }
}
