//! A mailbox over IMAP (RFC 3501, RFC 9051): unseen messages are read, and marked as seen once processed.
//! Knows no bounce and no list.

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::smtp::{Tls, Wrap};
use crate::model::Notice;
use crate::text::one_line;

/// A server that is silent for so long has gone.
const STEP: Duration = Duration::from_secs(30);
/// The most octets that a server may send in one step: thrice the longest message that is read, or the numbers of some 300,000. The
/// IMAP library parses an answer again with every packet, so ten times that would cost a hundred times the work.
const MOST: usize = 3 << 20;

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
    /// A PEM file with a certificate to trust in addition to the built-in authorities.
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

/// A connection that ends when the server sends more than a step allows: the IMAP library itself would accept half a gigabyte.
#[derive(Debug)]
struct Bounded {
    stream: TcpStream,
    /// How many octets are left of this step.
    left: Arc<AtomicUsize>,
}

impl AsyncRead for Bounded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let had = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let came = buffer.filled().len() - had;
        let left = self.left.load(Ordering::Relaxed);
        if came > left {
            return Poll::Ready(Err(io::Error::other(format!("the answer is longer than {} MiB", MOST >> 20))));
        }
        self.left.store(left - came, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// An open mailbox. After an error it is of no use any more.
pub struct Mailbox {
    session: Session<Box<dyn Wire>>,
    told: Server,
}

impl Mailbox {
    /// Connects, checks the certificate, logs in and selects the folder.
    ///
    /// # Errors
    /// A mistake in the settings, or a refusal by the server.
    pub async fn open(settings: &Settings) -> Result<Self, Notice> {
        if !settings.is_safe() {
            return Err(Notice::new("`bounces.imap.tls` would send the password unencrypted")
                .help("set `tls = \"wrapper\"` or \"required\"; \"none\" is for localhost only"));
        }
        let told = Server { address: format!("{}:{}", settings.host, settings.port), left: Arc::default() };
        let stream = told.within("no connection", TcpStream::connect((settings.host.as_str(), settings.port))).await?;
        let client = greeted(Bounded { stream, left: Arc::clone(&told.left) }, settings, &told).await?;
        let password = settings.password()?;
        let login = async { client.login(&settings.username, password).await.map_err(|(error, _)| error) };
        let mut session = told.within("LOGIN", login).await?;
        told.within("SELECT", session.select(&settings.folder)).await?;
        Ok(Self { session, told })
    }

    /// The UIDs of messages that nobody has seen, the oldest first.
    pub async fn unseen(&mut self) -> Result<Vec<u32>, Notice> {
        // Some servers report new messages only when asked.
        self.told.within("NOOP", self.session.noop()).await?;
        let found = self.told.within("SEARCH", self.session.uid_search("UNSEEN")).await?;
        let mut found: Vec<u32> = found.into_iter().collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The first `most` octets of a message; `None` when it is there no more. It stays unseen.
    pub async fn read(&mut self, uid: u32, most: usize) -> Result<Option<Vec<u8>>, Notice> {
        let fetched = async {
            let ask = format!("(UID BODY.PEEK[]<0.{most}>)");
            let mut answers = pin!(self.session.uid_fetch(uid.to_string(), ask).await?);
            let mut found = None;
            while let Some(answer) = answers.try_next().await? {
                if answer.uid == Some(uid) {
                    found = answer.body().map(<[u8]>::to_vec).or(found);
                }
            }
            Ok::<_, async_imap::error::Error>(found)
        };
        self.told.within("FETCH", fetched).await
    }

    /// Marks messages as seen.
    pub async fn mark_seen(&mut self, uids: &[u32]) -> Result<(), Notice> {
        let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let stored = async {
            let mut answers = pin!(self.session.uid_store(set, "+FLAGS.SILENT (\\Seen)").await?);
            while answers.try_next().await?.is_some() {}
            Ok::<_, async_imap::error::Error>(())
        };
        self.told.within("STORE", stored).await
    }

    /// Says good-bye; whatever the answer is.
    pub async fn close(mut self) {
        let _ = self.told.within("LOGOUT", self.session.logout()).await;
    }
}

/// A client that was greeted over the connection that the settings ask for.
async fn greeted(stream: Bounded, settings: &Settings, told: &Server) -> Result<Client<Box<dyn Wire>>, Notice> {
    let wrap = || Wrap::new("bounces.imap", &settings.host, &settings.ca_file);
    let refused = |refusal: super::Refusal| told.notice("TLS", &refusal.reply.text);
    let stream: Box<dyn Wire> = match settings.tls {
        Tls::Wrapper => Box::new(wrap()?.wrap(stream, STEP).await.map_err(refused)?),
        Tls::Required => {
            let mut plain = Client::new(stream);
            told.within("the greeting", greeting(&mut plain)).await?;
            told.within("STARTTLS", plain.run_command_and_check_ok("STARTTLS", None)).await?;
            // Plaintext that an attacker may have injected behind the answer is dropped with the client's buffer.
            let safe = wrap()?.wrap(plain.into_inner(), STEP).await.map_err(refused)?;
            return Ok(Client::new(Box::new(safe)));
        }
        Tls::None | Tls::Opportunistic => Box::new(stream),
    };
    let mut client = Client::new(stream);
    told.within("the greeting", greeting(&mut client)).await?;
    Ok(client)
}

async fn greeting<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug>(
    client: &mut Client<T>,
) -> Result<(), std::io::Error> {
    let gone = || std::io::Error::other("the server hung up");
    client.read_response().await?.ok_or_else(gone).map(drop)
}

/// The server's name, for error messages, and how much it may still send.
struct Server {
    address: String,
    left: Arc<AtomicUsize>,
}

impl Server {
    /// Does `what`, in the time and with the octets that a step may take.
    async fn within<T, E: fmt::Display>(
        &self,
        what: &str,
        step: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Notice> {
        self.left.store(MOST, Ordering::Relaxed);
        match tokio::time::timeout(STEP, step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.notice(what, &error.to_string())),
            Err(_) => Err(self.notice(what, "the server is silent")),
        }
    }

    fn notice(&self, what: &str, why: &str) -> Notice {
        let address = &self.address;
        Notice::new(format!("the mailbox at {address} cannot be read ({what}): {}", one_line(why, 300)))
            .help("see [bounces.imap]: host, port, tls, username, password_file, folder")
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    /// Greets, takes any login, and sends a message without an end.
    async fn endless(listener: TcpListener) {
        let (stream, _) = listener.accept().await.expect("a client");
        let (lines, mut answers) = stream.into_split();
        let mut lines = BufReader::new(lines).lines();
        answers.write_all(b"* OK ready\r\n").await.expect("a greeting");
        while let Some(line) = lines.next_line().await.expect("a command") {
            if line.contains("FETCH") {
                let head = b"* 1 FETCH (UID 1 BODY[]<0> {100000000}\r\n";
                answers.write_all(head).await.expect("an answer");
                while answers.write_all(&[b'x'; 8192]).await.is_ok() {}
                return;
            }
            let tag = line.split(' ').next().unwrap_or_default();
            answers.write_all(format!("{tag} OK done\r\n").as_bytes()).await.expect("an answer");
        }
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = tokio::spawn(endless(listener));
        let settings = Settings { host: "127.0.0.1".into(), port, tls: Tls::None, ..Settings::default() };
        let mut mailbox = Mailbox::open(&settings).await.expect("an open mailbox");
        let told = mailbox.read(1, 1024).await.expect_err("an answer without an end").to_string();
        assert!(told.contains("FETCH") && told.contains("longer than 3 MiB"), "{told}");
        drop(mailbox);
        server.await.expect("the server ends");
    }
}
