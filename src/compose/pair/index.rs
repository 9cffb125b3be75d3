//! An inverted index of all guides: for each word the guides that hold it. Scores how much of what a text says a
//! guide answers, as a number from 0 to 1. Knows no item, no topic and no threshold.

use std::collections::HashMap;

use super::subject::{Passage, Place, passages, place};
use crate::compose::frequencies;
use crate::compose::words::{WordCounts, count, each_word, row};
use crate::model::Guide;

// docs/composing-measured.md says what these numbers were measured on, and that they are on a plateau.

/// A word of the guide's title or topic counts this often, a word of its TL;DR so often; any other counts once.
const IN_NAME: f64 = 4.0;
const IN_TLDR: f64 = 2.0;
/// A word of the item's title counts this often.
const IN_TITLE: f64 = 2.0;
/// How fast a word that a guide says again and again stops counting for more (k₁ of BM25), and how much a long guide is
/// held to account for its length (b of BM25). Robertson and Zaragoza, The Probabilistic Relevance Framework (2009).
const ENOUGH: f64 = 4.0;
const LENGTH: f64 = 0.5;
/// The weight of the guide's name relative to its text.
const NAME: f64 = 1.0;
/// What the share counts of a guide that the item does not name, word after word.
const UNNAMED: f64 = 0.6;
/// The other guides' average is subtracted, as if there were at least this many.
const OTHERS: usize = 8;
/// The share of an item that makes a score of one half.
const HALF: f64 = 0.05;
/// A word is rare when a smaller share of texts of news length holds it, and is looked at when it is among the so many that
/// count most.
const RARE: f64 = 0.005;
const TELLING: usize = 4;
/// A word counts by how few guides hold it, as if there were this many texts on other subjects, too. Without those, a
/// publication of three guides could not distinguish a word of its field from any other.
const OTHER_TEXTS: usize = 100;

/// The guides by their words.
#[derive(Debug, Default)]
pub struct Index {
    /// Words as numbers.
    words: HashMap<String, u32>,
    /// By word: its weight.
    tells: Vec<f64>,
    /// The weight of a word that no guide holds.
    unheard: f64,
    /// By word: where its holders end; they begin where those of the word before end.
    ends: Vec<usize>,
    /// By word, then by guide.
    holders: Vec<Holder>,
    /// By guide: its topic and its title.
    names: Vec<Vec<Name>>,
}

/// A guide that holds a word, and how strongly, from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
struct Holder {
    guide: u32,
    strength: f32,
}

/// The name of a guide.
#[derive(Debug)]
struct Name {
    /// "topic" or "title".
    kind: &'static str,
    words: Vec<u32>,
    /// The root of the sum of squares of its words' weights.
    length: f64,
    /// As [`row`] has it.
    row: String,
}

/// What an item says, ready to be compared with each guide.
#[derive(Debug)]
pub struct Question {
    /// By word, in alphabetical order, which keeps every sum in one order.
    said: Vec<Said>,
    /// The weight of all its words together.
    total: f64,
    rows: [String; 2],
    passages: Vec<Passage>,
}

#[derive(Debug)]
struct Said {
    word: String,
    /// None when no guide holds the word.
    number: Option<u32>,
    /// One for a word said once, and more for one said often, but less than as often.
    times: f64,
}

impl Index {
    /// Reads each guide once.
    pub fn of(guides: &[&Guide]) -> Self {
        let mut index = Self::default();
        let texts: Vec<Vec<(u32, f64)>> = guides.iter().map(|guide| index.read(guide)).collect();
        index.weigh(guides.len(), &texts);
        index.turn_around(&texts);
        index.names = guides.iter().map(|guide| index.names(guide)).collect();
        index
    }

