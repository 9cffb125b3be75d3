//! How load, compose and import grow with the content: time and peak memory at 1,000 to 100,000 items and 20 to 2,000 guides.
//! `cargo bench --bench size` makes two years of news from 300 sources, the same on every machine, and prints a table; each
//! figure comes from a process of its own. Ratios: to reading the same bytes, and to the row with a tenth of the items.

#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints its figures")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use digest::pipeline::Site;

/// The last day of the news, a Wednesday, on which the issue is composed.
const NOW: &str = "2026-11-25T05:00:00Z";
const DAYS: u64 = 730;
const SOURCES: usize = 300;
const TOPICS: usize = 400;
const RUNS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, what, root] = arguments.as_slice()
        && mode == "measure"
    {
        return measure(what, Path::new(root));
    }
    let dir = tempfile::tempdir().expect("a folder");
    println!(
        "{:>8} {:>7} {:>9} {:>9} {:>8} {:>7} {:>9} {:>8} {:>9}",
        "items", "guides", "MB", "load s", "x bytes", "x /10", "compose s", "x /10", "peak MB"
    );
    for guides in [20, 200, 2_000] {
        let mut before = None;
        for items in [1_000, 10_000, 100_000] {
            before = Some(row(dir.path(), &items.to_string(), items, DAYS, guides, before));
        }
    }
    println!("a normal week, nothing before it:");
    row(dir.path(), "week", 150, 7, 40, None);
    println!("import of one file into an empty folder, and once more into the full one:");
    for items in [1_000, 10_000, 100_000] {
        let root = publication(dir.path(), &format!("import-{items}"));
        let file: String = news(items, DAYS).into_iter().map(|(_, lines)| lines).collect();
        fs::write(root.join("in.jsonl"), &file).expect("a file");
        let [first, again] = [(); 2].map(|()| child("import", &root));
        println!(
            "{items:>8} items {:>6.1} MB: {:>7.3} s, {:>5.0} MB; again {:>7.3} s, {:>5.0} MB",
            file.len() as f64 / 1e6,
            first.seconds,
            first.megabytes,
            again.seconds,
            again.megabytes
        );
    }
}

/// Measures one publication and prints its line; the load's and the compose's seconds.
fn row(dir: &Path, name: &str, items: usize, days: u64, guides: usize, before: Option<(f64, f64)>) -> (f64, f64) {
    let root = publication(dir, &format!("{name}-{guides}"));
    let folder = root.join("content/news");
    for (week, lines) in news(items, days) {
        fs::write(folder.join(format!("{week}.jsonl")), lines).expect("a file");
    }
    for (slug, text) in library(guides) {
        fs::write(root.join(format!("content/guides/{slug}.md")), text).expect("a file");
    }
    let bytes = child("read", &root);
    let load = child("load", &root);
    let compose = child("compose", &root);
    let size = [folder, root.join("content/guides")].iter().map(|folder| size(folder)).sum::<u64>();
    let growth = |now: f64, then: Option<f64>| then.map_or("–".to_owned(), |then| format!("{:.1}", now / then));
    println!(
        "{items:>8} {guides:>7} {:>9.1} {:>9.3} {:>8.1} {:>7} {:>9.3} {:>8} {:>9.0}",
        size as f64 / 1e6,
        load.seconds,
        load.seconds / bytes.seconds,
        growth(load.seconds, before.map(|b| b.0)),
        compose.seconds,
        growth(compose.seconds, before.map(|b| b.1)),
        compose.megabytes,
    );
    fs::remove_dir_all(&root).expect("the folder");
    (load.seconds, compose.seconds)
}

struct Figure {
    seconds: f64,
    megabytes: f64,
}

/// The best of a few processes that each do one thing: what a busy machine adds is noise.
fn child(what: &str, root: &Path) -> Figure {
    let run = || {
        let program = std::env::current_exe().expect("a path");
        let out = Command::new(program).args(["measure", what]).arg(root).output().expect("a process");
        assert!(out.status.success(), "{what}: {}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).expect("text");
        let (seconds, kilobytes) = text.trim().split_once(' ').expect("two figures");
        let megabytes = kilobytes.parse::<f64>().expect("kB") / 1024.0;
        Figure { seconds: seconds.parse().expect("seconds"), megabytes }
    };
    // An import into an empty folder finds it empty once.
    let runs = if what == "import" { 1 } else { RUNS };
    (0..runs).map(|_| run()).min_by(|a, b| a.seconds.total_cmp(&b.seconds)).expect("a run")
}

/// Does one thing and prints its seconds and the process's peak memory in kB.
fn measure(what: &str, root: &Path) {
    let now: DateTime<Utc> = NOW.parse().expect("a time");
    let site = Site::open(root, Path::new("config.toml"), now).expect("a site");
    let start = Instant::now();
    match what {
        "read" => {
            let files = ["news", "guides"].map(|name| fs::read_dir(root.join("content").join(name)).expect("a folder"));
            let all: Vec<Vec<u8>> =
                files.into_iter().flatten().map(|f| fs::read(f.expect("a file").path()).expect("bytes")).collect();
            std::hint::black_box(all);
        }
        "load" => drop(std::hint::black_box(site.content().load().expect("content"))),
        "compose" => drop(std::hint::black_box(site.drafts().compose("midweek", None).expect("a draft"))),
        _ => drop(site.content().import_news(&[root.join("in.jsonl")], site.now()).expect("an import")),
    }
    print_figures(start.elapsed());
}

fn print_figures(time: Duration) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|rest| rest.split_whitespace().next()).unwrap_or("0");
    println!("{} {kilobytes}", time.as_secs_f64());
}

