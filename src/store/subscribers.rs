//! The subscriber list: what an import may change, and what nothing may undo.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::acts::{Trace, end_sign_ups, is_forgotten, note};
use super::db::{Db, Engine, Row, params};
use super::{StoreError, Subscribers, from_ms, to_ms};
use crate::model::{Act, Address, Purpose, Subscriber, SubscriberRow, SubscriberStatus};

/// The effect of one row on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Added,
    Updated,
    Unchanged,
    /// The subscriber left, bounced or complained, and no import brings them back.
    KeptGone,
}

/// How many rows did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub added: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub kept_unsubscribed: usize,
}

impl Tally {
    pub(super) fn count(&mut self, change: Change) {
        match change {
            Change::Added => self.added += 1,
            Change::Updated => self.updated += 1,
            Change::Unchanged => self.unchanged += 1,
            Change::KeptGone => self.kept_unsubscribed += 1,
        }
    }
}

const COLUMNS: &str =
    "email, name, status, editions, created_ms, confirmed_ms, left_ms, consent, fields, paused_until_ms";

impl Subscribers<'_> {
    /// Puts a batch of rows on the list in one transaction; `seed` gives 128 random bits as hex for each new subscriber.
    pub fn import<'r>(
        &self,
        rows: impl IntoIterator<Item = &'r SubscriberRow>,
        now: DateTime<Utc>,
        seed: &mut dyn FnMut() -> String,
    ) -> Result<Tally, StoreError> {
        let tx = self.store.begin()?;
        let mut tally = Tally::default();
        for row in rows {
            tally.count(put(&tx, row, now, seed)?.change);
        }
        tx.commit()?;
        Ok(tally)
    }

    /// Begins to watch for addresses that occur twice in an import; those seen are kept in a separate table on disk.
    pub fn watch_for_duplicates(&self) -> Result<(), StoreError> {
        self.store.db.batch(
            "CREATE TEMP TABLE IF NOT EXISTS seen (hash BIGINT PRIMARY KEY, line BIGINT NOT NULL); DELETE FROM seen;",
        )
    }

    /// For each address the line on which it stood first, if that was before.
    pub fn seen_before(&self, rows: &[(u64, SubscriberRow)]) -> Result<Vec<Option<u64>>, StoreError> {
        // A transaction that only reads may write to a table of its own connection.
        let tx = self.store.db.snapshot()?;
        let add = "INSERT INTO seen (hash, line) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING";
        let look = |(line, row): &(u64, SubscriberRow)| -> Result<Option<u64>, StoreError> {
            let digest = Sha256::digest(row.email.key());
            let hash = digest.first_chunk().map_or(0, |first| i64::from_be_bytes(*first));
            let line = i64::try_from(*line).unwrap_or(i64::MAX);
            if tx.execute(add, params![hash, line])? == 1 {
                return Ok(None);
            }
            let line: i64 = tx.value("SELECT line FROM seen WHERE hash = ?1", params![hash])?;
            Ok(u64::try_from(line).ok())
        };
        let found = rows.iter().map(look).collect::<Result<_, _>>()?;
        tx.commit()?;
        Ok(found)
    }

    pub fn subscriber(&self, email: &Address) -> Result<Option<Subscriber>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM subscribers WHERE email_key = ?1");
        self.store.db.first(&sql, params![email.key()], read)
    }

    /// Calls `each` with every subscriber in the order they joined, one at a time; optionally only those of one status.
    pub fn each_subscriber<E: From<StoreError>>(
        &self,
        status: Option<SubscriberStatus>,
        mut each: impl FnMut(Subscriber) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql =
            format!("SELECT {COLUMNS} FROM subscribers WHERE CAST(?1 AS text) IS NULL OR status = ?1 ORDER BY id");
        self.store.db.each(&sql, params![status.map(SubscriberStatus::as_str)], |row| each(read(row)?))
    }

    /// Calls `each` with every subscriber and all that is on record of them, in the order they joined: what they did, and what came
    /// back about them and counted.
    pub fn each_with_record<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(Subscriber, Vec<Act>) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!("SELECT {COLUMNS}, id FROM subscribers ORDER BY id");
        let db = &self.store.db;
        db.each(&sql, params![], |row| each(read(row)?, record_of(db, row.get(10)?)?))
    }

    /// The names of all merge fields in use, in order.
    pub fn field_names(&self) -> Result<Vec<String>, StoreError> {
        let sql = match self.store.db.engine() {
            Engine::Sqlite(_) => {
                "SELECT DISTINCT j.key FROM subscribers, json_each(subscribers.fields) AS j ORDER BY j.key"
            }
            Engine::Postgres(_) => {
                // A NUL is a text's character in JSON, and in no text there.
                "SELECT DISTINCT json_object_keys(replace(fields, '\\u0000', '\\ufffd')::json) COLLATE \"C\" AS key
                 FROM subscribers ORDER BY key"
            }
        };
        self.store.db.rows(sql, params![], |row| row.get(0))
    }
}

