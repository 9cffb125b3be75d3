//! Several processes send one issue from a PostgreSQL database: together they are faster, and no faster than the limits allow; whoever dies or
//! freezes, nobody is lost.
//!
//! The suite plays a few rounds of the storm; `bench/storm workers 100` plays as many as you like and prints the table.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::database::{Postgres, Proxy};
use crate::dice::Dice;
use crate::house::{ISSUE, NOW, Running, Test};
use crate::smtp::{Act, At, Rule, Server};

/// How long a sender may be silent in these tests.
const LEASE: Duration = Duration::from_secs(3);

/// A publication with an approved issue for so many subscribers.
fn sending(url: &str, relay: &Server, subscribers: usize, connections: usize) -> Test {
    let timeouts = format!("{{ command = \"{0}s\", data = \"{0}s\" }}", LEASE.as_secs());
    Test::new()
        .sample()
        .config(&format!("[store]\nurl = \"{url}\"\ndurability = \"power\""))
        .smtp(&relay.address())
        .subscribers(subscribers)
        .approved()
        .config(&format!("[delivery.smtp]\nconnections = {connections}\ntimeouts = {timeouts}"))
}

fn send() -> String {
    format!("send {ISSUE} --yes")
}

/// A sender that reaches the database by this proxy.
fn start_by(test: &Test, postgres: &Postgres, proxy: &Proxy) -> Running {
    let url =
        postgres.sql("postgres", "SELECT datname FROM pg_database WHERE datname ~ '^d[0-9]' ORDER BY oid DESC LIMIT 1");
    let mut command = test.command(NOW);
    command.args(["send", ISSUE, "--yes"]);
    command.env("DIGEST_STORE__URL", format!("postgres://digest@127.0.0.1:{}/{url}?sslmode=disable", proxy.port()));
    Running::start(command, send())
}

/// Waits until something holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// How many messages each subscriber has, all of them the same.
fn copies(server: &Server) -> BTreeMap<String, usize> {
    let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in server.messages().into_iter().filter(|message| message.code.is_none_or(|code| code == 250)) {
        let data = String::from_utf8_lossy(&message.data).into_owned();
        let id = data.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
        copies.entry(message.to.join(" ")).or_default().push(id);
    }
    let count = |(to, ids): (String, Vec<String>)| {
        assert!(ids.iter().all(|id| *id == ids[0]), "{to} got different messages: {ids:?}");
        (to, ids.len())
    };
    copies.into_iter().map(count).collect()
}

/// Nobody is lost and nobody is a stranger; returns how many messages came twice.
fn all_reached(server: &Server, subscribers: usize, told: &str) -> usize {
    let copies = copies(server);
    let mut expected: Vec<String> = (1..=subscribers).map(|n| format!("reader{n}@inbox.example")).collect();
    expected.sort();
    assert!(copies.keys().eq(expected.iter()), "{told}: lost or strangers: {copies:?}");
    copies.values().map(|count| count - 1).sum()
}

#[test]
fn two_processes_share_a_send_and_nobody_is_mailed_twice() {
    let Some(postgres) = Postgres::start() else { return };
    let server = Server::start(vec![Rule::at(At::Dot, Act::Slow(Duration::from_millis(40)))]);
    let test = sending(&postgres.database(postgres.port()), &server, 120, 1);
    let (first, second) = (test.start(&send()), test.start(&send()));
    until("two at work", || test.run("workers --format json").success().json().as_array().unwrap().len() == 2);
    let told = test.run("workers").success().stdout;
    assert!(told.contains(ISSUE) && told.contains(&first.id().to_string()), "{told}");
    assert!(told.contains(&second.id().to_string()) && told.contains("2 processes"), "{told}");
    let began = server.messages().len();
    for sender in [first, second] {
        assert!(sender.wait().success().stdout.contains("120 of 120 delivered"), "the one that is done first waits");
    }
    test.counts("delivered=120");
    assert_eq!(all_reached(&server, 120, "shared"), 0);
    let most = server.connections();
    assert!(most >= 2 && began < 120, "{most} connections");
    assert_eq!(test.run("workers").success().stdout.trim(), "no process is sending");
}

