//! Writes the content folder: adds and updates items and guides so that doing it twice changes nothing. Touches only the
//! lines that change; knows no import format.

pub(super) mod disk;
mod merge_guides;
mod same_address;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::Datelike;

use super::news::{day, item_to_json};
use super::report::fold;
use super::{files, news};
use crate::model::{Item, Notice, Notices, canonical_url, topic_key};
use same_address::Stale;

pub use merge_guides::merge_guides;
pub use same_address::{Better, by_first};

/// Most passes over an import.
const ROUNDS: usize = 16;

/// What a merge did; `files` are those that were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    pub added: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub files: Vec<PathBuf>,
    pub notices: Vec<Notice>,
}

/// What happens to the topics of an item that is stored already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topics {
    /// The import knows them all: its own take their place, where it has any.
    Replace,
    /// The import knows one of them, as a guide's page does: it joins the others.
    Join,
}

/// One item during a merge: its place in the folder, its stored form, and its new form.
struct Slot<'a> {
    file: PathBuf,
    /// The line in `file`, from 0; `None` for an item that is new.
    line: Option<usize>,
    stored: Option<Item>,
    /// What it becomes, if not what is stored.
    update: Option<Cow<'a, Item>>,
    /// What it was when this round began.
    before: Before,
    /// The canonical form of its URL.
    key: Option<String>,
    /// The last round in which a record named it; `None` when none did.
    named: Option<usize>,
}

impl Slot<'_> {
    /// None for a slot that is neither stored nor new, which there is not.
    fn current(&self) -> Option<&Item> {
        self.update.as_deref().or(self.stored.as_ref())
    }

    /// Whether this round left it other than it found it.
    fn differs(&self) -> bool {
        match &self.before {
            Before::Same => false,
            Before::Stored => self.stored.as_ref() != self.current(),
            Before::Update(item) => Some(item.as_ref()) != self.current(),
        }
    }
}

#[derive(Default)]
enum Before {
    /// What it is now.
    #[default]
    Same,
    Stored,
    Update(Box<Item>),
}

struct Stock<'a> {
    slots: Vec<Slot<'a>>,
    by_id: HashMap<String, usize>,
    by_url: HashMap<String, usize>,
    texts: BTreeMap<PathBuf, String>,
    topics: Topics,
    better: Better<'a>,
    notices: Vec<Notice>,
    /// Slots with the sources whose records named them in this round.
    named: HashSet<(usize, &'a str)>,
    /// Ids of records that name an item which an earlier record of the same source named in this round.
    repeated: Vec<String>,
    round: usize,
}

/// Adds items to `content_dir`/news/YYYY-Www.jsonl, by the ISO week of `published`. An item with a known id or canonical
/// URL updates its line in place, where it is newer: by the unknown field `version` where there is one, else whenever a
/// field differs. Fields that only the stored item has stay, as do the bytes of all other lines. Of records of one address
/// from several sources the best one by `better` is the item, and the others go into its `also`, in whatever order they come.
/// Files are replaced whole, so that a program beside it or a crash never sees half of one.
///
/// # Errors
/// A stored file that is malformed, before anything is written; or a folder that cannot be written.
pub fn merge_news(content_dir: &Path, items: &[Item], topics: Topics, better: Better) -> Result<Merged, Notices> {
    let dir = content_dir.join("news");
    let _lock = disk::lock(&dir)?;
    let mut stock = Stock::read(&dir, topics, better)?;
    stock.settle(&dir, items);
    stock.write(&dir)
}

/// Puts `item` in the place of the stored item of its id, as it is: fields that it lacks go. Every other line stays as it was.
///
/// # Errors
/// A stored file that is malformed, or a folder that cannot be written.
pub fn rewrite_news(content_dir: &Path, item: &Item) -> Result<Merged, Notices> {
    let dir = content_dir.join("news");
    let _lock = disk::lock(&dir)?;
    let mut stock = Stock::read(&dir, Topics::Replace, &by_first)?;
    let at = stock.by_id.get(&item.id).copied();
    if let Some(slot) = at.and_then(|at| stock.slots.get_mut(at)) {
        slot.update = Some(Cow::Borrowed(item));
        slot.named = Some(0);
    }
    stock.write(&dir)
}

