//! Where every issue stands: drafts and approvals from the files, sends from the ledger.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Site;
use crate::model::{Counts, IssueName, IssueState};
use crate::store::{RecipientLine, Store};
use crate::{issues, schedule};

/// One issue's line of `digest status`; serializes as the JSON that scripts rely on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IssueStatus {
    pub issue: String,
    pub edition: String,
    pub state: IssueState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<DateTime<Utc>>,
    #[serde(flatten)]
    pub counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// Why it is stopped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When the next deferred recipient is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_due: Option<DateTime<Utc>>,
}

impl Site {
    /// Every issue that has a draft or a send, oldest first.
    pub fn statuses(&self) -> anyhow::Result<Vec<IssueStatus>> {
        let store = self.store_to_read()?;
        let mut names: BTreeSet<IssueName> = issues::list(&self.issues_dir())?.into_iter().collect();
        if let Some(store) = &store {
            names.extend(store.sends()?);
        }
        names.iter().map(|name| self.status_from(store.as_ref(), name)).collect()
    }

    pub fn status(&self, name: &IssueName) -> anyhow::Result<IssueStatus> {
        self.status_from(self.store_to_read()?.as_ref(), name)
    }

    fn status_from(&self, store: Option<&Store>, name: &IssueName) -> anyhow::Result<IssueStatus> {
        let approval = store.map(|store| store.approval(name)).transpose()?.flatten();
        let send = store.map(|store| store.send(name)).transpose()?.flatten();
        let valid = approval.filter(|a| send.is_some() || self.draft_text(name).as_ref() == Some(&a.draft));
        let state = match (&send, &valid) {
            (Some(send), _) => send.state,
            (None, Some(_)) => IssueState::Approved,
            (None, None) => IssueState::Draft,
        };
        let edition = self.config.editions.get(&name.edition);
        let zone = self.config.publication.timezone;
        let scheduled = edition.map(|edition| schedule::send_time(edition.send, name.date, zone));
        Ok(IssueStatus {
            issue: name.to_string(),
            edition: name.edition.clone(),
            state,
            approved_by: valid.map(|approval| approval.by),
            scheduled_for: scheduled.filter(|_| matches!(state, IssueState::Draft | IssueState::Approved)),
            counts: send.as_ref().map_or_else(Counts::default, |send| send.counts),
            started_at: send.as_ref().map(|send| send.started),
            finished_at: send.as_ref().and_then(|send| send.finished),
            next_due: send.as_ref().and_then(|send| send.next_due),
            reason: send.map(|send| send.reason).unwrap_or_default(),
        })
    }

    /// Calls `each` with every recipient of an issue's send, in order.
    pub fn each_recipient(
        &self,
        name: &IssueName,
        each: impl FnMut(RecipientLine) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let Some(store) = self.store_to_read()? else { return Ok(()) };
        match store.send(name)? {
            Some(send) => store.each_recipient(send.id, each),
            None => Ok(()),
        }
    }
}
