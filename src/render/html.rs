//! MJML to HTML by mrml. Knows no draft.

use std::path::Path;

use mrml::prelude::render::RenderOptions;

use crate::model::{Notice, Notices};

/// Compiles MJML. `label` is the template that errors name.
pub fn compile(mjml: &str, label: &Path) -> Result<String, Notices> {
    let wrong = |what: String| {
        Notice::new(format!("the MJML of this template and its partials is not well-formed: {what}"))
            .at(label, None)
            .help("look for a tag that is not closed or a quote that is missing")
    };
    let parsed = mrml::parse(mjml).map_err(|error| wrong(error.to_string()))?;
    let options =
        RenderOptions { fonts: std::collections::HashMap::new(), disable_comments: true, social_icon_origin: None };
    let html = parsed.element.render(&options).map_err(|error| wrong(error.to_string()))?;
    Ok(tighten(&within_main(&html)))
}

/// Wraps the page's content in a main landmark, which MJML cannot express.
fn within_main(html: &str) -> String {
    let body = html.find("<body").and_then(|at| Some(at + html[at..].find('>')? + 1));
    match (body, html.rfind("</body>")) {
        (Some(from), Some(to)) if from <= to => {
            format!("{}<div role=\"main\">{}</div>{}", &html[..from], &html[from..to], &html[to..])
        }
        _ => html.to_owned(),
    }
}

/// Removes the templates' indentation: white space around a line break becomes just the line break. Nothing in the mail
/// is preformatted, so it looks the same.
pub fn tighten(html: &str) -> String {
    let lines: Vec<&str> = html.lines().map(str::trim_ascii).filter(|line| !line.is_empty()).collect();
    let mut out = lines.join("\n");
    out.push('\n');
    out
}
