//! A mailbox over IMAP (RFC 3501, RFC 9051): messages that nobody has seen are read, and marked as seen when they are done with.
//! Knows no bounce and no list.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::smtp::{Tls, Wrap};
use crate::model::Notice;

/// A server that is silent for so long has gone.
const STEP: Duration = Duration::from_secs(30);

/// `[bounces.imap]`: a mailbox that `digest serve` reads.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Empty: no mailbox is read.
    pub host: String,
    pub port: u16,
    /// `wrapper`, `required` (STARTTLS), or `none`, which is for loopback alone.
    pub tls: Tls,
    pub username: String,
    /// A file that holds the password, and nothing else.
    pub password_file: String,
    /// The password itself: only from the environment, never from the file.
    pub password: String,
    /// As the server names it.
    pub folder: String,
    /// A PEM file with a certificate to trust besides the built-in authorities.
    pub ca_file: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 993,
            tls: Tls::Wrapper,
            username: String::new(),
            password_file: String::new(),
            password: String::new(),
            folder: "INBOX".into(),
            ca_file: String::new(),
        }
    }
}

impl fmt::Debug for Settings {
    /// All but the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, tls, username, folder, .. } = self;
        write!(f, "Settings {{ {username}@{host}:{port}/{folder}, tls: {tls:?}, .. }}")
    }
}

impl Settings {
    fn password(&self) -> Result<String, Notice> {
        if !self.password.is_empty() || self.password_file.is_empty() {
            return Ok(self.password.clone());
        }
        let text = std::fs::read_to_string(&self.password_file).map_err(|e| {
            let told = Notice::new(format!("cannot read the password: {e}")).at(&self.password_file, None);
            told.help("see `bounces.imap.password_file`")
        })?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn is_safe(&self) -> bool {
        let loopback = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        matches!(self.tls, Tls::Wrapper | Tls::Required) || self.tls == Tls::None && loopback
    }
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Wire for T {}

/// An open mailbox. After an error it is of no use any more.
pub struct Mailbox {
    session: Session<Box<dyn Wire>>,
    address: String,
}

impl Mailbox {
    /// Connects, checks the certificate, logs in and selects the folder.
    ///
    /// # Errors
    /// What is wrong with the settings, or what the server refused.
    pub async fn open(settings: &Settings) -> Result<Self, Notice> {
        if !settings.is_safe() {
            return Err(Notice::new("`bounces.imap.tls` would send the password in clear")
                .help("set `tls = \"wrapper\"` or \"required\"; \"none\" is for localhost alone"));
        }
        let address = format!("{}:{}", settings.host, settings.port);
        let told = |what: &'static str| Told { address: address.clone(), what };
        let at = (settings.host.as_str(), settings.port);
        let stream = told("no connection").within(TcpStream::connect(at)).await?;
        let client = greeted(stream, settings, &told).await?;
        let password = settings.password()?;
        let login = async { client.login(&settings.username, password).await.map_err(|(error, _)| error) };
        let mut session = told("LOGIN").within(login).await?;
        told("SELECT").within(session.select(&settings.folder)).await?;
        Ok(Self { session, address })
    }

    /// The UIDs of messages that nobody has seen, the oldest first.
    pub async fn unseen(&mut self) -> Result<Vec<u32>, Notice> {
        let told = self.told("SEARCH");
        // Some servers tell of new messages only when asked.
        told.within(self.session.noop()).await?;
        let mut found: Vec<u32> = told.within(self.session.uid_search("UNSEEN")).await?.into_iter().collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The first `most` octets of a message; `None` when it is there no more. It stays unseen.
    pub async fn read(&mut self, uid: u32, most: usize) -> Result<Option<Vec<u8>>, Notice> {
        let told = self.told("FETCH");
        told.within(async {
            let ask = format!("(UID BODY.PEEK[]<0.{most}>)");
            let mut answers = pin!(self.session.uid_fetch(uid.to_string(), ask).await?);
            let mut found = None;
            while let Some(answer) = answers.try_next().await? {
                if answer.uid == Some(uid) {
                    found = answer.body().map(<[u8]>::to_vec).or(found);
                }
            }
            Ok::<_, async_imap::error::Error>(found)
        })
        .await
    }

    /// Marks messages as seen.
    pub async fn mark_seen(&mut self, uids: &[u32]) -> Result<(), Notice> {
        let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let told = self.told("STORE");
        told.within(async {
            let mut answers = pin!(self.session.uid_store(set, "+FLAGS.SILENT (\\Seen)").await?);
            while answers.try_next().await?.is_some() {}
            Ok::<_, async_imap::error::Error>(())
        })
        .await
    }

    /// Says good-bye; whatever the answer is.
    pub async fn close(mut self) {
        let _ = self.told("LOGOUT").within(self.session.logout()).await;
    }

    fn told(&self, what: &'static str) -> Told {
        Told { address: self.address.clone(), what }
    }
}

/// A client that was greeted over the connection that the settings ask for.
async fn greeted(
    stream: TcpStream,
    settings: &Settings,
    told: &impl Fn(&'static str) -> Told,
) -> Result<Client<Box<dyn Wire>>, Notice> {
    let wrap = || Wrap::new("bounces.imap", &settings.host, &settings.ca_file);
    let refused = |refusal: super::Refusal| told("TLS").notice(&refusal.reply.text);
    let stream: Box<dyn Wire> = match settings.tls {
        Tls::Wrapper => Box::new(wrap()?.wrap(stream, STEP).await.map_err(refused)?),
        Tls::Required => {
            let mut plain = Client::new(stream);
            told("the greeting").within(greeting(&mut plain)).await?;
            told("STARTTLS").within(plain.run_command_and_check_ok("STARTTLS", None)).await?;
            // What a stranger may have put behind the answer, in clear, is dropped with the client's buffer.
            let safe = wrap()?.wrap(plain.into_inner(), STEP).await.map_err(refused)?;
            return Ok(Client::new(Box::new(safe)));
        }
        Tls::None | Tls::Opportunistic => Box::new(stream),
    };
    let mut client = Client::new(stream);
    told("the greeting").within(greeting(&mut client)).await?;
    Ok(client)
}

async fn greeting<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug>(
    client: &mut Client<T>,
) -> Result<(), std::io::Error> {
    let gone = || std::io::Error::other("the server hung up");
    client.read_response().await?.ok_or_else(gone).map(drop)
}

/// What is being done at which server, for the words of an error.
struct Told {
    address: String,
    what: &'static str,
}

impl Told {
    async fn within<T, E: fmt::Display>(&self, step: impl Future<Output = Result<T, E>>) -> Result<T, Notice> {
        match tokio::time::timeout(STEP, step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.notice(&error.to_string())),
            Err(_) => Err(self.notice("the server is silent")),
        }
    }

    fn notice(&self, why: &str) -> Notice {
        let Self { address, what } = self;
        Notice::new(format!("the mailbox at {address} cannot be read ({what}): {}", printable(why)))
            .help("see [bounces.imap]: host, port, tls, username, password_file, folder")
    }
}

/// One line of at most 300 characters; a server's words may be anything.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}
