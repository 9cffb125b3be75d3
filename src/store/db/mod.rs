//! One database over two engines: SQLite in a file, or PostgreSQL. Knows statements, rows and transactions, and no table.
//!
//! A statement is one text for both engines, with `?1`, `?2` for its parameters. Where the dialects differ, the caller matches on
//! [`Db::engine`]. All calls block their thread until the engine has answered.

mod postgres;
mod sqlite;
mod value;

use std::cell::Cell;
use std::fs::File;
use std::ops::Deref;
use std::time::Duration;

use super::{Durability, Place, StoreError};

pub(in crate::store) use value::params;
pub use value::{Column, Param, Value};

pub use postgres::Server;
pub(in crate::store) use postgres::{Array, Change, Changed};
pub(in crate::store) use postgres::{Postgres, column as postgres_column};

/// A writer changes the number by which the writers of ledgers see that somebody has written.
const WRITE: &str = "UPDATE store SET changes = changes + 1 RETURNING changes";
/// The writer of a ledger leaves it.
const WRITE_ALONE: &str = "SELECT changes FROM store";

/// An open connection.
#[derive(Debug)]
pub struct Db {
    engine: Engine,
    in_transaction: Cell<bool>,
}

/// The engine behind a connection.
#[derive(Debug)]
pub enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// What may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// A database that must exist.
    Existing,
    /// A database that is created if it does not exist.
    OrCreate,
}

/// A row of a result.
pub enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// [`StoreError::Value`]: the column holds another kind of value.
    pub fn get<T: Column>(&self, column: usize) -> Result<T, StoreError> {
        match self {
            Row::Sqlite(row) => sqlite::column(row, column),
            Row::Postgres(row) => postgres::column(row, column),
        }
    }
}

impl Db {
    /// Opens a database and brings its schema up to date.
    pub fn open(place: &Place, durability: Durability, open: Open) -> Result<Self, StoreError> {
        let engine = match place {
            Place::Sqlite(path) => Engine::Sqlite(sqlite::Sqlite::open(path, durability, open)?),
            Place::Postgres(server) => Engine::Postgres(postgres::Postgres::open(server, durability, open)?),
        };
        Ok(Self { engine, in_transaction: Cell::new(false) })
    }

