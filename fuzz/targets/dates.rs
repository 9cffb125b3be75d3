//! A date of any form: undated, or between 1990 and the time of the reading, and its own written form is read as the same.
#![no_main]

use digest::model::Published;
use digest::sources::Dated;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fn read(date: &str) -> Option<Published> {
    let feed = json!({"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "A", "date_published": date}]});
    let reading = digest_fuzz::read(feed.to_string().as_bytes(), None).expect("a feed");
    reading.items.first().filter(|fed| fed.dated == Dated::Itself).map(|fed| fed.item.published)
}

fuzz_target!(|text: &str| {
    let Some(date) = read(text) else { return };
    assert!(date.latest(chrono_tz::UTC).timestamp() >= 631_000_000, "{text:?} is {date}");
    assert_eq!(read(&date.to_string()), Some(date), "{text:?}");
});
