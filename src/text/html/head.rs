//! A web page's metadata: title, `meta`, canonical address and language from its head, and the first `time` in its body.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// A page's own title, metadata and address, uncleaned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageHead {
    pub title: String,
    /// Each `meta` with a name or property, in lower case, and its content.
    pub metas: Vec<(String, String)>,
    /// The `href` of `link rel=canonical`.
    pub canonical: Option<String>,
    /// The `datetime` of the first `time`.
    pub time: Option<String>,
    /// The `lang` of `html`.
    pub language: Option<String>,
}

/// Maximum number of `meta` elements read; no genuine page has more.
const MOST: usize = 500;

impl PageHead {
    pub fn read(html: &str) -> Self {
        let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.head.into_inner()
    }

    /// The first non-empty content of a `meta` with one of these names.
    pub fn meta(&self, names: &[&str]) -> Option<&str> {
        let of = |name: &&str| {
            let named = self.metas.iter().filter(move |(known, _)| known == *name);
            named.map(|(_, content)| content.trim()).find(|content| !content.is_empty())
        };
        names.iter().find_map(of)
    }
}

#[derive(Default)]
struct Sink {
    head: RefCell<PageHead>,
    in_title: RefCell<bool>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return self.opened(&tag),
            Token::TagToken(_) => {
                self.in_title.replace(false);
            }
            Token::CharacterTokens(text) if *self.in_title.borrow() => self.head.borrow_mut().title.push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Sink {
    fn opened(&self, tag: &Tag) -> TokenSinkResult<()> {
        let head = &mut *self.head.borrow_mut();
        let attribute = |name: &str| {
            let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name);
            found.map(|attribute| attribute.value.to_string())
        };
        match &*tag.name {
            "html" => head.language = attribute("lang"),
            "meta" if head.metas.len() < MOST => {
                let name = attribute("property").or_else(|| attribute("name")).map(|name| name.to_lowercase());
                head.metas.extend(name.zip(attribute("content")));
            }
            "link" if attribute("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) => {
                head.canonical = head.canonical.take().or_else(|| attribute("href"));
            }
            "time" => head.time = head.time.take().or_else(|| attribute("datetime")),
            "title" if head.title.is_empty() => {
                self.in_title.replace(true);
                return TokenSinkResult::RawData(RawKind::Rcdata);
            }
            "script" | "style" => return TokenSinkResult::RawData(RawKind::Rawtext),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_it_is() {
        let head = PageHead::read(
            "<!doctype html><html lang=de><head><title>Ein &amp; Zwei</title><meta property=OG:title content='Zwei'>\
             <meta name=description content=' '><meta name=Description content='Text'><script>'<title>No</title>'</script>\
             <link rel=Canonical href=/a><link rel=canonical href=/b></head><body><svg><title>No</title></svg>\
             <time datetime=2026-11-24>gestern</time><time datetime=2020-01-01></time>",
        );
        assert_eq!((head.title.as_str(), head.language.as_deref()), ("Ein & Zwei", Some("de")));
        assert_eq!(head.meta(&["twitter:title", "og:title"]), Some("Zwei"));
        assert_eq!(head.meta(&["description"]), Some("Text"), "the first that says something");
        assert_eq!((head.canonical.as_deref(), head.time.as_deref()), (Some("/a"), Some("2026-11-24")));
        assert_eq!(PageHead::read(""), PageHead::default());
    }
}
