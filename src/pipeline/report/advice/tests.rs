use chrono::{DateTime, Utc};

use super::*;
use crate::model::{DeliveryCounts, Figures, LaterLine, ListGrowth};
use crate::render::in_english;

fn refusal(state: &str, code: u16, text: &str, count: u64) -> Refusal {
    Refusal { state: state.into(), code: Some(code), enhanced: None, text: text.into(), count }
}

/// A finished send to 1,000 of whom `counts` says how they fared; the rest was delivered.
fn report(counts: DeliveryCounts, refusals: Vec<Refusal>) -> SendReport {
    let others = counts.failed + counts.deferred + counts.uncertain + counts.pending;
    let counts = DeliveryCounts { recipients: 1_000, delivered: 1_000 - others, ..counts };
    let own = IssueLine {
        issue: "2026-11-25-midweek".into(),
        recipients: 1_000,
        delivered: counts.delivered,
        failed: counts.failed,
        ..IssueLine::default()
    };
    SendReport {
        publication: "The Gazette".into(),
        issue: own.issue.clone(),
        edition: "Midweek".into(),
        subject: "A calm week".into(),
        state: IssueState::Sent,
        stopped_because: String::new(),
        proposal: Vec::new(),
        approved_by: "Ann".into(),
        approved_at: DateTime::<Utc>::UNIX_EPOCH,
        started_at: DateTime::<Utc>::UNIX_EPOCH,
        finished_at: None,
        as_of: DateTime::<Utc>::UNIX_EPOCH,
        advice: Vec::new(),
        issues: vec![own],
        list: ListGrowth::default(),
        poll: None,
        figures: Figures { counts, audience: 1_000, refusals, ..Figures::default() },
    }
}

/// What is said, an act with an exclamation mark.
fn said(report: &SendReport) -> Vec<String> {
    of(report)
        .iter()
        .map(|advice| format!("{}{}", if advice.act { "! " } else { "" }, in_english(&advice.what)))
        .collect()
}

#[test]
fn a_good_send_asks_for_nothing() {
    assert_eq!(said(&report(DeliveryCounts::default(), Vec::new())), [""; 0]);
}

#[test]
fn refusals_are_told_by_what_they_mean_and_ours_come_first() {
    let refusals = vec![
        refusal("failed", 550, "5.1.1 no such user here", 40),
        refusal("failed", 554, "5.7.1 … is listed at zen.spamhaus.org", 12),
        refusal("failed", 554, "5.7.1 your IP has a poor reputation", 6),
        refusal("deferred", 451, "4.7.1 greylisted, try again in 300 seconds", 9),
        refusal("failed", 552, "5.3.4 message size exceeds the limit", 2),
        refusal("failed", 550, "5.7.26 this mail is unauthenticated: SPF and DKIM failed", 3),
    ];
    let counts = DeliveryCounts { failed: 63, deferred: 9, ..DeliveryCounts::default() };
    assert_eq!(
        said(&report(counts, refusals)),
        [
            "! 18 refused for reputation",
            "! 3 refused for SPF, DKIM or DMARC",
            "! 2 refused for the size",
            "9 wait for their next try",
            "40 refused because the mailbox no longer exists",
            "9 deferred by greylisting",
        ]
    );
}

#[test]
fn every_class_has_words_of_its_own() {
    let all: std::collections::BTreeSet<_> = RefusalClass::ALL.iter().map(|class| words(*class).0).collect();
    assert_eq!(all.len(), RefusalClass::ALL.len());
}

#[test]
fn a_stopped_send_and_a_ledger_that_lacks_somebody_come_before_all() {
    let counts = DeliveryCounts { pending: 400, uncertain: 2, ..DeliveryCounts::default() };
    let mut report = report(counts, vec![refusal("failed", 554, "blocked by a block list", 1)]);
    report.state = IssueState::Stopped;
    report.figures.audience = 1_003;
    let said = said(&report);
    assert_eq!(said[..2], ["! 3 of the audience have no record", "! The send is stopped, and 400 still wait"]);
    assert!(said.contains(&"2 are uncertain".to_owned()), "{said:?}");
}

#[test]
fn complaints_weigh_by_their_share() {
    for (complaints, expected) in [(0, vec![]), (1, vec!["1 called it spam"]), (3, vec!["! 3 called it spam"])] {
        let mut report = report(DeliveryCounts::default(), Vec::new());
        report.issues[0].complaints = complaints;
        assert_eq!(said(&report), expected, "{complaints}");
    }
    let mut report = report(DeliveryCounts::default(), Vec::new());
    report.issues[0].complaints = 3;
    assert!(in_english(&of(&report)[0].help).contains("0.3 %"), "{:?}", of(&report));
    report.issues[0].delivered = 1_000_000;
    assert!(!of(&report)[0].act, "three in a million");
}

#[test]
fn what_is_unlike_the_last_issues_is_told_once_there_are_some() {
    let usual = IssueLine { recipients: 1_000, delivered: 990, left: 2, ..IssueLine::default() };
    let mut report = report(DeliveryCounts { failed: 60, ..DeliveryCounts::default() }, Vec::new());
    report.issues[0].left = 12;
    assert_eq!(said(&report), ["12 unsubscribed since"], "nothing to compare with");
    report.issues.extend([usual.clone(), usual.clone(), usual]);
    assert_eq!(said(&report), ["! 12 unsubscribed: 1.2 %, usually 0.2 %", "! 94.0 % delivered, usually 99.0 %"]);
    report.state = IssueState::Sending;
    assert_eq!(said(&report), ["! 12 unsubscribed: 1.2 %, usually 0.2 %"], "a send under way has not delivered all");
}

#[test]
fn what_came_back_because_of_us_asks_for_an_act() {
    let mut report = report(DeliveryCounts::default(), Vec::new());
    report.figures.later = vec![LaterLine { kind: "about_us".into(), count: 4 }];
    assert_eq!(said(&report), ["! 4 bounced because of us or our mail"]);
}
