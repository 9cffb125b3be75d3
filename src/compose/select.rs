//! Finds the items that may be chosen, and ranks them: inside the window, not carried before, no duplicate, worth enough.
//! Knows no cap and no guide.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveTime, Utc};

use super::window::{History, Standing, local, url_key};
use super::{Brief, LeftOut, Ranked, fold, wording};
use crate::model::{Item, Notice, Published, Window};

/// An item in the window with its worth.
#[derive(Debug)]
pub struct Candidate<'a> {
    pub item: &'a Item,
    /// The item's own score, else its source's.
    pub score: Option<f64>,
    pub from_base: bool,
    pub age_days: f64,
    /// What the rank goes by; below every other when there is no score.
    pub value: f64,
    /// Said of items that the last issue could not have seen.
    pub late: Option<String>,
}

impl Candidate<'_> {
    pub fn ranked(&self, rank: usize) -> Ranked {
        let (from_base, age_days, value) = (self.from_base, self.age_days, self.value);
        Ranked { id: self.item.id.clone(), rank, score: self.score.unwrap_or_default(), from_base, age_days, value }
    }

    pub fn left_out(&self, reason: String) -> LeftOut {
        let (id, title) = (self.item.id.clone(), self.item.title.clone());
        LeftOut { id, title, score: self.score, reason, duplicate_of: None }
    }
}

/// What selecting found.
#[derive(Debug, Default)]
pub struct Selection<'a> {
    /// Best first.
    pub eligible: Vec<Candidate<'a>>,
    pub left_out: Vec<LeftOut>,
    pub notices: Vec<Notice>,
}

/// Looks at every item once.
pub fn select<'a>(brief: &Brief<'a>, history: &History, window: Window) -> Selection<'a> {
    let mut selection = Selection::default();
    let bases: BTreeMap<String, f64> = brief.base_scores.iter().map(|(name, score)| (fold(name), *score)).collect();
    let mut candidates = Vec::new();
    let mut after = Vec::new();
    let mut outside = 0;
    let mut passed = Vec::new();
    for item in brief.items {
        match history.standing(item.published, window) {
            Standing::After => after.push(candidate(brief, &bases, item, window.to, None)),
            Standing::Outside => {
                outside += 1;
                passed.extend(
                    just_passed(brief, history, item, window).then(|| candidate(brief, &bases, item, window.to, None)),
                );
            }
            Standing::Inside => candidates.push(candidate(brief, &bases, item, window.to, None)),
            Standing::Late => {
                let late = history.last().map(|past| format!("published after {} was composed", past.name));
                candidates.push(candidate(brief, &bases, item, window.to, late));
            }
        }
    }
    tell_of_the_window(brief, &mut selection, window, &mut after, outside, candidates.is_empty());
    drop_carried(history, &mut candidates, &mut selection.left_out);
    drop_duplicates(brief.edition.min_score, &mut candidates, &mut selection);
    drop_carried(history, &mut passed, &mut Vec::new());
    for candidate in passed.iter().filter(|candidate| unworthy(candidate, brief.edition.min_score).is_none()) {
        selection.left_out.push(candidate.left_out("from before the window, and not in an earlier issue".to_owned()));
    }
    for candidate in candidates {
        match unworthy(&candidate, brief.edition.min_score) {
            Some(reason) => selection.left_out.push(candidate.left_out(reason)),
            None => selection.eligible.push(candidate),
        }
    }
    selection
}

/// Whether an item lies so shortly before the window that an editor may miss it: within the reach of a first issue.
fn just_passed(brief: &Brief, history: &History, item: &Item, window: Window) -> bool {
    let reach = chrono::TimeDelta::from_std(brief.edition.window).unwrap_or_default();
    history.last().is_some() && item.published.latest(brief.zone) > window.from - reach
}

fn candidate<'a>(
    brief: &Brief,
    bases: &BTreeMap<String, f64>,
    item: &'a Item,
    to: DateTime<Utc>,
    late: Option<String>,
) -> Candidate<'a> {
    let own = item.score.filter(|s| s.is_finite());
    let score = own.or_else(|| bases.get(&fold(&item.source)).copied().filter(|s| s.is_finite()));
    let published = match item.published {
        // A day's middle, so that no clock change and no zone makes it count as a day older than it is.
        Published::Day(day) => local(day, NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default(), brief.zone),
        Published::At(at) => at.to_utc(),
    };
    let age_days = (to - published).as_seconds_f64().max(0.0) / 86_400.0;
    let half_life = brief.edition.half_life.as_secs_f64() / 86_400.0;
    let decay = if half_life > 0.0 { 0.5_f64.powf(age_days / half_life) } else { 1.0 };
    let value = score.map_or(f64::NEG_INFINITY, |score| score * decay);
    Candidate { item, score, from_base: own.is_none(), age_days, value, late }
}

