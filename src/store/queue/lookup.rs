//! Looks up which messages are due next. SQLite has an index of due times. PostgreSQL would have to update such an index with every outcome, so there the
//! ledger is read in the order of its numbers. Messages that are found are held: no other sender takes them until they have been tried or this sender has ended.

use std::collections::{BTreeSet, VecDeque};

use chrono::{DateTime, Utc};

use super::{Claim, Next, Queue, Waiting, Walk};
use crate::model::Delivery;
use crate::store::db::{Db, Row, params};
use crate::store::outcomes::with_subscribers;
use crate::store::subscribers::{stored_address, stored_fields};
use crate::store::{StoreError, from_ms, to_ms};

/// The fewest and the most messages that are looked up at a time. A fast sender looks up many, so that it does so less often; a slow one only a few, so that it does not hold
/// messages that others could send.
const FEWEST: i64 = 16;
const MOST: i64 = 256;
/// How long the held messages should last, in milliseconds.
const LASTS: i64 = 500;

/// SQL for a message that no other sender holds.
const FREE: &str = "(sender IS NULL OR sender = ?3
    OR sender NOT IN (SELECT id FROM senders WHERE send_id = ?1 AND ended_ms IS NULL))";

impl Walk {
    /// How many messages to hold now: more than last time if those did not last long enough, otherwise fewer.
    fn ahead(&self, now: DateTime<Utc>) -> i64 {
        let lasted = to_ms(now) - self.looked_up_ms;
        let ahead = if lasted < LASTS { self.ahead * 2 } else { self.ahead / 2 };
        if self.ahead == 0 { FEWEST } else { ahead.clamp(FEWEST, MOST) }
    }
}

impl Queue {
    /// The numbers of messages that this process has already taken although the database still lists them as due, as a JSON array.
    fn ours(&self) -> String {
        let gone = self.gone.iter().map(|(number, _)| number);
        let ours: Vec<i64> = self.reserved.keys().chain(&self.claimed).chain(gone).copied().collect();
        serde_json::json!(ours).to_string()
    }

    pub(super) fn by_due_time(
        &self,
        db: &Db,
        domain_group: i64,
        now: DateTime<Utc>,
    ) -> Result<Vec<Waiting>, StoreError> {
        let sql = format!(
            "{} WHERE d.send_id = ?1 AND d.domain_group = ?2 AND d.due_ms <= ?3 ORDER BY d.due_ms, d.number LIMIT ?4",
            with_subscribers("deliveries")
        );
        // The query also finds messages that a worker here has already taken.
        let ours = self.reserved.len() + self.claimed.len() + self.gone.len();
        let most = MOST + i64::try_from(ours).unwrap_or(0);
        db.rows(&sql, params![self.send, domain_group, to_ms(now), most], |row| self.waiting(row, now))
    }

