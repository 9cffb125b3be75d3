//! `digest schedule`: upcoming runs, and skipped or added dates.

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::output::{json, line, local, report_notices};
use super::{Exit, Format, Global, day};
use crate::config::Dates;
use crate::model::Notice;
use crate::pipeline::{Site, Upcoming};

/// How many runs of each edition are shown.
const SHOWN: usize = 4;

#[derive(Args)]
pub struct Schedule {
    #[command(subcommand)]
    change: Option<Which>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Subcommand)]
enum Which {
    /// Skip a date
    Skip(Change),
    /// Add a date, at the edition's usual time
    Extra(Change),
}

#[derive(Args)]
struct Change {
    /// The local date, such as 2026-12-23
    #[arg(value_parser = day)]
    date: NaiveDate,
    /// The edition's name, as under [editions] in config.toml
    edition: String,
    /// Undo it
    #[arg(long)]
    undo: bool,
}

impl Schedule {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        match self.change {
            Some(Which::Skip(change)) => change.write(global, &site, Dates::Skip)?,
            Some(Which::Extra(change)) => change.write(global, &site, Dates::Extra)?,
            None => {}
        }
        // As the file is now.
        let site = global.site()?;
        match self.format {
            Format::Json => json(&site.delivery().upcoming(SHOWN)?)?,
            Format::Table => print_upcoming(&site)?,
        }
        Ok(Exit::Done)
    }
}

impl Change {
    fn write(&self, global: &Global, site: &Site, list: Dates) -> anyhow::Result<()> {
        let path = global.root().join(&global.config);
        let told = if site.drafts().change_date(&path, &self.edition, list, self.date, !self.undo)? {
            "changed; a running `digest serve` notices within five seconds"
        } else {
            "was so already"
        };
        report_notices(global, &[Notice::new(format!("{} {told}", path.display()))]);
        Ok(())
    }
}

/// Prints the next runs of each edition, and its skipped dates.
pub fn print_upcoming(site: &Site) -> anyhow::Result<()> {
    let zone = site.config.publication.timezone;
    let upcoming = site.delivery().upcoming(SHOWN)?;
    for (name, edition) in &site.config.editions {
        let runs = upcoming.iter().filter(|run| run.edition == *name);
        for (at, Upcoming { at: time, state, .. }) in runs.enumerate() {
            let name = if at == 0 { name.as_str() } else { "" };
            line(&format!("{name:<12} {}  {state}", local(*time, zone)))?;
        }
        let today = site.now().with_timezone(&zone).date_naive();
        for date in edition.skip.iter().filter(|date| **date >= today) {
            line(&format!("{:<12} {}  left out", "", date.format("%a %d %b %Y")))?;
        }
    }
    Ok(())
}
