//! Whole issues, composed from the candidates that an editor had: ten items a week.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context as _;
use chrono::{Days, NaiveDate};
use digest::compose::{Brief, Cues, Feeds, SourcePreferences, Weights, compose};
use digest::model::{Editing, Edition, EditorAct, IssueName, Item, Origin, Published, StoryDecisions};
use serde_json::{Value, json};

use crate::data::{item, lines, text, write};

pub fn run(data: &Path, out: &Path, weights: &Weights) -> anyhow::Result<()> {
    for set in ["ai_links_weekly", "papers_weekly"] {
        let folder = data.join("selection");
        let Some(issues) = lines(&folder.join(format!("{set}.issues.jsonl")))? else { continue };
        let Some(items) = lines(&folder.join(format!("{set}.items.jsonl")))? else { continue };
        let items: HashMap<String, Item> = items.iter().map(item).map(|item| (item.id.clone(), item)).collect();
        let mut plain = Vec::new();
        let mut learned = Vec::new();
        let mut editings: Vec<Editing> = Vec::new();
        for issue in &issues {
            plain.push(choose(issue, &items, &SourcePreferences::default(), weights)?);
            let taught = choose(issue, &items, &SourcePreferences::learn(&editings), weights)?;
            editings.push(edited(issue, &taught, &items)?);
            learned.push(taught);
        }
        write(&out.join(format!("selection.{set}.jsonl")), &plain)?;
        write(&out.join(format!("selection.{set}.learned.jsonl")), &learned)?;
    }
    Ok(())
}

/// One issue from its candidates, with the shipped weights; `preferences` come from edits of earlier issues alone.
fn choose(
    issue: &Value,
    items: &HashMap<String, Item>,
    preferences: &SourcePreferences,
    weights: &Weights,
) -> anyhow::Result<Value> {
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
        weights,
        zone: chrono_tz::UTC,
        now: date.and_hms_opt(12, 0, 0).context("no such time")?.and_utc(),
        items: &candidates,
        guides: &[],
        feeds: &Feeds::default(),
        cues: Cues::shipped(),
        preferences,
        decisions: &StoryDecisions::default(),
        banned: &[],
        past: &[],
    });
    let draft = composition.draft.context("no issue")?;
    let selected: Vec<&str> = draft.news.iter().map(|entry| entry.id.as_str()).collect();
    Ok(json!({"issue": text(issue, "issue"), "selected": selected}))
}

/// What the editor would have done to the proposal: dropped what is not among the picked, and brought in what is.
fn edited(issue: &Value, proposal: &Value, items: &HashMap<String, Item>) -> anyhow::Result<Editing> {
    let ids = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect()
    };
    let (proposed, picked) = (ids(&proposal["selected"]), ids(&issue["picked"]));
    let origin = |id: &String| {
        let item = items.get(id)?;
        let Item { id, title, source, url, .. } = item.clone();
        Some(Origin { id, title, source, url })
    };
    let dropped = proposed.iter().filter(|id| !picked.contains(id)).filter_map(origin);
    let added = picked.iter().filter(|id| !proposed.contains(id)).filter_map(origin);
    Ok(Editing {
        issue: IssueName { date: date(text(issue, "issue"))?, edition: "weekly".into() },
        acts: dropped.map(|o| (EditorAct::Dropped, o)).chain(added.map(|o| (EditorAct::Added, o))).collect(),
        kept: proposed.iter().filter(|id| picked.contains(id)).count(),
        proposed: proposed.iter().filter_map(origin).collect(),
        moved: 0,
        subject_rewritten: false,
        preheader_rewritten: false,
    })
}

fn date(text: &str) -> anyhow::Result<NaiveDate> {
    text.parse().with_context(|| format!("`{text}` is no date"))
}
