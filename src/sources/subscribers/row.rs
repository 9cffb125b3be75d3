//! One record of a list to one subscriber, with their dates, and the evidence of their consent. Knows no file.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use chrono::{DateTime, SecondsFormat, Utc};
use csv::StringRecord;
use serde::Deserialize;

use super::attributes;
use super::dates;
use super::meaning::Meaning;
use super::plan::{Column, Plan};
use super::services::{DIGEST, PLAIN};
use super::standing::{self, LONGEST, Standing, is_no_date, line};
use super::words::{self, Word};
use super::{SubscriberRules, shown};
use crate::model::{Act, Address, SubscriberRow, SubscriberStatus, network};

/// Why a row is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub reason: String,
    /// It would be confirmed, and nothing says where consent came from.
    pub lacks_consent: bool,
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self { reason, lacks_consent: false }
    }
}

/// Reads records by a plan.
pub struct RowReader<'a> {
    plan: &'a Plan,
    rules: &'a SubscriberRules<'a>,
    is_own: bool,
}

impl<'a> RowReader<'a> {
    pub fn new(plan: &'a Plan, rules: &'a SubscriberRules<'a>) -> Self {
        Self { plan, rules, is_own: plan.service.name == DIGEST.name }
    }

    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// The non-empty cells of the columns with this meaning.
    fn cells<'c>(&'c self, record: &'c StringRecord, meaning: Meaning) -> impl Iterator<Item = (&'c Column, &'c str)> {
        let both = self.plan.columns.iter().zip(record);
        both.filter(move |(column, _)| column.meaning == meaning).map(|(column, cell)| (column, self.bare(cell)))
    }

    fn cell<'c>(&'c self, record: &'c StringRecord, meaning: Meaning) -> Option<&'c str> {
        self.cells(record, meaning).next().map(|(_, cell)| cell)
    }

    /// A cell without the `'` by which an export keeps a spreadsheet from running it, and without quotation marks that were put
    /// around it once too often.
    fn bare<'c>(&self, cell: &'c str) -> &'c str {
        let cell = cell.trim();
        let quotes = cell.chars().take_while(|c| *c == '\'').count();
        if quotes > 0 && cell[quotes..].starts_with(['=', '+', '-', '@', '\t', '\r']) {
            return &cell[1..];
        }
        let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match inner.filter(|inner| !self.is_own && !inner.contains('"')) {
            Some(inner) => inner.trim(),
            None => cell,
        }
    }

    /// The address that a row names, as far as it can be recognized.
    pub fn email<'c>(&'c self, record: &'c StringRecord) -> &'c str {
        self.cell(record, Meaning::Email).unwrap_or("")
    }

    /// # Errors
    /// Why the row is left out, in words for the list's owner.
    pub fn read(&self, record: &StringRecord) -> Result<SubscriberRow, Refused> {
        let email = self.email(record);
        let (found, expected) = (record.len(), self.plan.columns.len());
        let is_wider = found > expected && record.iter().skip(expected).all(|cell| cell.trim().is_empty());
        if found != expected && !is_wider {
            return Err(format!("{found} cells, but the header has {expected}; is a quote missing?").into());
        }
        let address = Address::parse(email.trim_start_matches("mailto:")).map_err(|e| e.to_string())?;
        if !self.plan.service.deleted_domain.is_empty() && address.domain() == self.plan.service.deleted_domain {
            return Err("this person asked the service to be deleted; this is not their real address"
                .to_owned()
                .into());
        }
        let standing = standing::of(self.plan, record, |cell| self.bare(cell));
        let status = standing.worst.unwrap_or(SubscriberStatus::Confirmed);
        let mut row = SubscriberRow::new(address, status);
        if status.is_gone() {
            // Who left stays off the list, whatever else is wrong with the row.
            self.gone(record, &standing, &mut row);
            return Ok(row);
        }
        if let Some(unclear) = standing.unclear {
            return Err(unclear.into());
        }
        self.staying(record, &mut row)?;
        Ok(row)
    }

    /// Everything about one who is not mailed that can be kept.
    fn gone(&self, record: &StringRecord, standing: &Standing, row: &mut SubscriberRow) {
        row.name = self.name(record).filter(|name| clean("name", name).is_ok());
        row.editions = self.cell(record, Meaning::Editions).and_then(|cell| self.editions(cell).ok());
        let time = |meaning| self.time(record, meaning).ok().flatten();
        row.created =
            time(Meaning::Created).or_else(|| time(Meaning::OptInTime)).or_else(|| time(Meaning::ConfirmTime));
        row.confirmed = time(Meaning::ConfirmTime).or_else(|| time(Meaning::OptInTime));
        row.left = standing.left;
        row.fields = self.fields(record);
        row.acts = self.acts(record).unwrap_or_default();
        row.consent = self.consent(record, &row.acts, "");
        if !self.is_own {
            let reasons = standing.reasons.join("; ");
            let title = self.title();
            row.why = if reasons.is_empty() { title.to_owned() } else { format!("{title}: {reasons}") };
        }
        if self.is_own {
            row.paused = time(Meaning::Paused);
        }
    }

    /// Everything about one who may be mailed; nothing of it may be wrong.
    fn staying(&self, record: &StringRecord, row: &mut SubscriberRow) -> Result<(), Refused> {
        if self.is_own || self.plan.service.name == PLAIN.name {
            for (column, cell) in self.plan.columns.iter().zip(record) {
                if column.meaning != Meaning::Ignored && column.meaning != Meaning::History {
                    clean(&column.name, cell)?;
                }
            }
        }
        row.name = self.name(record);
        row.editions = self.cell(record, Meaning::Editions).map(|cell| self.editions(cell)).transpose()?;
        let (created, opted, confirmed) = (
            self.time(record, Meaning::Created)?,
            self.time(record, Meaning::OptInTime)?,
            self.time(record, Meaning::ConfirmTime)?,
        );
        row.created = created.or(opted).or(confirmed);
        row.confirmed = confirmed.or(opted).filter(|_| row.status == SubscriberStatus::Confirmed);
        row.paused = self.time(record, Meaning::Paused)?;
        row.fields = self.fields(record);
        row.acts = self.acts(record)?;
        row.consent = self.consent(record, &row.acts, self.rules.consent);
        if row.status == SubscriberStatus::Confirmed && row.consent.is_empty() {
            let reason = "confirmed, but nothing says where consent came from; use --consent".into();
            return Err(Refused { reason, lacks_consent: true });
        }
        Ok(())
    }

    /// Who says so, in records.
    fn title(&self) -> &'static str {
        if self.plan.service.name == PLAIN.name { "an imported list" } else { self.plan.service.title }
    }

    fn name(&self, record: &StringRecord) -> Option<String> {
        let whole = self.cell(record, Meaning::Name);
        let parts = [Meaning::FirstName, Meaning::LastName].map(|part| self.cell(record, part));
        match (whole.filter(|name| !name.is_empty()), parts) {
            (None, [first, last]) if first.or(last).is_some() => {
                let parts: Vec<&str> = [first, last].into_iter().flatten().filter(|part| !part.is_empty()).collect();
                Some(self.text(&parts.join(" ")))
            }
            _ => whole.map(|name| self.text(name)),
        }
    }

    /// Text as it is kept: what a service's people wrote in several lines becomes one.
    fn text(&self, cell: &str) -> String {
        if self.is_own { cell.to_owned() } else { line(cell, LONGEST) }
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

    /// The first date of a column that means this.
    fn time(&self, record: &StringRecord, meaning: Meaning) -> Result<Option<DateTime<Utc>>, String> {
        for (column, cell) in self.cells(record, meaning) {
            if words::yes_or_no(cell) != Word::Other && dates::parse(cell, column.order).is_none() || is_no_date(cell) {
                continue;
            }
            return match dates::parse(cell, column.order) {
                Some(at) => Ok(Some(at)),
                None => {
                    Err(format!("`{}` must be a date such as 2026-05-01, found `{}`", shown(&column.name), shown(cell)))
                }
            };
        }
        Ok(None)
    }

    /// The evidence of consent: what the service recorded, or our own record.
    fn acts(&self, record: &StringRecord) -> Result<Vec<Act>, String> {
        if let Some(cell) = self.cell(record, Meaning::History).filter(|cell| !cell.is_empty()) {
            let wrong = |e: serde_json::Error| format!("`history` must be a record as an export writes it: {e}");
            let acts: Vec<Recorded> = serde_json::from_str(cell).map_err(wrong)?;
            return Ok(acts.into_iter().map(Recorded::act).collect());
        }
        let network = |meaning| {
            let cell = self.cells(record, meaning).map(|(_, cell)| cell).find(|cell| !cell.is_empty());
            cell.map(network_of).unwrap_or_default()
        };
        let act = |act: &str, at, network| Act { at, act: act.to_owned(), how: self.title().to_owned(), network };
        let mut acts = Vec::new();
        if self.is_own {
            return Ok(acts);
        }
        if let Some(at) = self.time(record, Meaning::OptInTime)? {
            acts.push(act("signed up", at, network(Meaning::OptInNetwork)));
        }
        if let Some(at) = self.time(record, Meaning::ConfirmTime)? {
            acts.push(act("confirmed", at, network(Meaning::ConfirmNetwork)));
        }
        Ok(acts)
    }

    /// Where consent came from, in words: the file's own, or the operator's, and what the service recorded.
    fn consent(&self, record: &StringRecord, acts: &[Act], operator: &str) -> String {
        let said = self.cells(record, Meaning::Consent).map(|(column, cell)| {
            let is_flag = column.is_flag && words::yes_or_no(cell) != Word::Other;
            if is_flag { "" } else { cell }
        });
        let said =
            said.into_iter().find(|cell| !cell.is_empty()).map_or_else(|| operator.to_owned(), |cell| self.text(cell));
        if self.is_own || acts.is_empty() {
            return said;
        }
        let of = |act: &Act| {
            let from = if act.network.is_empty() { String::new() } else { format!(" from {}", act.network) };
            format!("{} {}{from}", act.act, act.at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        };
        let evidence = format!("{}: {}", self.title(), acts.iter().map(of).collect::<Vec<_>>().join(", "));
        if said.is_empty() { evidence } else { format!("{said}; {evidence}") }
    }

    fn fields(&self, record: &StringRecord) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        for (column, cell) in self.plan.columns.iter().zip(record) {
            let cell = self.bare(cell);
            match column.meaning {
                Meaning::Field | Meaning::FirstName | Meaning::LastName if !cell.is_empty() => {
                    fields.insert(column.name.clone(), self.text(cell));
                }
                Meaning::Tags => {
                    let tags = tags(cell);
                    if !tags.is_empty() {
                        fields.insert("tags".to_owned(), line(&tags.join("; "), LONGEST));
                    }
                }
                Meaning::Attributes if !cell.is_empty() => match attributes::read(cell) {
                    Some(found) => {
                        for (name, value) in found {
                            let (name, value) = (line(&name, 100), line(&value, LONGEST));
                            if !name.is_empty() && !value.is_empty() {
                                fields.entry(name).or_insert(value);
                            }
                        }
                    }
                    None => {
                        fields.insert(column.name.clone(), line(cell, LONGEST));
                    }
                },
                _ => {}
            }
        }
        fields
    }
}

