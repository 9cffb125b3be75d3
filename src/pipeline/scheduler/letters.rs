//! Writes the letters to editors and queues them. Decides nothing.

use chrono::{DateTime, Utc};

use super::super::{Daemon, Rendering, Severity};
use crate::check::Finding;
use crate::model::{Address, DeliveryCounts, Edition, IssueName, LetterOrder, Missed, OnUnapproved};
use crate::render::{Button, EditorLetter, Found, Shown, ToDo};
use crate::schedule::Run;
use crate::store::IssueSend;

fn todo(does: &str, command: String) -> ToDo {
    ToDo { does: does.into(), command }
}

/// What an editor can do about a waiting issue.
fn ways(issue: &IssueName) -> Vec<ToDo> {
    vec![
        todo("Preview it, also as on a phone and in dark mode:", format!("digest preview {issue}")),
        todo("Edit it:", format!("$EDITOR issues/{issue}/issue.toml")),
        todo("Approve it:", format!("digest approve {issue}")),
        todo("Skip this date:", format!("digest schedule skip {} {}", issue.date, issue.edition)),
    ]
}

impl Daemon {
    fn local(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.site.config.publication.timezone).format("%A %d %B, %H:%M %Z").to_string()
    }

    /// The same as links to the desk, if its address is configured. A page asks for confirmation before it does anything.
    fn buttons(&self, issue: &IssueName) -> Vec<Button> {
        let desk = &self.site.config.editors.desk;
        if desk.is_empty() {
            return Vec::new();
        }
        let join = if desk.contains('?') { '&' } else { '?' };
        let button =
            |label: &str, more: &str| Button { label: label.into(), link: format!("{desk}{join}issue={issue}{more}") };
        vec![button("Edit it", ""), button("Approve it", "&ask=approve"), button("Skip this date", "&ask=skip")]
    }

    fn letter_about(&self, issue: &IssueName, kind: &str, tone: &str, headline: String) -> EditorLetter {
        EditorLetter {
            kind: kind.into(),
            subject: format!("[{}] {headline}", self.site.config.edition_title(&issue.edition)),
            tone: tone.into(),
            headline,
            ..EditorLetter::default()
        }
    }

    /// What happens at the send time if nobody does anything.
    fn otherwise(&self, edition: &Edition, run: Run) -> String {
        let until = self.local(run.at + edition.grace);
        match edition.on_unapproved {
            OnUnapproved::Hold => {
                format!("If nobody approves it, it is held at its send time, and sent if it is approved by {until}.")
            }
            OnUnapproved::Send => "If nobody approves it, it is sent anyway, unless the check finds errors.".into(),
        }
    }

    pub(super) fn draft_ready(&self, rendering: &Rendering, run: Run) -> EditorLetter {
        let issue = &rendering.name;
        let report = &rendering.report;
        let edition = self.site.config.edition(&issue.edition).ok();
        let mut lead = vec![format!("“{}” goes out on {}.", rendering.rendered.subject, self.local(run.at))];
        if report.errors > 0 {
            lead.push("The check found errors. It cannot be approved or sent until they are fixed.".into());
        }
        lead.extend(edition.map(|edition| self.otherwise(edition, run)));
        let finding = |severity: Severity, message: &str| Found {
            severity: if severity == Severity::Error { "Error".into() } else { "Warning".into() },
            message: message.to_owned(),
        };
        // A silent source may explain why something is missing.
        let of_sources = self
            .site
            .content()
            .feed_notices()
            .into_iter()
            .map(|n| Found { severity: "Source".into(), message: n.message });
        let findings = report.findings.iter().map(|found| finding(found.severity, &found.message));
        let shown = rendering.draft.news.iter().filter(|entry| !entry.banned);
        EditorLetter {
            lead,
            commands: ways(issue),
            buttons: self.buttons(issue),
            findings: findings.chain(of_sources).collect(),
            items: shown
                .map(|entry| Shown { title: entry.title.clone(), source: entry.source.clone(), why: entry.why.clone() })
                .collect(),
            ..self.letter_about(issue, "draft-ready", "Your turn", format!("The draft of {issue} is ready"))
        }
    }

    pub(super) fn draft_failed(&self, issue: &IssueName, run: Run, why: &str) -> EditorLetter {
        EditorLetter {
            lead: vec![
                format!("It was due on {}. What went wrong: {why}", self.local(run.at)),
                "We try again every ten minutes.".into(),
            ],
            commands: vec![todo("See it yourself:", format!("digest compose {} --date {}", issue.edition, issue.date))],
            ..self.letter_about(issue, "draft-failed", "Trouble", format!("{issue} could not be drafted"))
        }
    }

    pub(super) fn remind(&self, issue: &IssueName, edition: &Edition, run: Run) -> EditorLetter {
        EditorLetter {
            lead: vec![format!("It goes out on {}.", self.local(run.at)), self.otherwise(edition, run)],
            commands: ways(issue),
            buttons: self.buttons(issue),
            ..self.letter_about(issue, "reminder", "Your turn", format!("{issue} is not approved yet"))
        }
    }

    pub(super) fn links_fail(&self, issue: &IssueName, run: Run, failing: &[Finding]) -> EditorLetter {
        let found = |finding: &Finding| Found { severity: "Link".into(), message: finding.message.clone() };
        EditorLetter {
            lead: vec![format!("It will be sent on {} anyway, unless you change it.", self.local(run.at))],
            commands: vec![
                todo("Fix the links, then approve it again:", format!("$EDITOR issues/{issue}/issue.toml")),
                todo("See them all:", format!("digest check {issue} --online")),
            ],
            findings: failing.iter().map(found).collect(),
            ..self.letter_about(issue, "links", "Your turn", format!("{issue} has links that fail"))
        }
    }

    pub(super) fn held(&self, issue: &IssueName, edition: &Edition, run: Run, why: &str) -> EditorLetter {
        EditorLetter {
            lead: vec![
                format!("It was held at its send time: {why}."),
                format!("It will be sent as soon as it is approved, until {}.", self.local(run.at + edition.grace)),
                "After that it is skipped.".into(),
            ],
            commands: ways(issue),
            buttons: self.buttons(issue),
            ..self.letter_about(issue, "held", "Your turn", format!("{issue} is held"))
        }
    }

    pub(super) fn skipped(&self, issue: &IssueName, why: &str) -> EditorLetter {
        let missed = match self.site.config.edition(&issue.edition).map(|edition| edition.missed) {
            Ok(Missed::SendWithin(limit)) => {
                format!(" (missed = \"send_within:{}\")", humantime::format_duration(limit))
            }
            _ => String::new(),
        };
        EditorLetter {
            lead: vec![format!(
                "Why: {why}{missed}. Nobody was mailed, and `digest serve` will do nothing more about it."
            )],
            commands: vec![todo("Send it by hand anyway:", format!("digest approve {issue} && digest send {issue}"))],
            ..self.letter_about(issue, "skipped", "For your information", format!("{issue} was skipped"))
        }
    }

    pub(super) fn sent(&self, issue: &IssueName, counts: &DeliveryCounts) -> EditorLetter {
        let others =
            [(counts.failed, "refused"), (counts.suppressed, "left in the meantime"), (counts.uncertain, "uncertain")];
        let others: Vec<String> =
            others.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        let rest = if others.is_empty() { String::new() } else { format!(" The others: {}.", others.join(", ")) };
        EditorLetter {
            lead: vec![format!("{} of {} recipients have it.{rest}", counts.delivered, counts.recipients)],
            commands: vec![todo("All figures:", format!("digest report {issue}"))],
            ..self.letter_about(issue, "sent", "Done", format!("{issue} is out"))
        }
    }

    pub(super) fn tell_failed(&self, issue: &IssueName, why: &str) -> EditorLetter {
        EditorLetter {
            lead: vec![
                format!("Why: {}.", why.trim_end_matches('.')),
                "Nobody was mailed. We try again in five minutes, then at longer intervals of up to an hour, and tell you when it is sent or given up.".into(),
            ],
            commands: vec![
                todo("See what is wrong:", "digest doctor".into()),
                todo("Send it yourself once that is fixed:", format!("digest send {issue}")),
            ],
            ..self.letter_about(issue, "send-failed", "Trouble", format!("{issue} could not be sent"))
        }
    }

    pub(super) fn tell_stopped(&self, issue: &IssueName, send: &IssueSend) -> EditorLetter {
        let next = if send.by_operator {
            "It stays stopped until you resume it."
        } else {
            "We try again in five minutes, then at longer intervals of up to an hour, until `give_up`, and tell you when it is sent or given up."
        };
        EditorLetter {
            lead: vec![
                format!("Why: {}.", send.reason.trim_end_matches('.')),
                format!("{} of {} recipients have it. {next}", send.counts.delivered, send.counts.recipients),
            ],
            commands: vec![
                todo("See its progress:", format!("digest status {issue}")),
                todo("Resume it:", format!("digest resume {issue}")),
            ],
            ..self.letter_about(issue, "stopped", "Trouble", format!("The send of {issue} stopped"))
        }
    }

    /// The same letter to each editor. `about` identifies it: its Message-ID is derived from it.
    pub(super) fn to_editors(&self, about: &str, letter: &EditorLetter) -> anyhow::Result<Vec<LetterOrder>> {
        let context = serde_json::to_value(letter)?;
        let order = |to: Address| LetterOrder {
            key: format!("editors:{about}:{to}"),
            kind: "editors".into(),
            to,
            context: context.clone(),
            ordered: self.site.now(),
        };
        Ok(self.editors().map(order).collect())
    }

    fn editors(&self) -> impl Iterator<Item = Address> {
        self.site.config.editors.notify.iter().filter_map(|address| Address::parse(address).ok())
    }

    /// Sends the editors the issue as subscribers would get it, marked as a test. Tried at most once, since it is only a preview.
    pub(super) async fn send_preview(&self, issue: &IssueName) {
        if let Err(error) = self.site.delivery().send_test(issue, &self.editors().collect::<Vec<_>>()).await {
            tracing::warn!(issue = %issue, error = format!("{error:#}"), "the editors got no preview");
        }
    }
}
