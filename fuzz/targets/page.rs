//! The text of an Almanac guide page, and the other forms of a guide: every guide and item is clean, or the reason has its line.
#![no_main]

use std::path::Path;

use chrono_tz::Tz;
use digest::sources::read_guides;
use libfuzzer_sys::fuzz_target;

// The first byte chooses the file's name.
fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let label = ["page.txt", "guide.md", "guides.json", "guides.jsonl"][usize::from(*first) % 4];
    match read_guides(Path::new(label), bytes, digest_fuzz::now(), Tz::UTC) {
        Ok(imported) => {
            for item in &imported.items {
                assert!(!item.title.trim().is_empty() && !digest_fuzz::has_hidden(&item.title), "{:?}", item.title);
                assert!(item.score.is_none_or(|score| (0.0..=10.0).contains(&score)));
            }
            for guide in &imported.guides {
                let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
                assert!(!guide.slug.is_empty() && guide.slug.bytes().all(plain), "a slug becomes a path: {:?}", guide.slug);
                assert!(!digest_fuzz::has_hidden(&guide.title), "{:?}", guide.title);
            }
        }
        Err(notices) => assert!(!notices.0.is_empty(), "a refusal has a reason"),
    }
});
