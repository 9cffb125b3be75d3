use mail_parser::MessageParser;

use super::*;
use crate::model::{Address, Letterhead, Rendered, Segment, Slot};

fn compiled() -> CompiledIssue {
    let letterhead = Letterhead {
        name: "Almanac".into(),
        from: "Call Me Almanac <news@almanac.example>".into(),
        reply_to: "editors@almanac.example".into(),
        public_url: "https://almanac.example/".into(),
        bounce_domain: "bounces.almanac.example".into(),
        name_fallback: "reader".into(),
    };
    let segments = |open: &str, close: &str| {
        vec![
            Segment::Shared(open.into()),
            Segment::Slot(Slot::Name),
            Segment::Shared(close.into()),
            Segment::Slot(Slot::UnsubscribeUrl),
        ]
    };
    let rendered = Rendered {
        subject: "Größe matters\r\nBcc: all@example.org".into(),
        preheader: String::new(),
        html: segments("<p title=\"", "\">Hello</p>\n.\n"),
        text: segments("Hello ", ",\n.\nbye\n"),
        tracking: None,
        poll: None,
        article: None,
    };
    let issue = "2026-11-25-midweek".parse().expect("a name");
    CompiledIssue::new(Frozen { letterhead, rendered }, issue).expect("a compiled")
}

fn delivery(name: &str) -> Delivery {
    Delivery {
        number: 7,
        email: Address::parse("ann@example.org").expect("an address"),
        name: name.into(),
        seed: "00112233445566778899aabbccddeeff".into(),
        fields: [("city".to_owned(), "Oslo".to_owned())].into(),
        dated: chrono::DateTime::from_timestamp(1_764_054_000, 0).expect("a time"),
        attempts: 0,
    }
}

#[test]
fn a_whole_copy_by_snapshot() {
    insta::assert_snapshot!(compiled().message(&delivery("Ann Åberg")).text().replace("\r\n", "\n"));
}

#[test]
fn the_same_copy_twice_is_the_same_bytes() {
    assert_eq!(compiled().message(&delivery("Ann")), compiled().message(&delivery("Ann")));
}

#[test]
fn a_hostile_name_stays_a_name() {
    for name in
        ["Ann\r\nBcc: x@example.org", "\"><script>alert(1)</script>", "a\0b", "=?utf-8?q?x?=", &"n".repeat(5000)]
    {
        let message = compiled().message(&delivery(name));
        let text = message.text();
        assert!(text.lines().all(|line| line.len() <= 998), "{name:.40}");
        assert!(text.is_ascii() && !text.replace("\r\n", "").contains(['\r', '\n']));
        let parsed = MessageParser::new().parse(text.as_bytes()).expect("a message");
        assert!(parsed.bcc().is_none(), "{name:.40}");
        assert_eq!(parsed.to().and_then(|to| to.first()).and_then(|to| to.address()), Some("ann@example.org"));
        assert!(!parsed.body_html(0).expect("html").contains("<script"), "{name:.40}");
    }
}

#[test]
fn every_header_of_the_contract_stands_once() {
    let message = compiled().message(&delivery("Ann"));
    let text = message.text();
    let head = text.split("\r\n\r\n").next().expect("a head");
    for name in [
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Archive",
        "Feedback-ID",
        "Precedence",
        "MIME-Version",
        "Content-Type",
    ] {
        let count = head.lines().filter(|l| l.to_lowercase().starts_with(&format!("{}:", name.to_lowercase()))).count();
        assert_eq!(count, 1, "{name}");
    }
    let parsed = MessageParser::new().parse(text.as_bytes()).expect("a message");
    assert_eq!(parsed.subject(), Some("Größe matters Bcc: all@example.org"));
    assert_eq!(message.envelope_from, "b-2026-11-25-midweek-7-".to_owned() + &message.envelope_from[23..]);
    assert!(message.envelope_from.ends_with("@bounces.almanac.example"));
}
