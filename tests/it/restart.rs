//! A send that is stopped, killed or doubled, and started again: it resumes where it stopped.

use std::collections::HashSet;

use crate::house::{ISSUE, Mail};
use crate::send::{SEND, addresses, approved, finish, message_ids};
use crate::smtp::{Act, At, Rule, Server};

#[test]
fn sigterm_finishes_what_is_in_flight_and_a_second_run_does_the_rest() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).skip(5).times(1)]);
    let test = approved(&server, 30);
    let running = test.start(SEND);
    server.await_held(1);
    running.signal("TERM");
    server.release();
    running.wait().code(75);
    let done = server.accepted();
    assert!((6..30).contains(&done), "{done} of 30 were sent");
    let status = test.status();
    assert_eq!(status["delivered"], done, "the ledger says what the server says: {status}");
    assert_eq!(status["uncertain"], 0);
    test.run(SEND).success();
    assert_eq!(server.reached(), addresses(1..=30), "everyone, and nobody twice");
    test.counts("delivered=30");
}

#[test]
fn sigkill_between_dot_and_reply_costs_at_most_one_copy_a_connection() {
    let connections = 2;
    let server = Server::start([Rule::at(At::Dot, Act::Hold).skip(7).times(connections)]);
    let test = approved(&server, 30).config("[delivery.smtp]\nconnections = 2");
    let running = test.start(SEND);
    server.await_held(connections);
    running.signal("KILL");
    assert_eq!(running.wait().code, None);
    server.release();
    if test.run(SEND).code_in(&[0, 75]).code != Some(0) {
        finish(&test);
    }
    test.counts("delivered=30");
    let ids = message_ids(&server);
    assert_eq!(ids.keys().cloned().collect::<Vec<_>>(), addresses(1..=30), "nobody is lost");
    let twice: Vec<_> = ids.values().filter(|copies| copies.len() > 1).collect();
    assert!(twice.len() <= connections, "{} subscribers got a second copy over {connections} connections", twice.len());
    for copies in twice {
        assert!(copies.len() == 2 && copies[0] == copies[1], "the same Message-ID: {copies:?}");
    }
}

#[test]
fn sigkill_after_the_dot_leaves_that_copy_in_doubt_and_held_when_so_set() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).skip(4).times(1)]);
    let test = approved(&server, 12).config("[delivery]\nuncertain = \"hold\"");
    let running = test.start(SEND);
    server.await_held(1);
    running.signal("KILL");
    running.wait();
    server.release();
    test.counts("delivered=4 pending=7 uncertain=1");
    test.run(SEND).success();
    test.counts("delivered=11 uncertain=1");
    let reached = server.reached().len();
    assert!(reached == 11 || reached == 12, "the copy in doubt went out once or not at all, never twice: {reached}");
}

#[test]
fn sigkill_before_the_dot_costs_no_copy_at_all() {
    for at in [At::Mail, At::Rcpt, At::Data] {
        let server = Server::start([Rule::at(at, Act::Hold).skip(4).times(1)]);
        let test = approved(&server, 12);
        let running = test.start(SEND);
        server.await_held(1);
        // The next message does not keep the last outcome off the record for long.
        test.await_delivered(4);
        running.signal("KILL");
        running.wait();
        server.release();
        if test.run(SEND).code_in(&[0, 75]).code != Some(0) {
            finish(&test);
        }
        assert_eq!(server.reached(), addresses(1..=12), "killed at {at:?}: everyone once");
        test.counts("delivered=12");
    }
}

#[test]
fn an_edit_between_two_runs_changes_nothing_on_its_way() {
    let server = Server::start([Rule::at(At::Mail, Act::Say("550 5.7.1 sender refused")).skip(2).times(1)]);
    let test = approved(&server, 5);
    test.run(SEND).code(1);
    test.edit(|draft| draft["intro"] = toml_edit::value("Changed while under way."));
    test.run(SEND).success();
    let bodies: HashSet<bool> =
        server.messages().iter().map(|m| Mail::parse(&m.data).text().contains("Changed while under way.")).collect();
    assert_eq!(bodies, HashSet::from([false]), "the approved bytes go on to everyone");
    test.counts("delivered=5");
}

#[test]
fn of_two_senders_the_second_refuses() {
    let server = Server::start([Rule::at(At::Mail, Act::Hold).times(1)]);
    let test = approved(&server, 4);
    let first = test.start(SEND);
    server.await_held(1);
    test.run(SEND).code(1);
    assert_eq!(server.connections(), 1, "the second did not even connect");
    server.release();
    first.wait().success();
    assert_eq!(server.reached(), addresses(1..=4));
}

#[test]
fn stop_ends_a_send_that_runs_elsewhere_and_resume_allows_it_again() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).skip(2).times(1)]);
    let test = approved(&server, 20);
    let running = test.start(SEND);
    server.await_held(1);
    test.run(&format!("stop {ISSUE}")).success();
    server.release();
    running.wait().code_in(&[1, 75]);
    assert!(server.accepted() < 20);
    assert_eq!(test.status()["state"], "stopped");
    test.run(&format!("resume {ISSUE}")).success();
    if test.status()["state"] != "sent" {
        test.run(SEND).success();
    }
    assert_eq!(server.reached(), addresses(1..=20));
}
