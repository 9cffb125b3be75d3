//! The texts related to one: the echo of a story beyond its own items. Knows no story.

use super::Stories;

impl Stories {
    /// For each of the first `among` texts, the others of them with which it shares at least so many words (`least`, a cosine
    /// from 0 to 1).
    pub fn related(&self, among: usize, least: f64) -> Vec<Vec<usize>> {
        let within = |node: usize| self.nodes.texts(node).iter().copied().filter(|at| *at < among);
        let related = |at: usize| {
            let node = self.nodes.of_text(at);
            let alike = self.says_enough(at) && least <= 1.0;
            let equal = within(node).filter(|other| alike && *other != at);
            let near = self.near[node].iter().filter(|(_, cosine)| *cosine >= least);
            equal.chain(near.flat_map(|(other, _)| within(*other))).collect()
        };
        (0..among).map(related).collect()
    }
}
