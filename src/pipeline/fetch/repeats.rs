//! One address that several sources carry is one item: the first source's, which names the others. Pure.

use std::collections::HashMap;

use serde_json::Value;

use crate::compose::ALSO;
use crate::model::{Item, canonical_url};

/// What is to be merged: items of addresses that no other source has, and, for the others, the first source's item with the
/// names of those that repeat it. `stored` goes before `fresh`, and within both the order counts.
pub fn settle(stored: &[Item], fresh: Vec<Item>) -> Vec<Item> {
    let mut first: HashMap<String, Place> = HashMap::new();
    for (at, item) in stored.iter().enumerate() {
        if let Some(key) = key(item) {
            first.entry(key).or_insert(Place::Stored(at));
        }
    }
    let mut out: Vec<Item> = Vec::new();
    for item in fresh {
        let Some(key) = key(&item) else {
            out.push(item);
            continue;
        };
        let place = first.get(&key).copied();
        let known = match place {
            None => None,
            Some(Place::Stored(at)) => stored.get(at),
            Some(Place::Out(at)) => out.get(at),
        };
        match known {
            Some(known) if !same_source(known, &item) => {
                let Some(repeated) = with_source(known, &item.source) else { continue };
                match place {
                    Some(Place::Out(at)) if at < out.len() => out[at] = repeated,
                    _ => {
                        first.insert(key, Place::Out(out.len()));
                        out.push(repeated);
                    }
                }
            }
            _ => {
                let mut item = item;
                // The source tells its own item anew; who repeats it stays known.
                if let Some(also) = known.and_then(|known| known.extra.get(ALSO)) {
                    item.extra.insert(ALSO.into(), also.clone());
                }
                match place {
                    Some(Place::Out(at)) if at < out.len() => out[at] = item,
                    _ => {
                        first.insert(key, Place::Out(out.len()));
                        out.push(item);
                    }
                }
            }
        }
    }
    out
}

/// Where an address's item stands.
#[derive(Clone, Copy)]
enum Place {
    Stored(usize),
    Out(usize),
}

fn key(item: &Item) -> Option<String> {
    item.url.as_deref().and_then(canonical_url)
}

fn same_source(a: &Item, b: &Item) -> bool {
    a.source.to_lowercase() == b.source.to_lowercase()
}

/// The item with one more source that carries it; `None` when that one is known already.
fn with_source(item: &Item, source: &str) -> Option<Item> {
    let mut also: Vec<Value> = item.extra.get(ALSO).and_then(Value::as_array).cloned().unwrap_or_default();
    if also.iter().any(|known| known.as_str().is_some_and(|known| known.to_lowercase() == source.to_lowercase())) {
        return None;
    }
    also.push(source.into());
    let mut item = item.clone();
    item.extra.insert(ALSO.into(), also.into());
    Some(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Published;

    fn item(source: &str, url: &str, title: &str) -> Item {
        Item {
            id: format!("{source}-{url}"),
            title: title.into(),
            source: source.into(),
            published: Published::parse("2026-11-24").unwrap(),
            score: None,
            url: Some(format!("https://a.example/{url}")),
            summary: String::new(),
            topics: Vec::new(),
            guides: Vec::new(),
            extra: serde_json::Map::new(),
        }
    }

    fn told(items: &[Item]) -> Vec<String> {
        let also = |item: &Item| item.extra.get(ALSO).map(ToString::to_string).unwrap_or_default();
        items.iter().map(|item| format!("{} {} {}", item.source, item.title, also(item)).trim().to_owned()).collect()
    }

    #[test]
    fn the_first_source_keeps_its_item_and_names_the_others() {
        let stored = [item("A", "1", "old")];
        let fresh = vec![
            item("B", "1?utm_source=b", "b"),
            item("C", "2", "c"),
            item("D", "2", "d"),
            item("C", "1", "x"),
            item("b", "1", "b"),
        ];
        assert_eq!(told(&settle(&stored, fresh)), [r#"A old ["B","C"]"#, r#"C c ["D"]"#]);
    }

    #[test]
    fn its_own_source_may_tell_it_anew_and_nothing_is_said_twice() {
        let mut stored = [item("A", "1", "old")];
        stored[0].extra.insert(ALSO.into(), serde_json::json!(["B"]));
        assert_eq!(told(&settle(&stored, vec![item("a", "1", "new"), item("B", "1", "b")])), [r#"a new ["B"]"#]);
        assert!(settle(&stored, vec![item("B", "1", "b")]).is_empty());
    }
}
