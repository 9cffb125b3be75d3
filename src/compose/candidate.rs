//! An item that may be chosen, with all that is known about it, and the order of candidates. Knows no cap and no guide.

use std::cmp::Ordering;

use super::grouping::EarlierCoverage;
use super::item_order::by_content;
use super::rank::Parts;
use super::{LeftOut, Ranked};
use crate::model::{IssueName, Item};

/// An item in the window with its worth.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    pub item: &'a Item,
    pub parts: Parts,
    /// Said of items that the last issue could not have seen.
    pub late: Option<String>,
    /// An earlier issue that had it on its bench.
    pub bench: Option<&'a IssueName>,
    /// Other items of the same story, best first.
    pub also: Vec<&'a Item>,
    /// The earlier issue that carried this story, and what is new.
    pub follow_up: Option<EarlierCoverage<'a>>,
    /// Other candidates that may be the same story, and how likely that is, in words.
    pub doubts: Vec<(&'a str, String)>,
}

impl Candidate<'_> {
    pub fn ranked(&self, rank: usize) -> Ranked {
        Ranked { id: self.item.id.clone(), rank, parts: self.parts.clone(), also: self.also.len() }
    }

    pub fn left_out(&self, reason: String) -> LeftOut {
        let (id, title) = (self.item.id.clone(), self.item.title.clone());
        LeftOut { id, title, score: self.parts.score, reason, duplicate_of: None }
    }
}

/// Best first: value, then score, then what an earlier issue had on its bench, then the newer, then the id; then everything
/// else, so that no two different items tie.
pub fn by_rank(a: &Candidate, b: &Candidate) -> Ordering {
    let score = |c: &Candidate| c.parts.score.unwrap_or(f64::NEG_INFINITY);
    b.parts
        .value
        .total_cmp(&a.parts.value)
        .then_with(|| score(b).total_cmp(&score(a)))
        .then_with(|| b.bench.is_some().cmp(&a.bench.is_some()))
        .then_with(|| a.parts.age_days.total_cmp(&b.parts.age_days))
        .then_with(|| by_content(a.item, b.item))
}
