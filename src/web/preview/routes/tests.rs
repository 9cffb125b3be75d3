//! Who is let in.

use super::*;

fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in all {
        headers.append(HeaderName::from_static(name), value.parse().unwrap());
    }
    headers
}

#[test]
fn only_this_machine_is_let_in() {
    for host in ["127.0.0.1", "127.0.0.1:4477", "localhost", "LocalHost:80"] {
        assert!(is_local(&headers(&[("host", host)]), None), "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:4477",
        "127.0.0.1.evil.example",
        "localhost.evil.example:4477",
        "127.0.0.1:4477.evil.example",
        "127.0.0.1:x",
        "localhost@evil.example",
        "[::1]:4477",
        "0.0.0.0",
        "",
    ] {
        assert!(!is_local(&headers(&[("host", host)]), None), "{host}");
    }
    assert!(!is_local(&headers(&[]), None), "no Host at all");
    assert!(!is_local(&headers(&[("host", "localhost"), ("host", "evil.example")]), None), "two of them");
    assert!(!is_local(&headers(&[("host", "localhost")]), Some("evil.example")), "another one in the target");
    assert!(is_local(&headers(&[("host", "localhost")]), Some("localhost:4477")));
}

#[test]
fn other_sites_are_not_let_in() {
    for (site, own) in [("none", true), ("same-origin", true), ("same-site", false), ("cross-site", false), ("", false)]
    {
        assert_eq!(is_own(&headers(&[("sec-fetch-site", site)])), own, "{site}");
    }
    assert!(is_own(&headers(&[])));
}
