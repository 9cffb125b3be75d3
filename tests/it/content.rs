//! Loading news and guides: what is accepted, what is refused with file and line, and that loading twice changes nothing.

use crate::house::Test;

const ITEM: &str = r#"{"id":"one","title":"One","source":"Wire","published":"2026-11-24","score":8,"url":"https://wire.example/1","summary":"It is so."}"#;

fn titles(test: &Test) -> Vec<String> {
    let listed = test.run("news list --format json").success().json();
    let mut titles: Vec<String> =
        listed.as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect();
    titles.sort();
    titles
}

#[test]
fn json_lines_and_csv_come_in() {
    let test = Test::new().file("in.jsonl", &format!("{ITEM}\n")).file(
        "in.csv",
        "title,source,published,score,url\n\"Two, by comma\",Wire,2026-11-23,7.5,https://wire.example/2\n",
    );
    test.run("news import in.jsonl in.csv").success();
    assert_eq!(titles(&test), ["One", "Two, by comma"]);
}

#[test]
fn an_array_of_json_comes_in_and_unknown_fields_stay() {
    let item = ITEM.replace("\"score\"", "\"desk\":\"night\",\"score\"");
    let test = Test::new().file("in.json", &format!("[{item}]"));
    test.run("news import in.json").success();
    let listed = test.run("news list --format json").success().json();
    assert_eq!(listed[0]["desk"], "night", "{listed}");
}

#[test]
fn the_same_item_twice_changes_nothing() {
    let test = Test::new().file("in.jsonl", &format!("{ITEM}\n"));
    test.run("news import in.jsonl").success();
    let files = |test: &Test| {
        let mut files = Vec::new();
        crate::house::find(&test.path("content/news"), "jsonl", &mut files);
        files.sort();
        files.iter().map(|file| std::fs::read(file).unwrap()).collect::<Vec<_>>()
    };
    let once = files(&test);
    test.run("news import in.jsonl").success();
    assert_eq!(files(&test), once, "byte for byte");
}

#[test]
fn one_story_under_two_tracking_links_is_one_item() {
    let plain = ITEM.replace("\"id\":\"one\",", "");
    let tracked = plain.replace("wire.example/1", "wire.example/1?utm_source=mail&utm_medium=x");
    let test = Test::new().file("a.jsonl", &format!("{plain}\n")).file("b.jsonl", &format!("{tracked}\n"));
    test.run("news import a.jsonl b.jsonl").success();
    assert_eq!(titles(&test), ["One"]);
}

