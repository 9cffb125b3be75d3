//! `digest store`: the database as a whole.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::output::{count, line, local};
use super::{Exit, Global};
use crate::model::duration;
use crate::pipeline::CopyRun;

#[derive(Subcommand)]
pub enum Store {
    /// Copy everything to another database; run it again to continue an interrupted copy
    Copy(Copy),
    /// Remove the recipients of old issues; status and reports stay the same
    Prune(Prune),
}

#[derive(Args)]
pub struct Copy {
    /// The database to copy, such as sqlite:data/digest.db
    from: String,
    /// An empty database, such as `postgres://USER@HOST/DATABASE`; an SQLite file is created
    to: String,
    /// Stop after this many batches
    #[arg(long, hide = true)]
    stop_after: Option<u64>,
}

#[derive(Args)]
pub struct Prune {
    /// How long to keep recipients after the end of a send, such as 2y or 18months
    #[arg(long, value_name = "AGE", value_parser = age)]
    keep: Duration,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
}

/// Parses an age as it was typed.
fn age(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|_| "write a number and a unit, such as 2y, 18months or 90d".to_owned())
}

impl Store {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Copy(copy) => copy.run(global),
            Self::Prune(prune) => prune.run(global),
        }
    }
}

impl Copy {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let storage = global.site()?.storage();
        let told = |table: &'static str, rows: u64| line(&format!("{table:<16} {rows:>9}"));
        match storage.copy(&self.from, &self.to, self.stop_after, told)? {
            CopyRun::Stopped => {
                line("stopped before the end; run it again to continue")?;
                Ok(Exit::Later)
            }
            CopyRun::Done { from, to } => {
                line(&format!("{to} now has every row of {from}"))?;
                line("next: set `[store] url` in config.toml to the URL of the new database, and run `digest doctor`")?;
                line(&format!("keep {from} until the first send from the new database, but do not use it any more"))?;
                Ok(Exit::Done)
            }
        }
    }
}

impl Prune {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let would = if self.dry_run { "would remove" } else { "removed" };
        let (before, any) = site.storage().prune(self.keep, self.dry_run, |send| {
            let recipients = count(usize::try_from(send.recipients).unwrap_or(usize::MAX), "recipient");
            line(&format!("{}: {would} {recipients}; the figures are kept", send.issue))
        })?;
        if !any {
            let before = local(before, site.config.publication.timezone);
            line(&format!("nothing to remove: no send finished before {before}"))?;
        }
        Ok(Exit::Done)
    }
}
