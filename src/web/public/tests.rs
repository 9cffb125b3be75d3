use std::time::{Duration, Instant};

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

proptest! {
    #[test]
    fn no_form_panics_and_what_was_written_is_read(pairs in prop::collection::vec((".{0,40}", ".{0,200}"), 0..8)) {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        prop_assert_eq!(Form::read(text.as_bytes()).0, pairs);
    }

    #[test]
    fn any_bytes_are_a_form(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let form = Form::read(&bytes);
        prop_assert!(form.get("no such name at all").is_empty() || !form.0.is_empty());
    }
}

/// The pages of a service that answers every request with the network it comes from, and a form with its length, on a port of loopback.
async fn house(limits: Limits, client_header: &str) -> (std::net::SocketAddr, tokio::sync::watch::Sender<bool>) {
    house_with(limits, client_header, Router::new()).await
}

/// The same with further routes.
async fn house_with(
    limits: Limits,
    client_header: &str,
    others: Router,
) -> (std::net::SocketAddr, tokio::sync::watch::Sender<bool>) {
    let handle = |request: PublicRequest, caller: &Caller| match request {
        PublicRequest::SignUp(form) if form.get("email") == "lost" => once(None),
        PublicRequest::SignUp(form) if form.get("email") == "kept" => once(Some(())),
        PublicRequest::SignUp(form) => page(200, form.get("email").len().to_string()),
        PublicRequest::Busy => page(503, String::new()),
        PublicRequest::Style => page(200, "x".repeat(64 << 20)),
        PublicRequest::Missing => page(404, String::new()),
        PublicRequest::Refused(status) => page(status, String::new()),
        _ => page(200, caller.network.clone()),
    };
    let service = PublicService { handle: Arc::new(handle), client_header: client_header.into() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let (keep, routes) = tokio::sync::watch::channel(router(service, others, limits));
    tokio::spawn(async move {
        serve(listener, routes, limits, stopped).await;
        drop(keep);
    });
    (address, stop)
}

/// Sends these pieces, one every `gap`, and reads until the server closes; returns what came, and after how long.
async fn talk(address: std::net::SocketAddr, pieces: &[&str], gap: Duration) -> (String, Duration) {
    let begun = Instant::now();
    let (mut read, mut write) = tokio::net::TcpStream::connect(address).await.expect("a connection").into_split();
    let pieces: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
    let writing = tokio::spawn(async move {
        for piece in pieces {
            if write.write_all(piece.as_bytes()).await.is_err() {
                break;
            }
            tokio::time::sleep(gap).await;
        }
        // The connection stays open: only the server may close it.
        tokio::time::sleep(PATIENCE).await;
        drop(write);
    });
    let mut bytes = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, read.read_to_end(&mut bytes)).await;
    writing.abort();
    assert!(ended.is_ok(), "the connection is held without end");
    (String::from_utf8_lossy(&bytes).into_owned(), begun.elapsed())
}

const PATIENCE: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);

fn page(status: u16, body: String) -> Answer {
    Answer::Now(PublicResponse { status, body, is_data: false })
}

