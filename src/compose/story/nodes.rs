//! The texts to be joined: equal ones once, in an order that does not depend on the input order. Knows no
//! likeness.

use std::collections::HashSet;

use super::link::Bonds;
use super::marks::Marks;
use super::terms::Terms;
use super::vectors::Vector;
use super::{LEAST_WORDS, Text};

#[derive(Debug)]
pub struct Nodes {
    /// By node: its texts, first the one that represents it.
    texts: Vec<Vec<usize>>,
    /// By text.
    of_text: Vec<usize>,
    /// By node: whether it says enough to be distinguished from others.
    enough: Vec<bool>,
}

impl Nodes {
    /// Texts that `bonds` keeps apart from others are separate nodes.
    pub fn of(texts: &[Text], terms: &[Terms], counted: &[Vector], bonds: &Bonds) -> Self {
        let parted: HashSet<usize> = bonds.apart.iter().flat_map(|(a, b)| [*a, *b]).collect();
        let enough = |at: usize| terms[at].words >= LEAST_WORDS;
        let key = |at: usize| counted[at].iter().map(|(term, weight)| (*term, weight.to_bits())).collect::<Vec<_>>();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_cached_key(|at| {
            let text = &texts[*at];
            (enough(*at), key(*at), text.title, text.summary, text.source, text.day, *at)
        });
        let mut nodes = Self { texts: Vec::new(), of_text: vec![0; texts.len()], enough: Vec::new() };
        let mut open = None;
        for at in order {
            let alone = !enough(at) || parted.contains(&at);
            if alone || open.is_none_or(|last: usize| counted[last] != counted[at]) {
                nodes.texts.push(Vec::new());
                nodes.enough.push(enough(at));
            }
            open = (!alone).then_some(at);
            nodes.of_text[at] = nodes.texts.len() - 1;
            nodes.texts.last_mut().into_iter().for_each(|texts| texts.push(at));
        }
        nodes
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn of_text(&self, text: usize) -> usize {
        self.of_text[text]
    }

    pub fn texts(&self, node: usize) -> &[usize] {
        &self.texts[node]
    }

    pub fn says_enough(&self, node: usize) -> bool {
        self.enough[node]
    }

    /// Whether two texts have the same words.
    pub fn are_equal(&self, a: usize, b: usize) -> bool {
        self.of_text[a] == self.of_text[b] && self.enough[self.of_text[a]]
    }

    /// By node, what its texts say.
    pub fn counted<'a>(&self, counted: &'a [Vector]) -> Vec<&'a Vector> {
        self.texts.iter().map(|texts| &counted[texts[0]]).collect()
    }

    /// By node, the marks of the text that represents it, with the days of all its texts.
    pub fn marks(&self, marks: Vec<Marks>) -> Vec<Marks> {
        let mut marks: Vec<Option<Marks>> = marks.into_iter().map(Some).collect();
        let node = |texts: &Vec<usize>| {
            let mut node = marks[texts[0]].take().unwrap_or_default();
            texts[1..].iter().filter_map(|at| marks[*at].as_ref()).for_each(|other| node.also_told(other));
            node
        };
        self.texts.iter().map(node).collect()
    }

    /// The bonds of texts as bonds of nodes.
    pub fn bonds(&self, bonds: &Bonds) -> Bonds {
        let nodes =
            |pairs: &[(usize, usize)]| pairs.iter().map(|(a, b)| (self.of_text[*a], self.of_text[*b])).collect();
        Bonds { together: nodes(&bonds.together), apart: nodes(&bonds.apart) }
    }

    /// By text: the first text of its story.
    pub fn labels(&self, stories: &[usize]) -> Vec<usize> {
        let mut first = vec![usize::MAX; stories.len()];
        for (node, texts) in self.texts.iter().enumerate() {
            let first = &mut first[stories[node]];
            *first = texts.iter().copied().min().unwrap_or(*first).min(*first);
        }
        let mut labels = vec![0; self.of_text.len()];
        for (node, texts) in self.texts.iter().enumerate() {
            for at in texts {
                labels[*at] = first[stories[node]];
            }
        }
        labels
    }
}
