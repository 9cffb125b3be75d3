//! `digest news fetch` and `digest news feeds`: fetch the sources of config.toml, and show their state.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde_json::{Value, json};

use crate::cli::output::{count, json, line, local, pad, report_notices};
use crate::cli::{Exit, Format, Global};
use crate::pipeline::{FetchedSource, Fetching, Outcome, SourceHealth};

#[derive(Args)]
pub struct Fetch {
    /// Only these feeds, by name
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Args)]
pub struct Feeds {
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

impl Fetch {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let fetching = site.content().fetch(&self.sources, rand::random::<f64>)?;
        report_notices(global, &fetching.notices);
        for source in &fetching.sources {
            report_notices(global, &source.notices);
        }
        report_notices(global, &fetching.news.notices);
        match self.format {
            Format::Json => json(&as_json(&fetching))?,
            Format::Table => table(&fetching, site.config.publication.timezone)?,
        }
        // A broken feed is reported; the fetch has failed only if all feeds are broken.
        let failed = |source: &FetchedSource| matches!(source.outcome, Outcome::Failed(_));
        Ok(if fetching.sources.iter().all(failed) { Exit::Found } else { Exit::Done })
    }
}

fn table(fetching: &Fetching, zone: Tz) -> anyhow::Result<()> {
    for source in &fetching.sources {
        let told = match &source.outcome {
            Outcome::Read { entries, items, changed, .. } if entries == items => {
                format!("{changed} new or changed of {}", count(*entries, "item"))
            }
            Outcome::Read { entries, items, changed, old, doubted } => {
                let left_out = [(old, "too old"), (doubted, "dated in the future")];
                let left_out = left_out.iter().filter(|(n, _)| **n > 0).map(|(n, why)| format!(", {n} {why}"));
                let left_out: String = left_out.collect();
                format!("{changed} new or changed, {items} taken of {}{left_out}", count(*entries, "item"))
            }
            Outcome::Unchanged => "nothing new".into(),
            Outcome::Waits(until) => left_alone(*until, zone),
            Outcome::Failed(why) => match source.waits_until {
                Some(until) => format!("failed: {why}; {}", left_alone(until, zone)),
                None => format!("failed: {why}"),
            },
        };
        line(&format!("{}  {told}", pad(&source.name, 24)))?;
    }
    let failed = fetching.sources.iter().filter(|source| matches!(source.outcome, Outcome::Failed(_))).count();
    let (sources, news) = (count(fetching.sources.len(), "source"), &fetching.news);
    line(&format!("{sources}, {failed} failed; {} added, {} updated", count(news.added, "item"), news.updated))
}

fn as_json(fetching: &Fetching) -> Value {
    let source = |source: &FetchedSource| {
        let mut told =
            json!({"name": source.name, "notices": source.notices.iter().map(ToString::to_string).collect::<Vec<_>>()});
        let more = match &source.outcome {
            Outcome::Read { entries, items, changed, old, doubted } => {
                json!({"state": "read", "entries": entries, "items": items, "changed": changed, "old": old, "doubted": doubted})
            }
            Outcome::Unchanged => json!({"state": "unchanged"}),
            Outcome::Waits(until) => json!({"state": "waits", "until": until}),
            Outcome::Failed(why) => json!({"state": "failed", "error": why, "waits_until": source.waits_until}),
        };
        if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
            told.extend(more);
        }
        told
    };
    let news = &fetching.news;
    json!({"sources": fetching.sources.iter().map(source).collect::<Vec<_>>(), "added": news.added, "updated": news.updated, "files": news.files})
}

impl Feeds {
    pub fn run(&self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let zone = site.config.publication.timezone;
        let sources = site.content().feed_health();
        if self.format == Format::Json {
            json(&sources.iter().map(health).collect::<Vec<_>>())?;
            return Ok(Exit::Done);
        }
        if sources.is_empty() {
            line("config.toml has no feed to fetch; add [[feeds]] with a `name` and a `url`")?;
            return Ok(Exit::Done);
        }
        line("last good fetch             a week  last item   source")?;
        for source in &sources {
            let good = source.health.good.map_or("never".to_owned(), |good| local(good, zone));
            let last = source.pulse.last.map_or("–".to_owned(), |last| last.to_string());
            line(&format!("{good:<26}  {:>6.1}  {last:<10}  {}", source.pulse.a_week, source.name))?;
            if let Some(error) = &source.health.error {
                line(&format!("{:<48}failed {}: {error}", "", times(source.health.failures)))?;
            }
            if let Some(until) = source.waits_until {
                line(&format!("{:<48}{}", "", left_alone(until, zone)))?;
            }
        }
        for source in &sources {
            report_notices(global, &source.notices);
        }
        Ok(Exit::Done)
    }
}

/// What `Retry-After` asked for.
fn left_alone(until: DateTime<Utc>, zone: Tz) -> String {
    format!("asked us to wait until {}", local(until, zone))
}

fn times(failures: u32) -> String {
    if failures == 1 { "once".into() } else { format!("{failures} times in a row") }
}

fn health(source: &SourceHealth) -> Value {
    let (health, pulse) = (&source.health, &source.pulse);
    json!({
        "name": source.name,
        "of": health.of,
        "moved": health.moved,
        "tried": health.tried,
        "good": health.good,
        "error": health.error,
        "failures": health.failures,
        "waits_until": source.waits_until,
        "items_a_week": pulse.a_week,
        "last_item": pulse.last,
        "silent_since": pulse.silent_since,
        "loud": pulse.loud,
        "notices": source.notices.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
