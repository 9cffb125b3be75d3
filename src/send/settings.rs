//! `[delivery]`: the transport, retries and limits.

use std::time::Duration;

use serde::Deserialize;

use super::{Limits, Schedule};
use crate::mail::{DkimSettings, SmtpSettings};
use crate::model::duration;
use crate::store::Uncertain;

/// The lease of a sender that writes files.
const FOLDER_LEASE: Duration = Duration::from_secs(30);

/// The transport of mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// Into files under `outbox`.
    #[default]
    File,
    Smtp,
}

/// `[delivery]` of config.toml.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub transport: TransportKind,
    /// The folder for `transport = "file"`, relative to the publication.
    pub outbox: String,
    pub uncertain: Uncertain,
    /// The waits before the tries of a deferred recipient; the last one repeats.
    #[serde(with = "durations")]
    pub retry: Vec<Duration>,
    /// How long after the send began a deferred recipient is given up.
    #[serde(with = "duration")]
    pub give_up: Duration,
    /// The part of the tried messages, 0 to 1, that may be refused for what we send or who we are; with more the send stops
    /// itself, once twenty were. 0 means any.
    pub stop_at_refused: f64,
    /// The part of the tried messages, 0 to 1, whose addresses may turn out not to exist; with more the send stops itself, once
    /// twenty did. 0 means any.
    pub stop_at_bounced: f64,
    /// The part of a canary's messages, 0 to 1, that may be complained about. 0 means any.
    pub stop_at_complained: f64,
    /// The most messages a day from `warm_up_from` on: on the first day with a send, the second, and so on; none after the last.
    pub warm_up: Vec<u64>,
    /// The local date on which the warm-up begins.
    pub warm_up_from: Option<chrono::NaiveDate>,
    pub smtp: SmtpSettings,
    pub dkim: DkimSettings,
}

impl Default for Settings {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Self {
            transport: TransportKind::File,
            outbox: "outbox".into(),
            uncertain: Uncertain::Resend,
            retry: vec![minutes(5), minutes(15), minutes(60), minutes(240)],
            give_up: minutes(24 * 60),
            stop_at_refused: 0.1,
            stop_at_bounced: 0.1,
            stop_at_complained: 0.003,
            warm_up: Vec::new(),
            warm_up_from: None,
            smtp: SmtpSettings::default(),
            dkim: DkimSettings::default(),
        }
    }
}

impl Settings {
    /// Where a send stops itself.
    pub fn limits(&self) -> Limits {
        let Self { stop_at_refused: refused, stop_at_bounced: bounced, stop_at_complained: complained, .. } = *self;
        Limits { refused, bounced, complained }
    }

    /// How long a sender may go without renewing its lease before another one may end it: as long as the relay may take for an answer.
    pub fn lease(&self) -> Duration {
        let timeouts = &self.smtp.timeouts;
        match self.transport {
            TransportKind::File => FOLDER_LEASE,
            TransportKind::Smtp => timeouts.command.max(timeouts.data),
        }
    }

    /// The most connections of one sender.
    pub fn connections(&self) -> usize {
        if self.transport == TransportKind::Smtp { self.smtp.connections } else { 1 }
    }

    pub fn schedule(&self, started: chrono::DateTime<chrono::Utc>) -> Schedule {
        Schedule { waits: self.retry.clone(), give_up: started + self.give_up }
    }
}

mod durations {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, de::Error};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Duration>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        if texts.is_empty() {
            return Err(D::Error::custom("at least one duration is needed, such as [\"5m\"]"));
        }
        texts.iter().map(|text| crate::model::duration::parse(text).map_err(D::Error::custom)).collect()
    }
}
