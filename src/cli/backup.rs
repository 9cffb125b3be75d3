//! `digest backup`, `digest restore`, and `digest resume`, which also releases what was restored.

use std::path::PathBuf;

use clap::Args;

use super::output::{confirm, count, line, report_notices};
use super::{Exit, Global};
use crate::model::Notice;
use crate::pipeline::{Release, Released, restore};

#[derive(Args)]
pub struct Backup {
    /// A new folder for the backup; it is created complete or not at all
    #[arg(value_name = "DIR")]
    to: PathBuf,
}

#[derive(Args)]
pub struct Restore {
    /// The backup folder
    #[arg(value_name = "DIR")]
    from: PathBuf,
    /// A new folder for the publication
    into: PathBuf,
}

#[derive(Args)]
pub struct Resume {
    /// The issue's folder name or path
    #[arg(required_unless_present = "restored")]
    issue: Option<String>,
    /// Release a restored publication, after listing what the backup cannot know
    #[arg(long, conflicts_with = "issue")]
    restored: bool,
    /// The original's safety log, if it has moved
    #[arg(long, value_name = "FILE", requires = "restored")]
    log: Option<PathBuf>,
    /// Do not ask for confirmation
    #[arg(short, long, requires = "restored")]
    yes: bool,
}

impl Backup {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let made = global.site()?.backups().make(&global.config, &global.path(&self.to))?;
        let megabytes = made.bytes.div_ceil(1 << 20);
        line(&format!("{}: {}, {megabytes} MB", self.to.display(), count(made.files, "file")))?;
        if !made.secrets.is_empty() {
            line(&format!("not included, because they are secrets: {}", made.secrets.join(", ")))?;
        }
        Ok(Exit::Done)
    }
}

impl Restore {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let restored = restore(&global.path(&self.from), &global.path(&self.into))?;
        let into = self.into.display();
        let made = restored.made.format("%Y-%m-%d %H:%M:%S UTC");
        line(&format!("{into}: {} as of {made}, {} checked", restored.publication, count(restored.files, "file")))?;
        if !restored.changed.is_empty() {
            line(&format!(
                "changed in its config.toml so that paths lead into {into}: {}",
                restored.changed.join(", ")
            ))?;
        }
        if !restored.secrets.is_empty() {
            line(&format!("copy these files yourself: {}", restored.secrets.join(", ")))?;
        }
        if !restored.environment.is_empty() {
            line(&format!("the original had these environment variables set: {}", restored.environment.join(", ")))?;
        }
        line(&format!("it mails nobody and serves no pages until you run `digest -C {into} resume --restored`"))?;
        Ok(Exit::Done)
    }
}

impl Resume {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let Some(issue) = &self.issue else { return self.release(global) };
        let site = global.site()?;
        let name = site.sent_issue(issue)?;
        site.delivery().resume(&name)?;
        line(&format!("{name} is resumed; `digest send {name}` sends the rest"))?;
        Ok(Exit::Done)
    }

    fn release(&self, global: &Global) -> anyhow::Result<Exit> {
        let backups = global.site()?.backups();
        let log = self.log.as_deref().map(|log| global.path(log));
        let release = backups.plan_release(log.as_deref())?;
        for text in unknown(&release) {
            line(&text)?;
        }
        if !self.yes {
            use std::io::IsTerminal;
            if !std::io::stdin().is_terminal() {
                return Err(Notice::new("nothing was released")
                    .help("read the above, then run it again with --yes")
                    .into());
            }
            if !confirm("Release it?")? {
                line("nothing was released")?;
                return Ok(Exit::Interrupted);
            }
        }
        let released = backups.release(&release)?;
        report(global, &release, &released)?;
        Ok(Exit::Done)
    }
}

/// Prints what neither the backup nor the log knows, and what the log knows.
fn unknown(release: &Release) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(hold) = &release.hold {
        told.push(format!("restored from the backup of {}", hold.backup.format("%Y-%m-%d %H:%M:%S UTC")));
    } else {
        told.push("the database is older than its safety log".into());
    }
    let waiting = &release.waiting;
    match (&release.log, &release.ahead) {
        (Some(log), Some(ahead)) if !ahead.is_foreign => {
            told.push(format!("the safety log {} has what happened after that:", log.display()));
            for (issue, n) in &ahead.deliveries {
                told.push(format!("  {issue}: {n} deliveries missing from the database; they will be recorded"));
            }
            let people = if ahead.people == 0 { "nobody".into() } else { ahead.people.to_string() };
            told.push(format!("  left, came back or erased since: {people}; this will be recorded"));
        }
        _ => {
            told.push(
                "there is no safety log for the time after that; give it with `--log FILE` if you have it. Without it:"
                    .into(),
            );
            told.push("  anyone who left, complained, bounced or was erased since will be mailed again".into());
            for (issue, n) in &waiting.sends {
                told.push(format!("  {issue}: nobody knows which of the {n} waiting recipients have received it; it stays stopped until `digest resume {issue}`"));
            }
            for issue in &waiting.approved {
                told.push(format!("  {issue}: nobody knows whether it was sent; its approval is withdrawn"));
            }
        }
    }
    told.push("lost either way: later sign-ups, changes of preferences, and edits to issues and content".into());
    if waiting.letters > 0 {
        told.push(format!("queued letters are dropped, because the original may have sent them: {}", waiting.letters));
    }
    told.push("the original must not run any more: stop its `digest serve` and its timers first".into());
    told
}

fn report(global: &Global, release: &Release, released: &Released) -> anyhow::Result<()> {
    let applied = &released.applied;
    if !release.is_blind() {
        line(&format!(
            "recorded: {} removed, {} erased, {} kept out, {} deliveries",
            applied.taken_off, applied.erased, applied.kept_out, applied.deliveries
        ))?;
    }
    if let Some(moved) = &released.moved {
        let notice = Notice::new("the safety log belonged to another database; a new one was started").at(moved, None);
        report_notices(global, &[notice]);
    }
    line("released: it sends and serves pages again; `digest status` shows what is waiting")
}
