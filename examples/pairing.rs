//! Measures the pairing of news with guides as it ships. `cargo run --release --example pairing -- FOLDER` reads sets of
//! JSON Lines, `NAME.guides.jsonl` (id, title, summary, sections of heading and text) and `NAME.items.jsonl` (id, title,
//! summary, gold: the ids of guides that people chose), and news for which no guide is right, `no_match.items.jsonl`. With
//! `--headlines` behind the folder the items' summaries are left out.

#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement prints its figures")]

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use digest::compose::{Choice, Library, Weights};
use digest::model::{Guide, Item, Level, Published, Section, Status, TextFormat};
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

/// Thresholds that are tried.
const THRESHOLDS: [f64; 8] = [0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8];

/// How well one set was ranked: the best score of each item, and of each foreign item.
struct Ranked {
    items: Vec<f64>,
    foreign: Vec<f64>,
}

/// What was paired of one set under a threshold, as parts of one: foreign items, items, and items with the right guide.
#[derive(Clone, Copy)]
struct Paired {
    foreign: f64,
    items: f64,
    rightly: f64,
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("name the folder of the sets")?;
    let headlines = std::env::args().nth(2).is_some_and(|flag| flag == "--headlines");
    let folder = Path::new(&folder);
    let items = |name: &str| -> Result<Vec<ItemRow>> {
        let mut rows: Vec<ItemRow> = read(&folder.join(format!("{name}.items.jsonl")))?;
        rows.iter_mut().filter(|_| headlines).for_each(|row| row.summary.clear());
        Ok(rows)
    };
    let foreign = items("no_match")?;
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().to_string_lossy().strip_suffix(".guides.jsonl").map(str::to_owned));
    }
    names.sort();
    let (mut firsts, mut gains) = (Vec::new(), Vec::new());
    let mut paired: Vec<Vec<Paired>> = vec![Vec::new(); THRESHOLDS.len()];
    println!("set            guides  items   R@1  nDCG@5  AUC against foreign  built in");
    for name in &names {
        let rows: Vec<GuideRow> = read(&folder.join(format!("{name}.guides.jsonl")))?;
        let guides: Vec<Guide> = rows.into_iter().map(guide).collect();
        let items = items(name)?;
        let start = Instant::now();
        let library = Library::of(&guides, &Weights::default());
        let built = start.elapsed();
        let rank = |row: &ItemRow| library.ranking(&item(row), 5);
        let ranked: Vec<(Vec<Choice>, &ItemRow)> = items.iter().map(|row| (rank(row), row)).collect();
        let best = |ranking: &[Choice]| ranking.first().map_or(0.0, |choice| choice.score);
        let right = |ranking: &[Choice], row: &ItemRow| ranking.first().is_some_and(|c| row.gold.contains(&c.slug));
        let first = mean(ranked.iter().map(|(ranking, row)| f64::from(u8::from(right(ranking, row)))));
        let gain = mean(ranked.iter().map(|(ranking, row)| gain(ranking, &row.gold)));
        let scores = Ranked {
            items: ranked.iter().map(|(ranking, _)| best(ranking)).collect(),
            foreign: foreign.iter().map(|row| best(&rank(row))).collect(),
        };
        let auc = scores.auc();
        println!(
            "{name:<14} {:>6} {:>6} {first:>5.3}  {gain:>6.3} {auc:>20.4}  {built:.1?}",
            guides.len(),
            items.len()
        );
        firsts.push(first);
        gains.push(gain);
        for (threshold, paired) in THRESHOLDS.iter().zip(&mut paired) {
            paired.push(pair(&guides, &items, &foreign, *threshold));
        }
    }
    let (first, gain) = (mean(firsts.into_iter()), mean(gains.into_iter()));
    println!("mean                         {first:>5.3}  {gain:>6.3}\n");
    println!("threshold  foreign items paired  pairs that were right  items paired  items paired rightly");
    for (threshold, sets) in THRESHOLDS.iter().zip(&paired) {
        let each = |part: fn(&Paired) -> f64| 100.0 * mean(sets.iter().map(part));
        let (foreign, items) = (each(|set| set.foreign), each(|set| set.items));
        let (right, rightly) = (each(|set| set.rightly / set.items.max(f64::MIN_POSITIVE)), each(|set| set.rightly));
        println!("{threshold:>9.2} {foreign:>20.1}% {right:>21.0}% {items:>12.0}% {rightly:>20.0}%");
    }
    large();
    Ok(())
}

/// Pairs a set as compose would.
fn pair(guides: &[Guide], items: &[ItemRow], foreign: &[ItemRow], threshold: f64) -> Paired {
    let library = Library::of(guides, &Weights { pair_threshold: threshold, ..Weights::default() });
    let slug = |row: &ItemRow| library.fit(&item(row), &mut Vec::new()).slug;
    let part = |yes: bool| f64::from(u8::from(yes));
    let found: Vec<(Option<String>, &ItemRow)> = items.iter().map(|row| (slug(row), row)).collect();
    Paired {
        foreign: mean(foreign.iter().map(|row| part(slug(row).is_some()))),
        items: mean(found.iter().map(|(slug, _)| part(slug.is_some()))),
        rightly: mean(found.iter().map(|(slug, row)| part(slug.as_ref().is_some_and(|slug| row.gold.contains(slug))))),
    }
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

impl Ranked {
    /// How often an item of the set scores higher than a foreign one; ties count half.
    fn auc(&self) -> f64 {
        let wins = self.items.iter().map(|score| {
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
        format: TextFormat::default(),
        topics: Vec::new(),
        guides: Vec::new(),
        extra: serde_json::Map::new(),
    }
}
