//! The one pass from draft to issue: view, lint, templates, MJML, slots. Reads no file.

use std::collections::BTreeMap;
use std::path::Path;

use handlebars::{Handlebars, Template};

use super::slots::Tokens;
use super::templates::Source;
use super::view::{self, IssueView};
use super::{Setting, Templates, helpers, html, lint, mjml, sample, words};
use crate::model::{Draft, Notice, Notices, Rendered};

/// Which part a template makes; it decides the file's ending, the escape and the helpers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Mjml,
    Text,
}

impl Format {
    pub fn ending(self) -> &'static str {
        match self {
            Self::Mjml => "mjml",
            Self::Text => "txt",
        }
    }
}

/// A compiled template with the path that errors show.
pub struct Compiled<'t> {
    pub label: &'t Path,
    pub template: Template,
}

/// The name under which the issue's own template is registered; no partial can be called so.
pub const ROOT: &str = "issue/";

pub fn render(draft: &Draft, setting: &Setting, templates: &Templates) -> Result<Rendered, Notices> {
    let tokens = Tokens::new(draft, templates, setting.fields);
    let look = look(&setting.edition.template, templates)?;
    let shape = view::issue(&sample::full(), &sample_setting(setting), look.clone(), &tokens);
    let view = view::issue(draft, setting, look, &tokens);
    let mjml = part(Format::Mjml, &view, &shape, &setting.edition.template, templates);
    let text = part(Format::Text, &view, &shape, &setting.edition.template, templates);
    let (mjml, text) = match (mjml, text) {
        (Ok(mjml), Ok(text)) => (mjml, text),
        (mjml, text) => {
            let all = [mjml.err(), text.err()].into_iter().flatten().flat_map(|notices| notices.0).collect();
            return Err(Notices(all));
        }
    };
    let html = html::compile(&mjml, &issue_label(&setting.edition.template, templates))?;
    Ok(Rendered {
        html: tokens.split(&html),
        text: tokens.split(&tidy(&text)),
        subject: view.subject,
        preheader: view.preheader,
    })
}

/// The setting under which the full sample shows every name a template may use: grouped by topic.
fn sample_setting<'a>(setting: &Setting<'a>) -> Setting<'a> {
    Setting { publication: sample::publication(), edition: sample::edition(), ..*setting }
}

fn issue_label(name: &str, templates: &Templates) -> std::path::PathBuf {
    templates.get(&format!("issue/{name}.mjml.hbs")).map(|source| source.label.clone()).unwrap_or_default()
}

/// The edition's tokens, layer upon layer.
pub fn look(name: &str, templates: &Templates) -> Result<BTreeMap<String, String>, Notices> {
    let mut look = BTreeMap::new();
    for (depth, source) in templates.tokens(name).into_iter().enumerate() {
        for (token, value) in tokens(source)? {
            // A name that is neither known from below nor read by any template would change nothing, in silence.
            if depth > 0 && !look.contains_key(&token) && !templates.reads(&token) {
                let line = line_of(&source.text, &token);
                let message = format!("no template reads the token `{token}`");
                let help = lint::nearest(&token, look.keys().map(String::as_str));
                return Err(Notice::new(message).at(&source.label, line).help(help).into());
            }
            look.insert(token, value);
        }
    }
    Ok(look)
}

/// One file of tokens.
fn tokens(source: &Source) -> Result<BTreeMap<String, String>, Notices> {
    let look: BTreeMap<String, String> = toml::from_str(&source.text).map_err(|error| {
        let line = error.span().map(|span| source.text[..span.start].matches('\n').count() + 1);
        Notice::new(error.message().to_owned())
            .at(&source.label, line)
            .help("a tokens file has lines such as accent = \"#0f766e\"")
    })?;
    let plain = |value: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || "#,.%()/ -".contains(c));
    match look.iter().find(|(_, value)| !plain(value)) {
        Some((name, value)) => {
            Err(Notice::new(format!("`{name}` is not a plain colour, size or font list: {value:?}"))
                .at(&source.label, line_of(&source.text, name))
                .help("use letters, digits and # , . % / ( ) - only; font names need no quotes")
                .into())
        }
        None => Ok(look),
    }
}

/// The line that sets a token, from 1.
fn line_of(text: &str, token: &str) -> Option<usize> {
    let sets =
        |line: &str| line.trim_start().strip_prefix(token).is_some_and(|rest| rest.trim_start().starts_with('='));
    text.lines().position(sets).map(|at| at + 1)
}

/// Renders one part: compiles its templates, checks every name in them against `shape`, then runs them on `view`.
fn part(
    format: Format,
    view: &IssueView,
    shape: &IssueView,
    name: &str,
    templates: &Templates,
) -> Result<String, Notices> {
    let compiled = compile(format, name, templates)?;
    let shape = serde_json::to_value(shape).map_err(|error| Notice::new(error.to_string()))?;
    lint::check(format, &compiled, &shape)?;
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    match format {
        Format::Mjml => {
            registry.register_escape_fn(words::escape);
            helpers::register_html(&mut registry);
        }
        Format::Text => {
            registry.register_escape_fn(handlebars::no_escape);
            registry.set_prevent_indent(true);
            helpers::register_text(&mut registry);
        }
    }
    let labels: BTreeMap<String, &Path> = compiled.iter().map(|(name, c)| (name.clone(), c.label)).collect();
    for (name, compiled) in compiled {
        registry.register_template(&name, compiled.template);
    }
    registry.render(ROOT, view).map_err(|error| {
        let notice = Notice::new(error.reason().to_string());
        match error.template_name.as_deref().and_then(|name| labels.get(name)) {
            Some(label) => notice.at(label, error.line_no).into(),
            None => notice.into(),
        }
    })
}

fn compile<'t>(
    format: Format,
    name: &str,
    templates: &'t Templates,
) -> Result<BTreeMap<String, Compiled<'t>>, Notices> {
    let file = format!("issue/{name}.{}.hbs", format.ending());
    let Some(root) = templates.get(&file) else {
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
                let message = format!("column {column}: {}", error.reason());
                wrong.push(Notice::new(message).at(&source.label, line));
            }
        }
    }
    if wrong.is_empty() { Ok(compiled) } else { Err(Notices(wrong)) }
}

/// Plain text without trailing blanks, with at most two empty lines together and one line break at its end.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(&"\n".repeat(empty.min(2)));
        }
        empty = 0;
        out.push_str(line);
        out.push('\n');
    }
    out
}
