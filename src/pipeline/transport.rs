//! What a send takes from the configuration: the transport and the compiled issue.

use std::path::PathBuf;

use super::Delivery;
use crate::mail::{CompiledIssue, Folder, Relay};
use crate::model::{Frozen, IssueName, Notice};
use crate::send::{Transport, TransportKind};

impl Delivery {
    /// An issue as it is mailed, signed if there are keys.
    pub(super) fn compiled(&self, frozen: Frozen, name: &IssueName) -> Result<CompiledIssue, Notice> {
        let config = &self.site.config;
        let compiled = CompiledIssue::new(frozen, name.clone());
        let signed = compiled.and_then(|issue| issue.signed(&config.delivery.dkim, &self.site.root));
        signed.map_err(|wrong| config.origin.locate(wrong))
    }

    /// The configured transport; `folder` is where messages go below the outbox.
    pub(super) fn transport(&self, folder: &str) -> anyhow::Result<Transport> {
        let settings = &self.site.config.delivery;
        match settings.transport {
            TransportKind::File => {
                let folder: PathBuf = self.site.root.join(&settings.outbox).join(folder);
                let made = Folder::new(&folder);
                let wrong = |e| Notice::new(format!("cannot create the outbox: {e}")).at(&folder, None);
                Ok(Transport::Folder(made.map_err(wrong)?))
            }
            TransportKind::Smtp => {
                let mut smtp = settings.smtp.clone();
                for file in [&mut smtp.password_file, &mut smtp.ca_file] {
                    if !file.is_empty() {
                        *file = self.site.root.join(&*file).to_string_lossy().into_owned();
                    }
                }
                let from = &self.site.config.publication.from;
                let domain = from.trim_end_matches('>').rsplit_once('@').map_or("localhost", |(_, domain)| domain);
                Ok(Transport::Smtp(Box::new(Relay::new(smtp, domain)?)))
            }
        }
    }
}
