//! Bad input: each kind gets a clear notice and a sane outcome, and what a person wrote stays where that is safe.

use std::fs;
use std::path::Path;

use chrono::DateTime;
use chrono_tz::Tz;

use super::*;
use crate::model::Level;

const GOOD: &str = r#"{"id":"a","title":"A","source":"S","published":"2026-11-20"}"#;

fn news(name: &str, bytes: &[u8]) -> Result<Intake<Item>, String> {
    read_news(Path::new(name), bytes, chrono::DateTime::UNIX_EPOCH, chrono::DateTime::<chrono::Utc>::MAX_UTC)
        .map_err(|error| error.to_string())
}

/// The item of a line in which `from` became `to`, and the notices' words.
fn with(from: &str, to: &str) -> Result<(Item, String), String> {
    let line = GOOD.replacen(from, to, 1);
    assert_ne!(line, GOOD, "{from} stands in the line");
    let mut intake = news("n.jsonl", line.as_bytes())?;
    let told = intake.notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    Ok((intake.records.remove(0), told))
}

fn guides(name: &str, bytes: &[u8]) -> Result<Imported, String> {
    read_guides(Path::new(name), bytes, DateTime::UNIX_EPOCH, Tz::UTC).map_err(|error| error.to_string())
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

#[test]
fn scores_are_numbers_from_0_to_10_or_nothing() {
    for score in ["0", "10", "7.25", "null", "1e1", "-0.0"] {
        with("}", &format!(r#","score":{score}}}"#)).unwrap();
    }
    for (score, words) in [
        (r#""8/10""#, "n.jsonl:1: `score` must be a number from 0 to 10, found \"8/10\""),
        ("-1", "found -1"),
        ("11", "found 11"),
        ("10.0000001", "found 10.0000001"),
        ("1e999", "number out of range"),
        ("NaN", "JSON has no NaN"),
        ("Infinity", "JSON has no NaN and no Infinity"),
        ("true", "found true"),
    ] {
        let error = with("}", &format!(r#","score":{score}}}"#)).unwrap_err();
        assert!(error.contains(words) && error.contains("help: "), "{error}");
    }
}

#[test]
fn dates_are_days_of_the_calendar() {
    for date in ["9999-12-31", "9999-12-31T23:59:59-23:59", "1000-01-01", "2400-02-29", "2026-11-20T09:00:00+05:45"] {
        let (item, _) = with("2026-11-20", date).unwrap();
        for zone in [Tz::UTC, Tz::Pacific__Kiritimati, Tz::America__New_York] {
            assert!(item.published.earliest(zone) <= item.published.latest(zone), "{date}");
        }
        assert_eq!(item_to_json(&item)["published"], date, "kept as it was written");
    }
    for (date, words) in [
        ("0001-01-01", "`published` must be of a year from 1000 to 9999, found \"0001-01-01\""),
        ("0001-01-01T00:00:00Z", "of a year from 1000"),
        ("yesterday", "must be an RFC 3339 time or YYYY-MM-DD, found \"yesterday\""),
        ("2026-02-29", "must be an RFC 3339 time"),
        ("2026-11-20T25:00:00Z", "must be an RFC 3339 time"),
        ("20.11.2026", "must be an RFC 3339 time"),
        ("10000-01-01", "must be an RFC 3339 time"),
        ("", "must be an RFC 3339 time"),
    ] {
        let error = with("2026-11-20", date).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn long_texts_are_cut_and_told_but_no_id_is() {
    let long = "word ".repeat(2_000);
    let (item, told) = with("\"A\"", &format!("\"{long}\"")).unwrap();
    assert!(item.title.chars().count() <= 500 && item.title.ends_with('…'));
    assert!(told.contains("`title` is longer than 500 characters; it was cut at a word"), "{told}");
    let (item, told) = with("\"S\"", &format!("\"{long}\"")).unwrap();
    assert!(item.source.chars().count() <= 200 && told.contains("`source` is longer than 200"), "{told}");
    let (item, told) = with("}", &format!(r#","topics":["short","{long}"],"summary":"{long}{long}"}}"#)).unwrap();
    assert!(item.topics[1].chars().count() <= 200 && told.contains("`topics` is longer than 200"), "{told}");
    assert!(item.summary.chars().count() <= 10_000 && told.contains("`summary` is longer than 10000"), "{told}");
    let wide = "\u{1F600}".repeat(500);
    assert_eq!(with("\"A\"", &format!("\"{wide}\"")).unwrap().0.title, wide, "characters count, not bytes");
    let error = with("\"a\"", &format!("\"{}\"", "i".repeat(201))).unwrap_err();
    assert!(error.contains("`id` must be of at most 200 characters, found \"iii"), "{error}");
}

#[test]
fn writing_of_all_kinds_stays_as_it_is() {
    for title in [
        "مرحبا بالعالم",
        "שלום \u{200e}GPT-4o\u{200f} עולם",
        "می\u{200c}خواهم",
        "👩\u{200d}👩\u{200d}👧 and 🏳\u{fe0f}\u{200d}🌈",
        "क्षत्रिय",
        "Việt Nam",
        "e\u{301}",
        "日本語のニュース",
        "soft\u{ad}hyphen",
        "word\u{2060}joiner",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} beats",
    ] {
        let (item, told) = with("\"A\"", &format!("\"{title}\"")).unwrap();
        assert_eq!((item.title.as_str(), told.as_str()), (title, ""));
    }
}

#[test]
fn what_turns_or_hides_other_text_goes_and_is_told() {
    let heap = format!("H{}i", "\u{336}".repeat(40));
    for (title, clean) in [
        ("a\u{202e}b\u{202c}c", "abc"),
        ("a\u{2067}b\u{2069}c", "abc"),
        ("a\u{200b}b\u{feff}c\u{2061}d", "abcd"),
        ("a\u{3164}\u{e0041}b", "ab"),
        ("a\\u0000b\\u001b[31mc", "a b [31mc"),
        ("a\u{2028}b\\r\\nc\u{85}d", "a b c d"),
        (heap.as_str(), &format!("H{}i", "\u{336}".repeat(8))),
    ] {
        let (item, told) = with("\"A\"", &format!("\"{title}\"")).unwrap();
        assert_eq!(item.title, clean);
        assert!(told.starts_with("n.jsonl:1: `title` had control characters, hidden characters"), "{told}");
    }
    for nothing in ["\u{200d}", "\u{200e}\u{200f}", "\u{3164}", " \u{301} ", "\u{ad}", "\\u0007"] {
        let error = with("\"A\"", &format!("\"{nothing}\"")).unwrap_err();
        assert!(error.contains("`title` is required, found nothing"), "{error}");
    }
    let page = "Almanac\nGuide · Beginner\nSorting: a \u{202e}tour\nSortingBeginneractivev1livegenerated 2d ago\nTL;DR\nShort.\n";
    let read = guides("page.txt", page.as_bytes()).unwrap();
    assert_eq!(read.guides[0].title, "Sorting: a tour");
    assert!(read.notices.iter().any(|n| n.to_string().starts_with("page.txt:3: the line had")), "{:?}", read.notices);
}

#[test]
fn other_encodings_are_named() {
    let utf16 = |little: bool, mark: bool| -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(GOOD.encode_utf16());
        units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    for (little, mark) in [(true, true), (false, true), (true, false), (false, false)] {
        for read in [news("n.jsonl", &utf16(little, mark)).map(drop), guides("g.md", &utf16(little, mark)).map(drop)] {
            let error = read.unwrap_err();
            assert!(error.contains("must be UTF-8, found UTF-16") && error.contains("iconv -f utf-16"), "{error}");
        }
    }
    for (bytes, words) in [
        (
            b"title,source\nCaf\xe9,S".as_slice(),
            "n.csv:2: the file must be UTF-8, but the byte 0xE9 on this line is not valid UTF-8",
        ),
        (b"PK\x03\x04\x14\0\x06", "a spreadsheet (.xlsx, .ods)"),
        (b"\x1f\x8b\x08\0", "a gzip file"),
    ] {
        let error = news("n.csv", bytes).unwrap_err();
        assert!(error.contains(words) && error.contains("help: "), "{error}");
    }
    let marked = format!("\u{feff}{GOOD}\n");
    assert_eq!(news("n.jsonl", marked.as_bytes()).unwrap().records[0].title, "A");
}

#[test]
fn depth_and_length_have_an_end() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let bomb = format!("{{\"x\":{}1{}}}", open.repeat(50_000), close.repeat(50_000));
        for name in ["n.json", "n.jsonl"] {
            for text in [bomb.clone(), format!("[{bomb}]")] {
                assert!(news(name, text.as_bytes()).is_err() && guides(name, text.as_bytes()).is_err());
            }
        }
        let toml = format!("+++\ntitle = \"A\"\nx = {}1{}\n+++\n", "[".repeat(50_000), "]".repeat(50_000));
        assert!(guides("g.md", toml.as_bytes()).is_err());
    }
    let endless = GOOD.replace("\"A\"", &format!("\"{}\"", "x".repeat(records::LONGEST)));
    let row = format!("title,source,published\n{},S,2026-11-20", "x".repeat(records::LONGEST));
    for (name, text, line) in
        [("n.jsonl", format!("{GOOD}\n{endless}"), 2), ("n.json", format!("[{endless}]"), 1), ("n.csv", row, 2)]
    {
        let error = news(name, text.as_bytes()).unwrap_err();
        let start = format!("{name}:{line}: a record must have at most 1 MB, found a longer one\n  help: ");
        assert!(error.starts_with(&start) && error.lines().count() == 2, "{error}");
    }
    let header = "x".repeat(records::LONGEST + 1);
    assert!(news("n.csv", header.as_bytes()).unwrap_err().contains("a header row of at most 200 columns and 1 MB"));
    let columns = (0..=100_000).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    assert!(news("n.csv", columns.as_bytes()).unwrap_err().contains("found 100001 columns"));
}

#[test]
fn columns_that_differ_in_case_alone_are_both_named() {
    for (header, words) in [
        ("title,Title,source,published", "the columns \"title\" and \"Title\" differ in nothing but case"),
        ("title,source,published,Desk,DESK", "the columns \"Desk\" and \"DESK\" differ in nothing but case"),
        ("title,source,published,desk, desk ", "the column \"desk\" appears twice"),
    ] {
        let error = news("n.csv", format!("{header}\n").as_bytes()).unwrap_err();
        assert!(error.starts_with("n.csv:1: ") && error.contains(words), "{error}");
    }
}

#[test]
fn an_item_may_write_about_feeds() {
    let line = GOOD.replace("\"A\"", "\"About https://jsonfeed.org/version/1.1\"");
    assert_eq!(news("n.jsonl", line.as_bytes()).unwrap().records.len(), 1);
}

#[test]
fn one_id_twice_is_told_with_both_places() {
    let other = GOOD.replace("\"A\"", "\"B\"");
    let dir = folder(&[("news/a.jsonl", &format!("{GOOD}\n\n{other}\n")), ("news/b.jsonl", &other)]);
    let content = load(dir.path()).unwrap();
    assert_eq!(content.items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["A"]);
    let told: Vec<String> = content.notices.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "one line for one id: {told:?}");
    assert!(
        told[0].contains("a.jsonl:3: the news id `a` appears twice; the one at ")
            && told[0].contains("a.jsonl:1 counts"),
        "{told:?}"
    );

    let dir = tempfile::tempdir().unwrap();
    let items = news("n.jsonl", format!("{GOOD}\n{other}\n").as_bytes()).unwrap().records;
    let merged = merge_news(dir.path(), &items, Topics::Replace, &by_first).unwrap();
    let told = merged.notices[0].to_string();
    assert!(told.starts_with("1 of the 2 records name an item that another record") && told.contains("`a`"), "{told}");
}

#[test]
fn many_notices_are_few_lines() {
    let lines: String = (0..3_000).map(|n| GOOD.replace("\"a\"", &format!("\"i{}\"", n % 1_000)) + "\n").collect();
    let notices = load(folder(&[("news/a.jsonl", &lines)]).path()).unwrap().notices;
    assert_eq!(notices.len(), 201);
    assert!(notices[200].message.starts_with("and ") && notices[200].message.ends_with(" more notices of other kinds"));
}

#[test]
fn spellings_of_a_topic_are_named() {
    let item = |id: &str, topic: &str| {
        GOOD.replace("\"a\"", &format!("\"{id}\"")).replace('}', &format!(",\"topics\":[\"{topic}\"]}}\n"))
    };
    let lines = ["GPT 4o", "gpt-4o", "GPT\u{2011}4o", "ＧＰＴ-4o", "Sorting", "C++", "C#"];
    let lines: String = lines.iter().enumerate().map(|(n, topic)| item(&n.to_string(), topic)).collect();
    let guide = "+++\ntitle = \"G\"\ntopic = \"GPT-4o\"\nlevel = \"beginner\"\n+++\n";
    let content = load(folder(&[("news/a.jsonl", &lines), ("guides/g.md", guide)]).path()).unwrap();
    let told: Vec<String> = content.notices.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let words = "a topic is spelled in several ways, which count as one: \"GPT 4o\" = \"GPT-4o\" = \"GPT\u{2011}4o\" = \"gpt-4o\" = \"ＧＰＴ-4o\"";
    assert!(told[0].starts_with(words), "{told:?}");
    assert_eq!(content.items[3].topics, ["ＧＰＴ-4o"], "kept as it was written");
}

#[test]
fn a_second_pages_topic_joins_the_first() {
    let page = |topic: &str| {
        format!(
            "Almanac\nGuide · Beginner\n{topic}: a tour\n{topic}Beginneractivev1livegenerated 2d ago\nTL;DR\nShort.\n\
            More on {topic} (1)\n8Example Lab·3d ago·source ↗\nA shared piece of news\nIt is so.\n"
        )
    };
    let dir = tempfile::tempdir().unwrap();
    let import = |topic: &str| {
        let items = guides("page.txt", page(topic).as_bytes()).unwrap().items;
        merge_news(dir.path(), &items, Topics::Join, &by_first).unwrap();
        load(dir.path()).unwrap().items.remove(0).topics
    };
    assert_eq!(import("Sorting"), ["Sorting"]);
    assert_eq!(import("Searching"), ["Sorting", "Searching"]);
    assert_eq!(import("SORTING"), ["Sorting", "Searching"], "a spelling is no further topic");
    let mut items = guides("page.txt", page("Hashing").as_bytes()).unwrap().items;
    merge_news(dir.path(), &items, Topics::Replace, &by_first).unwrap();
    assert_eq!(load(dir.path()).unwrap().items.remove(0).topics, ["Hashing"], "the newsroom may take topics away");
    items[0].topics.clear();
    merge_news(dir.path(), &items, Topics::Replace, &by_first).unwrap();
    assert_eq!(load(dir.path()).unwrap().items.remove(0).topics, ["Hashing"], "saying nothing takes nothing away");
}

#[test]
fn an_unknown_level_is_named() {
    let read = |kind: &str, meta: &str| {
        let page =
            format!("Almanac\n{kind}\nSorting: a tour\nSorting{meta}activev1livegenerated 2d ago\nTL;DR\nShort.\n");
        let mut read = guides("page.txt", page.as_bytes()).unwrap();
        let told = read.notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        (read.guides.remove(0).level, told)
    };
    let (level, told) = read("Guide · Expert", "");
    assert_eq!(level, Level::Beginner);
    assert!(told.contains("page.txt:2: the level \"Expert\" is not known; it must be beginner, intermediate or advanced, and beginner was taken"), "{told}");
    let (level, told) = read("Guide · Expert", "Advanced");
    assert!(
        level == Level::Advanced && told.contains("\"Expert\" is not known") && told.contains("advanced was taken"),
        "{told}"
    );
    assert!(read("Guide", "").1.contains("the page names no level; beginner is assumed"));
    assert_eq!(read("Guide · Advanced", "Advanced"), (Level::Advanced, String::new()));
}
