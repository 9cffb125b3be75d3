//! The pace of a send: domain groups apart, fewer connections when replies ask for it, and a stop when every message does harm.

use crate::house::{ISSUE, Test};
use crate::smtp::{Act, At, Rule, Server};

const SEND: &str = "send 2026-11-25-midweek --yes";

/// Subscribers of two domains, over four connections; `slow.example` is a group.
fn approved(server: &Server, each: usize, group: &str) -> Test {
    let subscribers: Vec<String> =
        (1..=each).flat_map(|n| [format!("a{n}@slow.example"), format!("b{n}@quick.example")]).collect();
    Test::new()
        .sample()
        .smtp(&server.address())
        .subscribers_csv(&format!("email\n{}\n", subscribers.join("\n")))
        .approved()
        .config(&format!(
            "[delivery.smtp]\nconnections = 4\n[delivery.smtp.per_domain.slow]\ndomains = [\"Slow.example\"]\n{group}"
        ))
}

fn reached(server: &Server, domain: &str) -> usize {
    server.reached().iter().filter(|to| to.ends_with(domain)).count()
}

#[test]
fn a_group_has_no_more_under_way_than_it_may_and_the_others_go_on() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).about("@slow.example")]);
    let test = approved(&server, 8, "connections = 1");
    let running = test.start(SEND);
    server.await_messages(1 + 8);
    server.await_held(1);
    assert_eq!(reached(&server, "quick.example"), 8, "the others are done");
    assert_eq!(reached(&server, "slow.example"), 1, "one at a time");
    server.release();
    running.wait().success();
    test.counts("delivered=16");
    assert_eq!(server.accepted(), 16);
}

#[test]
fn a_group_that_says_slow_down_waits_and_keeps_nobody_else() {
    let slow = Rule::at(At::Rcpt, Act::Say("451 4.7.650 temporarily rate limited")).about("@slow.example").times(1);
    let server = Server::start([slow]);
    let test = approved(&server, 5, "");
    test.run(SEND).code(75);
    test.counts("delivered=9 deferred=1");
    let told = test.run("status 2026-11-25-midweek").success().stdout;
    assert!(
        told.contains("\n  slow                   4 of 5 delivered, 1 deferred; next try Wed 25 Nov 2026 "),
        "{told}"
    );
    assert!(told.contains("\n  all others             5 of 5 delivered\n"), "{told}");
    let domain_groups = &test.status()["domain_groups"];
    assert_eq!(
        (&domain_groups[0]["group"], &domain_groups[0]["deferred"], &domain_groups[1]["delivered"]),
        (&"slow".into(), &1.into(), &5.into())
    );
    test.run_at("2026-11-25T12:00:00Z", SEND).success();
    test.counts("delivered=10");
    assert_eq!(server.accepted(), 10);
}

#[test]
fn a_relay_that_takes_two_connections_gets_two() {
    let server =
        Server::start([Rule::at(At::Connect, Act::SayAndHangUp("421 4.7.0 too many connections")).skip(2).times(4)]);
    let test = approved(&server, 10, "");
    test.run(SEND).success();
    test.counts("delivered=20");
    assert_eq!(server.accepted(), 20);
}

#[test]
fn many_refusals_of_us_stop_the_send_and_what_was_refused_can_go_again() {
    let server = Server::start([Rule::at(At::Rcpt, Act::Say("550 5.7.1 your network is listed")).times(20)]);
    let test = Test::new().sample().smtp(&server.address()).subscribers(60).approved();
    test.run(SEND).code(1).stderr_has("20 of 20 messages were refused").stderr_has("your network is listed");
    test.counts("failed=20 pending=40");
    assert_eq!(server.accepted(), 0);
    // No subscriber was penalised: all are still on the list.
    let listed = test.run("subscribers list --format json").success();
    assert_eq!(listed.json_lines().iter().filter(|subscriber| subscriber["status"] == "confirmed").count(), 60);
    test.run(SEND).code(1).stderr_has("digest resume");
    test.run(&format!("resume {ISSUE}")).success();
    test.run(&format!("{SEND} --retry-failed")).success();
    test.counts("delivered=60");
    let off = Server::start([Rule::at(At::Rcpt, Act::Say("550 5.7.1 your network is listed"))]);
    let test = Test::new()
        .sample()
        .smtp(&off.address())
        .subscribers(30)
        .approved()
        .config("[delivery]\nstop_at_refused = 0.0");
    test.run(SEND).success();
    test.counts("failed=30");
}

#[test]
fn a_clock_set_back_keeps_nobody_longer_than_the_longest_wait() {
    let server = Server::start([Rule::at(At::Rcpt, Act::Say("451 4.3.0 later")).times(1)]);
    let test = Test::new().sample().smtp(&server.address()).subscribers(1).approved();
    // The clock is two days ahead, is corrected, and the send resumes.
    test.run_at("2026-11-27T06:00:00Z", SEND).code(75);
    test.run_at("2026-11-25T06:00:00Z", SEND).code(75);
    test.run_at("2026-11-25T10:05:00Z", SEND).success();
    test.counts("delivered=1");
}

#[test]
fn greylisting_is_waited_out_as_long_as_it_asks() {
    let server = Server::start([Rule::at(At::Rcpt, Act::Say("450 4.7.1 greylisted, try again in 2 minutes")).times(2)]);
    let test = Test::new().sample().smtp(&server.address()).subscribers(2).approved();
    test.run(SEND).code(75);
    test.counts("deferred=2");
    test.run_at("2026-11-25T06:01:50Z", SEND).code(75);
    test.run_at("2026-11-25T06:02:30Z", SEND).success();
    test.counts("delivered=2");
    assert!(test.run(&format!("status {ISSUE}")).stdout.contains("sent"));
}