    /// Takes the next messages of a domain group that no other sender holds.
    pub(super) fn hold(&mut self, db: &Db, domain_group: i64, now: DateTime<Utc>) -> Result<Vec<Waiting>, StoreError> {
        let mut walk = self.walks.get(&domain_group).copied().unwrap_or_default();
        if to_ms(now) < walk.quiet_until {
            return Ok(Vec::new());
        }
        let (after, ahead) = (walk.after, walk.ahead(now));
        // The limits are part of the text, not parameters, so that the planner knows that there are few rows.
        let sql = format!(
            "WITH free AS (
                 SELECT number FROM deliveries WHERE send_id = ?1 AND domain_group = ?2 AND {FREE} AND number NOT IN ({ours})
                     AND due_ms <= ?5 AND number > ?6
                 ORDER BY number LIMIT {ahead} FOR UPDATE SKIP LOCKED),
             held AS (
                 UPDATE deliveries AS d SET sender = ?3 FROM free WHERE d.send_id = ?1 AND d.number = free.number
                 RETURNING d.number, d.email, d.attempts, d.dated_ms, d.subscriber_id)
             {held} ORDER BY d.number",
            ours = db.numbers(4),
            held = with_subscribers(&format!("(SELECT * FROM held LIMIT {ahead})"))
        );
        let (ours, due) = (self.ours(), to_ms(now));
        let from = |after: i64| {
            let values = params![self.send, domain_group, self.sender, ours, due, after];
            db.rows(&sql, values, |row| self.waiting(row, now))
        };
        let mut found = from(after)?;
        if found.is_empty() && after > 0 {
            found = from(0)?;
        }
        walk =
            Walk { after: found.last().map_or(0, |last| last.number), quiet_until: 0, ahead, looked_up_ms: to_ms(now) };
        if found.is_empty() {
            let sql = format!(
                "SELECT coalesce(min(due_ms), ?5) FROM deliveries
                 WHERE send_id = ?1 AND domain_group = ?2 AND {FREE} AND number NOT IN ({}) AND due_ms IS NOT NULL",
                db.numbers(4)
            );
            walk.quiet_until = db.value(&sql, params![self.send, domain_group, self.sender, ours, i64::MAX])?;
        }
        self.walks.insert(domain_group, walk);
        Ok(found)
    }

    /// Looks a message up again, because its subscriber may have left in the meantime.
    pub(super) fn again(&self, db: &Db, number: i64, now: DateTime<Utc>) -> Result<Waiting, StoreError> {
        let sql = format!("{} WHERE d.send_id = ?1 AND d.number = ?2", with_subscribers("deliveries"));
        let found = db.first(&sql, params![self.send, number], |row| self.waiting(row, now))?;
        Ok(found.unwrap_or(Waiting { number, delivery: None, version: self.version }))
    }

    /// The same for all messages of a domain group that have been looked up.
    pub(super) fn look_up_again(&mut self, db: &Db, domain_group: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        let waiting = self.due.entry(domain_group).or_default();
        let numbers: Vec<i64> = waiting.iter().map(|waiting| waiting.number).collect();
        let sql = format!(
            "{} WHERE d.send_id = ?1 AND d.number IN ({}) AND d.due_ms IS NOT NULL AND d.sender = ?3 ORDER BY d.number",
            with_subscribers("deliveries"),
            db.numbers(2)
        );
        let numbers = serde_json::json!(numbers).to_string();
        let found = db.rows(&sql, params![self.send, numbers, self.sender], |row| self.waiting(row, now))?;
        let found = VecDeque::from(found);
        self.due.insert(domain_group, found);
        Ok(())
    }

    /// Those of these messages that the database lists as in flight and held by this sender.
    pub(super) fn in_flight(&self, db: &Db, numbers: impl Iterator<Item = i64>) -> Result<BTreeSet<i64>, StoreError> {
        let numbers: Vec<i64> = numbers.collect();
        let sql = format!(
            "SELECT number FROM deliveries WHERE send_id = ?1 AND number IN ({}) AND state = 'in_flight' AND sender = ?3",
            db.numbers(2)
        );
        let numbers = serde_json::json!(numbers).to_string();
        Ok(db.rows(&sql, params![self.send, numbers, self.sender], |row| row.get(0))?.into_iter().collect())
    }

    /// Makes a message that did not begin the next one again. `version` is the count of changes when it was looked up.
    pub(super) fn put_back(&mut self, claim: &mut Result<Claim, String>, next: Next, version: i64) {
        let Ok(Claim::Delivery(delivery)) = std::mem::replace(claim, Ok(Claim::Empty)) else { return };
        self.claimed.remove(&delivery.number);
        if let Next::Of(domain_group) = next {
            let waiting = Waiting { number: delivery.number, delivery: Some(delivery), version };
            self.due.entry(super::column(domain_group)).or_default().push_front(waiting);
        }
    }

    fn waiting(&self, row: &Row, now: DateTime<Utc>) -> Result<Waiting, StoreError> {
        let number = row.get(0)?;
        let seed: Option<String> = row.get(5)?;
        let delivery = match seed {
            None => None,
            Some(seed) => {
                let (email, fields): (String, String) = (row.get(1)?, row.get(6)?);
                let dated: Option<i64> = row.get(3)?;
                Some(Box::new(Delivery {
                    number,
                    email: stored_address(&email)?,
                    name: row.get(4)?,
                    seed,
                    fields: stored_fields(&fields)?,
                    dated: dated.map(from_ms).transpose()?.unwrap_or(now),
                    attempts: row.get(2)?,
                }))
            }
        };
        Ok(Waiting { number, delivery, version: self.version })
    }
}
