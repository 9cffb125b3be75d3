//! Rules on links: that each leads somewhere safe, and that both parts have the same.

use std::collections::BTreeSet;

use super::{Finding, Issue};

pub fn rules(issue: &Issue, found: &mut Vec<Finding>) {
    for (place, entry) in issue.shown() {
        if let Some(url) = &entry.url {
            found.extend(target(&place, url));
        }
    }
    for (i, card) in issue.draft.guides.iter().enumerate().filter(|(_, card)| !card.banned) {
        if let Some(url) = &card.url {
            found.extend(target(&format!("guides[{}] \"{}\"", i + 1, super::short(&card.title)), url));
        }
    }
    let distinct: BTreeSet<&str> = issue.page.links.iter().map(|link| link.as_deref().unwrap_or_default()).collect();
    for link in &distinct {
        found.extend(target("html", link));
    }
    same_in_text(issue, &distinct, found);
}

/// What is wrong with one address.
fn target(place: &str, url: &str) -> Option<Finding> {
    let url = url.trim();
    if url.is_empty() || url.starts_with('#') {
        let help = "give it an address, or take the link away";
        return Some(Finding::error("link-empty", place, "a link leads nowhere", help));
    }
    match url::Url::parse(url) {
        Ok(parsed) if ["http", "https", "mailto"].contains(&parsed.scheme()) => None,
        Ok(parsed) => Some(Finding::error(
            "link-scheme",
            place,
            format!("a link begins with `{}:`, which mail programs block", parsed.scheme()),
            "link to an https, http or mailto address",
        )),
        Err(_) => Some(Finding::error(
            "link-relative",
            place,
            format!("the link `{}` is not a whole address", super::short(url)),
            "a mail has no page to start from: write the address out, from https:// on",
        )),
    }
}

/// A reader of plain text must be able to follow every link.
fn same_in_text(issue: &Issue, links: &BTreeSet<&str>, found: &mut Vec<Finding>) {
    for link in links.iter().filter(|link| target("html", link).is_none() && !issue.text.contains(**link)) {
        found.push(Finding::error(
            "text-links-differ",
            "text",
            format!("the plain text lacks the link {link}"),
            "print it in the edition's .txt.hbs template",
        ));
    }
}
