//! The HTML part as elements and runs of text with their byte positions, by html5ever's tokenizer. Knows no draft and no rule.

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind,
};
use html5ever::{Attribute, LocalName};

use crate::model::Tracking;

/// Elements that have no content and no end tag (HTML standard, "void elements").
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// One element. Content of conditional comments for Outlook is not included.
#[derive(Debug)]
pub struct Element {
    name: LocalName,
    attrs: Vec<Attribute>,
    pub parent: Option<usize>,
    /// The byte at which its start tag begins, and the one after its end tag.
    pub start: usize,
    pub end: usize,
    /// The number of the last element inside it; its own if there is none.
    pub last: usize,
    /// The runs of text inside it.
    pub runs: std::ops::Range<usize>,
}

impl Element {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attrs.iter().find(|attr| &*attr.name.local == name).map(|attr| attr.value.trim())
    }

    pub fn attrs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attrs.iter().map(|attr| (&*attr.name.local, &*attr.value))
    }

    pub fn is_heading(&self) -> bool {
        matches!(self.name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
    }
}

/// Text without an element in between.
#[derive(Debug)]
pub struct Run {
    /// The element that contains it; `None` outside all elements.
    pub parent: Option<usize>,
    pub text: String,
}

/// The HTML as rules read it. Elements and runs are in document order.
#[derive(Debug, Default)]
pub struct Page {
    pub elements: Vec<Element>,
    pub runs: Vec<Run>,
    /// The contents of all `<style>` elements.
    pub css: String,
    /// The content of `<title>`.
    pub title: String,
}

impl Page {
    pub fn read(html: &str) -> Self {
        let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
        let whole = StrTendril::from(html);
        let input = BufferQueue::default();
        let mut from = 0;
        // Tokens carry no position. A tag can only end at a `>`, so feeding up to each one shows where every tag ends.
        for to in html.match_indices('>').map(|(at, _)| at + 1).chain([html.len()]) {
            let (Ok(start), Ok(length)) = (u32::try_from(from), u32::try_from(to - from)) else { break };
            tokenizer.sink.at.set(to);
            input.push_back(whole.subtendril(start, length));
            let _ = tokenizer.feed(&input);
            from = to;
        }
        tokenizer.end();
        tokenizer.sink.finish(html)
    }

    /// Replaces counted links with their targets.
    pub fn lead_on(&mut self, tracking: &Tracking) {
        let links = self.elements.iter_mut().filter(|element| matches!(element.name(), "a" | "area"));
        for attr in links.flat_map(|link| &mut link.attrs).filter(|attr| &*attr.name.local == "href") {
            attr.value = StrTendril::from(tracking.direct(attr.value.trim()));
        }
    }

    pub fn named(&self, name: &str) -> impl Iterator<Item = (usize, &Element)> {
        self.elements.iter().enumerate().filter(move |(_, element)| element.name() == name)
    }

    /// The text inside an element, with a space between runs; pictures contribute their `alt`.
    pub fn text(&self, element: usize) -> String {
        let this = &self.elements[element];
        let runs = self.runs[this.runs.clone()].iter().map(|run| run.text.trim());
        let images = self.elements[element..=this.last].iter().filter(|inner| inner.name() == "img");
        let alts = images.filter_map(|image| image.attr("alt"));
        let parts: Vec<&str> = runs.chain(alts).filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }

    /// The `href` of every link; `None` for one that has none.
    pub fn links(&self) -> impl Iterator<Item = (usize, Option<&str>)> {
        let link = |(_, element): &(usize, &Element)| matches!(element.name(), "a" | "area");
        self.elements.iter().enumerate().filter(link).map(|(i, element)| (i, element.attr("href")))
    }

    /// All text, with a space between elements.
    pub fn words(&self) -> String {
        self.runs.iter().flat_map(|run| [run.text.as_str(), " "]).collect()
    }
}

#[derive(Default)]
struct Reader {
    page: RefCell<Page>,
    open: RefCell<Vec<usize>>,
    /// The byte after what was fed.
    at: Cell<usize>,
    /// Whether a tag came since the last text.
    parted: Cell<bool>,
    /// The element whose raw text comes next: style, script or title.
    raw: RefCell<Option<String>>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => return self.tag(tag),
            Token::CharacterTokens(text) => self.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader {
    fn text(&self, text: &str) {
        let page = &mut *self.page.borrow_mut();
        match self.raw.borrow().as_deref() {
            Some("style") => page.css.push_str(text),
            Some("title") => page.title.push_str(text),
            Some(_) => {}
            None => match page.runs.last_mut() {
                Some(run) if !self.parted.get() => run.text.push_str(text),
                _ => {
                    page.runs.push(Run { parent: self.open.borrow().last().copied(), text: text.to_owned() });
                    self.parted.set(false);
                }
            },
        }
    }

    fn tag(&self, tag: Tag) -> TokenSinkResult<()> {
        self.parted.set(true);
        if tag.kind == TagKind::EndTag {
            self.raw.take();
            self.close(&tag.name);
            return TokenSinkResult::Continue;
        }
        // A paragraph or list item that was not closed ends where the next begins.
        let again = matches!(&*tag.name, "p" | "li") && self.open_name().is_some_and(|open| open == tag.name);
        if again {
            self.close(&tag.name);
        }
        let name = tag.name.clone();
        let number = self.push(tag);
        if !VOID.contains(&&*name) {
            self.open.borrow_mut().push(number);
        }
        match &*name {
            "style" | "script" => {
                self.raw.replace(Some(name.to_string()));
                TokenSinkResult::RawData(RawKind::Rawtext)
            }
            "title" => {
                self.raw.replace(Some(name.to_string()));
                TokenSinkResult::RawData(RawKind::Rcdata)
            }
            _ => TokenSinkResult::Continue,
        }
    }

    fn open_name(&self) -> Option<LocalName> {
        self.open.borrow().last().map(|open| self.page.borrow().elements[*open].name.clone())
    }

    fn push(&self, tag: Tag) -> usize {
        let page = &mut *self.page.borrow_mut();
        let (number, runs) = (page.elements.len(), page.runs.len());
        page.elements.push(Element {
            name: tag.name,
            attrs: tag.attrs,
            parent: self.open.borrow().last().copied(),
            // The end of the start tag for now; `finish` searches back for its start.
            start: self.at.get(),
            end: self.at.get(),
            last: number,
            runs: runs..runs,
        });
        number
    }

    fn close(&self, name: &LocalName) {
        let mut open = self.open.borrow_mut();
        let page = &mut *self.page.borrow_mut();
        let Some(depth) = open.iter().rposition(|number| page.elements[*number].name == *name) else { return };
        for number in open.drain(depth..) {
            page.end(number, self.at.get());
        }
    }

    fn finish(self, html: &str) -> Page {
        let mut page = self.page.into_inner();
        for number in self.open.into_inner() {
            page.end(number, html.len());
        }
        for element in &mut page.elements {
            element.start = html[..element.start].rfind('<').unwrap_or(0);
        }
        page
    }
}

impl Page {
    fn end(&mut self, number: usize, at: usize) {
        let (last, runs) = (self.elements.len() - 1, self.runs.len());
        let element = &mut self.elements[number];
        (element.end, element.last, element.runs.end) = (at, last, runs);
    }
}
