//! `digest news add`: one item from a page.

use clap::Args;

use crate::cli::output::{json, line, report_notices};
use crate::cli::{Exit, Format, Global};
use crate::model::{Notice, Published};
use crate::pipeline::{PageWords, item_to_json};

#[derive(Args)]
pub struct Add {
    /// The page's address
    url: String,
    /// The headline, in place of the page's own
    #[arg(long)]
    title: Option<String>,
    /// Who says it, in place of the site's name
    #[arg(long)]
    source: Option<String>,
    /// When it appeared: a date, or a time with its zone
    #[arg(long, value_name = "DATE")]
    published: Option<String>,
    /// One to five sentences, in place of the page's description
    #[arg(long)]
    summary: Option<String>,
    /// From 0 to 10; without one the item has the base score of its source, where it has one
    #[arg(long)]
    score: Option<f64>,
    /// A topic; may be given several times
    #[arg(long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

impl Add {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        if self.score.is_some_and(|score| !(0.0..=10.0).contains(&score)) {
            return Err(Notice::new("--score must be a number from 0 to 10").into());
        }
        let read = |text: &String| {
            let expected = "--published must be a date such as 2026-11-25, or a date and time with its zone";
            Published::parse(text).ok_or_else(|| Notice::new(format!("{expected}, found `{text}`")))
        };
        let words = PageWords {
            published: self.published.as_ref().map(read).transpose()?,
            title: self.title,
            source: self.source,
            summary: self.summary,
            score: self.score,
            topics: self.topics,
        };
        let (item, merged) = global.site()?.content().add_page(&self.url, &words)?;
        report_notices(global, &merged.notices);
        if self.format == Format::Json {
            json(&item_to_json(&item))?;
            return Ok(Exit::Done);
        }
        let done = if merged.added > 0 { "added" } else { "known already" };
        line(&format!("{done}: \"{}\", {}, {}  {}", item.title, item.source, item.published, item.id))?;
        if !item.summary.is_empty() {
            line(&format!("  {}", item.summary))?;
        }
        Ok(Exit::Done)
    }
}
