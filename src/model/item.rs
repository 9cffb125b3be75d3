//! A news item: one scored piece of news, as delivered by the newsroom's pipeline.

use std::fmt;

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use unicode_normalization::UnicodeNormalization;

use super::local_instant;

/// When an item was published: an instant, or only a day if the source gives no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Published {
    Day(NaiveDate),
    At(DateTime<FixedOffset>),
}

impl Published {
    /// Reads RFC 3339 or `YYYY-MM-DD`; anything else is `None`. Years have four digits: no format that a date is written in knows others.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(Self::Day)
            .or_else(|_| DateTime::parse_from_rfc3339(text).map(Self::At))
            .ok()
            .filter(|read| !matches!(read, Self::Day(day) if !(0..=9999).contains(&day.year())))
    }

    /// The first instant at which the item can have appeared; a day begins at local midnight of `zone`.
    pub fn earliest(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Day(day) => local_instant(day, NaiveTime::MIN, zone),
            Self::At(at) => at.to_utc(),
        }
    }

    /// The last instant at which the item can have appeared: for a day, just before the next one begins in `zone`.
    pub fn latest(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Day(day) => {
                let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
                local_instant(next, NaiveTime::MIN, zone) - chrono::TimeDelta::milliseconds(1)
            }
            Self::At(at) => at.to_utc(),
        }
    }

    /// The calendar day in `zone`.
    pub fn day(self, zone: Tz) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::At(at) => at.with_timezone(&zone).date_naive(),
        }
    }
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::At(at) => f.write_str(&at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        }
    }
}

impl serde::Serialize for Published {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The field of an item that holds the editor's score, and the one for the reason.
pub const EDITOR_SCORE: &str = "editor_score";
pub const EDITOR_WHY: &str = "editor_why";
/// The field that lists what other sources say at the same address: their records, or only their names.
pub const ALSO: &str = "also";

/// The format of an item's title and summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TextFormat {
    /// Plain text, without markup.
    #[default]
    Text,
    Markdown,
}

impl TextFormat {
    /// Reads the word used in files; `None` for any other.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "text" => Some(Self::Text),
            "markdown" => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// One news item of `content/news/*.jsonl`.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Stable; derived from the URL, else from source and title, when the pipeline gave none.
    pub id: String,
    /// One line, read by `format`.
    pub title: String,
    pub source: String,
    pub published: Published,
    /// 0 to 10; by default the source's `base_score`.
    pub score: Option<f64>,
    /// An absolute http(s) URL.
    pub url: Option<String>,
    /// Read by `format`; empty when there is none.
    pub summary: String,
    pub format: TextFormat,
    pub topics: Vec<String>,
    /// Guide slugs: the newsroom's own pairing, which always wins.
    pub guides: Vec<String>,
    /// Fields that `digest` does not know; kept unchanged.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// The form used to compare topics: "GPT 4o", "gpt-4o", "GPT\u{2011}4o" and "ＧＰＴ-4o" are one topic. Letters and digits of
/// any script in compatible form (NFKC) and lower case, nothing else but the signs by which C, C++ and C# differ.
pub fn topic_key(topic: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, '+' | '#');
    if topic.is_ascii() {
        return topic.chars().filter(kept).map(|c| c.to_ascii_lowercase()).collect();
    }
    // Lower case may come apart again (İ), so it is put together after that.
    topic.nfkc().flat_map(char::to_lowercase).nfkc().filter(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::{Published, topic_key};

    #[test]
    fn spellings_of_one_topic_have_one_key() {
        for (key, spellings) in [
            ("gpt4o", ["GPT 4o", "gpt-4o", "GPT\u{2011}4o", "ＧＰＴ－４ｏ"]),
            ("café", ["Café", "Cafe\u{301}", "CAFÉ", " café "]),
            ("c++", ["C++", "c++", "C ++", "Ｃ＋＋"]),
        ] {
            for spelling in spellings {
                assert_eq!(topic_key(spelling), key, "{spelling}");
            }
        }
        let different = ["C", "C++", "C#", "F#", "GPT-4", "GPT-4o", "한국어", "日本語"];
        let keys: std::collections::BTreeSet<String> = different.iter().map(|topic| topic_key(topic)).collect();
        assert_eq!(keys.len(), different.len(), "{keys:?}");
    }

    #[test]
    fn a_year_has_four_digits() {
        for date in ["2026-11-24", "0001-01-01", "9999-12-31T23:59:59Z"] {
            assert!(Published::parse(date).is_some(), "{date}");
        }
        for date in ["-2026-11-24", "+12026-11-24", "12026-11-24"] {
            assert_eq!(Published::parse(date), None, "{date}");
        }
    }

    #[test]
    fn a_key_is_its_own() {
        for topic in ["İstanbul", "ﬁne-tuning", "ǅ", "½", "e\u{301}\u{301}", "\u{345}", "𝐆𝐏𝐓", "+#"] {
            assert_eq!(topic_key(&topic_key(topic)), topic_key(topic), "{topic}");
        }
    }
}
