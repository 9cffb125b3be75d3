//! Joins similar members into groups, bottom up. Knows pairs and their similarity, but not what they represent.
//!
//! The likeness of two groups is the mean score between their members over (cohesion × cohesion)^0.35, where a group's
//! cohesion is the mean score among its own members, each with itself included. With exponent 0 this is average link (UPGMA,
//! Sokal and Michener 1958), which splits a story that is told in many ways; with 0.5 it would be the cosine between the
//! groups' centroids, if the scores were cosines, which draws neighbours into a large story.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap};

const COHESION: f64 = 0.35;
/// Groups whose words are less alike than this are not joined, whatever their score.
const LEAST_COSINE: f64 = 0.15;

/// The similarity of a pair, or a sum of similarities.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Alike {
    /// From 0 to 1, what decides.
    pub score: f64,
    /// From 0 to 1, what must not be too small.
    pub cosine: f64,
}

/// By member: the others it is alike to, sorted. As much the other way.
pub type Near = Vec<Vec<(usize, Alike)>>;

/// Members that belong together or apart, whatever their likeness; apart goes before together.
#[derive(Clone, Debug, Default)]
pub struct Bonds {
    pub together: Vec<(usize, usize)>,
    pub apart: Vec<(usize, usize)>,
}

/// Which members belong together.
#[derive(Debug, Default, PartialEq)]
pub struct Linked {
    /// For each member the first of its group.
    pub firsts: Vec<usize>,
    /// Pairs of groups, by their first members, that nearly belong together, and how alike they are.
    pub perhaps: Vec<(usize, usize, f64)>,
}

/// Groups as alike as `threshold` are joined, the most alike first; of equals those that stand first. Groups that reach
/// `perhaps` at the end are named.
pub fn groups(near: Near, bonds: &Bonds, threshold: f64, perhaps: f64) -> Linked {
    let mut groups = Groups::of(near, bonds, threshold);
    while let Some(join) = groups.open.pop() {
        if groups.is_current(&join) {
            groups.join(join.a, join.b);
        }
    }
    Linked { perhaps: groups.nearly_joined(perhaps), firsts: groups.firsts() }
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
    /// The sum over all pairs of its members, each with itself included.
    within: Alike,
    /// size × cohesion ^ 0.35.
    bulk: Alike,
    /// Other groups and the sum over the pairs with their members, sorted. Groups that have joined another may linger.
    near: Vec<(usize, Alike)>,
    /// Groups that it must not join.
    apart: BTreeSet<usize>,
    /// How often it grew; a join that was proposed before is stale.
    age: u32,
}

impl Groups {
    fn of(near: Near, bonds: &Bonds, threshold: f64) -> Self {
        let single = |near| {
            let within = Alike { score: 1.0, cosine: 1.0 };
            Group { size: 1.0, within, bulk: within, near, apart: BTreeSet::new(), age: 0 }
        };
        let into = (0..near.len()).collect();
        let mut groups = Self { all: near.into_iter().map(single).collect(), into, open: BinaryHeap::new(), threshold };
        for (a, b) in bonds.apart.iter().filter(|(a, b)| a != b) {
            groups.all[*a].apart.insert(*b);
            groups.all[*b].apart.insert(*a);
        }
        let mut together: Vec<(usize, usize)> = bonds.together.iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect();
        together.sort_unstable();
        for (a, b) in together {
            let (a, b) = (groups.group_of(a), groups.group_of(b));
            if a != b && !groups.all[a].apart.contains(&b) {
                groups.join(a.min(b), a.max(b));
            }
        }
        for a in 0..groups.all.len() {
            groups.propose(a, |b| b > a);
        }
        groups
    }

    /// Queues the joins of `a` that reach the threshold.
    fn propose(&mut self, a: usize, with: impl Fn(usize) -> bool) {
        for at in 0..self.all[a].near.len() {
            let (b, between) = self.all[a].near[at];
            if !with(b) || !self.is_alive(b) {
                continue;
            }
            if let Some(likeness) = self.likeness(a, b, between).filter(|likeness| *likeness >= self.threshold) {
                let (a, b) = (a.min(b), a.max(b));
                self.open.push(Join { likeness, a, b, ages: (self.all[a].age, self.all[b].age) });
            }
        }
    }

