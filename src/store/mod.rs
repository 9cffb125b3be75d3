//! All SQL: subscribers, approvals and the delivery ledger, in SQLite. Knows no mail and no clock.

mod acts;
mod approvals;
mod archive;
mod audience;
mod backup;
mod bounces;
mod canary;
mod claim;
mod clicks;
mod file_id;
#[cfg(test)]
pub mod fuse;
mod imports;
mod journal;
mod lease;
mod ledger;
mod letters;
mod metrics;
mod migrations;
mod moves;
mod polls;
mod queue;
mod report;
mod safety;
mod signup_requests;
mod signups;
mod subscribers;
mod tokens;
mod writer;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use serde::Deserialize;

use file_id::FileId;

pub use acts::Trace;
pub use archive::{Archived, Correction, WebCopy};
pub use audience::Audience;
pub use bounces::{BounceLine, Effect, Evidence, SoftRule};
pub use canary::CanaryTally;
pub use claim::{Claim, Next};
pub use clicks::ClickCounts;
pub use imports::{Import, Unfinished};
pub use journal::{Decision, Entry, Recorded};
pub use lease::{FencingToken, Lease, TAKEN_OVER};
pub use ledger::{DomainGroupCounts, IssueSend, RecipientLine, Uncertain};
pub use metrics::{LATENCIES, Latency};
pub use moves::Moved;
pub use safety::{Ahead, Applied, Hold, Record as SafetyRecord, SafetyLog, Waiting};
pub use signup_requests::SignUpRequest;
pub use signups::{Confirmed, SignUp, Wanted};
pub use subscribers::{Change, Tally};
pub use tokens::{BroughtBack, PreferenceChange};
pub use writer::{Ledger, Writer};

use migrations::migrate;

/// The suffix of the sender's lock file, after the database's name.
const SENDER: &str = "sender.lock";

/// What a commit survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// A power cut: each commit waits for the disk (`synchronous=FULL`).
    #[default]
    Power,
    /// The death of the process, not of the machine (`synchronous=NORMAL`).
    Process,
}

/// `[store]`: where people and deliveries are kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `sqlite:PATH`, relative to the publication.
    pub url: String,
    pub durability: Durability,
    /// The file of the safety log, relative to the publication.
    pub safety_log: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { url: "sqlite:data/digest.db".into(), durability: Durability::Power, safety_log: "log/safety.log".into() }
    }
}

/// Why the store cannot serve. The variants are what a caller does differently; the text names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no database at {0}")]
    Missing(PathBuf),
    #[error("the database {path} was written by a newer version (schema {found}, this one knows {known})")]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error(
        "the database {0} was written by a version from before the first release, which this one does not read\n  help: \
         export the list with that binary (`digest subscribers export`), move the file away, and import the list with this one"
    )]
    Older(PathBuf),
    #[error("the database {0} is damaged: {1}")]
    Damaged(PathBuf, String),
    #[error(
        "the database {0} cannot be written; nothing was changed\n  help: check the permissions of the file and its folder"
    )]
    ReadOnly(PathBuf),
    #[error("another digest is sending from {0}")]
    Locked(PathBuf),
    #[error("cannot write {path}: {why}")]
    Io { path: PathBuf, why: std::io::Error },
    #[error("cannot read {path}: {why}")]
    Unreadable { path: PathBuf, why: std::io::Error },
    #[error(
        "cannot write the safety log {path}: {why}\n  help: the folder must be writable; `[store] safety_log` in config.toml names another place"
    )]
    SafetyLog { path: PathBuf, why: std::io::Error },
    #[error("{0} is not a safety log of digest")]
    NoSafetyLog(PathBuf),
    #[error(
        "the database {0} was replaced by another file while it was in use; nothing was written to either\n  help: start this command again"
    )]
    Replaced(PathBuf),
    #[error("the disk is full, so nothing was changed ({0})\n  help: make room, then run the command again")]
    Full(String),
    #[error(
        "the disk is failing or full ({0})\n  help: `df` and the system log show which; then run the command again"
    )]
    Disk(String),
    #[error("the database refused: {0}")]
    Sql(rusqlite::Error),
    #[error("the database holds a value that cannot be read: {0}")]
    Value(String),
}

/// Not as a source: the message includes it, and a log that walks the causes would print it twice.
impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full(format!("the database: {error}")),
            Some(rusqlite::ErrorCode::SystemIoFailure) => Self::Disk(format!("the database: {error}")),
            _ => Self::Sql(error),
        }
    }
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    conn: Connection,
    path: PathBuf,
    durability: Durability,
    /// The file, when it was opened.
    file: FileId,
    /// The safety log that is kept beside this database, if one is.
    safety_log: Option<PathBuf>,
}

/// Approved issues: the frozen bytes, corrections of the web copy, counted links.
#[derive(Clone, Copy)]
pub struct Issues<'s> {
    store: &'s Store,
}

/// Sends and their deliveries: the ledger.
#[derive(Clone, Copy)]
pub struct Sends<'s> {
    store: &'s Store,
}

/// The list: subscribers, consent, sign-ups, bounces.
#[derive(Clone, Copy)]
pub struct Subscribers<'s> {
    store: &'s Store,
}

/// The queue of letters to one person each.
#[derive(Clone, Copy)]
pub struct Letters<'s> {
    store: &'s Store,
}

/// The lease and the journal of decisions.
#[derive(Clone, Copy)]
pub struct Scheduling<'s> {
    store: &'s Store,
}

