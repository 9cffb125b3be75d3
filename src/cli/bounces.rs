//! `digest bounces`: process and list returned mail.

use std::path::{Path, PathBuf};

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{count, cut, json, json_line, line, printable};
use super::{Exit, Format, Global};
use crate::pipeline::BounceImport;

#[derive(Subcommand)]
pub enum Bounces {
    /// Read returned mail and remove addresses that are proven undeliverable
    Import(Import),
    /// List what came back, newest first
    List(List),
}

#[derive(Args)]
pub struct Import {
    /// Message files, mbox files, Maildirs or folders; `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Args)]
pub struct List {
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

impl Bounces {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Import(command) => command.run(global)?,
            Self::List(command) => command.run(global)?,
        }
        Ok(Exit::Done)
    }
}

impl Import {
    fn run(self, global: &Global) -> anyhow::Result<()> {
        let site = global.site()?;
        let mut result = BounceImport::default();
        for typed in &self.paths {
            if typed == Path::new("-") {
                site.subscribers().import_bounce_stream(std::io::stdin().lock(), &mut result)?;
            } else {
                site.subscribers().import_bounces(&global.path(typed), &mut result)?;
            }
        }
        if self.format == Format::Json { json(&result) } else { print(&result) }
    }
}

fn print(result: &BounceImport) -> anyhow::Result<()> {
    let BounceImport { bounced, complained, unsubscribed, kept, known, ignored, .. } = result;
    line(&format!(
        "{} read: {bounced} bounced, {complained} complained, {unsubscribed} unsubscribed, {kept} only recorded",
        count(result.messages, "message")
    ))?;
    line(&format!("{known} already known, {ignored} irrelevant, {} matched nobody", result.unmatched.len()))?;
    for message in result.unmatched.iter().take(20) {
        line(&format!("  {}: {} ({})", printable(&message.source), message.reason, message.kind))?;
    }
    if result.unmatched.len() > 20 {
        line("  …; use --format json to see all")?;
    }
    Ok(())
}

impl List {
    fn run(self, global: &Global) -> anyhow::Result<()> {
        global.site()?.subscribers().each_bounce(|bounce| {
            let received = bounce.received.to_rfc3339_opts(SecondsFormat::Secs, true);
            if self.format == Format::Json {
                return json_line(&json!({
                    "email": bounce.email,
                    "issue": bounce.issue,
                    "kind": bounce.kind.as_str(),
                    "status": bounce.status,
                    "diagnostic": bounce.diagnostic,
                    "matched_by": bounce.matched_by.as_str(),
                    "received": received,
                }));
            }
            let (email, said) = (cut(&bounce.email, 36), cut(&printable(&bounce.diagnostic), 60));
            line(&format!("{received}  {email:<36}  {:<9}  {:<7}  {said}", bounce.kind.as_str(), bounce.status))
        })
    }
}
