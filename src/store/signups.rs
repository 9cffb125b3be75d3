//! Sign-ups that wait for confirmation: who may get a letter, and what confirming does. A token is stored as its hash.

use chrono::{DateTime, TimeDelta, Utc};

use super::acts::{Trace, end_sign_ups, forgotten_hash, is_on_list, note};
use super::db::{Db, params};
use super::subscribers::{join, split, stored_address};
use super::{StoreError, Subscribers, from_ms, to_ms};
use crate::model::{Address, LetterOrder, Purpose, SubscriberStatus, token_hash};

/// How long a confirmation link works.
pub(super) const LIFE: TimeDelta = TimeDelta::hours(48);
/// No address gets two letters within this,
const PAUSE: TimeDelta = TimeDelta::hours(1);
/// nor more than this many while nobody confirms.
const IN_ALL: i64 = 3;
/// After this a sign-up that nobody confirmed is deleted.
const KEPT: TimeDelta = TimeDelta::days(30);

/// A sign-up that passed the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUp {
    pub email: Address,
    /// Names of editions; empty means all.
    pub editions: Vec<String>,
    pub network: String,
    /// As its link carries it.
    pub token: String,
    pub kind: Wanted,
}

/// A request by somebody who typed an address into a form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    #[default]
    SignUp,
    /// The link to their preferences, which they have lost.
    Link,
    /// Their mail at this address instead of another.
    Move,
}

impl Wanted {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::Link => "link",
            Self::Move => "move",
        }
    }

    pub(super) fn read(text: &str) -> Self {
        [Self::Link, Self::Move].into_iter().find(|kind| kind.as_str() == text).unwrap_or_default()
    }
}

/// The result of confirming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    Now,
    /// By an earlier press of the same button.
    Before,
    /// The token is wrong, too old, or was ended by leaving.
    No,
}

impl Subscribers<'_> {
    /// When somebody signed this address up, and from which network, the oldest first.
    pub fn sign_ups_of(&self, email: &Address) -> Result<Vec<(DateTime<Utc>, String)>, StoreError> {
        let sql = "SELECT asked_ms, network FROM signups WHERE email_key = ?1 ORDER BY id";
        self.store.db.rows(sql, params![email.key()], |row| Ok((from_ms(row.get(0)?)?, row.get(1)?)))
    }

    /// What pressing the button behind this token would do now: put its owner on the list, or nothing new.
    pub fn can_confirm(&self, token: &str, now: DateTime<Utc>) -> Result<Confirmed, StoreError> {
        let db = &self.store.db;
        let Some(waiting) = open(db, token, now)? else { return Ok(Confirmed::No) };
        waiting.ended.map_or(Ok(Confirmed::Now), |ended| pressed(db, &waiting.email, ended))
    }

    /// Puts the owner of a sign-up on the list, or back on it, at their own request. `seed` is 128 random bits as hex, for a
    /// new subscriber.
    pub fn confirm(&self, token: &str, trace: Trace, seed: &str) -> Result<Confirmed, StoreError> {
        let tx = self.store.begin()?;
        let now = trace.at;
        let Some(waiting) = open(&tx, token, now)? else { return Ok(Confirmed::No) };
        let key = waiting.email.key();
        if let Some(ended) = waiting.ended {
            return pressed(&tx, &waiting.email, ended);
        }
        let id = put(&tx, &waiting, trace, seed)?;
        super::imports::unmark(&tx, id)?;
        end_sign_ups(&tx, &key, now)?;
        tx.execute("DELETE FROM forgotten WHERE hash = ?1", params![forgotten_hash(&tx, &key)?])?;
        note(&tx, id, "confirmed", trace)?;
        tx.commit()?;
        Ok(Confirmed::Now)
    }
}

/// Whether a sign-up that has ended did so by the press that put its owner on the list, where they still are.
fn pressed(db: &Db, email: &Address, ended: i64) -> Result<Confirmed, StoreError> {
    let same: bool = db.value(
        "SELECT EXISTS (SELECT 1 FROM subscribers WHERE email_key = ?1 AND status = 'confirmed' AND confirmed_ms = ?2)",
        params![email.key(), ended],
    )?;
    Ok(if same { Confirmed::Before } else { Confirmed::No })
}

