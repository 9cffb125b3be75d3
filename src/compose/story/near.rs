//! How many texts touch one: the echo of a story beyond its own grouping. Knows no story.

use super::Stories;

impl Stories {
    /// For each of the first `among` texts, with how many others of them it shares at least so many words (`least`, a cosine
    /// from 0 to 1).
    pub fn related(&self, among: usize, least: f64) -> Vec<usize> {
        let within = |node: usize| self.nodes.texts(node).iter().filter(|at| **at < among).count();
        let count = |at: usize| {
            let node = self.nodes.of_text(at);
            let equal = if self.says_enough(at) && least <= 1.0 { within(node) - 1 } else { 0 };
            let near = self.near[node].iter().filter(|(_, cosine)| *cosine >= least);
            equal + near.map(|(other, _)| within(*other)).sum::<usize>()
        };
        (0..among).map(count).collect()
    }
}