    /// How alike two groups are, unless they must not be joined.
    fn likeness(&self, a: usize, b: usize, between: Alike) -> Option<f64> {
        let (ours, theirs) = (&self.all[a], &self.all[b]);
        let cosine = between.cosine / (ours.bulk.cosine * theirs.bulk.cosine);
        let may = cosine >= LEAST_COSINE && !ours.apart.contains(&b);
        may.then(|| between.score / (ours.bulk.score * theirs.bulk.score))
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
        let between = kept.iter().find(|(at, _)| *at == b).map_or(Alike::default(), |(_, sum)| *sum);
        let mut near = added(&kept, &lost);
        near.retain(|(at, _)| self.is_alive(*at) && *at != a);
        for (at, sum) in &near {
            let other = &mut self.all[*at].near;
            match other.binary_search_by_key(&a, |(at, _)| *at) {
                Ok(place) => other[place].1 = *sum,
                Err(place) => other.insert(place, (a, *sum)),
            }
        }
        for other in std::mem::take(&mut self.all[b].apart) {
            self.all[other].apart.remove(&b);
            self.all[other].apart.insert(a);
            self.all[a].apart.insert(other);
        }
        let (size, within) = (self.all[b].size, self.all[b].within);
        let group = &mut self.all[a];
        group.size += size;
        group.within = group.within.plus(within).plus(between).plus(between);
        group.bulk =
            Alike { score: bulk(group.size, group.within.score), cosine: bulk(group.size, group.within.cosine) };
        group.near = near;
        group.age += 1;
        self.propose(a, |_| true);
    }

    fn group_of(&self, mut at: usize) -> usize {
        while !self.is_alive(at) {
            at = self.into[at];
        }
        at
    }

    fn firsts(&self) -> Vec<usize> {
        (0..self.into.len()).map(|at| self.group_of(at)).collect()
    }

    /// Pairs of groups that are as alike as `least`, and were not joined.
    fn nearly_joined(&self, least: f64) -> Vec<(usize, usize, f64)> {
        let alive = (0..self.all.len()).filter(|at| self.is_alive(*at));
        let near = alive.flat_map(|a| self.all[a].near.iter().map(move |(b, between)| (a, *b, *between)));
        let pairs = near.filter(|(a, b, _)| a < b && self.is_alive(*b));
        let alike = pairs.filter_map(|(a, b, between)| Some((a, b, self.likeness(a, b, between)?)));
        alike.filter(|(_, _, likeness)| *likeness >= least).collect()
    }
}

impl Alike {
    fn plus(self, other: Self) -> Self {
        Self { score: self.score + other.score, cosine: self.cosine + other.cosine }
    }
}

fn bulk(size: f64, within: f64) -> f64 {
    size * (within / size.powi(2)).powf(COHESION)
}

/// The sum of two sorted lists.
fn added(a: &[(usize, Alike)], b: &[(usize, Alike)]) -> Vec<(usize, Alike)> {
    let mut all: Vec<(usize, Alike)> = a.iter().chain(b).copied().collect();
    all.sort_by_key(|(at, _)| *at);
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.plus(next.1);
        }
        same
    });
    all
}

