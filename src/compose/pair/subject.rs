//! Where an item names a guide's subject, and whether it does so only to compare. Knows no guide's text and no score.

use crate::compose::words::{compares, singular};

/// Words that, after a name and a hyphen, make it a mere comparison: "Gemini-style".
const KINDS: &str = "style like class level type inspired based";

/// Where a name occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Headline,
    /// The first sentence of the summary.
    Lead,
    Elsewhere,
}

/// A text cut into words, ready to be searched for names.
#[derive(Debug)]
pub struct Passage {
    place: Place,
    /// In lower case and singular, and the text right before it.
    words: Vec<(String, char)>,
}

/// The parts of an item in which a name may stand.
pub fn passages(title: &str, summary: &str) -> Vec<Passage> {
    let lead = first_sentence(summary);
    [(Place::Headline, title), (Place::Lead, &summary[..lead]), (Place::Elsewhere, &summary[lead..])]
        .into_iter()
        .map(|(place, text)| Passage { place, words: words(text) })
        .collect()
}

/// The first place that names the subject, a row of words between spaces, as what the item is about.
pub fn place(passages: &[Passage], row: &str) -> Option<Place> {
    let name: Vec<&str> = row.split_whitespace().collect();
    if name.is_empty() {
        return None;
    }
    passages.iter().find(|passage| passage.is_about(&name)).map(|passage| passage.place)
}

impl Passage {
    fn is_about(&self, name: &[&str]) -> bool {
        let stands = |at: usize| name.iter().zip(&self.words[at..]).all(|(name, (word, _))| name == word);
        let last = (self.words.len() + 1).saturating_sub(name.len());
        let is_meant =
            |at: usize| !self.is_compared(at) && !self.is_a_kind(at + name.len()) && !self.owns(at + name.len());
        (0..last).any(|at| stands(at) && is_meant(at))
    }

    /// "beats GPT-4o", "in line with the most recent Llama 3".
    fn is_compared(&self, at: usize) -> bool {
        compares(self.words[..at].iter().map(|(word, _)| word.as_str()))
    }

    /// "Gemini-style".
    fn is_a_kind(&self, after: usize) -> bool {
        self.words.get(after).is_some_and(|(word, mark)| *mark == '-' && KINDS.split(' ').any(|kind| kind == word))
    }

    /// "Gemini's rival".
    fn owns(&self, after: usize) -> bool {
        self.words.get(after).is_some_and(|(word, mark)| matches!(mark, '\'' | '’') && word == "s")
    }
}

/// Where the first sentence ends, in bytes.
fn first_sentence(text: &str) -> usize {
    let ends = text.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?'));
    let mut ends = ends.map(|(at, c)| at + c.len_utf8()).filter(|at| text[*at..].starts_with(char::is_whitespace));
    ends.next().unwrap_or(text.len())
}

fn words(text: &str) -> Vec<(String, char)> {
    let (mut words, mut word, mut before) = (Vec::new(), String::new(), ' ');
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else {
            if !word.is_empty() {
                words.push((singular(&word).to_owned(), before));
                word.clear();
            }
            before = c;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_where_it_stands_unless_the_news_is_only_measured_by_it() {
        let cases = [
            ("Llama 3 is out", "", Some(Place::Headline)),
            ("A model from Meta", "The new Llama-3 reads more. It is free.", Some(Place::Lead)),
            ("A model from Meta", "It is free. Its name is LLAMA 3.", Some(Place::Elsewhere)),
            ("Rowan 2 beats Llama 3", "It is small.", None),
            ("Rowan 2 is better than Meta's Llama 3", "", None),
            ("Rowan 2", "In line with the most recent Llama 3 model, it is large.", None),
            ("A Llama-3-style model", "Rowan is small.", None),
            ("A Llama-3-style model", "Llama 3 was its teacher.", Some(Place::Lead)),
            ("Llama 30 is out", "", None),
            ("Llama 3 beats Rowan", "", Some(Place::Headline)),
            ("Llama 3's rival is out", "It is small.", None),
            ("A day with Llama 3's weights", "Llama 3 is large.", Some(Place::Lead)),
            ("", "", None),
        ];
        for (title, summary, expected) in cases {
            assert_eq!(place(&passages(title, summary), " llama 3 "), expected, "{title} / {summary}");
        }
        assert_eq!(place(&passages("Llama", ""), " "), None);
    }
}
