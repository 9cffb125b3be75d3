//! Stories in an issue: what the editor joined and parted, what an earlier issue told, what is perhaps one.

use super::cases::{draft, with};
use super::*;

#[test]
fn what_the_editor_joined_and_parted_goes_before_the_words() {
    let mut case = with(vec![fresh("a", 8.0), fresh("b", 7.0), fresh("c", 6.0)]);
    case.items[2].title = case.items[0].title.clone();
    let also = |case: &Case, id: &str| -> Vec<String> {
        let composition = case.run();
        let entry = draft(&composition).news.iter().find(|entry| entry.id == id).cloned();
        entry.map_or_else(Vec::new, |entry| entry.also.into_iter().map(|other| other.id).collect())
    };
    assert_eq!(also(&case, "a"), ["c"]);
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    case.decisions.joined = vec![pair("a", "b")];
    assert_eq!(also(&case, "a"), ["b", "c"]);
    case.decisions.parted = vec![pair("c", "a")];
    assert_eq!(also(&case, "a"), ["b"]);
    assert_eq!(ids(&case.run()), ["a", "c"]);
    // An item that stands in `also` without an id goes by its URL.
    case.decisions.joined = vec![pair("a", "https://www.example.org/b/")];
    assert_eq!(also(&case, "a"), ["b"]);
}

#[test]
fn a_story_told_before_is_old_a_follow_up_doubtful_or_only_of_the_same_name() {
    let mut earlier = past("2026-11-22-sunday", "2026-11-22T07:00:00Z", "2026-11-22T07:00:00Z");
    earlier.stories = vec![CarriedStory {
        title: "Gull Labs opens its model Tern 4 to researchers".into(),
        summary: "The harbour town’s start-up gives the weights to researchers who ask.".into(),
        published: Published::parse("2026-11-20"),
        ..CarriedStory::default()
    }];
    let about = |title: &str, summary: &str| {
        let mut case = with(vec![fresh("later", 8.0)]);
        case.items[0].title = title.into();
        case.items[0].summary = summary.into();
        case.past = vec![earlier.clone()];
        case.edition.bench = 1;
        let c = case.run();
        let news = draft(&c).news.first().map(|entry| entry.follow_up.is_some());
        (news, draft(&c).bench.len())
    };
    let again = about("Tern 4 model of Gull Labs opened to researchers", "Researchers get the weights if they ask.");
    assert_eq!(again, (None, 0), "old");
    let since = about(
        "Gull Labs withdraws Tern 4 after researchers find letters",
        "Researchers saw private letters in the weights.",
    );
    assert_eq!(since, (Some(true), 0), "a follow-up");
    let named = about("Gull Labs hires a football coach", "The start-up plays on Sundays.");
    assert_eq!(named, (Some(false), 0), "another story of the same name");
}

#[test]
fn of_two_stories_that_are_perhaps_one_the_second_waits_on_the_bench() {
    let mut case = with(vec![fresh("a", 8.0), fresh("b", 7.0), fresh("c", 6.0)]);
    case.items[0].title = "Gull Labs opens its Tern 4 model".into();
    case.items[1].title = "Researchers praise Tern 4 of Gull Labs".into();
    case.weights.story_threshold = 0.999_999;
    case.weights.doubt_threshold = 0.0;
    case.edition.bench = 5;
    let composition = case.run();
    assert_eq!(ids(&composition), ["a", "c"]);
    let bench = &draft(&composition).bench;
    assert!(
        bench[0].why.contains("perhaps the same story as \"Gull Labs opens its Tern 4 model\" (1.00)"),
        "{}",
        bench[0].why
    );
    case.weights.doubt_threshold = 1.0;
    assert_eq!(ids(&case.run()), ["a", "b", "c"]);
}
