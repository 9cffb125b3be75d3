//! PostgreSQL: a connection, its statements, and what its errors mean. The connection lives on a thread of its own, so that callers may
//! block inside an asynchronous runtime too. One that is lost is opened again for the next statement outside a transaction.

mod array;
mod errors;
mod lock;
mod server;
mod statement;
mod thread;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::value::{Column, Value, read};
use super::{Durability, Open, StoreError};
use statement::{Bound, Prepared, raw};
use thread::{pause, wait};

pub use array::{Array, Change};
pub use lock::Held;
pub use server::Server;

/// How long an answer may take. A server that is gone is noticed sooner; this is for a network that swallows everything.
const ANSWER: Duration = Duration::from_mins(10);
/// How long a server may be away whose answer to a commit was lost.
const AWAY: Duration = Duration::from_secs(30);
/// How many rows of a long result are fetched at a time.
const FETCH: u32 = 1_000;

/// The settings of every session. A server that waits for a client that is gone would keep all others from writing.
const SESSION: &str = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
    SET idle_in_transaction_session_timeout = '60s'; SET lock_timeout = '60s';";

/// How many connections that wrote are remembered.
const WRITERS: i64 = 10_000;

/// The first half of the keys of our advisory locks: "digs" in ASCII.
const LOCKS: i32 = 0x6469_6773;

/// A connection to a server.
#[derive(Debug)]
pub struct Postgres {
    server: Arc<Server>,
    durability: Durability,
    /// How long an answer may take.
    patience: Duration,
    /// How long a server may be away whose answer to a commit was lost.
    away: Duration,
    session: Mutex<Option<Session>>,
    /// The number under which this connection counts its transactions in the table `commits`; 0: none yet.
    writer: Cell<i64>,
    /// The number of the transaction that writes, by which one sees later whether it was committed; 0: none.
    transaction: Cell<i64>,
    /// How many cursors were opened.
    cursors: Cell<u64>,
}

/// A connection that is open, with the statements that it has prepared.
#[derive(Clone)]
struct Session {
    client: Arc<Client>,
    statements: Arc<Mutex<HashMap<String, Arc<Prepared>>>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl Postgres {
    pub fn open(server: &Arc<Server>, durability: Durability, open: Open) -> Result<Self, StoreError> {
        let opened = Self {
            server: Arc::clone(server),
            durability,
            patience: ANSWER,
            away: AWAY,
            session: Mutex::new(None),
            writer: Cell::new(0),
            transaction: Cell::new(0),
            cursors: Cell::new(0),
        };
        opened.session(false)?;
        crate::store::migrations::migrate_server(&opened, server, open)?;
        Ok(opened)
    }

    /// Waits no longer than this for an answer from now on, and as long as `away` for a server that was lost while it committed.
    pub fn set_patience(&mut self, answer: Duration, away: Duration) {
        self.patience = answer;
        self.away = away;
    }

    /// The open session. One that was lost is opened again, unless a transaction was lost with it.
    fn session(&self, in_transaction: bool) -> Result<Session, StoreError> {
        let mut held = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        match held.as_ref() {
            Some(session) if in_transaction || !session.client.is_closed() => return Ok(session.clone()),
            None if in_transaction => return Err(thread::late()),
            _ => {}
        }
        let server = Arc::clone(&self.server);
        let client = wait(self.patience, async move { server.connect().await })??;
        let session = Session { client: Arc::new(client), statements: Arc::default() };
        *held = Some(session.clone());
        drop(held);
        self.check_session(&session)?;
        Ok(session)
    }

    /// What a new session has to be told, and must not have been told.
    fn check_session(&self, session: &Session) -> Result<(), StoreError> {
        let durability = match self.durability {
            Durability::Power => "",
            Durability::Process => "SET synchronous_commit = off;",
        };
        let sql = format!(
            "{SESSION} {durability} SELECT current_setting('synchronous_commit') || ' ' || current_setting('fsync')"
        );
        let client = Arc::clone(&session.client);
        let rows = self.ask(async move { client.simple_query(&sql).await })?;
        let answer = first_text(&rows).unwrap_or_default();
        let is_safe = answer.ends_with(" on") && !answer.starts_with("off ");
        if self.durability == Durability::Power && !is_safe {
            return Err(StoreError::NotDurable(self.server.to_string()));
        }
        Ok(())
    }

    fn ask<T: Send + 'static>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>> + Send + 'static,
    ) -> Result<T, StoreError> {
        match wait(self.patience, answer) {
            Ok(answer) => answer.map_err(|error| self.server.wrong(&error)),
            Err(late) => {
                // What a connection says after such a silence, nobody waits for.
                *self.session.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Err(late)
            }
        }
    }

    pub fn execute(&self, sql: &str, params: &[Value]) -> Result<usize, StoreError> {
        let session = self.session(true)?;
        let (prepared, bound) = self.bind(&session, sql, params)?;
        let rows = self.ask(async move { session.client.execute_raw(&prepared.statement, raw(&bound)).await })?;
        Ok(usize::try_from(rows).unwrap_or(usize::MAX))
    }

