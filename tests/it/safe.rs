//! TLS and authentication: nothing secret in clear text, no server trusted that is not who it claims to be, and a password that stays
//! secret.

use crate::house::Test;
use crate::smtp::{Act, At, Rule, Server};

const SEND: &str = "send 2026-11-25-midweek --yes";

/// Two subscribers of an issue, by TLS to a server whose certificate is trusted when `trusted`.
fn approved(server: &Server, tls: &str, trusted: bool) -> Test {
    let port = server.address().rsplit_once(':').unwrap().1.to_owned();
    let ca_file = if trusted { "ca.pem" } else { "" };
    Test::new()
        .sample()
        .subscribers(2)
        .approved()
        .smtp(&server.address())
        .file("ca.pem", &Server::certificate())
        .config(&format!(
            "[delivery.smtp]\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\nca_file = \"{ca_file}\""
        ))
}

fn said(server: &Server, verb: &str) -> usize {
    server.commands().iter().filter(|line| line.starts_with(verb)).count()
}

#[test]
fn mail_goes_by_tls_in_each_way_that_is_asked_for() {
    for (at_once, tls) in [(false, "required"), (false, "opportunistic"), (true, "wrapper")] {
        let server = Server::start_secure(at_once, []);
        approved(&server, tls, true).run(SEND).success();
        assert_eq!(server.accepted(), 2, "{tls}");
        assert_eq!(said(&server, "STARTTLS"), usize::from(!at_once), "{tls}");
        assert_eq!(said(&server, "EHLO"), 1 + usize::from(!at_once), "{tls}: what was offered in clear does not count");
    }
}

#[test]
fn a_server_that_is_not_who_it_says_gets_nothing() {
    for (at_once, tls) in [(false, "required"), (false, "opportunistic"), (true, "wrapper")] {
        let server = Server::start_secure(at_once, []);
        let test = approved(&server, tls, false);
        test.run(SEND).code(1).stderr_has("certificate");
        assert_eq!((server.accepted(), said(&server, "MAIL")), (0, 0), "{tls}: an unknown authority");
        test.counts("pending=2");
        // Trusted, but issued for another name.
        let test = approved(&server, tls, true).config("[delivery.smtp]\nhost = \"127.0.0.1\"");
        test.run(SEND).code(1).stderr_has("certificate");
        assert_eq!((server.accepted(), said(&server, "MAIL")), (0, 0), "{tls}: another name");
    }
}

#[test]
fn a_starttls_that_fails_sends_nothing_in_clear() {
    for reply in ["454 4.7.0 TLS not available", "502 5.5.1 no"] {
        let server = Server::start_secure(false, [Rule::at(At::StartTls, Act::Say(reply))]);
        let test = approved(&server, "required", true);
        test.run(SEND).code_in(&[1, 75]);
        assert_eq!(said(&server, "MAIL"), 0, "{reply}");
        test.counts("pending=2");
    }
    let server = Server::start_secure(false, [Rule::at(At::StartTls, Act::HangUp)]);
    approved(&server, "required", true).run(SEND).code_in(&[1, 75]);
    assert_eq!(said(&server, "MAIL"), 0);
}

#[test]
fn what_is_said_before_the_handshake_does_not_count_after_it() {
    // CVE-2011-0411, from the server's side: replies that somebody on the way slips in behind the 220.
    let server = Server::start_secure(
        false,
        [Rule::at(At::StartTls, Act::Segments(&["220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n"]))],
    );
    let ran = approved(&server, "required", true).run(SEND);
    // The scripted server does not take the many lines for a yes and stays in clear; nothing but a failure may come of it.
    assert_ne!(ran.code, Some(0));
    assert_eq!(said(&server, "MAIL"), 0);
}

#[test]
fn each_mechanism_says_what_it_should_and_only_after_tls() {
    let cases = [
        ("plain", vec!["AUTH PLAIN AGRlc2sAb3Blbi1zZXNhbWU="]),
        ("login", vec!["AUTH LOGIN", "ZGVzaw==", "b3Blbi1zZXNhbWU="]),
        ("xoauth2", vec!["AUTH XOAUTH2 dXNlcj1kZXNrAWF1dGg9QmVhcmVyIG9wZW4tc2VzYW1lAQE="]),
    ];
    for (auth, expected) in cases {
        let server = Server::start_secure(false, []);
        let test = approved(&server, "required", true)
            .file("secret", "open-sesame\n")
            .config(&format!("[delivery.smtp]\nusername = \"desk\"\npassword_file = \"secret\"\nauth = \"{auth}\""));
        let ran = test.run_args(&["-vv", "send", "2026-11-25-midweek", "--yes"]).success();
        assert_eq!(server.accepted(), 2, "{auth}");
        let commands = server.commands();
        let at = commands.iter().position(|line| line.starts_with("AUTH")).unwrap();
        assert_eq!(commands[at..at + expected.len()], expected);
        assert!(commands[..at].contains(&"STARTTLS".to_owned()));
        for secret in ["open-sesame", "b3Blbi1zZXNhbWU", "AGRlc2sA"] {
            assert!(!ran.stderr.contains(secret) && !ran.stdout.contains(secret), "{auth}: the password is in the log");
        }
    }
}

#[test]
fn a_refused_password_stops_after_three_tries_and_says_why() {
    for (auth, rule, why) in [
        ("plain", Act::Say("535 5.7.8 wrong password"), "wrong password"),
        // XOAUTH2 gives its reasons in a 334, and the code after an empty response.
        ("xoauth2", Act::Say("334 eyJzdGF0dXMiOiI0MDAifQ=="), "token expired"),
    ] {
        let server = Server::start_secure(false, [Rule::at(At::Auth, rule)]);
        let test = approved(&server, "required", true)
            .file("secret", "open-sesame")
            .config(&format!("[delivery.smtp]\nusername = \"desk\"\npassword_file = \"secret\"\nauth = \"{auth}\""));
        test.run(SEND).code(1).stderr_has(why);
        assert_eq!(said(&server, "MAIL"), 0);
        assert!((1..=3).contains(&said(&server, "AUTH")), "{} tries", said(&server, "AUTH"));
        test.counts("pending=2");
    }
}
