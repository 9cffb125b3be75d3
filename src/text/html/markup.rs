//! HTML to texts and tags, after the tokenizer of the HTML standard (section 13.2.5) as far as words need it: attributes, comments and the
//! content of scripts are passed over, in a time that grows with the length alone. Knows no element's meaning and no reference.

/// A stretch of HTML.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text, its references not decoded.
    Text(&'a str),
    Tag(Tag<'a>),
}

/// A tag, its attributes not taken apart. A parser that collects them compares each with all before it: 40,000 on one tag took seconds.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// In small letters.
    pub name: String,
    pub opens: bool,
    /// `<name/>`.
    pub is_empty: bool,
    /// The text between its name and its `>`.
    pub attributes: &'a str,
}

/// Elements in which only their own end tag is a tag.
const RAW: &[&str] = &["script", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "title"];

/// The texts and tags of HTML, in their order.
pub fn pieces(html: &str) -> Pieces<'_> {
    Pieces { rest: html, raw: None }
}

pub struct Pieces<'a> {
    rest: &'a str,
    /// The raw element that has just begun.
    raw: Option<String>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(name) = self.raw.take() {
            self.rest = behind_raw(self.rest, &name);
        }
        while !self.rest.is_empty() {
            let (text, markup) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
            if !text.is_empty() {
                self.rest = markup;
                return Some(Piece::Text(text));
            }
            if let Some(piece) = self.markup(markup) {
                return Some(piece);
            }
        }
        None
    }
}

impl<'a> Pieces<'a> {
    /// What has not been read yet.
    pub fn rest(&self) -> &'a str {
        self.rest
    }

    /// What begins with the `<` at the start of `markup`, unless it is a comment or the like.
    fn markup(&mut self, markup: &'a str) -> Option<Piece<'a>> {
        let (sign, inner) = markup.split_at(1);
        let (opens, name) = inner.strip_prefix('/').map_or((true, inner), |name| (false, name));
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.tag(name, opens);
        }
        self.rest = match (inner.strip_prefix("!--"), inner.as_bytes()) {
            (Some(comment), _) => behind_comment(comment),
            (None, [b'!' | b'?', ..] | [b'/', _, ..]) => inner.split_once('>').map_or("", |(_, rest)| rest),
            _ => {
                self.rest = inner;
                return Some(Piece::Text(sign));
            }
        };
        None
    }

    /// A tag from its name on; one cut off by the end of the text is not a tag.
    fn tag(&mut self, text: &'a str, opens: bool) -> Option<Piece<'a>> {
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
        let (name, attributes) = text.split_at(text.find(ends).unwrap_or(text.len()));
        let Some((rest, is_empty)) = behind_attributes(attributes) else {
            self.rest = "";
            return None;
        };
        self.rest = rest;
        let name = name.to_ascii_lowercase();
        self.raw = Some(name.clone()).filter(|name| opens && RAW.contains(&name.as_str()));
        let attributes = attributes.get(..attributes.len() - rest.len() - 1).unwrap_or_default();
        Some(Piece::Tag(Tag { name, opens, is_empty, attributes }))
    }
}

/// What stands behind a tag whose attributes begin here, and whether it ends with `/>`; `None` when it does not end.
fn behind_attributes(text: &str) -> Option<(&str, bool)> {
    let bytes = text.as_bytes();
    let (mut at, mut named, mut slash) = (0, false, false);
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        match byte {
            b'>' => return Some((text.get(at..)?, slash)),
            b'=' if named => {
                at += bytes.get(at..)?.iter().take_while(|b| b.is_ascii_whitespace()).count();
                let value = text.get(at..)?;
                at += match value.as_bytes().first()? {
                    b'>' => 0,
                    quote @ (b'"' | b'\'') => 2 + value.get(1..)?.find(char::from(*quote))?,
                    _ => value.find(|c: char| c.is_ascii_whitespace() || c == '>')?,
                };
                (named, slash) = (false, false);
            }
            b'/' => (named, slash) = (false, true),
            _ => (named, slash) = (named || !byte.is_ascii_whitespace(), false),
        }
    }
}

