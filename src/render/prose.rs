//! Text for both parts: an editor's Markdown as safe HTML and as plain text with numbered links; plain text as it is. Knows neither
//! template nor draft.

mod flat;
mod plain;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use comrak::nodes::{ListType, Node, NodeValue};
use comrak::{Arena, Options, format_html, parse_document};

use super::words;
use crate::model::{TextFormat, Tracking};
use crate::text::html::{self, Breaks};
use crate::text::markdown;

/// Markdown longer than this, or nested deeper than [`DEEPEST`], is shown as plain text: sanitising it can take seconds.
const LONGEST: usize = 200_000;
const DEEPEST: usize = 24;

/// The links of an issue in the order of the plain text: one number for each address.
#[derive(Debug, Default)]
pub struct Links {
    numbers: HashMap<String, usize>,
    pub urls: Vec<String>,
    /// Whether the plain text has the address itself in place of a number.
    pub inline: bool,
    /// The links of stories and guides that are counted; links in prose never are.
    pub tracking: Option<Tracking>,
    /// How a link in prose looks; inline, since some mail programs drop style sheets. `None` on the web, where nothing has an inline
    /// style.
    style: Option<String>,
}

impl Links {
    /// Those of a mail. `style`: how a link in prose looks.
    pub fn new(style: String, inline: bool) -> Self {
        Self { inline, style: Some(style), ..Self::default() }
    }

    /// Sanitised HTML with its inline styles, if any.
    fn dressed(&self, html: String) -> String {
        match &self.style {
            Some(style) => dress(&html, style),
            None => html,
        }
    }

    /// The number of `url`, from 1; a new one if it was not seen before.
    pub fn number(&mut self, url: &str) -> usize {
        if let Some(number) = self.numbers.get(url) {
            return *number;
        }
        self.urls.push(url.to_owned());
        self.numbers.insert(url.to_owned(), self.urls.len());
        self.urls.len()
    }
}

/// The same words for both parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Prose {
    pub html: String,
    pub text: String,
}

/// Reads a summary by its format.
pub fn summary(format: TextFormat, text: &str, links: &mut Links) -> Prose {
    match format {
        TextFormat::Text => plain(text, links),
        TextFormat::Markdown => read(text, links),
    }
}

/// A title on one line: all its words, without Markdown markup if it is Markdown.
pub fn title(format: TextFormat, text: &str) -> String {
    match format {
        TextFormat::Text => words::line(html::from_plain(text, Breaks::None).as_deref().unwrap_or(text)),
        TextFormat::Markdown => words::line(&markdown::words(text)),
    }
}

fn plain(text: &str, links: &Links) -> Prose {
    let prose = plain::read(text);
    Prose { html: links.dressed(prose.html), ..prose }
}

/// Reads Markdown. In HTML only p a em strong code ul ol li br blockquote are left, with http, https and mailto links.
pub fn read(markdown: &str, links: &mut Links) -> Prose {
    let markdown = markdown.trim();
    if markdown.is_empty() {
        return Prose::default();
    }
    if markdown.len() > LONGEST || markdown.lines().any(is_deep) {
        return plain(markdown, links);
    }
    let arena = Arena::new();
    let mut options = Options::default();
    options.parse.smart = false;
    options.extension.table = true;
    let root = parse_document(&arena, markdown, &options);
    if deepest(root) > DEEPEST {
        return plain(markdown, links);
    }
    flat::flatten(root, &arena);
    let mut raw = String::new();
    if format_html(root, &options, &mut raw).is_err() {
        return plain(markdown, links);
    }
    let html = links.dressed(visible(&sanitise(&raw)));
    let mut text = Text { links, out: String::new(), indent: String::new() };
    text.blocks(root);
    Prose { html, text: text.out.trim_end().to_owned() }
}

/// Whether a line opens more quotes and lists than any prose does.
fn is_deep(line: &str) -> bool {
    let marks = line.chars().take_while(|c| c.is_whitespace() || ">-*+0123456789.)".contains(*c));
    marks.filter(|c| !c.is_whitespace() && !c.is_ascii_digit()).count() > DEEPEST && line.contains([' ', '>'])
}

fn deepest(root: Node<'_>) -> usize {
    let mut deepest = 0;
    let mut open = vec![(root, 1)];
    while let Some((node, depth)) = open.pop() {
        deepest = deepest.max(depth);
        open.extend(node.children().map(|child| (child, depth + 1)));
    }
    deepest
}

