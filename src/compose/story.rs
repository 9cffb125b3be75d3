//! Same story once: which texts tell of one event, which earlier text told a story already, and what a later one adds to
//! it. Knows texts and days, and no item, score, issue or clock.
//!
//! A text is a vector of weighed terms (`terms`, `vectors`). Texts whose vectors are alike are joined into stories, bottom up
//! (`link`). What a term weighs depends on how many stories hold it, so stories and weights are found in turns.

mod follow;
mod link;
mod near;
mod terms;
mod vectors;

use chrono::NaiveDate;

use terms::Terms;
use vectors::{Vector, Vocabulary};

/// What a story is recognised by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text<'a> {
    pub title: &'a str,
    pub summary: &'a str,
    /// When it was told. Decides nothing about which story it is, only which telling came last.
    pub day: Option<NaiveDate>,
}

/// A text with fewer words than this says too little to be told from another of the same words ("Weekly update").
const LEAST_WORDS: usize = 3;
/// How often weights and stories are found anew. They settle in two or three rounds.
const ROUNDS: usize = 3;

/// Texts, and the stories that they tell.
#[derive(Debug)]
pub struct Stories {
    terms: Vec<Terms>,
    days: Vec<Option<NaiveDate>>,
    vocabulary: Vocabulary,
    /// By term: how much it tells.
    idf: Vec<f64>,
    vectors: Vec<Vector>,
    labels: Vec<usize>,
    threshold: f64,
}

impl Stories {
    /// Finds the stories of `texts`. `background`, texts of other days, only teaches which words are common.
    ///
    /// `threshold`, from 0 to 1, is how alike two texts of one story must be; at 1 only texts of the same words are.
    pub fn of(texts: &[Text], background: &[Text], threshold: f64) -> Self {
        let terms: Vec<Terms> = texts.iter().map(|text| Terms::of(text.title, text.summary)).collect();
        let vocabulary = Vocabulary::of(&terms);
        let counted: Vec<Vector> = terms.iter().map(|terms| vocabulary.counted(terms)).collect();
        let common = vocabulary.held_by(background.iter().map(|text| Terms::of(text.title, text.summary)));
        let nodes = Nodes::of(&terms, &counted);
        let mut stories: Vec<usize> = (0..nodes.counted.len()).collect();
        let mut idf = Vec::new();
        for _ in 0..ROUNDS {
            idf = vectors::idf(&nodes.counted, &stories, &common, background.len());
            let found = link::groups(&nodes.weighed(&idf), threshold);
            if std::mem::replace(&mut stories, found) == stories {
                break;
            }
        }
        let labels = nodes.labels(&stories);
        let vectors = counted.iter().map(|counted| vectors::weighed(counted, &idf)).collect();
        let days = texts.iter().map(|text| text.day).collect();
        Self { terms, days, vocabulary, idf, vectors, labels, threshold }
    }

    /// For each text the first text of its story.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// How alike two texts are, from 0, nothing in common, to 1.
    pub fn likeness(&self, a: usize, b: usize) -> f64 {
        if self.says_enough(a) && self.says_enough(b) {
            vectors::cosine(&self.vectors[a], &self.vectors[b])
        } else {
            0.0
        }
    }

    fn says_enough(&self, at: usize) -> bool {
        self.terms[at].words >= LEAST_WORDS
    }

