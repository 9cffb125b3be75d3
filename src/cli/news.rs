//! `digest news`: bring in and list news items.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{count, cut, json, line, report_notices};
use super::{Exit, Format, Global};
use crate::model::Item;
use crate::pipeline::{Imported, Merged, Site, item_to_json};

#[derive(Subcommand)]
pub enum News {
    /// Add scored items from JSON, JSON Lines or CSV files
    Import(Import),
    /// Show the items in content/, newest first
    List(List),
}

#[derive(Args)]
pub struct Import {
    /// The files; `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The day that relative ages count from
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// How to print the result
    #[arg(long, default_value = "table")]
    format: Format,
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

impl News {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Import(command) => command.run(global),
            Self::List(command) => command.run(global),
        }
    }
}

impl Import {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let paths: Vec<PathBuf> = self.paths.iter().map(|path| global.path(path)).collect();
        // News files carry dates of their own; only a guide page's ages are relative.
        let _ = self.as_of;
        print_import(global, self.format, &site.import_news(&paths)?)
    }
}

/// Midnight UTC of `--as-of`, or now.
pub fn as_of(site: &Site, day: Option<NaiveDate>) -> DateTime<Utc> {
    day.map_or_else(|| site.now(), |day| day.and_time(chrono::NaiveTime::MIN).and_utc())
}

/// Prints what an import did to content/.
pub fn print_import(global: &Global, format: Format, imported: &Imported) -> anyhow::Result<Exit> {
    report_notices(global, &imported.notices);
    let kinds = [("news", "item", &imported.news), ("guides", "guide", &imported.guides)];
    for (_, _, merged) in &kinds {
        report_notices(global, merged.as_ref().map_or(&[], |merged| &merged.notices));
    }
    if format == Format::Json {
        let told = |merged: &Merged| json!({"added": merged.added, "updated": merged.updated, "unchanged": merged.unchanged, "files": merged.files});
        let all: serde_json::Map<String, Value> =
            kinds.iter().filter_map(|(key, _, merged)| Some(((*key).to_owned(), told(merged.as_ref()?)))).collect();
        json(&all)?;
        return Ok(Exit::Done);
    }
    for (_, noun, merged) in kinds {
        if let Some(merged) = merged {
            let (added, updated, unchanged) = (merged.added, merged.updated, merged.unchanged);
            line(&format!("{} added, {updated} updated, {unchanged} unchanged", count(added, noun)))?;
        }
    }
    Ok(Exit::Done)
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
