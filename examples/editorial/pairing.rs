//! Guides for items, the best first; and items that no guide explains, put to every set of guides.

use std::collections::BTreeMap;
use std::path::Path;

use digest::compose::{Library, Weights};
use digest::model::{Faq, Guide, Item, Level, Section, Status, TimelineEntry};
use serde_json::{Value, json};

use crate::data::{item, lines, text, write};

const SETS: [&str; 4] = ["docs", "hf_tasks", "peg", "simon_tags"];

pub fn run(data: &Path, out: &Path, weights: &Weights) -> anyhow::Result<()> {
    let folder = data.join("pairing");
    let foreign: Vec<Item> =
        lines(&folder.join("no_match.items.jsonl"))?.unwrap_or_default().iter().map(item).collect();
    // By foreign item: the guides that it is paired with, and its best score with each set.
    let mut wrong: BTreeMap<&str, (Vec<String>, BTreeMap<&str, f64>)> = BTreeMap::new();
    for set in SETS {
        let Some(guides) = lines(&folder.join(format!("{set}.guides.jsonl")))? else { continue };
        let Some(items) = lines(&folder.join(format!("{set}.items.jsonl")))? else { continue };
        let guides: Vec<Guide> = guides.iter().map(guide).collect();
        let library = Library::of(&guides, weights);
        let answers: Vec<Value> = items.iter().map(item).map(|item| answer(&library, &item)).collect();
        write(&out.join(format!("pairing.{set}.jsonl")), &answers)?;
        for item in &foreign {
            let (paired, best) = wrong.entry(&item.id).or_default();
            paired.extend(library.fit(item, &mut Vec::new()).slug);
            best.insert(set, library.ranking(item, 1).first().map_or(0.0, |choice| choice.score));
        }
    }
    let line = |(id, (guides, best)): (&&str, &(Vec<String>, BTreeMap<&str, f64>))| json!({"id": id, "guides": guides, "best": best});
    write(&out.join("pairing.no_match.jsonl"), &wrong.iter().map(line).collect::<Vec<_>>())
}

fn answer(library: &Library, item: &Item) -> Value {
    let ranking = library.ranking(item, 10);
    let slugs: Vec<&str> = ranking.iter().map(|choice| choice.slug.as_str()).collect();
    let paired = library.fit(item, &mut Vec::new()).slug;
    json!({"id": item.id, "guides": slugs, "best": ranking.first().map_or(0.0, |choice| choice.score), "paired": paired})
}

pub fn guide(value: &Value) -> Guide {
    let sections = value["sections"].as_array().into_iter().flatten();
    let section = |s: &Value| Section { heading: text(s, "heading").to_owned(), text: text(s, "text").to_owned() };
    let faq = value["faq"].as_array().into_iter().flatten();
    let faq = faq.map(|f| Faq { question: text(f, "question").into(), answer: text(f, "answer").into() });
    let timeline = strings(&value["timeline"]).into_iter().map(|text| TimelineEntry { text, date: None });
    Guide {
        slug: text(value, "id").to_owned(),
        title: text(value, "title").to_owned(),
        topic: value["topic"].as_str().unwrap_or(text(value, "title")).to_owned(),
        level: Level::Beginner,
        status: Status::Live,
        version: 1,
        updated: None,
        tldr: value["tldr"].as_str().unwrap_or(text(value, "summary")).to_owned(),
        takeaways: strings(&value["takeaways"]),
        sections: sections.map(section).collect(),
        related_topics: Vec::new(),
        related_guides: Vec::new(),
        related_guides_count: 0,
        timeline: timeline.collect(),
        faq: faq.collect(),
        versions: Vec::new(),
        url: None,
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