/// An empty publication with the shipped settings.
fn publication(dir: &Path, name: &str) -> PathBuf {
    let root = dir.join(name);
    for folder in ["content/news", "content/guides", "issues"] {
        fs::create_dir_all(root.join(folder)).expect("a folder");
    }
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml"), root.join("config.toml"))
        .expect("the settings");
    root
}

fn size(folder: &Path) -> u64 {
    fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").metadata().expect("a size").len()).sum()
}

/// News of the last `days` days as the lines of each week's file.
fn news(items: usize, days: u64) -> Vec<(String, String)> {
    let (mut chance, tongue) = (Chance(7), Tongue::new(30_000));
    let now: DateTime<Utc> = NOW.parse().expect("a time");
    let mut weeks: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for n in 0..items {
        let at = now - TimeDelta::seconds(i64::try_from(chance.below(days * 86_400)).expect("a time"));
        let source = chance.zipf(SOURCES);
        let words = 6 + chance.below(9);
        let title = tongue.sentence(&mut chance, words);
        let words = 35 + chance.below(50);
        let summary = tongue.sentence(&mut chance, words);
        let (first, second) = (chance.zipf(TOPICS), chance.zipf(TOPICS));
        let score = chance.below(21) as f64 / 2.0;
        let week = at.iso_week();
        let lines = weeks.entry(format!("{:04}-W{:02}", week.year(), week.week())).or_default();
        let at = at.format("%Y-%m-%dT%H:%M:%SZ");
        let url = format!("https://source-{source}.example/{}/{n}", tongue.words[chance.zipf(9_000)]);
        let _ = writeln!(
            lines,
            r#"{{"id":"item-{n}","title":"{title}","source":"Source {source}","published":"{at}","score":{score},"url":"{url}","summary":"{summary}.","topics":["Topic {first}","Topic {second}"]}}"#
        );
    }
    weeks.into_iter().collect()
}

/// Guides of about 1,500 words, each with a topic of its own while topics last.
fn library(guides: usize) -> Vec<(String, String)> {
    let (mut chance, tongue) = (Chance(11), Tongue::new(30_000));
    let mut out = Vec::new();
    for n in 0..guides {
        let level = ["beginner", "intermediate", "advanced"][n % 3];
        let title = tongue.sentence(&mut chance, 4);
        let mut text = format!(
            "+++\nslug = \"guide-{n}\"\ntitle = \"Topic {n}: {title}\"\ntopic = \"Topic {n}\"\nlevel = \"{level}\"\n"
        );
        let _ = writeln!(text, "tldr = \"{}.\"\ntakeaways = [", tongue.sentence(&mut chance, 40));
        for _ in 0..4 {
            let _ = writeln!(text, "  \"{}.\",", tongue.sentence(&mut chance, 15));
        }
        text.push_str("]\n+++\n");
        for _ in 0..7 {
            let _ = write!(text, "\n## {}\n\n", tongue.sentence(&mut chance, 4));
            for _ in 0..10 {
                let _ = write!(text, "{}. ", tongue.sentence(&mut chance, 20));
            }
            text.push('\n');
        }
        out.push((format!("guide-{n}"), text));
    }
    out
}

/// Words that are no language's, by rank: the n-th is used about 1/n as often as the first.
struct Tongue {
    words: Vec<String>,
}

impl Tongue {
    fn new(size: usize) -> Self {
        const SYLLABLES: [&str; 20] = [
            "ba", "den", "ki", "lor", "mu", "na", "pel", "ri", "sto", "ta", "ven", "wi", "xo", "ya", "zer", "cha",
            "dri", "fen", "gol", "hu",
        ];
        let word = |rank: usize| {
            let (mut rest, mut word) = (rank + 1, String::new());
            while rest > 0 {
                word.push_str(SYLLABLES[rest % 20]);
                rest /= 20;
            }
            word
        };
        Self { words: (0..size).map(word).collect() }
    }

    fn sentence(&self, chance: &mut Chance, words: u64) -> String {
        let words: Vec<&str> = (0..words).map(|_| self.words[chance.zipf(self.words.len())].as_str()).collect();
        words.join(" ")
    }
}

/// `SplitMix64`: numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A rank below `size`: the logarithm of the rank is even, which is Zipf's law with the exponent 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to below size")]
    fn zipf(&mut self, size: usize) -> usize {
        let even = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        (((size as f64).powf(even) - 1.0) as usize).min(size - 1)
    }
}
