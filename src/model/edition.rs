//! A publication and its editions, as config.toml describes them.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;
use serde::Deserialize;

/// `[publication]`: who publishes the newsletter.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Publication {
    pub name: String,
    /// What it is, in a sentence or two, for the sign-up page and search engines; may be empty.
    pub description: String,
    /// The public site, https.
    pub url: String,
    /// The From mailbox, `Name <address>` or an address alone.
    pub from: String,
    /// Where replies go; empty means to `from`.
    pub reply_to: String,
    /// Shown in the footer, as the law of many countries asks of bulk mail.
    pub postal_address: String,
    /// An IANA zone, such as "Europe/Paris": the zone of all local times.
    pub timezone: Tz,
    /// A BCP 47 tag for the mail's `lang`.
    pub language: String,
    /// What `{{subscriber.name}}` shows for a subscriber without a name.
    pub name_fallback: String,
    /// The publication's mark, shown beside or above its name.
    pub mark: Option<Picture>,
}

/// A picture of a mail: `{ file = "sun.png", width = 600, height = 200, alt = "…" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Where it is on the web, https; or `file`.
    #[serde(default)]
    pub url: Option<String>,
    /// Its name in content/pictures/, from where `digest serve` serves it.
    #[serde(default)]
    pub file: Option<String>,
    /// In CSS pixels, from 1 to 600.
    pub width: u32,
    #[serde(default)]
    pub height: Option<u32>,
    /// Alt text; empty for a purely decorative picture.
    pub alt: String,
}

impl Default for Publication {
    fn default() -> Self {
        Self {
            name: "Newsletter".into(),
            description: String::new(),
            url: "https://example.org".into(),
            from: String::new(),
            reply_to: String::new(),
            postal_address: String::new(),
            timezone: Tz::UTC,
            language: "en".into(),
            name_fallback: "reader".into(),
            mark: None,
        }
    }
}

impl Picture {
    /// The media type of a file in content/pictures/ by its name; `None` if the name is not allowed for a picture.
    pub fn media_type(file: &str) -> Option<&'static str> {
        let safe = file.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) && !file.starts_with('.');
        match file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
            Some("png") if safe => Some("image/png"),
            Some("jpg" | "jpeg") if safe => Some("image/jpeg"),
            Some("gif") if safe => Some("image/gif"),
            _ => None,
        }
    }

    /// What is wrong with it; fits behind "picture: ".
    pub fn mistake(&self) -> Option<&'static str> {
        /// A mail's width.
        const WIDEST: u32 = 600;
        match (&self.url, &self.file) {
            (Some(_), Some(_)) => Some("it has both `url` and `file`; keep one"),
            (None, None) => Some("it needs a `url`, or a `file` in content/pictures/"),
            (Some(url), None) if !url.starts_with("https://") => Some("`url` must begin with https://"),
            (None, Some(file)) if Self::media_type(file).is_none() => Some(
                "`file` must be the name of a .png, .jpg or .gif in content/pictures/, of letters, digits, - and _",
            ),
            _ if !(1..=WIDEST).contains(&self.width) => Some("`width` must be from 1 to 600 pixels"),
            _ => None,
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

/// What compose does when there are too few items for an issue.
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
    /// What it brings, in a sentence, for the sign-up page; may be empty.
    pub description: String,
    /// The BCP 47 tag of its issues' language; empty means the publication's.
    pub language: String,
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
    /// The age at which an item's score counts for half.
    #[serde(with = "duration")]
    pub half_life: std::time::Duration,
    pub thin: Thin,
    /// The issue is thin when it has fewer items than this; 0 means half of `news`, rounded up.
    pub thin_below: usize,
    /// How many of the next best items the draft keeps on the bench.
    pub bench: usize,
    /// Whether the news stands grouped by topic.
    pub by_topic: bool,
    /// Whether a guide stands under the first story that it explains, in place of a card at the end.
    pub guides_by_story: bool,
    /// Whether stories show their scores.
    pub show_score: bool,
    /// The words before the intro, with `{name}` for the subscriber's name; empty: none.
    pub greeting: String,
    /// Who signs the intro; empty: nobody.
    pub signature: String,
    /// A question at the end, and its answers; empty: none.
    pub poll: String,
    pub poll_answers: Vec<String>,
    /// Whether subscribers are invited to reply, and to forward the issue; whether the day of the next one is told.
    pub reply: bool,
    pub forward: bool,
    pub next_date: bool,
    /// Where the plain text has its addresses.
    pub text_links: TextLinks,
    /// Local dates on which it does not go out.
    #[serde(with = "dates")]
    pub skip: Vec<NaiveDate>,
    /// Additional local dates on which it goes out, at the usual time.
    #[serde(with = "dates")]
    pub extra: Vec<NaiveDate>,
    /// How long before `send` the draft is composed and the editors are told.
    #[serde(with = "duration")]
    pub draft_ahead: std::time::Duration,
    /// How long before `send` the draft's links are checked again and editors told of failures; 0 means never.
    #[serde(with = "super::duration")]
    pub check_links: std::time::Duration,
    /// How long before `send` the editors are reminded of an issue that nobody approved; 0 means never.
    #[serde(with = "duration")]
    pub remind: std::time::Duration,
    /// What happens at `send` to an issue that nobody approved.
    pub on_unapproved: OnUnapproved,
    /// How long after `send` an approval still sends the issue.
    #[serde(with = "duration")]
    pub grace: std::time::Duration,
    /// What happens when `send` passed while no daemon ran: `"skip"` or `"send_within:6h"`.
    pub missed: Missed,
    /// How many subscribers get it first; the others wait until the answers are in.
    pub canary: Canary,
    /// How long the others wait after the first ones were served.
    #[serde(with = "duration")]
    pub canary_wait: std::time::Duration,
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

/// How many subscribers get an issue first: a number, or a part of the audience written `"2%"`. 0 means no canary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Canary {
    Count(u64),
    /// From 0 to 1.
    Part(f64),
}

