//! HTML to text: what a title and a summary become, however they are written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|html: &str| {
    let items = json!([{"id": "1", "title": html, "content_text": html}, {"id": "2", "title": "A", "content_html": html, "tags": [html]}]);
    let feed = json!({"version": "https://jsonfeed.org/version/1.1", "title": html, "items": items}).to_string();
    let Some(reading) = digest_fuzz::read(feed.as_bytes(), None) else { panic!("a JSON Feed is one") };
    assert_eq!(reading.entries, 2);
    let titled = reading.items.iter().find(|fed| fed.item.title != "A");
    // Markup is decoded once: what is left is text, and as text it stays what it is.
    if let Some(titled) = titled {
        let again = json!({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": titled.item.title.replace('&', "&amp;").replace('<', "&lt;")}]});
        let again = digest_fuzz::read(again.to_string().as_bytes(), None).expect("a feed");
        assert_eq!(again.items.first().map(|fed| &fed.item.title), Some(&titled.item.title));
    }
});
