//! Merges the fields at the top of a draft: the editor's words stay, the rest follows compose. Knows no entry.

use toml_edit::{DocumentMut, Item};

use crate::model::Notice;

const FIELDS: [&str; 10] =
    ["subject", "preheader", "intro", "language", "issue_number", "picture", "number", "window", "waive", "waive_why"];

/// The editor's head with every field that the editor left alone as compose would now write it. A field that both changed
/// stays the editor's, and a notice tells what compose would write.
pub fn merge(base: &str, mine: &str, fresh: &str, notices: &mut Vec<Notice>) -> String {
    let (Ok(base), Ok(mut merged), Ok(fresh)) =
        (base.parse::<DocumentMut>(), mine.parse::<DocumentMut>(), fresh.parse::<DocumentMut>())
    else {
        return mine.to_owned();
    };
    let mut changed = false;
    for key in FIELDS {
        let [was, is, now] = [&base, &merged, &fresh].map(|document| document.get(key).map(meaning));
        if now == is {
            continue;
        }
        // Without a window the next issue would not know where to begin, so a missing one is always written.
        if is == was || (key == "window" && is.is_none()) {
            set(&mut merged, key, fresh.get(key));
            changed = true;
        } else if now != was && now.is_some() {
            let message =
                format!("`{key}` is the editor's and stays; compose would now write: {}", now.unwrap_or_default());
            notices.push(Notice::new(message));
        }
    }
    if changed { merged.to_string() } else { mine.to_owned() }
}

/// The draft with `text` in the field, if the editor left the field as compose wrote it; `None` if it is the
/// editor's, or already has this text.
pub fn follow(draft: &str, fresh: &str, key: &str, text: &str) -> Option<String> {
    let (mine, fresh) = (draft.parse::<DocumentMut>().ok()?, fresh.parse::<DocumentMut>().ok()?);
    let [is, composed] = [&mine, &fresh].map(|document| document.get(key).map(meaning));
    (is.is_some() && is == composed && is.as_deref() != Some(text)).then(|| with(draft, key, text))
}

/// The TOML text with `text` in the field.
pub fn with(toml: &str, key: &str, text: &str) -> String {
    let Ok(mut document) = toml.parse::<DocumentMut>() else { return toml.to_owned() };
    set(&mut document, key, Some(&Item::Value(text.into())));
    document.to_string()
}

/// A field's value, however it is written.
fn meaning(item: &Item) -> String {
    match item.as_str() {
        Some(text) => text.to_owned(),
        None => item.to_string().chars().filter(|c| !c.is_whitespace()).collect(),
    }
}

/// Replaces the value and keeps the white space and comment around it.
fn set(document: &mut DocumentMut, key: &str, fresh: Option<&Item>) {
    let Some(value) = fresh.and_then(Item::as_value) else {
        document.remove(key);
        return;
    };
    match document.get_mut(key).and_then(Item::as_value_mut) {
        Some(place) => {
            let decor = place.decor().clone();
            *place = value.clone();
            *place.decor_mut() = decor;
        }
        None => drop(document.insert(key, Item::Value(value.clone()))),
    }
}
