//! How many texts touch one: the echo of a story beyond its own grouping. Knows no story.

use super::{Stories, link, vectors::Vector};

impl Stories {
    /// For each of the first `among` texts, how many others of them are at least so like it (`least`, from 0 to 1).
    pub fn related(&self, among: usize, least: f64) -> Vec<usize> {
        let vectors: Vec<Vector> = self.vectors[..among].to_vec();
        let near = link::pairs(&vectors);
        let enough = |at: usize| move |other: &&(usize, f64)| self.says_enough(at) && self.says_enough(other.0);
        near.iter()
            .enumerate()
            .map(|(at, near)| near.iter().filter(|(_, likeness)| *likeness >= least).filter(enough(at)).count())
            .collect()
    }
}
