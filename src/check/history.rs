//! Rules on the news' origin: dates and scores match content, nothing from an earlier issue is repeated, no guide
//! is older than the news it explains.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::{At, Found, Issue, Known};
use crate::model::{Entry, Item, Published, canonical_url};

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    if let Some(content) = issue.context.content {
        let entries: HashMap<&str, (usize, &Entry)> =
            issue.shown().map(|(number, entry)| (entry.id.as_str(), (number, entry))).collect();
        let mut pairs: Vec<(usize, &Entry, &Item)> = content
            .items
            .iter()
            .filter_map(|item| entries.get(item.id.as_str()).map(|(n, e)| (*n, *e, item)))
            .collect();
        pairs.sort_by_key(|(number, _, _)| *number);
        for (number, entry, item) in pairs {
            date(issue, number, entry, item, found);
            score(number, entry, item, &content, found);
        }
        guides(issue, &content, found);
    }
    sent_before(issue, found);
}

fn date(issue: &Issue, number: usize, entry: &Entry, item: &Item, found: &mut Vec<Found>) {
    let zone = issue.context.zone;
    let same = match (entry.published, item.published) {
        (Published::At(a), Published::At(b)) => a == b,
        (a, b) => a.day(zone) == b.day(zone),
    };
    if !same {
        let message = format!("the draft dates the item {}, but content/news has {}", entry.published, item.published);
        let help = "correct `published` here, or the item in content/news if that is wrong";
        found.push(Found::warning("date-differs", At::News(number, "published"), message, help));
    }
}

fn score(number: usize, entry: &Entry, item: &Item, content: &Known, found: &mut Vec<Found>) {
    let counted = item.score.or_else(|| content.base_scores.get(&item.source).copied());
    let Some(shown) = entry.score else { return };
    // Scores are shown with one decimal.
    if counted.is_none_or(|counted| (counted - shown).abs() >= 0.05) {
        let counted = counted.map_or("no score".to_owned(), |counted| format!("{counted}"));
        let message = format!("the item shows the score {shown}, but content gives {counted}");
        let help = "compose again to take the new score, or waive `score-differs` if you mean yours";
        found.push(Found::warning("score-differs", At::News(number, "score"), message, help));
    }
}

fn guides(issue: &Issue, content: &Known, found: &mut Vec<Found>) {
    // Compose counts the same way, so that its `why` and this finding agree.
    let Some(limit) = TimeDelta::from_std(content.guide_stale).ok().filter(|limit| !limit.is_zero()) else { return };
    for (number, entry) in issue.shown() {
        let guide = entry.guide.as_ref().and_then(|slug| content.guides.iter().find(|guide| guide.slug == *slug));
        let Some((guide, updated)) = guide.and_then(|guide| Some((guide, guide.updated?))) else { continue };
        let age = entry.published.day(issue.context.zone) - updated;
        if age > limit {
            let days = age.num_days();
            let message = format!(
                "the guide `{}` was brought up to date on {updated}, {days} days before this news",
                super::short(&guide.slug)
            );
            let help = "reread it with the news in mind: update it, pair another guide, or pair none";
            found.push(Found::warning("guide-old", At::News(number, "guide"), message, help));
        }
    }
}

fn sent_before(issue: &Issue, found: &mut Vec<Found>) {
    let mut carried: HashMap<String, &crate::model::Draft> = HashMap::new();
    for draft in issue.context.earlier {
        for entry in draft.news.iter().filter(|entry| !entry.banned) {
            let keys = [Some(format!("id:{}", entry.id)), entry.url.as_deref().and_then(canonical_url)];
            carried.extend(keys.into_iter().flatten().map(|key| (key, draft)));
        }
    }
    for (number, entry) in issue.shown() {
        let by_url = || entry.url.as_deref().and_then(canonical_url).and_then(|key| carried.get(&key));
        if let Some(draft) = carried.get(&format!("id:{}", entry.id)).or_else(by_url) {
            let message = format!("{} carried the item already", draft.name);
            let help = "ban it with `banned = true`, or waive `item-sent-before` if there is news in it";
            found.push(Found::warning("item-sent-before", At::News(number, "id"), message, help));
        }
    }
}
