//! The laws that several targets hold what they get to. Knows no parser.

use std::path::Path;

use chrono::{DateTime, Utc};
use digest::model::Item;
use digest::sources::{Origin, Reading, read_feed};

/// The time of every reading.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_586_400, 0).unwrap_or_default()
}

/// Reads a feed as a fetch does, with a site to join links to.
pub fn read(bytes: &[u8], charset: Option<&str>) -> Option<Reading> {
    let base = url::Url::parse("https://wire.example/feed").ok();
    let origin = Origin { source: Some("Wire"), topics: &[], base: base.as_ref(), charset, now: now(), latest: now() };
    let reading = read_feed(Path::new("wire"), bytes, &origin).ok()?;
    assert!(reading.items.len() <= reading.entries && reading.entries <= 1_001, "{} items", reading.entries);
    for fed in &reading.items {
        clean(&fed.item);
    }
    for notice in &reading.notices {
        assert!(!has_hidden(&notice.to_string().replace('\n', " ")), "a notice may be printed: {notice}");
    }
    Some(reading)
}

/// What an item from outside must be, whatever was read.
pub fn clean(item: &Item) {
    let Item { id, title, source, url, summary, topics, score, published, .. } = item;
    for line in [id, title, source, summary].into_iter().chain(topics) {
        assert!(!has_hidden(line), "{line:?}");
    }
    assert!(!title.trim().is_empty() && title.chars().count() <= 500, "title {title:?}");
    // Markdown's signs stand behind a backslash, so a summary may grow to twice its letters.
    assert!(summary.chars().count() <= 1_400, "summary of {}", summary.chars().count());
    assert!(!title.contains("  ") && *title == title.trim(), "{title:?}");
    assert!(score.is_none_or(|score| (0.0..=10.0).contains(&score)), "{score:?}");
    assert!(published.earliest(chrono_tz::UTC) <= now() + chrono::TimeDelta::days(1), "{published}");
    if let Some(url) = url {
        let parsed = url::Url::parse(url).expect("an address");
        assert!(matches!(parsed.scheme(), "http" | "https") && url.bytes().all(|b| b.is_ascii_graphic()), "{url:?}");
    }
}

/// Control characters, line ends, and marks that turn the text around them without being seen.
pub fn has_hidden(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
}
