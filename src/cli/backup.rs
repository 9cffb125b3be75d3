//! `digest backup`, `digest restore`, and `digest resume`, which also releases what was restored.

use std::path::PathBuf;

use clap::Args;

use super::output::{confirm, count, line, report_notices};
use super::{Exit, Global};
use crate::model::Notice;
use crate::pipeline::{Release, Released, restore};

#[derive(Args)]
pub struct Backup {
    /// A new folder for the backup; it appears whole or not at all
    #[arg(value_name = "DIR")]
    to: PathBuf,
}

#[derive(Args)]
pub struct Restore {
    /// The backup
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
    /// Release a publication that was restored from a backup, after saying what the backup cannot know
    #[arg(long, conflicts_with = "issue")]
    restored: bool,
    /// The safety log of the original, when it is not where it was
    #[arg(long, value_name = "FILE", requires = "restored")]
    log: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long, requires = "restored")]
    yes: bool,
}

impl Backup {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let made = global.site()?.backups().make(&global.config, &global.path(&self.to))?;
        let megabytes = made.bytes.div_ceil(1 << 20);
        line(&format!("{}: {}, {megabytes} MB", self.to.display(), count(made.files, "file")))?;
        if !made.secrets.is_empty() {
            line(&format!("not in it, since they are secrets: {}", made.secrets.join(", ")))?;
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
            line(&format!("changed in its config.toml, to lead into {into}: {}", restored.changed.join(", ")))?;
        }
        if !restored.secrets.is_empty() {
            line(&format!("bring these files yourself: {}", restored.secrets.join(", ")))?;
        }
        if !restored.environment.is_empty() {
            line(&format!("the original had these variables set: {}", restored.environment.join(", ")))?;
        }
        line(&format!("it mails nobody and listens nowhere until `digest -C {into} resume --restored`"))?;
        Ok(Exit::Done)
    }
}

impl Resume {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let Some(issue) = &self.issue else { return self.release(global) };
        let site = global.site()?;
        let name = site.sent_issue(issue)?;
        site.delivery().resume(&name)?;
        line(&format!("{name} may go on; `digest send {name}` sends the rest"))?;
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
                return Err(Notice::new("nothing was released").help("read the above, then add --yes").into());
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

/// What neither the backup nor the log knows, and what the log does.
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
            told.push(format!("the safety log {} knows what came after:", log.display()));
            for (issue, n) in &ahead.deliveries {
                told.push(format!(
                    "  {issue}: {n} deliveries that the database does not know of; they are put on record"
                ));
            }
            let people = if ahead.people == 0 { "nobody".into() } else { ahead.people.to_string() };
            told.push(format!(
                "  changes of people who left, came back or were erased: {people}; they are put on record"
            ));
        }
        _ => {
            told.push(
                "there is no safety log of the time after that; `--log FILE` names it if you have it. Without it:"
                    .into(),
            );
            told.push("  who left, complained, bounced or was erased since is mailed again".into());
            for (issue, n) in &waiting.sends {
                told.push(format!("  {issue}: who of the {n} waiting recipients got it since is not known; it is stopped until `digest resume {issue}`"));
            }
            for issue in &waiting.approved {
                told.push(format!("  {issue}: whether it was sent since is not known; its approval is withdrawn"));
            }
        }
    }
    told.push("not known either way: sign-ups, changed preferences, and edits of issues and content since".into());
    if waiting.letters > 0 {
        told.push(format!(
            "letters that waited are given up, since the original may have sent them: {}",
            waiting.letters
        ));
    }
    told.push("the original must not run any more: stop its `digest serve` and its timers first".into());
    told
}

fn report(global: &Global, release: &Release, released: &Released) -> anyhow::Result<()> {
    let applied = &released.applied;
    if !release.is_blind() {
        line(&format!(
            "put on record: {} taken off the list, {} erased, {} kept out, {} deliveries",
            applied.taken_off, applied.erased, applied.kept_out, applied.deliveries
        ))?;
    }
    if let Some(moved) = &released.moved {
        let notice = Notice::new("the safety log belonged to another database; a new one is begun").at(moved, None);
        report_notices(global, &[notice]);
    }
    line("released: it sends and listens again; `digest status` shows what waits")
}