    pub fn query(
        &self,
        sql: &str,
        params: &[Value],
        in_transaction: bool,
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let session = self.session(in_transaction)?;
        let (prepared, bound) = self.bind(&session, sql, params)?;
        self.ask(async move {
            let rows = session.client.query_raw(&prepared.statement, raw(&bound)).await?;
            rows.try_collect().await
        })
    }

    /// Changes rows within a transaction; returns their numbers.
    pub fn change(&self, change: Change) -> Result<BTreeSet<i64>, StoreError> {
        if change.is_empty() {
            return Ok(BTreeSet::new());
        }
        let session = self.session(true)?;
        let prepared = self.prepared(&session, &change.sql)?;
        numbers(&self.ask(async move { change.run(&session.client, &prepared.statement).await })?)
    }

    /// The same for several changes at once, and commits.
    pub fn change_and_commit<const N: usize>(&self, changes: [Change; N]) -> Result<[BTreeSet<i64>; N], StoreError> {
        let session = self.session(true)?;
        let all = changes.each_ref().map(Change::numbers);
        let mut asked = Vec::with_capacity(N);
        for change in changes {
            let prepared = if change.is_empty() { None } else { Some(self.prepared(&session, &change.sql)?) };
            asked.push((change, prepared));
        }
        let transaction = self.transaction.replace(0);
        let done = self.ask(async move {
            let client = &session.client;
            // All are sent before the first answer: a server works them off in their order, and commits nothing once one has failed.
            let changes = asked.iter().map(|(change, prepared)| async move {
                match prepared {
                    Some(prepared) => change.run(client, &prepared.statement).await,
                    None => Ok(Vec::new()),
                }
            });
            let (changed, committed) = tokio::join!(join_all(changes), client.batch_execute("COMMIT"));
            let changed = changed.into_iter().collect::<Result<Vec<_>, _>>();
            Ok((changed, committed))
        });
        let (changed, committed) = match done {
            Ok((changed, committed)) => (
                changed.map_err(|error| self.server.wrong(&error)),
                committed.map_err(|error| self.server.wrong(&error)),
            ),
            Err(late) => (Ok(Vec::new()), Err(late)),
        };
        let is_told = committed.is_ok();
        self.settle(transaction, committed)?;
        if !is_told {
            // It is committed, and only the counts are lost: nobody else changes these rows.
            return Ok(all);
        }
        let mut sets = changed?.iter().map(|rows| numbers(rows)).collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(std::array::from_fn(|_| sets.next().unwrap_or_default()))
    }

    /// Runs statements without parameters. The first one may begin a transaction.
    pub fn batch(&self, sql: &str) -> Result<(), StoreError> {
        let client = self.session(!sql.starts_with("BEGIN"))?.client;
        let sql = sql.to_owned();
        self.ask(async move { client.batch_execute(&sql).await })
    }

    /// Begins a transaction that locks the row by which all writers take turns: by `lock`, which returns the count of changes.
    pub fn begin(&self, lock: &str) -> Result<i64, StoreError> {
        let client = self.session(false)?.client;
        let sql = format!(
            "BEGIN; {lock}; INSERT INTO commits (id, number) VALUES ({}, 1)
             ON CONFLICT (id) DO UPDATE SET number = commits.number + 1 RETURNING number",
            self.writer()?
        );
        let rows = self.ask(async move { client.simple_query(&sql).await })?;
        let [changes, number] =
            figures(&rows).ok_or_else(|| StoreError::Value("the count of changes is missing".into()))?;
        self.transaction.set(number);
        Ok(changes)
    }

    /// The number under which this connection counts its transactions. It is stored before it is used, so a crash gives it to nobody else.
    fn writer(&self) -> Result<i64, StoreError> {
        if self.writer.get() == 0 {
            let rows = self.query("INSERT INTO commits (number) VALUES (0) RETURNING id", &[], false)?;
            self.writer.set(rows.first().map_or(Ok(0), |row| column(row, 0))?);
            self.query("DELETE FROM commits WHERE id < ?1", &[Value::Int(self.writer.get() - WRITERS)], false)?;
        }
        Ok(self.writer.get())
    }

    /// Commits. When the connection is lost before the answer, the server is asked whether it was committed, as soon as it can be reached.
    ///
    /// # Errors
    /// [`StoreError::Unanswered`]: it cannot be reached for long, so whether it was committed is not known.
    pub fn commit(&self) -> Result<(), StoreError> {
        let transaction = self.transaction.replace(0);
        self.settle(transaction, self.batch("COMMIT"))
    }

    fn settle(&self, transaction: i64, committed: Result<(), StoreError>) -> Result<(), StoreError> {
        match committed {
            Err(StoreError::Unreachable(server, why)) if transaction > 0 => {
                self.was_committed(transaction, server, why)
            }
            done => done,
        }
    }

