//! Sentences that occur in the summaries of unrelated items: a round-up's line, a notice under every page. They
//! say nothing of any one item. Knows no story.

use std::collections::{BTreeMap, BTreeSet};

use super::words::each_word;
use crate::model::Item;

/// A shorter sentence may well be said twice.
const LEAST: usize = 30;

/// The items' summaries without the sentences that another item has too, whose headline has no word in common with this
/// one's. A text that several print under like headlines stays: it is one story.
pub fn own_summaries(items: &[&Item]) -> Vec<String> {
    let headlines: Vec<BTreeSet<String>> = items.iter().map(|item| words(&item.title)).collect();
    let mut holders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        for sentence in sentences(&item.summary).filter(|sentence| sentence.chars().count() >= LEAST) {
            holders.entry(sentence).or_default().push(at);
        }
    }
    let stray = |at: usize, sentence: &str| {
        let others = holders.get(sentence).into_iter().flatten();
        others.copied().any(|other| headlines[other].is_disjoint(&headlines[at]))
    };
    let own = |(at, item): (usize, &&Item)| {
        let kept: Vec<&str> = sentences(&item.summary).filter(|sentence| !stray(at, sentence)).collect();
        kept.join(". ")
    };
    items.iter().enumerate().map(own).collect()
}

/// The parts between full stops and line ends, roughly; abbreviations do no harm here.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(['\n', '!', '?', ';']).flat_map(|line| line.split(". "));
    parts.map(|part| part.trim().trim_end_matches('.')).filter(|part| !part.is_empty())
}

fn words(title: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    each_word(title, |word| {
        words.insert(word.to_owned());
    });
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::fresh;

    fn item(title: &str, summary: &str) -> Item {
        Item { title: title.into(), summary: summary.into(), ..fresh(title, 5.0) }
    }

    #[test]
    fn a_round_up_s_line_says_nothing_of_its_items() {
        let line = "Larch 3 is out, and drones now count bees over almond groves";
        let items = [
            item("Larch 3 reads a million tokens", &format!("{line}. The weights are open.")),
            item("Drones count bees", &format!("{line}.\nWild bees are told from honeybees.")),
        ];
        assert_eq!(own_summaries(&items.each_ref()), ["The weights are open", "Wild bees are told from honeybees"]);
    }

    #[test]
    fn a_text_printed_twice_under_like_headlines_stays() {
        let text = "The agency reports that the fab in Dresden starts in spring";
        let items = [item("Dresden fab starts", text), item("A fab starts in Dresden", text), item("Bees", "Short.")];
        assert_eq!(own_summaries(&items.each_ref()), [text, text, "Short"]);
    }

    #[test]
    fn empty_and_short_texts_are_left_alone() {
        let items = [item("", ""), item("One", "Read more."), item("Two", "Read more.")];
        assert_eq!(own_summaries(&items.each_ref()), ["", "Read more", "Read more"]);
    }
}
