//! Composing: what is chosen, that the same input gives the same bytes, and that an editor's work stays.

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
    // A guide shown with its item is not a card.
    let with_items: Vec<_> = composed["news"].as_array().unwrap().iter().map(|item| item["guide"].clone()).collect();
    assert!(composed["guides"].as_array().unwrap().iter().all(|card| !with_items.contains(&card["slug"])));
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
fn the_next_issue_repeats_nothing_and_looks_back_over_its_whole_window() {
    let test = Test::new().sample().subscribers(1);
    let before = test.run("compose midweek --format json").success().json();
    test.run("approve 2026-11-25-midweek --by Ed").success();
    test.run("send 2026-11-25-midweek --yes").success();
    test.run("compose midweek").code(1).stderr_has("has been sent");
    let next = test.run_at("2026-11-29T07:00:00Z", "compose sunday --format json").success().json();
    assert_eq!(next["issue"], "2026-11-29-sunday");
    let earlier = ids(&before, "news");
    for id in ids(&next, "news") {
        assert!(!earlier.contains(&id), "{id} was in the last issue");
    }
    let time = |at: &Value| chrono::DateTime::parse_from_rfc3339(at.as_str().unwrap()).unwrap();
    let end = time(&before["window"]["to"]);
    let reach = time(&next["window"]["to"]) - time(&next["window"]["from"]);
    assert_eq!(reach, chrono::TimeDelta::days(7), "what Midweek did not carry is a candidate of Sunday's whole week");
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
fn composing_again_says_what_is_new_and_the_lines_follow_the_editors_order() {
    let test = Test::new().sample().composed();
    let first = test.draft();
    // The lead goes last.
    let places: Vec<usize> = first.match_indices("\n[[news]]").map(|(at, _)| at).collect();
    let end = first.find("\n[[guides]]").unwrap();
    let edited = [&first[..places[0]], &first[places[1]..end], &first[places[0]..places[1]], &first[end..]].concat();
    test.write("issues/2026-11-25-midweek/issue.toml", &edited);
    let is_behind =
        |test: &Test| test.run("check --format json").json()["findings"].to_string().contains("subject-behind");
    assert!(is_behind(&test));
    let subject = |text: &str| text.parse::<toml::Table>().unwrap()["subject"].as_str().unwrap().to_owned();
    let before = subject(&first);
    let fresh = r#"{"id":"fresh","title":"Alder sues Beech over bark","source":"Wire","published":"2026-11-25T05:00:00Z","score":9.9,"url":"https://wire.example/late"}"#;
    let weak = r#"{"id":"weak","title":"Leaves","source":"Wire","published":"2026-11-25T05:00:00Z","score":1}"#;
    let news = test.read("content/news/2026-W47.jsonl");
    let test = test.news(&format!("{news}{fresh}\n{weak}\n"));
    let again = test.run("compose midweek --format json").success().json();
    let new: Vec<(&str, &str)> = again["new"]
        .as_array()
        .unwrap()
        .iter()
        .map(|new| (new["title"].as_str().unwrap(), new["place"].as_str().unwrap()))
        .collect();
    assert!(new.contains(&("Leaves", "left_out")), "{new:?}");
    assert!(new.iter().any(|(title, place)| *title == "Alder sues Beech over bark" && *place != "left_out"), "{new:?}");
    assert_eq!(new.len(), 2, "{new:?}");
    let after = subject(&test.draft());
    assert_ne!(after, before, "the subject follows the order");
    assert!(!is_behind(&test));
    assert_eq!(again["suggestions"][0]["subject"], after.as_str());
    assert!(again["suggestions"].as_array().unwrap().len() <= 3);
    test.edit(|draft| draft["subject"] = toml_edit::value("My own"));
    let told = test.run("compose midweek").success();
    assert_eq!(subject(&test.draft()), "My own");
    assert!(!told.stdout.contains("new since the last compose"), "{}", told.stdout);
    let moved = first.parse::<toml::Table>().unwrap()["news"][0]["title"].as_str().unwrap().to_owned();
    for told in [told, test.run("compose midweek").success()] {
        assert!(told.stdout.contains(&format!("kept as you edited it: {moved}\n")), "{moved}: {}", told.stdout);
    }
}

#[test]
fn the_room_of_a_banned_entry_goes_to_the_next_best() {
    let test = Test::new().sample().composed();
    let shown = |draft: &str| {
        let draft: toml::Table = draft.parse().unwrap();
        let news = draft["news"].as_array().unwrap().clone();
        news.iter().filter(|entry| entry.get("banned").is_none()).count()
    };
    let before = shown(&test.draft());
    test.edit(|draft| {
        draft["news"].as_array_of_tables_mut().unwrap().get_mut(1).unwrap()["banned"] = toml_edit::value(true);
    });
    test.run("compose midweek").success();
    assert_eq!(shown(&test.draft()), before, "{}", test.draft());
}

#[test]
fn an_entry_by_hand_is_filled_in_and_told() {
    let test = Test::new().sample().composed();
    let by_hand =
        "\n[[news]]\ntitle = \"A walk in the garden\"\n\n[[news]]\nurl = \"https://www.fir.example/fir-planted\"\n";
    let draft = test.draft();
    test.write("issues/2026-11-25-midweek/issue.toml", &format!("{draft}{by_hand}"));
    let told = test.run("compose midweek").success();
    assert!(told.stderr.contains("the entry \"A walk in the garden\" was written by hand"), "{}", told.stderr);
    let draft = test.draft();
    assert!(draft.contains("source = \"by hand\"") && draft.contains("title = \"Fir planted\""), "{draft}");
    test.run("check 2026-11-25-midweek --format json");
}

#[test]
fn a_sent_issue_says_how_good_its_proposal_was() {
    let test = Test::new().sample().subscribers(1).composed();
    let mut of = 0;
    test.edit(|draft| {
        draft["subject"] = toml_edit::value("A subject of the editor's own");
        let news = draft["news"].as_array_of_tables_mut().unwrap();
        of = news.len();
        news.remove(1);
    });
    test.run("approve 2026-11-25-midweek --by Ed").success();
    test.run("send 2026-11-25-midweek --yes").success();
    let words = format!("kept {} of {of}, subject rewritten", of - 1);
    test.run("status 2026-11-25-midweek").success().stdout_has(&words);
    let report = test.run("report 2026-11-25-midweek --format json").success().json();
    assert_eq!(report["proposal"][0], words.as_str(), "{report}");
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

/// The news of a week, one item per line.
fn week(test: &Test, lines: &[&str]) {
    let folder = test.path("content/news");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("week.jsonl"), lines.join("\n")).unwrap();
}

#[test]
fn one_story_is_told_once_and_names_who_else_tells_it() {
    let test = Test::new().sample();
    week(
        &test,
        &[
            r#"{"id":"larch","title":"Larch 3 reads a million tokens at once","source":"Larch Labs","published":"2026-11-24T08:00:00Z","score":8,"url":"https://larch.example/3","summary":"Larch Labs released Larch 3, a model with a context of one million tokens and open weights."}"#,
            r#"{"id":"wire","title":"Larch Labs releases Larch 3 with a million-token context","source":"The Wire","published":"2026-11-24T10:00:00Z","score":8,"url":"https://wire.example/larch","summary":"The open-weights model Larch 3 has a context of one million tokens, Larch Labs said."}"#,
            r#"{"id":"chips","title":"A fab for photonic chips opens in Dresden","source":"The Wire","published":"2026-11-24T10:00:00Z","score":7,"url":"https://wire.example/chips","summary":"The plant makes light-based accelerators; the first wafers leave it in spring."}"#,
            r#"{"id":"law","title":"Parliament votes on labels for synthetic voices","source":"Gazette","published":"2026-11-23T10:00:00Z","score":6,"url":"https://gazette.example/law","summary":"Phone calls made by machines must say so from next year."}"#,
        ],
    );
    let composed = test.run("compose midweek --format json").success().json();
    assert_eq!(ids(&composed, "news"), ["larch", "chips", "law"], "the maker's own telling, at the same score");
    let left = composed["left_out"].as_array().unwrap().iter().find(|item| item["id"] == "wire").unwrap();
    assert_eq!(left["duplicate_of"], "larch");
    assert!(left["reason"].as_str().unwrap().starts_with("tells the same story as \""), "{left}");
    let draft = test.draft();
    assert!(draft.contains(r#"  { id = "wire", source = "The Wire", title = "Larch Labs releases"#), "{draft}");
    test.run("render").success();
    let text = fs::read_to_string(test.path("issues/2026-11-25-midweek/issue.txt")).unwrap();
    assert!(text.contains("Also covered by:\n- The Wire ["), "{text}");

    // Four days later: the same news is old, and later news is a follow-up.
    week(
        &test,
        &[
            r#"{"id":"late","title":"Larch 3, a model with a million-token context, is out","source":"Late Post","published":"2026-11-27T08:00:00Z","score":8,"url":"https://late.example/larch","summary":"Larch Labs has released Larch 3, an open-weights model with a context of one million tokens."}"#,
            r#"{"id":"recall","title":"Larch Labs withdraws Larch 3 after a flaw leaked training letters","source":"Gazette","published":"2026-11-28T08:00:00Z","score":7,"url":"https://gazette.example/recall","summary":"Researchers at Lund extracted private letters from Larch 3; downloads are suspended while Larch Labs retrains the million-token model."}"#,
            r#"{"id":"bees","title":"Drones count bees over Andalusian almond groves","source":"Field Notes","published":"2026-11-28T08:00:00Z","score":6,"url":"https://field.example/bees","summary":"A vision model tells wild bees from honeybees in flight."}"#,
        ],
    );
    let next = test.run_at("2026-11-29T06:00:00Z", "compose sunday --format json").success().json();
    assert_eq!(ids(&next, "news"), ["recall", "bees"]);
    let left = next["left_out"].as_array().unwrap().iter().find(|item| item["id"] == "late").unwrap();
    assert!(left["reason"].as_str().unwrap().contains("2026-11-25-midweek"), "{left}");
    let draft = fs::read_to_string(test.path("issues/2026-11-29-sunday/issue.toml")).unwrap();
    assert!(draft.contains("follow_up = \"2026-11-25-midweek\""), "{draft}");
}

#[test]
fn only_editors_acts_teach_and_the_config_overrules_them() {
    let test = Test::new().sample();
    test.run("news sources").success().stdout_has("nothing learned yet");
    test.run("compose midweek").success();
    test.run("news sources").success().stdout_has("nothing learned yet");
    let mut dropped = String::new();
    test.edit(|draft| {
        let news = draft["news"].as_array_of_tables_mut().unwrap();
        dropped = news.get(0).unwrap()["source"].as_str().unwrap().to_owned();
        news.remove(0);
    });
    let learned = test.run("news sources --format json").success().json();
    let of = |name: &str| learned.as_array().unwrap().iter().find(|source| source["source"] == name).unwrap().clone();
    let source = of(&dropped);
    assert_eq!(source["acts"], serde_json::json!({"dropped": 1}), "{learned}");
    assert!(source["points"].as_f64().unwrap() < 0.0 && source["fixed"] == false, "{source}");
    test.run("news sources").success().stdout_has(&format!("{dropped}: editors dropped 1 of "));
    let config = fs::read_to_string(test.path("config.toml")).unwrap();
    fs::write(test.path("config.toml"), format!("{config}\n[compose.sources]\n\"{dropped}\" = -2.5\n")).unwrap();
    test.run("news sources").success().stdout_has(" -2.50*").stdout_has(&dropped);
    fs::write(test.path("config.toml"), format!("{config}\n[compose.sources]\n\"{dropped}\" = 11\n")).unwrap();
    test.run("news sources").code(1).stderr_has("points, which must be from -10 to 10");
}

#[test]
fn kinds_are_told_and_a_publication_brings_its_own_cues() {
    let test = Test::new().news(
        "{\"id\": \"a\", \"title\": \"Larch Labs raises $40 million\", \"source\": \"W\", \"published\": \"2026-11-24\", \"score\": 5}\n",
    );
    test.run("news list --why").success().stdout_has("+0.5 for money");
    test.run("news kinds").success().stdout_has("[[kinds]]").stdout_has("name = \"round-up\"");
    let own = "[[kinds]]\nname = \"trees\"\npoints = 3\nstrong = [\"larch\"]\n";
    fs::write(test.path("cues.toml"), own).unwrap();
    test.run("news list --why").success().stdout_has("+3 for trees (\"larch\")");
    let config = fs::read_to_string(test.path("config.toml")).unwrap();
    fs::write(test.path("config.toml"), format!("{config}\n[compose.kinds]\ntrees = -1.0\n")).unwrap();
    test.run("news list --why").success().stdout_has("-1 for trees (\"larch\")");
    test.run("compose midweek --format json").success().stdout_has("under the edition's minimum of 5");
    fs::write(test.path("config.toml"), format!("{config}\n[compose.kinds]\ntreas = -1.0\n")).unwrap();
    test.run("compose midweek").success().stderr_has("`treas` is not a kind of news").stderr_has("trees");
    fs::write(test.path("cues.toml"), "[[kinds]]\nname = \"trees\"\npoints = \"x\"\n").unwrap();
    test.run("compose midweek").code(1).stderr_has("cues.toml:3");
}

#[test]
fn explain_shows_the_parts_of_every_rank() {
    let test = Test::new().sample();
    let composed = test.run("compose midweek --explain --format json").success().json();
    let candidates = composed["candidates"].as_array().unwrap();
    assert!(candidates.len() > 5);
    let mut last = f64::INFINITY;
    for candidate in candidates {
        let part = |key: &str| candidate[key].as_f64().unwrap_or_else(|| panic!("{key} in {candidate}"));
        let value = (part("score") + part("echo") + part("novelty") + part("kind")) * part("decay") + part("taught");
        assert!((value - part("value")).abs() < 1e-9 && part("value") <= last, "{candidate}");
        last = part("value");
    }
    test.run("compose midweek --explain")
        .success()
        .stdout_has("value = (score + echo + new topic + kind) x decay + taught");
}
