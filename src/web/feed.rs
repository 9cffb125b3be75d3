//! Past issues as an Atom feed (RFC 4287). Knows no store; its entries are passed in as plain data.

use atom_syndication as atom;
use chrono::{DateTime, Utc};

/// A feed and its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    pub title: String,
    /// A BCP 47 tag.
    pub language: String,
    /// Where the public pages live, without a trailing slash.
    pub base: String,
    pub updated: DateTime<Utc>,
    /// The newest first.
    pub entries: Vec<Entry>,
}

/// An issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Never changes and never names another entry (RFC 4287 §4.2.6).
    pub id: String,
    /// Where it can be read.
    pub url: String,
    pub title: String,
    pub summary: String,
    /// The name of the edition.
    pub edition: String,
    /// The BCP 47 tag of the language that the issue is written in.
    pub language: String,
    pub published: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    /// The whole issue.
    pub html: String,
}

/// Writes the feed as XML.
///
/// # Errors
/// Why it cannot be written.
pub fn write(feed: &Feed) -> Result<String, String> {
    let link = |rel: &str, href: String, kind: &str| atom::Link {
        href,
        rel: rel.into(),
        mime_type: Some(kind.into()),
        ..atom::Link::default()
    };
    let own = format!("{}/feed.xml", feed.base);
    let whole = atom::Feed {
        title: text(&feed.title),
        id: own.clone(),
        updated: feed.updated.fixed_offset(),
        lang: Some(feed.language.clone()),
        authors: vec![atom::Person { name: clean(&feed.title), ..atom::Person::default() }],
        links: vec![
            link("self", own, "application/atom+xml"),
            link("alternate", format!("{}/archive", feed.base), "text/html"),
        ],
        entries: feed
            .entries
            .iter()
            .map(|entry| self::entry(entry, link("alternate", entry.url.clone(), "text/html")))
            .collect(),
        ..atom::Feed::default()
    };
    let bytes = whole.write_to(Vec::new()).map_err(|why| why.to_string())?;
    String::from_utf8(bytes).map_err(|why| why.to_string())
}

fn entry(entry: &Entry, link: atom::Link) -> atom::Entry {
    atom::Entry {
        title: text_in(&entry.language, &entry.title),
        id: entry.id.clone(),
        updated: entry.updated.fixed_offset(),
        published: Some(entry.published.fixed_offset()),
        links: vec![link],
        categories: vec![atom::Category { term: clean(&entry.edition), ..atom::Category::default() }],
        summary: Some(&entry.summary)
            .filter(|summary| !summary.is_empty())
            .map(|summary| text_in(&entry.language, summary)),
        content: Some(atom::Content {
            value: Some(clean(&entry.html)),
            content_type: Some("html".into()),
            lang: Some(entry.language.clone()),
            ..atom::Content::default()
        }),
        ..atom::Entry::default()
    }
}

fn text(words: &str) -> atom::Text {
    atom::Text::plain(clean(words))
}

fn text_in(language: &str, words: &str) -> atom::Text {
    atom::Text { lang: Some(language.to_owned()), ..text(words) }
}

/// Text without the characters that XML cannot represent (XML 1.0 §2.2) and without carriage returns, which it reads as a line
/// feed (§2.11).
fn clean(text: &str) -> String {
    let writable = |c: &char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(writable).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn feed(title: &str, html: &str) -> Feed {
        let at = |ms| DateTime::from_timestamp_millis(ms).expect("a time");
        let entry = Entry {
            id: "tag:news.example,2026-11-25:midweek".into(),
            url: "https://news.example/archive/2026-11-25-midweek".into(),
            title: title.into(),
            summary: "In short".into(),
            edition: "midweek".into(),
            language: "de".into(),
            published: at(1_764_054_000_000),
            updated: at(1_764_140_400_000),
            html: html.into(),
        };
        Feed {
            title: "Almanac & Co".into(),
            language: "en".into(),
            base: "https://news.example".into(),
            updated: entry.updated,
            entries: vec![entry],
        }
    }

    #[test]
    fn a_feed_by_snapshot() {
        insta::assert_snapshot!(write(&feed("A <b>calm</b> week", "<p>Words &amp; more</p>")).expect("a feed"));
    }

    proptest! {
        #[test]
        fn what_goes_in_is_what_a_subscriber_gets_out(title in "\\PC{0,60}", html in prop::collection::vec(any::<char>(), 0..80)) {
            let html: String = html.into_iter().chain("\u{1}<p>\u{fffe}".chars()).collect();
            let written = write(&feed(&title, &html)).expect("a feed");
            let read = atom::Feed::read_from(written.as_bytes()).expect("well-formed");
            let entry = &read.entries[0];
            prop_assert_eq!(&entry.id, "tag:news.example,2026-11-25:midweek");
            // This parser trims.
            let plain = |text: &str| clean(text).trim().to_owned();
            prop_assert_eq!(entry.title.value.trim(), plain(&title));
            let content = entry.content.as_ref().and_then(|content| content.value.as_deref()).unwrap_or_default();
            prop_assert_eq!(content.trim(), plain(&html));
        }
    }
}
