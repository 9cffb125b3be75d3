//! The tables to copy, how they are read in the order of their keys, and the checksum of their rows.

use sha2::{Digest, Sha256};

use super::cell::Cell;
use crate::store::StoreError;
use crate::store::db::{Db, Engine, Param, Row, Value, params};

/// How many rows are read and written at a time; the second number is for tables with long texts.
const ROWS: usize = 5_000;
const LONG_ROWS: usize = 50;

/// A table with its primary key.
pub(super) struct Table {
    pub name: &'static str,
    pub key: &'static [&'static str],
    /// How many rows are in memory at a time.
    pub page: usize,
}

const fn table(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { name, key, page: ROWS }
}

/// Every table that is copied. A table comes after those that its foreign keys refer to, and the safety queue last, because triggers write to it.
pub(super) const TABLES: &[Table] = &[
    table("salts", &["name"]),
    table("subscribers", &["id"]),
    Table { name: "approvals", key: &["issue"], page: LONG_ROWS },
    table("sends", &["id"]),
    table("deliveries", &["send_id", "number"]),
    table("letters", &["id"]),
    table("signup_requests", &["id"]),
    table("signups", &["id"]),
    table("acts", &["id"]),
    table("forgotten", &["hash"]),
    table("bounces", &["id"]),
    Table { name: "corrections", key: &["id"], page: LONG_ROWS },
    table("clicks", &["issue", "key"]),
    table("lease", &["id"]),
    table("watched", &["edition"]),
    table("journal", &["id"]),
    table("hold", &["id"]),
    table("sent_before", &["issue", "mark"]),
    table("imports", &["id"]),
    table("importing", &["subscriber_id"]),
    table("moves", &["id"]),
    table("poll_answers", &["issue", "answer"]),
    table(QUEUE, &["id"]),
];

/// The changes to subscribers that have yet to be written to the safety log.
pub(super) const QUEUE: &str = "safety_queue";

/// A column and its type in PostgreSQL; the type is empty when the database is SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ColumnType {
    pub name: String,
    pub kind: String,
}

/// The number of a table's rows and the SHA-256 over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub rows: u64,
    pub sha256: [u8; 32],
}

impl Table {
    /// The columns, in an order that is the same for both engines.
    pub fn columns(&self, db: &Db) -> Result<Vec<ColumnType>, StoreError> {
        let sql = match db.engine() {
            Engine::Sqlite(_) => "SELECT name, '' FROM pragma_table_info(?1) ORDER BY name",
            // Left out: who holds a message, and sums that can be computed again. SQLite has no such columns.
            Engine::Postgres(_) => {
                "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
                 WHERE attrelid = to_regclass(?1) AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('sender', 'sums') ORDER BY attname::text COLLATE \"C\""
            }
        };
        db.rows(sql, params![self.name], |row| Ok(ColumnType { name: row.get(0)?, kind: row.get(1)? }))
    }

    /// The key of the last row.
    pub fn last_key(&self, db: &Db) -> Result<Option<Vec<Cell>>, StoreError> {
        let backwards: Vec<String> = self.key.iter().map(|name| format!("\"{name}\" DESC")).collect();
        let sql = format!("SELECT {} FROM {} ORDER BY {} LIMIT 1", list(self.key), self.name, backwards.join(", "));
        db.first(&sql, params![], |row| cells(row, self.key.len()))
    }

    /// The next rows after a key, in the order of their keys; none at the end.
    pub fn page(&self, db: &Db, columns: &[ColumnType], after: Option<&[Cell]>) -> Result<Vec<Vec<Cell>>, StoreError> {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let key = list(self.key);
        let numbers: Vec<String> = (1..=self.key.len()).map(|number| format!("?{number}")).collect();
        let from = match (after, db.engine()) {
            (None, _) => String::new(),
            // PostgreSQL skips partitions only if the key's first column is compared by itself.
            (Some(_), Engine::Postgres(_)) => {
                format!("WHERE \"{}\" >= ?1 AND ({key}) > ({})", self.key[0], numbers.join(", "))
            }
            (Some(_), Engine::Sqlite(_)) => format!("WHERE ({key}) > ({})", numbers.join(", ")),
        };
        let sql = format!("SELECT {} FROM {} {from} ORDER BY {key} LIMIT {}", list(&names), self.name, self.page);
        let after: Vec<Value> = after.unwrap_or_default().iter().map(Param::value).collect();
        db.rows(&sql, &after, |row| cells(row, columns.len()))
    }

    /// The key of a row.
    pub fn key_of(&self, columns: &[ColumnType], row: &[Cell]) -> Vec<Cell> {
        let at = |name: &&str| columns.iter().position(|column| column.name == *name);
        self.key.iter().filter_map(at).filter_map(|at| row.get(at).cloned()).collect()
    }

    /// The number of all rows and their checksum; `db` must be in a snapshot.
    pub fn sum(&self, db: &Db) -> Result<Sum, StoreError> {
        let columns = self.columns(db)?;
        let (mut rows, mut hash) = (0, Sha256::new());
        let mut after: Option<Vec<Cell>> = None;
        loop {
            let page = self.page(db, &columns, after.as_deref())?;
            let Some(last) = page.last() else { break };
            after = Some(self.key_of(&columns, last));
            for cell in page.iter().flatten() {
                cell.hash(&mut hash);
            }
            rows += u64::try_from(page.len()).unwrap_or(0);
        }
        Ok(Sum { rows, sha256: hash.finalize().into() })
    }

    /// How many rows there are.
    pub fn count(&self, db: &Db) -> Result<u64, StoreError> {
        let rows: i64 = db.value(&format!("SELECT count(*) FROM {}", self.name), params![])?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    /// Whether there is any row.
    pub fn is_empty(&self, db: &Db) -> Result<bool, StoreError> {
        let any: bool = db.value(&format!("SELECT EXISTS (SELECT 1 FROM {})", self.name), params![])?;
        Ok(!any)
    }
}

fn cells(row: &Row, width: usize) -> Result<Vec<Cell>, StoreError> {
    (0..width).map(|at| row.get(at)).collect()
}

/// Names in quotes, because some are SQL keywords.
pub(super) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}
