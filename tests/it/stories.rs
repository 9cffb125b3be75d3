//! Stories: headlines of one pattern stay apart, and what the editor joins or splits stays so.

use std::fs;

use serde_json::{Value, json};

use crate::house::Test;

const DRAFT: &str = "issues/2026-11-25-midweek/issue.toml";

/// A publication with just these items: id, title and summary.
fn with(items: &[(&str, &str, &str)]) -> Test {
    let test = Test::new().sample();
    let line = |(at, (id, title, summary)): (usize, &(&str, &str, &str))| {
        json!({
            "id": id, "title": title, "summary": summary, "source": format!("Source {at}"), "published": "2026-11-24",
            "score": 8, "url": format!("https://paper.example/{at}"), "topics": [format!("topic {at}")],
        })
        .to_string()
    };
    let lines: Vec<String> = items.iter().enumerate().map(line).collect();
    let folder = test.path("content/news");
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("week.jsonl"), lines.join("\n")).unwrap();
    test.config("[editions.midweek]\nnews = 8\n")
}

fn ids(list: &Value) -> Vec<&str> {
    let mut ids: Vec<&str> = list.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids
}

fn compose(test: &Test) -> Value {
    test.run("compose midweek --format json").success().json()
}

/// One event, reported twice.
const LARCH: [(&str, &str, &str); 2] = [
    (
        "larch",
        "Larch 3 reads a million tokens at once",
        "Larch Labs released Larch 3, a model with a context of one million tokens and open weights.",
    ),
    (
        "wire",
        "Larch Labs releases Larch 3 with a million-token context",
        "The open-weights model Larch 3 has a context of one million tokens, Larch Labs said.",
    ),
];
const BEES: (&str, &str, &str) =
    ("bees", "Drones count bees over almond groves", "A vision model tells wild bees from honeybees in flight.");

#[test]
fn headlines_of_one_pattern_are_stories_of_their_own() {
    let test = with(&[
        ("part-1", "Writing a kernel in Rust, part 1", "Boot code and a first print to the screen."),
        ("part-2", "Writing a kernel in Rust, part 2", "Interrupts, the timer and a keyboard."),
        ("acme", "Q3 results: Acme earns more", "Sales rose in Asia."),
        ("apex", "Q3 results: Apex earns less", "Sales fell in Europe."),
        ("women", "Women's final: Ana wins in two sets", "A cool match under the roof of the hall."),
        ("men", "Men's final: Bo wins in two sets", "Five match points were needed on the outer court."),
    ]);
    assert_eq!(ids(&compose(&test)["news"]), ["acme", "apex", "men", "part-1", "part-2", "women"]);
    let findings = test.run("check --format json").json()["findings"].to_string();
    assert!(!findings.contains("twin-stories"), "{findings}");
}

#[test]
fn what_the_editor_parts_stays_apart_over_recomposes() {
    let test = with(&[LARCH[0], LARCH[1], BEES]);
    let composed = compose(&test);
    assert_eq!(ids(&composed["news"]), ["bees", "larch"]);
    let draft = test.draft();
    let apart = draft.replacen("id = \"larch\"\n", "id = \"larch\"\napart = [\"wire\"]\n", 1);
    assert_ne!(apart, draft);
    test.write(DRAFT, &apart);
    for _ in 0..2 {
        assert_eq!(ids(&compose(&test)["news"]), ["bees", "larch", "wire"]);
        test.run("render").success();
        let text = test.read("issues/2026-11-25-midweek/issue.txt");
        assert!(text.contains("Larch Labs releases Larch 3") && !text.contains("Also covered by"), "{text}");
        let findings = test.run("check --format json").json()["findings"].to_string();
        assert!(!findings.contains("twin-stories"), "the editor has settled it: {findings}");
    }
}

#[test]
fn what_the_editor_moves_into_also_stays_there_over_recomposes() {
    let test =
        with(&[LARCH[0], BEES, ("moss", "A garden of moss opens in Kyoto", "It has two hundred kinds of moss.")]);
    assert_eq!(ids(&compose(&test)["news"]), ["bees", "larch", "moss"]);
    test.edit(|draft| {
        let news = draft["news"].as_array_of_tables_mut().unwrap();
        let moss = news.iter().position(|entry| entry["id"].as_str() == Some("moss")).unwrap();
        news.remove(moss);
        let bees = news.iter_mut().find(|entry| entry["id"].as_str() == Some("bees")).unwrap();
        bees["also"] = r#"[{ id = "moss", source = "Source 2", title = "A garden of moss opens in Kyoto" }]"#
            .parse::<toml_edit::Value>()
            .map(toml_edit::value)
            .unwrap();
    });
    for _ in 0..2 {
        let composed = compose(&test);
        assert_eq!(ids(&composed["news"]), ["bees", "larch"]);
        let moss = composed["left_out"].as_array().unwrap().iter().find(|left| left["id"] == "moss").unwrap();
        assert_eq!(moss["duplicate_of"], "bees");
        assert!(moss["reason"].as_str().unwrap().contains("the editor joined them"), "{moss}");
        let draft: toml::Table = test.draft().parse().unwrap();
        assert!(draft["news"].to_string().contains("A garden of moss"), "{draft}");
        assert!(!draft.get("bench").is_some_and(|bench| bench.to_string().contains("\"moss\"")), "{draft}");
    }
}

#[test]
fn a_threshold_of_an_earlier_version_is_told_by_the_doctor() {
    let test = Test::new().sample().config("[compose]\nstory_threshold = 0.28\n");
    let seen = test.run("doctor --nameserver 127.0.0.1:1 --format json");
    assert!(seen.stdout.contains("story_threshold = 0.28 in [compose] joins different stories"), "{}", seen.stdout);
    let seen = Test::new().sample().run("doctor --nameserver 127.0.0.1:1 --format json");
    assert!(!seen.stdout.contains("story_threshold"), "{}", seen.stdout);
}
