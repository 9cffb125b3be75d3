//! The relay: how it is reached, and what its refusals mean for the stage at which they came (RFC 5321). The connection is
//! lettre's, on a stream of our own, with a deadline for every reply.

mod ahead;
mod connection;
mod greet;
mod replies;
mod settings;
mod tls;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::Message;
use crate::model::{Notice, Reply};
use crate::text::one_line;
pub use connection::Connection;
#[cfg(fuzzing)]
pub use replies::Replies;
pub use settings::{Auth, DomainGroup, Settings, Timeouts, Tls};

/// So much of a server's words is kept, in characters.
const WORDS: usize = 500;
pub(super) use tls::Wrap;

/// The stage at which the server refused or the connection broke.
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

/// Why a step did not succeed. `reply.code` is `None` when the server gave no reply that could be read: the connection is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub stage: Stage,
    pub reply: Reply,
}

/// A relay with everything needed to connect to it.
#[derive(Clone)]
pub struct Relay {
    settings: Settings,
    hello: String,
    tls: Option<Wrap>,
    credentials: Option<Credentials>,
}

/// A user name and a password, or a token for XOAUTH2.
#[derive(Clone)]
struct Credentials {
    user: String,
    secret: String,
}

impl Relay {
    /// Prepares TLS and credentials. `hello` is the EHLO name when the settings give none.
    ///
    /// # Errors
    /// A notice about a certificate or password file that cannot be used, or credentials that would go in clear.
    pub fn new(settings: Settings, hello: &str) -> Result<Self, Notice> {
        let name = if settings.hello.is_empty() { hello } else { &settings.hello };
        let hello = name.chars().filter(char::is_ascii_graphic).collect();
        let tls = if settings.tls == Tls::None {
            None
        } else {
            Some(Wrap::new("delivery.smtp", &settings.host, &settings.ca_file)?)
        };
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

    /// Domain groups with their own limits, in the order of their names.
    pub fn groups(&self) -> impl Iterator<Item = &DomainGroup> {
        self.settings.per_domain.values()
    }

    /// `host:port`, for messages to people.
    pub fn address(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// Connects, greets, and does TLS and authentication as the settings say.
    pub async fn connect(&self) -> Result<Connection, Refusal> {
        let at = (self.settings.host.as_str(), self.settings.port);
        let limit = self.settings.timeouts.connect;
        let (inner, offers) = greet::greet(at, (self.settings.tls, self.tls.as_ref()), &self.hello, limit).await?;
        let mut connection = Connection::new(inner, offers, self.settings.timeouts.clone());
        if let Some(Credentials { user, secret }) = &self.credentials {
            connection.authenticate(self.settings.auth, user, secret).await?;
        }
        Ok(connection)
    }
}

fn credentials(settings: &Settings) -> Result<Option<Credentials>, Notice> {
    if settings.username.is_empty() {
        return Ok(None);
    }
    let loopback = matches!(settings.host.as_str(), "localhost" | "127.0.0.1" | "::1");
    if matches!(settings.tls, Tls::None | Tls::Opportunistic) && !loopback {
        return Err(Notice::new("`delivery.smtp.username` is set, but the connection may not be encrypted")
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
    Ok(Some(Credentials { user: settings.username.clone(), secret: password }))
}

/// Runs a step under its deadline; its error becomes a refusal at `stage`.
async fn within<T>(
    limit: Duration,
    stage: Stage,
    step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Refusal> {
    match tokio::time::timeout(limit, step).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(refusal(stage, &error)),
        Err(_) => Err(silent(stage, limit)),
    }
}

/// A refusal without a reply: the connection is lost.
fn lost(stage: Stage, text: String) -> Refusal {
    Refusal { stage, reply: Reply::none(text) }
}

/// A refusal by silence.
fn silent(stage: Stage, limit: Duration) -> Refusal {
    lost(stage, format!("no reply within {}", humantime::format_duration(limit)))
}

fn refusal(stage: Stage, error: &lettre::transport::smtp::Error) -> Refusal {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let text = one_line(&cause.unwrap_or_else(|| error.to_string()), WORDS);
    let code = error.status().map(u16::from);
    Refusal { stage, reply: Reply { code, enhanced: enhanced(&text), text } }
}

/// The enhanced status code (RFC 3463) at the head of a reply's text.
fn enhanced(text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let digits = |p: &&str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(digits) && ["2", "4", "5"].contains(&parts[0])).then(|| word.to_owned())
}