    /// Asks whether a transaction was committed: then its number is stored. Whoever holds the row by which writers take turns knows that it
    /// has ended. (The server's own `pg_xact_status` would not do: after a crash the identifier of a lost transaction is given again.)
    fn was_committed(&self, number: i64, server: String, why: String) -> Result<(), StoreError> {
        let sql = format!(
            "BEGIN; SELECT changes FROM store FOR UPDATE; SELECT coalesce(max(number), 0) FROM commits WHERE id = {}; ROLLBACK",
            self.writer.get()
        );
        let began = Instant::now();
        while began.elapsed() < self.away {
            let (asked, session) = (sql.clone(), self.session(false));
            let told = session.and_then(|session| self.ask(async move { session.client.simple_query(&asked).await }));
            match told.ok().and_then(|rows| figures(&rows)) {
                Some([_, stored]) if stored >= number => return Ok(()),
                Some(_) => return Err(StoreError::Unreachable(server, why)),
                None => {
                    // Its session may not have noticed that we are gone.
                    let _ = self.batch("ROLLBACK");
                    pause();
                }
            }
        }
        Err(StoreError::Unanswered(server, why))
    }

    /// Looks whether a session keeps what it is told, while another one is open. Behind a pooler that hands out sessions by transaction, this
    /// one finds itself in the other's.
    ///
    /// # Errors
    /// [`StoreError::Pooled`]: it does not.
    pub fn check_sessions(&self) -> Result<(), StoreError> {
        let (ours, other) = (self.session(false)?.client, self.server.clone());
        let kept = wait(self.patience, async move {
            let other = other.connect().await?;
            let server = |error: tokio_postgres::Error| StoreError::Sql(errors::whole(&error));
            other.batch_execute("BEGIN").await.map_err(server)?;
            ours.batch_execute("SET digest.session = 'ours'").await.map_err(server)?;
            other.batch_execute("COMMIT").await.map_err(server)?;
            let told = ours.simple_query("SELECT current_setting('digest.session', true)").await.map_err(server)?;
            Ok::<_, StoreError>(first_text(&told) == Some("ours"))
        })??;
        if kept { Ok(()) } else { Err(StoreError::Pooled(self.server.to_string())) }
    }

    /// Takes a lock; `None` when another session holds it.
    pub fn lock(&self, name: &str) -> Result<Option<Held>, StoreError> {
        Held::take(&self.server, name)
    }

    /// Whether a session holds the lock.
    pub fn is_locked(&self, name: &str, in_transaction: bool) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = {LOCKS}
                 AND objid::bigint = hashtext(current_schema() || '/' || ?1)::bigint & 4294967295
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        );
        let rows = self.query(&sql, &[Value::Text(name)], in_transaction)?;
        rows.first().map_or(Ok(false), |row| column(row, 0))
    }

    /// Opens a cursor for a long result, within a transaction; returns its name.
    pub fn open_cursor(&self, sql: &str, params: &[Value]) -> Result<String, StoreError> {
        self.cursors.set(self.cursors.get() + 1);
        let cursor = format!("c{}", self.cursors.get());
        self.execute(&format!("DECLARE {cursor} NO SCROLL CURSOR FOR {sql}"), params)?;
        Ok(cursor)
    }

    pub fn fetch(&self, cursor: &str) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        self.query(&format!("FETCH FORWARD {FETCH} FROM {cursor}"), &[], true)
    }

    pub fn close_cursor(&self, cursor: &str) -> Result<(), StoreError> {
        self.batch(&format!("CLOSE {cursor}"))
    }

    fn bind(&self, session: &Session, sql: &str, params: &[Value]) -> Result<(Arc<Prepared>, Vec<Bound>), StoreError> {
        let prepared = self.prepared(session, sql)?;
        let bound = prepared.bind(params)?;
        Ok((prepared, bound))
    }

    /// A statement, prepared once a session.
    fn prepared(&self, session: &Session, sql: &str) -> Result<Arc<Prepared>, StoreError> {
        let known = session.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(prepared) = known {
            return Ok(prepared);
        }
        let (text, order) = statement::translate(sql);
        let client = Arc::clone(&session.client);
        // A cursor's rows have the columns of its query, so that fetching is prepared anew.
        let is_kept = !sql.starts_with("FETCH") && !sql.starts_with("DECLARE");
        let statement = self.ask(async move { client.prepare(&text).await })?;
        let prepared = Arc::new(Prepared { statement, order });
        if is_kept {
            let mut statements = session.statements.lock().unwrap_or_else(PoisonError::into_inner);
            statements.insert(sql.to_owned(), Arc::clone(&prepared));
        }
        Ok(prepared)
    }
}

pub fn column<T: Column>(row: &tokio_postgres::Row, column: usize) -> Result<T, StoreError> {
    let found: Result<statement::Raw, _> = row.try_get(column);
    read(found.map_err(|error| StoreError::Value(error.to_string()))?.0, column)
}

/// The first column of rows.
fn numbers(rows: &[tokio_postgres::Row]) -> Result<BTreeSet<i64>, StoreError> {
    rows.iter().map(|row| column(row, 0)).collect()
}

/// The first columns of two rows.
fn figures(rows: &[SimpleQueryMessage]) -> Option<[i64; 2]> {
    let mut figures = rows.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    });
    Some([figures.next()?, figures.next()?])
}

fn first_text(rows: &[SimpleQueryMessage]) -> Option<&str> {
    rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    })
}
