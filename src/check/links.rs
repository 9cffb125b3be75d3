//! Links: each leads somewhere, and the text part has the same ones.

use std::collections::BTreeSet;

use super::{Finding, Issue, error};

/// Every `href` is an absolute http(s) or mailto URL.
pub fn targets(issue: &Issue) -> Vec<Finding> {
    let mut found: Vec<Finding> = issue
        .page
        .all("a")
        .filter_map(|link| {
            let place = format!("html, link `{}`", link.text.trim());
            target(&place, link.get("href").unwrap_or("").trim())
        })
        .collect();
    for (section, entries) in [("news", &issue.draft.news), ("bench", &issue.draft.bench)] {
        for (i, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.banned) {
            let place = format!("{section}[{i}] \"{}\"", entry.title);
            found.extend(entry.url.as_deref().and_then(|url| target(&place, url.trim())));
        }
    }
    for (i, card) in issue.draft.guides.iter().enumerate().filter(|(_, card)| !card.banned) {
        let place = format!("guides[{i}] \"{}\"", card.title);
        found.extend(card.url.as_deref().and_then(|url| target(&place, url.trim())));
    }
    found
}

fn target(place: &str, href: &str) -> Option<Finding> {
    if href.is_empty() || href == "#" {
        return Some(error("link-empty", place, "the link leads nowhere", "give it a URL, or remove the link"));
    }
    match url::Url::parse(href) {
        Ok(url) if matches!(url.scheme(), "https" | "http" | "mailto") => None,
        Ok(url) => {
            let what = format!("a link with the scheme `{}:` does not work in a mail", url.scheme());
            Some(error("link-scheme", place, what, "use https"))
        }
        Err(_) => {
            let what = format!("`{href}` is no absolute URL, so a mail program cannot follow it");
            Some(error("link-relative", place, what, "write the whole URL with https://"))
        }
    }
}

/// Who reads the text part gets every link of the HTML.
pub fn same_in_text(issue: &Issue) -> Vec<Finding> {
    let links: BTreeSet<&str> = issue.page.all("a").filter_map(|a| a.get("href")).filter(|h| h.starts_with("http")).collect();
    links
        .into_iter()
        .filter(|href| !issue.text.contains(href))
        .map(|href| {
            let what = format!("the text part lacks the link {href}");
            error("text-links-differ", "text", what, "add it to the text template")
        })
        .collect()
}
