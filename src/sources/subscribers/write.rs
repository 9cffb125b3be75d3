//! Writes CSV: the list, and the rows that an import left out. No cell runs as a formula in a spreadsheet, unless that is asked for.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::Reject;
use super::services::OWN;
use crate::model::{Act, Subscriber};

/// Writes subscribers as CSV that an import takes back, with nothing lost.
pub struct SubscriberWriter<W: Write> {
    csv: csv::Writer<W>,
    fields: Vec<String>,
    guard: bool,
}

impl<W: Write> SubscriberWriter<W> {
    /// Writes the header. With `guard`, a cell that a spreadsheet would run as a formula gets a `'` before it.
    pub fn new(target: W, fields: Vec<String>, guard: bool) -> io::Result<Self> {
        let mut csv = csv::Writer::from_writer(target);
        let own = OWN.into_iter().map(str::to_owned);
        csv.write_record(own.chain(fields.iter().map(|field| heading(field))).map(|cell| disarmed(&cell, guard)))
            .map_err(plain)?;
        Ok(Self { csv, fields, guard })
    }

    /// Writes a subscriber and the record of their consent.
    pub fn write(&mut self, subscriber: &Subscriber, history: &[Act]) -> io::Result<()> {
        let time = |at: Option<DateTime<Utc>>| at.map_or_else(String::new, written);
        let editions = subscriber.editions.join(";");
        let known = [
            subscriber.email.as_str(),
            &subscriber.name,
            &editions,
            subscriber.status.as_str(),
            &written(subscriber.created),
            &subscriber.consent,
            &time(subscriber.confirmed),
            &time(subscriber.left),
            &time(subscriber.paused),
            &record(history),
        ];
        let own = self.fields.iter().map(|field| subscriber.fields.get(field).map_or("", String::as_str));
        self.csv.write_record(known.into_iter().chain(own).map(|cell| disarmed(cell, self.guard))).map_err(plain)
    }

    pub fn finish(mut self) -> std::io::Result<()> {
        self.csv.flush()
    }
}

/// An error of the target itself: the reader of a pipe may have closed it, as `head` does.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A merge field's column: one that is called as a column of ours says that it is none.
fn heading(field: &str) -> String {
    if OWN.contains(&field) || field.starts_with("field:") { format!("field:{field}") } else { field.to_owned() }
}

/// The record of consent in one cell; empty when there is none.
fn record(history: &[Act]) -> String {
    if history.is_empty() {
        return String::new();
    }
    let act = |a: &Act| json!({"at": written(a.at), "act": a.act, "how": a.how, "network": a.network});
    Value::Array(history.iter().map(act).collect()).to_string()
}

/// The first columns of a file of rejects. An import of such a file ignores line and reason.
pub(super) const REJECTS: [&str; 3] = ["line", "email", "reason"];

/// Writes the rows that an import left out, each with its line, the reason, and its other cells, to be corrected and imported again.
pub struct RejectWriter<W: Write> {
    csv: csv::Writer<W>,
    columns: Vec<String>,
}

impl<W: Write> RejectWriter<W> {
    /// Writes the header: line, email, reason, and the list's other columns.
    pub fn new(target: W, columns: Vec<String>) -> csv::Result<Self> {
        let mut csv = csv::Writer::from_writer(target);
        let header = REJECTS.into_iter().chain(columns.iter().map(String::as_str));
        csv.write_record(header.map(|name| disarmed(name, true)))?;
        Ok(Self { csv, columns })
    }

    pub fn write(&mut self, reject: &Reject) -> csv::Result<()> {
        let line = reject.line.to_string();
        let first = [line.as_str(), &reject.email, &reject.reason];
        let cell = |column: &String| {
            reject.cells.iter().find(|(name, _)| name == column).map_or("", |(_, cell)| cell.as_str())
        };
        let row = first.into_iter().chain(self.columns.iter().map(cell));
        self.csv.write_record(row.map(|cell| disarmed(cell, true)))
    }

    pub fn finish(mut self) -> std::io::Result<()> {
        self.csv.flush()
    }
}

fn disarmed(cell: &str, guard: bool) -> String {
    // One that begins so already gets another, so that taking one off always gives back what was there.
    let formula = guard && cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}
