//! Inbound messages as an operator sees them: from a sent message to a subscriber who is off the list.

use std::fs;

use crate::house::{ISSUE, Test};

fn sent() -> Test {
    let test =
        Test::new().sample().subscribers(3).config("[bounces]\ndomain = \"bounces.almanac.example\"\n").approved();
    test.run(&format!("send {ISSUE} --yes")).success();
    test
}

/// A message from the outbox: its Message-ID, To, and the token in its List-Unsubscribe.
fn copy(test: &Test, subscriber: &str) -> (String, String) {
    let mut files = Vec::new();
    crate::house::find(&test.path("outbox"), "eml", &mut files);
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    let mail = texts
        .into_iter()
        .find(|text| text.contains(&format!("<{subscriber}>")) || text.contains(&format!("To: {subscriber}")));
    let mail = mail.unwrap_or_else(|| panic!("a copy for {subscriber}"));
    let between = |start: &str, end: &str| {
        let rest = mail.split_once(start).unwrap_or_else(|| panic!("{start} in the copy")).1;
        rest.split_once(end).unwrap().0.to_owned()
    };
    (between("Message-ID: <", ">"), between("subject=unsubscribe%20", ">"))
}

fn bounce(status: &str, id: &str, to: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\nTo: news@almanac.example\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nSorry.\n\n\
--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {to}\nAction: failed\n\
Status: {status}\nDiagnostic-Code: smtp; 550 {status} said so\n\n--b\nContent-Type: text/rfc822-headers\n\n\
Message-ID: <{id}>\nTo: <{to}>\n\n--b--\n"
    )
}

