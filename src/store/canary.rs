//! The canary of a send, whose outcomes the other recipients wait for, and the days of a warm-up. Knows no limits.

use chrono::{DateTime, Utc};

use super::db::params;
use super::{Sends, StoreError, from_ms, to_ms};
use crate::model::Reply;

/// The domain group of those who are held back: no worker looks there, and the next run assigns domain groups again.
const HELD_BACK: i64 = -1;

/// The state of a send's canary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CanaryTally {
    /// Those that were not tried yet.
    pub pending: u64,
    /// Those that are tried again later.
    pub deferred: u64,
    /// Delivered, or refused for good.
    pub answered: u64,
    /// The replies of permanent refusals.
    pub refusals: Vec<Reply>,
}

impl Sends<'_> {
    /// Makes a canary of `size` recipients of a send of which no message was tried yet; says how large its canary is.
    pub fn begin_canary(&self, send: i64, size: u64) -> Result<u64, StoreError> {
        self.store.db.execute(
            "UPDATE sends SET canary = ?2 WHERE id = ?1 AND canary = 0 AND canary_passed_ms IS NULL AND NOT EXISTS (
                 SELECT 1 FROM deliveries WHERE send_id = ?1 AND (attempts > 0 OR state NOT IN ('pending', 'suppressed')))",
            params![send, i64::try_from(size).unwrap_or(i64::MAX)],
        )?;
        let size: i64 = self.store.db.value("SELECT canary FROM sends WHERE id = ?1", params![send])?;
        Ok(u64::try_from(size).unwrap_or(0))
    }

    /// Holds everyone back who waits and is not of these numbers.
    pub fn hold_back(&self, send: i64, but: &[i64]) -> Result<usize, StoreError> {
        let sql = format!(
            "UPDATE deliveries SET domain_group = ?2 WHERE send_id = ?1 AND due_ms IS NOT NULL AND number NOT IN ({})",
            self.store.db.numbers(3)
        );
        self.store.db.execute(&sql, params![send, HELD_BACK, serde_json::json!(but).to_string()])
    }

    /// The outcomes of these recipients.
    pub fn canary_tally(&self, send: i64, numbers: &[i64]) -> Result<CanaryTally, StoreError> {
        let sql = format!(
            "SELECT state, code, enhanced, reply FROM deliveries
             WHERE send_id = ?1 AND number IN ({}) ORDER BY number",
            self.store.db.numbers(2)
        );
        let mut tally = CanaryTally::default();
        self.store.db.each(&sql, params![send, serde_json::json!(numbers).to_string()], |row| {
            match row.get::<String>(0)?.as_str() {
                "pending" | "in_flight" => tally.pending += 1,
                "deferred" => tally.deferred += 1,
                "failed" => {
                    let (code, text): (Option<u16>, Option<String>) = (row.get(1)?, row.get(3)?);
                    tally.answered += 1;
                    tally.refusals.push(Reply { code, enhanced: row.get(2)?, text: text.unwrap_or_default() });
                }
                "suppressed" => {}
                _ => tally.answered += 1,
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(tally)
    }

    /// Notes when the canary was served; the first time stays.
    pub fn canary_served(&self, send: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.store.db.execute(
            "UPDATE sends SET canary_served_ms = coalesce(canary_served_ms, ?2) WHERE id = ?1",
            params![send, to_ms(now)],
        )?;
        Ok(())
    }

    /// Releases the other recipients.
    pub fn canary_passed(&self, send: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        let tx = self.store.begin()?;
        tx.execute(
            "UPDATE sends SET canary_passed_ms = coalesce(canary_passed_ms, ?2) WHERE id = ?1",
            params![send, to_ms(now)],
        )?;
        tx.execute(
            "UPDATE deliveries SET domain_group = 0 WHERE send_id = ?1 AND domain_group = ?2",
            params![send, HELD_BACK],
        )?;
        tx.commit()
    }

    /// How many recipients had their message and came off the list after the send began: those who bounced later, and those who
    /// complained.
    pub fn lost_later(&self, send: i64) -> Result<(u64, u64), StoreError> {
        let count = |status: &str| -> Result<u64, StoreError> {
            let count: i64 = self.store.db.value(
                "SELECT count(*) FROM deliveries AS d JOIN sends AS s ON s.id = d.send_id
                 JOIN subscribers AS r ON r.id = d.subscriber_id AND r.status = ?2 AND r.left_ms >= s.started_ms
                 WHERE d.send_id = ?1 AND d.state = 'delivered'",
                params![send, status],
            )?;
            Ok(u64::try_from(count).unwrap_or(0))
        };
        Ok((count("bounced")?, count("complained")?))
    }

    /// When the next recipient who is not held back is due: `None` when there is none, the epoch when it is now.
    pub fn due(&self, send: i64) -> Result<Option<DateTime<Utc>>, StoreError> {
        let due: Option<i64> = self.store.db.value(
            "SELECT min(due_ms) FROM deliveries WHERE send_id = ?1 AND due_ms IS NOT NULL AND domain_group <> ?2",
            params![send, HELD_BACK],
        )?;
        due.map(from_ms).transpose()
    }

    /// How many messages had their first try since `from`, by quarter of an hour: the beginning of each and the count, in order.
    pub fn tried_since(&self, from: DateTime<Utc>) -> Result<Vec<(DateTime<Utc>, u64)>, StoreError> {
        self.store.db.rows(
            "SELECT d.dated_ms / 900000 AS quarter, count(*) FROM sends AS s JOIN deliveries AS d ON d.send_id = s.id
             WHERE d.dated_ms >= ?1 GROUP BY quarter ORDER BY quarter",
            params![to_ms(from)],
            |row| {
                let (quarter, count): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok((from_ms(quarter.saturating_mul(900_000))?, u64::try_from(count).unwrap_or(0)))
            },
        )
    }
}
