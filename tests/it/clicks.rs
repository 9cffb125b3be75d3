//! Clicks, from the mail to the report: a link leads to its story for everyone, only people are counted, and a publication without
//! counting sends the same mails as before.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{ISSUE, Mail, Test};
use crate::pages::{Answer, Serve};
use crate::send::SEND;
use crate::smtp::Server;

const PAGES: &str = "https://gazette.example";
const ON: &str = "[web]\nlisten = \"127.0.0.1:0\"\nclient_header = \"x-client\"\n[tracking]\nclicks = true\n";
const BROWSER: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept: text/html,*/*;q=0.8\r\n";

fn counting() -> Test {
    Test::new().sample().config(ON).subscribers(2)
}

/// Follows a link as a browser in the network 203.0.N.0/24 does.
fn follow(serve: &Serve, link: &str, network: u8) -> Answer {
    ask(serve, "GET", link, &format!("{BROWSER}X-Client: 203.0.{network}.7\r\n"))
}

fn ask(serve: &Serve, method: &str, link: &str, headers: &str) -> Answer {
    let path = link.strip_prefix(PAGES).unwrap_or(link);
    serve.ask(&format!("{method} {path} HTTP/1.1\r\nHost: evil.example\r\n{headers}"), "")
}

/// The counted links of a part, each once.
fn links(part: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let prefix = format!("{PAGES}/go/{ISSUE}/");
    for (at, _) in part.match_indices(&prefix) {
        let key = part[at + prefix.len()..].chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
        let link = format!("{prefix}{key}");
        if !found.contains(&link) {
            found.push(link);
        }
    }
    found
}

/// The counts of the report, by id.
fn clicks(test: &Test) -> Vec<(String, u64)> {
    let report = test.run(&format!("report {ISSUE} --format json")).success().json();
    let lines = report["clicks"].as_array().unwrap_or_else(|| panic!("no clicks: {report}"));
    lines.iter().map(|l| (l["id"].as_str().unwrap().to_owned(), l["count"].as_u64().unwrap())).collect()
}

fn total(test: &Test) -> u64 {
    clicks(test).iter().map(|(_, count)| count).sum()
}

#[test]
fn a_click_is_counted_once_and_a_scanner_never() {
    let server = Server::kind();
    let test = counting().smtp(&server.address()).approved();
    test.run(SEND).success();
    let mail = Mail::parse(&server.messages()[0].data);
    let all = links(&mail.html());
    assert!(all.len() > 4 && links(&mail.text()).len() == all.len(), "{all:?}");
    let other = Mail::parse(&server.messages()[1].data);
    assert_eq!(links(&other.html()), all, "the links say nothing of who follows them");
    assert!(!mail.html().contains("harbour.example") && mail.html().contains(&format!("{PAGES}/archive/{ISSUE}")));

    let serve = Serve::start(&test);
    let answer = follow(&serve, &all[0], 1);
    assert_eq!(answer.status, 302);
    let story = answer.header("location").to_owned();
    assert!(story.starts_with("https://") && !story.contains("gazette"), "{story}");
    assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), ("no-store", "no-referrer"));
    follow(&serve, &all[0], 1);
    // A click is counted once its network has been quiet for a while.
    let deadline = Instant::now() + Duration::from_mins(1);
    while total(&test) == 0 {
        assert!(Instant::now() < deadline, "it was never counted");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(total(&test), 1, "two clicks of one network are one: {:?}", clicks(&test));

    for link in &all {
        assert_eq!(follow(&serve, link, 2).status, 302, "a scanner is led on as well");
        assert_eq!(ask(&serve, "HEAD", link, &format!("{BROWSER}X-Client: 203.0.3.7\r\n")).status, 302);
        let robot =
            "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)\r\nAccept: text/html\r\nX-Client: 203.0.4.7\r\n";
        assert_eq!(ask(&serve, "GET", link, robot).status, 302);
    }
    // Clicks still waiting at the end count, too.
    follow(&serve, &all[1], 5);
    assert_eq!(serve.end(), Some(0));
    let counted: Vec<u64> = clicks(&test).into_iter().map(|(_, count)| count).collect();
    assert_eq!(counted.iter().sum::<u64>(), 2, "the scanner's count none: {counted:?}");
    assert_eq!(counted.len(), all.len(), "those that nobody followed have a line as well");
    test.run(&format!("report {ISSUE}")).success();
    let page = test.read(&format!("issues/{ISSUE}/report.html"));
    assert!(page.contains("id=\"clicks\"") && page.contains("visits, not people"), "{page}");
}

#[test]
fn the_way_leads_to_what_was_approved_and_nowhere_else() {
    let test = counting().approved();
    let link = {
        test.run(&format!("render {ISSUE}")).success();
        links(&test.read(&format!("issues/{ISSUE}/issue.html")))[0].clone()
    };
    // Before the issue is due: the daemon would send it by itself.
    let serve = Serve::start_at(&test, "2026-11-23T06:00:00Z");
    let story = follow(&serve, &link, 1).header("location").to_owned();
    // Links edited after the approval lead nowhere new until they are approved, too.
    test.edit(|draft| {
        for (n, entry) in draft["news"].as_array_of_tables_mut().unwrap().iter_mut().enumerate() {
            entry["url"] = toml_edit::value(format!("https://elsewhere.example/{n}"));
        }
    });
    assert_eq!(follow(&serve, &link, 1).header("location"), story);
    assert_eq!(follow(&serve, &format!("{link}?url=https://evil.example"), 1).header("location"), story);
    for path in [
        format!("/go/{ISSUE}/zzzzzzzz"),
        format!("/go/{ISSUE}/"),
        format!("/go/{ISSUE}/https://evil.example"),
        "/go/2020-01-01-midweek/aaaaaaaa".to_owned(),
        "/go//evil.example".to_owned(),
    ] {
        let answer = follow(&serve, &path, 1);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.head.contains("location:") && !answer.body.contains("midweek"), "{path}: {}", answer.body);
    }
    test.run(&format!("approve {ISSUE} --by Ann")).success();
    assert_eq!(follow(&serve, &link, 1).header("location"), "https://elsewhere.example/0");
    // Nothing has been mailed yet, so these clicks were its editors'.
    assert_eq!(serve.end(), Some(0));
    test.run(SEND).success();
    assert_eq!(total(&test), 0);
}

#[test]
fn the_web_has_the_direct_addresses_and_old_links_work_when_counting_ends() {
    let test = counting().approved();
    test.run(SEND).success();
    let link = links(&test.outbox()[0].html())[0].clone();
    let serve = Serve::start(&test);
    let story = follow(&serve, &link, 1).header("location").to_owned();
    for page in [format!("/archive/{ISSUE}"), "/feed.xml".to_owned()] {
        let shown = serve.get(&page).body;
        assert!(shown.contains(&story) && !shown.contains("/go/"), "{page}: {shown}");
    }
    test.edit(|draft| draft["intro"] = toml_edit::value("Words that came later."));
    test.run(&format!("archive correct {ISSUE} --note Mended")).success();
    let shown = serve.get(&format!("/archive/{ISSUE}")).body;
    assert!(shown.contains("came later") && shown.contains(&story) && !shown.contains("/go/"), "{shown}");
    let test = test.config("[publication]\nname = \"The Other Gazette\"\n[tracking]\nclicks = false\n");
    serve.signal("HUP");
    let deadline = Instant::now() + Duration::from_mins(1);
    while !serve.get("/").body.contains("The Other Gazette") {
        assert!(Instant::now() < deadline, "the configuration was not read again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(follow(&serve, &link, 2).header("location"), story);
    assert_eq!(serve.end(), Some(0));
    assert_eq!(total(&test), 1, "what was under way is, and nothing after it");
}

#[test]
fn who_does_not_ask_for_it_gets_the_mails_of_before() {
    let test = Test::new().sample().subscribers(1).approved();
    test.run(SEND).success();
    let mail = test.outbox().remove(0);
    assert!(!mail.html().contains("/go/") && mail.html().contains("harbour.example"));
    let report = test.run(&format!("report {ISSUE} --format json")).success().json();
    assert_eq!(report.get("clicks"), None::<&Value>);
    test.run(&format!("report {ISSUE} --out -")).success().stdout_has("Opens and clicks are not counted");
    let test = test.config("[tracking]\nclicks = true\n");
    test.run("compose sunday").code(1).stderr_has("`tracking.clicks` needs `web.listen`");
}
