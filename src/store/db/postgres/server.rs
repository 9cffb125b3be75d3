//! Which server to connect to, and how: URL, password and TLS. Knows no statement.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::{StoreError, errors};

/// How long connecting to the server may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long the other end may take to acknowledge what was sent.
const ACKNOWLEDGED: Duration = Duration::from_secs(30);

/// A server, a database on it, and the user who logs in.
#[derive(Clone)]
pub struct Server {
    config: Config,
    /// A file that holds the password.
    password: Option<PathBuf>,
    /// A file with the certificates of authorities to trust instead of the public ones.
    roots: Option<PathBuf>,
}

/// Without the password.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => "localhost".into(),
        };
        write!(f, "postgres://{host}")?;
        if let Some(port) = self.config.get_ports().first() {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The same database, whoever logs in.
impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string() && self.config.get_options() == other.config.get_options()
    }
}

impl Eq for Server {}

impl Server {
    /// Reads `postgres://USER@HOST:PORT/DATABASE?sslmode=…`. It may have the libpq parameters that tokio-postgres knows, `sslmode=verify-full`,
    /// and `sslrootcert`, a file relative to `root`. `password`, unless it is empty, takes precedence over `file`, and `file` over the URL's password.
    ///
    /// # Errors
    /// What is wrong with the URL. The text does not repeat the URL, because it may contain a password.
    pub fn parse(url: &str, password: &str, file: Option<PathBuf>, root: &Path) -> Result<Self, String> {
        let mut parsed = Url::parse(url).map_err(|error| error.to_string())?;
        let mut roots = None;
        let mut others = Vec::new();
        for (name, value) in parsed.query_pairs() {
            match (name.as_ref(), value.as_ref()) {
                ("sslrootcert", file) => roots = Some(root.join(file)),
                // We verify every certificate, so `require` does the same here.
                ("sslmode", "verify-full") => others.push(("sslmode".to_owned(), "require".to_owned())),
                ("sslmode", "verify-ca" | "allow") => {
                    return Err("`sslmode` may be disable, prefer, require or verify-full".into());
                }
                (name, value) => others.push((name.to_owned(), value.to_owned())),
            }
        }
        parsed.set_query(None);
        if !others.is_empty() {
            // Not form encoding: in a connection string, a plus sign is a plus sign.
            let query: Vec<String> = others.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
            parsed.set_query(Some(&query.join("&")));
        }
        let mut config = Config::from_str(parsed.as_str()).map_err(|error| errors::whole(&error))?;
        if !password.is_empty() {
            config.password(password);
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err("it names no database; write postgres://USER@HOST/DATABASE".into());
        }
        if config.get_application_name().is_none() {
            config.application_name("digest");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(ACKNOWLEDGED);
        }
        config.keepalives_idle(CONNECT).keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
        Ok(Self { config, password: file.filter(|_| password.is_empty()), roots })
    }

    /// Opens a connection, which runs on the current runtime until the client is dropped.
    pub async fn connect(&self) -> Result<Client, StoreError> {
        let wrong = |error: tokio_postgres::Error| self.wrong(&error);
        let mut config = self.config.clone();
        if let Some(path) = &self.password {
            let read = std::fs::read_to_string(path);
            config.password(
                read.map_err(|why| StoreError::Unreadable { path: path.clone(), why })?.trim_end_matches(['\r', '\n']),
            );
        }
        if config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = config.connect(NoTls).await.map_err(wrong)?;
            tokio::spawn(connection);
            return Ok(client);
        }
        let (client, connection) = config.connect(self.tls()?).await.map_err(wrong)?;
        tokio::spawn(connection);
        Ok(client)
    }

    fn tls(&self) -> Result<MakeRustlsConnect, StoreError> {
        let roots = match &self.roots {
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            Some(file) => {
                let mut roots = RootCertStore::empty();
                let unreadable = |why: &dyn fmt::Display| {
                    let why = std::io::Error::other(why.to_string());
                    StoreError::Unreadable { path: file.clone(), why }
                };
                for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
                    let certificate = certificate.map_err(|error| unreadable(&error))?;
                    roots.add(certificate).map_err(|error| unreadable(&error))?;
                }
                roots
            }
        };
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| StoreError::Sql(error.to_string()))?;
        Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
    }
}

/// The text with everything but letters, digits and a few signs written as `%XX`.
fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests;
