//! The scheduler's loop: waits by the monotonic clock, rereads the wall clock at each tick, and holds the lease
//! while it acts. A send runs in parallel, one at a time, so that it does not delay another issue's draft. Decides nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::heartbeat::Heartbeat;
use super::{DueSend, Tick};
use crate::pipeline::Site;
use crate::store::FencingToken;

/// The wall clock is read again at least this often, since it may have been set.
const LOOK: Duration = Duration::from_secs(20);

/// Runs the scheduler by the clock of `site` until `stop` turns true; a change of `site` takes effect at the next tick.
/// Trouble is logged and tried again; it never ends the loop.
pub async fn run_scheduler(site: watch::Receiver<Arc<Site>>, mut stop: watch::Receiver<bool>) {
    let mut keeper = Keeper::new(site, crate::pipeline::seed());
    while !*stop.borrow() {
        let wait = match keeper.look(&stop).await {
            Ok(rest) => {
                keeper.trouble.clear();
                rest
            }
            Err(error) => {
                keeper.troubled(format!("{error:#}"));
                LOOK
            }
        };
        let mut rested = std::pin::pin!(tokio::time::sleep(wait));
        loop {
            tokio::select! {
                () = &mut rested => break,
                went = keeper.arrived() => if went { break },
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
    }
    keeper.end().await;
}

struct Keeper {
    site: watch::Receiver<Arc<Site>>,
    holder: String,
    /// The fencing token of the last tick, if this daemon acted.
    last: Option<FencingToken>,
    under_way: Option<UnderWay>,
    /// The result of the last tick, and its time: repeating the same step must wait, whatever the reason.
    repeated: Option<(Tick, Instant)>,
    /// What prevented the last tick's step; reported once.
    trouble: String,
    heartbeat: Heartbeat,
}

/// A send that runs.
struct UnderWay {
    /// Turns true when the send should end after the messages in flight.
    halt: watch::Sender<bool>,
    task: JoinHandle<anyhow::Result<bool>>,
}

impl Keeper {
    fn new(site: watch::Receiver<Arc<Site>>, holder: String) -> Self {
        let (trouble, heartbeat) = (String::new(), Heartbeat::default());
        Self { site, holder, last: None, under_way: None, repeated: None, trouble, heartbeat }
    }

    /// The current publication, at the current time.
    fn site(&self) -> Site {
        let site = self.site.borrow();
        site.at((site.clock)())
    }

    /// One tick: holds the lease, takes a step if one is due. Returns how long to wait.
    async fn look(&mut self, stop: &watch::Receiver<bool>) -> anyhow::Result<Duration> {
        let site = self.site();
        let pause = LOOK.min(site.config.serve.lease / 3);
        let Some(fencing_token) = self.hold(&site)? else { return Ok(pause) };
        let daemon = site.daemon();
        let step = Box::pin(daemon.scheduler_step(&fencing_token, self.under_way.is_some()));
        let tick = self.under_lease(&site, step, stop.clone()).await?;
        if !matches!(tick, Tick::Did { .. }) {
            self.heartbeat.beat(&site);
        }
        let again = self.repeated.as_ref().filter(|(before, _)| *before == tick).map(|(_, at)| at.elapsed());
        if again.is_some_and(|since| since < pause) && !matches!(tick, Tick::Rest(_) | Tick::Stale) {
            return Ok(pause);
        }
        if !matches!(tick, Tick::Rest(_)) {
            self.repeated = Some((tick.clone(), Instant::now()));
        }
        Ok(match tick {
            Tick::Send(due_send) => {
                self.depart(site, fencing_token, due_send);
                pause
            }
            Tick::Did { .. } => Duration::ZERO,
            Tick::Rest(Some(at)) => until(at, (self.site.borrow().clock)()).min(pause),
            Tick::Rest(None) | Tick::Stale => pause,
        })
    }

    /// Reports what prevents the scheduler's step, once for as long as it stays the same.
    fn troubled(&mut self, error: String) {
        if self.trouble != error {
            tracing::error!(error, "the scheduler failed at a step; it tries again every twenty seconds");
            self.trouble = error;
        }
    }

    /// Takes or renews the lease. Without it, sending stops.
    fn hold(&mut self, site: &Site) -> anyhow::Result<Option<FencingToken>> {
        let fencing_token = site.daemon().hold_lease(&self.holder)?;
        let number =
            |fencing_token: &Option<FencingToken>| fencing_token.as_ref().map(|fencing_token| fencing_token.number);
        if number(&fencing_token) != number(&self.last) {
            self.halt();
            if let Some(fencing_token) = &fencing_token {
                tracing::info!(fencing_token = fencing_token.number, "this `digest serve` is acting");
            } else {
                tracing::warn!("another `digest serve` is acting now");
            }
        }
        self.last.clone_from(&fencing_token);
        Ok(fencing_token)
    }

    /// Takes a step while the lease is renewed in parallel.
    async fn under_lease(
        &mut self,
        site: &Site,
        step: impl Future<Output = anyhow::Result<Tick>>,
        mut stop: watch::Receiver<bool>,
    ) -> anyhow::Result<Tick> {
        let mut step = std::pin::pin!(step);
        loop {
            tokio::select! {
                turn = &mut step => return turn,
                () = tokio::time::sleep(site.config.serve.lease / 3) => {
                    if let Err(error) = self.hold(&self.site()) {
                        tracing::warn!(error = format!("{error:#}"), "the lease could not be renewed");
                    }
                }
                _ = stop.wait_for(|stop| *stop), if !self.is_halting() => self.halt(),
            }
        }
    }

    fn depart(&mut self, site: Site, fencing_token: FencingToken, due_send: DueSend) {
        let (halt, halted) = watch::channel(false);
        // On a separate thread, like everything that calls the store.
        let runtime = Handle::current();
        let task = tokio::task::spawn_blocking(move || {
            runtime.block_on(async { site.daemon().depart(&fencing_token, &due_send, halted).await })
        });
        self.under_way = Some(UnderWay { halt, task });
    }

    fn is_halting(&self) -> bool {
        self.under_way.as_ref().is_none_or(|under_way| *under_way.halt.borrow())
    }

    /// Ends the running send, if any, after the messages in flight.
    fn halt(&self) {
        if let Some(under_way) = &self.under_way {
            under_way.halt.send_replace(true);
        }
    }

    /// Waits until the send under way has ended, for ever when there is none. `false` when it could not go on: then the next look
    /// comes in its own time.
    async fn arrived(&mut self) -> bool {
        let Some(under_way) = &mut self.under_way else { return std::future::pending().await };
        let ended = (&mut under_way.task).await;
        self.under_way = None;
        match ended {
            Ok(Ok(went)) => return went,
            Ok(Err(error)) => self.troubled(format!("{error:#}")),
            Err(error) => tracing::error!(%error, "the send failed"),
        }
        false
    }

    async fn end(mut self) {
        self.halt();
        if self.under_way.is_some() {
            self.arrived().await;
        }
        if let Some(fencing_token) = &self.last
            && let Err(error) = self.site().delivery().release_lease(fencing_token)
        {
            tracing::warn!(error = format!("{error:#}"), "the lease was not released; it will expire");
        }
    }
}

/// How long until `at`, and at least a moment.
fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (at - now).to_std().unwrap_or_default().max(Duration::from_millis(20))
}

#[cfg(test)]
mod tests;
