//! The lines that begin an Almanac page's known parts. Knows their words; `parts` reads what follows them.

use chrono::NaiveDateTime;

use super::lines::Line;
use super::more;
use crate::model::Level;

/// A part of the page, as its first line tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    Brand,
    Kind(Kind),
    /// The text that runs on in the same line.
    Tldr(String),
    Takeaways,
    Timeline,
    Topics,
    Faq,
    Stay,
    Versions,
    /// The number in brackets.
    Guides(Option<u32>),
    More {
        topic: String,
        count: Option<usize>,
    },
}

/// The level in "Guide · LEVEL".
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Kind {
    #[default]
    Silent,
    Level(Level),
    /// A word that is not a level.
    Unknown(String),
}

impl Mark {
    /// The mark of line `at`, by its words alone.
    pub(super) fn of(lines: &[Line], at: usize, now: NaiveDateTime) -> Option<Self> {
        let line = lines.get(at)?;
        if line.list.is_some() {
            return None;
        }
        let text = line.text.trim_end_matches(':').trim();
        if let Some(rest) = ["TL;DR", "TLDR", "TL; DR"].iter().find_map(|word| line.text.strip_prefix(word)) {
            return Some(Self::Tldr(rest.trim_start_matches([':', '·', '-', '–', '—', ' ']).to_owned()));
        }
        match text.to_lowercase().as_str() {
            "almanac" | "call me almanac" => return Some(Self::Brand),
            "key takeaways" | "takeaways" => return Some(Self::Takeaways),
            "timeline" => return Some(Self::Timeline),
            "related topics" => return Some(Self::Topics),
            "faq" | "faqs" | "frequently asked questions" => return Some(Self::Faq),
            "stay current" => return Some(Self::Stay),
            "versions" | "version history" => return Some(Self::Versions),
            _ => {}
        }
        if let Some(kind) = kind(text) {
            return Some(kind);
        }
        let (name, count) = counted(text);
        if name.eq_ignore_ascii_case("related guides") {
            return Some(Self::Guides(count.and_then(|n| u32::try_from(n).ok())));
        }
        let topic = name.strip_prefix("More on ").or_else(|| name.strip_prefix("More about "))?;
        let item_follows = || lines.get(at + 1).is_none_or(|next| more::head(&next.text, now).is_some());
        let is_mark = count.is_some() || (!text.ends_with('.') && item_follows());
        is_mark.then(|| Self::More { topic: topic.trim().to_owned(), count })
    }
}

/// "Guide · LEVEL"; the level may be one that is unknown.
fn kind(text: &str) -> Option<Mark> {
    let rest = text.strip_prefix("Guide").or_else(|| text.strip_prefix("GUIDE"))?;
    let word = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    let kind = match word.parse() {
        Ok(level) => Kind::Level(level),
        Err(()) if word.is_empty() => Kind::Silent,
        Err(()) => Kind::Unknown(word.to_owned()),
    };
    let told = rest.contains(['·', '•', '|']) && !word.contains(' ');
    (matches!(kind, Kind::Level(_)) || rest.is_empty() || told).then_some(Mark::Kind(kind))
}

/// "NAME (N)" in its two halves.
fn counted(text: &str) -> (&str, Option<usize>) {
    let halves = text.strip_suffix(')').and_then(|t| t.rsplit_once('('));
    match halves.and_then(|(name, n)| Some((name.trim(), n.trim().parse().ok()?))) {
        Some((name, n)) => (name, Some(n)),
        None => (text, None),
    }
}
