//! Writes CSV: the list, and the rows that an import left out. No cell runs as a formula in a spreadsheet, unless that is asked for.

use std::io::{self, Write};

use super::Reject;
use crate::model::Subscriber;

/// Writes subscribers as CSV that an import takes back.
pub struct SubscriberWriter<W: Write> {
    csv: csv::Writer<W>,
    fields: Vec<String>,
    guard: bool,
}

impl<W: Write> SubscriberWriter<W> {
    /// Writes the header. With `guard`, a cell that a spreadsheet would run as a formula gets a `'` before it.
    pub fn new(target: W, fields: Vec<String>, guard: bool) -> io::Result<Self> {
        let mut csv = csv::Writer::from_writer(target);
        let known = ["email", "name", "editions", "status", "created", "consent"];
        csv.write_record(known.into_iter().chain(fields.iter().map(String::as_str)).map(|cell| disarmed(cell, guard)))
            .map_err(plain)?;
        Ok(Self { csv, fields, guard })
    }

    pub fn write(&mut self, subscriber: &Subscriber) -> io::Result<()> {
        let created = subscriber.created.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        let editions = subscriber.editions.join(";");
        let known = [
            subscriber.email.as_str(),
            &subscriber.name,
            &editions,
            subscriber.status.as_str(),
            &created,
            &subscriber.consent,
        ];
        let own = self.fields.iter().map(|field| subscriber.fields.get(field).map_or("", String::as_str));
        self.csv.write_record(known.into_iter().chain(own).map(|cell| disarmed(cell, self.guard))).map_err(plain)
    }

    pub fn finish(mut self) -> std::io::Result<()> {
        self.csv.flush()
    }
}

/// The error of the target itself: one who reads a pipe may have gone away, as `head` does.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Writes the rows that an import left out, each with its line and the reason.
pub struct RejectWriter<W: Write>(csv::Writer<W>);

impl<W: Write> RejectWriter<W> {
    /// Writes the header.
    pub fn new(target: W) -> csv::Result<Self> {
        let mut csv = csv::Writer::from_writer(target);
        csv.write_record(["line", "email", "reason"])?;
        Ok(Self(csv))
    }

    pub fn write(&mut self, reject: &Reject) -> csv::Result<()> {
        let line = reject.line.to_string();
        self.0.write_record([&line, &reject.email, &reject.reason].map(|cell| disarmed(cell, true)))
    }

    pub fn finish(mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn disarmed(cell: &str, guard: bool) -> String {
    let formula = guard && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}
