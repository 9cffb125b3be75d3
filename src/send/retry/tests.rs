use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn schedule() -> Schedule {
    Schedule { waits: vec![Duration::from_mins(5), Duration::from_mins(15)], give_up: at(86_400) }
}

fn verdict(stage: Stage, code: u16, enhanced: Option<&str>) -> Verdict {
    let code = Some(code).filter(|code| *code > 0);
    let reply = Reply { code, enhanced: enhanced.map(str::to_owned), text: "words".into() };
    judge(Refusal { stage, reply }, attempt(1, 0), &schedule())
}

/// Of the recipient whose spread is zero.
fn attempt(tries: u32, now: i64) -> Attempt {
    Attempt { number: 0, tries, now: at(now) }
}

fn reply(code: u16, enhanced: &str, text: &str) -> Reply {
    Reply { code: Some(code), enhanced: Some(enhanced.to_owned()).filter(|e| !e.is_empty()), text: text.into() }
}

#[test]
fn each_refusal_falls_on_the_right_head() {
    let name = |verdict: &Verdict| match verdict {
        Verdict::Recipient { outcome: Outcome::Deferred { .. }, .. } => "later",
        Verdict::Recipient { outcome: Outcome::Failed { class: RefusalClass::NoMailbox, .. }, .. } => "dead",
        Verdict::Recipient { outcome: Outcome::Failed { class, .. }, .. } if class.is_about_us() => "about us",
        Verdict::Recipient { outcome: Outcome::Failed { .. }, .. } => "failed",
        Verdict::Recipient { outcome: Outcome::Uncertain(_), connection_lives: false } => "uncertain",
        Verdict::Recipient { .. } => "other",
        Verdict::Connection(_) => "connection",
        Verdict::Send(_) => "send",
    };
    for (stage, code, enhanced, expected) in [
        (Stage::Connect, 0, None, "connection"),
        (Stage::Connect, 554, None, "send"),
        (Stage::Connect, 421, None, "connection"),
        (Stage::Auth, 535, Some("5.7.8"), "send"),
        (Stage::Auth, 454, Some("4.7.0"), "connection"),
        (Stage::Mail, 550, Some("5.7.1"), "send"),
        (Stage::Mail, 451, None, "connection"),
        (Stage::Rcpt, 550, Some("5.1.1"), "dead"),
        (Stage::Rcpt, 550, None, "failed"),
        (Stage::Rcpt, 550, Some("5.7.1"), "about us"),
        (Stage::Rcpt, 554, Some("5.7.1"), "about us"),
        (Stage::Rcpt, 450, Some("4.7.1"), "later"),
        (Stage::Rcpt, 452, Some("4.2.2"), "later"),
        (Stage::Rcpt, 421, None, "connection"),
        (Stage::Rcpt, 530, Some("5.7.0"), "send"),
        (Stage::Rcpt, 0, None, "connection"),
        (Stage::Rcpt, 354, None, "connection"),
        (Stage::Rcpt, 552, Some("5.2.2"), "failed"),
        (Stage::Data, 451, None, "later"),
        (Stage::Data, 552, Some("5.3.4"), "send"),
        (Stage::Dot, 0, None, "uncertain"),
        (Stage::Dot, 421, None, "connection"),
        (Stage::Dot, 451, None, "later"),
        (Stage::Dot, 554, Some("5.7.1"), "about us"),
        (Stage::Dot, 554, None, "about us"),
        (Stage::Dot, 552, None, "send"),
        (Stage::Dot, 552, Some("5.3.4"), "send"),
    ] {
        assert_eq!(name(&verdict(stage, code, enhanced)), expected, "{stage:?} {code} {enhanced:?}");
    }
}

#[test]
fn waits_grow_then_repeat_then_end() {
    let next = |tries, now| {
        let reply = Reply { code: Some(451), enhanced: None, text: "later".into() };
        schedule().later(Stage::Rcpt, reply, attempt(tries, now))
    };
    assert!(matches!(next(1, 0), Outcome::Deferred { next, .. } if next == at(300)));
    assert!(matches!(next(2, 0), Outcome::Deferred { next, .. } if next == at(900)));
    assert!(matches!(next(9, 0), Outcome::Deferred { next, .. } if next == at(900)));
    assert!(matches!(next(9, 86_000), Outcome::Failed { class: RefusalClass::Temporary, .. }));
}

#[test]
fn an_address_is_dead_by_proof_alone() {
    for (stage, enhanced, text, dead) in [
        (Stage::Rcpt, "", "no such user here", true),
        (Stage::Rcpt, "", "no", false),
        (Stage::Rcpt, "", "Sender verify failed", false),
        (Stage::Rcpt, "", "HELO should be a FQDN", false),
        (Stage::Rcpt, "", "blocked by our spam filter", false),
        (Stage::Rcpt, "5.1.1", "blocked? no: unknown user", false),
        (Stage::Rcpt, "5.4.1", "Recipient address rejected: Access denied. AS(201806281)", false),
        (Stage::Rcpt, "5.1.8", "bad sender's system address", false),
        (Stage::Rcpt, "5.2.1", "mailbox disabled", true),
        (Stage::Dot, "", "no", false),
        (Stage::Dot, "5.1.1", "no such user", true),
    ] {
        let refusal = Refusal { stage, reply: reply(550, enhanced, text) };
        let verdict = judge(refusal, attempt(1, 0), &schedule());
        let found = matches!(
            verdict,
            Verdict::Recipient { outcome: Outcome::Failed { class: RefusalClass::NoMailbox, .. }, .. }
        );
        assert_eq!(found, dead, "{stage:?} {enhanced} {text}");
    }
}

