//! Sending: what goes out, what the ledger records, and that nobody is missed or mailed twice, whatever the server does.

use std::collections::{BTreeMap, HashSet};

use crate::house::{ISSUE, Mail, Test};
use crate::smtp::{Act, At, Rule, Server, dead_address};

pub const SEND: &str = "send 2026-11-25-midweek --yes";
/// Times at which a deferred or uncertain message is certainly due again.
const LATER: &[&str] = &["2026-11-25T12:00:00Z", "2026-11-25T20:00:00Z", "2026-11-26T06:00:00Z"];

pub fn approved(server: &Server, subscribers: usize) -> Test {
    Test::new().sample().smtp(&server.address()).subscribers(subscribers).approved()
}

pub fn addresses(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    let mut all: Vec<String> = numbers.into_iter().map(|n| format!("reader{n}@inbox.example")).collect();
    all.sort();
    all
}

/// Runs `send` again at later times until it is done.
pub fn finish(test: &Test) {
    for now in LATER {
        if test.run_at(now, SEND).code_in(&[0, 75]).code == Some(0) {
            return;
        }
    }
    panic!("still not done at {LATER:?}: {}", test.status());
}

/// The Message-IDs of every copy that a subscriber was sent.
pub fn message_ids(server: &Server) -> BTreeMap<String, Vec<String>> {
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in server.messages() {
        ids.entry(message.to[0].clone()).or_default().push(Mail::parse(&message.data).message_id().to_owned());
    }
    ids
}

// To a folder

#[test]
fn every_confirmed_subscriber_gets_one_copy_and_nobody_else_does() {
    let test = Test::new()
        .sample()
        .subscribers_csv(
            "email,status,editions\nann@one.example,confirmed,\nbob@two.example,unsubscribed,\ncat@two.example,pending,\n\
             dan@two.example,bounced,\neve@two.example,complained,\nfay@one.example,confirmed,sunday\ngil@one.example,confirmed,midweek\n",
        )
        .approved();
    test.run(SEND).success();
    let mut to: Vec<String> = test.outbox().iter().map(Mail::to).collect();
    to.sort();
    assert_eq!(to, ["ann@one.example", "gil@one.example"]);
    test.counts("delivered=2");
}

#[test]
fn a_copy_carries_what_the_contract_promises() {
    let test =
        Test::new().sample().subscribers_csv("email,name\nann@one.example,Ann Bär\nbob@two.example,Bob\n").approved();
    test.run(SEND).success();
    let outbox = test.outbox();
    assert_eq!(outbox.len(), 2);
    for mail in &outbox {
        let subject = test.draft().parse::<toml::Table>().unwrap()["subject"].as_str().unwrap().to_owned();
        assert_eq!(mail.subject(), subject);
        assert_eq!(mail.part_types(), ["text/plain", "text/html"], "text first");
        assert!(mail.header("Content-Type").starts_with("multipart/alternative"));
        assert!(mail.header("From").contains("news@gazette.example"));
        assert!(mail.header("Reply-To").contains("desk@gazette.example"));
        assert!(mail.header("Message-ID").ends_with("gazette.example>"), "ours: {}", mail.header("Message-ID"));
        assert_eq!(mail.header("MIME-Version"), "1.0");
        assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        let unsubscribe = mail.header("List-Unsubscribe");
        assert!(unsubscribe.contains("<https://gazette.example/unsubscribe/"), "{unsubscribe}");
        assert!(unsubscribe.contains("<mailto:"), "{unsubscribe}");
        assert!(mail.header("List-Id").contains('<'));
        assert!(mail.header("List-Archive").contains("https://gazette.example/"));
        assert_eq!(mail.header("Feedback-ID").matches(':').count(), 3, "four fields: {}", mail.header("Feedback-ID"));
        assert_eq!(mail.header("Precedence"), "bulk");
        assert!(mail.header("Date").contains("25 Nov 2026"), "{}", mail.header("Date"));
        assert_eq!(mail.headers("To").len(), 1);
        for word in ["Cc", "Bcc", "Return-Path"] {
            assert!(mail.headers(word).is_empty());
        }
        let link = unsubscribe.split(['<', '>']).find(|part| part.starts_with("https://")).unwrap();
        let token = link.rsplit('/').next().unwrap();
        assert!(token.len() >= 26 && token.ends_with(|c: char| c.is_ascii_alphanumeric()), "{token}");
        assert!(
            mail.text().contains(token) && mail.html().contains(token),
            "this subscriber's own link is in both parts"
        );
        assert!(!mail.text().contains("{{") && !mail.html().contains("{{"));
        assert!(mail.text().contains("1 Sample Street") && mail.html().contains("1 Sample Street"));
    }
    assert_ne!(outbox[0].message_id(), outbox[1].message_id());
    let tokens: HashSet<String> = outbox.iter().map(|mail| mail.header("List-Unsubscribe")).collect();
    assert_eq!(tokens.len(), 2, "each subscriber has a token of their own");
}