    /// The words of a guide and how often each counts, by number.
    fn read(&mut self, guide: &Guide) -> Vec<(u32, f64)> {
        let mut counts = Vec::new();
        for name in [&guide.topic, &guide.title] {
            each_word(name, |word| counts.push((self.number(word), IN_NAME)));
        }
        // A word in both the topic and the title counts once.
        counts.sort_unstable_by_key(|(word, _)| *word);
        counts.dedup_by_key(|(word, _)| *word);
        each_word(&guide.tldr, |word| counts.push((self.number(word), IN_TLDR)));
        let sections = guide.sections.iter().flat_map(|section| [&section.heading, &section.text]);
        let faq = guide.faq.iter().flat_map(|faq| [&faq.question, &faq.answer]);
        let timeline = guide.timeline.iter().map(|entry| &entry.text);
        for text in guide.takeaways.iter().chain(sections).chain(faq).chain(timeline) {
            each_word(text, |word| counts.push((self.number(word), 1.0)));
        }
        counts.sort_unstable_by_key(|(word, _)| *word);
        counts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0.0 };
            same
        });
        counts
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(known) = self.words.get(word) {
            return *known;
        }
        let next = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.words.insert(word.to_owned(), next);
        next
    }

    /// Weighs each word by how few guides hold it.
    fn weigh(&mut self, guides: usize, texts: &[Vec<(u32, f64)>]) {
        let mut held_by = vec![0_usize; self.words.len()];
        for (word, _) in texts.iter().flatten() {
            held_by[*word as usize] += 1;
        }
        let all = guides + OTHER_TEXTS;
        self.tells = held_by.iter().map(|held_by| tells(*held_by, all)).collect();
        self.unheard = tells(0, all);
        self.ends = held_by
            .iter()
            .scan(0, |end, held_by| {
                *end += held_by;
                Some(*end)
            })
            .collect();
    }

    /// Lists the holders of each word; in the order of the guides, since they are gone through in theirs.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "guides and words are counted")]
    fn turn_around(&mut self, texts: &[Vec<(u32, f64)>]) {
        let lengths: Vec<f64> = texts.iter().map(|text| text.iter().map(|(_, n)| n).sum()).collect();
        let usual = (lengths.iter().sum::<f64>() / lengths.len().max(1) as f64).max(1.0);
        let mut next: Vec<usize> = std::iter::once(0).chain(self.ends.iter().copied()).collect();
        self.holders = vec![Holder::default(); self.ends.last().copied().unwrap_or_default()];
        for (guide, text) in texts.iter().enumerate() {
            let long = 1.0 - LENGTH + LENGTH * lengths[guide] / usual;
            for (word, n) in text {
                let at = &mut next[*word as usize];
                let strength = (n / (n + ENOUGH * long)) as f32;
                self.holders[*at] = Holder { guide: guide as u32, strength };
                *at += 1;
            }
        }
    }

    fn names(&self, guide: &Guide) -> Vec<Name> {
        let name = |(kind, text): (&'static str, &String)| {
            let mut words = Vec::new();
            each_word(text, |word| words.extend(self.words.get(word)));
            words.sort_unstable();
            words.dedup();
            let length = words.iter().map(|word| self.tells[*word as usize].powi(2)).sum::<f64>().sqrt();
            (!words.is_empty()).then(|| Name { kind, words, length, row: row(text) })
        };
        [("topic", &guide.topic), ("title", &guide.title)].into_iter().filter_map(name).collect()
    }

    /// Reads an item.
    pub fn ask(&self, title: &str, summary: &str) -> Question {
        let mut counts = WordCounts::new();
        count(&mut counts, title, IN_TITLE);
        count(&mut counts, summary, 1.0);
        let said: Vec<Said> = counts
            .into_iter()
            .map(|(word, n)| Said { number: self.words.get(&word).copied(), word, times: 1.0 + n.ln() })
            .collect();
        let total = said.iter().map(|said| said.times * self.weight(said)).sum();
        Question { said, total, rows: [row(title), row(summary)], passages: passages(title, summary) }
    }

    fn weight(&self, said: &Said) -> f64 {
        said.number.map_or(self.unheard, |word| self.tells[word as usize])
    }

    /// How well each guide answers, from 0 to almost 1: the share of what the item says that the guide speaks of, less what
    /// the other guides speak of on average, since what speaks for every guide speaks for none.
    pub fn answers(&self, question: &Question) -> Vec<f64> {
        let shares = self.shares(question);
        let all: f64 = shares.iter().sum();
        let others = count_of(shares.len().saturating_sub(1).max(OTHERS));
        let score = |(guide, share): (usize, &f64)| {
            let named = if *share > 0.0 && self.named(question, guide).is_some() { 1.0 } else { UNNAMED };
            let own = (share - (all - share) / others).max(0.0) * named;
            own / (own + HALF)
        };
        shares.iter().enumerate().map(score).collect()
    }

    /// By guide: the share of what the item says that the guide speaks of, in its text and in its name.
    fn shares(&self, question: &Question) -> Vec<f64> {
        let mut sums = vec![0.0; self.names.len()];
        let mut times = HashMap::new();
        for said in &question.said {
            let Some(word) = said.number else { continue };
            times.insert(word, said.times);
            for holder in self.holders(word) {
                sums[holder.guide as usize] += said.times * self.weight(said) * f64::from(holder.strength);
            }
        }
        let by_name = |name: &Name| {
            name.words.iter().map(|word| times.get(word).unwrap_or(&0.0) * self.in_name(*word, name)).sum()
        };
        for (sum, names) in sums.iter_mut().zip(&self.names).filter(|(sum, _)| **sum > 0.0) {
            *sum += names.iter().map(by_name).fold(0.0, f64::max);
        }
        sums.into_iter().map(|sum| if sum > 0.0 { sum / question.total } else { 0.0 }).collect()
    }

    /// What a word of a guide's name adds: its weight by its part in the name, so that a name of one word counts whole.
    fn in_name(&self, word: u32, name: &Name) -> f64 {
        NAME * self.tells[word as usize].powi(2) / name.length
    }

    fn holders(&self, word: u32) -> &[Holder] {
        let start = word.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.holders[start..self.ends[word as usize]]
    }

    /// "topic" or "title": the name of the guide that the item has as a whole.
    pub fn named(&self, question: &Question, guide: usize) -> Option<&'static str> {
        self.names[guide].iter().find(|name| question.has(name)).map(|name| name.kind)
    }

    /// The first place in which the item names the guide as what it is about, and not only to compare.
    pub fn place(&self, question: &Question, guide: usize) -> Option<Place> {
        self.names[guide].iter().filter_map(|name| place(&question.passages, &name.row)).min()
    }

    /// Whether the item and the guide share a word that few texts have.
    pub fn share_a_rare_word(&self, question: &Question, guide: usize) -> bool {
        let is_rare = |word: &&str| frequencies::of(word).is_none_or(|known| known.share < RARE);
        self.shared(question, guide, TELLING).iter().any(is_rare)
    }

    /// Whether the guide's topic is a single word that is common in news, and no name.
    pub fn is_on_a_common_word(&self, guide: usize) -> bool {
        let mut words = self.subject(guide);
        let first = words.next();
        words.next().is_none() && first.and_then(frequencies::of).is_some_and(|known| !known.is_name)
    }

    /// Whether all words of the guide's topic are names, as those of a product: no text has them in lower case.
    pub fn is_on_a_name(&self, guide: usize) -> bool {
        self.subject(guide).all(|word| frequencies::of(word).is_none_or(|known| known.is_name))
    }

    /// Whether the guide's topic is more than one word.
    pub fn has_a_long_subject(&self, guide: usize) -> bool {
        self.subject(guide).count() > 1
    }

    /// The words of the guide's topic, else of its title.
    fn subject(&self, guide: usize) -> impl Iterator<Item = &str> {
        self.names[guide].first().map_or("", |name| &name.row).split_whitespace()
    }

    /// Whether a single word is all that ties the item to a guide, and that is not the guide's name, apart or run together.
    pub fn is_lone(&self, question: &Question, guide: usize) -> bool {
        let is_name = |word: &str| self.names[guide].iter().any(|name| name.row.replace(' ', "") == word);
        match self.shared(question, guide, 2).as_slice() {
            [word] => self.named(question, guide).is_none() && !is_name(word),
            _ => false,
        }
    }

    /// The words that the item and a guide share, those that count most first.
    pub fn shared<'q>(&self, question: &'q Question, guide: usize, most: usize) -> Vec<&'q str> {
        let counts = |said: &'q Said| {
            let word = said.number?;
            let holders = self.holders(word);
            let at = holders.binary_search_by_key(&guide, |holder| holder.guide as usize).ok()?;
            let names = self.names[guide].iter().filter(|name| name.words.contains(&word));
            let by_name = names.map(|name| self.in_name(word, name)).fold(0.0, f64::max);
            let by_text = self.weight(said) * f64::from(holders[at].strength);
            Some((said.times * (by_text + by_name), said.word.as_str()))
        };
        let mut shared: Vec<(f64, &str)> = question.said.iter().filter_map(counts).collect();
        shared.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        shared.into_iter().take(most).map(|(_, word)| word).collect()
    }
}

impl Question {
    fn has(&self, name: &Name) -> bool {
        self.rows.iter().any(|row| row.contains(&name.row))
    }
}

/// The weight of a word that this many of `all` texts hold; above 0 even if all do.
fn tells(held_by: usize, all: usize) -> f64 {
    let held_by = count_of(held_by) + 0.5;
    (1.0 + (count_of(all) + 1.0 - held_by) / held_by).ln()
}

#[expect(clippy::cast_precision_loss, reason = "counts of guides are far below 2^52")]
fn count_of(n: usize) -> f64 {
    n as f64
}
