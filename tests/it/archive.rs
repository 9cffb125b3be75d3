//! The archive from a shell: what it lists, and corrections that reach the web and never the mail. How it is served is tested
//! with the pages.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::house::{ISSUE, Test};
use crate::pages::{Serve, publication};
use crate::send::{SEND, approved};
use crate::smtp::Server;

#[test]
fn a_correction_in_the_middle_of_a_send_reaches_no_mail() {
    let server = Server::kind();
    let test = approved(&server, 4);
    test.run(&format!("archive correct {ISSUE}")).code(1).stderr_has("has not been sent");
    assert_eq!(test.run("archive list --format json").success().json(), serde_json::json!([]));
    test.run(&format!("{SEND} --limit 2")).code(75);
    test.run(&format!("archive correct {ISSUE}")).code(1).stderr_has("edit issue.toml first");
    test.edit(|draft| draft["intro"] = toml_edit::value("Words that came later."));
    test.run_args(&["archive", "correct", ISSUE, "--note", "The introduction\u{1b}[31m was wrong"]).success();
    test.run(SEND).success();
    test.counts("delivered=4");
    for message in server.messages() {
        let mail = crate::house::Mail::parse(&message.data);
        assert!(mail.html().contains("A calm week") && !mail.html().contains("came later"), "{}", mail.html());
    }
    let list = test.run("archive list --format json").success().json();
    assert_eq!((&list[0]["issue"], &list[0]["corrections"]), (&ISSUE.into(), &1.into()), "{list}");
    assert!(list[0]["url"].as_str().unwrap().ends_with(&format!("/archive/{ISSUE}")), "{list}");
    test.run("archive list").success().stdout_has("corrected Wed 25 Nov 2026");
}

#[test]
fn a_note_is_short_and_a_draft_must_render() {
    let test = Test::new().sample().subscribers(1).approved();
    test.run(SEND).success();
    test.run_args(&["archive", "correct", ISSUE, "--note", &"x".repeat(501)]).code(1).stderr_has("at most 500");
    let draft = test.draft();
    test.write(&format!("issues/{ISSUE}/issue.toml"), &draft.replacen("\n[[news]]", "\n[[news]", 1));
    test.run(&format!("archive correct {ISSUE} --note late")).code(1).stderr_has("issue.toml:");
    test.write(&format!("issues/{ISSUE}/issue.toml"), &draft);
    test.edit(|draft| draft["subject"] = toml_edit::value(""));
    test.run(&format!("archive correct {ISSUE} --note late")).code(1).stderr_has("the check finds errors");
    test.write(&format!("issues/{ISSUE}/issue.toml"), &draft);
    // A correction may be a note alone.
    test.run(&format!("archive correct {ISSUE} --note late")).success();
    assert_eq!(test.run("archive list --format json").success().json()[0]["corrections"], 1);
}

/// A port that was free a moment ago.
pub fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Waits until something listens there.
pub fn wait_for(address: SocketAddr) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "nobody listens on {address}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_daemon_shows_past_issues_and_figures_on_listeners_of_their_own() {
    let (public, ops) = (free(), free());
    let test = Test::new()
        .sample()
        .config(&format!("[web]\nlisten = \"{public}\"\nmetrics_listen = \"{ops}\"\nnoindex = true\n"))
        .subscribers(2)
        .approved();
    // Before the issue is due: the daemon would send it by itself.
    let daemon = test.start_at("2026-11-23T06:00:00Z", "serve");
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let get = |at: SocketAddr, path: &str| {
        let mut answer = agent.get(format!("http://{at}{path}")).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap(), answer)
    };
    wait_for(public);
    wait_for(ops);
    let issue = format!("/archive/{ISSUE}");
    assert_eq!(get(public, &issue).0, 404, "what is approved only is not shown");
    test.run(SEND).success();
    let (status, page, answer) = get(public, &issue);
    assert_eq!(status, 200);
    assert!(page.contains("A calm week") && !page.contains("/unsubscribe/"), "{page}");
    assert_eq!(answer.headers()["x-robots-tag"], "noindex");
    assert!(get(public, "/archive").1.contains(ISSUE) && get(public, "/feed.xml").1.contains("A calm week"));
    // A correction by another process is seen at once.
    test.run(&format!("archive correct {ISSUE} --note Mended")).success();
    assert!(get(public, &issue).1.contains("</b>: Mended"));
    assert_eq!(get(public, "/metrics").0, 404, "figures are not public");
    assert_eq!((get(ops, "/healthz").0, get(ops, "/readyz").0), (200, 200));
    let (status, figures, _) = get(ops, "/metrics");
    assert_eq!(status, 200);
    assert!(figures.contains(&format!("digest_recipients{{issue=\"{ISSUE}\",state=\"delivered\"}} 2\n")), "{figures}");
    daemon.signal("TERM");
    daemon.wait().success();
}

#[test]
fn a_list_stays_whole_when_an_issue_in_it_is_damaged() {
    let test = publication().subscribers(1).approved();
    test.run(SEND).success();
    let database = rusqlite::Connection::open(test.path("data/digest.db")).unwrap();
    database.execute("UPDATE approvals SET frozen = 'this is no JSON'", []).unwrap();
    let serve = Serve::start(&test);
    for list in ["/", "/archive"] {
        let page = serve.get(list);
        let link = format!("href=\"/archive/{ISSUE}\" lang=\"en\"");
        assert!(page.status == 200 && page.body.contains(&link), "{list}: {}", page.body);
    }
    assert_eq!(serve.get(&format!("/archive/{ISSUE}")).status, 500, "its own page says so");
}
