//! The steps that changes of a subscriber's status are made of: remove, end links, note, forget. Functions within the caller's
//! transaction.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

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
pub(super) fn leave(conn: &Connection, id: i64, trace: Trace) -> Result<bool, StoreError> {
    let left = take_off(conn, id, SubscriberStatus::Unsubscribed, trace.at)?;
    if left {
        note(conn, id, "left", trace)?;
    }
    Ok(left)
}

/// Takes a subscriber off the list and ends the open sign-ups of their address, so that no older link brings them back. The first
/// reason stays; `false` when they were off before.
pub(super) fn take_off(
    conn: &Connection,
    id: i64,
    status: SubscriberStatus,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let rows = conn
        .prepare_cached(
            "UPDATE subscribers SET status = ?2, left_ms = ?3 WHERE id = ?1 AND status IN ('pending', 'confirmed')",
        )?
        .execute(params![id, status.as_str(), to_ms(now)])?;
    let key: Option<String> = conn
        .prepare_cached("SELECT email_key FROM subscribers WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    key.map_or(Ok(()), |key| end_sign_ups(conn, &key, now))?;
    Ok(rows > 0)
}

/// Ends the open sign-ups of an address: none of its links confirms any more.
pub(super) fn end_sign_ups(conn: &Connection, key: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE signups SET ended_ms = ?2 WHERE email_key = ?1 AND ended_ms IS NULL")?
        .execute(params![key, to_ms(now)])?;
    Ok(())
}

pub(super) fn note(conn: &Connection, id: i64, act: &str, trace: Trace) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO acts (subscriber_id, at_ms, act, how, network) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, to_ms(trace.at), act, trace.how, trace.network],
    )?;
    Ok(())
}

pub(super) fn forgotten_hash(conn: &Connection, key: &str) -> Result<Vec<u8>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT salt FROM salts WHERE name = 'forgotten'")?;
    let salt: Vec<u8> = statement.query_row([], |row| row.get(0))?;
    Ok(Sha256::new().chain_update(salt).chain_update(key).finalize().to_vec())
}

/// Whether the person of this address asked to be forgotten.
pub(super) fn is_forgotten(conn: &Connection, key: &str) -> Result<bool, StoreError> {
    let any: bool = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM forgotten)")?.query_row([], |row| row.get(0))?;
    if !any {
        return Ok(false);
    }
    let hash = forgotten_hash(conn, key)?;
    let mut statement = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM forgotten WHERE hash = ?1)")?;
    Ok(statement.query_row([hash], |row| row.get(0))?)
}

/// Whether a status lets its subscriber come back by confirming.
pub(super) fn is_on_list(status: SubscriberStatus) -> bool {
    status == SubscriberStatus::Confirmed
}