impl<'a> Stock<'a> {
    fn read(dir: &Path, topics: Topics, better: Better<'a>) -> Result<Self, Notices> {
        let (by_id, by_url) = (HashMap::new(), HashMap::new());
        let (slots, texts, notices) = (Vec::new(), BTreeMap::new(), Vec::new());
        let (named, repeated) = (HashSet::new(), Vec::new());
        let mut stock = Self { slots, by_id, by_url, texts, topics, better, notices, named, repeated, round: 0 };
        let files = files::files(dir, "jsonl", &mut Vec::new())?;
        let read = files::each(&files, |file| {
            let bytes = files::read_file(file)?;
            let items = news::read_stored(file, &bytes)?.records.into_iter();
            let keyed: Vec<_> = items.map(|(line, item)| (line, key(&item), item)).collect();
            // The subscriber has found it to be UTF-8.
            Ok::<_, Notices>((keyed, String::from_utf8(bytes).unwrap_or_default()))
        });
        for (file, read) in files.into_iter().zip(read) {
            let (items, text) = read?;
            for (line, key, item) in items {
                let slot = Slot {
                    file: file.clone(),
                    line: Some(line),
                    stored: Some(item),
                    update: None,
                    before: Before::Same,
                    key,
                    named: None,
                };
                stock.push(slot);
            }
            stock.texts.insert(file, text);
        }
        Ok(stock)
    }

    /// Merges the items until another round changes nothing. One round is enough unless an item that another one of
    /// the import was taken for moves to another URL: only in the next round the two are seen to differ.
    fn settle(&mut self, dir: &Path, items: &'a [Item]) {
        let items = same_address::in_order(items, |item| key(item).unwrap_or_else(|| item.id.clone()));
        let keys: Vec<Option<String>> = items.iter().map(|item| key(item)).collect();
        for round in 0..ROUNDS {
            self.round = round;
            self.notices.clear();
            self.named.clear();
            self.repeated.clear();
            let known = self.slots.len();
            for slot in &mut self.slots {
                slot.before = Before::Same;
            }
            for (item, key) in items.iter().copied().zip(&keys) {
                self.put(dir, item, key.as_ref());
            }
            if self.slots.len() == known && !self.slots.iter().any(Slot::differs) {
                break;
            }
            self.index();
        }
        if !self.repeated.is_empty() {
            let mut which: Vec<String> = self.repeated.iter().take(3).map(|id| format!("`{id}`")).collect();
            if self.repeated.len() > which.len() {
                which.push("…".to_owned());
            }
            let message = format!(
                "{} of the {} records name an item that another record of this import names too, by id or by URL: {}",
                self.repeated.len(),
                items.len(),
                which.join(", ")
            );
            self.notices.push(
                Notice::new(message).help("the newest record of an item counts; give different items different ids"),
            );
        }
    }

    /// Finds slots by what they hold now and where they will stand, as the next import will: file by file, new lines last.
    fn index(&mut self) {
        (self.by_id, self.by_url) = (HashMap::new(), HashMap::new());
        let mut order: Vec<usize> = (0..self.slots.len()).collect();
        order
            .sort_by_key(|at| self.slots.get(*at).map(|slot| (slot.file.as_os_str(), slot.line.unwrap_or(usize::MAX))));
        for at in order {
            self.enter(at);
        }
    }

    fn enter(&mut self, at: usize) {
        let Some(slot) = self.slots.get(at) else { return };
        if let Some(item) = slot.current() {
            self.by_id.entry(item.id.clone()).or_insert(at);
        }
        if let Some(key) = &slot.key {
            self.by_url.entry(key.clone()).or_insert(at);
        }
    }

    fn push(&mut self, slot: Slot<'a>) {
        self.slots.push(slot);
        self.enter(self.slots.len() - 1);
    }

    fn put(&mut self, dir: &Path, item: &'a Item, key: Option<&String>) {
        let known = self.by_id.get(&item.id).or_else(|| self.by_url.get(key?)).copied();
        let Some((at, slot)) = known.and_then(|at| Some((at, self.slots.get_mut(at)?))) else {
            let week = day(item.published).iso_week();
            let file = dir.join(format!("{:04}-W{:02}.jsonl", week.year(), week.week()));
            let update = Some(Cow::Borrowed(item));
            let (key, named) = (key.cloned(), Some(self.round));
            self.named.insert((self.slots.len(), &item.source));
            self.push(Slot { file, line: None, stored: None, update, before: Before::Same, key, named });
            return;
        };
        slot.named = Some(self.round);
        if !self.named.insert((at, &item.source)) {
            self.repeated.push(item.id.clone());
        }
        let Some(current) = slot.current() else { return };
        if current == item {
            return;
        }
        let merged = match same_address::united(current, item, self.topics, self.better) {
            Ok(merged) if merged == *current => return,
            merged => merged,
        };
        if let Ok(merged) = merged {
            let key = self::key(&merged);
            let old = slot.update.replace(Cow::Owned(merged));
            if matches!(slot.before, Before::Same) {
                slot.before = old.map_or(Before::Stored, |old| Before::Update(Box::new(old.into_owned())));
            }
            if let Some(key) = key {
                slot.key = Some(key.clone());
                self.by_url.entry(key).or_insert(at);
            }
        } else if let Err(stale) = merged {
            let why = match stale {
                Stale::Version => "is already stored in the same or a higher version",
                Stale::Older => "is stored under another headline and a later date of its source",
            };
            let message = format!("the item `{}` {why}; this one was left out", item.id);
            self.notices.push(Notice::new(message).at(&slot.file, slot.line.map(|l| l + 1)));
        }
    }

