//! Bytes of a feed, with or without the charset of a header, to clean items. Read twice, they are the same.
#![no_main]

use libfuzzer_sys::fuzz_target;

const CHARSETS: [Option<&str>; 8] = [
    None, Some("utf-8"), Some("iso-8859-1"), Some("windows-1251"), Some("utf-16"), Some("gb18030"), Some("iso-2022-jp"), Some("none"),
];

// The first byte chooses the header.
fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let charset = CHARSETS[usize::from(*first) % CHARSETS.len()];
    assert!(digest_fuzz::read(bytes, charset) == digest_fuzz::read(bytes, charset), "two readings differ");
});
