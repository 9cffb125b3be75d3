//! Words: a plain tokenizer. Knows no item and no guide.

use std::collections::BTreeMap;

/// English words that say nothing about a text's subject, in alphabetical order.
pub const STOP: [&str; 110] = [
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before",
    "but", "by", "can", "could", "did", "do", "does", "for", "from", "get", "had", "has", "have", "he", "her", "here",
    "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "like", "make", "makes", "many", "may", "more",
    "most", "much", "my", "new", "no", "not", "now", "of", "on", "one", "only", "or", "other", "our", "out", "over",
    "said", "says", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them", "then", "there",
    "these", "they", "this", "those", "through", "to", "too", "two", "up", "us", "use", "used", "using", "very", "was",
    "way", "we", "well", "were", "what", "when", "where", "which", "while", "who", "why", "will", "with", "without",
    "would", "year", "you", "your",
];

/// Words, as singulars, after which a name is what the news is measured by, and not what it is about.
const COMPARES: &str = "ahead against approach approache beat beating behind beyond close compare comparable compete \
    competing exceed exceeding like line match matche matching outperform outperforming par rival rivaling rivalling similar \
    surpass surpasse surpassing than unlike versu versus vs";
/// How many words before a name are considered.
const COMPARES_WITHIN: usize = 5;

/// Whether the last of the words before a name say that something is compared with it: "beats", "in line with the new".
pub fn compares<'a>(before: impl DoubleEndedIterator<Item = &'a str>) -> bool {
    before.rev().take(COMPARES_WITHIN).any(|word| COMPARES.split_whitespace().any(|known| known == word))
}

/// In bytes; what is longer need not be looked up.
pub const LONGEST_STOP: usize = 7;

/// How often each word occurs, counted with its text's weight.
pub type WordCounts = BTreeMap<String, f64>;

/// Adds the words of `text`, each counted `weight` times.
pub fn count(counts: &mut WordCounts, text: &str, weight: f64) {
    each_word(text, |word| *counts.entry(word.to_owned()).or_default() += weight);
}

/// Yields the meaningful words of `text`: lower case, singular, without the stop words.
pub fn each_word(text: &str, mut take: impl FnMut(&str)) {
    let mut word = String::new();
    for run in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.' | '\'' | '’'))) {
        // Most runs are one plain word, and a library has millions.
        if run.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            word.clear();
            lower(run, &mut word);
            tell(&word, &mut take);
            continue;
        }
        // `gpt-4o` counts as gpt, 4o and gpt4o, so that it meets both "GPT 4o" and "gpt4o".
        if parts(run).count() == 2 && !run.contains(['\'', '’']) {
            word.clear();
            parts(run).for_each(|part| lower(part, &mut word));
            tell(&word, &mut take);
        }
        for part in parts(run) {
            word.clear();
            lower(part, &mut word);
            tell(&word, &mut take);
        }
    }
}

/// The words of `text` one after the other, stop words and all, each between two spaces: a name stands in a text, whatever
/// its hyphens and capitals, when its row is part of the text's.
pub fn row(text: &str) -> String {
    let mut row = String::from(" ");
    let mut word = String::new();
    for part in parts(text) {
        word.clear();
        lower(part, &mut word);
        row.push_str(singular(&word));
        row.push(' ');
    }
    row
}

fn parts(run: &str) -> impl Iterator<Item = &str> {
    run.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty())
}

/// Appends `part` in lower case.
fn lower(part: &str, word: &mut String) {
    if part.is_ascii() {
        word.push_str(part);
        word.make_ascii_lowercase();
    } else {
        word.extend(part.chars().flat_map(char::to_lowercase));
    }
}

fn tell(word: &str, take: &mut impl FnMut(&str)) {
    let stops = word.len() <= LONGEST_STOP && STOP.binary_search(&word).is_ok();
    if !stops && word.chars().nth(1).is_some() {
        take(singular(word));
    }
}

/// "agents" and "agent" are one word; "gas", "class" and "gpus" keep what they need.
pub fn singular(word: &str) -> &str {
    let plural = word.len() > 3 && word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if plural { &word[..word.len() - 1] } else { word }
}

/// Endings and their replacements, the longest first.
const ENDINGS: [(&str, &str); 15] = [
    ("ations", "at"),
    ("ation", "at"),
    ("ities", "it"),
    ("ings", ""),
    ("ions", ""),
    ("ers", ""),
    ("ies", "y"),
    ("ing", ""),
    ("ion", ""),
    ("ity", "it"),
    ("er", ""),
    ("ed", ""),
    ("es", ""),
    ("ly", ""),
    ("e", ""),
];

/// The common stem of an English word's forms: "translate", "translated" and "translation" have `translat`, or less.
/// Two words of one root need not be of one meaning.
pub fn root(word: &str) -> String {
    if word.len() < 5 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let stem = |end: &str| word.strip_suffix(end).filter(|stem| stem.len() >= 4);
    let found = ENDINGS.iter().find_map(|(end, other)| Some(format!("{}{other}", stem(end)?)));
    found.unwrap_or_else(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_root() {
        for forms in [
            &["launch", "launches", "launched", "launching"][..],
            &["translate", "translated", "translation", "translating"],
            &["license", "licensed", "licensing"],
            &["company", "companies"],
        ] {
            let roots: Vec<String> = forms.iter().map(|form| root(form)).collect();
            assert!(roots.iter().all(|found| *found == roots[0]), "{forms:?}: {roots:?}");
        }
        for (one, other) in
            [("part", "party"), ("rate", "ration"), ("gpt4o", "gpt4"), ("bring", "bred"), ("地震", "地")]
        {
            assert_ne!(root(one), root(other));
        }
    }
}
