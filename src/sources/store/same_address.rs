//! Records of one address: of several sources' the best one is the item, and the others go into its `also`, whatever their order. Knows
//! no file; what is better is the caller's to say.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Topics, is_newer, overlay};
use crate::model::{ALSO, EDITOR_SCORE, EDITOR_WHY, Item};
use crate::sources::news::{derived_id, item_from, item_to_json};

/// An item keeps at most this many other records.
const MOST: usize = 20;

/// Which of two records of one address is better: `Less` for the first.
pub type Better<'a> = &'a dyn Fn(&Item, &Item) -> Ordering;

/// Why a record changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stale {
    /// Its source is known in a version at least as high.
    Version,
    /// It is an older entry of its source.
    Older,
}

/// Who reported it first; then by text, so that the order does not depend on the order of the records.
pub fn by_first(a: &Item, b: &Item) -> Ordering {
    let at = |item: &Item| item.published.earliest(chrono_tz::UTC);
    at(a).cmp(&at(b)).then_with(|| item_to_json(a).to_string().cmp(&item_to_json(b).to_string()))
}

/// What becomes of `current`, of which `new` is another record.
pub(super) fn united(current: &Item, new: &Item, topics: Topics, better: Better) -> Result<Item, Stale> {
    let editors = [EDITOR_SCORE, EDITOR_WHY].map(|key| (key, new.extra.get(key).or(current.extra.get(key)).cloned()));
    let (mut records, mut names) = records(current);
    let (others, other_names) = records_of_also(new);
    names.extend(other_names);
    let new = bare(new);
    // An id that somebody gave is the item's, whatever its source is called now.
    let same = |record: &Item| is_one_source(record, &new) || record.id == new.id && !is_derived(&new);
    match records.iter_mut().find(|record| same(record)) {
        Some(record) => {
            let merged = overlay(record, &new, topics);
            if merged != *record {
                refuse_stale(record, &new)?;
                *record = merged;
            }
        }
        None => records.push(new),
    }
    for other in others {
        if !records.iter().any(|record| is_one_source(record, &other)) {
            records.push(other);
        }
    }
    records.sort_by(|a, b| better(a, b));
    let mut records = records.into_iter();
    let mut best = records.next().unwrap_or_else(|| current.clone());
    best.id.clone_from(&current.id);
    for (key, value) in editors {
        best.extra.extend(value.map(|value| (key.to_owned(), value)));
    }
    let others: Vec<Item> = records.take(MOST).collect();
    let known = |name: &String| std::iter::once(&best).chain(&others).any(|record| fold(&record.source) == fold(name));
    names.retain(|name| !known(name));
    names.sort_unstable();
    names.dedup();
    let also: Vec<Value> = others.iter().map(item_to_json).chain(names.into_iter().map(Value::from)).collect();
    if !also.is_empty() {
        best.extra.insert(ALSO.into(), also.into());
    }
    Ok(best)
}

/// A lower version is old, and so is another headline of an earlier date: an older entry of the same page.
fn refuse_stale(known: &Item, new: &Item) -> Result<(), Stale> {
    let has_version = |item: &Item| item.extra.contains_key("version");
    if !is_newer(known, new) {
        Err(Stale::Version)
    } else if !has_version(new)
        && known.title != new.title
        && new.published.latest(chrono_tz::UTC) < known.published.earliest(chrono_tz::UTC)
    {
        Err(Stale::Older)
    } else {
        Ok(())
    }
}

/// Puts the records that name one item in an order in which the last one stands: of one source's the newest. Records of different
/// items keep their places.
pub(super) fn in_order(items: &[Item], key: impl Fn(&Item) -> String) -> Vec<&Item> {
    let mut places: std::collections::HashMap<String, Vec<usize>> = std::collections::HashMap::new();
    for (at, item) in items.iter().enumerate() {
        places.entry(key(item)).or_default().push(at);
    }
    let mut order: Vec<&Item> = items.iter().collect();
    for places in places.into_values().filter(|places| places.len() > 1) {
        let mut sorted: Vec<&Item> = places.iter().map(|at| &items[*at]).collect();
        sorted.sort_by(|a, b| by_age(a, b));
        for (at, item) in places.into_iter().zip(sorted) {
            order[at] = item;
        }
    }
    order
}

/// Older first; equally old ones by version, score and words, so that the order of the file does not matter.
fn by_age(a: &Item, b: &Item) -> Ordering {
    let version = |item: &Item| item.extra.get("version").and_then(Value::as_u64);
    let score = |item: &Item| item.score.unwrap_or(-1.0);
    version(a)
        .cmp(&version(b))
        .then_with(|| a.published.earliest(chrono_tz::UTC).cmp(&b.published.earliest(chrono_tz::UTC)))
        .then_with(|| score(a).total_cmp(&score(b)))
        .then_with(|| a.summary.len().cmp(&b.summary.len()))
        .then_with(|| item_to_json(b).to_string().cmp(&item_to_json(a).to_string()))
}

/// The item's own record and those of its `also`, and the names of sources of which it has no more than that.
fn records(item: &Item) -> (Vec<Item>, Vec<String>) {
    let (others, names) = records_of_also(item);
    (std::iter::once(bare(item)).chain(others).collect(), names)
}

fn records_of_also(item: &Item) -> (Vec<Item>, Vec<String>) {
    let also = item.extra.get(ALSO).and_then(Value::as_array).into_iter().flatten();
    let (mut records, mut names) = (Vec::new(), Vec::new());
    for one in also {
        match one {
            Value::String(name) => names.push(name.clone()),
            Value::Object(map) => records.extend(item_from(map.clone())),
            _ => {}
        }
    }
    (records, names)
}

/// The record alone: without the others, and without what the editor says of the item.
fn bare(item: &Item) -> Item {
    let mut item = item.clone();
    for key in [ALSO, EDITOR_SCORE, EDITOR_WHY] {
        item.extra.shift_remove(key);
    }
    item
}

fn is_derived(item: &Item) -> bool {
    derived_id(item.url.as_deref(), &item.source, &item.title) == item.id
}

fn is_one_source(a: &Item, b: &Item) -> bool {
    fold(&a.source) == fold(&b.source)
}

fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}
