use proptest::prelude::*;

use super::words::{Facts, reason, shape};
use super::*;
use crate::model::{Sentence, Value};
use crate::store::Store;
use crate::store::tests::{Ground, make_room};

fn facts(code: u16, enhanced: &str, reply: &str) -> Facts {
    let given_up = reply.starts_with("given up after");
    Facts {
        code: Some(code).filter(|code| *code > 0),
        enhanced: enhanced.into(),
        given_up,
        attempts: 1,
        ..Facts::default()
    }
}

/// A sentence by its name, with what is filled in.
fn told(sentence: &Sentence) -> String {
    let value = |(_, value): &(&str, Value)| match value {
        Value::Code(code) => format!("({code})"),
        Value::Parts(parts) => format!("({})", told(&parts[0])),
        other => format!("({other:?})"),
    };
    sentence.name.to_owned() + &sentence.values.iter().map(value).collect::<String>()
}

#[test]
fn a_refusal_is_named_by_what_it_is_about() {
    for (state, code, enhanced, reply, expected) in [
        ("failed", 550, "5.1.1", "no such user", "reasons.no_mailbox"),
        ("failed", 550, "5.7.1", "blocked", "reasons.policy"),
        ("failed", 552, "5.2.2", "over quota", "reasons.full"),
        ("deferred", 451, "4.7.1", "greylisted", "reasons.greylisted"),
        ("failed", 451, "4.4.1", "given up after 9 tries: timeout", "reasons.given_up(reasons.network)"),
        ("failed", 550, "", "unknown", "reasons.unavailable(550)"),
        ("failed", 554, "9.9.9", "odd", "reasons.refused(554)"),
        ("deferred", 0, "", "", "reasons.no_reply"),
        ("deferred", 452, "", "", "reasons.no_room(452)"),
    ] {
        assert_eq!(told(&reason(state, &facts(code, enhanced, reply))), expected, "{state} {code} {enhanced}");
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

/// A send with rows of the test's own: address, state, tries, code, enhanced code, reply, seconds after the beginning.
type Made<'a> = (String, &'a str, u32, Option<u16>, Option<&'a str>, Option<&'a str>, i64);

fn sent(rows: &[Made]) -> (Store, IssueSend, Ground) {
    let ground = Ground::new();
    let store = ground.store();
    let began = 1_764_054_000_000_i64;
    store
        .db
        .batch(&format!(
            "INSERT INTO approvals VALUES ('2026-11-25-midweek', '', '', '', '', '', '', 0);
             INSERT INTO sends (id, issue, state, started_ms) VALUES (1, '2026-11-25-midweek', 'sending', {began});"
        ))
        .expect("a send");
    make_room(&store.db, 1);
    for (at, (email, state, attempts, code, enhanced, reply, seconds)) in rows.iter().enumerate() {
        let number = i64::try_from(at).expect("few") + 1;
        store
            .db
            .execute(
                "INSERT INTO deliveries (send_id, number, subscriber_id, email, domain, state, attempts, code, enhanced, reply,
                                         refusal, updated_ms)
                 VALUES (1, ?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    number,
                    email,
                    email.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase(),
                    state,
                    attempts,
                    code,
                    enhanced,
                    reply,
                    reply.map(shape),
                    began + seconds * 1_000
                ],
            )
            .expect("a row");
    }
    let issue = "2026-11-25-midweek".parse().expect("a name");
    let send = store.sends().send(&issue).expect("read").expect("a send");
    (store, send, ground)
}

fn delivered(email: String, tries: u32, seconds: i64) -> Made<'static> {
    (email, "delivered", tries, Some(250), None, Some("ok"), seconds)
}

