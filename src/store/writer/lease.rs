//! The lease of a sender: until when it may start messages, and what it tells the others each time it renews the lease.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Writer;
use crate::store::StoreError;
use crate::store::db::Engine;
use crate::store::senders::{self, Membership, Progress, Renewed};

/// The time since some fixed moment, by a clock that keeps running while the machine is suspended.
pub type Uptime = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How often a lease is renewed, at least. A stop reaches all senders within this time.
const RENEWAL: Duration = Duration::from_secs(1);
/// The time over which the pace is measured.
const PACE: Duration = Duration::from_mins(1);

/// A run that waits for the other senders.
pub struct Linger {
    pub domain_groups: Vec<i64>,
    pub answer: oneshot::Sender<Result<bool, String>>,
}

/// The lease of one sender, shared by its writer and its workers.
#[derive(Clone)]
pub struct Lease {
    length: Duration,
    uptime: Uptime,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// When the lease runs out, in milliseconds of uptime.
    until: AtomicU64,
    tried: AtomicU64,
    refused: AtomicU64,
    bounced: AtomicU64,
    /// How much was tried at the renewals of the last minute.
    paces: Mutex<VecDeque<(Instant, u64)>>,
    silence: Mutex<Silence>,
}

/// How long each of the other senders has not renewed its lease although this one could. Time during which this one could not reach the database does
/// not count, because the others may not have reached it either.
#[derive(Default)]
struct Silence {
    /// When this sender looked last.
    looked: Option<Duration>,
    others: HashMap<i64, (i64, Duration)>,
}

impl Silence {
    /// Looks at the others after a renewal; returns those that have been silent for a whole lease.
    fn look(&mut self, others: &[Renewed], now: Duration, renewal: Duration, lease: Duration) -> Vec<Renewed> {
        let passed = self.looked.replace(now).map_or(Duration::ZERO, |before| now.saturating_sub(before));
        let counts = if passed <= renewal * 3 { passed } else { Duration::ZERO };
        let silent = |(id, seen): &Renewed| match self.others.get(id) {
            Some((before, silent)) if before == seen => (*id, (*seen, *silent + counts)),
            _ => (*id, (*seen, Duration::ZERO)),
        };
        self.others = others.iter().map(silent).collect();
        others.iter().copied().filter(|(id, _)| self.others[id].1 >= lease).collect()
    }
}

impl Lease {
    /// A new lease of a sender that has already recorded `tried` outcomes.
    pub fn new(length: Duration, uptime: Uptime, tried: u64) -> Self {
        let state = State { tried: AtomicU64::new(tried), ..State::default() };
        let lease = Self { length, uptime, state: Arc::new(state) };
        lease.extend(lease.now());
        lease
    }

    pub fn is_held(&self) -> bool {
        (self.uptime)().as_millis() < u128::from(self.state.until.load(Relaxed))
    }

    pub fn tell(&self, refused: u64, bounced: u64) {
        self.state.refused.store(refused, Relaxed);
        self.state.bounced.store(bounced, Relaxed);
    }

    /// Adds to the number of recorded outcomes.
    pub fn add(&self, tried: usize) {
        self.state.tried.fetch_add(tried as u64, Relaxed);
    }

    /// How often it is renewed.
    fn renewal(&self) -> Duration {
        RENEWAL.min(self.length / 4)
    }

    fn now(&self) -> Duration {
        (self.uptime)()
    }

    /// It was renewed by a request that was made at this time.
    fn extend(&self, asked: Duration) {
        let until = (asked + self.length).as_millis();
        self.state.until.store(u64::try_from(until).unwrap_or(u64::MAX), Relaxed);
    }

    fn end(&self) {
        self.state.until.store(0, Relaxed);
    }

    /// The other senders that have not renewed their leases for the length of a lease.
    fn silent(&self, others: &[Renewed]) -> Vec<Renewed> {
        let mut silence = self.state.silence.lock().unwrap_or_else(PoisonError::into_inner);
        silence.look(others, self.now(), self.renewal(), self.length)
    }

