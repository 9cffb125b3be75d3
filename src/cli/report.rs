//! `digest report`: a send's report as one page with plots.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{json, line};
use super::{Exit, Global, HumanFormat};
use crate::model::{Advice, Notice, SendReport};

#[derive(Args)]
pub struct Report {
    /// The issue's folder name or path
    issue: String,
    /// The file to write, `-` for stdout; report.html beside issue.toml by default
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// `human` writes the page and says where; `json` prints the figures and writes the page only with --out
    #[arg(long, default_value = "human")]
    format: HumanFormat,
}

impl Report {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let name = site.sent_issue(&self.issue)?;
        let report = site.delivery().report(&name)?;
        let as_json = self.format == HumanFormat::Json;
        let out = self.out.map(|out| global.path(&out));
        if out.as_deref() == Some(Path::new("-")) {
            if as_json {
                return Err(Notice::new("the page and the figures cannot both be written to stdout")
                    .help("leave out --out or --format")
                    .into());
            }
            std::io::stdout().lock().write_all(site.delivery().report_page(&name, &report)?.as_bytes())?;
        } else if as_json {
            if let Some(out) = &out {
                site.delivery().write_report(&name, &site.delivery().report_page(&name, &report)?, Some(out))?;
            }
            json(&report)?;
        } else {
            let path =
                site.delivery().write_report(&name, &site.delivery().report_page(&name, &report)?, out.as_deref())?;
            print(&report)?;
            line(&path.display().to_string())?;
        }
        Ok(Exit::Done)
    }
}

fn print(report: &SendReport) -> anyhow::Result<()> {
    line(&format!(
        "{:<24} {}: {} of {} delivered",
        report.issue, report.state, report.figures.counts.delivered, report.figures.audience
    ))?;
    if !report.advice.iter().any(|advice| advice.act) {
        line("  nothing to do")?;
    }
    for Advice { act, what, help } in &report.advice {
        line(&format!("  {}{what}. {help}", if *act { "to do: " } else { "" }))?;
    }
    report.proposal.iter().try_for_each(|words| line(&format!("  the proposal: {words}")))?;
    if let Some(poll) = &report.poll {
        line(&format!("  the poll: {poll}"))?;
    }
    for state in &report.figures.states {
        line(&format!("{:>10}  {:<10} {}", state.count, state.state, state.reason))?;
    }
    for click in report.figures.clicks.iter().flatten() {
        line(&format!("{:>10}  {:<10} {}", click.count, click.kind.as_str(), click.title))?;
    }
    Ok(())
}
