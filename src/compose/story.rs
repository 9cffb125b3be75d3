//! One story once: which texts are about one event, which earlier text has a story already, and what a later one adds to
//! it. Knows texts, days and sources, and no item, points, issue or clock.
//!
//! A text is a vector of weighed terms (`terms`, `vectors`) and what marks it out (`marks`). Texts that share terms are
//! compared (`evidence`), and those alike are joined into stories, bottom up (`link`). What a term weighs depends on how
//! many stories hold it, so stories and weights are found in turns, there by the cosine alone.

mod evidence;
mod follow;
mod link;
mod marks;
mod near;
mod nodes;
mod pairs;
mod terms;
mod vectors;

use chrono::NaiveDate;

use evidence::{Evidence, Rarity};
use link::Alike;
use marks::{Marks, Spelled};
use nodes::Nodes;
use terms::Terms;
use vectors::{Vector, Vocabulary};

pub use follow::NewNames;
pub use link::Bonds;

/// The parts of a text by which its story is recognized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text<'a> {
    pub title: &'a str,
    pub summary: &'a str,
    /// Who published it; empty if unknown.
    pub source: &'a str,
    /// When it was published.
    pub day: Option<NaiveDate>,
}

/// The thresholds from which texts are, or may be, one story.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The likelihood, from 0 to 1, from which texts are joined.
    pub one: f64,
    /// From here on two stories are perhaps one.
    pub perhaps: f64,
}

/// A text with fewer words than this says too little to be distinguished from another ("Weekly update").
const LEAST_WORDS: usize = 3;
/// How many times weights and stories are computed. They settle in two or three rounds.
const ROUNDS: usize = 2;
/// The cosine at which texts are alike: for the rounds, and where no table knows the language.
const ALIKE: f64 = 0.28;
/// The score of such a pair.
const EVEN: f64 = 0.5;

/// Texts, and their stories.
#[derive(Debug)]
pub struct Stories {
    terms: Vec<Terms>,
    days: Vec<Option<NaiveDate>>,
    vocabulary: Vocabulary,
    /// By term: its weight.
    idf: Vec<f64>,
    /// The greatest weight of a term of one text.
    most: f64,
    nodes: Nodes,
    /// By node.
    vectors: Vec<Vector>,
    marks: Vec<Marks>,
    /// By node: the others that share terms with it, and the cosine.
    near: Vec<Vec<(usize, f64)>>,
    labels: Vec<usize>,
    perhaps: Vec<(usize, usize, f64)>,
}

impl Stories {
    /// Finds the stories of `texts`. `background`, texts of other days, only teaches which words are common. `bonds` are
    /// pairs of texts that somebody has joined or parted.
    pub fn of(texts: &[Text], background: &[Text], limits: Limits, bonds: &Bonds) -> Self {
        let spelled: Vec<Spelled> = texts.iter().map(Spelled::of).collect();
        let terms: Vec<Terms> =
            spelled.iter().map(|text| Terms::from_words(text.raw_title, &text.title, &text.summary)).collect();
        let vocabulary = Vocabulary::of(&terms);
        let counted: Vec<Vector> = terms.iter().map(|terms| vocabulary.counted(terms)).collect();
        let common = vocabulary.background(background.iter().map(|text| Terms::of(text.title, text.summary)));
        let nodes = Nodes::of(texts, &terms, &counted, bonds);
        let mut stories: Vec<usize> = (0..nodes.len()).collect();
        let mut found = Weighed::of(&nodes, &counted, &stories, &common);
        for _ in 0..ROUNDS {
            let alike =
                found.near.iter().map(|near| near.iter().map(|(at, cosine)| (*at, by_words(*cosine))).collect());
            stories = link::groups(alike.collect(), &Bonds::default(), EVEN, 1.0).firsts;
            found = Weighed::of(&nodes, &counted, &stories, &common);
        }
        let most = vectors::most(&stories, &common);
        let marks = nodes.marks(marks::marks(&spelled, &vocabulary));
        let days = texts.iter().map(|text| text.day).collect();
        let Weighed { idf, vectors, near } = found;
        let (labels, perhaps) = (Vec::new(), Vec::new());
        let stories = Self { terms, days, vocabulary, idf, most, nodes, vectors, marks, near, labels, perhaps };
        stories.linked(limits, bonds)
    }

