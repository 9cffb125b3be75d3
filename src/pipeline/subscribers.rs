//! The subscriber list: in and out of files, and one subscriber at a time.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Site, seed};
use crate::model::{Act, Address, DeliveryLine, LetterLine, Notice, Subscriber, SubscriberRow, SubscriberStatus};
use crate::sources::{Reject, SubscriberRows, SubscriberRules, SubscriberWriter};
use crate::store::{BounceLine, Change, Store, StoreError};

/// Rows a transaction: large enough that the disk is not waited for, small enough that a killed import loses little.
const BATCH: usize = 1_000;

/// So many rows left out, and so many addresses that stand in a file twice, are named.
const NAMED: usize = 1_000;

/// What an import did; serializes as the JSON that scripts rely on.
#[derive(Debug, Default, Serialize)]
pub struct SubscriberImport {
    pub added: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub rejected: usize,
    /// Rows of subscribers who left, bounced or complained, whom no import brings back.
    pub kept_unsubscribed: usize,
    /// The first of the rows left out.
    pub rejects: Vec<Reject>,
    /// Rows whose address stood in the file before; each adds to what the first one said.
    pub duplicates: usize,
    /// The first of them.
    #[serde(rename = "twins")]
    pub duplicate_rows: Vec<DuplicateRow>,
}

/// An address that stands in a file twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicateRow {
    pub line: u64,
    /// Where it stood first.
    pub first: u64,
    pub email: String,
}

/// All that is stored on one person.
#[derive(Debug)]
pub struct SubscriberDetails {
    pub subscriber: Option<Subscriber>,
    pub acts: Vec<Act>,
    /// When somebody signed the address up, and from which network.
    pub sign_ups: Vec<(DateTime<Utc>, String)>,
    pub letters: Vec<LetterLine>,
    pub deliveries: Vec<DeliveryLine>,
    /// What came back about them.
    pub bounces: Vec<BounceLine>,
}

/// The list: who is on it, how they come and go, and what inbound messages say of them.
#[derive(Clone)]
pub struct Subscribers {
    pub(super) site: Site,
}

impl Subscribers {
    /// Imports a subscribers CSV. Good rows go in, a batch a transaction; bad ones are told to `left_out`, one at a time, with line
    /// and reason.
    ///
    /// # Errors
    /// The file is none that could be read, the store cannot serve, or `left_out` fails. Batches before that are on the list: the
    /// import can be run again.
    pub fn import_subscribers(
        &self,
        file: &Path,
        source: impl Read,
        consent: &str,
        mut left_out: impl FnMut(&Reject) -> anyhow::Result<()>,
    ) -> anyhow::Result<SubscriberImport> {
        let editions: BTreeSet<String> = self.site.config.editions.keys().cloned().collect();
        let mut rows = SubscriberRows::open(file, source, SubscriberRules { consent, editions: &editions })?;
        let mut store = self.site.store_to_fill()?;
        store.subscribers().watch_for_duplicates()?;
        let mut result = SubscriberImport::default();
        let mut batch: Vec<(u64, SubscriberRow)> = Vec::with_capacity(BATCH);
        loop {
            let row = rows.next();
            let last = row.is_none();
            match row {
                Some(Ok(row)) => batch.push((rows.line(), row)),
                Some(Err(reject)) => {
                    left_out(&reject)?;
                    result.rejected += 1;
                    if result.rejects.len() < NAMED {
                        result.rejects.push(reject);
                    }
                }
                None => {}
            }
            if batch.len() == BATCH || last {
                self.import_batch(&mut store, &batch, &mut result)?;
                batch.clear();
            }
            if last {
                return Ok(result);
            }
        }
    }

