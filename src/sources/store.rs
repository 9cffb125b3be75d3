//! Writes the content folder: adds and updates items and guides so that doing it twice changes nothing. Touches only the
//! lines that change; knows no import format.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::Datelike;

use super::news::{day, item_to_json};
use super::report::fold;
use super::{canonical_url, content, guides, news, text};
use crate::model::{Guide, Item, Notice, Notices};

/// How often an import is gone through at most.
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

/// One item on its way: where it stands in the folder, as what, and what it is to become.
struct Slot {
    file: PathBuf,
    /// The line in `file`, from 0; `None` for an item that is new.
    line: Option<usize>,
    stored: Option<Item>,
    current: Item,
    touched: bool,
}

#[derive(Default)]
struct Stock {
    slots: Vec<Slot>,
    by_id: HashMap<String, usize>,
    by_url: HashMap<String, usize>,
    texts: BTreeMap<PathBuf, String>,
    notices: Vec<Notice>,
}

/// Adds items to `content_dir`/news/YYYY-Www.jsonl, by the ISO week of `published`. An item with a known id or canonical
/// URL updates its line in place, where it is newer: by the unknown field `version` where there is one, else whenever a
/// field differs. Fields that only the stored item has stay, as do the bytes of all other lines. Files are replaced
/// whole, so that a reader or a crash never sees half of one.
///
/// # Errors
/// A stored file that is malformed, before anything is written; or a folder that cannot be written.
pub fn merge_news(content_dir: &Path, items: &[Item]) -> Result<Merged, Notices> {
    let dir = content_dir.join("news");
    let _lock = lock(&dir)?;
    let mut stock = Stock::read(&dir)?;
    stock.settle(&dir, items);
    stock.write()
}

impl Stock {
    fn read(dir: &Path) -> Result<Self, Notices> {
        let mut stock = Self::default();
        for file in content::files(dir, "jsonl", &mut Vec::new())? {
            let bytes = content::read(&file)?;
            for (line, item) in news::read_stored(&file, &bytes)? {
                let slot = Slot {
                    file: file.clone(),
                    line: Some(line),
                    stored: Some(item.clone()),
                    current: item,
                    touched: false,
                };
                stock.push(slot);
            }
            // The reader has found it to be UTF-8.
            stock.texts.insert(file, String::from_utf8(bytes).unwrap_or_default());
        }
        Ok(stock)
    }

    /// Puts the items in until doing it once more changes nothing. One round is enough unless an item that another one of
    /// the import was taken for moves to another URL: only in the next round the two are seen to differ.
    fn settle(&mut self, dir: &Path, items: &[Item]) {
        for _ in 0..ROUNDS {
            let before: Vec<Item> = self.slots.iter().map(|s| s.current.clone()).collect();
            self.notices.clear();
            for item in items {
                self.put(dir, item);
            }
            if self.slots.iter().map(|s| &s.current).eq(&before) {
                break;
            }
            self.index();
        }
        let same = items.len() - self.slots.iter().filter(|slot| slot.touched).count().min(items.len());
        if same > 0 {
            let message = format!(
                "{same} of the {} records name an item that another record of this import names too, by id or by URL",
                items.len()
            );
            self.notices.push(
                Notice::new(message).help("the last record of an item stands; give different items different ids"),
            );
        }
    }

    /// Finds slots by what they hold now, as the next import will.
    fn index(&mut self) {
        (self.by_id, self.by_url) = (HashMap::new(), HashMap::new());
        for (at, slot) in self.slots.iter().enumerate() {
            enter(&mut self.by_id, &mut self.by_url, at, &slot.current);
        }
    }

    fn push(&mut self, slot: Slot) {
        enter(&mut self.by_id, &mut self.by_url, self.slots.len(), &slot.current);
        self.slots.push(slot);
    }

    fn put(&mut self, dir: &Path, item: &Item) {
        let key = item.url.as_deref().and_then(canonical_url);
        let known = self.by_id.get(&item.id).or_else(|| self.by_url.get(key.as_ref()?)).copied();
        let Some((at, slot)) = known.and_then(|at| Some((at, self.slots.get_mut(at)?))) else {
            let week = day(item.published).iso_week();
            let file = dir.join(format!("{:04}-W{:02}.jsonl", week.year(), week.week()));
            self.push(Slot { file, line: None, stored: None, current: item.clone(), touched: true });
            return;
        };
        slot.touched = true;
        let merged = overlay(&slot.current, item);
        if merged == slot.current {
            return;
        }
        if is_newer(&slot.current, item) {
            slot.current = merged;
            if let Some(key) = key {
                self.by_url.entry(key).or_insert(at);
            }
        } else {
            let message =
                format!("the item `{}` is stored in a version at least as high; this one was left out", item.id);
            self.notices.push(Notice::new(message).at(&slot.file, slot.line.map(|l| l + 1)));
        }
    }

