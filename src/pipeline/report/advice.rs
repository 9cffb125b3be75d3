//! What to do about a send: its figures in a few sentences, the most urgent first. Pure.

use crate::model::{Advice, IssueLine, IssueState, Refusal, RefusalClass, SendReport};
use crate::refusals::{Said, Stage, judge};

/// Complaints in a million delivered copies from which on the big mailbox services look askance, and from which on they refuse mail.
const COMPLAINTS: u64 = 1_000;
const FAR_TOO_MANY: u64 = 3_000;
/// How many earlier issues are needed before an issue is compared with them.
const HABIT: usize = 3;

/// Everything that the figures of `report` ask for, then what is good to know.
pub fn of(report: &SendReport) -> Vec<Advice> {
    let mut advice = ledger(report);
    advice.extend(refused(report));
    advice.extend(reactions(report));
    // In their order otherwise.
    advice.sort_by_key(|advice| !advice.act);
    advice
}

fn act(what: String, help: &str) -> Advice {
    Advice { act: true, what, help: help.to_owned() }
}

fn know(what: String, help: &str) -> Advice {
    Advice { act: false, what, help: help.to_owned() }
}

/// What the states themselves ask for.
fn ledger(report: &SendReport) -> Vec<Advice> {
    let (counts, issue) = (&report.figures.counts, &report.issue);
    let mut advice = Vec::new();
    let missing = report.figures.audience.saturating_sub(counts.recipients);
    if missing > 0 {
        let help = "keep the database as it is, and compare it with the last backup";
        advice.push(act(format!("{missing} of the audience have no record"), help));
    }
    let waiting = counts.deferred + counts.pending;
    if report.state == IssueState::Stopped {
        let help = format!("fix the cause, then run `digest resume {issue}`");
        advice.push(act(format!("the send is stopped, and {waiting} still wait"), &help));
    } else if waiting > 0 {
        let help = format!("`digest serve` tries again by itself; without it, run `digest send {issue}` again");
        advice.push(know(format!("{waiting} wait for their next try"), &help));
    }
    if counts.uncertain > 0 {
        let help = if report.state == IssueState::Sent {
            "the connection broke after the message was sent; they may have it, and are not mailed again"
        } else {
            "the next run sends them the same message once more"
        };
        advice.push(know(format!("{} are uncertain", counts.uncertain), help));
    }
    advice
}

/// The refusals by what the servers meant.
fn refused(report: &SendReport) -> Vec<Advice> {
    let mut advice = Vec::new();
    for class in RefusalClass::ALL {
        let counted = |state: &str| -> u64 {
            let meant = report.figures.refusals.iter().filter(|refusal| refusal.state == state);
            meant.filter(|refusal| meaning(refusal) == class).map(|refusal| refusal.count).sum()
        };
        let (why, help) = words(class);
        for (count, what) in [(counted("failed"), "refused"), (counted("deferred"), "deferred")] {
            if count > 0 {
                let act = class.is_about_us() && class != RefusalClass::Greylisted;
                advice.push(Advice { act, what: format!("{count} {what} {why}"), help: help.to_owned() });
            }
        }
    }
    // The greatest first.
    advice.sort_by_key(|advice| std::cmp::Reverse(number(&advice.what)));
    advice
}

