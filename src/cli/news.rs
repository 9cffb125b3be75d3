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
    /// Add scored items from JSON, JSON Lines, CSV, RSS, Atom or JSON Feed files
    Import(Import),
    /// Add one item from a page: title, source, date and summary as the page says them
    Add(add::Add),
    /// Bring in what is new at the sources of config.toml
    Fetch(feeds::Fetch),
    /// Show how the sources do: last good fetch, last error, items a week, who is silent or suddenly loud
    Feeds(feeds::Feeds),
    /// Show the items in content/
    List(list::List),
    /// Give an item the editor's score, which wins over every other
    Score(list::Score),
    /// Show what editors dropped, banned, brought in and put first of each source, and the points that it gets for that
    Sources(Sources),
    /// Print the cues by which kinds of news are told; save them as cues.toml beside config.toml to make them your own
    Kinds,
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
        return line("no editor's act has taught anything yet: what nobody touched is no evidence");
    }
    line("points  source")?;
    for preference in preferences {
        let (mark, record) = (if preference.fixed { "*" } else { " " }, &preference.record);
        let learned = record.in_words().unwrap_or_else(|| match record.seen {
            0 => "nothing learned".to_owned(),
            n => format!("{} in edited issues, none of them touched", count(n, "item")),
        });
        line(&format!("{:>+6.2}{mark} {}: {learned}", preference.points, record.name))?;
    }
    line("")?;
    line("* set by [compose.sources] in config.toml; set any other there as well: \"NAME\" = 1.5")
}
