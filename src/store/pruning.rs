//! Prunes old ledgers: removes the deliveries of sends that finished long ago, with the addresses in them. Their figures are stored with the
//! send first, so that status and reports stay the same.

use chrono::{DateTime, Utc};

use super::db::{Db, Engine, params};
use super::ledger::stored_issue;
use super::report::{Kept, kept, sums};
use super::{Sends, StoreError, to_ms};
use crate::model::{DeliveryCounts, IssueName};

/// How many rows of an SQLite file are removed at a time.
const BATCH: i64 = 10_000;

/// A send whose ledger may be pruned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldSend {
    id: i64,
    pub issue: IssueName,
    /// How many recipients its ledger still has.
    pub recipients: u64,
}

impl Sends<'_> {
    /// The domain groups of a send as they were when its ledger was pruned; `None` while the ledger is there.
    pub fn pruned_domain_groups(&self, send: i64) -> Result<Option<Vec<(String, DeliveryCounts)>>, StoreError> {
        Ok(kept(&self.store.db, send)?.map(|kept| kept.domain_groups))
    }

    /// The sends that finished before a time and still have a ledger, or part of one, the oldest first.
    pub fn prunable(&self, before: DateTime<Utc>) -> Result<Vec<OldSend>, StoreError> {
        let sql = "SELECT id, issue, (SELECT count(*) FROM deliveries WHERE send_id = sends.id) FROM sends
                   WHERE state = 'sent' AND finished_ms < ?1
                   AND (pruned IS NULL OR EXISTS (SELECT 1 FROM deliveries WHERE send_id = sends.id)) ORDER BY finished_ms, id";
        self.store.db.rows(sql, params![to_ms(before)], |row| {
            let recipients = u64::try_from(row.get::<i64>(2)?).unwrap_or(0);
            Ok(OldSend { id: row.get(0)?, issue: stored_issue(row, 1)?, recipients })
        })
    }

    /// Removes the ledger of a finished send; returns how many rows that were. `groups` are the domain groups that have limits of their own,
    /// by name. If it is killed half-way, the figures are stored, and the next run removes the other rows. The caller holds the sender's lock.
    pub fn prune(&self, send: &OldSend, groups: &[(&str, &[String])]) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let rows = self.prune_some(send, groups, BATCH)?;
            removed += rows;
            if rows == 0 {
                return Ok(removed);
            }
        }
    }

    /// Removes pruned content from where it could still be read.
    pub fn scrub(&self) -> Result<(), StoreError> {
        self.store.db.scrub()
    }

    /// One transaction of [`Sends::prune`]: the first one also stores the figures.
    pub(super) fn prune_some(self, send: &OldSend, groups: &[(&str, &[String])], most: i64) -> Result<u64, StoreError> {
        let tx = self.store.begin()?;
        let is_over =
            "SELECT EXISTS (SELECT 1 FROM sends WHERE id = ?1 AND state = 'sent' AND finished_ms IS NOT NULL)";
        if !tx.value::<bool>(is_over, params![send.id])? {
            return Ok(0);
        }
        if kept(&tx, send.id)?.is_none() {
            let kept = self.to_keep(&tx, send, groups)?;
            let kept = serde_json::to_string(&kept).map_err(|why| StoreError::Value(why.to_string()))?;
            tx.execute("UPDATE sends SET pruned = ?2 WHERE id = ?1", params![send.id, kept])?;
        }
        let removed = remove(&tx, send.id, most)?;
        tx.commit()?;
        Ok(removed)
    }

    fn to_keep(self, db: &Db, old: &OldSend, groups: &[(&str, &[String])]) -> Result<Kept, StoreError> {
        let gone = || StoreError::Value(format!("the send of {} is gone", old.issue));
        let send = self.send(&old.issue)?.ok_or_else(gone)?;
        let domains: Vec<&[String]> = groups.iter().map(|(_, domains)| *domains).collect();
        let names = groups.iter().map(|(name, _)| (*name).to_owned()).chain([String::new()]);
        let counts = if groups.is_empty() { Vec::new() } else { self.domain_groups(send.id, &domains)? };
        let latency = self.latency(&send)?;
        let begun = "SELECT count(*) FROM deliveries WHERE send_id = ?1 AND dated_ms IS NOT NULL";
        let begun: i64 = db.value(begun, params![send.id])?;
        Ok(Kept {
            sums: sums(db, send.id, false, send.started)?,
            domain_groups: names.zip(counts.into_iter().map(|group| group.counts)).collect(),
            reply_classes: self.reply_classes(&send)?,
            latency: (latency.up_to, latency.count, latency.sum_ms),
            begun: u64::try_from(begun).unwrap_or(0),
        })
    }
}

/// Removes rows of a ledger: the whole partition on PostgreSQL, or at most `most` rows on SQLite.
fn remove(db: &Db, send: i64, most: i64) -> Result<u64, StoreError> {
    if let Engine::Postgres(_) = db.engine() {
        let partition = format!("deliveries_{send}");
        let rows: i64 = db.value("SELECT count(*) FROM deliveries WHERE send_id = ?1", params![send])?;
        db.execute("DELETE FROM tallies WHERE send_id = ?1", params![send])?;
        let is_there: bool = db.value("SELECT to_regclass(?1) IS NOT NULL", params![partition])?;
        if is_there {
            db.batch(&format!("DROP TABLE {partition}"))?;
        } else {
            db.execute("DELETE FROM deliveries WHERE send_id = ?1", params![send])?;
        }
        return Ok(u64::try_from(rows).unwrap_or(0));
    }
    let sql = "DELETE FROM deliveries WHERE send_id = ?1
               AND number < ?2 + (SELECT min(number) FROM deliveries WHERE send_id = ?1)";
    Ok(u64::try_from(db.execute(sql, params![send, most])?).unwrap_or(0))
}

#[cfg(test)]
mod tests;
