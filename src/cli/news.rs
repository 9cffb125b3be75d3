//! `digest news`: bring in, score and list news items.

mod add;
mod feeds;
mod list;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::import::Import;
use super::output::{count, json, line};
use super::{Exit, Format, Global};
use crate::pipeline::SourcePreference;

#[derive(Subcommand)]
pub enum News {
    /// Import items from JSON, JSON Lines, CSV, RSS, Atom or JSON Feed files
    Import(Import),
    /// Add one item from a web page
    Add(add::Add),
    /// Fetch new items from the feeds in config.toml
    Fetch(feeds::Fetch),
    /// Show the state of each feed: last fetch, last error, items a week
    Feeds(feeds::Feeds),
    /// List the items in content/
    List(list::List),
    /// Set an item's score by hand; it overrides all others
    Score(list::Score),
    /// Show what was learned from editors' changes, by source
    Sources(Sources),
    /// Print the rules that tell kinds of news apart; save them as cues.toml to change them
    Kinds,
}

#[derive(Args)]
pub struct Sources {
    /// Output format
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
            Self::Add(command) => command.run(global),
            Self::Fetch(command) => command.run(global),
            Self::Feeds(command) => command.run(global),
            Self::List(command) => command.run(global),
            Self::Score(command) => command.run(global),
            Self::Sources(command) => command.run(global),
            Self::Kinds => {
                line(global.site()?.cues_text()?.trim_end())?;
                Ok(Exit::Done)
            }
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
    let acts: serde_json::Map<String, Value> =
        record.acts.iter().map(|(act, n)| (act.as_str().to_owned(), json!(n))).collect();
    json!({"source": record.name, "seen": record.seen, "acts": acts, "points": points, "fixed": fixed})
}

fn table_of_sources(preferences: &[SourcePreference]) -> anyhow::Result<()> {
    if preferences.is_empty() {
        return line("nothing learned yet: editors have not changed any draft");
    }
    line("points  source")?;
    for preference in preferences {
        let (mark, record) = (if preference.fixed { "*" } else { " " }, &preference.record);
        let learned = record.in_words().unwrap_or_else(|| match record.seen {
            0 => "nothing learned".to_owned(),
            n => format!("{} in edited issues, none changed", count(n, "item")),
        });
        line(&format!("{:>+6.2}{mark} {}: {learned}", preference.points, record.name))?;
    }
    line("")?;
    line("* set by [compose.sources] in config.toml; set any other there as well: \"NAME\" = 1.5")
}
