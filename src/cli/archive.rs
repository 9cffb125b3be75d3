//! `digest archive`: past issues on the web, and corrections of them.

use clap::{Args, Subcommand};

use super::output::{json, line, local};
use super::{Exit, Format, Global};

#[derive(Subcommand)]
pub enum Archive {
    /// List the issues in the archive, with their corrections
    List(List),
    /// Update an issue's web copy from its edited draft, marked as corrected; what was mailed stays on record
    Correct(Correct),
}

#[derive(Args)]
pub struct List {
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Args)]
pub struct Correct {
    /// The issue's folder name or path
    issue: String,
    /// One sentence that tells subscribers what was corrected
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

impl Archive {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(global),
            Self::Correct(correct) => correct.run(global),
        }
    }
}

impl List {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let zone = site.config.publication.timezone;
        let all = site.archive().list()?;
        match self.format {
            Format::Json => json(&all)?,
            Format::Table if all.is_empty() => line("no issue has been sent yet")?,
            Format::Table => {
                for archived in &all {
                    let corrected = archived.corrected_at.map(|at| format!("  corrected {}", local(at, zone)));
                    let sent = local(archived.sent_at, zone);
                    line(&format!(
                        "{:<24} sent {sent}  {}{}",
                        archived.issue,
                        archived.subject,
                        corrected.unwrap_or_default()
                    ))?;
                }
            }
        }
        Ok(Exit::Done)
    }
}

impl Correct {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let name = site.sent_issue(&self.issue)?;
        site.archive().correct(&name, &self.note)?;
        line(&format!("corrected {name} in the archive; what was mailed is unchanged"))?;
        Ok(Exit::Done)
    }
}
