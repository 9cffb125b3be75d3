//! The features of a text apart from the weight of its words: names, numbers, versions, the order of its headline, words that
//! contrast. Knows no other text, but for which spellings a batch has.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::Text;
use super::terms::{Spelling, Word, summary_words, title_words};
use super::vectors::{self, Vocabulary};
use crate::compose::frequencies;
use crate::compose::words::{STOP, compares, singular};

/// Words of which a headline has one: two texts with different words of a row are about different things.
const CONTRASTS: [&str; 7] = [
    "mini nano micro small medium large pro max ultra lite plus flash turbo tiny base xl",
    "women men",
    "january february march april may june july august september october november december",
    "q1 q2 q3 q4 h1 h2",
    "spring summer autumn winter",
    "first second third fourth fifth",
    "monday tuesday wednesday thursday friday saturday sunday",
];

/// Words that turn an announcement into other news, such as that it is put off or surveyed, a row for each meaning; after `|` the forms that only answer for it.
const TURNS: [&str; 8] = [
    "delay delays delayed delaying postpone postpones postponed | postponing late later",
    "answers responds responded counters | answer answered response counter rival rivals",
    "refuse refuses refused | refusal decline declines declined",
    "reject rejects rejected |",
    "withdraw withdraws withdrew withdrawn |",
    "cancel cancels cancelled canceled |",
    "pause pauses paused halt halts halted | suspends suspended",
    "survey | surveys surveyed review overview poll polls polled study report asked",
];

/// How many words at the start of a headline make a pattern.
pub const PATTERN: usize = 4;

/// A name in more than this share of the texts distinguishes no stories.
const COMMON_NAME: f64 = 0.02;
/// A text that is not English has a smaller share of its words in the table, if it has so many, or a larger share of letters
/// beyond ASCII.
const ENGLISH: f64 = 0.3;
const ENOUGH_WORDS: usize = 6;

/// The features of a text. Terms are numbers of the vocabulary, other words numbers of the batch.
#[derive(Debug, Default)]
pub struct Marks {
    /// All terms, sorted, and their roots.
    terms: Vec<u32>,
    roots: Vec<u32>,
    /// The names among the terms, sorted.
    pub names: Vec<u32>,
    /// The terms of the title, sorted, and the root of each.
    pub title: Vec<u32>,
    pub title_roots: Vec<u32>,
    /// The words of the title in order.
    pub sequence: Vec<u32>,
    /// Its first words, stop words included.
    pub opening: Vec<u32>,
    /// Numbers of two digits or more, sorted, with their weights: from 0.25 for a round one to 1.
    pub numbers: Vec<(u32, f64)>,
    pub title_numbers: Vec<u32>,
    /// Words of the title that a number follows, with the number, sorted.
    versions: Vec<(u32, u32)>,
    /// By row of [`CONTRASTS`]: which of its words the title has.
    contrasts: [u32; CONTRASTS.len()],
    /// Which rows of [`TURNS`] the title has, and which the text.
    turns: u8,
    turned: u8,
    /// The first and the last day on which it was published.
    days: Option<(NaiveDate, NaiveDate)>,
    pub source: Option<u32>,
    /// Whether it is in a language of which no table of frequencies is known.
    pub is_foreign: bool,
}

/// A text's words before they are compared.
pub struct Spelled<'a> {
    pub raw_title: &'a str,
    pub raw_summary: &'a str,
    source: &'a str,
    day: Option<NaiveDate>,
    pub title: Vec<Word>,
    pub summary: Vec<Word>,
}

impl<'a> Spelled<'a> {
    pub fn of(text: &Text<'a>) -> Self {
        let Text { title, summary, source, day } = *text;
        let (title_words, summary_words) = (title_words(title), summary_words(summary));
        Self { raw_title: title, raw_summary: summary, source, day, title: title_words, summary: summary_words }
    }

