//! Pages of every shape that the parser promises to read, written for these tests.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::names::Known;
use super::*;
use crate::model::Published;
use crate::sources::read_guides;

const PAGES: [(&str, &str); 8] = [
    ("full", include_str!("../../../../tests/fixtures/pages/full.txt")),
    ("no_timeline", include_str!("../../../../tests/fixtures/pages/no_timeline.txt")),
    ("no_faq", include_str!("../../../../tests/fixtures/pages/no_faq.txt")),
    ("reordered", include_str!("../../../../tests/fixtures/pages/reordered.txt")),
    ("odd_topic", include_str!("../../../../tests/fixtures/pages/odd_topic.txt")),
    ("no_news", include_str!("../../../../tests/fixtures/pages/no_news.txt")),
    ("dense_crlf", include_str!("../../../../tests/fixtures/pages/dense_crlf.txt")),
    ("versions", include_str!("../../../../tests/fixtures/pages/versions.txt")),
];

fn now() -> DateTime<Utc> {
    "2026-03-31T12:00:00Z".parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn read_text(text: &str) -> Imported {
    read_guides(Path::new("page.txt"), text.as_bytes(), now(), Tz::UTC).unwrap()
}

fn page(name: &str) -> (Guide, Vec<Item>, String) {
    let text = PAGES.iter().find(|(n, _)| *n == name).unwrap().1;
    let mut read = read_text(text);
    let notices = read.notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    (read.guides.pop().unwrap(), read.items, notices)
}

fn headings(guide: &Guide) -> Vec<&str> {
    guide.sections.iter().map(|s| s.heading.as_str()).collect()
}

#[test]
fn a_full_page_gives_every_part() {
    let (guide, items, notices) = page("full");
    assert_eq!((guide.slug.as_str(), guide.topic.as_str()), ("vector-search", "Vector search"));
    assert_eq!((guide.level, guide.status, guide.version), (Level::Beginner, Status::Live, 3));
    assert_eq!(guide.updated, Some(day("2026-03-26")));
    assert!(guide.tldr.starts_with("Vector search finds") && guide.tldr.ends_with("near in meaning."));
    assert_eq!(guide.takeaways.len(), 2);
    assert_eq!(headings(&guide), ["What an embedding is", "Where it helps"]);
    let list = "It finds what plain word search misses:\n\n- synonyms, such as car and automobile.\n- other languages.";
    assert_eq!(guide.sections[1].text, list);
    assert_eq!(guide.timeline[0].date, None);
    assert_eq!(guide.timeline[1].date, Some(day("2019-03-01")));
    assert_eq!(guide.related_topics, ["Qdrant", "Embeddings", "PostgreSQL"]);
    assert_eq!(guide.faq[1].answer, "Not for small sets.\n\nA laptop is enough there.");
    assert_eq!(guide.versions[1].status, Some(Status::Retired));
    assert_eq!(guide.versions[1].date, Some(day("2026-01-31")));
    assert_eq!(guide.related_guides_count, 2);
    assert_eq!(items.iter().map(|i| i.score).collect::<Vec<_>>(), [Some(10.0), Some(6.5)]);
    assert_eq!(items[1].published, Published::Day(day("2026-03-17")));
    assert_eq!(items[1].summary, "They fit in eight bits.\n\nRecall falls by a point.");
    assert_eq!(items[0].topics, ["Vector search"]);
    assert!(notices.contains("page.txt:27: \"A picture of near points\" stands alone"), "{notices}");
    assert_eq!(notices.matches("page.txt").count(), 1, "{notices}");
}

#[test]
fn parts_may_be_missing() {
    let (guide, items, notices) = page("no_timeline");
    assert!(guide.timeline.is_empty() && notices.is_empty(), "{notices}");
    assert_eq!((guide.status, guide.takeaways.len(), items.len()), (Status::Draft, 2, 1));
    assert_eq!(items[0].published, Published::Day(day("2026-03-30")));
    let (guide, items, notices) = page("no_faq");
    assert!(guide.faq.is_empty());
    assert_eq!(
        (guide.slug.as_str(), guide.tldr.as_str()),
        ("home-robots", "Robots that tidy up are on sale, and they are slow.")
    );
    assert_eq!(guide.takeaways[1], "They need a flat floor.");
    assert_eq!(guide.timeline[1].text, "A second one climbs stairs");
    assert_eq!(guide.related_guides, ["robot-arms", "cheap-sensors"]);
    assert_eq!((items[0].score, items[0].source.as_str()), (Some(7.0), "9to5Gadgets"));
    assert!(notices.contains("counts 3 news items here; 1 were found") && notices.contains("9to5Gadgets"), "{notices}");
    let (guide, items, notices) = page("no_news");
    assert!(items.is_empty() && guide.related_guides_count == 4);
    assert_eq!(headings(&guide), ["What a prompt is"]);
    assert!(notices.contains("Subscribe"), "{notices}");
}

#[test]
fn parts_may_stand_in_another_order() {
    let (guide, _, notices) = page("reordered");
    assert_eq!(headings(&guide), ["Why it matters", "What is still closed"]);
    assert_eq!((guide.faq.len(), guide.takeaways.len(), guide.versions.len()), (1, 1, 1));
    assert!(notices.contains("v4 · live·generated"), "a misplaced line is told: {notices}");
}

#[test]
fn odd_characters_in_a_topic_are_its_own() {
    let (guide, items, notices) = page("odd_topic");
    assert_eq!((guide.topic.as_str(), guide.level), ("C++ & CUDA (v2)", Level::Advanced));
    assert_eq!((guide.version, guide.status, guide.updated), (12, Status::Retired, Some(day("2026-03-31"))));
    assert_eq!(guide.slug, "c-cuda");
    assert!(items.is_empty() && notices.contains("archived"), "{notices}");
    assert_eq!(guide.related_topics[..2], ["Rust", "C++"]);
}

#[test]
fn a_page_without_blank_lines_reads() {
    let (guide, items, notices) = page("dense_crlf");
    assert_eq!(guide.title, "Tokens: how text is cut");
    assert_eq!(headings(&guide), ["What a token is"]);
    assert_eq!(guide.sections[0].text, "A model reads pieces, not letters.\n\nEach piece has a number.");
    assert_eq!((guide.timeline.len(), guide.faq.len(), items.len()), (2, 1, 1));
    assert_eq!(items[0].published, Published::Day(day("2026-02-28")));
    assert!(notices.is_empty(), "{notices}");
}

#[test]
fn what_is_not_understood_is_told() {
    let (guide, items, notices) = page("versions");
    assert_eq!(guide.versions.iter().map(|v| v.version).collect::<Vec<_>>(), [5, 4, 3]);
    assert_eq!(guide.tldr, "An agent plans, acts and looks at what came of it.");
    assert_eq!(headings(&guide), ["Glossary"]);
    assert_eq!(items.len(), 1);
    for told in ["page.txt:1: ", "first sketch, lost", "Glossary", "3 min read", "without a title"] {
        assert!(notices.contains(told), "{told} in {notices}");
    }
}

/// Every line that is not blank is taken by one part or reported; `take` itself asserts that no two parts take one.
fn accounts_for_all(text: &str) {
    let mut page = Page::new(Path::new("page.txt"), text, now().naive_utc());
    page.walk();
    page.sweep();
    assert!(page.uses.iter().all(Option::is_some));
    let reported = |no: usize| page.report.notices.iter().any(|n| n.at.as_ref().is_some_and(|p| p.line == Some(no)));
    let unknown = page.lines.iter().zip(&page.uses).filter(|(_, used)| **used == Some("caption"));
    for (line, _) in unknown {
        assert!(reported(line.no), "line {}", line.no);
    }
    let lexed: usize = page.lines.iter().map(|l| 1 + usize::from(l.marker.is_some())).sum();
    let written = text.lines().filter(|l| !crate::sources::text::line(l).text.is_empty()).count();
    assert_eq!(lexed, written);
}

#[test]
fn every_line_of_every_page_is_accounted_for() {
    for (_, text) in PAGES {
        accounts_for_all(text);
    }
}

#[test]
fn ages_go_by_the_calendar() {
    let now = now().naive_utc();
    for (text, expected) in [
        ("2d ago", Some("2026-03-29")),
        ("3h ago", Some("2026-03-31")),
        ("13h ago", Some("2026-03-30")),
        ("5m ago", Some("2026-03-31")),
        ("1mo ago", Some("2026-02-28")),
        ("2w ago", Some("2026-03-17")),
        ("1y ago", Some("2025-03-31")),
        ("just now", Some("2026-03-31")),
        ("an hour ago", Some("2026-03-31")),
        ("3 weeks ago", Some("2026-03-10")),
        ("99999999999d ago", None),
        ("4294967295y ago", None),
        ("ago", None),
        ("2 dogs ago", None),
    ] {
        assert_eq!(ages::day(text, now), expected.map(day), "{text}");
    }
}

#[test]
fn names_that_run_together_are_told_apart() {
    let page = "\nThe new Gizmo Mini by Acme beats Gizmo and MegaCorp";
    let known = Known::new(page.lines());
    for (line, names) in [
        ("AcmeMegaCorpGizmo MiniFlux Pro 2", vec!["Acme", "MegaCorp", "Gizmo Mini", "Flux Pro 2"]),
        ("OpenAIChatGPTGPT-5", vec!["OpenAI", "ChatGPT", "GPT-5"]),
        ("Robotics", vec!["Robotics"]),
        ("Acme, Flux · Gizmo", vec!["Acme", "Flux", "Gizmo"]),
        ("Claude 3Acme", vec!["Claude 3", "Acme"]),
    ] {
        assert_eq!(known.split(line).0, names, "{line}");
    }
}

#[test]
fn a_text_without_a_title_is_refused() {
    let error = read_guides(Path::new("p.txt"), b"Almanac\nGuide \xc2\xb7 Beginner\n", now(), Tz::UTC).unwrap_err();
    assert!(error.to_string().starts_with("p.txt:1: expected the page's title"), "{error}");
    let error = read_guides(Path::new("p.txt"), b"<html>", now(), Tz::UTC).unwrap_err();
    assert!(error.to_string().contains("HTML"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_cut_or_shuffled_page_is_accounted_for(which in 0..PAGES.len(), from in 0usize..60, count in 0usize..80, swap in 0usize..60) {
        let mut lines: Vec<&str> = PAGES[which].1.lines().skip(from).take(count).collect();
        if !lines.is_empty() {
            let middle = swap % lines.len();
            lines.rotate_left(middle);
        }
        accounts_for_all(&lines.join("\n"));
    }

    #[test]
    fn any_text_is_accounted_for(text in "([ •\\-0-9A-Za-z·?.#\n]|Timeline\n|FAQ\n|v1live|TL;DR|More on X\n|9A·2d ago\n|Related topics\n){0,80}") {
        accounts_for_all(&text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_guides(Path::new("p.txt"), &bytes, now(), Tz::UTC);
        let _ = read_guides(Path::new("p.md"), &bytes, now(), Tz::UTC);
        let _ = read_guides(Path::new("p.json"), &bytes, now(), Tz::UTC);
    }
}

#[test]
fn a_list_of_versions_keeps_every_line_whatever_its_status() {
    let page = "Almanac\nGuide · Beginner\nOtters: a guide\nOtters·Beginner·active·v5live·generated 3d ago\nTL;DR\nThey swim.\n\nVersions\n\
                v5live3d ago\nv4superseded9d ago\nv3 · archived · 12d ago\nv2 in review 20d ago\nv1\n";
    let imported = read_text(page);
    let versions: Vec<(u32, Option<Status>, bool)> = imported.guides[0]
        .versions
        .iter()
        .map(|version| (version.version, version.status, version.date.is_some()))
        .collect();
    assert_eq!(
        versions,
        [(5, Some(Status::Live), true), (4, None, true), (3, None, true), (2, None, true), (1, None, false)]
    );
    let told: Vec<&str> = imported.notices.iter().map(|notice| notice.message.as_str()).collect();
    for word in ["superseded", "archived", "in review"] {
        assert!(told.iter().any(|told| told.contains(word)), "{word}: {told:?}");
    }
    assert!(!told.iter().any(|told| told.contains("not understood")), "{told:?}");
}
