//! The subscriber list: imports, exports, and changes to single subscribers.

mod record;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub use record::{Off, subscriber as subscriber_to_json};

use super::{Site, seed};
use crate::model::{
    Act, Address, DeliveryLine, LetterLine, Notice, Notices, Subscriber, SubscriberRow, SubscriberStatus,
};
use crate::sources::{Census, ListHints, ListSource, Reject, SubscriberList, SubscriberRules, SubscriberWriter};
use crate::store::{BounceLine, BroughtBack, Change, Import, Store, StoreError};

/// Rows per transaction: enough not to wait for the disk, few enough that a killed import loses little.
const BATCH: usize = 1_000;

/// Most rejected rows and duplicate addresses that are listed.
const NAMED: usize = 1_000;

/// What an import did; serializes as the JSON that scripts rely on.
#[derive(Debug, Default, Serialize)]
pub struct SubscriberImport {
    pub added: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub rejected: usize,
    /// Rows of subscribers who left, bounced or complained; an import never restores them.
    pub kept_unsubscribed: usize,
    /// The first of the rows left out.
    pub rejects: Vec<Reject>,
    /// Rows whose address occurred earlier in the file; each adds to the first one's values.
    pub duplicates: usize,
    /// The first of these rows.
    #[serde(rename = "twins")]
    pub duplicate_rows: Vec<DuplicateRow>,
    /// What the file was taken for, per table.
    #[serde(rename = "taken_for")]
    pub census: Vec<Census>,
    /// Nothing was changed.
    pub dry_run: bool,
}

/// An address that occurs twice in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicateRow {
    pub line: u64,
    /// Where it first occurred.
    pub first: u64,
    pub email: String,
}

/// All that is stored on one person.
#[derive(Debug)]
pub struct SubscriberDetails {
    pub subscriber: Option<Subscriber>,
    pub acts: Vec<Act>,
    /// When the address was signed up, and from which network.
    pub sign_ups: Vec<(DateTime<Utc>, String)>,
    pub letters: Vec<LetterLine>,
    pub deliveries: Vec<DeliveryLine>,
    /// Bounces, complaints and requests on record for them.
    pub bounces: Vec<BounceLine>,
    /// What removed them from the list, if they are off it.
    pub off: Option<Off>,
}

/// How to read a list.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Where consent came from, for rows that do not say so themselves.
    pub consent: String,
    /// The service that exported it, if its columns do not show that.
    pub from: Option<String>,
    /// `COLUMN=MEANING`, `COLUMN:WORD=STATUS`, `*=STATUS`.
    pub maps: Vec<String>,
}

/// A list that was read and understood but not imported yet.
pub struct OpenList {
    list: SubscriberList,
    file: String,
    consent: String,
    editions: BTreeSet<String>,
    /// What it is taken for, per table.
    pub census: Vec<Census>,
}

impl OpenList {
    fn rules(&self) -> SubscriberRules<'_> {
        SubscriberRules { consent: &self.consent, editions: &self.editions }
    }

    /// The list's columns, besides the addresses.
    ///
    /// # Errors
    /// The file cannot be read again.
    pub fn columns(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.list.columns()?)
    }

    /// Calls `each` with every row that would be left out.
    ///
    /// # Errors
    /// The file cannot be read again, or `each` fails.
    pub fn each_reject(&self, mut each: impl FnMut(&Reject) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let rules = self.rules();
        for reject in self.list.rows(&rules)?.filter_map(Result::err) {
            each(&reject)?;
        }
        Ok(())
    }
}

/// The list: who is on it, how they join and leave, and what inbound messages say about them.
#[derive(Clone)]
pub struct Subscribers {
    pub(super) site: Site,
}

impl Subscribers {
    /// Reads a whole list, and says what it is taken for. Changes nothing.
    ///
    /// # Errors
    /// It cannot be read or is not understood; the error names every column that may be an opt-out.
    pub fn open_list(&self, file: &Path, source: ListSource, options: &ImportOptions) -> Result<OpenList, Notices> {
        let hints = ListHints::read(options.from.as_deref(), &options.maps)?;
        let list = SubscriberList::open(file, source, &hints)?;
        let editions: BTreeSet<String> = self.site.config.editions.keys().cloned().collect();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut open = OpenList { list, file: name, consent: options.consent.clone(), editions, census: Vec::new() };
        open.census = open.list.census(&open.rules())?;
        Ok(open)
    }

