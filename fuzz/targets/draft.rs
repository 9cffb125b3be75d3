//! issue.toml: what is read is written and read as the same draft, and the second writing gives the first one's bytes.
#![no_main]

use std::path::Path;

use digest::issues::{parse, to_toml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let label = Path::new("issue.toml");
    let draft = match parse(label, text) {
        Ok(draft) => draft,
        Err(notices) => {
            assert!(!notices.0.is_empty(), "a refusal has a reason");
            return;
        }
    };
    let written = to_toml(&draft);
    let again = parse(label, &written).unwrap_or_else(|why| panic!("{why}\n{written}"));
    assert_eq!(to_toml(&again), written);
    assert!(again == draft, "{draft:#?}\n{again:#?}");
});