/// Two groups that may be joined. The greatest is the most similar; of equals, the one that comes first.
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

    use super::super::pairs::pairs;
    use super::super::vectors::{self, Vector};
    use super::*;

    /// The same by definition: of all pairs of groups the most alike is joined, as long as one reaches the threshold.
    fn by_definition(near: &Near, bonds: &Bonds, threshold: f64) -> Vec<usize> {
        let members = near.len();
        let mut groups: Vec<Vec<usize>> = (0..members).map(|at| vec![at]).collect();
        let pair = |a: usize, b: usize| {
            let found = near[a].iter().find(|(at, _)| *at == b).map_or(Alike::default(), |(_, alike)| *alike);
            if a == b { Alike { score: 1.0, cosine: 1.0 } } else { found }
        };
        let mean = |a: &[usize], b: &[usize], of: fn(Alike) -> f64| {
            let pairs = a.iter().flat_map(|a| b.iter().map(|b| of(pair(*a, *b))));
            pairs.sum::<f64>() / vectors::real(a.len() * b.len())
        };
        let alike = |a: &[usize], b: &[usize], of: fn(Alike) -> f64| {
            mean(a, b, of) / (mean(a, a, of) * mean(b, b, of)).powf(COHESION)
        };
        let parted = |a: &[usize], b: &[usize]| {
            let holds = |group: &[usize], at: usize| group.contains(&at);
            bonds.apart.iter().any(|(x, y)| holds(a, *x) && holds(b, *y) || holds(a, *y) && holds(b, *x))
        };
        let place = |groups: &[Vec<usize>], at: usize| groups.iter().position(|group| group.contains(&at)).unwrap();
        let mut together: Vec<_> = bonds.together.iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect();
        together.sort_unstable();
        for (a, b) in together {
            let (a, b) = (place(&groups, a), place(&groups, b));
            if a != b && !parted(&groups[a], &groups[b]) {
                let second = groups.remove(a.max(b));
                groups[a.min(b)].extend(second);
            }
        }
        loop {
            let mut best = (threshold, None);
            for (b, second) in groups.iter().enumerate() {
                for (a, first) in groups[..b].iter().enumerate() {
                    let found = alike(first, second, |alike| alike.score);
                    let may = alike(first, second, |alike| alike.cosine) >= LEAST_COSINE && !parted(first, second);
                    if may && found >= best.0 {
                        best = (found, Some((a, b)));
                    }
                }
            }
            let Some((a, b)) = best.1 else { break };
            let second = groups.remove(b);
            groups[a].extend(second);
        }
        let first = |at: usize| groups.iter().find(|group| group.contains(&at)).unwrap().iter().min().copied().unwrap();
        (0..members).map(first).collect()
    }

    fn near() -> impl Strategy<Value = Near> {
        let alike = (0.01..1.0, 0.06..1.0).prop_map(|(score, cosine)| Alike { score, cosine });
        (1..14_usize, prop::collection::vec(prop::option::of(alike), 91)).prop_map(|(members, alike)| {
            let mut near: Near = vec![Vec::new(); members];
            let mut alike = alike.into_iter();
            for b in 0..members {
                for a in 0..b {
                    if let Some(alike) = alike.next().flatten() {
                        near[a].push((b, alike));
                        near[b].push((a, alike));
                    }
                }
            }
            for near in &mut near {
                near.sort_by_key(|(at, _)| *at);
            }
            near
        })
    }

    fn bonds() -> impl Strategy<Value = Bonds> {
        let pairs = || prop::collection::vec((0..14_usize, 0..14_usize), 0..4);
        (pairs(), pairs()).prop_map(|(together, apart)| Bonds { together, apart })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn groups_are_what_their_definition_says(near in near(), bonds in bonds(), threshold in 0.1..0.9) {
            let within = |(a, b): &(usize, usize)| *a < near.len() && *b < near.len() && a != b;
            let bonds = Bonds {
                together: bonds.together.into_iter().filter(within).collect(),
                apart: bonds.apart.into_iter().filter(within).collect(),
            };
            let found = groups(near.clone(), &bonds, threshold, threshold / 2.0);
            prop_assert_eq!(&found.firsts, &by_definition(&near, &bonds, threshold));
            for (a, b) in &bonds.apart {
                prop_assert_ne!(found.firsts[*a], found.firsts[*b]);
            }
            for (a, b, likeness) in found.perhaps {
                prop_assert!(a < b && found.firsts[a] == a && found.firsts[b] == b);
                prop_assert!((threshold / 2.0..threshold).contains(&likeness));
            }
        }
    }

    /// Vectors as they are found, their cosine also their score.
    fn linked(vectors: &[Vector], threshold: f64) -> Vec<usize> {
        let near = pairs(vectors)
            .into_iter()
            .map(|near| near.into_iter().map(|(at, cosine)| (at, Alike { score: cosine, cosine })).collect());
        groups(near.collect(), &Bonds::default(), threshold, 1.0).firsts
    }

    #[test]
    fn a_story_told_in_many_ways_holds_together() {
        // Each of six shares one term with all others and has two of its own: the cosine is 1/3 between any two. The
        // seventh's cosine with each is only 1/4, but that is much for so loose a group: likeness 0.327.
        let mut vectors: Vec<Vector> = (0..6).map(|n| vec![(0, 1.0), (2 * n + 1, 1.0), (2 * n + 2, 1.0)]).collect();
        vectors.push(vec![(0, 1.0), (13, 1.5), (14, 1.5)]);
        let vectors: Vec<Vector> = vectors.iter().map(|vector| vectors::weighed(vector, &[1.0; 15])).collect();
        assert_eq!(linked(&vectors, 0.34), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(linked(&vectors, 0.33), [0, 0, 0, 0, 0, 0, 6]);
        assert_eq!(linked(&vectors, 0.32), [0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn apart_goes_before_together() {
        let bonds = Bonds { together: vec![(0, 1), (1, 2)], apart: vec![(2, 0)] };
        assert_eq!(groups(vec![Vec::new(); 3], &bonds, 0.5, 0.4).firsts, [0, 0, 2]);
    }
}
