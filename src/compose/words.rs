//! Words and their weight: a plain tokenizer, and TF-IDF vectors compared by their cosine. Knows no item and no guide.

use std::collections::{BTreeMap, HashMap};

/// English words that tell nothing about a text's subject, in alphabetical order.
pub const STOP: [&str; 110] = [
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before",
    "but", "by", "can", "could", "did", "do", "does", "for", "from", "get", "had", "has", "have", "he", "her", "here",
    "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "like", "make", "makes", "many", "may", "more",
    "most", "much", "my", "new", "no", "not", "now", "of", "on", "one", "only", "or", "other", "our", "out", "over",
    "said", "says", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them", "then", "there",
    "these", "they", "this", "those", "through", "to", "too", "two", "up", "us", "use", "used", "using", "very", "was",
    "way", "we", "well", "were", "what", "when", "where", "which", "while", "who", "why", "will", "with", "without",
    "would", "year", "you", "your",
];

/// How often each word occurs, counted with its text's weight.
pub type Counts = BTreeMap<String, f64>;

/// Adds the words of `text`, each counted `weight` times.
pub fn count(counts: &mut Counts, text: &str, weight: f64) {
    for run in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.' | '\'' | '’'))) {
        let parts: Vec<String> =
            run.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).map(str::to_lowercase).collect();
        // `gpt-4o` counts as gpt, 4o and gpt4o, so that it meets both "GPT 4o" and "gpt4o".
        if parts.len() == 2 && !run.contains(['\'', '’']) {
            add(counts, &parts.concat(), weight);
        }
        for part in &parts {
            add(counts, part, weight);
        }
    }
}

fn add(counts: &mut Counts, word: &str, weight: f64) {
    let length = word.chars().count();
    if length < 2 || STOP.binary_search(&word).is_ok() {
        return;
    }
    *counts.entry(singular(word)).or_default() += weight;
}

/// "agents" and "agent" are one word; "gas", "class" and "gpus" keep what they need.
fn singular(word: &str) -> String {
    let plural = word.len() > 3
        && word.ends_with('s')
        && !word.ends_with("ss")
        && !word.ends_with("us")
        && !word.ends_with("is");
    if plural { word[..word.len() - 1].to_owned() } else { word.to_owned() }
}

/// How much each word tells, by how few of the texts hold it.
#[derive(Debug)]
pub struct Weighing {
    held_by: HashMap<String, usize>,
    texts: usize,
}

/// A text as weights of words, of length 1.
#[derive(Clone, Debug, Default)]
pub struct Vector(BTreeMap<String, f64>);

impl Weighing {
    pub fn of(texts: &[Counts]) -> Self {
        let mut held_by = HashMap::new();
        for word in texts.iter().flat_map(BTreeMap::keys) {
            *held_by.entry(word.clone()).or_default() += 1;
        }
        Self { held_by, texts: texts.len() }
    }

    /// A word that no text holds weighs as much as one that a single text holds: what a text says beyond the collection
    /// counts against every pairing.
    #[expect(clippy::cast_precision_loss, reason = "counts of guides are far below 2^52")]
    fn weight(&self, word: &str) -> f64 {
        let held_by = self.held_by.get(word).copied().unwrap_or(1).max(1);
        ((self.texts as f64 + 1.0) / held_by as f64).ln()
    }

    /// The vector of one text; a word said often counts more, but less than as often.
    pub fn vector(&self, counts: &Counts) -> Vector {
        let raw: BTreeMap<String, f64> =
            counts.iter().map(|(word, n)| (word.clone(), (1.0 + n.ln().max(0.0)) * self.weight(word))).collect();
        let length = raw.values().map(|w| w * w).sum::<f64>().sqrt();
        if length <= 0.0 {
            return Vector::default();
        }
        Vector(raw.into_iter().map(|(word, w)| (word, w / length)).collect())
    }
}

impl Vector {
    /// How alike two texts are, from 0, nothing in common, to 1: the cosine, halved when a single word is all they share,
    /// since a lone "group" or "plan" ties a text to nothing.
    pub fn likeness(&self, other: &Self) -> f64 {
        let (short, long) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        let mut shared = 0;
        let cosine: f64 =
            short.0.iter().filter_map(|(word, w)| Some(w * long.0.get(word)?)).inspect(|_| shared += 1).sum();
        if shared == 1 { cosine / 2.0 } else { cosine }
    }

    /// The words that both hold, those that count most first.
    pub fn shared(&self, other: &Self, most: usize) -> Vec<String> {
        let mut shared: Vec<(f64, &str)> =
            self.0.iter().filter_map(|(word, w)| Some((w * other.0.get(word)?, word.as_str()))).collect();
        shared.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        shared.into_iter().take(most).map(|(_, word)| word.to_owned()).collect()
    }
}
