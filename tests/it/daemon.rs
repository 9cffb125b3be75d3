//! `digest serve` as the system sees it: signals, two daemons on one store, a stop from elsewhere, a saved configuration; and
//! sends with a canary or a warm-up. The schedule over months is tested in the source files, where the clock is an argument.

use std::time::{Duration, Instant};

use crate::house::{ISSUE, Mail, Running, Test};
use crate::send::addresses;
use crate::smtp::{Act, At, Rule, Server};

/// Ten seconds before the send time of [`ISSUE`], Wednesday 07:00 in Berlin.
const BEFORE: &str = "2026-11-25T05:59:50Z";
/// Two seconds before it.
const JUST_BEFORE: &str = "2026-11-25T05:59:58Z";
const SEND: &str = "send 2026-11-25-midweek --yes";

fn approved(server: &Server, subscribers: usize) -> Test {
    Test::new()
        .sample()
        .smtp(&server.address())
        .subscribers(subscribers)
        .config("[serve]\nlease = \"2s\"\n[editors]\nnotify = []")
        .approved()
}

/// Waits until `holds`, with a deadline.
#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn state(test: &Test) -> String {
    test.status()["state"].as_str().unwrap_or_default().to_owned()
}

/// Waits until a daemon started at `now` holds the lease.
fn until_acts(test: &Test, now: &str) {
    until("a daemon acts", || test.run_at(now, "status").stdout.contains("`digest serve` has been running since"));
}

fn end(daemon: Running) {
    daemon.signal("TERM");
    daemon.wait().success();
}

#[test]
fn an_approved_issue_goes_out_at_its_minute_and_once() {
    let server = Server::start([]);
    let test = approved(&server, 5);
    let daemon = test.start_at(BEFORE, "serve");
    until_acts(&test, BEFORE);
    assert_eq!(server.accepted(), 0, "not before its time");
    server.await_messages(5);
    until("it is sent", || state(&test) == "sent");
    end(daemon);
    let again = test.start_at("2026-11-25T06:00:30Z", "serve");
    until_acts(&test, "2026-11-25T06:00:30Z");
    end(again);
    assert_eq!(server.reached(), addresses(1..=5), "restarted within the minute: nobody twice");
    let told = test.run_at("2026-11-25T06:01:00Z", "status").success().stdout;
    assert!(
        told.contains("2026-11-25-midweek sent: 5 of 5 delivered") && told.contains("Wed 02 Dec 2026 07:00 CET"),
        "{told}"
    );
}

#[test]
fn a_send_that_takes_long_keeps_no_other_issue_waiting() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).times(1)]);
    let test = approved(&server, 3)
        .config("[editions.thursday]\nsend = \"Thu 07:00\"\ndraft_ahead = \"23h 59m 55s\"\nnews = 3\nguides = 0\nmin_score = 1.0");
    let daemon = test.start_at(JUST_BEFORE, "serve");
    server.await_held(1);
    until("the other issue is drafted", || test.path("issues/2026-11-26-thursday/issue.toml").exists());
    assert_eq!(state(&test), "sending", "while the first one is held up");
    server.release();
    until("it is sent", || state(&test) == "sent");
    end(daemon);
    assert_eq!(server.reached(), addresses(1..=3), "everyone, and nobody twice");
}

#[test]
fn the_editors_hear_of_a_source_that_fails_with_the_draft() {
    let test = Test::new().sample().subscribers(2).config(
        "[editors]\nnotify = [\"ed@gazette.example\"]\ndesk = \"https://desk.example/edit/\"\n[[feeds]]\nname = \"The Mute\"\ncommand = [\"false\"]\n",
    );
    for _ in 0..3 {
        test.run("news fetch");
    }
    let daemon = test.start_at("2026-11-24T06:00:30Z", "serve");
    until("the editors are told", || test.outbox().iter().any(|mail| mail.text().contains("The Mute has failed")));
    // If the publication sets the address of its desk, the mail to its editors has buttons; none acts without confirmation.
    let letter = test.outbox().into_iter().find(|mail| mail.text().contains("The Mute has failed")).unwrap();
    for more in ["", "&ask=approve", "&ask=skip"] {
        let link = format!("https://desk.example/edit/?issue=2026-11-25-midweek{more}");
        assert!(letter.text().contains(&link), "{}", letter.text());
        assert!(letter.html().contains(&format!("href=\"{}\"", link.replace('&', "&amp;"))), "{}", letter.html());
    }
    end(daemon);
}