fn status(test: &Test, subscriber: &str) -> String {
    let shown = test.run(&format!("subscribers show {subscriber} --format json")).success().json();
    shown["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_hard_bounce_takes_its_subscriber_off_and_reading_it_again_changes_nothing() {
    let test = sent();
    let (id, _) = copy(&test, "reader1@inbox.example");
    test.write("in/one.eml", &bounce("5.1.1", &id, "reader1@inbox.example"));
    let first = test.run("bounces import in --format json").success().json();
    assert_eq!((first["messages"].as_u64(), first["bounced"].as_u64()), (Some(1), Some(1)));
    assert_eq!(status(&test, "reader1@inbox.example"), "bounced");
    let second = test.run("bounces import in/one.eml --format json").success().json();
    assert_eq!((second["bounced"].as_u64(), second["known"].as_u64()), (Some(0), Some(1)));
    assert_eq!(status(&test, "reader2@inbox.example"), "confirmed");
    let report = test.run(&format!("report {ISSUE} --format json")).success().json();
    assert_eq!(report["later"][0], serde_json::json!({"kind": "hard", "count": 1}));
}

#[test]
fn a_forged_bounce_and_one_about_us_take_nobody_off() {
    let test = sent();
    let (id, _) = copy(&test, "reader2@inbox.example");
    test.write("in/forged.eml", &bounce("5.1.1", &id, "reader1@inbox.example"));
    test.write("in/policy.eml", &bounce("5.7.1", &id, "reader2@inbox.example"));
    let read = test.run("bounces import in --format json").success().json();
    assert_eq!((read["bounced"].as_u64(), read["kept"].as_u64()), (Some(0), Some(1)));
    assert_eq!(read["unmatched"].as_array().unwrap().len(), 1);
    for subscriber in ["reader1@inbox.example", "reader2@inbox.example"] {
        assert_eq!(status(&test, subscriber), "confirmed");
    }
}

#[test]
fn soft_bounces_count_by_issue_and_a_mail_with_the_token_leaves() {
    let test = sent();
    let (id, token) = copy(&test, "reader3@inbox.example");
    let full = bounce("4.2.2", &id, "reader3@inbox.example");
    let one = |n| format!("From x@mx.example Wed Nov 25 06:00:00 2026\nX-Try: {n}\n{full}\n");
    let mbox = (0..5).map(one).collect::<Vec<String>>().concat();
    test.write("in.mbox", &mbox);
    let read = test.run("bounces import in.mbox --format json").success().json();
    assert_eq!((read["messages"].as_u64(), read["kept"].as_u64()), (Some(5), Some(5)));
    assert_eq!(status(&test, "reader3@inbox.example"), "confirmed", "five reports about one issue are one failure");
    let leave = format!("From: x@y.example\nTo: unsubscribe@bounces.almanac.example\nSubject: unsubscribe {token}\n\n");
    test.write("leave.eml", &leave);
    test.run("bounces import leave.eml").success();
    assert_eq!(status(&test, "reader3@inbox.example"), "unsubscribed");
    let lines = test.run("bounces list --format json").success();
    assert_eq!(lines.stdout.lines().count(), 6);
    let shown = test.run("subscribers show reader3@inbox.example --format json").success().json();
    let kinds: Vec<_> = shown["bounces"].as_array().unwrap().iter().map(|b| b["kind"].as_str().unwrap()).collect();
    assert!(kinds.len() == 6 && kinds.contains(&"leave") && kinds.contains(&"soft"), "all that is stored: {shown}");
    test.run("subscribers forget reader3@inbox.example").success();
    assert_eq!(test.run("bounces list --format json").success().stdout, "", "and nothing after that");
}

#[test]
fn a_message_counts_once_in_a_file_and_in_an_mbox() {
    let test = sent();
    let (id, _) = copy(&test, "reader3@inbox.example");
    let message = format!("{}\nFrom here on it is quoted.", bounce("4.2.2", &id, "reader3@inbox.example"));
    test.write("one.eml", &message);
    test.write("crlf.eml", &message.replace('\n', "\r\n"));
    let quoted = message.replace("\nFrom here", "\n>From here");
    test.write("all.mbox", &format!("From x@mx.example Wed Nov 25 06:00:00 2026\n{quoted}\n\n"));
    let read = test.run("bounces import one.eml crlf.eml all.mbox --format json").success().json();
    assert_eq!((read["kept"].as_u64(), read["known"].as_u64()), (Some(1), Some(2)), "{read}");
}

#[test]
fn the_daemon_takes_in_what_is_delivered_into_its_maildir() {
    let test = sent().config("[bounces]\nmaildir = \"mail\"");
    let (_, token) = copy(&test, "reader3@inbox.example");
    let (id, _) = copy(&test, "reader2@inbox.example");
    for folder in ["tmp", "new", "cur"] {
        std::fs::create_dir_all(test.path("mail").join(folder)).unwrap();
    }
    let deliver = |name: &str, message: &str| {
        test.write(&format!("mail/tmp/{name}"), message);
        std::fs::rename(test.path(&format!("mail/tmp/{name}")), test.path(&format!("mail/new/{name}"))).unwrap();
    };
    // One that opens but cannot be read, and one whose name is too long for its flag in `cur`.
    std::os::unix::fs::symlink("/proc/self/mem", test.path("mail/new/0.bad")).unwrap();
    let long = "0".repeat(254);
    deliver(&long, &bounce("5.7.1", &id, "reader2@inbox.example"));
    deliver("1.M1.host", &bounce("5.1.1", &id, "reader2@inbox.example"));
    let seen = test.run("doctor --format json").stdout;
    assert!(seen.contains("1 of 3 messages"), "{seen}");
    let daemon = test.start("serve");
    await_status(&test, "reader2@inbox.example", "bounced");
    deliver("2.M2.host", &format!("From: x@y.example\nSubject: unsubscribe {token}\n\n"));
    await_status(&test, "reader3@inbox.example", "unsubscribed");
    daemon.signal("TERM");
    let log = daemon.wait().success().stderr;
    assert_eq!(log.matches("cannot be read or moved").count(), 2, "each is told once: {log}");
    let read: Vec<_> = std::fs::read_dir(test.path("mail/cur")).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(read.len(), 2, "what was read is kept: {read:?}");
    assert_eq!(std::fs::read_dir(test.path("mail/new")).unwrap().count(), 2, "and what is stuck");
}

fn await_status(test: &Test, subscriber: &str, wanted: &str) {
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while status(test, subscriber) != wanted {
        assert!(std::time::Instant::now() < patience, "{subscriber} is {}", status(test, subscriber));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
