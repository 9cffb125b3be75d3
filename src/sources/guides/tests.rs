//! Markdown and JSON guides: every rule, and the way there and back.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::model::{Faq, Level, Section, Status, TimelineEntry, Version};

const GOOD: &str = "+++\ntitle = \"Sorting: a tour\"\ntopic = \"Sorting\"\nlevel = \"Advanced\"\nupdated = 2026-01-02\n\n[[timeline]]\ntext = \"It began\"\ndate = 1945-06-30\n+++\nIntro.\n\n## One\n\nText.\n\\## not a heading\n";

fn read(name: &str, text: &str) -> Result<Imported, String> {
    read_guides(Path::new(name), text.as_bytes(), DateTime::UNIX_EPOCH, Tz::UTC).map_err(|e| e.to_string())
}

fn refused(text: &str, words: &str) {
    let error = read("g.md", text).expect_err(text);
    assert!(error.contains(words), "{error:?} should say {words:?}");
}

#[test]
fn markdown_reads_front_matter_and_sections() {
    for text in [GOOD.to_owned(), format!("\u{feff}{}", GOOD.replace('\n', "\r\n"))] {
        let guide = read("sorting.md", &text).unwrap().guides.remove(0);
        assert_eq!(
            (guide.slug.as_str(), guide.level, guide.status, guide.version),
            ("sorting", Level::Advanced, Status::Live, 1)
        );
        assert_eq!(guide.timeline[0].date.unwrap().to_string(), "1945-06-30");
        let sections: Vec<_> = guide.sections.iter().map(|s| (s.heading.as_str(), s.text.as_str())).collect();
        assert_eq!(sections, [("", "Intro."), ("One", "Text.\n## not a heading")]);
    }
}

#[test]
fn yaml_front_matter_says_the_same() {
    let yaml = "---\ntitle: 'Sorting: a tour'\ntopic: Sorting\nlevel: Advanced\nupdated: 2026-01-02\ntakeaways:\n  - one\n  - two\ntimeline:\n  - text: It began\n    date: 1945-06-30\n---\nIntro.\n\n## One\n\nText.\n\\## not a heading\n";
    for text in [yaml.to_owned(), yaml.replace('\n', "\r\n")] {
        let guide = read("sorting.md", &text).unwrap().guides.remove(0);
        let mut other = read("sorting.md", GOOD).unwrap().guides.remove(0);
        other.takeaways = vec!["one".into(), "two".into()];
        assert_eq!(guide, other);
    }
    for (from, to, words) in [
        ("topic", "topik", "g.md:3: `topik` is not a known key of a guide\n  help: did you mean `topic`?"),
        ("Advanced", "expert", "g.md:4: `level` must be beginner, intermediate or advanced, found \"expert\""),
        ("'Sorting: a tour'", "Sorting: a tour", "not valid YAML"),
    ] {
        refused(&yaml.replacen(from, to, 1), words);
    }
    refused("---\ntitle: A\n", "end it with a line `---`");
    refused("---\n- a\n---\n", "the front matter must be keys with values");
    let bomb = format!(
        "---\na: &a [x, x]\n{}title: A\n---\n",
        (0..40).map(|n| format!("b{n}: [*a, *a]\n")).collect::<Vec<_>>().concat()
    );
    assert!(read("g.md", &bomb).is_err());
}

#[test]
fn markdown_mistakes_are_named_with_their_line() {
    for (from, to, words) in [
        ("topic", "topik", "g.md:3: `topik` is not a known key of a guide\n  help: did you mean `topic`?"),
        ("\"Advanced\"", "\"expert\"", "g.md:4: `level` must be beginner, intermediate or advanced, found \"expert\""),
        ("2026-01-02", "\"soon\"", "g.md:5: `updated` must be a date as YYYY-MM-DD, found \"soon\""),
        ("text = ", "texts = ", "g.md:8: `timeline[0].texts` is not a known key"),
        ("1945-06-30", "7", "g.md:9: `timeline[0].date` must be a date"),
        ("title = \"Sorting: a tour\"", "", "`title` is required"),
        ("\"Sorting\"", "Sorting", "g.md:3: not valid TOML"),
        ("topic = \"Sorting\"", "title = \"B\"", "g.md:3: not valid TOML"),
        ("topic = \"Sorting\"", "slug = \"A b\"", "`slug` must be a slug"),
        ("topic = \"Sorting\"", "version = -1", "`version` must be a whole number"),
        ("topic = \"Sorting\"", "url = \"ftp://x\"", "`url` must be an http or https URL"),
        ("topic = \"Sorting\"", "related_guides = [\"B c\"]", "`related_guides` must be a list of guide slugs"),
        ("topic = \"Sorting\"", "sections = []", "`sections` must be the Markdown below"),
    ] {
        refused(&GOOD.replacen(from, to, 1), words);
    }
    refused("# A", "g.md:1: expected front matter");
    refused("+++\ntitle = \"A\"\n", "never closed");
    let both = GOOD.replace("\"Advanced\"", "1").replace("2026-01-02", "2");
    assert_eq!(read("g.md", &both).unwrap_err().matches("g.md:").count(), 2, "all errors at once");
}

