//! Counted links: only those of stories and guides, in both parts; with the direct links put back, the bytes of an uncounted issue.

use super::*;
use crate::model::{Linked, TextLinks};

const BASE: &str = "https://almanac.example";

fn drawn(draft: &Draft, name: &str, clicks: Option<&str>, text_links: TextLinks) -> Rendered {
    let edition = Edition { text_links, ..edition(name) };
    let setting = Setting { clicks, ..Setting::new(sample::publication(), &edition) };
    render(draft, &setting, &Templates::builtin()).unwrap_or_else(|notices| panic!("{notices}"))
}

/// Every address that a part names, `&amp;` read as `&`.
fn addresses(part: &str) -> Vec<String> {
    let ends = |c: char| c.is_whitespace() || "\"<>".contains(c);
    let found = part.match_indices("https://").map(|(at, _)| part[at..].split(ends).next().unwrap_or_default());
    found.map(|found| found.replace("&amp;", "&")).collect()
}

#[test]
fn stories_and_guides_lead_to_the_pages_and_nothing_else_does() {
    let draft = sample::full();
    for name in ["midweek", "sunday"] {
        for text_links in [TextLinks::Numbered, TextLinks::Inline] {
            let rendered = drawn(&draft, name, Some(BASE), text_links);
            let tracking = rendered.tracking.clone().expect("counted links");
            assert_eq!(tracking.prefix, "https://almanac.example/go/2024-07-31-midweek/");
            let direct: Vec<&str> = tracking.links.iter().map(|link| link.url.as_str()).collect();
            for part in [Part::Html, Part::Text] {
                let filled = rendered.fill(part, &Ann);
                let found = addresses(&filled);
                for link in &tracking.links {
                    let address = format!("{}{}", tracking.prefix, link.key);
                    assert!(found.contains(&address), "{name} {part:?}: no {address} for {}", link.title);
                }
                assert!(!found.iter().any(|found| direct.contains(&found.as_str())), "{name} {part:?}: {filled}");
                for kept in ["/unsubscribe/3f9c1d5a7b2e4f60", "/preferences/3f9c1d5a7b2e4f60"] {
                    assert!(found.contains(&format!("{BASE}{kept}")), "{name} {part:?}: {kept}");
                }
            }
        }
    }
}

#[test]
fn links_stand_in_the_order_of_the_issue_and_keep_their_keys_when_it_changes() {
    let mut draft = sample::full();
    let links = |draft: &Draft| drawn(draft, "midweek", Some(BASE), TextLinks::Numbered).tracking.expect("links").links;
    let before = links(&draft);
    let ids = |kind| before.iter().filter(move |link| link.kind == kind).map(|link| link.id.as_str());
    let shown = draft.news.iter().filter(|entry| entry.url.is_some());
    assert_eq!(ids(Linked::News).collect::<Vec<_>>(), shown.map(|entry| entry.id.as_str()).collect::<Vec<_>>());
    let cards: Vec<&str> = draft.guides.iter().map(|card| card.slug.as_str()).collect();
    assert_eq!(ids(Linked::Guide).collect::<Vec<_>>()[..cards.len()], cards);
    draft.news.reverse();
    draft.news[0].title = "Another title".into();
    let banned = draft.news[1].id.clone();
    draft.news[1].banned = true;
    let after = links(&draft);
    for link in &before {
        let now = after.iter().find(|now| (now.kind, &now.id) == (link.kind, &link.id));
        match now {
            Some(now) => assert_eq!((&now.key, &now.url), (&link.key, &link.url)),
            None => assert_eq!(link.id, banned),
        }
    }
}

#[test]
fn a_public_address_with_a_path_or_an_odd_letter_is_written_as_one_address() {
    for (base, prefix) in [
        ("https://example.org/news", "https://example.org/news/go/2024-07-31-midweek/"),
        ("https://zeitung.example/ä", "https://zeitung.example/%C3%A4/go/2024-07-31-midweek/"),
        ("https://example.org/a&b'c", "https://example.org/a&b%27c/go/2024-07-31-midweek/"),
    ] {
        let rendered = drawn(&sample::full(), "sunday", Some(base), TextLinks::Numbered);
        assert_eq!(rendered.tracking.as_ref().expect("links").prefix, prefix);
        assert_eq!(rendered.direct(), drawn(&sample::full(), "sunday", None, TextLinks::Numbered), "{base}");
    }
    assert!(drawn(&sample::full(), "sunday", Some("no address"), TextLinks::Numbered).tracking.is_none());
}

#[test]
fn with_the_addresses_put_back_the_bytes_are_those_of_an_issue_that_counts_nothing() {
    for draft in [sample::full(), sample::minimal(), sample::hostile()] {
        for name in ["midweek", "sunday"] {
            let (on, off) =
                (drawn(&draft, name, Some(BASE), TextLinks::Inline), drawn(&draft, name, None, TextLinks::Inline));
            assert!(off.tracking.is_none());
            assert_eq!(on.direct(), off, "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_stands_in_an_issue_its_direct_form_is_the_uncounted_one(
        id in ".{0,40}", title in ".{0,60}", url in "(https?|mailto|javascript)://[a-z]{1,8}\\.example/\\PC{0,30}",
        prose in "\\PC{0,80}",
    ) {
        let mut draft = sample::full();
        draft.news[1].id = id;
        draft.news[1].title = title;
        draft.news[1].url = Some(url);
        draft.news[1].summary = format!("{prose} https://almanac.example/go/2024-07-31-midweek/ {prose}");
        let on = drawn(&draft, "midweek", Some(BASE), TextLinks::Inline);
        prop_assert_eq!(on.direct(), drawn(&draft, "midweek", None, TextLinks::Inline));
    }
}