    /// Whether the title Capitalises Its Words, so that a capital there marks no name.
    fn is_title_case(&self) -> bool {
        let words = self.raw_title.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '\'' | '’')));
        let words = words.filter(|word| !word.is_empty()).skip(1);
        let told: Vec<char> = words
            .filter(|word| STOP.binary_search(&word.to_lowercase().as_str()).is_err())
            .filter_map(|word| word.chars().next())
            .filter(|first| first.is_alphabetic())
            .collect();
        told.len() >= 3 && told.iter().filter(|first| first.is_uppercase()).count() * 10 >= told.len() * 7
    }

    fn all(&self) -> impl Iterator<Item = &Word> {
        self.title.iter().chain(&self.summary)
    }
}

/// Which stems a batch has in lower case, and which with a capital inside a sentence.
#[derive(Default)]
struct Survey<'a> {
    small: HashSet<&'a str>,
    capital: HashSet<&'a str>,
}

impl<'a> Survey<'a> {
    fn of(texts: &'a [Spelled]) -> Self {
        let mut survey = Self::default();
        for text in texts {
            let title = if text.is_title_case() { &[][..] } else { &text.title };
            for word in title.iter().chain(&text.summary) {
                match word.spelling {
                    Spelling::Small => survey.small.insert(&word.stem),
                    Spelling::Capital => survey.capital.insert(&word.stem),
                    Spelling::Opening => false,
                };
            }
        }
        survey
    }

    /// Whether a word is a name: the table knows it as one, or neither the table nor the batch knows it in lower case.
    fn is_name(&self, word: &Word, in_title_case: bool) -> bool {
        if let Some(known) = frequencies::of(&word.stem) {
            return known.is_name && known.share <= COMMON_NAME;
        }
        let digits = word.stem.chars().filter(char::is_ascii_digit).count();
        let mixed = digits > 0 && digits < word.stem.chars().count();
        let stem = word.stem.as_str();
        let capital = word.spelling != Spelling::Small || mixed;
        let is_number = digits > 0 && !mixed;
        capital && !is_number && !self.small.contains(stem) && (!in_title_case || self.capital.contains(stem))
    }
}

/// Numbers for words, in the order in which they come: good for equality, and for nothing else.
#[derive(Default)]
struct Numbers(HashMap<String, u32>);

impl Numbers {
    fn of(&mut self, word: &str) -> u32 {
        if let Some(known) = self.0.get(word) {
            return *known;
        }
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(word.to_owned(), next);
        next
    }
}

/// The marks of each text of a batch.
pub fn marks(texts: &[Spelled], vocabulary: &Vocabulary) -> Vec<Marks> {
    let survey = Survey::of(texts);
    let mut numbers = Numbers::default();
    texts.iter().map(|text| mark(text, &survey, vocabulary, &mut numbers)).collect()
}

fn mark(text: &Spelled, survey: &Survey, vocabulary: &Vocabulary, numbers: &mut Numbers) -> Marks {
    let number = |word: &Word| vocabulary.number(&word.stem);
    let in_title_case = text.is_title_case();
    let of_title = text.title.iter().filter(|word| survey.is_name(word, in_title_case));
    let of_summary = text.summary.iter().filter(|word| survey.is_name(word, false));
    let title = sorted(text.title.iter().filter_map(number));
    let figures = figures(&format!("{} . {}", text.raw_title, text.raw_summary));
    let raw_title = text.raw_title.to_lowercase();
    let mut marks = Marks {
        terms: sorted(text.all().filter_map(number)),
        names: sorted(of_title.chain(of_summary).filter_map(number)),
        title_roots: title.iter().map(|term| vocabulary.root(*term)).collect(),
        title,
        sequence: text.title.iter().filter(|word| !word.joined).filter_map(number).collect(),
        opening: tokens(&raw_title).take(PATTERN).map(|word| numbers.of(word)).collect(),
        numbers: figures.into_iter().map(|(figure, weight)| (numbers.of(&figure), weight)).collect(),
        title_numbers: self::figures(text.raw_title).into_keys().map(|figure| numbers.of(&figure)).collect(),
        versions: versions(&raw_title, numbers),
        days: text.day.map(|day| (day, day)),
        source: (!text.source.is_empty()).then(|| numbers.of(&format!("§{}", text.source))),
        is_foreign: is_foreign(text),
        ..Marks::default()
    };
    marks.roots = sorted(marks.terms.iter().map(|term| vocabulary.root(*term)));
    marks.numbers.sort_unstable_by_key(|(number, _)| *number);
    for word in &text.title {
        for (row, words) in marks.contrasts.iter_mut().zip(CONTRASTS) {
            *row |= words.split(' ').position(|known| known == word.stem).map_or(0, |at| 1 << at);
        }
    }
    marks.turns = tokens(&raw_title).fold(0, |rows, word| rows | turn(word, false));
    let raw_summary = text.raw_summary.to_lowercase();
    marks.turned = tokens(&raw_title).chain(tokens(&raw_summary)).fold(0, |rows, word| rows | turn(word, true));
    marks
}

