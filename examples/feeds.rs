//! Reads the feed files of a folder, each by our reader and by feed-rs alone, and prints a line for each file: what came of it and why.
//! `bench/feeds` runs it. The folder holds files/ and expected.jsonl, whose `file` names each.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints, and stops where it cannot go on")]

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{TimeZone, Utc};
use digest::sources::{Origin, read_feed};
use serde_json::{Value, json};

fn main() {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (data, out) = (arguments.next().unwrap(), arguments.next().unwrap());
    let now = Utc.with_ymd_and_hms(2026, 11, 25, 6, 0, 0).unwrap();
    let expected = fs::read_to_string(data.join("expected.jsonl")).unwrap();
    let (mut ours, mut alone, mut reasons) =
        (String::new(), String::new(), std::collections::BTreeMap::<String, usize>::new());
    let (mut parsed, mut repaired, mut refused, mut items, mut entries) = (0, 0, 0, 0, 0);
    let (mut alone_read, mut alone_entries) = (0, 0);
    for line in expected.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let file = row["file"].as_str().unwrap();
        let bytes = fs::read(data.join(file)).unwrap();
        let origin = Origin { source: None, topics: &[], base: None, charset: None, now, latest: now };
        let (state, told) = match read_feed(Path::new(file), &bytes, &origin) {
            Ok(reading) => {
                items += reading.items.len();
                entries += reading.entries;
                *(if reading.notices.is_empty() { &mut parsed } else { &mut repaired }) += 1;
                for notice in &reading.notices {
                    *reasons.entry(reason(&notice.message)).or_default() += 1;
                }
                let told: Vec<String> = reading.notices.iter().map(|notice| notice.message.clone()).collect();
                let title = (!reading.title.is_empty()).then_some(reading.title);
                ours += &format!(
                    "{}\n",
                    json!({"file": file, "feed_title": title, "n_entries": reading.entries, "error": null})
                );
                (format!("{:>4} of {:<4}", reading.items.len(), reading.entries), told.join("; "))
            }
            Err(why) => {
                refused += 1;
                let why = why.0[0].message.clone();
                *reasons.entry(format!("refused: {why}")).or_default() += 1;
                ours += &format!("{}\n", json!({"file": file, "feed_title": null, "n_entries": 0, "error": why}));
                ("refused     ".into(), why)
            }
        };
        // Some files make it panic.
        let parse = || feed_rs::parser::parse(bytes.as_slice()).map_err(|why| why.to_string());
        let by_feed_rs = match std::panic::catch_unwind(parse).unwrap_or_else(|_| Err("panic".into())) {
            Ok(feed) => {
                alone_read += 1;
                alone_entries += feed.entries.len();
                alone += &format!(
                    "{}\n",
                    json!({"file": file, "feed_title": feed.title.map(|t| t.content), "n_entries": feed.entries.len(), "error": null})
                );
                format!("{:>4}", feed.entries.len())
            }
            Err(why) => {
                alone += &format!("{}\n", json!({"file": file, "feed_title": null, "n_entries": 0, "error": why}));
                if why == "panic" { "panic".into() } else { "   –".into() }
            }
        };
        println!("{state}  {by_feed_rs}  {file}  {told}");
    }
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join("ours.jsonl"), ours).unwrap();
    fs::write(out.join("feed-rs.jsonl"), alone).unwrap();
    println!(
        "\nours: {parsed} files as they are, {repaired} with a notice, {refused} refused; {items} items of {entries} entries"
    );
    println!("feed-rs alone: {alone_read} files, {alone_entries} entries\n");
    for (reason, files) in reasons {
        println!("{files:>4} files: {reason}");
    }
}

/// A notice without what is the file's own in it.
fn reason(message: &str) -> String {
    let message = message.split(" (and ").next().unwrap_or_default();
    let mut parts = message.split('"');
    let mut out = parts.next().unwrap_or_default().to_owned();
    if let Some(last) = parts.nth(1) {
        out = format!("{out}…{last}");
    }
    out.split(" (syntax").next().unwrap_or_default().to_owned()
}
