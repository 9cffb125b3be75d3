//! Short news in other words: one story or two, told before or not, and the guides for it; then the shipped sample's weeks.

use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;
use digest::compose::{
    Brief, CarriedStory, Cues, Feeds, Library, PastIssue, SourcePreferences, Text, Weights, cluster, compose,
};
use digest::model::{Edition, Guide, IssueName, Published, StoryDecisions};
use serde_json::{Value, json};

use crate::data::{item, lines, text, write};
use crate::pairing::guide;

pub fn run(data: &Path, out: &Path, weights: &Weights) -> anyhow::Result<()> {
    let folder = data.join("wording");
    let out = out.join("wording");
    std::fs::create_dir_all(&out)?;
    if let Some(items) = lines(&folder.join("items.jsonl"))? {
        write(&out.join("stories.jsonl"), &stories(&items, weights.story_threshold, true))?;
        std::fs::create_dir_all(out.join("bare"))?;
        write(&out.join("bare/stories.jsonl"), &stories(&items, weights.story_threshold, false))?;
    }
    if let Some(pairs) = lines(&folder.join("follow.jsonl"))? {
        let verdicts: Result<Vec<Value>, _> = pairs.iter().map(|pair| verdict(pair, weights)).collect();
        write(&out.join("follow.jsonl"), &verdicts?)?;
    }
    if let (Some(guides), Some(items)) = (lines(&folder.join("guides.jsonl"))?, lines(&folder.join("pairing.jsonl"))?) {
        let guides: Vec<Guide> = guides.iter().map(guide).collect();
        let library = Library::of(&guides, weights);
        let line = |value: &Value| json!({"id": value["id"], "guide": library.fit(&item(value), &mut Vec::new()).slug});
        write(&out.join("pairing.jsonl"), &items.iter().map(line).collect::<Vec<_>>())?;
    }
    sample(&out, weights)
}

/// The stories of all items, with or without day and source.
fn stories(items: &[Value], threshold: f64, whole: bool) -> Vec<Value> {
    let read = |value| {
        let (title, summary) = (text(value, "title"), text(value, "summary"));
        let bare = Text { title, summary, ..Text::default() };
        let day =
            text(value, "date").parse().or_else(|_| text(value, "published").get(..10).unwrap_or("").parse()).ok();
        if whole { Text { source: text(value, "source"), day, ..bare } } else { bare }
    };
    let texts: Vec<Text> = items.iter().map(read).collect();
    let labels = cluster(&texts, &[], threshold);
    items.iter().zip(labels).map(|(item, label)| json!({"id": item["id"], "story": label})).collect()
}

/// What compose makes of a later text when an issue has carried the earlier one.
fn verdict(pair: &Value, weights: &Weights) -> anyhow::Result<Value> {
    let (earlier, mut later) = (&pair["earlier"], item(&pair["later"]));
    text(pair, "id").clone_into(&mut later.id);
    later.score = Some(8.0);
    let name = |date: NaiveDate| IssueName { date, edition: "weekly".into() };
    let day = later.published.day(chrono_tz::UTC);
    let told = text(earlier, "date").parse().unwrap_or(day);
    let story = CarriedStory {
        title: text(earlier, "title").into(),
        summary: text(earlier, "summary").into(),
        published: Some(Published::Day(told)),
        ..CarriedStory::default()
    };
    let past =
        [PastIssue { name: name(told), window: None, stories: vec![story], bench: Vec::new(), guides: Vec::new() }];
    let items = [later];
    let edition = Edition { news: 10, min_score: 0.0, ..Edition::default() };
    let date = day.succ_opt().context("no such day")?;
    let composition = compose(&Brief {
        name: name(date),
        edition: &edition,
        edition_title: "Weekly",
        publication_name: "Weekly",
        weights,
        zone: chrono_tz::UTC,
        now: date.and_hms_opt(4, 0, 0).context("no such time")?.and_utc(),
        items: &items,
        guides: &[],
        feeds: &Feeds::default(),
        cues: Cues::shipped(),
        preferences: &SourcePreferences::default(),
        decisions: &StoryDecisions::default(),
        banned: &[],
        past: &past,
    });
    let draft = composition.draft.context("no issue")?;
    let verdict = match (draft.news.first(), draft.bench.first()) {
        (Some(entry), _) if entry.follow_up.is_some() => "news",
        (Some(_), _) => "other",
        (None, Some(_)) => "benched",
        (None, None) => "repeat",
    };
    Ok(json!({"id": pair["id"], "verdict": verdict}))
}

/// The stories of each week of the shipped sample.
fn sample(out: &Path, weights: &Weights) -> anyhow::Result<()> {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/news");
    let mut found = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(content)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    for (week, file) in files.iter().enumerate() {
        let items = lines(file)?.unwrap_or_default();
        found.extend(stories(&items, weights.story_threshold, true).into_iter().map(|mut line| {
            line["week"] = week.into();
            line
        }));
    }
    write(&out.join("sample.jsonl"), &found)
}
