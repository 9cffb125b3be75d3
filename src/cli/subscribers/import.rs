//! `digest subscribers import`: shows how a file is understood and how many would be imported as what, then imports them.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::super::output::{count, cut, json, line, report_notices};
use super::super::{Exit, Format, Global};
use crate::model::Notice;
use crate::pipeline::{Census, ImportOptions, ListSource, OpenList, Reject, RejectWriter, SubscriberImport};

/// Maximum number of rejected rows that are printed.
const SHOWN: usize = 20;

#[derive(Args)]
pub struct Import {
    /// The file: CSV with a header row, .xlsx or Mailchimp's ZIP; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How these subscribers gave consent; kept as the record of it. Required if the file has no evidence for those it
    /// would confirm
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    consent: String,
    /// The service that exported it, if its columns do not tell: mailchimp, substack, ghost, buttondown, beehiiv, listmonk,
    /// keila, curated, kit, mailerlite, spreadsheet
    #[arg(long, value_name = "SERVICE")]
    from: Option<String>,
    /// What a column means, as in `--map 'Kontakt erlaubt=opted_in'`; `COLUMN:WORD=STATUS` for one of its words, `*=STATUS` for all
    /// rows. Meanings: email, name, `first_name`, `last_name`, editions, status, `opted_out`, `opted_in`, left, reason, created,
    /// `opt_in_time`, `opt_in_network`, confirmed, consent, tags, attributes, field, ignore
    #[arg(long, value_name = "COLUMN=MEANING")]
    map: Vec<String>,
    /// Show what the file is taken for and what would be imported; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the rejected rows to this CSV file, with line and reason; correct them there and import it
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

impl Import {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let list = global.site()?.subscribers();
        let path = global.path(&self.file);
        let source = source(&path)?;
        let options =
            ImportOptions { consent: self.consent.trim().to_owned(), from: self.from.clone(), maps: self.map.clone() };
        let open = list.open_list(&path, source, &options)?;
        let recognised: usize = open.census.iter().map(Census::recognised).sum();
        let mut rejects =
            self.rejects.as_ref().map(|file| rejects_file(&global.path(file), &path, &open)).transpose()?;
        let left_out = |reject: &Reject| {
            let written = rejects.as_mut().map_or(Ok(()), |rejects| rejects.write(reject));
            written.context("the rejects cannot be written")
        };
        let told: Vec<String> = open.census.iter().flat_map(taken_for).collect();
        let mut result = if self.dry_run {
            dry(&open, left_out)?
        } else {
            for text in &told {
                report_notices(global, &[Notice::new(text)]);
            }
            list.import_list(&open, left_out)?
        };
        result.dry_run = self.dry_run;
        rejects.map_or(Ok(()), RejectWriter::finish).context("the rejects cannot be written")?;
        report_notices(global, &advice(&open));
        match (self.format, self.dry_run) {
            (Format::Json, _) => json(&result)?,
            (Format::Table, true) => {
                told.iter().try_for_each(|text| line(text))?;
                print_rejects(&result)?;
            }
            (Format::Table, false) => print_import(&result)?,
        }
        if recognised == 0 {
            let notice = Notice::new("no row of the file was recognized").at(&path, None);
            let help = if result.rejected > 0 {
                "see the reasons above"
            } else {
                "below the header row, each row is a subscriber"
            };
            report_notices(global, &[notice.help(help)]);
            return Ok(Exit::Found);
        }
        Ok(Exit::Done)
    }
}

fn source(path: &Path) -> anyhow::Result<ListSource> {
    if path == Path::new("-") {
        return Ok(ListSource::pipe(path, std::io::stdin().lock())?);
    }
    let unread = |e| Notice::new(format!("cannot read the list: {e}")).at(path, None).help("check the path");
    let file = File::open(path).map_err(unread)?;
    let is_file = file.metadata().map_err(unread)?;
    if is_file.is_dir() {
        return Err(Notice::new("the list is a folder").at(path, None).help("name the file inside").into());
    }
    // Piped input has a path too, but can be read only once.
    Ok(if is_file.is_file() { ListSource::File(file) } else { ListSource::pipe(path, file)? })
}

