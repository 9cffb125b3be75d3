//! Compares an issue with the last ones of its edition, and the growth of the list meanwhile. Knows no page.

use rusqlite::{OptionalExtension, params};

use crate::model::{IssueLine, IssueName, ListGrowth};
use crate::store::{IssueSend, Sends, StoreError, from_ms, to_ms};

use super::count;

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
        let mut statement = self.store.conn.prepare_cached(
            "SELECT count(*) FILTER (WHERE status = 'confirmed'), count(*) FILTER (WHERE confirmed_ms >= ?1),
                 count(*) FILTER (WHERE status = 'unsubscribed' AND left_ms >= ?1),
                 count(*) FILTER (WHERE status = 'bounced' AND left_ms >= ?1),
                 count(*) FILTER (WHERE status = 'complained' AND left_ms >= ?1)
             FROM subscribers",
        )?;
        let growth = statement.query_row([since.unwrap_or(i64::MIN)], |row| {
            Ok(ListGrowth {
                since: None,
                confirmed: count(row.get(0)?),
                joined: count(row.get(1)?),
                left: count(row.get(2)?),
                bounced: count(row.get(3)?),
                complained: count(row.get(4)?),
            })
        })?;
        Ok(ListGrowth { since: since.map(from_ms).transpose()?, ..growth })
    }

    fn before(self, name: &IssueName, send: &IssueSend, most: u32) -> Result<Vec<Past>, StoreError> {
        let mut statement = self.store.conn.prepare_cached(
            "SELECT id, issue, started_ms FROM sends WHERE substr(issue, 12) = ?1 AND started_ms < ?2
             ORDER BY started_ms DESC LIMIT ?3",
        )?;
        let rows = statement.query_map(params![name.edition, to_ms(send.started), most], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
        })?;
        let past = |row: rusqlite::Result<(i64, String, i64)>| {
            let (id, issue, started) = row?;
            let issue = issue.parse().map_err(|()| StoreError::Value(format!("{issue:?} as an issue")))?;
            Ok(Past { id, issue, started })
        };
        rows.map(past).collect()
    }

    fn line(self, past: &Past) -> Result<IssueLine, StoreError> {
        let conn = &self.store.conn;
        let issue = past.issue.to_string();
        let line = conn.query_row(
            "SELECT count(*), count(*) FILTER (WHERE state = 'delivered'), count(*) FILTER (WHERE state = 'failed')
             FROM deliveries WHERE send_id = ?1",
            [past.id],
            |row| {
                let (recipients, delivered, failed) = (count(row.get(0)?), count(row.get(1)?), count(row.get(2)?));
                Ok(IssueLine { issue: issue.clone(), recipients, delivered, failed, ..IssueLine::default() })
            },
        )?;
        let left: i64 = conn.query_row(
            "SELECT count(*) FROM subscribers WHERE status = 'unsubscribed' AND left_ms >= ?1
             AND left_ms < coalesce((SELECT min(started_ms) FROM sends WHERE started_ms > ?1), 9e18)",
            [past.started],
            |row| row.get(0),
        )?;
        let complaints: i64 = conn.query_row(
            "SELECT count(DISTINCT subscriber_id) FROM bounces WHERE issue = ?1 AND kind = 'complaint'",
            [&issue],
            |row| row.get(0),
        )?;
        let clicks: Option<i64> = conn
            .query_row(
                "SELECT coalesce((SELECT sum(count) FROM clicks WHERE issue = ?1), 0) FROM approvals
                 WHERE issue = ?1 AND json_extract(frozen, '$.rendered.tracking.prefix') IS NOT NULL",
                [&issue],
                |row| row.get(0),
            )
            .optional()?;
        let poll = self.store.issues().poll_counts(&past.issue)?;
        Ok(IssueLine { left: count(left), complaints: count(complaints), clicks: clicks.map(count), poll, ..line })
    }
}
