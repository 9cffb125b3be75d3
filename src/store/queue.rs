//! Who is due next in a send, looked up ahead and checked again when another process has written; and the ledger's rows as a send
//! changes them. Knows no transaction: the writer holds it.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use super::bounces::{SoftRule, record_reply};
use super::claim::{Claim, Next};
use super::report::shape;
use super::subscribers::{stored_address, stored_fields};
use super::{StoreError, from_ms, to_ms};
use crate::model::{Delivery, Outcome, Reply};

/// How many messages are looked up at a time.
const AHEAD: i64 = 256;

/// Who is due next.
pub struct Queue {
    send: i64,
    rule: SoftRule,
    /// By domain group: the next messages that are due, in order.
    due: BTreeMap<i64, VecDeque<Waiting>>,
    /// By number: messages that are somebody's, though still due as the database has it.
    reserved: BTreeMap<i64, Reserved>,
    /// The last `PRAGMA data_version`: a different number means that another connection has written.
    version: i64,
    stopped: bool,
}

/// A message that is somebody's before it is begun.
struct Reserved {
    delivery: Box<Delivery>,
    /// When it was looked up, in `data_version`s.
    version: i64,
}

/// A message looked up ahead.
struct Waiting {
    number: i64,
    /// `None` when the subscriber is no longer on the list.
    delivery: Option<Box<Delivery>>,
    /// When it was looked up, in `data_version`s.
    version: i64,
}

impl Queue {
    pub fn new(send: i64, rule: SoftRule) -> Self {
        Self { send, rule, due: BTreeMap::new(), reserved: BTreeMap::new(), version: 0, stopped: false }
    }

    /// Sees whether somebody else has written since the last look, and then whether they stopped the send.
    pub fn look(&mut self, conn: &Connection) -> Result<(), StoreError> {
        let version = conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if version != self.version {
            self.version = version;
            let state: String = conn
                .prepare_cached("SELECT state FROM sends WHERE id = ?1")?
                .query_row([self.send], |row| row.get(0))?;
            self.stopped = state == "stopped";
        }
        Ok(())
    }

    pub fn step(
        &mut self,
        conn: &Connection,
        ended: Option<(i64, Outcome)>,
        next: Next,
        now: DateTime<Utc>,
    ) -> Result<Claim, StoreError> {
        if let Some((number, outcome)) = ended {
            // Refused before it was begun.
            let reserved = self.reserved.remove(&number);
            if reserved.map_or(Ok(true), |reserved| in_flight(conn, self.send, &reserved.delivery))? {
                finished(conn, self.send, number, &outcome, now)?;
                if let Outcome::Failed { reply, class } = &outcome {
                    record_reply(conn, (self.send, number), reply, class.evidence(), self.rule, now)?;
                }
            }
        }
        match next {
            Next::Nothing => Ok(Claim::Empty),
            Next::Of(domain_group) => self.claim(conn, column(domain_group), now),
            Next::Reserved(number) => self.begin(conn, number, now),
        }
    }

    /// Begins a message that was reserved, unless somebody has written meanwhile that it must not go.
    fn begin(&mut self, conn: &Connection, number: i64, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        let unknown = || StoreError::Value(format!("copy {number}, which is not reserved"));
        let Reserved { delivery, version } = self.reserved.remove(&number).ok_or_else(unknown)?;
        if self.stopped {
            return Ok(Claim::Stopped);
        }
        if version != self.version && self.again(conn, number, now)?.delivery.is_none() {
            suppressed(conn, self.send, number, now)?;
            return Ok(Claim::Empty);
        }
        let is_waiting = in_flight(conn, self.send, &delivery)?;
        Ok(if is_waiting { Claim::Delivery(delivery) } else { Claim::Empty })
    }

