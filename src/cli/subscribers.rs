//! `digest subscribers`: the list of subscribers.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{count, cut, json, json_line, line, report_notices};
use super::{Exit, Format, Global, address};
use crate::model::{Act, DeliveryLine, LetterLine, Notice, Subscriber, SubscriberRow, SubscriberStatus};
use crate::pipeline::{BounceLine, Change, RejectWriter, SubscriberDetails, SubscriberImport};

#[derive(Subcommand)]
pub enum Subscribers {
    /// Add subscribers from a CSV file; nobody who left is brought back
    Import(Import),
    /// Write the list as CSV to standard output
    Export(Export),
    /// Put one subscriber on the list
    Add(Add),
    /// Take one subscriber off the list, as unsubscribed
    Remove(One),
    /// Show the subscribers
    List(List),
    /// Show all that is stored on one details: choices, consent, letters, deliveries
    Show(Show),
    /// Delete all that is stored on one details, for good; no import brings them back
    Forget(One),
}

#[derive(Args)]
pub struct Import {
    /// The CSV file, with a header row; `-` for standard input
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Where these subscribers' consent came from; kept as the record of it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    consent: String,
    /// Also write the rows that were left out, with line and reason, to a CSV file
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// How to print the result
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Args)]
pub struct Export {
    /// Leave cells that a spreadsheet would run as a formula as they are
    #[arg(long)]
    raw: bool,
}

#[derive(Args)]
pub struct Add {
    /// The address
    address: String,
    /// The subscriber's name, as mails may greet them by it
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// Editions, joined by commas; all when left out
    #[arg(long, value_delimiter = ',', value_name = "EDITION")]
    editions: Vec<String>,
    /// Where consent came from; kept as the record of it
    #[arg(long, value_name = "TEXT")]
    consent: String,
}

#[derive(Args)]
pub struct One {
    /// The address
    address: String,
}

#[derive(Args)]
pub struct Show {
    /// The address
    address: String,
    /// How to print it
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Args)]
pub struct List {
    /// Only subscribers who stand so: pending, confirmed, unsubscribed, bounced or complained
    #[arg(long, value_parser = status)]
    status: Option<SubscriberStatus>,
    /// How to print them
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
            Self::List(command) => command.run(global)?,
            Self::Show(command) => command.run(global)?,
            Self::Forget(command) => command.forget(global)?,
        }
        Ok(Exit::Done)
    }
}

impl Import {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let path = global.path(&self.file);
        let source: Box<dyn Read> = if path == Path::new("-") {
            Box::new(std::io::stdin().lock())
        } else {
            let open = |e| Notice::new(format!("cannot read the list: {e}")).at(&path, None).help("check the path");
            Box::new(BufReader::new(File::open(&path).map_err(open)?))
        };
        let mut rejects = self.rejects.as_ref().map(|file| rejects_file(&global.path(file), &path)).transpose()?;
        let result = site.subscribers().import_subscribers(&path, source, self.consent.trim(), |reject| {
            let written = rejects.as_mut().map_or(Ok(()), |rejects| rejects.write(reject));
            written.context("the rejects cannot be written")
        })?;
        rejects.map_or(Ok(()), RejectWriter::finish).context("the rejects cannot be written")?;
        if self.format == Format::Json {
            json(&result)?;
        } else {
            print_import(&result)?;
        }
        let taken = result.added + result.updated + result.unchanged + result.kept_unsubscribed;
        Ok(if taken == 0 && result.rejected > 0 { Exit::Found } else { Exit::Done })
    }
}

fn print_import(result: &SubscriberImport) -> anyhow::Result<()> {
    let (updated, unchanged) = (result.updated, result.unchanged);
    line(&format!("{} added, {updated} updated, {unchanged} unchanged", count(result.added, "subscriber")))?;
    if result.kept_unsubscribed > 0 {
        line(&format!("{} who left stayed off the list", count(result.kept_unsubscribed, "subscriber")))?;
    }
    if result.duplicates > 0 {
        line(&format!("{} with an address that stood before, and adds to it:", count(result.duplicates, "row")))?;
    }
    for duplicate in result.duplicate_rows.iter().take(20) {
        line(&format!(
            "  line {}: {} stands on line {} too",
            duplicate.line,
            cut(&duplicate.email, 60),
            duplicate.first
        ))?;
    }
    if result.duplicates > 20 {
        line("  …; --format json names more")?;
    }
    if result.rejected > 0 {
        line(&format!("{} left out:", count(result.rejected, "row")))?;
    }
    for reject in result.rejects.iter().take(20) {
        let email = if reject.email.is_empty() { String::new() } else { format!(" ({})", cut(&reject.email, 60)) };
        line(&format!("  line {}: {}{email}", reject.line, reject.reason))?;
    }
    if result.rejected > 20 {
        line("  …; --rejects FILE writes them all")?;
    }
    Ok(())
}

