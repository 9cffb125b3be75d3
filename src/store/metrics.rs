//! The ledger and the list in a few numbers, for monitoring. Knows no metric's name.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::db::params;
use super::report::kept;
use super::tallies::TALLIES;
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
        let sql = "SELECT issue FROM sends
                   WHERE state <> 'sent' OR id IN (SELECT id FROM sends ORDER BY id DESC LIMIT ?1) ORDER BY id DESC";
        self.store.db.rows(sql, params![newest], |row| {
            let name: String = row.get(0)?;
            name.parse().map_err(|()| StoreError::Value(format!("{name} as an issue")))
        })
    }

    /// When a send finished; `None` if it has not, or does not exist.
    pub fn send_finished(&self, issue: &IssueName) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT finished_ms FROM sends WHERE issue = ?1 AND state = 'sent'";
        let ms = self.store.db.first(sql, params![issue.to_string()], |row| row.get::<Option<i64>>(0))?;
        ms.flatten().map(from_ms).transpose()
    }

    /// Recipients by the first digit of their last reply's code; 0 where there is none.
    pub fn reply_classes(&self, send: &IssueSend) -> Result<BTreeMap<u8, u64>, StoreError> {
        if let Some(kept) = kept(&self.store.db, send.id)? {
            return Ok(kept.reply_classes);
        }
        let sql = if self.store.is_shared() {
            format!("SELECT class, CAST(sum(count) AS bigint) FROM {TALLIES} GROUP BY class HAVING sum(count) > 0")
        } else {
            "SELECT coalesce(code, 0) / 100, count(*) FROM deliveries WHERE send_id = ?1 GROUP BY 1".to_owned()
        };
        let rows =
            self.store.db.rows(&sql, params![send.id], |row| Ok::<_, StoreError>((row.get(0)?, count(row.get(1)?))))?;
        Ok(rows.into_iter().collect())
    }

    pub fn latency(&self, send: &IssueSend) -> Result<Latency, StoreError> {
        if let Some(kept) = kept(&self.store.db, send.id)? {
            let (up_to, count, sum_ms) = kept.latency;
            return Ok(Latency { up_to, count, sum_ms });
        }
        if self.store.is_shared() {
            return self.tallied_latency(send.id);
        }
        let counts: Vec<String> =
            LATENCIES.iter().map(|bound| format!("count(*) FILTER (WHERE ms <= {bound})")).collect();
        let sql = format!(
            "SELECT count(*), coalesce(CAST(sum(ms) AS bigint), 0), {} FROM (
                 SELECT CASE WHEN updated_ms > dated_ms THEN updated_ms - dated_ms ELSE 0 END AS ms FROM deliveries
                 WHERE send_id = ?1 AND state = 'delivered' AND attempts = 1 AND dated_ms IS NOT NULL) AS took",
            counts.join(", ")
        );
        self.store.db.one(&sql, params![send.id], |row| {
            let up_to = (0..LATENCIES.len()).map(|at| row.get(at + 2).map(count)).collect::<Result<_, _>>()?;
            Ok(Latency { up_to, count: count(row.get(0)?), sum_ms: count(row.get(1)?) })
        })
    }

    /// The same from the tallies.
    fn tallied_latency(self, send: i64) -> Result<Latency, StoreError> {
        let sql = format!(
            "SELECT latency, CAST(sum(count) AS bigint), CAST(sum(ms) AS bigint) FROM {TALLIES} WHERE latency >= 0 GROUP BY latency"
        );
        let mut latency = Latency { up_to: vec![0; LATENCIES.len()], ..Latency::default() };
        for (bound, n, ms) in self.store.db.rows(&sql, params![send], |row| {
            Ok::<_, StoreError>((row.get::<i64>(0)?, count(row.get(1)?), count(row.get(2)?)))
        })? {
            // The buckets are cumulative.
            let bound = usize::try_from(bound).unwrap_or(LATENCIES.len());
            latency.up_to.iter_mut().skip(bound).for_each(|sum| *sum += n);
            latency.count += n;
            latency.sum_ms += ms;
        }
        Ok(latency)
    }

    /// How many subscribers there are of each status.
    pub fn subscribers_by_status(&self) -> Result<BTreeMap<SubscriberStatus, u64>, StoreError> {
        let mut all: BTreeMap<SubscriberStatus, u64> =
            SubscriberStatus::ALL.into_iter().map(|status| (status, 0)).collect();
        let sql = "SELECT status, count(*) FROM subscribers GROUP BY status";
        let found = self.store.db.rows(sql, params![], |row| {
            let status: String = row.get(0)?;
            let status =
                status.parse().map_err(|()| StoreError::Value(format!("{status} as a subscriber's status")))?;
            Ok::<_, StoreError>((status, count(row.get(1)?)))
        })?;
        all.extend(found);
        Ok(all)
    }
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
