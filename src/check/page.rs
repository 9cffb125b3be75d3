//! The HTML part as its links, pictures and words, by html5ever's tokenizer; and the rule on pictures. Knows no draft.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind,
};

use super::{Finding, Issue};

/// What rules read of the HTML.
#[derive(Debug, Default)]
pub struct Page {
    /// The `href` of every `<a>`; `None` for one that has none.
    pub links: Vec<Option<String>>,
    pub images: Vec<Image>,
    /// All text that is shown, with a space between elements.
    pub words: String,
}

#[derive(Debug)]
pub struct Image {
    pub src: String,
    pub alt: Option<String>,
}

impl Page {
    pub fn read(html: &str) -> Self {
        let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.page.into_inner()
    }
}

#[derive(Default)]
struct Reader {
    page: RefCell<Page>,
    /// Whether what comes is the content of `<style>`, `<script>` or `<title>`.
    hidden: std::cell::Cell<bool>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => return self.tag(&tag),
            Token::CharacterTokens(text) if !self.hidden.get() => self.page.borrow_mut().words.push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader {
    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let attribute = |name: &str| {
            let mut found = tag.attrs.iter().filter(|attr| &*attr.name.local == name);
            found.next().map(|attr| attr.value.trim().to_owned())
        };
        let mut page = self.page.borrow_mut();
        page.words.push(' ');
        let opens = tag.kind == TagKind::StartTag;
        match name {
            "a" | "area" if opens => page.links.push(attribute("href")),
            "img" if opens => {
                page.images.push(Image { src: attribute("src").unwrap_or_default(), alt: attribute("alt") });
            }
            "style" | "script" => {
                self.hidden.set(opens);
                if opens {
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
            }
            "title" => {
                self.hidden.set(opens);
                if opens {
                    return TokenSinkResult::RawData(RawKind::Rcdata);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Every picture says what it shows, or with an empty `alt` that it shows nothing.
pub fn rules(issue: &Issue, found: &mut Vec<Finding>) {
    for image in issue.page.images.iter().filter(|image| image.alt.is_none()) {
        found.push(Finding::error(
            "missing-alt",
            "html",
            format!("the picture {} has no alt text", image.src),
            "say in `alt` what the picture shows; alt=\"\" when it only decorates",
        ));
    }
}
