//! Leaving while a send runs: the relay hangs in the middle of a message, subscribers further back leave in both ways that a mail
//! offers, and none of them is mailed.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{Mail, Test};
use crate::pages::{ONE_CLICK, SUNDAY, Serve, path, publication, sunday};
use crate::send::{SEND, addresses};
use crate::smtp::{Act, At, Rule, Server};

fn status(test: &Test, address: &str) -> Value {
    test.run(&format!("subscribers show {address} --format json")).success().json()["status"].clone()
}

/// What a mail program sends when the subscriber leaves by mail: to the header's mailbox with the header's subject.
fn by_mail(copy: &Mail) -> String {
    let header = copy.header("List-Unsubscribe");
    let mailto = header.split_once("<mailto:").unwrap().1.split_once('>').unwrap().0;
    let (mailbox, subject) = mailto.split_once("?subject=").unwrap();
    format!("From: {}\nTo: {mailbox}\nSubject: {}\n\n", copy.to(), subject.replace("%20", " "))
}

#[test]
fn who_leaves_by_either_way_while_the_relay_holds_a_message_is_not_mailed() {
    // The first issue passes; the second hangs after its third message's final dot.
    let server = Server::start([Rule::at(At::Dot, Act::Hold).about("reader3@").skip(1).times(1)]);
    let maildir = "[bounces]\ndomain = \"bounces.almanac.example\"\nmaildir = \"mail\"\n";
    let test = publication().config(maildir).smtp(&server.address()).subscribers(9).approved();
    for folder in ["tmp", "new", "cur"] {
        std::fs::create_dir_all(test.path("mail").join(folder)).unwrap();
    }
    test.run(SEND).success();
    let copies: Vec<Mail> = server.messages().iter().map(|message| Mail::parse(&message.data)).collect();
    let copy = |n: usize| copies.iter().find(|copy| copy.to() == format!("reader{n}@inbox.example")).unwrap();
    sunday(&test);
    let serve = Serve::start(&test);
    let sending = test.start(&format!("send {SUNDAY} --yes"));
    server.await_held(1);

    let leave = path(&copy(6).header("List-Unsubscribe"), "unsubscribe");
    assert_eq!(serve.post(&leave, ONE_CLICK).status, 200);
    assert_eq!(status(&test, "reader6@inbox.example"), "unsubscribed", "it holds when the answer comes");
    test.write("mail/tmp/1.M1.host", &by_mail(copy(8)));
    let begun = Instant::now();
    std::fs::rename(test.path("mail/tmp/1.M1.host"), test.path("mail/new/1.M1.host")).unwrap();
    while status(&test, "reader8@inbox.example") != "unsubscribed" {
        assert!(begun.elapsed() < Duration::from_secs(20), "the mail was not read");
    }
    assert_eq!(server.messages().len(), 9 + 3, "the relay stands all the while");

    server.release();
    sending.wait().success();
    let status = test.run(&format!("status {SUNDAY} --format json")).success().json();
    assert_eq!(
        (&status["recipients"], &status["delivered"], &status["suppressed"]),
        (&9.into(), &7.into(), &2.into()),
        "the ledger adds up: {status}"
    );
    let mut second: Vec<String> = server.messages()[9..].iter().flat_map(|message| message.to.clone()).collect();
    second.sort();
    assert_eq!(second, addresses([1, 2, 3, 4, 5, 7, 9]));
}
