//! `digest approve`: freeze an issue.

use clap::Args;

use super::output::line;
use super::{Exit, Global};
use crate::model::UNKNOWN_APPROVER;

#[derive(Args)]
pub struct Approve {
    /// The issue's folder name or path
    issue: String,
    /// Who approves it; your user name by default
    #[arg(long, value_name = "NAME", env = "USER", default_value = UNKNOWN_APPROVER, hide_env_values = true)]
    by: String,
    /// Take the approval back: the issue is a draft again
    #[arg(long)]
    undo: bool,
}

impl Approve {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let name = site.issue(Some(&self.issue))?;
        if self.undo {
            let was = if site.drafts().take_back(&name)? { "is a draft again" } else { "was not approved" };
            line(&format!("{name} {was}"))?;
            return Ok(Exit::Done);
        }
        let (rendering, approval) = site.drafts().approve(&name, &self.by)?;
        let hash = approval.frozen_sha256.get(..12).unwrap_or_default();
        line(&format!("{name} is approved by {} (sha256 {hash}…): {}", approval.by, rendering.rendered.subject))?;
        line(&format!("next: digest send {name}"))?;
        Ok(Exit::Done)
    }
}
