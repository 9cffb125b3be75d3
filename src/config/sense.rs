//! What the types of the settings alone cannot refuse. Knows no file.

use super::Config;
use super::mistakes::Mistakes;

/// What the types alone cannot refuse.
pub fn sense(config: &Config, mistakes: &mut Mistakes) {
    for (name, edition) in &config.editions {
        if !(0.0..=10.0).contains(&edition.min_score) {
            let why = format!("`editions.{name}.min_score` must be from 0 to 10, found {}", edition.min_score);
            mistakes.add(&["editions", name, "min_score"], &why, "scores go from 0 to 10");
        }
        if edition.news == 0 {
            let why = format!("`editions.{name}.news` must be at least 1");
            mistakes.add(&["editions", name, "news"], &why, "an issue without news is no issue");
        }
    }
    let compose = &config.compose;
    for (key, value, default) in [
        ("pair_threshold", compose.pair_threshold, "0.55"),
        ("story_threshold", compose.story_threshold, "0.28"),
        ("follow_up_novelty", compose.follow_up_novelty, "0.3"),
        ("echo_threshold", compose.echo_threshold, "0.2"),
    ] {
        if !(0.0..=1.0).contains(&value) {
            let why = format!("`compose.{key}` must be from 0 to 1, found {value}");
            mistakes.add(&["compose", key], &why, &format!("{default} is the default"));
        }
    }
    for (key, value) in [("echo", compose.echo), ("novelty", compose.novelty), ("taught", compose.taught)] {
        if !(0.0..=10.0).contains(&value) {
            let why = format!("`compose.{key}` must be from 0 to 10, found {value}");
            mistakes.add(&["compose", key], &why, "points stand on the scale of the scores");
        }
    }
    for (source, points) in config.compose.sources.iter().filter(|(_, points)| !(-10.0..=10.0).contains(*points)) {
        let why = format!("`compose.sources` gives {source} {points} points, which must be from -10 to 10");
        mistakes.add(&["compose", "sources"], &why, "points stand on the scale of the scores; `digest news sources`");
    }
    for feed in &config.feeds {
        if feed.base_score.is_some_and(|score| !(0.0..=10.0).contains(&score)) {
            let why = format!("`base_score` of the feed {} must be from 0 to 10", feed.name);
            mistakes.add(&["feeds"], &why, "scores go from 0 to 10");
        }
    }
    let metrics = &config.web.metrics_listen;
    if !metrics.is_empty() && metrics.parse::<std::net::SocketAddr>().is_err() {
        let why = format!("`web.metrics_listen` must be an address and a port, found `{metrics}`");
        mistakes.add(&["web", "metrics_listen"], &why, "such as \"127.0.0.1:9464\"");
    }
    if config.store.url.strip_prefix("sqlite:").is_none_or(str::is_empty) {
        let why = format!("`store.url` must be sqlite:PATH, found `{}`", config.store.url);
        mistakes.add(
            &["store", "url"],
            &why,
            "this version keeps its ledger in SQLite only, such as sqlite:data/digest.db",
        );
    }
}
