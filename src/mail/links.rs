//! A reader's own links, derived from their secret: unguessable, one for each purpose, the same for years.

use sha2::{Digest, Sha256};

use crate::model::{Delivery, Fill, IssueName, Letterhead, Slot};

/// What a token lets its holder do. A token for one purpose opens no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Unsubscribe,
    Preferences,
}

impl Purpose {
    /// The word in the URL, which is also part of what the token is derived from.
    fn as_str(self) -> &'static str {
        match self {
            Self::Unsubscribe => "unsubscribe",
            Self::Preferences => "preferences",
        }
    }

    /// The token of the reader with this secret: 130 bits in lower-case base32, so it ends in a letter or digit, which mail
    /// programs never cut from a link.
    pub fn token(self, seed: &str) -> String {
        let mut token = derive(&["digest", self.as_str(), seed]);
        token.truncate(26);
        token
    }
}

/// Everything that fills the slots of one copy.
#[derive(Debug)]
pub struct Links<'a> {
    delivery: &'a Delivery,
    name: &'a str,
    pub unsubscribe: String,
    pub preferences: String,
    pub web_copy: String,
    pub unsubscribe_token: String,
}

impl<'a> Links<'a> {
    pub fn new(letterhead: &'a Letterhead, issue: &IssueName, delivery: &'a Delivery) -> Self {
        let base = letterhead.public_url.trim_end_matches('/');
        let unsubscribe_token = Purpose::Unsubscribe.token(&delivery.seed);
        Self {
            delivery,
            name: if delivery.name.is_empty() { &letterhead.name_fallback } else { &delivery.name },
            unsubscribe: format!("{base}/unsubscribe/{unsubscribe_token}"),
            preferences: format!("{base}/preferences/{}", Purpose::Preferences.token(&delivery.seed)),
            web_copy: format!("{base}/archive/{issue}"),
            unsubscribe_token,
        }
    }
}

impl Fill for Links<'_> {
    fn value(&self, slot: &Slot) -> &str {
        match slot {
            Slot::Name => self.name,
            Slot::Email => self.delivery.email.as_str(),
            Slot::UnsubscribeUrl => &self.unsubscribe,
            Slot::PreferencesUrl => &self.preferences,
            Slot::WebCopyUrl => &self.web_copy,
            Slot::Field(name) => self.delivery.fields.get(name).map_or("", String::as_str),
        }
    }
}

/// Lower-case base32 of the SHA-256 of `parts`, each ended by a NUL so that no two lists of parts run together.
pub fn derive(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    data_encoding::BASE32_NOPAD.encode(&hash.finalize()).to_ascii_lowercase()
}
