//! An order of items that depends only on their content, not on their place in the files.

use std::cmp::Ordering;

use crate::model::Item;

/// Distinguishes any two different items.
pub fn by_content(a: &Item, b: &Item) -> Ordering {
    fn words(item: &Item) -> (&str, &str, &str, Option<&str>, &str, &[String], &[String]) {
        let Item { id, title, source, url, summary, topics, guides, .. } = item;
        (id, title, source, url.as_deref(), summary, topics, guides)
    }
    words(a).cmp(&words(b)).then_with(|| a.published.to_string().cmp(&b.published.to_string()))
}