impl Canary {
    /// How many of `audience` subscribers that is, rounded up; `None` when everybody gets the issue at once.
    pub fn of(self, audience: u64) -> Option<u64> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part from 0 to 1 of an audience, which is below 2^52"
        )]
        let size = match self {
            Self::Count(size) => size,
            Self::Part(part) => (audience as f64 * part).ceil() as u64,
        };
        (size > 0 && size < audience).then_some(size)
    }
}

impl<'de> Deserialize<'de> for Canary {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Count(u64),
            Text(String),
        }
        let wrong = |text: &str| {
            serde::de::Error::custom(format!("`{text}` is neither a number of subscribers nor a part such as \"2%\""))
        };
        match Written::deserialize(deserializer).map_err(|_| wrong("this"))? {
            Written::Count(count) => Ok(Self::Count(count)),
            Written::Text(text) => {
                let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
                percent.filter(|p| (0.0..=100.0).contains(p)).map(|p| Self::Part(p / 100.0)).ok_or_else(|| wrong(&text))
            }
        }
    }
}

impl Default for Edition {
    fn default() -> Self {
        let days = |n: u64| std::time::Duration::from_secs(n * 86_400);
        Self {
            title: String::new(),
            description: String::new(),
            language: String::new(),
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
            guides_by_story: false,
            show_score: false,
            greeting: String::new(),
            signature: String::new(),
            poll: String::new(),
            poll_answers: ["Yes", "So-so", "No"].map(str::to_owned).to_vec(),
            reply: false,
            forward: false,
            next_date: false,
            text_links: TextLinks::Numbered,
            draft_ahead: days(1),
            skip: Vec::new(),
            extra: Vec::new(),
            check_links: std::time::Duration::from_mins(30),
            remind: std::time::Duration::from_hours(2),
            on_unapproved: OnUnapproved::Hold,
            grace: std::time::Duration::from_hours(4),
            missed: Missed::Skip,
            canary: Canary::Count(0),
            canary_wait: std::time::Duration::from_mins(15),
        }
    }
}

impl Edition {
    /// The number of items under which the issue is thin.
    pub fn thin_mark(&self) -> usize {
        if self.thin_below > 0 { self.thin_below } else { self.news.div_ceil(2) }
    }
}

/// Dates in config: TOML's own (`2026-12-23`) or the same as text. In order, each once.
mod dates {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Date(toml::value::Datetime),
        Text(String),
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NaiveDate>, D::Error> {
        let wrong = "a date must look like 2026-12-23, in a list";
        let written = Vec::<Written>::deserialize(deserializer).map_err(|_| D::Error::custom(wrong))?;
        let read = |written: Written| match written {
            Written::Date(date) => date.to_string().parse(),
            Written::Text(text) => text.trim().parse(),
        };
        let mut dates =
            written.into_iter().map(|w| read(w).map_err(|_| D::Error::custom(wrong))).collect::<Result<Vec<_>, _>>()?;
        dates.sort();
        dates.dedup();
        Ok(dates)
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
