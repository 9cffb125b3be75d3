//! Copies everything from one database to another, on the same engine or the other one: table by table, in batches, so that an interrupted
//! copy can continue where it stopped. The new database cannot be used until both have been compared and found equal.

mod cell;
mod tables;
mod write;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::db::{Lock, params};
use super::{Durability, Place, Store, StoreError, to_ms};
use cell::Cell;
use tables::{TABLES, Table};
use write::{clear, counters, set_counters, write};

/// Why a database was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("both are the same database, {0}")]
    Same(Place),
    #[error(
        "another digest {doing} {place}, so nothing was copied\n  help: wait until it has finished, then run the command again"
    )]
    Busy { place: Place, doing: &'static str },
    #[error(
        "`digest serve` ({holder}) is using {place}, so nothing was copied\n  help: stop it, or wait a minute if it was killed; then run the command again"
    )]
    Serving { place: Place, holder: String },
    #[error("{place} is not empty: it has rows in `{table}`\n  help: copy into a new database")]
    Taken { place: Place, table: &'static str },
    #[error(
        "{place} is an unfinished copy of another database, {source_place}\n  help: finish that copy, or copy into a new database"
    )]
    Foreign { place: Place, source_place: String },
    #[error("{0} is itself an unfinished copy\n  help: finish that copy first, or copy from the original")]
    Unfinished(Place),
    #[error(
        "{from} was written to while it was copied, so {to} differs in {tables}; the copy cannot be used\n  help: stop everything that uses the old \
         database, including public pages; then run the command again, which starts over"
    )]
    Differs { from: Place, to: Place, tables: String },
}

/// A copy in progress. While it runs, nobody else can send, mail letters or import.
#[derive(Debug)]
pub struct Copying {
    from: Store,
    to: Store,
    _locks: Vec<Lock>,
}

/// The row that marks a database as an unfinished copy, so that nothing uses it.
struct Mark {
    source: String,
    place: String,
    differs: String,
}

impl Copying {
    /// Begins a copy, or continues one that was interrupted.
    ///
    /// # Errors
    /// Another process is using one of the databases, or the new one is not empty.
    pub fn begin(from: &Place, to: &Place, durability: Durability, now: DateTime<Utc>) -> Result<Self, CopyError> {
        if is_same(from, to) {
            return Err(CopyError::Same(from.clone()));
        }
        let from = Store::open(from, durability)?;
        if mark_of(&from)?.is_some() {
            return Err(CopyError::Unfinished(from.place.clone()));
        }
        let mut locks = lock(&from)?;
        if let Some(lease) = from.scheduling().lease()?.filter(|lease| lease.expires > now) {
            return Err(CopyError::Serving { place: from.place.clone(), holder: lease.fencing_token.holder });
        }
        let to = Store::open_or_create(to, durability)?;
        if !share_locks(&from.place, &to.place) {
            locks.extend(lock(&to)?);
        }
        let copying = Self { from, to, _locks: locks };
        copying.mark(now)?;
        Ok(copying)
    }

