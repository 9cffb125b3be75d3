//! A feed over TLS, from a server whose authority the test makes: trusted when config.toml names it, and never left for plain HTTP.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::house::Test;

const FEED: &str = "<rss><channel><title>W</title><item><title>One</title><link>https://wire.example/1</link>\
<pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate></item></channel></rss>";

/// A server for `localhost`: its port, and its authority in PEM. `/down` leads to plain HTTP, all else is a feed.
fn serve() -> (u16, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "an authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()));
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut head = String::new();
            let mut lines = BufReader::new(&mut stream);
            while lines.read_line(&mut head).is_ok_and(|n| n > 2) {}
            let answer = if head.starts_with("GET /down ") {
                format!("HTTP/1.1 301 X\r\nLocation: http://localhost:{}/\r\nContent-Length: 0\r\n\r\n", plain())
            } else {
                format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n{FEED}", FEED.len())
            };
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (port, pem)
}

/// A server without TLS, which would answer one request with the feed.
fn plain() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = BufReader::new(&stream).read_line(&mut String::new());
        let _ = write!(stream, "HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n{FEED}", FEED.len());
    });
    port
}

#[test]
fn a_feed_comes_over_tls_from_an_authority_that_is_named_and_never_over_plain_http() {
    let (port, pem) = serve();
    let config = format!(
        "[fetch]\nprivate_hosts = [\"localhost\"]\n[[feeds]]\nname = \"Wire\"\nurl = \"https://localhost:{port}/feed\"\n\
         [[feeds]]\nname = \"Down\"\nurl = \"https://localhost:{port}/down\"\n"
    );
    let test = Test::new().config(&config).file("ca.pem", &pem);
    test.run("news fetch Wire").code(1).stdout_has("no known authority signed it");
    let test = test.config("[fetch]\nca_file = \"ca.pem\"\n");
    test.run("news fetch Wire").success().stdout_has("1 new or changed of 1 item");
    test.run("news fetch Down").code(1).stdout_has("redirects from https to http");
    test.run("news feeds").success().stdout_has("redirects from https to http");
    test.config("[fetch]\nca_file = \"config.toml\"\n")
        .run("news fetch Wire")
        .code(1)
        .stderr_has("`fetch.ca_file` cannot be used");
}
