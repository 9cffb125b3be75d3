//! A letter: a mail to one person, such as the confirmation of a sign-up or a notice to an editor.

use chrono::{DateTime, Utc};

use super::{Address, Reply};

/// A letter to queue. The same `key` is queued once, however often it is ordered.
#[derive(Clone, Debug, PartialEq)]
pub struct LetterOrder {
    /// What the letter is about, such as `draft-ready:2026-11-25-midweek:ann@example.org`; its Message-ID follows from it.
    pub key: String,
    /// The folder under templates/letter/.
    pub kind: String,
    pub to: Address,
    /// What its templates are given. Nothing that a stranger typed.
    pub context: serde_json::Value,
    /// When it is ordered: it is due at once, and its life is counted from here.
    pub ordered: DateTime<Utc>,
}

/// A letter that waits, as the queue has it.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedLetter {
    pub id: i64,
    pub order: LetterOrder,
    /// When the first try began, which is the Date header of every try.
    pub dated: Option<DateTime<Utc>>,
    /// Tries that were counted so far.
    pub attempts: u32,
}

/// A letter as the record has it, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterLine {
    pub kind: String,
    /// `waiting`, `in_flight` (its final dot is on record, no outcome yet), `sent` or `failed`.
    pub state: String,
    pub queued: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    pub reply: Option<Reply>,
}
