//! The daemon's intake from a Maildir (<https://cr.yp.to/proto/maildir.html>) that a mail server delivers bounces into. A message moves
//! from `new` to `cur` when what it says is on record, so a crash reads it twice, which changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{BounceImport, Site, Subscribers, files};

/// How often the folder is checked, so that unsubscribe requests take effect within a second.
const LOOK: Duration = Duration::from_millis(500);
/// The same after something went wrong on our side, and for a file that could not be read.
const LATER: Duration = Duration::from_secs(30);

/// Files that could not be read or moved, with the time of the last try. Each is reported once and does not block others.
type Stuck = BTreeMap<PathBuf, Instant>;

impl Subscribers {
    /// Processes the messages in `new` of the configured Maildir; does nothing without one.
    fn take_new_bounces(&self, stuck: &mut Stuck) -> anyhow::Result<BounceImport> {
        let mut result = BounceImport::default();
        let maildir = self.site.root.join(&self.site.config.bounces.maildir);
        let found = messages(&maildir.join("new"))?;
        stuck.retain(|file, _| found.binary_search(file).is_ok());
        let is_due = |file: &PathBuf| stuck.get(file).is_none_or(|tried| tried.elapsed() >= LATER);
        let due: Vec<PathBuf> = found.into_iter().filter(is_due).collect();
        if due.is_empty() {
            return Ok(result);
        }
        let mut store = self.site.store_to_fill()?;
        for file in due {
            let taken = match files::read(&file) {
                Ok(bytes) => {
                    self.take_in(&mut store, &file.display().to_string(), &bytes, &mut result)?;
                    put_away(&file, &maildir.join("cur"))
                }
                Err(error) => Err(error),
            };
            if let Err(error) = taken
                && stuck.insert(file.clone(), Instant::now()).is_none()
            {
                let file = file.display().to_string();
                tracing::error!(file, error = error.to_string(), "an inbound message cannot be read or moved");
            }
        }
        Ok(result)
    }
}

/// Moves a message from `new` to `cur`. If something else has already moved it, that is fine.
fn put_away(file: &Path, cur: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(cur)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // S: seen.
    let kept = cur.join(format!("{}:2,S", name.split(':').next().unwrap_or(&name)));
    match std::fs::rename(file, kept) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        moved => moved,
    }
}

/// The files of a folder, in order; none when there is no folder, since the first delivery makes it.
pub fn messages(new: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(new) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

/// Processes bounces as they arrive, until `stop` turns true.
pub async fn watch_bounces(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    if site.config.bounces.maildir.is_empty() {
        return;
    }
    let mut stuck = Stuck::new();
    while !*stop.borrow() {
        let subscribers = site.subscribers();
        let mut had = std::mem::take(&mut stuck);
        let looked = tokio::task::spawn_blocking(move || (subscribers.take_new_bounces(&mut had), had)).await;
        let wait = match looked {
            Ok((Ok(took), had)) => {
                took.tell();
                stuck = had;
                LOOK
            }
            Ok((Err(error), had)) => {
                tracing::error!(error = format!("{error:#}"), "bounces wait");
                stuck = had;
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
