//! `[[feeds]]`: the settings of a source. Knows no feed's content.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::model::duration;

/// A source of news.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// The source's name, as its items carry it.
    pub name: String,
    /// Where its feed is; http or https.
    #[serde(default)]
    pub url: String,
    /// In place of a feed: a program and its arguments, which prints items as JSON Lines.
    #[serde(default)]
    pub command: Vec<String>,
    /// The score of its items that bring none, 0 to 10.
    #[serde(default)]
    pub base_score: Option<f64>,
    /// Whether the source announces its own work; of several items about one story its own is shown.
    #[serde(default)]
    pub primary: bool,
    /// Topics that all its items have.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Points, from -10 to 10, for words in the title, topics or summary of its items that bring no score.
    #[serde(default)]
    pub words: BTreeMap<String, f64>,
    /// How long the fetch or the program may take in all. Default 30 seconds.
    #[serde(default = "patience", with = "duration")]
    pub patience: Duration,
    /// Most items taken in one fetch, newest first. Default and maximum 1,000.
    #[serde(default = "most")]
    pub most: usize,
}

/// Where a source's items come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// A feed, at this address.
    Web(&'a str),
    /// A program with its arguments, which prints items as JSON Lines.
    Program(&'a [String]),
    /// Nothing is fetched: `[[feeds]]` only describes items that are imported.
    Imported,
}

impl Feed {
    /// Where its items come from; a program before an address, which config.toml may not give both.
    pub fn source(&self) -> Source<'_> {
        match (self.command.as_slice(), self.url.as_str()) {
            ([], "") => Source::Imported,
            ([], url) => Source::Web(url),
            (command, _) => Source::Program(command),
        }
    }
}

fn patience() -> Duration {
    Duration::from_secs(30)
}

fn most() -> usize {
    super::ENTRIES
}
