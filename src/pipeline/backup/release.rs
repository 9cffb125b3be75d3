//! Releases a restored publication: first lists what the backup cannot know, then applies what the safety log knows.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::Backups;
use crate::model::Notice;
use crate::store::{Ahead, Applied, Hold, SafetyRecord, Store, StoreError, Waiting};

/// What is known before a release.
#[derive(Debug)]
pub struct Release {
    /// Why the database is held; `None` if it was not restored but is older than its log.
    pub hold: Option<Hold>,
    /// What the log knows that the database does not; `None` without a log that covers the time after the backup.
    pub ahead: Option<Ahead>,
    /// The path of the log that is read.
    pub log: Option<PathBuf>,
    pub waiting: Waiting,
    /// Held until the release is decided, so that nothing is sent under that log meanwhile.
    _lock: Option<File>,
}

impl Release {
    /// Whether it is unknown what happened after the backup.
    pub fn is_blind(&self) -> bool {
        self.ahead.as_ref().is_none_or(|ahead| ahead.is_foreign)
    }
}

/// What a release did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    pub applied: Applied,
    /// Where another database's log was moved to.
    pub moved: Option<PathBuf>,
}

impl Backups {
    /// Works out what a release would do. `given` is the original's safety log, if it has moved.
    ///
    /// # Errors
    /// There is nothing to release, the file is not this database's log, or its owner is sending now.
    pub fn plan_release(&self, given: Option<&Path>) -> anyhow::Result<Release> {
        let store = self.site.delivery().ledger_store()?;
        let (hold, own) = (store.hold()?, self.site.safety_log());
        let log = match (given, &hold) {
            (Some(given), _) => {
                if !given.exists() {
                    return Err(Notice::new("there is no such safety log").at(given, None).into());
                }
                Some(given.to_path_buf())
            }
            (None, Some(hold)) => {
                Some(PathBuf::from(&hold.original_log)).filter(|log| log.exists() && !is_same(log, &own))
            }
            (None, None) => Some(own).filter(|log| log.exists()),
        };
        let lock = log.as_deref().map(lock).transpose()?;
        let ahead = log.as_deref().map(|log| store.ahead(log)).transpose()?.flatten();
        if hold.is_none() && ahead.as_ref().is_none_or(Ahead::is_nothing) {
            let help = "`digest resume ISSUE` resumes a stopped send";
            return Err(Notice::new("this publication is not held, and its database is as new as its safety log")
                .help(help)
                .into());
        }
        if let (Some(ahead), Some(given)) = (&ahead, given)
            && ahead.is_foreign
        {
            let help = "name the log of the publication that was backed up, or leave it out";
            return Err(Notice::new("this safety log belongs to another database").at(given, None).help(help).into());
        }
        Ok(Release { hold, ahead, log, waiting: store.waiting()?, _lock: lock })
    }

    /// Applies what the log knows, and lets the publication act again. If killed half-way, it stays held and can be released again.
    ///
    /// # Errors
    /// Another digest sends from the database, or something cannot be written.
    pub fn release(&self, release: &Release) -> anyhow::Result<Released> {
        let mut store = self.site.delivery().ledger_store()?;
        let _sender = store.lock_sender()?;
        let (now, own) = (self.site.now(), self.site.safety_log());
        let mut done = Released { applied: Applied::default(), moved: None };
        match release.log.as_deref().filter(|_| !release.is_blind()) {
            Some(log) => {
                let record = SafetyRecord::read(log, true)?.unwrap_or_default();
                done.applied = store.apply(&record, now)?;
                store.rewrite_safety_log(&record)?;
            }
            None if store.ahead(&own)?.is_some_and(|ahead| ahead.is_foreign) => done.moved = Some(aside(&own)?),
            None => {}
        }
        store.release(release.is_blind(), now)?;
        if let Some(log) = release.log.as_deref().filter(|log| !release.is_blind() && !is_same(log, &own)) {
            // So that the original, if it starts again, mails nobody twice. On another machine's copy this changes nothing.
            let _ = Store::note_release(log, true, now.timestamp_millis());
        }
        Ok(done)
    }
}

/// Whether two paths name the same file.
fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Locks a log, so that nothing else sends meanwhile.
fn lock(log: &Path) -> anyhow::Result<File> {
    let file = File::open(log).map_err(|why| StoreError::Unreadable { path: log.to_path_buf(), why })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Notice::new("its publication is sending now")
            .at(log, None)
            .help("stop the original first (`digest stop ISSUE`, and end its `digest serve`); two would mail the same people")
            .into()),
        Err(TryLockError::Error(why)) => Err(why.into()),
    }
}

/// Moves a file out of the way, to an unused name.
fn aside(path: &Path) -> anyhow::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1..10_000).map(|n| path.with_file_name(format!("{name}.{n}"))).find(|path| !path.exists());
    let to = free.unwrap_or_else(|| path.with_extension("old"));
    std::fs::rename(path, &to)?;
    Ok(to)
}