    /// Imports a list. Good rows are imported in batches, and none of them is mailed before the last is in; bad ones are passed to
    /// `left_out` one at a time, with line and reason.
    ///
    /// # Errors
    /// The store fails, another import is running, or `left_out` fails. Then nobody on the list is mailed, and the import can be
    /// run again.
    pub fn import_list(
        &self,
        open: &OpenList,
        mut left_out: impl FnMut(&Reject) -> anyhow::Result<()>,
    ) -> anyhow::Result<SubscriberImport> {
        let rules = open.rules();
        let rows = open.list.rows(&rules)?;
        let mut store = self.site.store_to_fill()?;
        let Some(import) = store.subscribers().begin_import(&open.file, self.site.now())? else {
            let notice = Notice::new("another import is under way").help("wait until it ends, then run this one again");
            return Err(notice.into());
        };
        store.subscribers().watch_for_duplicates()?;
        let mut result = SubscriberImport { census: open.census.clone(), ..SubscriberImport::default() };
        let mut batch: Vec<(u64, SubscriberRow)> = Vec::with_capacity(BATCH);
        for row in rows {
            match row {
                Ok(row) => batch.push(row),
                Err(reject) => {
                    left_out(&reject)?;
                    result.rejected += 1;
                    if result.rejects.len() < NAMED {
                        result.rejects.push(reject);
                    }
                }
            }
            if batch.len() == BATCH {
                self.import_batch(&mut store, &import, &batch, &mut result, open)?;
                batch.clear();
            }
        }
        self.import_batch(&mut store, &import, &batch, &mut result, open)?;
        store.subscribers().finish_import(import, self.site.now())?;
        Ok(result)
    }

    fn import_batch(
        &self,
        store: &mut Store,
        import: &Import,
        batch: &[(u64, SubscriberRow)],
        result: &mut SubscriberImport,
        open: &OpenList,
    ) -> Result<(), StoreError> {
        // Each table of an archive has its own line numbers.
        let seen = if open.list.is_archive() { Vec::new() } else { store.subscribers().seen_before(batch)? };
        for ((line, row), first) in batch.iter().zip(seen) {
            let Some(first) = first else { continue };
            result.duplicates += 1;
            if result.duplicate_rows.len() < NAMED {
                result.duplicate_rows.push(DuplicateRow { line: *line, first, email: row.email.to_string() });
            }
        }
        let tally =
            store.subscribers().import_batch(import, batch.iter().map(|(_, row)| row), self.site.now(), &mut seed)?;
        result.added += tally.added;
        result.updated += tally.updated;
        result.unchanged += tally.unchanged;
        result.kept_unsubscribed += tally.kept_unsubscribed;
        Ok(())
    }

    /// A notice about a killed import, since nobody it put on the list is mailed. Checked only where an import
    /// has ever run, and never blocks a command.
    pub fn broken_import(&self) -> Option<Notice> {
        let place = self.site.config.database(&self.site.root).ok()?;
        if place.file().is_some_and(|path| !path.with_extension("import.lock").exists()) {
            return None;
        }
        let found = self
            .site
            .store_to_read()
            .ok()??
            .subscribers()
            .unfinished_import()
            .ok()?
            .filter(|import| !import.is_alive)?;
        let started = found.started.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let what = match found.rows {
            0 => "nobody was added".to_owned(),
            1 => "the one subscriber it added is not mailed".to_owned(),
            rows => format!("the {rows} subscribers it added are not mailed"),
        };
        let notice = Notice::new(format!("the import of {} of {started} was interrupted: {what}", found.file));
        Some(notice.help("run it again; the next import first undoes what this one left behind"))
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

    /// Unsubscribes a subscriber; `false` if they were already off the list.
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

    /// Restores a subscriber removed by a bounce, or with consent one who left or complained. The act is recorded.
    pub fn restore(&self, email: &Address, why: &str, consent: &str) -> anyhow::Result<BroughtBack> {
        let Some(store) = self.site.store_to_read()? else { return Err(not_listed(email).into()) };
        store.subscribers().restore(email, why, consent, self.site.now())?.ok_or_else(|| not_listed(email).into())
    }

    /// Everything stored about a person, even if their sign-up is not confirmed yet.
    pub fn details(&self, email: &Address) -> anyhow::Result<SubscriberDetails> {
        let Some(store) = self.site.store_to_read()? else { return Err(not_listed(email).into()) };
        let mut person = SubscriberDetails {
            subscriber: store.subscribers().subscriber(email)?,
            acts: store.subscribers().acts(email)?,
            sign_ups: store.subscribers().sign_ups_of(email)?,
            letters: store.letters().to(email)?,
            deliveries: store.subscribers().deliveries_to(email)?,
            bounces: store.subscribers().bounces_of(email)?,
            off: None,
        };
        if let Some(subscriber) = &person.subscriber {
            person.off = record::off(subscriber, &person.acts, &person.bounces, &person.deliveries);
        }
        if person.subscriber.is_none() && person.sign_ups.is_empty() && person.letters.is_empty() {
            return Err(not_listed(email).into());
        }
        Ok(person)
    }

    /// Deletes everything stored about a person except a salted hash of the address. Returns whether anything was stored.
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

    /// Writes the list as CSV that can be imported again; `guard` keeps spreadsheets from running cells as formulas.
    pub fn export_subscribers(&self, target: impl Write, guard: bool) -> anyhow::Result<()> {
        let store = self.site.store_to_read()?;
        let fields = store.as_ref().map_or(Ok(Vec::new()), |store| store.subscribers().field_names())?;
        let mut writer = SubscriberWriter::new(target, fields, guard)?;
        if let Some(store) = store {
            store
                .subscribers()
                .each_with_record::<anyhow::Error>(|subscriber, acts| Ok(writer.write(&subscriber, &acts)?))?;
        }
        Ok(writer.finish()?)
    }
}

fn not_listed(email: &Address) -> Notice {
    Notice::new(format!("{email} is not on the list")).help("`digest subscribers list` shows who is")
}
