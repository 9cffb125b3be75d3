//! Checks an issue's links again before it is sent. Editors are told what fails; the issue is sent either way.

use std::time::Duration;

use super::super::Daemon;
use super::super::rendering::Asked;
use super::{Verdict, told};
use crate::check::Finding;
use crate::model::IssueName;
use crate::schedule::{Run, What};

/// Time limit for all links together; the send does not wait for them.
const PATIENCE: Duration = Duration::from_mins(4);

impl Daemon {
    pub(super) async fn links_step(&self, issue: &IssueName, run: Run) -> anyhow::Result<Verdict> {
        let (drafts, name) = (self.site.drafts(), issue.clone());
        let asked = Asked { spam: false, links: true };
        let looking = tokio::task::spawn_blocking(move || drafts.rendering_with(&name, asked));
        let verdict = |detail, letter| Verdict { what: What::LinksChecked, detail, letter };
        let Ok(looked) = tokio::time::timeout(PATIENCE, looking).await else {
            return Ok(verdict("the links took too long to answer".into(), None));
        };
        let report = match looked? {
            Ok(rendering) => rendering.report,
            Err(error) => return Ok(verdict(format!("the links were not checked: {}", told(&error)), None)),
        };
        let failing: Vec<Finding> =
            report.findings.into_iter().filter(|finding| FAILING.contains(&finding.code)).collect();
        if failing.is_empty() {
            return Ok(verdict("all links answer".into(), None));
        }
        let detail = if failing.len() == 1 { "1 link fails".into() } else { format!("{} links fail", failing.len()) };
        Ok(verdict(detail, Some(self.editor_letters()?.links_fail(issue, run, &failing))))
    }
}

/// The findings that mean a link fails for subscribers.
const FAILING: [&str; 4] = ["link-certificate", "link-fails", "link-gone", "link-unreachable"];
