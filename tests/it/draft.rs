//! `digest draft` and `digest news add`: a draft is edited from the command line, and only the affected bytes change.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::house::{ISSUE, Test};

/// A site with one page, on a port of loopback, for as long as the process lives.
pub fn site(page: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", page.len());
            let _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    format!("http://{address}/")
}

fn draft(test: &Test) -> String {
    test.read(&format!("issues/{ISSUE}/issue.toml"))
}

fn ids(test: &Test, list: &str) -> Vec<String> {
    let shown = test.run(&format!("draft show {ISSUE} --format json")).success().json();
    shown[list].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_edit_says_what_it_changed() {
    let test = Test::new().sample().composed();
    let shown = test.run(&format!("draft show {ISSUE} --format json")).success().json();
    let title = |list: &str, at: usize| shown[list][at]["title"].as_str().unwrap().to_owned();
    let (first, second, third) = (title("news", 0), title("news", 1), title("news", 2));
    let (fourth, fifth) = (title("news", 3), title("news", 4));
    for (edit, told) in [
        (&["set", ISSUE, "subject", "Ours"][..], "changed the subject".to_owned()),
        (&["set", ISSUE, "subject", "Ours"], "nothing changed: it was already that way".into()),
        (&["set", ISSUE, "2", "note", "A note."], format!("changed the note of \"{second}\"")),
        (&["move", ISSUE, "3", "1"], format!("moved \"{third}\" to place 1")),
        (&["undo", ISSUE], format!("undid `move` in {ISSUE}:\n  moved \"{third}\" to place 3")),
        (&["bench", ISSUE, "1"], format!("moved \"{first}\" to the bench")),
        (&["move", ISSUE, "b1", "1"], format!("moved \"{first}\" to place 1")),
        (&["pin", ISSUE, "1"], format!("pinned \"{first}\"")),
        (&["merge", ISSUE, "1", "2"], format!("merged \"{second}\" into \"{first}\"")),
        (&["drop", ISSUE, "3"], format!("dropped \"{fourth}\"")),
        (&["ban", ISSUE, "3"], format!("banned \"{fifth}\"")),
        (&["guide", ISSUE, "1", "none"], format!("\"{first}\" is shown without a guide")),
    ] {
        assert_eq!(test.run_args(&[&["draft"], edit].concat()).success().stdout.trim_end(), told);
    }
}

#[test]
fn an_issue_is_edited_from_first_to_last_and_each_edit_can_be_undone() {
    let test = Test::new().sample().composed();
    let first = format!("# Kept.\n{}", draft(&test));
    test.write(&format!("issues/{ISSUE}/issue.toml"), &first);
    let (news, bench) = (ids(&test, "news"), ids(&test, "bench"));
    let run = |args: &[&str]| test.run_args(&[&["draft"], args].concat()).success();
    run(&["set", ISSUE, "subject", "Ours"]);
    run(&["set", ISSUE, "2", "note", "Two\nlines, \"quoted\"."]);
    run(&["move", ISSUE, &news[2], "1"]);
    run(&["bench", ISSUE, &news[0]]);
    run(&["move", ISSUE, &bench[0], "3"]);
    run(&["pin", ISSUE, &news[2]]);
    run(&["ban", ISSUE, &news[3]]);
    run(&["drop", ISSUE, &news[4]]);
    run(&["guide", ISSUE, "1", "none"]);
    run(&["merge", ISSUE, &news[2], &news[1]]);
    assert_eq!(ids(&test, "news"), [&news[2], &bench[0], &news[3]].map(Clone::clone));
    assert_eq!(ids(&test, "bench")[0], news[0]);
    let edited = draft(&test);
    assert!(edited.starts_with("# Kept.\n") && edited.contains("subject = \"Ours\""), "{edited}");
    assert!(edited.contains(&format!("{{ id = \"{}\", source", news[1])), "{edited}");
    // An editor's changes survive the next composition.
    test.run("compose midweek").success();
    assert_eq!(ids(&test, "news")[0], news[2]);
    assert!(!ids(&test, "news").contains(&news[4]), "what was dropped stays out");
    test.write(&format!("issues/{ISSUE}/issue.toml"), &edited);
    for _ in 0..10 {
        run(&["undo", ISSUE]);
    }
    assert_eq!(draft(&test), first, "undone to the byte");
    test.run(&format!("draft undo {ISSUE}")).code(1).stderr_has("no edit");
    for _ in 0..10 {
        run(&["undo", ISSUE, "--redo"]);
    }
    assert_eq!(draft(&test), edited, "and made again");
    test.write(&format!("issues/{ISSUE}/issue.toml"), &edited.replace("Ours", "Theirs"));
    test.run(&format!("draft undo {ISSUE}")).code(1).stderr_has("changed in another way");
    assert!(draft(&test).contains("Theirs"), "nothing is lost");
}

#[test]
fn what_an_edit_cannot_do_is_said_and_changes_nothing() {
    let test = Test::new().sample().composed();
    let before = draft(&test);
    for (line, words) in [
        ("set {} 99 note x", "there is no entry `99`"),
        ("set {} 1 scroe 7", "did you mean `score`?"),
        ("set {} 1 score 70", "from 0 to 10"),
        ("guide {} 1 speeling", "there is no guide `speeling`"),
        ("card {} nothing", "there is no guide `nothing`"),
        ("card {} nothing --drop", "shows no card"),
        ("add {} nowhere", "there is no item `nowhere`"),
        ("split {} 1 nowhere", "`also`"),
    ] {
        test.run(&format!("draft {}", line.replace("{}", ISSUE))).code(1).stderr_has(words);
    }
    test.run("draft set 2026-11-25-midwek subject x").code(1).stderr_has("2026-11-25-midweek");
    assert_eq!(draft(&test), before);
}

#[test]
fn a_page_becomes_an_item_and_a_story_of_the_issue() {
    let page = "<!doctype html><html><head><title>Otters map a river | Otter Post</title>\
        <meta property=\"og:site_name\" content=\"Otter Post\"><meta name=\"description\" content=\"They swim &amp; count.\">\
        <meta property=\"article:published_time\" content=\"2026-11-24T10:00:00Z\"></head><body>…</body></html>";
    let url = site(page);
    let test = Test::new().sample().composed().config("[fetch]\nprivate_hosts = [\"127.0.0.1\"]");
    let item = test.run(&format!("news add {url} --score 7 --topic Rivers --format json")).success().json();
    assert_eq!((&item["title"], &item["source"]), (&"Otters map a river".into(), &"Otter Post".into()), "{item}");
    assert_eq!((&item["summary"], &item["score"]), (&"They swim & count.".into(), &7.into()), "{item}");
    assert!(item["published"].as_str().unwrap().starts_with("2026-11-24T10:00:00"), "{item}");
    test.run(&format!("news add {url} --score 7")).success().stdout_has("known already");
    let id = item["id"].as_str().unwrap();
    test.run(&format!("draft add {ISSUE} {url} --at 2")).success().stdout_has("Otters map a river");
    assert_eq!(ids(&test, "news")[1], id);
    test.run(&format!("draft add {ISSUE} {id}")).code(1).stderr_has("already in this issue");
    test.run(&format!("check {ISSUE}")).success();
    test.run(&format!("news add http://{}/", crate::smtp::dead_address())).code(1).stderr_has("cannot be read");
    test.run("news add http://10.1.2.3/").code(1).stderr_has("cannot be read");
}
