//! Bounces from real servers: Postfix returns mail, Dovecot stores it, and `digest serve` reads the mailbox over TLS.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::house::{ISSUE, Mail, Test};
use crate::servers::{Imap, server};

/// Everything in it belongs to this test alone: numbers derive from the process ID.
struct Home {
    test: Test,
    smtp: String,
    imap: String,
    number: String,
}

impl Home {
    /// An issue sent with VERP to `late` (whose mail comes back), and to two subscribers whose mail arrives.
    fn sent(number: u32) -> Option<Self> {
        let servers = [
            server("DIGEST_TEST_SMTP"),
            server("DIGEST_TEST_IMAP"),
            server("DIGEST_TEST_IMAPS"),
            server("DIGEST_TEST_CERTIFICATE"),
        ];
        let [Some(smtp), Some(imap), Some(imaps), Some(certificate)] = servers else { return None };
        let number = format!("{}{number}", std::process::id());
        let config = format!(
            "[bounces]\ndomain = \"r{number}0.bounces.example\"\n[bounces.imap]\nhost = \"localhost\"\nport = {imaps}\n\
             username = \"reader{number}0\"\npassword_file = \"mailbox\"\nca_file = \"ca.pem\"\n"
        );
        let subscribers = ["late", "slow", "reader"].map(|name| format!("{name}{number}1@inbox.example\n")).concat();
        let csv = format!("email\n{subscribers}reader{number}2@inbox.example\n");
        let test = Test::new().sample().subscribers_csv(&csv).smtp(&smtp).config(&config);
        let test = test.file("mailbox", "secret\n").file("ca.pem", &std::fs::read_to_string(certificate).unwrap());
        let test = test.approved();
        test.run(&format!("send {ISSUE} --yes")).success();
        test.counts("delivered=4");
        Some(Self { test, smtp, imap, number })
    }

    fn address(&self, name: &str) -> String {
        let (name, last) = name.split_once('.').unwrap_or((name, "1"));
        format!("{name}{}{last}@inbox.example", self.number)
    }

    fn status(&self, name: &str) -> String {
        let address = self.address(name);
        let shown = self.test.run(&format!("subscribers show {address} --format json")).success().json();
        shown["status"].as_str().unwrap().to_owned()
    }

    /// Waits until a subscriber is in this state; returns how long it took.
    fn await_status(&self, name: &str, wanted: &str) -> Duration {
        let start = Instant::now();
        while self.status(name) != wanted {
            assert!(start.elapsed() < Duration::from_mins(1), "{name} is {}", self.status(name));
            std::thread::sleep(Duration::from_millis(50));
        }
        start.elapsed()
    }

    /// The message that arrived in a mailbox.
    fn copy(&self, name: &str) -> Mail {
        Mail::parse(&Imap::login(&self.imap, &self.address(name)).inbox(1)[0])
    }

    /// Sends a message to the bounce domain, as anybody could.
    fn mail(&self, to: &str, message: &str) {
        let mut client = BufReader::new(TcpStream::connect(&self.smtp).unwrap());
        client.get_ref().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let body = format!("{}\r\n.\r\n", message.replace('\n', "\r\n"));
        let to = format!("RCPT TO:<{to}@r{}0.bounces.example>\r\n", self.number);
        let steps = ["", "EHLO hand.example\r\n", "MAIL FROM:<somebody@isp.example>\r\n", &to, "DATA\r\n", &body];
        for (step, code) in steps.iter().zip(["220 ", "250 ", "250 ", "250 ", "354 ", "250 "]) {
            client.get_mut().write_all(step.as_bytes()).unwrap();
            let mut reply = String::new();
            while reply.as_bytes().get(3) != Some(&b' ') {
                reply.clear();
                assert!(client.read_line(&mut reply).unwrap() > 0, "Postfix hung up at {step:?}");
            }
            assert!(reply.starts_with(code), "{step:?}: {reply}");
        }
    }
}

