//! Feeds over TLS: an authority that the test makes, and servers with certificates of it, good and bad.

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{self, ServerConfig};

use super::*;

/// An authority of the test's own.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { pem: params.self_signed(&key).unwrap().pem(), issuer: Issuer::new(params, key) }
    }

    /// A certificate for a name, good in the years from the first to the second.
    fn sign(&self, name: &str, from: i32, to: i32) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

/// A server with this certificate; it answers every request with a page.
async fn serve(
    (certificate, key): (Certificate, KeyPair),
    versions: &[&'static rustls::SupportedProtocolVersion],
    protocols: &[&str],
) -> u16 {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let mut config = ServerConfig::builder_with_protocol_versions(versions)
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream.write_all(answer("/").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

/// What a fetch from `host` at this port gives, when the authority is trusted.
async fn fetched(authority: &Authority, host: &str, port: u16) -> Result<Fetched, Failure> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, &authority.pem).unwrap();
    let settings = Settings { private_hosts: vec!["localhost".into(), "127.0.0.1".into()], ..quick() };
    let fetcher = Fetcher::new(settings, "").trusting(&file).unwrap();
    let url: Url = format!("https://{host}:{port}/").parse().unwrap();
    fetcher.fetch(&get(&url)).await
}

#[tokio::test]
async fn a_certificate_must_be_good_for_the_name_and_the_day() {
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    let good = serve(ours.sign("localhost", 2020, 2100), rustls::ALL_VERSIONS, &[]).await;
    assert_eq!(fetched(&ours, "localhost", good).await.unwrap().body, b"page");
    let itself = KeyPair::generate().unwrap();
    let mut alone = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    alone.distinguished_name.push(DnType::CommonName, "itself");
    let alone = alone.self_signed(&itself).unwrap();
    for (certificate, host, why) in [
        (ours.sign("localhost", 2020, 2021), "localhost", "expired"),
        (ours.sign("localhost", 2099, 2100), "localhost", "not valid yet"),
        (ours.sign("wire.example", 2020, 2100), "localhost", "not valid for name"),
        (ours.sign("localhost", 2020, 2100), "127.0.0.1", "not valid for name"),
        (others.sign("localhost", 2020, 2100), "localhost", "no known authority"),
        ((alone, itself), "localhost", "no known authority"),
    ] {
        let port = serve(certificate, rustls::ALL_VERSIONS, &[]).await;
        let failure = fetched(&ours, host, port).await.unwrap_err();
        assert!(matches!(&failure, Failure::Certificate(told) if told.contains(why)), "{why}: {failure}");
    }
}

#[tokio::test]
async fn http_1_1_is_spoken_over_tls_of_both_versions() {
    let authority = Authority::new("ours");
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        for protocols in [&["h2", "http/1.1"][..], &["http/1.1"], &[]] {
            let port = serve(authority.sign("localhost", 2020, 2100), versions, protocols).await;
            assert_eq!(fetched(&authority, "localhost", port).await.unwrap().status, 200, "{protocols:?}");
        }
    }
}

#[tokio::test]
async fn a_server_without_tls_and_a_file_without_a_certificate_are_told() {
    let plain = Server::start();
    let failure = fetched(&Authority::new("ours"), "127.0.0.1", plain.address.port()).await.unwrap_err();
    assert!(matches!(failure, Failure::Connect(_)), "{failure}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    for text in ["", "no PEM at all", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&file, text).unwrap();
        let refused = Fetcher::new(quick(), "").trusting(&file).err().unwrap().to_string();
        assert!(refused.contains("`fetch.ca_file` cannot be used: it holds no certificate"), "{refused}");
    }
    let missing = Fetcher::new(quick(), "").trusting(&dir.path().join("none.pem")).err().unwrap().to_string();
    assert!(missing.contains("`fetch.ca_file` cannot be used"), "{missing}");
}