/// The file for the rows that are left out. It is made before the first row goes in, so that one that cannot be written is told
/// before anything is changed.
fn rejects_file(path: &Path, list: &Path) -> anyhow::Result<RejectWriter<File>> {
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if same(path, list) {
        let notice = Notice::new("the rejects would be written over the list itself").at(path, None);
        return Err(notice.help("give --rejects a file of its own").into());
    }
    let unwritten =
        |why: &dyn std::fmt::Display| Notice::new(format!("cannot write the rejects: {why}")).at(path, None);
    let file = File::create(path).map_err(|e| unwritten(&e))?;
    Ok(RejectWriter::new(file).map_err(|e| unwritten(&e))?)
}

impl Add {
    fn run(self, global: &Global) -> anyhow::Result<()> {
        let row = SubscriberRow {
            email: address(&self.address)?,
            name: Some(self.name.chars().filter(|c| !c.is_control()).collect()),
            status: SubscriberStatus::Confirmed,
            editions: Some(self.editions),
            created: None,
            fields: std::collections::BTreeMap::new(),
            consent: self.consent,
        };
        let email = row.email.clone();
        match global.site()?.subscribers().add_subscriber(row)? {
            Change::Added => line(&format!("{email} is on the list")),
            Change::Updated => line(&format!("{email} was on the list; updated")),
            Change::Unchanged => line(&format!("{email} was on the list already")),
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
            line("all that was stored on this details is deleted; no import brings them back")
        } else {
            line("nothing was stored on this details; no import will bring them in")
        }
    }
}

impl List {
    fn run(self, global: &Global) -> anyhow::Result<()> {
        let mut any = false;
        global.site()?.subscribers().each_subscriber(self.status, |subscriber| {
            any = true;
            if self.format == Format::Json {
                return json_line(&shown(&subscriber));
            }
            let editions =
                if subscriber.editions.is_empty() { "all".to_owned() } else { subscriber.editions.join(", ") };
            let (email, status) = (cut(subscriber.email.as_str(), 36), subscriber.status.as_str());
            line(&format!("{email:<36}  {status:<12}  {editions:<16}  {}", cut(&subscriber.name, 30)))
        })?;
        if !any && self.format == Format::Table {
            let notice = Notice::new(self.status.map_or_else(
                || "nobody is on the list yet".to_owned(),
                |status| format!("nobody on the list is {}", status.as_str()),
            ));
            report_notices(global, &[notice.help("`digest subscribers import` and `add` put subscribers on it")]);
        }
        Ok(())
    }
}

impl Show {
    fn run(self, global: &Global) -> anyhow::Result<()> {
        let details = global.site()?.subscribers().details(&address(&self.address)?)?;
        let all = whole(&details, &self.address);
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

/// A subscriber as the JSON that scripts rely on.
fn shown(subscriber: &Subscriber) -> Value {
    let mut value = json!({
        "email": subscriber.email,
        "name": subscriber.name,
        "status": subscriber.status.as_str(),
        "editions": subscriber.editions,
        "created": time(subscriber.created),
    });
    let optional = [("confirmed", subscriber.confirmed.map(time)), ("left", subscriber.left.map(time))];
    for (key, text) in optional {
        if let Some(text) = text {
            value[key] = text.into();
        }
    }
    value["fields"] = json!(subscriber.fields);
    if let Some(until) = subscriber.paused {
        value["paused_until"] = time(until).into();
    }
    value
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// All that is stored on a details.
fn whole(details: &SubscriberDetails, address: &str) -> Value {
    let mut value = details.subscriber.as_ref().map_or_else(|| json!({"email": address, "status": "none"}), shown);
    if let Some(subscriber) = &details.subscriber {
        value["consent"] = json!(subscriber.consent);
    }
    let act = |a: &Act| json!({"at": time(a.at), "act": a.act, "how": a.how, "network": a.network});
    let letter = |l: &LetterLine| {
        let reply = l.reply.as_ref().map(ToString::to_string);
        json!({"kind": l.kind, "state": l.state, "queued": time(l.queued), "updated": time(l.updated), "reply": reply})
    };
    value["acts"] = details.acts.iter().map(act).collect();
    value["sign_ups"] = details.sign_ups.iter().map(|(at, from)| json!({"at": time(*at), "network": from})).collect();
    value["letters"] = details.letters.iter().map(letter).collect();
    let delivery =
        |d: &DeliveryLine| json!({"issue": d.issue, "state": d.state, "updated": time(d.updated), "reply": d.reply});
    value["deliveries"] = details.deliveries.iter().map(delivery).collect();
    let bounce = |b: &BounceLine| {
        let status = Some(&b.status).filter(|status| !status.is_empty());
        json!({"received": time(b.received), "kind": b.kind.as_str(), "issue": b.issue, "status": status, "diagnostic": b.diagnostic})
    };
    value["bounces"] = details.bounces.iter().map(bounce).collect();
    value
}