    /// Whether the same call may succeed later without anybody doing anything here. Nothing was changed.
    pub fn may_recover_from(&self, error: &StoreError) -> bool {
        let passes = matches!(error, StoreError::Unreachable(..) | StoreError::ReadOnlyServer(_) | StoreError::Full(_));
        passes && matches!(self.engine, Engine::Postgres(_))
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The same connection with other time limits: how long a server's answer may take, and how long to try to reach a server again whose
    /// connection was lost during a commit.
    #[must_use]
    pub fn with_patience(mut self, answer: Duration, away: Duration) -> Self {
        if let Engine::Postgres(postgres) = &mut self.engine {
            postgres.set_patience(answer, away);
        }
        self
    }

    /// Runs a statement; returns how many rows it changed. Outside a transaction it runs in one of its own.
    pub fn execute(&self, sql: &str, params: &[Value]) -> Result<usize, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute(sql, params),
            Engine::Postgres(postgres) if self.in_transaction.get() => postgres.execute(sql, params, true),
            // Every write tells the ledger's writer that somebody has written.
            Engine::Postgres(postgres) => {
                let transaction = self.begin()?;
                let rows = postgres.execute(sql, params, true)?;
                transaction.commit()?;
                Ok(rows)
            }
        }
    }

    /// Runs statements without parameters and results, separated by semicolons.
    pub fn batch(&self, sql: &str) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.batch(sql),
            Engine::Postgres(postgres) => postgres.batch(sql),
        }
    }

    /// The first row of a result, if there is one.
    pub fn first<T, E: From<StoreError>>(
        &self,
        sql: &str,
        params: &[Value],
        read: impl FnOnce(&Row) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let mut read = Some(read);
        let mut first = None;
        self.read(sql, params, |row| {
            if let Some(read) = read.take() {
                first = Some(read(row)?);
            }
            Ok::<_, E>(false)
        })?;
        Ok(first)
    }

    /// The one row of a result.
    ///
    /// # Errors
    /// [`StoreError::Value`]: there is none.
    pub fn one<T, E: From<StoreError>>(
        &self,
        sql: &str,
        params: &[Value],
        read: impl FnOnce(&Row) -> Result<T, E>,
    ) -> Result<T, E> {
        let nothing = || E::from(StoreError::Value("a row that must be there is missing".into()));
        self.first(sql, params, read)?.ok_or_else(nothing)
    }

    /// The one value of a result.
    pub fn value<T: Column>(&self, sql: &str, params: &[Value]) -> Result<T, StoreError> {
        self.one(sql, params, |row| row.get(0))
    }

    /// All rows of a result. For results that fit into memory.
    pub fn rows<T, E: From<StoreError>>(
        &self,
        sql: &str,
        params: &[Value],
        mut read: impl FnMut(&Row) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let mut rows = Vec::new();
        self.read(sql, params, |row| {
            rows.push(read(row)?);
            Ok::<_, E>(true)
        })?;
        Ok(rows)
    }

    /// Reads rows until `read` returns `false`; it may not use the connection.
    fn read<E: From<StoreError>>(
        &self,
        sql: &str,
        params: &[Value],
        mut read: impl FnMut(&Row) -> Result<bool, E>,
    ) -> Result<(), E> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(sql, params, read),
            Engine::Postgres(postgres) => {
                for row in postgres.query(sql, params, self.in_transaction.get())? {
                    if !read(&Row::Postgres(&row))? {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    /// Calls `each` with every row of a result of any length, of which only some are in memory at a time. `each` may read by the same
    /// connection and, inside a transaction that writes, also write.
    pub fn each<E: From<StoreError>>(
        &self,
        sql: &str,
        params: &[Value],
        mut each: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let postgres = match &self.engine {
            Engine::Sqlite(sqlite) => return sqlite.read(sql, params, |row| each(row).map(|()| true)),
            Engine::Postgres(postgres) => postgres,
        };
        let transaction = if self.in_transaction.get() { None } else { Some(self.snapshot()?) };
        let cursor = postgres.open_cursor(sql, params)?;
        loop {
            let rows = postgres.fetch(&cursor)?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                each(&Row::Postgres(row))?;
            }
        }
        postgres.close_cursor(&cursor)?;
        transaction.map_or(Ok(()), Transaction::commit)?;
        Ok(())
    }

    /// Begins a transaction during which nobody else writes. One at a time: a second one within it is refused.
    pub fn begin(&self) -> Result<Transaction<'_>, StoreError> {
        self.enter(|| match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.batch("BEGIN IMMEDIATE"),
            Engine::Postgres(postgres) => postgres.begin(WRITE).map(drop),
        })
    }

    /// Runs a statement outside a transaction without telling the writers of ledgers that somebody has written; returns how many rows it changed.
    pub fn execute_unnoticed(&self, sql: &str, params: &[Value]) -> Result<usize, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute(sql, params),
            Engine::Postgres(postgres) => postgres.execute(sql, params, false),
        }
    }

    /// SQL for the database's own time, in Unix milliseconds, so that all machines use the same clock.
    pub fn clock(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
            Engine::Postgres(_) => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
        }
    }

    /// Begins a transaction that only reads: every statement in it sees the database of one moment.
    pub fn snapshot(&self) -> Result<Transaction<'_>, StoreError> {
        self.enter(|| match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.batch("BEGIN"),
            // A reader may be idle for as long as it likes, because it keeps nobody from writing.
            Engine::Postgres(postgres) => postgres.batch(
                "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0",
            ),
        })
    }

    /// Begins a transaction of the ledger's writer, during which nobody else writes. The number differs from the last one if somebody
    /// else has written since.
    pub fn begin_alone(&self) -> Result<(Transaction<'_>, i64), StoreError> {
        let mut version = 0;
        let transaction = self.enter(|| {
            version = match &self.engine {
                Engine::Sqlite(sqlite) => {
                    sqlite.batch("BEGIN IMMEDIATE")?;
                    sqlite.data_version()?
                }
                Engine::Postgres(postgres) => postgres.begin(WRITE_ALONE)?,
            };
            Ok(())
        })?;
        Ok((transaction, version))
    }

    /// Changes rows of a ledger on PostgreSQL, in one transaction and one round trip; see [`postgres::Postgres::transact`].
    ///
    /// # Errors
    /// [`StoreError::Sql`]: the engine is SQLite, or a transaction is open.
    pub fn transact<const N: usize>(&self, changes: [Change; N]) -> Result<Option<Changed<N>>, StoreError> {
        match &self.engine {
            Engine::Postgres(postgres) if !self.in_transaction.get() => postgres.transact(changes),
            _ => Err(StoreError::Sql("this is not a transaction in one round trip".into())),
        }
    }

    /// A subquery for the texts of a JSON array, which is the parameter with this number.
    pub fn elements(&self, parameter: usize) -> String {
        match self.engine {
            Engine::Sqlite(_) => format!("SELECT value FROM json_each(?{parameter})"),
            Engine::Postgres(_) => format!("SELECT jsonb_array_elements_text(?{parameter}::jsonb)"),
        }
    }

    /// The same for numbers.
    pub fn numbers(&self, parameter: usize) -> String {
        match self.engine {
            Engine::Sqlite(_) => self.elements(parameter),
            Engine::Postgres(_) => format!("SELECT jsonb_array_elements_text(?{parameter}::jsonb)::bigint"),
        }
    }

    /// Takes a lock that one process at a time holds; `None` when another holds it.
    pub fn lock(&self, name: &str) -> Result<Option<Lock>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => Ok(sqlite.lock(name)?.map(Lock::File)),
            Engine::Postgres(postgres) => Ok(postgres.lock(name)?.map(Lock::Session)),
        }
    }

    /// Whether some process holds a lock now.
    pub fn is_locked(&self, name: &str) -> Result<bool, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => Ok(sqlite.is_locked(name)),
            Engine::Postgres(postgres) => postgres.is_locked(name, self.in_transaction.get()),
        }
    }

    /// Removes deleted content from where it could still be read.
    pub fn scrub(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.batch("PRAGMA wal_checkpoint(TRUNCATE)"),
            // Vacuum does that, and the server's log is up to its operator.
            Engine::Postgres(_) => Ok(()),
        }
    }

    fn enter(&self, begin: impl FnOnce() -> Result<(), StoreError>) -> Result<Transaction<'_>, StoreError> {
        if self.in_transaction.get() {
            return Err(StoreError::Sql("a transaction within a transaction".into()));
        }
        // From here on whatever fails is rolled back.
        self.in_transaction.set(true);
        let transaction = Transaction { db: self };
        begin()?;
        Ok(transaction)
    }

    fn end(&self, sql: &str) -> Result<(), StoreError> {
        if !self.in_transaction.replace(false) {
            return Ok(());
        }
        self.batch(sql)
    }
}

/// A transaction; one that is dropped without a commit is rolled back.
#[derive(Debug)]
pub struct Transaction<'d> {
    db: &'d Db,
}

impl Transaction<'_> {
    pub fn commit(self) -> Result<(), StoreError> {
        match self.db.engine() {
            // A failed commit leaves the transaction open.
            Engine::Sqlite(sqlite) => sqlite.batch("COMMIT")?,
            Engine::Postgres(postgres) => postgres.commit()?,
        }
        self.db.in_transaction.set(false);
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Db;

    fn deref(&self) -> &Db {
        self.db
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // If the connection is lost, the server rolls it back.
        let _ = self.db.end("ROLLBACK");
    }
}

/// A lock that one process holds; it ends with the process, however that ends.
#[derive(Debug)]
pub enum Lock {
    File(File),
    Session(postgres::Held),
}
