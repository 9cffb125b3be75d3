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
/// A headline of no more words than this is a bare name.
const BARE: usize = 3;

/// A subject with the preheader that goes with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub subject: String,
    pub preheader: String,
}

/// By which words headlines are cut and told in the third person: `[voice]` of the cues.
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
    let stories: Vec<String> = news.iter().take(8).filter_map(|entry| headline(entry, cues, SUBJECT)).collect();
    let short: Vec<String> = news.iter().take(8).filter_map(|entry| headline(entry, cues, PART)).collect();
    let titles = cards.iter().map(|card| wording::clip(&card.title, SUBJECT)).filter(|title| !title.is_empty());
    let (stories, short) = if stories.is_empty() {
        let titles: Vec<String> = titles.collect();
        (titles.clone(), titles)
    } else {
        let short: Vec<String> = short.into_iter().chain(titles).collect();
        (stories, short)
    };
    let Some(lead) = stories.first() else {
        return vec![Line { subject: wording::clip(otherwise, SUBJECT), preheader: String::new() }];
    };
    let mut lines = vec![line(lead.clone(), &short)];
    if let Some(second) = stories.iter().skip(1).find(|second| !says(lead, second)) {
        let both = format!("{lead}; {second}");
        if both.chars().count() <= SUBJECT + 8 {
            lines.push(line(both, &short));
        }
        lines.push(line(second.clone(), &short));
    }
    if let Some(third) = stories.iter().skip(2).find(|third| lines.iter().all(|line| !says(&line.subject, third))) {
        lines.push(line(third.clone(), &short));
    }
    lines.truncate(3);
    lines
}

/// The subject with a preheader of what else there is, as much as fits, which repeats nothing of it.
fn line(subject: String, stories: &[String]) -> Line {
    let mut preheader = String::new();
    for story in stories {
        let told = says(&subject, story) || says(&preheader, story);
        let joined = if preheader.is_empty() { story.clone() } else { format!("{preheader} · {story}") };
        if !told && joined.chars().count() <= PREHEADER {
            preheader = joined;
        }
    }
    Line { subject, preheader }
}

/// Whether `line` says what `story` says: most words of the story stand in it.
fn says(line: &str, story: &str) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 2).map(str::to_lowercase).collect()
    };
    let (line, story) = (words(line), words(story));
    !story.is_empty() && story.intersection(&line).count() * 2 > story.len()
}

/// The story's headline as an inbox may show it, at most about `most` characters; none where it has no words, or speaks
/// as "we" throughout.
fn headline(entry: &Entry, cues: &Cues, most: usize) -> Option<String> {
    let voice = cues.voice();
    let title = wording::clip(&entry.title, 400);
    let title = title.trim().trim_end_matches(['.', ':', ';', ',', '…']).trim().to_owned();
    if title.is_empty() {
        return None;
    }
    let maker = maker(entry, cues);
    let told = in_third_person(&title, maker.as_deref(), voice);
    let told = without_own_voice(&told, voice)?;
    let cut = if told.chars().count() <= most { told } else { at_a_clause(&told, most, voice) };
    Some(if words(&cut) <= BARE { named(&cut, entry, maker.as_deref(), most, voice) } else { cut })
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

/// "Introducing Larch 3" of Larch Labs as "Larch Labs introduces Larch 3".
fn in_third_person(title: &str, maker: Option<&str>, voice: &Voice) -> String {
    let Some(maker) = maker else { return title.to_owned() };
    let Some((first, rest)) = title.split_once(' ') else { return title.to_owned() };
    let says = voice.says.iter().find(|(said, _)| *said == first.to_lowercase());
    match says {
        // "Larch introduces Larch 3" would stammer.
        Some((_, says)) if !fold(rest).starts_with(&fold(maker)) => format!("{maker} {says} {}", rest.trim()),
        _ => title.to_owned(),
    }
}

/// The title without the clauses in which a vendor speaks of itself.
fn without_own_voice(title: &str, voice: &Voice) -> Option<String> {
    let Some(own) = &voice.own else { return Some(title.to_owned()) };
    if !own.is_match(&title.to_lowercase()) {
        return Some(title.to_owned());
    }
    let end = clause_ends(title).into_iter().rfind(|end| !own.is_match(&title[..*end].to_lowercase()))?;
    let kept = title[..end].trim_end();
    (words(kept) > 1).then(|| kept.to_owned())
}

/// Where a clause of the title ends, in bytes: before a colon, dash, semicolon, comma, bracket or bar.
fn clause_ends(title: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    for mark in [": ", " – ", " — ", " - ", "; ", ", ", " (", " | ", "? ", ". "] {
        ends.extend(title.match_indices(mark).map(|(at, _)| if mark == "? " { at + 1 } else { at }));
    }
    ends.sort_unstable();
    ends
}

/// The longest beginning that is a clause of no more than `most` characters: to a mark, else to a word before which a
/// clause may end. A headline without either stays whole while it is not too long.
fn at_a_clause(title: &str, most: usize, voice: &Voice) -> String {
    let fits = |end: &usize| title[..*end].chars().count() <= most && words(&title[..*end]) > BARE;
    if let Some(end) = clause_ends(title).into_iter().rfind(fits) {
        return title[..end].trim_end().to_owned();
    }
    // What stands behind "Name: " may be the headline.
    if let Some((_, rest)) = title.split_once(": ").filter(|(name, _)| words(name) <= BARE)
        && rest.chars().count() <= most
        && words(rest) > BARE
    {
        let mut letters = rest.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        return first.chain(letters).collect();
    }
    if let Some(breaks) = &voice.breaks {
        let lower = title.to_lowercase();
        // Only where small letters take as many bytes do places in one text hold in the other.
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
    let own = voice.own.as_ref().is_some_and(|own| own.is_match(&sentence.to_lowercase()));
    let cut = if sentence.chars().count() <= most { sentence.to_owned() } else { at_a_clause(sentence, most, voice) };
    let whole = words(&cut) > BARE + 1 && cut.chars().count() <= most && !cut.ends_with('…');
    if whole && !own && sentence.to_lowercase().starts_with(&name.to_lowercase()) {
        return cut;
    }
    if voice.alone.is_empty() { name.to_owned() } else { voice.alone.replace("{name}", name) }
}

fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

#[cfg(test)]
mod tests;