/// Tags as services join them: by commas or semicolons, each in quotation marks or bare.
fn tags(cell: &str) -> Vec<String> {
    let separator = if cell.contains(';') && !cell.starts_with('"') { b';' } else { b',' };
    let mut found: Vec<String> = Vec::new();
    let mut csv =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(cell.as_bytes());
    for record in csv.records().filter_map(Result::ok) {
        found.extend(record.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()));
    }
    let mut seen = BTreeSet::new();
    found.retain(|tag| seen.insert(tag.clone()));
    found
}

fn network_of(cell: &str) -> String {
    let address: Option<IpAddr> =
        cell.parse().ok().or_else(|| cell.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    // A list that knows the network alone, as our own does.
    address
        .map_or_else(|| if cell.contains('/') { line(cell, 50) } else { String::new() }, |address| network(address, 64))
}

/// Refuses what has no place in a cell: control characters and endless text.
fn clean(column: &str, value: &str) -> Result<(), String> {
    if value.trim().chars().any(char::is_control) {
        return Err(format!("`{}` holds a line break or another control character", shown(column)));
    }
    if value.chars().count() > LONGEST {
        return Err(format!("`{}` is longer than {LONGEST} characters; is a quote missing?", shown(column)));
    }
    Ok(())
}

/// An act as an export writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    at: DateTime<Utc>,
    act: String,
    how: String,
    #[serde(default)]
    network: String,
}

impl Recorded {
    fn act(self) -> Act {
        Act { at: self.at, act: line(&self.act, 60), how: line(&self.how, LONGEST), network: line(&self.network, 60) }
    }
}
