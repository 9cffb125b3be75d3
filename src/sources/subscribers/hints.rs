//! What `--from` and `--map` say about a file of subscribers.

use super::meaning::{self, Meaning, key};
use super::services::{self, DIGEST, PLAIN, Service};
use super::words::State;
use crate::model::{Notice, Notices, SubscriberStatus};

/// What `--from` and `--map` say about a file.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    pub from: Option<&'static Service>,
    /// Columns by their headings, with what they mean.
    pub(super) columns: Vec<(String, Meaning)>,
    /// Words of a column, with the state that each means.
    pub(super) words: Vec<(String, String, State)>,
    /// The state of everybody in the file.
    pub(super) whole: Option<State>,
}

impl Hints {
    /// Reads `--from` and each `--map`: `COLUMN=MEANING`, `COLUMN:WORD=STATUS`, or `*=STATUS` for all rows.
    ///
    /// # Errors
    /// All that cannot be read, with what could.
    pub fn read(from: Option<&str>, maps: &[String]) -> Result<Self, Notices> {
        let mut hints = Self::default();
        let mut wrong = Vec::new();
        if let Some(name) = from {
            hints.from = services::by_name(name);
            if hints.from.is_none() {
                let known: Vec<&str> = services::SERVICES.iter().chain([&PLAIN, &DIGEST]).map(|s| s.name).collect();
                let notice = Notice::new(format!("--from: there is no service `{}`", super::shown(name)));
                wrong.push(notice.help(format!("there are {}", known.join(", "))));
            }
        }
        wrong.extend(maps.iter().filter_map(|map| hints.add(map).err()));
        if wrong.is_empty() { Ok(hints) } else { Err(Notices(wrong)) }
    }

    fn add(&mut self, map: &str) -> Result<(), Notice> {
        let wrong = || {
            let names: Vec<&str> = meaning::NAMES.iter().map(|(name, _)| *name).collect();
            Notice::new(format!("--map: `{}` is not understood", super::shown(map))).help(format!(
                "write COLUMN=MEANING with one of {}; or COLUMN:WORD=STATUS; or '*=STATUS' for all rows",
                names.join(", ")
            ))
        };
        let (column, meant) = map.rsplit_once('=').ok_or_else(wrong)?;
        if let Some(state) = meant.parse::<SubscriberStatus>().ok().filter(|_| column.trim() == "*") {
            self.whole = Some(state);
        } else if let (Some((column, word)), Ok(state)) = (column.rsplit_once(':'), meant.parse()) {
            self.words.push((key(column), key(word), state));
        } else if let Some(meaning) = meaning::by_name(meant).filter(|_| column.trim() != "*") {
            self.columns.push((key(column), meaning));
        } else {
            return Err(wrong());
        }
        Ok(())
    }
}
