//! Addresses by table; fetching against a server on loopback that answers each path as its name says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use super::*;

mod tls;

#[test]
fn what_the_public_cannot_reach_is_refused() {
    let refused = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 172.31.255.255 \
                   192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 \
                   239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.1.2.3 ::ffff:169.254.169.254 \
                   64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:1ff::1 2001:db8::1 2002:7f00:1::1 2002:c0a8:101::1 3fff::1 \
                   4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1";
    for address in refused.split_whitespace() {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    let public = "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.167.1.1 198.17.0.1 198.20.0.1 223.255.255.1 \
                  2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1";
    for address in public.split_whitespace() {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

/// A server on loopback, and the requests that it got.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                std::thread::spawn(move || {
                    let mut head = String::new();
                    let mut lines = BufReader::new(&stream);
                    while lines.read_line(&mut head).is_ok_and(|n| n > 2) {}
                    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    log.lock().unwrap().push(head);
                    let _ = (&stream).write_all(answer(&path).as_bytes());
                    if path == "/silent" {
                        // Held open until the other side has had enough.
                        let _ = (&stream).read(&mut [0]);
                    }
                });
            }
        });
        Self { address, asked }
    }

    fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    fn fetcher(&self) -> Fetcher {
        Fetcher::new(
            Settings { private_hosts: vec![self.address.to_string()], ..quick() },
            "https://almanac.example\r\n",
        )
    }
}

fn quick() -> Settings {
    Settings { patience: Duration::from_millis(1_500), ..Settings::default() }
}

fn answer(path: &str) -> String {
    let to =
        |status: u16, place: &str| format!("HTTP/1.1 {status} On\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n");
    match path {
        "/silent" => String::new(),
        "/garbage" => "220 mail.example ESMTP\r\n".into(),
        "/cut" => "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nso".into(),
        "/big" => format!("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n{}", "x".repeat(2_000)),
        "/metadata" => to(302, "http://169.254.169.254/latest/"),
        "/mapped" => to(302, "http://[::ffff:127.0.0.1]/"),
        "/file" => to(302, "file:///etc/passwd"),
        "/moved" => to(301, "/page?a=1"),
        "/nowhere" => to(301, "http://"),
        path if path.starts_with("/hop") => match path[4..].parse::<u32>() {
            Ok(0) | Err(_) => "HTTP/1.1 204 No\r\n\r\n".into(),
            Ok(n) => to(307, &format!("/hop{}", n - 1)),
        },
        _ => "HTTP/1.1 200 OK\r\nETag: \"7\"\r\nContent-Length: 4\r\n\r\npage".into(),
    }
}

fn get(url: &Url) -> Request<'_> {
    Request { method: Method::Get, url, headers: &[("If-None-Match", "\"6\"")], most: 1_000 }
}

#[tokio::test]
async fn a_page_comes_with_its_headers_and_the_way_to_it() {
    let server = Server::start();
    let url = server.url("/moved#part");
    let fetched = server.fetcher().fetch(&get(&url)).await.unwrap();
    assert_eq!((fetched.status, fetched.body.as_slice(), fetched.header("etag")), (200, &b"page"[..], Some("\"7\"")));
    assert_eq!(fetched.hops, [Hop { status: 301, to: server.url("/page?a=1") }]);
    assert!(fetched.hops[0].is_permanent() && fetched.url == server.url("/page?a=1"));
    let asked = server.asked.lock().unwrap().clone();
    assert!(asked[0].starts_with("GET /moved HTTP/1.1\r\n"), "{asked:?}");
    let head = asked[1].to_lowercase();
    assert!(head.starts_with("get /page?a=1 http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: {}\r\n", server.address)) && head.contains("if-none-match: \"6\""), "{head}");
    assert!(head.contains("user-agent: digest/") && head.contains("(+https://almanac.example)"), "{head}");
    let head =
        server.fetcher().fetch(&Request { method: Method::Head, ..get(&server.url("/silent-not")) }).await.unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn limits_hold() {
    let server = Server::start();
    let failure = async |path: &str| server.fetcher().fetch(&get(&server.url(path))).await.unwrap_err();
    assert_eq!(server.fetcher().fetch(&get(&server.url("/hop5"))).await.unwrap().hops.len(), 5);
    assert_eq!(failure("/hop6").await, Failure::Redirects);
    assert_eq!(failure("/big").await, Failure::Large(1_000));
    assert_eq!(failure("/silent").await, Failure::Slow(Duration::from_millis(1_500)));
    assert!(matches!(failure("/garbage").await, Failure::Broken(_)));
    assert!(matches!(failure("/cut").await, Failure::Broken(_)));
    assert!(matches!(failure("/nowhere").await, Failure::Broken(_)));
    assert_eq!(failure("/file").await, Failure::Scheme("file".into()));
}

