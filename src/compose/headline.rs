//! Writes an issue's subject and preheader from the first stories as they stand: whole headlines, or cut where a clause
//! ends, in the third person. Knows no rank.

use std::collections::BTreeSet;

use regex::Regex;

use super::{Cues, fold, wording};
use crate::model::{Card, Entry};

/// A subject is cut at a clause when it is longer, in characters: Gmail in a browser shows about 70 columns.
const SUBJECT: usize = 68;
/// A headline that has no clause to cut at is left whole up to this many characters.
const LONGEST: usize = 90;
/// Characters of a preheader, and of each of its parts.
const PREHEADER: usize = 110;
const PART: usize = 76;
/// A clause has more words than this.
const BARE: usize = 3;
/// Words that subject and preheader may share: a name or two that both must say.
const SHARED: usize = 2;

/// A subject with the preheader that goes with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub subject: String,
    pub preheader: String,
}

/// The words used to cut headlines and put them into the third person: `[voice]` of the cues.
#[derive(Debug, Default)]
pub struct Voice {
    /// Words in which a vendor speaks of itself.
    pub own: Option<Regex>,
    /// Words before which a clause may end.
    pub breaks: Option<Regex>,
    /// Sources that publish other people's work.
    pub platforms: Option<Regex>,
    /// "introducing" → "introduces".
    pub says: Vec<(String, String)>,
    /// What a bare name becomes, from `{name}` and `{maker}`; empty to leave it.
    pub named: String,
    /// The same where nobody knows the maker.
    pub alone: String,
}

/// Up to three ways to head the issue, the best first: by its first stories, or its cards where it has none. Without
/// either, there is `otherwise`.
pub fn lines(news: &[&Entry], cards: &[&Card], cues: &Cues, otherwise: &str) -> Vec<Line> {
    let stories: Vec<Headline> = news.iter().take(8).filter_map(|entry| Headline::of(entry, cues)).collect();
    let cards: Vec<Headline> = cards.iter().filter_map(|card| Headline::of_card(card)).collect();
    let heads = if stories.is_empty() { &cards } else { &stories };
    let all: Vec<&Headline> = heads.iter().collect();
    let Some(lead) = heads.first() else {
        return vec![Line { subject: wording::clip(otherwise, SUBJECT), preheader: String::new() }];
    };
    let mut lines = vec![line(lead.subject.clone(), &[lead], &all)];
    if let Some(second) = heads[1..].iter().find(|second| !says(&lead.subject, &second.subject)) {
        let both = format!("{}; {}", lead.subject, second.subject);
        if both.chars().count() <= SUBJECT + 8 {
            lines.push(line(both, &[lead, second], &all));
        }
        lines.push(line(second.subject.clone(), &[second], &all));
    }
    let is_new = |third: &&Headline| lines.iter().all(|line| !says(&line.subject, &third.subject));
    if let Some(third) = heads.iter().skip(2).find(is_new) {
        lines.push(line(third.subject.clone(), &[third], &all));
    }
    lines.truncate(3);
    lines
}

/// The subject, which names the stories `told`, with a preheader of the other stories, as many as fit, which repeats nothing
/// of it and calls one bare name new at most.
fn line(subject: String, told: &[&Headline], stories: &[&Headline]) -> Line {
    let (mut preheader, mut is_bare) = (String::new(), false);
    for story in stories.iter().filter(|story| told.iter().all(|told| !std::ptr::eq(*told, **story))) {
        let joined = if preheader.is_empty() { story.part.clone() } else { format!("{preheader} · {}", story.part) };
        let again = says(&subject, &story.part) || says(&preheader, &story.part) || repeats(&subject, &joined);
        let is_one_more = is_bare && story.is_bare;
        if !again && !is_one_more && joined.chars().count() <= PREHEADER {
            preheader = joined;
            is_bare |= story.is_bare;
        }
    }
    Line { subject, preheader }
}

/// Whether two adjacent lines share most words of the shorter one.
fn repeats(subject: &str, preheader: &str) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 3).map(str::to_lowercase).collect()
    };
    let (subject, preheader) = (words(subject), words(preheader));
    let shared = subject.intersection(&preheader).count();
    shared > SHARED && shared * 2 > subject.len().min(preheader.len())
}

