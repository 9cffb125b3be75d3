//! The report of a send as one HTML page that needs nothing else: figures, tables, and plots as SVG. Knows no ledger and no
//! clock; the figures and the zone are handed in.

mod plots;
mod view;

use chrono_tz::Tz;
use handlebars::Handlebars;
use serde::Serialize;

use super::Templates;
use crate::model::{Notice, Notices, SendReport};

const TEMPLATE: &str = "page/report.html.hbs";

/// Writes the report as an HTML page. `language` is the page's BCP 47 tag; times are shown in `zone`. The same arguments
/// give the same bytes.
///
/// # Errors
/// The template is not there, or names what there is not.
pub fn report(report: &SendReport, zone: Tz, language: &str, templates: &Templates) -> Result<String, Notices> {
    fill(TEMPLATE, &view::view(report, zone, language)?, templates)
}

/// Fills a template that is a whole page, strictly: a name that there is not is a mistake.
pub(super) fn fill(name: &str, view: &impl Serialize, templates: &Templates) -> Result<String, Notices> {
    let missing = || Notice::new(format!("there is no template templates/{name}"));
    let source = templates.get(name).ok_or_else(missing)?;
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    let wrong = |line: Option<usize>, what: String| Notice::new(what).at(&source.label, line);
    registry
        .register_template_string(name, &source.text)
        .map_err(|error| wrong(error.pos().map(|(line, _)| line), error.reason().to_string()))?;
    let page = registry.render(name, view).map_err(|error| wrong(error.line_no, error.reason().to_string()))?;
    Ok(page)
}

#[cfg(test)]
mod tests;
