//! config.toml and the environment become settings. The only reader of the environment; every mistake is told at once.

mod sense;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::model::{Edition, Letterhead, Notice, Notices, Publication};
use crate::sources::FetchSettings;
use crate::{check, compose, send, store};

/// `[[feeds]]`: a source of news.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// The source's name, as its items carry it.
    pub name: String,
    #[serde(default)]
    pub url: String,
    /// The score of its items that bring none, 0 to 10.
    #[serde(default)]
    pub base_score: Option<f64>,
    /// Whether the source speaks of its own work; of several tellings of one story its own is shown.
    #[serde(default)]
    pub primary: bool,
    /// Topics that all its items have.
    #[serde(default)]
    pub topics: Vec<String>,
}

/// `[web]`: the public pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Where the pages listen.
    pub listen: String,
    /// How readers reach them, https; empty means `publication.url`.
    pub public_url: String,
}

/// `[bounces]`: where bounces come in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounces {
    /// The domain that takes bounces by VERP; empty means they go to the From address.
    pub domain: String,
}

/// `[editors]`: who is told what happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Editors {
    pub notify: Vec<String>,
}

/// All settings of a publication.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub publication: Publication,
    pub editions: BTreeMap<String, Edition>,
    pub compose: compose::Weights,
    pub check: check::Settings,
    pub feeds: Vec<Feed>,
    pub fetch: FetchSettings,
    pub delivery: send::Settings,
    pub store: store::Settings,
    pub web: Web,
    pub bounces: Bounces,
    pub editors: Editors,
}

/// What the shipped editions are when config.toml leaves a key out.
const SHIPPED: &str = r#"
[midweek]
title = "Midweek"
min_score = 5.0
[sunday]
title = "Sunday"
send = "Sun 08:00"
template = "sunday"
news = 12
guides = 3
bench = 10
by_topic = true
"#;

/// Reads config.toml, with the environment on top: `DIGEST_` and the path joined by two underscores.
///
/// # Errors
/// Every mistake at once, each with its line and the nearest known key.
pub fn load(path: &Path) -> Result<Config, Notices> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Notice::new(format!("cannot read the configuration: {e}"))
            .at(path, None)
            .help("run in a publication's folder, name one with -C DIR, or make one with `digest init DIR`")
    })?;
    #[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
    let environment = std::env::vars();
    read(path, &text, environment.filter(|(name, _)| name.starts_with("DIGEST_")))
}

/// The same from text and variables that are handed in.
pub fn read(path: &Path, text: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Config, Notices> {
    let mut table: Table = toml::from_str(text).map_err(|e| {
        let line = e.span().map(|span| line_at(text, span.start));
        Notice::new(e.message().to_owned()).at(path, line).help("correct the TOML; https://toml.io shows the form")
    })?;
    let mut mistakes = Mistakes { path, text, lines: text.parse().ok(), found: Vec::new() };
    if table.get("delivery").and_then(|d| d.get("smtp")).and_then(|s| s.get("password")).is_some() {
        let help = "keep it in a file named by `password_file`, or in DIGEST_DELIVERY__SMTP__PASSWORD";
        mistakes.add(&["delivery", "smtp", "password"], "the password does not belong in config.toml", help);
    }
    for (name, value) in environment {
        override_with(&mut table, &name, &value);
    }
    with_shipped_editions(&mut table);
    let config = sections(&table, &mut mistakes);
    match config {
        Some(config) if mistakes.found.is_empty() => Ok(config),
        _ => Err(Notices(mistakes.found)),
    }
}

/// Each section on its own, so that one mistake does not hide the next.
fn sections(table: &Table, mistakes: &mut Mistakes) -> Option<Config> {
    let known = [
        "publication",
        "editions",
        "compose",
        "check",
        "feeds",
        "fetch",
        "delivery",
        "store",
        "web",
        "bounces",
        "editors",
    ];
    for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
        mistakes.unknown(&[key], key, &known);
    }
    let mut editions = BTreeMap::new();
    for (name, edition) in table.get("editions").and_then(Value::as_table).into_iter().flatten() {
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !plain {
            let why = format!("the edition `{name}` must be named by a-z, 0-9, - and _");
            mistakes.add(&["editions", name], &why, "the name becomes part of folder names and addresses");
        }
        if let Some(edition) = section::<Edition>(Some(edition), &["editions", name], mistakes) {
            editions.insert(name.clone(), edition);
        }
    }
    let config = Config {
        publication: section(table.get("publication"), &["publication"], mistakes)?,
        editions,
        compose: section(table.get("compose"), &["compose"], mistakes)?,
        check: section(table.get("check"), &["check"], mistakes)?,
        feeds: feeds(table.get("feeds"), mistakes),
        fetch: section(table.get("fetch"), &["fetch"], mistakes)?,
        delivery: section(table.get("delivery"), &["delivery"], mistakes)?,
        store: section(table.get("store"), &["store"], mistakes)?,
        web: section(table.get("web"), &["web"], mistakes)?,
        bounces: section(table.get("bounces"), &["bounces"], mistakes)?,
        editors: section(table.get("editors"), &["editors"], mistakes)?,
    };
    sense::sense(&config, mistakes);
    Some(config)
}

