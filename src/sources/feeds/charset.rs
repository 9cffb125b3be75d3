//! A feed's bytes to text, whatever its labels say. Knows how XML and HTTP name a charset, and nothing of feeds.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The declaration is at the very start, at most after comments.
const HEAD: usize = 1_024;
/// Fewer bytes than this that are no ASCII are not guessed at.
const FEW: usize = 8;

/// The text, and what had to be said about its charset.
pub(super) struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub repair: Option<String>,
}

/// Reads the bytes by the first that fits: a byte order mark; UTF-8, when they are that; the charset of the HTTP header, which goes
/// before the one of the XML declaration (RFC 7303, section 3); a guess by the letters' frequencies. Text in another charset
/// is hardly ever valid UTF-8 by accident, while labels are often left over from a template.
pub(super) fn decode<'a>(bytes: &'a [u8], charset: Option<&str>) -> Decoded<'a> {
    if let Some(text) = of_four_bytes(bytes) {
        return Decoded { text: Cow::Owned(text), repair: None };
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, bytes.get(mark..).unwrap_or_default(), None);
    }
    match bytes {
        [0, b'<' | b'{', ..] => return with(UTF_16BE, bytes, None),
        [b'<' | b'{', 0, ..] => return with(UTF_16LE, bytes, None),
        _ => {}
    }
    let of_http = charset.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    let label = of_http.or_else(|| declared(bytes));
    if let Ok(text) = std::str::from_utf8(bytes) {
        let stateful = label == Some(ISO_2022_JP) && bytes.contains(&0x1b);
        if !stateful {
            return plain(text, label);
        }
    }
    match label.filter(|label| *label != UTF_8 && *label != UTF_16LE && *label != UTF_16BE) {
        Some(encoding) => with(encoding, bytes, None),
        None => guessed(bytes),
    }
}

/// UTF-32, by its mark or its first sign. Its little-endian mark begins like that of UTF-16, so it is looked for first.
fn of_four_bytes(bytes: &[u8]) -> Option<String> {
    let read: fn([u8; 4]) -> u32 = match bytes {
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'<' | b'{', ..] => u32::from_be_bytes,
        [0xff, 0xfe, 0, 0, ..] | [b'<' | b'{', 0, 0, 0, ..] => u32::from_le_bytes,
        _ => return None,
    };
    let (signs, _rest) = bytes.as_chunks::<4>();
    Some(signs.iter().map(|sign| char::from_u32(read(*sign)).unwrap_or('\u{fffd}')).collect())
}

fn plain<'a>(text: &'a str, label: Option<&'static Encoding>) -> Decoded<'a> {
    let wrong = label.filter(|label| *label != UTF_8 && !text.is_ascii());
    let repair = wrong.map(|label| format!("is UTF-8, although it is declared as {}", label.name()));
    Decoded { text: Cow::Borrowed(text), repair }
}

/// Bytes that are no UTF-8 and that nothing good is said of.
fn guessed(bytes: &[u8]) -> Decoded<'_> {
    let lossy = String::from_utf8_lossy(bytes);
    let broken = lossy.matches('\u{fffd}').count();
    let whole = lossy.chars().filter(|c| !c.is_ascii()).count() - broken;
    // Much that is right and little that is wrong: UTF-8 that was cut, or glued together from several texts.
    if whole > 4 * broken {
        let repair = format!("has {broken} places that are not UTF-8; each became a \u{fffd}");
        return Decoded { text: lossy, repair: Some(repair) };
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    // A handful of letters tells a guesser nothing; a browser would take the commonest charset.
    let few = bytes.iter().filter(|byte| !byte.is_ascii()).count() < FEW;
    let encoding = if few { WINDOWS_1252 } else { detector.guess(None, Utf8Detection::Deny) };
    with(encoding, bytes, Some(format!("is not UTF-8 and does not say what it is; it was read as {}", encoding.name())))
}

fn with<'a>(encoding: &'static Encoding, bytes: &'a [u8], repair: Option<String>) -> Decoded<'a> {
    let (text, errors) = encoding.decode_without_bom_handling(bytes);
    let broken = errors.then(|| format!("has places that are not {}; each became a \u{fffd}", encoding.name()));
    Decoded { text, repair: repair.or(broken) }
}

/// What an XML declaration says, in ASCII letters that all charsets here share.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..HEAD.min(bytes.len()))?;
    let start = find(head, b"<?xml")?;
    let declaration = head.get(start..)?;
    let declaration = declaration.get(..find(declaration, b"?>")?)?;
    let value = declaration.get(find(declaration, b"encoding")? + b"encoding".len()..)?;
    let mut parts = value.split(|byte| matches!(byte, b'"' | b'\''));
    parts.next().filter(|sign| sign.trim_ascii() == b"=")?;
    Encoding::for_label(parts.next()?.trim_ascii())
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}
