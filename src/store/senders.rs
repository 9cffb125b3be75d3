//! The processes that send an issue. On SQLite there is one at a time, and a new one ends the previous one; on PostgreSQL, any number can share a send.
//! Each has a lease. If it does not renew the lease in time, another sender may end it; then it can neither begin messages nor record outcomes.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::db::{Db, Engine, params};
use super::ledger::{requeue, stored_issue};
use super::{Sends, Store, StoreError, Uncertain, from_ms, to_ms};
use crate::model::IssueName;

/// How many senders that have ended are remembered.
const REMEMBERED: i64 = 1_000;

/// A sender, as `digest workers` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub id: i64,
    pub issue: IssueName,
    /// Host and process.
    pub name: String,
    pub since: DateTime<Utc>,
    /// When it last renewed its lease, and when the lease runs out, by the database's clock.
    pub seen: DateTime<Utc>,
    pub expires: DateTime<Utc>,
    /// Whether its lease has run out.
    pub is_late: bool,
    /// Whether it is only waiting for the others to finish.
    pub is_idle: bool,
    pub connections: u64,
    pub in_flight: u64,
    /// How many outcomes it has recorded, in all and in the last minute.
    pub tried: u64,
    pub per_minute: u64,
}

/// A process that joins a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joining {
    /// Host and process, for people.
    pub name: String,
    /// The same so that the host can see whether the process has died; empty where it cannot.
    pub process: String,
    /// The most connections that it opens.
    pub connections: usize,
    pub lease: Duration,
}

/// Tells from [`Joining::process`] whether a process on this host has died; `false` for processes on other hosts.
pub type HasDied = fn(&str) -> bool;

/// The progress of a sender, which the others read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub is_idle: bool,
    pub in_flight: u64,
    /// Outcomes recorded.
    pub tried: u64,
    /// Of these, refused for our content or reputation.
    pub refused: u64,
    /// Of these, refused because the address does not exist.
    pub bounced: u64,
    pub per_minute: u64,
}

/// What one sender knows about all senders of its send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The number of this sender, counted from 0, and how many there are.
    pub rank: usize,
    pub size: usize,
    /// The sums of their counts.
    pub others: Progress,
    /// How many of the others are at work.
    pub working: usize,
    /// Whether somebody stopped the send.
    pub is_stopped: bool,
}

impl Default for Membership {
    fn default() -> Self {
        Self { rank: 0, size: 1, others: Progress::default(), working: 0, is_stopped: false }
    }
}

