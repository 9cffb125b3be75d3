//! Imports as a whole: subscribers that one adds are mailed only once it is finished, so that a send sees all of it or nothing. One
//! that was killed is undone by the next. Subscribers that an import removes are off the list at once.

use std::fs::File;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use super::subscribers::put;
use super::{StoreError, Subscribers, Tally, from_ms, to_ms};
use crate::model::SubscriberRow;

/// How many subscribers of a killed import are undone in one transaction.
const BATCH: usize = 1_000;
/// The suffix of an import's lock file, after the database's name.
const LOCK: &str = "import.lock";

/// An import that has not been finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The name of its file.
    pub file: String,
    pub started: DateTime<Utc>,
    /// How many subscribers it has added, none of whom is mailed yet.
    pub rows: u64,
    /// Whether it is under way; else it was killed.
    pub is_alive: bool,
}

/// An import under way; the lock ends with it.
#[derive(Debug)]
pub struct Import {
    id: i64,
    _lock: File,
}

impl Subscribers<'_> {
    /// Begins an import, and undoes one that was killed before; `None` while another is under way.
    pub fn begin_import(&self, file: &str, now: DateTime<Utc>) -> Result<Option<Import>, StoreError> {
        let Some(lock) = self.store.lock(LOCK)? else { return Ok(None) };
        while self.undo_some()? {}
        let tx = self.store.begin()?;
        tx.execute("DELETE FROM imports WHERE finished_ms IS NULL", [])?;
        tx.execute("INSERT INTO imports (file, started_ms) VALUES (?1, ?2)", params![file, to_ms(now)])?;
        let id = tx.last_insert_rowid();
        tx.commit()?;
        Ok(Some(Import { id, _lock: lock }))
    }

    /// Puts a batch of rows on the list in one transaction, those who may be mailed with a mark that keeps them from it; `seed` gives
    /// 128 random bits as hex for each new subscriber.
    pub fn import_batch<'r>(
        &self,
        import: &Import,
        rows: impl IntoIterator<Item = &'r SubscriberRow>,
        now: DateTime<Utc>,
        seed: &mut dyn FnMut() -> String,
    ) -> Result<Tally, StoreError> {
        let tx = self.store.begin()?;
        let mut tally = Tally::default();
        let mut mark = tx.prepare_cached(
            "INSERT INTO importing (subscriber_id, import_id, was) VALUES (?1, ?2, ?3) ON CONFLICT (subscriber_id) DO NOTHING",
        )?;
        for row in rows {
            let put = put(&tx, row, now, seed)?;
            tally.count(put.change);
            if let Some((id, was)) = put.mailable {
                mark.execute(params![id, import.id, was])?;
            }
        }
        drop(mark);
        tx.commit()?;
        Ok(tally)
    }

    /// Makes everybody whom the import added mailable, all at once.
    pub fn finish_import(&self, import: Import, now: DateTime<Utc>) -> Result<(), StoreError> {
        let tx = self.store.begin()?;
        tx.execute("DELETE FROM importing", [])?;
        tx.execute("UPDATE imports SET finished_ms = ?2 WHERE id = ?1", params![import.id, to_ms(now)])?;
        tx.commit()?;
        drop(import);
        Ok(())
    }

    /// The import that has not been finished, if there is one.
    pub fn unfinished_import(&self) -> Result<Option<Unfinished>, StoreError> {
        let sql = "SELECT file, started_ms, (SELECT count(*) FROM importing) FROM imports WHERE finished_ms IS NULL";
        let found =
            self.store.conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)));
        let Some((file, started, rows)) = found.optional()? else { return Ok(None) };
        let is_alive = self.store.is_locked(LOCK);
        Ok(Some(Unfinished { file, started: from_ms(started)?, rows: u64::try_from(rows).unwrap_or(0), is_alive }))
    }

    /// Undoes a part of what a killed import added. People who left since stay off the list. Returns whether there may be more.
    fn undo_some(self) -> Result<bool, StoreError> {
        let tx = self.store.begin()?;
        let sql = "SELECT subscriber_id, was FROM importing LIMIT ?1";
        let most = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let marks: Vec<(i64, String)> = tx
            .prepare_cached(sql)?
            .query_map([most], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (id, was) in &marks {
            undo(&tx, *id, was)?;
        }
        tx.commit()?;
        Ok(marks.len() == BATCH)
    }
}

fn undo(conn: &Connection, id: i64, was: &str) -> Result<(), StoreError> {
    let sql = if was.is_empty() {
        "DELETE FROM subscribers WHERE id = ?1 AND status IN ('pending', 'confirmed')"
    } else {
        "UPDATE subscribers SET status = 'pending', confirmed_ms = NULL WHERE id = ?1 AND status = 'confirmed'"
    };
    conn.prepare_cached(sql)?.execute([id])?;
    unmark(conn, id)
}

/// Makes somebody mailable at once: they confirmed themselves.
pub(super) fn unmark(conn: &Connection, id: i64) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM importing WHERE subscriber_id = ?1")?.execute([id])?;
    Ok(())
}
