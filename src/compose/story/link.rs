//! Joins vectors that point the same way into groups, bottom up. Knows vectors, and nothing of what they stand for.
//!
//! The likeness of two groups is the mean cosine between their members over (cohesion × cohesion)^0.35, where a group's
//! cohesion is the mean cosine among its own members, each with itself included. With exponent 0 this is average link (UPGMA,
//! Sokal and Michener 1958), which splits a story that is told in many ways; with 0.5 it is the cosine between the groups'
//! centroids, which draws neighbours into a large story.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::vectors::{Vector, cosine};

const COHESION: f64 = 0.35;
/// Pairs less alike than this count as not alike at all.
const FLOOR: f64 = 0.06;
/// A text meets at most so many others by one term, those that follow it. Rarer terms bring all of their texts together;
/// the bound keeps a term of thousands of texts from making millions of pairs.
const REACH: usize = 300;

/// For each vector the first of its group. Groups as alike as `threshold` are joined, the most alike first; of equals those
/// that stand first.
pub fn groups(vectors: &[Vector], threshold: f64) -> Vec<usize> {
    let mut groups = Groups::of(vectors, threshold);
    while let Some(join) = groups.open.pop() {
        if groups.is_current(&join) {
            groups.join(join.a, join.b);
        }
    }
    groups.firsts()
}

struct Groups {
    all: Vec<Group>,
    /// By member: the group it joined, or itself.
    into: Vec<usize>,
    open: BinaryHeap<Join>,
    threshold: f64,
}

struct Group {
    size: f64,
    /// The sum of all cosines among its members.
    within: f64,
    /// size × cohesion ^ 0.35.
    bulk: f64,
    /// Other groups and the sum of cosines with their members, sorted. Groups that have joined another may linger.
    near: Vec<(usize, f64)>,
    /// How often it grew; a join that was proposed before is stale.
    age: u32,
}

impl Groups {
    fn of(vectors: &[Vector], threshold: f64) -> Self {
        let all = pairs(vectors)
            .into_iter()
            .zip(vectors)
            .map(|(near, vector)| {
                let within = cosine(vector, vector);
                Group { size: 1.0, within, bulk: bulk(1.0, within), near, age: 0 }
            })
            .collect();
        let mut groups = Self { all, into: (0..vectors.len()).collect(), open: BinaryHeap::new(), threshold };
        for a in 0..vectors.len() {
            groups.propose(a, |b| b > a);
        }
        groups
    }

    /// Queues the joins of `a` that reach the threshold.
    fn propose(&mut self, a: usize, with: impl Fn(usize) -> bool) {
        let group = &self.all[a];
        for (b, between) in group.near.iter().filter(|(b, _)| with(*b)) {
            let likeness = between / (group.bulk * self.all[*b].bulk);
            if likeness >= self.threshold {
                let (a, b) = (a.min(*b), a.max(*b));
                self.open.push(Join { likeness, a, b, ages: (self.all[a].age, self.all[b].age) });
            }
        }
    }

    fn is_alive(&self, at: usize) -> bool {
        self.into[at] == at
    }

    fn is_current(&self, join: &Join) -> bool {
        self.is_alive(join.a) && self.is_alive(join.b) && join.ages == (self.all[join.a].age, self.all[join.b].age)
    }

    /// `b` joins `a`.
    fn join(&mut self, a: usize, b: usize) {
        self.into[b] = a;
        let lost = std::mem::take(&mut self.all[b].near);
        let kept = std::mem::take(&mut self.all[a].near);
        let between = kept.iter().find(|(at, _)| *at == b).map_or(0.0, |(_, sum)| *sum);
        let mut near = added(&kept, &lost);
        near.retain(|(at, _)| self.is_alive(*at) && *at != a);
        for (at, sum) in &near {
            let other = &mut self.all[*at].near;
            match other.binary_search_by_key(&a, |(at, _)| *at) {
                Ok(place) => other[place].1 = *sum,
                Err(place) => other.insert(place, (a, *sum)),
            }
        }
        let (size, within) = (self.all[b].size, self.all[b].within);
        let group = &mut self.all[a];
        group.size += size;
        group.within += within + 2.0 * between;
        group.bulk = bulk(group.size, group.within);
        group.near = near;
        group.age += 1;
        self.propose(a, |_| true);
    }

    fn firsts(&self) -> Vec<usize> {
        let first = |mut at: usize| {
            while !self.is_alive(at) {
                at = self.into[at];
            }
            at
        };
        (0..self.into.len()).map(first).collect()
    }
}

fn bulk(size: f64, within: f64) -> f64 {
    size * (within / size.powi(2)).powf(COHESION)
}

/// The sum of two sorted lists.
fn added(a: &[(usize, f64)], b: &[(usize, f64)]) -> Vec<(usize, f64)> {
    let mut all: Vec<(usize, f64)> = a.iter().chain(b).copied().collect();
    all.sort_by_key(|(at, _)| *at);
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0.0 };
        same
    });
    all
}

