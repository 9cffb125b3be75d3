//! Whether two texts are one story: a score from 0 to 1, made of parts that can be explained. Knows two texts, but neither groups
//! nor thresholds.
//!
//! The score is logistic: each part is a measure times a weight, and 1 ÷ (1 + e^−sum) of their sum is the chance that two
//! texts are of one event. The weights were fitted to pairs that people had judged, each collection of which counted the
//! same; docs/composing-measured.md has the figures, and what was tried and dropped.

use super::marks::{Marks, PATTERN, contrasts, differ, turns_away};
use super::{by_words, vectors};

const CONSTANT: f64 = 3.9;
const COSINE: f64 = 5.2;
const NAMES: f64 = 1.5;
const NUMBERS: f64 = 2.6;
const SLOT: f64 = -1.3;
const UNSAID: f64 = -4.0;
const UNSAID_MORE: f64 = -3.6;
const SEQUENCE: f64 = -1.4;
const OPENING: f64 = -1.7;
const OTHER_NUMBERS: f64 = -1.1;
const DAYS: f64 = -2.7;
const SOURCE: f64 = -1.5;

/// The summed rarity of shared names that counts one half: about two rare names.
const NAMES_HALF: f64 = 12.0;
/// Further apart than this many days says no more.
const MOST_DAYS: f64 = 7.0;
/// Headlines of one pattern with another name in its place: a slot times the pattern's part of the headline squared.
const FILLED: f64 = 0.2;
/// A part of the sum that is smaller says little.
const TELLING: f64 = 0.3;

/// The evidence for and against one story.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// How alike the texts are, from 0 to 1.
    pub cosine: f64,
    /// The rarity of the names that both have, from 0 to 1.
    names: f64,
    /// Numbers that both have, from 0 to 1.
    numbers: f64,
    /// Each title names something that the other text lacks: the rarity of the less rare, from 0 to 1.
    slot: f64,
    /// The share of its title that the other text lacks, of the text that lacks less and of the one that lacks more.
    unsaid: f64,
    unsaid_more: f64,
    /// The longest row of words that both titles have in one order, by the shorter title, from 0 to 1.
    sequence: f64,
    /// With how many of the same words both titles begin, from 0 to 1.
    opening: f64,
    /// Both titles have numbers, and the other text none of them.
    other_numbers: bool,
    /// From 0 to 1.
    days: f64,
    same_source: bool,
    /// Both have the same word with another number, or words of one set, such as months: two versions, two parts.
    contrast: bool,
    /// One title says that what the other reports is delayed, refused or answered.
    turned: bool,
    /// One is in a language of which no table of frequencies is known: only the words are compared.
    foreign: bool,
}

/// How rare each term is, and how rare one can be.
#[derive(Clone, Copy)]
pub struct Rarity<'a> {
    pub idf: &'a [f64],
    pub most: f64,
}

impl Rarity<'_> {
    fn of(&self, term: u32) -> f64 {
        self.idf[term as usize]
    }
}

impl Evidence {
    /// Compares two texts of which the cosine is known. The same both ways.
    pub fn of(a: &Marks, b: &Marks, cosine: f64, rarity: Rarity) -> Self {
        let shared = common(&a.names, &b.names).map(|term| rarity.of(term)).fold(0.0, |sum, idf| sum + idf);
        let (ours, theirs) = (unsaid(a, b, rarity), unsaid(b, a, rarity));
        let shorter = a.sequence.len().min(b.sequence.len()).max(1);
        Self {
            cosine,
            names: shared / (shared + NAMES_HALF),
            numbers: shared_numbers(a, b).min(1.0),
            slot: slot(a, b, rarity).min(slot(b, a, rarity)) / rarity.most,
            unsaid: ours.min(theirs),
            unsaid_more: ours.max(theirs),
            sequence: vectors::real(longest_common(&a.sequence, &b.sequence)) / vectors::real(shorter),
            opening: vectors::real(a.opening.iter().zip(&b.opening).take_while(|(a, b)| a == b).count())
                / vectors::real(PATTERN),
            other_numbers: has_other_numbers(a, b) && has_other_numbers(b, a),
            days: a.days_from(b).map_or(0.0, |days| (vectors::real(days) / MOST_DAYS).min(1.0)),
            same_source: a.source.is_some() && a.source == b.source,
            contrast: differ(a, b) || contrasts(a, b),
            turned: turns_away(a, b),
            foreign: a.is_foreign || b.is_foreign,
        }
    }

