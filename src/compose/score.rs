//! An item's score and where it comes from: the editor's, else its own, else its source's base score with rules that
//! anyone can see. Pure; knows nothing of the ranking that is made of scores.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::fold;
use crate::model::{ALSO, EDITOR_SCORE, EDITOR_WHY, Item};

/// More sources than this add nothing.
const REPEATS: usize = 4;

/// `[scores]`: what is added to a source's `base_score` for items that bring no score.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scoring {
    /// Points, from -10 to 10, for words or names in an item's title, topics or summary, whatever its source.
    pub words: BTreeMap<String, f64>,
    /// Points for each further source that carries the same address, up to four. Default 0.5.
    pub repeat: f64,
}

impl Default for Scoring {
    fn default() -> Self {
        Self { words: BTreeMap::new(), repeat: 0.5 }
    }
}

/// A source's part of the rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Base {
    pub score: Option<f64>,
    pub words: BTreeMap<String, f64>,
}

/// A score and its reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// 0 to 10; `None` when neither the item nor the config gives one.
    pub value: Option<f64>,
    /// In words, such as `base 6 of Wire, +1 "launch"`.
    pub why: String,
}

/// The rules, with the sources by their names in any spelling.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    rules: Scoring,
    sources: BTreeMap<String, Base>,
}

impl Scores {
    pub fn new<'n>(rules: Scoring, sources: impl IntoIterator<Item = (&'n str, Base)>) -> Self {
        Self { rules, sources: sources.into_iter().map(|(name, base)| (fold(name), base)).collect() }
    }

    pub fn of(&self, item: &Item) -> Scored {
        if let Some(score) = editors(item) {
            let why = item.extra.get(EDITOR_WHY).and_then(serde_json::Value::as_str).unwrap_or_default();
            let why = if why.is_empty() { "the editor's word".to_owned() } else { format!("set by the editor: {why}") };
            return Scored { value: Some(score), why };
        }
        if let Some(score) = item.score.filter(|score| score.is_finite()) {
            return Scored { value: Some(score), why: "its own score".into() };
        }
        let source = self.sources.get(&fold(&item.source));
        let Some((source, base)) =
            source.and_then(|source| Some((source, source.score.filter(|base| base.is_finite())?)))
        else {
            return Scored { value: None, why: format!("no score of its own, and no base_score for {}", item.source) };
        };
        let (mut value, mut why) = (base, format!("base {base} of {}", item.source));
        let text = format!(" {} {} {} ", spaced(&item.title), spaced(&item.topics.join(" ")), spaced(&item.summary));
        for (word, points) in self.rules.words.iter().chain(&source.words) {
            let wanted = spaced(word);
            if !wanted.is_empty() && text.contains(&format!(" {wanted} ")) {
                value += points;
                why.push_str(&format!(", {points:+} \"{word}\""));
            }
        }
        let also = others(item);
        let repeats = also.iter().take(REPEATS).count();
        if repeats > 0 && self.rules.repeat != 0.0 {
            let points = self.rules.repeat * f64::from(u32::try_from(repeats).unwrap_or(0));
            value += points;
            why.push_str(&format!(", {points:+} also in {}", also.join(", ")));
        }
        Scored { value: Some(value.clamp(0.0, 10.0)), why }
    }

    /// The items with their scores in place, where the editor or a rule gives another than the item or its source's base alone.
    pub fn apply(&self, items: &mut [Item]) {
        for item in items {
            let base = || self.sources.get(&fold(&item.source)).and_then(|source| source.score);
            let plain = item.score.or_else(base);
            let scored = self.of(item).value;
            if scored != plain {
                item.score = scored;
            }
        }
    }
}

/// The editor's score, where it is one.
fn editors(item: &Item) -> Option<f64> {
    item.extra.get(EDITOR_SCORE)?.as_f64().filter(|score| (0.0..=10.0).contains(score))
}

/// The other sources of an item.
fn others(item: &Item) -> Vec<&str> {
    let also = item.extra.get(ALSO).and_then(|also| also.as_array()).into_iter().flatten();
    also.filter_map(|other| other.as_str().or_else(|| other.get("source")?.as_str())).collect()
}

/// Words in small letters with one space between them, so that whole words can be found.
fn spaced(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::fresh;

    fn scores() -> Scores {
        let words = |pairs: &[(&str, f64)]| pairs.iter().map(|(word, points)| ((*word).to_owned(), *points)).collect();
        let rules = Scoring { words: words(&[("sponsored", -3.0), ("C++", 0.5)]), repeat: 0.5 };
        let wire = Base { score: Some(6.0), words: words(&[("open weights", 1.5)]) };
        Scores::new(rules, [("The Wire", wire), ("mute", Base::default())])
    }

    fn item(score: Option<f64>, source: &str, title: &str, extra: &serde_json::Value) -> Item {
        let extra = extra.as_object().cloned().unwrap_or_default();
        Item {
            score,
            source: source.into(),
            title: title.into(),
            summary: String::new(),
            topics: Vec::new(),
            extra,
            ..fresh("x", 5.0)
        }
    }

    #[test]
    fn the_editor_goes_first_then_the_item_then_the_rules() {
        use serde_json::json;
        for (score, source, title, extra, value, why) in [
            (
                Some(4.0),
                "the wire",
                "A",
                json!({"editor_score": 8, "editor_why": "scoop"}),
                Some(8.0),
                "set by the editor: scoop",
            ),
            (Some(4.0), "The Wire", "A", json!({"editor_score": 11}), Some(4.0), "its own score"),
            (Some(4.0), "The Wire", "Open weights", json!({"also": ["B"]}), Some(4.0), "its own score"),
            (
                None,
                "The-Wire",
                "Open  Weights, sponsored",
                json!({}),
                Some(4.5),
                "base 6 of The-Wire, -3 \"sponsored\", +1.5 \"open weights\"",
            ),
            (None, "The Wire", "Opened weights and C", json!({}), Some(6.0), "base 6 of The Wire"),
            (
                None,
                "The Wire",
                "C++ now",
                json!({"also": ["B", "C"]}),
                Some(7.5),
                "base 6 of The Wire, +0.5 \"C++\", +1 also in B, C",
            ),
            (None, "mute", "A", json!({}), None, "no score of its own, and no base_score for mute"),
            (None, "nobody", "A", json!({}), None, "no score of its own, and no base_score for nobody"),
        ] {
            let scored = scores().of(&item(score, source, title, &extra));
            assert_eq!((scored.value, scored.why.as_str()), (value, why), "{title}");
        }
    }

    #[test]
    fn items_that_bring_a_score_and_plain_ones_stay_as_they_are() {
        let mut items = [
            item(Some(4.0), "The Wire", "Sponsored", &serde_json::Value::Null),
            item(None, "The Wire", "A", &serde_json::Value::Null),
        ];
        let before = items.clone();
        scores().apply(&mut items);
        assert_eq!(items, before, "compose sees that the second one's score is its source's");
        let mut editors = [item(None, "nobody", "A", &serde_json::json!({"editor_score": 9}))];
        scores().apply(&mut editors);
        assert_eq!(editors[0].score, Some(9.0));
    }
}
