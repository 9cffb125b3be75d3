//! Freezes an issue's bytes for sending, and shows what changed in a draft since it was composed or approved.

use super::draft::Drafts;
use super::rendering::Rendering;
use crate::issues;
use crate::model::{Approval, Frozen, IssueName, Notice};

/// A draft and its earlier versions.
#[derive(Debug)]
pub struct Diff {
    /// What compose wrote last.
    pub composed: Option<String>,
    /// What was approved.
    pub approved: Option<String>,
    pub now: String,
}

impl Drafts {
    /// Freezes exactly these bytes for sending. Refused if the check finds errors.
    pub fn approve(&self, name: &IssueName, by: &str) -> anyhow::Result<(Rendering, Approval)> {
        self.approve_seen(name, by, None)
    }

    /// The same, but only if the draft still has the stamp that the person saw.
    pub fn approve_seen(
        &self,
        name: &IssueName,
        by: &str,
        seen: Option<&str>,
    ) -> anyhow::Result<(Rendering, Approval)> {
        if by.trim().is_empty() || by.chars().any(char::is_control) {
            return Err(Notice::new("the approver must be a name on one line").help("such as --by \"Ann\"").into());
        }
        let rendering = self.rendering(name)?;
        if seen.is_some_and(|seen| seen != issues::stamp(&rendering.text)) {
            let message = format!("{name} was changed since you looked at it, so it is not approved");
            return Err(Notice::new(message).help("look at it as it is now, then approve it").into());
        }
        if rendering.report.errors > 0 {
            let help = format!("`digest check {name}` lists them; fix them in the draft, or waive one with a reason");
            return Err(Notice::new(format!(
                "{name} cannot be approved: check found {}",
                errors(rendering.report.errors)
            ))
            .help(help)
            .into());
        }
        let frozen = Frozen { letterhead: self.site.config.letterhead(), rendered: rendering.rendered.clone() };
        // Also proves that the From is a mailbox, now rather than at send time.
        self.site.delivery().compiled(frozen.clone(), name)?;
        let approval = Approval {
            issue: name.clone(),
            draft: rendering.text.clone(),
            frozen_sha256: Approval::hash(&frozen),
            frozen,
            by: by.to_owned(),
            at: self.site.now(),
        };
        if !self.site.store_to_fill()?.issues().approve(&approval)? {
            return Err(Notice::new(format!("{name} was already sent, or is being sent: its bytes are frozen"))
                .help(format!("`digest status {name}` shows how far it is"))
                .into());
        }
        Ok((rendering, approval))
    }

    /// Withdraws an issue's approval, so it is a draft again. `false` if it was not approved.
    ///
    /// # Errors
    /// Its send has begun, and its bytes are frozen for good.
    pub fn take_back(&self, name: &IssueName) -> anyhow::Result<bool> {
        let Some(store) = self.site.store_to_read()? else { return Ok(false) };
        store.issues().take_back(name)?.ok_or_else(|| {
            Notice::new(format!("{name} is already being sent, so its approval cannot be taken back"))
                .help(format!("`digest stop {name}` stops the send"))
                .into()
        })
    }

    /// The editor's changes since compose, and the changes since the approval if there is one.
    pub fn diff(&self, name: &IssueName) -> anyhow::Result<Diff> {
        let now = self.rendering_text(name)?;
        let composed = issues::composed(&self.site.issues_dir(), name)?;
        let approved = self.site.store_to_read()?.map(|store| store.issues().approval(name)).transpose()?.flatten();
        Ok(Diff { composed, approved: approved.map(|approval| approval.draft), now })
    }

    /// The draft's text, after checking that it parses.
    fn rendering_text(&self, name: &IssueName) -> anyhow::Result<String> {
        issues::read(&self.site.issues_dir(), name)?;
        self.draft_text(name).ok_or_else(|| Notice::new(format!("{name} has no draft")).into())
    }
}

fn errors(n: usize) -> String {
    if n == 1 { "1 error".into() } else { format!("{n} errors") }
}
