//! One story told several times: within a month, in an earlier issue, and under several URLs.

use std::collections::BTreeMap;
use std::path::Path;

use digest::compose::{Text, Weights, carried_before, cluster};
use digest::model::canonical_url;
use serde_json::{Value, json};

use crate::data::{lines, text, write};

pub fn run(data: &Path, out: &Path) -> anyhow::Result<()> {
    let folder = data.join("dedupe");
    let threshold = Weights::default().story_threshold;
    for set in ["ai_items", "news_events"] {
        if let Some(items) = lines(&folder.join(format!("{set}.jsonl")))? {
            write(&out.join(format!("dedupe.{set}.jsonl")), &clusters(&items, threshold))?;
        }
    }
    if let Some(pairs) = lines(&folder.join("repeats.jsonl"))? {
        let grouping = |which: &str| pairs.iter().map(|pair| telling(&pair[which])).collect::<Vec<Text>>();
        let found = carried_before(&grouping("later"), &grouping("earlier"), &[], threshold);
        let line = |(pair, found): (&Value, Option<(usize, f64)>)| json!({"id": pair["id"], "repeat_of": found.map(|(at, _)| &pairs[at]["id"])});
        write(&out.join("repeats.jsonl"), &pairs.iter().zip(found).map(line).collect::<Vec<_>>())?;
    }
    if let Some(groups) = lines(&folder.join("url_variants.jsonl"))? {
        let urls = groups.iter().flat_map(|group| group["urls"].as_array().into_iter().flatten());
        let urls = urls.filter_map(Value::as_str);
        let keys = urls.map(|url| json!({"url": url, "key": canonical_url(url).unwrap_or_else(|| url.to_owned())}));
        write(&out.join("urls.jsonl"), &keys.collect::<Vec<_>>())?;
    }
    Ok(())
}

/// The stories of each window, which compose would see together.
fn clusters(items: &[Value], threshold: f64) -> Vec<Value> {
    let mut windows: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for item in items {
        windows.entry(text(item, "window")).or_default().push(item);
    }
    let mut found = Vec::new();
    for items in windows.into_values() {
        let texts: Vec<Text> = items.iter().map(|item| telling(item)).collect();
        let labels = cluster(&texts, &[], threshold);
        found.extend(items.iter().zip(labels).map(|(item, label)| json!({"id": item["id"], "cluster": label})));
    }
    found
}

fn telling(value: &Value) -> Text<'_> {
    let day = value["date"].as_str().and_then(|date| date.parse().ok());
    Text { title: text(value, "title"), summary: text(value, "summary"), day }
}