    fn progress(&self, now: Instant, is_idle: bool, in_flight: usize) -> Progress {
        let State { tried, refused, bounced, paces, .. } = &*self.state;
        let [tried, refused, bounced] = [tried, refused, bounced].map(|count| count.load(Relaxed));
        let mut paces = paces.lock().unwrap_or_else(PoisonError::into_inner);
        paces.push_back((now, tried));
        while paces.len() > 2 && now - paces[0].0 > PACE {
            paces.pop_front();
        }
        let (since, before) = paces[0];
        let seconds = (now - since).as_secs_f64().max(1.0);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a pace, to show"
        )]
        let per_minute = ((tried - before) as f64 / seconds * 60.0) as u64;
        Progress { is_idle, in_flight: in_flight as u64, tried, refused, bounced, per_minute }
    }
}

impl Writer {
    /// Renews the lease, ends senders that have died, and reads the progress of the others.
    pub(super) async fn renew(&mut self) -> Result<(), StoreError> {
        let membership = self.patiently(Self::renew_once).await;
        self.renewal = Instant::now() + self.lease.renewal();
        match membership {
            Ok(membership) => {
                let before = self.membership.send_replace(membership);
                let is_other = before.size != membership.size;
                if is_other {
                    self.queue.disturb();
                }
                self.look_at_others(membership, is_other).await;
                Ok(())
            }
            Err(error) => {
                if matches!(error, StoreError::TakenOver) {
                    self.lease.end();
                }
                if let Some(linger) = self.linger.take() {
                    drop(linger.answer.send(Ok(false)));
                }
                Err(error)
            }
        }
    }

    fn renew_once(&mut self) -> Result<Membership, StoreError> {
        let asked = self.lease.now();
        let progress = self.lease.progress(Instant::now(), self.linger.is_some(), self.out.len());
        let (membership, others) = senders::renew(&self.db, self.send, self.sender, self.terms.lease, progress)?;
        self.lease.extend(asked);
        if membership.size == 1 || matches!(self.db.engine(), Engine::Sqlite(_)) {
            return Ok(membership);
        }
        let silent = self.lease.silent(&others);
        if !silent.is_empty() || senders::end_dead(&self.db, self.send, self.terms.has_died)? > 0 {
            senders::end(&self.db, &silent)?;
            let lost = senders::recover(&self.db, self.send, self.terms.uncertain, (self.terms.clock)())?;
            tracing::warn!(
                in_flight = lost,
                "a sender is gone; what it had in flight is uncertain, and others send the rest"
            );
            self.queue.disturb();
        }
        Ok(membership)
    }

    /// Answers the run that waits for the other senders if none of them is working any more, if a message is due again, or if the number of senders has
    /// changed and with it everybody's share.
    async fn look_at_others(&mut self, membership: Membership, is_other: bool) {
        let Some(linger) = self.linger.take() else { return };
        if is_other {
            drop(linger.answer.send(Ok(true)));
            return;
        }
        let now = (self.terms.clock)();
        let waits = self.patiently(|writer| writer.queue.waits(&writer.db, &linger.domain_groups, now)).await;
        match waits {
            Ok(false) if membership.working > 0 && !membership.is_stopped => self.linger = Some(linger),
            waits => drop(linger.answer.send(waits.map_err(|error| error.to_string()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_silent_while_we_were_not_is_taken_for_dead() {
        let seconds = Duration::from_secs;
        let mut silence = Silence::default();
        let mut look = |now: u64, others: &[Renewed]| silence.look(others, seconds(now), seconds(1), seconds(5));
        assert_eq!(look(0, &[(1, 100), (2, 100)]), []);
        for now in 1..5 {
            assert_eq!(look(now, &[(1, 100), (2, 100 + i64::try_from(now).unwrap())]), [], "after {now} s");
        }
        // The database was away for a minute, for all of them: that is nobody's silence.
        assert_eq!(look(64, &[(1, 100), (2, 104)]), []);
        assert_eq!(look(65, &[(1, 100), (2, 105)]), [(1, 100)]);
        // It has come back to life, or is another one.
        assert_eq!(look(66, &[(1, 101), (2, 106)]), []);
        assert_eq!(look(67, &[(3, 101)]), []);
    }
}
