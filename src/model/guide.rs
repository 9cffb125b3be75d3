//! A guide: an evergreen explainer that news is paired with.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::Serialize;

/// How much a subscriber must know already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Beginner,
    Intermediate,
    Advanced,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Beginner, Self::Intermediate, Self::Advanced];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Beginner => "beginner",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }
}

/// Only live guides are paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Live,
    Draft,
    Retired,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Live, Self::Draft, Self::Retired];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Draft => "draft",
            Self::Retired => "retired",
        }
    }
}

macro_rules! word {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = ();

            /// Reads the word without regard to case.
            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text.trim())).ok_or(())
            }
        }
    };
}
word!(Level);
word!(Status);

/// One section of a guide's body: its heading and its Markdown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    pub heading: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimelineEntry {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Faq {
    pub question: String,
    pub answer: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    pub version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// One guide of `content/guides/SLUG.md`. Serializes as `digest guides list --format json` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guide {
    pub slug: String,
    pub title: String,
    pub topic: String,
    pub level: Level,
    pub status: Status,
    pub version: u32,
    pub updated: Option<NaiveDate>,
    pub tldr: String,
    pub takeaways: Vec<String>,
    pub sections: Vec<Section>,
    pub related_topics: Vec<String>,
    /// Slugs.
    pub related_guides: Vec<String>,
    /// How many related guides the publication counts; a guide page tells the number without the names.
    pub related_guides_count: u32,
    pub timeline: Vec<TimelineEntry>,
    pub faq: Vec<Faq>,
    pub versions: Vec<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