fn behind_comment(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix('>').or_else(|| text.strip_prefix("->")) {
        return rest;
    }
    let mut rest = text;
    // One search for both ends: a search for the rarer one from every comment would read the text again and again.
    while let Some((_, behind)) = rest.split_once("--") {
        if let Some(rest) = behind.strip_prefix('>').or_else(|| behind.strip_prefix("!>")) {
            return rest;
        }
        // The second hyphen may be the first of `-->`.
        rest = rest.get(rest.len() - behind.len() - 1..).unwrap_or_default();
    }
    ""
}

/// The end tag of a raw element, and what follows it.
fn behind_raw<'a>(text: &'a str, name: &str) -> &'a str {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("</")) {
        at += found;
        let end = at + 2 + name.len();
        let is_name = text.get(at + 2..end).is_some_and(|found| found.eq_ignore_ascii_case(name));
        let behind = text.as_bytes().get(end);
        if is_name && behind.is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>')) {
            return text.get(at..).unwrap_or_default();
        }
        at += 2;
    }
    ""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(html: &str) -> String {
        let piece = |piece: Piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Tag(Tag { name, opens, is_empty, .. }) => {
                format!("({}{name}{})", if opens { "" } else { "/" }, if is_empty { "/" } else { "" })
            }
        };
        pieces(html).map(piece).collect()
    }

    #[test]
    fn tags_end_where_a_browser_ends_them() {
        for (html, pieces) in [
            ("a<B>b</B >c", "a(b)b(/b)c"),
            ("<a href=\"x>y\" b='>' c=> d", "(a) d"),
            ("<a b=c/>d<br/>e<br / >f", "(a)d(br/)e(br)f"),
            ("<a =\"x\">y", "(a)y"),
            ("<a b = \"x>\" / >y", "(a)y"),
            ("1 < 2 <3 <", "1 < 2 <3 <"),
            ("</>a</ b>c<!x>d<?y>e<![CDATA[f]]>g", "acdeg"),
            ("a<!-- <b> --!>c<!-->d<!--->e<!---->f<!-- - -- --->g", "acdefg"),
            ("<script>if (a<b) \"</scripts>\"</SCRIPT>c", "(script)(/script)c"),
            ("<style></abcd >b</style>c", "(style)(/style)c"),
            ("<title><b></title>c<textarea>", "(title)(/title)c(textarea)"),
            ("a<b c=\"never closed", "a"),
            ("a<!-- never closed -- >", "a"),
            ("a<é>b</é>c", "a<é>bc"),
        ] {
            assert_eq!(told(html), pieces, "{html}");
        }
    }

    #[test]
    fn a_tag_of_any_number_of_attributes_is_its_name() {
        let html = (0..100_000).fold(String::from("<b"), |html, n| html + &format!(" a{n}=\"{n}\"")) + ">x";
        let found: Vec<Piece> = pieces(&html).collect();
        let Some(Piece::Tag(tag)) = found.first() else { panic!("{found:?}") };
        assert_eq!((tag.name.as_str(), tag.opens, tag.is_empty), ("b", true, false));
        assert_eq!((&found[1..], html.len()), ([Piece::Text("x")].as_slice(), tag.attributes.len() + 4));
    }

    proptest! {
        #[test]
        fn every_piece_stands_in_the_html(html in "(<|>|/|=|\"|'|-|!| |a|b|<!--|-->|<script|</script|é|\\?){0,60}") {
            let texts: usize = pieces(&html).map(|piece| match piece {
                Piece::Text(text) => text.len(),
                Piece::Tag(tag) => tag.name.len() + 2,
            }).sum();
            prop_assert!(texts <= html.len());
        }
    }
}
