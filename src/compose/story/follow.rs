//! What a later text adds to an earlier story. Knows no issue and no rank.

use super::Stories;
use super::marks::{Marks, turns_from};

/// Words of telling, as stems: that a thing is out was the story's first news, in whatever word.
const ANNOUNCING: &str = "announce announced arrive arrived available debut debuted introduce introduced launch \
    launche launched launching present presented publish publishe published release released releasing report reported reveal \
    revealed share shared ship shipped show tell told unveil unveiled unveiling";

/// What is new in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// The share of the title's weight on words that no earlier version has, from 0 to 1.
    pub share: f64,
    /// Those words, what weighs most first.
    pub words: Vec<String>,
}

/// Names that are new in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewNames {
    pub words: Vec<String>,
    /// Whether one of them is in the title.
    pub in_title: bool,
}

impl Stories {
    /// What the text `later` says that none of the texts `told` did.
    ///
    /// Only the title counts, since every writer words a story differently, and a headline names what happened.
    pub fn news(&self, later: usize, told: &[usize]) -> News {
        let says = |at: usize, stem: &str| self.terms[at].tells_of(stem) || self.has_form(at, stem);
        let said = |stem: &String| told.iter().any(|at| says(*at, stem));
        let weight = |stem: &String| self.vocabulary.number(stem).map_or(0.0, |term| self.idf[term as usize].powi(2));
        let title: Vec<&String> =
            self.terms[later].title.iter().filter(|stem| !ANNOUNCING.split(' ').any(|word| word == *stem)).collect();
        let all: f64 = title.iter().map(|stem| weight(stem)).sum();
        let mut new: Vec<&String> = title.into_iter().filter(|stem| !said(stem)).collect();
        new.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.cmp(b)));
        // Counted from 0.0, since an empty sum is -0.0.
        let share = new.iter().fold(0.0, |sum, stem| sum + weight(stem)) / all.max(f64::MIN_POSITIVE);
        let words = self.forms(new.iter().filter_map(|stem| self.vocabulary.number(stem)), 5);
        News { share, words }
    }

    /// Whether a text has the word in another form.
    fn has_form(&self, at: usize, stem: &str) -> bool {
        let marks = &self.marks[self.nodes.of_text(at)];
        self.vocabulary.number(stem).is_some_and(|term| marks.says(term, self.vocabulary.root(term)))
    }

    /// The names in the text `later` that none of the texts `told` has.
    pub fn new_names(&self, later: usize, told: &[usize]) -> NewNames {
        let known = |term: u32| {
            let root = self.vocabulary.root(term);
            told.iter().any(|at| self.marks[self.nodes.of_text(*at)].says(term, root))
        };
        let marks = &self.marks[self.nodes.of_text(later)];
        let new: Vec<u32> = marks.names.iter().copied().filter(|term| !known(*term)).collect();
        let in_title = new.iter().any(|term| marks.title.binary_search(term).is_ok());
        NewNames { words: self.forms(new, 3), in_title }
    }

    /// Whether the headline of the text `later` says that what was told is put off, refused or taken back, of which none of
    /// the texts `told` speaks.
    pub fn turns(&self, later: usize, told: &[usize]) -> bool {
        let marks = |at: usize| &self.marks[self.nodes.of_text(at)];
        !told.is_empty() && told.iter().all(|at| turns_from(marks(later), marks(*at)))
    }

    /// Whether two texts share a word of one's headline that is more than a name: news of one maker or one model need not be
    /// of one matter.
    pub fn share_a_matter(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.marks[self.nodes.of_text(a)], &self.marks[self.nodes.of_text(b)]);
        let is_name = |term: u32| a.names.binary_search(&term).is_ok() || b.names.binary_search(&term).is_ok();
        let said = |from: &Marks, by: &Marks| {
            let mut title = from.title.iter().zip(&from.title_roots);
            title.any(|(term, root)| self.vocabulary.says_what(*term) && !is_name(*term) && by.says(*term, *root))
        };
        said(a, b) || said(b, a)
    }

    /// Whether the text is dated after every one of the texts `told`.
    pub fn is_later(&self, later: usize, told: &[usize]) -> bool {
        self.days[later].is_some_and(|day| told.iter().all(|at| self.days[*at].is_some_and(|told| told < day)))
    }

    /// How many days after the last of the texts `told` the text is dated; none where a day is not known.
    pub fn days_after(&self, later: usize, told: &[usize]) -> Option<i64> {
        let last = told.iter().map(|at| self.days[*at]).max()??;
        Some((self.days[later]? - last).num_days())
    }

    /// Whether something happened since: the text is dated after every one of the texts `told`, and at least the share
    /// `novelty` of its title is new. Then what is new, else nothing.
    pub fn follow_up(&self, later: usize, told: &[usize], novelty: f64) -> Option<News> {
        let news = self.news(later, told);
        (self.is_later(later, told) && news.share >= novelty && news.share > 0.0).then_some(news)
    }
}
