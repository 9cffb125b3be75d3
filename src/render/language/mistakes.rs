//! What a publication's own files of words lack or misspell, compared with the built-in English. Knows no template.

use std::collections::{BTreeMap, BTreeSet};

use super::super::source::Source;
use super::braces;
use super::file::{Line, Named, WordsFile};
use super::locale::{Locale, PLURALS, REST, canonical};
use super::names::{everywhere, files};
use crate::model::{Notice, Notices, WordsFault, WordsMistake};
use crate::text::{nearest, suggestion};

/// The files of a language, from its short form on, each with its built-in lines and the publication's own.
pub struct Files<'s> {
    /// The tag of the language.
    pub tag: &'s str,
    /// The built-in English.
    pub base: &'s Source,
    pub built_in: Vec<&'s Source>,
    pub own: Vec<&'s Source>,
    /// The names of the edition templates. Each may have its own section.
    pub templates: Vec<String>,
}

/// Every mistake in the publication's own files. `reads` says whether a template of its own reads a line.
///
/// # Errors
/// A file that cannot be read, with its line.
pub fn mistakes(files: &Files, reads: impl Fn(&str) -> bool) -> Result<Vec<WordsMistake>, Notices> {
    if files.own.is_empty() && files.built_in.is_empty() {
        return Ok(vec![no_words(files.tag)]);
    }
    let base = WordsFile::read(files.base)?;
    let known: BTreeMap<&str, &Line> = base.lines.iter().map(|named| (named.name.as_str(), &named.line)).collect();
    let plurals = Locale::of(files.tag)?.plurals();
    let (mut found, mut said) = (Vec::new(), BTreeSet::new());
    for source in &files.built_in {
        said.extend(WordsFile::read(source)?.lines.into_iter().map(|named| named.name));
    }
    for source in &files.own {
        let file = WordsFile::read(source)?;
        for named in &file.lines {
            let mut tell = |fault, message: String, help: String| {
                let notice = Notice::new(message).at(&file.label, named.at).help(help);
                found.push(WordsMistake { fault, notice, names: Vec::new() });
            };
            match reference(&known, &named.name, &files.templates) {
                Some(line) => compare(named, line, &plurals, &mut tell),
                None if is_section(&known, section(&named.name), &files.templates) && reads(&named.name) => {}
                None => {
                    let help = meant(&named.name, &known, &files.templates);
                    tell(WordsFault::Unknown, format!("nothing reads the line `{}`", named.name), help);
                }
            }
        }
        said.extend(file.lines.into_iter().map(|named| named.name));
    }
    let missing: Vec<&str> = known.keys().copied().filter(|name| !said.contains(*name)).collect();
    if let Some(notice) = lacking(files, &missing) {
        let names = missing.iter().map(ToString::to_string).collect();
        found.push(WordsMistake { fault: WordsFault::Missing, notice, names });
    }
    Ok(found)
}

/// The publication's own files of words for languages that are not in use. `in_use` holds the BCP 47 tags of those that are.
pub fn unread<'s>(
    in_use: &BTreeSet<String>,
    own: impl IntoIterator<Item = (&'s str, &'s Source)>,
) -> Vec<WordsMistake> {
    let tags: Vec<&str> = in_use.iter().map(String::as_str).collect();
    let read: BTreeSet<String> = tags.iter().filter_map(|tag| canonical(tag)).flat_map(|tag| files(&tag)).collect();
    let mistake = |(file, source): (&str, &Source)| {
        let stem = file.trim_start_matches("words/").trim_end_matches(".toml");
        let notice = Notice::new(
            "nothing reads this file: neither the publication nor an edition or a draft is in this language",
        );
        let notice = notice.at(&source.label, None).help(right_name(stem, &tags));
        WordsMistake { fault: WordsFault::Unknown, notice, names: Vec::new() }
    };
    own.into_iter().filter(|(file, _)| !read.contains(*file)).map(mistake).collect()
}

/// Suggests the intended name of a file that nothing reads.
fn right_name(stem: &str, tags: &[&str]) -> String {
    let plain = stem.replace('_', "-").to_lowercase();
    match nearest(&plain, tags.iter().copied()) {
        Some(tag) => format!("did you mean `{tag}.toml`?"),
        None => format!("it would be read if a `language` were `{stem}`; those in use are {}", tags.join(", ")),
    }
}

fn no_words(tag: &str) -> WordsMistake {
    let message =
        format!("there are no words for the language `{tag}`: what the templates say, days and numbers are English");
    let help = format!(
        "translate the shipped templates/words/en.toml to templates/words/{tag}.toml; docs/languages.md tells how"
    );
    WordsMistake { fault: WordsFault::Missing, notice: Notice::new(message).help(help), names: Vec::new() }
}

