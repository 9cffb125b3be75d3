//! The journal of the scheduler: each decision for a run, once, and only by the holder of the lease. Knows no reasons.

use chrono::{DateTime, NaiveDate, Utc};

use super::db::{Value, params};
use super::lease::{FencingToken, is_newest};
use super::{Scheduling, StoreError, from_ms, to_ms};
use crate::model::{IssueName, LetterOrder};

/// A decision to record.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<'a> {
    pub issue: &'a IssueName,
    /// The word for it, such as `held`.
    pub what: &'a str,
    /// Distinguishes repeated decisions of one kind; 0 where there is only one.
    pub occurrence: u32,
    /// A sentence for people.
    pub detail: &'a str,
    /// The letters to editors about it: queued in the same commit.
    pub letters: &'a [LetterOrder],
}

/// A decision in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub issue: IssueName,
    pub what: String,
    pub occurrence: u32,
    pub detail: String,
    pub at: DateTime<Utc>,
}

/// The outcome of recording a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    Now,
    /// It stood there already.
    Before,
    /// Another daemon holds the lease, so nothing was written.
    Stale,
}

impl Scheduling<'_> {
    /// Records a decision once, with the letters about it.
    pub fn decide(
        &self,
        fencing_token: &FencingToken,
        decision: &Decision,
        now: DateTime<Utc>,
    ) -> Result<Recorded, StoreError> {
        let tx = self.store.begin()?;
        if !is_newest(&tx, fencing_token)? {
            return Ok(Recorded::Stale);
        }
        let rows = tx.execute(
            "INSERT INTO journal (edition, date, what, occurrence, detail, at_ms, fencing_token)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (edition, date, what, occurrence) DO NOTHING",
            params![
                decision.issue.edition,
                decision.issue.date.to_string(),
                decision.what,
                decision.occurrence,
                decision.detail,
                to_ms(now),
                fencing_token.number,
            ],
        )?;
        for letter in decision.letters.iter().filter(|_| rows == 1) {
            super::letters::queue(&tx, letter)?;
        }
        tx.commit()?;
        Ok(if rows == 1 { Recorded::Now } else { Recorded::Before })
    }

    /// The decisions for a run, in order.
    pub fn journal(&self, issue: &IssueName) -> Result<Vec<Entry>, StoreError> {
        self.entries(
            "SELECT edition, date, what, occurrence, detail, at_ms FROM journal WHERE edition = ?1 AND date = ?2 ORDER BY id",
            params![issue.edition, issue.date.to_string()],
        )
    }

    /// The latest decisions of all editions, newest first.
    pub fn latest_decisions(&self, most: usize) -> Result<Vec<Entry>, StoreError> {
        self.entries(
            "SELECT edition, date, what, occurrence, detail, at_ms FROM journal ORDER BY id DESC LIMIT ?1",
            params![i64::try_from(most).unwrap_or(i64::MAX)],
        )
    }

    fn entries(self, sql: &str, values: &[Value]) -> Result<Vec<Entry>, StoreError> {
        self.store.db.rows(sql, values, |row| {
            let date: String = row.get(1)?;
            let date: NaiveDate = date.parse().map_err(|_| StoreError::Value(format!("{date} as a date")))?;
            Ok(Entry {
                issue: IssueName { date, edition: row.get(0)? },
                what: row.get(2)?,
                occurrence: row.get(3)?,
                detail: row.get(4)?,
                at: from_ms(row.get(5)?)?,
            })
        })
    }

    /// Since when the runs of an edition are the daemon's business; from `now` on when it is new.
    pub fn watched_since(
        &self,
        fencing_token: &FencingToken,
        edition: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let tx = self.store.begin()?;
        if !is_newest(&tx, fencing_token)? {
            return Ok(None);
        }
        tx.execute(
            "INSERT INTO watched (edition, since_ms) VALUES (?1, ?2) ON CONFLICT (edition) DO NOTHING",
            params![edition, to_ms(now)],
        )?;
        let since = tx.value("SELECT since_ms FROM watched WHERE edition = ?1", params![edition])?;
        tx.commit()?;
        from_ms(since).map(Some)
    }
}