/// Reads one section key by key; a key that is wrong is told and left at its default, so the rest is still looked at.
fn section<T: DeserializeOwned + Default>(value: Option<&Value>, at: &[&str], mistakes: &mut Mistakes) -> Option<T> {
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

/// The value, when the section takes it under this key; inside a table, what is good of it.
fn usable<T: DeserializeOwned>(key: &str, value: &Value, place: &[&str], mistakes: &mut Mistakes) -> Option<Value> {
    let alone = |value: &Value| Value::Table(Table::from_iter([(key.to_owned(), value.clone())]));
    let try_it = |value: &Value| alone(value).try_into::<T>();
    let Err(error) = try_it(value) else { return Some(value.clone()) };
    if let Value::Table(inner) = value
        && try_it(&Value::Table(Table::new())).is_ok()
    {
        let mut good = Table::new();
        for (name, value) in inner {
            let wrapped = Nested::<T>::new(key, name);
            let place: Vec<&str> = place.iter().copied().chain([name.as_str()]).collect();
            match wrapped.try_value(value) {
                Ok(value) => drop(good.insert(name.clone(), value)),
                Err(error) => mistakes.wrong(&place, &error),
            }
        }
        return Some(Value::Table(good));
    }
    // From the environment every value is text first: "2525" may be meant as a word.
    if let Some(text) = value.as_str().and_then(literal)
        && try_it(&text).is_ok()
    {
        return Some(text);
    }
    mistakes.wrong(place, &error);
    None
}

/// One key of a table inside a section, tried alone.
struct Nested<'a, T> {
    outer: &'a str,
    inner: &'a str,
    section: std::marker::PhantomData<T>,
}

impl<'a, T: DeserializeOwned> Nested<'a, T> {
    fn new(outer: &'a str, inner: &'a str) -> Self {
        Self { outer, inner, section: std::marker::PhantomData }
    }

    fn try_value(&self, value: &Value) -> Result<Value, toml::de::Error> {
        let wrap = |value: Value| {
            let inner = Value::Table(Table::from_iter([(self.inner.to_owned(), value)]));
            Value::Table(Table::from_iter([(self.outer.to_owned(), inner)]))
        };
        match wrap(value.clone()).try_into::<T>() {
            Ok(_) => Ok(value.clone()),
            Err(error) => match value.as_str().and_then(literal) {
                Some(other) if wrap(other.clone()).try_into::<T>().is_ok() => Ok(other),
                _ => Err(error),
            },
        }
    }
}

fn feeds(value: Option<&Value>, mistakes: &mut Mistakes) -> Vec<Feed> {
    let list = match value {
        None => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            mistakes.add(&["feeds"], "`feeds` must be a list of tables", "write each as [[feeds]]");
            return Vec::new();
        }
    };
    list.iter()
        .filter_map(|feed| match feed.clone().try_into::<Feed>() {
            Ok(feed) => Some(feed),
            Err(error) => {
                mistakes.wrong(&["feeds"], &error);
                None
            }
        })
        .collect()
}

/// Puts the shipped defaults of midweek and sunday under what the file says; with no editions at all both ship.
fn with_shipped_editions(table: &mut Table) {
    let shipped: Table = toml::from_str(SHIPPED).unwrap_or_default();
    let editions = table.entry("editions").or_insert_with(|| Value::Table(shipped.clone()));
    let Value::Table(editions) = editions else { return };
    for (name, defaults) in shipped {
        if let (Some(Value::Table(own)), Value::Table(defaults)) = (editions.get_mut(&name), defaults) {
            for (key, value) in defaults {
                own.entry(key).or_insert(value);
            }
        }
    }
}

/// `DIGEST_DELIVERY__SMTP__PORT=2525` sets delivery.smtp.port. What stands on the way and is no table gives way.
fn override_with(table: &mut Table, name: &str, value: &str) {
    let path: Vec<String> = name.trim_start_matches("DIGEST_").split("__").map(str::to_lowercase).collect();
    // A single word such as DIGEST_TEST_SINK names no setting: every setting stands in a section.
    let Some((last, sections)) = path.split_last().filter(|(_, sections)| !sections.is_empty()) else { return };
    let mut table = table;
    for section in sections {
        let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
        if !entry.is_table() {
            *entry = Value::Table(Table::new());
        }
        let Value::Table(inner) = entry else { return };
        table = inner;
    }
    table.insert(last.clone(), Value::String(value.to_owned()));
}

