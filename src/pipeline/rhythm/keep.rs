//! The loop that keeps the rhythm: waits by the monotonic clock, reads the wall clock again at each look, and holds the lease
//! while it acts. Decides nothing.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::Turn;
use crate::pipeline::Site;
use crate::send::Clock;
use crate::store::Fence;

/// The wall clock is read again at least this often, since it may have been set.
const LOOK: Duration = Duration::from_secs(20);

/// Keeps the rhythm until `stop` turns true: every change of `site` counts from the next look on. `wall` is the wall clock.
/// Trouble is logged and tried again; it never ends the loop.
pub async fn keep_rhythm(site: watch::Receiver<Arc<Site>>, wall: Clock, mut stop: watch::Receiver<bool>) {
    let holder = crate::pipeline::seed();
    let mut last = None;
    while !*stop.borrow() {
        let now = wall();
        let site = site.borrow().at(now);
        let wait = match look(&site, &holder, &wall, &stop, &mut last).await {
            Ok(rest) => rest,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the rhythm could not take its step; it tries again");
                LOOK
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
    if let Some(fence) = last
        && let Err(error) = site.borrow().release_lease(&fence)
    {
        tracing::warn!(error = format!("{error:#}"), "the lease was not given back; it runs out by itself");
    }
}

/// One look: holds the lease, takes a step if one is due. Returns how long to rest.
async fn look(
    site: &Site,
    holder: &str,
    wall: &Clock,
    stop: &watch::Receiver<bool>,
    last: &mut Option<Fence>,
) -> anyhow::Result<Duration> {
    let pause = LOOK.min(site.config.serve.lease / 3);
    let Some(fence) = site.hold_lease(holder)? else {
        if last.take().is_some() {
            tracing::warn!("another digest serve acts now");
        }
        return Ok(pause);
    };
    if last.as_ref() != Some(&fence) {
        tracing::info!(fence = fence.number, "this digest serve acts");
    }
    *last = Some(fence.clone());
    let turn = under_lease(site, holder, &fence, wall, stop.clone()).await;
    Ok(match turn? {
        Turn::Did { what, .. } if what != crate::schedule::What::Sending => Duration::ZERO,
        Turn::Rest(Some(at)) => until(at, wall()).min(pause),
        Turn::Did { .. } | Turn::Rest(None) | Turn::Stale => pause,
    })
}

/// Takes a step while the lease is renewed beside it. When the lease is lost, or the daemon shall end, a send ends after the
/// messages in flight.
async fn under_lease(
    site: &Site,
    holder: &str,
    fence: &Fence,
    wall: &Clock,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<Turn> {
    let (halt, halted) = watch::channel(*stop.borrow());
    let mut step = std::pin::pin!(site.rhythm_step(fence, halted));
    loop {
        let halting = *halt.borrow();
        tokio::select! {
            turn = &mut step => return turn,
            () = tokio::time::sleep(site.config.serve.lease / 3), if !halting => {
                match site.at(wall()).hold_lease(holder) {
                    Ok(Some(held)) if held == *fence => {}
                    Ok(_) => {
                        tracing::warn!("the lease was lost while this digest serve acted; it stops");
                        halt.send_replace(true);
                    }
                    Err(error) => tracing::warn!(error = format!("{error:#}"), "the lease could not be renewed"),
                }
            }
            _ = stop.wait_for(|stop| *stop), if !halting => drop(halt.send_replace(true)),
        }
    }
}

/// How long until `at`, and at least a moment.
fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (at - now).to_std().unwrap_or_default().max(Duration::from_millis(20))
}
