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
    written(issue, found);
    let distinct: BTreeSet<&str> = issue.page.links.iter().map(|link| link.as_deref().unwrap_or_default()).collect();
    for link in &distinct {
        found.extend(target("html", link));
    }
    same_in_text(issue, &distinct, found);
}

/// Links and images that the editor wrote in Markdown: rendering takes out what cannot work, so they are looked at here.
fn written(issue: &Issue, found: &mut Vec<Finding>) {
    let mut texts = vec![("intro".to_owned(), issue.draft.intro.as_str())];
    for (place, entry) in issue.shown() {
        texts.push((format!("{place}, summary"), &entry.summary));
        texts.push((format!("{place}, note"), &entry.note));
    }
    for (place, text) in texts {
        for (image, label, address) in markdown_links(text) {
            if image && label.trim().is_empty() {
                let help = "write what it shows between the brackets";
                found.push(Finding::error("missing-alt", &place, "an image has no alt text", help));
            } else if image {
                let help = "say it in words, or link to the picture";
                found.push(Finding::warning("image-dropped", &place, "an image in the text is not shown", help));
            } else {
                found.extend(target(&place, address));
            }
        }
    }
}

/// Inline links and images, `[label](address)`: whether it is an image, its label, and its address without a title.
fn markdown_links(text: &str) -> impl Iterator<Item = (bool, &str, &str)> {
    text.match_indices("](").filter_map(|(at, _)| {
        let open = text[..at].rfind('[')?;
        let rest = &text[at + 2..];
        let inside = &rest[..rest.find(')')?];
        let address = inside.split_whitespace().next().unwrap_or("").trim_matches(['<', '>']);
        Some((text[..open].ends_with('!'), &text[open + 1..at], address))
    })
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
