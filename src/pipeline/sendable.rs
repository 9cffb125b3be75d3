//! Which issue may be sent: an approved one that was not edited or stopped since, and whose promises hold.

use super::backup;
use super::deliver::Delivery;
use crate::check::{self, Setup, Severity};
use crate::issues;
use crate::model::{Approval, IssueName, Notice, Notices};
use crate::store::Store;

impl Delivery {
    /// The approval, if the issue may be sent now.
    pub(super) fn sendable(&self, store: &Store, name: &IssueName) -> anyhow::Result<Approval> {
        backup::refuse_if_held(&self.site, store)?;
        let Some(approval) = store.issues().approval(name)? else {
            return Err(Notice::new(format!("{name} is not approved, so it is not sent"))
                .help(format!("look at it with `digest preview {name}`, then run `digest approve {name}`"))
                .into());
        };
        match store.sends().send(name)? {
            // Once begun, a send continues with the frozen bytes and audience, whatever happens to the draft.
            Some(send) if send.by_operator => Err(Notice::new(format!("{name} was stopped: {}", send.reason))
                .help(format!("`digest resume {name}` resumes it"))
                .into()),
            Some(_) => Ok(approval),
            None if self.site.drafts().draft_text(name).as_ref() == Some(&approval.draft) => {
                self.refuse_false_promises(name, &approval)?;
                Ok(approval)
            }
            None => Err(Notice::new(format!("{name} was edited after its approval, so it is a draft again"))
                .help(format!("look at it, then run `digest approve {name}` again"))
                .into()),
        }
    }

    /// An issue approved for the outbox may promise what fails in real mail, such as an unsubscribe link that does not work.
    fn refuse_false_promises(&self, name: &IssueName, approval: &Approval) -> anyhow::Result<()> {
        let letterhead = &approval.frozen.letterhead;
        let setup = Setup { from: &letterhead.from, public_url: &letterhead.public_url, ..self.site.config.setup() };
        if !self.site.config.mails_people() {
            return Ok(());
        }
        let mut errors = check::setup_findings(&setup);
        errors.retain(|finding| finding.severity == Severity::Error);
        if errors.is_empty() {
            return Ok(());
        }
        let draft = issues::parse(&issues::folder(&self.site.issues_dir(), name), &approval.draft)?;
        errors.retain(|finding| {
            draft.waive_why.trim().is_empty() || !draft.waive.iter().any(|code| code == finding.code)
        });
        let notices: Vec<Notice> = errors
            .into_iter()
            .map(|error| {
                Notice::new(format!("{name} is not sent: {}", error.message))
                    .help(format!("{}, and approve it again", error.help))
            })
            .collect();
        if notices.is_empty() { Ok(()) } else { Err(Notices(notices).into()) }
    }
}
