//! The report of a send: figures from the ledger, names from the approval, the page from render.

mod advice;

use std::path::{Path, PathBuf};

use super::Delivery;
use crate::model::{IssueName, Notice, SendReport};
use crate::render::{self, ReportSetting};
use crate::{files, issues};

/// How many earlier issues of the edition a report compares with.
const BESIDE: u32 = 5;

impl Delivery {
    /// The ledger's figures for an issue whose send has begun.
    pub fn report(&self, name: &IssueName) -> anyhow::Result<SendReport> {
        let not_begun = || {
            Notice::new(format!("the send of {name} has not started, so there is nothing to report"))
                .help(format!("`digest status {name}` shows its state"))
        };
        let store = self.site.store_to_read()?.ok_or_else(not_begun)?;
        let send = store.sends().send(name)?.ok_or_else(not_begun)?;
        let approval = store.issues().approval(name)?.ok_or_else(not_begun)?;
        let rendered = approval.frozen.rendered;
        let mut report = SendReport {
            publication: approval.frozen.letterhead.name,
            issue: name.to_string(),
            edition: self.site.config.edition_title(&name.edition),
            subject: rendered.subject,
            state: send.state,
            stopped_because: send.reason.clone(),
            proposal: self.site.drafts().proposal(name, &approval.draft),
            approved_by: approval.by,
            approved_at: approval.at,
            started_at: send.started,
            finished_at: send.finished,
            as_of: self.site.now(),
            poll: store.issues().poll_counts(name)?,
            advice: Vec::new(),
            issues: store.sends().beside(name, &send, BESIDE)?,
            list: store.sends().growth(name, &send)?,
            figures: store.sends().figures(&send, rendered.tracking.as_ref())?,
        };
        report.advice = advice::of(&report);
        report.sentences().for_each(|sentence| sentence.english = render::in_english(sentence));
        Ok(report)
    }

    /// The report as a page.
    pub fn report_page(&self, name: &IssueName, report: &SendReport) -> anyhow::Result<String> {
        let publication = &self.site.config.publication;
        let setting = ReportSetting {
            zone: publication.timezone,
            language: &publication.language,
            // The edition may have been removed since.
            template: self.site.config.editions.get(&name.edition).map_or("", |edition| &edition.template),
        };
        Ok(render::report(report, setting, &self.site.templates()?)?)
    }

    /// Writes the page to `out`; by default to report.html beside the draft.
    pub fn write_report(&self, name: &IssueName, page: &str, out: Option<&Path>) -> anyhow::Result<PathBuf> {
        let folder = issues::folder(&self.site.issues_dir(), name);
        let path = match out {
            Some(out) => out.to_path_buf(),
            None if folder.is_dir() => folder.join("report.html"),
            None => {
                let gone = Notice::new(format!("the folder of {name} is gone, so there is no place for the report"));
                return Err(gone.help("name a file: --out report.html").into());
            }
        };
        files::within(&self.site.root, &path)?;
        std::fs::write(&path, page)
            .map_err(|why| Notice::new(format!("cannot write the report: {why}")).at(&path, None))?;
        Ok(path)
    }
}