#[test]
fn a_bad_line_is_named_by_file_and_line() {
    let cases = [
        (r#""score":8"#, r#""score":11"#, "score"),
        (r#""score":8"#, r#""score":"high""#, "score"),
        (r#""score":8"#, r#""score":1e400"#, ""),
        (r#""title":"One","#, "", "title"),
        (r#""source":"Wire","#, "", "source"),
        ("2026-11-24", "yesterday", "published"),
        ("https://wire.example/1", "javascript:alert(1)", "url"),
        (r#""summary":"#, r#""summary" "#, ""),
    ];
    for (good, bad, field) in cases {
        let broken = ITEM.replace(good, bad);
        assert_ne!(broken, ITEM, "the case changes something");
        let test = Test::new().file("in.jsonl", &format!("{}\n{broken}\n", ITEM.replace("one", "zero")));
        test.run("news import in.jsonl").code(1).stderr_has("in.jsonl:2").stderr_has(field);
    }
}

#[test]
fn a_bad_row_of_csv_is_named_by_its_line() {
    let test =
        Test::new().file("in.csv", "title,source,published,score\nOne,Wire,2026-11-24,8\nTwo,Wire,2026-11-24,eleven\n");
    test.run("news import in.csv").code(1).stderr_has("in.csv:3").stderr_has("score");
}

#[test]
fn a_broken_line_in_content_stops_compose_and_is_named() {
    let test = Test::new().sample();
    let news = test.read("content/news/2026-W47.jsonl");
    let test = test.news(&format!("{news}{{\"id\":\n"));
    test.run("compose midweek").code(1).stderr_has("2026-W47.jsonl:13");
    assert!(!test.path("issues/2026-11-25-midweek").exists(), "no half-made draft stays behind");
}

#[test]
fn a_guide_comes_in_from_markdown_and_lists() {
    let (slug, guide) = crate::sample::GUIDES[0];
    let test = Test::new().file("guide.md", guide);
    test.run("guides import guide.md").success();
    let guides = test.run("guides list --format json").success().json();
    assert_eq!(guides[0]["slug"], slug);
    assert_eq!(guides[0]["level"], "intermediate");
    assert_eq!(guides[0]["sections"][0]["heading"], "What the number means");
    test.run("guides import guide.md").success();
    assert_eq!(test.run("guides list --format json").success().json(), guides, "twice is once");
}

#[test]
fn a_guide_with_broken_front_matter_is_named() {
    let test = Test::new().file("guide.md", "+++\nslug = \"x\"\ntitle = \n+++\n\nBody\n");
    test.run("guides import guide.md").code(1).stderr_has("guide.md:3");
}

#[test]
fn one_bad_guide_or_file_of_news_keeps_no_good_one_out() {
    let (slug, guide) = crate::sample::GUIDES[0];
    let news = |title: &str| {
        format!(r#"{{"title":"{title}","source":"Wire","published":"2026-11-24","score":8,"summary":"It is so."}}"#)
    };
    let test = Test::new()
        .file("good.md", guide)
        .file("bad.md", "---\ntitle: [\n---\nBody\n")
        .file("yaml.md", "---\ntitle: Bark\ntopic: Bark\nlevel: beginner\n---\n## What\n\nBark.\n")
        .file("good.jsonl", &format!("{ITEM}\n"))
        .file("bad.jsonl", "{\"title\": 1}\n")
        .file("half.jsonl", &format!("{}\n{{\"title\": 1}}\nno JSON\n{}\n", news("Bark beetles"), news("Leaf miners")))
        .file("half.csv", "title,source,published,score\nSap runs early,Wire,2026-11-24,8\nRoots,Wire,2026-11-24,99\n");
    test.run("guides import bad.md good.md yaml.md").code(1).stderr_has("bad.md:").stdout_has("2 guides added");
    let guides = test.run("guides list --format json").success().json();
    let slugs: Vec<&str> = guides.as_array().unwrap().iter().map(|guide| guide["slug"].as_str().unwrap()).collect();
    assert!(slugs.contains(&slug) && slugs.contains(&"yaml"), "{slugs:?}");
    test.run("news import bad.jsonl good.jsonl").code(1).stderr_has("bad.jsonl:1").stdout_has("1 item added");
    test.run("news import bad.jsonl").code(1).stderr_has("nothing was imported");
    let half = test.run("news import half.jsonl").code(1).stderr_has("half.jsonl:2").stderr_has("half.jsonl:3");
    half.stdout_has("2 items added");
    test.run("news import half.csv").code(1).stderr_has("half.csv:3").stdout_has("1 item added");
}

/// A sentence for each way in which words used to get lost on the way into an issue.
#[test]
fn words_arrive_in_both_parts_as_they_were_written() {
    let told = [
        ("Pause over the holidays", "24. Dezember ist der letzte Tag mit einer Ausgabe."),
        ("Containers compared", "A look at Vec<T> and Option<Box<T>> in practice."),
        ("TK Maxx opens ten stores", "The chain hires *many* people; TODO lists are back."),
        ("\u{200e}Otter Notes 3 for phones is out", "A notebook for people by the river."),
    ];
    let line = |(at, (title, summary)): (usize, &(&str, &str))| {
        serde_json::json!({
            "title": title, "summary": summary, "source": format!("Source {at}"), "published": "2026-11-24", "score": 8,
            "url": format!("https://paper.example/{at}"), "topics": [format!("topic {at}")],
        })
        .to_string()
    };
    let test = Test::new().file("in.jsonl", &told.iter().enumerate().map(line).collect::<Vec<_>>().join("\n"));
    test.run("news import in.jsonl").success();
    test.run("compose midweek --date 2026-11-25").success();
    let check = test.run("check --format json").json();
    for code in ["placeholder", "subject-control", "text-tags"] {
        assert!(!check["findings"].to_string().contains(code), "{check}");
    }
    test.run("render").success();
    let text = test.read("issues/2026-11-25-midweek/issue.txt").split_whitespace().collect::<Vec<_>>().join(" ");
    for (title, summary) in told {
        assert!(text.contains(title) && text.contains(summary), "{title}: {text}");
    }
}
