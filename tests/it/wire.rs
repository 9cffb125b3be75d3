//! The SMTP conversation: which commands are sent in which order, to servers old and new, odd and rude.

use crate::house::{ISSUE, Test};
use crate::smtp::{Act, At, Rule, Server};

const SEND: &str = "send 2026-11-25-midweek --yes";

fn approved(server: &Server, subscribers: usize) -> Test {
    Test::new().sample().smtp(&server.address()).subscribers(subscribers).approved()
}

/// The verbs of a conversation, in order.
fn verbs(server: &Server) -> Vec<String> {
    server.commands().iter().map(|line| line.split([' ', ':']).next().unwrap().to_owned()).collect()
}

#[test]
fn an_envelope_goes_out_at_once_where_that_is_offered() {
    let server = Server::kind();
    let test = approved(&server, 3);
    test.run(SEND).success();
    test.counts("delivered=3");
    assert_eq!(
        verbs(&server),
        ["EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "QUIT"]
    );
    assert_eq!(server.together(), 3, "MAIL, RCPT and DATA of each message came in one packet");
    let plain = Server::start_without(&["PIPELINING"], []);
    let test = approved(&plain, 3);
    test.run(SEND).success();
    assert_eq!(plain.together(), 0, "never where it is not offered");
}

#[test]
fn a_message_costs_one_round_trip_where_envelopes_may_follow_a_dot() {
    let server = Server::kind();
    let test = approved(&server, 12).config("[delivery.smtp]\nconnections = 1");
    test.run(SEND).success();
    assert!(server.behind() >= 6, "{} of 11 envelopes came with the message before", server.behind());
    assert_eq!(server.reached().len(), 12);
    test.counts("delivered=12");
}

#[test]
fn a_server_that_minds_such_envelopes_gets_one_thing_at_a_time() {
    let server = Server::start_without(&["GROUPS"], []);
    let test = approved(&server, 12).config("[delivery.smtp]\nconnections = 2");
    test.run(SEND).success();
    assert!((1..=2).contains(&server.behind()), "{}: once a connection, and never again", server.behind());
    assert_eq!(server.accepted(), 12, "everyone once");
    test.counts("delivered=12");
}

#[test]
fn what_is_said_of_a_following_envelope_is_about_its_own_recipient() {
    let refusals = [
        Rule::at(At::Rcpt, Act::Say("550 5.1.1 no such user")).about("reader3@"),
        Rule::at(At::Rcpt, Act::Say("450 4.2.0 greylisted")).about("reader5@"),
        Rule::at(At::Dot, Act::Say("451 4.3.0 later")).about("reader7@"),
        Rule::at(At::Mail, Act::Say("421 4.7.0 enough for now")).skip(9).times(1),
    ];
    let server = Server::start(refusals);
    let test = approved(&server, 12).config("[delivery.smtp]\nconnections = 1");
    test.run(SEND).code(75);
    test.counts("delivered=9 failed=1 deferred=2");
    assert!(server.behind() > 0);
    assert_eq!(server.accepted(), 9, "nobody twice");
}

#[test]
fn who_refuses_ehlo_is_greeted_by_helo() {
    for refusal in ["500 5.5.1 what?", "502 not here", "504 no", "550 5.7.1 no EHLO"] {
        let server = Server::start([Rule::at(At::Ehlo, Act::Say(refusal))]);
        let test = approved(&server, 2);
        test.run(SEND).success();
        test.counts("delivered=2");
        assert_eq!(verbs(&server)[..3], ["EHLO", "HELO", "MAIL"], "{refusal}");
        assert_eq!(server.together(), 0, "who knows no EHLO offers nothing");
        let mail = server.commands().into_iter().find(|line| line.starts_with("MAIL")).unwrap();
        assert!(!mail.contains("SIZE="), "{mail}");
    }
}

#[test]
fn odd_but_valid_replies_are_understood() {
    let odd: [(At, Act); 8] = [
        (At::Connect, Act::Segments(&["220-two\r\n", "220 lines\r\n"])),
        (At::Ehlo, Act::Segments(&["250-x.example\r\n250-pipe", "LINING\r\n250 size 1000000\r\n"])),
        (At::Mail, Act::Segments(&["250\r\n"])),
        (At::Rcpt, Act::Segments(&["250 only LF\n"])),
        (At::Data, Act::Segments(&["3", "54", " go\r\n"])),
        (At::Dot, Act::Segments(&["250\r\n"])),
        (At::Dot, Act::Segments(&["250-one\r\n250-two\r\n250 three\r\n"])),
        (At::Dot, Act::Segments(&["250 2.0.0 \u{fffd}\u{1F4EC}\r\n"])),
    ];
    for (at, act) in odd {
        let server = Server::start([Rule::at(at, act)]);
        let test = approved(&server, 2);
        test.run(SEND).success();
        test.counts("delivered=2");
    }
}

#[test]
fn what_is_no_reply_is_a_lost_connection_and_never_a_yes() {
    for (at, act, counts) in [
        (At::Mail, Act::Segments(&["HTTP/1.1 200 OK\r\n"]), "delivered=2"),
        (At::Rcpt, Act::Segments(&["250-one\r\n550 two\r\n"]), "delivered=2"),
        (At::Rcpt, Act::Segments(&["354 go ahead already\r\n"]), "delivered=2"),
        (At::Data, Act::Segments(&["250 taken before it was said\r\n"]), "delivered=2"),
    ] {
        let server = Server::start([Rule::at(at, act).times(1)]);
        let test = approved(&server, 2);
        test.run(SEND).success();
        test.counts(counts);
        assert_eq!(server.reached(), ["reader1@inbox.example", "reader2@inbox.example"], "{at:?}");
    }
}

#[test]
fn a_refused_recipient_among_others_sends_no_body_to_anybody_else() {
    let server = Server::start([Rule::at(At::Rcpt, Act::Say("550 5.1.1 no such user")).about("reader2@")]);
    let test = approved(&server, 3);
    test.run(SEND).success();
    test.counts("delivered=2 failed=1");
    assert_eq!(server.connections(), 1, "the connection goes on");
    // This one answers 354 to a message for nobody.
    let server = Server::start([
        Rule::at(At::Rcpt, Act::Say("550 5.1.1 no such user")).about("reader2@"),
        Rule::at(At::NoRcpt, Act::Say("354 go ahead all the same")),
    ]);
    let test = approved(&server, 3);
    test.run(SEND).success();
    test.counts("delivered=2 failed=1");
    let empty: Vec<_> = server.messages().into_iter().filter(|message| message.to.is_empty()).collect();
    assert!(empty.iter().all(|message| message.data.is_empty()), "a body went to nobody");
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_issue_larger_than_the_server_takes_is_refused_before_anybody_is_named() {
    let server = Server::start([Rule::at(At::Ehlo, Act::Say("250-x.example\r\n250 SIZE 1000"))]);
    let test = approved(&server, 3);
    test.run(SEND).code(1).stderr_has("accepts at most 1000");
    test.counts("pending=3");
    assert!(!verbs(&server).contains(&"MAIL".to_owned()), "{:?}", server.commands());
    assert!(test.run(&format!("status {ISSUE}")).stdout.contains("stopped"));
}