#[test]
fn on_a_file_the_one_sender_is_listed_while_it_sends() {
    let server = Server::start(vec![Rule::at(At::Dot, Act::Hold).skip(2)]);
    let test = Test::new().sample().smtp(&server.address()).subscribers(5).approved();
    let mut sender = test.start(&send());
    server.await_held(1);
    let told = test.run("workers --format json").success().json();
    let id = sender.id().to_string();
    assert!(told[0]["name"].as_str().unwrap().ends_with(&id) && told.as_array().unwrap().len() == 1, "{told}");
    sender.signal_if_alive("KILL");
    sender.wait();
    assert_eq!(
        test.run("workers").success().stdout.trim(),
        "no process is sending",
        "its row is left, its lock is not"
    );
    server.release();
}

#[test]
fn a_frozen_sender_starts_nothing_after_its_lease_and_the_others_do_its_work() {
    let Some(postgres) = Postgres::start() else { return };
    // Frozen while the relay takes a message, and between the envelope and the message.
    for (without, at) in [(&[][..], At::Dot), (&["PIPELINING"][..], At::Rcpt)] {
        let server = Server::start_without(without, vec![Rule::at(at, Act::Slow(Duration::from_millis(40)))]);
        let test = sending(&postgres.database(postgres.port()), &server, 120, 2);
        let mut frozen = test.start(&send());
        server.await_messages(20);
        until("a message begins", || {
            at == At::Dot || server.commands().last().is_some_and(|line| line.starts_with("RCPT"))
        });
        assert!(frozen.signal_if_alive("STOP"));
        let other = test.start(&send());
        other.wait().success();
        test.counts("delivered=120");
        let twice = all_reached(&server, 120, "frozen");
        assert!(twice <= 2, "{twice} twice");
        let started = || {
            let envelopes = server.commands().iter().filter(|line| line.starts_with("MAIL")).count();
            (envelopes, server.messages().len())
        };
        let before = started();
        frozen.signal_if_alive("CONT");
        let ran = frozen.wait().success();
        assert!(ran.stdout.contains("120 of 120 delivered"), "{}", ran.told());
        assert_eq!(started(), before, "it started nothing");
        test.counts("delivered=120");
    }
}

#[test]
fn a_sender_that_learns_too_late_that_it_may_send_a_message_does_not() {
    let Some(postgres) = Postgres::start() else { return };
    // The answer to the commit that begins a message comes before its body, or before its envelope.
    for without in [&[][..], &["PIPELINING"][..]] {
        let server = Server::start_without(without, vec![Rule::at(At::Dot, Act::Slow(Duration::from_millis(20)))]);
        let proxy = Proxy::to(postgres.port());
        let test = sending(&postgres.database(postgres.port()), &server, 120, 1);
        let late = start_by(&test, &postgres, &proxy);
        server.await_messages(20);
        proxy.hold_answers();
        test.start(&send()).wait().success();
        test.counts("delivered=120");
        let started =
            || (server.commands().iter().filter(|line| line.starts_with("MAIL")).count(), server.messages().len());
        let before = started();
        proxy.flow();
        let ran = late.wait().success();
        assert!(ran.stdout.contains("120 of 120 delivered"), "{}", ran.told());
        assert_eq!(started(), before, "it started nothing");
        assert!(all_reached(&server, 120, "late") <= 1);
    }
}

#[test]
fn a_killed_senders_messages_are_taken_over_at_once_on_the_same_host() {
    let Some(postgres) = Postgres::start() else { return };
    let server = Server::start(vec![Rule::at(At::Dot, Act::Slow(Duration::from_millis(20)))]);
    let test = sending(&postgres.database(postgres.port()), &server, 60, 1)
        .config("[delivery.smtp]\ntimeouts = { command = \"1h\", data = \"1h\" }");
    let (mut first, second) = (test.start(&send()), test.start(&send()));
    server.await_messages(10);
    first.signal_if_alive("KILL");
    first.wait();
    second.wait().success();
    test.counts("delivered=60");
    assert!(all_reached(&server, 60, "killed") <= 1);
}

#[test]
fn a_daemon_helps_with_what_others_send() {
    let Some(postgres) = Postgres::start() else { return };
    let server = Server::start(vec![Rule::at(At::Dot, Act::Slow(Duration::from_millis(25)))]);
    let test = sending(&postgres.database(postgres.port()), &server, 400, 1);
    let (mut daemon, sender) = (test.start("serve"), test.start(&send()));
    let (pid, id) = (daemon.id().to_string(), sender.id().to_string());
    until("the daemon helps", || {
        let told = test.run("workers").success().stdout;
        told.contains(&pid) && told.contains(&id)
    });
    sender.wait().success().stdout_has("400 of 400 delivered");
    daemon.signal_if_alive("TERM");
    daemon.wait().success();
    assert_eq!(all_reached(&server, 400, "helped"), 0);
    assert!(server.connections() >= 2, "{} connections", server.connections());
}

