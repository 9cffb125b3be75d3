//! What parts the cells of a CSV. Spreadsheets write semicolons where the comma is the sign in numbers.

const ALL: [u8; 3] = [b',', b';', b'\t'];

/// The separator of a file that begins so: of those in the header row, the most frequent one.
pub fn of(start: &[u8]) -> u8 {
    let mut lines = start.split(|byte| matches!(byte, b'\n' | b'\r'));
    let header = lines.find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    // What stands in quotes is a cell's own.
    let mut quoted = false;
    let is_bare = |byte: &u8| {
        quoted ^= *byte == b'"';
        !quoted
    };
    let bare: Vec<u8> = header.iter().copied().filter(is_bare).collect();
    let count = |separator: u8| bare.iter().filter(|byte| **byte == separator).count();
    ALL.into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// The separator that a line `sep=;` names.
pub fn hinted(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(line);
    let (name, rest) = line.split_at_checked(4)?;
    match rest {
        [separator] if name.eq_ignore_ascii_case(b"sep=") => Some(*separator),
        // Trimmed together with the line end.
        [] if name.eq_ignore_ascii_case(b"sep=") => Some(b'\t'),
        _ => None,
    }
}

/// The word for a separator in messages.
pub fn name(separator: u8) -> &'static str {
    match separator {
        b',' => "comma",
        b';' => "semicolon",
        _ => "tab",
    }
}
