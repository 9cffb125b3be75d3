//! Rules on links: that each is safe and has a clear text, and that both parts have the same links.

use std::collections::{BTreeSet, HashMap};

use url::Url;

use super::{At, Found, Issue, prose};
use crate::model::{Draft, canonical_url, is_tracking};

/// Link shorteners, which hide a link's target.
const SHORTENERS: &[&str] = &[
    "adf.ly",
    "amzn.to",
    "bit.ly",
    "bitly.com",
    "bl.ink",
    "buff.ly",
    "cutt.ly",
    "dlvr.it",
    "fb.me",
    "goo.gl",
    "hubs.ly",
    "is.gd",
    "lnk.to",
    "lnkd.in",
    "ow.ly",
    "rb.gy",
    "rebrand.ly",
    "s.id",
    "short.io",
    "shorturl.at",
    "soo.gd",
    "t.co",
    "t.ly",
    "tiny.cc",
    "tinyurl.com",
    "trib.al",
    "v.gd",
    "x.gd",
];
/// Link texts that are meaningless out of context, as in a screen reader's list of links.
const VAGUE: &[&str] = &[
    "click here",
    "click",
    "here",
    "read more",
    "more",
    "learn more",
    "find out more",
    "this",
    "this link",
    "link",
    "see more",
    "continue reading",
    "more info",
    "details",
];

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for (at, url) in addresses(issue.draft) {
        found.extend(target(at, url));
        known.insert(sober(url));
    }
    written(issue, &mut known, found);
    on_page(issue, &known, found);
    twice(issue, found);
    same_in_text(issue, found);
}

/// The `url`s of shown entries and cards.
pub fn addresses(draft: &Draft) -> Vec<(At, &str)> {
    let news = super::shown(draft).filter_map(|(n, entry)| Some((At::News(n, "url"), entry.url.as_deref()?)));
    news.chain(super::cards(draft).filter_map(|(n, card)| Some((At::Card(n, "url"), card.url.as_deref()?)))).collect()
}

/// Links that the editor wrote in Markdown.
fn written(issue: &Issue, known: &mut BTreeSet<String>, found: &mut Vec<Found>) {
    for inline in prose::inlines(issue.draft).into_iter().filter(|inline| !inline.image) {
        let mark = if inline.address.is_empty() { &inline.label } else { &inline.address };
        found.extend(target(inline.at, &inline.address).into_iter().map(|found| found.mark(mark)));
        known.insert(sober(&inline.address));
        if is_vague(&inline.label) {
            found.push(vague(inline.at, &inline.label).mark(&inline.label));
        }
    }
}

/// Links from templates. Those from the draft are reported at their place in it.
fn on_page(issue: &Issue, known: &BTreeSet<String>, found: &mut Vec<Found>) {
    let mut seen = BTreeSet::new();
    for (number, link) in issue.page.links() {
        let link = link.unwrap_or_default();
        let text = issue.page.text(number);
        if text.is_empty() && !link.is_empty() {
            let help = "write where it leads between <a> and </a>, or as the picture's alt";
            found.push(Found::warning("link-no-text", At::Html, format!("the link to {link} has no text"), help));
        }
        if known.contains(&sober(link)) || !seen.insert(link) {
            continue;
        }
        found.extend(target(At::Html, link));
        if is_vague(&text) {
            found.push(vague(At::Html, &text));
        }
    }
}

/// An address in its form in the rendered page.
fn sober(url: &str) -> String {
    Url::parse(url.trim()).map_or_else(|_| url.trim().to_owned(), |url| url.to_string())
}

fn is_vague(text: &str) -> bool {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    VAGUE.contains(&text.as_str())
}

fn vague(at: At, text: &str) -> Found {
    let message = format!("the link text \"{}\" alone does not say where it leads", super::short(text.trim()));
    Found::warning(
        "link-vague",
        at,
        message,
        "let the link's own words name the page: a screen reader lists them alone",
    )
}

/// What is wrong with one address.
fn target(at: At, url: &str) -> Vec<Found> {
    let url = url.trim();
    if url.is_empty() || url.starts_with('#') {
        let help = "give it an address, or take the link away";
        return vec![Found::error("link-empty", at, "a link leads nowhere", help)];
    }
    let Ok(parsed) = Url::parse(url) else {
        let message = format!("the link `{}` is not a whole address", super::short(url));
        let help = "a mail has no address of its own: write the link out in full, starting with https://";
        return vec![Found::error("link-relative", at, message, help)];
    };
    match parsed.scheme() {
        "mailto" => Vec::new(),
        "http" | "https" => manners(at, url, &parsed),
        scheme => {
            let message = format!("a link begins with `{scheme}:`, which mail programs block");
            vec![Found::error("link-scheme", at, message, "link to an https, http or mailto address")]
        }
    }
}

