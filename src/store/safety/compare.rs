//! Compares the database with its safety log: what only the log knows, and how it is applied to the database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::line::{Change, Ending, Line, Mark};
use super::record::{Progress, Record};
use super::{salt_name, salted};
use crate::model::{Address, SubscriberStatus};
use crate::store::acts::take_off;
use crate::store::db::{Db, Engine, params};
use crate::store::report::kept;
use crate::store::subscribers::stored_address;
use crate::store::{Store, StoreError, from_ms, to_ms};

/// What a log knows that its database does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ahead {
    /// Deliveries that began or ended, by issue.
    pub deliveries: BTreeMap<String, u64>,
    /// How many times somebody left, bounced, complained, was erased or came back.
    pub people: u64,
    /// The log was written beside another database.
    pub is_foreign: bool,
    /// A restored publication went on in this one's place.
    pub taken_over: Option<DateTime<Utc>>,
}

impl Ahead {
    /// Whether the log knows nothing that the database does not.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// How many deliveries the database does not know of.
    pub fn unknown_deliveries(&self) -> u64 {
        self.deliveries.values().sum()
    }
}

/// What was applied to the database from a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Subscribers taken off the list.
    pub taken_off: u64,
    /// People erased, here or from what may come back.
    pub erased: u64,
    /// People who are not in the database at all, and whom no import brings in now.
    pub kept_out: u64,
    /// Deliveries that are on record now.
    pub deliveries: u64,
}

impl Store {
    /// What the log at `path` knows that this database does not; `None` when there is no log.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn ahead(&self, path: &Path) -> Result<Option<Ahead>, StoreError> {
        let Some(record) = Record::read(path, false)? else { return Ok(None) };
        self.compare(&record).map(Some)
    }

    pub(super) fn compare(&self, record: &Record) -> Result<Ahead, StoreError> {
        let is_foreign = record.salt != salt_name(&self.db)?;
        let mut ahead = Ahead { is_foreign, ..Ahead::default() };
        ahead.taken_over = record.taken_over_ms.map(from_ms).transpose()?;
        let known = if is_foreign { 0 } else { last_change(&self.db)? };
        ahead.people = count(record.changes_after(known));
        for (issue, progress) in &record.sends {
            let unknown = if is_foreign { progress.tried() } else { unknown(&self.db, issue, progress)? };
            if unknown > 0 {
                ahead.deliveries.insert(issue.clone(), unknown);
            }
        }
        for (issue, marks) in &record.before {
            let here: i64 = self.db.value("SELECT count(*) FROM sent_before WHERE issue = ?1", params![issue])?;
            let unknown = count(marks.len()).saturating_sub(u64::try_from(here).unwrap_or(0));
            if unknown > 0 {
                *ahead.deliveries.entry(issue.clone()).or_default() += unknown;
            }
        }
        Ok(ahead)
    }

    /// Applies the log to the database: people who left or were erased stay out, and nobody with a message on record gets another.
    /// One transaction; again, it changes nothing.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn apply(&mut self, record: &Record, now: DateTime<Utc>) -> Result<Applied, StoreError> {
        let known = last_change(&self.db)?;
        let mut applied = Applied::default();
        let tx = self.begin()?;
        // Changes made here are numbered after all that the log has.
        raise_last_change(&tx, record.last_seq())?;
        let erased = people(&tx, record, known, now, &mut applied)?;
        for (issue, progress) in &record.sends {
            applied.deliveries += match send_id(&tx, issue)? {
                Some(send) => deliveries(&tx, send, progress, now)?,
                None => before(&tx, issue, progress.recipients())?,
            };
        }
        for (issue, marks) in &record.before {
            applied.deliveries += before(&tx, issue, marks.iter().map(|(mark, ending)| (*mark, *ending)))?;
        }
        tx.commit()?;
        for email in erased {
            self.subscribers().forget(&email, now)?;
        }
        Ok(applied)
    }

    /// The lines of a log for this database as it is now: the record's people, and of its sends those that are here.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn log_anew(&self, record: &Record) -> Result<Vec<Line>, StoreError> {
        let here: BTreeSet<String> = self.sends().issues()?.into_iter().map(|name| name.to_string()).collect();
        Ok(record.lines(|issue| here.contains(issue)))
    }
}

