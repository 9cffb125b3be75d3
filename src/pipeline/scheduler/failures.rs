//! Sends that broke off or could not begin: each cause is reported once. Decides nothing.

use super::{Daemon, Verdict, told};
use crate::model::IssueName;
use crate::schedule::What;
use crate::store::Store;

impl Daemon {
    /// A problem on our side that keeps a send from starting or continuing: reported once, and tried again.
    pub(super) fn send_failed(
        &self,
        store: &Store,
        issue: &IssueName,
        error: &anyhow::Error,
    ) -> anyhow::Result<Verdict> {
        let detail = told(error);
        let is_new = is_new_cause(store, issue, &detail)?;
        if is_new {
            tracing::error!(issue = %issue, why = detail, "the send could not start or continue; it will be tried again");
        }
        let letter = if is_new { Some(self.editor_letters()?.send_failed(issue, &detail)) } else { None };
        Ok(Verdict { what: What::SendFailed, detail, letter })
    }
}

/// Whether the journal entry means that a send broke off or could not begin.
pub(super) fn is_failure(what: &str) -> bool {
    what == What::Stopped.as_str() || what == What::SendFailed.as_str()
}

/// Whether the issue's journal has no failure with this cause yet. Numbers in a cause, such as times and counts, are ignored.
pub(super) fn is_new_cause(store: &Store, issue: &IssueName, detail: &str) -> anyhow::Result<bool> {
    let cause = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    let journal = store.scheduling().journal(issue)?;
    let mut failures = journal.iter().filter(|entry| is_failure(&entry.what));
    Ok(!failures.any(|entry| cause(&entry.detail) == cause(detail)))
}

/// Why an issue could not be sent at the last try.
pub(super) fn last_failure(store: &Store, issue: &IssueName) -> anyhow::Result<String> {
    let journal = store.scheduling().journal(issue)?;
    Ok(journal.into_iter().rfind(|entry| is_failure(&entry.what)).map(|entry| entry.detail).unwrap_or_default())
}
