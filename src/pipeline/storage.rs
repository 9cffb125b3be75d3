//! The database as a whole: copying it to another place, and pruning old ledgers.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Site;
use crate::model::Notice;
use crate::store::{CopyError, Copying, OldSend, Place, StoreError};

/// The database as a whole. The view of [`Site`] for this subject.
pub struct Storage {
    pub(super) site: Site,
}

/// How a copy ended, unless it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyRun {
    /// Both databases are equal, and the new one can be used.
    Done { from: String, to: String },
    /// The limit on batches was reached; another run continues.
    Stopped,
}

impl Storage {
    /// Copies everything from one database to another, or continues an interrupted copy. Both are named by URLs as in `[store] url`. Calls
    /// `told` with each finished table and its number of rows. Stops after `limit` batches, if there is a limit.
    ///
    /// # Errors
    /// Another process is using one of the databases, the new one is not empty, or they differ at the end.
    pub fn copy(
        &self,
        from: &str,
        to: &str,
        limit: Option<u64>,
        told: impl FnMut(&'static str, u64) -> anyhow::Result<()>,
    ) -> anyhow::Result<CopyRun> {
        let (from, to) = (self.place("FROM", from)?, self.place("TO", to)?);
        let durability = self.site.config.store.durability;
        let copying = Copying::begin(&from, &to, durability, self.site.now())?;
        if !copying.run(limit, told)? {
            return Ok(CopyRun::Stopped);
        }
        copying.finish()?;
        Ok(CopyRun::Done { from: from.to_string(), to: to.to_string() })
    }

    /// Removes the ledgers of sends that finished longer ago than `keep`, and calls `told` with each; with `dry_run`, removes nothing.
    /// Returns the time before which they finished, and whether there were any.
    ///
    /// # Errors
    /// A send is running, or the database fails. Ledgers that were removed before that stay removed.
    pub fn prune(
        &self,
        keep: Duration,
        dry_run: bool,
        mut told: impl FnMut(&OldSend) -> anyhow::Result<()>,
    ) -> anyhow::Result<(DateTime<Utc>, bool)> {
        let long_ago = || Notice::new("no send is as old as that");
        let keep = TimeDelta::from_std(keep).map_err(|_| long_ago())?;
        let before = self.site.now().checked_sub_signed(keep).ok_or_else(long_ago)?;
        let Some(store) = self.site.store_to_read()? else { return Ok((before, false)) };
        let _sender = if dry_run { None } else { Some(store.lock_sender()?) };
        let old = store.sends().prunable(before)?;
        let groups = &self.site.config.delivery.smtp.per_domain;
        let groups: Vec<_> = groups.iter().map(|(name, group)| (name.as_str(), group.domains.as_slice())).collect();
        for send in &old {
            if !dry_run {
                store.sends().prune(send, &groups)?;
            }
            told(send)?;
        }
        if !dry_run && !old.is_empty() {
            store.sends().scrub()?;
        }
        Ok((before, !old.is_empty()))
    }

    /// The database that a URL names. The configured password is used for the configured URL only.
    fn place(&self, argument: &str, url: &str) -> anyhow::Result<Place> {
        let mut settings = self.site.config.store.clone();
        if settings.url != url {
            url.clone_into(&mut settings.url);
            settings.password.clear();
            settings.password_file.clear();
        }
        settings.place(&self.site.root).map_err(|error| match error {
            // Without the URL: it may hold a password.
            StoreError::Url(why) => Notice::new(format!("{argument} is not the URL of a database: {why}"))
                .help("write a URL such as sqlite:data/digest.db or postgres://USER@HOST/DATABASE")
                .into(),
            other => CopyError::from(other).into(),
        })
    }
}
