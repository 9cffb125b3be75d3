//! The state of a subscriber, by the worst that any column of their row says, when they left, and why. Knows no file.

use chrono::{DateTime, Utc};
use csv::StringRecord;

use super::attributes;
use super::dates;
use super::meaning::{Meaning, key};
use super::plan::{Column, Plan};
use super::services::DIGEST;
use super::shown;
use super::words::{self, State, Suspicion, Word, worse};
use crate::model::SubscriberStatus;

/// The longest text that is kept, in characters.
pub const LONGEST: usize = 1_000;

/// A subscriber's state according to the columns.
#[derive(Debug, Default)]
pub struct Standing {
    pub worst: Option<State>,
    /// When they left, by the columns that say that they did.
    pub left: Option<DateTime<Utc>>,
    pub reasons: Vec<String>,
    /// What was not understood, which only matters for rows that would be mailed.
    pub unclear: Option<String>,
}

impl Standing {
    fn say(&mut self, state: State) {
        self.worst = Some(self.worst.map_or(state, |worst| worse(worst, state)));
    }

    fn reason(&mut self, text: &str) {
        let text = line(text, LONGEST);
        if !text.is_empty() && !self.reasons.contains(&text) {
            self.reasons.push(text);
        }
    }

    fn doubt(&mut self, what: String) {
        self.unclear.get_or_insert(what);
    }
}

/// What all columns of a record say; `bare` takes from a cell what is not its own.
pub fn of(plan: &Plan, record: &StringRecord, bare: impl for<'c> Fn(&'c str) -> &'c str) -> Standing {
    let mut standing = Standing::default();
    if let Some(whole) = plan.whole {
        standing.say(whole);
    }
    let mut left = None;
    for (column, cell) in plan.columns.iter().zip(record) {
        let cell = bare(cell);
        match column.meaning {
            Meaning::Status => status(plan, column, cell, &mut standing),
            Meaning::OptedOut(state) => opted_out(column, cell, state, &mut standing),
            Meaning::OptedIn => opted_in(column, cell, &mut standing),
            Meaning::LeftAt(state) => left_at(column, cell, state, &mut standing),
            Meaning::Left if !cell.is_empty() => left = Some(cell),
            Meaning::Receives => receives(column, cell, &mut standing),
            Meaning::Reason => standing.reason(cell),
            Meaning::ConfirmTime if words::yes_or_no(cell) == Word::No => standing.say(State::Pending),
            Meaning::Consent if column.is_flag => consents(column, cell, &mut standing),
            Meaning::Attributes => {
                let said = attributes::read(cell).unwrap_or_default();
                for (name, value) in &said {
                    attribute(name, value, &mut standing);
                }
            }
            _ => {}
        }
    }
    if let Some(cell) = left {
        standing.left = standing.left.or_else(|| dates::parse(cell, dates::Order::MonthFirst));
        if !standing.worst.is_some_and(State::is_gone) {
            standing.say(SubscriberStatus::Unsubscribed);
        }
    }
    // Mailchimp lists complaints among those who unsubscribed.
    let is_abuse = |reason: &String| {
        let word = reason.split([' ', ':', ',']).next().unwrap_or_default();
        words::state(word) == Some(State::Complained)
    };
    if standing.worst.is_some_and(State::is_gone) && standing.reasons.iter().any(is_abuse) {
        standing.say(State::Complained);
    }
    standing
}

fn status(plan: &Plan, column: &Column, cell: &str, standing: &mut Standing) {
    let is_own = plan.service.name == DIGEST.name;
    let word = key(cell);
    let here = plan.service.states.iter().find(|(known, _)| *known == word).map(|(_, state)| *state);
    let mapped = column.words.iter().find(|(known, _)| *known == word).map(|(_, state)| *state);
    let state = mapped.or(here).or_else(|| if is_own { None } else { words::state(cell) });
    match state {
        Some(state) => {
            standing.say(state);
            if state.is_gone() && key(state.as_str()) != word {
                standing.reason(cell);
            }
        }
        // A list without a word means those who are on it; a service always has one.
        None if cell.is_empty() && plan.service.states.is_empty() => {}
        None if cell.is_empty() && is_own => {}
        None => {
            let (name, cell) = (shown(&column.name), shown(cell));
            let known = SubscriberStatus::ALL.map(SubscriberStatus::as_str);
            standing.doubt(format!(
                "`{name}` must be {}, {} or {}, found `{cell}`; --map '{name}:{cell}=…' says what it means",
                known[..3].join(", "),
                known[3],
                known[4]
            ));
        }
    }
}