/// What a row did, and whom it made one who may be mailed, with where they stood before; `""` for one who is new.
pub(super) struct Put {
    pub(super) change: Change,
    pub(super) mailable: Option<(i64, &'static str)>,
}

pub(super) fn put(
    db: &Db,
    row: &SubscriberRow,
    now: DateTime<Utc>,
    seed: &mut dyn FnMut() -> String,
) -> Result<Put, StoreError> {
    let did = |change| Put { change, mailable: None };
    if row.status.is_gone() {
        end_sign_ups(db, &row.email.key(), now)?;
    }
    let Some((id, old)) = find_with_id(db, &row.email)? else {
        if is_forgotten(db, &row.email.key())? {
            return Ok(did(Change::KeptGone));
        }
        let id = insert(db, row, now, &seed())?;
        record(db, id, row, now)?;
        return Ok(Put { change: Change::Added, mailable: (!row.status.is_gone()).then_some((id, "")) });
    };
    if old.status.is_gone() {
        return Ok(did(if row.status.is_gone() { Change::Unchanged } else { Change::KeptGone }));
    }
    let new = merged(&old, row, now);
    if new != old {
        update(db, &new)?;
    }
    let is_off = row.status.is_gone();
    let is_new = if is_off { record(db, id, row, now)? } else { add_acts(db, id, &row.acts)? };
    let confirmed_now = new.status == SubscriberStatus::Confirmed && old.status == SubscriberStatus::Pending;
    Ok(Put {
        change: if new == old && !is_new { Change::Unchanged } else { Change::Updated },
        mailable: confirmed_now.then_some((id, "pending")),
    })
}

/// Puts on record what a row brings as evidence, and why its subscriber is off the list. Says whether any of it was new.
fn record(db: &Db, id: i64, row: &SubscriberRow, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let is_new = add_acts(db, id, &row.acts)?;
    if row.why.is_empty() || !row.status.is_gone() {
        return Ok(is_new);
    }
    let act = if row.status == SubscriberStatus::Unsubscribed { "left" } else { row.status.as_str() };
    let at = row.left.unwrap_or(now);
    note(db, id, act, Trace { how: &row.why, network: "", at })?;
    Ok(true)
}

fn add_acts(db: &Db, id: i64, acts: &[Act]) -> Result<bool, StoreError> {
    let mut rows = 0;
    for act in acts {
        rows += db.execute(
            "INSERT INTO acts (subscriber_id, at_ms, act, how, network) SELECT ?1, ?2, ?3, ?4, ?5
             WHERE NOT EXISTS (SELECT 1 FROM acts WHERE subscriber_id = ?1 AND at_ms = ?2 AND act = ?3 AND how = ?4)",
            params![id, to_ms(act.at), act.act, act.how, act.network],
        )?;
    }
    Ok(rows > 0)
}

/// What an import makes of a subscriber who is still on the list: it adds what it knows, erases nothing, and never takes a
/// confirmation back.
fn merged(old: &Subscriber, row: &SubscriberRow, now: DateTime<Utc>) -> Subscriber {
    let mut new = old.clone();
    if let Some(name) = row.name.as_ref().filter(|name| !name.is_empty()) {
        new.name.clone_from(name);
    }
    if let Some(editions) = &row.editions {
        new.editions.clone_from(editions);
    }
    new.fields.extend(row.fields.clone());
    if let Some(earlier) = row.created.filter(|created| *created < old.created) {
        new.created = earlier;
    }
    match (old.status, row.status) {
        (SubscriberStatus::Pending, SubscriberStatus::Confirmed) => {
            new.status = SubscriberStatus::Confirmed;
            new.confirmed = row.confirmed.or(Some(now));
            new.consent.clone_from(&row.consent);
        }
        (_, gone) if gone.is_gone() => {
            new.status = gone;
            new.left = row.left.or(Some(now));
        }
        _ => {}
    }
    new
}

fn insert(db: &Db, row: &SubscriberRow, now: DateTime<Utc>, seed: &str) -> Result<i64, StoreError> {
    let created = row.created.unwrap_or(now);
    // Who left may have confirmed before; who waits has not.
    let confirmed = match row.status {
        SubscriberStatus::Confirmed => row.confirmed.or(Some(now)),
        SubscriberStatus::Pending => None,
        _ => row.confirmed,
    };
    let left = row.status.is_gone().then(|| row.left.unwrap_or(now));
    db.value(
        "INSERT INTO subscribers (email_key, email, domain, name, status, editions, fields, created_ms, confirmed_ms, left_ms,
                              paused_until_ms, consent, seed, leave_hash, preferences_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) RETURNING id",
        params![
            row.email.key(),
            row.email.as_str(),
            row.email.domain(),
            row.name.as_deref().unwrap_or(""),
            row.status.as_str(),
            join(row.editions.as_deref().unwrap_or_default()),
            json(&row.fields),
            to_ms(created),
            confirmed.map(to_ms),
            left.map(to_ms),
            row.paused.map(to_ms),
            row.consent,
            seed,
            Purpose::Unsubscribe.hash(seed),
            Purpose::Preferences.hash(seed),
        ],
    )
}

