//! Finds the pairs of vectors that share terms, without comparing each with each. Knows no text and no group.

use super::vectors::Vector;

/// Pairs less alike than this count as not alike at all.
const FLOOR: f64 = 0.06;
/// A text is paired with at most this many others by one term, those that follow it. Rarer terms pair all of their texts;
/// the bound keeps a term of thousands of texts from making millions of pairs.
const REACH: usize = 300;

/// For each vector, the similar ones and their cosine, found by the terms they share.
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
