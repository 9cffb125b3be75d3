//! How common the words of English news are: a table that ships with the program, since one week's texts are too few.
//! Knows no text.
//!
//! `frequencies.txt` is made by `scripts/frequencies`, which names the texts it was counted from and their licences.

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: LazyLock<HashMap<&'static str, Frequency>> = LazyLock::new(|| {
    let lines = include_str!("frequencies.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(row).collect()
});

/// How common a word is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frequency {
    /// The share of texts that hold it, from 0 to 1.
    pub share: f64,
    /// Whether it is hardly ever written in lower case.
    pub is_name: bool,
}

/// How common a word is, by its stem; none for a word that fewer than one text in a thousand holds.
pub fn of(stem: &str) -> Option<Frequency> {
    TABLE.get(stem).copied()
}

/// `^openai 525`: 525 texts of 10,000, a name.
fn row(line: &'static str) -> Option<(&'static str, Frequency)> {
    let (stem, count) = line.split_once(' ')?;
    let share = count.parse::<f64>().ok()? / 10_000.0;
    let name = stem.strip_prefix('^');
    Some((name.unwrap_or(stem), Frequency { share, is_name: name.is_some() }))
}

#[cfg(test)]
mod tests {
    use super::super::words::singular;
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read_and_is_a_stem() {
        let rows = include_str!("frequencies.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.len(), rows);
        for (stem, found) in TABLE.iter() {
            assert!(found.share > 0.0 && found.share < 0.5, "{stem} {}", found.share);
            assert!(singular(stem).len() + 1 >= stem.len(), "{stem}");
        }
    }

    #[test]
    fn common_words_are_known_and_names_are_names() {
        let share = |stem: &str| of(stem).map_or(0.0, |found| found.share);
        assert!(share("model") > share("launch") && share("launch") > share("profit") && share("profit") > 0.0);
        assert!(of("openai").unwrap().is_name && !of("model").unwrap().is_name);
        assert_eq!(of("qwertz"), None);
    }
}