#[test]
fn the_bytes_keep_to_the_lines_of_smtp() {
    let test = Test::new().sample().subscribers(1).composed();
    let subject = "Größe zählt nicht — 日本語も, and a long tail of words that must fold";
    test.edit(|draft| draft["subject"] = toml_edit::value(subject));
    test.run("approve 2026-11-25-midweek --by Ann").success();
    test.run(SEND).success();
    let mail = test.outbox().remove(0);
    assert_eq!(mail.subject(), subject);
    for line in mail.raw.split(|b| *b == b'\n') {
        assert!(line.len() <= 999, "a line of {} bytes", line.len());
        assert!(line.is_empty() || line.ends_with(b"\r"), "a bare LF after {:?}", String::from_utf8_lossy(line));
        assert!(!line[..line.len().saturating_sub(1)].contains(&b'\r'), "a bare CR");
    }
    assert!(mail.head().is_ascii(), "headers are ASCII");
}

#[test]
fn what_is_not_approved_is_not_sent() {
    let test = Test::new().sample().subscribers(2).composed();
    test.run(SEND).code(1).stderr_has("approve");
    assert!(test.outbox().is_empty());
    test.run("approve 2026-11-25-midweek --by Ann").success();
    test.edit(|draft| draft["intro"] = toml_edit::value("Changed at the last minute."));
    test.run(SEND).code(1).stderr_has("approve");
    assert!(test.outbox().is_empty());
    assert_eq!(test.status()["state"], "draft", "an edit makes it a draft again");
}

#[test]
fn an_issue_with_errors_is_not_approved() {
    let test = Test::new().sample().subscribers(1).composed();
    test.edit(|draft| draft["intro"] = toml_edit::value("TK a word on the week"));
    test.run("approve 2026-11-25-midweek --by Ann").code(1);
    assert_eq!(test.status()["state"], "draft");
}

#[test]
fn sending_twice_sends_once() {
    let test = Test::new().sample().subscribers(3).approved();
    test.run(SEND).success();
    let first: Vec<Vec<u8>> = test.outbox().into_iter().map(|mail| mail.raw).collect();
    test.run(SEND).success();
    let second: Vec<Vec<u8>> = test.outbox().into_iter().map(|mail| mail.raw).collect();
    assert_eq!(first, second);
    test.counts("delivered=3");
}

#[test]
fn a_dry_run_sends_nothing_and_leaves_no_trace() {
    let server = Server::kind();
    let test = approved(&server, 3);
    test.run("send 2026-11-25-midweek --dry-run --yes").success();
    assert_eq!((server.connections(), test.outbox().len()), (0, 0));
    assert_eq!(test.status()["state"], "approved");
}

#[test]
fn an_issue_sent_before_its_time_is_told_so_and_sent() {
    let early = "is being sent early: it is scheduled for Wed 25 Nov 2026 07:00 CET, in ";
    let test = Test::new().sample().subscribers(2).approved();
    test.run_at("2026-11-23T05:00:00Z", &format!("{SEND} --dry-run")).success().stderr_has(&format!("{early}2 days"));
    test.run_at("2026-11-25T05:59:40Z", &format!("{SEND} --limit 1")).code(75).stderr_has(&format!("{early}1 minute"));
    test.counts("delivered=1 pending=1");
    let rest = test.run_at("2026-11-25T05:59:50Z", SEND).success();
    assert!(!rest.stderr.contains("early"), "once begun it is no news: {}", rest.stderr);
    let other = Test::new().sample().subscribers(2).approved();
    let on_time = other.run(SEND).success();
    assert!(!on_time.stderr.contains("early"), "{}", on_time.stderr);
}

