//! config.toml: settings, or every mistake with its reason.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let label = Path::new("config.toml");
    match digest::config::read(label, text, std::iter::empty()) {
        Ok(config) => assert!(!config.publication.name.is_empty(), "a publication has a name"),
        Err(notices) => {
            assert!(!notices.0.is_empty(), "a refusal has a reason");
            assert!(notices.to_string().len() < 64_000 + 2 * text.len(), "a refusal is bounded");
        }
    }
});
