//! All SQL: subscribers, approvals and the delivery ledger, in SQLite or PostgreSQL. Knows no mail and no clock.

mod acts;
mod approvals;
mod archive;
mod audience;
mod backup;
mod bounces;
mod canary;
mod claim;
mod clicks;
mod copying;
mod db;
mod error;
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
mod outcomes;
mod place;
mod polls;
mod pruning;
mod queue;
mod report;
mod safety;
mod senders;
mod signup_requests;
mod signups;
mod subscribers;
mod tallies;
mod tokens;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use db::{Db, Engine, Open, Transaction};
use file_id::FileId;

pub use acts::Trace;
pub use archive::{Archived, Correction, WebCopy};
pub use audience::Audience;
pub use bounces::{BounceLine, Effect, Evidence, SoftRule};
pub use canary::CanaryTally;
pub use claim::{Claim, Next};
pub use clicks::ClickCounts;
pub use copying::{CopyError, Copying};
pub use db::Lock;
pub use error::StoreError;
pub use imports::{Import, Unfinished};
pub use journal::{Decision, Entry, Recorded};
pub use lease::{FencingToken, Lease, TAKEN_OVER};
pub use ledger::{DomainGroupCounts, IssueSend, RecipientLine, Uncertain};
pub use metrics::{LATENCIES, Latency};
pub use moves::Moved;
pub use place::{Place, Server};
pub use pruning::OldSend;
pub use safety::{Ahead, Applied, Hold, Record as SafetyRecord, SafetyLog, Waiting};
pub use senders::{HasDied, Joining, Membership, Progress, Sender};
pub use signup_requests::SignUpRequest;
pub use signups::{Confirmed, SignUp, Wanted};
pub use subscribers::{Change, Tally};
pub use tokens::{BroughtBack, PreferenceChange};
pub use writer::{Ledger, Terms, Uptime, Writer};

/// The name of the sender's lock.
const SENDER: &str = "sender";

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
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `sqlite:PATH`, relative to the publication, or `postgres://USER@HOST:PORT/DATABASE`.
    pub url: String,
    /// A file that holds the server's password, and nothing else, relative to the publication.
    pub password_file: String,
    /// The password itself: only from the environment, never from the file.
    pub password: String,
    pub durability: Durability,
    /// How many requests for public pages may use the database at the same time, each over a connection of its own.
    pub connections: usize,
    /// The file of the safety log, relative to the publication.
    pub safety_log: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: "sqlite:data/digest.db".into(),
            password_file: String::new(),
            password: String::new(),
            durability: Durability::Power,
            connections: 4,
            safety_log: "log/safety.log".into(),
        }
    }
}

/// Without passwords: the URL may hold one too.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = if self.is_server() { "postgres://…" } else { &self.url };
        f.debug_struct("Settings").field("url", &url).field("durability", &self.durability).finish_non_exhaustive()
    }
}

impl Settings {
    /// Whether the database is a server's.
    pub fn is_server(&self) -> bool {
        self.url.starts_with("postgres://") || self.url.starts_with("postgresql://")
    }