/// Reads the rows as an import would, and changes nothing.
fn dry(open: &OpenList, mut left_out: impl FnMut(&Reject) -> anyhow::Result<()>) -> anyhow::Result<SubscriberImport> {
    let mut result = SubscriberImport { census: open.census.clone(), ..SubscriberImport::default() };
    open.each_reject(|reject| {
        left_out(reject)?;
        result.rejected += 1;
        if result.rejects.len() < 1_000 {
            result.rejects.push(reject.clone());
        }
        Ok(())
    })?;
    Ok(result)
}

/// What a table is taken for, and how many of its rows would be imported as what.
fn taken_for(census: &Census) -> Vec<String> {
    let kinds = [
        (census.confirmed, "confirmed"),
        (census.pending, "pending"),
        (census.unsubscribed, "unsubscribed"),
        (census.bounced, "bounced"),
        (census.complained, "complained"),
        (census.refused, "left out"),
    ];
    let kinds: Vec<String> =
        kinds.iter().filter(|(number, _)| *number > 0).map(|(number, kind)| format!("{number} {kind}")).collect();
    let kinds = if kinds.is_empty() { "no rows".to_owned() } else { kinds.join(", ") };
    let what = match census.service.as_str() {
        "spreadsheet" => census.title.clone(),
        "digest" => "an export of digest's own".to_owned(),
        _ => format!("an export of {}", census.title),
    };
    let mut told = vec![format!("{} is taken for {what}: {kinds}", cut(&census.file, 80))];
    if !census.columns.is_empty() && census.service != "digest" {
        let columns = census.columns.iter().map(|(column, meaning)| format!("`{column}` is {meaning}"));
        told.push(columns.collect::<Vec<_>>().join(", "));
    }
    told
}

fn advice(open: &OpenList) -> Vec<Notice> {
    let advice = open.census.iter().filter(|census| !census.advice.is_empty());
    advice.map(|census| Notice::new(census.advice.clone())).collect()
}

fn print_import(result: &SubscriberImport) -> anyhow::Result<()> {
    let (updated, unchanged) = (result.updated, result.unchanged);
    line(&format!("{} added, {updated} updated, {unchanged} unchanged", count(result.added, "subscriber")))?;
    if result.kept_unsubscribed > 0 {
        line(&format!("{} who had left were kept off the list", count(result.kept_unsubscribed, "subscriber")))?;
    }
    if result.duplicates > 0 {
        line(&format!(
            "{} with an address that appeared earlier; they were combined:",
            count(result.duplicates, "row")
        ))?;
    }
    for duplicate in result.duplicate_rows.iter().take(20) {
        line(&format!("  line {}: {} is also on line {}", duplicate.line, cut(&duplicate.email, 60), duplicate.first))?;
    }
    if result.duplicates > 20 {
        line("  …; use --format json to see more")?;
    }
    print_rejects(result)
}

fn print_rejects(result: &SubscriberImport) -> anyhow::Result<()> {
    if result.rejected > 0 {
        line(&format!("{} left out:", count(result.rejected, "row")))?;
    }
    for reject in result.rejects.iter().take(SHOWN) {
        let email = if reject.email.is_empty() { String::new() } else { format!(" ({})", cut(&reject.email, 60)) };
        let file = if reject.file.is_empty() { String::new() } else { format!("{}, ", cut(&reject.file, 60)) };
        line(&format!("  {file}line {}: {}{email}", reject.line, reject.reason))?;
    }
    if result.rejected > SHOWN {
        line("  …; use --rejects FILE to write them all to a file")?;
    }
    Ok(())
}

/// The file for rejected rows. It is created before the first row is imported, so that a file that cannot be written is reported
/// before anything is changed.
fn rejects_file(path: &Path, list: &Path, open: &OpenList) -> anyhow::Result<RejectWriter<File>> {
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if same(path, list) {
        let notice = Notice::new("--rejects would overwrite the list itself").at(path, None);
        return Err(notice.help("choose another file for --rejects").into());
    }
    let unwritten =
        |why: &dyn std::fmt::Display| Notice::new(format!("cannot write the rejects: {why}")).at(path, None);
    let file = File::create(path).map_err(|e| unwritten(&e))?;
    Ok(RejectWriter::new(file, open.columns()?).map_err(|e| unwritten(&e))?)
}
