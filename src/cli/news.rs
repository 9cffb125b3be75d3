//! `digest news`: bring in and list news items.

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::import::Import;
use super::output::{cut, json, line, report_notices};
use super::{Exit, Format, Global};
use crate::model::Item;
use crate::pipeline::{Lesson, Site, item_to_json};

#[derive(Subcommand)]
pub enum News {
    /// Add scored items from JSON, JSON Lines, CSV, RSS, Atom or JSON Feed files
    Import(Import),
    /// Show the items in content/, newest first
    List(List),
    /// Show how often past issues took each source's items, and the points that it gets for that
    Sources(Sources),
}

#[derive(Args)]
pub struct List {
    /// Only items that this edition's minimum score lets in
    #[arg(long, value_name = "EDITION")]
    edition: Option<String>,
    /// Only items published on this day or later
    #[arg(long, value_name = "DATE")]
    since: Option<NaiveDate>,
    /// How to print the items
    #[arg(long, default_value = "table")]
    format: Format,
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
                let imported = site.import_news(&command.paths(global), command.as_of(&site))?;
                command.print(global, &imported)
            }
            Self::List(command) => command.run(global),
            Self::Sources(command) => command.run(global),
        }
    }
}

impl List {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let content = site.content()?;
        report_notices(global, &content.notices);
        let zone = site.config.publication.timezone;
        let least = self.edition.as_deref().map(|name| site.config.edition(name)).transpose()?.map(|e| e.min_score);
        let wanted = |item: &&Item| {
            let late = self.since.is_none_or(|since| item.published.day(zone) >= since);
            let good = least.is_none_or(|least| site.effective_score(item).is_some_and(|score| score >= least));
            late && good
        };
        let mut items: Vec<&Item> = content.items.iter().filter(wanted).collect();
        items.sort_by(|a, b| b.published.latest(zone).cmp(&a.published.latest(zone)).then(a.id.cmp(&b.id)));
        if self.format == Format::Json {
            json(&items.iter().map(|item| with_effective_score(&site, item)).collect::<Vec<_>>())?;
            return Ok(Exit::Done);
        }
        for item in items {
            let score = site.effective_score(item).map_or("–".to_owned(), |score| score.to_string());
            let (day, source) = (item.published.day(zone), cut(&item.source, 20));
            line(&format!("{day}  {score:>4}  {source:<20}  {}", cut(&item.title, 72)))?;
        }
        Ok(Exit::Done)
    }
}

fn with_effective_score(site: &Site, item: &Item) -> Value {
    let mut value = item_to_json(item);
    let effective = site.effective_score(item);
    if effective != item.score
        && let (Some(score), Some(fields)) = (effective, value.as_object_mut())
    {
        fields.insert("effective_score".into(), json!(score));
    }
    value
}

impl Sources {
    fn run(&self, global: &Global) -> anyhow::Result<Exit> {
        let lessons = global.site()?.lessons()?;
        match self.format {
            Format::Json => json(&lessons.iter().map(lesson).collect::<Value>())?,
            Format::Table => table_of_sources(&lessons)?,
        }
        Ok(Exit::Done)
    }
}

fn lesson(lesson: &Lesson) -> Value {
    let Lesson { habit, points, fixed } = lesson;
    json!({"source": habit.name, "seen": habit.seen, "taken": habit.taken, "points": points, "fixed": fixed})
}

fn table_of_sources(lessons: &[Lesson]) -> anyhow::Result<()> {
    if lessons.is_empty() {
        return line("no past issue has taught anything yet");
    }
    line("points  taken of seen  source")?;
    for lesson in lessons {
        let (mark, habit) = (if lesson.fixed { "*" } else { " " }, &lesson.habit);
        line(&format!("{:>+6.2}{mark} {:>5} of {:<5}  {}", lesson.points, habit.taken, habit.seen, habit.name))?;
    }
    line("")?;
    line("* set by [compose.sources] in config.toml; set any other there as well: \"NAME\" = 1.5")
}
