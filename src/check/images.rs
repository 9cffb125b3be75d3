//! Rules on pictures: alt text, size, and https.

use super::{At, Found, Issue, prose};

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    written(issue, found);
    for (_, image) in issue.page.named("img") {
        let src = image.attr("src").unwrap_or_default();
        let shown = super::short(src);
        if image.attr("alt").is_none() {
            let message = format!("the picture {shown} has no alt text");
            let help = "say in `alt` what the picture shows; alt=\"\" when it only decorates";
            found.push(Found::error("missing-alt", At::Html, message, help));
        }
        let missing: Vec<&str> = ["width", "height"].into_iter().filter(|name| image.attr(name).is_none()).collect();
        if !missing.is_empty() {
            let message = format!("the picture {shown} has no {}", missing.join(" and no "));
            let help = "set both in pixels as attributes: Outlook on Windows knows no other size, and nothing jumps";
            found.push(Found::warning("image-size", At::Html, message, help));
        }
        if !src.to_ascii_lowercase().starts_with("https://") {
            let message = format!("the picture `{shown}` is not loaded over https");
            let help = "put it on the web and use its full https:// address; mail programs block anything else";
            found.push(Found::error("image-insecure", At::Html, message, help));
        }
    }
}

/// Pictures in Markdown, which the issue does not show.
fn written(issue: &Issue, found: &mut Vec<Found>) {
    for inline in prose::inlines(issue.draft).into_iter().filter(|inline| inline.image) {
        let finding = if inline.label.trim().is_empty() {
            let help = "write what it shows between the brackets";
            Found::error("missing-alt", inline.at, "an image has no alt text", help)
        } else {
            let help = "say it in words, or link to the picture";
            Found::warning("image-dropped", inline.at, "an image in the text is not shown", help)
        };
        found.push(finding.mark(&inline.address));
    }
}
