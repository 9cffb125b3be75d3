//! SQLite: the file, its settings, and statements.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};

use super::value::{Column, Value, read};
use super::{Durability, Open, Row, StoreError};
use crate::store::{make_private, wait_for_turn};

/// How many prepared statements are kept.
const STATEMENTS: usize = 128;

/// A connection to a file.
#[derive(Debug)]
pub struct Sqlite {
    pub(in crate::store) conn: Connection,
    path: PathBuf,
}

impl Sqlite {
    pub fn open(path: &Path, durability: Durability, open: Open) -> Result<Self, StoreError> {
        if open == Open::OrCreate {
            return Self::open_or_create(path, durability);
        }
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(StoreError::Missing(path.into())),
            Err(why) => return Err(StoreError::Io { path: path.to_path_buf(), why }),
        }
        // An empty file has lost its content. With a new schema it would pass for a ledger in which nobody was mailed.
        if std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
            return Err(StoreError::Damaged(path.into(), "the file is empty".into()));
        }
        Self::connect(path, durability, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn open_or_create(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|why| StoreError::Io { path: folder.to_path_buf(), why })?;
        }
        let is_new = make_private(path).map_err(|why| StoreError::Io { path: path.to_path_buf(), why })?;
        let opened = Self::connect(path, durability, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE);
        if is_new && opened.is_err() && std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
            // For example on a full disk. If the empty file stayed, it would be taken for a ledger that was lost.
            let _ = std::fs::remove_file(path);
        }
        opened
    }

    fn connect(path: &Path, durability: Durability, flags: OpenFlags) -> Result<Self, StoreError> {
        let opened = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let mut conn = opened.map_err(|e| match e.sqlite_error_code() {
            Some(ErrorCode::CannotOpen) => StoreError::ReadOnly(path.into()),
            _ => e.into(),
        })?;
        conn.busy_handler(Some(wait_for_turn))?;
        let damaged = |e: rusqlite::Error| match e.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged(path.into(), e.to_string())
            }
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => StoreError::ReadOnly(path.into()),
            _ => e.into(),
        };
        conn.pragma_update(None, "journal_mode", "WAL").map_err(damaged)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        // Deleted content must not survive in free pages of the file: a forgotten address is gone for good.
        conn.pragma_update(None, "secure_delete", true)?;
        // Plans do not depend on bound values; otherwise a cached statement would be planned again at every use.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        let level = if durability == Durability::Power { "FULL" } else { "NORMAL" };
        conn.pragma_update(None, "synchronous", level)?;
        crate::store::migrations::migrate(&mut conn, path)?;
        #[cfg(test)]
        crate::store::fuse::install(&mut conn, path)?;
        Ok(Self { conn, path: path.to_path_buf() })
    }

    pub fn execute(&self, sql: &str, params: &[Value]) -> Result<usize, StoreError> {
        Ok(self.conn.prepare_cached(sql)?.execute(bound(params))?)
    }

    pub fn batch(&self, sql: &str) -> Result<(), StoreError> {
        Ok(self.conn.execute_batch(sql)?)
    }

    pub fn read<E: From<StoreError>>(
        &self,
        sql: &str,
        params: &[Value],
        mut read: impl FnMut(&Row) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut statement = self.conn.prepare_cached(sql).map_err(StoreError::from)?;
        let mut rows = statement.query(bound(params)).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            if !read(&Row::Sqlite(row))? {
                break;
            }
        }
        Ok(())
    }

    /// Locks a file beside the database; the system releases the lock when the process ends.
    pub fn lock(&self, name: &str) -> Result<Option<File>, StoreError> {
        let path = self.lock_file(name);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|why| StoreError::Io { path: path.clone(), why })?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => Err(StoreError::Io { path, why }),
        }
    }

    pub fn is_locked(&self, name: &str) -> bool {
        File::open(self.lock_file(name))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    fn lock_file(&self, name: &str) -> PathBuf {
        self.path.with_extension(format!("{name}.lock"))
    }

    /// A number that changes whenever another connection has written.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        Ok(self.conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }
}

fn bound<'p>(params: &'p [Value<'p>]) -> impl rusqlite::Params + 'p {
    rusqlite::params_from_iter(params.iter())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Bool(yes) => ValueRef::Integer(i64::from(*yes)),
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub fn column<T: Column>(row: &rusqlite::Row, column: usize) -> Result<T, StoreError> {
    let value = match row.get_ref(column)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => {
            Value::Text(std::str::from_utf8(text).map_err(|_| StoreError::Value("text that is not UTF-8".into()))?)
        }
        ValueRef::Blob(bytes) => Value::Bytes(bytes),
        ValueRef::Real(number) => return Err(StoreError::Value(format!("{number} in column {column}"))),
    };
    read(value, column)
}

/// The error becomes part of the message, not its source: a log that prints all causes would print it twice.
impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(format!("the database: {error}")),
            Some(ErrorCode::SystemIoFailure) => Self::Disk(format!("the database: {error}")),
            _ => Self::Sql(error.to_string()),
        }
    }
}
