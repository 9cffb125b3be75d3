//! Decodes character references such as `&lt;`, `&#8230;` and `&eacute;`, in XML and in HTML. Knows no feed.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// Maximum length of a name; the longest in HTML has 31 letters.
const LONGEST: usize = 40;

/// What a reference stands for. XML's five, numbers and HTML's names are known; others are the document's own, and nothing.
pub fn one(name: &str) -> Option<String> {
    if let Some(sign) = plain(name) {
        return Some(sign.into());
    }
    if name.len() > LONGEST || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let whole = format!("&{name};");
    let decoded = tokenized(&whole);
    // `&notanything;` begins like `&not`; only a whole name counts.
    (decoded != whole && (!decoded.ends_with(';') || decoded == ";")).then_some(decoded)
}

/// A number, or one of the commonest names. The numbers of controls stand for those: what they are meant as is found out later.
fn plain(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok();
        return Some(code.and_then(char::from_u32).filter(|sign| *sign != '\0').unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => None,
    }
}

/// An attribute's value by XML's rules: a reference must end with `;`, so `?a=1&copy=2` stays unchanged.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let end = behind.bytes().take(LONGEST + 1).position(|b| b == b';');
        let decoded = end.and_then(|end| Some((one(behind.get(..end)?)?, behind.get(end + 1..)?)));
        let (sign, behind) = decoded.unwrap_or_else(|| ("&".to_owned(), behind));
        out.push_str(&sign);
        rest = behind;
    }
    out + rest
}

/// Text of HTML, without tags, as it is read: `&copy` needs no `;` there.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let run = length(behind);
        let (name, behind) = behind.split_at(run);
        let ended = behind.strip_prefix(';');
        // Most ampersands in a text are just that; running the tokenizer for each of a million takes seconds.
        match plain(name) {
            _ if run == 0 => out.push('&'),
            Some(sign) if name.starts_with('#') || ended.is_some() => out.push(sign),
            _ => {
                out.push_str(&tokenized(&format!("&{name}{}", if ended.is_some() { ";" } else { "" })));
            }
        }
        let behind = if run == 0 { behind } else { ended.unwrap_or(behind) };
        rest = behind;
    }
    out + rest
}

/// How long the reference behind an `&` is, without its `;`: digits behind `#`, else letters and digits; 0 when it is none.
fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let run =
        |from: usize, fits: fn(&u8) -> bool| bytes.iter().skip(from).take(LONGEST).take_while(|b| fits(b)).count();
    let (sign, digits) = match bytes {
        [b'#', b'x' | b'X', ..] => (2, run(2, u8::is_ascii_hexdigit)),
        [b'#', ..] => (1, run(1, u8::is_ascii_digit)),
        _ => (0, run(0, u8::is_ascii_alphanumeric)),
    };
    if digits == 0 { 0 } else { sign + digits }
}

/// One reference, by the HTML standard: with its two thousand names, and what Windows-1252 has at the numbers of controls.
fn tokenized(reference: &str) -> String {
    let tokenizer = Tokenizer::new(Signs::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(reference));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

#[derive(Default)]
struct Signs(RefCell<String>);

impl TokenSink for Signs {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::CharacterTokens(text) = token {
            self.0.borrow_mut().push_str(&text);
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_by_their_languages_rules() {
        let address = "?a=1&copy=2&amp;b=&lt;&#x41;&unknown;&;&";
        assert_eq!(xml(address), "?a=1&copy=2&b=<A&unknown;&;&");
        assert_eq!(html("&copy 2026 &lt;b&gt; &notin; &amp;amp; <b>"), "© 2026 <b> ∉ &amp; <b>");
        assert_eq!(
            html("&#8230;&#x2026&#65b &# &#x; &#xg &; & &é &unknown; &ampx"),
            "……Ab &# &#x; &#xg &; & &é &unknown; &x"
        );
        for (name, sign) in [
            ("hellip", Some("…")),
            ("#0", Some("\u{fffd}")),
            ("#xD800", Some("\u{fffd}")),
            ("notanything", None),
            ("", None),
        ] {
            assert_eq!(one(name).as_deref(), sign, "{name}");
        }
        assert_eq!(one(&"a".repeat(100_000)), None);
    }
}