    fn import_batch(
        &self,
        store: &mut Store,
        batch: &[(u64, SubscriberRow)],
        result: &mut SubscriberImport,
    ) -> Result<(), StoreError> {
        for ((line, row), first) in batch.iter().zip(store.subscribers().seen_before(batch)?) {
            let Some(first) = first else { continue };
            result.duplicates += 1;
            if result.duplicate_rows.len() < NAMED {
                result.duplicate_rows.push(DuplicateRow { line: *line, first, email: row.email.to_string() });
            }
        }
        let tally = store.subscribers().import(batch.iter().map(|(_, row)| row), self.site.now(), &mut seed)?;
        result.added += tally.added;
        result.updated += tally.updated;
        result.unchanged += tally.unchanged;
        result.kept_unsubscribed += tally.kept_unsubscribed;
        Ok(())
    }

    /// Puts one subscriber on the list, confirmed by the operator's word on where consent came from.
    pub fn add_subscriber(&self, row: SubscriberRow) -> anyhow::Result<Change> {
        let editions = row.editions.iter().flatten();
        for edition in editions {
            self.site.config.edition(edition)?;
        }
        let tally = self.site.store_to_fill()?.subscribers().import(&[row], self.site.now(), &mut seed)?;
        Ok(match (tally.added, tally.updated, tally.kept_unsubscribed) {
            (1, ..) => Change::Added,
            (_, 1, _) => Change::Updated,
            (.., 1) => Change::KeptGone,
            _ => Change::Unchanged,
        })
    }

    /// Takes a subscriber off the list as unsubscribed; `false` when they were off it before.
    pub fn remove_subscriber(&self, email: &Address) -> anyhow::Result<bool> {
        let left = self
            .site
            .store_to_read()?
            .map(|store| store.subscribers().remove(email, self.site.now()))
            .transpose()?
            .flatten();
        left.ok_or_else(|| not_listed(email).into())
    }

    pub fn subscriber(&self, email: &Address) -> anyhow::Result<Subscriber> {
        let found =
            self.site.store_to_read()?.map(|store| store.subscribers().subscriber(email)).transpose()?.flatten();
        found.ok_or_else(|| not_listed(email).into())
    }

    /// All that is stored on a person: also on one whose sign-up waits for their word.
    pub fn details(&self, email: &Address) -> anyhow::Result<SubscriberDetails> {
        let Some(store) = self.site.store_to_read()? else { return Err(not_listed(email).into()) };
        let person = SubscriberDetails {
            subscriber: store.subscribers().subscriber(email)?,
            acts: store.subscribers().acts(email)?,
            sign_ups: store.subscribers().sign_ups_of(email)?,
            letters: store.letters().to(email)?,
            deliveries: store.subscribers().deliveries_to(email)?,
            bounces: store.subscribers().bounces_of(email)?,
        };
        if person.subscriber.is_none() && person.sign_ups.is_empty() && person.letters.is_empty() {
            return Err(not_listed(email).into());
        }
        Ok(person)
    }

    /// Deletes all that is stored on a person but a salted hash of the address. Says whether anything was there.
    pub fn forget(&self, email: &Address) -> anyhow::Result<bool> {
        Ok(self.site.store_to_fill()?.subscribers().forget(email, self.site.now())?)
    }

    /// Calls `each` with every subscriber in the order they joined.
    pub fn each_subscriber(
        &self,
        status: Option<SubscriberStatus>,
        each: impl FnMut(Subscriber) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.site.store_to_read()?.map_or(Ok(()), |store| store.subscribers().each_subscriber(status, each))
    }

    /// Writes the list as CSV that an import takes back; `guard` keeps a spreadsheet from running a cell as a formula.
    pub fn export_subscribers(&self, target: impl Write, guard: bool) -> anyhow::Result<()> {
        let store = self.site.store_to_read()?;
        let fields = store.as_ref().map_or(Ok(Vec::new()), |store| store.subscribers().field_names())?;
        let mut writer = SubscriberWriter::new(target, fields, guard)?;
        if let Some(store) = store {
            store.subscribers().each_subscriber::<anyhow::Error>(None, |subscriber| Ok(writer.write(&subscriber)?))?;
        }
        Ok(writer.finish()?)
    }
}

fn not_listed(email: &Address) -> Notice {
    Notice::new(format!("{email} is not on the list")).help("`digest subscribers list` shows who is")
}
