//! The figures of one send, as shown in its report and in JSON. Knows no SQL and no page.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{DeliveryCounts, IssueState, Linked, PollCounts, Sentence};

/// Everything in an issue's report; serializes as the JSON of `digest report`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SendReport {
    pub publication: String,
    pub issue: String,
    pub edition: String,
    pub subject: String,
    pub state: IssueState,
    /// Why it stopped; empty if it did not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stopped_because: String,
    /// How the editor changed compose's proposal, in words, for this and the last issues; empty if unknown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proposal: Vec<Sentence>,
    pub approved_by: String,
    pub approved_at: DateTime<Utc>,
    pub started_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// When the figures were read.
    pub as_of: DateTime<Utc>,
    /// What to do about it, the most urgent first, then what is good to know; nothing to do when no line asks for an act.
    pub advice: Vec<Advice>,
    /// This issue and the last ones of its edition before it, the newest first.
    pub issues: Vec<IssueLine>,
    /// How the list has grown since the edition's issue before this one.
    pub list: ListGrowth,
    /// The poll that was mailed, with its counts; `None` when there was none, or its answers are mails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollCounts>,
    #[serde(flatten)]
    pub figures: Figures,
}

impl SendReport {
    /// All sentences in it.
    pub fn sentences(&mut self) -> impl Iterator<Item = &mut Sentence> {
        let advice = self.advice.iter_mut().flat_map(|advice| [&mut advice.what, &mut advice.help]);
        advice.chain(&mut self.proposal).chain(self.figures.states.iter_mut().map(|line| &mut line.reason))
    }
}

/// What somebody should do about a send, or know of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// Whether it asks for an act; else it is only good to know.
    pub act: bool,
    /// "18 refused for reputation".
    pub what: Sentence,
    /// What to do, or why there is nothing to do.
    pub help: Sentence,
}

/// An issue's results in a few numbers, to compare with others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IssueLine {
    pub issue: String,
    pub recipients: u64,
    pub delivered: u64,
    pub failed: u64,
    /// Who left between the beginning of its send and that of the next one, of whichever edition.
    pub left: u64,
    pub complaints: u64,
    /// Clicks on all its links together; `None` if the issue was mailed with direct links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clicks: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollCounts>,
}

/// The list's size, and who joined and left since a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ListGrowth {
    /// The beginning of the send before; `None`: all the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Confirmed subscribers now.
    pub confirmed: u64,
    pub joined: u64,
    pub left: u64,
    pub bounced: u64,
    pub complained: u64,
}

/// A send in numbers. Contains no addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    #[serde(flatten)]
    pub counts: DeliveryCounts,
    /// The audience by the highest number that was given out when it was frozen: if a row were lost, the sum would miss it.
    pub audience: u64,
    /// Every state with its reasons; they add up to `audience`.
    pub states: Vec<StateLine>,
    pub over_time: Timeline,
    /// How long after the send began a given share was delivered.
    pub delivered_within: Vec<Within>,
    /// The biggest domains, then one line for all others, if there are others.
    pub domains: Vec<DomainLine>,
    /// How many domains there are.
    pub domains_in_all: u64,
    /// Last replies by code and outcome; no code is no reply (0 in JSON).
    pub replies: Vec<ReplyLine>,
    /// The refusals' texts, the most frequent first.
    pub refusals: Vec<Refusal>,
    /// Copies whose refusal reads otherwise than all of `refusals`.
    pub refusals_not_shown: u64,
    /// By how often they were tried.
    pub tries: Vec<TriesLine>,
    /// Those delivered after more than one try, by how long after the send began.
    pub waits: Vec<WaitLine>,
    /// What came back after the relay had taken a copy.
    pub later: Vec<LaterLine>,
    /// Every counted link in the order of the issue; `None` when the issue was mailed with direct links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clicks: Option<Vec<ClickLine>>,
}

/// How often a story or a guide was opened from the mails, by all subscribers together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClickLine {
    pub kind: Linked,
    /// An item's id or a guide's slug.
    pub id: String,
    pub title: String,
    pub count: u64,
}

/// Recipients of one state, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateLine {
    /// As `digest status` counts: delivered, failed, deferred, pending, suppressed or uncertain.
    pub state: String,
    pub reason: Sentence,
    pub count: u64,
}

/// How many were delivered in each stretch of time, from the first delivery on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The start of the first stretch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    pub stretch_seconds: u32,
    pub delivered: Vec<u64>,
}

/// A percentile of delivery: this percentage of delivered messages arrived within this many milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    pub percent: u8,
    pub ms: u64,
}

/// The results for recipients of one domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainLine {
    /// Lower case; empty for the line of all other domains.
    pub domain: String,
    pub recipients: u64,
    pub delivered: u64,
    pub failed: u64,
    /// Pending or deferred.
    pub waiting: u64,
    /// Suppressed or uncertain.
    pub other: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplyLine {
    #[serde(serialize_with = "super::ledger::code_or_0")]
    pub code: Option<u16>,
    pub state: String,
    pub count: u64,
}

/// A refusal, in the words of the server that sent it; what is different for each recipient is left out of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    pub state: String,
    #[serde(serialize_with = "super::ledger::code_or_0")]
    pub code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enhanced: Option<String>,
    /// At most [`Refusal::LONGEST`] characters.
    pub text: String,
    pub count: u64,
}

impl Refusal {
    /// The most characters of a refusal's text.
    pub const LONGEST: usize = 200;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriesLine {
    pub tries: u32,
    pub delivered: u64,
    pub failed: u64,
    pub others: u64,
}

/// Recipients who were delivered no later than so many seconds after the send began, and later than the line before says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitLine {
    /// `None`: later than any other line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<u32>,
    pub delivered: u64,
}

/// Recipients of whose copy something of one kind came back: hard, soft, `about_us`, complaint or leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LaterLine {
    pub kind: String,
    pub count: u64,
}
