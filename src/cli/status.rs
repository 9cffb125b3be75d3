//! `digest status`: the state of every issue.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde_json::json;

use super::output::{json, json_line, line, local, report_notices};
use super::schedule::print_upcoming;
use super::{Exit, Global, HumanFormat};
use crate::model::{DeliveryCounts, Notice};
use crate::pipeline::{IssueStatus, Site};

#[derive(Args)]
pub struct Status {
    /// The issue's folder name or path; all issues by default
    issue: Option<String>,
    /// Also print a line per recipient with the last reply
    #[arg(long, requires = "issue")]
    recipients: bool,
    /// Output format
    #[arg(long, default_value = "human")]
    format: HumanFormat,
}

impl Status {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        if !site.has_store() {
            let place = site.config.database(&site.root)?;
            let what = format!("there is no database yet at {place}: no subscribers, approvals or sends");
            let help = "this is normal for a new publication: `digest subscribers import` creates one; if you had one, restore it from a backup";
            report_notices(global, &[Notice::new(what).help(help)]);
        }
        let zone = site.config.publication.timezone;
        let Some(issue) = &self.issue else {
            let all = site.delivery().statuses()?;
            match self.format {
                HumanFormat::Json => json(&all)?,
                HumanFormat::Human => {
                    if all.is_empty() {
                        line("no issue yet: `digest compose EDITION` writes one")?;
                    }
                    all.iter().try_for_each(|status| print(status, zone))?;
                    print_schedule(&site)?;
                }
            }
            return Ok(Exit::Done);
        };
        let name = site.sent_issue(issue)?;
        let status = site.delivery().status(&name)?;
        match self.format {
            HumanFormat::Json if self.recipients => json_line(&status)?,
            HumanFormat::Json => json(&status)?,
            HumanFormat::Human => print(&status, zone)?,
        }
        if self.recipients && status.pruned && self.format == HumanFormat::Human {
            line("  its recipients were pruned (`digest store prune`); the counts are kept")?;
        } else if self.recipients {
            print_recipients(&site, &name, self.format)?;
        }
        Ok(Exit::Done)
    }
}

/// How many mistakes of a draft are shown.
const MISTAKES: usize = 3;
/// How many decisions of the daemon are shown.
const DECISIONS: usize = 8;

/// Prints what happens next, which daemon is active, and the latest decisions.
fn print_schedule(site: &Site) -> anyhow::Result<()> {
    let zone = site.config.publication.timezone;
    line("")?;
    print_upcoming(site)?;
    line("")?;
    match site.delivery().watcher()? {
        Some(watcher) => line(&format!("`digest serve` has been running since {}", local(watcher.since, zone)))?,
        None => line("`digest serve` is not running, so scheduled issues will not be sent")?,
    }
    for entry in site.delivery().decisions(DECISIONS)? {
        let at = local(entry.at, zone);
        line(&format!("{at}  {} {}: {}", entry.issue, entry.what, entry.detail))?;
    }
    Ok(())
}

fn print(status: &IssueStatus, zone: Tz) -> anyhow::Result<()> {
    let mut text = format!("{:<24} {}", status.issue, status.state);
    if status.started_at.is_some() {
        text += &format!(": {}", told(&status.counts, status.next_due, zone));
    } else if status.edited_after_approval {
        text += ", edited after approval";
    } else if let Some(by) = &status.approved_by {
        text += &format!(" by {by}");
    }
    if !status.mistakes.is_empty() {
        text += " that cannot be read";
    }
    if let Some(at) = status.scheduled_for {
        text += &format!("; for {}", local(at, zone));
    }
    line(&text)?;
    for mistake in status.mistakes.iter().take(MISTAKES) {
        line(&format!("  {}", mistake.to_string().replace('\n', "\n  ")))?;
    }
    if status.mistakes.len() > MISTAKES {
        line(&format!(
            "  and {} more; `digest check {}` lists them all",
            status.mistakes.len() - MISTAKES,
            status.issue
        ))?;
    }
    for domain_group in status.domain_groups.iter().filter(|domain_group| domain_group.counts.recipients > 0) {
        let group = if domain_group.group.is_empty() { "all others" } else { &domain_group.group };
        line(&format!("  {group:<22} {}", told(&domain_group.counts, domain_group.next_due, zone)))?;
    }
    status.proposal.iter().try_for_each(|words| line(&format!("  the proposal: {words}")))?;
    if let Some(poll) = &status.poll {
        line(&format!("  the poll: {poll}"))?;
    }
    if !status.reason.is_empty() {
        line(&format!("  stopped: {}", status.reason))?;
    }
    let Some(next) = &status.next else { return Ok(()) };
    let at = next.at.map(|at| format!(", {}", local(at, zone))).unwrap_or_default();
    // The reason for the stop is shown above.
    let why = if next.why.is_empty() || next.why == status.reason { String::new() } else { format!(": {}", next.why) };
    line(&format!(
        "  next: {}{at}{why}",
        if next.who == "you" { next.does.clone() } else { format!("{} {}", next.who, next.does) }
    ))
}

/// The count of each state, and when the next try is due.
fn told(counts: &DeliveryCounts, next_due: Option<DateTime<Utc>>, zone: Tz) -> String {
    let mut text = format!("{} of {} delivered", counts.delivered, counts.recipients);
    let others = [
        (counts.failed, "failed"),
        (counts.deferred, "deferred"),
        (counts.pending, "pending"),
        (counts.suppressed, "suppressed"),
        (counts.uncertain, "uncertain"),
    ];
    for (n, word) in others.into_iter().filter(|(n, _)| *n > 0) {
        text += &format!(", {n} {word}");
    }
    if let Some(due) = next_due {
        text += &format!("; next try {}", local(due, zone));
    }
    text
}

fn print_recipients(site: &Site, name: &crate::model::IssueName, format: HumanFormat) -> anyhow::Result<()> {
    site.delivery().each_recipient(name, |recipient| {
        let state = recipient.state.as_str();
        match format {
            HumanFormat::Json => json_line(&json!({
                "number": recipient.number,
                "email": recipient.email,
                "state": state,
                "attempts": recipient.attempts,
                "reply": recipient.reply,
                "updated_at": recipient.updated,
            })),
            HumanFormat::Human => {
                let reply = recipient.reply.map(|reply| reply.to_string()).unwrap_or_default();
                line(&format!("{state:<10} {}  {reply}", recipient.email))
            }
        }
    })
}
