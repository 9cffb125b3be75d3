//! Finds subscribers by the hash of a token, and does what they ask: choose, pause, leave, be forgotten. Each act is recorded.

use chrono::{DateTime, Utc};

use super::acts::{Trace, forgotten_hash, leave, note};
use super::db::{Db, params};
use super::subscribers::{join, read_act};
use super::{StoreError, Subscribers, from_ms, to_ms};
use crate::model::{Act, Address, DeliveryLine, Purpose, Subscriber, SubscriberStatus, token_hash};

/// A subscriber's choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreferenceChange {
    pub name: String,
    /// Names of editions; empty means all.
    pub editions: Vec<String>,
    pub paused_until: Option<DateTime<Utc>>,
}

/// The result of restoring a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BroughtBack {
    /// They are back on the list, with this status.
    Now(SubscriberStatus),
    NotGone,
    /// They left by their own choice, which only they can undo.
    Refused(SubscriberStatus),
}

impl Subscribers<'_> {
    /// The subscriber whose token this is.
    pub fn subscriber_by(&self, purpose: Purpose, token: &str) -> Result<Option<Subscriber>, StoreError> {
        let Some(id) = id_by(&self.store.db, purpose, token)? else { return Ok(None) };
        let email: String = self.store.db.value("SELECT email FROM subscribers WHERE id = ?1", params![id])?;
        self.subscriber(&super::subscribers::stored_address(&email)?)
    }

    /// Unsubscribes the subscriber of this token at their own request, and ends their open sign-ups. Idempotent.
    /// `None` when no subscriber has the token.
    pub fn leave(&self, purpose: Purpose, token: &str, trace: Trace) -> Result<Option<bool>, StoreError> {
        // A stranger's guess keeps no sender waiting for the lock.
        if id_by(&self.store.db, purpose, token)?.is_none() {
            return Ok(None);
        }
        let tx = self.store.begin()?;
        let Some(id) = id_by(&tx, purpose, token)? else { return Ok(None) };
        let left = leave(&tx, id, trace)?;
        tx.commit()?;
        Ok(Some(left))
    }

    /// Unsubscribes a subscriber at the operator's request. Idempotent. `None` when nobody has the address.
    pub fn remove(&self, email: &Address, now: DateTime<Utc>) -> Result<Option<bool>, StoreError> {
        let tx = self.store.begin()?;
        let Some(id) = id_of(&tx, &email.key())? else { return Ok(None) };
        let left = leave(&tx, id, Trace { how: "operator", network: "", at: now })?;
        tx.commit()?;
        Ok(Some(left))
    }

    /// Brings back a subscriber whom a bounce took off, and one who left or complained where `consent` has their word; with a note of
    /// why. One who had never confirmed waits again. `None` when nobody has the address.
    pub fn restore(
        &self,
        email: &Address,
        why: &str,
        consent: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<BroughtBack>, StoreError> {
        let tx = self.store.begin()?;
        let found: Option<(i64, String, bool)> = tx.first(
            "SELECT id, status, confirmed_ms IS NOT NULL FROM subscribers WHERE email_key = ?1",
            params![email.key()],
            |row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let Some((id, status, had_confirmed)) = found else { return Ok(None) };
        let status: SubscriberStatus =
            status.parse().map_err(|()| StoreError::Value(format!("{status} as a status")))?;
        if !status.is_gone() {
            return Ok(Some(BroughtBack::NotGone));
        }
        if status != SubscriberStatus::Bounced && consent.is_empty() {
            return Ok(Some(BroughtBack::Refused(status)));
        }
        let is_confirmed = had_confirmed || !consent.is_empty();
        let back = if is_confirmed { SubscriberStatus::Confirmed } else { SubscriberStatus::Pending };
        tx.execute(
            "UPDATE subscribers SET status = ?2, left_ms = NULL, consent = CASE ?3 WHEN '' THEN consent ELSE ?3 END,
                                    confirmed_ms = CASE ?2 WHEN 'confirmed' THEN coalesce(confirmed_ms, ?4) END
             WHERE id = ?1",
            params![id, back.as_str(), consent, to_ms(now)],
        )?;
        let how = format!("operator: {why}");
        note(&tx, id, "restored", Trace { how: &how, network: "", at: now })?;
        tx.commit()?;
        Ok(Some(BroughtBack::Now(back)))
    }

    /// Keeps what the subscriber of a token chose; `false` when no subscriber on the list has it.
    pub fn choose(
        &self,
        purpose: Purpose,
        token: &str,
        wishes: &PreferenceChange,
        trace: Trace,
    ) -> Result<bool, StoreError> {
        let tx = self.store.begin()?;
        let Some(id) = id_by(&tx, purpose, token)? else { return Ok(false) };
        let rows = tx.execute(
            "UPDATE subscribers SET name = ?2, editions = ?3, paused_until_ms = ?4
             WHERE id = ?1 AND status IN ('pending', 'confirmed')",
            params![id, wishes.name, join(&wishes.editions), wishes.paused_until.map(to_ms)],
        )?;
        if rows > 0 {
            note(&tx, id, "chose", trace)?;
        }
        tx.commit()?;
        Ok(rows > 0)
    }

    /// Deletes all that is stored on a person. A salted hash stays, which keeps imports from bringing them back, and the ledger's
    /// rows keep their number. Says whether anything was there.
    pub fn forget(&self, email: &Address, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let tx = self.store.begin()?;
        let key = email.key();
        let mut rows = 0;
        if let Some(id) = id_of(&tx, &key)? {
            // Subscriber 0 is nobody: the number may be given to another once the row is gone. Replies may repeat the address.
            rows += tx.execute(
                "UPDATE deliveries SET email = '', domain = '', subscriber_id = 0, reply = CASE WHEN reply IS NULL THEN NULL ELSE '' END,
                        state = CASE WHEN state IN ('pending', 'deferred', 'uncertain') THEN 'suppressed' ELSE state END,
                        due_ms = NULL
                 WHERE subscriber_id = ?1",
                params![id],
            )?;
            rows += tx.execute("DELETE FROM acts WHERE subscriber_id = ?1", params![id])?;
        }
        for table in ["subscribers", "letters", "signups", "signup_requests", "moves"] {
            rows += tx.execute(&format!("DELETE FROM {table} WHERE email_key = ?1"), params![key])?;
        }
        // What still waits for the safety log goes there without the address.
        tx.execute(
            "UPDATE safety_queue SET email_key = NULL, hash = ?2 WHERE email_key = ?1",
            params![key, forgotten_hash(&tx, &key)?],
        )?;
        tx.execute(
            "INSERT INTO forgotten (hash, at_ms) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
            params![forgotten_hash(&tx, &key)?, to_ms(now)],
        )?;
        tx.commit()?;
        self.store.db.scrub()?;
        Ok(rows > 0)
    }

    /// What a subscriber did themselves, the oldest first.
    pub fn acts(&self, email: &Address) -> Result<Vec<Act>, StoreError> {
        self.store.db.rows(
            "SELECT a.at_ms, a.act, a.how, a.network FROM acts AS a JOIN subscribers AS r ON r.id = a.subscriber_id
             WHERE r.email_key = ?1 ORDER BY a.id",
            params![email.key()],
            read_act,
        )
    }

    /// The copies that a subscriber got or was to get.
    pub fn deliveries_to(&self, email: &Address) -> Result<Vec<DeliveryLine>, StoreError> {
        self.store.db.rows(
            "SELECT s.issue, d.state, d.updated_ms, coalesce(d.reply, '') FROM deliveries AS d
             JOIN sends AS s ON s.id = d.send_id JOIN subscribers AS r ON r.id = d.subscriber_id
             WHERE r.email_key = ?1 ORDER BY s.issue",
            params![email.key()],
            |row| {
                let updated = from_ms(row.get(2)?)?;
                Ok(DeliveryLine { issue: row.get(0)?, state: row.get(1)?, updated, reply: row.get(3)? })
            },
        )
    }
}

fn id_of(db: &Db, key: &str) -> Result<Option<i64>, StoreError> {
    db.first("SELECT id FROM subscribers WHERE email_key = ?1", params![key], |row| row.get(0))
}

fn id_by(db: &Db, purpose: Purpose, token: &str) -> Result<Option<i64>, StoreError> {
    let column = match purpose {
        Purpose::Unsubscribe => "leave_hash",
        Purpose::Preferences => "preferences_hash",
    };
    let sql = format!("SELECT id FROM subscribers WHERE {column} = ?1");
    db.first(&sql, params![token_hash(token)], |row| row.get(0))
}