#[test]
fn of_two_daemons_one_acts_and_one_that_slept_over_the_deadline_does_nothing() {
    let server = Server::start([]);
    let test = approved(&server, 8);
    let sleeper = test.start_at(JUST_BEFORE, "serve");
    until_acts(&test, JUST_BEFORE);
    sleeper.signal("STOP");
    // It holds the lease until it expires; then the other daemon acts.
    let other = test.start_at(JUST_BEFORE, "serve");
    server.await_messages(8);
    until("it is sent", || state(&test) == "sent");
    sleeper.signal("CONT");
    // Once the other daemon is gone and the sleeper has taken the lease itself, it has had every chance to act.
    end(other);
    until("the sleeper acts", || {
        test.run_at("2026-11-25T06:00:00Z", "status")
            .stdout
            .contains("`digest serve` has been running since Wed 25 Nov 2026 07:0")
    });
    end(sleeper);
    assert_eq!(server.reached(), addresses(1..=8), "one issue, sent once");
}

#[test]
fn a_daemon_that_ends_in_order_gives_the_lease_back_at_once() {
    let server = Server::start([]);
    let test = approved(&server, 1).config("[serve]\nlease = \"10m\"");
    let first = test.start_at("2026-11-24T12:00:00Z", "serve");
    until_acts(&test, "2026-11-24T12:00:00Z");
    end(first);
    assert!(!test.run_at("2026-11-24T12:00:30Z", "status").stdout.contains("`digest serve` has been running since"));
    let next = test.start_at("2026-11-24T12:01:00Z", "serve");
    until_acts(&test, "2026-11-24T12:01:00Z");
    end(next);
}

#[test]
fn a_daemon_paused_inside_its_send_goes_no_further_and_the_other_one_ends_it() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).skip(3).times(1)]);
    let test = approved(&server, 20);
    let sleeper = test.start_at(JUST_BEFORE, "serve");
    server.await_held(1);
    sleeper.signal("STOP");
    server.release();
    let other = test.start_at("2026-11-25T06:00:10Z", "serve");
    until("the send is taken from the sleeper", || state(&test) == "stopped");
    // The sleeper still has the sender's lock, so nobody sends; once awake, it sees that the send is no longer its own.
    let so_far = server.accepted();
    assert!(so_far <= 4, "only what was on the wire: {so_far}");
    sleeper.signal("CONT");
    until("the other one has sent the rest", || state(&test) == "sent");
    end(sleeper);
    end(other);
    assert_eq!(server.reached(), addresses(1..=20), "everyone, and nobody twice");
    test.counts("delivered=20");
}

#[test]
fn sigterm_finishes_what_is_in_flight_and_a_restart_sends_the_rest() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).skip(4).times(1)]);
    let test = approved(&server, 20);
    let daemon = test.start_at(JUST_BEFORE, "serve");
    server.await_held(1);
    daemon.signal("TERM");
    server.release();
    daemon.wait().success();
    let done = server.accepted();
    // The signal and the release race, so more than the one in flight may have gone out; none may be uncertain.
    assert!(done >= 5, "{done}");
    assert_eq!(test.status()["delivered"], done);
    assert_eq!(test.status()["uncertain"], 0);
    let again = test.start_at("2026-11-25T06:00:01Z", "serve");
    until("it is sent", || state(&test) == "sent");
    end(again);
    assert_eq!(server.reached(), addresses(1..=20));
}

