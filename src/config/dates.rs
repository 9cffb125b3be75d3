//! Edits the dates of an edition in the text of config.toml, keeping comments and everything else.

use chrono::NaiveDate;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::lists;
use crate::model::Notice;

/// Which list of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// On which the edition does not go out.
    Skip,
    /// Extra dates on which it goes out.
    Extra,
}

impl Dates {
    fn key(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Extra => "extra",
        }
    }
}

/// The text with `date` in the edition's list, or out of it; `None` when nothing changes.
///
/// # Errors
/// When the text is not valid TOML, or the list is not an array.
pub fn edit(text: &str, edition: &str, list: Dates, date: NaiveDate, there: bool) -> Result<Option<String>, Notice> {
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| Notice::new(e.message()))?;
    let wrong = |what: &str| Notice::new(format!("`editions.{edition}` in config.toml {what}"));
    if !document.contains_key("editions") {
        // Without any edition both ship; with one named, only that one would.
        let mut editions = Table::new();
        editions.set_implicit(true);
        for name in ["midweek", "sunday"] {
            editions.insert(name, Item::Table(Table::new()));
        }
        document.insert("editions", Item::Table(editions));
    }
    let editions = document["editions"].as_table_like_mut().ok_or_else(|| wrong("must be a table"))?;
    let edition = editions.entry(edition).or_insert(Item::Table(Table::new()));
    let edition = edition.as_table_like_mut().ok_or_else(|| wrong("must be a table"))?;
    let dates = edition.entry(list.key()).or_insert(Item::Value(Value::Array(Array::new())));
    let dates = dates.as_array_mut().ok_or_else(|| wrong("must hold its dates in a list"))?;
    let before = width(dates);
    let is_it = |value: &Value| written(value) == Some(date);
    let at = dates.iter().position(is_it);
    match (at, there) {
        (None, true) => {
            let value: toml_edit::Datetime =
                date.to_string().parse().map_err(|_| Notice::new(format!("{date} cannot be written")))?;
            let later = dates.iter().position(|other| written(other) > Some(date));
            lists::insert(dates, later.unwrap_or(dates.len()), value.into());
        }
        (Some(at), false) => lists::remove(dates, at),
        _ => return Ok(None),
    }
    keep_column(dates, before);
    Ok(Some(document.to_string()))
}

/// Keeps a comment behind the list in its column, as far as there is room.
fn keep_column(dates: &mut Array, before: Option<usize>) {
    let (Some(before), Some(after)) = (before, width(dates)) else { return };
    let suffix = dates.decor().suffix().and_then(|suffix| suffix.as_str()).unwrap_or_default();
    let comment = suffix.trim_start().to_owned();
    let blanks = suffix.len() - comment.len();
    // After a single space it is not aligned.
    if comment.starts_with('#') && blanks > 1 {
        let blanks = (blanks + before).saturating_sub(after).max(1);
        dates.decor_mut().set_suffix(format!("{}{comment}", " ".repeat(blanks)));
    }
}

/// The width of a list in columns; `None` when it spans several lines.
fn width(dates: &Array) -> Option<usize> {
    let mut bare = dates.clone();
    bare.decor_mut().clear();
    Some(bare.to_string()).filter(|text| !text.contains('\n')).map(|text| text.chars().count())
}

fn written(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::Datetime(date) => date.value().to_string().parse().ok(),
        Value::String(text) => text.value().trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_date_comes_and_goes_and_the_rest_stays() {
        let text =
            "# mine\n[editions.midweek]\nsend = \"Wed 07:00\" # early\nskip = [2026-12-23] # holidays\n\n[store]\n";
        let skip =
            |text: &str, day: &str, there| edit(text, "midweek", Dates::Skip, date(day), there).expect("an edit");
        let more = skip(text, "2026-12-30", true).expect("a change");
        assert_eq!(more, text.replace("[2026-12-23]", "[2026-12-23, 2026-12-30]"));
        assert_eq!(skip(&more, "2026-12-30", true), None);
        assert_eq!(skip(&more, "2026-12-30", false).as_deref(), Some(text));
        assert_eq!(skip(&more, "2026-12-23", false), Some(text.replace("[2026-12-23]", "[2026-12-30]")));
        assert_eq!(skip(text, "2026-12-30", false), None);
    }

    #[test]
    fn a_comment_behind_the_list_keeps_its_column() {
        let text = "[editions.midweek]\nskip = []                # holidays\nextra = []\n";
        let skip = |text: &str, day: &str, there| {
            edit(text, "midweek", Dates::Skip, date(day), there).expect("an edit").expect("a change")
        };
        let one = skip(text, "2026-12-23", true);
        assert_eq!(one, text.replace("[]                #", "[2026-12-23]      #"));
        let two = skip(&one, "2026-12-30", true);
        assert_eq!(two, text.replace("[]                #", "[2026-12-23, 2026-12-30] #"), "with one blank at least");
        assert_eq!(skip(&one, "2026-12-23", false), text, "and gets it back");
    }

    #[test]
    fn an_edition_that_only_ships_gets_its_table_and_keeps_its_sister() {
        let text =
            edit("[store]\n", "sunday", Dates::Extra, date("2026-12-24"), true).expect("an edit").expect("a change");
        assert!(text.contains("[editions.sunday]\nextra = [2026-12-24]"), "{text}");
        assert!(text.contains("[editions.midweek]"), "{text}");
        let wrong = edit("[editions.sunday]\nextra = 3\n", "sunday", Dates::Extra, date("2026-12-24"), true);
        assert!(wrong.is_err());
        assert!(edit("[[[", "sunday", Dates::Extra, date("2026-12-24"), true).is_err());
    }
}