/// A page that waits until a thread of its own says that something is kept, or gives up.
fn once(says: Option<()>) -> Answer {
    let (tell, kept) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || says.map(|()| tell.send(())));
    let Answer::Now(page) = page(200, "kept".into()) else { unreachable!("it is ready") };
    Answer::Once { kept, page }
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_drips_or_never_comes_ends_its_connection() {
    let (address, _stop) = house(Limits { head_time: SHORT, ..Limits::default() }, "").await;
    let drips: Vec<&str> = std::iter::once("GET / HTTP/1.1\r\n").chain(std::iter::repeat_n("x: y\r\n", 400)).collect();
    let cases: [(&str, Vec<&str>); 3] = [("silent", vec![]), ("half", vec!["GET / HTTP"]), ("dripping", drips)];
    for (name, pieces) in cases {
        let (answer, took) = talk(address, &pieces, Duration::from_millis(50)).await;
        assert!(took >= SHORT && took < PATIENCE / 2, "{name}: {took:?}");
        assert!(!answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
    }
    // An answered request does not extend its connection's idle time.
    let (answer, took) = talk(address, &["GET / HTTP/1.1\r\nhost: x\r\n\r\n"], Duration::ZERO).await;
    assert!(status(&answer) == "200" && took < PATIENCE / 2, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_that_something_is_kept_only_once_it_is() {
    let (address, _stop) = house(Limits::default(), "").await;
    for (email, expected) in [("kept", "200"), ("lost", "503")] {
        let request = format!(
            "POST /subscribe HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\nemail={email}",
            "email=".len() + email.len()
        );
        let (answer, _) = talk(address, &[&request], Duration::ZERO).await;
        assert_eq!((status(&answer), answer.ends_with("kept")), (expected, email == "kept"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_or_is_too_large_is_refused() {
    let (address, _stop) = house(Limits { patience: SHORT, body: 1000, ..Limits::default() }, "").await;
    let head = "POST /subscribe HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 900\r\n\r\n";
    let (answer, took) = talk(address, &[head, "email=a", "b", "c"], Duration::from_millis(50)).await;
    assert!(status(&answer) == "408" && took < PATIENCE / 2, "{answer} after {took:?}");
    for large in [
        "POST /subscribe HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1001\r\n\r\n".to_owned()
            + &"e".repeat(1001),
        format!(
            "POST /subscribe HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n{}\r\n0\r\n\r\n",
            "e".repeat(1001)
        ),
    ] {
        let (answer, _) = talk(address, &[&large], Duration::ZERO).await;
        assert_eq!(status(&answer), "413", "{answer}");
    }
    let fits = "POST /subscribe HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1000\r\n\r\nemail="
        .to_owned()
        + &"e".repeat(994);
    assert!(talk(address, &[&fits], Duration::ZERO).await.0.ends_with("994"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_bounded() {
    let (address, _stop) = house(Limits { head: 16 * 1024, ..Limits::default() }, "").await;
    let with =
        |value: usize| format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx: {}\r\n\r\n", "y".repeat(value));
    assert_eq!(status(&talk(address, &[&with(8_000)], Duration::ZERO).await.0), "200");
    assert_eq!(status(&talk(address, &[&with(20_000)], Duration::ZERO).await.0), "431");
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(1000));
    assert_eq!(status(&talk(address, &[&many], Duration::ZERO).await.0), "431");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_are_served_at_a_time_than_there_are_seats_and_none_keeps_its_seat() {
    let limits = Limits { connections: 2, life: SHORT, grace: SHORT, ..Limits::default() };
    let (address, _stop) = house(limits, "").await;
    // Two clients that request a large answer and read none of it.
    let mut idle = Vec::new();
    for _ in 0..2 {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
        stream.write_all(b"GET /style.css HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("a request");
        idle.push(stream);
    }
    let (answer, took) =
        talk(address, &["GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"], Duration::ZERO).await;
    assert_eq!(status(&answer), "200");
    assert!(took >= SHORT && took < PATIENCE / 2, "it waited for a seat, and had one: {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_header_of_ones_own_proxy_says_who_asks_and_only_its_last_word() {
    let (open, _first) = house(Limits::default(), "").await;
    let (proxied, _second) = house(Limits::default(), "x-forwarded-for").await;
    let own = "127.0.0.0/24";
    for (headers, without, with) in [
        ("", own, own),
        ("x-forwarded-for: 203.0.113.9\r\n", own, "203.0.113.0/24"),
        ("X-Forwarded-For: 10.0.0.1, 192.0.2.1 , 203.0.113.9\r\n", own, "203.0.113.0/24"),
        ("x-forwarded-for: 198.51.100.1\r\nx-forwarded-for: 203.0.113.9\r\n", own, "203.0.113.0/24"),
        ("x-forwarded-for: 203.0.113.9:50123\r\n", own, "203.0.113.0/24"),
        ("x-forwarded-for: 2001:db8:1:2:3::4\r\n", own, "2001:db8:1:2::/64"),
        ("x-forwarded-for: [2001:db8:1:2:3::4]:443\r\n", own, "2001:db8:1:2::/64"),
        ("x-forwarded-for: 203.0.113.9, unknown\r\n", own, own),
        ("x-forwarded-for: \r\n", own, own),
        ("x-forwarded-for: \u{fc}\r\n", own, own),
        ("x-real-ip: 203.0.113.9\r\nforwarded: for=203.0.113.9\r\n", own, own),
    ] {
        for (address, expected) in [(open, without), (proxied, with)] {
            let request = format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
            let (answer, _) = talk(address, &[&request], Duration::ZERO).await;
            assert!(answer.ends_with(&format!("\r\n\r\n{expected}")), "{headers:?}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_may_sign_up_and_nothing_else() {
    let (address, _stop) = house(Limits::default(), "").await;
    let own = "host: news.example\r\n";
    for (headers, refused) in [
        (own.to_owned(), false),
        (format!("{own}origin: null\r\n"), false),
        (format!("{own}origin: https://news.example\r\n"), false),
        (format!("{own}origin: https://other.example\r\n"), true),
        (format!("{own}origin: https://news.example:8443\r\n"), true),
        (format!("{own}origin: x\r\n"), true),
        (format!("{own}sec-fetch-site: same-origin\r\norigin: null\r\n"), false),
        (format!("{own}sec-fetch-site: none\r\n"), false),
        (format!("{own}sec-fetch-site: same-site\r\n"), true),
        (format!("{own}sec-fetch-site: cross-site\r\norigin: null\r\n"), true),
    ] {
        for path in ["/lost", "/preferences/abc", "/confirm/abc", "/move/abc", "/poll/2026-11-25-midweek/1"] {
            let post = format!("POST {path} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: 0\r\n\r\n");
            let expected = if refused { "403" } else { "200" };
            assert_eq!(status(&talk(address, &[&post], Duration::ZERO).await.0), expected, "{path}: {headers}");
        }
        for open in ["POST /subscribe", "POST /unsubscribe/abc", "GET /lost", "HEAD /preferences/abc"] {
            let ask = format!("{open} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: 0\r\n\r\n");
            assert_eq!(status(&talk(address, &[&ask], Duration::ZERO).await.0), "200", "{open}: {headers}");
        }
    }
}

mod go;
