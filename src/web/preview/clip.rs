//! Where Gmail clips a page. Knows no block.

use super::markup::{Span, name, spans};

/// Gmail shows about this many bytes of a message's HTML and hides the rest behind a link.
pub const LIMIT: usize = 102_400;

/// The last place in the page before `limit` bytes where a mark can stand without moving anything; `None` when all of the
/// page is shown.
pub fn place(html: &str, limit: usize) -> Option<usize> {
    if html.len() <= limit {
        return None;
    }
    let mut at = 0;
    let mut last = 0;
    for span in spans(html) {
        let start = at;
        at += span.text().len();
        let candidate = match span {
            // The end of a block of text lies in a cell or another block, never between the rows of a table.
            Span::Tag(tag) if ENDS.iter().any(|end| name(tag).eq_ignore_ascii_case(end)) => Some(at),
            // The same holds within words, and a blank is never part of a character reference.
            Span::Other(text) if !text.starts_with("<!") && !text.trim().is_empty() => {
                let shown = text.floor_char_boundary(limit.saturating_sub(start));
                text[..shown].rfind(|c: char| c.is_ascii_whitespace()).map(|blank| start + blank + 1)
            }
            _ => None,
        };
        last = candidate.filter(|candidate| *candidate <= limit).unwrap_or(last);
        if at > limit {
            break;
        }
    }
    Some(last)
}

const ENDS: [&str; 7] = ["/p", "/div", "/h1", "/h2", "/h3", "/a", "/span"];

/// The page with an empty element, `id="digest-clip"`, where it is clipped.
pub fn mark(html: &str, limit: usize) -> String {
    match place(html, limit) {
        None | Some(0) => html.to_owned(),
        Some(at) => [&html[..at], "<span id=\"digest-clip\"></span>", &html[at..]].concat(),
    }
}
