//! What happens next to an issue, who does it, when, and why not sooner: for `digest status`. Does nothing itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{Daemon, is_failure};
use crate::model::{IssueName, IssueState};
use crate::schedule::{self, Approval, Reason, Run, Step};
use crate::store::{FencingToken, Store};

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// Who acts: `digest serve`, or `you`.
    pub who: &'static str,
    /// A sentence for people, such as "sends it".
    pub does: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// What kept it from happening earlier; empty if nothing did.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl Daemon {
    /// What happens next to an approved issue or a running send; `None` for one that is done, or a draft before its time.
    pub(in crate::pipeline) fn outlook(&self, store: &Store, issue: &IssueName) -> anyhow::Result<Option<Outlook>> {
        let known = self.known(store, issue)?;
        let is_open = match known.send {
            Some(send) => send.state != IssueState::Sent,
            None => matches!(known.approval, Approval::Given(_)),
        };
        if !is_open {
            return Ok(None);
        }
        let journal = store.scheduling().journal(issue)?;
        let failed = journal.last().filter(|entry| is_failure(&entry.what)).map(|entry| entry.detail.clone());
        let send = store.sends().send(issue)?;
        let stopped = send.as_ref().filter(|send| send.state == IssueState::Stopped).map(|send| send.reason.clone());
        let why = stopped.or(failed).unwrap_or_default();
        if send.is_some_and(|send| send.by_operator) {
            let does = format!("`digest resume {issue}` resumes it");
            return Ok(Some(Outlook { who: "you", does, at: None, why }));
        }
        let lease = store.scheduling().lease()?.filter(|lease| lease.expires > self.site.now());
        let Some(lease) = lease else {
            let does = format!("`digest send {issue}` sends it; `digest serve` is not running");
            return Ok(Some(Outlook { who: "you", does, at: None, why }));
        };
        let (does, at) = self.next_of(issue, &known, &lease.fencing_token);
        Ok(Some(Outlook { who: "digest serve", does, at, why }))
    }

    fn next_of(
        &self,
        issue: &IssueName,
        known: &super::Known,
        fencing_token: &FencingToken,
    ) -> (String, Option<DateTime<Utc>>) {
        let zone = self.site.config.publication.timezone;
        let edition = self.site.config.editions.get(&issue.edition).cloned().unwrap_or_default();
        let at = schedule::send_time(edition.send, issue.date, zone);
        let now = self.site.now();
        // A send begun by hand on another day has been due since then.
        let is_run = schedule::runs(&edition, at - TimeDelta::days(1), zone).take(3).any(|run| run.date == issue.date);
        if known.send.is_none() && !is_run {
            return (format!("does nothing: {} is not a date of its edition; `digest send {issue}`", issue.date), None);
        }
        let run = Run { date: issue.date, at: if known.send.is_some() && !is_run { at.min(now) } else { at } };
        let next = self.decide(&edition, run, fencing_token, known);
        match next.step {
            Some(Step::Skip(Reason::Failed)) => ("leaves it out: it could not be sent in time".into(), Some(now)),
            Some(Step::Skip(_)) => ("leaves it out".into(), Some(now)),
            Some(Step::GiveUp) => ("gives up on it: `give_up` has passed".into(), Some(now)),
            Some(_) => ("goes on with it".into(), Some(now)),
            None if known.send.is_none() => ("sends it".into(), next.look),
            None => ("goes on with it".into(), next.look),
        }
    }
}
