//! A publication whose database is PostgreSQL: the same work has the same results, and a send survives failures of the server.

use std::time::{Duration, Instant};

use crate::database::{Postgres, Proxy};
use crate::house::{ISSUE, Running, Test};
use crate::smtp::{Act, At, Rule, Server};
use crate::storm;

/// A publication whose database is at a URL, and whose commits survive a crash of the server.
fn publication(url: &str) -> Test {
    Test::new().sample().config(&format!("[store]\nurl = \"{url}\"\ndurability = \"power\""))
}

/// Such a publication with an approved issue for this many subscribers, and with this relay.
fn sending(url: &str, relay: &Server, subscribers: usize) -> Test {
    publication(url).smtp(&relay.address()).subscribers(subscribers).approved()
}

/// Checks that all subscribers have the issue, and none of them twice.
fn all_have_one(test: &Test, relay: &Server, subscribers: usize) {
    test.counts(&format!("delivered={subscribers}"));
    assert_eq!(relay.messages().len(), subscribers, "nobody twice");
}

fn send() -> String {
    format!("send {ISSUE} --yes")
}

/// Waits until the relay has had this many commands.
fn await_commands(server: &Server, count: usize, mut sender: Running) -> Running {
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.commands().len() < count {
        let is_late = Instant::now() > deadline;
        if is_late {
            sender.signal_if_alive("TERM");
        }
        if is_late || sender.has_ended() {
            let told = sender.wait().told();
            panic!("the send is stuck at {} commands: {told}", server.commands().len());
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    sender
}

/// What the commands print about a send to twenty subscribers, one of whom is refused.
fn week(test: Test) -> Vec<String> {
    let server = Server::start(vec![Rule::at(At::Rcpt, Act::Say("550 5.1.1 no such user")).times(1)]);
    let test = test.smtp(&server.address()).subscribers(20).approved();
    let lines = [
        &send(),
        "status",
        &format!("status {ISSUE} --recipients"),
        "bounces list",
        "subscribers list",
        "subscribers export",
        "subscribers remove reader2@inbox.example",
        "subscribers forget reader3@inbox.example",
        "subscribers list",
    ];
    let told = lines.iter().map(|line| without_seconds(&test.run(line).success().stdout)).collect();
    test.counts("delivered=19 failed=1");
    told
}

/// Without the seconds, which depend on how fast the database is: 06:00:01.234 becomes 06:00.
fn without_seconds(text: &str) -> String {
    let mut parts = text.split("06:00:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "06:00" + part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'))
}

#[test]
fn every_command_prints_the_same_on_a_server_as_on_a_file() {
    let Some(postgres) = Postgres::start() else { return };
    let (on_a_server, in_a_file) = (week(publication(&postgres.database(postgres.port()))), week(Test::new().sample()));
    for (there, here) in on_a_server.iter().zip(&in_a_file) {
        assert_eq!(there, here);
    }
}

#[test]
fn a_missing_server_or_database_is_named_without_the_password() {
    let Some(postgres) = Postgres::start() else { return };
    let url = format!("postgres://digest:hunter2@127.0.0.1:{}/nowhere?sslmode=disable", postgres.port());
    let test = publication(&url);
    let ran = test.run(&send()).code_in(&[1]);
    assert!(ran.stderr.contains("\"nowhere\" does not exist") && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
    postgres.down();
    let ran = test.run(&send()).code_in(&[1]);
    assert!(ran.stderr.contains("cannot be reached") && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
    postgres.up();
}

#[test]
fn a_backup_is_left_to_the_servers_own_tools() {
    let Some(postgres) = Postgres::start() else { return };
    let test = publication(&postgres.database(postgres.port())).subscribers(1);
    let ran = test.run("backup copy").code_in(&[1]);
    assert!(ran.stderr.contains("pg_dump") && !test.path("copy").exists(), "{}", ran.stderr);
}

#[test]
fn a_send_survives_crashes_of_the_server_and_nobody_is_lost_or_mailed_twice() {
    let Some(postgres) = Postgres::start() else { return };
    let server = Server::start(vec![]);
    let test = sending(&postgres.database(postgres.port()), &server, 60);
    let mut sender = test.start(&send());
    for moment in [40, 110] {
        sender = await_commands(&server, moment, sender);
        postgres.crash();
    }
    sender.wait().success();
    all_have_one(&test, &server, 60);
}

#[test]
fn a_send_survives_cut_and_stalled_connections_and_nobody_is_lost_or_mailed_twice() {
    let Some(postgres) = Postgres::start() else { return };
    let proxy = Proxy::to(postgres.port());
    let server = Server::start(vec![]);
    let test = sending(&postgres.database(proxy.port()), &server, 60);
    let mut sender = test.start(&send());
    for moment in [20, 45, 70, 95, 120] {
        sender = await_commands(&server, moment, sender);
        proxy.cut();
    }
    sender = await_commands(&server, 140, sender);
    proxy.stall();
    let before = server.commands().len();
    std::thread::sleep(Duration::from_millis(500));
    assert!(server.commands().len() <= before + 8, "without the ledger nobody is mailed");
    proxy.flow();
    sender.wait().success();
    all_have_one(&test, &server, 60);
}

#[test]
fn a_standby_that_is_promoted_carries_on_and_nobody_is_lost_or_mailed_twice() {
    let Some(primary) = Postgres::start() else { return };
    let proxy = Proxy::to(primary.port());
    let server = Server::start(vec![]);
    let url = primary.database(proxy.port());
    let standby = primary.standby();
    let test = sending(&url, &server, 60);
    let sender = await_commands(&server, 60, test.start(&send()));
    primary.down();
    // What did not reach the standby was not answered, so nothing depends on it.
    standby.promote();
    proxy.lead_to(standby.port());
    sender.wait().success();
    all_have_one(&test, &server, 60);
    primary.up();
}

#[test]
fn a_connection_is_encrypted_and_the_server_is_who_it_says() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.database(postgres.port()).replace("127.0.0.1", "localhost");
    postgres.encrypt(&Server::certificate(), &Server::key());
    let with = |parameters: &str| {
        let url = url.replace("sslmode=disable", parameters);
        publication(&url).file("ca.pem", &Server::certificate()).run("subscribers list")
    };
    for mode in ["prefer", "require", "verify-full"] {
        with(&format!("sslmode={mode}&sslrootcert=ca.pem")).success();
    }
    let refused = with("sslmode=verify-full").code_in(&[1]).stderr;
    assert!(refused.contains("certificate") || refused.contains("UnknownIssuer"), "{refused}");
    let refused = with("sslmode=disable").code_in(&[1]).stderr;
    assert!(refused.contains("pg_hba.conf") || refused.contains("no encryption"), "{refused}");
    let other =
        url.replace("localhost", "127.0.0.1").replace("sslmode=disable", "sslmode=verify-full&sslrootcert=ca.pem");
    let refused =
        publication(&other).file("ca.pem", &Server::certificate()).run("subscribers list").code_in(&[1]).stderr;
    assert!(refused.contains("certificate"), "another name: {refused}");
}

#[test]
fn killed_anywhere_the_sender_or_the_database_nobody_is_lost_and_few_are_mailed_twice() {
    let Some(postgres) = Postgres::start() else { return };
    storm::rounds(Some(&postgres), 3);
}
