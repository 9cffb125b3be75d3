//! Tokens: links carry one instead of a name and a password. Knows no URL, and of subscribers only their secret.

use sha2::{Digest, Sha256};

/// What a token allows its holder to do. It is valid for one purpose only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Unsubscribe,
    Preferences,
}

impl Purpose {
    pub const ALL: [Self; 2] = [Self::Unsubscribe, Self::Preferences];

    /// The word in the URL, which is also part of what the token is derived from.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsubscribe => "unsubscribe",
            Self::Preferences => "preferences",
        }
    }

    /// The token of the subscriber with this secret: 130 bits in lower-case base32, so it ends in a letter or digit, which mail
    /// programs never cut from a link.
    pub fn token(self, seed: &str) -> String {
        token(&["digest", self.as_str(), seed])
    }

    /// What is stored of the token of the subscriber with this secret.
    pub fn hash(self, seed: &str) -> [u8; 16] {
        token_hash(&self.token(seed))
    }
}

/// The token derived from `parts`: 130 bits in lower-case base32.
pub fn token(parts: &[&str]) -> String {
    let mut token = derive(parts);
    token.truncate(26);
    token
}

/// What is stored of a token, and looked up: the first 128 bits of its SHA-256. How long a lookup takes then tells nothing of
/// the token, and a stolen database opens no page.
pub fn token_hash(token: &str) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&Sha256::digest(token)[..16]);
    hash
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
