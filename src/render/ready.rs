//! Templates made ready: compiled, and every name in them checked, once for all drafts. Knows no draft.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use handlebars::{Handlebars, Template};
use serde_json::Value;

use super::compiled::{Compiled, Format, ROOT, Ready};
use super::view::IssueView;
use super::{Setting, Templates, bounds, helpers, lint, mjml, words};
use crate::model::{Notice, Notices};

/// The MJML and the text templates of an edition, ready. `shape` is an issue that has every name they may use; it is only called
/// when something is not ready yet.
pub fn of(setting: &Setting, templates: &Templates, shape: impl Fn() -> IssueView) -> [Result<Arc<Ready>, Notices>; 2] {
    [Format::Mjml, Format::Text].map(|format| {
        let key = (format, setting.edition.template.clone(), setting.fields.to_vec());
        let lock = || templates.kept.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = lock().get(&key) {
            return Ok(Arc::clone(ready));
        }
        let file = format!("issue/{}.{}.hbs", key.1, format.ending());
        let shape = serde_json::to_value(shape()).map_err(|error| Notice::new(error.to_string()))?;
        let ready = Arc::new(prepare(compile(format, &file, &key.1, templates)?, format, &shape)?);
        lock().insert(key, Arc::clone(&ready));
        Ok(ready)
    })
}

/// A single template of a letter or a page, ready; `shape` has every name that it may use.
pub fn file(
    format: Format,
    file: &str,
    templates: &Templates,
    shape: impl Fn() -> Value,
) -> Result<Arc<Ready>, Notices> {
    let key = (format, file.to_owned(), Vec::new());
    let lock = || templates.kept.ready.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(ready) = lock().get(&key) {
        return Ok(Arc::clone(ready));
    }
    let ready = Arc::new(prepare(compile(format, file, "", templates)?, format, &shape())?);
    lock().insert(key, Arc::clone(&ready));
    Ok(ready)
}

/// Checks every name in the templates of one part against `shape`, and makes them ready.
fn prepare(compiled: BTreeMap<String, Compiled>, format: Format, shape: &Value) -> Result<Ready, Notices> {
    lint::check(format, &compiled, shape)?;
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    bounds::register(&mut registry);
    match format {
        Format::Mjml | Format::Html => {
            registry.register_escape_fn(words::escape);
            helpers::register_html(&mut registry);
        }
        Format::Text => {
            registry.register_escape_fn(handlebars::no_escape);
            registry.set_prevent_indent(true);
            helpers::register_text(&mut registry);
        }
    }
    let labels = compiled.iter().map(|(name, c)| (name.clone(), c.label.to_path_buf())).collect();
    for (name, compiled) in compiled {
        registry.register_template(&name, bounds::counted(compiled.template));
    }
    Ok(Ready { registry, labels })
}

/// `file` with the partials of its part; those of edition template `name` replace the common ones.
fn compile<'t>(
    format: Format,
    file: &str,
    name: &str,
    templates: &'t Templates,
) -> Result<BTreeMap<String, Compiled<'t>>, Notices> {
    let Some(root) = templates.get(file) else {
        let notice = Notice::new(format!("there is no template templates/{file}"));
        let known = templates.issues(format.ending());
        return Err(notice.help(format!("write it, or set `template` to one of: {}", known.join(", "))).into());
    };
    let mut compiled = BTreeMap::new();
    let mut wrong = Vec::new();
    for (part, source) in std::iter::once((ROOT, root)).chain(templates.partials(format.ending(), name)) {
        if format == Format::Mjml {
            wrong.extend(mjml::mistakes(&source.text).into_iter().map(|mistake| mistake.at(&source.label)));
        }
        match Template::compile_with_name(&source.text, part.to_owned()) {
            Ok(template) => {
                compiled.insert(part.to_owned(), Compiled { label: &source.label, template });
            }
            Err(error) => {
                let (line, column) = error.pos().unwrap_or((1, 1));
                let message = format!("column {column}: {}", plain(&error.reason().to_string()));
                let help = "look for a `{{` without its `}}`, or a block such as `{{#if …}}` without its end";
                wrong.push(Notice::new(message).at(&source.label, line).help(help));
            }
        }
    }
    if wrong.is_empty() { Ok(compiled) } else { Err(Notices(wrong)) }
}

/// The parser's reason without its list of expected tokens: names of its grammar, which help nobody.
fn plain(reason: &str) -> String {
    match reason.split_once(": expected ") {
        Some((what, _)) => format!("{what} from here on"),
        None => reason.to_owned(),
    }
}