/// Whether `line` says what `story` says: it contains most words of the story.
fn says(line: &str, story: &str) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 2).map(str::to_lowercase).collect()
    };
    let (line, story) = (words(line), words(story));
    !story.is_empty() && story.intersection(&line).count() * 2 > story.len()
}

/// A story's headline as an inbox may show it.
struct Headline {
    /// At most about [`SUBJECT`] characters.
    subject: String,
    /// At most about [`PART`] characters.
    part: String,
    /// Whether it is a bare name without any news.
    is_bare: bool,
}

impl Headline {
    /// None where it has no words, or speaks as "we" throughout.
    fn of(entry: &Entry, cues: &Cues) -> Option<Self> {
        let voice = cues.voice();
        let title = wording::clip(&entry.title, 400);
        let title = title.trim().trim_end_matches(['.', ':', ';', ',', '…']).trim().to_owned();
        if title.is_empty() {
            return None;
        }
        let maker = maker(entry, cues);
        let (told, is_told) = in_third_person(&title, maker.as_deref(), voice);
        let told = without_own_voice(&told, voice)?;
        let is_name = |cut: &str| !is_told && is_bare_name(cut);
        let cut = |most: usize| {
            let cut = if told.chars().count() <= most { told.clone() } else { at_a_clause(&told, most, voice) };
            if is_name(&cut) { named(&cut, entry, maker.as_deref(), most, voice) } else { cut }
        };
        let (subject, part) = (cut(SUBJECT), cut(PART));
        let is_bare = is_name(&told) && (part == told || part == alone(&told, voice));
        Some(Self { subject, part, is_bare })
    }

    fn of_card(card: &Card) -> Option<Self> {
        let title = wording::clip(&card.title, SUBJECT);
        (!title.is_empty()).then(|| Self { subject: title.clone(), part: title, is_bare: false })
    }
}

/// Whether a title is no more than a name, of which a subscriber learns nothing: two words, or three that all begin like
/// names and are no sentence ("Larch Large 2", and not "Larch unveils glasses" or "Larch Unveils Glasses").
fn is_bare_name(title: &str) -> bool {
    let words: Vec<&str> = title.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).collect();
    let begins = |word: &&str| word.chars().next().is_some_and(|first| first.is_uppercase() || first.is_ascii_digit());
    let is_verb = |word: &str| word.ends_with('s') || word.ends_with("ed");
    words.len() < BARE || words.len() == BARE && words.iter().all(begins) && !is_verb(words[1])
}

/// Who speaks: the firm that the source is, else the source where it is one that speaks of its own work under a name that
/// can be shown.
fn maker(entry: &Entry, cues: &Cues) -> Option<String> {
    let source = entry.source.replace('_', " ");
    let platform = cues.voice().platforms.as_ref().is_some_and(|platforms| platforms.is_match(&source.to_lowercase()));
    if platform {
        return None;
    }
    if let Some(firm) = cues.firms(&source).first() {
        return Some((*firm).to_owned());
    }
    let plain = !entry.source.contains(['.', '_', ':', '/']) && entry.source.chars().count() <= 30;
    (plain && cues.is_maker(entry)).then(|| entry.source.trim().to_owned())
}

