//! `[compose]` of config.toml: the weights, caps and thresholds that compose obeys. Knows no file. docs/composing.md has
//! the formulas that use them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::story::Limits;
use super::{Cues, Feeds, Found, fold};
use crate::model::{Item, duration};

/// `[compose]`: how compose weighs and caps. Points are on the scale of the scores.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// At most this many items of one source in an issue; 0 means no cap. Default 3.
    pub max_per_source: usize,
    /// At most this many items whose first topic is the same; 0 means no cap. Default 4.
    pub max_per_topic: usize,
    /// The issue's top, the lead and what follows it up to this many items, has no two items of one source or one first
    /// topic while others are in the issue. Default 3; 0 or 1 means that only the rank counts.
    pub top: usize,
    /// The likelihood, from 0 to 1, from which two texts are joined into one story. Default 0.5;
    /// docs/composing-measured.md has the figures behind it. Lower joins more.
    pub story_threshold: f64,
    /// From here up to `story_threshold` two stories are perhaps one: only one of them is in the issue, the other waits on
    /// the bench. Default 0.35.
    pub doubt_threshold: f64,
    /// How likely it must be that an earlier issue told the story of an item, whenever and by whomever. Default 0.7.
    pub repeat_threshold: f64,
    /// An item follows up a story that an earlier issue told when at least this share of its headline, by weight, is in no
    /// earlier telling. Default 0.3: of the texts that told a story of AI news again on a later day one in nine passes.
    pub follow_up_novelty: f64,
    /// How alike the texts of two items must be to count as each other's echo. Default 0.2.
    pub echo_threshold: f64,
    /// Points for each doubling of the number of items in the window that tell the same story or touch it. Default 0.4.
    pub echo: f64,
    /// Points for an item whose first topic none of the last `novelty_issues` issues carried. Default 0.25.
    pub novelty: f64,
    /// How many issues back a topic counts as covered. Default 4.
    pub novelty_issues: usize,
    /// The most points that editors' acts add to or subtract from a source. Default 1; 0: none.
    #[serde(rename = "taught")]
    pub preference: f64,
    /// Points for a story whose source announces its own work, whichever item is shown. Default 0.25.
    pub primary: f64,
    /// By kind of news, as cues.toml names it: points instead of the cues' own. `digest news list --why` shows kinds.
    pub kinds: BTreeMap<String, f64>,
    /// Whether the caps give way, the topic's first, when they would leave the issue short. Default false.
    pub caps_give_way: bool,
    /// By source: points instead of the learned ones. `digest news sources` shows those.
    pub sources: BTreeMap<String, f64>,
    /// How well a guide must fit an item, by its words and what is added to them, before the two are paired. Default 0.64:
    /// docs/composing-measured.md has the figures behind it. Lower, more items find a guide and more of those are wrong.
    pub pair_threshold: f64,
    /// For this many issues after a guide was shown, as a card or with an item, it is not used as a card. Default 4.
    pub guide_cooldown: usize,
    /// A guide that was last updated longer than this before the news is still paired with it, and its `why` says how long;
    /// `"0s"` means never. Default 365 days.
    #[serde(with = "duration")]
    pub guide_stale: Duration,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            max_per_source: 3,
            max_per_topic: 4,
            top: 3,
            story_threshold: 0.5,
            doubt_threshold: 0.35,
            repeat_threshold: 0.7,
            follow_up_novelty: 0.3,
            echo_threshold: 0.2,
            echo: 0.4,
            novelty: 0.25,
            novelty_issues: 4,
            preference: 1.0,
            primary: 0.25,
            kinds: BTreeMap::new(),
            caps_give_way: false,
            sources: BTreeMap::new(),
            pair_threshold: 0.64,
            guide_cooldown: 4,
            guide_stale: Duration::from_hours(365 * 24),
        }
    }
}

impl Weights {
    /// From when on texts tell one story, or perhaps. At a `story_threshold` of 1 only texts of the same words do, and
    /// nothing is in doubt.
    pub fn story_limits(&self) -> Limits {
        let one = self.story_threshold;
        Limits { one, perhaps: if one < 1.0 { self.doubt_threshold } else { one } }
    }

    /// The points of an item's kind, and why: `+1.25 for release ("launches", OpenAI in the headline)`; 0 and nothing for an
    /// item that no cue tells.
    pub fn kind(&self, cues: &Cues, feeds: &Feeds, item: &Item, score: f64) -> (f64, String) {
        let Some(Found { kind, cue }) = cues.kind(item, feeds) else {
            return (0.0, String::new());
        };
        let set = self.kinds.get(&kind.name).copied();
        let firms = if kind.firm > 0.0 && set.is_none() { cues.firms(&item.title) } else { Vec::new() };
        let firm = firms.first();
        let points = set.unwrap_or_else(|| kind.at(score)) + firm.map_or(0.0, |_| kind.firm);
        let named = firm.map(|firm| format!(", {firm} in the headline")).unwrap_or_default();
        let counted = if points == 0.0 { String::new() } else { format!("{points:+} for ") };
        (points, format!("{counted}{} ({cue}{named})", kind.name))
    }

    /// The points that the config gives a source, by its folded name.
    pub fn fixed(&self, source: &str) -> Option<f64> {
        self.sources.iter().find(|(name, _)| fold(name) == source).map(|(_, points)| *points)
    }
}