    fn linked(mut self, limits: Limits, bonds: &Bonds) -> Self {
        let mut alike: link::Near = vec![Vec::new(); self.near.len()];
        for (a, near) in self.near.iter().enumerate() {
            for (b, cosine) in near.iter().filter(|(b, _)| a < *b) {
                let found = Alike { score: self.evidence(a, *b, *cosine).score(), cosine: *cosine };
                alike[a].push((*b, found));
                alike[*b].push((a, found));
            }
        }
        for near in &mut alike {
            near.sort_by_key(|(at, _)| *at);
        }
        let linked = link::groups(alike, &self.nodes.bonds(bonds), limits.one, limits.perhaps);
        self.labels = self.nodes.labels(&linked.firsts);
        let first = |node: usize| self.labels[self.nodes.texts(node)[0]];
        self.perhaps = linked.perhaps.into_iter().map(|(a, b, likeness)| (first(a), first(b), likeness)).collect();
        self
    }

    /// For each text the first text of its story.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Pairs of stories, by their first texts, that may be one, and how likely that is.
    pub fn perhaps(&self) -> &[(usize, usize, f64)] {
        &self.perhaps
    }

    /// Compares two nodes.
    fn evidence(&self, a: usize, b: usize, cosine: f64) -> Evidence {
        Evidence::of(&self.marks[a], &self.marks[b], cosine, Rarity { idf: &self.idf, most: self.most })
    }

    /// Compares two texts; none if they share no word that counts.
    fn compared(&self, a: usize, b: usize) -> Option<Evidence> {
        let (a, b) = (self.nodes.of_text(a), self.nodes.of_text(b));
        let cosine = vectors::cosine(&self.vectors[a], &self.vectors[b]);
        (cosine > 0.0).then(|| self.evidence(a, b, cosine))
    }

    /// How likely it is, from 0 to 1, that two texts tell one story, by their own words and marks.
    pub fn likeness(&self, a: usize, b: usize) -> f64 {
        if self.nodes.are_equal(a, b) { 1.0 } else { self.compared(a, b).map_or(0.0, |found| found.score()) }
    }

    fn says_enough(&self, at: usize) -> bool {
        self.terms[at].words >= LEAST_WORDS
    }

