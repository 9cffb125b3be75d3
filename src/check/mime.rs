//! Parses a whole message strictly: its headers, and its decoded parts (RFC 5322, 2045 to 2047). Knows no
//! rule; what mail programs would guess is an error here.

use data_encoding::BASE64;

/// An unfolded header (RFC 5322 §2.2.3).
#[derive(Debug, PartialEq, Eq)]
pub struct Header<'m> {
    pub name: &'m str,
    pub value: String,
}

/// A message or one of its parts, before its body is decoded.
#[derive(Debug)]
pub struct Mail<'m> {
    pub headers: Vec<Header<'m>>,
    /// Lines above the body that are neither a header nor its continuation.
    pub stray: Vec<&'m str>,
    body: &'m str,
}

impl<'m> Mail<'m> {
    /// Reads the text of a message with CRLF line ends.
    pub fn read(message: &'m str) -> Self {
        // The blank line belongs to the head, so that a part without headers is found too.
        let (head, body) = match message.strip_prefix("\r\n") {
            Some(body) => ("", body),
            None => message.split_once("\r\n\r\n").unwrap_or((message, "")),
        };
        let mut mail = Self { headers: Vec::new(), stray: Vec::new(), body };
        for line in head.split("\r\n").filter(|line| !line.is_empty()) {
            if line.starts_with([' ', '\t'])
                && let Some(header) = mail.headers.last_mut()
            {
                header.value.push_str(line);
                continue;
            }
            match line.split_once(':').filter(|(name, _)| is_name(name)) {
                Some((name, value)) => mail.headers.push(Header { name, value: value.trim().to_owned() }),
                None => mail.stray.push(line),
            }
        }
        mail
    }

    /// The headers with this name, ignoring case.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |h| h.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
    }

    /// The first header with this name; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The content type in lower case, without its parameters: `text/plain`.
    pub fn kind(&self) -> String {
        let value = self.header("Content-Type");
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// A parameter of the content type, without its quotes.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let parameters = self.header("Content-Type").split(';').skip(1);
        let (_, value) =
            parameters.filter_map(|p| p.split_once('=')).find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
        Some(value.trim().trim_matches('"'))
    }

    /// The parts of a multipart, in their order; `None` when the end of the last is not marked (RFC 2046 §5.1.1).
    pub fn parts(&self) -> Option<Vec<Mail<'m>>> {
        let (open, close) =
            (format!("--{}\r\n", self.parameter("boundary")?), format!("--{}--", self.parameter("boundary")?));
        let mut parts = Vec::new();
        let mut rest = self.body.split_once(open.as_str())?.1;
        loop {
            let next = rest.find(&format!("\r\n{open}"));
            let end = rest.find(&format!("\r\n{close}"))?;
            parts.push(Mail::read(&rest[..next.unwrap_or(end).min(end)]));
            match next.filter(|next| *next < end) {
                Some(next) => rest = &rest[next + 2 + open.len()..],
                None => return Some(parts),
            }
        }
    }

    /// The body, decoded from its transfer encoding.
    ///
    /// # Errors
    /// A sentence on how the body contradicts the headers.
    pub fn text(&self) -> Result<String, String> {
        let encoding = self.header("Content-Transfer-Encoding").to_ascii_lowercase();
        let bytes = match encoding.as_str() {
            "quoted-printable" => quoted_printable(self.body)?,
            "base64" => {
                let joined: String = self.body.split("\r\n").collect();
                BASE64.decode(joined.as_bytes()).map_err(|why| format!("it is no base64: {why}"))?
            }
            "8bit" => self.body.as_bytes().to_vec(),
            "" | "7bit" if self.body.is_ascii() => self.body.as_bytes().to_vec(),
            "" | "7bit" => return Err("it is declared as 7bit but contains other bytes".into()),
            other => return Err(format!("no mail program knows the encoding `{}`", super::short(other))),
        };
        String::from_utf8(bytes)
            .map_err(|why| format!("it is not valid UTF-8 from byte {} on", why.utf8_error().valid_up_to()))
    }
}

/// A header's name: printable ASCII without blank or colon (RFC 5322 §2.2).
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
}

/// Quoted-printable (RFC 2045 §6.7), without the leniency that §6.7 allows a subscriber.
fn quoted_printable(body: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(body.len());
    let mut lines = body.split("\r\n").peekable();
    while let Some(line) = lines.next() {
        if line.len() > 76 {
            return Err(format!("a line of quoted-printable has {} characters, at most 76 are allowed", line.len()));
        }
        let (line, soft) = line.strip_suffix('=').map_or((line, false), |line| (line, true));
        quoted_line(line, &mut bytes)?;
        if !soft && lines.peek().is_some() {
            bytes.extend(b"\r\n");
        }
    }
    Ok(bytes)
}

fn quoted_line(line: &str, bytes: &mut Vec<u8>) -> Result<(), String> {
    let mut rest = line.as_bytes();
    while let [first, after @ ..] = rest {
        match (first, after) {
            (b'=', [high, low, after @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                    return Err("a `=` in its quoted-printable encoding is not followed by a number".into());
                };
                bytes.push(high * 16 + low);
                rest = after;
            }
            (b'=', _) => return Err("a `=` in its quoted-printable encoding is not followed by a number".into()),
            (byte, after) if byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t') => {
                bytes.push(*byte);
                rest = after;
            }
            _ => return Err("it is declared as quoted-printable but contains other bytes".into()),
        }
    }
    Ok(())
}

/// A header's text with its encoded words decoded (RFC 2047).
///
/// # Errors
/// A sentence on an unreadable encoded word: longer than 75 characters, not in UTF-8, or malformed.
pub fn words(value: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut after_word = false;
    for token in value.split_inclusive([' ', '\t']) {
        let word = token.trim_end_matches([' ', '\t']);
        if !word.is_empty() {
            let encoded = word.strip_prefix("=?").and_then(|word| word.strip_suffix("?="));
            // White space between two encoded words is not part of the text (§6.2).
            if encoded.is_some() && after_word {
                while bytes.last().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
                    bytes.pop();
                }
            }
            match encoded {
                Some(_) if word.len() > 75 => {
                    return Err(format!("an encoded word has {} characters, at most 75 are allowed", word.len()));
                }
                Some(encoded) => bytes.extend(encoded_word(encoded)?),
                None => bytes.extend(word.as_bytes()),
            }
            after_word = encoded.is_some();
        }
        bytes.extend(&token.as_bytes()[word.len()..]);
    }
    String::from_utf8(bytes).map_err(|_| "its encoded words are not valid UTF-8".into())
}

/// The content between `=?` and `?=`.
fn encoded_word(word: &str) -> Result<Vec<u8>, String> {
    let mut parts = word.splitn(3, '?');
    let (Some(set), Some(encoding), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("an encoded word is broken".into());
    };
    if !set.eq_ignore_ascii_case("utf-8") {
        return Err(format!("an encoded word is in {}, not UTF-8", super::short(set)));
    }
    match encoding {
        "b" | "B" => BASE64.decode(text.as_bytes()).map_err(|_| "an encoded word is no base64".to_owned()),
        "q" | "Q" => {
            let mut bytes = Vec::new();
            quoted_line(&text.replace('_', "=20"), &mut bytes)?;
            Ok(bytes)
        }
        _ => Err("an encoded word is neither B nor Q".into()),
    }
}
