//! Every setting with its value, its default, and where the value comes from. The shipped config.toml, which a test compares with the
//! code, says which settings there are. Secrets are never among the values.

use std::collections::BTreeMap;

use toml_edit::{Document, Item, Table, TableLike};

use super::{Origin, SHIPPED};

/// The reference: every key with its default.
const REFERENCE: &str = include_str!("../../config.toml");
/// Keys of an edition that the reference shows with a sample value; their default is empty.
const OPTIONAL: [(&str, &str); 8] = [
    ("description", "\"\""),
    ("greeting", "\"\""),
    ("signature", "\"\""),
    ("poll", "\"\""),
    ("poll_answers", "[]"),
    ("reply", "false"),
    ("forward", "false"),
    ("next_date", "false"),
];
/// The code's defaults for keys where the reference shows the sample publication.
const PUBLICATION: [(&str, &str); 7] = [
    ("name", "\"Newsletter\""),
    ("description", "\"\""),
    ("url", "\"https://example.org\""),
    ("from", "\"\""),
    ("reply_to", "\"\""),
    ("postal_address", "\"\""),
    ("timezone", "\"UTC\""),
];
/// Shown in place of a secret.
const HIDDEN: &str = "\"…\"";

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetBy {
    Default,
    /// This line of config.toml.
    File(usize),
    /// This variable.
    Environment(String),
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The tables around it, such as `delivery.smtp`.
    pub section: String,
    pub key: String,
    /// As TOML.
    pub value: String,
    /// As TOML; `None` for what has none, such as a feed.
    pub default: Option<String>,
    pub set_by: SetBy,
    /// Its description in the reference.
    pub about: String,
}

impl Setting {
    fn has_default(&mut self, default: String) {
        if self.set_by == SetBy::Default {
            self.value.clone_from(&default);
        }
        self.default = Some(default);
    }
}

fn fixed(defaults: &[(&str, &str)], key: &str) -> Option<String> {
    defaults.iter().find(|(known, _)| *known == key).map(|(_, value)| (*value).to_owned())
}

/// All settings, section by section, in the order of the reference; what only the publication has comes last in its section.
pub fn settings(origin: &Origin) -> Vec<Setting> {
    let (Ok(reference), Ok(own)) = (Document::parse(REFERENCE), Document::parse(origin.text())) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (section, item) in reference.as_table() {
        let own = own.as_table().get(section);
        match (section, item.as_table()) {
            ("editions", Some(editions)) => edition_settings(editions, own, origin, &mut found),
            (_, Some(table)) => {
                table_settings(section, Some(table), own.and_then(Item::as_table_like), origin, &mut found);
            }
            _ => {}
        }
    }
    for (number, feed) in
        own.as_table().get("feeds").and_then(Item::as_array_of_tables).into_iter().flatten().enumerate()
    {
        table_settings(&format!("feeds {}", number + 1), None, Some(feed), origin, &mut found);
    }
    for setting in found.iter_mut().filter(|setting| setting.section == "publication") {
        if let Some(default) = fixed(&PUBLICATION, &setting.key) {
            setting.has_default(default);
        }
    }
    found.extend(secrets(origin));
    found
}

fn edition_settings(reference: &Table, own: Option<&Item>, origin: &Origin, found: &mut Vec<Setting>) {
    let shipped: BTreeMap<String, Table> = Document::parse(SHIPPED).ok().map_or_else(BTreeMap::new, |document| {
        document
            .as_table()
            .iter()
            .filter_map(|(name, item)| Some((name.to_owned(), item.as_table()?.clone())))
            .collect()
    });
    let own = own.and_then(Item::as_table_like);
    let names: Vec<String> = match own {
        Some(own) => own.iter().map(|(name, _)| name.to_owned()).collect(),
        None => shipped.keys().cloned().collect(),
    };
    let Some(every) = reference.get("midweek").and_then(Item::as_table) else { return };
    for name in names {
        let section = format!("editions.{name}");
        let before = found.len();
        let table = own.and_then(|own| own.get(&name)).and_then(Item::as_table_like);
        table_settings(&section, Some(every), table, origin, found);
        for setting in found.iter_mut().skip(before) {
            let shipped = shipped.get(&name).and_then(|table| table.get(&setting.key)).map(value_of);
            let title = (setting.key == "title").then(|| "\"\"".to_owned());
            if let Some(default) = shipped.or_else(|| fixed(&OPTIONAL, &setting.key)).or(title) {
                setting.has_default(default);
            }
        }
    }
}

fn table_settings(
    section: &str,
    reference: Option<&Table>,
    own: Option<&dyn TableLike>,
    origin: &Origin,
    found: &mut Vec<Setting>,
) {
    let keys = |table: Option<&dyn TableLike>| -> Vec<String> {
        table.into_iter().flat_map(|table| table.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>()).collect()
    };
    let known = keys(reference.map(|table| table as &dyn TableLike));
    let more = keys(own).into_iter().filter(|key| !known.contains(key));
    let mut inner = Vec::new();
    for key in known.iter().cloned().chain(more) {
        let (default, set) = (reference.and_then(|table| table.get(&key)), own.and_then(|own| own.get(&key)));
        if default.or(set).is_some_and(|item| item.is_table() || item.is_table_like() && default.is_none()) {
            inner.push((key, default.and_then(Item::as_table), set.and_then(Item::as_table_like)));
            continue;
        }
        let path: Vec<&str> = section.split('.').chain([key.as_str()]).collect();
        let by_variable = origin.variable(&path).map(|(name, value)| (SetBy::Environment(name), quoted(&value)));
        let by_file = || Some((SetBy::File(origin.line_in(set?.span()?.start)), value_of(set?)));
        let default = default.map(value_of);
        let (set_by, value) =
            by_variable.or_else(by_file).unwrap_or_else(|| (SetBy::Default, default.clone().unwrap_or_default()));
        let about = reference.and_then(|table| table.get(&key)).map(about).unwrap_or_default();
        found.push(Setting { section: section.to_owned(), key, value, default, set_by, about });
    }
    for (key, reference, own) in inner {
        table_settings(&format!("{section}.{key}"), reference, own, origin, found);
    }
}

/// The passwords that the environment holds.
fn secrets(origin: &Origin) -> Vec<Setting> {
    let of = |section: &&[&str]| {
        let path = [*section, &["password"]].concat();
        let (name, _) = origin.variable(&path)?;
        Some(Setting {
            section: section.join("."),
            key: "password".into(),
            value: HIDDEN.into(),
            default: None,
            set_by: SetBy::Environment(name),
            about: String::new(),
        })
    };
    super::SECRETS.iter().filter_map(of).collect()
}

fn value_of(item: &Item) -> String {
    item.as_value().map(|value| value.clone().decorated("", "").to_string()).unwrap_or_default()
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// The comment behind a value.
fn about(item: &Item) -> String {
    let suffix = item.as_value().and_then(|value| value.decor().suffix()).and_then(toml_edit::RawString::span);
    let comment = suffix.and_then(|span| REFERENCE.get(span)).unwrap_or_default();
    comment.trim().trim_start_matches('#').trim().to_owned()
}
