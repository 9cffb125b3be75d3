//! Which of several daemons acts: a lease with a fencing number (Kleppmann, "How to do distributed locking", 2016). Whoever
//! was paused and wakes up finds its number stale. Knows nothing of what is done under it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{Store, StoreError, from_ms, to_ms};

/// The right to act, for as long as its number is the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    pub holder: String,
    pub number: i64,
    /// Since when its holder has held it without a break.
    pub since: DateTime<Utc>,
}

/// Why a send stands stopped whose daemon lost the lease: the next one goes on with it.
pub const TAKEN_OVER: &str = "the digest serve that sent it was gone or asleep";

/// The lease as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub fence: Fence,
    pub expires: DateTime<Utc>,
}

impl Store {
    /// The lease, if any daemon ever held it.
    pub fn lease(&self) -> Result<Option<Lease>, StoreError> {
        read(&self.conn)
    }

    /// Takes or renews the lease for `holder`, for `ttl` from `now`. `None` while another one holds it.
    ///
    /// Renewing in time keeps the fence, whatever was done to the clock and the length of a lease; one that ran out begins a new
    /// reign with a higher one, also for its old holder, since nobody watched in between. A send that the last reign had under way is set to stopped, so that its process, if
    /// it wakes up, sends nothing more.
    pub fn hold_lease(&mut self, holder: &str, now: DateTime<Utc>, ttl: Duration) -> Result<Option<Fence>, StoreError> {
        let ttl = TimeDelta::from_std(ttl).map_err(|e| StoreError::Value(e.to_string()))?;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = read(&tx)?;
        let fence = match before {
            Some(Lease { fence, expires }) if fence.holder == holder && now < expires => {
                Fence { since: fence.since.min(now), ..fence }
            }
            // One that ends later than any that could be given now was given before the clock was set back.
            Some(Lease { expires, .. }) if now < expires && expires <= now + ttl => return Ok(None),
            last => {
                let stale = last.map_or(0, |lease| lease.fence.number);
                let fence = Fence { holder: holder.to_owned(), number: stale + 1, since: now };
                tx.execute(
                    "UPDATE sends SET fence = ?2, state = 'stopped',
                            reason = ?3
                     WHERE fence = ?1 AND fence > 0 AND state = 'sending'",
                    params![stale, fence.number, TAKEN_OVER],
                )?;
                fence
            }
        };
        tx.execute(
            "INSERT INTO lease (id, holder, fence, since_ms, expires_ms) VALUES (1, ?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, fence = excluded.fence,
                 since_ms = excluded.since_ms, expires_ms = excluded.expires_ms",
            params![fence.holder, fence.number, to_ms(fence.since), to_ms(now + ttl)],
        )?;
        tx.commit()?;
        Ok(Some(fence))
    }

    /// Gives the lease back at the end of a daemon, so that another one need not wait. Stale fences change nothing.
    pub fn release_lease(&mut self, fence: &Fence) -> Result<(), StoreError> {
        self.conn.execute(
            "UPDATE lease SET expires_ms = 0 WHERE fence = ?1 AND holder = ?2",
            params![fence.number, fence.holder],
        )?;
        Ok(())
    }

    /// Puts a send under a fence: what was begun under a stale one is refused. With `None` it is by hand.
    pub fn fence_send(&mut self, send: i64, fence: Option<&Fence>) -> Result<bool, StoreError> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(fence) = fence
            && !is_newest(&tx, fence)?
        {
            return Ok(false);
        }
        tx.execute("UPDATE sends SET fence = ?2 WHERE id = ?1", params![send, fence.map_or(0, |f| f.number)])?;
        tx.commit()?;
        Ok(true)
    }
}

/// Whether a fence is the newest one.
pub(super) fn is_newest(conn: &Connection, fence: &Fence) -> Result<bool, StoreError> {
    let newest: Option<i64> = conn.query_row("SELECT fence FROM lease", [], |row| row.get(0)).optional()?;
    Ok(newest == Some(fence.number))
}

fn read(conn: &Connection) -> Result<Option<Lease>, StoreError> {
    let found = conn
        .query_row("SELECT holder, fence, since_ms, expires_ms FROM lease", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((holder, number, since, expires)) = found else { return Ok(None) };
    Ok(Some(Lease { fence: Fence { holder, number, since: from_ms(since)? }, expires: from_ms(expires)? }))
}
