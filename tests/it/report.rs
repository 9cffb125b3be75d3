//! `report`: every recipient is accounted for, servers' replies are shown but cannot inject markup, and the page is self-contained.

use serde_json::Value;

use crate::browser::Browser;
use crate::house::{ISSUE, Test};
use crate::send::{SEND, approved};
use crate::smtp::{Act, At, Rule, Server};

fn report(test: &Test) -> Value {
    let report = test.run(&format!("report {ISSUE} --format json")).success().json();
    let sum: u64 = report["states"].as_array().unwrap().iter().map(|line| line["count"].as_u64().unwrap()).sum();
    assert_eq!(Some(sum), report["audience"].as_u64(), "the states must add up: {report}");
    let status = test.status();
    for key in ["recipients", "delivered", "failed", "deferred", "pending", "suppressed", "uncertain"] {
        assert_eq!(report[key], status[key], "{key}: {report}");
    }
    report
}

#[test]
fn every_recipient_is_accounted_for_with_the_reason() {
    let server = Server::start([
        Rule::at(At::Rcpt, Act::Say("550 5.1.1 <reader2@inbox.example> no <script>alert()</script> here"))
            .about("reader2@"),
        Rule::at(At::Rcpt, Act::Say("550 5.1.1 <reader3@inbox.example> no <script>alert()</script> here"))
            .about("reader3@"),
        Rule::at(At::Rcpt, Act::Say("451 4.7.1 greylisted for 300 seconds")).about("reader4@"),
    ]);
    let test = approved(&server, 6);
    test.run(&format!("{SEND} --limit 1")).code(75);
    test.run("subscribers remove reader6@inbox.example").success();
    test.run(SEND).code(75);
    let figures = report(&test);
    let states: Vec<String> = figures["states"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            format!("{} {} {}", line["state"].as_str().unwrap(), line["reason"].as_str().unwrap(), line["count"])
        })
        .collect();
    assert_eq!(
        states,
        [
            "delivered accepted by the relay 2",
            "failed no such mailbox 2",
            "deferred greylisted, or policy 1",
            "suppressed left the list 1"
        ]
    );
    // Both refusals are the same text without the address.
    assert_eq!(figures["refusals"][0]["count"], 2, "{figures}");
    assert_eq!(figures["refusals"][0]["text"], "5.1.1 <address> no <script>alert()</script> here", "{figures}");
    assert_eq!(figures["domains"][0]["domain"], "inbox.example");
    assert_eq!(figures["over_time"]["delivered"].as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>(), 2);
    assert!(!figures.to_string().contains("reader"), "no address stands in a report: {figures}");

    let told = test.run(&format!("report {ISSUE}")).success().stdout_has("2 of 6 delivered");
    for words in [
        "  nothing to do\n",
        "2 refused because the mailbox no longer exists. Nothing to do",
        "1 deferred by greylisting",
    ] {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
    assert_eq!(figures["issues"][0]["recipients"], 6, "{figures}");
    assert_eq!((&figures["list"]["confirmed"], &figures["list"]["bounced"]), (&3.into(), &2.into()), "{figures}");
    let page = test.read(&format!("issues/{ISSUE}/report.html"));
    assert!(page.contains("It adds up") && page.contains("&lt;script&gt;"), "{page}");
    assert!(!page.contains("<script") && !page.contains("reader2"), "{page}");
}

#[test]
fn what_a_refusal_asks_for_is_told_first() {
    let server = Server::start([Rule::at(
        At::Rcpt,
        Act::Say("554 5.7.1 Service unavailable; client host listed at zen.spamhaus.org"),
    )
    .about("reader2@")]);
    let test = approved(&server, 3);
    test.run(SEND);
    let figures = report(&test);
    assert_eq!(figures["advice"][0]["act"], true, "{figures}");
    let told = test.run(&format!("report {ISSUE}")).success().stdout;
    assert!(told.contains("  to do: 1 refused for reputation. Look up our sending address"), "{told}");
    assert!(!told.contains("  nothing to do\n"), "{told}");
    let page = test.read(&format!("issues/{ISSUE}/report.html"));
    assert!(page.find("1 refused for reputation") < page.find("In short"), "{page}");
}

#[test]
fn a_phone_shows_every_recipients_row_whole() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::start([
        Rule::at(At::Rcpt, Act::Say("550 5.1.1 no such user")).about("reader2@"),
        Rule::at(At::Rcpt, Act::Say("451 4.7.1 greylisted for 300 seconds")).about("reader4@"),
    ]);
    let test = approved(&server, 6);
    test.run(&format!("{SEND} --limit 1")).code(75);
    test.run("subscribers remove reader6@inbox.example").success();
    test.run(SEND).code(75);
    test.run(&format!("report {ISSUE}")).success();
    for width in [360, 400] {
        browser.size(width, 800);
        browser.open(&format!("file://{}", test.path(&format!("issues/{ISSUE}/report.html")).display()));
        let sizes = browser.run(
            "const table = document.querySelector('[aria-labelledby=every] .wide'); const page = document.documentElement; \
             return [table.scrollWidth - table.clientWidth, page.scrollWidth - page.clientWidth]",
        );
        assert_eq!(sizes, serde_json::json!([0, 0]), "what sticks out at {width} pixels, of the table and of the page");
    }
}

#[test]
fn the_page_goes_where_it_is_told() {
    let test = Test::new().sample().subscribers(2).approved();
    test.run(&format!("report {ISSUE}")).code(1).stderr_has("has not started");
    test.run("report 2020-01-01-midweek").code(1);
    test.run(SEND).success();
    test.run(&format!("report {ISSUE} --out other.html")).success().stdout_has("other.html");
    let page = test.read("other.html");
    assert_eq!(test.run(&format!("report {ISSUE} --out -")).success().stdout, page);
    test.run(&format!("report {ISSUE} --out - --format json")).code(1).stderr_has("help:");
    std::fs::remove_dir_all(test.path(&format!("issues/{ISSUE}"))).unwrap();
    test.run(&format!("report {ISSUE}")).code(1).stderr_has("--out");
    test.run(&format!("report {ISSUE} --out after.html")).success();
    // The editor's changes to the proposal are known from the draft alone; the rest is in the store.
    let after = test.read("after.html");
    let said = |page: &str| page.lines().filter(|line| !line.contains("kept ")).count();
    assert!(after.contains("<title>Report of") && said(&after) + 3 > said(&page), "{after}");
}

#[test]
fn there_is_no_report_of_a_send_that_found_nobody() {
    let test = Test::new().sample().approved();
    test.run(SEND).code(1);
    test.run(&format!("report {ISSUE}")).code(1).stderr_has("has not started");
}
