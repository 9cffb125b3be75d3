//! What `digest news import` and `digest guides import` share: their arguments, and how the result is printed.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use super::output::{count, json, line, report_notices};
use super::{Exit, Format, Global, day};
use crate::model::Notices;
use crate::pipeline::{Imported, Merged, Site};

#[derive(Args)]
pub struct Import {
    /// The files; `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The day from which relative ages ("2d ago") and undated feed items count; today by default
    #[arg(long, value_name = "DATE", value_parser = day)]
    as_of: Option<NaiveDate>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

impl Import {
    /// The files, below the publication that the flags name.
    pub fn paths(&self, global: &Global) -> Vec<PathBuf> {
        self.paths.iter().map(|path| global.path(path)).collect()
    }

    /// Midnight UTC of `--as-of`, or now.
    pub fn as_of(&self, site: &Site) -> DateTime<Utc> {
        self.as_of.map_or_else(|| site.now(), |day| day.and_time(NaiveTime::MIN).and_utc())
    }

    /// Prints what the import did to content/.
    pub fn print(&self, global: &Global, imported: &Imported) -> anyhow::Result<Exit> {
        report_notices(global, &imported.notices);
        let kinds = [("news", "item", &imported.news), ("guides", "guide", &imported.guides)];
        for (_, _, merged) in &kinds {
            report_notices(global, merged.as_ref().map_or(&[], |merged| &merged.notices));
        }
        if self.format == Format::Json {
            let told = |merged: &Merged| json!({"added": merged.added, "updated": merged.updated, "unchanged": merged.unchanged, "files": merged.files});
            let all: serde_json::Map<String, Value> =
                kinds.iter().filter_map(|(key, _, merged)| Some(((*key).to_owned(), told(merged.as_ref()?)))).collect();
            json(&all)?;
            return outcome(imported);
        }
        for (_, noun, merged) in kinds {
            if let Some(merged) = merged {
                let (added, updated, unchanged) = (merged.added, merged.updated, merged.unchanged);
                line(&format!("{} added, {updated} updated, {unchanged} unchanged", count(added, noun)))?;
            }
        }
        outcome(imported)
    }
}

/// An error with the reasons why files were refused, if any: the command then fails, though the other files are in.
fn outcome(imported: &Imported) -> anyhow::Result<Exit> {
    if imported.mistakes.is_empty() { Ok(Exit::Done) } else { Err(Notices(imported.mistakes.clone()).into()) }
}
