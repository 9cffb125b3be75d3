//! A mail that came back: never a panic, bounded, and nothing that breaks a line on a terminal.
#![no_main]

use digest::sources::{BounceKind, read_bounce};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let finding = read_bounce(bytes);
    assert!(finding == read_bounce(bytes), "two readings differ");
    assert!(finding.kind != BounceKind::Leave || finding.token.is_some(), "a wish to leave has a token");
    for failure in &finding.failures {
        let said = format!("{failure:?}");
        assert!(said.len() < 20_000, "{} bytes", said.len());
    }
    assert!(finding.failures.len() <= bytes.len(), "{} failures", finding.failures.len());
});
