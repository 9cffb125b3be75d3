//! MJML to HTML by mrml, with what mrml lets pass in silence found first. Knows no draft.

use std::path::Path;

use mrml::prelude::render::RenderOptions;

use super::lint::nearest;
use crate::model::{Notice, Notices};

/// The components that our templates may use: mrml prints any other tag as it is, so a misspelt one would vanish.
const COMPONENTS: &[&str] = &[
    "mj-all",
    "mj-attributes",
    "mj-body",
    "mj-button",
    "mj-class",
    "mj-column",
    "mj-divider",
    "mj-group",
    "mj-head",
    "mj-image",
    "mj-raw",
    "mj-section",
    "mj-spacer",
    "mj-style",
    "mj-table",
    "mj-text",
    "mj-title",
    "mj-wrapper",
];

/// Compiles MJML. `label` is the template that errors name.
pub fn compile(mjml: &str, label: &Path) -> Result<String, Notices> {
    if let Some(unknown) = components(mjml).find(|name| !COMPONENTS.contains(name)) {
        let notice = Notice::new(format!("`<{unknown}>` is no MJML component that `digest` renders")).at(label, None);
        return Err(notice.help(nearest(unknown, COMPONENTS.iter().copied())).into());
    }
    let wrong = |what: String| {
        Notice::new(format!("the MJML of this template and its partials is not well-formed: {what}"))
            .at(label, None)
            .help("look for a tag that is not closed or a quote that is missing")
    };
    let parsed = mrml::parse(mjml).map_err(|error| wrong(error.to_string()))?;
    let options =
        RenderOptions { fonts: std::collections::HashMap::new(), disable_comments: true, social_icon_origin: None };
    let html = parsed.element.render(&options).map_err(|error| wrong(error.to_string()))?;
    Ok(tighten(&html))
}

/// The names of the mj- tags that open in `mjml`.
fn components(mjml: &str) -> impl Iterator<Item = &str> {
    mjml.match_indices("<mj-").map(|(at, _)| {
        let name = &mjml[at + 1..];
        &name[..name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(name.len())]
    })
}

/// Takes the templates' own indentation out: white space around a line break becomes that line break. Nothing in the mail
/// is preformatted, so nothing changes in how it looks.
fn tighten(html: &str) -> String {
    let lines: Vec<&str> = html.lines().map(str::trim_ascii).filter(|line| !line.is_empty()).collect();
    let mut out = lines.join("\n");
    out.push('\n');
    out
}
