//! A relay that accepts fewer connections than we open, closes idle ones, or is down: whatever it accepts is used at full pace.

use std::time::{Duration, Instant};

use crate::house::{ISSUE, Test};
use crate::servers::server;
use crate::smtp::{Act, At, Rule, Server, dead_address};

const SEND: &str = "send 2026-11-25-midweek --yes";
/// How long the scripted relay takes per message.
const WORK: Act = Act::Slow(Duration::from_millis(15));

fn approved(relay: &str, subscribers: &[String], connections: usize) -> Test {
    Test::new()
        .sample()
        .smtp(relay)
        .subscribers_csv(&format!("email\n{}\n", subscribers.join("\n")))
        .approved()
        .config(&format!("[delivery.smtp]\nconnections = {connections}"))
}

fn subscribers(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("reader{number}@inbox.example")).collect()
}

/// The pace of a send that succeeds, in messages per second.
fn pace(server: &Server, count: usize, connections: usize) -> f64 {
    let test = approved(&server.address(), &subscribers(count), connections);
    test.run(SEND).success();
    test.counts(&format!("delivered={count}"));
    assert_eq!(server.accepted(), count, "everyone once");
    server.pace()
}

#[test]
fn a_relay_that_takes_fewer_connections_than_we_open_is_used_to_the_full() {
    let refusals = [
        (At::Connect, Act::SayAndHangUp("421 4.7.0 too many connections from you")),
        (At::Connect, Act::SayAndHangUp("554 5.7.0 too many connections from you")),
        (At::Connect, Act::HangUp),
        (At::Mail, Act::SayAndHangUp("421 4.7.0 too many connections from you")),
    ];
    for (limit, connections) in [(1, 8), (2, 8), (3, 32)] {
        let undisturbed = pace(&Server::start([Rule::at(At::Dot, WORK)]), 120, limit);
        for (at, act) in refusals {
            // A machine with other work may be slow for a moment, but not three times.
            let mut best = 0.0_f64;
            for _ in 0..3 {
                let server = Server::start([Rule::at(at, act).beyond(limit), Rule::at(At::Dot, WORK)]);
                best = best.max(pace(&server, 120, connections) / undisturbed);
                polite(&server.crowded());
                if best >= 0.8 {
                    break;
                }
            }
            assert!(best >= 0.8, "{limit} of {connections}, {act:?} at {at:?}: {best:.2} of the pace");
        }
    }
}

/// After the first, unavoidable ones, at most one excess connection per second.
fn polite(crowded: &[Instant]) {
    let Some(first) = crowded.first() else { panic!("no connection was too many") };
    let later: Vec<Duration> = crowded.iter().map(|at| *at - *first).filter(|at| at.as_millis() > 500).collect();
    for pair in later.windows(2) {
        assert!(pair[1].abs_diff(pair[0]).as_millis() > 900, "{later:?}");
    }
}

#[test]
fn a_real_postfix_with_a_limit_of_connections_is_used_to_the_full() {
    let Some(relays) = server("DIGEST_TEST_LIMITED") else { return };
    for (limit, relay) in (1..).zip(relays.split(' ')) {
        let run = |connections: usize| {
            let names: Vec<String> =
                (1..=90).map(|n| format!("reader{}{n:03}@inbox.example", std::process::id())).collect();
            let test = approved(relay, &names, connections);
            let start = Instant::now();
            test.run(SEND).success();
            test.counts("delivered=90");
            start.elapsed().as_secs_f64()
        };
        let undisturbed = run(limit).max(run(limit));
        for connections in [1, 4, 8, 32].into_iter().filter(|connections| *connections > limit) {
            // At 80 % of the pace, plus two seconds for a busy machine; waiting for refused connections would take a minute.
            let is_quick = (0..3).any(|_| run(connections) <= undisturbed / 0.8 + 2.0);
            assert!(is_quick, "{limit} of {connections}");
        }
    }
}

