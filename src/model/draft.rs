//! A draft: an issue as the editor sees it, self-contained, so that it can be rebuilt years later.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Level, Picture, Published, TextFormat};

/// An issue's name, which is its folder's: `2026-11-25-midweek`. Orders by date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueName {
    pub date: NaiveDate,
    pub edition: String,
}

impl fmt::Display for IssueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.date, self.edition)
    }
}

impl FromStr for IssueName {
    type Err = ();

    /// Reads `DATE-EDITION`, where EDITION is made of lower-case letters, digits, `-` and `_`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (date, rest) = text.split_at_checked(10).ok_or(())?;
        let edition = rest.strip_prefix('-').filter(|e| !e.is_empty()).ok_or(())?;
        let plain = edition.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
        let date = NaiveDate::parse_from_str(date, "%Y-%m-%d")
            .ok()
            .filter(|_| date.starts_with(|c: char| c.is_ascii_digit()))
            .ok_or(())?;
        if plain { Ok(Self { date, edition: edition.to_owned() }) } else { Err(()) }
    }
}

/// The period whose news an issue carries: after `from`, up to and including `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// When compose last looked. News that appeared between this and `to` was not seen by this issue, so the next issue
    /// may still carry it.
    pub seen: DateTime<Utc>,
}

/// A news item in a draft: copied from content, then the editor's to change.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: String,
    pub title: String,
    pub source: String,
    pub published: Published,
    /// 0 to 10, as compose counted it (the source's `base_score` where the item had none).
    pub score: Option<f64>,
    pub url: Option<String>,
    pub summary: String,
    /// The format of title and summary.
    pub format: TextFormat,
    pub topics: Vec<String>,
    /// The other items of the same story, best first.
    pub also: Vec<Covered>,
    /// The ids of items that belong to another story, according to the editor.
    pub apart: Vec<String>,
    /// The issue that carried this story, when this item tells what has happened since.
    pub follow_up: Option<IssueName>,
    /// The slug of the guide paired with this item.
    pub guide: Option<String>,
    /// The next best guides for it, best first.
    pub guide_options: Vec<GuideOption>,
    /// Why compose chose it, or why it is on the bench.
    pub why: String,
    /// The editor's comment, shown under the summary. Markdown.
    pub note: String,
    /// The story's picture, if the editor added one.
    pub picture: Option<Picture>,
    pub pinned: bool,
    pub banned: bool,
}

impl Entry {
    /// An entry with only what was published and where.
    pub fn bare(id: String, title: String, source: String, published: Published) -> Self {
        Self {
            id,
            title,
            source,
            published,
            score: None,
            url: None,
            summary: String::new(),
            format: TextFormat::Text,
            topics: Vec::new(),
            picture: None,
            also: Vec::new(),
            apart: Vec::new(),
            follow_up: None,
            guide: None,
            guide_options: Vec::new(),
            why: String::new(),
            note: String::new(),
            pinned: false,
            banned: false,
        }
    }
}

/// Which items belong to one story and which do not, by the editor's decision; pairs of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoryDecisions {
    pub joined: Vec<(String, String)>,
    /// These take precedence over the joined ones.
    pub parted: Vec<(String, String)>,
}

/// Another telling of an entry's story: the "also covered by" line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    pub id: String,
    pub source: String,
    pub title: String,
    pub url: Option<String>,
}

/// A guide that was considered for an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct GuideOption {
    /// The guide's slug.
    pub guide: String,
    /// How well it fits, from 0 to 1, in hundredths; what `pair_threshold` compares.
    pub fit: f64,
}

/// A guide card in a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub slug: String,
    pub title: String,
    pub level: Level,
    pub tldr: String,
    pub url: Option<String>,
    pub why: String,
    pub pinned: bool,
    pub banned: bool,
}

/// The number of the week, with what it counts. Only editors write it; compose does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The number as shown, with its unit: "405 billion".
    pub value: String,
    /// What it counts, in a sentence or less.
    pub label: String,
    pub url: Option<String>,
}

/// `issues/DATE-EDITION/issue.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub name: IssueName,
    pub subject: String,
    pub preheader: String,
    /// The editor's own words. Markdown.
    pub intro: String,
    /// A BCP 47 tag, if the issue is not in the publication's language; else empty.
    pub language: String,
    /// The issue's number within its edition, counted by compose or set by the editor.
    pub issue_number: Option<u32>,
    /// The issue's picture, if there is one.
    pub picture: Option<Picture>,
    /// The number of the week, if there is one.
    pub number: Option<Figure>,
    pub window: Option<Window>,
    /// Check codes that the editor silences, with the reason in `waive_why`.
    pub waive: Vec<String>,
    pub waive_why: String,
    /// In the order shown.
    pub news: Vec<Entry>,
    pub guides: Vec<Card>,
    /// The next best cards, not shown.
    pub guides_bench: Vec<Card>,
    /// The next best, not shown.
    pub bench: Vec<Entry>,
}

impl Draft {
    /// The issue's pictures: its own, then those of its stories.
    pub fn pictures(&self) -> impl Iterator<Item = &Picture> {
        let stories = self.news.iter().filter(|entry| !entry.banned);
        self.picture.iter().chain(stories.filter_map(|entry| entry.picture.as_ref()))
    }
}
