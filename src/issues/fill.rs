//! Fills in missing fields of a hand-written entry: from the known item with its id, address or headline, else from the
//! entry itself. Only these entries' bytes change. Knows no rank.

use chrono::NaiveDate;
use toml_edit::{DocumentMut, Item as Toml, Table, Value};

use super::blocks::Section;
use crate::model::{Item, Notice, Published, TextFormat, canonical_url, topic_key};

/// The `why` of an entry that was filled in.
const BY_HAND: &str = "added by hand";

/// The draft with its unfinished entries filled in, and what was filled in; `None` when there are none, or when the text
/// is no TOML.
pub fn fill(text: &str, date: NaiveDate, items: &[Item]) -> Option<(String, Vec<Notice>)> {
    let mut document = text.parse::<DocumentMut>().ok()?;
    let mut notices = Vec::new();
    for section in [Section::News, Section::Bench] {
        let Some(entries) = document.get_mut(section.key()).and_then(Toml::as_array_of_tables_mut) else { continue };
        for entry in entries.iter_mut().filter(|entry| is_unfinished(entry)) {
            notices.extend(fill_entry(entry, date, items));
        }
    }
    (!notices.is_empty()).then(|| (document.to_string(), notices))
}

fn is_unfinished(entry: &Table) -> bool {
    let given = |key: &str| word(entry, key).is_some();
    let some = given("id") || given("title") || given("url");
    some && !(given("id") && given("title") && given("source") && entry.contains_key("published"))
}

/// The text of a field, if it has one.
fn word<'t>(entry: &'t Table, key: &str) -> Option<&'t str> {
    entry.get(key).and_then(Toml::as_str).map(str::trim).filter(|text| !text.is_empty())
}

fn fill_entry(entry: &mut Table, date: NaiveDate, items: &[Item]) -> Option<Notice> {
    let known = known(entry, items);
    let mut filled: Vec<&str> = Vec::new();
    let mut put = |entry: &mut Table, key: &'static str, value: Option<Value>| {
        let empty = word(entry, key).is_none() && entry.get(key).is_none_or(Toml::is_str);
        if let Some(value) = value.filter(|_| empty) {
            entry.insert(key, Toml::Value(value));
            filled.push(key);
        }
    };
    if let Some(item) = known {
        put(entry, "id", Some(item.id.as_str().into()));
        put(entry, "title", Some(item.title.as_str().into()));
        put(entry, "source", Some(item.source.as_str().into()));
        put(entry, "published", Some(published(item.published)));
        put(entry, "score", item.score.map(Value::from));
        put(entry, "url", item.url.as_deref().map(Value::from));
        put(entry, "summary", Some(item.summary.as_str().into()).filter(|_| !item.summary.is_empty()));
        put(entry, "format", (item.format == TextFormat::Markdown).then(|| "markdown".into()));
        let topics: toml_edit::Array = item.topics.iter().map(String::as_str).collect();
        put(entry, "topics", Some(topics.into()).filter(|_| !item.topics.is_empty()));
    } else {
        let url = word(entry, "url").map(str::to_owned);
        let title = word(entry, "title").map(str::to_owned).or_else(|| url.as_deref().map(headline))?;
        let id: String = topic_key(url.as_deref().unwrap_or(&title)).chars().take(60).collect();
        put(entry, "id", Some(id.into()));
        put(entry, "title", Some(title.into()));
        put(entry, "source", Some(url.as_deref().map_or_else(|| "by hand".to_owned(), host).into()));
        put(entry, "published", Some(published(Published::Day(date))));
    }
    put(entry, "why", Some(BY_HAND.into()));
    let title = word(entry, "title").unwrap_or_default();
    let from = if known.is_some() { "from content/" } else { "from the entry itself" };
    Some(Notice::new(format!("the entry \"{title}\" was written by hand; {} filled in {from}", filled.join(", "))))
}

