//! Quoted-printable (RFC 2045 §6.7), so that shared text is encoded once and a subscriber's own text fits between.

/// The longest encoded line without its CRLF.
const LINE: usize = 76;

/// Encodes `text` at the end of `out`, as lines of at most 76 characters that begin at column 0 and end in a soft break, so that encoded runs
/// can follow one another. Line ends become CRLF; blanks before them and a leading `.` or `From ` are encoded, so no
/// relay has to touch the lines. Tabs and all but the last of several blanks are encoded too: the lines are then their own
/// relaxed form (RFC 6376 §3.4.4), and a signature hashes them as they are.
pub fn encode_run(out: &mut String, text: &str) {
    out.reserve(text.len() + text.len() / 8);
    let mut column = 0;
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if let Some(width) = line_end(&bytes[i..]) {
            out.push_str("\r\n");
            column = 0;
            i += width;
            continue;
        }
        let plain = is_plain(bytes[i], column, &bytes[i + 1..]);
        let width = if plain { 1 } else { 3 };
        if column + width > LINE - 1 {
            out.push_str("=\r\n");
            column = 0;
            continue;
        }
        push(out, bytes[i], plain);
        column += width;
        i += 1;
    }
    if column > 0 {
        out.push_str("=\r\n");
    }
}

/// The length of the line end here in bytes: CRLF, LF or a bare CR.
fn line_end(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\r', b'\n', ..] => Some(2),
        [b'\n' | b'\r', ..] => Some(1),
        _ => None,
    }
}

fn is_plain(byte: u8, column: usize, after: &[u8]) -> bool {
    match byte {
        b' ' => after.first().is_some_and(|next| !matches!(next, b' ' | b'\t' | b'\r' | b'\n')),
        b'.' | b'F' if column == 0 => false,
        b'=' => false,
        b => (b'!'..=b'~').contains(&b),
    }
}

fn push(out: &mut String, byte: u8, plain: bool) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    if plain {
        out.push(char::from(byte));
    } else {
        out.push('=');
        out.push(char::from(HEX[usize::from(byte >> 4)]));
        out.push(char::from(HEX[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests;
