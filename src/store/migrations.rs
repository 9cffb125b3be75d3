//! The schema, and the migrations from earlier versions.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// The steps to the schema that this binary writes, each with the `user_version` that SQLite keeps once it is taken. Databases from
/// before the first release count below the first; their schema was never published and is not read any more.
pub(super) const MIGRATIONS: &[(u32, &str)] = &[
    (101, include_str!("migrations/0101_first.sql")),
    (102, include_str!("migrations/0102_safety.sql")),
    (103, include_str!("migrations/0103_imports.sql")),
    (104, include_str!("migrations/0104_pages.sql")),
    (105, include_str!("migrations/0105_polls.sql")),
];

/// The version of the schema that this binary writes.
pub(super) const fn newest() -> u32 {
    MIGRATIONS[MIGRATIONS.len() - 1].0
}

/// Brings the schema up to date, each step in its own transaction.
pub(super) fn migrate(conn: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let version = |conn: &Connection| conn.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0));
    let found = version(conn)?;
    let (first, known) = (MIGRATIONS[0].0, newest());
    if found > known {
        return Err(StoreError::Newer { path: path.to_path_buf(), found, known });
    }
    if (1..first).contains(&found) {
        return Err(StoreError::Older(path.to_path_buf()));
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
