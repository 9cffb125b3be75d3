//! What is kept of each source between two fetches, in data/feeds.json: its validators, its health, and which items it has shown.
//! Losing it costs one full fetch and nothing else, so it is in a separate file and not in the store. Knows no clock.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Dated, Fed};
use crate::model::{Item, Notice, Notices, Published};
use crate::sources::news::{day, item_to_json};
use crate::sources::store::disk;

/// Items that a feed no longer shows are remembered for this many days, since some feeds rotate their items.
const REMEMBERED: i64 = 90;
/// How many days of arrivals are kept.
pub(super) const DAYS: i64 = 70;

/// What is kept of all sources, by their names.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    #[serde(default)]
    pub feeds: BTreeMap<String, Health>,
}

/// What is kept of one source. All times are those of fetches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// The address, or the program, that all this is about.
    pub of: String,
    /// Its new address after a permanent redirect.
    pub moved: Option<String>,
    pub etag: Option<String>,
    pub modified: Option<String>,
    /// The last fetch, and the last good one.
    pub tried: Option<DateTime<Utc>>,
    pub good: Option<DateTime<Utc>>,
    /// Why the last fetch failed; `None` when it did not.
    pub error: Option<String>,
    /// How many fetches in a row have failed.
    pub failures: u32,
    /// The source asked not to be fetched before this.
    pub not_before: Option<DateTime<Utc>>,
    /// How many items appeared, by day.
    pub days: BTreeMap<NaiveDate, u32>,
    pub items: BTreeMap<String, Shown>,
}

/// An item that a source has shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// When it was first seen.
    pub first: DateTime<Utc>,
    /// When it was last seen.
    pub last: DateTime<Utc>,
    /// 8 bytes of a hash of what the source says of it, in hex.
    pub print: String,
    /// The date that an undated item got then, and keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
    /// Its source dates it far ahead, and showed it in the first reading already: nobody knows how old it is, so it is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubted: bool,
}

/// Holds the memory against other fetches until it is dropped.
pub struct Held {
    pub memory: Memory,
    file: PathBuf,
    _lock: File,
}

impl Memory {
    /// Reads the memory to look at it; one that is missing or damaged is empty.
    pub fn read(file: &Path) -> Self {
        std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Reads the memory to change it. A damaged file is moved aside and reported.
    ///
    /// # Errors
    /// Another fetch holds it, or the folder cannot be written.
    pub fn hold(file: &Path) -> Result<(Held, Vec<Notice>), Notices> {
        let dir = file.parent().unwrap_or(Path::new("."));
        let unwritable =
            |error: std::io::Error| Notices::from(Notice::new(format!("cannot be written: {error}")).at(dir, None));
        std::fs::create_dir_all(dir).map_err(unwritable)?;
        let lock = File::create(dir.join(".feeds.lock")).map_err(unwritable)?;
        if lock.try_lock().is_err() {
            let notice = Notice::new("another fetch is under way")
                .help("wait until it ends; `digest serve` also fetches by itself");
            return Err(notice.into());
        }
        let mut notices = Vec::new();
        let mut memory = Self::default();
        if let Ok(bytes) = std::fs::read(file) {
            memory = serde_json::from_slice(&bytes).unwrap_or_else(|why| {
                let aside = file.with_extension("json.damaged");
                let _ = std::fs::rename(file, &aside);
                let message = format!("is damaged ({why}) and was put aside as {}", aside.display());
                notices.push(
                    Notice::new(message).at(file, None).help("only the times when items were first seen are lost"),
                );
                Self::default()
            });
        }
        Ok((Held { memory, file: file.to_path_buf(), _lock: lock }, notices))
    }
}

impl Held {
    /// Writes the memory whole.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save(&self) -> Result<(), Notices> {
        let mut bytes = serde_json::to_vec_pretty(&self.memory).map_err(|why| Notice::new(why.to_string()))?;
        bytes.push(b'\n');
        disk::replace(&self.file, &bytes)
    }
}

impl Health {
    /// The same, or a fresh one if the source's address is another than the one remembered.
    #[must_use]
    pub fn about(self, of: &str) -> Self {
        if self.of == of {
            self
        } else {
            Self { of: of.to_owned(), items: self.items, days: self.days, ..Self::default() }
        }
    }

