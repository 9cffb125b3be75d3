//! TLS to the relay: rustls with Mozilla's roots, and the operator's own authority beside them. Knows no SMTP.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::{Refusal, Stage, WORDS, lost, silent};
use crate::model::{Notice, Reply};
use crate::text::one_line;

/// Makes a connection a safe one to the relay's name.
#[derive(Clone)]
pub struct Wrap {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Wrap {
    /// `section` is the section of the settings; `ca_file` is a PEM file with one more certificate to trust, or empty.
    ///
    /// # Errors
    /// A notice about a host that no certificate can name, or a file that holds no certificate.
    pub fn new(section: &str, host: &str, ca_file: &str) -> Result<Self, Notice> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            Notice::new(format!("`{section}.host` is `{host}`, which no certificate can name"))
                .help("write the relay's host name as its provider gives it")
        })?;
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if !ca_file.is_empty() {
            let wrong = |why: String| {
                Notice::new(format!("`{section}.ca_file` cannot be used: {why}"))
                    .at(ca_file, None)
                    .help("it must be a PEM file with the certificate of the relay's authority")
            };
            let pem = std::fs::read(ca_file).map_err(|e| wrong(e.to_string()))?;
            let found: Vec<_> = CertificateDer::pem_slice_iter(&pem)
                .collect::<Result<_, _>>()
                .map_err(|_| wrong("it is not a PEM file".into()))?;
            let (added, _) = roots.add_parsable_certificates(found);
            if added == 0 {
                return Err(wrong("it holds no certificate".into()));
            }
        }
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    /// # Errors
    /// A lost connection, or, for a certificate that is not good, a refusal for good: no second try would mend it.
    pub async fn wrap<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        limit: Duration,
    ) -> Result<TlsStream<S>, Refusal> {
        let refused = |error: std::io::Error| {
            let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
            match cause {
                Some(rustls::Error::InvalidCertificate(why)) => {
                    let text = one_line(&format!("its certificate is not valid: {why}"), WORDS);
                    Refusal { stage: Stage::Connect, reply: Reply { code: Some(554), enhanced: None, text } }
                }
                _ => lost(Stage::Connect, one_line(&error.to_string(), WORDS)),
            }
        };
        let handshake = tokio::time::timeout(limit, self.connector.connect(self.name.clone(), stream)).await;
        handshake.map_err(|_| silent(Stage::Connect, limit))?.map_err(refused)
    }
}