impl Store {
    /// Opens the database, making it and its folder when there is none.
    pub fn open_or_create(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|why| StoreError::Io { path: folder.to_path_buf(), why })?;
        }
        let is_new = make_private(path).map_err(|why| StoreError::Io { path: path.to_path_buf(), why })?;
        let opened = Self::connect(path, durability, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE);
        if is_new && opened.is_err() && std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
            // On a full disk, say. Left there, the empty file would be taken for a ledger that was lost.
            let _ = std::fs::remove_file(path);
        }
        Ok(Self::of(opened?, path, durability))
    }

    /// Opens a database that must be there already, so that a lost one is never mistaken for an empty one.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        Ok(Self::of(Self::connect_existing(path, durability)?, path, durability))
    }

    fn of(conn: Connection, path: &Path, durability: Durability) -> Self {
        Self { conn, path: path.to_path_buf(), durability, file: FileId::of(path), safety_log: None }
    }

    fn connect_existing(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(StoreError::Missing(path.to_path_buf())),
            Err(why) => return Err(StoreError::Io { path: path.to_path_buf(), why }),
        }
        // A file without a schema was emptied: making one here would be making a ledger.
        if std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
            return Err(StoreError::Damaged(path.to_path_buf(), "the file is empty".into()));
        }
        Self::connect(path, durability, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn connect(path: &Path, durability: Durability, flags: OpenFlags) -> Result<Connection, StoreError> {
        let opened = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let mut conn = opened.map_err(|e| match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::CannotOpen) => StoreError::ReadOnly(path.to_path_buf()),
            _ => e.into(),
        })?;
        conn.busy_handler(Some(wait_for_turn))?;
        let damaged = |e: rusqlite::Error| match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged(path.to_path_buf(), e.to_string())
            }
            Some(rusqlite::ErrorCode::ReadOnly | rusqlite::ErrorCode::CannotOpen) => {
                StoreError::ReadOnly(path.to_path_buf())
            }
            _ => e.into(),
        };
        conn.pragma_update(None, "journal_mode", "WAL").map_err(damaged)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        // Deleted content must not survive in free pages of the file: a forgotten address is gone for good.
        conn.pragma_update(None, "secure_delete", true)?;
        // Plans do not depend on bound values; otherwise a cached statement would be planned again at every use.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let level = if durability == Durability::Power { "FULL" } else { "NORMAL" };
        conn.pragma_update(None, "synchronous", level)?;
        migrate(&mut conn, path)?;
        #[cfg(test)]
        fuse::install(&mut conn, path)?;
        Ok(conn)
    }

    /// Whether the path still names the file that is open.
    ///
    /// # Errors
    /// It does not: what is written to the open one would be lost.
    pub fn check_file(&self) -> Result<(), StoreError> {
        self.file.check()
    }

    pub fn issues(&self) -> Issues<'_> {
        Issues { store: self }
    }

    pub fn sends(&self) -> Sends<'_> {
        Sends { store: self }
    }

    pub fn subscribers(&self) -> Subscribers<'_> {
        Subscribers { store: self }
    }

    pub fn letters(&self) -> Letters<'_> {
        Letters { store: self }
    }

    pub fn scheduling(&self) -> Scheduling<'_> {
        Scheduling { store: self }
    }

    /// Begins a transaction that takes the write lock at once. One at a time: a second one within it is refused. So is one on a file that
    /// was replaced: what is written to it would be lost.
    fn begin(&self) -> Result<Transaction<'_>, StoreError> {
        self.file.check()?;
        Ok(Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?)
    }

    /// SQLite's own look over every page; a send begins with it.
    pub fn quick_check(&self) -> Result<(), StoreError> {
        let verdict: String = self.conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict == "ok" { Ok(()) } else { Err(StoreError::Damaged(self.path.clone(), verdict)) }
    }

    /// Takes the lock that only one sender per database holds; the system releases it when the process ends, however it ends.
    pub fn lock_sender(&self) -> Result<File, StoreError> {
        // Who only looks whether a sender is alive holds the lock for a moment.
        for _ in 0..20 {
            if let Some(file) = self.lock(SENDER)? {
                return Ok(file);
            }
            wait_a_moment();
        }
        Err(StoreError::Locked(self.path.clone()))
    }

    /// Takes the lock that only one sender of letters per database holds; `None` when another holds it.
    pub fn lock_letters(&self) -> Result<Option<File>, StoreError> {
        self.lock("letters.lock")
    }

    fn lock(&self, extension: &str) -> Result<Option<File>, StoreError> {
        let path = self.path.with_extension(extension);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|why| StoreError::Io { path: path.clone(), why })?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => Err(StoreError::Io { path, why }),
        }
    }

    /// Whether some process holds the sender's lock now.
    pub fn sender_is_alive(&self) -> bool {
        self.is_locked(SENDER)
    }

    fn is_locked(&self, extension: &str) -> bool {
        File::open(self.path.with_extension(extension))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// How long a writer waits for another before it looks again, and how often it looks: ten seconds in all. SQLite's own wait grows to
/// 100 ms, which one who writes without a pause makes endless; a sender cannot afford that.
const MOMENT: Duration = Duration::from_millis(1);
const LOOKS: i32 = 10_000;

fn wait_for_turn(looks: i32) -> bool {
    wait_a_moment();
    looks < LOOKS
}

#[expect(clippy::disallowed_methods, reason = "neither SQLite nor a file's lock tells when it is free")]
fn wait_a_moment() {
    std::thread::sleep(MOMENT);
}

/// Makes the file of a new database, for its owner's eyes only: it holds subscribers' addresses. `SQLite` gives its other files the
/// same mode. Says whether it was made now.
fn make_private(path: &Path) -> std::io::Result<bool> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn to_ms(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

fn from_ms(ms: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(ms).ok_or_else(|| StoreError::Value(format!("{ms} as a time")))
}

#[cfg(test)]
mod tests;
