//! Feeds: RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed to news items. Knows the formats and what is broken in the wild; what is whole
//! is salvaged, and every repair and refusal is reported. Fetches nothing and reads no clock.

mod boilerplate;
mod charset;
mod dates;
mod description;
mod entry;
mod health;
mod json;
mod lines;
mod memory;
mod months;
mod names;
mod other;
mod parsed;
mod prose;
mod source;
mod walk;
mod xml;
mod zones;

use std::collections::HashMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use url::Url;

use super::report::{Report, fold};
use crate::model::{Item, Notice, Notices, Published, canonical_url};
pub(super) use dates::{Ahead, ahead};
use entry::Shared;

pub use health::Pulse;
pub use lines::read_lines;
pub use memory::{Health, Held, Memory, Shown};
pub use source::{Feed, Source};

/// The largest feed that is read, unpacked, in bytes.
pub const UNPACKED: usize = 20 * 1024 * 1024;
/// Most items read from a feed.
pub const ENTRIES: usize = 1_000;
/// Deepest nesting of elements.
const DEPTH: usize = 256;

/// Decodes a page's bytes, by its labels or by guessing; `charset` is the one in the HTTP header.
pub fn page_text(bytes: &[u8], charset: Option<&str>) -> String {
    charset::decode(bytes, charset).text.into_owned()
}

/// A date as pages and feeds write it.
pub(super) fn parse_date(text: &str) -> Option<Published> {
    dates::parse(text).map(|read| read.published)
}

/// What is known about a feed apart from its bytes.
#[derive(Clone, Debug)]
pub struct Origin<'a> {
    /// The source that its items name; `None` for the feed's own title.
    pub source: Option<&'a str>,
    /// Topics that all its items have.
    pub topics: &'a [String],
    /// Where it was fetched from: the base of relative links if the feed names no site.
    pub base: Option<&'a Url>,
    /// The charset of the HTTP header.
    pub charset: Option<&'a str>,
    /// Dates what has no date.
    pub now: DateTime<Utc>,
    /// The time of reading, which may be after `now`: dates much later than this are not believed.
    pub latest: DateTime<Utc>,
}

/// The result of reading a feed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The feed's own title, clean.
    pub title: String,
    /// How many items it has, including refused ones.
    pub entries: usize,
    pub items: Vec<Fed>,
    /// What was repaired or refused, with the reasons.
    pub notices: Vec<Notice>,
}

/// An item of a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Fed {
    pub item: Item,
    pub dated: Dated,
}

/// Where an item's `published` is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dated {
    /// The item itself.
    Itself,
    /// It names none: the feed's own date, or that of the reading.
    Not,
    /// It names one so far in the future that it is not believed: that of the reading. Only who has read the feed before knows whether
    /// the item is new, or stands on top for years.
    Doubted,
}

/// Whether a file is a feed, by its name or its first sign.
pub fn is_feed(label: &Path, bytes: &[u8]) -> bool {
    let extension = label.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    if matches!(extension.as_str(), "xml" | "rss" | "atom" | "rdf") {
        return true;
    }
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let marked = matches!(
        start,
        [b'<', ..]
            | [0, b'<', ..]
            | [0, 0, 0, b'<', ..]
            | [0, 0, 0xfe, 0xff, ..]
            | [0xff, 0xfe, b'<', ..]
            | [0xfe, 0xff, 0, b'<', ..]
    );
    // A line of JSON Lines may be about JSON Feed.
    let by_line = matches!(extension.as_str(), "jsonl" | "ndjson" | "csv");
    marked || (!by_line && start.starts_with(b"{") && std::str::from_utf8(start).is_ok_and(json::is_feed))
}

/// Reads a feed of any kind. `label` is what notices name: a file, or the source.
///
/// # Errors
/// Bytes that are no feed, with the reason: empty, a web page, another kind of XML or JSON, or more than [`UNPACKED`].
pub fn read_feed(label: &Path, bytes: &[u8], origin: &Origin) -> Result<Reading, Notices> {
    let refused = |why: &str, help: &str| Err(Notices::from(Notice::new(why).at(label, None).help(help)));
    if bytes.len() > UNPACKED {
        return refused(
            "the feed is larger than 20 MB, the most that is read",
            "ask the site's owner for a shorter feed",
        );
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return refused("the feed is packed with gzip", "unpack it first: `gunzip`");
    }
    let decoded = charset::decode(bytes, origin.charset);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    let mut report = Report::new(label);
    if let Some(repair) = decoded.repair {
        report.note(None, repair, "");
    }
    let told = match text.chars().next() {
        None => return refused("the feed is empty", "look at it in a browser or an editor"),
        Some('{') => json::read(text, &mut report),
        Some(_) => xml::read(text, &mut report),
    };
    let Some(told) = told else {
        let (what, help) = other::told(text, origin.base);
        return refused(&what, &help);
    };
    let name = label.file_stem().unwrap_or_default().to_string_lossy();
    let shared = Shared::new(&told, origin, &name);
    let title = prose::title(&told.title.raw, told.title.kind).text;
    let entries = told.entries.len();
    let items: Vec<Fed> = told.entries.iter().filter_map(|entry| shared.item(entry, &mut report)).collect();
    note_repeats(&items, &mut report);
    Ok(Reading { title, entries, items, notices: fold(report.notices) })
}

/// Reports items that link to the same page, since one page is one item of news.
fn note_repeats(items: &[Fed], report: &mut Report) {
    let mut first: HashMap<String, &str> = HashMap::new();
    let mut repeats = 0;
    for item in items.iter().map(|fed| &fed.item) {
        if let Some(key) = item.url.as_deref().and_then(canonical_url) {
            repeats += usize::from(*first.entry(key).or_insert(&item.title) != item.title);
        }
    }
    if repeats > 0 {
        let count = if repeats == 1 { "an item leads".to_owned() } else { format!("{repeats} items lead") };
        let message = format!("{count} to the same page as another item; the newest one was taken");
        report.note(None, message, "the feed should give each item its own link");
    }
}

#[cfg(test)]
mod tests;
