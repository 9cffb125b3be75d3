//! Whole issues, composed from the candidates that an editor had: ten items a week.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context as _;
use chrono::{Days, NaiveDate};
use digest::compose::{Brief, CarriedStory, Feeds, PastIssue, SourcePreferences, Weights, compose};
use digest::model::{Edition, IssueName, Item, Published, StoryDecisions, Window};
use serde_json::{Value, json};

use crate::data::{item, lines, text, write};

pub fn run(data: &Path, out: &Path) -> anyhow::Result<()> {
    for set in ["ai_links_weekly", "papers_weekly"] {
        let folder = data.join("selection");
        let Some(issues) = lines(&folder.join(format!("{set}.issues.jsonl")))? else { continue };
        let Some(items) = lines(&folder.join(format!("{set}.items.jsonl")))? else { continue };
        let items: HashMap<String, Item> = items.iter().map(item).map(|item| (item.id.clone(), item)).collect();
        let mut plain = Vec::new();
        let mut learned = Vec::new();
        let mut past: Vec<PastIssue> = Vec::new();
        let mut seen: Vec<Item> = Vec::new();
        for issue in &issues {
            plain.push(choose(issue, &items, &SourcePreferences::default())?);
            learned.push(choose(issue, &items, &SourcePreferences::learn(&past, &seen, chrono_tz::UTC))?);
            past.push(carried(issue)?);
            let known = issue["candidates"].as_array().into_iter().flatten();
            seen.extend(known.filter_map(|candidate| items.get(text(candidate, "id"))).cloned());
            seen.sort_by(|a, b| a.id.cmp(&b.id));
            seen.dedup_by(|a, b| a.id == b.id);
        }
        write(&out.join(format!("selection.{set}.jsonl")), &plain)?;
        write(&out.join(format!("selection.{set}.learned.jsonl")), &learned)?;
    }
    Ok(())
}

/// One issue from its candidates, with the shipped weights; `preferences` comes from earlier issues alone.
fn choose(issue: &Value, items: &HashMap<String, Item>, preferences: &SourcePreferences) -> anyhow::Result<Value> {
    let date = date(text(issue, "issue"))?;
    let candidates = issue["candidates"].as_array().into_iter().flatten().filter_map(|candidate| {
        let mut item = items.get(text(candidate, "id"))?.clone();
        item.score = candidate["score"].as_f64();
        item.published = Published::Day(date.checked_sub_days(Days::new(candidate["age_days"].as_u64()?))?);
        Some(item)
    });
    let candidates: Vec<Item> = candidates.collect();
    // Sent at noon, since a day counts from its noon: the ages are the whole days that the data has.
    // What the task sets, and no setting of the composer's taste: ten items of the last two weeks, whatever their score.
    let edition = Edition {
        send: "Sun 12:00".parse().map_err(anyhow::Error::msg)?,
        news: 10,
        guides: 0,
        window: std::time::Duration::from_hours(15 * 24),
        min_score: 0.0,
        bench: 0,
        ..Edition::default()
    };
    let name = IssueName { date, edition: "weekly".into() };
    let composition = compose(&Brief {
        name,
        edition: &edition,
        edition_title: "Weekly",
        publication_name: "Weekly",
        weights: &Weights::default(),
        zone: chrono_tz::UTC,
        now: date.and_hms_opt(12, 0, 0).context("no such time")?.and_utc(),
        items: &candidates,
        guides: &[],
        feeds: &Feeds::default(),
        preferences,
        decisions: &StoryDecisions::default(),
        past: &[],
    });
    let draft = composition.draft.context("no issue")?;
    let selected: Vec<&str> = draft.news.iter().map(|entry| entry.id.as_str()).collect();
    Ok(json!({"issue": text(issue, "issue"), "selected": selected}))
}

/// The issue as it lies in the past when a later one is composed.
fn carried(issue: &Value) -> anyhow::Result<PastIssue> {
    let window = issue["window"].as_array().context("an issue has no window")?;
    let day = |at: usize| date(window.get(at).and_then(Value::as_str).unwrap_or_default());
    let midnight = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let (from, to) = (midnight(day(0)?), midnight(day(1)? + Days::new(1)));
    let picked = issue["picked"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(PastIssue {
        name: IssueName { date: date(text(issue, "issue"))?, edition: "weekly".into() },
        window: Some(Window { from, to, seen: to }),
        stories: picked.map(|id| CarriedStory { ids: vec![id.to_owned()], ..CarriedStory::default() }).collect(),
        guides: Vec::new(),
    })
}

fn date(text: &str) -> anyhow::Result<NaiveDate> {
    text.parse().with_context(|| format!("`{text}` is no date"))
}
