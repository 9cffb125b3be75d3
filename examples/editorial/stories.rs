//! One story told several times: within a month, in an earlier issue, and under several URLs.

use std::collections::BTreeMap;
use std::path::Path;

use digest::compose::{Text, Weights, carried_before, cluster};
use digest::model::canonical_url;
use serde_json::{Value, json};

use crate::data::{lines, text, write};

pub fn run(data: &Path, out: &Path, weights: &Weights) -> anyhow::Result<()> {
    let folder = data.join("dedupe");
    for set in ["ai_items", "news_events"] {
        if let Some(items) = lines(&folder.join(format!("{set}.jsonl")))? {
            write(&out.join(format!("dedupe.{set}.jsonl")), &clusters(&items, weights.story_threshold))?;
        }
    }
    if let Some(pairs) = lines(&folder.join("repeats.jsonl"))? {
        repeats(&pairs, weights.repeat_threshold, out)?;
    }
    if let Some(groups) = lines(&folder.join("url_variants.jsonl"))? {
        let urls = groups.iter().flat_map(|group| group["urls"].as_array().into_iter().flatten());
        let urls = urls.filter_map(Value::as_str);
        let keys = urls.map(|url| json!({"url": url, "key": canonical_url(url).unwrap_or_else(|| url.to_owned())}));
        write(&out.join("urls.jsonl"), &keys.collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Which earlier text each later one repeats; then which it would if its own were not there, in a second file.
fn repeats(pairs: &[Value], threshold: f64, out: &Path) -> anyhow::Result<()> {
    let texts = |which: &str| pairs.iter().map(|pair| text_of(&pair[which])).collect::<Vec<Text>>();
    let (earlier, later) = (texts("earlier"), texts("later"));
    let line = |(at, found): (usize, Option<(usize, f64)>)| json!({"id": pairs[at]["id"], "repeat_of": found.map(|(at, _)| &pairs[at]["id"])});
    let found = carried_before(&later, &earlier, &[], threshold);
    write(&out.join("repeats.jsonl"), &found.into_iter().enumerate().map(line).collect::<Vec<_>>())?;
    let others = |at: usize| {
        let mut others = earlier.clone();
        others[at] = Text::default();
        carried_before(&later[at..=at], &others, &[], threshold)[0]
    };
    let found = (0..pairs.len()).map(|at| line((at, others(at))));
    write(&out.join("repeats.others.jsonl"), &found.collect::<Vec<_>>())
}

/// The stories of each window, which compose would see together.
fn clusters(items: &[Value], threshold: f64) -> Vec<Value> {
    let mut windows: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for item in items {
        windows.entry(text(item, "window")).or_default().push(item);
    }
    let mut found = Vec::new();
    for items in windows.into_values() {
        let texts: Vec<Text> = items.iter().map(|item| text_of(item)).collect();
        let labels = cluster(&texts, &[], threshold);
        found.extend(items.iter().zip(labels).map(|(item, label)| json!({"id": item["id"], "cluster": label})));
    }
    found
}

fn text_of(value: &Value) -> Text<'_> {
    let day = value["date"].as_str().and_then(|date| date.parse().ok());
    Text { title: text(value, "title"), summary: text(value, "summary"), source: text(value, "source"), day }
}
