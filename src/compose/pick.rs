//! Picks the issue's items and the bench from the ranked ones, under the caps. Knows no guide and no order of display.
//!
//! Caps hold for the source and its site, for the first firm in the headline, and for the first topic; items without one
//! are under no cap of that sort. A short week is a short issue, unless the publication lets the caps give way.

use std::collections::HashMap;

use super::candidate::Candidate;
use super::grouping::EarlierCoverage;
use super::{Brief, LeftOut, fold, kinds, wording};
use crate::model::{Edition, Notice, Window};

/// The picked items, as places in the ranked list, each with its reason.
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
            Self::SourceOnly => ", beyond the topic cap because the issue was short",
            Self::None => ", beyond the source cap because the issue was short",
        }
    }
}

/// Picks the best first, and relaxes the caps in order while there is room.
pub fn pick(brief: &Brief, window: Window, eligible: &[Candidate]) -> Picked {
    let room = brief.edition.news;
    let mut taken: Vec<Option<Caps>> = vec![None; eligible.len()];
    let mut tally = Tally::new();
    let mut capped = HashMap::new();
    let limits = Limits::of(brief, eligible);
    let passes: &[Caps] =
        if brief.weights.caps_give_way { &[Caps::Both, Caps::SourceOnly, Caps::None] } else { &[Caps::Both] };
    for caps in passes.iter().copied() {
        for (at, candidate) in eligible.iter().enumerate() {
            if tally.total == room {
                break;
            }
            if taken[at].is_some() {
                continue;
            }
            let doubt = doubt(candidate, eligible, &taken);
            if let Some(reason) = doubt.or_else(|| tally.refusal(&limits, caps, at)) {
                // The first refusal stands: only then do all that were taken rank higher.
                capped.entry(at).or_insert(reason);
            } else {
                tally.take(&limits, at, candidate);
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

/// Why an item must wait for the editor's decision: it may repeat what an earlier issue carried, or
/// an item that was already picked.
fn doubt(candidate: &Candidate, eligible: &[Candidate], taken: &[Option<Caps>]) -> Option<String> {
    let earlier = candidate.follow_up.as_ref().filter(|before| before.is_doubtful()).map(EarlierCoverage::reason);
    let is_taken = |id: &str| eligible.iter().zip(taken).any(|(other, caps)| caps.is_some() && other.item.id == id);
    let now = || candidate.doubts.iter().find(|(id, _)| is_taken(id)).map(|(_, reason)| reason.clone());
    earlier.or_else(now)
}

/// `score 8, 1 day old, 3 other outlets cover it, first on GPT-4o`.
fn why(brief: &Brief, window: Window, candidate: &Candidate, on_topic: Option<&str>, lead: &str) -> String {
    let parts = &candidate.parts;
    let base = if parts.from_base { " (its source's base score)" } else { "" };
    let age = wording::age(candidate.item.published, window.to, brief.zone);
    let mut why = format!("{lead}score {}{base}, {age}", parts.score.unwrap_or_default());
    let also = candidate.also.len();
    let carried = (also > 0).then(|| wording::covered_by(also));
    let touched = parts.related.saturating_sub(also);
    let touched = (touched > 0).then(|| wording::related(touched));
    let new = (parts.novelty > 0.0).then(|| "a topic that is new".to_owned());
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (kind, preference) = (said(&parts.kind_why), said(&parts.preference_why));
    let bench = candidate.bench.map(|issue| format!("on the bench of {issue}"));
    let old = parts.resurfaced.map(|day| format!("but its URL is of {day}"));
    let before = candidate.follow_up.as_ref().filter(|before| !before.is_doubtful()).map(EarlierCoverage::reason);
    let late = candidate.late.clone().filter(|_| bench.is_none());
    for part in [kind, old, carried, touched, on_topic.map(str::to_owned), new, preference, before, bench, late]
        .into_iter()
        .flatten()
    {
        why.push_str(", ");
        why.push_str(&part);
    }
    why
}

/// Each item's place on its lead topic: `first on GPT-4o`, or `the only one on GPT-4o`.
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

/// The sorts of caps.
const SORTS: [&str; 4] = ["source", "site", "firm", "topic"];

/// How many items of one name the issue takes, by sort of cap, and the names of each candidate.
struct Limits {
    most: [usize; 4],
    /// By candidate and sort: the folded name and the name as shown; none where no cap of the sort holds.
    names: Vec<[Option<(String, String)>; 4]>,
}

impl Limits {
    fn of(brief: &Brief, eligible: &[Candidate]) -> Self {
        let third = brief.edition.news.div_ceil(3).max(1);
        let within = |cap: usize| if cap == 0 { 0 } else { cap.min(third) };
        let (source, topic) = (brief.weights.max_per_source, within(brief.weights.max_per_topic));
        let mut names: Vec<[Option<(String, String)>; 4]> = eligible
            .iter()
            .map(|candidate| {
                let named = |name: String| Some((fold(&name), name)).filter(|(key, _)| !key.is_empty());
                let firm = brief.cues.firms(&candidate.item.title).first().map(|firm| (*firm).to_owned());
                [
                    named(candidate.item.source.clone()),
                    kinds::site(candidate.item).and_then(named),
                    firm.and_then(named),
                    candidate.item.topics.first().cloned().and_then(named),
                ]
            })
            .collect();
        for sort in 0..SORTS.len() {
            without_what_all_share(&mut names, sort);
        }
        Self { most: [source, within(source), third, topic], names }
    }
}

/// What all candidates share distinguishes none of them, and the first topic of more than half of them is the publication's
/// own subject: a cap on these would only make the issue short.
fn without_what_all_share(names: &mut [[Option<(String, String)>; 4]], sort: usize) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (key, _) in names.iter().filter_map(|names| names[sort].as_ref()) {
        *counts.entry(key.clone()).or_default() += 1;
    }
    let all = names.len();
    let shared = |count: usize| count == all || (SORTS[sort] == "topic" && count * 2 > all);
    for names in names.iter_mut() {
        if names[sort].as_ref().is_some_and(|(key, _)| shared(counts[key])) {
            names[sort] = None;
        }
    }
}

/// The items picked so far.
struct Tally {
    total: usize,
    /// By sort and folded name: the ids taken.
    taken: [HashMap<String, Vec<String>>; 4],
}

impl Tally {
    fn new() -> Self {
        Self { total: 0, taken: std::array::from_fn(|_| HashMap::new()) }
    }

    fn take(&mut self, limits: &Limits, at: usize, candidate: &Candidate) {
        self.total += 1;
        for (taken, name) in self.taken.iter_mut().zip(&limits.names[at]) {
            if let Some((key, _)) = name {
                taken.entry(key.clone()).or_default().push(wording::title(&candidate.item.title));
            }
        }
    }

    /// Why a cap refuses the item now.
    fn refusal(&self, limits: &Limits, caps: Caps, at: usize) -> Option<String> {
        let held = match caps {
            Caps::Both => 0..4,
            Caps::SourceOnly => 0..2,
            Caps::None => 0..0,
        };
        held.into_iter().find_map(|sort| {
            let (key, name) = limits.names[at][sort].as_ref()?;
            let (cap, titles) = (limits.most[sort], self.taken[sort].get(key)?);
            (cap > 0 && titles.len() >= cap).then(|| {
                let rank = if titles.len() == 1 { "ranks" } else { "rank" };
                let count = wording::items(titles.len());
                format!("{} cap: {count} of {} {rank} higher ({})", SORTS[sort], wording::name(name), listed(titles))
            })
        })
    }
}

/// The first two titles of a list, and how many more there are.
fn listed(titles: &[String]) -> String {
    match titles {
        [first, second, more @ ..] if more.len() > 1 => format!("{first}, {second} and {} more", more.len()),
        _ => titles.join(", "),
    }
}

impl Picked {
    /// The notice about places that stay empty because of the caps.
    pub fn short(&self, brief: &Brief) -> Option<Notice> {
        let empty = brief.edition.news.saturating_sub(self.chosen.len());
        let shown = |at: &usize| self.chosen.iter().any(|(chosen, _)| chosen == at);
        let kept = self.capped.iter().filter(|(at, reason)| reason.contains(" cap: ") && !shown(at)).count();
        if empty == 0 || kept == 0 {
            return None;
        }
        let places = if empty == 1 { "1 place stays".to_owned() } else { format!("{empty} places stay") };
        let keep = if kept == 1 { "a cap keeps 1 item out".to_owned() } else { format!("caps keep {kept} items out") };
        let notice = Notice::new(format!("{places} empty, since {keep}"));
        let help = "raise `max_per_source` or `max_per_topic` in [compose], or set `caps_give_way = true`";
        Some(notice.help(help))
    }

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
