//! The status of every issue: drafts and approvals from the files, sends from the ledger.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::Delivery;
use super::scheduler::Outlook;
use crate::model::{DeliveryCounts, IssueName, IssueState, Notice, Notices, PollCounts};
use crate::render::in_english;
use crate::store::{DomainGroupCounts, Entry, RecipientLine, Store};
use crate::{issues, schedule};

/// One issue's line of `digest status`; serializes as the JSON that scripts rely on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IssueStatus {
    pub issue: String,
    pub edition: String,
    pub state: IssueState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// It was approved, but its draft has been edited since, so it is a draft again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub edited_after_approval: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<DateTime<Utc>>,
    #[serde(flatten)]
    pub counts: DeliveryCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// Its ledger was pruned: who got it is not known any more, only how many.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pruned: bool,
    /// Why it is stopped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Mistakes in its draft, each with file and line; only before the send begins, since the draft is not read afterwards.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_text")]
    pub mistakes: Vec<Notice>,
    /// How the editor changed compose's proposal, in words, for this and the last issues; only for sent issues.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proposal: Vec<String>,
    /// The poll that was mailed with it, with its counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollCounts>,
    /// When the next deferred recipient is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_due: Option<DateTime<Utc>>,
    /// What happens next, who does it, when, and why not sooner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Outlook>,
    /// The state of each domain group with its own limits; only for a single issue, and only if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domain_groups: Vec<DomainGroupStatus>,
}

fn as_text<S: serde::Serializer>(notices: &[Notice], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(notices.iter().map(ToString::to_string))
}

/// The states of the recipients of one `[delivery.smtp.per_domain]` group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DomainGroupStatus {
    /// The group's name; empty for everybody else.
    pub group: String,
    #[serde(flatten)]
    pub counts: DeliveryCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_due: Option<DateTime<Utc>>,
}

/// A run to come, as `digest schedule` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upcoming {
    pub edition: String,
    /// The local date, which names the issue.
    pub date: chrono::NaiveDate,
    pub at: DateTime<Utc>,
    /// When its draft is due.
    pub draft_at: DateTime<Utc>,
    /// The state of its issue: draft, approved, held …, or "not drafted yet".
    pub state: String,
}

/// The daemon that holds the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Watcher {
    pub since: DateTime<Utc>,
    /// When the lease expires unless renewed.
    pub until: DateTime<Utc>,
}

impl Delivery {
    /// The next runs of each edition, up to `most` of each.
    pub fn upcoming(&self, most: usize) -> anyhow::Result<Vec<Upcoming>> {
        let store = self.site.store_to_read()?;
        let zone = self.site.config.publication.timezone;
        let mut upcoming = Vec::new();
        for (name, edition) in &self.site.config.editions {
            for run in schedule::runs(edition, self.site.now(), zone).take(most) {
                let issue = IssueName { date: run.date, edition: name.clone() };
                upcoming.push(Upcoming {
                    edition: name.clone(),
                    date: run.date,
                    at: run.at,
                    draft_at: run.at - edition.draft_ahead,
                    state: self.stage(store.as_ref(), &issue)?,
                });
            }
        }
        Ok(upcoming)
    }

    fn stage(&self, store: Option<&Store>, issue: &IssueName) -> anyhow::Result<String> {
        let journal = store.map_or(Ok(Vec::new()), |store| store.scheduling().journal(issue))?;
        if let Some(last) = journal.last().filter(|last| last.what == "skipped" || last.what == "held") {
            return Ok(last.what.clone());
        }
        let known = self.site.drafts().draft_text(issue).is_some()
            || store.is_some_and(|s| matches!(s.sends().send(issue), Ok(Some(_))));
        Ok(if known { self.status_from(store, issue)?.state.to_string() } else { "not drafted yet".into() })
    }

    /// The latest decisions of `digest serve`, newest first.
    pub fn decisions(&self, most: usize) -> anyhow::Result<Vec<Entry>> {
        Ok(self.site.store_to_read()?.map_or(Ok(Vec::new()), |store| store.scheduling().latest_decisions(most))?)
    }

    /// The daemon that acts now, if one does.
    pub fn watcher(&self) -> anyhow::Result<Option<Watcher>> {
        let lease = self.site.store_to_read()?.map_or(Ok(None), |store| store.scheduling().lease())?;
        let alive = lease.filter(|lease| lease.expires > self.site.now());
        Ok(alive.map(|lease| Watcher { since: lease.fencing_token.since, until: lease.expires }))
    }

    /// An issue's planned send time, in the publication's zone, if sending now would be early.
    pub fn early(&self, name: &IssueName) -> anyhow::Result<Option<DateTime<Tz>>> {
        let begun = self.site.store_to_read()?.map(|store| store.sends().send(name)).transpose()?.flatten().is_some();
        let zone = self.site.config.publication.timezone;
        let edition = self.site.config.editions.get(&name.edition).filter(|_| !begun);
        let meant = edition.map(|edition| schedule::send_time(edition.send, name.date, zone));
        Ok(meant.filter(|meant| *meant > self.site.now()).map(|meant| meant.with_timezone(&zone)))
    }