impl Marks {
    pub fn has(&self, term: u32) -> bool {
        self.terms.binary_search(&term).is_ok()
    }

    /// Whether the text has the term, or another form of it.
    pub fn says(&self, term: u32, root: u32) -> bool {
        self.has(term) || self.roots.binary_search(&root).is_ok()
    }

    pub fn has_number(&self, number: u32) -> bool {
        self.numbers.binary_search_by_key(&number, |(number, _)| *number).is_ok()
    }

    /// How many days lie between two texts.
    pub fn days_from(&self, other: &Self) -> Option<usize> {
        let ((from, to), (other_from, other_to)) = (self.days?, other.days?);
        let gap = (other_from - to).num_days().max((from - other_to).num_days());
        usize::try_from(gap.max(0)).ok()
    }

    /// Merges an equal text of another day or source.
    pub fn also_told(&mut self, other: &Self) {
        self.days = match (self.days, other.days) {
            (Some(ours), Some(theirs)) => Some((ours.0.min(theirs.0), ours.1.max(theirs.1))),
            (ours, theirs) => ours.or(theirs),
        };
        if self.source != other.source {
            self.source = None;
        }
    }
}

/// Whether both titles have a word with different numbers: "part 1" and "part 2".
pub fn differ(a: &Marks, b: &Marks) -> bool {
    let has = |marks: &Marks, word: u32| marks.versions.iter().any(|(known, _)| *known == word);
    let both = |word: u32| a.versions.iter().any(|version| version.0 == word && b.versions.contains(version));
    a.versions.iter().any(|(word, _)| has(b, *word) && !both(*word))
}

/// Whether the titles have different words of one row of [`CONTRASTS`].
pub fn contrasts(a: &Marks, b: &Marks) -> bool {
    a.contrasts.iter().zip(b.contrasts).any(|(a, b)| *a != 0 && b != 0 && a & b == 0)
}

/// Whether one title has a verb of [`TURNS`] that the other text has in no form.
pub fn turns_away(a: &Marks, b: &Marks) -> bool {
    turns_from(a, b) || turns_from(b, a)
}

/// Whether the title of `a` has a verb of [`TURNS`] that `b` has in no form.
pub fn turns_from(a: &Marks, b: &Marks) -> bool {
    a.turns & !b.turned != 0
}

/// The rows of [`TURNS`] that hold the word; `in_any_form` also those that only answer for one.
fn turn(word: &str, in_any_form: bool) -> u8 {
    let holds = |row: &str| {
        let (verbs, forms) = row.split_once('|').unwrap_or((row, ""));
        verbs.split(' ').any(|known| known == word) || in_any_form && forms.split(' ').any(|known| known == word)
    };
    TURNS.iter().enumerate().filter(|(_, row)| holds(row)).fold(0, |rows, (at, _)| rows | 1 << at)
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|token| !token.is_empty())
}