impl Sends<'_> {
    /// Makes this process a sender; returns its identifier, with which a ledger is started. On SQLite it ends all others. Call it with the
    /// sender's lock held.
    pub fn join(&self, send: i64, joining: &Joining) -> Result<i64, StoreError> {
        let Joining { name, process, connections, lease } = joining;
        let transaction = self.store.begin()?;
        let clock = transaction.clock();
        if let Engine::Sqlite(_) = transaction.engine() {
            let sql = format!("UPDATE senders SET ended_ms = {clock} WHERE ended_ms IS NULL");
            transaction.execute(&sql, params![])?;
        }
        let sql = format!(
            "INSERT INTO senders (send_id, name, process, connections, started_ms, seen_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, {clock}, {clock}, {clock} + ?5) RETURNING id"
        );
        let connections = i64::try_from(*connections).unwrap_or(i64::MAX);
        let id: i64 = transaction.value(&sql, params![send, name, process, connections, milliseconds(*lease)])?;
        transaction.execute("DELETE FROM senders WHERE ended_ms IS NOT NULL AND id < ?1", params![id - REMEMBERED])?;
        transaction.commit()?;
        Ok(id)
    }

    /// Ends a sender that has finished. The messages that it held are free.
    pub fn leave(&self, sender: i64) -> Result<(), StoreError> {
        let sql = format!("UPDATE senders SET ended_ms = {} WHERE id = ?1 AND ended_ms IS NULL", self.store.db.clock());
        self.store.db.execute(&sql, params![sender]).map(drop)
    }

    /// How many outcomes a sender has recorded.
    pub fn tried(&self, sender: i64) -> Result<u64, StoreError> {
        Ok(self.store.db.value::<i64>("SELECT tried FROM senders WHERE id = ?1", params![sender])?.unsigned_abs())
    }

    /// How many senders of this issue are alive.
    pub fn alive(&self, send: i64) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM senders WHERE send_id = ?1 AND ended_ms IS NULL AND expires_ms >= {}",
            self.store.db.clock()
        );
        Ok(self.store.db.value::<i64>(&sql, params![send])?.unsigned_abs())
    }

    /// Ends the senders of an issue that have died on this host, so that nobody waits for their leases. Returns how many.
    pub fn end_dead(&self, send: i64, has_died: HasDied) -> Result<usize, StoreError> {
        end_dead(&self.store.db, send, has_died)
    }

    /// The senders that have not ended, by issue.
    pub fn senders(&self) -> Result<Vec<Sender>, StoreError> {
        let sql = format!(
            "SELECT w.id, s.issue, w.name, w.started_ms, w.seen_ms, w.expires_ms, w.expires_ms < {}, w.is_idle, w.connections, w.in_flight,
                 w.tried, w.per_minute
             FROM senders AS w JOIN sends AS s ON s.id = w.send_id WHERE w.ended_ms IS NULL ORDER BY s.issue, w.id",
            self.store.db.clock()
        );
        let count = |n: i64| n.unsigned_abs();
        self.store.db.rows(&sql, params![], |row| {
            Ok(Sender {
                id: row.get(0)?,
                issue: stored_issue(row, 1)?,
                name: row.get(2)?,
                since: from_ms(row.get(3)?)?,
                seen: from_ms(row.get(4)?)?,
                expires: from_ms(row.get(5)?)?,
                is_late: row.get(6)?,
                is_idle: row.get(7)?,
                connections: count(row.get(8)?),
                in_flight: count(row.get(9)?),
                tried: count(row.get(10)?),
                per_minute: count(row.get(11)?),
            })
        })
    }

    /// Recovers what senders left that have ended, or have been silent for two leases: their messages in flight become uncertain.
    /// With [`Uncertain::Resend`] the uncertain ones are queued again. Returns how many were uncertain. Call it with the
    /// sender's lock held; on SQLite that means that nobody is alive.
    pub fn recover(&self, send: i64, uncertain: Uncertain, now: DateTime<Utc>) -> Result<usize, StoreError> {
        recover(&self.store.db, send, uncertain, now)
    }
}

impl Store {
    /// Whether any sender is at work on PostgreSQL.
    pub(super) fn has_senders(&self) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM senders WHERE ended_ms IS NULL AND expires_ms >= {})",
            self.db.clock()
        );
        self.db.value(&sql, params![])
    }
}

/// See [`Sends::recover`].
pub fn recover(db: &Db, send: i64, uncertain: Uncertain, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let tx = db.begin()?;
    let is_left = match tx.engine() {
        Engine::Sqlite(_) => "",
        Engine::Postgres(_) => {
            // While the server was down, nobody could renew a lease. So a sender whose lease has only just run out may still be alive.
            let sql = format!(
                "UPDATE senders SET ended_ms = {0} WHERE send_id = ?1 AND ended_ms IS NULL AND expires_ms + (expires_ms - seen_ms) < {0}
                 AND CAST(extract(epoch FROM pg_postmaster_start_time()) * 1000 AS bigint) + 2 * (expires_ms - seen_ms) < {0}",
                tx.clock()
            );
            tx.execute(&sql, params![send])?;
            "AND (sender IS NULL OR sender NOT IN (SELECT id FROM senders WHERE ended_ms IS NULL))"
        }
    };
    let lost = tx.execute(
        &format!(
            "UPDATE deliveries SET state = 'uncertain', attempts = attempts + 1, updated_ms = ?2,
                    code = 0, reply = 'the sender ended between the final dot and the reply'
             WHERE send_id = ?1 AND state = 'in_flight' {is_left}"
        ),
        params![send, to_ms(now)],
    )?;
    if uncertain == Uncertain::Resend {
        requeue(&tx, send, "uncertain")?;
    }
    tx.commit()?;
    Ok(lost)
}

