//! Clicks: where the counted links of an approved issue lead, and how often they were followed. Stores nobody who did.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Issues, StoreError};
use crate::model::IssueName;

/// How often links were followed, by issue and key.
pub type ClickCounts = BTreeMap<(IssueName, String), u64>;

impl Issues<'_> {
    /// The hash of the bytes that are approved for an issue, as they are now: another one when it is approved again.
    pub fn approved_hash(&self, issue: &IssueName) -> Result<Option<String>, StoreError> {
        let mut statement = self.store.conn.prepare_cached("SELECT frozen_sha256 FROM approvals WHERE issue = ?1")?;
        Ok(statement.query_row([issue.to_string()], |row| row.get(0)).optional()?)
    }

    /// Adds to what was counted, in one transaction. Clicks on an issue whose send has not begun are its editors': they are let go.
    pub fn add_clicks(&self, counts: &ClickCounts) -> Result<(), StoreError> {
        let tx = self.store.begin()?;
        for ((issue, key), count) in counts {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            tx.prepare_cached(
                "INSERT INTO clicks (issue, key, count) SELECT issue, ?2, ?3 FROM sends WHERE issue = ?1
                 ON CONFLICT (issue, key) DO UPDATE SET count = count + excluded.count",
            )?
            .execute(params![issue.to_string(), key, count])?;
        }
        Ok(tx.commit()?)
    }
}

/// How often the links of an issue were followed, by key; links that nobody followed are left out.
pub(super) fn clicks(conn: &Connection, issue: &str) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT key, count FROM clicks WHERE issue = ?1")?;
    let rows = statement.query_map([issue], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
    let read = |row: rusqlite::Result<(String, i64)>| row.map(|(key, count)| (key, u64::try_from(count).unwrap_or(0)));
    Ok(rows.map(read).collect::<Result<_, _>>()?)
}