#[tokio::test]
async fn private_addresses_are_refused_by_name_by_number_and_after_a_redirect() {
    let server = Server::start();
    assert_eq!(
        server.fetcher().fetch(&get(&server.url("/metadata"))).await.unwrap_err(),
        Failure::Private("169.254.169.254".into())
    );
    assert!(matches!(server.fetcher().fetch(&get(&server.url("/mapped"))).await.unwrap_err(), Failure::Private(_)));
    let before = server.asked.lock().unwrap().len();
    let strict = Fetcher::new(quick(), "");
    let port = server.address.port();
    for host in ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "0", "[::1]", "[::ffff:7f00:1]"] {
        let url: Url = format!("http://{host}:{port}/").parse().unwrap();
        let failure = strict.fetch(&get(&url)).await.unwrap_err();
        assert!(matches!(failure, Failure::Private(_)), "{host}: {failure}");
    }
    assert_eq!(server.asked.lock().unwrap().len(), before, "nothing was asked");
    // Another port of a named host:port is not named.
    let other: Url = "http://127.0.0.1:1/".parse().unwrap();
    assert!(matches!(server.fetcher().fetch(&get(&other)).await.unwrap_err(), Failure::Private(_)));
    let named = Fetcher::new(Settings { private_hosts: vec!["LOCALHOST".into()], ..quick() }, "");
    let url: Url = format!("http://localhost:{port}/").parse().unwrap();
    assert_eq!(named.fetch(&get(&url)).await.unwrap().status, 200);
    let unknown: Url = "http://no-such-host.invalid/".parse().unwrap();
    assert!(matches!(strict.fetch(&get(&unknown)).await.unwrap_err(), Failure::Unknown(_)));
}

#[tokio::test]
async fn a_name_is_looked_up_once_for_each_request_and_what_was_checked_is_connected_to() {
    let server = Server::start();
    let asked = Arc::new(Mutex::new(0));
    let (counter, own) = (Arc::clone(&asked), server.address.ip());
    let mut fetcher = server.fetcher();
    // Good for the one who checks, bad for whoever would look again.
    fetcher.names = Names::Script(Arc::new(move |_| {
        *counter.lock().unwrap() += 1;
        if *counter.lock().unwrap() == 1 { vec!["203.0.114.1".parse().unwrap()] } else { vec![own] }
    }));
    let url: Url = format!("http://rebinding.example:{}/", server.address.port()).parse().unwrap();
    let first = fetcher.patient(Duration::from_millis(300)).fetch(&get(&url)).await.unwrap_err();
    assert!(
        matches!(first, Failure::Slow(_) | Failure::Connect(_)),
        "the checked address was tried, not another: {first}"
    );
    assert!(
        matches!(fetcher.fetch(&get(&url)).await.unwrap_err(), Failure::Private(_)),
        "the new answer is checked anew"
    );
    assert_eq!((*asked.lock().unwrap(), server.asked.lock().unwrap().len()), (2, 0));
}

#[tokio::test]
async fn one_private_address_among_public_ones_is_enough_to_refuse() {
    let server = Server::start();
    let mut fetcher = Fetcher::new(quick(), "");
    fetcher.names = Names::Script(Arc::new(|_| vec!["203.0.114.1".parse().unwrap(), "127.0.0.1".parse().unwrap()]));
    let url: Url = format!("http://both.example:{}/", server.address.port()).parse().unwrap();
    assert!(matches!(fetcher.fetch(&get(&url)).await.unwrap_err(), Failure::Private(_)));
    assert!(server.asked.lock().unwrap().is_empty());
}

#[test]
fn bodies_are_unpacked_up_to_the_limit() {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    let fetched = |packing: &str, body: Vec<u8>| Fetched {
        url: "http://a.example/".parse().unwrap(),
        status: 200,
        headers: vec![("content-encoding".into(), packing.into())],
        body,
        hops: Vec::new(),
    };
    let gzip = |bytes: &[u8]| {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    };
    let (mut zlib, mut deflate) =
        (ZlibEncoder::new(Vec::new(), Compression::best()), DeflateEncoder::new(Vec::new(), Compression::best()));
    zlib.write_all(b"page").unwrap();
    deflate.write_all(b"page").unwrap();
    // "page" as one stored block of brotli (RFC 7932, section 9).
    let brotli = vec![0x8b, 0x01, 0x80, b'p', b'a', b'g', b'e', 0x03];
    for (packing, body) in [
        ("gzip", gzip(b"page")),
        ("GZIP", b"page".to_vec()),
        ("", gzip(b"page")),
        ("identity", b"page".to_vec()),
        ("gzip, gzip", gzip(&gzip(b"page"))),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", deflate.finish().unwrap()),
        ("br", brotli),
    ] {
        assert_eq!(fetched(packing, body).unpacked(100).unwrap(), b"page", "{packing}");
    }
    let bomb = gzip(&vec![b'x'; 30_000_000]);
    assert!(bomb.len() < 40_000);
    assert_eq!(fetched("gzip", bomb.clone()).unpacked(1_000_000).unwrap_err(), Failure::Large(1_000_000));
    assert_eq!(fetched("gzip, gzip", gzip(&bomb)).unpacked(1_000_000).unwrap_err(), Failure::Large(1_000_000));
    assert!(matches!(fetched("gzip, gzip, gzip", bomb).unpacked(9).unwrap_err(), Failure::Broken(_)));
    assert!(matches!(fetched("zstd", vec![1]).unpacked(9).unwrap_err(), Failure::Broken(_)));
    let mut cut = gzip(&[b'x'; 100]);
    cut.truncate(cut.len() - 4);
    assert_eq!(fetched("gzip", cut).unpacked(1_000).unwrap().len(), 100, "what came before the cut");
}
