//! The report of a send as one self-contained HTML page: figures, tables, and plots as SVG. Knows no ledger and no
//! clock; the figures and the time zone are passed in.

mod advice;
mod compare;
mod numbers;
mod plots;
mod view;

use chrono_tz::Tz;
use handlebars::Handlebars;
use serde::Serialize;

use super::{Templates, draw};
use crate::model::{Notice, Notices, SendReport};

const TEMPLATE: &str = "page/report.html.hbs";

/// What a report needs besides the figures.
#[derive(Clone, Copy, Debug)]
pub struct ReportSetting<'a> {
    /// The time zone in which times are shown.
    pub zone: Tz,
    /// The page's BCP 47 tag.
    pub language: &'a str,
    /// The issue template whose colours the page uses; an unknown one gives the colours of all editions.
    pub template: &'a str,
}

/// Writes the report as an HTML page. The same arguments give the same bytes.
///
/// # Errors
/// The template is missing or uses an unknown name, or the tokens have a mistake.
pub fn report(report: &SendReport, setting: ReportSetting, templates: &Templates) -> Result<String, Notices> {
    let look = draw::look(setting.template, templates)?;
    let language = templates.language(setting.language)?;
    fill(TEMPLATE, &view::view(report, setting, &language, look)?, templates)
}

/// Fills a template that is a whole page, in strict mode: an unknown name is an error.
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
pub(super) mod tests;
