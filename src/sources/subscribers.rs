//! The subscribers CSV. Knows the format and which rows are bad; who may be on the list it does not.

mod records;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use chrono::{DateTime, Utc};
use csv::StringRecord;
use serde::Serialize;

use records::{Cut, Records};

use super::separator;
use crate::model::{Address, Notice, Published, SubscriberRow, SubscriberStatus};
pub use write::{RejectWriter, SubscriberWriter};

/// Columns with a meaning of their own; any other column is a merge field.
const KNOWN: [&str; 8] = ["email", "name", "editions", "status", "created", "consent", "confirmed", "left"];
/// The longest name or merge field, in characters.
const LONGEST: usize = 1_000;

/// A row that was left out, with the reason in words for the list's owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// Counted from 1; the header is line 1.
    pub line: u64,
    pub email: String,
    pub reason: String,
}

/// What rows are held against.
#[derive(Clone, Debug)]
pub struct SubscriberRules<'a> {
    /// Where consent came from, for rows that do not say so themselves.
    pub consent: &'a str,
    /// The editions that exist.
    pub editions: &'a BTreeSet<String>,
}

/// A CSV file that is read row by row, in constant memory.
pub struct SubscriberRows<'a, R> {
    records: Records<R>,
    cells: Cells,
    columns: Vec<String>,
    rules: SubscriberRules<'a>,
    /// Of the last row.
    line: u64,
    /// Whether the file could not be read further.
    broken: bool,
}

/// Parts a record into its cells.
struct Cells {
    csv: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    fn new(separator: u8) -> Self {
        let mut csv = csv_core::ReaderBuilder::new();
        // A CR alone is no line end but a control character, which no cell may hold.
        let csv = csv.delimiter(separator).terminator(csv_core::Terminator::Any(b'\n')).build();
        Self { csv, text: Vec::new(), ends: Vec::new() }
    }

    /// The cells of a whole record; `None` when they are not UTF-8.
    fn of(&mut self, record: &[u8]) -> Option<StringRecord> {
        self.csv.reset();
        self.text.resize(self.text.len().max(record.len()), 0);
        self.ends.resize(self.ends.len().max(record.len()), 0);
        let (_, _, _, cells) = self.csv.read_record(record, &mut self.text, &mut self.ends);
        let mut found = StringRecord::new();
        let mut start = 0;
        for end in &self.ends[..cells] {
            found.push_field(std::str::from_utf8(&self.text[start..*end]).ok()?);
            start = *end;
        }
        Some(found)
    }
}

impl<'a, R: Read> SubscriberRows<'a, R> {
    /// Reads the header.
    ///
    /// # Errors
    /// A notice when the file is a spreadsheet or UTF-16, when it has no `email`, or when rows would be confirmed with no word on
    /// where consent came from.
    pub fn open(label: &Path, source: R, rules: SubscriberRules<'a>) -> Result<Self, Notice> {
        let wrong = |what: String| Notice::new(what).at(label, 1);
        let failed = |e: std::io::Error| wrong(format!("cannot read the CSV: {e}"));
        let mut records = Records::new(source);
        let start = records.peek().map_err(failed)?;
        if let Some(other) = no_csv(start) {
            return Err(wrong(format!("the file is {other}")).help("save it as \"CSV UTF-8\""));
        }
        let (separator, marked) = (separator::of(start), start.starts_with("\u{feff}".as_bytes()));
        records.separator = separator;
        if marked {
            records.skip("\u{feff}".len());
        }
        let header = match records.next().map_err(failed)? {
            Some((_, Cut::Record(header))) => header,
            Some(_) => return Err(wrong("the header has a quote that is not closed, or no end".into())),
            None => Vec::new(),
        };
        let mut cells = Cells::new(separator);
        let header = cells
            .of(&header)
            .ok_or_else(|| wrong("the header is not UTF-8".into()).help("save the file as \"CSV UTF-8\""))?;
        // A spreadsheet's heading may have several lines.
        let name = |h: &str| h.trim_start_matches('\u{feff}').replace(char::is_control, " ").trim().to_owned();
        let columns: Vec<String> = header
            .iter()
            .map(|h| {
                let lower = name(h).to_lowercase();
                if KNOWN.contains(&lower.as_str()) { lower } else { name(h) }
            })
            .collect();
        let has = |column: &str| columns.iter().any(|c| c == column);
        if !has("email") {
            let meant = columns.iter().find(|column| column.to_lowercase().contains("mail"));
            return Err(wrong(format!("the header needs a column `email`, found `{}`", columns.join(","))).help(
                match meant {
                    Some(column) => format!("rename `{column}` to `email`, if that column has the addresses"),
                    None => "the first row names the columns, such as email,name,editions".into(),
                },
            ));
        }
        if let Some(twice) = columns.iter().enumerate().find(|(i, c)| columns[..*i].contains(c)).map(|(_, c)| c) {
            return Err(wrong(format!("the header names `{twice}` twice")).help("rename or remove one of the columns"));
        }
        if rules.consent.is_empty() && !has("consent") && !has("status") {
            return Err(Notice::new("these rows would be confirmed, but nothing says where consent came from")
                .at(label, 1)
                .help("add --consent \"sign-up form on example.org, May 2026\", or a column `status` with `pending`"));
        }
        Ok(Self { records, cells, columns, rules, line: 1, broken: false })
    }

