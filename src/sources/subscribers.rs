//! Lists of subscribers: our own CSV, exports of other services, anyone's spreadsheet. Knows the forms, what a file is taken for, and
//! which rows are bad; who may be on the list it does not.

mod attributes;
mod dates;
mod file;
mod hints;
mod meaning;
mod plan;
mod records;
mod row;
mod services;
mod standing;
mod table;
mod words;
mod write;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use crate::model::{Notice, Notices, SubscriberRow, SubscriberStatus};
use file::ListFile;
use plan::Plan;
use row::RowReader;
use table::Table;

pub use file::ListSource;
pub use hints::Hints as ListHints;
pub use write::{RejectWriter, SubscriberWriter};

/// A row that was left out, with the reason in words for the list's owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// Counted from 1; the header is line 1.
    pub line: u64,
    pub email: String,
    pub reason: String,
    /// The file inside an archive of several; empty otherwise.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The row's other cells, each with its column; none when the row could not be read at all.
    #[serde(skip)]
    pub cells: Vec<(String, String)>,
}

/// What rows are checked against.
#[derive(Clone, Debug)]
pub struct SubscriberRules<'a> {
    /// Where consent came from, for rows that do not say so themselves.
    pub consent: &'a str,
    /// The editions that exist.
    pub editions: &'a BTreeSet<String>,
}

/// A file of subscribers that was understood.
pub struct SubscriberList {
    file: ListFile,
    plans: Vec<Plan>,
}

/// The format a file was recognized as, and how many rows would get each status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Census {
    /// The name of the file, or of the one inside an archive.
    pub file: String,
    /// `mailchimp`, `spreadsheet` …
    pub service: String,
    /// The same for people.
    #[serde(skip)]
    pub title: String,
    pub confirmed: usize,
    pub pending: usize,
    pub unsubscribed: usize,
    pub bounced: usize,
    pub complained: usize,
    pub refused: usize,
    /// Columns by what they mean, where that is not a merge field of their name.
    pub columns: Vec<(String, String)>,
    /// What its service's export does not contain.
    #[serde(skip)]
    pub advice: String,
    #[serde(skip)]
    lacks_consent: usize,
}

impl Census {
    /// How many rows would be on the list or kept off it.
    pub fn recognised(&self) -> usize {
        self.confirmed + self.pending + self.suppressed()
    }

    pub fn suppressed(&self) -> usize {
        self.unsubscribed + self.bounced + self.complained
    }

    fn count(&mut self, status: SubscriberStatus) {
        *match status {
            SubscriberStatus::Confirmed => &mut self.confirmed,
            SubscriberStatus::Pending => &mut self.pending,
            SubscriberStatus::Unsubscribed => &mut self.unsubscribed,
            SubscriberStatus::Bounced => &mut self.bounced,
            SubscriberStatus::Complained => &mut self.complained,
        } += 1;
    }
}

impl SubscriberList {
    /// Opens a file and decides what it is taken for.
    ///
    /// # Errors
    /// It cannot be read, has no addresses, or a column may be an opt-out and is not understood; all of that at once.
    pub fn open(label: &Path, source: ListSource, hints: &ListHints) -> Result<Self, Notices> {
        let file = ListFile::open(label, source)?;
        let plans: Vec<Result<Plan, Notices>> =
            file.tables()?.iter_mut().map(|table| Plan::make(table, hints)).collect();
        let wrong: Vec<Notice> =
            plans.iter().filter_map(|plan| plan.as_ref().err()).flat_map(|n| n.0.clone()).collect();
        if !wrong.is_empty() {
            return Err(Notices(wrong));
        }
        Ok(Self { file, plans: plans.into_iter().filter_map(Result::ok).collect() })
    }

    /// Reads every row once and counts what would come in as what; one census a table.
    ///
    /// # Errors
    /// People would be confirmed, and nothing says where consent came from.
    pub fn census(&self, rules: &SubscriberRules) -> Result<Vec<Census>, Notices> {
        let tables = self.file.tables()?;
        let mut all: Vec<Census> = self.plans.iter().zip(&tables).map(|(plan, table)| census_of(plan, table)).collect();
        for (plan, table) in self.plans.iter().zip(&tables) {
            if rules.consent.is_empty() && !plan.has_state() && !plan.has_evidence() {
                return Err(no_consent(
                    "these rows would be confirmed, but nothing says where consent came from",
                    table,
                )
                .into());
            }
        }
        for ((table, plan), census) in tables.into_iter().zip(&self.plans).zip(&mut all) {
            let reader = RowReader::new(plan, rules);
            let label = table.label.clone();
            let line = table.header_line;
            for (_, record) in table {
                match record.as_ref().map(|record| reader.read(record)) {
                    Ok(Ok(row)) => census.count(row.status),
                    Ok(Err(refused)) => {
                        census.refused += 1;
                        census.lacks_consent += usize::from(refused.lacks_consent);
                    }
                    Err(_) => census.refused += 1,
                }
            }
            let lacking = census.lacks_consent;
            if lacking > 0 && census.confirmed == 0 && plan.service.name != services::PLAIN.name {
                let what =
                    format!("{lacking} of its people would be confirmed, but nothing says where consent came from");
                return Err(Notices(vec![consent_help(Notice::new(what).at(label, usize::try_from(line).ok()))]));
            }
        }
        Ok(all)
    }