/// Stores a sign-up and queues its letter. `false` when the mailbox or network is over its limit: then nothing is kept. One who asks for
/// the link to their preferences, or to move here, has the same share, and confirms nothing by it.
/// `per_network` is how many an hour one network may ask for.
pub(super) fn take(
    db: &Db,
    sign_up: &SignUp,
    letter: Option<&LetterOrder>,
    per_network: u32,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    db.execute("DELETE FROM signups WHERE asked_ms < ?1", params![to_ms(now - KEPT)])?;
    let key = sign_up.email.key();
    let mailbox = sign_up.email.mailbox();
    // What others asked for in its name counts until the owner confirms.
    let (lately, open): (i64, i64) = db.one(
        "SELECT count(*) FILTER (WHERE asked_ms > ?2), count(*) FILTER (WHERE ended_ms IS NULL)
         FROM signups WHERE mailbox = ?1",
        params![mailbox, to_ms(now - PAUSE)],
        |row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?)),
    )?;
    let near: i64 = db.value(
        "SELECT count(*) FROM signups WHERE network = ?1 AND asked_ms > ?2",
        params![sign_up.network, to_ms(now - PAUSE)],
    )?;
    if lately > 0 || open >= IN_ALL || near >= i64::from(per_network) {
        return Ok(false);
    }
    db.execute(
        "INSERT INTO signups (email, email_key, editions, network, token_hash, asked_ms, expires_ms, kind, mailbox)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            sign_up.email.as_str(),
            key,
            join(&sign_up.editions),
            sign_up.network,
            token_hash(&sign_up.token),
            to_ms(now),
            to_ms(now + LIFE),
            sign_up.kind.as_str(),
            mailbox
        ],
    )?;
    letter.map_or(Ok(false), |letter| super::letters::queue(db, letter))
}

struct Waiting {
    email: Address,
    editions: Vec<String>,
    ended: Option<i64>,
}

/// The sign-up of a token that is not too old.
fn open(db: &Db, token: &str, now: DateTime<Utc>) -> Result<Option<Waiting>, StoreError> {
    db.first(
        "SELECT email, editions, ended_ms FROM signups WHERE token_hash = ?1 AND expires_ms > ?2 AND kind = 'sign_up'",
        params![token_hash(token), to_ms(now)],
        |row| {
            let (email, editions) = (stored_address(&row.get::<String>(0)?)?, split(&row.get::<String>(1)?));
            Ok(Waiting { email, editions, ended: row.get(2)? })
        },
    )
}

/// Makes or changes the subscriber; what a subscriber on the list had chosen before stays chosen.
fn put(db: &Db, waiting: &Waiting, trace: Trace, seed: &str) -> Result<i64, StoreError> {
    let key = waiting.email.key();
    let old: Option<(i64, String, String)> =
        db.first("SELECT id, status, editions FROM subscribers WHERE email_key = ?1", params![key], |row| {
            Ok::<_, StoreError>((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let now = to_ms(trace.at);
    let consent = "the sign-up form, confirmed by the owner of the address";
    let Some((id, status, editions)) = old else {
        return db.value(
            "INSERT INTO subscribers (email_key, email, domain, name, status, editions, fields, created_ms, confirmed_ms, consent, seed,
                                  leave_hash, preferences_hash)
             VALUES (?1, ?2, ?3, '', 'confirmed', ?4, '{}', ?5, ?5, ?6, ?7, ?8, ?9) RETURNING id",
            params![
                key,
                waiting.email.as_str(),
                waiting.email.domain(),
                join(&waiting.editions),
                now,
                consent,
                seed,
                Purpose::Unsubscribe.hash(seed),
                Purpose::Preferences.hash(seed)
            ],
        );
    };
    let status: SubscriberStatus = status.parse().map_err(|()| StoreError::Value(format!("{status} as a status")))?;
    let editions = match (is_on_list(status), editions.as_str(), waiting.editions.is_empty()) {
        (true, "", _) | (_, _, true) => String::new(),
        (true, had, false) => join(&[split(had), waiting.editions.clone()].concat()),
        (false, _, false) => join(&waiting.editions),
    };
    db.execute(
        "UPDATE subscribers SET status = 'confirmed', editions = ?2, confirmed_ms = ?3, left_ms = NULL, consent = ?4,
                            paused_until_ms = NULL
         WHERE id = ?1",
        params![id, editions, now, consent],
    )?;
    Ok(id)
}
