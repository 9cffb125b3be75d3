//! The steps of one issue: from the facts about it, the one next step, and when to look again. It does nothing itself and
//! knows neither store nor mail.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Run;
use crate::model::{Edition, IssueState, Missed, OnUnapproved};

/// A daemon that came this much after the send time still counts as one that was there: it was restarted, or took over.
const TOLERANCE: Duration = Duration::from_mins(10);
/// The wait before a failed draft is tried again.
const DRAFT_AGAIN: TimeDelta = TimeDelta::minutes(10);
/// How long after a send broke off, or could not begin, it is tried again; twice as long after each further time in a row.
const SEND_AGAIN: TimeDelta = TimeDelta::minutes(5);
/// Links are not checked later than this before the send time, so that nothing delays the send.
const LINKS_LAST: Duration = Duration::from_mins(5);
/// How long a send that cannot begin is retried even if the edition has no `grace`.
const A_WHILE: Duration = Duration::from_hours(1);
/// No such wait is longer.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// The entries that the journal may have for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The draft is there, and the editors have a preview.
    Drafted,
    /// The draft could not be made.
    DraftFailed,
    Reminded,
    /// The links were checked again.
    LinksChecked,
    /// The send time came without an approval, or with errors of the check.
    Held,
    /// Approved by the daemon itself, as `on_unapproved = "send"` asks.
    Approved,
    /// The send began, or went on after a stop.
    Sending,
    /// The send stopped before its end.
    Stopped,
    /// The send could not begin or continue: nobody was mailed in this try.
    SendFailed,
    /// The end: the issue went out.
    Sent,
    /// Final: there is no issue on this date.
    Skipped,
}

impl What {
    pub const ALL: [Self; 11] = [
        Self::Drafted,
        Self::DraftFailed,
        Self::Reminded,
        Self::LinksChecked,
        Self::Held,
        Self::Approved,
        Self::Sending,
        Self::Stopped,
        Self::SendFailed,
        Self::Sent,
        Self::Skipped,
    ];

    /// The word by which the store and `status` name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::DraftFailed => "draft-failed",
            Self::Reminded => "reminded",
            Self::LinksChecked => "links-checked",
            Self::Held => "held",
            Self::Approved => "approved",
            Self::Sending => "sending",
            Self::Stopped => "stopped",
            Self::SendFailed => "send-failed",
            Self::Sent => "sent",
            Self::Skipped => "skipped",
        }
    }
}

/// A line of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub what: What,
    pub at: DateTime<Utc>,
}

/// Whether the draft may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// There is no draft.
    NoDraft,
    /// Nobody approved it, or it was edited since.
    Missing,
    /// Approved as it is, at this time.
    Given(DateTime<Utc>),
}

/// A send that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// `Sending`, `Stopped` or `Sent`.
    pub state: IssueState,
    /// Only an operator can resume a stopped send.
    pub by_operator: bool,
    /// When the next waiting recipient is due: now, or at this later time. `None` when nobody waits.
    pub due: Option<DateTime<Utc>>,
}

/// The facts about a run.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub edition: &'a Edition,
    pub run: Run,
    pub now: DateTime<Utc>,
    /// Since when a daemon has been watching without a break.
    pub watched_since: DateTime<Utc>,
    /// How long after its send time an issue is worth being sent to those who wait.
    pub lifetime: Duration,
    /// The journal, in order.
    pub done: &'a [Done],
    pub approval: Approval,
    pub send: Option<Sending>,
}

/// Why an issue is held or skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody approved it.
    Unapproved,
    /// There is no draft.
    NoDraft,
    /// The draft came after the send time, so that no editor could look at it.
    LateDraft,
    /// No daemon ran at the send time, and it is too late now.
    Missed,
    /// It could not be sent while there was time.
    Failed,
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Fetch, compose, render, check, and notify the editors.
    Draft,
    Remind,
    /// Check the draft's links again, and tell the editors which ones fail.
    CheckLinks,
    Hold(Reason),
    /// Approve what nobody approved, as the edition asks, unless the check finds errors.
    Approve,
    /// Begin the send, or continue it.
    Send,
    /// Notify the editors that the send stopped.
    TellStopped,
    /// The send is past its lifetime: stop it for good and notify the editors.
    GiveUp,
    /// The issue is out: notify the editors.
    Close,
    Skip(Reason),
}

/// The next step, if one is due, and when to look again if nothing else happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub step: Option<Step>,
    pub look: Option<DateTime<Utc>>,
}

