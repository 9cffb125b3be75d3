//! Addresses as a mail has them: safe to print, counted where clicks are, and numbered for the text part. Knows no template.

use super::super::prose::Links;
use super::super::words;
use crate::model::Linked;

/// The address of a story or a guide as this mail has it, and its number.
pub fn counted(kind: Linked, id: &str, url: Option<&str>, links: &mut Links) -> (String, usize) {
    let url = url.and_then(words::href);
    let counted = links.tracking.as_ref().zip(url.as_ref()).and_then(|(t, url)| t.address(kind, id, url));
    numbered(counted.or(url).as_deref(), links)
}

/// An address that is safe to print, and its number in the text part.
pub fn numbered(url: Option<&str>, links: &mut Links) -> (String, usize) {
    let url = url.and_then(words::href).unwrap_or_default();
    let link = if url.is_empty() || links.inline { 0 } else { links.number(&url) };
    (url, link)
}
