//! What is on record of people and of issues, as it is listed.

use super::*;
use crate::model::{Article, EvidenceKind, LetterOrder, MatchedBy, Purpose};

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn trace(seconds: i64) -> Trace<'static> {
    Trace { how: "web page", network: "192.0.2.0/24", at: at(seconds) }
}

fn bounce(email: &str, kind: EvidenceKind, seconds: i64) -> Evidence {
    Evidence {
        email: address(email),
        issue: issue().to_string(),
        kind,
        status: "5.1.1".into(),
        diagnostic: format!("no {email}"),
        matched_by: MatchedBy::Verp,
        received: at(seconds),
        hash: format!("{email} {seconds}"),
    }
}

#[test]
fn an_address_that_stands_twice_in_an_import_is_told_by_its_first_line() {
    let house = House::new();
    let people = house.store.subscribers();
    let line = |line: u64, email: &str| (line, row(email, SubscriberStatus::Confirmed, &[]));
    people.watch_for_duplicates().expect("a table");
    let first = [line(2, "a@example.org"), line(3, "b@example.org"), line(4, "A@example.org")];
    assert_eq!(people.seen_before(&first).expect("a look"), [None, None, Some(2)]);
    assert_eq!(
        people.seen_before(&[line(5, "b@example.org"), line(6, "c@example.org")]).expect("a look"),
        [Some(3), None]
    );
    people.watch_for_duplicates().expect("a table");
    assert_eq!(people.seen_before(&[line(2, "b@example.org")]).expect("a look"), [None], "another import");
}

#[test]
fn merge_fields_are_named_in_order_whatever_stands_in_them() {
    let mut house = House::new();
    assert!(house.store.subscribers().field_names().expect("a look").is_empty());
    let fields =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    house.put(&[
        SubscriberRow {
            fields: fields(&[("town", "\0"), ("Club", "a\\u0000")]),
            ..row("a@example.org", SubscriberStatus::Confirmed, &[])
        },
        SubscriberRow {
            fields: fields(&[("été", "\""), ("town", "Ulm")]),
            ..row("b@example.org", SubscriberStatus::Confirmed, &[])
        },
        row("c@example.org", SubscriberStatus::Confirmed, &[]),
    ]);
    assert_eq!(house.store.subscribers().field_names().expect("names"), ["Club", "town", "été"]);
    let found = house.store.subscribers().subscriber(&address("a@example.org")).expect("a look").expect("there");
    assert_eq!(found.fields, fields(&[("town", "\0"), ("Club", "a\\u0000")]));
}

#[test]
fn everybody_is_listed_with_all_that_is_on_record_in_its_order() {
    let mut house = House::new();
    for email in ["z@example.org", "b@example.org", "a@example.org"] {
        house.put(&[row(email, SubscriberStatus::Confirmed, &[])]);
    }
    let people = house.store.subscribers();
    let rule = SoftRule { limit: 9, ..SOFT };
    for evidence in [
        bounce("b@example.org", EvidenceKind::Soft, 10),
        bounce("b@example.org", EvidenceKind::Hard, 20),
        bounce("b@example.org", EvidenceKind::Hard, 20 - 1),
        bounce("a@example.org", EvidenceKind::Complaint, 15),
    ] {
        people.record_bounce(&evidence, rule, at(30)).expect("a record").expect("a subscriber");
    }
    people.restore(&address("b@example.org"), "it works", "", at(40)).expect("a word").expect("a subscriber");
    let mut told = Vec::new();
    people
        .each_with_record::<StoreError>(|subscriber, acts| {
            let acts: Vec<String> = acts.iter().map(|act| format!("{} {}", act.act, act.how)).collect();
            told.push(format!("{} {}: {}", subscriber.email, subscriber.status, acts.join("; ")));
            Ok(())
        })
        .expect("a list");
    assert_eq!(
        told,
        [
            "z@example.org confirmed: ",
            "b@example.org confirmed: bounced mail: 5.1.1 no b@example.org; bounced mail: 5.1.1 no b@example.org; restored operator: it works",
            "a@example.org complained: complained mail: 5.1.1 no a@example.org",
        ]
    );
    let mut lines = Vec::new();
    people
        .each_bounce::<StoreError>(|line| {
            lines.push((line.email, line.received));
            Ok(())
        })
        .expect("a list");
    let lines: Vec<_> =
        lines.iter().map(|(email, received)| (email.as_str(), (*received - at(0)).num_seconds())).collect();
    let (a, b) = ("a@example.org", "b@example.org");
    assert_eq!(lines, [(b, 20), (b, 19), (a, 15), (b, 10)], "the newest first");
    let mut complained = Vec::new();
    people
        .each_subscriber::<StoreError>(Some(SubscriberStatus::Complained), |subscriber| {
            complained.push(subscriber.email.to_string());
            Ok(())
        })
        .expect("a list");
    assert_eq!(complained, ["a@example.org"]);
    let counts = house.store.sends().subscribers_by_status().expect("counts");
    assert_eq!(
        (
            counts[&SubscriberStatus::Confirmed],
            counts[&SubscriberStatus::Complained],
            counts[&SubscriberStatus::Pending]
        ),
        (2, 1, 0)
    );
}

