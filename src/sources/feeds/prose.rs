//! HTML and plain text of a feed to clean text: tags out, entities decoded once, scripts and invisible characters gone, cut at
//! a sentence. Knows no feed and no item.

use super::markup::{self, Piece, Tag};
use super::references;
use crate::sources::text;

/// So many bytes of a text are looked at: the summary is made of its start.
const LOOKED_AT: usize = 200_000;
/// A summary has at most so many sentences and characters.
const SENTENCES: usize = 5;
const LETTERS: usize = 700;

/// What stands at the end of a text that is only a beginning.
const ENDS: &[&str] =
    &["Read more", "Read More", "Continue reading", "Continue Reading", "→", "»", "[…]", "[...]", "[&#8230;]"];

/// Elements whose content is not for readers, or not text.
const HIDDEN: &[&str] = &[
    "audio", "button", "canvas", "embed", "head", "iframe", "map", "math", "noembed", "noframes", "noscript", "object",
    "script", "select", "style", "svg", "template", "textarea", "title", "video", "xmp",
];
/// Elements that do not part the words around them.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr",
];
/// Elements that are markup even in a title whose feed does not say what it is; `<dialog>` there is a title about dialogs.
const IN_TITLES: &[&str] = &[
    "a", "abbr", "acronym", "b", "big", "br", "center", "cite", "code", "del", "div", "em", "embed", "font", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "iframe", "img", "input", "ins", "kbd", "li", "link", "mark",
    "math", "meta", "object", "ol", "p", "pre", "q", "s", "samp", "script", "small", "span", "strike", "strong",
    "style", "sub", "sup", "svg", "table", "td", "tr", "tt", "u", "ul", "var", "wbr",
];

/// What a text is, as its feed says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text in which `&lt;` means those four letters.
    Plain,
    /// Nothing is said: HTML, as it nearly always is.
    #[default]
    Unsaid,
    Html,
}

/// Clean text of one line, and whether markup was taken out of it.
pub(super) struct Clean {
    pub text: String,
    pub markup: bool,
}

/// A title or a name.
pub(super) fn title(raw: &str, kind: Kind) -> Clean {
    let raw = up_to(raw, LOOKED_AT);
    let marked = with_known_tags(raw, kind == Kind::Plain);
    let markup = marked.contains('<');
    Clean { text: finish(&words(&marked)), markup }
}

/// A summary: whole sentences, [`SENTENCES`] and [`LETTERS`] at the most.
pub(super) fn summary(raw: &str, kind: Kind) -> String {
    let raw = up_to(raw, LOOKED_AT);
    let plain = match kind {
        Kind::Plain => finish(raw),
        Kind::Unsaid | Kind::Html => finish(&words(raw)),
    };
    sentences(without_boilerplate(&plain))
}

fn up_to(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

fn finish(raw: &str) -> String {
    text::line(&unmangled(raw)).text
}

/// The title with every `<` made harmless that opens none of the known tags; in plain text, every `&` too.
fn with_known_tags(raw: &str, plain: bool) -> String {
    let mut out = String::with_capacity(raw.len());
    for (at, c) in raw.char_indices() {
        let rest = raw.get(at + 1..).unwrap_or_default();
        match c {
            '<' if !is_known_tag(rest) => out.push_str("&lt;"),
            '&' if plain => out.push_str("&amp;"),
            other => out.push(other),
        }
    }
    out
}

fn is_known_tag(rest: &str) -> bool {
    if rest.starts_with("!--") {
        return true;
    }
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let name: String = rest.chars().take(12).take_while(char::is_ascii_alphanumeric).collect();
    let after = rest.get(name.len()..).and_then(|rest| rest.chars().next());
    let ends = matches!(after, Some('>' | '/')) || after.is_some_and(char::is_whitespace);
    ends && IN_TITLES.contains(&name.to_ascii_lowercase().as_str())
}

/// The words of HTML, in one pass; what stands in hidden elements is left out.
fn words(html: &str) -> String {
    let mut seen = Seen::default();
    for piece in markup::pieces(html) {
        match piece {
            Piece::Text(text) if seen.hidden.is_none() => seen.out.push_str(text),
            Piece::Text(_) => {}
            Piece::Tag(tag) => seen.tag(&tag),
        }
    }
    references::html(&seen.out)
}

#[derive(Default)]
struct Seen {
    out: String,
    /// The hidden element that is open, and how many of its name inside each other.
    hidden: Option<(String, usize)>,
}

impl Seen {
    fn tag(&mut self, tag: &Tag) {
        let Tag { name, opens, is_empty } = tag;
        if !INLINE.contains(&name.as_str()) && self.hidden.is_none() {
            self.out.push(' ');
        }
        match &mut self.hidden {
            Some((open, depth)) if open == name && *opens && !is_empty => *depth += 1,
            Some((open, depth)) if open == name && !opens => {
                *depth -= 1;
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            None if *opens && !is_empty && HIDDEN.contains(&name.as_str()) && name != "embed" => {
                self.hidden = Some((name.clone(), 1));
            }
            _ => {}
        }
    }
}

/// Text whose UTF-8 was once read as Latin-1 has control characters (U+0080 to U+009F) among its letters, where no text has any.
/// What reads as UTF-8 becomes that, else they are the signs of Windows-1252.
fn unmangled(raw: &str) -> String {
    if !raw.chars().any(|c| matches!(c, '\u{80}'..='\u{9f}')) {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len());
    let mut bytes = Vec::new();
    for c in raw.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) if byte >= 0x80 => bytes.push(byte),
            _ => {
                out.push_str(&read_anew(&bytes));
                bytes.clear();
                out.push(c);
            }
        }
    }
    out + &read_anew(&bytes)
}