impl Next {
    const NEVER: Self = Self { step: None, look: None };

    fn now(step: Step) -> Self {
        Self { step: Some(step), look: None }
    }

    fn at(look: DateTime<Utc>) -> Self {
        Self { step: None, look: Some(look) }
    }
}

/// Decides what is next for a run. The same facts give the same step; a step that is on record is not asked for again, so
/// a crash between step and record only repeats the step.
pub fn decide(facts: &Facts) -> Next {
    let is_closed = facts.last(What::Sent).or(facts.last(What::Skipped)).is_some();
    match &facts.send {
        // A send begun again by hand after its end is finished, too.
        Some(send) if is_closed && send.state != IssueState::Sent => under_way(facts, send),
        _ if is_closed => Next::NEVER,
        Some(send) => under_way(facts, send),
        None if facts.now < facts.run.at => sooner(before(facts), links(facts)),
        None => due(facts),
    }
}

impl Facts<'_> {
    /// When the journal last had this entry.
    fn last(&self, what: What) -> Option<DateTime<Utc>> {
        self.done.iter().rfind(|done| done.what == what).map(|done| done.at)
    }

    fn until(&self, after: Duration) -> DateTime<Utc> {
        later(self.run.at, after)
    }

    /// The draft is due: now, or after a pause when it just failed.
    fn draft_again(&self) -> Option<DateTime<Utc>> {
        let again = self.last(What::DraftFailed).map(|failed| self.again(failed, DRAFT_AGAIN));
        again.filter(|again| *again > self.now)
    }

    /// When a send that broke off or could not begin is tried again. One that ran for a while before it broke off counts as the
    /// first of its row.
    fn send_again(&self) -> Option<DateTime<Utc>> {
        let (mut began, mut failed, mut times) = (None, None, 0);
        for done in self.done {
            match done.what {
                What::Sending => began = Some(done.at),
                What::Stopped | What::SendFailed => {
                    let went_on = began.take().is_some_and(|began| done.at - began >= SEND_AGAIN);
                    times = if went_on { 0 } else { times + 1 };
                    failed = Some(done.at);
                }
                _ => {}
            }
        }
        let wait = (SEND_AGAIN * 2_i32.pow(u32::min(times, 5).saturating_sub(1))).min(LONGEST);
        failed.map(|failed| self.again(failed, wait))
    }

    /// Whether the last try to send could not begin or continue.
    fn has_failed(&self) -> bool {
        let place = |what: What| self.done.iter().rposition(|done| done.what == what);
        place(What::SendFailed).is_some() && place(What::SendFailed) > place(What::Sending)
    }

    /// When a pause that began at `from` is over. One that seems to begin in the future was written before the clock was set
    /// back, and is over now.
    fn again(&self, from: DateTime<Utc>, pause: TimeDelta) -> DateTime<Utc> {
        if from > self.now { self.now } else { from + pause }
    }

    /// Whether a stop is still to be reported: each start is on record once, and each stop after it. Their order in the journal counts,
    /// since their times are those of a clock that may be set.
    fn has_untold_stop(&self) -> bool {
        let place = |what: What| self.done.iter().rposition(|done| done.what == what);
        let told = place(What::Stopped);
        told.is_none() || place(What::Sending) > told
    }
}

/// The draft's links are checked once, while there is time to fix one.
fn links(facts: &Facts) -> Next {
    let ahead = facts.edition.check_links;
    let is_done = ahead.is_zero() || facts.last(What::LinksChecked).is_some() || facts.approval == Approval::NoDraft;
    let (first, last) = (earlier(facts.run.at, ahead), earlier(facts.run.at, LINKS_LAST));
    if is_done || facts.now > last {
        Next::NEVER
    } else if facts.now < first {
        Next::at(first)
    } else {
        Next::now(Step::CheckLinks)
    }
}

/// The first of two that has a step, else the nearer look.
fn sooner(one: Next, other: Next) -> Next {
    match one.step.or(other.step) {
        Some(step) => Next::now(step),
        None => Next { step: None, look: [one.look, other.look].into_iter().flatten().min() },
    }
}

