//! Finds the items that may be chosen, and ranks them: inside the window, not carried before, one for each story, worth
//! enough. Knows no cap and no guide.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::candidate::{Candidate, by_rank};
use super::grouping::Grouping;
use super::item_order::by_content;
use super::rank::{Parts, Scale};
use super::window::{History, Standing};
use super::{Brief, LeftOut, wording};
use crate::model::{Item, Notice, Window, canonical_url};

/// The result of selecting.
#[derive(Debug, Default)]
pub struct Selection<'a> {
    /// Best first.
    pub eligible: Vec<Candidate<'a>>,
    pub left_out: Vec<LeftOut>,
    pub notices: Vec<Notice>,
}

/// Looks at every item once.
pub fn select<'a>(brief: &Brief<'a>, history: &History<'a>, window: Window) -> Selection<'a> {
    let mut selection = Selection::default();
    let scale = Scale::new(brief, history, window.to);
    let candidate = |item: &'a Item| {
        let (parts, late, also) = (scale.parts(item), None, Vec::new());
        Candidate { item, parts, late, bench: history.benched(item), also, follow_up: None, doubts: Vec::new() }
    };
    let (mut candidates, mut after, mut outside) = (Vec::new(), Vec::new(), Vec::new());
    for item in brief.items {
        match history.standing(item.published, window) {
            Standing::Inside => {
                let unseen = history.unseen_by(item.published);
                let late = unseen.map(|issue| format!("published after {issue} was composed"));
                candidates.push(Candidate { late, ..candidate(item) });
            }
            Standing::After => after.push(candidate(item)),
            Standing::Outside => outside.push(item),
        }
    }
    let empty = candidates.is_empty();
    candidates.retain(|candidate| {
        let banned = brief.banned.contains(&candidate.item.id);
        if banned {
            selection.left_out.push(candidate.left_out("banned from this issue by the editor".to_owned()));
        }
        !banned
    });
    drop_carried(history, &mut candidates, &mut selection.left_out);
    drop_duplicates(brief.edition.min_score, &mut candidates, &mut selection);
    one_for_each_story(brief, history, &scale, &outside, &mut candidates, &mut selection.left_out);
    for candidate in candidates {
        match unworthy(&candidate, brief.edition.min_score) {
            Some(reason) => selection.left_out.push(candidate.left_out(reason)),
            None => selection.eligible.push(candidate),
        }
    }
    selection.eligible.sort_by(by_rank);
    tell_of_the_window(brief, &mut selection, window, &mut after, outside.len(), empty);
    selection
}

/// Why the edition's minimum keeps the candidate out: its score with the points of its kind, its echo and its source.
fn unworthy(candidate: &Candidate, min: f64) -> Option<String> {
    let source = wording::name(&candidate.item.source);
    let parts = &candidate.parts;
    let (Some(score), Some(bar)) = (parts.score, parts.bar()) else {
        return Some(format!("no score, and no base score for {source}"));
    };
    if bar >= min {
        return None;
    }
    let kind = if parts.kind_why.is_empty() { String::new() } else { format!(", {},", parts.kind_why) };
    Some(format!("score {score}{kind} is under the edition's minimum of {min}"))
}

/// How many houses, other than the lead item's, have the same story or a related one.
fn others(houses: &[String], tellers: impl Iterator<Item = usize>, grouping: &Grouping) -> usize {
    let tellers: Vec<usize> = tellers.collect();
    let near = tellers.iter().flat_map(|at| grouping.related(*at).iter().chain([at]));
    let named: HashSet<&str> = near.map(|at| houses[*at].as_str()).collect();
    named.len().saturating_sub(1)
}

/// Leaves out what comes after the issue, and reports how much of the content is in the window.
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
                "the newest item is from {day}: compose for a day near it with `--date` (and `--now`), or import news"
            )),
            None => notice.help("import news with `digest news import`"),
        });
    }
}

/// Leaves out what an earlier issue carried, by id or by URL.
fn drop_carried(history: &History, candidates: &mut Vec<Candidate>, left_out: &mut Vec<LeftOut>) {
    candidates.sort_by(by_rank);
    candidates.retain(|candidate| {
        let carried = history.carried(candidate.item);
        if let Some(issue) = carried {
            left_out.push(candidate.left_out(format!("already in {issue}")));
        }
        carried.is_none()
    });
}

