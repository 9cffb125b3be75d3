//! `digest serve`: the daemon. Starts its loops, hears the system's signals, and ends in order.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::output::line;
use super::send::{runtime, stop_signal};
use super::{Exit, Global};
use crate::model::Notice;
use crate::pipeline::{Site, run_scheduler, serve};

/// What `systemctl status` shows of a daemon with which all is well.
const RUNS: &str = "running; `digest status` has the issues and the next runs";

/// How often a look is had whether config.toml was saved.
const SAVED: Duration = Duration::from_secs(5);

/// Runs until SIGTERM or Ctrl-C.
pub fn run(global: &Global) -> anyhow::Result<Exit> {
    let runtime = runtime()?;
    // Before anybody can know that the daemon is there: a SIGHUP that is not heard ends the process.
    let hangup = runtime.block_on(async { signal(SignalKind::hangup()) })?;
    let site = Arc::new(global.site()?.with_clock(global.clock()));
    let listener = listen(&site.config.web.listen)?;
    if site.found_store()? {
        tracing::warn!("there was no database; a new one was made, without subscribers");
    }
    let ended = runtime.block_on(async {
        let mut stop = stop_signal()?;
        let (change, current) = watch::channel(site);
        if let Some(listener) = &listener {
            line(&format!("http://{}/", listener.local_addr()?))?;
        }
        let pages = tokio::spawn(serve(current.clone(), listener, stop.clone()));
        let scheduler = tokio::spawn(run_scheduler(current, stop.clone()));
        tokio::select! {
            // Ready comes first: the manager hears of no reload of what has not started.
            biased;
            () = watchdog() => {}
            () = reload(global, &change, hangup) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        let grace = change.borrow().config.serve.shutdown_grace;
        tell(&[NotifyState::Stopping, NotifyState::Status("ending: messages in flight are finished"), patience(grace)]);
        let all = async { tokio::join!(scheduler, pages).1 };
        match tokio::time::timeout(grace, all).await {
            Ok(pages) => pages?.map(|()| true),
            Err(_) => Ok(false),
        }
    })?;
    if !ended {
        tracing::warn!("messages were still in flight after shutdown_grace; they are uncertain until the next send");
    }
    runtime.shutdown_background();
    Ok(Exit::Done)
}

/// The listener of the public pages; none without `[web] listen`.
fn listen(address: &str) -> anyhow::Result<Option<TcpListener>> {
    if address.is_empty() {
        return Ok(None);
    }
    let listener = TcpListener::bind(address).map_err(|why| {
        Notice::new(format!("cannot listen on {address}: {why}"))
            .help("`[web] listen` is an address and a port, such as \"127.0.0.1:8080\", that nobody else listens on")
    })?;
    listener.set_nonblocking(true)?;
    Ok(Some(listener))
}

/// Opens the publication anew at SIGHUP and when config.toml was saved. One with mistakes is refused, and the old one stays.
async fn reload(global: &Global, change: &watch::Sender<Arc<Site>>, mut hangup: Signal) {
    let path = global.root().join(&global.config);
    let mut seen = saved(&path);
    loop {
        tokio::select! {
            _ = hangup.recv() => {}
            () = tokio::time::sleep(SAVED) => {
                if saved(&path) == seen {
                    continue;
                }
            }
        }
        seen = saved(&path);
        // The time tells a Type=notify-reload unit (systemd 253 and later) which of its SIGHUPs this answers.
        let Ok(begun) = NotifyState::monotonic_usec_now() else { continue };
        tell(&[NotifyState::Reloading, begun]);
        let status = match global.site() {
            Ok(site) => {
                let (site, kept) = site.in_place_of(&change.borrow());
                change.send_replace(Arc::new(site));
                tracing::info!("the configuration was read again");
                for key in kept {
                    tracing::warn!("{key} changed in config.toml: it counts after a restart");
                }
                RUNS
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the new configuration is refused; the old one stays");
                "config.toml has mistakes (the log says which); the configuration of before stays"
            }
        };
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }
}

fn saved(path: &PathBuf) -> Option<(SystemTime, u64)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

/// Tells systemd, if it asked, that the daemon is ready, and then that it is alive.
async fn watchdog() {
    tell(&[NotifyState::Ready, NotifyState::Status(RUNS)]);
    let Some(limit) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    loop {
        tell(&[NotifyState::Watchdog]);
        tokio::time::sleep(limit / 3).await;
    }
}

/// Asks the service manager to wait for as long as the end may take, and some seconds more.
fn patience(grace: Duration) -> NotifyState<'static> {
    let asked = (grace + Duration::from_secs(5)).as_micros();
    NotifyState::ExtendTimeoutUsec(u32::try_from(asked).unwrap_or(u32::MAX))
}

/// One datagram to the service manager, if there is one. Whether it hears changes nothing here.
fn tell(news: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(news);
}

impl Global {
    /// The wall clock, read anew each time; `--now` shifts it, and runs on from there.
    fn clock(&self) -> crate::pipeline::Clock {
        #[expect(clippy::disallowed_methods, reason = "cli reads the clock; --now rules everywhere else")]
        let read = || Utc::now();
        let Some(now) = self.now else { return Arc::new(read) };
        let (now, origin): (DateTime<Utc>, _) = (now.to_utc(), std::time::Instant::now());
        Arc::new(move || now + origin.elapsed())
    }
}