    /// The next message of a domain group whose subscriber is still on the list.
    fn find(
        &mut self,
        conn: &Connection,
        domain_group: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<Box<Delivery>>, StoreError> {
        while let Some(mut waiting) = self.next(conn, domain_group, now)? {
            if waiting.version != self.version {
                waiting = self.again(conn, waiting.number, now)?;
            }
            if waiting.delivery.is_some() {
                return Ok(waiting.delivery);
            }
            suppressed(conn, self.send, waiting.number, now)?;
        }
        Ok(None)
    }

    /// Keeps a message for somebody. What others have written since the last look counts when it is begun.
    pub fn reserve(&mut self, conn: &Connection, domain_group: i64, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        if self.stopped {
            return Ok(Claim::Stopped);
        }
        let found = self.find(conn, domain_group, now)?;
        Ok(found.map_or(Claim::Empty, |delivery| {
            let reserved = Reserved { delivery: delivery.clone(), version: self.version };
            self.reserved.insert(delivery.number, reserved);
            Claim::Delivery(delivery)
        }))
    }

    /// Releases a reserved message; it is found again when the queue, once empty, is looked up again.
    pub fn release(&mut self, number: i64) {
        self.reserved.remove(&number);
    }

    fn claim(&mut self, conn: &Connection, domain_group: i64, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        if self.stopped {
            return Ok(Claim::Stopped);
        }
        while let Some(delivery) = self.find(conn, domain_group, now)? {
            if in_flight(conn, self.send, &delivery)? {
                return Ok(Claim::Delivery(delivery));
            }
        }
        Ok(Claim::Empty)
    }

    /// The next message of a domain group that is due.
    fn next(
        &mut self,
        conn: &Connection,
        domain_group: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<Waiting>, StoreError> {
        if self.due.entry(domain_group).or_default().is_empty() {
            let mut statement = conn.prepare_cached(&format!(
                "{DELIVERIES} WHERE d.send_id = ?1 AND d.domain_group = ?2 AND d.due_ms <= ?3 ORDER BY d.due_ms, d.number LIMIT ?4"
            ))?;
            let most = AHEAD + i64::try_from(self.reserved.len()).unwrap_or(0);
            let mut rows = statement.query(params![self.send, domain_group, to_ms(now), most])?;
            let mut found = VecDeque::new();
            while let Some(row) = rows.next()? {
                let waiting = self.waiting(row, now)?;
                if !self.reserved.contains_key(&waiting.number) {
                    found.push_back(waiting);
                }
            }
            self.due.insert(domain_group, found);
        }
        Ok(self.due.entry(domain_group).or_default().pop_front())
    }

    /// Looks a message up again, since its subscriber may have left meanwhile.
    fn again(&self, conn: &Connection, number: i64, now: DateTime<Utc>) -> Result<Waiting, StoreError> {
        let mut statement = conn.prepare_cached(&format!("{DELIVERIES} WHERE d.send_id = ?1 AND d.number = ?2"))?;
        let mut rows = statement.query(params![self.send, number])?;
        let gone = Waiting { number, delivery: None, version: self.version };
        rows.next()?.map_or(Ok(gone), |row| self.waiting(row, now))
    }

    fn waiting(&self, row: &rusqlite::Row, now: DateTime<Utc>) -> Result<Waiting, StoreError> {
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

    pub fn waits(&mut self, conn: &Connection, domain_groups: &[i64], now: DateTime<Utc>) -> Result<bool, StoreError> {
        for domain_group in domain_groups {
            if let Some(waiting) = self.next(conn, *domain_group, now)? {
                self.due.entry(*domain_group).or_default().push_front(waiting);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A domain group as the database has it.
pub fn column(domain_group: usize) -> i64 {
    i64::try_from(domain_group).unwrap_or(i64::MAX)
}

/// Messages with their subscribers; the subscriber's columns are NULL when they are no longer on the list.
const DELIVERIES: &str = "SELECT d.number, d.email, d.attempts, d.dated_ms, r.name, r.seed, r.fields
    FROM deliveries AS d LEFT JOIN subscribers AS r ON r.id = d.subscriber_id AND r.status = 'confirmed'";

fn suppressed(conn: &Connection, send: i64, number: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE deliveries SET state = 'suppressed', due_ms = NULL, updated_ms = ?3, reply = 'no longer on the list'
         WHERE send_id = ?1 AND number = ?2",
    )?
    .execute(params![send, number, to_ms(now)])?;
    Ok(())
}

/// From here on the message's bytes may go out. `false` when it waits no longer: its subscriber was forgotten meanwhile.
fn in_flight(conn: &Connection, send: i64, delivery: &Delivery) -> Result<bool, StoreError> {
    let rows = conn
        .prepare_cached(
            "UPDATE deliveries SET state = 'in_flight', due_ms = NULL, dated_ms = ?3
             WHERE send_id = ?1 AND number = ?2 AND state IN ('pending', 'deferred')",
        )?
        .execute(params![send, delivery.number, to_ms(delivery.dated)])?;
    Ok(rows == 1)
}

fn finished(
    conn: &Connection,
    send: i64,
    number: i64,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (state, due, counted, reply) = match outcome {
        Outcome::Delivered(reply) => ("delivered", None, 1, reply),
        Outcome::Deferred { reply, next } => ("deferred", Some(to_ms(*next)), 1, reply),
        Outcome::Failed { reply, .. } => ("failed", None, 1, reply),
        Outcome::Requeued(reply) => ("pending", Some(0), 0, reply),
        Outcome::Uncertain(reply) => ("uncertain", None, 1, reply),
    };
    write_outcome(conn, send, number, (state, due, counted), reply, now)
}

fn write_outcome(
    conn: &Connection,
    send: i64,
    number: i64,
    (state, due, counted): (&str, Option<i64>, i64),
    reply: &Reply,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let refusal = matches!(state, "failed" | "deferred").then(|| shape(&reply.text));
    // A message that was tried before goes back to deferred, not to pending, so that the counts stay true.
    let rows = conn
        .prepare_cached(
            "UPDATE deliveries SET
                 state = CASE WHEN ?3 = 'pending' AND attempts > 0 THEN 'deferred' ELSE ?3 END,
                 due_ms = ?4, attempts = attempts + ?5, code = ?6, enhanced = ?7, reply = ?8, refusal = ?9, updated_ms = ?10
             WHERE send_id = ?1 AND number = ?2 AND state = 'in_flight'",
        )?
        .execute(params![send, number, state, due, counted, reply.code, reply.enhanced, reply.text, refusal, to_ms(now)])?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Value(format!("copy {number}, which is not under way"))) }
}
