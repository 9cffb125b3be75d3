//! The one way out to addresses that others wrote: links of a draft, feeds. http and https only, never to a machine of the
//! operator's own network, with limits on everything. Knows nothing of what it fetches, and retries nothing.

mod public;
mod unpack;
mod wire;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::{Host, Url};

use crate::model::{Notice, duration};
use wire::Tls;

pub use public::is_public;
pub use unpack::ACCEPTED;

/// Most redirects followed.
const REDIRECTS: usize = 5;

/// `[fetch]`: how pages and feeds are fetched from the web.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Hosts, as `name` or `name:port`, that may be fetched from although their address is not a public one.
    pub private_hosts: Vec<String>,
    /// How long one address may take in all, its redirects included. Default 15 seconds.
    #[serde(with = "duration")]
    pub patience: Duration,
    /// The number of hosts to fetch from at a time. Default 6.
    pub at_once: usize,
    /// How long to wait between two requests to one host. Default half a second.
    #[serde(with = "duration")]
    pub pause: Duration,
    /// How often the daemon fetches the feeds. Default every hour; 0 never.
    #[serde(with = "duration")]
    pub every: Duration,
    /// A PEM file with authorities to trust in addition to Mozilla's, or empty. Relative to the publication's folder.
    pub ca_file: String,
    /// Items of a feed that are dated longer ago are not taken. Default 30 days; 0 takes any.
    #[serde(with = "duration")]
    pub oldest: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            private_hosts: Vec::new(),
            patience: Duration::from_secs(15),
            at_once: 6,
            pause: Duration::from_millis(500),
            every: Duration::from_hours(1),
            ca_file: String::new(),
            oldest: Duration::from_hours(30 * 24),
        }
    }
}

impl Settings {
    fn trusts(&self, url: &Url) -> bool {
        let name = url.host_str().unwrap_or_default();
        let with_port = format!("{name}:{}", url.port_or_known_default().unwrap_or_default());
        self.private_hosts.iter().any(|host| host.eq_ignore_ascii_case(name) || host.eq_ignore_ascii_case(&with_port))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Head,
    Get,
}

/// What to fetch.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: Method,
    pub url: &'a Url,
    /// Headers other than Host, User-Agent and Accept, such as If-None-Match.
    pub headers: &'a [(&'a str, &'a str)],
    /// A body of more bytes is an error; 0 reads none of it.
    pub most: usize,
}

/// A response.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The address that answered in the end.
    pub url: Url,
    pub status: u16,
    /// Names in small letters; values that are no visible ASCII are left out.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The redirects on the way, in their order.
    pub hops: Vec<Hop>,
}

impl Fetched {
    /// The first header of a name, in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// One redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    pub to: Url,
}

impl Hop {
    /// Whether the page has moved for good (RFC 9110, 15.4.2 and 15.4.9).
    pub fn is_permanent(&self) -> bool {
        matches!(self.status, 301 | 308)
    }
}

/// Why nothing came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("only http and https addresses are fetched, not `{0}`")]
    Scheme(String),
    /// The host, or one that it redirects to, has an address that the public does not reach.
    #[error("{host} is not a public address{remedy}", host = .0, remedy = if_meant(.0))]
    Private(String),
    #[error("the host {0} is unknown: it is misspelled or gone, or this machine is offline")]
    Unknown(String),
    #[error("cannot connect: {0}")]
    Connect(String),
    #[error("the certificate is not valid: {0}")]
    Certificate(String),
    #[error("more than {REDIRECTS} redirects")]
    Redirects,
    #[error("no answer within {}", humantime::format_duration(*.0))]
    Slow(Duration),
    #[error("more than {}", size(*.0))]
    Large(usize),
    #[error("the answer is not HTTP, or broke off: {0}")]
    Broken(String),
}

/// How to allow a private host; empty for link-local addresses, where clouds keep their machines' secrets.
fn if_meant(host: &str) -> &'static str {
    if host.contains("169.254.") || host.contains("fe80:") {
        ""
    } else {
        "; if you want it, name it in `[fetch] private_hosts`"
    }
}

fn size(bytes: usize) -> String {
    const MB: usize = 1024 * 1024;
    if bytes.is_multiple_of(MB) { format!("{} MB", bytes / MB) } else { format!("{bytes} bytes") }
}

/// Fetches, as one program with one name.
#[derive(Clone)]
pub struct Fetcher {
    settings: Settings,
    agent: String,
    tls: Tls,
    names: Names,
}

#[cfg(test)]
type Script = std::sync::Arc<dyn Fn(&str) -> Vec<std::net::IpAddr> + Send + Sync>;

/// Resolves a name to its addresses.
#[derive(Clone)]
enum Names {
    /// The system's resolver.
    System,
    /// A test, which may change its mind.
    #[cfg(test)]
    Script(Script),
}

