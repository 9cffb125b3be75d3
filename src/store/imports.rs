//! Imports as a whole: subscribers that one adds are mailed only once it is finished, so that a send sees all of it or nothing. One
//! that was killed is undone by the next. Subscribers that an import removes are off the list at once.

use chrono::{DateTime, Utc};

use super::db::{Db, Lock, params};
use super::subscribers::put;
use super::{StoreError, Subscribers, Tally, from_ms, to_ms};
use crate::model::SubscriberRow;

/// How many subscribers of a killed import are undone in one transaction.
const BATCH: usize = 1_000;
/// The name of an import's lock.
const LOCK: &str = "import";

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
    _lock: Lock,
}

impl Subscribers<'_> {
    /// Begins an import, and undoes one that was killed before; `None` while another is under way.
    pub fn begin_import(&self, file: &str, now: DateTime<Utc>) -> Result<Option<Import>, StoreError> {
        let Some(lock) = self.store.lock(LOCK)? else { return Ok(None) };
        while self.undo_some()? {}
        let tx = self.store.begin()?;
        tx.execute("DELETE FROM imports WHERE finished_ms IS NULL", params![])?;
        let sql = "INSERT INTO imports (file, started_ms) VALUES (?1, ?2) RETURNING id";
        let id = tx.value(sql, params![file, to_ms(now)])?;
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
        let mark = "INSERT INTO importing (subscriber_id, import_id, was) VALUES (?1, ?2, ?3)
                    ON CONFLICT (subscriber_id) DO NOTHING";
        for row in rows {
            let put = put(&tx, row, now, seed)?;
            tally.count(put.change);
            if let Some((id, was)) = put.mailable {
                tx.execute(mark, params![id, import.id, was])?;
            }
        }
        tx.commit()?;
        Ok(tally)
    }

    /// Makes everybody whom the import added mailable, all at once.
    pub fn finish_import(&self, import: Import, now: DateTime<Utc>) -> Result<(), StoreError> {
        let tx = self.store.begin()?;
        tx.execute("DELETE FROM importing", params![])?;
        tx.execute("UPDATE imports SET finished_ms = ?2 WHERE id = ?1", params![import.id, to_ms(now)])?;
        tx.commit()?;
        drop(import);
        Ok(())
    }

    /// The import that has not been finished, if there is one.
    pub fn unfinished_import(&self) -> Result<Option<Unfinished>, StoreError> {
        let sql = "SELECT file, started_ms, (SELECT count(*) FROM importing) FROM imports WHERE finished_ms IS NULL";
        let found = self.store.db.first(sql, params![], |row| {
            Ok::<_, StoreError>((row.get(0)?, from_ms(row.get(1)?)?, u64::try_from(row.get::<i64>(2)?).unwrap_or(0)))
        })?;
        let Some((file, started, rows)) = found else { return Ok(None) };
        Ok(Some(Unfinished { file, started, rows, is_alive: self.store.is_locked(LOCK)? }))
    }

    /// Undoes a part of what a killed import added. People who left since stay off the list. Returns whether there may be more.
    fn undo_some(self) -> Result<bool, StoreError> {
        let tx = self.store.begin()?;
        let sql = "SELECT subscriber_id, was FROM importing LIMIT ?1";
        let most = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let marks = tx.rows(sql, params![most], |row| Ok::<_, StoreError>((row.get(0)?, row.get::<String>(1)?)))?;
        for (id, was) in &marks {
            undo(&tx, *id, was)?;
        }
        tx.commit()?;
        Ok(marks.len() == BATCH)
    }
}

fn undo(db: &Db, id: i64, was: &str) -> Result<(), StoreError> {
    let sql = if was.is_empty() {
        "DELETE FROM subscribers WHERE id = ?1 AND status IN ('pending', 'confirmed')"
    } else {
        "UPDATE subscribers SET status = 'pending', confirmed_ms = NULL WHERE id = ?1 AND status = 'confirmed'"
    };
    db.execute(sql, params![id])?;
    unmark(db, id)
}

/// Makes somebody mailable at once: they confirmed themselves.
pub(super) fn unmark(db: &Db, id: i64) -> Result<(), StoreError> {
    db.execute("DELETE FROM importing WHERE subscriber_id = ?1", params![id])?;
    Ok(())
}
