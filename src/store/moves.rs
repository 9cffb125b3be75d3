//! A subscriber's move to another address: asked for with the token of their preferences, done when the owner of the new address
//! confirms. The old address stays on record as unsubscribed, so that no older list brings it back.

use chrono::{DateTime, Utc};

use super::acts::{Trace, end_sign_ups, forgotten_hash, note};
use super::db::{Db, params};
use super::signups::{LIFE, SignUp, take};
use super::subscribers::stored_address;
use super::{StoreError, Subscribers, to_ms};
use crate::model::{Address, LetterOrder, Purpose, token_hash};

/// A move that was done just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub from: Address,
    pub to: Address,
}

impl Subscribers<'_> {
    /// Stores a subscriber's request to move, and queues the letter to the new address. `false` when its mailbox or the network
    /// is over its limit of letters, which is not shown to anybody.
    pub fn ask_to_move(
        &self,
        from: &Address,
        sign_up: &SignUp,
        letter: &LetterOrder,
        per_network: u32,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let tx = self.store.begin()?;
        let sql = "SELECT id FROM subscribers WHERE email_key = ?1 AND status IN ('pending', 'confirmed')";
        let Some(id) = tx.first(sql, params![from.key()], |row| row.get::<i64>(0))? else { return Ok(false) };
        if !take(&tx, sign_up, Some(letter), per_network, now)? {
            return Ok(false);
        }
        // The newest request counts.
        tx.execute(
            "UPDATE moves SET ended_ms = ?2 WHERE subscriber_id = ?1 AND ended_ms IS NULL",
            params![id, to_ms(now)],
        )?;
        tx.execute(
            "INSERT INTO moves (subscriber_id, email, email_key, token_hash, asked_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                id,
                sign_up.email.as_str(),
                sign_up.email.key(),
                token_hash(&sign_up.token),
                to_ms(now),
                to_ms(now + LIFE)
            ],
        )?;
        tx.commit()?;
        Ok(true)
    }

    /// The address to which pressing the button behind this token would move, or has moved, a subscriber.
    pub fn move_of(&self, token: &str, now: DateTime<Utc>) -> Result<Option<(Address, bool)>, StoreError> {
        Ok(open(&self.store.db, token, now)?.map(|wish| (wish.to, wish.is_done)))
    }

    /// Moves the subscriber. `None` when the token is wrong, too old, or was ended; pressing it again says so, and changes nothing.
    /// `seed` is 128 random bits as hex for the record that stays at the old address.
    pub fn confirm_move(&self, token: &str, trace: Trace, seed: &str) -> Result<Option<(Moved, bool)>, StoreError> {
        let tx = self.store.begin()?;
        let Some(wish) = open(&tx, token, trace.at)? else { return Ok(None) };
        let moved = Moved { from: wish.from.clone(), to: wish.to.clone() };
        if wish.is_done {
            return Ok(Some((moved, false)));
        }
        let key = wish.to.key();
        // For the safety log: nobody of this address is kept off the list any more.
        tx.execute(
            "UPDATE subscribers SET status = 'confirmed', confirmed_ms = ?3
             WHERE email_key = ?1 AND id <> ?2 AND status NOT IN ('pending', 'confirmed')",
            params![key, wish.subscriber, to_ms(trace.at)],
        )?;
        // A subscriber with the new address is its owner, who has just confirmed: the two are merged.
        tx.execute(
            "UPDATE deliveries SET email = '', domain = '', subscriber_id = 0, due_ms = NULL,
                    state = CASE WHEN state IN ('pending', 'deferred', 'uncertain') THEN 'suppressed' ELSE state END
             WHERE subscriber_id = (SELECT id FROM subscribers WHERE email_key = ?1 AND id <> ?2)",
            params![key, wish.subscriber],
        )?;
        tx.execute("DELETE FROM subscribers WHERE email_key = ?1 AND id <> ?2", params![key, wish.subscriber])?;
        tx.execute("DELETE FROM forgotten WHERE hash = ?1", params![forgotten_hash(&tx, &key)?])?;
        end_sign_ups(&tx, &key, trace.at)?;
        tx.execute(
            "UPDATE subscribers SET email = ?2, email_key = ?3, domain = ?4 WHERE id = ?1",
            params![wish.subscriber, wish.to.as_str(), key, wish.to.domain()],
        )?;
        tx.execute("UPDATE moves SET ended_ms = ?2 WHERE id = ?1", params![wish.id, to_ms(trace.at)])?;
        note(&tx, wish.subscriber, "moved", trace)?;
        if wish.from.key() != key {
            stay_behind(&tx, &wish.from, seed, trace)?;
        }
        tx.commit()?;
        Ok(Some((moved, true)))
    }
}

/// The old address as one who left.
fn stay_behind(db: &Db, from: &Address, seed: &str, trace: Trace) -> Result<(), StoreError> {
    let now = to_ms(trace.at);
    let id = db.value(
        "INSERT INTO subscribers (email_key, email, domain, name, status, editions, fields, created_ms, left_ms, consent, seed, leave_hash,
                                  preferences_hash)
         VALUES (?1, ?2, ?7, '', 'unsubscribed', '', '{}', ?3, ?3, '', ?4, ?5, ?6) RETURNING id",
        params![from.key(), from.as_str(), now, seed, Purpose::Unsubscribe.hash(seed), Purpose::Preferences.hash(seed),
            from.domain()],
    )?;
    note(db, id, "left", Trace { how: "moved to another address", ..trace })
}

struct Wish {
    id: i64,
    subscriber: i64,
    from: Address,
    to: Address,
    is_done: bool,
}

/// The request behind a token that is not too old: one that waits, or one that was done and is still in effect.
fn open(db: &Db, token: &str, now: DateTime<Utc>) -> Result<Option<Wish>, StoreError> {
    let sql = "SELECT m.id, m.subscriber_id, s.email, m.email, m.ended_ms IS NULL
               FROM moves m JOIN subscribers s ON s.id = m.subscriber_id
               WHERE m.token_hash = ?1 AND m.expires_ms > ?2 AND s.status IN ('pending', 'confirmed')
                     AND (m.ended_ms IS NULL OR m.email_key = s.email_key)";
    db.first(sql, params![token_hash(token), to_ms(now)], |row| {
        let (from, to): (String, String) = (row.get(2)?, row.get(3)?);
        Ok(Wish {
            id: row.get(0)?,
            subscriber: row.get(1)?,
            from: stored_address(&from)?,
            to: stored_address(&to)?,
            is_done: !row.get::<bool>(4)?,
        })
    })
}
