//! `digest subscribers`: the list of subscribers.

mod import;

use std::io::BufWriter;

use clap::{Args, Subcommand};

use super::output::{cut, json, json_line, line, report_notices};
use super::{Exit, Format, Global, address};
use crate::model::{Notice, Subscriber, SubscriberRow, SubscriberStatus};
use crate::pipeline::{BroughtBack, Change, subscriber_to_json};

#[derive(Subcommand)]
pub enum Subscribers {
    /// Import subscribers from CSV, a spreadsheet or another service's export; nobody who left is brought back
    Import(import::Import),
    /// Print the list as CSV
    Export(Export),
    /// Add a subscriber
    Add(Add),
    /// Unsubscribe a subscriber
    Remove(One),
    /// Restore a subscriber who was removed by mistake; one who left or complained only with --consent
    Restore(Restore),
    /// List subscribers
    List(List),
    /// Show everything stored about a subscriber
    Show(Show),
    /// Delete everything stored about a subscriber, for good; no import brings them back
    Forget(One),
}

#[derive(Args)]
pub struct Export {
    /// Do not escape cells that a spreadsheet would run as a formula
    #[arg(long)]
    raw: bool,
}

#[derive(Args)]
pub struct Add {
    /// The address
    address: String,
    /// The subscriber's name, for greetings
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// Editions, separated by commas; all by default
    #[arg(long, value_delimiter = ',', value_name = "EDITION")]
    editions: Vec<String>,
    /// How they gave consent; kept as the record of it
    #[arg(long, value_name = "TEXT")]
    consent: String,
}

#[derive(Args)]
pub struct One {
    /// The address
    address: String,
}

#[derive(Args)]
pub struct Restore {
    /// The address
    address: String,
    /// Why the removal was wrong; kept on record
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// For one who left or complained: how they asked to come back; kept as the record of consent
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    consent: String,
}

impl Restore {
    fn run(self, global: &Global) -> anyhow::Result<()> {
        let email = address(&self.address)?;
        if self.why.trim().is_empty() {
            return Err(Notice::new("--why must say why the removal was wrong").into());
        }
        match global.site()?.subscribers().restore(&email, self.why.trim(), self.consent.trim())? {
            BroughtBack::Now(status) => line(&format!("{email} is back on the list, {status}")),
            BroughtBack::NotGone => line(&format!("{email} is on the list; nothing to restore")),
            BroughtBack::Refused(status) => {
                let what = if status == SubscriberStatus::Complained { "complained" } else { "left the list" };
                Err(Notice::new(format!("{email} {what}, and is only brought back if they asked"))
                    .help("they can sign up again; if they asked you, add --consent \"asked by mail on 3 May 2026\"")
                    .into())
            }
        }
    }
}

#[derive(Args)]
pub struct Show {
    /// The address
    address: String,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Args)]
pub struct List {
    /// Only subscribers with this status: pending, confirmed, unsubscribed, bounced or complained
    #[arg(long, value_parser = status)]
    status: Option<SubscriberStatus>,
    /// Only subscribers whose address, name or fields contain this text, ignoring case
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

fn status(text: &str) -> Result<SubscriberStatus, String> {
    text.parse().map_err(|()| "it must be pending, confirmed, unsubscribed, bounced or complained".to_owned())
}

impl Subscribers {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Import(command) => return command.run(global),
            Self::Export(command) => {
                global
                    .site()?
                    .subscribers()
                    .export_subscribers(BufWriter::new(std::io::stdout().lock()), !command.raw)?;
            }
            Self::Add(command) => command.run(global)?,
            Self::Remove(command) => command.remove(global)?,
            Self::Restore(command) => command.run(global)?,
            Self::List(command) => command.run(global)?,
            Self::Show(command) => command.run(global)?,
            Self::Forget(command) => command.forget(global)?,
        }
        Ok(Exit::Done)
    }
}

impl Add {
    fn run(self, global: &Global) -> anyhow::Result<()> {
        let name: String = self.name.chars().filter(|c| !c.is_control()).collect();
        if self.consent.trim().is_empty() {
            return Err(Notice::new("--consent must say how they gave consent")
                .help("such as --consent \"asked for it at the fair, May 2026\"")
                .into());
        }
        let row = SubscriberRow {
            name: Some(name.trim().to_owned()),
            editions: Some(self.editions),
            consent: self.consent.trim().to_owned(),
            ..SubscriberRow::new(address(&self.address)?, SubscriberStatus::Confirmed)
        };
        let email = row.email.clone();
        match global.site()?.subscribers().add_subscriber(row)? {
            Change::Added => line(&format!("{email} is on the list")),
            Change::Updated => line(&format!("{email} was on the list; updated")),
            Change::Unchanged => line(&format!("{email} is already on the list")),
            Change::KeptGone => Err(Notice::new(format!("{email} left the list, and is not brought back"))
                .help("they can sign up again themselves")
                .into()),
        }
    }
}

impl One {
    fn remove(self, global: &Global) -> anyhow::Result<()> {
        let email = address(&self.address)?;
        let left = global.site()?.subscribers().remove_subscriber(&email)?;
        line(&if left { format!("{email} is unsubscribed") } else { format!("{email} had left already") })
    }

    fn forget(self, global: &Global) -> anyhow::Result<()> {
        let email = address(&self.address)?;
        if global.site()?.subscribers().forget(&email)? {
            line("everything stored about this subscriber is deleted; no import brings them back")
        } else {
            line("nothing was stored about this address; no import will add it")
        }
    }
}

impl List {
    fn run(self, global: &Global) -> anyhow::Result<()> {
        let mut any = false;
        let search = self.search.as_ref().map(|text| text.to_lowercase());
        global.site()?.subscribers().each_subscriber(self.status, |subscriber| {
            if search.as_ref().is_some_and(|text| !holds(&subscriber, text)) {
                return Ok(());
            }
            any = true;
            if self.format == Format::Json {
                return json_line(&subscriber_to_json(&subscriber));
            }
            let editions =
                if subscriber.editions.is_empty() { "all".to_owned() } else { subscriber.editions.join(", ") };
            let (email, status) = (cut(subscriber.email.as_str(), 36), subscriber.status.as_str());
            line(&format!("{email:<36}  {status:<12}  {editions:<16}  {}", cut(&subscriber.name, 30)))
        })?;
        if !any && self.format == Format::Table && self.search.is_some() {
            report_notices(global, &[Notice::new("no subscriber matches")]);
        } else if !any && self.format == Format::Table {
            let notice = Notice::new(self.status.map_or_else(
                || "the list is empty".to_owned(),
                |status| format!("nobody on the list is {}", status.as_str()),
            ));
            report_notices(global, &[notice.help("add subscribers with `digest subscribers import` or `add`")]);
        }
        Ok(())
    }
}

/// Whether a subscriber's address, name or any field contains this text, which is in lower case.
fn holds(subscriber: &Subscriber, text: &str) -> bool {
    let texts =
        [subscriber.email.as_str(), &subscriber.name].into_iter().chain(subscriber.fields.values().map(String::as_str));
    texts.into_iter().any(|own| own.to_lowercase().contains(text))
}

impl Show {
    fn run(self, global: &Global) -> anyhow::Result<()> {
        let details = global.site()?.subscribers().details(&address(&self.address)?)?;
        let all = details.to_json(&self.address);
        if self.format == Format::Json {
            return json(&all);
        }
        for (key, value) in all.as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            line(&format!("{key:<10} {text}"))?;
        }
        Ok(())
    }
}
