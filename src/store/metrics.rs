//! The ledger and the list in a few numbers, for monitoring. Knows no metric's name.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::{IssueSend, Sends, StoreError, from_ms};
use crate::model::{IssueName, SubscriberStatus};

/// The upper bounds of [`Latency::up_to`], in milliseconds.
pub const LATENCIES: [u32; 11] = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000];

/// How long messages delivered at the first try took, from the claim to the recorded outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// For each of [`LATENCIES`], how many took no longer.
    pub up_to: Vec<u64>,
    pub count: u64,
    pub sum_ms: u64,
}

impl Sends<'_> {
    /// The unfinished sends and the newest finished ones, newest first.
    pub fn recent_sends(&self, newest: u32) -> Result<Vec<IssueName>, StoreError> {
        let mut statement = self.store.conn.prepare_cached(
            "SELECT issue FROM sends WHERE state <> 'sent' OR id IN (SELECT id FROM sends ORDER BY id DESC LIMIT ?1)
             ORDER BY id DESC",
        )?;
        let names = statement.query_map([newest], |row| row.get::<_, String>(0))?;
        names
            .map(|name| {
                let name = name?;
                name.parse().map_err(|()| StoreError::Value(format!("{name} as an issue")))
            })
            .collect()
    }

    /// When a send finished; `None` if it has not, or does not exist.
    pub fn send_finished(&self, issue: &IssueName) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut statement =
            self.store.conn.prepare_cached("SELECT finished_ms FROM sends WHERE issue = ?1 AND state = 'sent'")?;
        let mut rows = statement.query([issue.to_string()])?;
        let ms: Option<i64> = rows.next()?.map(|row| row.get(0)).transpose()?.flatten();
        ms.map(from_ms).transpose()
    }

    /// Recipients by the first digit of their last reply's code; 0 where there is none.
    pub fn reply_classes(&self, send: &IssueSend) -> Result<BTreeMap<u8, u64>, StoreError> {
        let mut statement = self
            .store
            .conn
            .prepare_cached("SELECT coalesce(code, 0) / 100, count(*) FROM deliveries WHERE send_id = ?1 GROUP BY 1")?;
        let rows = statement.query_map([send.id], |row| Ok((row.get(0)?, count(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn latency(&self, send: &IssueSend) -> Result<Latency, StoreError> {
        let sums: Vec<String> = LATENCIES.iter().map(|bound| format!("coalesce(sum(ms <= {bound}), 0)")).collect();
        let sql = format!(
            "SELECT count(*), coalesce(sum(ms), 0), {} FROM (
                 SELECT max(updated_ms - dated_ms, 0) AS ms FROM deliveries
                 WHERE send_id = ?1 AND state = 'delivered' AND attempts = 1 AND dated_ms IS NOT NULL)",
            sums.join(", ")
        );
        Ok(self.store.conn.prepare_cached(&sql)?.query_row(params![send.id], |row| {
            let up_to = (0..LATENCIES.len()).map(|at| Ok(count(row.get(at + 2)?))).collect::<rusqlite::Result<_>>()?;
            Ok(Latency { up_to, count: count(row.get(0)?), sum_ms: count(row.get(1)?) })
        })?)
    }

    /// How many subscribers there are of each status.
    pub fn subscribers_by_status(&self) -> Result<BTreeMap<SubscriberStatus, u64>, StoreError> {
        let mut all: BTreeMap<SubscriberStatus, u64> =
            SubscriberStatus::ALL.into_iter().map(|status| (status, 0)).collect();
        let mut statement =
            self.store.conn.prepare_cached("SELECT status, count(*) FROM subscribers GROUP BY status")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let status: String = row.get(0)?;
            let status =
                status.parse().map_err(|()| StoreError::Value(format!("{status} as a subscriber's status")))?;
            all.insert(status, count(row.get(1)?));
        }
        Ok(all)
    }
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