#[test]
fn a_token_finds_its_owner_whose_copies_and_sign_ups_are_told() {
    let (mut house, send) = House::sending(2);
    house.with_ledger(send, async |ledger| {
        let copy = claim(&ledger, at(1)).await.expect("a copy");
        ledger.finished(copy.number, Outcome::Delivered(reply(250)), at(2)).await.expect("an outcome");
    });
    let first = address("r1@example.org");
    let sign_up = SignUp {
        email: first.clone(),
        editions: vec!["sunday".into()],
        network: "192.0.2.0/24".into(),
        token: "t".into(),
        kind: Wanted::Link,
    };
    assert_eq!(super::people::take_in(&mut house.store, &sign_up, at(3)), 1);
    let people = house.store.subscribers();
    assert_eq!(people.sign_ups_of(&first).expect("a look"), [(at(3), "192.0.2.0/24".to_owned())]);
    let (found, seed) = people.recipient(&issue(), 1).expect("a look").expect("a recipient");
    assert_eq!((&found, people.secret(&first).expect("a look")), (&first, Some((first.clone(), seed.clone()))));
    assert_eq!(people.recipient(&issue(), 3).expect("a look"), None);
    for purpose in [Purpose::Unsubscribe, Purpose::Preferences] {
        let found = people.subscriber_by(purpose, &purpose.token(&seed)).expect("a look");
        assert_eq!(found.map(|subscriber| subscriber.email), Some(first.clone()));
        assert_eq!(people.subscriber_by(purpose, "guess").expect("a look"), None);
        assert_eq!(people.leave(purpose, "guess", trace(4)).expect("a look"), None);
    }
    let token = Purpose::Unsubscribe.token(&seed);
    let presses = [5, 6].map(|now| people.leave(Purpose::Unsubscribe, &token, trace(now)).expect("a press"));
    assert_eq!(presses, [Some(true), Some(false)]);
    let copies = people.deliveries_to(&first).expect("a list");
    let told: Vec<_> = copies
        .iter()
        .map(|line| (line.issue.as_str(), line.state.as_str(), line.updated, line.reply.as_str()))
        .collect();
    assert_eq!(told, [("2026-11-25-midweek", "delivered", at(2), "words")]);
}

#[test]
fn an_approval_is_taken_back_until_its_send_begins() {
    let mut house = House::new();
    let issues = |house: &House| {
        (
            house.store.issues().approved_hash(&issue()).expect("a look"),
            house.store.issues().take_back(&issue()).expect("a try"),
        )
    };
    assert_eq!(issues(&house), (None, Some(false)));
    house.approve();
    let (hash, taken) = issues(&house);
    assert!(hash.is_some_and(|hash| hash.len() == 64) && taken == Some(true));
    house.approve();
    house.store.sends().freeze_audience(&issue(), at(0)).expect("a freeze");
    assert_eq!(issues(&house).1, None, "it stays");
}

#[test]
fn the_archive_shows_the_last_correction_and_keeps_what_was_mailed() {
    let (house, _) = House::sending(1);
    let issues = house.store.issues();
    let approved = issues.approval(&issue()).expect("a look").expect("an approval");
    assert_eq!(issues.archive_version().expect("a look"), (1, 0));
    let shown = issues.web_copy(&issue()).expect("a look").expect("a copy");
    assert_eq!((shown.rendered.subject.as_str(), shown.sent, shown.corrections.len()), ("S", at(0), 0));
    assert_eq!(issues.article_language(&issue()).expect("a look"), None, "it was approved without an article");
    for (seconds, subject, language) in [(10, "S, again", "en"), (20, "S, at last", "ar")] {
        let article = Some(Article { language: language.into(), ..Article::default() });
        let rendered = Rendered { subject: subject.into(), article, ..approved.frozen.rendered.clone() };
        let correction = Correction { at: at(seconds), note: format!("note {seconds}") };
        issues.correct(&issue(), &correction, &format!("draft {seconds}"), &rendered).expect("a correction");
    }
    let shown = issues.web_copy(&issue()).expect("a look").expect("a copy");
    assert_eq!((shown.rendered.subject.as_str(), shown.draft.as_str()), ("S, at last", "draft 20"));
    assert_eq!(
        shown.corrections.iter().map(|c| (c.at, c.note.as_str())).collect::<Vec<_>>(),
        [(at(10), "note 10"), (at(20), "note 20")]
    );
    assert_eq!(issues.article_language(&issue()).expect("a look").as_deref(), Some("ar"));
    let listed = issues.latest_archived().expect("a look").expect("an issue");
    assert_eq!(
        (listed.subject.as_str(), listed.sent, listed.corrected, listed.corrections),
        ("S, at last", at(0), Some(at(20)), 2)
    );
    assert_eq!((issues.archived().expect("a list"), issues.archive_version().expect("a look").0), (vec![listed], 1));
    assert_eq!(issues.approval(&issue()).expect("a look"), Some(approved));
    house.store.db.batch("UPDATE corrections SET rendered = replace(rendered, 'S', 'T')").expect("tampering");
    assert!(matches!(issues.web_copy(&issue()), Err(StoreError::Damaged(..))));
}

