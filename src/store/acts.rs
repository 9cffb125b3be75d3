//! The steps that changes of a subscriber's status are made of: remove, end links, note, forget. Functions within the caller's
//! transaction.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::db::{Db, params};
use super::{StoreError, to_ms};
use crate::model::SubscriberStatus;

/// How a subscriber's request reached us, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace<'a> {
    /// `web page`, `one-click`, `mail`, `operator`.
    pub how: &'a str,
    /// 192.0.2.0/24 or `2001:db8::/64`; empty when there is none.
    pub network: &'a str,
    pub at: DateTime<Utc>,
}

/// Unsubscribes a subscriber and records it, however the request reached us. Idempotent.
pub(super) fn leave(db: &Db, id: i64, trace: Trace) -> Result<bool, StoreError> {
    let left = take_off(db, id, SubscriberStatus::Unsubscribed, trace.at)?;
    if left {
        note(db, id, "left", trace)?;
    }
    Ok(left)
}

/// Takes a subscriber off the list and ends the open sign-ups of their address, so that no older link brings them back. The first
/// reason stays; `false` when they were off before.
pub(super) fn take_off(db: &Db, id: i64, status: SubscriberStatus, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = db.execute(
        "UPDATE subscribers SET status = ?2, left_ms = ?3 WHERE id = ?1 AND status IN ('pending', 'confirmed')",
        params![id, status.as_str(), to_ms(now)],
    )?;
    let key = db.first("SELECT email_key FROM subscribers WHERE id = ?1", params![id], |row| row.get::<String>(0))?;
    key.map_or(Ok(()), |key| end_sign_ups(db, &key, now))?;
    Ok(rows > 0)
}

/// Ends the open sign-ups of an address: none of its links confirms any more.
pub(super) fn end_sign_ups(db: &Db, key: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    db.execute("UPDATE signups SET ended_ms = ?2 WHERE email_key = ?1 AND ended_ms IS NULL", params![key, to_ms(now)])?;
    Ok(())
}

pub(super) fn note(db: &Db, id: i64, act: &str, trace: Trace) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO acts (subscriber_id, at_ms, act, how, network) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, to_ms(trace.at), act, trace.how, trace.network],
    )?;
    Ok(())
}

pub(super) fn forgotten_hash(db: &Db, key: &str) -> Result<Vec<u8>, StoreError> {
    let salt: Vec<u8> = db.value("SELECT salt FROM salts WHERE name = 'forgotten'", params![])?;
    Ok(Sha256::new().chain_update(salt).chain_update(key).finalize().to_vec())
}

/// Whether the person of this address asked to be forgotten.
pub(super) fn is_forgotten(db: &Db, key: &str) -> Result<bool, StoreError> {
    let any: bool = db.value("SELECT EXISTS (SELECT 1 FROM forgotten)", params![])?;
    if !any {
        return Ok(false);
    }
    let hash = forgotten_hash(db, key)?;
    db.value("SELECT EXISTS (SELECT 1 FROM forgotten WHERE hash = ?1)", params![hash])
}

/// Whether a status lets its subscriber come back by confirming.
pub(super) fn is_on_list(status: SubscriberStatus) -> bool {
    status == SubscriberStatus::Confirmed
}
