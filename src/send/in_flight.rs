//! A message under way, from its claim to its outcome: each outcome is on record before the next one's bytes go. Knows no connection.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::retry;
use super::shared::Shared;
use super::throttle::{Feedback, GroupIndex};
use super::{Ended, Event};
use crate::model::{Delivery, DeliveryState, Outcome, Reply};
use crate::store::{Claim, Next};

/// A domain group that waits for others is looked at again after this, in case nobody says a word.
const LONG: Duration = Duration::from_secs(1);

/// A message that is under way.
pub struct InFlight {
    pub delivery: Box<Delivery>,
    pub domain_group: GroupIndex,
    pub started: Instant,
    /// How many messages the worker took before this one.
    pub taken: usize,
}

/// A message of an open domain group, `first` before the others, while the run continues. `None` when nobody is due in any domain group.
pub async fn next(shared: &Shared, first: GroupIndex, taken: usize) -> Result<Option<InFlight>, Ended> {
    loop {
        if shared.is_over() || !shared.allow() {
            return Ok(None);
        }
        let mut moved = std::pin::pin!(shared.moved.notified());
        moved.as_mut().enable();
        let mut closed = Vec::new();
        let domain_groups = shared.throttle().domain_groups();
        for domain_group in (0..domain_groups).map(|n| (first + n) % domain_groups) {
            let started = Instant::now();
            if !shared.throttle().start(domain_group, started) {
                closed.push(domain_group);
                continue;
            }
            match shared.run.ledger.claim(domain_group, shared.now()).await.map_err(Ended::Broken)? {
                Claim::Delivery(delivery) => return Ok(Some(InFlight { delivery, domain_group, started, taken })),
                Claim::Empty => shared.throttle().cancel(domain_group),
                Claim::Stopped => return Err(Ended::StoppedElsewhere),
                Claim::Expired => return Err(Ended::Expired),
            }
        }
        shared.disallow();
        let ours = shared.throttle().ours();
        closed.retain(|group| ours.contains(group));
        if closed.is_empty() || !shared.run.ledger.waits(&closed, shared.now()).await.map_err(Ended::Broken)? {
            return Ok(None);
        }
        let opens = shared.throttle().opens(Instant::now());
        shared.rest(opens.map_or(LONG, |at| at.saturating_duration_since(Instant::now()).min(LONG)), moved).await;
    }
}

/// Records an outcome, then notifies the observer.
pub async fn record(shared: &Shared, in_flight: &InFlight, outcome: Outcome) -> Result<(), Ended> {
    record_and_claim(shared, in_flight, outcome, Then::Rest).await.map(drop)
}

/// Requeues a message whose connection could not carry it. The reply, `said`, may or may not be about the pace.
pub async fn requeue(shared: &Shared, in_flight: &InFlight, reply: Reply, said: Feedback) -> Result<(), Ended> {
    record_as(shared, in_flight, Outcome::Requeued(reply), Then::Rest, said).await.map(drop)
}

/// What a reply says about the pace. A connection that was lost says nothing.
fn feedback(reply: &Reply) -> Feedback {
    if reply.code.is_none() { Feedback::None } else { retry::feedback(reply) }
}

/// What a worker wants to do after an outcome.
#[derive(Clone, Copy)]
pub enum Then {
    /// Nothing by this connection.
    Rest,
    /// Take the next copy of the same domain group.
    GoOn,
    /// Deliver this reserved message, whose envelope the server has taken.
    Deliver(i64),
}

/// Puts an outcome on record and, with the same commit, that the next message begins. `None` when none does: the domain group is closed or
/// empty, another domain group's turn has come, or the run is over.
pub async fn record_and_claim(
    shared: &Shared,
    in_flight: &InFlight,
    outcome: Outcome,
    then: Then,
) -> Result<Option<InFlight>, Ended> {
    let said = feedback(outcome.reply());
    record_as(shared, in_flight, outcome, then, said).await
}

async fn record_as(
    shared: &Shared,
    in_flight: &InFlight,
    outcome: Outcome,
    then: Then,
    said: Feedback,
) -> Result<Option<InFlight>, Ended> {
    let number = in_flight.delivery.number;
    let stop = note(shared, &outcome);
    let (state, reply) = told(&outcome);
    let (domain_group, taken, started) = (in_flight.domain_group, in_flight.taken + 1, Instant::now());
    shared.throttle().end(domain_group, in_flight.started, said, started);
    let open = || stop.is_none() && !shared.is_over() && shared.throttle().start(domain_group, started);
    let next = match then {
        Then::Deliver(reserved) if open() => Next::Reserved(reserved),
        Then::GoOn if shared.stays(taken) && shared.allow() => {
            if open() {
                Next::Of(domain_group)
            } else {
                shared.disallow();
                Next::Nothing
            }
        }
        _ => Next::Nothing,
    };
    let claim = shared.run.ledger.step(Some((number, outcome)), next, shared.now()).await;
    shared.moved.notify_waiters();
    let claim = claim.map_err(Ended::Broken)?;
    (shared.run.watch)(Event::Tried { number, state, reply });
    match claim {
        Claim::Delivery(delivery) => return Ok(Some(InFlight { delivery, domain_group, started, taken })),
        Claim::Empty if next != Next::Nothing => {
            shared.throttle().cancel(domain_group);
            shared.disallow();
        }
        Claim::Empty => {}
        Claim::Stopped => return Err(Ended::StoppedElsewhere),
        Claim::Expired => return Err(Ended::Expired),
    }
    stop.map_or(Ok(None), |reason| Err(Ended::Guarded(reason)))
}

/// Records that a reserved message begins, unless its domain group has closed or the run is over.
pub async fn begin(shared: &Shared, in_flight: &InFlight) -> Result<Option<InFlight>, Ended> {
    let InFlight { delivery, domain_group, taken, .. } = in_flight;
    let started = Instant::now();
    if shared.is_over() || !shared.throttle().start(*domain_group, started) {
        return Ok(None);
    }
    match shared.run.ledger.step(None, Next::Reserved(delivery.number), shared.now()).await.map_err(Ended::Broken)? {
        Claim::Delivery(delivery) => {
            Ok(Some(InFlight { delivery, domain_group: *domain_group, started, taken: *taken }))
        }
        Claim::Expired => Err(Ended::Expired),
        _ => Err(Ended::StoppedElsewhere),
    }
}

/// Counts an outcome, and tells the other senders. Returns the reason if the send must stop.
fn note(shared: &Shared, outcome: &Outcome) -> Option<String> {
    let others = shared.membership.borrow().others;
    let mut guard = shared.guard.lock().unwrap_or_else(PoisonError::into_inner);
    let stop = guard.note(outcome, others);
    let (refused, bounced) = guard.counts();
    shared.run.ledger.tell(refused, bounced);
    stop
}

/// An outcome as observers see it.
fn told(outcome: &Outcome) -> (DeliveryState, Reply) {
    let state = match outcome {
        Outcome::Delivered(_) => DeliveryState::Delivered,
        Outcome::Deferred { .. } => DeliveryState::Deferred,
        Outcome::Failed { .. } => DeliveryState::Failed,
        Outcome::Requeued(_) => DeliveryState::Pending,
        Outcome::Uncertain(_) => DeliveryState::Uncertain,
    };
    (state, outcome.reply().clone())
}