fn update(db: &Db, new: &Subscriber) -> Result<(), StoreError> {
    db.execute(
        "UPDATE subscribers SET name = ?2, status = ?3, editions = ?4, fields = ?5, confirmed_ms = ?6, left_ms = ?7,
                            consent = ?8, created_ms = ?9
         WHERE email_key = ?1",
        params![
            new.email.key(),
            new.name,
            new.status.as_str(),
            join(&new.editions),
            json(&new.fields),
            new.confirmed.map(to_ms),
            new.left.map(to_ms),
            new.consent,
            to_ms(new.created),
        ],
    )?;
    Ok(())
}

/// The history of a subscriber, the oldest first: their own acts, and returned mails that counted.
fn record_of(db: &Db, id: i64) -> Result<Vec<Act>, StoreError> {
    db.rows(
        "SELECT at_ms, act, how, network FROM (
             SELECT at_ms, act, how, network, 0 AS kind, id FROM acts WHERE subscriber_id = ?1
             UNION ALL
             SELECT received_ms, CASE kind WHEN 'complaint' THEN 'complained' ELSE 'bounced' END,
                    'mail: ' || trim(status || ' ' || diagnostic), '', 1, id
             FROM bounces WHERE subscriber_id = ?1 AND kind IN ('hard', 'complaint')) AS record
         ORDER BY at_ms, kind, id",
        params![id],
        read_act,
    )
}

pub(super) fn read_act(row: &Row) -> Result<Act, StoreError> {
    Ok(Act { at: from_ms(row.get(0)?)?, act: row.get(1)?, how: row.get(2)?, network: row.get(3)? })
}

fn find_with_id(db: &Db, email: &Address) -> Result<Option<(i64, Subscriber)>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, id FROM subscribers WHERE email_key = ?1");
    db.first(&sql, params![email.key()], |row| Ok((row.get(10)?, read(row)?)))
}

fn read(row: &Row) -> Result<Subscriber, StoreError> {
    let status: String = row.get(2)?;
    let time = |index| row.get::<Option<i64>>(index)?.map(from_ms).transpose();
    Ok(Subscriber {
        email: stored_address(&row.get::<String>(0)?)?,
        name: row.get(1)?,
        status: status.parse().map_err(|()| StoreError::Value(format!("{status} as a status")))?,
        editions: split(&row.get::<String>(3)?),
        created: from_ms(row.get(4)?)?,
        confirmed: time(5)?,
        left: time(6)?,
        consent: row.get(7)?,
        fields: stored_fields(&row.get::<String>(8)?)?,
        paused: time(9)?,
    })
}

pub(super) fn stored_address(text: &str) -> Result<Address, StoreError> {
    Address::parse(text).map_err(|e| StoreError::Value(format!("an address: {e}")))
}

pub(super) fn stored_fields(text: &str) -> Result<BTreeMap<String, String>, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Value(format!("merge fields: {e}")))
}

fn json(fields: &BTreeMap<String, String>) -> String {
    serde_json::json!(fields).to_string()
}

/// `;a;b;`, sorted, so that one LIKE finds an edition and equal sets are equal text.
pub(super) fn join(editions: &[String]) -> String {
    let set: BTreeSet<&str> = editions.iter().map(String::as_str).collect();
    set.iter().fold(String::new(), |mut text, edition| {
        if text.is_empty() {
            text.push(';');
        }
        text.push_str(edition);
        text.push(';');
        text
    })
}

pub(super) fn split(editions: &str) -> Vec<String> {
    editions.split(';').filter(|e| !e.is_empty()).map(str::to_owned).collect()
}
