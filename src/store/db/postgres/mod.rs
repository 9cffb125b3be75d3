//! PostgreSQL: a connection, its statements, and what its errors mean. Connections run on a thread of their own, so that callers may block
//! even inside an asynchronous runtime. A lost connection is opened again for the next statement outside a transaction.

mod array;
mod errors;
mod lock;
mod pipeline;
mod server;
mod statement;
mod thread;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::value::{Column, Value, read};
use super::{Durability, Open, StoreError};
use statement::{Bound, Prepared, raw};
use thread::{pause, wait};

pub use array::{Array, Change};
pub use lock::Held;
pub use pipeline::Changed;
pub use server::Server;

/// How long an answer may take. A server that is gone is noticed sooner; this is for a network that loses everything silently.
const ANSWER: Duration = Duration::from_mins(10);
/// How long to try to reach a server again whose answer to a commit was lost.
const AWAY: Duration = Duration::from_secs(30);
/// How many rows of a long result are fetched at a time.
const FETCH: u32 = 1_000;

/// The settings of every session. Without the timeouts, the server would wait for a client that is gone, and keep its locks. Just-in-time compilation costs more than any of our
/// statements gains from it.
const SESSION: &str = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
    SET idle_in_transaction_session_timeout = '60s'; SET lock_timeout = '60s'; SET jit = off;";

/// How many connections that have written keep their row in the table `commits`.
const WRITERS: i64 = 10_000;

/// The key of the writers' advisory lock. It contains the OID of a table, so that it is the same for all users of these tables, whatever their search path.
/// Writers of ledgers share the lock; every other writer holds it alone.
const WRITING: &str = "1684629363, ('store'::regclass::oid::bigint - 2147483648)::integer";

/// The first half of the keys of our advisory locks: "digs" in ASCII.
const LOCKS: i32 = 0x6469_6773;

/// A connection to a server.
#[derive(Debug)]
pub struct Postgres {
    server: Arc<Server>,
    durability: Durability,
    /// How long an answer may take.
    patience: Duration,
    /// How long to try to reach a server again whose answer to a commit was lost.
    away: Duration,
    session: Mutex<Option<Session>>,
    /// The number under which this connection counts its transactions in the table `commits`; 0: none yet.
    writer: Cell<i64>,
    /// The number of the transaction that is writing, which shows later whether it was committed; 0: none.
    transaction: Cell<i64>,
    /// The number of the last one.
    last: Cell<i64>,
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
            last: Cell::new(0),
            cursors: Cell::new(0),
        };
        opened.session(false)?;
        crate::store::migrations::migrate_server(&opened, server, open)?;
        Ok(opened)
    }

    /// Sets how long an answer may take, and how long to try to reach a server again that was lost during a commit.
    pub fn set_patience(&mut self, answer: Duration, away: Duration) {
        self.patience = answer;
        self.away = away;
    }

    /// The open session. If it was lost, a new one is opened, unless a transaction was lost with it.
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

    /// Gives a new session its settings, and checks that the server's do not make commits less durable than required.
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
                // Nobody waits for an answer that comes even later, so this connection is given up.
                *self.session.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Err(late)
            }
        }
    }

    pub fn execute(&self, sql: &str, params: &[Value], in_transaction: bool) -> Result<usize, StoreError> {
        let session = self.session(in_transaction)?;
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
        let rows = self.ask(async move { change.run(&session.client, &prepared.statement).await })?;
        rows.iter().map(|row| column(row, 0)).collect()
    }

    /// Runs statements without parameters. The first one may begin a transaction.
    pub fn batch(&self, sql: &str) -> Result<(), StoreError> {
        let client = self.session(!sql.starts_with("BEGIN"))?.client;
        let sql = sql.to_owned();
        self.ask(async move { client.batch_execute(&sql).await })
    }

    /// Begins a transaction during which nobody else writes. `first` returns the count of changes.
    pub fn begin(&self, first: &str) -> Result<i64, StoreError> {
        let client = self.session(false)?.client;
        let sql = format!(
            "BEGIN; SELECT pg_advisory_xact_lock({WRITING}); {first}; INSERT INTO commits (id, number) VALUES ({}, 1)
             ON CONFLICT (id) DO UPDATE SET number = commits.number + 1 RETURNING number",
            self.writer()?
        );
        let rows = self.ask(async move { client.simple_query(&sql).await })?;
        let [changes, number] =
            figures(&rows).ok_or_else(|| StoreError::Value("the count of changes is missing".into()))?;
        self.transaction.set(number);
        self.last.set(number);
        Ok(changes)
    }

    /// The number under which this connection counts its transactions. It is stored before it is used, so that no other connection gets it after a crash.
    fn writer(&self) -> Result<i64, StoreError> {
        if self.writer.get() == 0 {
            let rows = self.query("INSERT INTO commits (number) VALUES (0) RETURNING id", &[], false)?;
            self.writer.set(rows.first().map_or(Ok(0), |row| column(row, 0))?);
            self.query("DELETE FROM commits WHERE id < ?1", &[Value::Int(self.writer.get() - WRITERS)], false)?;
        }
        Ok(self.writer.get())
    }

    /// Commits. If the connection is lost before the answer, asks the server whether it has committed, as soon as it can be reached.
    ///
    /// # Errors
    /// [`StoreError::Unanswered`]: it could not be reached in time, so it is not known whether it has committed.
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

    /// Asks whether a transaction was committed: if so, its number is stored. Holding the writers' lock alone proves that the transaction has ended; one that has not
    /// arrived yet is refused from now on. (`pg_xact_status` is no alternative: after a crash, the server may reuse the identifier of a lost transaction.)
    fn was_committed(&self, number: i64, server: String, why: String) -> Result<(), StoreError> {
        let sql = format!(
            "BEGIN; SELECT pg_advisory_xact_lock({WRITING}); UPDATE commits SET refused = {number} WHERE id = {id};
             SELECT 0; SELECT coalesce(max(number), 0) FROM commits WHERE id = {id}; COMMIT",
            id = self.writer.get()
        );
        let began = Instant::now();
        while began.elapsed() < self.away {
            let (asked, session) = (sql.clone(), self.session(false));
            let told = session.and_then(|session| self.ask(async move { session.client.simple_query(&asked).await }));
            match told.ok().and_then(|rows| figures(&rows)) {
                Some([_, stored]) if stored >= number => return Ok(()),
                Some(_) => return Err(StoreError::Unreachable(server, why)),
                None => {
                    // The old session may still hold the lock, because the server has not noticed that we are gone.
                    let _ = self.batch("ROLLBACK");
                    pause();
                }
            }
        }
        Err(StoreError::Unanswered(server, why))
    }

    /// Checks that a connection keeps its session while another one is open. A pooler that assigns sessions by transaction would give this
    /// connection the other one's session.
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
        self.execute(&format!("DECLARE {cursor} NO SCROLL CURSOR FOR {sql}"), params, true)?;
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

    /// A statement, prepared once in each session.
    fn prepared(&self, session: &Session, sql: &str) -> Result<Arc<Prepared>, StoreError> {
        let known = session.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(prepared) = known {
            return Ok(prepared);
        }
        let (text, order) = statement::translate(sql);
        let client = Arc::clone(&session.client);
        // The columns of `FETCH` are those of the cursor's query, so it is prepared again each time.
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
