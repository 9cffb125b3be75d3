//! `digest news list` and `digest news score`: what is in content/, sorted and filtered, with scores and where they come from.

use std::cmp::Ordering;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::output::{count, cut, json, line, pad, report_notices, room};
use crate::cli::{Exit, Format, Global, day};
use crate::model::{Item, Notice, topic_key};
use crate::pipeline::{Scored, Site, item_to_json};

#[derive(Args)]
pub struct List {
    /// Only items that reach this edition's minimum score
    #[arg(long, value_name = "EDITION")]
    edition: Option<String>,
    /// Only items published on or after this day
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<NaiveDate>,
    /// Only items of this source
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Only items with this topic
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Only items with at least this score
    #[arg(long, value_name = "SCORE")]
    min_score: Option<f64>,
    /// Sort order
    #[arg(long, value_name = "BY", default_value = "date")]
    sort: Sort,
    /// Also show each item's id and how its score was calculated
    #[arg(long)]
    why: bool,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// Newest first
    Date,
    /// Best first
    Score,
    /// By source, then newest first
    Source,
}

#[derive(Args)]
pub struct Score {
    /// The item's id, as `digest news list --why` shows it
    #[arg(value_name = "ID")]
    id: String,
    /// From 0 to 10; leave it out to remove your score
    #[arg(value_name = "SCORE", value_parser = score)]
    value: Option<f64>,
    /// Your reason, shown by `list --why`
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
}

fn score(text: &str) -> Result<f64, String> {
    let score = text.parse::<f64>().ok().filter(|score| (0.0..=10.0).contains(score));
    score.ok_or_else(|| "a score is a number from 0 to 10".into())
}

impl List {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let content = site.content().load()?;
        report_notices(global, &content.notices);
        let scores = site.config.scores();
        let least = self.edition.as_deref().map(|name| site.config.edition(name)).transpose()?.map(|e| e.min_score);
        let scored = content.items.iter().map(|item| (item, scores.of(item)));
        let mut items: Vec<(&Item, Scored)> =
            scored.filter(|(item, scored)| self.wants(&site, item, scored, least)).collect();
        let zone = site.config.publication.timezone;
        items.sort_by(|(a, of_a), (b, of_b)| {
            let newest = || b.published.latest(zone).cmp(&a.published.latest(zone)).then(a.id.cmp(&b.id));
            let first = match self.sort {
                Sort::Date => Ordering::Equal,
                Sort::Score => of_b.value.unwrap_or(-1.0).total_cmp(&of_a.value.unwrap_or(-1.0)),
                Sort::Source => a.source.to_lowercase().cmp(&b.source.to_lowercase()),
            };
            first.then_with(newest)
        });
        if self.format == Format::Json {
            json(&items.iter().map(|(item, scored)| with_score(item, scored)).collect::<Vec<_>>())?;
            return Ok(Exit::Done);
        }
        if items.is_empty() && self.format == Format::Table {
            let notice = match content.items.len() {
                0 => Notice::new("there is no news yet")
                    .help("get news with `digest news fetch` or `digest news import`"),
                n => Notice::new(format!("none of the {} matches", count(n, "item"))),
            };
            report_notices(global, &[notice]);
        }
        // After day, score and source.
        let titles = room(40);
        let (cues, sources) = (site.cues()?, site.config.sources());
        for (item, scored) in items {
            let score = scored.value.map_or("–".to_owned(), |score| score.to_string());
            let (day, source) = (item.published.day(zone), pad(&item.source, 20));
            line(&format!("{day}  {score:>4}  {source}  {}", cut(&item.title, titles)))?;
            if self.why {
                // In full: `news score` takes it as its argument.
                line(&format!("                  {:<20}  {}", item.id, scored.why))?;
                let kind = site.config.compose.kind(cues.get(), &sources, item, scored.value.unwrap_or_default()).1;
                if !kind.is_empty() {
                    line(&format!("                  {:<20}  {kind}", ""))?;
                }
            }
        }
        Ok(Exit::Done)
    }

    fn wants(&self, site: &Site, item: &Item, scored: &Scored, least: Option<f64>) -> bool {
        let late = self.since.is_none_or(|since| item.published.day(site.config.publication.timezone) >= since);
        let of_source = self.source.as_ref().is_none_or(|source| item.source.to_lowercase() == source.to_lowercase());
        let on_topic = self
            .topic
            .as_ref()
            .is_none_or(|topic| item.topics.iter().any(|known| topic_key(known) == topic_key(topic)));
        let least = [least, self.min_score].into_iter().flatten().fold(f64::NEG_INFINITY, f64::max);
        late && of_source && on_topic && scored.value.unwrap_or(f64::NEG_INFINITY) >= least
    }
}

fn with_score(item: &Item, scored: &Scored) -> Value {
    let mut value = item_to_json(item);
    if let Some(fields) = value.as_object_mut() {
        if scored.value != item.score
            && let Some(score) = scored.value
        {
            fields.insert("effective_score".into(), json!(score));
        }
        fields.insert("score_why".into(), json!(scored.why));
    }
    value
}

impl Score {
    pub fn run(&self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let item = site.content().score_item(&self.id, self.value, &self.why)?;
        let before = site.config.scores().of(&item);
        let was = before.value.map_or("none".to_owned(), |score| score.to_string());
        match self.value {
            Some(score) => {
                line(&format!("{}: set to {score} by hand; it was {was} ({})", cut(&item.title, 72), before.why))?;
            }
            None => line(&format!("{}: your score is removed", cut(&item.title, 72)))?,
        }
        Ok(Exit::Done)
    }
}
