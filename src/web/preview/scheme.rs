//! Shows a page in light or dark mode regardless of the browser's own mode. Knows no inversion.

use super::markup::{Span, find_ignoring_case, into_head, name, spans, with_attributes};

/// A media feature that is always true, and one that is never true: unlike `all` they also work in longer conditions.
const ALWAYS: &str = "(min-width:0)";
const NEVER: &str = "(max-width:0)";

/// The page with every `(prefers-color-scheme: …)` decided, in its style sheets and `media` attributes; nothing else of it
/// changes but a rule that gives the canvas the same mode.
pub fn force(html: &str, dark: bool) -> String {
    let mut out = String::with_capacity(html.len() + 64);
    for span in spans(html) {
        match span {
            Span::Style(css) => out.push_str(&decide(css, dark)),
            Span::Tag(tag) if !name(tag).starts_with('/') => out.push_str(&with_attributes(tag, |name, value| {
                name.eq_ignore_ascii_case("media").then(|| decide(value, dark))
            })),
            Span::Tag(text) | Span::Other(text) => out.push_str(text),
        }
    }
    let mode = if dark { "dark" } else { "light" };
    into_head(&out, &format!("<style>:root{{color-scheme:only {mode}!important}}</style>"))
}

/// The page without its style sheets, as shown by programs that drop them.
pub fn plain(html: &str) -> String {
    spans(&force(html, false)).map(|span| if let Span::Style(_) = span { "" } else { span.text() }).collect()
}

/// CSS with the preferred colour scheme decided.
fn decide(css: &str, dark: bool) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = find_ignoring_case(rest, "prefers-color-scheme") {
        let open = rest[..at].rfind('(').filter(|open| rest[open + 1..at].trim().is_empty());
        let close = rest[at..].find(')').map(|close| at + close);
        let (Some(open), Some(close)) = (open, close) else {
            let past = at + "prefers-color-scheme".len();
            out.push_str(&rest[..past]);
            rest = &rest[past..];
            continue;
        };
        let value = rest[at..close].split_once(':').map(|(_, value)| value.trim());
        let holds = match value {
            None => true,
            Some(value) => value.eq_ignore_ascii_case(if dark { "dark" } else { "light" }),
        };
        out.push_str(&rest[..open]);
        out.push_str(if holds { ALWAYS } else { NEVER });
        rest = &rest[close + 1..];
    }
    out + rest
}