    /// Every issue that has a draft or a send, oldest first.
    pub fn statuses(&self) -> anyhow::Result<Vec<IssueStatus>> {
        let store = self.site.store_to_read()?;
        let mut names: BTreeSet<IssueName> = issues::list(&self.site.issues_dir())?.into_iter().collect();
        if let Some(store) = &store {
            names.extend(store.sends().issues()?);
        }
        names.iter().map(|name| self.status_from(store.as_ref(), name)).collect()
    }

    /// One issue, with its domain groups.
    pub fn status(&self, name: &IssueName) -> anyhow::Result<IssueStatus> {
        let store = self.site.store_to_read()?;
        let domain_groups = store.as_ref().map_or(Ok(Vec::new()), |store| self.domain_groups(store, name))?;
        let status = self.status_from(store.as_ref(), name)?;
        let trend = if status.proposal.is_empty() {
            None
        } else {
            self.site.drafts().trend(name).map(|told| in_english(&told))
        };
        let proposal = status.proposal.iter().cloned().chain(trend).collect();
        Ok(IssueStatus { proposal, domain_groups, ..status })
    }

    fn domain_groups(&self, store: &Store, name: &IssueName) -> anyhow::Result<Vec<DomainGroupStatus>> {
        let groups = &self.site.config.delivery.smtp.per_domain;
        let Some(send) = store.sends().send(name)?.filter(|_| !groups.is_empty()) else { return Ok(Vec::new()) };
        if let Some(groups) = store.sends().pruned_domain_groups(send.id)? {
            let group = |(group, counts)| DomainGroupStatus { group, counts, next_due: None };
            return Ok(groups.into_iter().map(group).collect());
        }
        let domains: Vec<&[String]> = groups.values().map(|group| group.domains.as_slice()).collect();
        let names = groups.keys().cloned().chain([String::new()]);
        let domain_groups = names.zip(store.sends().domain_groups(send.id, &domains)?);
        Ok(domain_groups
            .map(|(group, DomainGroupCounts { counts, next_due })| DomainGroupStatus { group, counts, next_due })
            .collect())
    }

    fn status_from(&self, store: Option<&Store>, name: &IssueName) -> anyhow::Result<IssueStatus> {
        let approval = store.map(|store| store.issues().approval(name)).transpose()?.flatten();
        let send = store.map(|store| store.sends().send(name)).transpose()?.flatten();
        let was_approved = approval.is_some();
        let valid =
            approval.filter(|a| send.is_some() || self.site.drafts().draft_text(name).as_ref() == Some(&a.draft));
        let state = match (&send, &valid) {
            (Some(send), _) => send.state,
            (None, Some(_)) => IssueState::Approved,
            (None, None) => IssueState::Draft,
        };
        let frozen = valid.as_ref().filter(|_| state == IssueState::Sent).map(|approval| approval.draft.clone());
        let draft = if send.is_none() { issues::read(&self.site.issues_dir(), name).map(drop) } else { Ok(()) };
        let edition = self.site.config.editions.get(&name.edition);
        let zone = self.site.config.publication.timezone;
        let scheduled = edition.map(|edition| schedule::send_time(edition.send, name.date, zone));
        Ok(IssueStatus {
            issue: name.to_string(),
            edition: name.edition.clone(),
            state,
            edited_after_approval: was_approved && valid.is_none(),
            approved_by: valid.map(|approval| approval.by),
            scheduled_for: scheduled.filter(|_| matches!(state, IssueState::Draft | IssueState::Approved)),
            counts: send.as_ref().map_or_else(DeliveryCounts::default, |send| send.counts),
            started_at: send.as_ref().map(|send| send.started),
            finished_at: send.as_ref().and_then(|send| send.finished),
            next_due: send.as_ref().and_then(|send| send.next_due),
            pruned: send.as_ref().map_or(Ok(false), |send| is_pruned(store, send.id))?,
            next: store.map(|store| self.site.daemon().outlook(store, name)).transpose()?.flatten(),
            domain_groups: Vec::new(),
            poll: store.map(|store| store.issues().poll_counts(name)).transpose()?.flatten(),
            proposal: frozen.and_then(|text| self.site.drafts().verdict(name, &text)).iter().map(in_english).collect(),
            mistakes: draft.err().map(|Notices(mistakes)| mistakes).unwrap_or_default(),
            reason: send.map(|send| send.reason).unwrap_or_default(),
        })
    }

    /// Calls `each` with every recipient of an issue's send, in order.
    pub fn each_recipient(
        &self,
        name: &IssueName,
        each: impl FnMut(RecipientLine) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let Some(store) = self.site.store_to_read()? else { return Ok(()) };
        match store.sends().send(name)? {
            Some(send) => store.sends().each_recipient(send.id, each),
            None => Ok(()),
        }
    }
}

fn is_pruned(store: Option<&Store>, send: i64) -> anyhow::Result<bool> {
    let groups = store.map(|store| store.sends().pruned_domain_groups(send)).transpose()?;
    Ok(groups.flatten().is_some())
}
