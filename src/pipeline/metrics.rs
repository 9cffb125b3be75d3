//! The daemon's health and metrics, read from the store on request. A send of a million rows is counted
//! again after some seconds at the earliest, and never again once it is over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Daemon, Site, Worker};
use crate::model::{IssueName, IssueState, Notice};
use crate::schedule;
use crate::store::{IssueSend, LATENCIES, Store};
use crate::web::ops::{self, Buckets, EditionVitals, OpsService, SendVitals, Vitals, WorkerVitals};

/// How long figures are cached.
const FRESH: Duration = Duration::from_secs(10);
/// How many recent sends are shown in addition to the unfinished ones.
const NEWEST: u32 = 4;

impl Daemon {
    /// The service behind /readyz and /metrics.
    pub fn ops_service(&self) -> OpsService {
        let (site, daemon) = (self.site.clone(), self.clone());
        let board = Mutex::new(Board::default());
        OpsService {
            ready: Arc::new(move || daemon.ready()),
            vitals: Arc::new(move || {
                let mut board = board.lock().unwrap_or_else(PoisonError::into_inner);
                board.look(&site, Instant::now())
            }),
        }
    }

    /// Whether the store exists and can be read.
    fn ready(&self) -> anyhow::Result<()> {
        let store = self.site.store_to_read()?.ok_or_else(|| anyhow::anyhow!("there is no database yet"))?;
        store.issues().archive_version()?;
        Ok(())
    }
}

/// Serves /healthz, /readyz and /metrics on `[web] metrics_listen` until `stop` turns true; does nothing without it. For
/// `digest serve`.
///
/// # Errors
/// The address cannot be listened on.
pub async fn watch_ops(site: Arc<Site>, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let address = &site.config.web.metrics_listen;
    if address.is_empty() {
        return Ok(());
    }
    let listener = TcpListener::bind(address.as_str()).await.map_err(|why| {
        Notice::new(format!("cannot listen on {address}: {why}")).help("see `metrics_listen` of [web] in config.toml")
    })?;
    tracing::info!(address = %listener.local_addr()?, "metrics are served");
    ops::serve(listener, site.daemon().ops_service(), async move { drop(stop.wait_for(|stop| *stop).await) }).await?;
    Ok(())
}

/// What was read last.
#[derive(Default)]
struct Board {
    read: Option<(Instant, Vitals)>,
    /// Finished sends, with the time at which they finished.
    over: BTreeMap<String, (DateTime<Utc>, SendVitals)>,
}

impl Board {
    fn look(&mut self, site: &Site, now: Instant) -> anyhow::Result<Vitals> {
        if let Some((at, vitals)) = &self.read
            && now.saturating_duration_since(*at) < FRESH
        {
            return Ok(vitals.clone());
        }
        // As of now, not as of the daemon's start.
        let vitals = self.read(&site.at((site.clock)()))?;
        self.read = Some((now, vitals.clone()));
        Ok(vitals)
    }

    fn read(&mut self, site: &Site) -> anyhow::Result<Vitals> {
        let mut vitals = Vitals { editions: editions(site), feeds: feeds(site), ..Vitals::default() };
        let Some(store) = site.store_to_read()? else { return Ok(vitals) };
        vitals.sender_alive = store.sender_is_alive()?;
        vitals.workers = site.delivery().workers()?.into_iter().map(worker).collect();
        vitals.subscribers = store
            .sends()
            .subscribers_by_status()?
            .into_iter()
            .map(|(status, count)| (status.to_string(), count))
            .collect();
        let names = store.sends().recent_sends(NEWEST)?;
        self.over.retain(|issue, _| names.iter().any(|name| name.to_string() == *issue));
        for name in &names {
            vitals.sends.extend(self.send(site, &store, name)?);
        }
        Ok(vitals)
    }

    fn send(&mut self, site: &Site, store: &Store, name: &IssueName) -> anyhow::Result<Option<SendVitals>> {
        let issue = name.to_string();
        let finished = store.sends().send_finished(name)?;
        if let (Some(finished), Some((by, vitals))) = (finished, self.over.get(&issue))
            && finished == *by
        {
            // Bounces arrive after the end of a send, and so do poll answers.
            let (came_back, poll) = (came_back(store, name)?, poll(store, name)?);
            return Ok(Some(SendVitals { came_back, poll, ..vitals.clone() }));
        }
        let Some(send) = store.sends().send(name)? else { return Ok(None) };
        let vitals = measure(site, store, name, &send)?;
        if let Some(finished) = finished {
            self.over.insert(issue, (finished, vitals.clone()));
        }
        Ok(Some(vitals))
    }
}

fn worker(worker: Worker) -> WorkerVitals {
    let Worker { issue, name, in_flight, per_minute, lease_until, .. } = worker;
    WorkerVitals { issue, name, in_flight, per_minute, lease_until }
}

fn measure(site: &Site, store: &Store, name: &IssueName, send: &IssueSend) -> anyhow::Result<SendVitals> {
    let class = |(digit, count): (u8, u64)| (if digit == 0 { "none".to_owned() } else { format!("{digit}xx") }, count);
    let latency = store.sends().latency(send)?;
    let bounds = LATENCIES.iter().map(|ms| f64::from(*ms) / 1_000.0);
    let zone = site.config.publication.timezone;
    let due = site.config.editions.get(&name.edition).map(|edition| schedule::send_time(edition.send, name.date, zone));
    Ok(SendVitals {
        issue: name.to_string(),
        stopped: send.state == IssueState::Stopped,
        counts: send.counts,
        replies: store.sends().reply_classes(send)?.into_iter().map(class).collect(),
        latency: Buckets {
            up_to: bounds.zip(latency.up_to).collect(),
            count: latency.count,
            sum_seconds: Duration::from_millis(latency.sum_ms).as_secs_f64(),
        },
        started: send.started,
        finished: send.finished,
        came_back: came_back(store, name)?,
        poll: poll(store, name)?,
        next_due: send.next_due,
        held_until: site.delivery().held_until(store, name, send)?,
        lag_seconds: due.map(|due| seconds(send.started - due)),
    })
}

fn came_back(store: &Store, name: &IssueName) -> anyhow::Result<Vec<(String, u64)>> {
    Ok(store.sends().came_back(name)?.into_iter().map(|line| (line.kind, line.count)).collect())
}

fn poll(store: &Store, name: &IssueName) -> anyhow::Result<Vec<(String, u64)>> {
    let counts = store.issues().poll_counts(name)?.map(|poll| poll.answers).unwrap_or_default();
    Ok(counts.into_iter().map(|line| (line.answer, line.count)).collect())
}

/// How late, in seconds; 0 before the send time.
fn seconds(late: TimeDelta) -> f64 {
    late.to_std().unwrap_or_default().as_secs_f64()
}

/// How long ago each source was last fetched successfully; the maximum if never.
fn feeds(site: &Site) -> Vec<(String, f64)> {
    let now = (site.clock)();
    site.content()
        .feed_health()
        .into_iter()
        .map(|source| (source.name, source.health.good.map_or(f64::INFINITY, |good| seconds(now - good))))
        .collect()
}

fn editions(site: &Site) -> Vec<EditionVitals> {
    let zone = site.config.publication.timezone;
    let now = (site.clock)();
    // An edition whose days are all skipped has no next run, and no line.
    let next = |(name, edition): (&String, &crate::model::Edition)| {
        let run = schedule::runs(edition, now, zone).next()?;
        Some(EditionVitals { edition: name.clone(), next_run: run.at })
    };
    site.config.editions.iter().filter_map(next).collect()
}
