//! The errors of the store.

use std::path::PathBuf;

use super::Place;

/// Why the store could not do what was asked. Callers treat the variants differently; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "`[store] url` is wrong: {0}\n  help: write a URL such as sqlite:data/digest.db or postgres://USER@HOST/DATABASE"
    )]
    Url(String),
    #[error(
        "the database is {0}\n  help: `digest store copy` finishes it; until then, set `[store] url` to the original database"
    )]
    Unfinished(String),
    #[error("there is no database at {0}")]
    Missing(Place),
    #[error("the database {place} was written by a newer version (schema {found}, this one knows {known})")]
    Newer { place: Place, found: u32, known: u32 },
    #[error(
        "the database {0} was written by a version from before the first release, which this one does not read\n  help: \
         export the list with that binary (`digest subscribers export`), move the file away, and import the list with this one"
    )]
    Older(Place),
    #[error("the database {0} is damaged: {1}")]
    Damaged(Place, String),
    #[error(
        "the database {0} cannot be written; nothing was changed\n  help: check the permissions of the file and its folder"
    )]
    ReadOnly(Place),
    #[error("another digest is sending from {0}")]
    Locked(Place),
    #[error("another digest has taken over this send; this one writes nothing more")]
    TakenOver,
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
    #[error(
        "{0} cannot be reached: {1}\n  help: check that the server is running and that `[store] url` is right; then run the command again"
    )]
    Unreachable(String, String),
    #[error(
        "the connection to {0} was lost during a commit ({1}), so the last change may or may not be stored\n  help: check whether it is before you run the command again"
    )]
    Unanswered(String, String),
    #[error("{0} refused access: {1}\n  help: check the user, the password and the database in `[store] url`")]
    Refused(String, String),
    #[error(
        "{0} is read-only (a standby, or by its settings); nothing was changed\n  help: `[store] url` must name the primary server"
    )]
    ReadOnlyServer(String),
    #[error(
        "{0} is behind a pooler that may give each transaction another session (PgBouncer's `pool_mode = transaction`), so locks do not work\n  \
         help: use the pooler's session mode, or name the server itself in `[store] url`"
    )]
    Pooled(String),
    #[error(
        "{0} does not wait for its disk (`synchronous_commit` or `fsync` is off), so a power cut could lose the record of what was sent\n  help: turn them on, or \
         set `durability = \"process\"` under [store]"
    )]
    NotDurable(String),
    #[error(
        "`digest backup` copies SQLite databases only\n  help: back up the PostgreSQL database with `pg_dump`, and the publication's folder and the safety log beside it; see docs/postgresql.md"
    )]
    ServerBackup,
    #[error("the database refused: {0}")]
    Sql(String),
    #[error("the database holds a value that cannot be read: {0}")]
    Value(String),
}
