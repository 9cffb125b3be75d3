//! Says what a document that is not a feed is, and what to do about it. Knows how pages name their feeds.

use url::Url;

use crate::sources::report::quoted;
use crate::sources::text;

/// How many bytes of a page are read: its head.
const HEAD: usize = 200_000;
/// The types under which pages name their feeds.
const TYPES: &[&str] = &["application/rss+xml", "application/atom+xml", "application/feed+json"];

/// What the document is, and what to do about it. `base` is where it was fetched from.
pub(super) fn told(document: &str, base: Option<&Url>) -> (String, String) {
    let head = document.get(..document.floor_char_boundary(HEAD)).unwrap_or_default();
    // Only letters of ASCII change, so a place in one is the same place in the other.
    let small = head.to_ascii_lowercase();
    let start = small.get(..small.floor_char_boundary(2_000)).unwrap_or_default();
    if start.contains("<html") || start.contains("<!doctype html") {
        return match feed_of(head, &small, base) {
            Some(feed) => {
                (format!("this is a web page, not a feed; its feed is {feed}"), "give that address instead".into())
            }
            None => (
                "this is a web page, not a feed".into(),
                "look in its source for a link of the type application/rss+xml".into(),
            ),
        };
    }
    let look = "look at it in a browser or an editor".to_owned();
    if small.starts_with('{') || small.starts_with('[') {
        return ("this is JSON, but not a JSON Feed: it has no list of `items`".into(), look);
    }
    match root(&small) {
        Some("opml") => (
            "this is a list of feeds (OPML), not a feed".into(),
            "add [[feeds]] for each that you want to config.toml".into(),
        ),
        Some("urlset" | "sitemapindex") => {
            ("this is a sitemap, not a feed".into(), "look on the site for its feed".into())
        }
        Some(root) => {
            (format!("this is not a feed: neither RSS nor Atom, but XML that begins with {}", quoted(root)), look)
        }
        None => ("this is not a feed: neither RSS, Atom nor JSON Feed".into(), look),
    }
}

/// The name of the first element.
fn root(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('<') {
        let name = behind.split(|c: char| !(c.is_alphanumeric() || matches!(c, ':' | '-' | '_' | '.'))).next();
        if name.is_some_and(|name| name.starts_with(char::is_alphabetic)) {
            return name;
        }
        rest = behind;
    }
    None
}

/// The feed that a page's head names: `<link rel="alternate" type="application/rss+xml" href="…">`.
fn feed_of(page: &str, small: &str, base: Option<&Url>) -> Option<String> {
    for (at, _) in small.match_indices("<link") {
        let end = small.get(at..)?.find('>').map_or(small.len(), |end| at + end);
        let tag = small.get(at..end)?;
        if !tag.contains("alternate") || !TYPES.iter().any(|kind| tag.contains(kind)) {
            continue;
        }
        let Some(href) = tag.find("href=") else { continue };
        let value = page.get(at + href + "href=".len()..end)?;
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value.get(1..)?.split(quote).next()?,
            _ => value.split_whitespace().next()?,
        };
        let address = crate::text::html::references::xml(value.trim());
        let url = match base {
            Some(base) => base.join(&address).ok()?.to_string(),
            None => text::line(&address).text,
        };
        return Some(text::cut(&url, text::NAME).unwrap_or(url));
    }
    None
}