#[test]
fn a_limit_stops_early_and_the_next_run_goes_on() {
    let test = Test::new().sample().subscribers(5).approved();
    test.run("send 2026-11-25-midweek --yes --limit 2").code_in(&[0, 75]);
    assert_eq!(test.outbox().len(), 2);
    test.counts("delivered=2 pending=3");
    test.run(SEND).success();
    test.counts("delivered=5");
}

#[test]
fn the_audience_is_frozen_when_the_send_begins_but_who_leaves_is_not_mailed() {
    let test = Test::new().sample().subscribers(4).approved();
    test.run("send 2026-11-25-midweek --yes --limit 1").code_in(&[0, 75]);
    let got = test.outbox()[0].to();
    let leaver = addresses(1..=4).into_iter().find(|address| *address != got).unwrap();
    test.run(&format!("subscribers remove {leaver}")).success();
    let test = test.subscribers_csv("email\nlate@one.example\n");
    test.run(SEND).success();
    let to: Vec<String> = test.outbox().iter().map(Mail::to).collect();
    assert!(!to.contains(&leaver) && !to.contains(&"late@one.example".to_owned()), "{to:?}");
    test.counts("delivered=3 suppressed=1");
}

#[test]
fn a_test_copy_goes_to_the_address_named_and_counts_for_nothing() {
    let test = Test::new().sample().subscribers(2).composed();
    test.run("send 2026-11-25-midweek --test ann@gazette.example --yes").success();
    let to: Vec<String> = test.outbox().iter().map(Mail::to).collect();
    assert_eq!(to, ["ann@gazette.example"]);
    assert!(test.outbox()[0].subject().starts_with("[Test] "));
    assert_eq!(test.status()["delivered"], 0);
}

#[test]
fn an_empty_audience_burns_no_issue() {
    let test = Test::new().sample().subscribers(1).composed();
    test.run("approve 2026-11-25-midweek --by Ed").success();
    let listed = test.run("subscribers list --status confirmed --format json").success();
    for line in listed.stdout.lines() {
        let subscriber: serde_json::Value = serde_json::from_str(line).unwrap();
        test.run(&format!("subscribers remove {}", subscriber["email"].as_str().unwrap())).success();
    }
    test.run(SEND).code(1).stderr_has("no confirmed subscriber");
    assert_eq!(test.status()["state"], "approved");
}

// By SMTP

#[test]
fn a_kind_server_gets_everything_once() {
    let server = Server::kind();
    let test = approved(&server, 12);
    test.run(SEND).success();
    assert_eq!(server.reached(), addresses(1..=12));
    assert!(server.messages().iter().all(|m| m.to.len() == 1), "one recipient a transaction");
    assert_eq!(server.connections(), 1, "the connection is used again");
    test.counts("delivered=12");
    assert_eq!(test.status()["state"], "sent");
}

