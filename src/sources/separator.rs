//! What parts the cells of a CSV. Spreadsheets write semicolons where the comma is the sign in numbers.

const ALL: [u8; 3] = [b',', b';', b'\t'];

/// The separator of a file that begins so: of those in the header row, the most frequent one.
pub fn of(start: &[u8]) -> u8 {
    let mut lines = start.split(|byte| *byte == b'\n');
    let header = lines.find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let count = |separator: u8| header.iter().filter(|byte| **byte == separator).count();
    ALL.into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// The word for a separator in messages.
pub fn name(separator: u8) -> &'static str {
    match separator {
        b',' => "comma",
        b';' => "semicolon",
        _ => "tab",
    }
}
