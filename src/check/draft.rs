//! Rules on the news of a draft: that there is some, and that each item is whole.

use std::collections::HashMap;

use super::{Finding, Issue};

pub fn rules(issue: &Issue, found: &mut Vec<Finding>) {
    if issue.shown().next().is_none() {
        let help = "move items up from [[bench]], or skip this issue";
        found.push(Finding::error("no-news", "news", "the issue shows no news", help));
    }
    let mut first: HashMap<&str, String> = HashMap::new();
    for (place, entry) in issue.shown() {
        let url = entry.url.as_deref().map(str::trim);
        if url.is_none() {
            let help = "add `url`, so that readers can go on to the source";
            found.push(Finding::warning("item-no-link", place.clone(), "the item has no link", help));
        }
        if entry.summary.trim().is_empty() {
            let help = "write one to three sentences in `summary`";
            found.push(Finding::warning("item-no-summary", place.clone(), "the item has no summary", help));
        }
        match url.and_then(|url| first.get(url)) {
            Some(other) => {
                let message = format!("the item links to the same page as {other}");
                found.push(Finding::warning("item-twice", place, message, "ban one of the two"));
            }
            None => {
                url.map(|url| first.insert(url, place));
            }
        }
    }
}
