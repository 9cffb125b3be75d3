//! The daemon: runs the public pages and the other loops with the current settings, until asked to stop.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::Context;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Site;
use super::bounces::{serve_lmtp, watch_bounces, watch_mailbox};
use super::letters::post_letters;
use super::metrics::watch_ops;
use super::public::serve_pages;
use super::workers::help_others;

type Task = Pin<Box<dyn Future<Output = anyhow::Result<()>>>>;
type Loop = fn(Arc<Site>, watch::Receiver<bool>) -> Task;

/// The loops beside the pages, by name. Add new loops here: a loop ends when its receiver turns true, after finishing what it
/// began, or at once if its settings leave it nothing to do.
const LOOPS: &[(&str, Loop)] = &[
    ("letters", |site, stop| endless(post_letters(site, stop))),
    ("feeds", |site, stop| endless(async move { site.content().watch_feeds(stop, rand::random::<f64>).await })),
    ("bounces", |site, stop| endless(watch_bounces(site, stop))),
    ("workers", |site, stop| endless(help_others(site, stop))),
    ("lmtp", |site, stop| endless(serve_lmtp(site, stop))),
    ("mailbox", |site, stop| endless(watch_mailbox(site, stop))),
    ("metrics", |site, stop| Box::pin(watch_ops(site, stop))),
];

/// The number of threads that answer requests for pages: one per processor, within these bounds. A request that waits for the network, or for
/// a sign-up to be written to disk, does not occupy a thread.
const PAGE_THREADS: RangeInclusive<usize> = 4..=16;

/// A loop that reports its own errors and carries on.
fn endless(task: impl Future<Output = ()> + 'static) -> Task {
    Box::pin(async {
        task.await;
        Ok(())
    })
}

/// Runs until `stop` turns true and all loops have ended; each new one of `sites` counts from its moment on. Without a listener
/// there are no public pages.
///
/// # Errors
/// The pages cannot be served; this is reported at once, and the other loops keep running until the end.
pub async fn serve(
    sites: watch::Receiver<Arc<Site>>,
    listener: Option<std::net::TcpListener>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    for (name, start) in LOOPS {
        let following = follow(name, *start, sites.clone(), stop.clone());
        tasks.spawn(async {
            following.await;
            Ok(())
        });
    }
    if let Some(listener) = listener {
        tasks.spawn_blocking(move || pages_runtime()?.block_on(serve_pages(sites, listener, stop)));
    }
    let mut all_well = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.context("a part of the daemon failed").flatten();
        if let Err(error) = &ended {
            tracing::error!(error = format!("{error:#}"), "a part of the daemon has ended");
        }
        all_well = all_well.and(ended);
    }
    all_well
}

/// A separate runtime with few threads for the pages. The shared runtime starts another thread whenever all are busy; after a burst of
/// requests it had two hundred, and each of them keeps memory. Requests may have to wait for a free thread, but never for a send or a loop.
fn pages_runtime() -> anyhow::Result<Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = processors.clamp(*PAGE_THREADS.start(), *PAGE_THREADS.end());
    let mut builder = Builder::new_multi_thread();
    builder.max_blocking_threads(threads).enable_all().build().context("cannot start the pages' threads")
}