#[test]
fn what_the_server_got_is_what_was_rendered() {
    let server = Server::kind();
    let test = approved(&server, 1);
    test.edit(|draft| draft["intro"] = toml_edit::value("First.\n\n.\n\n.. dots lead\n\nLast."));
    test.run("approve 2026-11-25-midweek --by Ann").success();
    test.run(SEND).success();
    let mail = Mail::parse(&server.messages()[0].data);
    assert!(mail.text().contains("dots lead") && mail.text().contains("Last."), "{}", mail.text());
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn an_address_refused_for_good_is_failed_and_the_others_go_out() {
    let server = Server::start([Rule::at(At::Rcpt, Act::Say("550 5.1.1 no such mailbox")).about("reader2@")]);
    let test = approved(&server, 3);
    test.run(SEND).success();
    assert_eq!(server.reached(), addresses([1, 3]));
    test.counts("delivered=2 failed=1");
    test.run(&format!("status {ISSUE} --recipients")).success().stdout_has("no such mailbox");
}

#[test]
fn a_message_refused_for_good_after_the_dot_is_failed() {
    let server = Server::start([Rule::at(At::Dot, Act::Say("554 5.7.1 looks like spam")).about("reader2@")]);
    let test = approved(&server, 3);
    test.run(SEND).success();
    test.counts("delivered=2 failed=1");
}

#[test]
fn an_address_refused_for_now_is_deferred_and_tried_later() {
    let server = Server::start([
        Rule::at(At::Rcpt, Act::Say("451 4.7.1 greylisted")).about("reader1@").times(1),
        Rule::at(At::Rcpt, Act::Say("452 4.2.2 mailbox full")).about("reader3@").times(1),
    ]);
    let test = approved(&server, 4);
    test.run(SEND).code(75);
    assert_eq!(server.reached(), addresses([2, 4]), "greylisting holds up nobody else");
    test.counts("delivered=2 deferred=2");
    finish(&test);
    assert_eq!(server.reached(), addresses(1..=4));
    test.counts("delivered=4");
}

#[test]
fn a_deferred_subscriber_is_not_hammered() {
    let server = Server::start([Rule::at(At::Rcpt, Act::Say("451 4.7.1 greylisted")).about("reader1@")]);
    let test = approved(&server, 2);
    test.run(SEND).code(75);
    let tries = |server: &Server| server.commands().iter().filter(|c| c.contains("reader1@")).count();
    let before = tries(&server);
    test.run_at("2026-11-25T06:00:10Z", SEND).code(75);
    assert_eq!(tries(&server), before, "ten seconds later the next try is not due");
}

#[test]
fn a_line_that_dies_before_the_dot_costs_nobody_a_try() {
    for at in [At::Connect, At::Ehlo, At::Mail, At::Rcpt, At::Data, At::Body] {
        let server = Server::start([Rule::at(at, Act::HangUp).times(1)]);
        let test = approved(&server, 3);
        if test.run(SEND).code_in(&[0, 75]).code != Some(0) {
            finish(&test);
        }
        assert_eq!(server.reached(), addresses(1..=3), "hung up at {at:?}: everyone once");
        test.counts("delivered=3");
    }
}

#[test]
fn a_421_anywhere_is_about_now_and_not_about_the_subscriber() {
    for at in [At::Connect, At::Ehlo, At::Mail, At::Rcpt, At::Data] {
        let server = Server::start([Rule::at(at, Act::SayAndHangUp("421 4.3.2 shutting down")).times(1)]);
        let test = approved(&server, 3);
        if test.run(SEND).code_in(&[0, 75]).code != Some(0) {
            finish(&test);
        }
        assert_eq!(server.reached(), addresses(1..=3), "421 at {at:?}");
        test.counts("delivered=3");
    }
}

#[test]
fn no_answer_after_the_dot_is_uncertain_and_sent_again_under_the_same_id() {
    let server = Server::start([Rule::at(At::Dot, Act::HangUp).about("reader2@").times(1)]);
    let test = approved(&server, 3);
    if test.run(SEND).code_in(&[0, 75]).code != Some(0) {
        finish(&test);
    }
    test.counts("delivered=3");
    let ids = message_ids(&server);
    assert_eq!(ids["reader2@inbox.example"].len(), 2, "sent again");
    assert_eq!(ids["reader2@inbox.example"][0], ids["reader2@inbox.example"][1], "under the same Message-ID");
    assert_eq!((ids["reader1@inbox.example"].len(), ids["reader3@inbox.example"].len()), (1, 1));
}

#[test]
fn no_answer_after_the_dot_is_held_back_where_config_says_so() {
    let server = Server::start([Rule::at(At::Dot, Act::HangUp).about("reader2@").times(1)]);
    let test = approved(&server, 3).config("[delivery]\nuncertain = \"hold\"");
    test.run(SEND);
    test.counts("delivered=2 uncertain=1");
    for now in LATER {
        test.run_at(now, SEND);
    }
    assert_eq!(server.messages().len(), 3, "not sent again");
    test.counts("delivered=2 uncertain=1");
}

#[test]
fn an_answer_before_the_line_dies_counts() {
    let server = Server::start([Rule::at(At::Dot, Act::SayAndHangUp("250 2.0.0 taken")).times(2)]);
    let test = approved(&server, 3);
    if test.run(SEND).code_in(&[0, 75]).code != Some(0) {
        finish(&test);
    }
    assert_eq!(server.reached(), addresses(1..=3), "nobody twice");
    test.counts("delivered=3");
}

#[test]
fn garbage_after_the_dot_is_not_taken_for_yes() {
    let server = Server::start([Rule::at(At::Dot, Act::SayAndHangUp("ok sure")).about("reader1@").times(1)]);
    let test = approved(&server, 2).config("[delivery]\nuncertain = \"hold\"");
    test.run(SEND);
    let status = test.status();
    assert_eq!((&status["delivered"], &status["failed"]), (&1.into(), &0.into()), "{status}");
}

#[test]
fn a_refusal_of_us_stops_the_issue_and_blames_nobody() {
    let cases = [
        (At::Connect, "554 5.7.1 your network is blocked"),
        (At::Ehlo, "550 5.7.1 go away"),
        (At::Mail, "550 5.7.1 sender refused"),
        (At::Mail, "530 5.7.0 authentication required"),
    ];
    for (at, reply) in cases {
        let mut rules = vec![Rule::at(at, Act::Say(reply))];
        if at == At::Ehlo {
            rules.push(Rule::at(At::Helo, Act::Say(reply)));
        }
        let server = Server::start(rules);
        let test = approved(&server, 3);
        test.run(SEND).code(1).stderr_has(reply.split_once(' ').unwrap().1.split_once(' ').unwrap().1);
        test.counts("pending=3");
        assert!(server.messages().is_empty());
        let mails = server.commands().iter().filter(|c| c.starts_with("MAIL")).count();
        assert!(mails <= 2, "no use in trying {mails} times");
    }
}

#[test]
fn a_refusal_of_us_halfway_keeps_what_was_done() {
    let server = Server::start([Rule::at(At::Mail, Act::Say("550 5.7.1 sender refused")).skip(2)]);
    let test = approved(&server, 5);
    test.run(SEND).code(1);
    test.counts("delivered=2 pending=3");
}

#[test]
fn a_password_never_travels_in_clear_and_a_wrong_one_stops_the_issue() {
    let server = Server::start([Rule::at(At::Auth, Act::Say("535 5.7.8 wrong password"))]);
    let test = Test::new()
        .sample()
        .subscribers(2)
        .approved()
        .smtp(&server.address())
        .config("[delivery.smtp]\nusername = \"desk\"\npassword_file = \"secret\"")
        .file("secret", "open-sesame\n");
    let ran = test.run(SEND).code(1);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("open-sesame"));
    assert!(!server.commands().iter().any(|c| c.starts_with("AUTH")), "the scripted server speaks no TLS");
    assert!(server.messages().is_empty());
    let status = test.config("[delivery.smtp]\nusername = \"\"\npassword_file = \"\"").status();
    assert_eq!((&status["delivered"], &status["failed"]), (&0.into(), &0.into()), "{status}");
}