#[test]
fn a_relay_that_stalls_holds_the_end_up_no_longer_than_the_grace() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).skip(2).times(1)]);
    let test = approved(&server, 6).config("[serve]\nshutdown_grace = \"1s\"");
    let daemon = test.start_at(JUST_BEFORE, "serve");
    server.await_held(1);
    let asked = Instant::now();
    daemon.signal("TERM");
    daemon.wait().success();
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    server.release();
    test.counts("delivered=2 pending=3 uncertain=1");
}

#[test]
fn stop_ends_the_daemons_send_within_seconds_and_resume_lets_it_go_on() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).skip(2).times(1)]);
    let test = approved(&server, 20);
    let daemon = test.start_at(JUST_BEFORE, "serve");
    server.await_held(1);
    test.run(&format!("stop {ISSUE}")).success();
    let stopped = Instant::now();
    server.release();
    until("the daemon knows", || {
        test.run_at("2026-11-25T06:00:05Z", "status").stdout.contains("2026-11-25-midweek stopped: ")
    });
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    assert!(server.accepted() <= 4, "{}", server.accepted());
    test.run(&format!("resume {ISSUE}")).success();
    until("it is sent", || state(&test) == "sent");
    end(daemon);
    assert_eq!(server.reached(), addresses(1..=20));
}

#[test]
fn a_bad_configuration_is_refused_and_a_skipped_date_is_obeyed() {
    let server = Server::start([]);
    let test =
        approved(&server, 3).config("[editions.extra]\nsend = \"Wed 07:00\"\nnews = 3\nguides = 0\nmin_score = 1.0");
    test.run("compose extra --date 2026-11-25").success();
    test.run("approve 2026-11-25-extra --by Ann").success();
    let good = test.read("config.toml");
    let daemon = test.start_at(BEFORE, "serve -v");
    until_acts(&test, BEFORE);
    test.write("config.toml", &format!("{good}\n[stor]\nurl = \"x\"\n"));
    daemon.signal("HUP");
    test.write("config.toml", &good);
    test.run("schedule skip 2026-11-25 midweek").success().stderr_has("changed; a running");
    daemon.signal("HUP");
    // The date has passed, and the next one is a week later.
    until("the day is over", || {
        test.run_at("2026-11-25T06:00:00Z", "status").stdout.contains("Wed 02 Dec 2026 07:00 CET")
    });
    // Another edition's issue of the same minute goes out, so the time has come.
    let sent = || test.run("status 2026-11-25-extra --format json").success().json()["state"] == "sent";
    until("the other edition's issue is sent", sent);
    daemon.signal("TERM");
    let ran = daemon.wait().success();
    assert_eq!(server.accepted(), 3, "{}", ran.stderr);
    assert_eq!(state(&test), "approved");
    assert!(ran.stderr.contains("config.toml was read again"), "{}", ran.stderr);
}

#[test]
fn the_links_are_asked_again_before_the_send_and_the_editors_told_of_those_that_fail() {
    let server = Server::start([]);
    let dead = crate::smtp::dead_address();
    let test = approved(&server, 1).config(
        "[editors]\nnotify = [\"ed@gazette.example\"]\n[fetch]\npause = \"0s\"\npatience = \"2s\"\nprivate_hosts = [\"127.0.0.1\"]",
    );
    // Every link of the sample is dead, so it does not matter that nobody listens on this one's port.
    test.edit(|draft| draft["news"][0]["url"] = toml_edit::value(format!("http://{dead}/story")));
    test.run(&format!("approve {ISSUE} --by Ann")).success();
    let daemon = test.start_at("2026-11-25T05:40:00Z", "serve");
    let said = || test.run_at("2026-11-25T05:40:00Z", "status").stdout;
    until("the links were asked", || said().contains(" links-checked: "));
    assert!(said().contains("links fail"), "{}", said());
    let letter =
        || server.messages().iter().map(|mail| Mail::parse(&mail.data)).find(|mail| mail.to() == "ed@gazette.example");
    until("the editors are told", || letter().is_some());
    let letter = letter().unwrap();
    assert!(letter.subject().contains("has links that fail"), "{}", letter.subject());
    assert!(letter.text().contains("127.0.0.1") && letter.text().contains("anyway"), "{}", letter.text());
    assert_eq!(state(&test), "approved", "it goes out all the same, at its time");
    end(daemon);
}