    /// The chance that both are of one event, from 0 to 1.
    pub fn score(&self) -> f64 {
        match () {
            () if self.foreign => by_words(self.cosine).score,
            () if self.is_vetoed() || self.turned => 0.0,
            () => logistic(self.sum() + self.time_and_place()),
        }
    }

    /// The same for a text of a later issue: when and where it was told says nothing then, and that something was put off
    /// is news on the same matter.
    pub fn score_later(&self) -> f64 {
        match () {
            () if self.foreign => by_words(self.cosine).score,
            () if self.is_vetoed() => 0.0,
            () => logistic(self.sum()),
        }
    }

    pub fn is_foreign(&self) -> bool {
        self.foreign
    }

    fn is_vetoed(&self) -> bool {
        self.contrast || self.slot * self.sequence.powi(2) >= FILLED
    }

    fn sum(&self) -> f64 {
        CONSTANT + self.parts()[..9].iter().fold(0.0, |sum, (_, part)| sum + part)
    }

    fn time_and_place(&self) -> f64 {
        DAYS * self.days + SOURCE * f64::from(u8::from(self.same_source))
    }

    /// What each part adds to the sum, in words.
    fn parts(&self) -> [(&'static str, f64); 11] {
        [
            ("words alike", COSINE * self.cosine),
            ("names shared", NAMES * self.names),
            ("numbers shared", NUMBERS * self.numbers),
            ("headline not in the other text", UNSAID * self.unsaid),
            ("headlines not in each other", UNSAID_MORE * self.unsaid_more),
            ("each names something else", SLOT * self.slot),
            ("one pattern", SEQUENCE * self.sequence * self.unsaid),
            ("one beginning", OPENING * self.opening * self.unsaid),
            ("other numbers", OTHER_NUMBERS * f64::from(u8::from(self.other_numbers))),
            ("days apart", DAYS * self.days),
            ("one source", SOURCE * f64::from(u8::from(self.same_source))),
        ]
    }

    /// "words alike +2.3, names shared +0.8, days apart −0.4": the parts that count.
    pub fn told(&self) -> String {
        let counts = |(name, part): &(&str, f64)| (part.abs() >= TELLING).then(|| format!("{name} {part:+.1}"));
        self.parts().iter().filter_map(counts).collect::<Vec<_>>().join(", ").replace('-', "−")
    }
}

fn logistic(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum).exp())
}

/// The terms of two sorted lists that both have.
fn common<'a>(a: &'a [u32], b: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    a.iter().copied().filter(|term| b.binary_search(term).is_ok())
}

/// The rarest name in the title of `a` that `b` lacks.
fn slot(a: &Marks, b: &Marks, rarity: Rarity) -> f64 {
    let lacks = common(&a.names, &a.title).filter(|term| !b.has(*term));
    lacks.map(|term| rarity.of(term)).fold(0.0, f64::max)
}

/// How much of the title of `a`, by rarity, `b` does not say in any form; all of it for an empty title.
fn unsaid(a: &Marks, b: &Marks, rarity: Rarity) -> f64 {
    let (mut all, mut lacks) = (0.0, 0.0);
    for (term, root) in a.title.iter().zip(&a.title_roots) {
        let weight = rarity.of(*term);
        all += weight;
        if !b.says(*term, *root) {
            lacks += weight;
        }
    }
    if all > 0.0 { lacks / all } else { 1.0 }
}

fn shared_numbers(a: &Marks, b: &Marks) -> f64 {
    a.numbers.iter().filter(|(number, _)| b.has_number(*number)).fold(0.0, |sum, (_, weight)| sum + weight)
}

fn has_other_numbers(a: &Marks, b: &Marks) -> bool {
    !a.title_numbers.is_empty() && !a.title_numbers.iter().any(|number| b.has_number(*number))
}

/// The length of the longest row of words that both have in one order.
fn longest_common(a: &[u32], b: &[u32]) -> usize {
    let mut best = vec![0; b.len() + 1];
    for ours in a {
        let mut before = 0;
        for (at, theirs) in b.iter().enumerate() {
            let above = best[at + 1];
            best[at + 1] = if ours == theirs { before + 1 } else { above.max(best[at]) };
            before = above;
        }
    }
    best[b.len()]
}
