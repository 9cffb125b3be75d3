//! config.toml and the environment become settings. The only reader of the environment; all mistakes are reported at once.

mod dates;
mod listing;
mod lists;
mod mistakes;
mod origin;
mod place;
mod sections;
mod sense;
mod values;
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::model::{Edition, Letterhead, Notice, Notices, Publication};
use crate::send::TransportKind;
use crate::sources::{Feed, FetchSettings};
use crate::store::{Place, StoreError};
use crate::{check, compose, render, schedule, send, store};
use mistakes::Mistakes;
use origin::line_at;
use values::{list, section};

pub use dates::{Dates, edit as edit_dates};
pub use listing::{SetBy, Setting, settings};
pub use origin::Origin;
pub use place::set_store;
pub use sections::{Bounces, Editors, Web};

/// All settings of a publication.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub publication: Publication,
    pub editions: BTreeMap<String, Edition>,
    pub compose: compose::Weights,
    pub scores: compose::Scoring,
    pub check: check::Settings,
    pub feeds: Vec<Feed>,
    pub fetch: FetchSettings,
    pub delivery: send::Settings,
    pub store: store::Settings,
    pub serve: schedule::Settings,
    pub web: Web,
    pub tracking: render::ClickSettings,
    pub bounces: Bounces,
    pub editors: Editors,
    /// Where each setting was said.
    pub origin: Origin,
}

/// The sections of config.toml.
const SECTIONS: &[&str] = &[
    "publication",
    "editions",
    "compose",
    "scores",
    "check",
    "feeds",
    "fetch",
    "delivery",
    "store",
    "serve",
    "web",
    "tracking",
    "bounces",
    "editors",
];

/// The shipped editions' defaults for keys that config.toml leaves out.
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
guides_by_story = true
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
    if text.trim().is_empty() {
        return Err(Notice::new("the configuration is empty")
            .at(path, None)
            .help("was it cut off while it was saved? `digest init DIR` writes one that shows every key")
            .into());
    }
    #[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
    let environment = std::env::vars();
    read(path, &text, environment.filter(|(name, _)| name.starts_with("DIGEST_")))
}

/// The sections that have a password.
const SECRETS: &[&[&str]] = &[&["delivery", "smtp"], &["bounces", "imap"], &["store"]];

/// The same from text and variables that are handed in.
pub fn read(path: &Path, text: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Config, Notices> {
    let mut table: Table = toml::from_str(text).map_err(|e| {
        let line = e.span().map(|span| line_at(text, span.start));
        let (message, help) = match (e.message(), e.span().and_then(|span| text.get(span))) {
            ("duplicate key", Some(key)) => {
                (format!("`{key}` appears twice"), "put both under one heading; of two lines with one key keep one")
            }
            (message, _) => (message.to_owned(), "correct the TOML; https://toml.io shows the form"),
        };
        Notice::new(message).at(path, line).help(help)
    })?;
    let mut mistakes = Mistakes::new(path, text);
    for section in SECRETS {
        let inner = section.iter().try_fold(&table, |table, name| table.get(*name)?.as_table());
        if inner.is_some_and(|inner| inner.contains_key("password")) {
            let variable = section.join("__").to_uppercase();
            let help = format!("keep it in a file named by `password_file`, or in DIGEST_{variable}__PASSWORD");
            mistakes.add(&[*section, &["password"]].concat(), "the password does not belong in config.toml", &help);
        }
    }
    for (name, value) in environment {
        mistakes.origin.overrides(&name, &value);
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
    for key in table.keys().filter(|key| !SECTIONS.contains(&key.as_str())) {
        mistakes.unknown(&[key], key, SECTIONS);
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
    let mut config = Config {
        publication: section(table.get("publication"), &["publication"], mistakes)?,
        editions,
        compose: section(table.get("compose"), &["compose"], mistakes)?,
        scores: section(table.get("scores"), &["scores"], mistakes)?,
        check: section(table.get("check"), &["check"], mistakes)?,
        feeds: list(table.get("feeds"), "feeds", mistakes),
        fetch: section(table.get("fetch"), &["fetch"], mistakes)?,
        delivery: section(table.get("delivery"), &["delivery"], mistakes)?,
        store: section(table.get("store"), &["store"], mistakes)?,
        serve: section(table.get("serve"), &["serve"], mistakes)?,
        web: section(table.get("web"), &["web"], mistakes)?,
        tracking: section(table.get("tracking"), &["tracking"], mistakes)?,
        bounces: section(table.get("bounces"), &["bounces"], mistakes)?,
        editors: section(table.get("editors"), &["editors"], mistakes)?,
        origin: mistakes.origin.clone(),
    };
    wire::bring_to_form(&mut config);
    sense::sense(&config, mistakes);
    Some(config)
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

/// `DIGEST_DELIVERY__SMTP__PORT=2525` sets delivery.smtp.port. A value on the path that is not a table is replaced.
fn override_with(table: &mut Table, name: &str, value: &str) {
    let path: Vec<String> = name.trim_start_matches("DIGEST_").split("__").map(str::to_lowercase).collect();
    // A single word such as DIGEST_TEST_SINK names no setting: every setting is in a section.
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

    /// The BCP 47 tag of an edition's language. The publication's, if the edition sets none or no longer exists.
    pub fn language_of(&self, edition: &str) -> &str {
        let own = self.editions.get(edition).map(|edition| edition.language.trim()).filter(|tag| !tag.is_empty());
        own.unwrap_or(&self.publication.language)
    }

    /// An edition's title as subscribers see it.
    pub fn edition_title(&self, name: &str) -> String {
        match self.editions.get(name).map(|edition| edition.title.as_str()) {
            Some(title) if !title.is_empty() => title.to_owned(),
            _ => {
                let mut letters = name.chars();
                letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
            }
        }
    }

    /// Where the database is: a file below the publication's folder, or a server.
    ///
    /// # Errors
    /// `store.url` names neither, which loading has refused.
    pub fn database(&self, root: &Path) -> Result<Place, StoreError> {
        self.store.place(root)
    }

    /// Where the safety log is.
    pub fn safety_log(&self, root: &Path) -> PathBuf {
        root.join(&self.store.safety_log)
    }

    /// The sender's details in every message.
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

    /// Whether messages really go out.
    pub fn mails_people(&self) -> bool {
        self.delivery.transport == TransportKind::Smtp
    }

    /// The publication's details in every message, for check.
    pub fn setup(&self) -> check::Setup<'_> {
        let url = if self.web.public_url.is_empty() { &self.publication.url } else { &self.web.public_url };
        check::Setup {
            from: &self.publication.from,
            postal_address: &self.publication.postal_address,
            public_url: url,
            has_pages: self.web.serves(),
        }
    }

    /// The base score of items that have none, by source.
    pub fn base_scores(&self) -> BTreeMap<String, f64> {
        self.feeds.iter().filter_map(|feed| Some((feed.name.clone(), feed.base_score?))).collect()
    }

    /// How items that bring no score get one.
    pub fn scores(&self) -> compose::Scores {
        let base = |feed: &Feed| compose::Base { score: feed.base_score, words: feed.words.clone() };
        compose::Scores::new(self.scores.clone(), self.feeds.iter().map(|feed| (feed.name.as_str(), base(feed))))
    }

    /// The sources' settings that the composer uses.
    pub fn sources(&self) -> compose::Feeds {
        let feed = |feed: &Feed| compose::Feed { base_score: feed.base_score, primary: feed.primary };
        compose::Feeds::of(self.feeds.iter().map(|f| (f.name.as_str(), feed(f))))
    }
}

#[cfg(test)]
mod tests;
