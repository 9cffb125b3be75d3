//! The requests of an editor's page, as a browser sends them: edits of a draft and acts on an issue; and their answers. Knows no draft.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::Trouble;

/// A request of an editor's page about one issue.
#[derive(Clone, Debug, PartialEq)]
pub struct EditRequest {
    /// The issue's name.
    pub issue: String,
    pub what: Wanted,
}

/// What an editor's page asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// The draft with the issue's state.
    Draft,
    /// The stories that were left out of the issue, each with its reason, and the guides.
    Candidates,
    /// Suggested subjects.
    Subjects,
    /// The changes since this state of the draft.
    Compare(Earlier),
    Change(Change),
    Act(Act),
}

/// An earlier state of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Earlier {
    /// As compose wrote it last.
    Proposed,
    /// As it was approved.
    Approved,
}

/// An edit of a draft. Entries are named by id; `was` is what the edit replaces, as the page showed it: words, or an entry's stamp.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Change {
    /// Writes a field of an entry or, without an entry, of the issue.
    Set {
        entry: Option<String>,
        field: String,
        text: String,
        was: Option<String>,
    },
    /// Puts an entry at a place among the news, from 1.
    Move {
        entry: String,
        place: usize,
    },
    Drop {
        entry: String,
        was: Option<String>,
    },
    Ban {
        entry: String,
    },
    Pin {
        entry: String,
    },
    Bench {
        entry: String,
    },
    /// Pairs an entry with a guide; without a slug, with none.
    Guide {
        entry: String,
        slug: Option<String>,
        was: Option<String>,
    },
    /// Shows a guide as a card, or removes its card.
    Card {
        slug: String,
        shown: bool,
    },
    /// Adds the item of an id, or the page of an address.
    Add {
        what: String,
        place: Option<usize>,
    },
    /// Adds a story in the editor's own words.
    Write {
        title: String,
        url: String,
        source: String,
        summary: String,
        place: Option<usize>,
    },
    Split {
        entry: String,
        id: String,
    },
    /// `was` is the stamp of the other.
    Merge {
        entry: String,
        other: String,
        was: Option<String>,
    },
    Waive {
        code: String,
        why: String,
    },
    Undo {},
    Redo {},
}

/// An act on an issue as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// Freezes the draft of this stamp for sending.
    Approve {
        by: String,
        stamp: String,
    },
    TakeBack {},
    /// Stops a send that is under way.
    Hold {},
    /// Resumes it.
    Resume {},
    /// Leaves the issue's date out of the calendar, or takes that back.
    Skip {
        undo: bool,
    },
    /// Sends a copy that is marked as a test.
    Test {
        addresses: Vec<String>,
    },
}

/// The answer to an editor's page.
#[derive(Clone, Debug, PartialEq)]
pub enum EditResponse {
    Done(Value),
    /// Somebody else changed the same words; both are in here, and nothing was written.
    Conflict(Value),
    /// Refused; nothing was changed.
    Refused(Vec<Trouble>),
    /// There is no such issue.
    Unknown,
}

/// Answers an [`EditRequest`]. It may take seconds, and is never called on a runtime's thread.
pub type EditHandler = Arc<dyn Fn(&EditRequest) -> EditResponse + Send + Sync>;

/// Editing, for anyone who knows the key.
#[derive(Clone)]
pub struct EditService {
    /// Letters and digits that nobody can guess: the first part of the page's path.
    pub key: String,
    /// A one-time address of the page. A browser is started with it, since others on this machine can list a program's arguments.
    pub once: String,
    pub handle: EditHandler,
}