#[test]
fn a_send_is_told_in_a_few_numbers() {
    let (house, send) = House::sending(4);
    let sends = house.store.sends();
    house.with_ledger(send, async |ledger| {
        for (seconds, outcome) in [
            (1, Outcome::Delivered(reply(250))),
            (4, Outcome::Delivered(reply(251))),
            (9, Outcome::Failed { reply: reply(550), class: RefusalClass::NoMailbox }),
        ] {
            let copy = claim(&ledger, at(0)).await.expect("a copy");
            ledger.finished(copy.number, outcome, at(seconds)).await.expect("an outcome");
        }
    });
    let told = house.send();
    let latency = sends.latency(&told).expect("a look");
    assert_eq!((latency.count, latency.sum_ms), (2, 5_000));
    let up_to: Vec<_> = LATENCIES
        .into_iter()
        .zip(latency.up_to)
        .filter(|(bound, _)| [500, 1_000, 2_500, 5_000].contains(bound))
        .collect();
    assert_eq!(up_to, [(500, 0), (1_000, 1), (2_500, 1), (5_000, 2)]);
    assert_eq!(sends.reply_classes(&told).expect("a look").into_iter().collect::<Vec<_>>(), [(0, 1), (2, 2), (5, 1)]);
    assert_eq!((sends.is_sending().expect("a look"), sends.issues().expect("a list")), (true, vec![issue()]));
    assert_eq!(sends.unfinished(at(99)).expect("a list"), [(issue(), at(0))]);
    assert_eq!(
        (sends.recent_sends(0).expect("a list"), sends.send_finished(&issue()).expect("a look")),
        (vec![issue()], None)
    );
    assert!(!sends.finish(send, Uncertain::Resend, at(10)).expect("a look"), "one waits");
    house.with_ledger(send, async |ledger| {
        let copy = claim(&ledger, at(10)).await.expect("a copy");
        ledger.finished(copy.number, Outcome::Uncertain(reply(0)), at(11)).await.expect("an outcome");
    });
    assert!(!sends.finish(send, Uncertain::Resend, at(12)).expect("a look"), "one is sent again");
    assert!(sends.finish(send, Uncertain::Hold, at(13)).expect("a look"));
    assert_eq!(sends.send_finished(&issue()).expect("a look"), Some(at(13)));
    assert!(sends.recent_sends(0).expect("a list").is_empty() && !sends.is_sending().expect("a look"));
    assert!(sends.unfinished(at(99)).expect("a list").is_empty());
    assert_eq!(sends.retry_failed(send).expect("a word"), 1);
    assert_eq!((house.send().state, house.counts().pending), (IssueState::Sending, 1));
}

#[test]
fn the_journal_tells_each_decision_once_and_which_sends_it_has_not_told_of() {
    let (house, send) = House::sending(1);
    let scheduling = house.store.scheduling();
    assert_eq!(scheduling.lease().expect("a look"), None);
    let token = scheduling.hold_lease("one", at(0), Duration::from_mins(1)).expect("a lease").expect("nobody had it");
    assert_eq!(scheduling.lease().expect("a look").map(|lease| lease.expires), Some(at(60)));
    assert!(scheduling.set_fencing_token(send, Some(&token)).expect("a word"));
    let letters = [super::people::order("editor", at(1))];
    let decide = |what: &str, letters: &[LetterOrder]| {
        let decision = Decision { issue: &issue(), what, occurrence: 1, detail: "words", letters };
        scheduling.decide(&token, &decision, at(1)).expect("a decision")
    };
    assert_eq!((decide("sending", &letters), decide("sending", &letters)), (Recorded::Now, Recorded::Before));
    assert_eq!(house.store.letters().due(at(1), 9).expect("a list").len(), 1, "the letter about it is queued once");
    house.with_ledger(send, async |ledger| {
        let copy = claim(&ledger, at(1)).await.expect("a copy");
        ledger.finished(copy.number, Outcome::Delivered(reply(250)), at(2)).await.expect("an outcome");
    });
    assert!(house.store.sends().finish(send, Uncertain::Hold, at(3)).expect("a look"));
    let untold = |since: i64| house.store.sends().unfinished(at(since)).expect("a list").len();
    assert_eq!((untold(0), untold(1)), (1, 0), "it is out, and the journal does not say so");
    decide("sent", &[]);
    assert_eq!(untold(0), 0);
    let told = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.what).collect::<Vec<_>>();
    assert_eq!(told(scheduling.journal(&issue()).expect("a journal")), ["sending", "sent"]);
    assert_eq!(told(scheduling.latest_decisions(1).expect("a journal")), ["sent"]);
    scheduling.release_lease(&token).expect("a release");
    assert!(
        scheduling.hold_lease("two", at(4), Duration::from_mins(1)).expect("a lease").is_some(),
        "it need not wait"
    );
    assert!(!scheduling.set_fencing_token(send, Some(&token)).expect("a word"), "a stale one");
}
