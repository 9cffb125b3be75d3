//! The sections that no other room obeys yet. A type moves to the room that obeys it; this file has only keys and their meaning.

use serde::Deserialize;

/// `[web]`: the public pages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Where the pages listen.
    pub listen: String,
    /// How subscribers reach them, https; empty means `publication.url`.
    pub public_url: String,
    /// The header in which your own proxy passes on the client's address; empty without a proxy.
    pub client_header: String,
    /// How many sign-ups an hour one network (/24, /64) may ask for.
    pub sign_ups_per_network: u32,
    /// Asks search engines not to list the archive.
    pub noindex: bool,
    /// Where /healthz, /readyz and /metrics listen; empty: nowhere.
    pub metrics_listen: String,
}

impl Web {
    /// Whether there are public pages.
    pub fn serves(&self) -> bool {
        !self.listen.is_empty() || !self.public_url.is_empty()
    }
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen: String::new(),
            public_url: String::new(),
            client_header: String::new(),
            sign_ups_per_network: 20,
            noindex: false,
            metrics_listen: String::new(),
        }
    }
}

/// `[bounces]`: where bounces come in, and what they do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounces {
    /// The domain that receives bounces by VERP; empty means they go to the From address.
    pub domain: String,
    /// A Maildir that `digest serve` watches, relative to the publication; empty: none.
    pub maildir: String,
    /// Where `digest serve` takes them by LMTP: a loopback address with a port, or `unix:PATH`; empty: nowhere.
    pub lmtp: String,
    /// How many issues must be refused without proof before the subscriber is removed.
    pub soft_limit: u32,
    /// How far apart the first and the last of them must lie, such as `5d`.
    #[serde(with = "crate::model::duration")]
    pub soft_span: std::time::Duration,
    /// Over how long they count, such as `30d`.
    #[serde(with = "crate::model::duration")]
    pub soft_window: std::time::Duration,
    /// Whether a delivery status that proves nothing (no envelope sender or Message-ID of ours) counts by address alone.
    pub match_address: bool,
    /// A mailbox that `digest serve` reads over IMAP.
    pub imap: crate::mail::ImapSettings,
}

impl Default for Bounces {
    fn default() -> Self {
        let days = |days: u64| std::time::Duration::from_hours(days * 24);
        Self {
            domain: String::new(),
            maildir: String::new(),
            lmtp: String::new(),
            soft_limit: 3,
            soft_span: days(5),
            soft_window: days(30),
            match_address: false,
            imap: crate::mail::ImapSettings::default(),
        }
    }
}

impl Bounces {
    /// When soft bounces remove a subscriber.
    pub fn soft_rule(&self) -> crate::store::SoftRule {
        crate::store::SoftRule { limit: self.soft_limit, span: self.soft_span, window: self.soft_window }
    }
}

/// `[editors]`: who is notified, and where they edit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Editors {
    pub notify: Vec<String>,
    /// The address at which editors reach the preview to edit, for buttons in letters to them; empty for none.
    pub desk: String,
}