#[test]
fn several_senders_go_on_with_a_standby_that_was_promoted() {
    let Some(primary) = Postgres::start() else { return };
    let proxy = Proxy::to(primary.port());
    let server = Server::start(vec![Rule::at(At::Dot, Act::Slow(Duration::from_millis(25)))]);
    let url = primary.database(proxy.port());
    let standby = primary.standby();
    // Leases that outlast the failover, as they do in life.
    let test = sending(&url, &server, 300, 2).config("[delivery.smtp]\ntimeouts = { command = \"1m\", data = \"1m\" }");
    let senders: Vec<Running> = (0..3).map(|_| test.start(&send())).collect();
    // One that only starts meanwhile would say that it cannot reach the database, and end.
    until("all at work", || test.run("workers --format json").success().json().as_array().unwrap().len() == 3);
    server.await_messages(60);
    assert!(server.messages().len() < 250, "there is enough left");
    primary.down();
    standby.promote();
    proxy.lead_to(standby.port());
    for sender in senders {
        sender.wait().success().stdout_has("300 of 300 delivered");
    }
    test.counts("delivered=300");
    assert_eq!(all_reached(&server, 300, "failed over"), 0, "and nobody twice");
    primary.up();
}

#[test]
fn rates_and_domain_limits_hold_for_all_senders_together() {
    let Some(postgres) = Postgres::start() else { return };
    let server = Server::kind();
    let test = sending(&postgres.database(postgres.port()), &server, 300, 4).config(
        "[delivery.smtp]\nrate = 50\n[delivery.smtp.per_domain.inbox]\ndomains = [\"inbox.example\"]\nconnections = 3",
    );
    let senders: Vec<Running> = (0..3).map(|_| test.start(&send())).collect();
    until("all at work", || test.run("workers --format json").success().json().as_array().unwrap().len() == 3);
    let at = |server: &Server| (Instant::now(), server.messages().len());
    // The share of a new sender is known to the others after a moment.
    server.await_messages(100);
    let (began, first) = at(&server);
    server.await_messages(first + 150);
    let (ended, last) = at(&server);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let pace = (last - first) as f64 / (ended - began).as_secs_f64();
    assert!(pace < 50.0 * 1.05, "{pace} a second");
    assert!(pace > 50.0 * 0.7, "{pace} a second");
    for sender in senders {
        sender.wait().success();
    }
    assert_eq!(all_reached(&server, 300, "rates"), 0);
}

#[test]
fn a_stop_reaches_every_sender() {
    let Some(postgres) = Postgres::start() else { return };
    let server = Server::start(vec![Rule::at(At::Dot, Act::Slow(Duration::from_millis(20)))]);
    let test = sending(&postgres.database(postgres.port()), &server, 2_000, 1);
    let senders: Vec<Running> = (0..2).map(|_| test.start(&send())).collect();
    server.await_messages(20);
    test.run(&format!("stop {ISSUE}")).success();
    let stopped = Instant::now();
    for sender in senders {
        sender.wait().code(75).stdout_has("stopped");
    }
    assert!(stopped.elapsed() < Duration::from_secs(3), "{:?}", stopped.elapsed());
    let refused = test.run(&send()).code(1).stderr;
    assert!(refused.contains("was stopped"), "{refused}");
    test.run(&format!("resume {ISSUE}")).success();
}

#[test]
fn refusals_of_all_senders_count_together_and_stop_all() {
    let Some(postgres) = Postgres::start() else { return };
    let server = Server::start(vec![
        Rule::at(At::Rcpt, Act::Say("550 5.7.1 your reputation is poor")).skip(10),
        Rule::at(At::Mail, Act::Slow(Duration::from_millis(30))),
    ]);
    let test = sending(&postgres.database(postgres.port()), &server, 1_000, 1);
    let senders: Vec<Running> = (0..3).map(|_| test.start(&send())).collect();
    let told: Vec<String> = senders.into_iter().map(|sender| sender.wait().told()).collect();
    let stopped = told.iter().filter(|told| told.contains("the send stopped itself")).count();
    assert!(stopped >= 1, "{told:?}");
    let status = test.status();
    assert_eq!(status["state"], "stopped", "{status}");
    assert!(status["failed"].as_u64().unwrap() < 20 + 3 * 40, "{status}");
}

/// What happened in a round.
#[derive(Debug, Default)]
struct Round {
    senders: usize,
    connections: usize,
    kills: usize,
    freezes: usize,
    cuts: usize,
    crashes: usize,
    twice: usize,
}

