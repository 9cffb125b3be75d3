//! Sends that broke off or could not begin: each cause is told once. Decides nothing.

use super::{Daemon, Verdict, told};
use crate::model::IssueName;
use crate::schedule::What;
use crate::store::Store;

impl Daemon {
    /// Something on our side keeps a send from beginning or going on: told once, and tried again.
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
        let letter = is_new.then(|| self.tell_failed(issue, &detail));
        Ok(Verdict { what: What::SendFailed, detail, letter })
    }
}

/// Whether the journal's word says that a send broke off or could not begin.
pub(super) fn is_failure(what: &str) -> bool {
    what == What::Stopped.as_str() || what == What::SendFailed.as_str()
}

/// Whether the journal of an issue knows no failure of this cause. Numbers in it, such as times and counts, tell no causes apart.
pub(super) fn is_new_cause(store: &Store, issue: &IssueName, detail: &str) -> anyhow::Result<bool> {
    let cause = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    let journal = store.scheduling().journal(issue)?;
    let mut failures = journal.iter().filter(|entry| is_failure(&entry.what));
    Ok(!failures.any(|entry| cause(&entry.detail) == cause(detail)))
}

/// Why an issue could not be sent when it was last tried.
pub(super) fn last_failure(store: &Store, issue: &IssueName) -> anyhow::Result<String> {
    let journal = store.scheduling().journal(issue)?;
    Ok(journal.into_iter().rfind(|entry| is_failure(&entry.what)).map(|entry| entry.detail).unwrap_or_default())
}