/// The CPU time of a process, in seconds.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

#[test]
fn a_send_that_cannot_begin_is_told_once_and_nothing_spins() {
    let server = Server::start([]);
    let heart = crate::smtp::dead_address();
    let test = approved(&server, 1).config(&format!(
        "[serve]\nlease = \"2s\"\nheartbeat = \"http://{heart}/secret-ping\"\n[fetch]\nprivate_hosts = [\"127.0.0.1\"]\n\
         [editors]\nnotify = [\"ed@gazette.example\"]"
    ));
    test.run("subscribers remove reader1@inbox.example").success();
    let daemon = test.start_at(JUST_BEFORE, "serve");
    let failures = || test.run_at("2026-11-25T06:00:01Z", "status").stdout.matches(" send-failed: ").count();
    until("it failed", || failures() == 1);
    let before = cpu_seconds(daemon.id());
    let begun = Instant::now();
    until("the daemon had time to spin", || begun.elapsed() > Duration::from_secs(4));
    assert!(cpu_seconds(daemon.id()) - before < 1.0, "it spins");
    assert_eq!(failures(), 1, "the next try comes in five minutes");
    let told = test.run_at("2026-11-25T06:00:01Z", &format!("status {ISSUE}")).stdout;
    assert!(
        told.contains("next: digest serve sends it, Wed 25 Nov 2026 07:0") && told.contains("no confirmed subscriber"),
        "{told}"
    );
    daemon.signal("TERM");
    let ran = daemon.wait().success();
    let lines = |words: &str| ran.stderr.lines().filter(|line| line.contains(words)).count();
    assert_eq!(lines("could not start or continue"), 1, "{}", ran.stderr);
    assert_eq!(lines("heartbeat: the service does not answer"), 1, "{}", ran.stderr);
    assert!(!ran.stderr.contains("secret-ping"), "{}", ran.stderr);
}

#[test]
fn the_heartbeat_is_asked_after_a_good_look_and_not_after_a_bad_one() {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut line = String::new();
            let _ = BufReader::new(&stream).read_line(&mut line);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    let test = approved(&Server::start([]), 1).config(&format!(
        "[serve]\nlease = \"2s\"\nheartbeat = \"http://{address}/ping/1\"\n[fetch]\nprivate_hosts = [\"127.0.0.1\"]\n"
    ));
    let daemon = test.start_at("2026-11-24T12:00:00Z", "serve");
    let wait = Duration::from_secs(20);
    for _ in 0..2 {
        assert_eq!(asked.recv_timeout(wait).expect("it is asked").trim_end(), "GET /ping/1 HTTP/1.1");
    }
    // A tick without a database does not count as good.
    std::fs::rename(test.path("data"), test.path("gone")).unwrap();
    let deadline = Instant::now() + wait;
    while asked.recv_timeout(Duration::from_secs(3)).is_ok() {
        assert!(Instant::now() < deadline, "asked all the same");
    }
    std::fs::rename(test.path("gone"), test.path("data")).unwrap();
    daemon.signal("TERM");
    drop(daemon.wait());
    test.config("[serve]\nheartbeat = \"ftp://x.example\"").run("status").code(1).stderr_has("serve.heartbeat");
}

// Canary and warm-up

