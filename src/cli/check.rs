//! `digest check`: what would go wrong in an inbox.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::output::{count, json, line};
use super::{Exit, Global};
use crate::model::IssueName;
use crate::pipeline::{Finding, Report, Severity};

/// How findings are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    Human,
    Json,
    /// SARIF 2.1.0, which code hosts show beside the draft
    Sarif,
}

#[derive(Args)]
pub struct Check {
    /// The issue's folder name or path; the newest draft when left out
    issue: Option<String>,
    /// How to print the findings
    #[arg(long, default_value = "human")]
    format: CheckFormat,
}

impl Check {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let name = site.issue(self.issue.as_deref())?;
        let report = site.rendering(&name)?.report;
        match self.format {
            CheckFormat::Human => print_findings(&name, &report)?,
            CheckFormat::Json => json(&json!({
                "issue": name.to_string(),
                "errors": report.errors,
                "warnings": report.warnings,
                "findings": report.findings,
                "waived": report.waived,
                "html_bytes": report.html_bytes,
                "text_bytes": report.text_bytes,
            }))?,
            CheckFormat::Sarif => json(&sarif(&name, &report))?,
        }
        Ok(if report.errors > 0 { Exit::Found } else { Exit::Done })
    }
}

/// The report as SARIF 2.1.0 (OASIS): one result a finding, each placed in the issue's draft.
fn sarif(name: &IssueName, report: &Report) -> Value {
    let result = |finding: &Finding| {
        let level = if finding.severity == Severity::Error { "error" } else { "warning" };
        json!({
            "ruleId": finding.code,
            "level": level,
            "message": {"text": format!("{} ({}): {}", finding.message, finding.where_, finding.help)},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": format!("issues/{name}/issue.toml")}}}],
        })
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "digest", "version": env!("CARGO_PKG_VERSION")}},
            "results": report.findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// Prints a report for a person.
pub fn print_findings(name: &IssueName, report: &Report) -> anyhow::Result<()> {
    for finding in &report.findings {
        let label = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        line(&format!("{label}[{}] {}: {}", finding.code, finding.where_, finding.message))?;
        line(&format!("  help: {}", finding.help))?;
    }
    let (errors, warnings) = (count(report.errors, "error"), count(report.warnings, "warning"));
    let (html, text) = (report.html_bytes, report.text_bytes);
    line(&format!("{name}: {errors}, {warnings}; HTML {html} bytes, text {text} bytes"))
}