#[test]
fn json_has_the_shape_of_the_list() {
    let guide = read("sorting.md", GOOD).unwrap().guides.remove(0);
    let one = serde_json::to_string_pretty(&guide).unwrap();
    assert_eq!(read("a.json", &one).unwrap().guides, std::slice::from_ref(&guide));
    assert_eq!(read("a", &format!("[{one}]")).unwrap().guides, std::slice::from_ref(&guide));
    assert_eq!(read("a.jsonl", &serde_json::to_string(&guide).unwrap()).unwrap().guides, [guide]);
    let error = read("a.json", &format!("[\n{one},\n{one}]")).unwrap_err();
    assert!(error.contains("appears twice in this file"), "{error}");
    let noted = read("a.json", "{\"title\":\"A b: c\",\"key_takeaways\":[]}").unwrap();
    assert_eq!((noted.guides[0].slug.as_str(), noted.guides[0].topic.as_str()), ("a-b", "A b"));
    assert!(noted.notices.iter().any(|n| n.message.contains("did you mean `takeaways`")), "{:?}", noted.notices);
}

fn line_of_text() -> impl Strategy<Value = String> {
    "[A-Za-z#+\\\\\"'é·][A-Za-z0-9 #+\\\\\"'é·]{0,20}".prop_map(|t| text::line(&t).text)
}

fn block_of_text() -> impl Strategy<Value = String> {
    proptest::collection::vec("(## |\\\\## |\\+\\+\\+|##|```| |\\\\|[a-z\"]){0,4}", 0..5)
        .prop_map(|lines| text::block(&lines.join("\n")).text)
}

prop_compose! {
    fn some_day()(day in 0i64..40_000) -> Option<chrono::NaiveDate> {
        (day % 3 != 0).then(|| DateTime::UNIX_EPOCH.date_naive() + chrono::TimeDelta::days(day))
    }
}

prop_compose! {
    fn some_guide()(
        slug in "[a-z0-9][a-z0-9-]{0,10}",
        title in line_of_text(),
        topic in line_of_text(),
        tldr in block_of_text(),
        takeaways in proptest::collection::vec(line_of_text(), 0..3),
        sections in proptest::collection::vec((line_of_text(), block_of_text(), any::<bool>()), 0..4),
        days in (some_day(), some_day(), some_day()),
        faq in proptest::collection::vec((line_of_text(), block_of_text()), 0..3),
        numbers in (0u32..9, 0u32..4, 0usize..3),
        related in proptest::collection::vec("[a-z0-9-]{1,5}", 0..3),
    ) -> Guide {
        let section = |(heading, text, bare): (String, String, bool)| {
            // A line that ends in #s is a closed heading to no one here, so it may stay.
            let heading = if bare && !text.is_empty() { String::new() } else { heading };
            Section { heading, text }
        };
        Guide {
            slug,
            title,
            topic: topic.clone(),
            level: Level::ALL[numbers.2],
            status: Status::ALL[numbers.2],
            version: numbers.0,
            updated: days.0,
            tldr,
            takeaways: takeaways.clone(),
            sections: sections.into_iter().map(section).collect(),
            related_topics: takeaways,
            related_guides: related,
            related_guides_count: numbers.1,
            timeline: vec![TimelineEntry { text: topic, date: days.1 }],
            faq: faq.into_iter().map(|(question, answer)| Faq { question, answer }).collect(),
            versions: vec![Version { version: numbers.0, date: days.2, status: days.0.map(|_| Status::Draft) }],
            url: days.0.map(|_| "https://example.org/g?a=\"b\"".to_owned()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_reads_back_equal(guide in some_guide()) {
        let text = write_markdown(&guide);
        let read = read_markdown(Path::new("x.md"), text.as_bytes());
        prop_assert_eq!(read.map(|r| r.0), Ok(guide), "{}", text);
    }

    #[test]
    fn a_cut_file_makes_no_panic(cut in 0usize..400) {
        let text = GOOD.get(..cut.min(GOOD.len())).unwrap_or_default();
        let _ = read("g.md", text);
    }
}
