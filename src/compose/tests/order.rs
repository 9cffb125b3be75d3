//! Tests of the order shown: sections, and the lines above them.

use super::cases::{about, draft, with};
use super::*;

#[test]
fn sections_have_headings_that_fit_and_follow_their_best_story() {
    let titled = |id: &str, score: f64, title: &str, topics: &[&str]| {
        let mut item = about(fresh(id, score), topics);
        item.title = format!("{title} {}", item.title);
        item
    };
    let mut case = with(vec![
        titled("lead", 9.5, "Voice of", &["Voice"]),
        titled("a1", 9.0, "Agents of", &["Agents"]),
        titled("v1", 8.5, "Vision of", &["Vision", "Larch"]),
        titled("alone", 8.4, "Nothing of", &["Law"]),
        titled("a2", 7.0, "More agents of", &["agents"]),
        titled("unfit1", 6.9, "Gardens of", &["Funding"]),
        titled("unfit2", 6.8, "Flowers of", &["Funding"]),
        titled("g2", 6.0, "A larch of", &["larch"]),
        titled("g3", 5.8, "The larch of", &["Larch"]),
        titled("v2", 5.5, "A voice of", &["Sound", "voice"]),
    ]);
    case.edition.news = 12;
    case.edition.by_topic = true;
    let c = case.run();
    assert_eq!(ids(&c), ["lead", "v2", "a1", "a2", "v1", "g2", "g3", "alone", "unfit1", "unfit2"]);
    let first: Vec<&str> = draft(&c).news.iter().map(|e| e.topics[0].as_str()).collect();
    assert_eq!(first[..7], ["Voice", "Voice", "Agents", "Agents", "Larch", "Larch", "Larch"]);
    case.items[9].topics.clear();
    assert_eq!(ids(&case.run())[..2], ["lead", "a1"], "a lead in no section still leads");
}

#[test]
fn a_story_about_one_firm_stands_under_no_other() {
    let titled = |id: &str, score: f64, title: &str| {
        let mut item = about(fresh(id, score), &["Google"]);
        item.title = title.into();
        item
    };
    let mut case = with(vec![
        titled("search", 9.0, "OpenAI has a search engine to challenge Google"),
        titled("g1", 8.0, "Google maps the sea floor"),
        titled("g2", 7.0, "Google counts the whales"),
    ]);
    case.edition.by_topic = true;
    let c = case.run();
    let first: Vec<&str> = draft(&c).news[1..].iter().map(|e| e.topics[0].as_str()).collect();
    assert_eq!((ids(&c), first), (vec!["search", "g1", "g2"], vec!["Google", "Google"]));
    case.items[1].title = "OpenAI maps the sea floor beside Google".into();
    assert!(draft(&case.run()).news.iter().filter(|e| e.topics[0] == "Google").count() < 3);
}

#[test]
fn stories_that_no_topic_holds_stand_under_their_kind() {
    let mut case = with(Vec::new());
    for (n, title) in [
        "Alder sues Beech over bark",
        "Regulator fines Cedar $40 million",
        "Dogwood launches a voice mode",
        "Elm unveils a pair of glasses",
        "Fir",
    ]
    .iter()
    .enumerate()
    {
        let mut item = fresh(&format!("i{n}"), 8.0 - f64::from(u32::try_from(n).unwrap()) / 10.0);
        item.title = (*title).into();
        case.items.push(item);
    }
    case.edition.by_topic = true;
    let c = case.run();
    let first: Vec<&str> = draft(&c).news.iter().map(|e| e.topics.first().map_or("", String::as_str)).collect();
    assert_eq!(first, ["Policy and safety", "Policy and safety", "Products and tools", "Products and tools", ""]);
}

#[test]
fn subject_and_preheader_come_from_the_first_stories() {
    let mut case = with(vec![fresh("a", 9.0), fresh("b", 8.0), fresh("c", 7.0)]);
    let c = case.run();
    assert_eq!(draft(&c).subject, case.items[0].title);
    assert_eq!(draft(&c).preheader, format!("{} · {}", case.items[1].title, case.items[2].title));
    assert_eq!(draft(&c).intro, "");
    case.items.clear();
    assert_eq!(draft(&case.run()).subject, "Midweek, 2026-11-25");
}