#[test]
fn postfix_hands_over_what_comes_back_by_lmtp() {
    let (Some(smtp), Some(port)) = (server("DIGEST_TEST_SMTP"), server("DIGEST_TEST_OWN_LMTP")) else { return };
    let late = format!("late{}900@inbox.example", std::process::id());
    let config = format!("[bounces]\ndomain = \"own.bounces.example\"\nlmtp = \"127.0.0.1:{port}\"\n");
    let test = Test::new().sample().subscribers_csv(&format!("email\n{late}\n")).smtp(&smtp).config(&config).approved();
    // A day before the issue is due, so that the daemon does not send it itself.
    let daemon = test.start_at("2026-11-24T06:00:00Z", "serve");
    let patience = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
        assert!(Instant::now() < patience, "nobody listens");
        std::thread::sleep(Duration::from_millis(20));
    }
    test.run(&format!("send {ISSUE} --yes")).success();
    test.counts("delivered=1");
    let lines = loop {
        let lines = test.run("bounces list --format json").success().json_lines();
        assert!(Instant::now() < patience + Duration::from_secs(20), "nothing came");
        if !lines.is_empty() {
            break lines;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!((lines[0]["kind"].as_str(), lines[0]["matched_by"].as_str()), (Some("hard"), Some("verp")));
    daemon.signal("TERM");
    daemon.wait().success();
}

fn token(copy: &Mail) -> String {
    let header = copy.header("List-Unsubscribe");
    header.split_once("subject=unsubscribe%20").unwrap().1.split_once('>').unwrap().0.to_owned()
}

#[test]
fn a_bounce_a_complaint_and_a_leave_come_in_over_imap_with_tls() {
    let Some(home) = Home::sent(70) else { return };
    // No password is sent to a server with an untrusted certificate.
    let refused =
        home.test.command(crate::house::NOW).args(["doctor"]).env("DIGEST_BOUNCES__IMAP__CA_FILE", "").output();
    let refused = String::from_utf8_lossy(&refused.unwrap().stdout).into_owned();
    assert!(refused.contains("certificate is not valid"), "{refused}");

    let daemon = home.test.start("serve");
    home.await_status("late", "bounced");
    let complaining = home.copy("reader");
    let report = format!(
        "From: feedback@isp.example\nSubject: complaint\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: text/plain\n\nSpam!\n\n\
         --b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: I/1\nVersion: 1\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {}\nTo: {}\n\n--b--",
        complaining.header("Message-ID"),
        complaining.to()
    );
    home.mail("complaints", &report);
    home.await_status("reader", "complained");
    let leave = format!("From: x@isp.example\nSubject: unsubscribe {}\n\n", token(&home.copy("reader.2")));
    home.mail("unsubscribe", &leave);
    let took = home.await_status("reader.2", "unsubscribed");
    eprintln!("a leave by mail, over Postfix, Dovecot and IMAP: {} ms", took.as_millis());
    assert_eq!(home.status("slow"), "confirmed", "one full mailbox is no reason");
    daemon.signal("TERM");
    daemon.wait().success();

    let lines = home.test.run("bounces list --format json").success().json_lines();
    let mut told: Vec<_> =
        lines.iter().map(|l| (l["kind"].as_str().unwrap(), l["matched_by"].as_str().unwrap())).collect();
    told.sort_unstable();
    let expected = [("complaint", "message_id"), ("hard", "verp"), ("leave", "token"), ("soft", "verp")];
    assert_eq!(told, expected, "each once");
    home.test.run("doctor").stdout_has("0 unread messages in the mailbox");
}

#[test]
fn starttls_works_too() {
    let Some(home) = Home::sent(71) else { return };
    let plain = home.imap.rsplit_once(':').unwrap().1.to_owned();
    let Home { test, smtp, imap, number } = home;
    let test = test.env("DIGEST_BOUNCES__IMAP__TLS", "required").env("DIGEST_BOUNCES__IMAP__PORT", &plain);
    let home = Home { test, smtp, imap, number };
    let daemon = home.test.start("serve");
    home.await_status("late", "bounced");
    daemon.signal("TERM");
    daemon.wait().success();
}
