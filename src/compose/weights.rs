//! `[compose]` of config.toml: the caps and thresholds that compose obeys. Knows no file.

use serde::Deserialize;

/// `[compose]`: how compose weighs and caps.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// At most this many items of one source in an issue; 0 means no cap. Default 3.
    pub max_per_source: usize,
    /// At most this many items whose first topic is the same; 0 means no cap. Default 4.
    pub max_per_topic: usize,
    /// How alike the words of an item and a guide must be, from 0 to 1, before the two are paired by words alone.
    /// Default 0.15: measured over four collections of 47 to 414 guides, no item of foreign news (53 against each) found a
    /// guide there, and of the pairs made by words alone three in four were right. At 0.10 one foreign item in twenty
    /// found a guide; at 0.20 four pairs in five were right, but a third fewer were made.
    pub pair_threshold: f64,
    /// For this many issues after a guide was a card, it is not a card again unless nothing else fits. Default 4.
    pub guide_cooldown: usize,
}

impl Default for Weights {
    fn default() -> Self {
        Self { max_per_source: 3, max_per_topic: 4, pair_threshold: 0.15, guide_cooldown: 4 }
    }
}