    /// Every row of every table, in order.
    ///
    /// # Errors
    /// A table cannot be read again.
    pub fn rows<'a>(&'a self, rules: &'a SubscriberRules<'a>) -> Result<SubscriberRows<'a>, Notice> {
        let tables = self.file.tables()?;
        let is_archive = tables.len() > 1;
        let readers = self.plans.iter().map(|plan| RowReader::new(plan, rules));
        let tables: Vec<(Table, RowReader)> = tables.into_iter().zip(readers).collect();
        Ok(SubscriberRows { tables: tables.into_iter(), now: None, is_archive })
    }

    /// The columns of all tables, except the addresses.
    ///
    /// # Errors
    /// A table cannot be read again.
    pub fn columns(&self) -> Result<Vec<String>, Notice> {
        let mut names: Vec<String> = Vec::new();
        for (table, plan) in self.file.tables()?.iter().zip(&self.plans) {
            for (_, name) in others(&table.header, plan) {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        Ok(names)
    }

    /// Whether the file holds more than one table, each with its own line numbers.
    pub fn is_archive(&self) -> bool {
        self.plans.len() > 1
    }
}

fn census_of(plan: &Plan, table: &Table) -> Census {
    let named = |column: &plan::Column| {
        let name = meaning::NAMES.iter().find(|(_, meaning)| *meaning == column.meaning)?.0;
        (name != "field" && name != meaning::key(&column.name)).then(|| (shown(&column.name), name.to_owned()))
    };
    Census {
        file: table.label.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        service: plan.service.name.to_owned(),
        title: plan.service.title.to_owned(),
        advice: plan.service.advice.to_owned(),
        columns: plan.columns.iter().filter_map(named).collect(),
        ..Census::default()
    }
}

fn no_consent(what: &str, table: &Table) -> Notice {
    consent_help(Notice::new(what).at(&table.label, usize::try_from(table.header_line).ok()))
}

fn consent_help(notice: Notice) -> Notice {
    notice.help("add --consent \"sign-up form on example.org, May 2026\", or a column `status` with `pending`")
}

/// The rows of a file, one at a time, in constant memory.
pub struct SubscriberRows<'a> {
    tables: std::vec::IntoIter<(Table<'a>, RowReader<'a>)>,
    now: Option<(Table<'a>, RowReader<'a>)>,
    is_archive: bool,
}

impl Iterator for SubscriberRows<'_> {
    /// A row and the line on which it begins, from 1; the header is line 1.
    type Item = Result<(u64, SubscriberRow), Reject>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.now.is_none() {
                self.now = Some(self.tables.next()?);
            }
            let (table, reader) = self.now.as_mut()?;
            let Some((line, record)) = table.next() else {
                self.now = None;
                continue;
            };
            let file =
                if self.is_archive { table.label.file_name().unwrap_or_default().to_string_lossy() } else { "".into() };
            let reject = |email: &str, reason: String, cells| Reject {
                line,
                email: shown(email),
                reason,
                file: file.into_owned(),
                cells,
            };
            return Some(match record {
                Ok(record) => match reader.read(&record) {
                    Ok(row) => Ok((line, row)),
                    Err(refused) => {
                        let cells = others(&table.header, reader.plan())
                            .map(|(at, name)| (name.clone(), record.get(at).unwrap_or_default().to_owned()));
                        Err(reject(reader.email(&record), refused.reason, cells.collect()))
                    }
                },
                Err(reason) => Err(reject("", reason, Vec::new())),
            });
        }
    }
}

/// The columns beside the addresses, each with its number from 0.
fn others<'t>(header: &'t [String], plan: &'t Plan) -> impl Iterator<Item = (usize, &'t String)> {
    let is_email = |at: usize| plan.columns.get(at).is_some_and(|column| column.meaning == meaning::Meaning::Email);
    header.iter().enumerate().filter(move |(at, _)| !is_email(*at))
}

/// A cell fit for a message: one short line.
fn shown(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect()
}

#[cfg(test)]
mod tests;
