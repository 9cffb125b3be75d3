//! A publication and its editions, as config.toml describes them.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use serde::Deserialize;

/// `[publication]`: who writes to the readers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Publication {
    pub name: String,
    /// The public site, https.
    pub url: String,
    /// The From mailbox, `Name <address>` or an address alone.
    pub from: String,
    /// Where answers go; empty means to `from`.
    pub reply_to: String,
    /// Shown in the footer, as the law of many countries asks of bulk mail.
    pub postal_address: String,
    /// An IANA zone, such as "Europe/Paris": the zone of all local times.
    pub timezone: Tz,
    /// A BCP 47 tag for the mail's `lang`.
    pub language: String,
    /// What `{{subscriber.name}}` says to a reader without a name.
    pub name_fallback: String,
}

impl Default for Publication {
    fn default() -> Self {
        Self {
            name: "Newsletter".into(),
            url: "https://example.org".into(),
            from: String::new(),
            reply_to: String::new(),
            postal_address: String::new(),
            timezone: Tz::UTC,
            language: "en".into(),
            name_fallback: "reader".into(),
        }
    }
}

/// A weekday and a local time, written `"Wed 07:00"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekTime {
    pub day: Weekday,
    pub time: NaiveTime,
}

impl FromStr for WeekTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a weekday and a time, such as \"Wed 07:00\"");
        let (day, time) = text.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
        Ok(Self {
            day: day.parse().map_err(|_| wrong())?,
            time: NaiveTime::parse_from_str(time.trim(), "%H:%M").map_err(|_| wrong())?,
        })
    }
}

impl fmt::Display for WeekTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.day, self.time.format("%H:%M"))
    }
}

impl<'de> Deserialize<'de> for WeekTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What compose does when too few items are worth an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thin {
    /// A shorter issue.
    Shrink,
    /// No issue.
    Skip,
    /// A shorter issue with more guide cards: one more for every two items that are missing.
    FillWithGuides,
}

/// `[editions.NAME]`: what one edition carries and when it goes out.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Edition {
    /// Shown in the masthead; empty means the edition's name with a capital.
    pub title: String,
    /// The local send time, `"Wed 07:00"`.
    pub send: WeekTime,
    /// The template: `templates/issue/NAME.mjml.hbs` and `NAME.txt.hbs`.
    pub template: String,
    /// How many news items it aims for.
    pub news: usize,
    /// How many guide cards it aims for.
    pub guides: usize,
    /// How far back the very first issue looks; later ones start where the last issue of any edition ended.
    #[serde(with = "duration")]
    pub window: std::time::Duration,
    /// Items that score less are never chosen, however thin the week.
    pub min_score: f64,
    /// The age at which an item's score counts half.
    #[serde(with = "duration")]
    pub half_life: std::time::Duration,
    pub thin: Thin,
    /// The issue is thin when it has fewer items than this; 0 means half of `news`, rounded up.
    pub thin_below: usize,
    /// How many of the next best items the draft keeps on the bench.
    pub bench: usize,
    /// Whether the news stands grouped by topic.
    pub by_topic: bool,
    /// Where the plain text has its addresses.
    pub text_links: TextLinks,
    /// How long before `send` a draft is due. For the scheduler.
    #[serde(with = "duration")]
    pub draft_ahead: std::time::Duration,
    /// What happens at `send` to an issue that nobody approved. For the scheduler.
    pub on_unapproved: OnUnapproved,
    /// How long after `send` an approval still sends the issue. For the scheduler.
    #[serde(with = "duration")]
    pub grace: std::time::Duration,
    /// What happens when `send` passed while no daemon ran: `"skip"` or `"send_within:6h"`. For the scheduler.
    pub missed: Missed,
}

/// Where the plain text has its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextLinks {
    /// A number in the text, the address in a list at the end.
    Numbered,
    /// The address where it belongs.
    Inline,
}

/// What happens at send time to an issue that nobody approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnapproved {
    Hold,
    Send,
}

/// What happens when the send time passed while no daemon ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    Skip,
    SendWithin(std::time::Duration),
}

impl<'de> Deserialize<'de> for Missed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = String::deserialize(deserializer)?;
        match text.split_once(':') {
            None if text == "skip" => Ok(Self::Skip),
            Some(("send_within", limit)) => duration::parse(limit).map(Self::SendWithin).map_err(D::Error::custom),
            _ => Err(D::Error::custom(format!("`{text}` is neither \"skip\" nor \"send_within:6h\""))),
        }
    }
}

impl Default for Edition {
    fn default() -> Self {
        let days = |n: u64| std::time::Duration::from_secs(n * 86_400);
        Self {
            title: String::new(),
            send: WeekTime { day: Weekday::Wed, time: NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default() },
            template: "midweek".into(),
            news: 5,
            guides: 1,
            window: days(7),
            min_score: 5.0,
            half_life: days(10),
            thin: Thin::Shrink,
            thin_below: 0,
            bench: 6,
            by_topic: false,
            text_links: TextLinks::Numbered,
            draft_ahead: days(1),
            on_unapproved: OnUnapproved::Hold,
            grace: std::time::Duration::from_hours(4),
            missed: Missed::Skip,
        }
    }
}

impl Edition {
    /// The number of items under which the issue is thin.
    pub fn thin_mark(&self) -> usize {
        if self.thin_below > 0 { self.thin_below } else { self.news.div_ceil(2) }
    }
}

/// Durations in config: `"90s"`, `"5m"`, `"1h 30m"`, `"7d"`.
pub mod duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, de::Error};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    /// # Errors
    /// A sentence that shows what a duration looks like.
    pub fn parse(text: &str) -> Result<Duration, String> {
        humantime::parse_duration(text)
            .map_err(|_| format!("`{text}` is not a duration, such as \"30s\", \"5m\", \"4h\" or \"7d\""))
    }
}
