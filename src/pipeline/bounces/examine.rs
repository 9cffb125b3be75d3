//! What `digest doctor` says about the bounce intake.

use super::{Subscribers, files, watch};
use crate::mail::Mailbox;
use crate::model::Notice;
use crate::pipeline::{Diagnosis, Health};

impl Subscribers {
    /// Both intakes: the Maildir and the mailbox.
    pub async fn examine_bounces(&self) -> Vec<Diagnosis> {
        let mut found = self.examine_maildir();
        if !self.site.config.bounces.imap.host.is_empty() {
            found.push(match self.look_into_mailbox().await {
                Ok(unseen) => {
                    Diagnosis::new("bounces", Health::Good, format!("{unseen} unread messages in the mailbox"))
                }
                Err(notice) => Diagnosis::new("bounces", Health::Error, notice.message.clone())
                    .mend("see [bounces.imap]: host, port, tls, username, password_file, folder"),
            });
        }
        found
    }

    async fn look_into_mailbox(&self) -> Result<usize, Notice> {
        let mut mailbox = Mailbox::open(&self.mailbox_settings()).await?;
        let unseen = mailbox.unseen().await?.len();
        mailbox.close().await;
        Ok(unseen)
    }

    /// Whether the daemon can read what is delivered into the Maildir.
    fn examine_maildir(&self) -> Vec<Diagnosis> {
        let settings = &self.site.config.bounces;
        if settings.maildir.is_empty() {
            return Vec::new();
        }
        let new = self.site.root.join(&settings.maildir).join("new");
        let found = match watch::messages(&new) {
            Ok(found) if found.is_empty() && !new.is_dir() => {
                let what = format!("{} is not there: nothing was delivered yet", new.display());
                let mend = "have the mail server deliver the bounce domain's mail there";
                return vec![Diagnosis::new("bounces", Health::Warning, what).mend(mend)];
            }
            Ok(found) => found,
            Err(error) => {
                let what = format!("{} cannot be read: {error}", new.display());
                return vec![Diagnosis::new("bounces", Health::Error, what).mend("let the daemon's user read it")];
            }
        };
        let bad: Vec<_> = found.iter().filter(|file| files::read(file).is_err()).collect();
        match bad.first() {
            Some(first) => {
                let what = format!("{} of {} messages in {} cannot be read", bad.len(), found.len(), new.display());
                let mend = format!("see {}: let the daemon's user read it, or take it away", first.display());
                vec![Diagnosis::new("bounces", Health::Warning, what).mend(mend)]
            }
            None => vec![Diagnosis::new("bounces", Health::Good, format!("{} messages wait", found.len()))],
        }
    }
}
