//! The safety log: an append-only file outside the database of everyone who left or was erased, and of each send's progress. It is
//! written after the commit, so it may lag and never leads; a database that is older than its log can be detected.

mod compare;
mod file;
mod hold;
mod line;
mod record;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::db::{Db, params};
use super::{Store, StoreError};
use crate::model::{Delivery, Outcome};

pub use compare::{Ahead, Applied};
pub use file::SafetyLog;
pub use hold::{Hold, Waiting};
pub use record::Record;

pub(super) use compare::{last_change, set_last_change, skip_recipients};
use line::{Change, Ending, Line, Mark, PersonHash};

/// How many changes of subscribers are written to the log at a time.
const BATCH: i64 = 10_000;

/// The salt of the hashes; it stays in the database, so that the log alone reveals no address.
fn salt(db: &Db) -> Result<Vec<u8>, StoreError> {
    db.value("SELECT salt FROM salts WHERE name = 'forgotten'", params![])
}

/// The salted hash of an address, which is given in its form for comparing.
fn salted(salt: &[u8], key: &str) -> PersonHash {
    Sha256::new().chain_update(salt).chain_update(key).finalize().into()
}

fn mark(hash: &PersonHash) -> Mark {
    std::array::from_fn(|at| hash[at])
}

/// Identifies a salt without revealing it.
fn salt_name(db: &Db) -> Result<String, StoreError> {
    let digest = Sha256::new().chain_update("digest safety log").chain_update(salt(db)?).finalize();
    Ok(data_encoding::HEXLOWER.encode(&digest[..8]))
}

impl Store {
    /// The same store with the safety log that is kept beside it.
    #[must_use]
    pub fn with_safety_log(mut self, path: PathBuf) -> Self {
        self.safety_log = Some(path);
        self
    }

    /// Opens this database's log for appending, and begins one when there is none; `None` when the store keeps none.
    pub(super) fn open_safety_log(&self) -> Result<Option<SafetyLog>, StoreError> {
        let Some(path) = &self.safety_log else { return Ok(None) };
        let log = SafetyLog::open(path, &salt_name(&self.db)?);
        log.map(Some).map_err(|why| StoreError::SafetyLog { path: path.clone(), why })
    }

    /// Writes the changes of subscribers since the last time to the log.
    ///
    /// # Errors
    /// The log or the database cannot be written; what was not written is tried again next time.
    pub fn write_safety_log(&mut self) -> Result<(), StoreError> {
        let any = "SELECT EXISTS (SELECT 1 FROM safety_queue)";
        let is_due = |db: &Db| db.value::<bool>(any, params![]);
        if self.safety_log.is_none() || !is_due(&self.db)? {
            return Ok(());
        }
        let Some(mut log) = self.open_safety_log()? else { return Ok(()) };
        while is_due(&self.db)? {
            self.write_batch(&mut log)?;
        }
        Ok(())
    }

    fn write_batch(&mut self, log: &mut SafetyLog) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let salt = salt(&tx)?;
        let sql = "SELECT id, what, email_key, hash, at_ms FROM safety_queue ORDER BY id LIMIT ?1";
        let mut last = 0;
        let lines = tx.rows(sql, params![BATCH], |row| {
            last = row.get(0)?;
            let (what, key, hash): (String, Option<String>, Option<Vec<u8>>) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let change = Change::parse(&what).ok_or_else(|| StoreError::Value(format!("{what} as a change")))?;
            let stored = hash.and_then(|hash| hash.try_into().ok());
            let hash = key.map(|key| salted(&salt, &key)).or(stored);
            let hash = hash.ok_or_else(|| StoreError::Value("a change of nobody".into()))?;
            Ok::<_, StoreError>(Line::Person { seq: last, change, hash, at_ms: row.get(4)? })
        })?;
        // The lines first: one that is written twice says nothing new, one that is lost would bring somebody back.
        log.append(&lines);
        tx.execute("DELETE FROM safety_queue WHERE id <= ?1", params![last])?;
        tx.commit()
    }

    /// Replaces this database's log with one that holds those parts of the record that are about this database.
    ///
    /// # Errors
    /// The log cannot be written; then the old one stays.
    pub fn rewrite_safety_log(&self, record: &Record) -> Result<(), StoreError> {
        let Some(path) = &self.safety_log else { return Ok(()) };
        let mut text = String::new();
        for line in self.log_anew(record)? {
            line.write(&mut text);
        }
        file::replace(path, &text).map_err(|why| StoreError::SafetyLog { path: path.clone(), why })
    }

    /// Appends that a publication restored from a backup replaced this one, or that this one may act again.
    ///
    /// # Errors
    /// The log cannot be opened.
    pub fn note_release(path: &Path, taken_over: bool, at_ms: i64) -> Result<(), StoreError> {
        let log = SafetyLog::open(path, "");
        let mut log = log.map_err(|why| StoreError::SafetyLog { path: path.to_path_buf(), why })?;
        log.append(&[if taken_over { Line::TakenOver { at_ms } } else { Line::Released { at_ms } }]);
        Ok(())
    }
}

/// A send's progress on its way to the log.
pub(super) struct ProgressLog {
    log: SafetyLog,
    issue: String,
    salt: Vec<u8>,
}

impl ProgressLog {
    /// The log of a send, held against a take-over while it runs; `None` when the store keeps none.
    pub fn of(store: &Store, send: i64) -> Result<Option<Self>, StoreError> {
        let Some(log) = store.open_safety_log()? else { return Ok(None) };
        log.hold().map_err(|why| StoreError::SafetyLog { path: log.path().to_path_buf(), why })?;
        let issue = store.db.value("SELECT issue FROM sends WHERE id = ?1", params![send])?;
        Ok(Some(Self { log, issue, salt: salt(&store.db)? }))
    }

    /// Writes, after a commit, the deliveries that it recorded as begun or ended.
    pub fn committed<'d>(
        &mut self,
        begun: impl Iterator<Item = &'d Delivery>,
        ended: impl Iterator<Item = (i64, Ending)>,
    ) {
        let begun: Vec<(i64, Mark)> =
            begun.map(|delivery| (delivery.number, mark(&salted(&self.salt, &delivery.email.key())))).collect();
        let ended: Vec<_> = ended.collect();
        if !(begun.is_empty() && ended.is_empty()) {
            self.log.append(&[Line::Progress { issue: self.issue.clone(), begun, ended }]);
        }
    }
}

/// How the log records an outcome.
pub(super) fn ending(outcome: &Outcome) -> Ending {
    match outcome {
        Outcome::Delivered(_) => Ending::Delivered,
        Outcome::Failed { .. } => Ending::Failed,
        Outcome::Uncertain(_) => Ending::Uncertain,
        Outcome::Deferred { .. } | Outcome::Requeued(_) => Ending::Waits,
    }
}

/// Writes that a send is finished.
pub(super) fn finished(store: &Store, issue: &str) -> Result<(), StoreError> {
    if let Some(mut log) = store.open_safety_log()? {
        log.append(&[Line::Finished { issue: issue.to_owned() }]);
    }
    Ok(())
}

impl Drop for Store {
    /// Writes to the log what this store changed about people, however it was changed.
    fn drop(&mut self) {
        // What cannot be written now is written with the next change.
        let _ = self.write_safety_log();
    }
}