impl Progress {
    /// How many deliveries had a try.
    fn tried(&self) -> u64 {
        count(self.begun.len().max(self.finished.unwrap_or(0)))
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Deliveries that began as the log has it and never did as the database has it, or that are delivered in the log alone. Both are facts
/// that a database never undoes, so that only an older one lacks them.
fn unknown(db: &Db, issue: &str, progress: &Progress) -> Result<u64, StoreError> {
    let Some(send) = send_id(db, issue)? else { return Ok(progress.tried()) };
    // A ledger that was pruned was finished.
    if let Some(kept) = kept(db, send)? {
        return Ok(progress.tried().saturating_sub(kept.begun));
    }
    let sql = "SELECT number, dated_ms IS NOT NULL, state = 'delivered' FROM deliveries WHERE send_id = ?1";
    let (mut begun_here, mut unknown, mut seen) = (0, 0, 0);
    db.each(sql, params![send], |row| {
        let (number, begun, delivered): (i64, bool, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        begun_here += usize::from(begun);
        if let Some((_, ending)) = progress.begun.get(&number) {
            seen += 1;
            unknown += u64::from(!begun || (*ending == Some(Ending::Delivered) && !delivered));
        }
        Ok::<_, StoreError>(())
    })?;
    unknown += count(progress.begun.len().saturating_sub(seen));
    Ok(unknown.max(count(progress.finished.unwrap_or(0).saturating_sub(begun_here))))
}

fn send_id(db: &Db, issue: &str) -> Result<Option<i64>, StoreError> {
    db.first("SELECT id FROM sends WHERE issue = ?1", params![issue], |row| row.get(0))
}

/// How many changes of people the database has numbered.
pub(in crate::store) fn last_change(db: &Db) -> Result<i64, StoreError> {
    let sql = match db.engine() {
        Engine::Sqlite(_) => "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'safety_queue'",
        Engine::Postgres(_) => "SELECT greatest(seq, (SELECT max(id) FROM safety_queue)) FROM safety_last",
    };
    db.value(sql, params![])
}

fn raise_last_change(db: &Db, to: i64) -> Result<(), StoreError> {
    if to <= last_change(db)? { Ok(()) } else { set_last_change(db, to) }
}

/// Has the next change get the number after this one.
pub(in crate::store) fn set_last_change(db: &Db, to: i64) -> Result<(), StoreError> {
    let sql = match db.engine() {
        Engine::Sqlite(_) => {
            db.execute("DELETE FROM sqlite_sequence WHERE name = 'safety_queue'", params![])?;
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('safety_queue', ?1)"
        }
        Engine::Postgres(_) => "UPDATE safety_last SET seq = ?1",
    };
    db.execute(sql, params![to]).map(drop)
}

/// Removes those from the list who left according to the log, and blocks those unknown to the database. Returns who is to
/// be erased.
fn people(
    db: &Db,
    record: &Record,
    known: i64,
    now: DateTime<Utc>,
    applied: &mut Applied,
) -> Result<Vec<Address>, StoreError> {
    let mut changes = record.people_after(known);
    let mut erased = Vec::new();
    if changes.is_empty() {
        return Ok(erased);
    }
    let salt = super::salt(db)?;
    db.each("SELECT id, email_key, email FROM subscribers", params![], |row| {
        let Some(person) = changes.remove(&salted(&salt, &row.get::<String>(1)?)) else { return Ok(()) };
        let status = match person.change {
            Change::Unsubscribed => SubscriberStatus::Unsubscribed,
            Change::Bounced => SubscriberStatus::Bounced,
            Change::Complained => SubscriberStatus::Complained,
            Change::Erased => {
                erased.push(stored_address(&row.get::<String>(2)?)?);
                return Ok(());
            }
            // Who came back since is a decision of theirs that a copy cannot prove: they stay as they are.
            Change::Back => return Ok(()),
        };
        applied.taken_off += u64::from(take_off(db, row.get(0)?, status, from_ms(person.at_ms)?)?);
        Ok::<_, StoreError>(())
    })?;
    applied.erased = count(erased.len());
    for (hash, person) in changes.into_iter().filter(|(_, person)| person.change != Change::Back) {
        let rows = db.execute(
            "INSERT INTO forgotten (hash, at_ms) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
            params![hash, to_ms(now)],
        )?;
        let kept = if person.change == Change::Erased { &mut applied.erased } else { &mut applied.kept_out };
        *kept += count(rows);
    }
    Ok(erased)
}

/// Records a send's progress where the database lags. Returns how many deliveries changed.
fn deliveries(db: &Db, send: i64, progress: &Progress, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let set = "UPDATE deliveries SET state = ?3, due_ms = NULL, dated_ms = coalesce(dated_ms, ?4),
                      attempts = CASE WHEN attempts > 1 THEN attempts ELSE 1 END,
                      code = 0, enhanced = NULL, reply = ?5, updated_ms = ?4
               WHERE send_id = ?1 AND number = ?2 AND state <> 'delivered' AND (?3 = 'delivered' OR dated_ms IS NULL
                     OR state IN ('pending', 'deferred', 'in_flight'))";
    let wait =
        "UPDATE deliveries SET dated_ms = ?3, updated_ms = ?3 WHERE send_id = ?1 AND number = ?2 AND dated_ms IS NULL";
    let mut rows = 0;
    for (number, (_, ending)) in &progress.begun {
        let ending = ending.unwrap_or(Ending::Uncertain);
        rows += match ending {
            Ending::Waits => db.execute(wait, params![send, number, to_ms(now)])?,
            _ => db.execute(set, params![send, number, ending.as_str(), to_ms(now), as_logged(ending)])?,
        };
    }
    if progress.finished.is_some() {
        db.execute(
            "UPDATE sends SET state = 'sent', by_operator = FALSE, reason = '', finished_ms = coalesce(finished_ms, ?2) WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM deliveries WHERE send_id = ?1
                             AND state IN ('pending', 'in_flight', 'deferred', 'uncertain'))",
            params![send, to_ms(now)],
        )?;
    }
    Ok(count(rows))
}

/// Remembers who got an issue from a database that knew its send, for the time when this one begins it. Returns how many are new.
fn before(db: &Db, issue: &str, recipients: impl Iterator<Item = (Mark, Ending)>) -> Result<u64, StoreError> {
    let insert =
        "INSERT INTO sent_before (issue, mark, ending) VALUES (?1, ?2, ?3) ON CONFLICT (issue, mark) DO NOTHING";
    let mut rows = 0;
    for (mark, ending) in recipients {
        rows += db.execute(insert, params![issue, mark, ending.as_str()])?;
    }
    Ok(count(rows))
}

/// Marks those recipients of a send that begins who had their message from another database. Waiting ones stay.
pub(in crate::store) fn skip_recipients(db: &Db, send: i64, issue: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut known: BTreeMap<Mark, Ending> = BTreeMap::new();
    db.each("SELECT mark, ending FROM sent_before WHERE issue = ?1", params![issue], |row| {
        known.insert(row.get(0)?, Ending::parse(&row.get::<String>(1)?).unwrap_or(Ending::Uncertain));
        Ok::<_, StoreError>(())
    })?;
    if known.is_empty() {
        return Ok(());
    }
    let salt = super::salt(db)?;
    let mut progress = Progress::default();
    db.each(
        "SELECT d.number, s.email_key FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id WHERE d.send_id = ?1",
        params![send],
        |row| {
            if let Some(ending) = known.get(&super::mark(&salted(&salt, &row.get::<String>(1)?))) {
                progress.begun.insert(row.get(0)?, (None, Some(*ending)));
            }
            Ok::<_, StoreError>(())
        },
    )?;
    deliveries(db, send, &progress, now).map(drop)
}

fn as_logged(ending: Ending) -> &'static str {
    match ending {
        Ending::Delivered => "delivered, according to the safety log",
        Ending::Failed => "failed, according to the safety log",
        Ending::Uncertain | Ending::Waits => "started, according to the safety log; how it ended is unknown",
    }
}
