//! One SMTP connection (RFC 5321) on lettre's, with a deadline for every reply and the stage of every refusal known.

mod settings;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::Message;
use crate::model::{Notice, Reply};
pub use settings::{Auth, Settings, Timeouts, Tls};

/// What was going on when the server refused or the connection broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// TCP: nobody answers at that name and port.
    Reach,
    /// TLS, the greeting, EHLO.
    Connect,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After the final dot.
    Dot,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reach => "on the way",
            Self::Connect => "while connecting",
            Self::Auth => "at authentication",
            Self::Mail => "at MAIL FROM",
            Self::Rcpt => "at RCPT TO",
            Self::Data => "at DATA",
            Self::Dot => "after the message",
        })
    }
}

/// Why a step did not succeed. `reply.code` is 0 when the server gave no reply that could be read: the connection is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub stage: Stage,
    pub reply: Reply,
}

/// A relay with everything needed to connect to it.
#[derive(Clone)]
pub struct Relay {
    settings: Settings,
    hello: ClientId,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
}

impl Relay {
    /// Prepares TLS and credentials. `hello` is the EHLO name when the settings give none.
    ///
    /// # Errors
    /// A notice about a certificate or password file that cannot be used, or credentials that would go in clear.
    pub fn new(settings: Settings, hello: &str) -> Result<Self, Notice> {
        let name = if settings.hello.is_empty() { hello } else { &settings.hello };
        let hello = ClientId::Domain(name.to_owned());
        let tls = if settings.tls == Tls::None { None } else { Some(tls_parameters(&settings)?) };
        let credentials = credentials(&settings)?;
        Ok(Self { settings, hello, tls, credentials })
    }

    pub fn connections(&self) -> usize {
        self.settings.connections.max(1)
    }

    pub fn messages_per_connection(&self) -> usize {
        self.settings.messages_per_connection
    }

    /// Messages a second over all connections; 0 means no limit.
    pub fn rate(&self) -> u32 {
        self.settings.rate
    }

    /// `host:port`, for messages to people.
    pub fn address(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// Connects, greets, and does TLS and authentication as the settings say.
    pub async fn connect(&self) -> Result<Connection, Refusal> {
        let limit = self.settings.timeouts.connect;
        let at = (self.settings.host.as_str(), self.settings.port);
        let wrapper = if self.settings.tls == Tls::Wrapper { self.tls.clone() } else { None };
        let connecting = AsyncSmtpConnection::connect_tokio1(at, Some(limit), &self.hello, wrapper, None);
        let mut inner = within(limit, Stage::Connect, connecting).await?;
        self.start_tls(&mut inner).await?;
        if let Some(credentials) = &self.credentials {
            let mechanism = [match self.settings.auth {
                Auth::Plain => Mechanism::Plain,
                Auth::Login => Mechanism::Login,
                Auth::Xoauth2 => Mechanism::Xoauth2,
            }];
            within(self.settings.timeouts.command, Stage::Auth, inner.auth(&mechanism, credentials)).await?;
        }
        Ok(Connection { inner, timeouts: self.settings.timeouts.clone(), taken: 0 })
    }

    async fn start_tls(&self, inner: &mut AsyncSmtpConnection) -> Result<(), Refusal> {
        let offered = inner.can_starttls();
        match (self.settings.tls, &self.tls) {
            (Tls::Required, _) if !offered => {
                let text = "the server does not offer STARTTLS, and `tls = \"required\"` sends nothing in clear".into();
                Err(Refusal { stage: Stage::Connect, reply: Reply { code: 502, enhanced: None, text } })
            }
            (Tls::Required | Tls::Opportunistic, Some(tls)) if offered => {
                let limit = self.settings.timeouts.connect;
                within(limit, Stage::Connect, inner.starttls(tls.clone(), &self.hello)).await
            }
            _ => Ok(()),
        }
    }
}

fn tls_parameters(settings: &Settings) -> Result<TlsParameters, Notice> {
    let mut builder = TlsParameters::builder(settings.host.clone()).certificate_store(CertificateStore::WebpkiRoots);
    if !settings.ca_file.is_empty() {
        let wrong = |why: String| {
            Notice::new(format!("`delivery.smtp.ca_file` cannot be used: {why}"))
                .at(&settings.ca_file, None)
                .help("it must be a PEM file with the certificate of the relay's authority")
        };
        let pem = std::fs::read(&settings.ca_file).map_err(|e| wrong(e.to_string()))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| wrong(e.to_string()))?);
    }
    builder.build().map_err(|e| Notice::new(format!("cannot set up TLS for {}: {e}", settings.host)))
}

