//! The processes that are sending, and how a daemon joins them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::watch;

use super::prepare::SendOptions;
use super::{Delivery, Site, TransportKind, process};
use crate::model::IssueName;
use crate::store::Sender;

/// How often a daemon looks whether others send.
const LOOK: Duration = Duration::from_secs(2);

/// A process that sends an issue, as `digest workers` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Worker {
    pub issue: String,
    /// Host and process.
    pub name: String,
    pub since: DateTime<Utc>,
    /// When it last renewed its lease, by the database's clock.
    pub seen: DateTime<Utc>,
    /// When the lease runs out.
    pub lease_until: DateTime<Utc>,
    pub state: &'static str,
    pub connections: u64,
    pub in_flight: u64,
    /// Messages tried, in all and in the last minute.
    pub tried: u64,
    pub per_minute: u64,
}

impl Worker {
    /// The end of its line in the table, if its state is unusual.
    pub fn note(&self) -> &'static str {
        match self.state {
            "silent" => ", silent: its lease has run out",
            "waiting" => ", waiting for the others",
            _ => "",
        }
    }
}

impl From<Sender> for Worker {
    fn from(sender: Sender) -> Self {
        let state = match (sender.is_late, sender.is_idle) {
            (true, _) => "silent",
            (_, true) => "waiting",
            _ => "sending",
        };
        Self {
            issue: sender.issue.to_string(),
            name: sender.name,
            since: sender.since,
            seen: sender.seen,
            lease_until: sender.expires,
            state,
            connections: sender.connections,
            in_flight: sender.in_flight,
            tried: sender.tried,
            per_minute: sender.per_minute,
        }
    }
}

impl Delivery {
    /// The processes that send now. On SQLite there is at most one.
    pub fn workers(&self) -> anyhow::Result<Vec<Worker>> {
        let Some(store) = self.site.store_to_read()? else { return Ok(Vec::new()) };
        // On SQLite, the row of a process that died stays until the next one begins, so ask the lock.
        if !store.is_shared() && !store.sender_is_alive()? {
            return Ok(Vec::new());
        }
        Ok(store.sends().senders()?.into_iter().map(Worker::from).collect())
    }

    /// The issues that other processes are sending and this one is not.
    fn others_send(&self) -> anyhow::Result<BTreeSet<IssueName>> {
        let store = self.ledger_store()?;
        let senders: Vec<Sender> = store.sends().senders()?.into_iter().filter(|sender| !sender.is_late).collect();
        let (ours, others): (Vec<_>, Vec<_>) = senders.into_iter().partition(|sender| sender.name == process::name());
        let ours: BTreeSet<IssueName> = ours.into_iter().map(|sender| sender.issue).collect();
        Ok(others.into_iter().map(|sender| sender.issue).filter(|issue| !ours.contains(issue)).collect())
    }
}

/// Joins the sends of other processes until `stop` turns true. Only on PostgreSQL and over SMTP, where a second machine makes a send faster. It never begins
/// a send: the daemon that holds the lease does that, or a person.
pub async fn help_others(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    let is_useful = site.config.store.is_server() && site.config.delivery.transport == TransportKind::Smtp;
    while is_useful && !*stop.borrow() {
        match site.at((site.clock)()).delivery().others_send() {
            Ok(issues) => {
                for issue in issues {
                    help(&site, &issue, stop.clone()).await;
                }
            }
            Err(error) => tracing::debug!(error = format!("{error:#}"), "cannot see whether others send"),
        }
        drop(tokio::time::timeout(LOOK, stop.wait_for(|stop| *stop)).await);
    }
}

async fn help(site: &Site, issue: &IssueName, stop: watch::Receiver<bool>) {
    let options = SendOptions { only_helping: true, ..SendOptions::default() };
    let site = site.at((site.clock)());
    tracing::info!(issue = %issue, "helping to send");
    match site.delivery().send(issue, &options, stop, |_| {}).await {
        Ok(delivered) => tracing::info!(issue = %issue, ended = ?delivered.ended, "helped to send"),
        Err(error) => tracing::debug!(issue = %issue, error = format!("{error:#}"), "did not help to send"),
    }
}
