//! The beginning of a connection: TCP, TLS, the greeting and what the server offers. Ends where lettre's connection begins. Knows
//! no message.

use std::net::SocketAddr;
use std::time::Duration;

use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::ahead::Ahead;
use super::replies::Replies;
use super::tls::Wrap;
use super::{Refusal, Stage, Tls, WORDS, enhanced, lost, silent};
use crate::model::Reply;
use crate::text::one_line;

/// The extensions that the server offers (RFC 5321 §4.1.1.1); keywords ignore case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 1870: the most octets of a message; 0 means that it says none.
    pub size: Option<u64>,
    pub starttls: bool,
    /// The mechanisms of AUTH (RFC 4954), in capitals.
    pub auth: Vec<String>,
}

impl Offers {
    fn read(lines: &[String]) -> Self {
        let mut offers = Self::default();
        for line in lines.iter().skip(1).filter_map(|line| line.get(4..)) {
            let line = line.to_ascii_uppercase().replace("AUTH=", "AUTH ");
            let mut words = line.split_whitespace();
            match words.next() {
                Some("PIPELINING") => offers.pipelining = true,
                Some("SIZE") => offers.size = Some(words.next().and_then(|word| word.parse().ok()).unwrap_or(0)),
                Some("STARTTLS") => offers.starttls = true,
                Some("AUTH") => offers.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        offers
    }
}

/// A connection of lettre's, and the way past it for what is too long to be copied.
pub type Greeted = (AsyncSmtpConnection, Ahead);

/// Connects to `host:port`, does TLS as asked, and says hello as `name`. Every reply has `limit` in all.
pub async fn greet(
    (host, port): (&str, u16),
    tls: (Tls, Option<&Wrap>),
    name: &str,
    limit: Duration,
) -> Result<(Greeted, Offers), Refusal> {
    let reach = |error: std::io::Error| lost(Stage::Reach, error.to_string());
    let connecting = tokio::time::timeout(limit, TcpStream::connect((host, port))).await;
    let stream = connecting.map_err(|_| silent(Stage::Reach, limit))?.map_err(reach)?;
    // A message's last packet must not wait for the acknowledgement of the one before: 40 ms each.
    stream.set_nodelay(true).map_err(reach)?;
    let peer = stream.peer_addr().map_err(reach)?;
    match tls {
        (Tls::Wrapper, Some(wrap)) => {
            let stream = wrap.wrap(stream, limit).await?;
            let mut hello = Hello { stream: BufReader::new(Replies::new(stream, peer)), limit };
            hello.greeting().await?;
            let lines = hello.hello(name).await?;
            handed_over(hello.stream.into_inner().into_inner(), peer, &lines, name, limit).await
        }
        (kind, wrap) => {
            let mut hello = Hello { stream: BufReader::new(Replies::new(stream, peer)), limit };
            hello.greeting().await?;
            let lines = hello.hello(name).await?;
            match (kind, wrap, Offers::read(&lines).starttls) {
                (Tls::Required | Tls::Opportunistic, Some(wrap), true) => {
                    hello.command("STARTTLS").await?;
                    let stream = hello.stream.into_inner().into_inner();
                    let stream = wrap.wrap(stream, limit).await?;
                    let mut hello = Hello { stream: BufReader::new(Replies::new(stream, peer)), limit };
                    let lines = hello.hello(name).await?;
                    handed_over(hello.stream.into_inner().into_inner(), peer, &lines, name, limit).await
                }
                (Tls::Required, ..) => {
                    let text =
                        "the server does not offer STARTTLS, and `tls = \"required\"` sends nothing unencrypted".into();
                    Err(Refusal { stage: Stage::Connect, reply: Reply { code: Some(502), enhanced: None, text } })
                }
                _ => handed_over(hello.stream.into_inner().into_inner(), peer, &lines, name, limit).await,
            }
        }
    }
}

/// Gives a greeted stream to lettre, which believes that it greets it.
async fn handed_over<S>(
    stream: S,
    peer: SocketAddr,
    lines: &[String],
    name: &str,
    limit: Duration,
) -> Result<(Greeted, Offers), Refusal>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
{
    let replies = Replies::greeted(stream, peer, lines);
    let ahead = replies.ahead();
    let stream: Box<dyn AsyncTokioStream> = Box::new(replies);
    let name = ClientId::Domain(name.to_owned());
    let connection =
        super::within(limit, Stage::Connect, AsyncSmtpConnection::connect_with_transport(stream, &name)).await?;
    Ok(((connection, ahead), Offers::read(lines)))
}

/// A stream on which hello is being said.
struct Hello<S> {
    stream: BufReader<Replies<S>>,
    limit: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Hello<S> {
    async fn greeting(&mut self) -> Result<(), Refusal> {
        self.reply().await.map(drop)
    }

    /// EHLO, or HELO where that is refused for good (RFC 5321 §3.2); the lines of the answer.
    async fn hello(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.command(&format!("EHLO {name}")).await {
            Err(refusal) if refusal.reply.is_permanent() => {
                // A reply to HELO offers no extensions, whatever it says.
                let lines = self.command(&format!("HELO {name}")).await?;
                Ok(lines.into_iter().take(1).map(|line| line.replacen('-', " ", 1)).collect())
            }
            other => other,
        }
    }

    async fn command(&mut self, command: &str) -> Result<Vec<String>, Refusal> {
        let line = format!("{command}\r\n");
        deadline(self.limit, self.stream.get_mut().write_all(line.as_bytes())).await?;
        self.reply().await
    }

    /// The lines of one reply, when it is 2xx.
    async fn reply(&mut self) -> Result<Vec<String>, Refusal> {
        let reading = async {
            let mut lines: Vec<String> = Vec::new();
            loop {
                let mut line = String::new();
                if self.stream.read_line(&mut line).await? == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                let line = line.trim_end_matches(['\r', '\n']).to_owned();
                let more = line.as_bytes().get(3) == Some(&b'-');
                lines.push(line);
                if !more {
                    return Ok(lines);
                }
            }
        };
        let lines = deadline(self.limit, reading).await?;
        let code = lines[0].get(..3).and_then(|code| code.parse::<u16>().ok());
        let same = lines.iter().all(|line| line.get(..3) == lines[0].get(..3));
        let Some(code) = code.filter(|code| same && (200..600).contains(code)) else {
            return Err(lost(Stage::Connect, format!("no SMTP reply: {}", one_line(&lines.join(" "), WORDS))));
        };
        if (200..300).contains(&code) {
            return Ok(lines);
        }
        let texts: Vec<&str> = lines.iter().filter_map(|line| line.get(4..)).collect();
        let text = one_line(&texts.join(" "), WORDS);
        Err(Refusal { stage: Stage::Connect, reply: Reply { code: Some(code), enhanced: enhanced(&text), text } })
    }
}

/// A step of the beginning under its deadline.
async fn deadline<T>(limit: Duration, step: impl Future<Output = std::io::Result<T>>) -> Result<T, Refusal> {
    match tokio::time::timeout(limit, step).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(lost(Stage::Connect, one_line(&error.to_string(), WORDS))),
        Err(_) => Err(silent(Stage::Connect, limit)),
    }
}
