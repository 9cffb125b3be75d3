//! HTML cut into tags, style sheets and the rest, without changing a byte: enough to rewrite colours and media queries.
//! Knows neither.

use std::ops::Range;

/// A segment of a page. All segments of a page, one after another, are the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span<'h> {
    /// `<` to `>`.
    Tag(&'h str),
    /// The content of a `<style>`.
    Style(&'h str),
    /// Text, comments, declarations.
    Other(&'h str),
}

impl<'h> Span<'h> {
    pub fn text(self) -> &'h str {
        match self {
            Self::Tag(text) | Self::Style(text) | Self::Other(text) => text,
        }
    }
}

pub fn spans(html: &str) -> impl Iterator<Item = Span<'_>> {
    let mut rest = html;
    let mut in_style = false;
    std::iter::from_fn(move || {
        let length = if in_style { find_ignoring_case(rest, "</style").unwrap_or(rest.len()) } else { next(rest) };
        if length == 0 && in_style {
            in_style = false;
            let length = next(rest);
            return cut(&mut rest, length).map(Span::Tag);
        }
        let segment = cut(&mut rest, length)?;
        if in_style {
            in_style = false;
            return Some(Span::Style(segment));
        }
        let is_tag = begins_tag(segment) && !segment.starts_with("<!");
        in_style = is_tag && name(segment).eq_ignore_ascii_case("style");
        Some(if is_tag { Span::Tag(segment) } else { Span::Other(segment) })
    })
}

fn cut<'h>(rest: &mut &'h str, length: usize) -> Option<&'h str> {
    let (segment, after) = rest.split_at(length);
    *rest = after;
    if segment.is_empty() { None } else { Some(segment) }
}

/// The length of the tag, comment or run of text that `rest` begins with.
fn next(rest: &str) -> usize {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return comment.find("-->").map_or(rest.len(), |end| end + 7);
    }
    if !begins_tag(rest) {
        let tag = rest.match_indices('<').skip_while(|(at, _)| *at == 0).find(|(at, _)| begins_tag(&rest[*at..]));
        return tag.map_or(rest.len(), |(at, _)| at);
    }
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    rest.len()
}

/// Whether `text` begins with a tag or a declaration; a `<` before anything else is text.
fn begins_tag(text: &str) -> bool {
    text.strip_prefix('<')
        .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'))
}

/// A tag's name, with the slash of a closing one.
pub fn name(tag: &str) -> &str {
    let inner = tag.strip_prefix('<').unwrap_or(tag);
    inner.split(|c: char| c.is_ascii_whitespace() || c == '>').next().unwrap_or_default()
}

/// The attributes of a tag: each name, and the range of its value without quotes.
pub fn attributes(tag: &str) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 1 + name(tag).len();
    let space = |c: char| c.is_ascii_whitespace() || c == '/';
    loop {
        at += tag[at..].len() - tag[at..].trim_start_matches(space).len();
        let length = tag[at..].find(|c: char| space(c) || c == '=' || c == '>').unwrap_or(tag[at..].len());
        if length == 0 {
            // A stray `=` is skipped; anything else is the end.
            if !tag[at..].starts_with('=') {
                return found;
            }
            at += 1;
            continue;
        }
        let name = &tag[at..at + length];
        at += length;
        let after = tag[at..].trim_start();
        let Some(value) = after.strip_prefix('=').map(str::trim_start) else { continue };
        let start = tag.len() - value.len();
        let range = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let length = value[1..].find(quote).unwrap_or(value.len() - 1);
                start + 1..start + 1 + length
            }
            _ => start..start + value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len()),
        };
        at = (range.end + usize::from(range.start > start)).min(tag.len());
        found.push((name, range));
    }
}

/// The tag with the values of some attributes changed: those for which `change` returns a new one.
pub fn with_attributes(tag: &str, change: impl Fn(&str, &str) -> Option<String>) -> String {
    let mut out = String::with_capacity(tag.len());
    let mut done = 0;
    for (name, range) in attributes(tag) {
        if let Some(value) = change(name, &tag[range.clone()]) {
            out.push_str(&tag[done..range.start]);
            out.push_str(&value);
            done = range.end;
        }
    }
    out.push_str(&tag[done..]);
    out
}

/// Puts `segment` before the end of the page's head, or at the start of a page without one.
pub fn into_head(html: &str, segment: &str) -> String {
    let mut at = 0;
    let mut head = 0;
    for span in spans(html) {
        if matches!(span, Span::Tag(tag) if name(tag).eq_ignore_ascii_case("/head")) {
            head = at;
            break;
        }
        at += span.text().len();
    }
    [&html[..head], segment, &html[head..]].concat()
}

/// Where `needle`, lower-case ASCII, first occurs in `text`, ignoring case.
pub fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes().windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}
