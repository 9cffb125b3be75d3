//! The way to a real inbox: to Postfix's sink, which counts, and through Postfix and Dovecot to a mailbox read by IMAP.

use std::collections::BTreeSet;
use std::path::Path;

use crate::house::{Mail, Test};
use crate::servers::{Imap, server};

const SEND: &str = "send 2026-11-25-midweek --yes";

/// Addresses unique to this run, since all tests and runs share the servers' mailboxes.
fn own_address(number: u32) -> String {
    format!("reader{}{number:03}@inbox.example", std::process::id())
}

fn with_subscribers(server: &str, addresses: &[String]) -> Test {
    let rows: Vec<String> = addresses.iter().map(|address| format!("{address},Subscriber")).collect();
    Test::new().sample().smtp(server).subscribers_csv(&format!("email,name\n{}\n", rows.join("\n"))).approved()
}

/// The addresses for which the sink accepted a message, from the first lines of its files.
fn sunk(dir: &str, wanted: &BTreeSet<String>) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(Path::new(dir)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let rcpt = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("X-Rcpt-Args: <"))?;
        Some(line.split_once('>')?.0.to_owned())
    };
    let read = |file: &std::path::PathBuf| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    let mut found: Vec<String> =
        files.iter().filter_map(|file| rcpt(&read(file))).filter(|to| wanted.contains(to)).collect();
    found.sort();
    found
}

#[test]
fn a_real_server_counts_one_copy_a_subscriber() {
    let (Some(sink), Some(dir)) = (server("DIGEST_TEST_SINK"), server("DIGEST_TEST_SINK_DIR")) else { return };
    let addresses: Vec<String> = (100..300).map(own_address).collect();
    let test = with_subscribers(&sink, &addresses).config("[delivery.smtp]\nconnections = 4");
    test.run(SEND).success();
    test.counts("delivered=200");
    let wanted: BTreeSet<String> = addresses.iter().cloned().collect();
    assert_eq!(sunk(&dir, &wanted), wanted.into_iter().collect::<Vec<_>>());
}

#[test]
fn real_servers_that_refuse() {
    let cases = [("DIGEST_TEST_SINK_SOFT", "deferred=3", Some(75)), ("DIGEST_TEST_SINK_HARD", "failed=3", None)];
    for (name, counts, code) in cases {
        let Some(sink) = server(name) else { return };
        let test = with_subscribers(&sink, &[own_address(1), own_address(2), own_address(3)]);
        let ran = test.run(SEND);
        if code.is_some() {
            assert_eq!(ran.code, code, "{name}: {}", ran.stderr);
        }
        test.counts(counts);
    }
}

#[test]
fn real_servers_that_hang_up() {
    let cases = [("DIGEST_TEST_SINK_BUSY", "uncertain"), ("DIGEST_TEST_SINK_LOST", "delivered")];
    for (name, never) in cases {
        let Some(sink) = server(name) else { return };
        let test = with_subscribers(&sink, &[own_address(4), own_address(5)]);
        let ran = test.run(SEND).code_in(&[1, 75]);
        let status = test.status();
        assert_eq!((&status[never], &status["failed"]), (&0.into(), &0.into()), "{name}: {status}\n{}", ran.stderr);
    }
}

#[test]
fn a_copy_arrives_in_the_mailbox_as_it_was_rendered() {
    let (Some(smtp), Some(imap)) = (server("DIGEST_TEST_SMTP"), server("DIGEST_TEST_IMAP")) else { return };
    let address = own_address(6);
    let test = with_subscribers(&smtp, std::slice::from_ref(&address));
    test.run(SEND).success();
    test.counts("delivered=1");
    let inbox = Imap::login(&imap, &address).inbox(1);
    assert_eq!(inbox.len(), 1);
    let mail = Mail::parse(&inbox[0]);
    let draft: toml::Table = test.draft().parse().unwrap();
    assert_eq!(mail.subject(), draft["subject"].as_str().unwrap());
    assert_eq!(mail.to(), address);
    assert_eq!(mail.part_types(), ["text/plain", "text/html"], "text first");
    assert!(mail.header("List-Unsubscribe").contains("<https://gazette.example/unsubscribe/"));
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    for news in draft["news"].as_array().unwrap() {
        let title = news["title"].as_str().unwrap();
        let flat = mail.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(title), "{title} is not in the text:\n{}", mail.text());
        let url = news["url"].as_str().unwrap();
        assert!(mail.text().contains(url) && mail.html().contains(url), "{url} is not in both parts");
    }
    assert!(mail.text().contains("A calm week"));
}