/// The words of a lower-case title that a number follows or ends, with the number: "part 2", "gpt-5", "qwen3". Years and
/// sizes ("405b") are no versions, and neither is what the title only compares with ("than Llama 3").
fn versions(title: &str, numbers: &mut Numbers) -> Vec<(u32, u32)> {
    let is_in = |c: char| c.is_alphanumeric() || c == '.';
    let tokens =
        title.split(|c: char| !is_in(c)).map(|token| token.trim_matches('.')).filter(|token| !token.is_empty());
    let tokens: Vec<&str> = tokens.collect();
    let mut found = Vec::new();
    let mut add = |word: &str, version: &str| found.push((numbers.of(singular(word)), numbers.of(version)));
    let is_compared = |at: usize| compares(tokens[..at].iter().map(|token| singular(token)));
    for (_, pair) in tokens.windows(2).enumerate().filter(|(at, _)| !is_compared(*at)) {
        let (word, number) = (pair[0], pair[1].strip_prefix('v').unwrap_or(pair[1]));
        let is_word = word.chars().all(char::is_alphabetic) && STOP.binary_search(&word).is_err();
        if is_word && is_version(number) && !is_year(number) {
            add(word, number);
        }
    }
    for (_, token) in tokens.iter().enumerate().filter(|(at, _)| !is_compared(*at)) {
        let at = token.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let (word, number) = token.split_at(at);
        if word.chars().all(|c| c.is_ascii_alphabetic()) && !matches!(word, "" | "v" | "q" | "h") && is_version(number)
        {
            add(word, number);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// "4", "3.5", "4o".
fn is_version(text: &str) -> bool {
    let text = text.strip_suffix('o').unwrap_or(text);
    !text.is_empty() && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && (text.starts_with("19") || text.starts_with("20"))
}

/// The numbers of a text, and how much each tells. Years and what may be a version ("2.0") are left out, unless a currency, a
/// per cent or a million says that they are amounts.
fn figures(text: &str) -> std::collections::BTreeMap<String, f64> {
    let mut found = std::collections::BTreeMap::new();
    let is_in = |c: char| c.is_alphanumeric() || matches!(c, '.' | ',');
    let mut before = ' ';
    let mut rest = text;
    while let Some(start) = rest.find(is_in) {
        before = rest[..start].chars().next_back().unwrap_or(before);
        let run = &rest[start..];
        let end = run.find(|c| !is_in(c)).unwrap_or(run.len());
        let after = run[end..].trim_start();
        let run = &run[..end];
        let digits = run.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(run.len());
        let number = run[..digits].trim_end_matches(['.', ',']).replace(',', "");
        let unit = &run[digits..];
        let is_amount = matches!(before, '$' | '€' | '£')
            || matches!(unit.trim_end_matches(['.', ',']), "bn" | "m")
            || ["%", "per cent", "percent", "million", "billion"].iter().any(|unit| after.starts_with(unit));
        let ends = unit.is_empty() || is_amount;
        let is_number = ends && number.starts_with(|c: char| c.is_ascii_digit());
        if let Some(weight) = tells(&number, is_amount).filter(|_| is_number) {
            found.insert(number, weight);
        }
        before = run.chars().next_back().unwrap_or(' ');
        rest = &rest[start + end..];
    }
    found
}

/// The weight of a number: 1 for three digits, a half for two, a quarter for a round one.
fn tells(number: &str, is_amount: bool) -> Option<f64> {
    let vague = number.contains('.') || is_year(number);
    if number.len() < 2 || vague && !is_amount {
        return None;
    }
    let is_round = number[1..].bytes().all(|digit| digit == b'0') && !is_amount;
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    Some(if is_round {
        0.25
    } else if digits >= 3 {
        1.0
    } else {
        0.5
    })
}

fn is_foreign(text: &Spelled) -> bool {
    let all =
        tokens(text.raw_title).chain(tokens(text.raw_summary)).filter(|word| word.chars().any(char::is_alphabetic));
    let (mut words, mut known) = (0, 0);
    for word in all.take(200) {
        let word = word.to_lowercase();
        words += 1;
        let common = |word: &str| frequencies::of(word).is_some_and(|found| !found.is_name);
        known += usize::from(STOP.binary_search(&word.as_str()).is_ok() || common(singular(&word)));
    }
    let letters = || text.raw_title.chars().chain(text.raw_summary.chars()).filter(|c| c.is_alphabetic()).take(1_000);
    let strange = letters().filter(|c| !c.is_ascii()).count();
    vectors::real(strange) > ENGLISH * vectors::real(letters().count())
        || words >= ENOUGH_WORDS && vectors::real(known) < ENGLISH * vectors::real(words)
}

fn sorted(numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut sorted: Vec<u32> = numbers.collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}