fn sanitise(html: &str) -> String {
    static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
        let mut builder = ammonia::Builder::empty();
        builder
            .tags(HashSet::from(["p", "a", "em", "strong", "code", "ul", "ol", "li", "br", "blockquote"]))
            .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))]))
            .url_schemes(HashSet::from(["https", "http", "mailto"]))
            .url_relative(ammonia::UrlRelative::Deny)
            .link_rel(None);
        builder
    });
    CLEANER.clean(html).to_string()
}

/// Makes sanitised HTML fit for mrml: void tags closed, and no character that could turn or hide the text around it.
fn visible(html: &str) -> String {
    let kept = |c: &char| *c == '\n' || !c.is_control();
    let html: String = html.trim().chars().filter(kept).filter(|c| !words::turns(*c)).collect();
    html.replace("<br>", "<br />").replace("<p></p>", "")
}

/// Adds inline styles to sanitised HTML. Lists and quotes have margins on both sides, so that either may come first.
/// Text that looks like a tag is escaped by now, so every `<p>` is ours.
fn dress(html: &str, link: &str) -> String {
    html.replace("<p>", "<p style=\"margin:0 0 10px\">")
        .replace("<a href=", &format!("<a class=\"accent\" style=\"{link}\" href="))
        .replace("<blockquote>", "<blockquote style=\"margin:0 0 10px;padding:0 14px\">")
        .replace("<ul>", "<ul style=\"margin:0 0 10px;padding:0 24px\">")
        .replace("<ol", "<ol style=\"margin:0 0 10px;padding:0 24px\"")
}

/// Writes the plain text: paragraphs separated by empty lines, one source line each, so that `wrap` can break them.
struct Text<'l> {
    links: &'l mut Links,
    out: String,
    indent: String,
}

impl Text<'_> {
    fn blocks(&mut self, parent: Node<'_>) {
        for node in parent.children() {
            self.block(node);
        }
    }

    fn block(&mut self, node: Node<'_>) {
        let value = node.data.borrow().value.clone();
        match value {
            NodeValue::BlockQuote => {
                let before = self.indent.len();
                self.indent.push_str("> ");
                self.blocks(node);
                self.indent.truncate(before);
            }
            NodeValue::List(list) => {
                for (i, item) in node.children().enumerate() {
                    let mark = match list.list_type {
                        ListType::Ordered => format!("{}. ", list.start.saturating_add(i)),
                        ListType::Bullet => "- ".to_owned(),
                    };
                    self.item(&mark, item);
                }
                self.out.push('\n');
            }
            _ => self.paragraph(node),
        }
    }

    /// A list item: its words on one line, then lists or quotes inside it, indented.
    fn item<'a>(&mut self, mark: &str, node: Node<'a>) {
        let nested = |child: &Node<'a>| matches!(child.data.borrow().value, NodeValue::List(_) | NodeValue::BlockQuote);
        let mut words = String::new();
        for child in node.children().filter(|child| !nested(child)) {
            if !words.is_empty() {
                words.push(' ');
            }
            self.inlines(child, &mut words);
        }
        self.line(mark, &words);
        for child in node.children().filter(nested) {
            let before = self.indent.len();
            self.indent.push_str("  ");
            self.block(child);
            self.indent.truncate(before);
        }
    }

    fn paragraph(&mut self, node: Node<'_>) {
        let mut words = String::new();
        self.inlines(node, &mut words);
        if !words.trim().is_empty() {
            self.line("", &words);
            self.out.push('\n');
        }
    }

    fn line(&mut self, mark: &str, words: &str) {
        for (i, line) in words.split('\n').enumerate() {
            self.out.push_str(&self.indent);
            self.out.push_str(if i == 0 { mark } else { "" });
            self.out.push_str(&words::line(line));
            self.out.push('\n');
        }
    }

    fn inlines(&mut self, node: Node<'_>, out: &mut String) {
        match &node.data.borrow().value {
            NodeValue::Text(text) => out.push_str(text),
            NodeValue::Code(code) => out.push_str(&code.literal),
            NodeValue::CodeBlock(code) => out.push_str(&code.literal),
            NodeValue::SoftBreak => out.push(' '),
            NodeValue::LineBreak => out.push('\n'),
            NodeValue::Link(link) => {
                let start = out.len();
                for child in node.children() {
                    self.inlines(child, out);
                }
                // A link whose text is its address would show it twice: the number is enough.
                if words::href(&out[start..]).as_deref() == Some(link.url.as_str()) {
                    out.truncate(start);
                }
                let gap = if out.is_empty() || out.ends_with(char::is_whitespace) { "" } else { " " };
                if self.links.inline {
                    let _ = write!(out, "{gap}<{}>", link.url);
                } else {
                    let _ = write!(out, "{gap}[{}]", self.links.number(&link.url));
                }
            }
            _ => node.children().for_each(|child| self.inlines(child, out)),
        }
    }
}
