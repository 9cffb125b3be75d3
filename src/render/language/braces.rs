//! Compares the names in braces in a line of words with those in the English line: names that nothing fills in, missing names, and braces
//! without a name.

use std::collections::BTreeSet;

use super::file::Line;
use crate::model::WordsFault;
use crate::text::suggestion;

/// The plural forms in which a text may spell the number out, as in "one story" or "no story".
const SPELLED_OUT: [&str; 3] = ["zero", "one", "two"];

/// A pair of braces in a text, or an unpaired one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Brace<'t> {
    /// A name, without its braces.
    Name(&'t str),
    /// Something else in braces, with the braces.
    Other(&'t str),
    /// An unpaired brace, with the word after an opening one.
    Single(&'t str),
}

/// Reports what is wrong with the braces of a line, compared with the English line.
pub fn compare(name: &str, own: &Line, english: &Line, tell: &mut impl FnMut(WordsFault, String, String)) {
    let filled: BTreeSet<&str> = english.texts().into_iter().flat_map(names).collect();
    let known: Vec<&str> = filled.iter().copied().chain(["publication"]).collect();
    let used: BTreeSet<Brace> = own.texts().into_iter().flat_map(braces).collect();
    let wrong: Vec<(String, String)> = used.into_iter().filter_map(|brace| wrong(brace, &known)).collect();
    // A name that is missing is the one that was misspelt.
    if wrong.is_empty() {
        lacking(name, own, english, tell);
    }
    for (what, help) in wrong {
        tell(WordsFault::PlaceholderUnknown, format!("`{name}` has {what}"), help);
    }
}

/// What is wrong with a brace that subscribers would see, and how to fix it.
fn wrong(brace: Brace, known: &[&str]) -> Option<(String, String)> {
    match brace {
        Brace::Name(name) if known.contains(&name) => None,
        Brace::Name(name) => {
            Some((format!("{{{name}}}, which nothing fills in"), suggestion(name, known.iter().copied())))
        }
        Brace::Other(whole) => {
            let meant = whole.trim_matches(['{', '}', ' ']).to_lowercase();
            Some((format!("{whole}, which nothing fills in"), suggestion(&meant, known.iter().copied())))
        }
        Brace::Single(brace) => {
            let help = "a name stands between two braces, as in {publication}; subscribers would read a single one";
            let what = if brace == "}" {
                "a closing brace without an opening one"
            } else {
                "an opening brace without a closing one"
            };
            Some((format!("{what}: `{brace}`"), help.to_owned()))
        }
    }
}

/// Reports names of the English line that this line lacks. A count needs them in each plural form.
fn lacking(name: &str, own: &Line, english: &Line, tell: &mut impl FnMut(WordsFault, String, String)) {
    let mut told = |missing: &str, of: &str| {
        let help = "put it where the language has it, or leave the line out to keep the shipped one".to_owned();
        tell(WordsFault::PlaceholderMissing, format!("`{name}` lacks {{{missing}}}{of}"), help);
    };
    let (Line::Counted(forms), Line::Counted(base)) = (own, english) else {
        let (used, filled) = (all_names(own), all_names(english));
        filled.difference(&used).for_each(|missing| told(missing, ""));
        return;
    };
    let filled: BTreeSet<&str> = base.get("other").into_iter().flat_map(|text| names(text)).collect();
    for (form, text) in forms {
        let used: BTreeSet<&str> = names(text).collect();
        let free = |missing: &&&str| **missing == "n" && SPELLED_OUT.contains(&form.as_str());
        let missing = filled.difference(&used).filter(|missing| **missing != "publication" && !free(missing));
        missing.for_each(|missing| told(missing, &format!(" in the plural form `{form}`")));
    }
}

/// The names in braces in a line, except `publication`, which is allowed anywhere.
fn all_names(line: &Line) -> BTreeSet<&str> {
    line.texts().into_iter().flat_map(names).filter(|name| *name != "publication").collect()
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    braces(text).into_iter().filter_map(|brace| if let Brace::Name(name) = brace { Some(name) } else { None })
}

/// All the braces in a text.
fn braces(text: &str) -> Vec<Brace<'_>> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        let from = &rest[at..];
        let inside = &from[1..];
        let closed = inside.find(['{', '}']).filter(|end| from.starts_with('{') && inside[*end..].starts_with('}'));
        rest = closed.map_or(inside, |end| &inside[end + 1..]);
        found.push(match closed {
            Some(end) if is_name(&inside[..end]) => Brace::Name(&inside[..end]),
            Some(end) => Brace::Other(&from[..end + 2]),
            None => Brace::Single(single(from)),
        });
    }
    found
}

/// An unpaired brace: an opening one with the word after it, a closing one alone.
fn single(from: &str) -> &str {
    let inside = &from[1..];
    let word = inside.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inside.len());
    if from.starts_with('{') { &from[..=word] } else { &from[..1] }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_brace_is_seen() {
        use Brace::{Name, Other, Single};
        for (text, seen) in [
            ("{date}", vec![Name("date")]),
            ("{n} of {total_n}.", vec![Name("n"), Name("total_n")]),
            ("{Edition} am {date }", vec![Other("{Edition}"), Other("{date }")]),
            ("{}", vec![Other("{}")]),
            ("am {date.", vec![Single("{date")]),
            ("am {date, {n}", vec![Single("{date"), Name("n")]),
            ("am date}", vec![Single("}")]),
            ("{", vec![Single("{")]),
            ("في {يوم", vec![Single("{يوم")]),
            ("no brace", vec![]),
        ] {
            assert_eq!(braces(text), seen, "{text}");
        }
    }
}
