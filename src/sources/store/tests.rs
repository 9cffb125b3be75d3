//! The content folder after merges: what changes, and above all what does not.

use std::collections::BTreeMap;
use std::fs;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::model::Guide;
use crate::sources::{load, read_guides, read_news};

fn items(text: &str) -> Vec<Item> {
    read_news(
        Path::new("in.jsonl"),
        text.as_bytes(),
        chrono::DateTime::UNIX_EPOCH,
        chrono::DateTime::<chrono::Utc>::MAX_UTC,
    )
    .unwrap()
    .records
}

fn bytes(dir: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    files.map(|f| (f.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(f).unwrap())).collect()
}

fn counts(merged: &Merged) -> (usize, usize, usize) {
    (merged.added, merged.updated, merged.unchanged)
}

const TWO: &str = r#"{"id":"a","title":"A","source":"S","published":"2026-12-31","url":"https://example.org/a"}
{"id":"b","title":"B","source":"S","published":"2026-11-23","x":1}"#;

#[test]
fn items_go_to_the_week_they_appeared_in() {
    let dir = tempfile::tempdir().unwrap();
    let merged = merge_news(dir.path(), &items(TWO), Topics::Replace, &by_first).unwrap();
    assert_eq!(counts(&merged), (2, 0, 0));
    let files = bytes(&dir.path().join("news"));
    assert_eq!(files.keys().collect::<Vec<_>>(), ["2026-W48.jsonl", "2026-W53.jsonl"]);
    let again = merge_news(dir.path(), &items(TWO), Topics::Replace, &by_first).unwrap();
    assert_eq!((counts(&again), again.files.len()), ((0, 0, 2), 0));
    assert_eq!(bytes(&dir.path().join("news")), files);
    assert_eq!(load(dir.path()).unwrap().items.len(), 2);
}

