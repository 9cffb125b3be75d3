//! Edits the paths of the database and the safety log in config.toml, keeping comments and everything else.

use toml_edit::{DocumentMut, Item, Table, value};

/// The text with the database and the log at these places, and the settings that were changed for it.
///
/// # Errors
/// When the text is not valid TOML, or `[store]` is not a table.
pub fn set_store(text: &str, url: &str, safety_log: &str) -> Result<(String, Vec<&'static str>), String> {
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| e.message().to_owned())?;
    let defaults = crate::store::Settings::default();
    let store = document.entry("store").or_insert(Item::Table(Table::new()));
    let store = store.as_table_like_mut().ok_or("`store` in config.toml must be a table")?;
    let mut changed = Vec::new();
    for (key, path, default, to) in
        [("url", "store.url", &defaults.url, url), ("safety_log", "store.safety_log", &defaults.safety_log, safety_log)]
    {
        let now = store.get(key).and_then(Item::as_str).unwrap_or(default);
        if now != to {
            store.insert(key, value(to));
            changed.push(path);
        }
    }
    Ok((if changed.is_empty() { text.to_owned() } else { document.to_string() }, changed))
}

#[cfg(test)]
mod tests {
    use super::set_store;

    #[test]
    fn what_leads_elsewhere_leads_inside_and_the_rest_stays() {
        let set = |text: &str| set_store(text, "sqlite:data/digest.db", "log/safety.log").expect("TOML");
        for text in ["", "[store]\nurl = \"sqlite:data/digest.db\" # here\n", "[web]\nlisten = \"\"\n"] {
            assert_eq!(set(text), (text.to_owned(), vec![]));
        }
        let (text, changed) = set("# mine\n[store]\nurl = \"sqlite:/srv/a.db\"\nsafety_log = \"/mnt/log\"\n[web]\n");
        assert_eq!(changed, ["store.url", "store.safety_log"]);
        assert_eq!(text, "# mine\n[store]\nurl = \"sqlite:data/digest.db\"\nsafety_log = \"log/safety.log\"\n[web]\n");
        assert!(set_store("store = 3", "a", "b").is_err());
    }
}