/// For each vector those that are alike, with the cosine, found through the terms that they share.
pub fn pairs(vectors: &[Vector]) -> Vec<Vec<(usize, f64)>> {
    let terms = vectors.iter().flatten().map(|(term, _)| *term as usize + 1).max().unwrap_or(0);
    let mut held_by: Vec<Vec<(usize, f64)>> = vec![Vec::new(); terms];
    for (at, vector) in vectors.iter().enumerate() {
        for (term, weight) in vector {
            held_by[*term as usize].push((at, *weight));
        }
    }
    let mut near: Vec<Vec<(usize, f64)>> = vec![Vec::new(); vectors.len()];
    let mut sums = vec![0.0; vectors.len()];
    let mut met = Vec::new();
    // By term: how many of its holders have been at hand.
    let mut passed = vec![0; terms];
    // The weights of the vector at hand, by term: to look up a term is quicker than to walk two sorted lists.
    let mut mine = vec![0.0; terms];
    for (at, vector) in vectors.iter().enumerate() {
        for (term, weight) in vector {
            mine[*term as usize] = *weight;
        }
        for (term, weight) in vector {
            let term = *term as usize;
            passed[term] += 1;
            for (other, theirs) in held_by[term][passed[term]..].iter().take(REACH) {
                if sums[*other] == 0.0 {
                    met.push(*other);
                }
                sums[*other] += weight * theirs;
            }
        }
        met.sort_unstable();
        for other in met.drain(..) {
            // Terms beyond the reach are not in this sum, so it only proposes.
            if std::mem::take(&mut sums[other]) >= FLOOR * 0.75 {
                let cosine: f64 = vectors[other].iter().map(|(term, theirs)| mine[*term as usize] * theirs).sum();
                if cosine >= FLOOR {
                    near[at].push((other, cosine));
                    near[other].push((at, cosine));
                }
            }
        }
        for (term, _) in vector {
            mine[*term as usize] = 0.0;
        }
    }
    for near in &mut near {
        near.sort_by_key(|(at, _)| *at);
    }
    near
}

/// Two groups that may be joined. The greatest is the most alike, and of equals the one that stands first.
struct Join {
    likeness: f64,
    a: usize,
    b: usize,
    ages: (u32, u32),
}

impl Ord for Join {
    fn cmp(&self, other: &Self) -> Ordering {
        self.likeness
            .total_cmp(&other.likeness)
            .then_with(|| Reverse((self.a, self.b)).cmp(&Reverse((other.a, other.b))))
    }
}

impl PartialOrd for Join {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Join {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Join {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::vectors;
    use super::*;

    /// The same by definition: of all pairs of groups the most alike is joined, as long as one reaches the threshold.
    fn by_definition(vectors: &[Vector], threshold: f64) -> Vec<usize> {
        let mut groups: Vec<Vec<usize>> = (0..vectors.len()).map(|at| vec![at]).collect();
        let alike = |a: usize, b: usize| Some(cosine(&vectors[a], &vectors[b])).filter(|c| *c >= FLOOR).unwrap_or(0.0);
        let mean = |a: &[usize], b: &[usize]| {
            let pairs = a.iter().flat_map(|a| b.iter().map(|b| alike(*a, *b)));
            pairs.sum::<f64>() / vectors::real(a.len() * b.len())
        };
        let likeness = |a: &[usize], b: &[usize]| mean(a, b) / (mean(a, a) * mean(b, b)).powf(COHESION);
        loop {
            let mut best = (threshold, None);
            for (b, second) in groups.iter().enumerate() {
                for (a, first) in groups[..b].iter().enumerate() {
                    let found = likeness(first, second);
                    if found >= best.0 {
                        best = (found, Some((a, b)));
                    }
                }
            }
            let Some((a, b)) = best.1 else { break };
            let second = groups.remove(b);
            groups[a].extend(second);
        }
        let first = |at: usize| groups.iter().find(|group| group.contains(&at)).unwrap().iter().min().copied().unwrap();
        (0..vectors.len()).map(first).collect()
    }

    fn vectors() -> impl Strategy<Value = Vec<Vector>> {
        let vector = prop::collection::btree_map(0..12_u32, 0.1..5.0, 1..5).prop_map(|raw| {
            let counted: Vector = raw.into_iter().collect();
            vectors::weighed(&counted, &[1.0; 12])
        });
        prop::collection::vec(vector, 0..14)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn groups_are_what_their_definition_says(vectors in vectors(), threshold in 0.1..0.9) {
            prop_assert_eq!(groups(&vectors, threshold), by_definition(&vectors, threshold));
        }
    }

    #[test]
    fn a_story_told_in_many_ways_holds_together() {
        // Each of six shares one term with all others and has two of its own: the cosine is 1/3 between any two. The
        // seventh's cosine with each is only 1/4, but that is much for so loose a group: likeness 0.327.
        let mut vectors: Vec<Vector> = (0..6).map(|n| vec![(0, 1.0), (2 * n + 1, 1.0), (2 * n + 2, 1.0)]).collect();
        vectors.push(vec![(0, 1.0), (13, 1.5), (14, 1.5)]);
        let vectors: Vec<Vector> = vectors.iter().map(|vector| vectors::weighed(vector, &[1.0; 15])).collect();
        assert_eq!(groups(&vectors, 0.34), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(groups(&vectors, 0.33), [0, 0, 0, 0, 0, 0, 6]);
        assert_eq!(groups(&vectors, 0.32), [0, 0, 0, 0, 0, 0, 0]);
    }
}
