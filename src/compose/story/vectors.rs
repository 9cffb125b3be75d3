//! Sparse vectors of weighed terms. Knows terms as numbers, and neither words nor stories.

use std::collections::HashMap;

use super::terms::{NAME_MARK, Terms};
use crate::compose::frequencies;
use crate::compose::words::root;

/// Weights by term, sorted by term, so that every sum runs in one order.
pub type Vector = Vec<(u32, f64)>;

/// How many imagined texts without any of a batch's words are added to it. In a batch of five texts a word that two of
/// them share is then still a rare word; in one of thousands they change nothing.
const IMAGINED: f64 = 100.0;
/// The number of texts that the table of frequencies counts as.
const TABLE: f64 = 400.0;

/// The terms of all texts, numbered in alphabetical order, so that the numbers do not depend on the texts' order.
#[derive(Debug, Default)]
pub struct Vocabulary {
    numbers: HashMap<String, u32>,
    /// By number: how a subscriber knows the term.
    pub forms: Vec<String>,
    /// By number: whether the term is a text's name rather than a word.
    names: Vec<bool>,
    /// By number: the number of what its forms have in common.
    roots: Vec<u32>,
    /// By number: the share of texts of other weeks that hold it.
    common: Vec<f64>,
    /// By number: whether it is a name, or has a figure in it.
    proper: Vec<bool>,
}

impl Vocabulary {
    pub fn of(texts: &[Terms]) -> Self {
        let mut forms: HashMap<&str, &str> = HashMap::new();
        for (stem, term) in texts.iter().flat_map(|text| &text.of) {
            let form = forms.entry(stem).or_insert(&term.form);
            if (term.form.len(), term.form.as_str()) < (form.len(), form) {
                *form = &term.form;
            }
        }
        let mut sorted: Vec<(&str, &str)> = forms.into_iter().collect();
        sorted.sort_unstable();
        let numbers = (0..).zip(&sorted).map(|(number, (stem, _))| ((*stem).to_owned(), number)).collect();
        let names = sorted.iter().map(|(stem, _)| stem.starts_with(NAME_MARK)).collect();
        let mut known = HashMap::new();
        let roots = (0..).zip(&sorted).map(|(number, (stem, _))| *known.entry(root(stem)).or_insert(number)).collect();
        let common = sorted.iter().map(|(stem, _)| frequencies::of(stem).map_or(0.0, |known| known.share)).collect();
        let has_figure = |stem: &str| stem.contains(|c: char| c.is_ascii_digit());
        let is_name = |stem: &str| frequencies::of(stem).is_some_and(|known| known.is_name);
        let proper = sorted.iter().map(|(stem, _)| has_figure(stem) || is_name(stem)).collect();
        let forms = sorted.into_iter().map(|(_, form)| form.to_owned()).collect();
        Self { numbers, forms, names, roots, common, proper }
    }

    /// What the forms of a word have in common ("translate", "translation"), as a number.
    pub fn root(&self, term: u32) -> u32 {
        self.roots[term as usize]
    }

    /// Whether a term says what happened, and not only to whom or what: it is not a known name, and not in every other text.
    pub fn says_what(&self, term: u32) -> bool {
        const COMMON: f64 = 0.02;
        !self.proper[term as usize] && self.common[term as usize] <= COMMON
    }

    /// By number: in how many texts of other weeks it stands, and how many those are: the texts given and the table's.
    pub fn background(&self, texts: impl ExactSizeIterator<Item = Terms>) -> (Vec<f64>, f64) {
        let all = real(texts.len()) + TABLE;
        let held_by = self.held_by(texts);
        (held_by.into_iter().zip(&self.common).map(|(held_by, common)| real(held_by) + TABLE * common).collect(), all)
    }

    pub fn number(&self, stem: &str) -> Option<u32> {
        self.numbers.get(stem).copied()
    }

    pub fn is_name(&self, term: u32) -> bool {
        self.names[term as usize]
    }

    /// By number: how many of the texts hold the term.
    fn held_by(&self, texts: impl Iterator<Item = Terms>) -> Vec<usize> {
        let mut held_by = vec![0; self.forms.len()];
        for text in texts {
            text.of.keys().filter_map(|stem| self.number(stem)).for_each(|term| held_by[term as usize] += 1);
        }
        held_by
    }

    /// A text's terms by number; terms without a number are left out.
    pub fn counted(&self, text: &Terms) -> Vector {
        text.of.iter().filter_map(|(stem, term)| Some((self.number(stem)?, term.weight))).collect()
    }
}