#[test]
fn a_relay_with_room_again_gets_more_connections() {
    let too_many = Rule::at(At::Connect, Act::SayAndHangUp("421 4.7.0 too many connections")).skip(1).times(3);
    let server = Server::start([too_many, Rule::at(At::Dot, Act::Slow(Duration::from_millis(50)))]);
    let test = approved(&server.address(), &subscribers(150), 4);
    test.run(SEND).success();
    assert_eq!(server.accepted(), 150);
    // One took the first messages; each of the others came after a wait of its own.
    assert_eq!(server.connections(), 1 + 3 + 3);
}

#[test]
fn an_idle_connection_that_the_relay_closes_says_nothing_about_the_pace() {
    for without in [&[][..], &["421"]] {
        // Told to wait, all connections stand idle for longer than the relay likes.
        let wait = Rule::at(At::Rcpt, Act::Say("451 4.7.0 slow down, try again in 3 seconds")).times(2);
        let server = Server::start_impatient(Duration::from_secs(1), without, [wait]);
        let test = approved(&server.address(), &subscribers(60), 2);
        let start = Instant::now();
        let told = test.run(SEND).code(75);
        assert!(server.timeouts() >= 2, "both were closed");
        test.counts("delivered=58 deferred=2");
        assert_eq!(server.accepted(), 58, "nobody twice");
        assert!(!told.stderr.contains("lost"), "{}", told.stderr);
        // If closed connections slowed the send down, each would cost another wait, which would close more of them.
        assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
        let waits =
            server.messages().windows(2).filter(|pair| pair[1].at - pair[0].at > Duration::from_secs(1)).count();
        assert_eq!(waits, 0, "after the wait they go one after another");
    }
}

#[test]
fn a_real_postfix_that_closes_idle_connections_costs_no_pace() {
    let Some(relay) = server("DIGEST_TEST_IMPATIENT") else { return };
    let mut names: Vec<String> =
        (1..=60).map(|n| format!("reader{}{n:03}@inbox.example", std::process::id())).collect();
    // Postfix, which ends a session after five seconds, asks to wait seven for this address.
    names.insert(0, "busy1@inbox.example".into());
    let test = approved(&relay, &names, 4);
    let start = Instant::now();
    test.run(SEND).code(75);
    test.counts("delivered=60 deferred=1");
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
}

#[test]
fn a_relay_that_takes_nobody_for_a_moment_is_waited_for() {
    // It is restarted after the tenth message: it refuses everyone for a while, then accepts again.
    let server = Server::start([
        Rule::at(At::Mail, Act::SayAndHangUp("421 4.3.2 shutting down")).skip(10).times(1),
        Rule::at(At::Connect, Act::SayAndHangUp("554 5.3.2 not yet")).skip(1).times(3),
    ]);
    let test = approved(&server.address(), &subscribers(30), 1);
    test.run(SEND).success();
    test.counts("delivered=30");
    assert_eq!(server.accepted(), 30, "nobody twice");
}

#[test]
fn a_relay_that_never_answers_a_message_stops_the_send_and_few_are_in_doubt() {
    let server = Server::start([Rule::at(At::Dot, Act::HangUp)]);
    let test = approved(&server.address(), &subscribers(40), 4);
    test.run(SEND).code(1).stderr_has("in a row");
    let status = test.status();
    let uncertain = status["uncertain"].as_u64().unwrap();
    assert!(uncertain <= 12, "{status}");
    assert_eq!(status["pending"].as_u64().unwrap() + uncertain, 40, "{status}");
    assert_eq!(status["issue"], ISSUE);
}

#[test]
fn nobody_at_home_is_said_at_once() {
    let start = Instant::now();
    approved(&dead_address(), &subscribers(5), 8).run(SEND).code(1).stderr_has("cannot reach the relay");
    assert!(start.elapsed() < Duration::from_secs(10));
}
