//! The delivery ledger's types: the state of an issue, the state of each recipient, and the relay's replies.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Address, IssueName, RefusalClass, Rendered};

/// The reason on record when someone stops a send with `digest stop`.
pub const STOPPED_BY_HAND: &str = "stopped by `digest stop`";
/// The reason on record when a send takes longer than `give_up`.
pub const STOPPED_UNFINISHED: &str = "it was not finished within `give_up`";
/// The approver on record when neither `--by` nor `$USER` names one.
pub const UNKNOWN_APPROVER: &str = "unknown";

/// The state of an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueState {
    Draft,
    Approved,
    Sending,
    Stopped,
    Sent,
}

impl fmt::Display for IssueState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Sending => "sending",
            Self::Stopped => "stopped",
            Self::Sent => "sent",
        })
    }
}

/// What every copy of an issue says about its sender; frozen with the approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letterhead {
    /// The publication's name.
    pub name: String,
    /// From, `Name <address>` or an address alone.
    pub from: String,
    /// Reply-To; empty means no such header.
    pub reply_to: String,
    /// Where the public pages live, without a trailing slash.
    pub public_url: String,
    /// The domain that takes bounces by VERP; empty means the envelope sender is the From address.
    pub bounce_domain: String,
    /// The fallback for a subscriber without a name.
    pub name_fallback: String,
}

/// The bytes that go out: an issue compiled once, under its letterhead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    pub letterhead: Letterhead,
    pub rendered: Rendered,
}

/// Exactly what was approved, and the hashes that prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub issue: IssueName,
    /// The text of issue.toml as approved; an issue whose draft reads otherwise is a draft again.
    pub draft: String,
    /// SHA-256 of [`Frozen`] as stored, hex.
    pub frozen_sha256: String,
    pub frozen: Frozen,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Where one recipient stands. The path is pending → in flight → delivered | deferred | failed | uncertain, and
/// pending or deferred → suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeliveryState {
    /// Waiting for the first try.
    Pending,
    /// The intent to send the final dot is on record; the outcome is not yet.
    InFlight,
    Delivered,
    Deferred,
    Failed,
    Suppressed,
    Uncertain,
}

impl DeliveryState {
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::InFlight,
        Self::Delivered,
        Self::Deferred,
        Self::Failed,
        Self::Suppressed,
        Self::Uncertain,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InFlight => "in_flight",
            Self::Delivered => "delivered",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
            Self::Uncertain => "uncertain",
        }
    }
}

/// An issue's recipients by state. `recipients` is always the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryCounts {
    pub recipients: u64,
    pub delivered: u64,
    pub failed: u64,
    pub deferred: u64,
    pub pending: u64,
    pub suppressed: u64,
    pub uncertain: u64,
}

/// One copy to deliver: everything about a recipient that the message needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The recipient's number within the issue, from 1.
    pub number: i64,
    pub email: Address,
    pub name: String,
    /// The secret from which this subscriber's links are derived; 32 hex digits.
    pub seed: String,
    pub fields: std::collections::BTreeMap<String, String>,
    /// When the first try of this copy began; the Date header of every try.
    pub dated: DateTime<Utc>,
    /// Tries that were counted so far.
    pub attempts: u32,
}

/// A server's reply: its code, the enhanced code of RFC 3463 if there was one, and its text made safe to print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// `None` if there was no readable reply; 0 in JSON.
    #[serde(serialize_with = "code_or_0")]
    pub code: Option<u16>,
    pub enhanced: Option<String>,
    pub text: String,
}

impl Reply {
    /// A text that is not from a server, such as why a connection was lost.
    pub fn none(text: String) -> Self {
        Self { code: None, enhanced: None, text }
    }

    /// A 4xx: it may pass.
    pub fn is_temporary(&self) -> bool {
        self.code.is_some_and(|code| (400..500).contains(&code))
    }

    /// A 5xx: for good.
    pub fn is_permanent(&self) -> bool {
        self.code.is_some_and(|code| code >= 500)
    }

    /// Whether the connection ends with it: there was no reply, or 421 (RFC 5321 §3.8).
    pub fn ends_connection(&self) -> bool {
        matches!(self.code, None | Some(421))
    }
}

/// A reply code for scripts: 0 where there was no reply.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
pub(super) fn code_or_0<S: serde::Serializer>(code: &Option<u16>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(code.unwrap_or(0))
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            None => f.write_str(&self.text),
            Some(code) => write!(f, "{code} {}", self.text),
        }
    }
}

/// How one try of one recipient ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The relay answered 2xx to the message.
    Delivered(Reply),
    /// Refused for now; the next try is due at `next`.
    Deferred { reply: Reply, next: DateTime<Utc> },
    /// Refused for good, or given up; the class says whether it counts against the subscriber.
    Failed { reply: Reply, class: RefusalClass },
    /// Nothing was decided before the final dot (connection lost, 421): back to the queue, not counted as a try.
    Requeued(Reply),
    /// The connection broke between the final dot and its reply, so nobody can know.
    Uncertain(Reply),
}

impl Outcome {
    /// What the relay said.
    pub fn reply(&self) -> &Reply {
        match self {
            Self::Delivered(reply)
            | Self::Requeued(reply)
            | Self::Uncertain(reply)
            | Self::Deferred { reply, .. }
            | Self::Failed { reply, .. } => reply,
        }
    }
}