    /// Of the texts `among`, the one that most likely told the story of the text `of` before it, with how likely that is, if
    /// that reaches `threshold`. Of equals the one told last, then the first.
    pub fn nearest(&self, of: usize, among: std::ops::Range<usize>, threshold: f64) -> Option<(usize, f64)> {
        let node = self.nodes.of_text(of);
        let near =
            self.near[node].iter().map(|(other, cosine)| (*other, self.evidence(node, *other, *cosine).score_later()));
        let equal = std::iter::once((node, 1.0)).filter(|_| self.says_enough(of));
        let texts =
            near.chain(equal).flat_map(|(node, likeness)| self.nodes.texts(node).iter().map(move |at| (*at, likeness)));
        texts
            .filter(|(at, likeness)| *at != of && among.contains(at) && *likeness >= threshold && *likeness > 0.0)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(self.days[a.0].cmp(&self.days[b.0])).then(b.0.cmp(&a.0)))
    }

    /// The words that both texts have, what weighs most first.
    pub fn shared(&self, a: usize, b: usize, most: usize) -> Vec<String> {
        let vector = |text: usize| &self.vectors[self.nodes.of_text(text)];
        let mut shared: Vec<(u32, f64)> = vectors::shared(vector(a), vector(b)).collect();
        shared.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        // A name repeats the title's words, so it is told only where spelling keeps these apart ("Aya23", "Aya 23").
        let (names, words): (Vec<u32>, Vec<u32>) =
            shared.into_iter().map(|(term, _)| term).partition(|term| self.vocabulary.is_name(*term));
        self.forms(if words.is_empty() { names } else { words }, most)
    }

    /// "both tell of gpt-4o, delays, openai (0.62: words alike +1.6, days apart −0.4)".
    pub fn why(&self, a: usize, b: usize) -> String {
        let shared = self.shared(a, b, 3);
        let found = if self.nodes.are_equal(a, b) { "the same words".to_owned() } else { self.parts(a, b) };
        let words =
            if shared.is_empty() { "no word in common".into() } else { format!("both tell of {}", shared.join(", ")) };
        format!("{words} ({found})")
    }

    fn parts(&self, a: usize, b: usize) -> String {
        let Some(found) = self.compared(a, b) else { return "0.00".into() };
        if found.is_foreign() {
            format!("{:.2}", found.score())
        } else {
            format!("{:.2}: {}", found.score(), found.told())
        }
    }

    /// The first terms as a subscriber knows them. `gpt-4o` also counts as gpt and as 4o: it is told once.
    fn forms(&self, terms: impl IntoIterator<Item = u32>, most: usize) -> Vec<String> {
        let holds = |outer: &str, inner: &str| outer.split(|c: char| !c.is_alphanumeric()).any(|part| part == inner);
        let mut told: Vec<String> = Vec::new();
        for term in terms {
            let form = &self.vocabulary.forms[term as usize];
            if told.iter().any(|said| holds(said, form)) {
                continue;
            }
            match told.iter().position(|said| holds(form, said)) {
                Some(first) => {
                    told.retain(|said| !holds(form, said));
                    told.insert(first, form.clone());
                }
                None if told.len() == most => break,
                None => told.push(form.clone()),
            }
        }
        told
    }
}

/// The weights that a grouping gives the terms, and what they make of the nodes.
struct Weighed {
    idf: Vec<f64>,
    vectors: Vec<Vector>,
    near: Vec<Vec<(usize, f64)>>,
}

impl Weighed {
    fn of(nodes: &Nodes, counted: &[Vector], stories: &[usize], common: &(Vec<f64>, f64)) -> Self {
        let counted = nodes.counted(counted);
        let idf = vectors::idf(&counted, stories, common);
        let weigh = |(node, counted): (usize, &&Vector)| {
            if nodes.says_enough(node) { vectors::weighed(counted, &idf) } else { Vector::new() }
        };
        let vectors: Vec<Vector> = counted.iter().enumerate().map(weigh).collect();
        let near = pairs::pairs(&vectors);
        Self { idf, vectors, near }
    }
}

/// A pair of which nothing but the words is compared.
fn by_words(cosine: f64) -> Alike {
    Alike { score: (cosine / ALIKE * EVEN).min(1.0), cosine }
}

/// For each text the first text of its story: see [`Stories::of`]. The same texts in another order make the same stories.
pub fn cluster(texts: &[Text], background: &[Text], threshold: f64) -> Vec<usize> {
    Stories::of(texts, background, Limits { one: threshold, perhaps: threshold }, &Bonds::default()).labels
}

/// For each later text the earlier one that told the same story, and how likely that is, if it reaches the threshold.
pub fn carried_before(
    later: &[Text],
    earlier: &[Text],
    background: &[Text],
    threshold: f64,
) -> Vec<Option<(usize, f64)>> {
    let all: Vec<Text> = earlier.iter().chain(later).copied().collect();
    let stories = Stories::of(&all, background, Limits { one: 1.0, perhaps: 1.0 }, &Bonds::default());
    (earlier.len()..all.len()).map(|at| stories.nearest(at, 0..earlier.len(), threshold)).collect()
}

#[cfg(test)]
mod tests;