/// The weight of each term, by how few stories hold it, including those of other weeks: ln((stories + 1 + 100) / stories that
/// hold it).
///
/// A story counts once however many texts tell it. Else the words of a week's great story, told by thirty texts, would pass
/// for common ones, and just its texts would not find each other.
pub fn idf(counted: &[&Vector], stories: &[usize], background: &(Vec<f64>, f64)) -> Vec<f64> {
    let mut held_by = background.0.clone();
    let mut by_story: Vec<usize> = (0..counted.len()).collect();
    by_story.sort_unstable_by_key(|at| (stories[*at], *at));
    let mut last_story = vec![usize::MAX; held_by.len()];
    let mut told = 0;
    for group in by_story.chunk_by(|a, b| stories[*a] == stories[*b]) {
        told += 1;
        for (term, _) in group.iter().flat_map(|at| counted[*at]) {
            let term = *term as usize;
            if last_story[term] != told {
                last_story[term] = told;
                held_by[term] += 1.0;
            }
        }
    }
    let all = real(told) + background.1 + 1.0 + IMAGINED;
    held_by.into_iter().map(|held_by| (all / held_by.max(1.0)).ln()).collect()
}

/// The weight of a term that only a single story holds.
pub fn most(stories: &[usize], background: &(Vec<f64>, f64)) -> f64 {
    let told = stories.iter().enumerate().filter(|(at, first)| at == *first).count();
    (real(told) + background.1 + 1.0 + IMAGINED).ln()
}

#[expect(clippy::cast_precision_loss, reason = "counts of texts are far below 2^52")]
pub fn real(count: usize) -> f64 {
    count as f64
}

/// A text's vector, of length 1; empty for a text that says nothing.
pub fn weighed(counted: &Vector, idf: &[f64]) -> Vector {
    let raw: Vector = counted.iter().map(|(term, weight)| (*term, weight * idf[*term as usize])).collect();
    let length = raw.iter().map(|(_, w)| w * w).sum::<f64>().sqrt();
    if length > 0.0 { raw.into_iter().map(|(term, w)| (term, w / length)).collect() } else { Vector::new() }
}

/// The terms of both, with the product of their weights.
pub fn shared<'a>(mut a: &'a [(u32, f64)], mut b: &'a [(u32, f64)]) -> impl Iterator<Item = (u32, f64)> + 'a {
    std::iter::from_fn(move || {
        loop {
            let (ours, theirs) = (a.first()?, b.first()?);
            if ours.0 <= theirs.0 {
                a = &a[1..];
            }
            if theirs.0 <= ours.0 {
                b = &b[1..];
            }
            if ours.0 == theirs.0 {
                return Some((ours.0, ours.1 * theirs.1));
            }
        }
    })
}

/// The cosine, from 0 to 1: the dot product of vectors of length 1.
pub fn cosine(a: &[(u32, f64)], b: &[(u32, f64)]) -> f64 {
    // From 0.0, since an empty sum is -0.0.
    shared(a, b).fold(0.0, |sum, (_, product)| sum + product)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_counts_once_however_many_texts_tell_it() {
        let counted: Vec<Vector> = vec![vec![(0, 1.0), (1, 1.0)], vec![(0, 1.0)], vec![(1, 1.0), (2, 1.0)]];
        let counted: Vec<&Vector> = counted.iter().collect();
        let idf = |stories: &[usize]| idf(&counted, stories, &(vec![0.0, 0.0, 4.0], 10.0));
        let all = |stories: f64, held_by: f64| ((stories + 10.0 + 1.0 + IMAGINED) / held_by).ln();
        assert_eq!(idf(&[0, 1, 2]), [all(3.0, 2.0), all(3.0, 2.0), all(3.0, 5.0)]);
        assert_eq!(idf(&[0, 0, 2]), [all(2.0, 1.0), all(2.0, 2.0), all(2.0, 5.0)]);
        // Groups need not lie side by side.
        assert_eq!(idf(&[0, 1, 0]), [all(2.0, 2.0), all(2.0, 1.0), all(2.0, 5.0)]);
    }

    #[test]
    fn vectors_have_length_1_and_meet_in_what_they_share() {
        let unit = weighed(&vec![(0, 3.0), (2, 2.0)], &[1.0, 9.0, 2.0]);
        assert_eq!(unit, [(0, 0.6), (2, 0.8)]);
        assert_eq!(shared(&unit, &[(0, 0.5), (1, 0.5)]).collect::<Vec<_>>(), [(0, 0.3)]);
        assert!((cosine(&unit, &unit) - 1.0).abs() < 1e-12);
        assert_eq!(cosine(&unit, &[]).to_bits(), 0.0_f64.to_bits());
        assert_eq!(weighed(&Vec::new(), &[]), []);
    }
}
