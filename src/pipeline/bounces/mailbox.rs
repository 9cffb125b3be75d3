//! The daemon's intake from a mailbox over IMAP. A message is marked as seen when what it says is on record, so a crash reads it
//! twice, which changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{BounceImport, Site, Subscribers};
use crate::mail::{ImapSettings, Mailbox};
use crate::sources::BOUNCE_MOST;

/// How often the mailbox is polled over one open connection, so that unsubscribe requests take effect within a second.
const LOOK: Duration = Duration::from_millis(800);
/// How long to wait before the next connection after an error.
const LATER: Duration = Duration::from_secs(30);
/// How many messages are marked at a time.
const BATCH: usize = 50;
/// After this many failed reads a message is ignored until the daemon restarts, so that it does not block others.
const TRIES: u32 = 3;

/// How often the reading of a message failed, by UID.
type Stuck = BTreeMap<u32, u32>;

impl Subscribers {
    /// The mailbox's settings, with paths from the publication's root.
    pub(super) fn mailbox_settings(&self) -> ImapSettings {
        let mut settings = self.site.config.bounces.imap.clone();
        for file in [&mut settings.password_file, &mut settings.ca_file] {
            if !file.is_empty() {
                *file = self.site.root.join(&*file).to_string_lossy().into_owned();
            }
        }
        settings
    }

    /// Reads the mailbox until `stop` turns true.
    async fn follow_mailbox(&self, stuck: &mut Stuck, stop: &mut watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut mailbox = Mailbox::open(&self.mailbox_settings()).await?;
        while !*stop.borrow() {
            let mut uids = mailbox.unseen().await?;
            uids.retain(|uid| stuck.get(uid).is_none_or(|tries| *tries < TRIES));
            for batch in uids.chunks(BATCH) {
                if *stop.borrow() {
                    break;
                }
                self.take_batch(&mut mailbox, batch, stuck).await?;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
        mailbox.close().await;
        Ok(())
    }

    async fn take_batch(&self, mailbox: &mut Mailbox, uids: &[u32], stuck: &mut Stuck) -> anyhow::Result<()> {
        let mut took = BounceImport::default();
        for uid in uids {
            let read = mailbox.read(*uid, BOUNCE_MOST).await;
            if read.is_err() {
                *stuck.entry(*uid).or_default() += 1;
            }
            if let Some(bytes) = read? {
                took = self.take_one(format!("message {uid}"), bytes, took).await?;
            }
        }
        mailbox.mark_seen(uids).await?;
        took.tell();
        Ok(())
    }

    /// One message, on record when this returns.
    pub(super) async fn take_one(
        &self,
        source: String,
        bytes: Vec<u8>,
        mut took: BounceImport,
    ) -> anyhow::Result<BounceImport> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || {
            let mut store = this.site.store_to_fill()?;
            this.take_in(&mut store, &source, &bytes, &mut took)?;
            Ok(took)
        })
        .await?
    }
}

/// Processes the mailbox's messages until `stop` turns true; does nothing without a mailbox.
pub async fn watch_mailbox(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    if site.config.bounces.imap.host.is_empty() {
        return;
    }
    let mut stuck = Stuck::new();
    while !*stop.borrow() {
        if let Err(error) = site.subscribers().follow_mailbox(&mut stuck, &mut stop).await {
            tracing::error!(error = format!("{error:#}"), "bounces wait");
            tokio::select! {
                () = tokio::time::sleep(LATER) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }
}
