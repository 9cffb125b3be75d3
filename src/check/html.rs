//! The tags of a rendered page, as a mail program's parser meets them. Knows no rule.

/// A start tag with its attributes, entities decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Lower case.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// The visible text up to the tag's end; only for `a`.
    pub text: String,
}

impl Tag {
    /// An attribute's value; `None` when the tag has none of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A page as its tags and its visible text.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub tags: Vec<Tag>,
    /// Text outside tags, comments, style and title, entities decoded.
    pub text: String,
}

impl Page {
    /// Scans a page. Comments, also Outlook's conditional ones, are passed over.
    pub fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut rest = html;
        let mut hidden: Option<String> = None;
        while let Some(start) = rest.find('<') {
            page.add_text(&rest[..start], hidden.is_some());
            rest = &rest[start..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let end = tag_end(rest);
            let inside = rest.get(1..end).unwrap_or("");
            rest = rest.get(end + 1..).unwrap_or("");
            if let Some(name) = inside.strip_prefix('/') {
                if hidden.as_deref() == Some(name.trim().to_ascii_lowercase().as_str()) {
                    hidden = None;
                }
                page.text.push(' ');
            } else if inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let tag = tag(inside);
                if matches!(tag.name.as_str(), "style" | "title" | "script") {
                    hidden = Some(tag.name.clone());
                }
                page.tags.push(tag);
            }
        }
        page.add_text(rest, hidden.is_some());
        page
    }

    fn add_text(&mut self, text: &str, hidden: bool) {
        if hidden {
            return;
        }
        let text = decode(text);
        if let Some(link) = self.tags.iter_mut().rev().find(|tag| tag.name == "a") {
            link.text.push_str(&text);
        }
        self.text.push_str(&text);
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tag> {
        self.tags.iter().filter(move |tag| tag.name == name)
    }
}

/// Where the tag that begins at 0 ends: the first `>` outside quotes.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    text.len()
}

fn tag(inside: &str) -> Tag {
    let name_end = inside.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(inside.len());
    let mut tag = Tag { name: inside[..name_end].to_ascii_lowercase(), attributes: Vec::new(), text: String::new() };
    let mut rest = inside[name_end..].trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '/').unwrap_or(rest.len());
        let key = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let (raw, left) = value_of(after.trim_start());
            value = decode(raw);
            rest = left;
        }
        if !key.is_empty() {
            tag.attributes.push((key, value));
        }
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/' || c == '=');
    }
    tag
}

/// An attribute's raw value and what follows it.
fn value_of(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
        _ => text.split_at(text.find(char::is_whitespace).unwrap_or(text.len())),
    }
}

/// The entities that our own templates and escapes write.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match rest.find(';').filter(|end| *end <= 10).and_then(|end| Some((entity(&rest[1..end])?, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

fn entity(name: &str) -> Option<char> {
    let numeric = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        "zwnj" => Some('\u{200c}'),
        _ => match name.strip_prefix('#')? {
            hex if hex.starts_with(['x', 'X']) => numeric(&hex[1..], 16),
            decimal => numeric(decimal, 10),
        },
    }
}
