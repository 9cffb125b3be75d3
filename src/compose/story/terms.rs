//! A text's terms: the words, and the name before a headline's colon, with how much each counts. Knows no other text.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::super::words::{STOP, singular};

/// Words of a rubric rather than of a story: "Weekly update" says nothing about what happened.
const RUBRIC: &str = "announcement announcing changelog daily digest edition introducing issue month monthly news \
    newsletter recap roundup today update weekly";

/// How often a word of the title counts, where one of the summary counts once: the headline says which story it is.
const TITLE: f64 = 3.0;
/// What the name counts beside its words: about as much as a word of the title (1 + ln 3).
const NAME: f64 = 2.0;
/// Which story it is has been said by then; the bounds keep a hostile text from filling the memory.
const TITLE_WORDS: usize = 60;
const SUMMARY_WORDS: usize = 400;
const CHARACTERS: usize = 16_000;
/// The first sign of a name's key. No word holds it, so a name never meets one.
pub const NAME_MARK: &str = "§";
/// As much of a title as may hold its name, in characters.
const NAME_LENGTH: usize = 200;

/// The terms of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// By stem: how much the term counts and the form in which a subscriber knows it.
    pub of: BTreeMap<String, Term>,
    /// How many of the terms are words.
    pub words: usize,
    /// The stems of the title's words.
    pub title: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Term {
    pub weight: f64,
    pub form: String,
}

impl Terms {
    pub fn of(title: &str, summary: &str) -> Self {
        Self::from_words(title, &title_words(title), &summary_words(summary))
    }

    /// The terms of a text whose words are known.
    pub fn from_words(title: &str, title_words: &[Word], summary_words: &[Word]) -> Self {
        let mut terms = Self::default();
        for word in title_words {
            terms.add(word, TITLE);
            terms.title.push(word.stem.clone());
        }
        for word in summary_words {
            terms.add(word, 1.0);
        }
        terms.title.sort();
        terms.title.dedup();
        terms.words = terms.of.len();
        for term in terms.of.values_mut() {
            // A word that is said often counts more, but less than as often.
            term.weight = 1.0 + term.weight.ln();
        }
        if let Some((key, form)) = name(title) {
            terms.of.insert(key, Term { weight: NAME, form });
        }
        terms
    }

    /// Whether the text says the word, be it as its name: "Aya 23: open weights" tells of "aya23".
    pub fn tells_of(&self, stem: &str) -> bool {
        self.of.contains_key(stem) || self.of.contains_key(&format!("{NAME_MARK}{stem}"))
    }

    fn add(&mut self, word: &Word, count: f64) {
        let term = self.of.entry(word.stem.clone()).or_default();
        term.weight += count;
        if term.form.is_empty() || (word.form.len(), &word.form) < (term.form.len(), &term.form) {
            term.form.clone_from(&word.form);
        }
    }
}

/// A word with meaning: not a stop word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub stem: String,
    /// In lower case.
    pub form: String,
    pub spelling: Spelling,
    /// Whether it is a run with a hyphen taken as one word, beside its parts: `gpt-4o` as gpt4o.
    pub joined: bool,
}

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Without a capital.
    Small,
    /// With one.
    Capital,
    /// With one that may be due to its place, at the beginning of a sentence.
    Opening,
}

/// As many words of a title as count.
pub fn title_words(title: &str) -> Vec<Word> {
    words(title).take(TITLE_WORDS).collect()
}

/// As many words of a summary as count.
pub fn summary_words(summary: &str) -> Vec<Word> {
    words(summary).take(SUMMARY_WORDS).collect()
}

/// The words with meaning, in order.
fn words(text: &str) -> impl Iterator<Item = Word> {
    let text: String = text.chars().take(CHARACTERS).filter(|c| !is_invisible(*c)).nfkc().collect();
    runs(&text).into_iter().flat_map(|(run, opens)| parts(&run).into_iter().filter_map(move |part| part.word(opens)))
}

/// The stretches of letters, figures and the signs inside words, and whether each begins a sentence.
fn runs(text: &str) -> Vec<(String, bool)> {
    let mut runs = Vec::new();
    let (mut opens, mut run) = (true, String::new());
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() || matches!(c, '-' | '.' | '\'' | '’') {
            run.push(c);
            continue;
        }
        if !run.is_empty() {
            let ends_sentence = run.ends_with('.');
            runs.push((std::mem::take(&mut run), opens));
            opens = ends_sentence;
        }
        opens |= matches!(c, '!' | '?' | ':');
    }
    runs
}

/// A word or a joined run as it is written.
struct Part {
    word: String,
    form: String,
    joined: bool,
}

impl Part {
    fn word(self, opens: bool) -> Option<Word> {
        let lower = self.word.to_lowercase();
        if !tells(&lower) {
            return None;
        }
        let spelling = match (lower == self.word, opens) {
            (true, _) => Spelling::Small,
            (false, true) => Spelling::Opening,
            (false, false) => Spelling::Capital,
        };
        let stem = singular(&lower).to_owned();
        Some(Word { stem, form: self.form.to_lowercase(), spelling, joined: self.joined })
    }
}

