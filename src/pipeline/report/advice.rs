//! Advice on a send: its figures in a few sentences, the most urgent first. Pure; the wording is in the files of words.

use crate::model::{Advice, IssueLine, IssueState, Refusal, RefusalClass, SendReport, Sentence, Value};
use crate::refusals::{Said, Stage, judge};

/// Complaints per million delivered copies above which large mailbox services distrust a sender, and above which they refuse mail.
const COMPLAINTS: u64 = 1_000;
const FAR_TOO_MANY: u64 = 3_000;
/// Minimum number of earlier issues for a comparison.
const HABIT: usize = 3;

/// The acts that the figures of `report` call for, then what is good to know.
pub fn of(report: &SendReport) -> Vec<Advice> {
    let mut advice = ledger(report);
    advice.extend(refused(report));
    advice.extend(reactions(report));
    // Otherwise in their original order.
    advice.sort_by_key(|advice| !advice.act);
    advice
}

fn act(what: Sentence, help: Sentence) -> Advice {
    Advice { act: true, what, help }
}

fn know(what: Sentence, help: Sentence) -> Advice {
    Advice { act: false, what, help }
}

/// Advice that follows from the states.
fn ledger(report: &SendReport) -> Vec<Advice> {
    let counts = &report.figures.counts;
    let about_issue = |name| Sentence::new(name).with("issue", Value::Text(report.issue.clone()));
    let mut advice = Vec::new();
    let missing = report.figures.audience.saturating_sub(counts.recipients);
    if missing > 0 {
        advice.push(act(Sentence::counted("advice.missing", missing), Sentence::new("advice.missing_help")));
    }
    let waiting = counts.deferred + counts.pending;
    if report.state == IssueState::Stopped {
        advice.push(act(Sentence::counted("advice.stopped", waiting), about_issue("advice.stopped_help")));
    } else if waiting > 0 {
        advice.push(know(Sentence::counted("advice.waiting", waiting), about_issue("advice.waiting_help")));
    }
    if counts.uncertain > 0 {
        let is_sent = report.state == IssueState::Sent;
        let help = if is_sent { "advice.uncertain_sent_help" } else { "advice.uncertain_help" };
        advice.push(know(Sentence::counted("advice.uncertain", counts.uncertain), Sentence::new(help)));
    }
    advice
}

/// The refusals by the servers' reasons.
fn refused(report: &SendReport) -> Vec<Advice> {
    let mut advice = Vec::new();
    for class in RefusalClass::ALL {
        let counted = |state: &str| -> u64 {
            let meant = report.figures.refusals.iter().filter(|refusal| refusal.state == state);
            meant.filter(|refusal| meaning(refusal) == class).map(|refusal| refusal.count).sum()
        };
        let (why, help) = words(class);
        for (count, name) in [(counted("failed"), "advice.refused"), (counted("deferred"), "advice.deferred")] {
            if count > 0 {
                let act = class.is_about_us() && class != RefusalClass::Greylisted;
                let why = Value::Parts(vec![Sentence::new(why)]);
                let what = Sentence::counted(name, count).with("why", why);
                advice.push(Advice { act, what, help: Sentence::new(help) });
            }
        }
    }
    // The greatest first.
    advice.sort_by_key(|advice| std::cmp::Reverse(advice.what.n()));
    advice
}

fn meaning(refusal: &Refusal) -> RefusalClass {
    let enhanced = refusal.enhanced.as_deref();
    judge(&Said { stage: Stage::Unknown, code: refusal.code, enhanced, text: &refusal.text, server: "" })
}

/// Why recipients were refused, and what to do about it.
fn words(class: RefusalClass) -> (&'static str, &'static str) {
    const ITSELF: &str = "advice.itself_help";
    match class {
        RefusalClass::NoMailbox => ("advice.no_mailbox", "advice.no_mailbox_help"),
        RefusalClass::Disabled => ("advice.disabled", ITSELF),
        RefusalClass::Full => ("advice.full", ITSELF),
        RefusalClass::NoDomain => ("advice.no_domain", ITSELF),
        RefusalClass::Temporary => ("advice.temporary", ITSELF),
        RefusalClass::Unproven => ("advice.unproven", ITSELF),
        RefusalClass::Greylisted => ("advice.greylisted", "advice.greylisted_help"),
        RefusalClass::Rate => ("advice.rate", "advice.rate_help"),
        RefusalClass::Sender => ("advice.sender", "advice.sender_help"),
        RefusalClass::Authentication => ("advice.authentication", "advice.authentication_help"),
        RefusalClass::Reputation => ("advice.reputation", "advice.reputation_help"),
        RefusalClass::Content => ("advice.content", "advice.content_help"),
        RefusalClass::Size => ("advice.size", "advice.size_help"),
        RefusalClass::Policy => ("advice.policy", "advice.policy_help"),
    }
}

/// How subscribers reacted, compared with the last issues.
fn reactions(report: &SendReport) -> Vec<Advice> {
    let Some((this, earlier)) = report.issues.split_first() else { return Vec::new() };
    let mut advice = Vec::new();
    let rate = per_million(this.complaints, this.delivered);
    let spam = Sentence::counted("advice.spam", this.complaints);
    if this.complaints > 1 && rate >= COMPLAINTS {
        let help = if rate >= FAR_TOO_MANY { "advice.spam_far_help" } else { "advice.spam_many_help" };
        advice.push(act(spam, Sentence::new(help)));
    } else if this.complaints > 0 {
        advice.push(know(spam, Sentence::new("advice.spam_help")));
    }
    let about_us = report.figures.later.iter().find(|line| line.kind == "about_us").map_or(0, |line| line.count);
    if about_us > 0 {
        advice.push(act(Sentence::counted("advice.about_us", about_us), Sentence::new("advice.about_us_help")));
    }
    advice.extend(unlike_before(this, earlier, report.state));
    advice
}

/// Where the issue did much worse than the last ones.
fn unlike_before(this: &IssueLine, earlier: &[IssueLine], state: IssueState) -> Vec<Advice> {
    let mut advice = Vec::new();
    let usual = |of: fn(&IssueLine) -> u64, whole: fn(&IssueLine) -> u64| {
        per_million(earlier.iter().map(of).sum(), earlier.iter().map(whole).sum())
    };
    let compared =
        |what: Sentence, now: u64, usually: u64| what.with("share", percent(now)).with("usual", percent(usually));
    let left = per_million(this.left, this.delivered);
    let usually = usual(|line| line.left, |line| line.delivered);
    let unlike = earlier.len() >= HABIT;
    if unlike && this.left >= 5 && left > 2 * usually {
        let what = compared(Sentence::counted("advice.left_many", this.left), left, usually);
        advice.push(act(what, Sentence::new("advice.left_many_help")));
    } else if this.left > 0 {
        advice.push(know(Sentence::counted("advice.left", this.left), Sentence::new("advice.left_help")));
    }
    let delivered = per_million(this.delivered, this.recipients);
    let usually = usual(|line| line.delivered, |line| line.recipients);
    if unlike && state == IssueState::Sent && delivered + 20_000 < usually {
        let what = compared(Sentence::new("advice.delivered"), delivered, usually);
        advice.push(act(what, Sentence::new("advice.delivered_help")));
    }
    advice
}

fn per_million(part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(part) * 1_000_000 / u128::from(whole.max(1))).unwrap_or(u64::MAX)
}

/// Parts per million as a percentage, to one decimal.
fn percent(millionths: u64) -> Value {
    Value::Tenths(millionths / 1_000)
}

#[cfg(test)]
mod tests;
