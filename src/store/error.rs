//! Why the store cannot serve.

use std::path::PathBuf;

use super::Place;

/// Why the store cannot serve. The variants are what a caller does differently; the text names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("`[store] url` is wrong: {0}\n  help: such as sqlite:data/digest.db or postgres://USER@HOST/DATABASE")]
    Url(String),
    #[error(
        "the database is {0}\n  help: `digest store copy` finishes it; until then name the original in `[store] url`"
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
        "{0} cannot be reached: {1}\n  help: check that the server runs and that `[store] url` names it; then run the command again"
    )]
    Unreachable(String, String),
    #[error(
        "the connection to {0} was lost while it committed ({1}), so the last change may or may not be stored\n  help: look at the result before you run the command again"
    )]
    Unanswered(String, String),
    #[error("{0} refused: {1}\n  help: check the user, the password and the database of `[store] url`")]
    Refused(String, String),
    #[error(
        "{0} accepts no writes (a standby, or read-only by its settings); nothing was changed\n  help: `[store] url` must name the primary"
    )]
    ReadOnlyServer(String),
    #[error(
        "{0} is reached through a pooler that gives each transaction another session (PgBouncer's `pool_mode = transaction`), so locks do not hold\n  \
         help: use its session mode, or name the server itself in `[store] url`"
    )]
    Pooled(String),
    #[error(
        "{0} does not wait for its disk (`synchronous_commit` or `fsync` is off), so a power cut could lose what was sent\n  help: turn them on, or \
         set `durability = \"process\"` under [store]"
    )]
    NotDurable(String),
    #[error(
        "a PostgreSQL database is backed up by its own tools\n  help: `pg_dump`, and beside it the publication's folder with the safety log; see docs/postgresql.md"
    )]
    ServerBackup,
    #[error("the database refused: {0}")]
    Sql(String),
    #[error("the database holds a value that cannot be read: {0}")]
    Value(String),
}
