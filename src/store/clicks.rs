//! Clicks: where the counted links of an approved issue lead, and how often they were followed. Stores nobody who did.

use std::collections::BTreeMap;

use super::db::{Db, params};
use super::{Issues, StoreError};
use crate::model::IssueName;

/// How often links were followed, by issue and key.
pub type ClickCounts = BTreeMap<(IssueName, String), u64>;

impl Issues<'_> {
    /// The hash of the bytes that are approved for an issue, as they are now: another one when it is approved again.
    pub fn approved_hash(&self, issue: &IssueName) -> Result<Option<String>, StoreError> {
        let sql = "SELECT frozen_sha256 FROM approvals WHERE issue = ?1";
        self.store.db.first(sql, params![issue.to_string()], |row| row.get(0))
    }

    /// Adds to what was counted, in one transaction. Clicks on an issue whose send has not begun are its editors': they are let go.
    pub fn add_clicks(&self, counts: &ClickCounts) -> Result<(), StoreError> {
        let tx = self.store.begin()?;
        for ((issue, key), count) in counts {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            tx.execute(
                "INSERT INTO clicks (issue, key, count)
                 SELECT issue, CAST(?2 AS text), CAST(?3 AS bigint) FROM sends WHERE issue = ?1
                 ON CONFLICT (issue, key) DO UPDATE SET count = clicks.count + excluded.count",
                params![issue.to_string(), key, count],
            )?;
        }
        tx.commit()
    }
}

/// How often the links of an issue were followed, by key; links that nobody followed are left out.
pub(super) fn clicks(db: &Db, issue: &str) -> Result<BTreeMap<String, u64>, StoreError> {
    let rows = db.rows("SELECT key, count FROM clicks WHERE issue = ?1", params![issue], |row| {
        Ok::<_, StoreError>((row.get(0)?, u64::try_from(row.get::<i64>(1)?).unwrap_or(0)))
    })?;
    Ok(rows.into_iter().collect())
}
