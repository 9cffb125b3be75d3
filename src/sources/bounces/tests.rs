//! A table of what a bounce may look like, and what no bytes may do.

use proptest::prelude::*;

use super::*;
use crate::model::Address;
use crate::model::EvidenceKind::{AboutUs, Hard, Soft};

const DSN: &str = "From: MAILER-DAEMON@mx.example\nTo: b-2026-11-25-midweek-7-abcdefghij@bounces.almanac.example\n\
Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
--b\nContent-Type: text/plain\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n\
Reporting-MTA: dns; mx.example\n\nOriginal-Recipient: rfc822;ann@inbox.example\nFinal-Recipient: rfc822; a@inbox.example\n\
Action: ACTION\nStatus: STATUS\nDiagnostic-Code: smtp; 550 STATUS said\n so\n\n--b\nContent-Type: message/rfc822\n\n\
Message-ID: <2026-11-25-midweek.abc@almanac.example>\nTo: Ann <ann@inbox.example>\nSubject: x\n\nbody\n--b--\n";

fn dsn(action: &str, status: &str) -> Finding {
    read_bounce(DSN.replace("ACTION", action).replace("STATUS", status).replace('\n', "\r\n").as_bytes())
}

#[test]
fn a_delivery_status_tells_who_why_and_by_what_to_match() {
    let found = dsn("failed", "5.1.1");
    assert_eq!(found.kind, Kind::Bounce);
    assert_eq!(found.returned_id.as_deref(), Some("2026-11-25-midweek.abc@almanac.example"));
    assert_eq!(found.returned_to.as_deref(), Some("ann@inbox.example"));
    assert_eq!(found.delivered_to, ["b-2026-11-25-midweek-7-abcdefghij@bounces.almanac.example"]);
    let [failure] = &found.failures[..] else { panic!("one failure, found {:?}", found.failures) };
    assert_eq!((failure.status.as_str(), failure.evidence), ("5.1.1", Hard));
    assert_eq!(
        failure.recipients.iter().map(Address::as_str).collect::<Vec<_>>(),
        ["ann@inbox.example", "a@inbox.example"]
    );
    assert_eq!(failure.diagnostic, "smtp; 550 5.1.1 said so");
}

#[test]
fn the_status_weighs() {
    let table = [
        ("5.1.1", Hard),
        ("5.1.10", Hard),
        ("5.2.1", Hard),
        ("5.2.2", Soft),
        ("4.4.1", Soft),
        ("5.7.1", AboutUs),
        ("5.7.26", AboutUs),
        ("5.3.4", AboutUs),
    ];
    for (status, weight) in table {
        assert_eq!(dsn("failed", status).failures[0].evidence, weight, "{status}");
    }
    for action in ["delayed", "relayed", "expanded", "delivered"] {
        let found = dsn(action, "4.4.1");
        assert_eq!((found.kind, found.failures.len()), (Kind::Delay, 0), "{action}");
    }
}

#[test]
fn a_wish_to_leave_needs_the_token() {
    let mail = |subject: &str, to: &str| read_bounce(format!("To: {to}\r\nSubject: {subject}\r\n\r\n").as_bytes());
    let token = "jfuugoml46fipbts7yrpgxwra5";
    let to = "unsubscribe@bounces.almanac.example";
    assert_eq!(mail(&format!("unsubscribe {token}"), to).token.as_deref(), Some(token));
    assert_eq!(mail(&format!("Unsubscribe {}", token.to_uppercase()), to).kind, Kind::Leave);
    assert_eq!(mail("", &format!("unsubscribe+{token}@bounces.almanac.example")).kind, Kind::Leave);
    assert_eq!(mail("unsubscribe", to).kind, Kind::Unknown);
    assert_eq!(mail(&format!("news of {token}"), "ann@inbox.example").kind, Kind::Unknown);
}

#[test]
fn each_message_of_the_corpus_is_read_as_the_table_says() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bounces");
    let table = std::fs::read_to_string(corpus.join("expected.tsv")).expect("the corpus");
    let mut wrong = Vec::new();
    let mut rows = 0;
    for row in table.lines().skip(1) {
        let cells = row.split('\t').collect::<Vec<_>>();
        let [file, kind, status, weight, _matched_by, _effect] = cells[..] else { panic!("six cells: {row}") };
        let text = std::fs::read_to_string(corpus.join(file)).expect("the corpus");
        let found = read_bounce(text.replace('\n', "\r\n").as_bytes());
        let failure = found.failures.first();
        let said =
            (found.kind.as_str(), failure.map_or("", |f| &f.status), failure.map_or("", |f| f.evidence.as_str()));
        if said != (kind, status, weight) {
            wrong.push(format!("{file}: {said:?}, expected {kind} {status} {weight}"));
        }
        rows += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rows, std::fs::read_dir(&corpus).expect("the corpus").count() - 1, "each file has its row");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        read_bounce(&bytes);
    }

    #[test]
    fn no_damage_panics(cut in 0..900_usize, at in 0..900_usize, byte in any::<u8>(), twice in any::<bool>()) {
        let mut bytes = DSN.as_bytes().to_vec();
        let place = at % bytes.len();
        bytes[place] = byte;
        if twice {
            bytes.extend_from_within(..);
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
        read_bounce(&bytes);
    }
}