fn credentials(settings: &Settings) -> Result<Option<Credentials>, Notice> {
    if settings.username.is_empty() {
        return Ok(None);
    }
    let loopback = matches!(settings.host.as_str(), "localhost" | "127.0.0.1" | "::1");
    if matches!(settings.tls, Tls::None | Tls::Opportunistic) && !loopback {
        return Err(Notice::new("`delivery.smtp.username` is set, but the connection may be in clear")
            .help("set `tls = \"required\"` or \"wrapper\": credentials go only over TLS"));
    }
    let password = if settings.password.is_empty() && !settings.password_file.is_empty() {
        let file = &settings.password_file;
        let text = std::fs::read_to_string(file).map_err(|e| {
            Notice::new(format!("cannot read the password: {e}"))
                .at(file, None)
                .help("see `delivery.smtp.password_file`")
        })?;
        text.trim_end_matches(['\r', '\n']).to_owned()
    } else {
        settings.password.clone()
    };
    Ok(Some(Credentials::new(settings.username.clone(), password)))
}

/// A greeted connection. One message at a time: [`Connection::offer`], then [`Connection::deliver`].
pub struct Connection {
    inner: AsyncSmtpConnection,
    timeouts: Timeouts,
    taken: usize,
}

impl Connection {
    /// How many messages this connection has carried.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// Envelope and DATA, up to the server's 354. One recipient a transaction. After a refusal with a code the connection
    /// is reset for the next message.
    pub async fn offer(&mut self, message: &Message) -> Result<(), Refusal> {
        let mail = format!("MAIL FROM:<{}>\r\n", message.envelope_from);
        let rcpt = format!("RCPT TO:<{}>\r\n", message.envelope_to);
        let steps = [(Stage::Mail, mail), (Stage::Rcpt, rcpt), (Stage::Data, "DATA\r\n".to_owned())];
        for (stage, command) in steps {
            if let Err(refusal) = within(self.timeouts.command, stage, self.inner.command(command)).await {
                self.reset(&refusal).await;
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// The message and its final dot in one write. The caller has put the intent on record before.
    pub async fn deliver(&mut self, message: &Message) -> Result<Reply, Refusal> {
        self.taken += 1;
        // The bytes end in CRLF and no line begins with a dot (see `quoted`), so there is nothing to stuff.
        let body = format!("{}.\r\n", message.bytes);
        let response = within(self.timeouts.data, Stage::Dot, self.inner.command(body)).await?;
        let text = printable(&response.message().collect::<Vec<_>>().join(" "));
        Ok(Reply { code: u16::from(response.code()), enhanced: enhanced(&text), text })
    }

    async fn reset(&mut self, refusal: &Refusal) {
        if refusal.reply.code != 0 && refusal.reply.code != 421 {
            // A failed RSET shows itself at the next MAIL.
            let _ = within(self.timeouts.command, Stage::Mail, self.inner.command("RSET\r\n")).await;
        }
    }

    /// Says QUIT; whatever the answer, the connection is done.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(5), self.inner.quit()).await;
    }
}

/// A step under its deadline, its error told as a refusal of `stage`.
async fn within<T>(
    limit: Duration,
    stage: Stage,
    step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Refusal> {
    let lost = |text: String| Refusal { stage, reply: Reply { code: 0, enhanced: None, text } };
    match tokio::time::timeout(limit, step).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(refusal(stage, &error)),
        Err(_) => Err(lost(format!("no reply within {}", humantime::format_duration(limit)))),
    }
}

fn refusal(stage: Stage, error: &lettre::transport::smtp::Error) -> Refusal {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let text = printable(&cause.unwrap_or_else(|| error.to_string()));
    let code = error.status().map_or(0, u16::from);
    let stage = if stage == Stage::Connect && nobody_answers(error) { Stage::Reach } else { stage };
    Refusal { stage, reply: Reply { code, enhanced: enhanced(&text), text } }
}

/// Whether there is no server at all: the name is unknown, or the port is closed.
fn nobody_answers(error: &lettre::transport::smtp::Error) -> bool {
    use std::io::ErrorKind::{ConnectionReset, UnexpectedEof};
    let io = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| !matches!(io.kind(), ConnectionReset | UnexpectedEof))
}

/// The enhanced status code (RFC 3463) at the head of a reply's text.
fn enhanced(text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let digits = |p: &&str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(digits) && ["2", "4", "5"].contains(&parts[0])).then(|| word.to_owned())
}

/// A server's words made safe to store and print: one line, no control characters, at most 500 characters.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect::<String>().trim().to_owned()
}
