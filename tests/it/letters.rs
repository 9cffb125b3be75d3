//! The confirmation letter of a sign-up, while its relay refuses, hangs up or falls silent, and while the daemon is killed: none is
//! lost, and none goes out twice unless the reply to the final dot was lost.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{Mail, NOW, Test};
use crate::pages::{Serve, path, publication};
use crate::smtp::{Act, At, Rule, Server};

const ANN: &str = "ann@inbox.example";
/// Times at which a deferred letter is certainly due again.
const LATER: [&str; 3] = ["2026-11-25T08:00:00Z", "2026-11-25T14:00:00Z", "2026-11-26T06:00:00Z"];

/// The record of the one letter to Ann.
fn line(test: &Test) -> Value {
    let shown = test.run(&format!("subscribers show {ANN} --format json"));
    if shown.code == Some(0) { shown.json()["letters"][0].clone() } else { Value::Null }
}

/// Waits until the letter's record is as wanted.
fn await_line(test: &Test, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let now = line(test);
        if wanted(&now) {
            return now;
        }
        assert!(Instant::now() < deadline, "the letter stands so: {now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Ann signs up with a daemon whose letters go to this relay.
fn asked(server: &Server, config: &str) -> (Test, Serve) {
    let test = publication().smtp(&server.address()).config(config);
    let serve = Serve::start_at(&test, NOW);
    assert_eq!(serve.post("/subscribe", "email=ann%40inbox.example").status, 200);
    (test, serve)
}

fn state(line: &Value) -> &str {
    line["state"].as_str().unwrap_or_default()
}

/// The Message-ID and Date of every copy that came in up to its dot.
fn copies(server: &Server) -> Vec<(String, String)> {
    let ids = |data: &[u8]| {
        let mail = Mail::parse(data);
        (mail.message_id().to_owned(), mail.header("Date"))
    };
    server.messages().iter().map(|message| ids(&message.data)).collect()
}

/// Starts the daemon again at later times until the letter is sent.
fn finish(test: &Test) {
    for now in LATER {
        let _serve = Serve::start_at(test, now);
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if state(&line(test)) == "sent" {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    panic!("not sent at {LATER:?}: {}", line(test));
}

#[test]
fn a_letter_that_was_refused_for_now_or_broken_off_before_its_dot_comes_later_and_once() {
    for (at, act) in [
        (At::Rcpt, Act::Say("450 4.2.1 greylisted")),
        (At::Data, Act::Say("451 4.3.0 later")),
        (At::Dot, Act::Say("452 4.2.2 full")),
        (At::Connect, Act::Say("421 4.3.2 busy")),
        (At::Rcpt, Act::HangUp),
        (At::Body, Act::HangUp),
    ] {
        let server = Server::start([Rule::at(at, act).times(1)]);
        let (test, serve) = asked(&server, "");
        let waits = await_line(&test, |line| !line["reply"].is_null());
        assert_eq!(state(&waits), "waiting", "{at:?} {act:?}: {waits}");
        drop(serve);
        finish(&test);
        assert_eq!(server.accepted(), 1, "{at:?} {act:?}");
        let link = Mail::parse(&server.messages().last().unwrap().data).text();
        let later = Serve::start_at(&test, LATER[2]);
        assert_eq!(later.post(&path(&link, "confirm"), "").status, 200, "{at:?} {act:?}");
        assert_eq!(server.accepted(), 1, "{at:?} {act:?}: and no further one");
    }
}

#[test]
fn a_letter_that_was_refused_for_good_is_not_tried_again_and_the_next_sign_up_has_its_own() {
    let server = Server::start([Rule::at(At::Rcpt, Act::Say("550 5.1.1 no such user")).times(1)]);
    let (test, serve) = asked(&server, "");
    let failed = await_line(&test, |line| state(line) == "failed");
    assert_eq!(failed["reply"], "550 5.1.1 no such user");
    drop(serve);
    let later = Serve::start_at(&test, LATER[0]);
    assert_eq!(later.post("/subscribe", "email=ann%40inbox.example").status, 200);
    server.await_messages(1);
    assert_eq!(state(&line(&test)), "failed", "the first one stays so");
}

#[test]
fn a_reply_that_was_lost_after_the_dot_costs_one_more_copy_of_the_same_message_or_none_when_so_set() {
    for (uncertain, most) in [("resend", 2), ("hold", 1)] {
        let server = Server::start([Rule::at(At::Dot, Act::HangUp).times(1)]);
        let (test, serve) = asked(&server, &format!("[delivery]\nuncertain = \"{uncertain}\"\n"));
        let told = await_line(&test, |line| !line["reply"].is_null());
        drop(serve);
        if uncertain == "hold" {
            assert_eq!(state(&told), "failed");
            drop(Serve::start_at(&test, LATER[0]));
        } else {
            assert_eq!(state(&told), "waiting");
            finish(&test);
        }
        let copies = copies(&server);
        assert_eq!(copies.len(), most, "{uncertain}");
        assert!(copies.iter().all(|copy| *copy == copies[0]), "the same message, whatever the hour: {copies:?}");
    }
}

#[test]
fn a_daemon_that_is_killed_between_dot_and_reply_sends_the_same_message_once_more() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).times(1)]);
    let (test, serve) = asked(&server, "");
    server.await_held(1);
    // Dropping it is SIGKILL.
    drop(serve);
    server.release();
    finish(&test);
    let copies = copies(&server);
    assert!(copies.len() == 2 && copies[0] == copies[1], "{copies:?}");
}

