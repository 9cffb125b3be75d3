//! The daemon's intake: a Maildir (<https://cr.yp.to/proto/maildir.html>) that a mail server delivers bounces into. A message moves from
//! `new` to `cur` when what it says is on record, so a crash reads it twice, which changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{BounceImport, Site};

/// How often a look is had: who asks to leave by mail is off within a second.
const LOOK: Duration = Duration::from_millis(500);
/// The same after something went wrong on our side.
const LATER: Duration = Duration::from_secs(30);

impl Site {
    /// Takes in what stands in `new` of the configured Maildir; nothing when there is none.
    pub fn take_new_bounces(&self) -> anyhow::Result<BounceImport> {
        let mut result = BounceImport::default();
        let maildir = &self.config.bounces.maildir;
        if maildir.is_empty() {
            return Ok(result);
        }
        let maildir = self.root.join(maildir);
        for file in messages(&maildir.join("new"))? {
            self.import_bounces(&file, &mut result)?;
            let cur = maildir.join("cur");
            std::fs::create_dir_all(&cur)?;
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            // S: seen.
            std::fs::rename(&file, cur.join(format!("{}:2,S", name.split(':').next().unwrap_or(&name))))?;
        }
        Ok(result)
    }
}

fn messages(new: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(new) {
        Ok(entries) => entries,
        // Made by the first delivery.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

/// Takes bounces in as they come, until `stop` turns true.
pub async fn watch_bounces(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    if site.config.bounces.maildir.is_empty() {
        return;
    }
    while !*stop.borrow() {
        let look = Arc::clone(&site);
        let wait = match tokio::task::spawn_blocking(move || look.take_new_bounces()).await {
            Ok(Ok(took)) => {
                if took.messages > 0 {
                    let (bounced, complained, left) = (took.bounced, took.complained, took.unsubscribed);
                    let unmatched = took.unmatched.len();
                    tracing::info!(messages = took.messages, bounced, complained, left, unmatched, "mail came back");
                }
                LOOK
            }
            Ok(Err(error)) => {
                tracing::error!(error = format!("{error:#}"), "bounces wait");
                LATER
            }
            Err(error) => {
                tracing::error!(error = error.to_string(), "bounces wait");
                LATER
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}