/// The ID of another sender, and a number that changes with each renewal of its lease.
pub type Renewed = (i64, i64);

/// Renews the lease of a sender, stores its progress for the others, and reads theirs.
///
/// # Errors
/// [`StoreError::TakenOver`]: another sender has ended this one.
pub fn renew(
    db: &Db,
    send: i64,
    sender: i64,
    lease: Duration,
    progress: Progress,
) -> Result<(Membership, Vec<Renewed>), StoreError> {
    let Progress { is_idle, in_flight, tried, refused, bounced, per_minute } = progress;
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let sql = format!(
        "UPDATE senders SET seen_ms = {0}, expires_ms = {0} + ?2, is_idle = ?3, in_flight = ?4, tried = ?5, refused = ?6, bounced = ?7,
             per_minute = ?8
         WHERE id = ?1 AND ended_ms IS NULL",
        db.clock()
    );
    let [in_flight, tried, refused, bounced, per_minute] = [in_flight, tried, refused, bounced, per_minute].map(count);
    let lease = milliseconds(lease);
    let values = params![sender, lease, is_idle, in_flight, tried, refused, bounced, per_minute];
    if db.execute_unnoticed(&sql, values)? == 0 {
        return Err(StoreError::TakenOver);
    }
    look(db, send, sender)
}

/// See [`Sends::end_dead`].
pub fn end_dead(db: &Db, send: i64, has_died: HasDied) -> Result<usize, StoreError> {
    let sql = "SELECT id, process FROM senders WHERE send_id = ?1 AND ended_ms IS NULL AND process <> ''";
    let alive = db.rows(sql, params![send], |row| Ok::<_, StoreError>((row.get::<i64>(0)?, row.get::<String>(1)?)))?;
    let dead: Vec<i64> = alive.into_iter().filter(|(_, process)| has_died(process)).map(|(id, _)| id).collect();
    let sql = format!("UPDATE senders SET ended_ms = {} WHERE id = ?1 AND ended_ms IS NULL", db.clock());
    dead.iter().try_for_each(|id| db.execute(&sql, params![*id]).map(drop))?;
    Ok(dead.len())
}

fn look(db: &Db, send: i64, sender: i64) -> Result<(Membership, Vec<Renewed>), StoreError> {
    let (mut membership, mut others) = (Membership { size: 0, ..Membership::default() }, Vec::new());
    let sql = "SELECT id, seen_ms, is_idle, tried, refused, bounced FROM senders WHERE send_id = ?1 AND ended_ms IS NULL ORDER BY id";
    let rows = db.rows(sql, params![send], |row| {
        let counts: [i64; 3] = [row.get(3)?, row.get(4)?, row.get(5)?];
        Ok::<_, StoreError>((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<bool>(2)?, counts))
    })?;
    for (id, seen, is_idle, [tried, refused, bounced]) in rows {
        membership.size += 1;
        membership.rank += usize::from(id < sender);
        if id != sender {
            others.push((id, seen));
            membership.working += usize::from(!is_idle);
            membership.others.tried += tried.unsigned_abs();
            membership.others.refused += refused.unsigned_abs();
            membership.others.bounced += bounced.unsigned_abs();
        }
    }
    membership.is_stopped = db.value("SELECT state = 'stopped' FROM sends WHERE id = ?1", params![send])?;
    Ok((membership, others))
}

/// Ends these senders, except those that have renewed their leases in the meantime.
pub fn end(db: &Db, silent: &[Renewed]) -> Result<(), StoreError> {
    let sql =
        format!("UPDATE senders SET ended_ms = {} WHERE id = ?1 AND seen_ms = ?2 AND ended_ms IS NULL", db.clock());
    silent.iter().try_for_each(|(id, seen)| db.execute(&sql, params![*id, *seen]).map(drop))
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
