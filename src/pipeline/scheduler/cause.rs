//! Why an issue is held or skipped: in English for the journal, and in the publication's language for the letter to editors.

use crate::render::EditorWords;
use crate::schedule::Reason;

/// Why an issue is held or skipped.
pub(super) struct Cause {
    /// The name of its line in `[letter.editors]`; `None` for an error, whose message is used as it is.
    line: Option<&'static str>,
    /// The message of the error, or why the last try to send failed.
    why: String,
}

impl Cause {
    /// A reason from the schedule. `failure` says why the last try to send failed; empty if there was none.
    pub(super) fn of(reason: Reason, failure: &str) -> Self {
        let line = match reason {
            Reason::Unapproved => "because_unapproved",
            Reason::NoDraft => "because_no_draft",
            Reason::LateDraft => "because_late_draft",
            Reason::Missed => "because_missed",
            Reason::Failed => "because_failed",
        };
        Self { line: Some(line), why: failure.trim_end_matches('.').to_owned() }
    }

    /// There is too little news, and the edition skips such weeks.
    pub(super) fn too_little_news() -> Self {
        Self { line: Some("because_thin"), why: String::new() }
    }

    pub(super) fn error(why: String) -> Self {
        Self { line: None, why }
    }

    /// The cause as text. `time` is the send time.
    pub(super) fn say(&self, words: &EditorWords, time: &str) -> String {
        match self.line {
            Some(line) => words.say(line, &[("why", &self.why), ("time", time)]),
            None => self.why.clone(),
        }
    }
}
