//! The poll, from the mail to the report: a link opens a page, only a button press counts, and without pages an answer is a mail.

use crate::access::{axe, findings};
use crate::browser::Browser;
use crate::house::{ISSUE, Test};
use crate::pages::{Serve, publication};
use crate::send::SEND;

fn with_poll(test: Test) -> Test {
    test.config(
        "[web]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://gazette.example\"\n\
         [editions.midweek]\npoll = \"Worth <b>it</b>?\"\npoll_answers = [\"Yes\", \"No & never\"]\n",
    )
}

/// The counts that `digest status` prints, in the order of the answers.
fn counts(test: &Test) -> Vec<u64> {
    let status = test.run(&format!("status {ISSUE} --format json")).success().json();
    let answers = status["poll"]["answers"].as_array().unwrap_or_else(|| panic!("no poll: {status}"));
    answers.iter().map(|line| line["count"].as_u64().unwrap()).collect()
}

#[test]
fn an_answer_counts_when_its_button_is_pressed_and_never_before() {
    let test = with_poll(publication()).subscribers(2).approved();
    let page = format!("/poll/{ISSUE}/2");
    let early = Serve::start_at(&test, "2026-11-23T06:00:00Z");
    assert_eq!((early.get(&page).status, early.post(&page, "").status), (404, 404), "it has not been sent");
    assert_eq!(early.end(), Some(0));
    test.run(SEND).success();
    for mail in test.outbox() {
        let text = mail.text();
        assert!(text.contains(&format!("https://gazette.example{page}")), "the same link for everybody: {text}");
        assert!(mail.html().contains(&format!("href=\"https://gazette.example{page}\"")));
    }
    let serve = Serve::start(&test);
    for method in ["GET", "HEAD"] {
        let seen = serve.ask(&format!("{method} {page} HTTP/1.1\r\nHost: x\r\n"), "");
        assert_eq!(seen.status, 200);
        assert!(!seen.head.contains("set-cookie"), "{}", seen.head);
        assert_eq!(seen.header("x-robots-tag"), "noindex, nofollow");
        let policy = seen.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"), "{policy}");
    }
    let shown = serve.get(&page).body;
    assert!(shown.contains("Worth &lt;b&gt;it&lt;/b&gt;?") && shown.contains(">No &amp; never</button>"), "{shown}");
    assert!(shown.find("No &amp; never") < shown.find(">Yes<"), "the chosen answer comes first: {shown}");
    assert_eq!(counts(&test), [0, 0], "looking counts nothing");
    for _ in 0..2 {
        let done = serve.post(&page, "");
        assert!(done.status == 200 && done.body.contains("Your answer has been counted"), "{}", done.body);
    }
    serve.post(&format!("/poll/{ISSUE}/1"), "anything=else");
    assert_eq!(counts(&test), [1, 2]);
    for nothing in [
        format!("/poll/{ISSUE}/3"),
        format!("/poll/{ISSUE}/0"),
        format!("/poll/{ISSUE}/01"),
        format!("/poll/{ISSUE}/+1"),
        format!("/poll/{ISSUE}/257"),
        format!("/poll/{ISSUE}/"),
        format!("/poll/{ISSUE}"),
        "/poll/2026-11-18-midweek/1".to_owned(),
        "/poll/..%2F..%2Fetc/1".to_owned(),
        format!("/poll/{}/1", ISSUE.to_uppercase()),
    ] {
        assert_eq!(serve.get(&nothing).status, 404, "{nothing}");
        assert_eq!(serve.post(&nothing, "").status, 404, "{nothing}");
    }
    assert_eq!(serve.ask(&format!("PUT {page} HTTP/1.1\r\nHost: x\r\n"), "").status, 405);
    assert_eq!(serve.post(&page, &"x".repeat(70_000)).status, 200, "a body is not read, and so never too long");
    assert_eq!(serve.end(), Some(0));
    assert_eq!(counts(&test), [1, 3]);
    test.run(&format!("status {ISSUE}")).success().stdout_has("the poll: Worth <b>it</b>? Yes 1, No & never 3");
    let report = test.run(&format!("report {ISSUE} --format json")).success().json();
    assert_eq!(report["poll"]["answers"][1], serde_json::json!({"answer": "No & never", "count": 3}));
}

#[test]
fn the_question_is_the_one_that_was_mailed() {
    let test = with_poll(publication()).subscribers(1).approved();
    test.run(SEND).success();
    let test = test.config(
        "[web]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://gazette.example\"\n\
         [editions.midweek]\npoll = \"Another question?\"\npoll_answers = [\"A\", \"B\", \"C\"]\n",
    );
    let serve = Serve::start(&test);
    let shown = serve.get(&format!("/poll/{ISSUE}/1")).body;
    assert!(shown.contains("Worth &lt;b&gt;") && !shown.contains("Another question"), "{shown}");
    assert_eq!(serve.get(&format!("/poll/{ISSUE}/3")).status, 404);
}

#[test]
fn where_no_pages_are_served_an_answer_is_a_mail() {
    let test = Test::new()
        .sample()
        .config("[web]\npublic_url = \"\"\n[editions.midweek]\npoll = \"Useful?\"\n")
        .subscribers(1)
        .approved();
    test.run(SEND).success();
    let html = test.outbox()[0].html();
    assert!(html.contains("mailto:") && html.contains("Useful%3F%20So-so") && !html.contains("/poll/"), "{html}");
    let status = test.run(&format!("status {ISSUE} --format json")).success().json();
    assert!(status.get("poll").is_none(), "{status}");
}

#[test]
fn axe_finds_nothing_on_the_page_and_a_press_counts_in_a_browser() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let test = with_poll(publication()).subscribers(1).approved();
    test.run(SEND).success();
    let serve = Serve::start(&test);
    let url = format!("http://127.0.0.1:{}/poll/{ISSUE}/1", serve.port);
    for (width, scheme) in [(375, "dark"), (900, "light")] {
        browser.size(width, 800);
        browser.prefers(scheme);
        browser.open(&url);
        assert_eq!(findings(&browser, &axe), [""; 0], "{width} {scheme}");
    }
    browser.run("document.querySelector('button').click()");
    let said = "return document.querySelector('h1').textContent";
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while browser.run(said) != "Thank you" {
        assert!(std::time::Instant::now() < deadline, "the policy must let the form through");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(counts(&test), [1, 0]);
}