/// Best first: value, then score, then the newer, then the id; then everything else, so that no two different items tie.
fn by_rank(a: &Candidate, b: &Candidate) -> Ordering {
    let score = |c: &Candidate| c.score.unwrap_or(f64::NEG_INFINITY);
    let rest = |c: &Candidate<'_>| -> (String, String, Option<String>, String, Vec<String>, Vec<String>, String) {
        let i = c.item;
        (
            i.title.clone(),
            i.source.clone(),
            i.url.clone(),
            i.summary.clone(),
            i.topics.clone(),
            i.guides.clone(),
            i.published.to_string(),
        )
    };
    b.value
        .total_cmp(&a.value)
        .then_with(|| score(b).total_cmp(&score(a)))
        .then_with(|| a.age_days.total_cmp(&b.age_days))
        .then_with(|| a.item.id.cmp(&b.item.id))
        .then_with(|| rest(a).cmp(&rest(b)))
}

fn unworthy(candidate: &Candidate, min: f64) -> Option<String> {
    let source = wording::name(&candidate.item.source);
    match candidate.score {
        None => Some(format!("no score, and no base score for {source}")),
        Some(score) if score < min => Some(format!("score {score} is under the edition's minimum of {min}")),
        Some(_) => None,
    }
}

/// Leaves out what comes after the issue, and tells how much of the content the window holds.
fn tell_of_the_window(
    brief: &Brief,
    selection: &mut Selection,
    window: Window,
    after: &mut Vec<Candidate>,
    outside: usize,
    empty: bool,
) {
    let at = |time: DateTime<Utc>| time.with_timezone(&brief.zone).format("%Y-%m-%d %H:%M").to_string();
    let stretch = format!("{} – {}", at(window.from), at(window.to));
    after.sort_by(by_rank);
    selection.left_out.extend(after.iter().map(|c| c.left_out("dated after this issue".into())));
    if !after.is_empty() {
        let are = if after.len() == 1 { "is" } else { "are" };
        let message =
            format!("{} {are} dated after this issue's send time, {}", wording::items(after.len()), at(window.to));
        selection
            .notices
            .push(Notice::new(message).help("they wait for a later issue; check their `published` if not"));
    }
    if outside > 0 {
        let lie = if outside == 1 { "lies" } else { "lie" };
        let message = format!("{} {lie} outside the window {stretch}", wording::items(outside));
        selection.notices.push(Notice::new(message));
    }
    if empty {
        let notice = Notice::new(format!("no news inside the window {stretch}"));
        let newest = brief.items.iter().map(|item| item.published.day(brief.zone)).max();
        selection.notices.push(match newest {
            Some(day) => notice.help(format!(
                "the newest item is of {day}: compose for a day near it with `--date` (and `--now`), or bring in news"
            )),
            None => notice.help("bring in news with `digest news import`"),
        });
    }
}

/// Leaves out what an earlier issue carried, by id or by URL.
fn drop_carried(history: &History, candidates: &mut Vec<Candidate>, left_out: &mut Vec<LeftOut>) {
    candidates.sort_by(by_rank);
    candidates.retain(|candidate| {
        let key = candidate.item.url.as_deref().map(url_key);
        let carried = history.carried(&candidate.item.id, key.as_deref());
        if let Some(issue) = carried {
            left_out.push(candidate.left_out(format!("carried by {issue}")));
        }
        carried.is_none()
    });
}

/// Keeps one of several items with the same id, URL or headline: the best that is worth enough, else the best.
fn drop_duplicates(min: f64, candidates: &mut Vec<Candidate>, selection: &mut Selection) {
    candidates.sort_by(|a, b| unworthy(a, min).is_some().cmp(&unworthy(b, min).is_some()).then_with(|| by_rank(a, b)));
    let mut seen: HashMap<(u8, String), String> = HashMap::new();
    let mut repeated_ids = 0;
    candidates.retain(|candidate| {
        let keys = keys(candidate.item);
        if let Some((kind, first)) = keys.iter().find_map(|key| seen.get(key).map(|first| (key.0, first.clone()))) {
            let mut left =
                candidate.left_out(format!("the same {} as {}", KINDS[usize::from(kind)], wording::name(&first)));
            left.duplicate_of = Some(first);
            selection.left_out.push(left);
            repeated_ids += usize::from(kind == 0);
            return false;
        }
        seen.extend(keys.into_iter().map(|key| (key, candidate.item.id.clone())));
        true
    });
    if repeated_ids > 0 {
        let message = format!(
            "{} came under an id that another item has; the best of each id counts",
            wording::items(repeated_ids)
        );
        selection
            .notices
            .push(Notice::new(message).help("give each item an `id` of its own, or drop the repeated lines"));
    }
}

const KINDS: [&str; 3] = ["id", "URL", "headline"];

/// By what two items are the same. A headline counts only when it is long enough to be no mere "Weekly update".
fn keys(item: &Item) -> Vec<(u8, String)> {
    let mut keys = vec![(0, item.id.clone())];
    keys.extend(item.url.as_deref().filter(|url| !url.trim().is_empty()).map(|url| (1, url_key(url))));
    let headline = fold(&item.title);
    if headline.chars().count() >= 32 {
        keys.push((2, headline));
    }
    keys
}
