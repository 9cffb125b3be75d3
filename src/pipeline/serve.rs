//! The daemon: the public pages and the loops beside them, until it is told to end.

use std::pin::Pin;
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Site;
use super::bounces::{serve_lmtp, watch_bounces, watch_mailbox};
use super::letters::post_letters;
use super::metrics::watch_ops;
use super::public::serve_pages;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
type Loop = fn(Arc<Site>, watch::Receiver<bool>) -> Task;

/// What runs beside the pages, by name. A further loop joins here: it ends when its receiver turns true, after what it has
/// begun.
const LOOPS: &[(&str, Loop)] = &[
    ("letters", |site, stop| Box::pin(post_letters(site, stop))),
    ("bounces", |site, stop| Box::pin(watch_bounces(site, stop))),
    ("lmtp", |site, stop| Box::pin(serve_lmtp(site, stop))),
    ("mailbox", |site, stop| Box::pin(watch_mailbox(site, stop))),
];

/// Runs until `stop` turns true and all loops have ended. Without a listener there are no public pages.
///
/// # Errors
/// The pages cannot be served, or a loop failed.
pub async fn serve(
    site: Arc<Site>,
    listener: Option<std::net::TcpListener>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    for (name, task) in LOOPS {
        let running = task(Arc::clone(&site), stop.clone());
        tasks.spawn(async move {
            running.await;
            tracing::debug!(name, "a loop has ended");
            Ok(())
        });
    }
    tasks.spawn(watch_ops(Arc::clone(&site), stop.clone()));
    if let Some(listener) = listener {
        tasks.spawn(serve_pages(site, listener, stop));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.context("a part of the daemon failed")??;
    }
    Ok(())
}