/// The item that the entry refers to.
fn known<'i>(entry: &Table, items: &'i [Item]) -> Option<&'i Item> {
    let id = word(entry, "id");
    let url = word(entry, "url").and_then(canonical_url);
    let title = word(entry, "title").map(topic_key).filter(|title| !title.is_empty());
    let by_id = items.iter().find(|item| id == Some(item.id.as_str()));
    let by_url = || items.iter().find(|item| url.is_some() && item.url.as_deref().and_then(canonical_url) == url);
    let by_title =
        || items.iter().find(|item| title.is_some() && title.as_deref() == Some(topic_key(&item.title).as_str()));
    by_id.or_else(by_url).or_else(by_title)
}

/// "Larch 3 released" of `https://larch.example/news/larch-3-released.html`.
fn headline(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let rest = path.split_once("://").map_or(path, |(_, rest)| rest);
    let last = rest.split_once('/').and_then(|(_, path)| path.rsplit('/').next()).unwrap_or_default();
    let name = last.rsplit_once('.').map_or(last, |(name, _)| name);
    let words = name.replace(['-', '_', '+'], " ");
    let mut letters = words.trim().chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let title: String = first.chain(letters).collect();
    if title.is_empty() { host(url) } else { title }
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

/// A TOML date, or date and time.
fn published(published: Published) -> Value {
    let text = published.to_string();
    text.parse::<toml_edit::Datetime>().map_or_else(|_| Value::from(text), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item {
            id: "larch-3".into(),
            title: "Larch 3 reads a million tokens".into(),
            source: "Larch Labs".into(),
            published: Published::parse("2026-11-24T08:00:00Z").unwrap(),
            score: Some(8.0),
            url: Some("https://larch.example/larch-3".into()),
            summary: "A long context.".into(),
            topics: vec!["Long context".into()],
            format: crate::model::TextFormat::Text,
            guides: Vec::new(),
            extra: serde_json::Map::new(),
        }
    }

    fn filled(entry: &str) -> (Table, String) {
        let text = format!("# mine\nsubject = \"x\"\n\n[[news]]\n{entry}\nnote = \"kept\"\n");
        let (text, notices) = fill(&text, "2026-11-25".parse().unwrap(), &[item()]).unwrap();
        assert!(text.starts_with("# mine\nsubject = \"x\"\n"), "{text}");
        let document: DocumentMut = text.parse().unwrap();
        let entry = document["news"].as_array_of_tables().unwrap().get(0).unwrap().clone();
        assert_eq!(word(&entry, "note"), Some("kept"));
        (entry, notices[0].message.clone())
    }

    #[test]
    fn a_known_id_address_or_headline_brings_the_item() {
        for entry in [
            "id = \"larch-3\"",
            "url = \"https://larch.example/larch-3?utm_source=x\"",
            "title = \"Larch 3 reads a million tokens\"",
        ] {
            let (entry, told) = filled(entry);
            assert_eq!(word(&entry, "id"), Some("larch-3"));
            assert_eq!(word(&entry, "source"), Some("Larch Labs"));
            assert_eq!(word(&entry, "why"), Some(BY_HAND));
            assert_eq!(entry["score"].as_float(), Some(8.0));
            assert!(told.contains("Larch 3 reads a million tokens") && told.ends_with("from content/"), "{told}");
        }
    }

    #[test]
    fn what_nobody_knows_is_filled_in_from_the_entry() {
        let (entry, told) = filled("title = \"A walk in the garden\"");
        assert_eq!((word(&entry, "id"), word(&entry, "source")), (Some("awalkinthegarden"), Some("by hand")));
        assert_eq!(entry["published"].to_string().trim(), "2026-11-25");
        assert!(told.ends_with("id, source, published, why filled in from the entry itself"), "{told}");
        let (entry, _) = filled("url = \"https://www.fir.example/news/fir-planted.html\"");
        assert_eq!((word(&entry, "title"), word(&entry, "source")), (Some("Fir planted"), Some("fir.example")));
    }

    #[test]
    fn whole_entries_and_empty_ones_stay_as_they_are() {
        let date = "2026-11-25".parse().unwrap();
        for entry in ["id = \"a\"\ntitle = \"A\"\nsource = \"S\"\npublished = 2026-11-24", "note = \"nothing else\""] {
            assert_eq!(fill(&format!("[[news]]\n{entry}\n"), date, &[item()]).map(|_| ()), None);
        }
    }
}