#[test]
fn a_relay_that_refuses_us_loses_no_letter_and_is_asked_again() {
    for (at, reply) in [(At::Auth, "535 5.7.8 wrong password"), (At::Mail, "550 5.7.1 you may not relay")] {
        let server = Server::start_secure(true, [Rule::at(at, Act::Say(reply)).times(3)]);
        let (_, port) = server.address().rsplit_once(':').map(|(h, p)| (h.to_owned(), p.to_owned())).unwrap();
        let test =
            publication().smtp(&server.address()).file("secret", "s3cret\n").file("ca.pem", &Server::certificate());
        let test = test.config(&format!(
            "[delivery.smtp]\nhost = \"localhost\"\nport = {port}\ntls = \"wrapper\"\nca_file = \"ca.pem\"\nusername = \"desk\"\n\
             password_file = \"secret\"\n"
        ));
        let serve = Serve::start_at(&test, NOW);
        assert_eq!(serve.post("/subscribe", "email=ann%40inbox.example").status, 200);
        let deadline = Instant::now() + Duration::from_secs(30);
        while server
            .commands()
            .iter()
            .filter(|line| line.starts_with(if at == At::Auth { "AUTH" } else { "MAIL" }))
            .count()
            == 0
        {
            assert!(Instant::now() < deadline, "{:?}", server.commands());
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(state(&await_line(&test, Value::is_object)), "waiting", "a refusal of us is no refusal of her");
        drop(serve);
        finish(&test);
        assert_eq!(server.accepted(), 1);
    }
}

#[test]
fn what_was_answered_is_kept_through_a_kill_at_that_moment() {
    const CROWD: usize = 48;
    const ALONE: usize = 6;
    let test = publication().config("[web]\nsign_ups_per_network = 1000\n");
    for n in 0..ALONE {
        let serve = Serve::start(&test);
        assert_eq!(serve.post("/subscribe", &format!("email=alone{n}%40inbox.example")).status, 200);
        // Killed before it could do more than it had acknowledged.
        drop(serve);
    }
    let serve = Serve::start(&test);
    std::thread::scope(|scope| {
        for n in 0..CROWD {
            let serve = &serve;
            scope.spawn(move || {
                assert_eq!(serve.post("/subscribe", &format!("email=r{n}%40inbox.example")).status, 200);
            });
        }
    });
    drop(serve);
    let _again = Serve::start(&test);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut to: Vec<String> = test.outbox().iter().map(Mail::to).collect();
        to.sort();
        to.dedup();
        if to.len() == CROWD + ALONE {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{} of {CROWD} and {ALONE} who were told to look into their inbox have a letter",
            to.len()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}