fn read_anew(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes)
        .map_or_else(|_| encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), str::to_owned)
}

/// The text without what blogs put behind each of their posts.
fn without_boilerplate(text: &str) -> &str {
    let mut text = text.trim();
    if let Some((before, rest)) = text.rsplit_once("The post ")
        && rest.contains(" appeared first on ")
    {
        text = before.trim_end();
    }
    while let Some(rest) = ENDS.iter().find_map(|end| text.strip_suffix(end)) {
        text = rest.trim_end();
    }
    text
}

/// The first sentences, as many as fit; when not even one does, its start up to a word.
fn sentences(text: &str) -> String {
    let (mut end, mut count, mut letters) = (0, 0, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        letters += 1;
        let next = at + c.len_utf8();
        let closes = matches!(chars.peek(), Some((_, '"' | '\'' | '”' | '’' | ')' | ']' | '»')));
        if letters > LETTERS {
            break;
        }
        if is_end(text, at, c) && !closes {
            (end, count) = (next, count + 1);
        }
        if count == SENTENCES || chars.peek().is_none() {
            end = if count == SENTENCES { end } else { next };
            break;
        }
    }
    match text.get(..end) {
        Some(whole) if end > 0 => whole.trim_end().to_owned(),
        _ => text::cut(text, LETTERS).unwrap_or_else(|| text.to_owned()),
    }
}

/// Whether a sentence ends with the character at `at`.
fn is_end(text: &str, at: usize, c: char) -> bool {
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + c.len_utf8()..).unwrap_or_default());
    match c {
        '。' | '！' | '？' | '｡' => true,
        '.' | '!' | '?' | '…' | '؟' | '।' | '۔' => starts_anew(after) && (c != '.' || !is_short_form(before)),
        // A mark inside quotation marks or brackets ends the sentence with them.
        '"' | '”' | '’' | ')' | ']' | '»' => before.ends_with(['.', '!', '?', '…']) && starts_anew(after),
        _ => false,
    }
}

fn starts_anew(after: &str) -> bool {
    let Some(rest) = after.strip_prefix(char::is_whitespace) else { return after.is_empty() };
    rest.trim_start().chars().next().is_none_or(|c| !c.is_lowercase())
}

/// Whether the full stop behind `before` belongs to a short form: `U.S.`, `e.g.`, `Dr.`, `J.`
fn is_short_form(before: &str) -> bool {
    let start = before.rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“')).map_or(0, |at| at + 1);
    let word = before.get(before.ceil_char_boundary(start)..).unwrap_or_default().to_lowercase();
    let one_letter = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let known = [
        "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "no", "nr", "fig", "jr", "sr", "gen", "sen", "rep", "inc",
        "ca", "bzw",
    ];
    one_letter || word.contains('.') && word.len() <= 6 || known.contains(&word.as_str())
}
