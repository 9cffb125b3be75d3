//! Every rule of the news files, with the words of its error.

use std::path::Path;

use proptest::prelude::*;

use super::*;

const GOOD: &str = r#"{"title":"A","source":"S","published":"2026-11-20"}"#;

fn read(name: &str, text: &str) -> Result<Intake<Item>, String> {
    read_news(Path::new(name), text.as_bytes(), now(), now()).map_err(|e| e.to_string())
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_586_400, 0).unwrap()
}

fn refused(name: &str, text: &str, words: &str) {
    let error = read(name, text).expect_err(text);
    assert!(error.contains(words), "{error:?} should say {words:?}");
}

#[test]
fn an_error_names_line_field_and_remedy() {
    let text = format!("{GOOD}\n\n{}", GOOD.replace('}', r#","score":11}"#));
    let expected = "n.jsonl:3: `score` must be a number from 0 to 10, found 11\n  help: the score comes from your news pipeline; drop the line or correct it";
    assert_eq!(read("n.jsonl", &text).unwrap_err(), expected);
}

#[test]
fn a_date_to_come_is_told_with_its_line_and_stands() {
    let far = GOOD.replace("2026-11-20", "2030-01-01");
    let csv = "title,source,published\nA,S,2026-11-26\nB,S,2030-01-01\n";
    for (name, text, line) in
        [("n.jsonl", format!("{GOOD}\n{far}\n"), 2), ("n.json", format!("[\n{far}]"), 2), ("n.csv", csv.into(), 3)]
    {
        let intake = read(name, &text).unwrap();
        assert_eq!(intake.records.last().unwrap().published.to_string(), "2030-01-01");
        let told: Vec<String> = intake.notices.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with(&format!("{name}:{line}: `published` is 2030-01-01, which is in the future")),
            "{told:?}"
        );
    }
    let feed = "<rss version=\"2.0\"><channel><title>W</title><item><title>T</title><pubDate>Tue, 01 Jan 2030 09:00:00 GMT</pubDate></item></channel></rss>";
    let intake = read("w.xml", feed).unwrap();
    assert!(intake.records.is_empty() && intake.notices[1].message.contains("in the future"), "{:?}", intake.notices);
}

#[test]
fn a_sheet_may_part_its_cells_by_semicolons_or_tabs() {
    for separator in [",", ";", "\t"] {
        let text = "\ntitle|source|published|score|topics\n\"One, two; three\tfour\"|S|2026-11-20|\"8,5\"|\"a;b\"\n\nB|S|2026-11-21|7|\n";
        let intake = read("n.csv", &text.replace('|', separator)).unwrap();
        let first = &intake.records[0];
        assert_eq!((first.title.as_str(), first.score), ("One, two; three four", Some(8.5)), "{separator:?}");
        assert_eq!(first.topics, ["a", "b"]);
        let short = text.replace("B|S|2026-11-21|7|", "B|S|2026-11-21|7").replace('|', separator);
        refused("n.csv", &short, "n.csv:5: expected 5 cells as in the header row, found 4");
        let open = text.replace("\"8,5\"", "\"8,5").replace('|', separator);
        assert!(read("n.csv", &open).unwrap_err().contains("quot"), "{separator:?}");
    }
    refused("n.csv", "title source published\nA\n", "the column `title` is required");
}

#[test]
fn bad_fields_are_refused() {
    for (from, to, words) in [
        (r#""A""#, "7", "n.jsonl:1: `title` must be a string, found 7"),
        (r#""A""#, "\" \"", "`title` is required, found nothing"),
        (r#""source":"S","#, "", "`source` is required"),
        ("2026-11-20", "20 Nov", "`published` must be an RFC 3339 time or YYYY-MM-DD, found \"20 Nov\""),
        ("2026-11-20", "2026-02-30", "`published` must be"),
        ("}", r#","score":"8"}"#, "`score` must be a number from 0 to 10, found \"8\""),
        ("}", r#","score":-1}"#, "found -1"),
        ("}", r#","score":NaN}"#, "JSON has no NaN"),
        ("}", r#","score":1e400}"#, "number out of range"),
        ("}", r#","url":"javascript:x"}"#, "`url` must be an http or https URL"),
        ("}", r#","url":"https://a b.org"}"#, "`url` must be"),
        ("}", r#","topics":"x"}"#, "`topics` must be a list of strings, found \"x\""),
        ("}", r#","topics":[1]}"#, "`topics` must be a list of strings"),
        ("}", r#","guides":["Not A Slug"]}"#, "`guides` must be a list of guide slugs"),
        ("}", r#","title":"B"}"#, "the key \"title\" appears twice in one object"),
        ("}", r#","x":{"y":1,"y":2}}"#, "the key \"y\" appears twice in one object"),
        ("}", ",}", "trailing comma"),
        ("}", "} {}", "trailing characters"),
        ("}", "", "not valid JSON"),
    ] {
        refused("n.jsonl", &GOOD.replacen(from, to, 1), words);
    }
    refused("n.jsonl", "[]", "expected a JSON object");
    refused("n.jsonl", &format!("{{\"x\":{}", "[".repeat(100_000)), "recursion limit");
}

#[test]
fn json_names_the_line_of_the_record() {
    let text = format!(
        "[\n{GOOD},\n\n  {{\"title\": \"]}},\\\"\",\n \"source\": \"S\", \"published\": 1}},\n{{\"title\":3}}]"
    );
    let error = read("n.json", &text).unwrap_err();
    assert!(error.contains("n.json:4: `published`") && error.contains("n.json:6: `title`"), "{error}");
    assert_eq!(read("n.json", GOOD).unwrap().records.len(), 1);
    assert_eq!(read("n.json", &format!(" [{GOOD} , {GOOD}] ")).unwrap().records.len(), 2);
    assert!(read("n.json", "[]").unwrap().records.is_empty());
    refused("n.json", &format!("{GOOD}\n{GOOD}"), "n.json:2: not valid JSON: trailing characters");
    refused("n.json", &format!("[{GOOD},]"), "trailing comma");
    refused("n.json", "", "empty file");
}

#[test]
fn bytes_are_read_as_they_come() {
    let crlf = format!("\u{feff}{GOOD}\r\n\r\n{GOOD}\r\n");
    assert_eq!(read("n.jsonl", &crlf).unwrap().records.len(), 2);
    assert_eq!(read("n", GOOD).unwrap().records.len(), 1);
    let error = read_news(Path::new("n.jsonl"), b"\n{\"title\": \"caf\xe9\"}", now(), now()).unwrap_err().to_string();
    assert!(error.contains("n.jsonl:2: ") && error.contains("0xE9") && error.contains("Latin-1"), "{error}");
    refused("n.xml", "<note/>", "not a feed");
}

#[test]
fn titles_are_cleaned_and_told() {
    let text = GOOD.replace("\"A\"", "\"A\\r\\nBcc: x\\u202e \\u0007\"");
    let intake = read("n.jsonl", &text).unwrap();
    assert_eq!(intake.records[0].title, "A Bcc: x");
    assert!(intake.notices[0].to_string().starts_with("n.jsonl:1: `title` had control"));
    let long = "word ".repeat(200);
    let intake = read("n.jsonl", &GOOD.replace("\"A\"", &format!("\"{long}\""))).unwrap();
    let title = &intake.records[0].title;
    assert!(title.chars().count() <= 500 && title.ends_with("word…"), "{title}");
    assert_eq!(intake.notices.len(), 1);
}

#[test]
fn ids_are_derived_and_unknown_fields_kept() {
    let with = |url: &str| {
        read("n.jsonl", &GOOD.replace('}', &format!(",\"url\":\"{url}\",\"score\":null,\"x\":[1]}}")))
            .unwrap()
            .records
            .remove(0)
    };
    let (a, b) = (with("https://example.org/a?utm_source=z"), with("http://www.example.org/a/"));
    assert_eq!((a.id.len(), &a.id, a.score), (12, &b.id, None));
    assert_eq!(item_to_json(&a)["url"], "https://example.org/a?utm_source=z");
    assert_eq!(item_to_json(&a)["x"], serde_json::json!([1]));
    let written =
        item_to_json(&read("n.jsonl", &GOOD.replace('}', r#","score":8.0,"id":"i"}"#)).unwrap().records[0]).to_string();
    assert_eq!(written, r#"{"id":"i","title":"A","source":"S","published":"2026-11-20","score":8}"#);
}

#[test]
fn csv_reads_by_its_header() {
    let text = "Title,source,published,score,topics,guides,desk\r\n\"A, \"\"b\"\"\",S,2026-11-20,7.5,x; y,g-1,north\r\n\r\nB,S,2026-11-21,,,,\r\n";
    let items = read("n.csv", text).unwrap().records;
    assert_eq!((items[0].title.as_str(), items[0].score), ("A, \"b\"", Some(7.5)));
    assert_eq!((items[0].topics.len(), items[0].guides.as_slice()), (2, ["g-1".to_owned()].as_slice()));
    assert_eq!(items[0].extra["desk"], "north");
    assert_eq!((items[1].score, items[1].extra.len()), (None, 0));
}

#[test]
fn csv_slips_are_refused() {
    const HEAD: &str = "title,source,published,score\n";
    for (text, words) in [
        ("A,S,2026-11-20,11", "n.csv:2: `score` must be a number from 0 to 10, found 11"),
        ("A,S,2026-11-20,NaN", "found \"NaN\""),
        ("A,S,2026-11-20,1e400", "found \"1e400\""),
        ("A,S,2026-11-20", "n.csv:2: expected 4 cells as in the header row, found 3"),
        ("A,S,2026-11-20,1\n\n\nB,S,x,1", "n.csv:5: `published`"),
        ("A,S,2026-11-20,1\n\"B,S,2026-11-20,1\nC,S,2026-11-20,1", "n.csv:3: the quote that opens a cell"),
        ("\"A\" b,S,2026-11-20,1", "n.csv:2: a quoted cell must end"),
        ("\"A\nb\",S,2026-11-20,1\nB,S,x,1", "n.csv:4: `published`"),
    ] {
        refused("n.csv", &format!("{HEAD}{text}"), words);
    }
    refused("n.csv", "titel,source,published\n", "did you mean title");
    refused("n.csv", "title,source,source,published\n", "appears twice");
    refused("n.csv", "", "empty file");
}

#[test]
fn equal_errors_are_one_line_and_many_are_capped() {
    let bad = GOOD.replace("\"S\"", "1");
    let error = read("n.jsonl", &format!("{bad}\n").repeat(10_000)).unwrap_err();
    assert!(error.lines().count() == 2 && error.contains("and 9999 more times"), "{error}");
    let many: String = (0..200).map(|i| GOOD.replace('}', &format!(",\"score\":{}}}\n", i + 11))).collect();
    let error = read("n.jsonl", &many).unwrap_err();
    assert!(error.ends_with("and 150 more errors of other kinds"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..80) {
        for name in ["a.json", "a.jsonl", "a.csv", "a"] {
            let _ = read_news(Path::new(name), &bytes, now(), now());
            let _ = read_news(Path::new(name), &GOOD.as_bytes()[..cut.min(GOOD.len())], now(), now());
        }
    }

    #[test]
    fn no_near_json_makes_it_panic(text in "[\\[\\]{}\",:\\\\a1é\n ;]{0,60}") {
        for name in ["a.json", "a.jsonl", "a.csv", "a"] {
            let _ = read_news(Path::new(name), text.as_bytes(), now(), now());
        }
    }
}
