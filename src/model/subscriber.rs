//! A subscriber: one person on the list, with the consent on record.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::Address;

/// The status of a subscriber. Only `Confirmed` subscribers are mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubscriberStatus {
    Pending,
    Confirmed,
    Unsubscribed,
    Bounced,
    Complained,
}

impl SubscriberStatus {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Confirmed, Self::Unsubscribed, Self::Bounced, Self::Complained];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }

    /// Whether the subscriber is off the list for a reason that no import may undo.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Unsubscribed | Self::Bounced | Self::Complained)
    }
}

impl fmt::Display for SubscriberStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SubscriberStatus {
    type Err = ();

    /// Reads the word without regard to case.
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text.trim())).ok_or(())
    }
}

/// One person on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    pub email: Address,
    /// Plain text without control characters; empty when unknown.
    pub name: String,
    pub status: SubscriberStatus,
    /// Names of editions; empty means all.
    pub editions: Vec<String>,
    pub created: DateTime<Utc>,
    pub confirmed: Option<DateTime<Utc>>,
    pub left: Option<DateTime<Utc>>,
    /// Where consent came from, in the operator's words.
    pub consent: String,
    /// Merge fields, by name.
    pub fields: BTreeMap<String, String>,
    /// Until when the subscriber gets no issues.
    pub paused: Option<DateTime<Utc>>,
}

impl Subscriber {
    /// Whether the subscriber gets this edition. Those who chose none get all of them.
    pub fn gets(&self, edition: &str) -> bool {
        self.editions.is_empty() || self.editions.iter().any(|chosen| chosen == edition)
    }
}

/// Something on the record of consent: what a subscriber did themselves, or what another service or the operator says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub at: DateTime<Utc>,
    /// `signed up`, `confirmed`, `chose`, `left`, `bounced`, `complained`, `restored` …
    pub act: String,
    /// `web page`, `one-click`, `mail`, `operator`; or the service that says so, with the reason.
    pub how: String,
    /// 192.0.2.0/24 or `2001:db8::/64`; empty when there is none.
    pub network: String,
}

/// A copy of an issue that a subscriber received or should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryLine {
    pub issue: String,
    /// As in the ledger: `delivered`, `suppressed` …
    pub state: String,
    pub updated: DateTime<Utc>,
    /// The last reply's text.
    pub reply: String,
}

/// One row of an import. `None` means the file does not say, so what is stored stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriberRow {
    pub email: Address,
    pub name: Option<String>,
    pub status: SubscriberStatus,
    pub editions: Option<Vec<String>>,
    pub created: Option<DateTime<Utc>>,
    /// When they confirmed, or asked to be on the list where nobody had to confirm.
    pub confirmed: Option<DateTime<Utc>>,
    /// When they left, bounced or complained.
    pub left: Option<DateTime<Utc>>,
    pub paused: Option<DateTime<Utc>>,
    pub fields: BTreeMap<String, String>,
    pub consent: String,
    /// The evidence of consent, and whatever else is on record.
    pub acts: Vec<Act>,
    /// For one who is off the list: on whose word, and why; empty if `acts` has it.
    pub why: String,
}

impl SubscriberRow {
    /// A row with only an address and a status.
    pub fn new(email: Address, status: SubscriberStatus) -> Self {
        Self {
            email,
            name: None,
            status,
            editions: None,
            created: None,
            confirmed: None,
            left: None,
            paused: None,
            fields: BTreeMap::new(),
            consent: String::new(),
            acts: Vec::new(),
            why: String::new(),
        }
    }
}
