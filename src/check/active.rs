//! Rules on active content and stray markup: HTML that acts by itself, and tags in the plain text.

use super::{At, Found, Issue};

/// Elements that run, load or ask for input. Mail programs remove them or treat the mail as an attack.
const ACTIVE: &[&str] = &[
    "applet", "base", "button", "dialog", "embed", "form", "frame", "frameset", "iframe", "input", "link", "math",
    "object", "portal", "script", "select", "svg", "template", "textarea",
];
/// Tags that news would not mention, unlike `<div>`.
const TAGS: &[&str] =
    &["</p>", "</a>", "</td>", "</span>", "<br>", "<br/>", "<br />", "&nbsp;", "&amp;", "&#39;", "&quot;"];

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let help = "take it out of the template: mail programs do, or refuse the mail";
    for element in &issue.page.elements {
        let refresh =
            element.name() == "meta" && element.attr("http-equiv").is_some_and(|v| v.eq_ignore_ascii_case("refresh"));
        if ACTIVE.contains(&element.name()) || refresh {
            let message = format!("the HTML has a <{}>", super::short(element.name()));
            found.push(Found::error("html-active", At::Html, message, help));
        }
        // HTML reserves `on` plus letters for event handlers.
        let handler = element.attrs().find(|(name, _)| name.len() > 2 && name.to_ascii_lowercase().starts_with("on"));
        if let Some((name, _)) = handler {
            let message = format!("the HTML has a script in the attribute `{}`", super::short(name));
            found.push(Found::error("html-active", At::Html, message, help));
        }
    }
    // A headline may mention a tag.
    let told = |tag: &str| issue.shown().any(|(_, entry)| entry.title.contains(tag) || entry.summary.contains(tag));
    if let Some(tag) = TAGS.iter().find(|tag| issue.text.contains(**tag) && !told(tag)) {
        let help =
            "print the text without markup in the edition's .txt.hbs template, or write it otherwise in the draft";
        found.push(Found::warning("text-tags", At::Text, format!("the plain text shows `{tag}` to subscribers"), help));
    }
}