    /// The database, in a publication at `root`.
    ///
    /// # Errors
    /// [`StoreError::Url`]: the URL names none.
    pub fn place(&self, root: &Path) -> Result<Place, StoreError> {
        if self.is_server() {
            let file = Some(&self.password_file).filter(|file| !file.is_empty()).map(|file| root.join(file));
            let server = Server::parse(&self.url, &self.password, file, root);
            return server.map(|server| Place::Postgres(Arc::new(server))).map_err(StoreError::Url);
        }
        match self.url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//")) {
            Some(path) if !path.is_empty() => Ok(Place::Sqlite(root.join(path))),
            _ => Err(StoreError::Url("it begins with neither sqlite: nor postgres://".into())),
        }
    }
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    db: Db,
    place: Place,
    durability: Durability,
    /// The file, when it was opened; `None` of a server.
    file: Option<FileId>,
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
    /// Opens the database, making its file or its tables when there are none.
    pub fn open_or_create(place: &Place, durability: Durability) -> Result<Self, StoreError> {
        Self::of(place, durability, Open::OrCreate)
    }

    /// Opens a database that must be there already, so that a lost one is never mistaken for an empty one.
    pub fn open(place: &Place, durability: Durability) -> Result<Self, StoreError> {
        Self::of(place, durability, Open::Existing)
    }

    /// Whether there is a database. A server that cannot be reached is taken to hold one: opening it says what is wrong.
    pub fn exists(place: &Place, durability: Durability) -> bool {
        match place {
            Place::Sqlite(path) => path.exists(),
            Place::Postgres(_) => !matches!(Self::open(place, durability), Err(StoreError::Missing(_))),
        }
    }

    /// Where the database is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    fn of(place: &Place, durability: Durability, open: Open) -> Result<Self, StoreError> {
        let db = Db::open(place, durability, open)?;
        Ok(Self { db, place: place.clone(), durability, file: place.file().map(FileId::of), safety_log: None })
    }

    /// Whether the path still names the file that is open; a server's database always is.
    ///
    /// # Errors
    /// It does not: what is written to the open one would be lost.
    pub fn check_file(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), FileId::check)
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

    /// Begins a transaction during which nobody else writes. One at a time: a second one within it is refused. So is one on a file that
    /// was replaced: what is written to it would be lost.
    fn begin(&self) -> Result<Transaction<'_>, StoreError> {
        self.check_file()?;
        self.db.begin()
    }

    /// SQLite's own look over every page; a send begins with it. A server looks after its pages itself; of it we ask that a session stays ours.
    pub fn quick_check(&self) -> Result<(), StoreError> {
        if let Engine::Postgres(postgres) = self.db.engine() {
            return postgres.check_sessions();
        }
        let verdict: String = self.db.value("PRAGMA quick_check(1)", &[])?;
        if verdict == "ok" { Ok(()) } else { Err(StoreError::Damaged(self.place.clone(), verdict)) }
    }

    /// Takes the sender's lock, so that nobody begins to send; it is released when the process ends, however it ends.
    ///
    /// # Errors
    /// [`StoreError::Locked`]: somebody is sending.
    pub fn lock_sender(&self) -> Result<Lock, StoreError> {
        let lock = self.take_sender(MOMENT, 20)?;
        if self.is_shared() && self.has_senders()? {
            return Err(StoreError::Locked(self.place.clone()));
        }
        Ok(lock)
    }

    /// Takes the lock for joining a send. On SQLite a sender holds it for as long as it sends; on PostgreSQL only until it has joined, because others may send too.
    pub fn lock_to_join(&self) -> Result<Lock, StoreError> {
        if self.is_shared() { self.take_sender(PAUSE, 80) } else { self.take_sender(MOMENT, 20) }
    }

    /// Takes the sender's lock, with several attempts: a process that only checks whether a sender is alive holds a file's lock briefly, and one that joins a send on a
    /// server holds it for longer.
    fn take_sender(&self, pause: Duration, looks: usize) -> Result<Lock, StoreError> {
        for _ in 0..looks {
            if let Some(lock) = self.lock(SENDER)? {
                return Ok(lock);
            }
            wait(pause);
        }
        Err(StoreError::Locked(self.place.clone()))
    }

    /// Whether several processes may send an issue together.
    pub fn is_shared(&self) -> bool {
        matches!(self.db.engine(), Engine::Postgres(_))
    }

    /// Takes the lock that only one sender of letters per database holds; `None` when another holds it.
    pub fn lock_letters(&self) -> Result<Option<Lock>, StoreError> {
        self.lock("letters")
    }

    fn lock(&self, name: &str) -> Result<Option<Lock>, StoreError> {
        self.db.lock(name)
    }

    /// Whether some process is sending, or about to.
    pub fn sender_is_alive(&self) -> Result<bool, StoreError> {
        Ok(self.is_locked(SENDER)? || self.is_shared() && self.has_senders()?)
    }

    fn is_locked(&self, name: &str) -> Result<bool, StoreError> {
        self.db.is_locked(name)
    }
}

/// How long a writer waits for another before it looks again, and how often it looks: ten seconds in all. SQLite's own wait grows to
/// 100 ms, which one who writes without a pause makes endless; a sender cannot afford that.
const MOMENT: Duration = Duration::from_millis(1);
const LOOKS: i32 = 10_000;
/// The same for the lock of a server.
const PAUSE: Duration = Duration::from_millis(250);

fn wait_for_turn(looks: i32) -> bool {
    wait(MOMENT);
    looks < LOOKS
}

#[expect(clippy::disallowed_methods, reason = "neither SQLite nor a lock tells when it is free")]
fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// Makes the file of a new database, for its owner's eyes only: it holds subscribers' addresses. `SQLite` gives its other files the
/// same mode. Says whether it was made now.
fn make_private(path: &Path) -> std::io::Result<bool> {
    let mut options = std::fs::OpenOptions::new();
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