    fn row(&self, line: u64, record: &StringRecord) -> Result<SubscriberRow, Reject> {
        let cell = |column: &str| {
            let index = self.columns.iter().position(|c| c == column)?;
            record.get(index).map(str::trim)
        };
        let email = cell("email").unwrap_or("");
        let reject = |reason: String| Reject { line, email: shown(email), reason };
        if record.len() != self.columns.len() {
            let (found, expected) = (record.len(), self.columns.len());
            return Err(reject(format!("{found} cells, but the header has {expected}; is a quote missing?")));
        }
        let address = Address::parse(email).map_err(|e| reject(e.to_string()))?;
        let status = Self::status(cell("status").unwrap_or("")).map_err(&reject)?;
        if status.is_gone() {
            // Who left stays off the list, whatever else is wrong with the row.
            return Ok(self.gone(address, status, record));
        }
        for (column, value) in self.columns.iter().zip(record) {
            clean(column, value).map_err(&reject)?;
        }
        let consent = cell("consent").filter(|c| !c.is_empty()).unwrap_or(self.rules.consent);
        if status == SubscriberStatus::Confirmed && consent.is_empty() {
            return Err(reject("confirmed, but nothing says where consent came from; use --consent".into()));
        }
        Ok(SubscriberRow {
            email: address,
            name: cell("name").map(str::to_owned),
            status,
            editions: cell("editions").map(|e| self.editions(e)).transpose().map_err(&reject)?,
            created: cell("created").filter(|c| !c.is_empty()).map(day).transpose().map_err(&reject)?,
            fields: self.fields(record),
            consent: consent.to_owned(),
        })
    }

    fn gone(&self, email: Address, status: SubscriberStatus, record: &StringRecord) -> SubscriberRow {
        let cell = |column: &str| {
            let at = self.columns.iter().position(|c| c == column)?;
            record.get(at).map(str::trim).filter(|value| clean(column, value).is_ok())
        };
        SubscriberRow {
            email,
            name: cell("name").map(str::to_owned),
            status,
            editions: cell("editions").and_then(|e| self.editions(e).ok()),
            created: cell("created").and_then(|c| day(c).ok()),
            fields: BTreeMap::new(),
            consent: cell("consent").unwrap_or("").to_owned(),
        }
    }

    fn status(cell: &str) -> Result<SubscriberStatus, String> {
        if cell.is_empty() {
            return Ok(SubscriberStatus::Confirmed);
        }
        cell.parse().map_err(|()| {
            format!("`status` must be pending, confirmed, unsubscribed, bounced or complained, found `{}`", shown(cell))
        })
    }

    fn editions(&self, cell: &str) -> Result<Vec<String>, String> {
        let names = cell.split(';').map(str::trim).filter(|e| !e.is_empty());
        names
            .map(|name| {
                if self.rules.editions.contains(name) {
                    return Ok(name.to_owned());
                }
                let known: Vec<&str> = self.rules.editions.iter().map(String::as_str).collect();
                Err(format!("unknown edition `{}`; there are {}", shown(name), known.join(", ")))
            })
            .collect()
    }

    fn fields(&self, record: &StringRecord) -> BTreeMap<String, String> {
        let own = self.columns.iter().zip(record).filter(|(c, v)| !KNOWN.contains(&c.as_str()) && !v.trim().is_empty());
        own.map(|(column, value)| (column.clone(), value.trim().to_owned())).collect()
    }
}

impl<R: Read> SubscriberRows<'_, R> {
    /// The line on which the last row began, from 1; the header is line 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    fn read(&mut self, cut: Cut) -> Result<SubscriberRow, Reject> {
        let line = self.line;
        let reject = |reason: &str| Reject { line, email: String::new(), reason: reason.into() };
        match cut {
            Cut::Record(bytes) => match self.cells.of(&bytes) {
                Some(cells) => self.row(line, &cells),
                None => Err(reject("not UTF-8 (it may be Latin-1); save the file as \"CSV UTF-8\"")),
            },
            Cut::TooLong => Err(reject("longer than 64 kB, so it is no row")),
            Cut::Open => Err(reject("a quote opens here that is not closed in the next 100 lines")),
        }
    }
}

impl<R: Read> Iterator for SubscriberRows<'_, R> {
    type Item = Result<SubscriberRow, Reject>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.records.next() {
            _ if self.broken => None,
            Ok(None) => None,
            Ok(Some((line, cut))) => {
                self.line = line;
                Some(self.read(cut))
            }
            Err(error) => {
                self.broken = true;
                let reject = Reject { line: self.line + 1, email: String::new(), reason: error.to_string() };
                Some(Err(reject))
            }
        }
    }
}

/// What a file is by its first bytes, when that is no CSV.
fn no_csv(start: &[u8]) -> Option<&'static str> {
    let start = &start[..start.len().min(512)];
    let nuls = start.iter().filter(|byte| **byte == 0).count();
    // A zip archive (.xlsx, .ods, .numbers), and the older spreadsheets' compound file.
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"\xd0\xcf\x11\xe0") {
        Some("a spreadsheet or an archive")
    } else if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") || nuls * 4 > start.len() {
        Some("UTF-16 or no text")
    } else {
        None
    }
}

/// Refuses what has no place in a cell: control characters and endless text.
fn clean(column: &str, value: &str) -> Result<(), String> {
    if value.trim().chars().any(char::is_control) {
        return Err(format!("`{column}` holds a line break or another control character"));
    }
    if value.chars().count() > LONGEST {
        return Err(format!("`{column}` is longer than {LONGEST} characters; is a quote missing?"));
    }
    Ok(())
}

fn day(cell: &str) -> Result<DateTime<Utc>, String> {
    Published::parse(cell)
        .map(|at| at.earliest(chrono_tz::Tz::UTC))
        .ok_or_else(|| format!("`created` must be a date such as 2026-05-01, found `{}`", shown(cell)))
}

/// A cell fit for a message: one short line.
fn shown(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect()
}

#[cfg(test)]
mod tests;
