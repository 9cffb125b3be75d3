//! `[serve]`: the settings of `digest serve`.

use std::time::Duration;

use serde::Deserialize;

use crate::model::duration;

/// `[serve]` of config.toml.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long a daemon that no longer answers keeps the others on its database from acting.
    #[serde(with = "duration")]
    pub lease: Duration,
    /// How long the daemon may take to finish the messages in flight when it is asked to end.
    #[serde(with = "duration")]
    pub shutdown_grace: Duration,
    /// An address, http or https, that is asked after each good look, so that a daemon that ended is noticed from outside; empty: none.
    pub heartbeat: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lease: Duration::from_mins(1), shutdown_grace: Duration::from_secs(30), heartbeat: String::new() }
    }
}
