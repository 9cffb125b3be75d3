//! The mail as real programs read it: neomutt and w3m, which show it on a terminal, and `SpamAssassin`, which judges it.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::house::{ISSUE, Test};
use crate::signing::with_keys;

const ISSUES: [&str; 2] = ["2024-07-31-midweek", "2024-08-04-sunday"];

/// Whether a program is installed; if not, the test is skipped with a message, or fails where `DIGEST_TEST_REQUIRE` is set.
fn has(program: &str) -> bool {
    let there = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    let there = there.is_ok_and(|status| status.success());
    assert!(there || std::env::var_os("DIGEST_TEST_REQUIRE").is_none(), "{program} is missing: run scripts/test");
    if !there {
        eprintln!("skipped: install {program}, or run scripts/test");
    }
    there
}

/// The output of a program for `input`.
fn said(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // A program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned()
}

/// The titles of a draft's news, which every program must show.
fn titles(test: &Test, issue: &str) -> Vec<String> {
    let draft: toml::Table = test.read(&format!("shown/issues/{issue}/issue.toml")).parse().unwrap();
    let news = draft["news"].as_array().unwrap().iter();
    news.map(|entry| entry["title"].as_str().unwrap().to_owned()).collect()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn demo() -> Test {
    let test = Test::new();
    test.run("demo shown").success();
    test
}

#[test]
fn w3m_reads_the_html_from_top_to_bottom() {
    if !has("w3m") {
        return;
    }
    let test = demo();
    for issue in ISSUES {
        let html = test.read(&format!("shown/issues/{issue}/issue.html"));
        let shown = said(
            Command::new("w3m").args(["-dump", "-cols", "80", "-T", "text/html", "-I", "UTF-8", "-O", "UTF-8"]),
            &html,
        );
        let shown = words(&shown);
        let mut from = 0;
        for title in titles(&test, issue) {
            let at = shown[from..].find(&words(&title));
            from += at.unwrap_or_else(|| panic!("{issue}: w3m does not show {title:?} in its place:\n{shown}"));
        }
        for word in ["Unsubscribe", "Preferences", "Read on the web"] {
            assert!(shown.contains(word), "{issue}: no {word}:\n{shown}");
        }
        // Layout tables leave no trace.
        assert!(!shown.contains('|'), "{shown}");
    }
}

#[test]
fn neomutt_shows_the_plain_text_with_every_story() {
    if !has("neomutt") {
        return;
    }
    let test = demo();
    for issue in ISSUES {
        // A Maildir with one mail, opened at it; the pager prints instead of paging.
        let maildir = format!("maildir-{issue}");
        for folder in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(test.path(&format!("{maildir}/{folder}"))).unwrap();
        }
        let mail = test.read(&format!("shown/issues/{issue}/issue.eml"));
        test.write(&format!("{maildir}/new/1.eml"), &mail);
        let out = test.path(&format!("{issue}.shown"));
        let settings = format!(
            "set folder={} pipe_decode=yes charset=utf-8 wait_key=no mark_old=no\n\
             alternative_order text/plain\n\
             push \"<pipe-message>cat > {}<enter><exit>\"\n",
            test.path("").display(),
            out.display()
        );
        test.write("neomuttrc", &settings);
        // `script` gives it the terminal that it needs.
        let line = format!("neomutt -n -F {} -f {}", test.path("neomuttrc").display(), test.path(&maildir).display());
        let mut neomutt = Command::new("script");
        neomutt
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", "vt100")
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", test.path(""));
        said(&mut neomutt, "");
        let shown = words(&test.read(&format!("{issue}.shown")));
        for title in titles(&test, issue) {
            assert!(shown.contains(&words(&title)), "{issue}: neomutt does not show {title:?}:\n{shown}");
        }
        assert!(!shown.contains("<p>") && !shown.contains("=3D"), "{shown}");
    }
}

#[test]
fn spamassassin_finds_next_to_nothing() {
    if !has("spamassassin") {
        return;
    }
    let test = demo();
    for issue in ISSUES {
        judged(&test, issue, &test.read(&format!("shown/issues/{issue}/issue.eml")));
    }
    // Signed as in production, to a subscriber, with bounces that have a domain of their own.
    let test = with_keys(Test::new().sample())
        .config("[bounces]\ndomain = \"bounces.gazette.example\"")
        .subscribers(1)
        .approved();
    test.run(&format!("send {ISSUE} --yes")).success();
    let mail = String::from_utf8(test.outbox().remove(0).raw).unwrap();
    assert!(mail.contains("DKIM-Signature"));
    judged(&test, ISSUE, &mail);
}

/// Asserts that the mail scores far below the spam threshold.
fn judged(test: &Test, issue: &str, mail: &str) {
    let mut spamassassin = Command::new("spamassassin");
    let judged = said(spamassassin.args(["-L", "-t", "--nocreate-prefs"]).env("HOME", test.path("")), mail);
    let score = judged
        .lines()
        .find_map(|line| line.split_once("score=")?.1.split(' ').next()?.parse::<f64>().ok())
        .unwrap_or_else(|| panic!("no score:\n{judged}"));
    assert!(score < 1.0, "{issue}: {score}\n{judged}");
}
