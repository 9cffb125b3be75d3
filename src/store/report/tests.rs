use proptest::prelude::*;

use super::words::{Facts, reason, shape};
use super::*;

fn facts<'a>(code: u16, enhanced: &'a str, reply: &'a str) -> Facts<'a> {
    Facts { code, enhanced, reply, reader: "", attempts: 1 }
}

#[test]
fn a_refusal_is_named_by_what_it_is_about() {
    for (state, code, enhanced, reply, expected) in [
        ("failed", 550, "5.1.1", "no such user", "no such mailbox"),
        ("failed", 550, "5.7.1", "blocked", "policy or reputation"),
        ("failed", 552, "5.2.2", "over quota", "mailbox full"),
        ("deferred", 451, "4.7.1", "greylisted", "greylisted, or policy"),
        ("failed", 451, "4.4.1", "given up after 9 tries: timeout", "given up: network or routing trouble"),
        ("failed", 550, "", "unknown", "mailbox unavailable or refused (550)"),
        ("failed", 554, "9.9.9", "odd", "refused with 554"),
        ("deferred", 0, "", "", "no reply that could be read"),
        ("deferred", 452, "", "", "no room (452)"),
    ] {
        assert_eq!(reason(state, &facts(code, enhanced, reply)), expected, "{state} {code} {enhanced}");
    }
}

#[test]
fn what_differs_for_each_recipient_is_left_out_of_a_refusal() {
    for (reply, expected) in [
        ("5.1.1 <ann@inbox.example>: Recipient address rejected", "5.1.1 <address> Recipient address rejected"),
        ("queued as 4F2Abc91 try later", "queued as … try later"),
        ("5.7.511 Access denied from [203.0.113.99] 550-5.7.1", "5.7.511 Access denied from … 550-5.7.1"),
        ("", ""),
        ("  much\r\n\twhite\u{0}space ", "much white space"),
    ] {
        assert_eq!(shape(reply), expected);
    }
}

#[test]
fn a_stretch_of_time_is_round_and_there_are_never_too_many() {
    assert_eq!(length(0), 1);
    assert_eq!(length(119), 1);
    assert_eq!(length(120), 2);
    assert_eq!(length(86_400), 900);
    for span in [3, 1_000, 100_000, 10_000_000, 1_000_000_000] {
        assert!(span / i64::from(length(span)) < STRETCHES, "{span}");
    }
}

proptest! {
    #[test]
    fn no_refusal_names_an_address_or_grows_too_long(reply in "\\PC{0,400}", local in "[a-z]{1,9}", long in 0usize..900) {
        for text in [reply.clone(), format!("{reply} <{local}@inbox.example>: {}", "x".repeat(long)), "9a".repeat(long)] {
            let shaped = shape(&text);
            prop_assert!(!shaped.contains('@'), "{shaped}");
            prop_assert!(shaped.chars().count() <= Refusal::LONGEST, "{shaped}");
            prop_assert!(!shaped.contains(char::is_control), "{shaped:?}");
            prop_assert_eq!(shape(&text), shaped);
        }
    }
}
