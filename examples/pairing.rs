//! Measures the pairing of news with guides as it ships. `cargo run --release --example pairing -- FOLDER` reads sets of
//! JSON Lines, `NAME.guides.jsonl` (id, title, summary, sections of heading and text) and `NAME.items.jsonl` (id, title,
//! summary, gold: the ids of guides that people chose), and news for which no guide is right, `no_match.items.jsonl`.

#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement prints its figures")]

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use digest::compose::{Choice, Library, Weights};
use digest::model::{Guide, Item, Level, Published, Section, Status};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct GuideRow {
    id: String,
    title: String,
    summary: String,
    sections: Vec<SectionRow>,
}

#[derive(Deserialize)]
struct SectionRow {
    heading: String,
    text: String,
}

#[derive(Deserialize)]
struct ItemRow {
    id: String,
    title: String,
    summary: String,
    gold: Vec<String>,
}

/// What the pairing made of one set: of each item the best score and whether it is right, and of each foreign item the
/// best score.
struct Outcome {
    items: Vec<(f64, bool)>,
    foreign: Vec<f64>,
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("name the folder of the sets")?;
    let folder = Path::new(&folder);
    let foreign: Vec<ItemRow> = read(&folder.join("no_match.items.jsonl"))?;
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().to_string_lossy().strip_suffix(".guides.jsonl").map(str::to_owned));
    }
    names.sort();
    let mut outcomes = Vec::new();
    let (mut firsts, mut gains) = (Vec::new(), Vec::new());
    println!("set            guides  items   R@1  nDCG@5  AUC against foreign  built in");
    for name in &names {
        let rows: Vec<GuideRow> = read(&folder.join(format!("{name}.guides.jsonl")))?;
        let guides: Vec<Guide> = rows.into_iter().map(guide).collect();
        let items: Vec<ItemRow> = read(&folder.join(format!("{name}.items.jsonl")))?;
        let start = Instant::now();
        let library = Library::of(&guides, &Weights::default());
        let built = start.elapsed();
        let rank = |row: &ItemRow| library.ranking(&item(row), 5);
        let ranked: Vec<(Vec<Choice>, &ItemRow)> = items.iter().map(|row| (rank(row), row)).collect();
        let best = |ranking: &[Choice]| ranking.first().map_or(0.0, |choice| choice.score);
        let right = |ranking: &[Choice], row: &ItemRow| ranking.first().is_some_and(|c| row.gold.contains(&c.slug));
        let outcome = Outcome {
            items: ranked.iter().map(|(ranking, row)| (best(ranking), right(ranking, row))).collect(),
            foreign: foreign.iter().map(|row| best(&rank(row))).collect(),
        };
        let first = mean(outcome.items.iter().map(|(_, right)| f64::from(u8::from(*right))));
        let gain = mean(ranked.iter().map(|(ranking, row)| gain(ranking, &row.gold)));
        let auc = outcome.auc();
        println!(
            "{name:<14} {:>6} {:>6} {first:>5.3}  {gain:>6.3} {auc:>20.4}  {built:.1?}",
            guides.len(),
            items.len()
        );
        firsts.push(first);
        gains.push(gain);
        outcomes.push(outcome);
    }
    let (first, gain) = (mean(firsts.into_iter()), mean(gains.into_iter()));
    println!("mean                         {first:>5.3}  {gain:>6.3}\n");
    println!("threshold  foreign items paired  pairs that were right  items paired  items paired rightly");
    for threshold in [0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8] {
        let each = |f: fn(&Outcome, f64) -> f64| 100.0 * mean(outcomes.iter().map(|outcome| f(outcome, threshold)));
        let foreign = each(|o, t| mean(o.foreign.iter().map(|score| f64::from(u8::from(*score >= t)))));
        let paired = each(|o, t| mean(o.items.iter().map(|(score, _)| f64::from(u8::from(*score >= t)))));
        let rightly = each(|o, t| mean(o.items.iter().map(|(s, right)| f64::from(u8::from(*s >= t && *right)))));
        let right = each(|o, t| mean(o.items.iter().filter(|(s, _)| *s >= t).map(|(_, r)| f64::from(u8::from(*r)))));
        println!("{threshold:>9.2} {foreign:>20.1}% {right:>21.0}% {paired:>12.0}% {rightly:>20.0}%");
    }
    large();
    Ok(())
}

/// How long a large library of made-up guides takes.
fn large() {
    let words = |seed: usize, most: usize| -> String {
        let word = |n: usize| format!("word{}", (seed * 7_919 + n * n * 31) % 20_000);
        (0..most).map(word).collect::<Vec<_>>().join(" ")
    };
    let section = |seed| SectionRow { heading: words(seed, 4), text: words(seed + 1, 150) };
    let row = |n: usize| GuideRow {
        id: format!("guide-{n}"),
        title: words(n, 3),
        summary: words(n, 30),
        sections: (0..10).map(|part| section(n * 10 + part)).collect(),
    };
    let guides: Vec<Guide> = (0..2_000).map(|n| guide(row(n))).collect();
    let items: Vec<Item> = (0..300)
        .map(|n| ItemRow { id: n.to_string(), title: words(n, 8), summary: words(n * 3, 60), gold: Vec::new() })
        .map(|row| item(&row))
        .collect();
    let start = Instant::now();
    let library = Library::of(&guides, &Weights::default());
    let built = start.elapsed();
    let start = Instant::now();
    let paired = items.iter().filter(|item| library.fit(item, &mut Vec::new()).slug.is_some()).count();
    let each = start.elapsed();
    println!(
        "\n2,000 made-up guides of 1,500 words: read in {built:.1?}; 300 items, {paired} of them paired, in {each:.1?}"
    );
}

impl Outcome {
    /// How often an item of the set scores higher than a foreign one; ties count half.
    fn auc(&self) -> f64 {
        let wins = self.items.iter().map(|(score, _)| {
            mean(self.foreign.iter().map(|foreign| match score.total_cmp(foreign) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            }))
        });
        mean(wins)
    }
}

/// nDCG@5 with every gold guide worth the same.
fn gain(ranking: &[Choice], gold: &[String]) -> f64 {
    let at = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let hits = ranking.iter().enumerate().filter(|(_, choice)| gold.contains(&choice.slug));
    hits.map(|(place, _)| at(place)).sum::<f64>() / (0..gold.len().min(5)).map(at).sum::<f64>()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count.max(1))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let rows = text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str);
    rows.collect::<Result<_, _>>().with_context(|| format!("cannot parse {}", path.display()))
}

fn guide(row: GuideRow) -> Guide {
    let section = |s: SectionRow| Section { heading: s.heading, text: s.text };
    Guide {
        slug: row.id,
        topic: row.title.clone(),
        title: row.title,
        level: Level::Beginner,
        status: Status::Live,
        version: 1,
        updated: None,
        tldr: row.summary,
        takeaways: Vec::new(),
        sections: row.sections.into_iter().map(section).collect(),
        related_topics: Vec::new(),
        related_guides: Vec::new(),
        related_guides_count: 0,
        timeline: Vec::new(),
        faq: Vec::new(),
        versions: Vec::new(),
        url: None,
    }
}

fn item(row: &ItemRow) -> Item {
    Item {
        id: row.id.clone(),
        title: row.title.clone(),
        source: String::new(),
        published: Published::Day(chrono::NaiveDate::default()),
        score: None,
        url: None,
        summary: row.summary.clone(),
        topics: Vec::new(),
        guides: Vec::new(),
        extra: serde_json::Map::new(),
    }
}