/// The English line for a name; a template may override any line of the mails.
fn reference<'k>(known: &BTreeMap<&str, &'k Line>, name: &str, templates: &[String]) -> Option<&'k Line> {
    if !is_section(known, section(name), templates) {
        return None;
    }
    let common = || known.get(everywhere(name)?.as_str()).copied();
    known.get(name).copied().or_else(common)
}

fn section(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(section, _)| section)
}

/// Whether a section is known; each template may have one.
fn is_section(known: &BTreeMap<&str, &Line>, own: &str, templates: &[String]) -> bool {
    own.strip_prefix("template.").is_some_and(|template| templates.iter().any(|own| own == template))
        || known.keys().any(|other| section(other) == own)
}

/// The line that was meant, in its own section if there is such a section.
fn meant(name: &str, known: &BTreeMap<&str, &Line>, templates: &[String]) -> String {
    let own = section(name);
    if !is_section(known, own, templates) {
        let sections: BTreeSet<&str> = known.keys().map(|other| section(other)).collect();
        return format!("there is no section [{own}]; {}", suggestion(own, sections));
    }
    let beside = known.keys().copied().filter(|other| section(other) == own);
    let all = || "the shipped templates/words/en.toml has all of them".to_owned();
    nearest(name, beside).map_or_else(all, |near| format!("did you mean `{near}`?"))
}

/// Whether a line has no texts, or an empty one.
fn is_blank(line: &Line) -> bool {
    let texts = line.texts();
    texts.is_empty() || texts.iter().any(|text| text.trim().is_empty())
}

fn compare(named: &Named, line: &Line, plurals: &[&str], tell: &mut impl FnMut(WordsFault, String, String)) {
    let name = &named.name;
    if is_blank(&named.line) && !is_blank(line) {
        let help = "write its text, or leave the line out to keep the shipped one";
        let what = if named.line.texts().len() > 1 { "has an empty text" } else { "is empty" };
        tell(WordsFault::Empty, format!("`{name}` {what}, so nothing is shown there"), help.into());
        return;
    }
    match (&named.line, line) {
        (Line::Text(_), Line::Text(_)) | (Line::Lines(_), Line::Lines(_)) => {}
        (Line::Counted(forms), Line::Counted(_)) => {
            for form in plurals.iter().filter(|form| !forms.contains_key(**form)) {
                let (fault, help) = if *form == REST {
                    let help = "every number that has no form of its own needs it; until you write it, the shipped text is shown";
                    (WordsFault::Form, help.to_owned())
                } else {
                    let help = format!(
                        "the language has {}; a form that is not there is shown as `{REST}`",
                        plurals.join(", ")
                    );
                    (WordsFault::Plural, help)
                };
                tell(fault, format!("`{name}` has no text for the plural form `{form}`"), help);
            }
            for form in forms.keys().filter(|form| !plurals.contains(&form.as_str())) {
                let help = if PLURALS.contains(&form.as_str()) {
                    format!("the language has {} only; take it away", plurals.join(", "))
                } else {
                    suggestion(form, plurals.iter().copied())
                };
                tell(
                    WordsFault::Plural,
                    format!("`{name}` has a text for `{form}`, which is no plural form of the language"),
                    help,
                );
            }
        }
        (_, Line::Text(_)) => tell(WordsFault::Form, format!("`{name}` must be one text"), "write it in quotes".into()),
        (_, Line::Lines(_)) => {
            tell(WordsFault::Form, format!("`{name}` must be a list of texts"), "such as [\"One.\", \"Two.\"]".into());
        }
        (_, Line::Counted(_)) => {
            let forms: Vec<String> = plurals.iter().map(|form| format!("{form} = \"…\"")).collect();
            let help = format!("such as {{ {} }}", forms.join(", "));
            tell(WordsFault::Form, format!("`{name}` must have a text for each plural form"), help);
        }
    }
    braces::compare(name, &named.line, line, tell);
}

/// A notice about the lines that a language's files lack, if any.
fn lacking(files: &Files, missing: &[&str]) -> Option<Notice> {
    /// How many of them the notice names.
    const NAMED: usize = 3;
    let source = files.own.first()?;
    let named: Vec<String> = missing.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let rest = missing.len().checked_sub(NAMED).filter(|rest| *rest > 0).map(|rest| format!(" and {rest} more"));
    let message = format!(
        "the words of `{}` lack {}{}, which are English",
        files.tag,
        named.join(", "),
        rest.unwrap_or_default()
    );
    let more = if missing.len() > NAMED { "; `digest check -v` names them all" } else { "" };
    let help = format!("copy them from the shipped templates/words/en.toml and translate them{more}");
    (!missing.is_empty()).then(|| Notice::new(message).at(&source.label, None).help(help))
}