fn number(what: &str) -> u64 {
    what.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn meaning(refusal: &Refusal) -> RefusalClass {
    let enhanced = refusal.enhanced.as_deref();
    judge(&Said { stage: Stage::Unknown, code: refusal.code, enhanced, text: &refusal.text, server: "" })
}

/// Why somebody was refused, and what that asks for.
fn words(class: RefusalClass) -> (&'static str, &'static str) {
    const ITSELF: &str = "nothing to do: addresses that keep refusing are taken off the list automatically";
    match class {
        RefusalClass::NoMailbox => ("because the mailbox no longer exists", "nothing to do: they are off the list"),
        RefusalClass::Disabled => ("because the mailbox is closed", ITSELF),
        RefusalClass::Full => ("because the mailbox is full", ITSELF),
        RefusalClass::NoDomain => ("because the domain was not found", ITSELF),
        RefusalClass::Temporary => ("because of trouble on their side", ITSELF),
        RefusalClass::Unproven => ("without a reason", ITSELF),
        RefusalClass::Greylisted => ("by greylisting", "nothing to do: a later try will get through"),
        RefusalClass::Rate => {
            ("for too much at once", "give their domains a `rate` of their own in [delivery.smtp.per_domain]")
        }
        RefusalClass::Sender => (
            "because of our sender address",
            "see that `from` and [bounces] `domain` take mail, and run `digest doctor`",
        ),
        RefusalClass::Authentication => ("for SPF, DKIM or DMARC", "run `digest doctor`, which says what to publish"),
        RefusalClass::Reputation => (
            "for reputation",
            "look up our sending address on the blocklist that the refusals name, and have it removed before the next send",
        ),
        RefusalClass::Content => {
            ("for the content", "read the refusals below; a link or a word is on a list of theirs")
        }
        RefusalClass::Size => ("for the size", "make the issue smaller: `digest check` says what it weighs"),
        RefusalClass::Policy => ("by their policy", "read the refusals below; their postmaster can tell more"),
    }
}

/// What subscribers made of it, beside the last issues.
fn reactions(report: &SendReport) -> Vec<Advice> {
    let Some((this, earlier)) = report.issues.split_first() else { return Vec::new() };
    let mut advice = Vec::new();
    let rate = per_million(this.complaints, this.delivered);
    if this.complaints > 1 && rate >= COMPLAINTS {
        let help = if rate >= FAR_TOO_MANY {
            "more than 0.3 % has the big services refuse mail: write only to those who asked for it, before the next issue"
        } else {
            "the big services want less than 0.1 %: check how these people came onto the list"
        };
        advice.push(act(format!("{} called it spam", this.complaints), help));
    } else if this.complaints > 0 {
        advice.push(know(format!("{} called it spam", this.complaints), "nothing to do: they are off the list"));
    }
    let about_us = report.figures.later.iter().find(|line| line.kind == "about_us").map_or(0, |line| line.count);
    if about_us > 0 {
        let help = "`digest subscribers show ADDR` has the words; `digest doctor` checks what is known of us";
        advice.push(act(format!("{about_us} bounced because of us or our mail"), help));
    }
    advice.extend(unlike_before(this, earlier, report.state));
    advice
}

/// Where the issue fared much worse than the last ones.
fn unlike_before(this: &IssueLine, earlier: &[IssueLine], state: IssueState) -> Vec<Advice> {
    let mut advice = Vec::new();
    let usual = |of: fn(&IssueLine) -> u64, whole: fn(&IssueLine) -> u64| {
        per_million(earlier.iter().map(of).sum(), earlier.iter().map(whole).sum())
    };
    let left = per_million(this.left, this.delivered);
    let usually = usual(|line| line.left, |line| line.delivered);
    let unlike = earlier.len() >= HABIT;
    if unlike && this.left >= 5 && left > 2 * usually {
        let what = format!("{} unsubscribed: {}, usually {}", this.left, percent(left), percent(usually));
        advice.push(act(what, "ask what was different: the subject, the length, the day, or who came in by an import"));
    } else if this.left > 0 {
        advice.push(know(format!("{} unsubscribed since", this.left), "nothing to do: they are off the list"));
    }
    let delivered = per_million(this.delivered, this.recipients);
    let usually = usual(|line| line.delivered, |line| line.recipients);
    if unlike && state == IssueState::Sent && delivered + 20_000 < usually {
        let what = format!("{} delivered, usually {}", percent(delivered), percent(usually));
        advice.push(act(what, "the domains and refusals below say where it fails"));
    }
    advice
}

fn per_million(part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(part) * 1_000_000 / u128::from(whole.max(1))).unwrap_or(u64::MAX)
}

/// A part of a million as "0.4 %".
fn percent(millionths: u64) -> String {
    format!("{}.{} %", millionths / 10_000, millionths / 1_000 % 10)
}

#[cfg(test)]
mod tests;