    fn write(mut self, dir: &Path) -> Result<Merged, Notices> {
        let mut merged = Merged { notices: fold(std::mem::take(&mut self.notices)), ..Merged::default() };
        let mut changes: BTreeMap<&PathBuf, Vec<&Slot>> = BTreeMap::new();
        for slot in self.slots.iter().filter(|slot| slot.named.is_some()) {
            match (&slot.stored, slot.current()) {
                (Some(stored), Some(current)) if stored == current => merged.unchanged += 1,
                (stored, _) => {
                    *(if stored.is_some() { &mut merged.updated } else { &mut merged.added }) += 1;
                    changes.entry(&slot.file).or_default().push(slot);
                }
            }
        }
        for (file, slots) in changes {
            let old = self.texts.get(file).map_or("", String::as_str);
            disk::replace(file, rewritten(old, &slots).as_bytes())?;
            merged.files.push(file.clone());
        }
        if !merged.files.is_empty() {
            disk::flush(dir)?;
        }
        Ok(merged)
    }
}

fn key(item: &Item) -> Option<String> {
    item.url.as_deref().and_then(canonical_url)
}

/// The stored item with everything that the new one says put over it.
fn overlay(stored: &Item, new: &Item, topics: Topics) -> Item {
    let mut out = new.clone();
    if topics == Topics::Join {
        out.topics = joined(&stored.topics, &new.topics);
    }
    out.id.clone_from(&stored.id);
    out.score = new.score.or(stored.score);
    out.url = new.url.clone().or_else(|| stored.url.clone());
    let pairs = [(&mut out.topics, &stored.topics), (&mut out.guides, &stored.guides)];
    for (mine, theirs) in pairs {
        if mine.is_empty() {
            mine.clone_from(theirs);
        }
    }
    if out.summary.is_empty() {
        out.summary.clone_from(&stored.summary);
        out.format = stored.format;
    }
    out.extra.clone_from(&stored.extra);
    out.extra.extend(new.extra.clone());
    out
}

/// The stored topics, and behind them the new ones that are none of them in another spelling.
fn joined(stored: &[String], new: &[String]) -> Vec<String> {
    let mut out = stored.to_vec();
    for topic in new {
        if !out.iter().any(|known| topic_key(known) == topic_key(topic)) {
            out.push(topic.clone());
        }
    }
    out
}

/// Whether an item that differs may update the stored one.
fn is_newer(stored: &Item, new: &Item) -> bool {
    let version = |item: &Item| item.extra.get("version").and_then(serde_json::Value::as_u64);
    match (version(stored), version(new)) {
        (Some(old), Some(new)) => new > old,
        (Some(_), None) => false,
        (None, _) => true,
    }
}

fn written(slot: &Slot) -> String {
    slot.current().map(|item| item_to_json(item).to_string()).unwrap_or_default()
}

/// The file's text with the slots' lines replaced or added; every other byte as it was.
fn rewritten(old: &str, slots: &[&Slot]) -> String {
    let by_line: HashMap<usize, &&Slot> = slots.iter().filter_map(|s| Some((s.line?, s))).collect();
    let mut out = String::with_capacity(old.len() + slots.len() * 256);
    for (i, line) in old.split_inclusive('\n').enumerate() {
        match by_line.get(&i) {
            Some(slot) => {
                let body = line.trim_end_matches(['\n', '\r']);
                let mark = if body.starts_with('\u{feff}') { "\u{feff}" } else { "" };
                let end = line.get(body.len()..).unwrap_or("\n");
                out.push_str(mark);
                out.push_str(&written(slot));
                out.push_str(end);
            }
            None => out.push_str(line),
        }
    }
    for slot in slots.iter().filter(|s| s.line.is_none()) {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&written(slot));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests;
