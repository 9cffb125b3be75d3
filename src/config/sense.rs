//! Mistakes in settings that their types cannot catch. Knows no file.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::Config;
use super::mistakes::Mistakes;
use crate::model::{Address, Edition, Picture};
use crate::render::is_language_tag;
use crate::store::StoreError;

/// Mistakes that the types cannot catch.
pub fn sense(config: &Config, mistakes: &mut Mistakes) {
    if config.publication.name.trim().is_empty() {
        let help = "it is used in the sender's name, the List-Id and on every page";
        mistakes.add(&["publication", "name"], "`publication.name` is empty", help);
    }
    languages(config, mistakes);
    for (name, edition) in &config.editions {
        if !(0.0..=10.0).contains(&edition.min_score) {
            let why = format!("`editions.{name}.min_score` must be from 0 to 10, found {}", edition.min_score);
            mistakes.add(&["editions", name, "min_score"], &why, "scores go from 0 to 10");
        }
        if edition.news == 0 {
            let why = format!("`editions.{name}.news` must be at least 1");
            mistakes.add(&["editions", name, "news"], &why, "an issue needs news");
        }
        letter(config, name, edition, mistakes);
    }
    if let Some(mistake) = config.publication.mark.as_ref().and_then(Picture::mistake) {
        mistakes.add(
            &["publication", "mark"],
            &format!("`publication.mark`: {mistake}"),
            "docs/templates.md shows one",
        );
    }
    let compose = &config.compose;
    for (key, value, default) in [
        ("pair_threshold", compose.pair_threshold, "0.64"),
        ("story_threshold", compose.story_threshold, "0.5"),
        ("doubt_threshold", compose.doubt_threshold, "0.35"),
        ("repeat_threshold", compose.repeat_threshold, "0.7"),
        ("follow_up_novelty", compose.follow_up_novelty, "0.3"),
        ("echo_threshold", compose.echo_threshold, "0.2"),
    ] {
        if !(0.0..=1.0).contains(&value) {
            let why = format!("`compose.{key}` must be from 0 to 1, found {value}");
            mistakes.add(&["compose", key], &why, &format!("{default} is the default"));
        }
    }
    for (key, value) in [
        ("echo", compose.echo),
        ("novelty", compose.novelty),
        ("taught", compose.preference),
        ("primary", compose.primary),
    ] {
        if !(0.0..=10.0).contains(&value) {
            let why = format!("`compose.{key}` must be from 0 to 10, found {value}");
            mistakes.add(&["compose", key], &why, "points are added to scores, which go from 0 to 10");
        }
    }
    for (source, points) in config.compose.sources.iter().filter(|(_, points)| !(-10.0..=10.0).contains(*points)) {
        let why = format!("`compose.sources` gives {source} {points} points, which must be from -10 to 10");
        mistakes.add(
            &["compose", "sources"],
            &why,
            "points are added to scores, which go from 0 to 10; `digest news sources`",
        );
    }
    for (kind, points) in config.compose.kinds.iter().filter(|(_, points)| !(-10.0..=10.0).contains(*points)) {
        let why = format!("`compose.kinds` gives {kind} {points} points, which must be from -10 to 10");
        mistakes.add(
            &["compose", "kinds"],
            &why,
            "points are added to scores, which go from 0 to 10; `digest news list --why`",
        );
    }
    let heartbeat = &config.serve.heartbeat;
    let is_address = url::Url::parse(heartbeat).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !heartbeat.is_empty() && !is_address {
        let help = "such as https://hc-ping.com/UUID; empty: no heartbeat";
        mistakes.add(&["serve", "heartbeat"], "`serve.heartbeat` must be an http or https address", help);
    }
    feeds(config, mistakes);
    sending(config, mistakes);
    pages(config, mistakes);
    clicks(config, mistakes);
    // Without the text that was found, which may hold a password.
    if let Err(StoreError::Url(why)) = config.store.place(Path::new("")) {
        let help = "such as sqlite:data/digest.db or postgres://USER@HOST/DATABASE";
        mistakes.add(&["store", "url"], &format!("`store.url` names no database: {why}"), help);
    }
}

