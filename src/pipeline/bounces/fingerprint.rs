//! A message's fingerprint is the same however it is stored: in a single file, an mbox, a Maildir or a mailbox. Knows no bounce.

use sha2::{Digest, Sha256};

/// Headers that mailboxes and delivery agents add or change.
const NOTES: [&str; 12] = [
    "return-path",
    "delivered-to",
    "x-original-to",
    "status",
    "x-status",
    "x-keywords",
    "x-uid",
    "x-imap",
    "x-imapbase",
    "content-length",
    "lines",
    "x-mozilla-status",
];

/// SHA-256, hex, of a message without what storing it may change: line ends, `>` before a `From ` at the start of a line (mboxo and
/// mboxrd quote differently), empty lines at the end, and the headers of mailboxes and delivery agents.
pub fn fingerprint(message: &[u8]) -> String {
    let mut hash = Sha256::new();
    let (mut in_head, mut in_note, mut empty) = (true, false, 0_usize);
    for line in message.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            in_head = false;
            empty += 1;
            continue;
        }
        in_note = in_head && (is_note(line) || in_note && line.starts_with(b" "));
        if in_note {
            continue;
        }
        // Empty lines count once something follows them.
        for _ in 0..std::mem::take(&mut empty) {
            hash.update(b"\n");
        }
        hash.update(unquoted(line));
        hash.update(b"\n");
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

fn is_note(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
    NOTES.iter().any(|note| name.eq_ignore_ascii_case(note.as_bytes()))
}

fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    if line[quotes..].starts_with(b"From ") { &line[quotes..] } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeping_a_message_elsewhere_changes_nothing_and_its_words_do() {
        let one = fingerprint(b"To: a@b.example\n\nHello\n>From here on\n\nend\n");
        let same: [&[u8]; 5] = [
            b"To: a@b.example\r\n\r\nHello\r\n>From here on\r\n\r\nend\r\n",
            b"To: a@b.example\n\nHello\nFrom here on\n\nend\n\n",
            b"To: a@b.example\n\nHello\n>>From here on\n\nend",
            b"Return-Path: <>\nDelivered-To: b\nStatus: RO\nTo: a@b.example\nX-UID: 7\nContent-Length: 9\n\nHello\n>From here on\n\nend\n\n\n",
            b"X-Keywords: a\n  b\nTo: a@b.example\n\nHello\n>From here on\n\nend\n",
        ];
        for kept in same {
            assert_eq!(fingerprint(kept), one, "{}", String::from_utf8_lossy(kept));
        }
        let other: [&[u8]; 5] = [
            b"",
            b"To: a@b.example\n\nHello\n>From here on\nend\n",
            b"To: a@b.example\n\nhello\n>From here on\n\nend\n",
            b"To: a@c.example\n\nHello\n>From here on\n\nend\n",
            b"To: a@b.example\n\nHello\nStatus: 5.1.1\n>From here on\n\nend\n",
        ];
        for message in other {
            assert_ne!(fingerprint(message), one, "{}", String::from_utf8_lossy(message));
        }
    }
}