#[test]
fn an_update_touches_its_line_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("news/2026-W48.jsonl");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let odd = "{ \"published\":\"2026-11-24\", \"title\":\"Odd\" ,\"source\":\"S\"}\r\n\n";
    let target =
        r#"{"id":"t","title":"T","source":"S","published":"2026-11-24","url":"https://example.org/t","kept":true}"#;
    fs::write(&file, format!("{odd}{target}\r\n{odd}").replace("Odd\" ,", "Odd\",").trim_end()).unwrap();
    let before = fs::read_to_string(&file).unwrap();
    let new = r#"{"title":"T2","source":"S","published":"2026-12-24","url":"http://www.example.org/t/?utm_source=q","more":2}
{"id":"n","title":"N","source":"S","published":"2026-11-24"}"#;
    let merged = merge_news(dir.path(), &items(new), Topics::Replace, &by_first).unwrap();
    assert_eq!(counts(&merged), (1, 1, 0));
    let expected_line = r#"{"id":"t","title":"T2","source":"S","published":"2026-12-24","url":"http://www.example.org/t/?utm_source=q","kept":true,"more":2}"#;
    let expected = before.replace(target, expected_line)
        + "\n"
        + r#"{"id":"n","title":"N","source":"S","published":"2026-11-24"}"#
        + "\n";
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn versions_decide_where_there_are_some() {
    let dir = tempfile::tempdir().unwrap();
    let item = |title: &str, version: &str| {
        items(&format!(r#"{{"id":"a","title":"{title}","source":"S","published":"2026-11-24"{version}}}"#))
    };
    for (title, version, expected) in [
        ("one", r#","version":2"#, (1, 0, 0)),
        ("older", r#","version":1"#, (0, 0, 1)),
        ("same", r#","version":2"#, (0, 0, 1)),
        ("none", "", (0, 0, 1)),
        ("newer", r#","version":3"#, (0, 1, 0)),
    ] {
        let merged = merge_news(dir.path(), &item(title, version), Topics::Replace, &by_first).unwrap();
        assert_eq!(counts(&merged), expected, "{title}");
        let noted = matches!(title, "older" | "same" | "none");
        assert_eq!(merged.notices.len(), usize::from(noted), "{title}");
    }
    assert_eq!(load(dir.path()).unwrap().items[0].title, "newer");
}

#[test]
fn a_malformed_file_stops_the_merge() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("news/2026-W01.jsonl");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "\n{oops\n").unwrap();
    let error = merge_news(dir.path(), &items(TWO), Topics::Replace, &by_first).unwrap_err().to_string();
    assert!(error.contains("2026-W01.jsonl:2: not valid JSON"), "{error}");
    assert_eq!(bytes(&dir.path().join("news")).len(), 1);
}

const GUIDE: &str = "+++\n# a comment\ntitle = \"G\"\nlevel = \"beginner\"\nversion = 2\n+++\n\n## H\n\nText.\n";

fn guide(text: &str) -> Vec<Guide> {
    let now: DateTime<Utc> = DateTime::UNIX_EPOCH;
    read_guides(Path::new("g.md"), text.as_bytes(), now, chrono_tz::Tz::UTC).unwrap().guides
}

#[test]
fn guides_are_written_once_and_never_stepped_back() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(counts(&merge_guides(dir.path(), &guide(GUIDE)).unwrap()), (1, 0, 0));
    assert_eq!(counts(&merge_guides(dir.path(), &guide(GUIDE)).unwrap()), (0, 0, 1));
    fs::write(dir.path().join("guides/g.md"), GUIDE).unwrap();
    assert_eq!(counts(&merge_guides(dir.path(), &guide(GUIDE)).unwrap()), (0, 0, 1));
    assert_eq!(fs::read_to_string(dir.path().join("guides/g.md")).unwrap(), GUIDE, "an editor's own layout stays");
    let older = merge_guides(dir.path(), &guide(&GUIDE.replace("= 2", "= 1"))).unwrap();
    assert_eq!((counts(&older), older.notices.len()), ((0, 0, 1), 1));
    let newer = merge_guides(dir.path(), &guide(&GUIDE.replace("= 2", "= 3"))).unwrap();
    assert_eq!(counts(&newer), (0, 1, 0));
    let mut bad = guide(GUIDE);
    bad[0].slug = "../x".into();
    assert!(merge_guides(dir.path(), &bad).is_err());
}

fn some_items() -> impl Strategy<Value = Vec<Item>> {
    let one = (0..4u8, 0..4u8, 0..3u8, 1..28u32, 0..4u64).prop_map(|(id, url, title, day, version)| {
        let url = if url == 0 { String::new() } else { format!(r#","url":"https://example.org/{url}""#) };
        let id = if id == 0 { String::new() } else { format!(r#","id":"i{id}""#) };
        let version = if version == 0 { String::new() } else { format!(r#","version":{version}"#) };
        format!(r#"{{"title":"t{title}","source":"s","published":"2026-11-{day:02}"{id}{url}{version}}}"#)
    });
    proptest::collection::vec(one, 0..12).prop_map(|lines| items(&lines.join("\n")))
}

/// An item that is new goes to an earlier file than the one that it shares its URL with, so the next import meets it first.
#[test]
fn the_second_import_meets_the_items_in_the_order_of_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let url = r#""url":"https://example.org/2""#;
    let stored = format!(r#"{{"id":"a","title":"t","source":"s","published":"2026-11-09",{url}}}"#);
    merge_news(dir.path(), &items(&stored), Topics::Replace, &by_first).unwrap();
    let line = |rest: &str| format!(r#"{{"title":"t","source":"s","published":"2026-11-01",{rest}}}"#);
    let lines = [
        line(&format!(r#""id":"i1","version":1,{url}"#)),
        line(&format!(r#""id":"i3","version":2,{url}"#)),
        line(r#""id":"i1""#),
    ];
    let second = items(&lines.join("\n"));
    merge_news(dir.path(), &second, Topics::Replace, &by_first).unwrap();
    let before = bytes(&dir.path().join("news"));
    assert_eq!(counts(&merge_news(dir.path(), &second, Topics::Replace, &by_first).unwrap()).1, 0);
    assert_eq!(bytes(&dir.path().join("news")), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn importing_twice_changes_nothing(first in some_items(), second in some_items()) {
        let dir = tempfile::tempdir().unwrap();
        merge_news(dir.path(), &first, Topics::Replace, &by_first).unwrap();
        merge_news(dir.path(), &second, Topics::Replace, &by_first).unwrap();
        let before = bytes(&dir.path().join("news"));
        let again = merge_news(dir.path(), &second, Topics::Replace, &by_first).unwrap();
        prop_assert_eq!((again.added, again.updated), (0, 0));
        prop_assert_eq!(bytes(&dir.path().join("news")), before);
    }
}

/// Records of one address, of three sources and of one source twice.
const ONE_ADDRESS: [&str; 5] = [
    r#"{"title":"Council approves the tunnel","source":"Gazette","published":"2026-11-24","score":9,"url":"https://city.example/tunnel?utm_source=a","summary":"The whole story."}"#,
    r#"{"title":"Tunnel, in brief","source":"Brief","published":"2026-11-24","score":4,"url":"http://www.city.example/tunnel/","summary":"A line."}"#,
    r#"{"title":"A tunnel","source":"Wire","published":"2026-11-23","score":7,"url":"https://city.example/tunnel"}"#,
    r#"{"title":"The tunnel comes","source":"Gazette","published":"2026-11-20","score":9,"url":"https://city.example/tunnel"}"#,
    r#"{"title":"Unscored","source":"Blog","published":"2026-11-22","url":"https://city.example/tunnel/index.html"}"#,
];

fn by_score(a: &Item, b: &Item) -> std::cmp::Ordering {
    let score = |item: &Item| item.score.unwrap_or(-1.0);
    score(b).total_cmp(&score(a)).then_with(|| by_first(a, b))
}

fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let with = |first: &usize| {
        let rest: Vec<usize> = of.iter().copied().filter(|at| at != first).collect();
        permutations(&rest).into_iter().map(move |rest| [vec![*first], rest].concat()).collect::<Vec<_>>()
    };
    of.iter().flat_map(with).collect()
}

#[test]
fn of_one_address_the_best_record_stands_in_whatever_order_and_file_they_come() {
    let mut seen = std::collections::BTreeSet::new();
    for (number, order) in permutations(&[0, 1, 2, 3, 4]).into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        // Split between two imports at every place in turn.
        let (first, second) = order.split_at(number % 6);
        for part in [first, second, second, first] {
            let lines: Vec<&str> = part.iter().map(|at| ONE_ADDRESS[*at]).collect();
            merge_news(dir.path(), &items(&lines.join("\n")), Topics::Replace, &by_score).unwrap();
        }
        let stored = load(dir.path()).unwrap().items;
        assert_eq!(stored.len(), 1, "{order:?}");
        seen.insert(item_to_json(&stored[0]).to_string());
    }
    assert_eq!(seen.len(), 1, "{seen:#?}");
    let stored: serde_json::Value = serde_json::from_str(seen.first().unwrap()).unwrap();
    assert_eq!(
        (&stored["title"], &stored["summary"]),
        (&"Council approves the tunnel".into(), &"The whole story.".into())
    );
    let also: Vec<&str> =
        stored["also"].as_array().unwrap().iter().filter_map(|other| other["source"].as_str()).collect();
    assert_eq!(also, ["Wire", "Brief", "Blog"]);
}

#[test]
fn a_source_corrects_its_own_record_and_the_best_one_changes_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let merge = |lines: &str| merge_news(dir.path(), &items(lines), Topics::Replace, &by_score).unwrap();
    merge(&ONE_ADDRESS[..3].join("\n"));
    merge(&ONE_ADDRESS[0].replace("\"score\":9", "\"score\":5"));
    let stored = load(dir.path()).unwrap().items.remove(0);
    assert_eq!((stored.source.as_str(), stored.score), ("Wire", Some(7.0)));
    merge(&ONE_ADDRESS[1].replace("\"score\":4", "\"score\":10"));
    let stored = load(dir.path()).unwrap().items.remove(0);
    assert_eq!((stored.source.as_str(), stored.summary.as_str()), ("Brief", "A line."));
    let again = merge(ONE_ADDRESS[2]);
    assert_eq!((counts(&again), again.files.len()), ((0, 0, 1), 0), "nothing changes the second time");
}

#[test]
fn what_the_editor_says_and_other_programs_names_in_also_stay() {
    let dir = tempfile::tempdir().unwrap();
    let merge = |lines: &str| merge_news(dir.path(), &items(lines), Topics::Replace, &by_score).unwrap();
    merge(&ONE_ADDRESS[1].replace('}', r#","also":["Radio","wire"],"editor_score":3}"#));
    merge(&ONE_ADDRESS[..3].join("\n"));
    let stored = load(dir.path()).unwrap().items.remove(0);
    assert_eq!((stored.source.as_str(), &stored.extra["editor_score"]), ("Gazette", &serde_json::json!(3)));
    let names = |value: &serde_json::Value| value.as_str().or(value["source"].as_str()).unwrap_or_default().to_owned();
    let also: Vec<String> = stored.extra["also"].as_array().unwrap().iter().map(names).collect();
    assert_eq!(also, ["Wire", "Brief", "Radio"]);
}