/// "Introducing Larch 3" of Larch Labs as "Larch Labs introduces Larch 3", and whether it says so now. Where nobody knows who
/// speaks, or would say the name twice, what is introduced stands alone.
fn in_third_person(title: &str, maker: Option<&str>, voice: &Voice) -> (String, bool) {
    let spoken = title.split_once(' ').and_then(|(first, rest)| {
        let (_, says) = voice.says.iter().find(|(said, _)| *said == first.to_lowercase())?;
        Some((says, rest.trim()))
    });
    match (spoken, maker) {
        (None, _) => (title.to_owned(), false),
        (Some((says, rest)), Some(maker)) if !fold(rest).starts_with(&fold(maker)) => {
            (format!("{maker} {says} {rest}"), true)
        }
        (Some((_, rest)), _) => (capital(rest), false),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// The title without the clauses in which a vendor speaks of itself.
fn without_own_voice(title: &str, voice: &Voice) -> Option<String> {
    let Some(own) = &voice.own else { return Some(title.to_owned()) };
    if !speaks_of_itself(title, own) {
        return Some(title.to_owned());
    }
    let ends = [clause_ends(title, &COMMA), clause_ends(title, &MARKS)].concat();
    let end = ends.into_iter().filter(|end| !speaks_of_itself(&title[..*end], own)).max()?;
    let kept = title[..end].trim_end();
    (words(kept) > 1).then(|| kept.to_owned())
}

/// Whether a text has a word in which a vendor speaks of itself; "US" is none.
fn speaks_of_itself(text: &str, own: &Regex) -> bool {
    let lower = text.to_lowercase();
    let is_short = |said: &str| said.chars().count() > 1 && said.chars().all(char::is_uppercase);
    own.find_iter(&lower).any(|found| !text.get(found.range()).is_some_and(is_short))
}

/// Marks at which a clause ends. A comma may be part of a list, so it is the last choice.
const MARKS: [&str; 9] = [": ", " – ", " — ", " - ", "; ", " (", " | ", "? ", ". "];
const COMMA: [&str; 1] = [", "];

/// Where a clause of the title ends, in bytes: before one of the marks.
fn clause_ends(title: &str, marks: &[&str]) -> Vec<usize> {
    let mut ends = Vec::new();
    for mark in marks.iter().copied() {
        ends.extend(title.match_indices(mark).map(|(at, _)| if mark == "? " { at + 1 } else { at }));
    }
    ends.sort_unstable();
    ends
}

/// The longest beginning that is a clause of no more than `most` characters: to a mark, else to a word before which a
/// clause may end. A headline without either stays whole while it is not too long.
fn at_a_clause(title: &str, most: usize, voice: &Voice) -> String {
    let fits = |end: &usize| title[..*end].chars().count() <= most && words(&title[..*end]) > BARE;
    let at_a_mark = |marks| clause_ends(title, marks).into_iter().rfind(fits);
    if let Some(end) = at_a_mark(&MARKS).or_else(|| at_a_mark(&COMMA)) {
        return title[..end].trim_end().to_owned();
    }
    // The text after "Name: " may be the headline.
    if let Some((_, rest)) = title.split_once(": ").filter(|(name, _)| words(name) <= BARE)
        && rest.chars().count() <= most
        && words(rest) > BARE
    {
        return capital(rest);
    }
    if let Some(breaks) = &voice.breaks {
        let lower = title.to_lowercase();
        // Byte offsets are valid in both texts only if lower-casing keeps the length.
        let ends = breaks.find_iter(&lower).filter(|_| lower.len() == title.len()).map(|found| found.start());
        let ends: Vec<usize> = ends.filter(|end| title.is_char_boundary(*end)).collect();
        let fits = |end: &usize| fits(end) && words(&title[..*end]) > BARE + 1;
        if let Some(end) = ends.into_iter().rfind(fits) {
            return title[..end].trim_end_matches([' ', ',', ':', ';', '-', '–', '—']).to_owned();
        }
    }
    if title.chars().count() <= LONGEST { title.to_owned() } else { wording::clip(title, most) }
}

/// A bare name with who made it, or the first clause of a summary that begins with it, or as something new, so that a
/// subscriber learns what it is.
fn named(name: &str, entry: &Entry, maker: Option<&str>, most: usize, voice: &Voice) -> String {
    if let Some(maker) = maker.filter(|maker| !fold(name).contains(&fold(maker)) && !voice.named.is_empty()) {
        return voice.named.replace("{name}", name).replace("{maker}", maker);
    }
    let summary = wording::clip(&entry.summary, 400);
    let sentence = summary.split(". ").next().unwrap_or_default().trim_end_matches(['.', '…']);
    let own = voice.own.as_ref().is_some_and(|own| speaks_of_itself(sentence, own));
    let cut = if sentence.chars().count() <= most { sentence.to_owned() } else { at_a_clause(sentence, most, voice) };
    let whole = words(&cut) > BARE + 1 && cut.chars().count() <= most && !cut.ends_with('…');
    if whole && !own && sentence.to_lowercase().starts_with(&name.to_lowercase()) {
        return cut;
    }
    if voice.alone.is_empty() { name.to_owned() } else { alone(name, voice) }
}

/// "New: Larch 3".
fn alone(name: &str, voice: &Voice) -> String {
    voice.alone.replace("{name}", name)
}

fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

#[cfg(test)]
mod tests;