/// Problems of web addresses for subscribers.
fn manners(at: At, url: &str, parsed: &Url) -> Vec<Found> {
    let mut found = Vec::new();
    let shown = super::short(url);
    if parsed.scheme() == "http" {
        let message =
            format!("the link {shown} is not https: what subscribers open can be read and changed on its way");
        found.push(Found::warning("link-insecure", at, message, "try the address with https://"));
    }
    let host = parsed.host_str().unwrap_or_default();
    if SHORTENERS.contains(&host.strip_prefix("www.").unwrap_or(host)) {
        let message = format!("the link {shown} goes through the shortener {host}");
        let help = "link to the page itself: filters block shorteners, and subscribers cannot see where they go";
        found.push(Found::warning("link-shortened", at, message, help));
    }
    if let Some(pair) = parsed.query().unwrap_or_default().split('&').find(|pair| is_tracking(pair)) {
        let name = super::short(pair.split('=').next().unwrap_or_default());
        let message = format!("the link {shown} carries the tracking parameter `{name}`");
        found.push(Found::warning(
            "link-tracking",
            at,
            message,
            "cut the parameter off: it tells the site who sent whom",
        ));
    }
    found
}

/// One page linked from two places that are not two items: two cards, a card and an item, an item and its own words, twice in
/// the same words. The intro may point to what follows.
fn twice(issue: &Issue, found: &mut Vec<Found>) {
    let again = |at: At, url: &str, other: At| {
        let message = format!("the link {} already appears at {}", super::short(url), other.words(issue.draft));
        let help = "one link to a page is enough: remove this one, or link to something else";
        Found::warning("link-twice", at, message, help)
    };
    let mut first: HashMap<String, At> = HashMap::new();
    for (at, url) in addresses(issue.draft) {
        let Some(key) = canonical_url(url) else { continue };
        // Two items with one address are `item-twice`.
        let both_news = |other: &At| matches!((other, at), (At::News(..), At::News(..)));
        if let Some(other) = first.get(&key).filter(|other| !both_news(other)) {
            found.push(again(at, url, *other));
        }
        first.entry(key).or_insert(at);
    }
    let mut words: BTreeSet<(String, String)> = BTreeSet::new();
    for inline in prose::inlines(issue.draft).into_iter().filter(|inline| !inline.image) {
        let Some(key) = canonical_url(&inline.address) else { continue };
        let own = match inline.at {
            At::News(n, _) => Some(At::News(n, "url")),
            At::Card(n, _) => Some(At::Card(n, "url")),
            _ => None,
        };
        let fresh = words.insert((inline.at.words(issue.draft), key.clone()));
        let other = own.filter(|own| first.get(&key) == Some(own)).or((!fresh).then_some(inline.at));
        let mark = format!("[{}]({}", inline.label, inline.address);
        found.extend(other.map(|other| again(inline.at, &inline.address, other).mark(&mark)));
    }
}

/// Subscribers who read plain text must be able to follow every link. One that starts a mail (`mailto:` with a subject) is exempt: to
/// reply and to forward, every mail program has its own way.
fn same_in_text(issue: &Issue, found: &mut Vec<Found>) {
    let links: BTreeSet<&str> = issue.page.links().filter_map(|(_, link)| link).collect();
    let leads = |url: Url| match url.scheme() {
        "http" | "https" => true,
        scheme => scheme == "mailto" && url.query().is_none(),
    };
    let works = |link: &&str| Url::parse(link).is_ok_and(leads);
    for link in links.into_iter().filter(works).filter(|link| !stands(&issue.text, link)) {
        let message = format!("the plain text lacks the link {link}");
        let help = "print it in the edition's .txt.hbs template";
        found.push(Found::error("text-links-differ", At::Text, message, help));
    }
}

/// Whether the text contains the whole link, not just as the start of a longer one.
fn stands(text: &str, link: &str) -> bool {
    let ends = |rest: &str| {
        let rest = rest.trim_start_matches(['.', ',', ';', ':', '!', '?', ')', ']', '>', '"', '\'']);
        rest.is_empty() || rest.starts_with(char::is_whitespace)
    };
    text.match_indices(link).any(|(at, _)| ends(&text[at + link.len()..]))
}
