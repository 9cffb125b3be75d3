//! Finds in a template's source what mrml would silently ignore or garble: unknown components and attributes, and
//! attribute values that it cannot print. Knows neither Handlebars nor data.

use std::path::Path;

use crate::model::Notice;
use crate::text::suggestion;

/// The components that our templates may use, each with its attributes. mrml prints any other tag as it is, so a misspelt
/// one would vanish, and ignores attributes that it does not know.
const COMPONENTS: &[(&str, &str)] = &[
    ("mj-all", "align color direction font-family font-size font-weight line-height"),
    ("mj-attributes", ""),
    ("mj-body", "width"),
    (
        "mj-button",
        "align background-color border border-bottom border-left border-radius border-right border-top color font-family \
         font-size font-style font-weight height href inner-padding letter-spacing line-height rel target text-align \
         text-decoration text-transform title vertical-align width",
    ),
    ("mj-class", "*"),
    (
        "mj-column",
        "border border-bottom border-left border-radius border-right border-top direction inner-background-color \
         inner-border inner-border-bottom inner-border-left inner-border-radius inner-border-right inner-border-top \
         vertical-align width",
    ),
    ("mj-divider", "align border-color border-style border-width width"),
    ("mj-group", "direction vertical-align width"),
    ("mj-head", ""),
    (
        "mj-image",
        "align alt border border-radius fluid-on-mobile font-size height href max-height name rel sizes src srcset target \
         title usemap width",
    ),
    ("mj-raw", ""),
    (
        "mj-section",
        "background-position background-repeat background-size background-url border border-bottom border-left \
         border-radius border-right border-top direction full-width text-align",
    ),
    ("mj-spacer", "height"),
    ("mj-style", "inline"),
    (
        "mj-table",
        "align border cellpadding cellspacing color font-family font-size line-height role table-layout width",
    ),
    (
        "mj-text",
        "align color font-family font-size font-style font-weight height letter-spacing line-height text-decoration \
         text-transform vertical-align",
    ),
    ("mj-title", ""),
    (
        "mj-wrapper",
        "background-position background-repeat background-size background-url border border-bottom border-left \
         border-radius border-right border-top direction full-width text-align",
    ),
];

/// Attributes of every component that shows something.
const COMMON: &str = "background-color container-background-color css-class mj-class padding padding-bottom padding-left \
                      padding-right padding-top";

/// A mistake at a position in a source.
pub struct Mistake {
    line: usize,
    column: usize,
    message: String,
    help: String,
}

impl Mistake {
    /// The mistake as a notice about the template that errors name.
    pub fn at(self, label: &Path) -> Notice {
        Notice::new(format!("column {}: {}", self.column, self.message)).at(label, self.line).help(self.help)
    }
}

/// Every mistake in the mj- tags of a source.
pub fn mistakes(source: &str) -> Vec<Mistake> {
    let source = without_comments(source);
    let source = source.as_str();
    let mut found = Vec::new();
    for (at, _) in source.match_indices("<mj-") {
        let tag = &source[at + 1..];
        let (name, rest) =
            tag.split_at(tag.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(tag.len()));
        let mut tell = |offset: usize, message: String, help: String| {
            let before = &source[..offset];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            found.push(Mistake { line, column, message, help });
        };
        let Some((_, own)) = COMPONENTS.iter().find(|(known, _)| *known == name) else {
            let help = suggestion(name, COMPONENTS.iter().map(|(name, _)| *name));
            tell(at + 1, format!("`<{name}>` is no MJML component that `digest` renders"), help);
            continue;
        };
        let known: Vec<&str> = own.split(' ').chain(COMMON.split(' ')).filter(|name| !name.is_empty()).collect();
        for attribute in attributes(rest) {
            let offset = at + 1 + name.len() + attribute.at;
            if *own != "*" && !known.contains(&attribute.name) {
                let message = format!("`<{name}>` has no attribute `{}`", attribute.name);
                tell(offset, message, suggestion(attribute.name, known.iter().copied()));
            } else if attribute.quote != '"' {
                let message = format!("the value of `{}` must stand in double quotes", attribute.name);
                tell(offset, message, format!("write {}=\"…\"", attribute.name));
            } else if let Some(c) = attribute.value.chars().find(|c| garbled(*c)) {
                let message = format!("{c:?} in `{}` would be garbled", attribute.name);
                tell(
                    offset,
                    message,
                    "write it on one line, of plain characters, or put it into the content".to_owned(),
                );
            }
        }
    }
    found
}

/// The source with Handlebars comments blanked out, so that positions stay the same.
fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{{!") {
        let close = if rest[at..].starts_with("{{!--") { "--}}" } else { "}}" };
        let end = rest[at..].find(close).map_or(rest.len(), |end| at + end + close.len());
        out.push_str(&rest[..at]);
        out.extend(rest[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &rest[end..];
    }
    out + rest
}

/// Whether mrml, which prints attributes by Rust's `{:?}`, would print `c` as something else.
fn garbled(c: char) -> bool {
    c == '\\' || c != '\'' && c != '"' && c.escape_debug().len() > 1
}

struct Attribute<'s> {
    /// Bytes from where the search started.
    at: usize,
    name: &'s str,
    quote: char,
    value: &'s str,
}

/// The attributes of a tag, from the end of its name; Handlebars expressions between them are skipped.
fn attributes(rest: &str) -> Vec<Attribute<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        at += rest[at..].len() - rest[at..].trim_start_matches(|c: char| c.is_whitespace() || c == '/').len();
        if rest[at..].starts_with("{{") {
            at += rest[at..].find("}}").map_or(rest.len() - at, |end| end + 2);
            continue;
        }
        let length = rest[at..].find(|c: char| c.is_whitespace() || "=>/{".contains(c)).unwrap_or(rest.len() - at);
        if length == 0 {
            return found;
        }
        let (start, name) = (at, &rest[at..at + length]);
        at += length;
        let after = rest[at..].trim_start();
        let Some(value) = after.strip_prefix('=').map(str::trim_start) else { continue };
        let quote = value.chars().next().unwrap_or('>');
        let inner = if matches!(quote, '"' | '\'') { &value[1..] } else { value };
        let end = match quote {
            '"' | '\'' => inner.find(quote),
            _ => inner.find(|c: char| c.is_whitespace() || c == '>'),
        };
        let value = &inner[..end.unwrap_or(inner.len())];
        at = rest.len() - inner.len() + value.len() + usize::from(end.is_some() && matches!(quote, '"' | '\''));
        found.push(Attribute { at: start, name, quote, value });
    }
}
