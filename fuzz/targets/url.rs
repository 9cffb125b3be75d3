//! The canonical form of an address is an http(s) address and its own canonical form; without tracking it still opens the same.
#![no_main]

use digest::model::{canonical_url, untracked};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(form) = canonical_url(text) else { return };
    assert!(form.starts_with("https://"), "{form}");
    assert_eq!(canonical_url(&form).as_deref(), Some(form.as_str()), "of {text:?}");
    let url = url::Url::parse(text.trim()).expect("what has a canonical form is an address");
    let short = untracked(&url);
    let again = url::Url::parse(&short).expect("an address stays one");
    assert_eq!(again.host_str(), url.host_str());
    assert_eq!(untracked(&again), short);
    assert_eq!(canonical_url(&short), canonical_url(url.as_str()), "of {text:?}");
});
