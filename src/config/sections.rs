//! The sections that no room obeys yet. A type moves to the room that obeys it; here are only keys and their meaning.

use serde::Deserialize;

/// `[web]`: the public pages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Where the pages listen.
    pub listen: String,
    /// How readers reach them, https; empty means `publication.url`.
    pub public_url: String,
    /// The header in which a proxy of your own hands the client's address on; empty when nobody stands between.
    pub client_header: String,
    /// How many sign-ups an hour one network (/24, /64) may ask for.
    pub sign_ups_per_network: u32,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen: String::new(),
            public_url: String::new(),
            client_header: String::new(),
            sign_ups_per_network: 20,
        }
    }
}

/// `[bounces]`: where bounces come in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounces {
    /// The domain that takes bounces by VERP; empty means they go to the From address.
    pub domain: String,
}

/// `[editors]`: who is told what happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Editors {
    pub notify: Vec<String>,
}