/// Languages must be tags of BCP 47; an edition may leave its own out.
fn languages(config: &Config, mistakes: &mut Mistakes) {
    let mut look = |place: &[&str], tag: &str| {
        if !is_language_tag(tag) {
            let why = format!("`{}` must be a language tag, found `{tag}`", place.join("."));
            mistakes.add(place, &why, "write a tag of BCP 47, such as \"en\", \"de\" or \"pt-BR\"");
        }
    };
    look(&["publication", "language"], &config.publication.language);
    for (name, edition) in config.editions.iter().filter(|(_, edition)| !edition.language.is_empty()) {
        look(&["editions", name, "language"], &edition.language);
    }
}

/// Mistakes in the sections of the sender and the daemon.
fn sending(config: &Config, mistakes: &mut Mistakes) {
    for (name, edition) in &config.editions {
        if edition.window.is_zero() {
            let why = format!("`editions.{name}.window` must not be 0");
            mistakes.add(&["editions", name, "window"], &why, "how far back an issue looks, such as \"7d\"");
        }
        if edition.remind > edition.draft_ahead {
            let why = format!("`editions.{name}.remind` must be no longer than `draft_ahead`");
            mistakes.add(&["editions", name, "remind"], &why, "there is nothing to remind of before the draft exists");
        }
    }
    let delivery = &config.delivery;
    for (key, part) in [
        ("stop_at_refused", delivery.stop_at_refused),
        ("stop_at_bounced", delivery.stop_at_bounced),
        ("stop_at_complained", delivery.stop_at_complained),
    ] {
        if !(0.0..=1.0).contains(&part) {
            let why = format!("`delivery.{key}` must be a share from 0 to 1, found {part}");
            mistakes.add(&["delivery", key], &why, "0.1 is one in ten; 0 means any");
        }
    }
    if !delivery.warm_up.is_empty() && delivery.warm_up_from.is_none() {
        let help = "set `warm_up_from` to the date of its first day, such as 2026-12-01";
        mistakes.add(&["delivery", "warm_up"], "`delivery.warm_up` has no first day", help);
    }
    if config.serve.lease < Duration::from_secs(1) {
        let help = "others wait this long when a daemon dies; \"1m\" is the default";
        mistakes.add(&["serve", "lease"], "`serve.lease` must be at least a second", help);
    }
    for address in config.editors.notify.iter().filter(|address| Address::parse(address).is_err()) {
        let why = format!("`editors.notify` must hold addresses, found `{address}`");
        mistakes.add(&["editors", "notify"], &why, "such as [\"ann@example.org\"], without a name");
    }
    let desk = &config.editors.desk;
    let is_page = |url: url::Url| matches!(url.scheme(), "https" | "http") && url.host().is_some();
    if !desk.is_empty() && !url::Url::parse(desk).is_ok_and(is_page) {
        let why = format!("`editors.desk` must be a web address, found `{desk}`");
        mistakes.add(&["editors", "desk"], &why, "the address at which your editors open the preview");
    }
}

