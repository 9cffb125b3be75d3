//! Finds which elements of a list were moved. Knows no TOML.

/// Of each element of a permuted sequence: whether it may have been moved. Elements that every longest increasing
/// subsequence contains were not moved; if two swapped places, both count as moved, since either may have been.
pub fn moved(positions: &[usize]) -> Vec<bool> {
    let n = positions.len();
    let mut ending = vec![1_usize; n];
    let mut starting = vec![1_usize; n];
    for at in 0..n {
        for before in 0..at {
            if positions[before] < positions[at] {
                ending[at] = ending[at].max(ending[before] + 1);
            }
        }
    }
    for at in (0..n).rev() {
        for after in at + 1..n {
            if positions[at] < positions[after] {
                starting[at] = starting[at].max(starting[after] + 1);
            }
        }
    }
    let longest = ending.iter().copied().max().unwrap_or(0);
    let on_one = |at: usize| ending[at] + starting[at] == longest + 1;
    let mut at_level = vec![0_usize; longest + 1];
    (0..n).filter(|at| on_one(*at)).for_each(|at| at_level[ending[at]] += 1);
    (0..n).map(|at| !on_one(at) || at_level[ending[at]] > 1).collect()
}
