//! `digest check`: what would go wrong in an inbox.

use clap::Args;
use serde_json::json;

use super::output::{count, json, line};
use super::{Exit, Global, HumanFormat};
use crate::check::{Report, Severity};
use crate::model::IssueName;

#[derive(Args)]
pub struct Check {
    /// The issue's folder name or path; the newest draft when left out
    issue: Option<String>,
    /// How to print the findings
    #[arg(long, default_value = "human")]
    format: HumanFormat,
}

impl Check {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let name = site.issue(self.issue.as_deref())?;
        let report = site.rendering(&name)?.report;
        match self.format {
            HumanFormat::Human => print_findings(&name, &report)?,
            HumanFormat::Json => json(&json!({
                "issue": name.to_string(),
                "errors": report.errors,
                "warnings": report.warnings,
                "findings": report.findings,
                "waived": report.waived,
                "html_bytes": report.html_bytes,
                "text_bytes": report.text_bytes,
            }))?,
        }
        Ok(if report.errors > 0 { Exit::Found } else { Exit::Done })
    }
}

/// Prints a report for a person.
pub fn print_findings(name: &IssueName, report: &Report) -> anyhow::Result<()> {
    for finding in &report.findings {
        let label = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        line(&format!("{label}[{}] {}: {}", finding.code, finding.place, finding.message))?;
        line(&format!("  help: {}", finding.help))?;
    }
    let (errors, warnings) = (count(report.errors, "error"), count(report.warnings, "warning"));
    let (html, text) = (report.html_bytes, report.text_bytes);
    line(&format!("{name}: {errors}, {warnings}; HTML {html} bytes, text {text} bytes"))
}
