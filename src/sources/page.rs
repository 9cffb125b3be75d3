//! One news item from a web page: title, source, date and summary from its head. Knows no network.

use chrono::{DateTime, Utc};
use url::Url;

use super::feeds::{Ahead, ahead, parse_date};
use super::news::derived_id;
use super::text::{self, NAME, SUMMARY, TITLE};
use crate::model::{Item, Published, TextFormat};
use crate::text::html::PageHead;

/// A person's values for the item, which override the page's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageWords {
    pub title: Option<String>,
    pub source: Option<String>,
    pub published: Option<Published>,
    pub summary: Option<String>,
    pub score: Option<f64>,
    pub topics: Vec<String>,
}

/// Makes an item from a page. Without a date that can be read, or with one in the future, it counts as published now.
///
/// # Errors
/// Neither the page nor the person gives a title.
pub fn read_page(url: &Url, html: &str, words: &PageWords, now: DateTime<Utc>) -> Result<Item, String> {
    let head = PageHead::read(html);
    let line = |words: &str, most: usize| {
        let line = text::line(words).text;
        text::cut(&line, most).unwrap_or(line)
    };
    let given = |words: &Option<String>| words.clone().filter(|words| !words.trim().is_empty());
    let source = given(&words.source)
        .or_else(|| head.meta(&["og:site_name", "application-name"]).map(str::to_owned))
        .unwrap_or_else(|| url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned());
    let source = line(&source, NAME);
    let title = given(&words.title)
        .or_else(|| head.meta(&["og:title", "twitter:title", "citation_title"]).map(str::to_owned))
        .unwrap_or_else(|| without_source(&head.title, &source).to_owned());
    let title = line(&title, TITLE);
    if title.is_empty() {
        return Err("the page has no title; give one with --title".into());
    }
    let summary = given(&words.summary)
        .or_else(|| head.meta(&["og:description", "description", "twitter:description"]).map(str::to_owned));
    let dates = ["article:published_time", "date", "dc.date", "citation_publication_date", "parsely-pub-date"];
    let dated = head.meta(&dates).or(head.time.as_deref()).and_then(parse_date);
    let published = words.published.or(dated.filter(|date| ahead(*date, now) != Ahead::Far));
    let address = head.canonical.as_deref().and_then(|canonical| url.join(canonical).ok());
    // A canonical address of another site is that site's word about itself, not about this page.
    let address =
        address.filter(|address| address.host() == url.host() && address.path() != "/").unwrap_or_else(|| url.clone());
    Ok(Item {
        id: derived_id(Some(address.as_str()), &source, &title),
        title,
        source,
        published: published.unwrap_or_else(|| Published::At(now.fixed_offset())),
        score: words.score,
        url: Some(address.into()),
        summary: line(&summary.unwrap_or_default(), SUMMARY),
        topics: words.topics.clone(),
        format: TextFormat::Text,
        guides: Vec::new(),
        extra: serde_json::Map::new(),
    })
}

/// A page's `title` without the site's name, which many put behind it: "Larch 3 is out | Larch Labs".
fn without_source<'t>(title: &'t str, source: &str) -> &'t str {
    let parted = [" | ", " - ", " – ", " — ", " · "].iter().find_map(|mark| title.rsplit_once(mark));
    parted.filter(|(_, last)| last.trim().eq_ignore_ascii_case(source)).map_or(title, |(first, _)| first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-25T06:00:00Z";

    fn item(html: &str, words: &PageWords) -> Result<Item, String> {
        let url = Url::parse("https://www.larch.example/blog/larch-3?utm_source=x").unwrap();
        read_page(&url, html, words, NOW.parse().unwrap())
    }

    #[test]
    fn a_page_becomes_an_item() {
        let html = "<title>Larch 3 is out | Larch Labs</title><meta property=og:site_name content='Larch Labs'>\
                    <meta name=description content='It reads  two million\n tokens.'>\
                    <meta property=article:published_time content=2026-11-24T09:00:00+01:00><link rel=canonical href=/blog/larch-3>";
        let item = item(html, &PageWords::default()).unwrap();
        assert_eq!((item.title.as_str(), item.source.as_str()), ("Larch 3 is out", "Larch Labs"));
        assert_eq!(item.summary, "It reads two million tokens.");
        assert_eq!(item.published.to_string(), "2026-11-24T09:00:00+01:00");
        assert_eq!(item.url.as_deref(), Some("https://www.larch.example/blog/larch-3"));
    }

    #[test]
    fn what_a_person_says_goes_first_and_what_is_missing_is_made_up_for() {
        let bare = item("<h1>x</h1>", &PageWords::default());
        assert!(bare.unwrap_err().contains("--title"));
        let words = PageWords { title: Some("Mine".into()), score: Some(7.5), ..PageWords::default() };
        let own = item("<title>Theirs</title><time datetime=2031-01-01>", &words).unwrap();
        assert_eq!((own.title.as_str(), own.source.as_str(), own.score), ("Mine", "larch.example", Some(7.5)));
        assert_eq!(own.published.day(chrono_tz::UTC).to_string(), "2026-11-25", "no date of the future is believed");
        let elsewhere =
            item("<title>A</title><link rel=canonical href=https://other.example/a>", &PageWords::default()).unwrap();
        assert!(elsewhere.url.unwrap().starts_with("https://www.larch.example/blog/"));
    }
}