/// Before the send time: draft, then remind.
fn before(facts: &Facts) -> Next {
    let edition = facts.edition;
    let draft_at = earlier(facts.run.at, edition.draft_ahead);
    if matches!(facts.approval, Approval::Given(_)) {
        return Next::at(facts.run.at);
    }
    if facts.now < draft_at {
        return Next::at(draft_at);
    }
    let Some(drafted) = facts.last(What::Drafted) else {
        return facts.draft_again().map_or(Next::now(Step::Draft), |again| Next::at(again.min(facts.run.at)));
    };
    let remind_at = earlier(facts.run.at, edition.remind);
    if edition.remind.is_zero() || drafted >= remind_at || facts.last(What::Reminded).is_some() {
        return Next::at(facts.run.at);
    }
    if facts.now < remind_at { Next::at(remind_at) } else { Next::now(Step::Remind) }
}

/// From the send time on, while nothing was sent.
fn due(facts: &Facts) -> Next {
    let (edition, now) = (facts.edition, facts.now);
    let held = facts.last(What::Held);
    if held.is_none() && facts.watched_since > later(facts.run.at, TOLERANCE) {
        let allowed = match edition.missed {
            Missed::Skip => false,
            Missed::SendWithin(limit) => now <= facts.until(limit),
        };
        if !allowed {
            return Next::now(Step::Skip(Reason::Missed));
        }
    }
    let end = facts.until(edition.grace);
    match (facts.approval, held) {
        (Approval::Given(at), Some(_)) if at > end || now > later(end, TOLERANCE) => {
            return Next::now(Step::Skip(Reason::Unapproved));
        }
        (Approval::Given(_), _) => return begin(facts),
        (_, Some(_)) if now >= end => return Next::now(Step::Skip(unapproved(facts))),
        _ => {}
    }
    let drafted = facts.last(What::Drafted);
    if drafted.is_none() && facts.draft_again().is_none() {
        return Next::now(Step::Draft);
    }
    if held.is_some() {
        return Next::at(facts.draft_again().map_or(end, |again| again.min(end)));
    }
    if edition.on_unapproved == OnUnapproved::Send && facts.approval == Approval::Missing {
        // What no editor could have looked at does not go out unasked.
        let in_time = drafted.is_some_and(|at| at < facts.run.at);
        return Next::now(if in_time { Step::Approve } else { Step::Hold(Reason::LateDraft) });
    }
    let late = now >= end && !edition.grace.is_zero();
    Next::now(if late { Step::Skip(unapproved(facts)) } else { Step::Hold(unapproved(facts)) })
}

/// An approved issue is sent, and retried for a while if that fails.
fn begin(facts: &Facts) -> Next {
    let again = facts.send_again().filter(|_| facts.has_failed());
    match again {
        Some(_) if facts.now > facts.until(facts.edition.grace.max(A_WHILE)) => Next::now(Step::Skip(Reason::Failed)),
        Some(again) if facts.now < again => Next::at(again),
        _ => Next::now(Step::Send),
    }
}

fn unapproved(facts: &Facts) -> Reason {
    if facts.approval == Approval::NoDraft { Reason::NoDraft } else { Reason::Unapproved }
}

/// While a send has begun, by the daemon or by hand.
fn under_way(facts: &Facts, send: &Sending) -> Next {
    let is_over = facts.now > later(facts.run.at.max(first_began(facts)), facts.lifetime);
    match send.state {
        IssueState::Sent => Next::now(Step::Close),
        IssueState::Stopped => {
            if facts.has_untold_stop() {
                return Next::now(Step::TellStopped);
            }
            match facts.send_again() {
                _ if send.by_operator => Next::NEVER,
                _ if is_over => Next::now(Step::GiveUp),
                Some(again) if facts.now < again => Next::at(again),
                _ => Next::now(Step::Send),
            }
        }
        _ if facts.now < facts.run.at => Next::at(facts.run.at),
        _ if is_over && send.due.is_some_and(|due| facts.now >= due) => Next::now(Step::GiveUp),
        _ => {
            let again = facts.send_again().filter(|_| facts.has_failed());
            match send.due.max(again).filter(|at| facts.now < *at) {
                Some(at) => Next::at(at),
                None => Next::now(Step::Send),
            }
        }
    }
}

/// When the daemon first began the send, by a clock that was not ahead of now; a send begun by hand counts from its send time.
fn first_began(facts: &Facts) -> DateTime<Utc> {
    facts.done.iter().find(|done| done.what == What::Sending).map_or(facts.run.at, |done| done.at.min(facts.now))
}

fn later(at: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by).ok().and_then(|by| at.checked_add_signed(by)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn earlier(at: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by).ok().and_then(|by| at.checked_sub_signed(by)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

#[cfg(test)]
mod tests;
