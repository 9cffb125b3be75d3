//! Where counted links lead, and where they never do.

use std::sync::Mutex;

use super::super::go;
use super::*;
use crate::model::IssueName;

const PERSON: &str = "user-agent: Mozilla/5.0 Firefox/140.0\r\naccept: text/html,*/*;q=0.8\r\n";

/// Every click that the service got.
type Clicked = Arc<Mutex<Vec<String>>>;

/// A server with one key of one issue, and one key that leads to a forbidden address.
async fn signpost() -> (std::net::SocketAddr, tokio::sync::watch::Sender<bool>, Clicked) {
    let told = Clicked::default();
    let clicks = Arc::clone(&told);
    let follow = move |issue: &IssueName, key: &str, visitor: Option<String>| {
        clicks.lock().expect("no panic").push(format!("{issue} {key} {}", visitor.unwrap_or_else(|| "nobody".into())));
        Ok(match key {
            "aaaaaaaa" => Some("https://a.example/story?x=1#part".to_owned()),
            "bbbbbbbb" => Some("javascript:alert(1)".to_owned()),
            "cccccccc" => Some("https://a.example/\r\nx: y".to_owned()),
            "dddddddd" => anyhow::bail!("the store is away"),
            _ => None,
        })
    };
    let routes = go::router(go::ClickService { follow: Arc::new(follow) });
    let (address, stop) = house_with(Limits::default(), "x-client", routes).await;
    (address, stop, told)
}

async fn ask(address: std::net::SocketAddr, line: &str, headers: &str) -> String {
    let request = format!("{line} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n{headers}\r\n");
    talk(address, &[&request], Duration::ZERO).await.0.to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_its_page_and_nothing_in_the_request_changes_that() {
    let (address, _stop, _) = signpost().await;
    for path in [
        "/go/2026-11-25-midweek/aaaaaaaa",
        "/go/2026-11-25-midweek/aaaaaaaa?url=https://evil.example/",
        "/go/2026-11-25-midweek/aaaaaaaa?//evil.example",
    ] {
        let answer = ask(address, &format!("GET {path}"), PERSON).await;
        assert_eq!(status(&answer), "302", "{answer}");
        for line in
            ["location: https://a.example/story?x=1#part", "cache-control: no-store", "referrer-policy: no-referrer"]
        {
            assert_eq!(answer.lines().filter(|found| *found == line).count(), 1, "{line}: {answer}");
        }
        assert!(!answer.contains("evil") && !answer.contains("set-cookie"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_link_of_ours_is_a_page_like_any_that_is_missing() {
    let (address, _stop, _) = signpost().await;
    for path in [
        "/go/2026-11-25-midweek/zzzzzzzz",
        "/go/2026-11-25-midweek/bbbbbbbb",
        "/go/2026-11-25-midweek/cccccccc",
        "/go/2026-11-25-midweek/",
        "/go/2026-11-25-midweek/aaaaaaaa/x",
        "/go/2026-11-25-midweek/https:%2f%2fevil.example",
        "/go/2026-11-25-Midweek/aaaaaaaa",
        "/go/..%2f2026-11-25-midweek/aaaaaaaa",
        "/go/x/%ff",
        "/go/aaaaaaaa",
        "/go//evil.example/aaaaaaaa",
    ] {
        let answer = ask(address, &format!("GET {path}"), PERSON).await;
        assert!(matches!(status(&answer), "404" | "400"), "{path}: {answer}");
        assert!(!answer.contains("location:"), "{path}: {answer}");
    }
    let answer = ask(address, "GET /go/2026-11-25-midweek/dddddddd", PERSON).await;
    assert!(status(&answer) == "503" && !answer.contains("the store is away"), "{answer}");
    assert_eq!(status(&ask(address, "POST /go/2026-11-25-midweek/aaaaaaaa", "content-length: 0\r\n").await), "405");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_get_that_may_be_a_persons_has_a_visitor() {
    let (address, _stop, told) = signpost().await;
    let link = "/go/2026-11-25-midweek/aaaaaaaa";
    for (line, headers, visitor) in [
        ("GET", format!("{PERSON}x-client: 203.0.113.9\r\n"), "203.0.113.0/24"),
        ("GET", format!("{PERSON}x-client: 2001:db8:1:2::3\r\n"), "2001:db8:1::/48"),
        ("HEAD", PERSON.to_owned(), "nobody"),
        ("GET", format!("{PERSON}sec-purpose: prefetch\r\n"), "nobody"),
        ("GET", "user-agent: Mozilla/5.0 Googlebot/2.1\r\naccept: text/html\r\n".to_owned(), "nobody"),
        ("GET", String::new(), "nobody"),
    ] {
        let answer = ask(address, &format!("{line} {link}"), &headers).await;
        assert_eq!(status(&answer), "302", "everybody is led on: {answer}");
        let last = told.lock().expect("no panic").pop();
        assert_eq!(
            last.as_deref(),
            Some(format!("2026-11-25-midweek aaaaaaaa {visitor}").as_str()),
            "{line} {headers}"
        );
    }
}
