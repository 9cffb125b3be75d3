//! `digest check`: check an issue for problems in inboxes.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::output::{count, json, line};
use super::{Exit, Global};
use crate::model::{IssueName, Notice};
use crate::pipeline::{Asked, Finding, Report, Severity, explain};

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
    /// The issue's folder name or path; the newest draft by default
    issue: Option<String>,
    /// Also open the draft's links and report those that are gone, have moved or do not answer
    #[arg(long)]
    online: bool,
    /// Output format
    #[arg(long, default_value = "human")]
    format: CheckFormat,
    /// Explain a code: what it means, why it matters and how to fix it
    #[arg(long, value_name = "CODE", conflicts_with = "issue")]
    explain: Option<String>,
}

impl Check {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        if let Some(code) = &self.explain {
            let unknown =
                || Notice::new(format!("there is no check code `{code}`")).help("docs/checks.md lists them all");
            line(explain(code).ok_or_else(unknown)?)?;
            return Ok(Exit::Done);
        }
        let site = global.site()?;
        let name = site.issue(self.issue.as_deref())?;
        let report = site.drafts().rendering_with(&name, Asked { spam: true, links: self.online })?.report;
        match self.format {
            CheckFormat::Human => print_findings(&name, &report, global.verbose > 0)?,
            CheckFormat::Json => json(&as_json(&name, &report)?)?,
            CheckFormat::Sarif => json(&sarif(&name, &report))?,
        }
        Ok(if report.errors > 0 { Exit::Found } else { Exit::Done })
    }
}

/// The draft's path, relative to the publication's folder.
fn file(name: &IssueName) -> String {
    format!("issues/{name}/issue.toml")
}

/// The report for scripts. Every finding names the file of its line.
fn as_json(name: &IssueName, report: &Report) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(report)?;
    for list in ["findings", "waived"] {
        for finding in value[list].as_array_mut().into_iter().flatten() {
            if finding.get("file").is_none() {
                finding["file"] = json!(file(name));
            }
        }
    }
    let mut whole = json!({"issue": name.to_string(), "file": file(name)});
    if let (Some(whole), Value::Object(fields)) = (whole.as_object_mut(), value) {
        whole.extend(fields);
    }
    Ok(whole)
}

/// The report as SARIF 2.1.0 (OASIS): one result per finding, located in the file to fix, and the documentation of every rule that found
/// something.
fn sarif(name: &IssueName, report: &Report) -> Value {
    let codes: BTreeSet<&str> = report.findings.iter().map(|finding| finding.code).collect();
    let rule = |code: &&str| {
        let text = explain(code).unwrap_or_default();
        let uri = report.findings.iter().find(|finding| finding.code == *code).map(|finding| finding.help_uri.as_str());
        json!({"id": code, "help": {"text": text, "markdown": text}, "helpUri": uri})
    };
    let result = |finding: &Finding| {
        let uri = finding.file.clone().unwrap_or_else(|| file(name));
        let mut place = json!({"artifactLocation": {"uri": uri}});
        if let Some(line) = finding.line {
            place["region"] = json!({"startLine": line});
        }
        json!({
            "ruleId": finding.code,
            "ruleIndex": codes.iter().position(|code| *code == finding.code),
            "level": label(finding.severity),
            "message": {"text": format!("{} ({}): {}", finding.message, finding.where_, finding.help)},
            "locations": [{"physicalLocation": place}],
        })
    };
    let driver = json!({
        "name": "digest",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": codes.iter().map(rule).collect::<Vec<_>>(),
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver},
            "results": report.findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// A severity in SARIF's terms, which are the same as ours.
fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// Prints a report for a person: the code, the place as file and line, what is wrong, and what to do. With `verbose`, it also prints all the
/// names that a message has no room for.
fn print_findings(name: &IssueName, report: &Report, verbose: bool) -> anyhow::Result<()> {
    for finding in &report.findings {
        // If it is another file, the message names it.
        let line_of_draft = finding.line.filter(|_| finding.file.is_none());
        let place = line_of_draft.map(|line| format!("{}:{line}: ", file(name))).unwrap_or_default();
        let label = label(finding.severity);
        line(&format!("{label}[{}] {place}{}: {}", finding.code, finding.where_, finding.message))?;
        line(&format!("  help: {}", finding.help))?;
        for name in finding.names.iter().filter(|_| verbose) {
            line(&format!("  {name}"))?;
        }
    }
    let mut counts = vec![count(report.errors, "error"), count(report.warnings, "warning")];
    if report.notes > 0 {
        counts.push(count(report.notes, "note"));
    }
    if !report.waived.is_empty() {
        counts.push(format!("{} waived", report.waived.len()));
    }
    let (html, text) = (report.html_bytes, report.text_bytes);
    line(&format!("{name}: {}; HTML {html} bytes, text {text} bytes", counts.join(", ")))?;
    if let Some(finding) = report.findings.first() {
        line(&format!("`digest check --explain {}` says more; docs/checks.md lists all codes", finding.code))?;
    }
    Ok(())
}