#[test]
fn a_canary_goes_first_and_the_others_follow_when_it_went_well() {
    let server = Server::start([]);
    let test = approved(&server, 30).config("[editions.midweek]\ncanary = \"10%\"\ncanary_wait = \"10m\"");
    test.run(SEND).code(75).stdout_has("3 of 30 delivered").stdout_has("Wed 25 Nov 2026 07:10 CET");
    test.run_at("2026-11-25T06:05:00Z", SEND).code(75);
    assert_eq!(server.accepted(), 3, "the others wait");
    test.run_at("2026-11-25T06:10:05Z", SEND).success();
    assert_eq!(server.reached(), addresses(1..=30));
}

#[test]
fn a_canary_that_is_refused_keeps_the_others_until_somebody_had_a_look() {
    let server = Server::start([Rule::at(At::Dot, Act::Say("554 5.7.1 looks like spam")).times(5)]);
    let test = approved(&server, 30).config("[editions.midweek]\ncanary = 5\ncanary_wait = \"10m\"");
    test.run(SEND).code(75);
    test.run_at("2026-11-25T06:11:00Z", SEND).code(1).stderr_has("of the first 5 messages, 5 were refused");
    assert_eq!(state(&test), "stopped");
    test.run_at("2026-11-25T06:12:00Z", SEND).code(1).stderr_has("digest resume");
    test.counts("failed=5 pending=25");
    test.run_at("2026-11-25T07:00:00Z", &format!("resume {ISSUE}")).success();
    test.run_at("2026-11-25T07:00:00Z", SEND).success();
    test.counts("delivered=25 failed=5");
    assert_eq!(server.accepted(), 25);
}

#[test]
fn complaints_about_the_canary_keep_the_others_too() {
    let server = Server::start([]);
    let test = approved(&server, 30).config("[editions.midweek]\ncanary = 10\ncanary_wait = \"10m\"");
    test.run(SEND).code(75);
    let first = server.reached();
    assert_eq!(first.len(), 10);
    test.write("complaints.csv", &format!("email,status\n{},complained\n{},complained\n", first[0], first[1]));
    test.run_at("2026-11-25T06:05:00Z", "subscribers import complaints.csv").success();
    test.run_at("2026-11-25T06:11:00Z", SEND).code(1).stderr_has("of the first 10 messages, 2 were complained about");
    assert_eq!(server.accepted(), 10);
}

#[test]
fn a_warm_up_has_a_ceiling_for_each_day() {
    let server = Server::start([]);
    let test = approved(&server, 20).config("[delivery]\nwarm_up = [3, 6]\nwarm_up_from = \"2026-11-25\"");
    test.run(SEND).code(75).stdout_has("3 of 20 delivered").stdout_has("Thu 26 Nov 2026 08:00 CET");
    test.run_at("2026-11-25T20:00:00Z", SEND).code(75);
    assert_eq!(server.accepted(), 3, "the same day has no second helping");
    test.run_at("2026-11-27T08:00:00Z", SEND).code(75);
    assert_eq!(server.accepted(), 9, "the second day with a send");
    test.run_at("2026-11-28T08:00:00Z", SEND).success();
    assert_eq!(server.reached(), addresses(1..=20));
}

/// One real run by the wall clock, which libfaketime sets to just before the send time.
#[test]
fn the_wall_clock_rules_without_now() {
    let server = Server::start([]);
    let test = approved(&server, 4);
    let Some(mut command) = test.command_by_wall_clock("2026-11-25 05:59:57") else { return };
    command.arg("serve");
    let daemon = Running::start(command, "serve by libfaketime".into());
    until_acts(&test, "2026-11-25T05:59:57Z");
    assert_eq!(server.accepted(), 0, "not before its time");
    server.await_messages(4);
    until("it is sent", || state(&test) == "sent");
    end(daemon);
    assert_eq!(server.reached(), addresses(1..=4));
    let began = test.status()["started_at"].as_str().unwrap().to_owned();
    assert!(began.starts_with("2026-11-25T06:00:0"), "{began}");
}
