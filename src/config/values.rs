//! Values of TOML become the types of a section, key by key, so that one mistake does not hide the next. Knows no section.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::mistakes::Mistakes;

/// Reads one section key by key; a wrong key is reported and keeps its default, so the rest is still read.
pub fn section<T: DeserializeOwned + Default>(
    value: Option<&Value>,
    at: &[&str],
    mistakes: &mut Mistakes,
) -> Option<T> {
    let table = match value {
        None => return Some(T::default()),
        Some(Value::Table(table)) => table,
        Some(_) => {
            mistakes.add(at, &format!("`{}` must be a table", at.join(".")), "write it as [section]");
            return Some(T::default());
        }
    };
    let mut good = Table::new();
    for (key, value) in table {
        let place: Vec<&str> = at.iter().copied().chain([key.as_str()]).collect();
        if let Some(value) = usable::<T>(key, value, &place, mistakes) {
            good.insert(key.clone(), value);
        }
    }
    Value::Table(good).try_into().ok()
}

/// The value, if the section accepts it under this key; inside tables, however deep, the valid parts of it.
fn usable<T: DeserializeOwned>(key: &str, value: &Value, place: &[&str], mistakes: &mut Mistakes) -> Option<Value> {
    let alone = |value: Value| Value::Table(Table::from_iter([(key.to_owned(), value)]));
    good(value, place, &|value| alone(value).try_into::<T>().map(drop), mistakes)
}

/// The part of a value that `take` takes.
fn good(
    value: &Value,
    place: &[&str],
    take: &dyn Fn(Value) -> Result<(), toml::de::Error>,
    mistakes: &mut Mistakes,
) -> Option<Value> {
    let Err(error) = take(value.clone()) else { return Some(value.clone()) };
    if let Value::Table(inner) = value
        && take(Value::Table(Table::new())).is_ok()
    {
        let mut kept = Table::new();
        for (name, value) in inner {
            let place: Vec<&str> = place.iter().copied().chain([name.as_str()]).collect();
            let alone = |value: Value| take(Value::Table(Table::from_iter([(name.clone(), value)])));
            if let Some(value) = good(value, &place, &alone, mistakes) {
                kept.insert(name.clone(), value);
            }
        }
        return Some(Value::Table(kept));
    }
    // From the environment every value is text first: "2525" may be meant as a word.
    match value.as_str().and_then(literal).map(|value| (take(value.clone()), value)) {
        Some((Ok(()), value)) => return Some(value),
        Some((Err(error), _)) => mistakes.wrong(place, &error),
        None => mistakes.wrong(place, &error),
    }
    None
}

/// A list of tables, such as `[[feeds]]`; what is good of it.
pub fn list<T: DeserializeOwned>(value: Option<&Value>, at: &str, mistakes: &mut Mistakes) -> Vec<T> {
    let list = match value {
        None => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            mistakes.add(&[at], &format!("`{at}` must be a list of tables"), &format!("write each as [[{at}]]"));
            return Vec::new();
        }
    };
    let read = |entry: &Value| entry.clone().try_into::<T>().map_err(|error| mistakes.wrong(&[at], &error)).ok();
    list.iter().filter_map(read).collect()
}

/// A TOML literal such as `2525`, `true` or `["5m"]`, if the text is one.
fn literal(text: &str) -> Option<Value> {
    toml::from_str::<Table>(&format!("value = {text}")).ok()?.remove("value").filter(|value| !value.is_str())
}