/// A round with up to four senders, each with its own way to the database.
fn play(seed: u64, postgres: &Postgres) -> Round {
    let mut dice = Dice::new(seed);
    let mut round = Round { senders: 2 + dice.roll(3), connections: 1 + dice.roll(3), ..Round::default() };
    let mut rules = vec![Rule::at(At::Dot, Act::Slow(Duration::from_millis(2 + dice.roll(6) as u64)))];
    if dice.roll(2) == 0 {
        rules.insert(0, Rule::at(At::Rcpt, Act::Say("451 4.3.0 later")).skip(dice.roll(40)).times(1 + dice.roll(3)));
    }
    let server = Server::start(rules);
    let subscribers = 150;
    let test = sending(&postgres.database(postgres.port()), &server, subscribers, round.connections);
    let proxies: Vec<Proxy> = (0..round.senders).map(|_| Proxy::to(postgres.port())).collect();
    let start = |at: usize| start_by(&test, postgres, &proxies[at]);
    let mut senders: Vec<Running> = (0..round.senders).map(start).collect();
    for _ in 0..=dice.roll(5) {
        let moment = server.commands().len() + dice.roll(subscribers * 2);
        until("commands", || server.commands().len() >= moment || senders.iter_mut().all(Running::has_ended));
        let at = dice.roll(round.senders);
        match dice.roll(6) {
            0 | 1 if senders[at].signal_if_alive("KILL") => {
                round.kills += 1;
                std::mem::replace(&mut senders[at], start(at)).wait();
            }
            2 | 3 if senders[at].signal_if_alive("STOP") => {
                // Past its lease, or within it.
                let past = dice.roll(2) == 0;
                std::thread::sleep(if past { LEASE + LEASE / 2 } else { Duration::from_millis(200) });
                senders[at].signal_if_alive("CONT");
                round.freezes += usize::from(past);
            }
            4 => {
                proxies[at].stall();
                let past = dice.roll(2) == 0;
                std::thread::sleep(if past { LEASE + LEASE / 2 } else { Duration::from_millis(100) });
                proxies[at].cut();
                proxies[at].flow();
                round.cuts += usize::from(past);
            }
            5 => {
                postgres.crash();
                round.crashes += 1;
            }
            _ => {}
        }
    }
    for sender in senders {
        // Who begins while the database is down says so and ends; everybody else waits for it.
        let ran = sender.wait().code_in(&[0, 1, 75]);
        assert!(ran.code != Some(1) || ran.stderr.contains("cannot be reached"), "seed {seed}: {}", ran.told());
    }
    // Later each time, as an operator's timer would.
    let is_done =
        |hour: &usize| test.run_at(&format!("2026-11-25T{hour:02}:10:00Z"), &send()).code_in(&[0, 75]).code == Some(0);
    assert!((6..18).any(|hour| is_done(&hour)), "seed {seed}: {}", test.status());
    round.twice = all_reached(&server, subscribers, &format!("seed {seed}, {round:?}"));
    test.counts(&format!("delivered={subscribers}"));
    let most = (round.kills + round.freezes + round.cuts) * round.connections;
    assert!(round.twice <= most, "seed {seed}: {} came twice, at most {most} may: {round:?}", round.twice);
    round
}

#[test]
fn killed_frozen_or_cut_off_nobody_is_lost_and_few_are_mailed_twice() {
    let Some(postgres) = Postgres::start() else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (rounds, first) = (number("DIGEST_STORM_ROUNDS").unwrap_or(3), number("DIGEST_STORM_SEED").unwrap_or(1));
    let mut all = Round::default();
    eprintln!("  seed senders connections kills freezes cuts crashes twice");
    for seed in first..first + rounds {
        let Round { senders, connections, kills, freezes, cuts, crashes, twice } = play(seed, &postgres);
        eprintln!("{seed:>6} {senders:>7} {connections:>11} {kills:>5} {freezes:>7} {cuts:>4} {crashes:>7} {twice:>5}");
        all.kills += kills;
        all.freezes += freezes;
        all.cuts += cuts;
        all.crashes += crashes;
        all.twice += twice;
    }
    let Round { kills, freezes, cuts, crashes, twice, .. } = all;
    eprintln!(
        "{rounds} rounds, {kills} kills, {freezes} freezes and {cuts} cuts past a lease, {crashes} crashes: 0 lost, 0 strangers, {twice} \
         twice, all of them the same message"
    );
}
