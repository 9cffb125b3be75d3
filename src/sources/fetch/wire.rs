//! One request over one connection: HTTP/1.1 by hyper, TLS by rustls with Mozilla's roots. Follows nothing.

use std::sync::Arc;

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONNECTION, HOST, HeaderMap, USER_AGENT};
use hyper::{Request as HttpRequest, Response, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};
use url::Position;

use super::{Failure, Fetched, Method, Request};

#[derive(Clone)]
pub struct Tls(TlsConnector);

impl Tls {
    pub fn new() -> Self {
        Self::with(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// Trusts the certificates of a PEM text, too; `None` when it has none.
    pub fn trusting(pem: &[u8]) -> Option<Self> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
        let (added, _) = roots.add_parsable_certificates(found);
        (added > 0).then(|| Self::with(roots))
    }

    fn with(roots: RootCertStore) -> Self {
        Self(TlsConnector::from(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())))
    }

    /// Makes a connection a safe one to the host of this name.
    pub async fn wrap(&self, stream: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, Failure> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Unknown(host.to_owned()))?;
        self.0.connect(name, stream).await.map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match inner {
                Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                    Failure::Certificate("no known authority signed it; `[fetch] ca_file` may name another".into())
                }
                Some(rustls::Error::InvalidCertificate(why)) => Failure::Certificate(why.to_string()),
                Some(why) => Failure::Connect(why.to_string()),
                None => Failure::Connect(error.to_string()),
            }
        })
    }
}

/// Asks over a connection that is not used again.
pub async fn request<S>(stream: S, request: &Request<'_>, agent: &str) -> Result<Fetched, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |why: &dyn std::fmt::Display| Failure::Broken(why.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| broken(&e))?;
    // Ends by itself when the sender and the body are dropped, as they are when time is up.
    tokio::spawn(connection);
    let built = request_for(request, agent).map_err(|e| broken(&e))?;
    let answer = sender.send_request(built).await.map_err(|e| broken(&e))?;
    let status = answer.status().as_u16();
    let headers = readable(answer.headers());
    let body = if request.most == 0 || request.method == Method::Head {
        Vec::new()
    } else {
        body(answer, request.most).await?
    };
    Ok(Fetched { url: request.url.clone(), status, headers, body, hops: Vec::new() })
}

fn request_for(request: &Request, agent: &str) -> Result<HttpRequest<Empty<Bytes>>, hyper::http::Error> {
    let method = match request.method {
        Method::Head => hyper::Method::HEAD,
        Method::Get => hyper::Method::GET,
    };
    let host = &request.url[Position::BeforeHost..Position::AfterPort];
    let mut built = HttpRequest::builder()
        .method(method)
        .uri(&request.url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, host)
        .header(USER_AGENT, agent)
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close");
    for (name, value) in request.headers {
        built = built.header(*name, *value);
    }
    built.body(Empty::new())
}

fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    let text =
        headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    text.collect()
}

async fn body(answer: Response<Incoming>, most: usize) -> Result<Vec<u8>, Failure> {
    match Limited::new(answer.into_body(), most).collect().await {
        Ok(whole) => Ok(whole.to_bytes().to_vec()),
        Err(why) if why.is::<LengthLimitError>() => Err(Failure::Large(most)),
        Err(why) => Err(Failure::Broken(why.to_string())),
    }
}
