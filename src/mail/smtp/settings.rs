//! `[delivery.smtp]`: which relay, and how to speak to it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::model::duration;

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// STARTTLS (RFC 3207) or nothing is sent.
    #[default]
    Required,
    /// TLS from the first byte (RFC 8314), mostly port 465.
    Wrapper,
    /// STARTTLS where offered, else in clear.
    Opportunistic,
    /// In clear; for a relay on the same machine.
    None,
}

/// The authentication mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    Plain,
    Login,
    Xoauth2,
}

/// Deadlines, each for a whole reply however slowly it drips.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// For the TCP and TLS handshakes and the greeting.
    #[serde(with = "duration")]
    pub connect: Duration,
    /// For the reply to each command (RFC 5321 §4.5.3.2 asks for 5 minutes).
    #[serde(with = "duration")]
    pub command: Duration,
    /// For the reply to the final dot (RFC 5321 §4.5.3.2.6 asks for 10 minutes).
    #[serde(with = "duration")]
    pub data: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(30), command: Duration::from_mins(5), data: Duration::from_mins(10) }
    }
}

/// `[delivery.smtp.per_domain.NAME]`: recipients' domains that one operator runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DomainGroup {
    pub domains: Vec<String>,
    /// Messages a second; 0 means no separate limit.
    pub rate: u32,
    /// The most messages under way at a time; 0 means as many as there are connections.
    pub connections: usize,
}

/// The relay and how to speak to it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// Empty means no authentication.
    pub username: String,
    /// A file that holds the password, and nothing else.
    pub password_file: String,
    /// The password itself: only from the environment, never from the file.
    pub password: String,
    pub auth: Auth,
    /// The name in EHLO; empty means the domain of the From address.
    pub hello: String,
    /// The most connections at a time.
    pub connections: usize,
    /// After this many messages a connection is closed and reopened; 0 means never.
    pub messages_per_connection: usize,
    /// Messages a second over all connections; 0 means as fast as the relay accepts them.
    pub rate: u32,
    /// Domain groups with their own limits, by name.
    pub per_domain: BTreeMap<String, DomainGroup>,
    pub timeouts: Timeouts,
    /// A PEM file with a certificate to trust in addition to the built-in authorities.
    pub ca_file: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: "localhost".into(),
            port: 587,
            tls: Tls::Required,
            username: String::new(),
            password_file: String::new(),
            password: String::new(),
            auth: Auth::Plain,
            hello: String::new(),
            connections: 4,
            messages_per_connection: 100,
            rate: 0,
            per_domain: BTreeMap::new(),
            timeouts: Timeouts::default(),
            ca_file: String::new(),
        }
    }
}

impl std::fmt::Debug for Settings {
    /// All but the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let password = if self.password.is_empty() { "" } else { "***" };
        f.debug_struct("Settings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("username", &self.username)
            .field("password", &password)
            .finish_non_exhaustive()
    }
}