/// Keeps one of several items with the same id or URL: the best that is worth enough, else the best.
fn drop_duplicates(min: f64, candidates: &mut Vec<Candidate>, selection: &mut Selection) {
    candidates.sort_by(|a, b| unworthy(a, min).is_some().cmp(&unworthy(b, min).is_some()).then_with(|| by_rank(a, b)));
    let (mut ids, mut urls) = (HashMap::new(), HashMap::new());
    let mut repeated_ids = 0;
    candidates.retain(|candidate| {
        let item = candidate.item;
        let url = item.url.as_deref().and_then(canonical_url);
        let by_id = ids.get(&item.id).map(|first: &&Item| ("id", *first));
        let by_url = || url.as_ref().and_then(|url| urls.get(url)).map(|first: &&Item| ("URL", *first));
        if let Some((kind, first)) = by_id.or_else(by_url) {
            let reason = format!("the same {kind} as {}", wording::title(&first.title));
            selection.left_out.push(LeftOut { duplicate_of: Some(first.id.clone()), ..candidate.left_out(reason) });
            repeated_ids += usize::from(kind == "id");
            return false;
        }
        ids.insert(item.id.clone(), item);
        urls.extend(url.map(|url| (url, item)));
        true
    });
    if repeated_ids > 0 {
        let message = format!(
            "{} had the same id as another item; only the best one of each id is used",
            wording::items(repeated_ids)
        );
        selection
            .notices
            .push(Notice::new(message).help("give each item an `id` of its own, or drop the repeated lines"));
    }
}

/// Keeps the best version of each story and has it name the others; leaves out what an earlier issue carried, unless there is
/// something new in it.
fn one_for_each_story<'a>(
    brief: &Brief<'a>,
    history: &History<'a>,
    scale: &Scale,
    outside: &[&'a Item],
    candidates: &mut Vec<Candidate<'a>>,
    left_out: &mut Vec<LeftOut>,
) {
    // In a fixed order, so that grouping does not depend on the order of the content.
    candidates.sort_by(|a, b| by_content(a.item, b.item));
    let items: Vec<&Item> = candidates.iter().map(|candidate| candidate.item).collect();
    let grouping = Grouping::of(&items, outside, history, brief);
    let houses: Vec<String> = items.iter().map(|item| brief.cues.house(item)).collect();
    let mut kept = Vec::new();
    let mut places = HashMap::new();
    for (label, story) in grouping.stories() {
        let mut tellers: Vec<(usize, Candidate)> = Vec::new();
        for at in story {
            match grouping.before(at) {
                Some(before) if before.is_old() => left_out.push(candidates[at].left_out(before.reason())),
                follow_up => tellers.push((at, Candidate { follow_up, ..candidates[at].clone() })),
            }
        }
        let min = brief.edition.min_score;
        let primary = |candidate: &Candidate| brief.feeds.is_primary(candidate.item);
        tellers.sort_by(|(_, a), (_, b)| {
            let worthy = unworthy(a, min).is_some().cmp(&unworthy(b, min).is_some());
            let score = |c: &Candidate| c.parts.score.unwrap_or(f64::NEG_INFINITY);
            worthy
                .then_with(|| score(b).total_cmp(&score(a)))
                .then_with(|| primary(b).cmp(&primary(a)))
                .then_with(|| b.parts.age_days.total_cmp(&a.parts.age_days))
                .then_with(|| by_content(a.item, b.item))
        });
        let told: Vec<&Parts> = tellers.iter().map(|(_, teller)| &teller.parts).collect();
        let related = others(&houses, tellers.iter().map(|(at, _)| *at), &grouping);
        let Some(parts) = told.first().map(|lead| scale.story(lead, &told, related)) else { continue };
        let mut tellers = tellers.into_iter();
        let Some((best_at, mut best)) = tellers.next() else { continue };
        best.parts = parts;
        for (at, other) in tellers {
            let (first, title) = (best.item.id.clone(), wording::title(&best.item.title));
            let reason = format!("tells the same story as {title}: {}", grouping.shared(best_at, at));
            left_out.push(LeftOut { duplicate_of: Some(first), ..other.left_out(reason) });
            best.also.push(other.item);
        }
        places.insert(label, kept.len());
        kept.push(best);
    }
    for (a, b, likeness) in grouping.doubts() {
        let (Some(a), Some(b)) = (places.get(&a), places.get(&b)) else { continue };
        for (one, other) in [(*a, *b), (*b, *a)] {
            let item = kept[other].item;
            let reason = format!("perhaps the same story as {} ({likeness:.2})", wording::title(&item.title));
            kept[one].doubts.push((&item.id, reason));
        }
    }
    kept.sort_by(by_rank);
    *candidates = kept;
}
