//! What happens to a subscriber whose host refuses the mail during a send.

use crate::house::Test;
use crate::smtp::{Act, At, Rule, Server};

const SEND: &str = "send 2026-11-25-midweek --yes";

/// The output of `subscribers show` for one subscriber.
fn shown(test: &Test, number: usize) -> serde_json::Value {
    test.run(&format!("subscribers show reader{number}@inbox.example --format json")).success().json()
}

#[test]
fn only_proof_takes_a_subscriber_off_at_once_and_the_servers_words_are_on_record() {
    let say = |who, reply| Rule::at(At::Rcpt, Act::Say(reply)).about(who);
    let server = Server::start([
        say(
            "reader1@",
            "550-Verification failed for <news@almanac.example>\r\n550-No such user here\r\n550 Sender verify failed",
        ),
        say("reader2@", "550 HELO should be a host's name"),
        say("reader3@", "550 5.1.1 192.0.2.7 is on our black list"),
        say("reader4@", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [x.outlook.example]"),
        say("reader5@", "550 Rejected"),
        say("reader6@", "552 Requested mail action aborted: exceeded storage allocation"),
        say("reader7@", "550 No user found"),
    ]);
    let test = Test::new().sample().smtp(&server.address()).subscribers(8).approved();
    test.run(SEND).success();
    test.counts("delivered=1 failed=7");
    for number in 1..=3 {
        let about_us = shown(&test, number);
        assert_eq!(
            (&about_us["status"], &about_us["bounces"]),
            (&"confirmed".into(), &serde_json::json!([])),
            "{number}"
        );
    }
    for (number, words) in [(4, "Access denied"), (5, "550 Rejected"), (6, "exceeded storage")] {
        let soft = shown(&test, number);
        assert_eq!((&soft["status"], &soft["bounces"][0]["kind"]), (&"confirmed".into(), &"soft".into()), "{number}");
        assert!(soft["bounces"][0]["diagnostic"].as_str().unwrap().contains(words), "{soft}");
    }
    let gone = shown(&test, 7);
    assert_eq!((&gone["status"], &gone["bounces"][0]["diagnostic"]), (&"bounced".into(), &"550 No user found".into()));
    assert_eq!(test.run("bounces list --format json").success().json_lines().len(), 4);
}

#[test]
fn a_bare_refusal_counts_once_an_issue_however_often_the_issue_is_tried() {
    let server = Server::start([Rule::at(At::Rcpt, Act::Say("550 Rejected")).about("reader1@")]);
    let bounces = "[bounces]\nsoft_limit = 2\n";
    let test = Test::new().sample().smtp(&server.address()).config(bounces).subscribers(2).approved();
    test.run(SEND).success();
    test.run(&format!("{SEND} --retry-failed")).success();
    assert_eq!(shown(&test, 1)["status"], "confirmed");
    assert_eq!(test.run("bounces list --format json").success().json_lines().len(), 1);
}
