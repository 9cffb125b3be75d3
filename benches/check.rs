//! How long the check of a 25-item Sunday takes, warm: the rules alone, and with the render before them.
//! `cargo bench --bench check` prints medians.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use digest::check::{self, Context, Known};
use digest::issues;
use digest::model::{Draft, Item, Segment};
use digest::render::{self, Setting, Templates, sample};

const RUNS: usize = 201;

fn main() {
    weigh();
    let draft = sunday(25);
    let source = issues::to_toml(&draft);
    let items: Vec<Item> = draft.news.iter().map(item).collect();
    let base_scores = BTreeMap::new();
    let context = Context {
        source: &source,
        content: Some(Known {
            items: &items,
            guides: &[],
            base_scores: &base_scores,
            guide_stale: Duration::from_hours(8760),
        }),
        ..Context::default()
    };
    let setting = Setting { edition_title: "Sunday", ..Setting::new(sample::publication(), sample::edition()) };
    let templates = Templates::builtin();
    let render = || render::render(&draft, &setting, &templates).expect("an issue");
    let rendered = render();
    let start = Instant::now();
    let report = check::check(&draft, &rendered, &context);
    let first = start.elapsed();
    println!("25 items: HTML {} bytes, text {} bytes", report.html_bytes, report.text_bytes);
    for finding in &report.findings {
        println!("  {} {}: {}", finding.code, finding.where_, finding.message);
    }
    print("check, the first in a process", first);
    print("check, warm", median(|| drop(black_box(check::check(&draft, &rendered, &context)))));
    print("render, warm", median(|| drop(black_box(render()))));
    print("render and check, warm", median(|| drop(black_box(check::check(&draft, &render(), &context)))));
    let mut bad = draft.clone();
    bad.news[3].url = Some("https://a.example/x?utm_source=us".into());
    let (source, rendered) = (issues::to_toml(&bad), render::render(&bad, &setting, &templates).expect("an issue"));
    let context = Context { source: &source, ..context };
    print("check with a finding to place, warm", median(|| drop(black_box(check::check(&bad, &rendered, &context)))));
}

/// What issues of several sizes weigh, as Gmail counts for its clip at 102,400 bytes.
fn weigh() {
    for items in [5, 12, 25, 60] {
        let setting = Setting { edition_title: "Sunday", ..Setting::new(sample::publication(), sample::edition()) };
        let rendered = render::render(&sunday(items), &setting, &Templates::builtin()).expect("an issue");
        let bytes = |segments: &[Segment]| {
            let shared = |segment: &Segment| if let Segment::Shared(text) = segment { text.len() } else { 0 };
            segments.iter().map(shared).sum::<usize>()
        };
        println!(
            "{items} items: HTML {} bytes, text {} bytes, without subscribers' values",
            bytes(&rendered.html),
            bytes(&rendered.text)
        );
    }
}

/// The full sample with so many stories, each under an address and a title of its own.
fn sunday(items: usize) -> Draft {
    let mut draft = sample::full();
    let stories = draft.news.clone();
    draft.news = (0..items)
        .map(|n| {
            let mut entry = stories[n * stories.len() / items].clone();
            entry.id = format!("item-{n}");
            entry.title = format!("{} ({})", entry.title, n + 1);
            entry.url = Some(format!("https://news.example/item-{n}"));
            entry
        })
        .collect();
    draft
}

fn item(entry: &digest::model::Entry) -> Item {
    Item {
        id: entry.id.clone(),
        title: entry.title.clone(),
        source: entry.source.clone(),
        published: entry.published,
        score: entry.score,
        url: entry.url.clone(),
        summary: entry.summary.clone(),
        topics: entry.topics.clone(),
        format: digest::model::TextFormat::default(),
        guides: Vec::new(),
        extra: serde_json::Map::new(),
    }
}

fn print(what: &str, time: Duration) {
    println!("{what:<40} {:>8.2} ms", time.as_secs_f64() * 1e3);
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}
