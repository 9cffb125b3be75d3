//! A consistent copy of the database while everything runs: SQLite's own online backup.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::db::Engine;
use super::{Store, StoreError};

impl Store {
    /// Copies the database as it is now into a new file that nobody else may read; writers are not blocked.
    ///
    /// # Errors
    /// The file cannot be written, the copy is damaged, or the database is a server's.
    pub fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let Engine::Sqlite(sqlite) = self.db.engine() else { return Err(StoreError::ServerBackup) };
        super::make_private(file).map_err(|why| StoreError::Io { path: file.to_path_buf(), why })?;
        let mut copy = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        {
            let backup = Backup::new(&sqlite.conn, &mut copy)?;
            // All pages in one step: with a write-ahead log that is one look at one moment, and keeps no writer waiting.
            let mut looks = 0;
            while backup.step(-1)? != StepResult::Done {
                looks += 1;
                if !super::wait_for_turn(looks) {
                    return Err(StoreError::Locked(self.place.clone()));
                }
            }
        }
        // One file, without a log beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        let verdict: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(StoreError::Damaged(file.into(), verdict));
        }
        copy.close().map_err(|(_, error)| StoreError::from(error))
    }

    /// The version of the schema that this binary writes.
    pub fn schema() -> u32 {
        super::migrations::newest()
    }
}