/// Mistakes in the settings of the public pages.
fn pages(config: &Config, mistakes: &mut Mistakes) {
    let web = &config.web;
    let addresses = [("url", "publication", &config.publication.url), ("public_url", "web", &web.public_url)];
    for (key, section, address) in addresses.into_iter().filter(|(_, _, address)| !address.is_empty()) {
        let good = url::Url::parse(address).is_ok_and(|url| {
            matches!(url.scheme(), "https" | "http")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        if let Some(odd) = address.chars().find(|c| !c.is_ascii_graphic() || "<>\"\\^`{|}".contains(*c)) {
            let why =
                format!("`{section}.{key}` has {}, which a web address must not have, found `{address}`", named(odd));
            mistakes.add(
                &[section, key],
                &why,
                "it is used in headers as it is: write a space as %20, and an international host in its xn-- form",
            );
        } else if !good {
            let why = format!("`{section}.{key}` must be a web address, found `{address}`");
            mistakes.add(&[section, key], &why, "such as \"https://example.org\"");
        }
    }
    let sockets = [("listen", &web.listen), ("metrics_listen", &web.metrics_listen)];
    for (key, socket) in sockets.into_iter().filter(|(_, socket)| !socket.is_empty()) {
        let good = socket.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !good {
            let why = format!("`web.{key}` must be an address and a port, found `{socket}`");
            mistakes.add(&["web", key], &why, "such as \"127.0.0.1:8080\"");
        }
    }
    if !web.listen.is_empty() && web.listen == web.metrics_listen && !web.listen.ends_with(":0") {
        let help = "metrics are not public: give them a port of their own";
        mistakes.add(&["web", "metrics_listen"], "`web.metrics_listen` is the same as `web.listen`", help);
    }
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !web.client_header.chars().all(token) {
        let why = format!("`web.client_header` must be the name of a header, found `{}`", web.client_header);
        mistakes.add(&["web", "client_header"], &why, "such as \"x-forwarded-for\"");
    }
}

/// A character as a person knows it.
fn named(c: char) -> String {
    match c {
        ' ' => "a blank".to_owned(),
        c if c.is_control() || c.is_whitespace() => format!("the character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}

/// Counted links lead to the public pages: without them, every story of every mail would be a dead link.
fn clicks(config: &Config, mistakes: &mut Mistakes) {
    if !config.tracking.clicks {
        return;
    }
    for (key, value, help) in [
        (
            "public_url",
            &config.web.public_url,
            "where subscribers reach `digest serve`, such as \"https://news.example.org\"",
        ),
        ("listen", &config.web.listen, "where `digest serve` answers them, such as \"127.0.0.1:8080\""),
    ] {
        if value.is_empty() {
            let why = format!("`tracking.clicks` needs `web.{key}`: links in mails lead there first");
            mistakes.add(&["tracking", "clicks"], &why, &format!("set `[web] {key}`, {help}; or do not count clicks"));
        }
    }
}

/// Mistakes in `[[feeds]]` and `[scores]`.
fn feeds(config: &Config, mistakes: &mut Mistakes) {
    let mut names = BTreeSet::new();
    for feed in &config.feeds {
        let name = &feed.name;
        let mut wrong = |why: String, help: &str| mistakes.add(&["feeds"], &why, help);
        if feed.base_score.is_some_and(|score| !(0.0..=10.0).contains(&score)) {
            wrong(format!("`base_score` of the feed {name} must be from 0 to 10"), "scores go from 0 to 10");
        }
        if name.trim().is_empty() || !names.insert(name.to_lowercase()) {
            wrong(
                format!("each feed needs a `name` of its own, found `{name}`"),
                "what is remembered about a feed is stored under its name",
            );
        }
        let web = ["https://", "http://"].iter().any(|start| feed.url.starts_with(start));
        if !feed.url.is_empty() && !web {
            wrong(
                format!("`url` of the feed {name} must begin with https:// or http://"),
                "feeds are fetched from the web; `command` runs a program",
            );
        }
        if !feed.url.is_empty() && !feed.command.is_empty() {
            wrong(format!("the feed {name} has a `url` and a `command`"), "give one of the two");
        }
        if feed.words.values().any(|points| !(-10.0..=10.0).contains(points)) {
            wrong(
                format!("`words` of the feed {name} must give points from -10 to 10"),
                "points are added to scores, which go from 0 to 10",
            );
        }
    }
    let points = config.scores.words.values().chain([&config.scores.repeat]);
    if points.into_iter().any(|points| !(-10.0..=10.0).contains(points)) {
        mistakes.add(
            &["scores"],
            "`scores` must give points from -10 to 10",
            "points are added to scores, which go from 0 to 10",
        );
    }
}

/// Mistakes in an edition's letter settings.
fn letter(config: &Config, name: &str, edition: &Edition, mistakes: &mut Mistakes) {
    if edition.greeting.contains("{name}") && config.publication.name_fallback.trim().is_empty() {
        let why = format!("`editions.{name}.greeting` names subscribers, and `publication.name_fallback` is empty");
        let help = "say what to call a subscriber without a name, such as \"reader\"";
        mistakes.add(&["editions", name, "greeting"], &why, help);
    }
    let answers = &edition.poll_answers;
    let good = (2..=5).contains(&answers.len()) && answers.iter().all(|answer| !answer.trim().is_empty());
    if !edition.poll.trim().is_empty() && !good {
        let why = format!("`editions.{name}.poll_answers` must be two to five answers");
        mistakes.add(&["editions", name, "poll_answers"], &why, "such as [\"Yes\", \"So-so\", \"No\"]");
    }
}
