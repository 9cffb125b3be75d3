//! A letter: a mail to one person, such as the confirmation of a sign-up or a notice to an editor.

use chrono::{DateTime, Utc};

use super::{Address, Reply};

/// A letter to queue. Each `key` is queued only once, however often it is requested.
#[derive(Clone, Debug, PartialEq)]
pub struct LetterOrder {
    /// What the letter is about, such as `draft-ready:2026-11-25-midweek:ann@example.org`; its Message-ID follows from it.
    pub key: String,
    /// The folder under templates/letter/.
    pub kind: String,
    pub to: Address,
    /// The values for its templates. Nothing that a stranger typed.
    pub context: serde_json::Value,
    /// When it was requested: it is due at once, and its lifetime counts from here.
    pub ordered: DateTime<Utc>,
}

/// A waiting letter in the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedLetter {
    pub id: i64,
    pub order: LetterOrder,
    /// When the first try began, which is the Date header of every try.
    pub dated: Option<DateTime<Utc>>,
    /// Tries that were counted so far.
    pub attempts: u32,
}

/// A letter as recorded, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterLine {
    pub kind: String,
    /// `waiting`, `in_flight` (its final dot is on record, no outcome yet), `sent` or `failed`.
    pub state: String,
    pub queued: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    pub reply: Option<Reply>,
}
