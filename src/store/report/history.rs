//! Compares an issue with the last ones of its edition, and the growth of the list meanwhile. Knows no page.

use crate::model::{IssueLine, IssueName, ListGrowth};
use crate::store::db::params;
use crate::store::{IssueSend, Sends, StoreError, from_ms, to_ms};

use super::{count, kept};

/// A send of the past: its row, its issue and when it began, in milliseconds.
struct Past {
    id: i64,
    issue: IssueName,
    started: i64,
}

impl Sends<'_> {
    /// This issue, then the last `most` ones of its edition whose sends began before, the newest first.
    pub fn beside(&self, name: &IssueName, send: &IssueSend, most: u32) -> Result<Vec<IssueLine>, StoreError> {
        let own = Past { id: send.id, issue: name.clone(), started: to_ms(send.started) };
        let mut lines = vec![self.line(&own)?];
        for past in self.before(name, send, most)? {
            lines.push(self.line(&past)?);
        }
        Ok(lines)
    }

    /// How the list has grown since the edition's send before this one began.
    pub fn growth(&self, name: &IssueName, send: &IssueSend) -> Result<ListGrowth, StoreError> {
        let since = self.before(name, send, 1)?.first().map(|past| past.started);
        self.store.db.one(
            "SELECT count(*) FILTER (WHERE status = 'confirmed'), count(*) FILTER (WHERE confirmed_ms >= ?1),
                 count(*) FILTER (WHERE status = 'unsubscribed' AND left_ms >= ?1),
                 count(*) FILTER (WHERE status = 'bounced' AND left_ms >= ?1),
                 count(*) FILTER (WHERE status = 'complained' AND left_ms >= ?1)
             FROM subscribers",
            params![since.unwrap_or(i64::MIN)],
            |row| {
                Ok(ListGrowth {
                    since: since.map(from_ms).transpose()?,
                    confirmed: count(row.get(0)?),
                    joined: count(row.get(1)?),
                    left: count(row.get(2)?),
                    bounced: count(row.get(3)?),
                    complained: count(row.get(4)?),
                })
            },
        )
    }

    fn before(self, name: &IssueName, send: &IssueSend, most: u32) -> Result<Vec<Past>, StoreError> {
        self.store.db.rows(
            "SELECT id, issue, started_ms FROM sends WHERE substr(issue, 12) = ?1 AND started_ms < ?2
             ORDER BY started_ms DESC LIMIT ?3",
            params![name.edition, to_ms(send.started), most],
            |row| {
                let issue: String = row.get(1)?;
                let issue = issue.parse().map_err(|()| StoreError::Value(format!("{issue:?} as an issue")))?;
                Ok(Past { id: row.get(0)?, issue, started: row.get(2)? })
            },
        )
    }

    fn line(self, past: &Past) -> Result<IssueLine, StoreError> {
        let db = &self.store.db;
        let issue = past.issue.to_string();
        let kept = kept(db, past.id)?.map(|kept| kept.sums.counts());
        let [recipients, delivered, failed] = match kept {
            Some(counts) => [counts.recipients, counts.delivered, counts.failed],
            None => db.one(
                "SELECT count(*), count(*) FILTER (WHERE state = 'delivered'), count(*) FILTER (WHERE state = 'failed')
                 FROM deliveries WHERE send_id = ?1",
                params![past.id],
                |row| Ok::<_, StoreError>([count(row.get(0)?), count(row.get(1)?), count(row.get(2)?)]),
            )?,
        };
        let left: i64 = db.value(
            "SELECT count(*) FROM subscribers WHERE status = 'unsubscribed' AND left_ms >= ?1
             AND left_ms < coalesce((SELECT min(started_ms) FROM sends WHERE started_ms > ?1), 9000000000000000000)",
            params![past.started],
        )?;
        let complaints: i64 = db.value(
            "SELECT count(DISTINCT subscriber_id) FROM bounces WHERE issue = ?1 AND kind = 'complaint'",
            params![issue],
        )?;
        let clicks = db.first(
            "SELECT coalesce((SELECT CAST(sum(count) AS bigint) FROM clicks WHERE issue = ?1), 0) FROM approvals
             WHERE issue = ?1 AND json_extract(frozen, '$.rendered.tracking.prefix') IS NOT NULL",
            params![issue],
            |row| row.get(0),
        )?;
        let poll = self.store.issues().poll_counts(&past.issue)?;
        let (left, complaints, clicks) = (count(left), count(complaints), clicks.map(count));
        Ok(IssueLine { issue, recipients, delivered, failed, left, complaints, clicks, poll })
    }
}