#[test]
fn a_full_connection_costs_no_try() {
    for text in ["Too many messages on this connection", "maximum message count per session reached"] {
        let refusal = Refusal { stage: Stage::Rcpt, reply: reply(452, "4.5.3", text) };
        assert!(matches!(judge(refusal, attempt(1, 0), &schedule()), Verdict::Connection(_)), "{text}");
    }
}

#[test]
fn the_wait_that_a_reply_asks_for_is_kept() {
    for (text, seconds) in [
        ("Greylisted, please try again in 5 minutes", 300),
        ("You are greylisted for 300 seconds", 300),
        ("<x@y.example>: Recipient address rejected: Greylisting in effect, please come back later", 0),
        ("greylisted; retry in 00:04:48", 288),
        ("Try again after 2h", 7200),
        ("rate limited (retry-after: 90s)", 90),
        ("wait 10 min.", 600),
        ("try again in 3 moons", 0),
        ("refused for 999999999999999999999 seconds", 0),
        ("come back in 4000 hours", 0),
        ("in", 0),
        ("in 1:2:3:4", 0),
    ] {
        let expected = (seconds > 0).then(|| Duration::from_secs(seconds));
        assert_eq!(wait_asked(text), expected, "{text}");
    }
    let next = |text: &str| match schedule().later(Stage::Rcpt, reply(451, "4.7.1", text), attempt(1, 0)) {
        Outcome::Deferred { next, .. } => next.timestamp(),
        other => panic!("{other:?}"),
    };
    assert_eq!(next("greylisted for 10 minutes"), 600);
    assert_eq!(next("greylisted for 1 second"), 60, "never at once");
    assert_eq!(next("greylisted"), 300);
}

#[test]
fn recipients_come_back_a_little_apart() {
    let next = |number| {
        let attempt = Attempt { number, tries: 1, now: at(0) };
        match schedule().later(Stage::Rcpt, reply(451, "", "later"), attempt) {
            Outcome::Deferred { next, .. } => next.timestamp_millis(),
            other => panic!("{other:?}"),
        }
    };
    let times: std::collections::BTreeSet<i64> = (0..1000).map(next).collect();
    assert!(times.iter().all(|time| (300_000..=330_000).contains(time)));
    assert!(times.len() > 900, "{}", times.len());
    assert_eq!(next(7), next(7));
}

#[test]
fn replies_that_ask_for_a_slower_pace() {
    for (code, enhanced, text, expected) in [
        (421, "4.7.28", "unusual rate of mail, try again in 10 minutes", Feedback::Slow(Some(Duration::from_mins(10)))),
        (451, "4.7.650", "temporarily rate limited due to IP reputation", Feedback::Slow(None)),
        (450, "4.2.1", "receiving mail too quickly", Feedback::Slow(None)),
        (452, "", "Too many recipients this hour", Feedback::Slow(None)),
        (451, "4.7.1", "greylisted for 5 minutes", Feedback::Good),
        (452, "4.2.2", "mailbox full", Feedback::Good),
        (550, "5.1.1", "too many users of that name", Feedback::Good),
        (250, "", "too fast is fine", Feedback::Good),
    ] {
        assert_eq!(feedback(&reply(code, enhanced, text)), expected, "{code} {enhanced} {text}");
    }
}

#[test]
fn many_refusals_about_us_stop_a_send_and_dead_addresses_never_do() {
    let failed = |enhanced: &str, class| Outcome::Failed { reply: reply(550, enhanced, "no"), class };
    let mut guard = Guard::new(0.1, 0.0);
    for _ in 0..300 {
        assert_eq!(guard.note(&failed("5.1.1", RefusalClass::NoMailbox), Progress::default()), None);
    }
    // A refusal that gives no reason may be about us as well, when so many say it.
    for class in [RefusalClass::Policy, RefusalClass::Unproven] {
        let mut guard = Guard::new(0.1, 0.0);
        let stops = (1..=300).find(|n| {
            let outcome = if n % 2 == 0 { failed("5.7.1", class) } else { Outcome::Delivered(reply(250, "", "ok")) };
            guard.note(&outcome, Progress::default()).is_some()
        });
        assert_eq!(stops, Some(40), "at the twentieth refusal, half of the copies");
    }
    let mut guard = Guard::new(0.1, 0.0);
    assert!(
        (0..300).all(|_| guard.note(&failed("5.2.2", RefusalClass::Full), Progress::default()).is_none()),
        "a full mailbox is theirs"
    );
    let mut guard = Guard::new(0.0, 0.0);
    assert!(
        (0..300).all(|_| guard.note(&failed("5.7.1", RefusalClass::Policy), Progress::default()).is_none()),
        "0 means never"
    );
}

#[test]
fn a_552_stops_a_send_only_when_the_message_is_too_big() {
    for (stage, enhanced, text, stops) in [
        (Stage::Dot, "", "Error: message exceeds the size limit", true),
        (Stage::Dot, "", "no", true),
        (Stage::Rcpt, "", "message size exceeds fixed maximum", true),
        (Stage::Rcpt, "", "Requested mail action aborted: exceeded storage allocation", false),
        (Stage::Dot, "", "mailbox is full", false),
        (Stage::Rcpt, "5.2.2", "over quota", false),
    ] {
        let refusal = Refusal { stage, reply: reply(552, enhanced, text) };
        let verdict = judge(refusal, attempt(1, 0), &schedule());
        assert_eq!(matches!(verdict, Verdict::Send(_)), stops, "{stage:?} {enhanced} {text}: {verdict:?}");
    }
}
