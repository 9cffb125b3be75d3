//! Which of several daemons acts: a lease with a fencing number (Kleppmann, "How to do distributed locking", 2016). A daemon that
//! was paused and wakes up finds its number stale. Knows nothing of what is done under it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::db::{Db, params};
use super::{Scheduling, StoreError, from_ms, to_ms};

/// The right to act, for as long as its number is the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencingToken {
    pub holder: String,
    pub number: i64,
    /// Since when its holder has held it without a break.
    pub since: DateTime<Utc>,
}

/// Why a send is stopped when its daemon lost the lease: the next daemon resumes it.
pub const TAKEN_OVER: &str = "the `digest serve` that sent it was gone or asleep";

/// The lease as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub fencing_token: FencingToken,
    pub expires: DateTime<Utc>,
}

impl Scheduling<'_> {
    /// The lease, if any daemon ever held it.
    pub fn lease(&self) -> Result<Option<Lease>, StoreError> {
        read(&self.store.db)
    }

    /// Takes or renews the lease for `holder`, for `ttl` from `now`. `None` while another one holds it.
    ///
    /// Renewing in time keeps the fencing token, whatever was done to the clock and the length of a lease; one that ran out begins a new
    /// hold with a higher one, also for its old holder, since nobody watched in between. On SQLite a send that the last holder had under way is set to stopped, so that its process, if
    /// it wakes up, sends nothing more.
    pub fn hold_lease(
        &self,
        holder: &str,
        now: DateTime<Utc>,
        ttl: Duration,
    ) -> Result<Option<FencingToken>, StoreError> {
        let ttl = TimeDelta::from_std(ttl).map_err(|e| StoreError::Value(e.to_string()))?;
        let tx = self.store.begin()?;
        let before = read(&tx)?;
        let fencing_token = match before {
            Some(Lease { fencing_token, expires }) if fencing_token.holder == holder && now < expires => {
                FencingToken { since: fencing_token.since.min(now), ..fencing_token }
            }
            // One that ends later than any that could be given now was given before the clock was set back.
            Some(Lease { expires, .. }) if now < expires && expires <= now + ttl => return Ok(None),
            last => {
                let stale = last.map_or(0, |lease| lease.fencing_token.number);
                let fencing_token = FencingToken { holder: holder.to_owned(), number: stale + 1, since: now };
                // On PostgreSQL, others may be sending too, and each sender has its own lease.
                if !self.store.is_shared() {
                    tx.execute(
                        "UPDATE sends SET fencing_token = ?2, state = 'stopped',
                                reason = ?3
                         WHERE fencing_token = ?1 AND fencing_token > 0 AND state = 'sending'",
                        params![stale, fencing_token.number, TAKEN_OVER],
                    )?;
                }
                fencing_token
            }
        };
        tx.execute(
            "INSERT INTO lease (id, holder, fencing_token, since_ms, expires_ms) VALUES (1, ?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, fencing_token = excluded.fencing_token,
                 since_ms = excluded.since_ms, expires_ms = excluded.expires_ms",
            params![fencing_token.holder, fencing_token.number, to_ms(fencing_token.since), to_ms(now + ttl)],
        )?;
        tx.commit()?;
        Ok(Some(fencing_token))
    }

    /// Gives the lease back at the end of a daemon, so that another one need not wait. Stale fencing tokens change nothing.
    pub fn release_lease(&self, fencing_token: &FencingToken) -> Result<(), StoreError> {
        self.store.db.execute(
            "UPDATE lease SET expires_ms = 0 WHERE fencing_token = ?1 AND holder = ?2",
            params![fencing_token.number, fencing_token.holder],
        )?;
        Ok(())
    }

    /// Puts a send under a fencing token: writes under a stale one are refused. `None` means a send by hand.
    pub fn set_fencing_token(&self, send: i64, fencing_token: Option<&FencingToken>) -> Result<bool, StoreError> {
        let tx = self.store.begin()?;
        if let Some(fencing_token) = fencing_token
            && !is_newest(&tx, fencing_token)?
        {
            return Ok(false);
        }
        tx.execute(
            "UPDATE sends SET fencing_token = ?2 WHERE id = ?1",
            params![send, fencing_token.map_or(0, |f| f.number)],
        )?;
        tx.commit()?;
        Ok(true)
    }
}

/// Whether a fencing token is the newest one.
pub(super) fn is_newest(db: &Db, fencing_token: &FencingToken) -> Result<bool, StoreError> {
    let newest = db.first("SELECT fencing_token FROM lease", params![], |row| row.get(0))?;
    Ok(newest == Some(fencing_token.number))
}

fn read(db: &Db) -> Result<Option<Lease>, StoreError> {
    db.first("SELECT holder, fencing_token, since_ms, expires_ms FROM lease", params![], |row| {
        let (holder, number, since) = (row.get(0)?, row.get(1)?, from_ms(row.get(2)?)?);
        Ok(Lease { fencing_token: FencingToken { holder, number, since }, expires: from_ms(row.get(3)?)? })
    })
}
