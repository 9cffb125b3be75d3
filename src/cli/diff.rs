//! `digest diff`: what changed in a draft, as text.

use clap::Args;
use similar::TextDiff;

use super::output::line;
use super::{Exit, Global};

#[derive(Args)]
pub struct Diff {
    /// The issue's folder name or path
    issue: String,
}

impl Diff {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let name = site.issue(Some(&self.issue))?;
        let diff = site.drafts().diff(&name)?;
        for (what, before) in [("composed", diff.composed), ("approved", diff.approved)] {
            if let Some(before) = before {
                print(what, &before, &diff.now)?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Prints a unified diff. Comments at the top of a file describe the file and do not count as changes.
fn print(what: &str, before: &str, now: &str) -> anyhow::Result<()> {
    let (before, now) = (without_head(before), without_head(now));
    if before == now {
        return line(&format!("unchanged since it was {what}"));
    }
    let diff = TextDiff::from_lines(before, now);
    line(diff.unified_diff().header(what, "issue.toml").to_string().trim_end())
}

fn without_head(text: &str) -> &str {
    let head: usize =
        text.split_inclusive('\n').take_while(|l| l.starts_with('#') || l.trim().is_empty()).map(str::len).sum();
    &text[head..]
}
