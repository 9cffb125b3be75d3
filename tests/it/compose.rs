//! Composing: what is chosen, that the same goes in gives the same bytes, and that an editor's work stays.

use std::fs;

use serde_json::Value;

use crate::house::{NOW, Test};

fn ids(composed: &Value, list: &str) -> Vec<String> {
    composed[list].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_same_content_and_time_give_the_same_bytes() {
    let draft = || {
        let test = Test::new().sample();
        test.run("compose midweek").success();
        test.draft()
    };
    let first = draft();
    assert_eq!(first, draft());
    let test = Test::new().sample();
    test.run("compose midweek").success();
    test.run("compose midweek").success();
    assert_eq!(first, test.draft(), "composing an untouched draft again changes nothing");
}

#[test]
fn it_takes_as_many_as_the_edition_wants_and_none_below_its_score() {
    let composed = Test::new().sample().run("compose midweek --format json").success().json();
    let chosen = ids(&composed, "news");
    assert_eq!(chosen.len(), 5);
    assert_eq!(composed["guides"].as_array().unwrap().len(), 1);
    assert!(chosen.contains(&"larch-3".to_owned()), "the best of the week is in: {chosen:?}");
    let left = composed["left_out"].as_array().unwrap();
    let radio = left.iter().find(|item| item["id"] == "old-radio").expect("the low score is told");
    assert!(!radio["reason"].as_str().unwrap().is_empty());
}

#[test]
fn the_newsrooms_own_pairing_wins_and_drafts_are_never_paired() {
    let composed = Test::new().sample().run("compose midweek --format json").success().json();
    let news = composed["news"].as_array().unwrap();
    let larch = news.iter().find(|item| item["id"] == "larch-3").unwrap();
    assert_eq!(larch["guide"], "long-context");
    assert!(news.iter().all(|item| item["guide"] != "evaluation"), "its guide is a draft: {news:?}");
    assert!(composed["guides"].as_array().unwrap().iter().all(|card| card["slug"] != "evaluation"));
}

#[test]
fn the_next_issue_repeats_nothing_and_starts_where_the_last_ended() {
    let test = Test::new().sample().readers(1);
    let before = test.run("compose midweek --format json").success().json();
    test.run("approve 2026-11-25-midweek --by Ed").success();
    test.run("send 2026-11-25-midweek --yes").success();
    test.run("compose midweek").code(1).stderr_has("has gone out");
    let next = test.run_at("2026-11-29T07:00:00Z", "compose sunday --format json").success().json();
    assert_eq!(next["issue"], "2026-11-29-sunday");
    let earlier = ids(&before, "news");
    for id in ids(&next, "news") {
        assert!(!earlier.contains(&id), "{id} was in the last issue");
    }
    let end = chrono::DateTime::parse_from_rfc3339(before["window"]["to"].as_str().unwrap()).unwrap();
    let start = chrono::DateTime::parse_from_rfc3339(next["window"]["from"].as_str().unwrap()).unwrap();
    assert_eq!(start, end, "no gap and no overlap");
    assert!(end <= chrono::DateTime::parse_from_rfc3339(NOW).unwrap(), "nothing of the future");
}

#[test]
fn diff_shows_what_changed_since_compose_and_since_approval() {
    let test = Test::new().sample();
    test.run("compose midweek").success();
    let unchanged = test.run("diff 2026-11-25-midweek").success();
    assert!(unchanged.stdout.contains("unchanged since it was composed"), "{}", unchanged.stdout);
    test.run("approve 2026-11-25-midweek --by Ed").success();
    test.edit(|draft| draft["subject"] = toml_edit::value("A subject of the editor's own"));
    let changed = test.run("diff 2026-11-25-midweek").success().stdout;
    assert_eq!(changed.matches("+subject = \"A subject of the editor's own\"").count(), 2, "{changed}");
}

#[test]
fn what_the_editor_did_stays_when_composed_again() {
    let test = Test::new().sample().composed();
    let mut moved = String::new();
    test.edit(|draft| {
        draft["subject"] = toml_edit::value("A subject of the editor's own");
        let news = draft["news"].as_array_of_tables_mut().unwrap();
        news.get_mut(0).unwrap()["note"] = toml_edit::value("Read this one first.");
        news.get_mut(1).unwrap()["title"] = toml_edit::value("A better headline");
        moved = news.get(4).unwrap()["id"].as_str().unwrap().to_owned();
        news.remove(4);
    });
    let edited = format!("# The editor's own remark.\n{}", test.draft());
    test.write("issues/2026-11-25-midweek/issue.toml", &edited);
    // Fresh news that would win any contest.
    let fresh = r#"{"id":"fresh","title":"Late news","source":"Wire","published":"2026-11-25T05:00:00Z","score":9.9,"url":"https://wire.example/late","summary":"Just in.","topics":["Late"]}"#;
    let news = test.read("content/news/2026-W47.jsonl");
    let test = test.news(&format!("{news}{fresh}\n"));
    test.run("compose midweek").success();
    let draft = test.draft();
    let kept = [
        "# The editor's own remark.",
        "A subject of the editor's own",
        "Read this one first.",
        "A better headline",
        "A calm week, and one release that was not.",
    ];
    for words in kept {
        assert!(draft.contains(words), "lost: {words}\n{draft}");
    }
    let parsed: toml::Table = draft.parse().unwrap();
    let shown: Vec<&str> = parsed["news"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert!(!shown.contains(&moved.as_str()), "the editor took {moved} out: {shown:?}");
    assert_eq!(shown.len(), shown.iter().collect::<std::collections::HashSet<_>>().len(), "nothing twice: {shown:?}");
}

#[test]
fn an_item_banned_in_the_draft_stays_out() {
    let test = Test::new().sample().composed();
    test.edit(|draft| {
        let news = draft["news"].as_array_of_tables_mut().unwrap();
        news.get_mut(0).unwrap()["banned"] = toml_edit::value(true);
    });
    let parsed: toml::Table = test.draft().parse().unwrap();
    let banned = parsed["news"][0]["id"].as_str().unwrap().to_owned();
    let composed = test.run("compose midweek --format json").success().json();
    assert!(!ids(&composed, "news").contains(&banned), "{composed}");
}

#[test]
fn an_empty_week_says_so() {
    let test = Test::new();
    let ran = test.run("compose midweek");
    assert!(ran.code.is_some_and(|code| code <= 1), "no panic: {}", ran.stderr);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).trim().is_empty());
}

#[test]
fn a_broken_draft_is_named_by_line_and_not_overwritten() {
    let test = Test::new().sample().composed();
    let broken = test.draft().replacen("subject = ", "subject  ", 1);
    test.write("issues/2026-11-25-midweek/issue.toml", &broken);
    let line = broken.lines().position(|l| l.starts_with("subject  ")).unwrap() + 1;
    test.run("compose midweek").code(1).stderr_has(&format!("issue.toml:{line}"));
    assert_eq!(fs::read_to_string(test.path("issues/2026-11-25-midweek/issue.toml")).unwrap(), broken);
}
