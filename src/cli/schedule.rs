//! `digest schedule`: the runs to come, and the dates that are left out or added.

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};

use super::output::{json, line};
use super::{Exit, Format, Global};
use crate::config::{self, Dates};
use crate::model::Notice;
use crate::pipeline::{Site, Upcoming};

/// How many runs of each edition are shown.
const SHOWN: usize = 4;

#[derive(Args)]
pub struct Schedule {
    #[command(subcommand)]
    change: Option<Which>,
    /// How to print it
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Subcommand)]
enum Which {
    /// Leave a date out: the edition does not go out on it
    Skip(Change),
    /// Add a date: the edition goes out on it, too, at its usual time
    Extra(Change),
}

#[derive(Args)]
struct Change {
    /// The local date, such as 2026-12-23
    date: NaiveDate,
    /// The edition, a name under [editions] in config.toml
    edition: String,
    /// Take the date out of the list again
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
        // As the file stands now.
        let site = global.site()?;
        match self.format {
            Format::Json => json(&site.upcoming(SHOWN)?)?,
            Format::Table => print_upcoming(&site)?,
        }
        Ok(Exit::Done)
    }
}

impl Change {
    fn write(&self, global: &Global, site: &Site, list: Dates) -> anyhow::Result<()> {
        site.config.edition(&self.edition)?;
        let path = global.root().join(&global.config);
        let text = std::fs::read_to_string(&path)?;
        let changed = config::edit_dates(&text, &self.edition, list, self.date, !self.undo);
        let Some(changed) = changed.map_err(|wrong| wrong.at(&path, None))? else {
            return line(&format!("{} was so already", path.display()));
        };
        let part = path.with_extension("toml.part");
        std::fs::write(&part, changed)?;
        std::fs::rename(&part, &path)
            .map_err(|e| Notice::new(format!("cannot write the configuration: {e}")).at(&path, None))?;
        line(&format!("{} is changed; a digest serve that runs sees it within half a minute", path.display()))
    }
}

/// Prints the next runs of each edition.
pub fn print_upcoming(site: &Site) -> anyhow::Result<()> {
    let zone = site.config.publication.timezone;
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %d %b %Y %H:%M %Z").to_string();
    let mut last = String::new();
    for Upcoming { edition, at, state, .. } in site.upcoming(SHOWN)? {
        let name = if edition == last { "" } else { edition.as_str() };
        line(&format!("{name:<12} {}  {state}", local(at)))?;
        last = edition;
    }
    Ok(())
}