    /// Records what a fetch at `now` brought; returns the items that are new or that the source changed.
    /// An undated item keeps the time at which it was first seen. One whose date is doubted counts from then, too, unless that was the
    /// first reading of the source.
    pub fn take(&mut self, fed: Vec<Fed>, now: DateTime<Utc>) -> Vec<Item> {
        let mut changed = Vec::new();
        let mut told = HashSet::new();
        let is_first = self.items.is_empty();
        for Fed { mut item, dated } in fed {
            // Some feeds list one address twice; the first telling, which is the newest, stands.
            if !told.insert(item.id.clone()) {
                continue;
            }
            let known = self.items.get(&item.id);
            let undated = dated != Dated::Itself;
            let doubted = dated == Dated::Doubted && known.map_or(is_first, |known| known.doubted);
            if let (true, Some(known)) = (undated, known) {
                let dated = known.dated.as_deref().and_then(Published::parse);
                item.published = dated.unwrap_or(Published::At(known.first.fixed_offset()));
            }
            let dated = undated.then(|| item.published.to_string());
            let print = print(&item);
            let same = known.is_some_and(|known| known.print == print);
            let first = known.map_or(now, |known| known.first);
            if known.is_none() && !doubted {
                *self.days.entry(day(item.published)).or_default() += 1;
            }
            self.items.insert(item.id.clone(), Shown { first, last: now, print, dated, doubted });
            if !same && !doubted {
                changed.push(item);
            }
        }
        self.items.retain(|_, shown| shown.last > now - TimeDelta::days(REMEMBERED));
        self.days.retain(|day, _| *day > now.date_naive() - TimeDelta::days(DAYS));
        changed
    }
}

fn print(item: &Item) -> String {
    let digest = Sha256::digest(item_to_json(item).to_string().as_bytes());
    data_encoding::HEXLOWER.encode(digest.get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(id: &str, title: &str, date: &str, dated: Dated) -> Fed {
        let published = Published::parse(date).unwrap();
        let (source, topics, guides) = ("Wire".into(), Vec::new(), Vec::new());
        let (score, url, summary, extra) = (None, None, String::new(), serde_json::Map::new());
        let format = crate::model::TextFormat::Text;
        let item = Item {
            id: id.into(),
            title: title.into(),
            source,
            published,
            score,
            url,
            summary,
            format,
            topics,
            guides,
            extra,
        };
        Fed { item, dated }
    }

    #[test]
    fn only_what_is_new_or_told_otherwise_is_handed_on() {
        let mut health = Health::default();
        let now = |hour: i64| DateTime::from_timestamp(1_795_500_000 + hour * 3_600, 0).unwrap();
        let titles = |items: Vec<Item>| {
            items.into_iter().map(|item| format!("{} {}", item.title, item.published)).collect::<Vec<_>>()
        };
        let (a, b) = (fed("a", "A", "2026-11-20", Dated::Itself), fed("b", "B", "2026-11-21T00:00:00Z", Dated::Not));
        assert_eq!(
            titles(health.take(vec![a.clone(), b, fed("a", "Again", "2026-11-20", Dated::Itself)], now(0))),
            ["A 2026-11-20", "B 2026-11-21T00:00:00Z"]
        );
        let later = fed("b", "B", "2026-11-22T09:00:00Z", Dated::Not);
        assert_eq!(titles(health.take(vec![a, later], now(1))), [""; 0], "an undated item keeps its first date");
        let other = fed("b", "B, corrected", "2026-11-23T09:00:00Z", Dated::Not);
        assert_eq!(titles(health.take(vec![other], now(2))), ["B, corrected 2026-11-21T00:00:00Z"]);
        assert_eq!(health.days.values().sum::<u32>(), 2, "each item counts once");
        health.take(Vec::new(), now(24 * 91));
        assert!(health.items.is_empty() && health.days.is_empty(), "nothing is kept for ever");
    }

    #[test]
    fn a_doubted_item_counts_when_it_is_known_to_be_new() {
        let now = |hour: i64| DateTime::from_timestamp(1_795_500_000 + hour * 3_600, 0).unwrap();
        let read_at = |hour: i64| now(hour).to_rfc3339();
        let ids = |items: Vec<Item>| items.into_iter().map(|item| item.id).collect::<Vec<_>>();
        let doubted = |id: &str, title: &str, hour: i64| fed(id, title, &read_at(hour), Dated::Doubted);
        let mut health = Health::default();
        let first = vec![fed("a", "A", "2026-11-20", Dated::Itself), doubted("sticky", "On top for years", 0)];
        assert_eq!(ids(health.take(first, now(0))), ["a"]);
        let second = vec![doubted("sticky", "On top, new words", 1), doubted("event", "A fair in 2030", 1)];
        let taken = health.take(second, now(1));
        assert_eq!(taken[0].published, Published::At(now(1).fixed_offset()));
        assert_eq!(ids(taken), ["event"]);
        assert_eq!(ids(health.take(vec![doubted("event", "A fair in 2030", 2)], now(2))), [""; 0]);
        let mended = fed("sticky", "On top, new words", "2026-11-21", Dated::Itself);
        assert_eq!(ids(health.take(vec![mended], now(3))), ["sticky"], "a good date makes it an item");
        assert_eq!(health.days.values().sum::<u32>(), 2);
    }

    #[test]
    fn validators_belong_to_an_address() {
        let health = Health {
            of: "https://a.example/".into(),
            etag: Some("1".into()),
            moved: Some("x".into()),
            ..Health::default()
        };
        assert_eq!(health.clone().about("https://a.example/"), health);
        let other = health.about("https://b.example/");
        assert_eq!((other.etag, other.moved), (None, None));
    }
}