/// The words of one run as word and form: `gpt-4o` counts as gpt, 4o and gpt4o, so that it meets both "GPT 4o" and "gpt4o".
/// Scripts without spaces between words count by pairs of characters.
fn parts(run: &str) -> Vec<Part> {
    let run = ["'s", "’s", "'S", "’S"].iter().find_map(|end| run.strip_suffix(end)).unwrap_or(run);
    let split: Vec<&str> = run.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let mut parts = Vec::new();
    if split.len() == 2 && !run.contains(['\'', '’']) && !run.contains(is_unspaced) {
        let form = run.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
        parts.push(Part { word: split.concat(), form, joined: true });
    }
    for part in split {
        for piece in pieces(part) {
            parts.push(Part { word: piece.clone(), form: piece, joined: false });
        }
    }
    parts
}

/// A word as it is; a stretch of a script without spaces as its pairs of characters.
fn pieces(part: &str) -> Vec<String> {
    let chars: Vec<char> = part.chars().collect();
    let mut pieces = Vec::new();
    for stretch in chars.chunk_by(|a, b| is_unspaced(*a) == is_unspaced(*b)) {
        if is_unspaced(stretch[0]) && stretch.len() > 1 {
            pieces.extend(stretch.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else {
            pieces.push(stretch.iter().collect());
        }
    }
    pieces
}

/// Chinese, Japanese and Korean, Thai, Lao, Burmese, Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1100}'..='\u{11FF}' | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3006}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Soft hyphens, joiners, marks of direction: they split no word.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn tells(word: &str) -> bool {
    // A single letter says nothing, a single digit does: Llama 3 is not Llama 4.
    let tells = word.chars().nth(1).is_some() || word.contains(|c: char| is_unspaced(c) || c.is_ascii_digit());
    tells && STOP.binary_search(&word).is_err() && !is_rubric(word)
}

fn is_rubric(word: &str) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    RUBRIC.split(' ').any(|rubric| rubric == word || rubric == singular)
}

/// The name by which a headline calls its matter, as key and form: what stands before a colon, a dash or a bracket, or
/// all of it. "FlashAttention-3" and "FlashAttention-3: fast and exact attention" have the same.
fn name(title: &str) -> Option<(String, String)> {
    let title: String = title.chars().take(NAME_LENGTH).filter(|c| !is_invisible(*c)).nfkc().collect();
    let end = title.find([':', '|', '(', '–', '—']).unwrap_or(title.len());
    let end = title.find(" - ").map_or(end, |dash| dash.min(end));
    let head = title[..end].trim().to_lowercase();
    let key: String = head.chars().filter(|c| c.is_alphanumeric()).collect();
    let tells = key.chars().nth(2).is_some() && words(&head).next().is_some();
    tells.then(|| (format!("{NAME_MARK}{key}"), head))
}

#[cfg(test)]
mod tests {
    use super::Spelling::{Capital, Opening, Small};
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        words(text).map(|word| word.stem).collect()
    }

    #[test]
    fn words_are_found_in_any_script() {
        let cases: [(&str, &[&str]); 10] = [
            ("The GPT-4o delays", &["gpt4o", "gpt", "4o", "delay"]),
            ("delayed Delays DELAY", &["delayed", "delay", "delay"]),
            ("gas and gates of the class 3 b", &["gas", "gate", "class", "3"]),
            ("OpenAI’s GPT-4’s", &["openai", "gpt4", "gpt", "4"]),
            ("東京で地震", &["東京", "京で", "で地", "地震"]),
            ("新", &["新"]),
            ("GPT発表", &["gpt", "発表"]),
            ("שלום עולם", &["שלום", "עולם"]),
            ("Open\u{200B}AI ＯｐｅｎＡＩ", &["openai", "openai"]),
            ("🎉🎉 … — !! Weekly Updates", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(stems(text), expected, "{text}");
        }
    }

    #[test]
    fn spelling_is_known_by_word_and_place() {
        let spelled: Vec<(String, Spelling)> =
            words("Harbour of Kiel shut. Ferries run: Gull-2 waits").map(|word| (word.stem, word.spelling)).collect();
        let expected = [
            ("harbour", Opening),
            ("kiel", Capital),
            ("shut", Small),
            ("ferrie", Opening),
            ("run", Small),
            ("gull2", Opening),
            ("gull", Opening),
            ("2", Small),
            ("wait", Small),
        ];
        assert_eq!(spelled, expected.map(|(stem, spelling)| (stem.to_owned(), spelling)));
    }

    #[test]
    fn a_name_is_what_stands_before_the_colon() {
        let key = |title: &str| name(title).map(|(key, _)| key);
        assert_eq!(key("FlashAttention-3: Fast"), key("FlashAttention 3"));
        assert_eq!(key("Aya 23 – open weights"), Some("§aya23".into()));
        assert_eq!(key("Llama 3 - all you need"), Some("§llama3".into()));
        for nothing in ["", ": after", "Weekly update", "🎉", "An", "\u{202E}"] {
            assert_eq!(key(nothing), None, "{nothing}");
        }
    }
}