#[test]
fn tls_that_is_required_but_missing_sends_nothing_in_clear() {
    let server = Server::kind();
    let test = approved(&server, 2).config("[delivery.smtp]\ntls = \"required\"");
    test.run(SEND).code_in(&[1, 75]);
    assert!(server.messages().is_empty());
    assert!(!server.commands().iter().any(|c| c.starts_with("MAIL")));
    test.counts("pending=2");
}

#[test]
fn an_unreachable_server_loses_nobody() {
    let test = Test::new().sample().smtp(&dead_address()).subscribers(3).approved();
    test.run(SEND).code_in(&[1, 75]).stderr_has("127.0.0.1");
    test.counts("pending=3");
}

#[test]
fn a_plain_server_without_extensions_is_enough() {
    let server = Server::start_without(&["PIPELINING", "8BITMIME", "SIZE", "ENHANCED"], []);
    let test = approved(&server, 3);
    test.run(SEND).success();
    assert_eq!(server.reached(), addresses(1..=3));
    let mail = server.commands().into_iter().find(|c| c.starts_with("MAIL")).unwrap();
    assert!(!mail.contains("BODY=") && !mail.contains("SIZE=") && !mail.contains("SMTPUTF8"), "{mail}");
}

#[test]
fn a_reply_cannot_write_to_the_terminal() {
    let server =
        Server::start([Rule::at(At::Rcpt, Act::Say("550 5.1.1 \x1b[31mred\x07 <b>bold</b>")).about("reader1@")]);
    let test = approved(&server, 2);
    let ran = test.run(SEND).success();
    let status = test.run(&format!("status {ISSUE} --recipients")).success();
    for told in [ran.stdout, ran.stderr, status.stdout, status.stderr] {
        assert!(!told.contains('\x1b') && !told.contains('\x07'), "{told:?}");
    }
}
