//! Tests of compose: one table or case a rule.

mod cases;
mod order;
mod props;
mod rank;
mod shown;
mod stories;
mod windows;

use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;

use super::*;
use crate::model::{Level, Published, Status};

/// A brief that owns what it looks at.
pub struct Case {
    pub edition: Edition,
    pub weights: Weights,
    pub items: Vec<Item>,
    pub guides: Vec<Guide>,
    pub feeds: Feeds,
    pub preferences: SourcePreferences,
    pub decisions: StoryDecisions,
    pub past: Vec<PastIssue>,
    pub zone: Tz,
    pub now: DateTime<Utc>,
    pub date: &'static str,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            edition: Edition { guides: 1, ..Edition::default() },
            weights: Weights::default(),
            items: Vec::new(),
            guides: Vec::new(),
            feeds: Feeds::default(),
            preferences: SourcePreferences::default(),
            decisions: StoryDecisions::default(),
            past: Vec::new(),
            zone: Tz::UTC,
            now: utc("2026-11-25T06:00:00Z"),
            date: "2026-11-25",
        }
    }
}

impl Case {
    pub fn run(&self) -> Composition {
        compose(&self.brief())
    }

    pub fn brief(&self) -> Brief<'_> {
        Brief {
            name: issue(&format!("{}-midweek", self.date)),
            edition: &self.edition,
            edition_title: "Midweek",
            publication_name: "Almanac",
            weights: &self.weights,
            zone: self.zone,
            now: self.now,
            items: &self.items,
            guides: &self.guides,
            feeds: &self.feeds,
            cues: Cues::shipped(),
            preferences: &self.preferences,
            decisions: &self.decisions,
            banned: &[],
            past: &self.past,
        }
    }
}

pub fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn issue(name: &str) -> IssueName {
    name.parse().unwrap()
}

/// An item of its own source, published when `published` says.
pub fn item(id: &str, score: f64, published: &str) -> Item {
    Item {
        id: id.into(),
        title: headline(id),
        source: format!("source of {id}"),
        published: Published::parse(published).unwrap(),
        score: Some(score),
        url: Some(format!("https://example.org/{id}")),
        summary: String::new(),
        format: crate::model::TextFormat::Text,
        topics: Vec::new(),
        guides: Vec::new(),
        extra: serde_json::Map::new(),
    }
}

/// A headline in no language, of words that those of another id do not share.
fn headline(id: &str) -> String {
    let mut state =
        id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let mut word = || -> String {
        let mut syllable = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(state >> 33).unwrap();
            format!("{}{}", &"bdfgklmnprstvz"[at % 14..=at % 14], &"aeiou"[at / 14 % 5..=at / 14 % 5])
        };
        (0..4).map(|_| syllable()).collect()
    };
    format!("{} {} {} {id}", word(), word(), word())
}

/// An item of the day before the issue.
pub fn fresh(id: &str, score: f64) -> Item {
    item(id, score, "2026-11-24T07:00:00Z")
}

pub fn guide(slug: &str, topic: &str) -> Guide {
    Guide {
        slug: slug.into(),
        title: topic.into(),
        topic: topic.into(),
        level: Level::Beginner,
        status: Status::Live,
        version: 1,
        updated: None,
        tldr: String::new(),
        takeaways: Vec::new(),
        sections: Vec::new(),
        related_topics: Vec::new(),
        related_guides: Vec::new(),
        related_guides_count: 0,
        timeline: Vec::new(),
        faq: Vec::new(),
        versions: Vec::new(),
        url: None,
    }
}

pub fn past(name: &str, to: &str, seen: &str) -> PastIssue {
    let window = Window { from: utc("2026-11-01T00:00:00Z"), to: utc(to), seen: utc(seen) };
    PastIssue { name: issue(name), window: Some(window), stories: Vec::new(), bench: Vec::new(), guides: Vec::new() }
}

/// What an earlier issue told by this id and URL, and no more.
pub fn carried(id: &str, url: &str) -> CarriedStory {
    let urls = if url.is_empty() { Vec::new() } else { vec![url.to_owned()] };
    CarriedStory { ids: vec![id.to_owned()], urls, ..CarriedStory::default() }
}

pub fn ids(composition: &Composition) -> Vec<&str> {
    composition.draft.as_ref().unwrap().news.iter().map(|e| e.id.as_str()).collect()
}

pub fn reason<'a>(composition: &'a Composition, id: &str) -> &'a str {
    &composition.left_out.iter().find(|l| l.id == id).unwrap_or_else(|| panic!("{id} is not left out")).reason
}

pub fn at(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}
