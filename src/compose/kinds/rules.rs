//! Rules over an item's address, headline, text and source, compiled into one set of expressions for each of these, so
//! that an item is read once however many cues there are. Knows no kind's name and no points.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder, SetMatches};
use serde::Deserialize;

use super::pattern;
use crate::model::Item;

/// The most that a set of compiled expressions may take, in bytes.
const SIZE: usize = 64 << 20;

/// A rule as written: a cue for the title alone, or parts that must all hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Rule {
    Title(String),
    Parts(Parts),
}

/// The parts of a rule; those that are left out hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parts {
    at: Option<String>,
    title: Option<String>,
    text: Option<String>,
    without: Option<String>,
    source: Option<String>,
    maker: bool,
}

/// When a rule is asked, and what it decides: see cues.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    First,
    Strong,
    Weak,
    Last,
}

/// What a cue looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    At,
    Title,
    Text,
    Source,
}

/// All of them, in their order.
const FIELDS: [Field; 4] = [Field::At, Field::Title, Field::Text, Field::Source];

/// A compiled rule: each part by its field and its place in that field's set.
#[derive(Debug)]
struct Ready {
    kind: usize,
    look: Look,
    holds: Vec<(Field, usize)>,
    without: Option<usize>,
    maker: bool,
}

/// Collects rules.
pub struct Builder<'n> {
    names: &'n BTreeMap<String, Vec<String>>,
    cues: [Vec<String>; 4],
    rules: Vec<Ready>,
}

/// All rules, in the order of the kinds.
#[derive(Debug)]
pub struct Rules {
    /// By field: all its cues together, compiled when the first item is asked about. Who only renders or checks asks none.
    sets: [OnceLock<RegexSet>; 4],
    cues: [Vec<String>; 4],
    /// By field and place: the expression alone, compiled when a person asks which words it found.
    alone: [Vec<OnceLock<Option<Regex>>>; 4],
    ready: Vec<Ready>,
}

/// An item as rules see it.
pub struct Seen {
    texts: [String; 4],
    maker: bool,
}

impl Seen {
    pub fn new(item: &Item, address: String, maker: bool) -> Self {
        let title = plain(&item.title);
        let text = format!("{title} {}", plain(&item.summary));
        Self { texts: [address, title, text, plain(&item.source)], maker }
    }
}

impl Rules {
    pub fn builder(names: &BTreeMap<String, Vec<String>>) -> Builder<'_> {
        Builder { names, cues: Default::default(), rules: Vec::new() }
    }

    /// The kind that the rules find, by its place, and the cue in words.
    pub fn find(&self, seen: &Seen) -> Option<(usize, String)> {
        let matched: [SetMatches; 4] = FIELDS.map(|field| self.set(field).matches(&seen.texts[field as usize]));
        let holds = |rule: &Ready| {
            (!rule.maker || seen.maker)
                && rule.holds.iter().all(|(field, at)| matched[*field as usize].matched(*at))
                && rule.without.is_none_or(|at| !matched[Field::Text as usize].matched(at))
        };
        let of = |look: Look| self.ready.iter().filter(move |rule| rule.look == look).filter(|rule| holds(rule));
        let told = |rule: &Ready| (rule.kind, self.told(rule, seen));
        if let Some(rule) = of(Look::First).next() {
            return Some(told(rule));
        }
        let strong = of(Look::Strong).next();
        let weak: Vec<&Ready> = of(Look::Weak).collect();
        let pair = weak.iter().enumerate().find_map(|(at, first)| {
            let second = weak[at + 1..].iter().find(|second| second.kind == first.kind)?;
            Some((first.kind, format!("{}, {}", self.told(first, seen), self.told(second, seen))))
        });
        match (strong, pair) {
            (Some(rule), Some(pair)) if pair.0 < rule.kind => Some(pair),
            (Some(rule), _) => Some(told(rule)),
            (None, Some(pair)) => Some(pair),
            (None, None) => of(Look::Last).next().map(told),
        }
    }

    fn set(&self, field: Field) -> &RegexSet {
        let cues = &self.cues[field as usize];
        self.sets[field as usize].get_or_init(|| set(field, cues).unwrap_or_else(|_| RegexSet::empty()))
    }

    /// Compiles every cue now.
    ///
    /// # Errors
    /// In words: which one is wrong, or that they are too large together.
    pub fn prove(&self) -> Result<(), String> {
        FIELDS.into_iter().try_for_each(|field| {
            let _ = self.sets[field as usize].set(set(field, &self.cues[field as usize])?);
            Ok(())
        })
    }

    /// The words that the rule found.
    fn told(&self, rule: &Ready, seen: &Seen) -> String {
        let part = |(field, at): &(Field, usize)| {
            let alone = self.alone[*field as usize][*at].get_or_init(|| {
                let cue = &self.cues[*field as usize][*at];
                compile(&if *field == Field::At { pattern::anywhere(cue) } else { pattern::whole_words(cue) }).ok()
            });
            let found = alone.as_ref()?.find(&seen.texts[*field as usize])?.as_str().trim();
            Some(match field {
                Field::At => format!("its address, {}", super::super::wording::clip(found, 40)),
                Field::Source => format!("its source, {found}"),
                Field::Title | Field::Text => format!("\"{}\"", super::super::wording::clip(found, 40)),
            })
        };
        let mut words: Vec<String> = rule.holds.iter().filter_map(part).collect();
        if rule.without.is_some() {
            words.push("nothing about the subject".into());
        }
        if words.is_empty() && rule.maker {
            words.push("its source writes about its own work".into());
        }
        words.join(" and ")
    }
}