    /// Copies what is not in the new database yet, and calls `told` with each finished table and its number of rows. Stops after `limit`
    /// batches, if there is a limit. Returns whether everything has been copied.
    ///
    /// # Errors
    /// One of the databases fails. The next run continues where this one stopped.
    pub fn run<E: From<CopyError>>(
        &self,
        mut limit: Option<u64>,
        mut told: impl FnMut(&'static str, u64) -> Result<(), E>,
    ) -> Result<bool, E> {
        for table in TABLES {
            if !self.table(table, &mut limit)? {
                return Ok(false);
            }
            let rows = table.count(&self.to.db).map_err(CopyError::from)?;
            told(table.name, rows)?;
        }
        Ok(true)
    }

    /// Compares both databases row by row, and lets the new one be used if they are equal.
    ///
    /// # Errors
    /// They differ: somebody has written to the old one during the copy.
    pub fn finish(self) -> Result<(), CopyError> {
        let (seen, made) = (self.from.db.snapshot()?, self.to.db.snapshot()?);
        let mut differ = Vec::new();
        for table in TABLES {
            if table.sum(&seen)? != table.sum(&made)? {
                differ.push(format!("`{}`", table.name));
            }
        }
        let counters = counters(&seen)?;
        made.commit()?;
        seen.commit()?;
        let tx = self.to.begin()?;
        if !differ.is_empty() {
            let tables = differ.join(", ");
            tx.execute("UPDATE copying SET differs = ?1", params![tables])?;
            tx.commit()?;
            return Err(CopyError::Differs { from: self.from.place.clone(), to: self.to.place.clone(), tables });
        }
        set_counters(&tx, &counters)?;
        tx.execute("DELETE FROM copying", params![])?;
        tx.commit()?;
        Ok(())
    }

    /// Copies the rest of a table; `false` if the limit was reached first.
    fn table(&self, table: &Table, limit: &mut Option<u64>) -> Result<bool, CopyError> {
        let columns = table.columns(&self.to.db)?;
        let mut after: Option<Vec<Cell>> = table.last_key(&self.to.db)?;
        loop {
            let page = table.page(&self.from.db, &columns, after.as_deref())?;
            let Some(last) = page.last() else { return Ok(true) };
            if let Some(left) = limit {
                let Some(rest) = left.checked_sub(1) else { return Ok(false) };
                *limit = Some(rest);
            }
            after = Some(table.key_of(&columns, last));
            let tx = self.to.begin()?;
            write(&tx, table, &columns, page)?;
            tx.commit()?;
        }
    }

    /// Marks the new, empty database as an unfinished copy. If it is marked already, it must be a copy of the same database.
    fn mark(&self, now: DateTime<Utc>) -> Result<(), CopyError> {
        let source = identity(&self.from)?;
        let tx = self.to.begin()?;
        match mark_of(&self.to)? {
            Some(mark) if mark.source != source => {
                return Err(CopyError::Foreign { place: self.to.place.clone(), source_place: mark.place });
            }
            Some(mark) if mark.differs.is_empty() => return Ok(()),
            Some(_) => {}
            None => {
                for table in TABLES.iter().filter(|table| table.name != "salts") {
                    if !table.is_empty(&tx)? {
                        return Err(CopyError::Taken { place: self.to.place.clone(), table: table.name });
                    }
                }
            }
        }
        clear(&tx)?;
        tx.execute("DELETE FROM copying", params![])?;
        let sql = "INSERT INTO copying (id, source, place, begun_ms) VALUES (1, ?1, ?2, ?3)";
        tx.execute(sql, params![source, self.from.place.to_string(), to_ms(now)])?;
        Ok(tx.commit()?)
    }
}

impl Store {
    /// This store, unless it is an unfinished copy, which must not be used.
    ///
    /// # Errors
    /// [`StoreError::Unfinished`]: it is one.
    pub fn unless_unfinished(self) -> Result<Self, StoreError> {
        let Some(mark) = mark_of(&self)? else { return Ok(self) };
        let what = if mark.differs.is_empty() { "an unfinished copy of" } else { "a copy that differs from" };
        Err(StoreError::Unfinished(format!("{what} {}", mark.place)))
    }
}

fn mark_of(store: &Store) -> Result<Option<Mark>, StoreError> {
    store.db.first("SELECT source, place, differs FROM copying", params![], |row| {
        Ok(Mark { source: row.get(0)?, place: row.get(1)?, differs: row.get(2)? })
    })
}

/// Identifies a database, wherever it is, by the salt that it was created with.
fn identity(store: &Store) -> Result<String, StoreError> {
    let salt: Vec<u8> = store.db.value("SELECT salt FROM salts WHERE name = 'forgotten'", params![])?;
    let digest = Sha256::new().chain_update("digest copy").chain_update(salt).finalize();
    Ok(data_encoding::HEXLOWER.encode(&digest[..16]))
}

/// Takes the locks of the sender, of the sender of letters, and of imports.
fn lock(store: &Store) -> Result<Vec<Lock>, CopyError> {
    let busy = |doing| CopyError::Busy { place: store.place.clone(), doing };
    let sender = store.lock_sender()?;
    let letters = store.lock_letters()?.ok_or_else(|| busy("is mailing letters from"))?;
    let import = store.lock("import")?.ok_or_else(|| busy("is importing into"))?;
    Ok(vec![sender, letters, import])
}

fn is_same(from: &Place, to: &Place) -> bool {
    match (from, to) {
        (Place::Sqlite(a), Place::Sqlite(b)) => {
            a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
        }
        _ => from == to,
    }
}

/// Whether two files share the lock files beside them, because their names differ only in the extension.
fn share_locks(from: &Place, to: &Place) -> bool {
    let whole = |place: &Place| {
        let stem = place.file()?.with_extension("");
        Some((stem.parent()?.canonicalize().ok()?, stem.file_name()?.to_owned()))
    };
    whole(from).is_some_and(|from| whole(to) == Some(from))
}

#[cfg(test)]
mod tests;
