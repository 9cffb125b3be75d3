//! The one pass from draft to issue: view, templates, MJML, slots. Reads no file.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::compiled::{Format, ROOT, Ready};
use super::ready;
use super::setting::Medium;
use super::slots::Tokens;
use super::source::Source;
use super::texts::Words;
use super::view::{self, ArticleView, IssueView, PollView};
use super::{Setting, Templates, bounds, html, sample, words};
use crate::model::{Article, Draft, Edition, Notice, Notices, Rendered};
use crate::text::suggestion;

pub fn render(draft: &Draft, setting: &Setting, templates: &Templates) -> Result<Rendered, Notices> {
    let tokens = Tokens::new(draft, templates, setting.fields);
    let look = look(&setting.edition.template, templates)?;
    let publication = words::line(&setting.publication.name);
    let language = view::language(draft, setting);
    let texts = Words::of(&setting.edition.template, &publication, &language, templates)?;
    let shape = || shape(setting, &look, &texts, &tokens);
    let ready = ready::of(setting, templates, shape);
    let view = view::issue(draft, setting, look.clone(), &texts, &tokens);
    let [mjml, text] = ready.map(|ready| ready.and_then(|ready| part(&ready, &view)));
    let (mjml, text, article) = match (mjml, text, web(draft, setting, &texts, templates)) {
        (Ok(mjml), Ok(text), Ok(article)) => (mjml, text, article),
        (mjml, text, article) => {
            let wrong = [mjml.err(), text.err(), article.err()];
            return Err(Notices(wrong.into_iter().flatten().flat_map(|notices| notices.0).collect()));
        }
    };
    let html = html::compile(&mjml, &issue_label(&setting.edition.template, templates))?;
    Ok(Rendered {
        html: tokens.split(&html),
        text: tokens.split(&tidy(&text)),
        subject: view.subject,
        preheader: view.preheader,
        tracking: view.tracking,
        poll: view.poll.and_then(PollView::counted),
        article: Some(article),
    })
}

/// The issue as an article, by `page/article.html.hbs`.
pub fn article(draft: &Draft, setting: &Setting, templates: &Templates) -> Result<Article, Notices> {
    let (publication, language) = (words::line(&setting.publication.name), view::language(draft, setting));
    let texts = Words::of(&setting.edition.template, &publication, &language, templates)?;
    web(draft, setting, &texts, templates)
}

fn web(draft: &Draft, setting: &Setting, texts: &Words, templates: &Templates) -> Result<Article, Notices> {
    // An article's view has no name for a subscriber's values.
    let tokens = Tokens::none();
    let look = BTreeMap::new();
    let shape = || serde_json::json!(ArticleView::from(shape(setting, &look, texts, &tokens)));
    let ready = ready::file(Format::Html, "page/article.html.hbs", templates, shape)?;
    let setting = Setting { medium: Medium::Web, clicks: None, ..*setting };
    let view = ArticleView::from(view::issue(draft, &setting, BTreeMap::new(), texts, &tokens));
    let html = part(&ready, &view)?;
    Ok(view.article(html::tighten(&html)))
}

/// An issue that has every name that templates may use: guides stand under stories and, with what they explain, on cards.
fn shape(setting: &Setting, look: &BTreeMap<String, String>, texts: &Words, tokens: &Tokens) -> IssueView {
    let view = |edition: &Edition| {
        let setting = Setting { fields: setting.fields, ..sample::setting(edition) };
        view::issue(&sample::full(), &setting, look.clone(), texts, tokens)
    };
    let at_the_end = Edition { guides_by_story: false, ..sample::edition().clone() };
    let cards = view(&at_the_end);
    IssueView { guides: cards.guides, ..view(sample::edition()) }
}

fn issue_label(name: &str, templates: &Templates) -> std::path::PathBuf {
    templates.get(&format!("issue/{name}.mjml.hbs")).map(|source| source.label.clone()).unwrap_or_default()
}

/// The edition's tokens, read once.
pub fn look(name: &str, templates: &Templates) -> Result<BTreeMap<String, String>, Notices> {
    let kept = || templates.kept.looks.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(look) = kept().get(name) {
        return Ok(look.clone());
    }
    let look = read_look(name, templates)?;
    kept().insert(name.to_owned(), look.clone());
    Ok(look)
}

/// The edition's tokens, layer upon layer.
fn read_look(name: &str, templates: &Templates) -> Result<BTreeMap<String, String>, Notices> {
    let mut look = BTreeMap::new();
    for (depth, source) in templates.tokens(name).into_iter().enumerate() {
        for (token, value) in tokens(source)? {
            // A name that the lower layers do not set and no template reads would silently do nothing.
            if depth > 0 && !look.contains_key(&token) && !templates.reads(&token) {
                let line = line_of(&source.text, &token);
                let message = format!("no template reads the token `{token}`");
                let help = suggestion(&token, look.keys().map(String::as_str));
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

/// Renders one part.
pub fn part(ready: &Ready, view: &impl serde::Serialize) -> Result<String, Notices> {
    bounds::render(&ready.registry, ROOT, view).map_err(|error| {
        let notice = Notice::new(error.reason().to_string());
        match error.template_name.as_deref().and_then(|name| ready.labels.get(name)) {
            Some(label) => notice.at(label, error.line_no).into(),
            None => notice.into(),
        }
    })
}

/// Plain text without trailing blanks, with at most two consecutive empty lines and one line break at its end.
pub fn tidy(text: &str) -> String {
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
