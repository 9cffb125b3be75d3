//! The properties of HTML elements that matter for text. Knows no text.

/// Elements whose content is not for people, or not text.
pub const HIDDEN: &[&str] = &[
    "audio", "button", "canvas", "embed", "head", "iframe", "map", "math", "noembed", "noframes", "noscript", "object",
    "script", "select", "style", "svg", "template", "textarea", "title", "video", "xmp",
];
/// Elements that do not separate the words around them.
pub const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr",
];
/// Elements that are markup even in a text that does not say what it is; `<dialog>` there is a text about dialogs.
pub const KNOWN: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "article",
    "aside",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "link",
    "mark",
    "math",
    "meta",
    "object",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];
/// Known elements without an end tag.
pub const VOID: &[&str] = &["br", "embed", "hr", "img", "input", "link", "meta", "wbr"];
/// Known elements with which a text of HTML begins.
pub const BLOCKS: &[&str] = &[
    "article",
    "blockquote",
    "center",
    "div",
    "dl",
    "figure",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];
/// Attributes without a value.
const BARE: &[&str] = &[
    "allowfullscreen",
    "async",
    "autoplay",
    "checked",
    "controls",
    "defer",
    "disabled",
    "hidden",
    "ismap",
    "itemscope",
    "loop",
    "muted",
    "nofollow",
    "noshade",
    "nowrap",
    "open",
    "playsinline",
    "readonly",
    "required",
    "reversed",
    "selected",
];

/// How much of a tag is examined, in bytes.
const LONGEST: usize = 4_000;

/// Whether what follows a tag's name makes it a tag: nothing but attributes up to its `>`. `a<b and c>d` and `a<b && c=d>e` are no
/// tags; one that the text ends in is one if it has an attribute.
pub fn is_tag(behind: &str) -> bool {
    if !behind.starts_with(['>', '/']) && !behind.starts_with(char::is_whitespace) {
        return false;
    }
    let mut rest = behind.get(..behind.floor_char_boundary(LONGEST)).unwrap_or_default();
    let mut has_value = false;
    loop {
        rest = rest.trim_start_matches(|c: char| c == '/' || c.is_whitespace());
        if rest.starts_with('>') || rest.is_empty() {
            return has_value || !rest.is_empty();
        }
        let Some((behind, with_value)) = behind_attribute(rest) else { return false };
        (rest, has_value) = (behind, has_value || with_value);
    }
}

/// What follows the attribute at the start, and whether it has a value; `None` if there is no attribute.
fn behind_attribute(text: &str) -> Option<(&str, bool)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_:@.".contains(c);
    let (name, behind) = text.split_at(text.find(|c| !is_name(c)).unwrap_or(text.len()));
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@' | ':'));
    let value = behind.trim_start().strip_prefix('=').map(str::trim_start);
    match value {
        _ if !begins => None,
        None => BARE.contains(&name.to_ascii_lowercase().as_str()).then_some((behind, false)),
        Some(value) => {
            let behind = match value.chars().next()? {
                // A value that is not closed is that of a tag that the text ends in.
                quote @ ('"' | '\'') => value.get(1..)?.split_once(quote).map_or("", |(_, behind)| behind),
                _ => value.get(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len())..)?,
            };
            Some((behind, true))
        }
    }
}

/// The integer value of an attribute, such as `start` of `<ol start="24">`.
pub fn number(attributes: &str, name: &str) -> Option<u64> {
    let lower = attributes.to_ascii_lowercase();
    let value = lower.split_once(&format!("{name}="))?.1.trim_start_matches(['"', '\'']);
    value.get(..value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len()))?.parse().ok()
}