    fn write(mut self) -> Result<Merged, Notices> {
        let mut merged = Merged { notices: fold(std::mem::take(&mut self.notices)), ..Merged::default() };
        let mut changes: BTreeMap<PathBuf, Vec<&Slot>> = BTreeMap::new();
        for slot in self.slots.iter().filter(|s| s.touched) {
            match &slot.stored {
                Some(stored) if *stored == slot.current => merged.unchanged += 1,
                stored => {
                    *(if stored.is_some() { &mut merged.updated } else { &mut merged.added }) += 1;
                    changes.entry(slot.file.clone()).or_default().push(slot);
                }
            }
        }
        for (file, slots) in changes {
            let old = self.texts.get(&file).map_or("", String::as_str);
            replace(&file, rewritten(old, &slots).as_bytes())?;
            merged.files.push(file);
        }
        Ok(merged)
    }
}

fn enter(by_id: &mut HashMap<String, usize>, by_url: &mut HashMap<String, usize>, at: usize, item: &Item) {
    by_id.entry(item.id.clone()).or_insert(at);
    if let Some(key) = item.url.as_deref().and_then(canonical_url) {
        by_url.entry(key).or_insert(at);
    }
}

/// The stored item with everything that the new one says put over it.
fn overlay(stored: &Item, new: &Item) -> Item {
    let mut out = new.clone();
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
    }
    out.extra.clone_from(&stored.extra);
    out.extra.extend(new.extra.clone());
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
                out.push_str(&item_to_json(&slot.current).to_string());
                out.push_str(end);
            }
            None => out.push_str(line),
        }
    }
    for slot in slots.iter().filter(|s| s.line.is_none()) {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&item_to_json(&slot.current).to_string());
        out.push('\n');
    }
    out
}

/// Writes `content_dir`/guides/SLUG.md for each guide. A guide that is stored just so stays as it is written; one of a
/// lower version than the stored is not written and noticed.
///
/// # Errors
/// A slug that is none, a stored guide that is malformed, or a folder that cannot be written.
pub fn merge_guides(content_dir: &Path, guides: &[Guide]) -> Result<Merged, Notices> {
    let dir = content_dir.join("guides");
    if let Some(bad) = guides.iter().find(|g| !text::is_slug(&g.slug)) {
        let notice =
            Notice::new(format!("the guide's slug must be made of a to z, 0 to 9 and `-`, found `{}`", bad.slug));
        return Err(notice.help("give the guide a `slug`").into());
    }
    let _lock = lock(&dir)?;
    let mut merged = Merged::default();
    for guide in guides {
        let file = dir.join(format!("{}.md", guide.slug));
        let stored = if file.exists() { Some(guides::read_markdown(&file, &content::read(&file)?)?.0) } else { None };
        let bytes = guides::write_markdown(guide);
        // What will be read back, not what was given: the two differ where a text has spaces at its ends.
        let same = guides::read_markdown(&file, bytes.as_bytes())?.0;
        match stored {
            Some(stored) if stored == same => merged.unchanged += 1,
            Some(stored) if stored.version > guide.version => {
                let message =
                    format!("the stored guide has version {}; version {} was left out", stored.version, guide.version);
                merged.notices.push(Notice::new(message).at(&file, None));
                merged.unchanged += 1;
            }
            stored => {
                *(if stored.is_some() { &mut merged.updated } else { &mut merged.added }) += 1;
                replace(&file, bytes.as_bytes())?;
                merged.files.push(file);
            }
        }
    }
    Ok(merged)
}

/// Makes the folder and holds it against another merge until the handle is dropped; the kernel frees it after a crash.
fn lock(dir: &Path) -> Result<File, Notices> {
    let open = || {
        std::fs::create_dir_all(dir)?;
        let handle = File::open(dir)?;
        handle.lock()?;
        Ok(handle)
    };
    open().map_err(|error| unwritable(dir, &error))
}

/// Puts `bytes` in the file's place: a temporary file beside it, flushed to the disk, then renamed.
fn replace(file: &Path, bytes: &[u8]) -> Result<(), Notices> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let dir = file.parent().unwrap_or(Path::new("."));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = dir.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
    let write = || {
        let mut out = File::create(&temporary)?;
        out.write_all(bytes)?;
        out.sync_all()?;
        std::fs::rename(&temporary, file)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(|error: std::io::Error| {
        let _ = std::fs::remove_file(&temporary);
        unwritable(file, &error)
    })
}

fn unwritable(path: &Path, error: &std::io::Error) -> Notices {
    Notice::new(format!("cannot be written: {error}"))
        .at(path, None)
        .help("check the disk's space and your permission")
        .into()
}

#[cfg(test)]
mod tests;
