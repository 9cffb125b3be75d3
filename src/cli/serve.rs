//! `digest serve`: the daemon. Starts its loops, handles signals, and shuts down cleanly.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use sd_notify::NotifyState;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::output::line;
use super::send::{runtime, stop_signal};
use super::{Exit, Global};
use crate::model::Notice;
use crate::pipeline::{Site, run_scheduler, serve};

/// What `systemctl status` shows for a healthy daemon.
const RUNS: &str = "running; `digest status` shows the issues and the schedule";

/// How often to check whether config.toml was saved.
const SAVED: Duration = Duration::from_secs(2);

/// Runs until SIGTERM or Ctrl-C.
pub fn run(global: &Global) -> anyhow::Result<Exit> {
    let runtime = runtime()?;
    // Before anyone can know that the daemon is running: an unhandled SIGHUP ends the process.
    let hangup = runtime.block_on(async { signal(SignalKind::hangup()) })?;
    let site = Arc::new(global.site()?.with_clock(global.clock()));
    site.backups().refuse_if_restored()?;
    let listener = listen(&site.config.web.listen)?;
    if site.found_store()? {
        tracing::warn!("there was no database; created a new one without subscribers");
    }
    let ended = runtime.block_on(async {
        let mut stop = stop_signal()?;
        let (change, current) = watch::channel(site);
        match &listener {
            Some(listener) => line(&format!("http://{}/", listener.local_addr()?))?,
            None => line("running without public pages, since `[web] listen` is empty; stop it with Ctrl-C")?,
        }
        let pages = tokio::spawn(serve(current.clone(), listener, stop.clone()));
        // On a separate thread, since store calls may block.
        let (runtime, stopped) = (Handle::current(), stop.clone());
        let scheduler = tokio::task::spawn_blocking(move || runtime.block_on(run_scheduler(current, stopped)));
        tokio::select! {
            // Ready comes first: the service manager must not hear of a reload before the start.
            biased;
            () = watchdog() => {}
            () = reload(global, &change, hangup) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        let grace = change.borrow().config.serve.shutdown_grace;
        tell(&[
            NotifyState::Stopping,
            NotifyState::Status("stopping: finishing the messages in flight"),
            patience(grace),
        ]);
        let all = async { tokio::join!(scheduler, pages).1 };
        match tokio::time::timeout(grace, all).await {
            Ok(pages) => pages?.map(|()| true),
            Err(_) => Ok(false),
        }
    })?;
    if !ended {
        tracing::warn!("messages were still in flight after shutdown_grace; they stay uncertain until the next send");
    }
    runtime.shutdown_background();
    Ok(Exit::Done)
}

/// The public pages' listener; `None` without `[web] listen`.
fn listen(address: &str) -> anyhow::Result<Option<TcpListener>> {
    if address.is_empty() {
        return Ok(None);
    }
    let listener = TcpListener::bind(address).map_err(|why| {
        Notice::new(format!("cannot listen on {address}: {why}"))
            .help("`[web] listen` is an address and a port, such as \"127.0.0.1:8080\", that no other program uses")
    })?;
    listener.set_nonblocking(true)?;
    Ok(Some(listener))
}

/// Reopens the publication on SIGHUP and when config.toml is saved. One with mistakes is refused, and the old one stays.
async fn reload(global: &Global, change: &watch::Sender<Arc<Site>>, mut hangup: Signal) {
    let path = global.root().join(&global.config);
    let mut seen = saved(&path);
    let mut is_new = false;
    loop {
        let asked = tokio::select! {
            _ = hangup.recv() => true,
            () = tokio::time::sleep(SAVED) => false,
        };
        let now = saved(&path);
        // A file that changed since the last check may still be being written: wait until it is stable.
        let rests = now == seen;
        is_new |= !rests;
        seen = now;
        let counts = asked || (rests && is_new);
        if !counts {
            continue;
        }
        is_new = false;
        // The time tells a Type=notify-reload unit (systemd 253 and later) which of its SIGHUPs this answers.
        let Ok(begun) = NotifyState::monotonic_usec_now() else { continue };
        tell(&[NotifyState::Reloading, begun]);
        let before = Arc::clone(&change.borrow());
        let read = global.site().map_err(|error| format!("{error:#}")).and_then(|site| {
            let cut = !asked && is_cut_off(before.config.origin.text(), site.config.origin.text());
            if cut { Err(format!("{}: {CUT_OFF}", path.display())) } else { Ok(site) }
        });
        let status = match read {
            Ok(site) => {
                let (site, kept) = site.in_place_of(&change.borrow());
                change.send_replace(Arc::new(site));
                tracing::info!("config.toml was read again");
                for key in kept {
                    tracing::warn!("{key} changed in config.toml; restart for it to take effect");
                }
                RUNS
            }
            Err(error) => {
                tracing::error!(error, "the new configuration is refused; the old one stays in use");
                "config.toml has mistakes (see the log); the old settings stay in use"
            }
        };
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }
}

/// The message about a truncated configuration.
const CUT_OFF: &str = "its end is missing, as after a save that was cut off; a reload (SIGHUP) accepts it as it is";

/// Whether a text is another text without its last sections.
fn is_cut_off(before: &str, now: &str) -> bool {
    let lost = before.strip_prefix(now.trim_end());
    lost.is_some_and(|lost| lost.lines().skip(1).any(|line| line.starts_with('[')))
}

fn saved(path: &PathBuf) -> Option<(SystemTime, u64)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

/// Tells systemd, if it asks, that the daemon is ready, and then that it is alive.
async fn watchdog() {
    tell(&[NotifyState::Ready, NotifyState::Status(RUNS)]);
    let Some(limit) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    loop {
        tell(&[NotifyState::Watchdog]);
        tokio::time::sleep(limit / 3).await;
    }
}

/// Asks the service manager to wait as long as the shutdown may take, plus a few seconds.
fn patience(grace: Duration) -> NotifyState<'static> {
    let asked = (grace + Duration::from_secs(5)).as_micros();
    NotifyState::ExtendTimeoutUsec(u32::try_from(asked).unwrap_or(u32::MAX))
}

/// Sends one datagram to the service manager, if there is one. Failures are ignored.
fn tell(news: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(news);
}

impl Global {
    /// The wall clock, read each time; `--now` shifts it, and it runs on from there.
    fn clock(&self) -> crate::pipeline::Clock {
        #[expect(clippy::disallowed_methods, reason = "cli reads the clock; --now rules everywhere else")]
        let read = || Utc::now();
        let Some(now) = self.now else { return Arc::new(read) };
        let (now, origin): (DateTime<Utc>, _) = (now.to_utc(), std::time::Instant::now());
        Arc::new(move || now + origin.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::is_cut_off;

    #[test]
    fn a_save_that_was_cut_off_is_known() {
        let whole = "[publication]\nname = \"A\"\nlanguage = \"en\"\n\n# Where\n[web]\nlisten = \"\"\n";
        for (now, cut) in [
            (whole.to_owned(), false),
            (whole[..whole.find("# Where").expect("there")].to_owned(), true),
            (whole[..whole.find("language").expect("there")].to_owned(), true),
            (whole.replace("listen = \"\"\n", ""), false),
            (whole.replace("\"A\"", "\"B\""), false),
            (format!("{whole}[store]\n"), false),
        ] {
            assert_eq!(is_cut_off(whole, &now), cut, "{now}");
        }
    }
}