/// Runs a loop with the current settings: when they change, it finishes what it began and restarts. A loop that cannot run
/// is reported, and the next settings may fix it. While it runs, it has its own thread, since store calls may block. When its settings leave it
/// nothing to do, it gives the thread up, since each one keeps memory.
async fn follow(
    name: &'static str,
    start: Loop,
    mut sites: watch::Receiver<Arc<Site>>,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        let site = Arc::clone(&sites.borrow_and_update());
        let (halt, halted) = watch::channel(false);
        let mut running = tokio::task::spawn_blocking(move || Handle::current().block_on(start(site, halted)));
        let early = tokio::select! {
            ended = &mut running => Some(ended),
            Ok(()) = sites.changed() => None,
            _ = stop.wait_for(|stop| *stop) => None,
        };
        halt.send_replace(true);
        let has_rest = early.is_some();
        let ended = match early {
            Some(ended) => ended,
            None => running.await,
        };
        match ended.context("it failed").flatten() {
            Ok(()) => tracing::debug!(name, "a loop has ended"),
            Err(error) => tracing::error!(name, error = format!("{error:#}"), "a part of the daemon is not running"),
        }
        if has_rest {
            tokio::select! {
                Ok(()) = sites.changed() => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use super::*;

    const CONFIG: &str = "[publication]\nname = \"A\"\nurl = \"https://a.example\"\nfrom = \"A <a@a.example>\"\npostal_address = \"Here\"\n";

    fn site(folder: &Path, config: &str) -> Site {
        std::fs::write(folder.join("config.toml"), config).unwrap();
        Site::open(folder, Path::new("config.toml"), "2026-03-02T00:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn what_a_running_daemon_cannot_change_is_named_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let site = |config: &str| site(folder.path(), config);
        let shown = Arc::new(Mutex::new("2026-03-02T09:00:00Z".parse().unwrap()));
        let clock = Arc::clone(&shown);
        let before =
            site(&format!("{CONFIG}[web]\nlisten = \"127.0.0.1:8080\"\n[store]\nurl = \"sqlite:data/a.db\"\n"))
                .with_clock(Arc::new(move || *clock.lock().unwrap()));
        let new = site(&CONFIG.replace("\"A\"", "\"B\""));
        let (after, kept) = new.in_place_of(&before);
        assert_eq!(kept, ["[store]", "[web] listen"]);
        assert_eq!((&after.config.store, &after.config.web.listen), (&before.config.store, &before.config.web.listen));
        assert_eq!(after.config.publication.name, "B");
        // Someone sets the machine's clock.
        *shown.lock().unwrap() -= chrono::TimeDelta::hours(3);
        assert_eq!((after.clock)().to_string(), "2026-03-02 06:00:00 UTC");
        assert!(after.in_place_of(&before).1.is_empty());
    }

    #[test]
    fn a_crowd_is_answered_by_few_threads() {
        let runtime = pages_runtime().unwrap();
        let threads = Arc::new(Mutex::new(std::collections::HashSet::new()));
        let answer = || {
            let threads = Arc::clone(&threads);
            runtime.spawn_blocking(move || {
                threads.lock().unwrap().insert(std::thread::current().id());
            })
        };
        let crowd: Vec<_> = (0..1_000).map(|_| answer()).collect();
        runtime.block_on(async {
            for one in crowd {
                one.await.unwrap();
            }
        });
        assert!(threads.lock().unwrap().len() <= *PAGE_THREADS.end());
    }

    #[test]
    fn a_loop_without_work_holds_no_thread() {
        let folder = tempfile::tempdir().unwrap();
        let (_change, sites) = watch::channel(Arc::new(site(folder.path(), CONFIG)));
        let (end, stop) = watch::channel(false);
        let idle: Loop = |_, _| endless(async {});
        Builder::new_current_thread().max_blocking_threads(1).build().unwrap().block_on(async {
            let working = async {
                tokio::task::spawn_blocking(|| ()).await.unwrap();
                end.send_replace(true);
            };
            tokio::join!(follow("idle", idle, sites, stop), working);
        });
    }

    /// The runs of a loop: their settings, and how each ended.
    static RUNS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    fn told(site: &Site, what: &str) {
        RUNS.lock().unwrap().push(format!("{} {what}", site.config.publication.name));
    }

    #[tokio::test]
    async fn a_loop_ends_what_it_began_before_the_next_settings_count_and_survives_its_errors() {
        let folder = tempfile::tempdir().unwrap();
        let site = |name: &str| Arc::new(site(folder.path(), &CONFIG.replace("\"A\"", &format!("{name:?}"))));
        let task: Loop = |site, mut stop| {
            Box::pin(async move {
                told(&site, "began");
                if site.config.publication.name == "Broken" {
                    anyhow::bail!("no such port");
                }
                let _ = stop.wait_for(|stop| *stop).await;
                tokio::task::yield_now().await;
                told(&site, "ended");
                Ok(())
            })
        };
        let (change, sites) = watch::channel(site("First"));
        let (end, stop) = watch::channel(false);
        let changing = async {
            for (name, runs) in [("Broken", 2), ("Last", 4)] {
                while RUNS.lock().unwrap().len() < runs - 1 {
                    tokio::task::yield_now().await;
                }
                change.send_replace(site(name));
                while RUNS.lock().unwrap().len() < runs {
                    tokio::task::yield_now().await;
                }
            }
            end.send_replace(true);
        };
        tokio::join!(follow("a loop", task, sites, stop), changing);
        let runs = RUNS.lock().unwrap().clone();
        assert_eq!(runs, ["First began", "First ended", "Broken began", "Last began", "Last ended"]);
    }
}
