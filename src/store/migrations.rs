//! The schema, and the migrations from earlier versions.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};

use super::db::{Open, Postgres, Server, params, postgres_column};
use super::{Place, StoreError};

/// The steps to the schema that this binary writes, each with the `user_version` that SQLite keeps once it is taken. Databases from
/// before the first release count below the first; their schema was never published and is not read any more.
pub(super) const MIGRATIONS: &[(u32, &str)] = &[
    (101, include_str!("migrations/0101_first.sql")),
    (102, include_str!("migrations/0102_safety.sql")),
    (103, include_str!("migrations/0103_imports.sql")),
    (104, include_str!("migrations/0104_pages.sql")),
    (105, include_str!("migrations/0105_polls.sql")),
    (106, include_str!("migrations/0106_epochs.sql")),
    (107, include_str!("migrations/0107_moving.sql")),
    (108, include_str!("migrations/0108_senders.sql")),
];

/// The version of the schema that this binary writes.
pub(super) const fn newest() -> u32 {
    MIGRATIONS[MIGRATIONS.len() - 1].0
}

/// The same for PostgreSQL, which begins with the schema of version 106.
const SERVER_MIGRATIONS: &[(u32, &str)] = &[
    (106, include_str!("migrations/postgres/0106_first.sql")),
    (107, include_str!("migrations/postgres/0107_moving.sql")),
    (108, include_str!("migrations/postgres/0108_senders.sql")),
];

/// Brings the schema of an SQLite file up to date, each step in its own transaction.
pub(super) fn migrate(conn: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let version = |conn: &Connection| conn.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0));
    let found = version(conn)?;
    let (first, known) = (MIGRATIONS[0].0, newest());
    if found > known {
        return Err(StoreError::Newer { place: path.into(), found, known });
    }
    if (1..first).contains(&found) {
        return Err(StoreError::Older(path.into()));
    }
    for (step, sql) in MIGRATIONS {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have migrated while this one waited for the lock.
        if version(&tx)? < *step {
            tx.execute_batch(sql)?;
            tx.pragma_update(None, "user_version", step)?;
        }
        tx.commit()?;
    }
    Ok(())
}

/// Brings the tables of a server up to date, in one transaction. Where there are none they are made, or the database is missing.
pub(super) fn migrate_server(postgres: &Postgres, server: &Arc<Server>, open: Open) -> Result<(), StoreError> {
    let place = || Place::Postgres(Arc::clone(server));
    let found = version_of(postgres)?;
    if found.is_none() && open == Open::Existing {
        return Err(StoreError::Missing(place()));
    }
    if found == Some(newest()) {
        return Ok(());
    }
    // Another process may be at it too.
    postgres.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({MIGRATING})"))?;
    let found = version_of(postgres)?.unwrap_or(0);
    if found > newest() {
        postgres.batch("ROLLBACK")?;
        return Err(StoreError::Newer { place: place(), found, known: newest() });
    }
    for (step, sql) in SERVER_MIGRATIONS.iter().filter(|(step, _)| *step > found) {
        postgres.batch(sql)?;
        postgres.execute("UPDATE store SET version = ?1", params![*step], true)?;
    }
    postgres.commit()
}

/// The key of the advisory lock of a migration: "digest" in ASCII.
const MIGRATING: i64 = 0x6469_6765_7374;

/// The version of a server's tables; `None`: there are none.
fn version_of(postgres: &Postgres) -> Result<Option<u32>, StoreError> {
    let there = postgres.query("SELECT to_regclass('store') IS NOT NULL", &[], false)?;
    if !there.first().map_or(Ok(false), |row| postgres_column(row, 0))? {
        return Ok(None);
    }
    let rows = postgres.query("SELECT version FROM store", &[], false)?;
    rows.first().map(|row| postgres_column(row, 0)).transpose()
}