/// A TOML literal such as `2525`, `true` or `["5m"]`, if the text is one.
fn literal(text: &str) -> Option<Value> {
    toml::from_str::<Table>(&format!("value = {text}")).ok()?.remove("value").filter(|value| !value.is_str())
}

/// Mistakes found so far, with what is needed to place them.
struct Mistakes<'a> {
    path: &'a Path,
    text: &'a str,
    lines: Option<toml_edit::Document<String>>,
    found: Vec<Notice>,
}

impl Mistakes<'_> {
    fn add(&mut self, at: &[&str], message: &str, help: &str) {
        let notice = Notice::new(message).help(help);
        let notice = match self.line(at) {
            Some(line) => notice.at(self.path, line),
            None => notice.at(format!("DIGEST_{}", at.join("__").to_uppercase()), None),
        };
        self.found.push(notice);
    }

    fn unknown(&mut self, at: &[&str], key: &str, known: &[&str]) {
        let nearest = known.iter().max_by(|a, b| strsim::jaro_winkler(key, a).total_cmp(&strsim::jaro_winkler(key, b)));
        let help = match nearest {
            Some(near) if strsim::jaro_winkler(key, near) > 0.75 => format!("did you mean `{near}`?"),
            _ => format!("known here are: {}", known.join(", ")),
        };
        self.add(at, &format!("unknown key `{}`", at.join(".")), &help);
    }

    /// An error of serde's: an unknown key, or a value of the wrong kind.
    fn wrong(&mut self, at: &[&str], error: &toml::de::Error) {
        let message = error.message();
        if message.starts_with("unknown field") {
            let mut names = message.split('`').skip(1).step_by(2);
            let key = names.next().unwrap_or_default().to_owned();
            let known: Vec<&str> = names.collect();
            self.unknown(at, &key, &known);
        } else {
            let what = message.lines().next().unwrap_or_default();
            self.add(at, &format!("`{}`: {what}", at.join(".")), "config.toml of a new publication shows every key");
        }
    }

    /// The line of a key, or of the nearest table around it; `None` when the file says nothing of it.
    fn line(&self, at: &[&str]) -> Option<usize> {
        let mut table: &dyn toml_edit::TableLike = self.lines.as_ref()?.as_table();
        let mut line = None;
        for key in at {
            let Some((name, item)) = table.get_key_value(key) else { break };
            line = name.span().or_else(|| item.span()).map(|span| line_at(self.text, span.start)).or(line);
            let Some(inner) = item.as_table_like() else { break };
            table = inner;
        }
        line
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

impl Config {
    /// The edition of this name.
    ///
    /// # Errors
    /// A notice with the nearest name.
    pub fn edition(&self, name: &str) -> Result<&Edition, Notice> {
        self.editions.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.editions.keys().map(String::as_str).collect();
            Notice::new(format!("there is no edition `{name}`"))
                .help(format!("the editions of this publication are: {}", known.join(", ")))
        })
    }

    /// An edition's title as readers see it.
    pub fn edition_title(&self, name: &str) -> String {
        match self.editions.get(name).map(|edition| edition.title.as_str()) {
            Some(title) if !title.is_empty() => title.to_owned(),
            _ => {
                let mut letters = name.chars();
                letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
            }
        }
    }

    /// Where the database file is, below the publication's folder.
    pub fn database(&self, root: &Path) -> PathBuf {
        root.join(self.store.url.trim_start_matches("sqlite:").trim_start_matches("//"))
    }

    /// What every copy says of its sender.
    pub fn letterhead(&self) -> Letterhead {
        let url = if self.web.public_url.is_empty() { &self.publication.url } else { &self.web.public_url };
        Letterhead {
            name: self.publication.name.clone(),
            from: self.publication.from.clone(),
            reply_to: self.publication.reply_to.clone(),
            public_url: url.trim_end_matches('/').to_owned(),
            bounce_domain: self.bounces.domain.clone(),
            name_fallback: self.publication.name_fallback.clone(),
        }
    }

    /// What an item without a score gets, by source.
    pub fn base_scores(&self) -> BTreeMap<String, f64> {
        self.feeds.iter().filter_map(|feed| Some((feed.name.clone(), feed.base_score?))).collect()
    }

    /// What the composer goes by of the sources.
    pub fn sources(&self) -> compose::Feeds {
        let feed = |feed: &Feed| compose::Feed { base_score: feed.base_score, primary: feed.primary };
        compose::Feeds::of(self.feeds.iter().map(|f| (f.name.as_str(), feed(f))))
    }
}

#[cfg(test)]
mod tests;