impl Builder<'_> {
    /// Adds a rule of a kind. Kinds come in their order.
    ///
    /// # Errors
    /// In words: what is wrong with which cue.
    pub fn add(&mut self, kind: usize, look: Look, rule: Rule) -> Result<(), String> {
        let parts = match rule {
            Rule::Title(title) => Parts { title: Some(title), ..Parts::default() },
            Rule::Parts(parts) => parts,
        };
        let mut holds = Vec::new();
        for (field, cue) in [
            (Field::At, parts.at),
            (Field::Title, parts.title),
            (Field::Text, parts.text),
            (Field::Source, parts.source),
        ] {
            if let Some(cue) = cue {
                holds.push((field, self.cue(field, &cue)?));
            }
        }
        let without = parts.without.map(|cue| self.cue(Field::Text, &cue)).transpose()?;
        if holds.is_empty() && without.is_none() && !parts.maker {
            return Err("a rule without conditions would match everything".into());
        }
        self.rules.push(Ready { kind, look, holds, without, maker: parts.maker });
        Ok(())
    }

    fn cue(&mut self, field: Field, cue: &str) -> Result<usize, String> {
        let cue = expand(self.names, cue)?;
        let list = &mut self.cues[field as usize];
        if let Some(at) = list.iter().position(|known| *known == cue) {
            return Ok(at);
        }
        list.push(cue);
        Ok(list.len() - 1)
    }

    pub fn build(self) -> Rules {
        let alone = std::array::from_fn(|field| self.cues[field].iter().map(|_| OnceLock::new()).collect());
        Rules { sets: std::array::from_fn(|_| OnceLock::new()), cues: self.cues, alone, ready: self.rules }
    }
}

fn set(field: Field, cues: &[String]) -> Result<RegexSet, String> {
    let pattern = if field == Field::At { pattern::anywhere } else { pattern::has_whole_words };
    let built = RegexSetBuilder::new(cues.iter().map(|cue| pattern(cue))).size_limit(SIZE).dfa_size_limit(SIZE).build();
    // One at a time only to say which one is wrong: compiling each alone takes many times as long.
    built.map_err(|error| cues.iter().find_map(|cue| compile(cue).err()).unwrap_or_else(|| short(&error)))
}

/// A cue for whole words, compiled.
///
/// # Errors
/// In words: what is wrong with it.
pub fn words(names: &BTreeMap<String, Vec<String>>, cue: &str) -> Result<Regex, String> {
    compile(&pattern::whole_words(&expand(names, cue)?))
}

/// A cue for the beginning of an address, compiled.
///
/// # Errors
/// In words: what is wrong with it.
pub fn address(names: &BTreeMap<String, Vec<String>>, cue: &str) -> Result<Regex, String> {
    compile(&format!("^(?:{})", pattern::anywhere(&expand(names, cue)?)))
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(SIZE).build();
    built.map_err(|error| format!("`{pattern}` is not a regular expression: {}", short(&error)))
}

/// The last line of an error, which says what is wrong.
fn short(error: &regex::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// The cue with its `{name}`s replaced by their lists.
fn expand(names: &BTreeMap<String, Vec<String>>, cue: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = cue;
    while let Some((before, from)) = rest.split_once('{') {
        out.push_str(before);
        let name = from.split('}').next().unwrap_or_default();
        // `\d{4}` and `{0,3}` are the expression's own.
        if name.is_empty() || name.starts_with(|c: char| !c.is_ascii_lowercase()) || !from.contains('}') {
            out.push('{');
            rest = from;
            continue;
        }
        let list = names.get(name).ok_or_else(|| format!("`{{{name}}}` is not under [names]"))?;
        out.push_str(&format!("(?:{})", list.join("|")));
        rest = &from[name.len() + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Text as cues see it: small letters, plain quotes, one space between words.
pub fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let straight = lower.chars().map(|c| match c {
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        c => c,
    });
    straight.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
