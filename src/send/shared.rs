//! State shared by the workers of a run: how many messages may still go, how many may be under way, how the run ends. Knows no connection
//! and no protocol.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};

use super::connections::Connections;
use super::retry::Guard;
use super::throttle::Throttle;
use super::{Ended, Run};
use crate::mail::Message;
use crate::model::Delivery;
use crate::store::{Claim, Membership};

/// After this many messages of one domain group a worker looks at the next group first.
const TURN: usize = 16;

/// The state that the workers of a run share.
pub struct Shared {
    pub run: Run,
    /// Messages that may still be tried.
    pub allowance: AtomicUsize,
    /// How many messages may be under way, and by which domain groups.
    pub throttle: Mutex<Throttle>,
    /// Feedback when a message has ended, for who waits for a domain group.
    pub moved: Notify,
    /// Watches for refusals that are about us.
    pub guard: Mutex<Guard>,
    pub ended: watch::Sender<Option<Ended>>,
    /// Whether any connection was ever made in this run.
    pub reached: AtomicBool,
    /// How many connections are open, and how many the relay accepts.
    pub connections: Mutex<Connections>,
    /// Notified when another connection may be opened, or is no longer being opened.
    pub dialed: Notify,
    /// Whether any message got an answer in this run.
    pub answered: AtomicBool,
    /// Whether an envelope may follow another message's final dot; a relay that minds it gets one thing at a time.
    pub groups: AtomicBool,
    /// What is known of the other senders.
    pub membership: watch::Receiver<Membership>,
}

impl Shared {
    /// Ends the run; the first reason stays.
    pub fn end(&self, why: Ended) {
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            if first {
                *ended = Some(why);
            }
            first
        });
    }

    pub fn is_over(&self) -> bool {
        if *self.run.stop.borrow() {
            self.end(Ended::Interrupted);
        }
        self.ended.borrow().is_some()
    }

    /// Uses up one message of the run's allowance.
    pub fn allow(&self) -> bool {
        self.allowance.try_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
    }

    /// Whether a worker that took so many messages stays with its domain group; now and then another one's turn comes.
    pub fn stays(&self, taken: usize) -> bool {
        !taken.is_multiple_of(TURN) || self.throttle().domain_groups() == 1
    }

    /// Gives it back.
    pub fn disallow(&self) {
        self.allowance.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits so long, or until `sooner`, or until the run is over.
    pub async fn rest(&self, wait: Duration, sooner: impl Future<Output = ()>) {
        self.until_over(async { drop(tokio::time::timeout(wait, sooner).await) }).await;
    }

    /// Waits until the work is done, or the run is over.
    pub async fn until_over(&self, work: impl Future<Output = ()>) {
        let mut stop = self.run.stop.clone();
        let mut ended = self.ended.subscribe();
        tokio::select! {
            () = work => {}
            _ = stop.wait_for(|stop| *stop) => {}
            _ = ended.wait_for(Option::is_some) => {}
        }
    }

    /// Checks that a message may start now. If the lease has run out, renews it first.
    ///
    /// # Errors
    /// [`Ended::Expired`]: another sender has ended this one, and may be sending the messages that it held.
    pub async fn may_start(&self) -> Result<(), Ended> {
        if self.run.ledger.is_held() {
            return Ok(());
        }
        match self.run.ledger.renew().await.map_err(Ended::Broken)? {
            Claim::Expired => Err(Ended::Expired),
            _ => Ok(()),
        }
    }

    pub fn throttle(&self) -> MutexGuard<'_, Throttle> {
        // The throttle is still usable after a worker panicked.
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a worker without a connection has anything to wait for.
    pub async fn has_work(&self) -> Result<bool, Ended> {
        if self.is_over() || self.allowance.load(Ordering::Relaxed) == 0 {
            return Ok(false);
        }
        let domain_groups = self.throttle().ours();
        self.run.ledger.waits(&domain_groups, self.now()).await.map_err(Ended::Broken)
    }

    pub fn now(&self) -> DateTime<Utc> {
        (self.run.clock)()
    }

    /// The message of one subscriber. Signing takes longer than everything else, so it runs on separate threads.
    pub async fn message(&self, delivery: &Delivery) -> Result<Message, Ended> {
        let compiled = &self.run.compiled;
        if !compiled.is_signed() {
            return Ok(compiled.message(delivery));
        }
        let (compiled, delivery) = (Arc::clone(compiled), delivery.clone());
        let signed = tokio::task::spawn_blocking(move || compiled.message(&delivery)).await;
        signed.map_err(|error| Ended::Broken(format!("a message could not be signed: {error}")))
    }
}
