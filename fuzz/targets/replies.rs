//! What an SMTP server says: bounded lines, CRLF at each end, nothing that a terminal obeys.
#![no_main]

use digest::mail::SmtpReplies;
use libfuzzer_sys::fuzz_target;
use tokio::io::AsyncReadExt;

fuzz_target!(|bytes: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut out = Vec::new();
    let mut replies = SmtpReplies::new(bytes, ([127, 0, 0, 1], 25).into());
    let ended = runtime.block_on(replies.read_to_end(&mut out));
    let lines = std::str::from_utf8(&out).expect("text");
    assert!(out.is_empty() || lines.ends_with("\r\n"), "{lines:?}");
    for line in lines.split_terminator("\r\n") {
        assert!(line.chars().count() <= 1_000 && !line.chars().any(char::is_control), "{line:?}");
        assert!(line.len() != 3 || !line.bytes().all(|b| b.is_ascii_digit()), "a bare code: {line:?}");
    }
    assert!(ended.is_err() || lines.lines().count() <= bytes.iter().filter(|b| **b == b'\n').count());
});
