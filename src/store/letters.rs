//! The queue of letters to one person. A letter is queued once per key; its intent is on record before the final dot.

use chrono::{DateTime, TimeDelta, Utc};

use super::db::{Db, Row, params};
use super::subscribers::stored_address;
use super::{Letters, StoreError, Uncertain, from_ms, to_ms};
use crate::model::{Address, LetterLine, LetterOrder, Outcome, QueuedLetter, Reply};

/// The wait after a connection failed: that is not an outcome of the letter.
const AGAIN: TimeDelta = TimeDelta::minutes(1);

/// Whether a letter is due at ?1. One that was written later than now was written before the clock was set back, and waits no
/// longer.
const DUE: &str = "due_ms IS NOT NULL AND (due_ms <= ?1 OR updated_ms > ?1)";

impl Letters<'_> {
    /// Queues a letter; `false` when its key was queued before, whatever became of that one.
    pub fn queue(&self, order: &LetterOrder) -> Result<bool, StoreError> {
        queue(&self.store.db, order)
    }

    /// The letters that are due, the longest waiting first.
    pub fn due(&self, now: DateTime<Utc>, most: usize) -> Result<Vec<QueuedLetter>, StoreError> {
        let sql = format!(
            "SELECT id, key, kind, email, context, queued_ms, dated_ms, attempts FROM letters
             WHERE {DUE} ORDER BY due_ms, id LIMIT ?2",
        );
        self.store.db.rows(&sql, params![to_ms(now), i64::try_from(most).unwrap_or(i64::MAX)], queued)
    }

    /// Whether any letter is due.
    pub fn has_due(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM letters WHERE {DUE})");
        self.store.db.value(&sql, params![to_ms(now)])
    }

    /// Whether a sender ended between a final dot and its reply, or is there now.
    pub fn has_in_flight(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM letters WHERE state = 'in_flight')";
        self.store.db.value(sql, params![])
    }

    /// Records that the final dot of a letter is about to be sent.
    pub fn begin(&self, id: i64, dated: DateTime<Utc>) -> Result<(), StoreError> {
        let rows = self.store.db.execute(
            "UPDATE letters SET state = 'in_flight', due_ms = NULL, dated_ms = ?2 WHERE id = ?1 AND state = 'waiting'",
            params![id, to_ms(dated)],
        )?;
        if rows == 1 { Ok(()) } else { Err(StoreError::Value(format!("letter {id}, which is not waiting"))) }
    }

    /// Records the outcome of a try. An uncertain letter is sent again with the same Message-ID, or kept back.
    pub fn finish(
        &self,
        id: i64,
        outcome: &Outcome,
        uncertain: Uncertain,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (state, due, counted, reply) = match outcome {
            Outcome::Delivered(reply) => ("sent", None, 1, reply),
            Outcome::Deferred { reply, next } => ("waiting", Some(*next), 1, reply),
            Outcome::Requeued(reply) => ("waiting", Some(now + AGAIN), 0, reply),
            Outcome::Uncertain(reply) if uncertain == Uncertain::Resend => ("waiting", Some(now + AGAIN), 1, reply),
            Outcome::Failed { reply, .. } | Outcome::Uncertain(reply) => ("failed", None, 1, reply),
        };
        self.store.db.execute(
            "UPDATE letters SET state = ?2, due_ms = ?3, attempts = attempts + ?4, code = ?5, enhanced = ?6, reply = ?7,
                    updated_ms = ?8, context = CASE WHEN CAST(?3 AS bigint) IS NULL THEN '{}' ELSE context END
             WHERE id = ?1",
            params![id, state, due.map(to_ms), counted, reply.code, reply.enhanced, reply.text, to_ms(now)],
        )?;
        Ok(())
    }

    /// Recovers the letters of a sender that ended between a final dot and its reply. Call it with the letters' lock held.
    pub fn recover(&self, uncertain: Uncertain, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (state, due) =
            if uncertain == Uncertain::Resend { ("waiting", Some(to_ms(now))) } else { ("failed", None) };
        self.store.db.execute(
            "UPDATE letters SET state = ?1, due_ms = ?2, attempts = attempts + 1, code = NULL, updated_ms = ?3,
                    reply = 'the sender ended between the final dot and the reply',
                    context = CASE WHEN CAST(?2 AS bigint) IS NULL THEN '{}' ELSE context END
             WHERE state = 'in_flight'",
            params![state, due, to_ms(now)],
        )?;
        Ok(())
    }

    /// Every letter to an address, the oldest first.
    pub fn to(&self, email: &Address) -> Result<Vec<LetterLine>, StoreError> {
        let sql = "SELECT kind, state, queued_ms, updated_ms, code, enhanced, reply FROM letters WHERE email_key = ?1
                   ORDER BY id";
        self.store.db.rows(sql, params![email.key()], |row| {
            let (code, enhanced, text) = (row.get(4)?, row.get(5)?, row.get::<Option<String>>(6)?);
            Ok(LetterLine {
                kind: row.get(0)?,
                state: row.get(1)?,
                queued: from_ms(row.get(2)?)?,
                updated: from_ms(row.get(3)?)?,
                reply: text.map(|text| Reply { code, enhanced, text }),
            })
        })
    }
}

pub(super) fn queue(db: &Db, order: &LetterOrder) -> Result<bool, StoreError> {
    let rows = db.execute(
        "INSERT INTO letters (key, kind, email, email_key, context, state, queued_ms, due_ms, updated_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, ?6, ?6) ON CONFLICT (key) DO NOTHING",
        params![
            order.key,
            order.kind,
            order.to.as_str(),
            order.to.key(),
            order.context.to_string(),
            to_ms(order.ordered)
        ],
    )?;
    Ok(rows > 0)
}

fn queued(row: &Row) -> Result<QueuedLetter, StoreError> {
    let (email, context): (String, String) = (row.get(3)?, row.get(4)?);
    let context = serde_json::from_str(&context).map_err(|e| StoreError::Value(format!("a letter's context: {e}")))?;
    Ok(QueuedLetter {
        id: row.get(0)?,
        order: LetterOrder {
            key: row.get(1)?,
            kind: row.get(2)?,
            to: stored_address(&email)?,
            context,
            ordered: from_ms(row.get(5)?)?,
        },
        dated: row.get::<Option<i64>>(6)?.map(from_ms).transpose()?,
        attempts: row.get(7)?,
    })
}
