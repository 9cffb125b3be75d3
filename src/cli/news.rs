//! `digest news`: bring in, score and list news items.

mod feeds;
mod list;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::import::Import;
use super::output::{json, line};
use super::{Exit, Format, Global};
use crate::pipeline::SourcePreference;

#[derive(Subcommand)]
pub enum News {
    /// Add scored items from JSON, JSON Lines, CSV, RSS, Atom or JSON Feed files
    Import(Import),
    /// Bring in what is new at the sources of config.toml
    Fetch(feeds::Fetch),
    /// Show how the sources do: last good fetch, last error, items a week, who is silent or suddenly loud
    Feeds(feeds::Feeds),
    /// Show the items in content/
    List(list::List),
    /// Give an item the editor's score, which wins over every other
    Score(list::Score),
    /// Show how often past issues took each source's items, and the points that it gets for that
    Sources(Sources),
}

#[derive(Args)]
pub struct Sources {
    /// How to print the sources
    #[arg(long, default_value = "table")]
    format: Format,
}

impl News {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Import(command) => {
                let site = global.site()?;
                let imported = site.content().import_news(&command.paths(global), command.as_of(&site))?;
                command.print(global, &imported)
            }
            Self::Fetch(command) => command.run(global),
            Self::Feeds(command) => command.run(global),
            Self::List(command) => command.run(global),
            Self::Score(command) => command.run(global),
            Self::Sources(command) => command.run(global),
        }
    }
}

impl Sources {
    fn run(&self, global: &Global) -> anyhow::Result<Exit> {
        let lessons = global.site()?.content().preferences()?;
        match self.format {
            Format::Json => json(&lessons.iter().map(preference).collect::<Value>())?,
            Format::Table => table_of_sources(&lessons)?,
        }
        Ok(Exit::Done)
    }
}

fn preference(preference: &SourcePreference) -> Value {
    let SourcePreference { record, points, fixed } = preference;
    json!({"source": record.name, "seen": record.seen, "taken": record.taken, "points": points, "fixed": fixed})
}

fn table_of_sources(lessons: &[SourcePreference]) -> anyhow::Result<()> {
    if lessons.is_empty() {
        return line("no past issue has taught anything yet");
    }
    line("points  taken of seen  source")?;
    for preference in lessons {
        let (mark, record) = (if preference.fixed { "*" } else { " " }, &preference.record);
        line(&format!("{:>+6.2}{mark} {:>5} of {:<5}  {}", preference.points, record.taken, record.seen, record.name))?;
    }
    line("")?;
    line("* set by [compose.sources] in config.toml; set any other there as well: \"NAME\" = 1.5")
}