impl Names {
    async fn of(&self, domain: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        match self {
            Self::System => lookup_host((domain, port)).await.map(Iterator::collect),
            #[cfg(test)]
            Self::Script(script) => Ok(script(domain).into_iter().map(|address| (address, port).into()).collect()),
        }
    }
}

impl Fetcher {
    /// `about` is where a site's owner learns who asks: the publication's address.
    pub fn new(settings: Settings, about: &str) -> Self {
        // A header holds visible ASCII only.
        let about: String = about.chars().filter(char::is_ascii_graphic).collect();
        let agent = format!("digest/{} (+{about})", env!("CARGO_PKG_VERSION"));
        Self { settings, agent, tls: Tls::new(), names: Names::System }
    }

    /// The same, which trusts the authorities of a PEM file, too.
    ///
    /// # Errors
    /// A notice about a file that cannot be read, or that holds no certificate.
    pub fn trusting(mut self, ca_file: &Path) -> Result<Self, Notice> {
        let wrong = |why: String| {
            Notice::new(format!("`fetch.ca_file` cannot be used: {why}"))
                .at(ca_file, None)
                .help("it must be a PEM file with the certificate of an authority")
        };
        let pem = std::fs::read(ca_file).map_err(|error| wrong(error.to_string()))?;
        self.tls = Tls::trusting(&pem).ok_or_else(|| wrong("it holds no certificate".into()))?;
        Ok(self)
    }

    /// The same with another `patience`.
    #[must_use]
    pub fn patient(&self, patience: Duration) -> Self {
        let mut other = self.clone();
        other.settings.patience = patience;
        other
    }

    /// Fetches an address, following redirects. Every address on the way is looked up once, checked, and connected to as it
    /// was checked.
    pub async fn fetch(&self, request: &Request<'_>) -> Result<Fetched, Failure> {
        let patience = self.settings.patience;
        timeout(patience, self.follow(request)).await.unwrap_or(Err(Failure::Slow(patience)))
    }

    async fn follow(&self, request: &Request<'_>) -> Result<Fetched, Failure> {
        let mut url = request.url.clone();
        let mut hops = Vec::new();
        loop {
            let answer = self.once(&Request { url: &url, ..*request }).await?;
            let next = answer.redirect(&url)?;
            let Some(next) = next else {
                return Ok(Fetched { url, hops, ..answer });
            };
            if hops.len() == REDIRECTS {
                return Err(Failure::Redirects);
            }
            hops.push(Hop { status: answer.status, to: next.clone() });
            url = next;
        }
    }

    async fn once(&self, request: &Request<'_>) -> Result<Fetched, Failure> {
        if !matches!(request.url.scheme(), "http" | "https") {
            return Err(Failure::Scheme(request.url.scheme().to_owned()));
        }
        let stream = self.connect(request.url).await?;
        if request.url.scheme() == "https" {
            let host = request.url.host_str().unwrap_or_default();
            wire::request(self.tls.wrap(stream, host).await?, request, &self.agent).await
        } else {
            wire::request(stream, request, &self.agent).await
        }
    }

    /// Looks the host up and connects to what was found and checked, so that a second look-up cannot lead elsewhere.
    async fn connect(&self, url: &Url) -> Result<TcpStream, Failure> {
        let port = url.port_or_known_default().unwrap_or(80);
        let name = url.host_str().unwrap_or_default().to_owned();
        let addresses: Vec<_> = match url.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            Some(Host::Domain(domain)) => match self.names.of(domain, port).await {
                Ok(found) => found,
                Err(_) => return Err(Failure::Unknown(name)),
            },
            None => return Err(Failure::Unknown(name)),
        };
        // One bad address among good ones is refused too: nobody publishes that by accident.
        if !self.settings.trusts(url) && addresses.iter().any(|address| !is_public(address.ip())) {
            return Err(Failure::Private(name));
        }
        let mut last = Failure::Unknown(name);
        for address in addresses {
            // A host that is silent under one address still has time under the next.
            match timeout(self.settings.patience / 3, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(why)) => last = Failure::Connect(why.to_string()),
                Err(_) => last = Failure::Slow(self.settings.patience / 3),
            }
        }
        Err(last)
    }
}

impl Fetched {
    /// Where this response redirects to; `None` when it is the last.
    fn redirect(&self, from: &Url) -> Result<Option<Url>, Failure> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let Some(to) = self.header("location") else { return Ok(None) };
        let to =
            from.join(to).map_err(|_| Failure::Broken("it redirects to something that is not an address".into()))?;
        if !matches!(to.scheme(), "http" | "https") {
            return Err(Failure::Scheme(to.scheme().to_owned()));
        }
        Ok(Some(to))
    }
}

#[cfg(test)]
mod tests;
