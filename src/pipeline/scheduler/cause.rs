//! Why an issue is held or skipped: in English for the journal, and in the editors' language for their letter.

use crate::render::EditorWords;
use crate::schedule::Reason;

/// Why an issue is held or skipped.
pub(super) struct Cause {
    /// Its line in the words; none for an error, which speaks for itself.
    line: Option<&'static str>,
    /// What an error says.
    why: String,
}

impl Cause {
    /// By the rules of the schedule. `failure` is why the last try to send failed, if one did.
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

    /// Too little news for an edition that skips such weeks.
    pub(super) fn too_little_news() -> Self {
        Self { line: Some("because_thin"), why: String::new() }
    }

    pub(super) fn error(why: String) -> Self {
        Self { line: None, why }
    }

    /// The cause in words. `time` is the send time.
    pub(super) fn say(&self, words: &EditorWords, time: &str) -> String {
        match self.line {
            Some(line) => words.say(line, &[("why", &self.why), ("time", time)]),
            None => self.why.clone(),
        }
    }
}