#[test]
fn a_mailbox_that_does_not_exist_is_failed_and_the_others_arrive() {
    let (Some(smtp), Some(imap)) = (server("DIGEST_TEST_SMTP"), server("DIGEST_TEST_IMAP")) else { return };
    let there = own_address(7);
    let test = with_subscribers(&smtp, &[there.clone(), format!("gone{}@inbox.example", std::process::id())]);
    test.run(SEND);
    test.counts("delivered=1 failed=1");
    assert_eq!(Imap::login(&imap, &there).inbox(1).len(), 1);
}

#[test]
fn a_relay_with_tls_and_a_password_passes_it_on() {
    let (Some(imap), Some(certificate)) = (server("DIGEST_TEST_IMAP"), server("DIGEST_TEST_CERTIFICATE")) else {
        return;
    };
    let certificate = std::fs::read_to_string(certificate).unwrap();
    let cases = [("DIGEST_TEST_SUBMISSION", "required", "plain"), ("DIGEST_TEST_SUBMISSIONS", "wrapper", "login")];
    for (number, (port, tls, auth)) in (20..).zip(cases) {
        let Some(port) = server(port) else { return };
        let address = own_address(number);
        let config = |password: &str| {
            format!(
                "[delivery.smtp]\nhost = \"localhost\"\ntls = \"{tls}\"\nca_file = \"ca.pem\"\nusername = \"desk\"\nauth = \"{auth}\"\n\
                 password_file = \"{password}\""
            )
        };
        let test = with_subscribers(&format!("localhost:{port}"), std::slice::from_ref(&address))
            .file("ca.pem", &certificate)
            .file("right", "secret\n")
            .file("wrong", "guess\n")
            .config(&config("wrong"));
        test.run(SEND).code(1).stderr_has("authentication");
        test.counts("pending=1");
        let test = test.config(&config("right"));
        test.run(SEND).success();
        test.counts("delivered=1");
        assert_eq!(Imap::login(&imap, &address).inbox(1).len(), 1, "{tls} {auth}");
    }
}

/// Exim hangs up on clients that speak too early, so it shows whether an envelope right after the final dot is allowed (RFC 2920 §3.1).
#[test]
fn another_kind_of_server_takes_every_copy() {
    let (Some(exim), Some(imap), Some(certificate)) =
        (server("DIGEST_TEST_EXIM"), server("DIGEST_TEST_IMAP"), server("DIGEST_TEST_CERTIFICATE"))
    else {
        return;
    };
    let there: Vec<String> = (30..60).map(own_address).collect();
    let gone = (0..3).map(|number| format!("gone{number}@inbox.example"));
    let mut everyone: Vec<String> = there.iter().cloned().chain(gone).collect();
    everyone.rotate_left(10);
    let test = with_subscribers(&format!("localhost:{exim}"), &everyone)
        .file("ca.pem", &std::fs::read_to_string(certificate).unwrap())
        .file("password", "secret\n")
        .config(
            "[delivery.smtp]\nhost = \"localhost\"\ntls = \"required\"\nca_file = \"ca.pem\"\nusername = \"desk\"\nauth = \"plain\"\n\
             password_file = \"password\"\nconnections = 3",
        );
    test.run(SEND);
    test.counts("delivered=30 failed=3");
    for address in &there {
        assert_eq!(Imap::login(&imap, address).inbox(1).len(), 1, "{address}");
    }
}