fn opted_out(column: &Column, cell: &str, state: State, standing: &mut Standing) {
    let date = dates::parse(cell, column.order);
    let said = words::state(cell);
    match words::yes_or_no(cell) {
        Word::Yes => standing.say(state),
        Word::No | Word::Empty => return,
        Word::Other if said.is_some_and(|said| !said.is_gone()) => return,
        Word::Other if said.is_some() || date.is_some() || column.forced => {
            standing.say(said.unwrap_or(state));
            standing.left = standing.left.or(date);
        }
        Word::Other => {
            return standing.doubt(format!(
                "`{}` may say that they opted out, and is not understood: `{}`",
                shown(&column.name),
                shown(cell)
            ));
        }
    }
    standing.reason(&format!("{}: {cell}", column.name));
}

fn opted_in(column: &Column, cell: &str, standing: &mut Standing) {
    let said = words::state(cell);
    match words::yes_or_no(cell) {
        Word::Yes => {}
        Word::No => {
            standing.say(SubscriberStatus::Unsubscribed);
            standing.reason(&format!("{}: {cell}", column.name));
        }
        Word::Other if said.is_some() => standing.say(said.unwrap_or(SubscriberStatus::Pending)),
        Word::Other if dates::parse(cell, column.order).is_some() => {}
        Word::Empty => standing.doubt(format!("`{}` is empty, so nothing says that they agreed", shown(&column.name))),
        Word::Other => {
            standing.doubt(format!("`{}` does not say yes or no, but `{}`", shown(&column.name), shown(cell)));
        }
    }
}

/// A column that some lists fill with a yes, and others with where consent came from.
fn consents(column: &Column, cell: &str, standing: &mut Standing) {
    if words::yes_or_no(cell) != Word::Other {
        opted_in(column, cell, standing);
    }
}

fn left_at(column: &Column, cell: &str, state: State, standing: &mut Standing) {
    if words::yes_or_no(cell) == Word::Empty || words::yes_or_no(cell) == Word::No || is_no_date(cell) {
        return;
    }
    standing.say(state);
    standing.left = standing.left.or_else(|| dates::parse(cell, column.order));
}

/// Which mails somebody gets, where nothing means none.
fn receives(column: &Column, cell: &str, standing: &mut Standing) {
    let none = words::yes_or_no(cell) != Word::Other && words::yes_or_no(cell) != Word::Yes;
    if none || key(cell) == "nothing" {
        standing.say(SubscriberStatus::Unsubscribed);
        standing.reason(&format!("{}: nothing", column.name));
    }
}

/// What a merge field of a service's own object may say about opting out.
fn attribute(name: &str, value: &str, standing: &mut Standing) {
    let word = words::yes_or_no(value);
    let said = match words::suspicion(&key(name)) {
        Some(Suspicion::Out(state)) if word == Word::Yes => Some(state),
        Some(Suspicion::In) if word == Word::No => Some(SubscriberStatus::Unsubscribed),
        Some(_) => words::state(value).filter(|state| state.is_gone()),
        None => None,
    };
    if let Some(state) = said {
        standing.say(state);
        standing.reason(&format!("{name}: {value}"));
    }
}

/// What programs write for a missing date.
pub fn is_no_date(cell: &str) -> bool {
    cell.is_empty() || cell.starts_with("0000-00-00") || cell.starts_with("0001-01-01")
}

/// Text as one line without control characters, cut at `most`.
pub fn line(text: &str, most: usize) -> String {
    if text.len() <= most && !text.chars().any(char::is_control) {
        return text.trim().to_owned();
    }
    let words = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(most).collect()
}