#[test]
fn every_state_has_its_reason_and_all_add_up() {
    let address = |n: u32| format!("ann{n}@one.example");
    let (store, send, _ground) = sent(&[
        delivered(address(1), 1, 1),
        (address(2), "in_flight", 0, None, None, None, 0),
        (address(3), "pending", 0, None, None, None, 0),
        (address(4), "pending", 0, None, None, None, 0),
        (address(5), "suppressed", 0, None, None, Some("no longer on the list"), 0),
        (address(6), "failed", 1, Some(550), Some("5.1.1"), Some("<ann6@one.example> unknown"), 0),
        (address(7), "failed", 1, Some(550), Some("5.1.1"), Some("<ann7@one.example> unknown"), 0),
        (String::new(), "deferred", 1, Some(451), None, Some("later"), 0),
        (address(8), "failed", 9, Some(450), None, Some("given up after 9 tries: busy"), 0),
        (address(9), "failed", 1, Some(550), None, Some("Given Up After 9 tries, says the server"), 0),
    ]);
    let figures = store.sends().figures(&send, None).expect("figures");
    assert_eq!(figures.counts, send.counts, "as `status` counts");
    assert_eq!((figures.counts.recipients, figures.audience), (10, 10));
    let told: Vec<String> =
        figures.states.iter().map(|line| format!("{} {} {}", line.count, line.state, told(&line.reason))).collect();
    assert_eq!(
        told,
        [
            "1 delivered reasons.taken",
            "2 failed reasons.no_mailbox",
            "1 failed reasons.given_up(reasons.busy(450))",
            "1 failed reasons.unavailable(550)",
            "1 deferred reasons.trouble(451)",
            "2 pending reasons.not_tried",
            "1 suppressed reasons.gone",
            "1 uncertain reasons.broke",
        ]
    );
    assert_eq!((figures.refusals[0].count, figures.refusals[0].text.as_str()), (2, "<address> unknown"));
    assert_eq!(
        figures.domains.iter().map(|line| line.domain.as_str()).collect::<Vec<_>>(),
        ["one.example", "(no address)"]
    );
    store.db.execute("DELETE FROM deliveries WHERE number = 3", params![]).expect("a loss");
    let figures = store.sends().figures(&send, None).expect("figures");
    assert_eq!((figures.counts.recipients, figures.audience), (9, 10), "a lost row is seen");
}

#[test]
fn half_of_three_is_two() {
    let rows: Vec<Made> = (1..=3).map(|n| delivered(format!("r{n}@one.example"), 1, n)).collect();
    let (store, send, _ground) = sent(&rows);
    let within = store.sends().figures(&send, None).expect("figures").delivered_within;
    assert_eq!(within.iter().map(|within| within.ms).collect::<Vec<_>>(), [2_000, 3_000, 3_000, 3_000]);
}

#[test]
fn a_million_would_be_told_in_as_few_lines_as_these() {
    let mut rows: Vec<Made> = Vec::new();
    for n in 0..300_u32 {
        let domain = if n < 200 { n % 10 } else { n };
        let seconds = i64::from(n) * 60;
        rows.push(delivered(format!("r{n}@D{domain}.example"), 1 + n % 2, seconds));
    }
    for n in 0..100 {
        rows.push((format!("x{n}@d0.example"), "failed", 1, Some(500 + n % 50), None, Some("words"), 0));
    }
    let (store, send, _ground) = sent(&rows);
    let figures = store.sends().figures(&send, None).expect("figures");
    assert_eq!((figures.domains.len(), figures.domains_in_all), (13, 110));
    let (first, rest) = (&figures.domains[0], &figures.domains[12]);
    assert_eq!((first.domain.as_str(), first.recipients, first.delivered, first.failed), ("d0.example", 120, 20, 100));
    assert_eq!((rest.domain.as_str(), rest.recipients, rest.delivered), ("", 98, 98));
    let sum: u64 = figures.domains.iter().map(|line| line.recipients).sum();
    assert_eq!(sum, 400);
    assert!(
        figures.over_time.delivered.len() <= 121 && figures.over_time.stretch_seconds == 300,
        "{:?}",
        figures.over_time
    );
    assert_eq!(figures.over_time.delivered.iter().sum::<u64>(), 300);
    let within: Vec<(u8, u64)> =
        figures.delivered_within.iter().map(|within| (within.percent, within.ms / 60_000)).collect();
    assert_eq!(within, [(50, 149), (90, 269), (99, 296), (100, 299)]);
    assert_eq!((figures.refusals.len(), figures.refusals_not_shown), (40, 20));
    let waited: Vec<u64> = figures.waits.iter().map(|wait| wait.delivered).collect();
    // Those with an odd number were tried twice: 1, 3, 5 minutes, then up to 15, 60, 240 and 299.
    assert_eq!(waited, [3, 5, 22, 90, 30, 0, 0]);
    assert_eq!(
        figures.tries.iter().map(|line| (line.tries, line.delivered, line.failed)).collect::<Vec<_>>(),
        [(1, 150, 100), (2, 150, 0)]
    );
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
