//! The subscribers CSV: each row is a subscriber or a reject with its line; what is read can be written and read again.
#![no_main]

use std::collections::BTreeSet;
use std::path::Path;

use digest::sources::{ListHints, ListSource, SubscriberList, SubscriberRules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let editions = BTreeSet::from(["midweek".to_owned(), "sunday".to_owned()]);
    let rules = SubscriberRules { consent: "fuzzing", editions: &editions };
    let source = ListSource::Bytes(bytes.to_vec());
    let Ok(list) = SubscriberList::open(Path::new("list.csv"), source, &ListHints::default()) else { return };
    let Ok(census) = list.census(&rules) else { return };
    let Ok(rows) = list.rows(&rules) else { return };
    if list.is_archive() {
        return;
    }
    let seen = rows.collect::<Vec<_>>();
    assert_eq!(census[0].recognised() + census[0].refused, seen.len(), "what was counted first is what comes");
    let mut last = 0;
    for row in seen {
        match row {
            Ok((_, subscriber)) => {
                assert!(subscriber.email.as_str().is_ascii());
                let texts = subscriber.name.iter().chain([&subscriber.consent]).chain(subscriber.fields.iter().flat_map(|(k, v)| [k, v]));
                for text in texts {
                    assert!(!text.contains(['\r', '\n', '\0']), "{text:?}");
                }
                assert!(subscriber.editions.iter().flatten().all(|edition| editions.contains(edition)));
            }
            Err(reject) => {
                assert!(reject.line >= last, "lines go up: {} behind {last}", reject.line);
                last = reject.line;
                assert!(!reject.reason.is_empty() && !reject.reason.chars().any(char::is_control), "{:?}", reject.reason);
            }
        }
    }
});