    /// Of the texts `among`, the one most like the text `of`, with their likeness, if it reaches the threshold. Of equals
    /// the one told last, then the first.
    pub fn nearest(&self, of: usize, among: impl IntoIterator<Item = usize>) -> Option<(usize, f64)> {
        among
            .into_iter()
            .filter(|at| *at != of)
            .map(|at| (at, self.likeness(of, at)))
            .filter(|(_, likeness)| *likeness >= self.threshold && *likeness > 0.0)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(self.days[a.0].cmp(&self.days[b.0])).then(b.0.cmp(&a.0)))
    }

    /// The words that both texts have, what weighs most first.
    pub fn shared(&self, a: usize, b: usize, most: usize) -> Vec<String> {
        let mut shared: Vec<(u32, f64)> = vectors::shared(&self.vectors[a], &self.vectors[b]).collect();
        shared.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        // A name repeats the title's words, so it is told only where spelling keeps these apart ("Aya23", "Aya 23").
        let (names, words): (Vec<u32>, Vec<u32>) =
            shared.into_iter().map(|(term, _)| term).partition(|term| self.vocabulary.is_name(*term));
        self.forms(if words.is_empty() { names } else { words }, most)
    }

    /// "both tell of gpt-4o, delays, openai (0.62)".
    pub fn why(&self, a: usize, b: usize) -> String {
        let shared = self.shared(a, b, 3);
        let likeness = self.likeness(a, b);
        if shared.is_empty() {
            return format!("no word in common ({likeness:.2})");
        }
        format!("both tell of {} ({likeness:.2})", shared.join(", "))
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

/// For each text the first text of its story: see [`Stories::of`]. The same texts in another order make the same stories.
pub fn cluster(texts: &[Text], background: &[Text], threshold: f64) -> Vec<usize> {
    Stories::of(texts, background, threshold).labels
}

/// For each later text the earlier one that told the same story, and how alike they are.
pub fn carried_before(
    later: &[Text],
    earlier: &[Text],
    background: &[Text],
    threshold: f64,
) -> Vec<Option<(usize, f64)>> {
    let all: Vec<Text> = earlier.iter().chain(later).copied().collect();
    let stories = Stories::of(&all, background, threshold);
    (earlier.len()..all.len()).map(|at| stories.nearest(at, 0..earlier.len())).collect()
}

/// Texts as they are joined: equal ones once, in an order that does not depend on the order in which they came.
struct Nodes {
    counted: Vec<Vector>,
    /// By node: its texts.
    texts: Vec<Vec<usize>>,
    /// By node: whether it says enough to be told from others.
    tell: Vec<bool>,
}

impl Nodes {
    fn of(terms: &[Terms], counted: &[Vector]) -> Self {
        let tells = |at: usize| terms[at].words >= LEAST_WORDS;
        let key = |at: usize| counted[at].iter().map(|(term, weight)| (*term, weight.to_bits())).collect::<Vec<_>>();
        let mut order: Vec<usize> = (0..counted.len()).collect();
        order.sort_by_cached_key(|at| (tells(*at), key(*at), *at));
        let mut nodes = Self { counted: Vec::new(), texts: Vec::new(), tell: Vec::new() };
        for at in order {
            if tells(at) && nodes.counted.last() == Some(&counted[at]) {
                nodes.texts.last_mut().into_iter().for_each(|texts| texts.push(at));
            } else {
                nodes.counted.push(counted[at].clone());
                nodes.texts.push(vec![at]);
                nodes.tell.push(tells(at));
            }
        }
        nodes
    }

    fn weighed(&self, idf: &[f64]) -> Vec<Vector> {
        let weigh = |(counted, tells)| if tells { vectors::weighed(counted, idf) } else { Vector::new() };
        self.counted.iter().zip(self.tell.iter().copied()).map(weigh).collect()
    }

    /// By text: the first text of its story.
    fn labels(&self, stories: &[usize]) -> Vec<usize> {
        let texts = self.texts.iter().map(Vec::len).sum();
        let mut first = vec![usize::MAX; stories.len()];
        for (node, texts) in self.texts.iter().enumerate() {
            let first = &mut first[stories[node]];
            *first = texts.iter().copied().min().unwrap_or(*first).min(*first);
        }
        let mut labels = vec![0; texts];
        for (node, texts) in self.texts.iter().enumerate() {
            for at in texts {
                labels[*at] = first[stories[node]];
            }
        }
        labels
    }
}

#[cfg(test)]
mod tests;
