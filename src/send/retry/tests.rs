use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn schedule() -> Schedule {
    Schedule { waits: vec![Duration::from_mins(5), Duration::from_mins(15)], give_up: at(86_400) }
}

fn verdict(stage: Stage, code: u16, enhanced: Option<&str>) -> Verdict {
    let reply = Reply { code, enhanced: enhanced.map(str::to_owned), text: "words".into() };
    judge(Refusal { stage, reply }, 1, &schedule(), at(0))
}

#[test]
fn each_refusal_falls_on_the_right_head() {
    let name = |verdict: &Verdict| match verdict {
        Verdict::Recipient { outcome: Outcome::Deferred { .. }, .. } => "later",
        Verdict::Recipient { outcome: Outcome::Failed { dead: true, .. }, .. } => "dead",
        Verdict::Recipient { outcome: Outcome::Failed { dead: false, .. }, .. } => "failed",
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
        (Stage::Rcpt, 550, None, "dead"),
        (Stage::Rcpt, 550, Some("5.7.1"), "failed"),
        (Stage::Rcpt, 554, Some("5.7.1"), "failed"),
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
        (Stage::Dot, 554, Some("5.7.1"), "failed"),
        (Stage::Dot, 552, Some("5.3.4"), "send"),
    ] {
        assert_eq!(name(&verdict(stage, code, enhanced)), expected, "{stage:?} {code} {enhanced:?}");
    }
}

#[test]
fn waits_grow_then_repeat_then_end() {
    let next = |tries, now| {
        let reply = Reply { code: 451, enhanced: None, text: "later".into() };
        schedule().later(reply, tries, at(now))
    };
    assert!(matches!(next(1, 0), Outcome::Deferred { next, .. } if next == at(300)));
    assert!(matches!(next(2, 0), Outcome::Deferred { next, .. } if next == at(900)));
    assert!(matches!(next(9, 0), Outcome::Deferred { next, .. } if next == at(900)));
    assert!(matches!(next(9, 86_000), Outcome::Failed { dead: false, .. }));
}
