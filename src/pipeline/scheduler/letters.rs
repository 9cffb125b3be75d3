//! Writes the letters to editors, in the publication's language. Decides nothing.

use chrono::{DateTime, Utc};

use super::super::{Daemon, Rendering, Severity, Site};
use super::cause::Cause;
use crate::check::Finding;
use crate::model::{
    Address, DeliveryCounts, Edition, IssueName, LetterOrder, Missed, OnUnapproved, STOPPED_BY_HAND, STOPPED_UNFINISHED,
};
use crate::render::{Button, EditorLetter, EditorWords, Found, Shown, Templates, ToDo};
use crate::schedule::Run;
use crate::store::IssueSend;

/// Writes the letters to the editors of one publication, in its language.
pub(super) struct EditorLetters<'a> {
    site: &'a Site,
    words: EditorWords,
    english: EditorWords,
}

impl Daemon {
    /// The letters in the publication's language. If its own files of words cannot be read, they use the built-in words: that mistake may be
    /// what a letter is about.
    pub(super) fn editor_letters(&self) -> anyhow::Result<EditorLetters<'_>> {
        let tag = &self.site.config.publication.language;
        let own = self.site.templates().and_then(|templates| Ok(EditorWords::of(tag, &templates)?));
        let built_in = Templates::builtin();
        let words = own.or_else(|_| EditorWords::of(tag, &built_in))?;
        Ok(EditorLetters { site: &self.site, words, english: EditorWords::of("en", &built_in)? })
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

impl EditorLetters<'_> {
    /// The cause as the journal records it.
    pub(super) fn in_english(&self, cause: &Cause, run: Run) -> String {
        cause.say(&self.english, &self.english.time(run.at, self.site.config.publication.timezone))
    }

    pub(super) fn draft_ready(&self, rendering: &Rendering, run: Run) -> EditorLetter {
        let issue = &rendering.name;
        let report = &rendering.report;
        let edition = self.site.config.edition(&issue.edition).ok();
        let goes_out = [("subject", rendering.rendered.subject.as_str()), ("time", &self.time(run.at))];
        let mut lead = vec![self.words.say("goes_out", &goes_out)];
        if report.errors > 0 {
            lead.push(self.line("has_errors"));
        }
        lead.extend(edition.map(|edition| self.otherwise(edition, run)));
        let found = |finding: &Finding| {
            let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
            Found { severity: self.line(severity), message: finding.message.clone() }
        };
        // A silent source may explain why something is missing.
        let notices = self.site.content().feed_notices().into_iter();
        let of_sources = notices.map(|notice| Found { severity: self.line("source"), message: notice.message });
        let shown = rendering.draft.news.iter().filter(|entry| !entry.banned);
        EditorLetter {
            lead,
            commands: self.ways(issue),
            buttons: self.buttons(issue),
            findings: report.findings.iter().map(found).chain(of_sources).collect(),
            items: shown
                .map(|entry| Shown { title: entry.title.clone(), source: entry.source.clone(), why: entry.why.clone() })
                .collect(),
            ..self.about(issue, "draft-ready", "your_turn", "draft_ready")
        }
    }

    pub(super) fn draft_failed(&self, issue: &IssueName, run: Run, why: &str) -> EditorLetter {
        let was_due = self.words.say("was_due", &[("time", &self.time(run.at)), ("why", why)]);
        let again = format!("digest compose {} --date {}", issue.edition, issue.date);
        EditorLetter {
            lead: vec![was_due, self.line("draft_later")],
            commands: vec![self.todo("draft_again", again)],
            ..self.about(issue, "draft-failed", "trouble", "draft_failed")
        }
    }

    pub(super) fn remind(&self, issue: &IssueName, edition: &Edition, run: Run) -> EditorLetter {
        EditorLetter {
            lead: vec![self.words.say("due", &[("time", &self.time(run.at))]), self.otherwise(edition, run)],
            commands: self.ways(issue),
            buttons: self.buttons(issue),
            ..self.about(issue, "reminder", "your_turn", "unapproved")
        }
    }

    pub(super) fn links_fail(&self, issue: &IssueName, run: Run, failing: &[Finding]) -> EditorLetter {
        let found = |finding: &Finding| Found { severity: self.line("link"), message: finding.message.clone() };
        EditorLetter {
            lead: vec![self.words.say("sent_with_links", &[("time", &self.time(run.at))])],
            commands: vec![
                self.todo("fix_links", format!("$EDITOR issues/{issue}/issue.toml")),
                self.todo("all_links", format!("digest check {issue} --online")),
            ],
            findings: failing.iter().map(found).collect(),
            ..self.about(issue, "links", "your_turn", "links_fail")
        }
    }

    pub(super) fn held(&self, issue: &IssueName, edition: &Edition, run: Run, cause: &Cause) -> EditorLetter {
        let why = cause.say(&self.words, &self.time(run.at));
        EditorLetter {
            lead: vec![
                self.words.say("held_why", &[("why", &why)]),
                self.words.say("held_until", &[("time", &self.time(run.at + edition.grace))]),
            ],
            commands: self.ways(issue),
            buttons: self.buttons(issue),
            ..self.about(issue, "held", "your_turn", "held")
        }
    }

    pub(super) fn skipped(&self, issue: &IssueName, run: Run, cause: &Cause) -> EditorLetter {
        let missed = match self.site.config.edition(&issue.edition).map(|edition| edition.missed) {
            Ok(Missed::SendWithin(limit)) => {
                format!(" (missed = \"send_within:{}\")", humantime::format_duration(limit))
            }
            _ => String::new(),
        };
        let why = cause.say(&self.words, &self.time(run.at)) + &missed;
        let send = format!("digest approve {issue} && digest send {issue}");
        let by_hand = match self.site.drafts().draft_text(issue) {
            Some(_) => send,
            None => format!("digest compose {} --date {} && {send}", issue.edition, issue.date),
        };
        EditorLetter {
            lead: vec![self.words.say("skipped_why", &[("why", &why)])],
            commands: vec![self.todo("send_anyway", by_hand)],
            ..self.about(issue, "skipped", "to_know", "skipped")
        }
    }

    pub(super) fn sent(&self, issue: &IssueName, counts: &DeliveryCounts) -> EditorLetter {
        let others = [(counts.failed, "refused"), (counts.suppressed, "left"), (counts.uncertain, "uncertain")];
        let others: Vec<String> =
            others.iter().filter(|(n, _)| *n > 0).map(|(n, name)| self.words.count(name, *n)).collect();
        let mut lead = vec![self.words.delivered(counts.delivered, counts.recipients)];
        if !others.is_empty() {
            lead.push(self.words.say("others", &[("list", &self.words.list(&others))]));
        }
        EditorLetter {
            lead,
            commands: vec![self.todo("figures", format!("digest report {issue}"))],
            ..self.about(issue, "sent", "done", "sent")
        }
    }

    pub(super) fn send_failed(&self, issue: &IssueName, why: &str) -> EditorLetter {
        EditorLetter {
            lead: vec![self.why(why), self.line("send_later")],
            commands: vec![
                self.todo("doctor", "digest doctor".into()),
                self.todo("send_yourself", format!("digest send {issue}")),
            ],
            ..self.about(issue, "send-failed", "trouble", "send_failed")
        }
    }

    pub(super) fn stopped(&self, issue: &IssueName, send: &IssueSend) -> EditorLetter {
        let next = if send.by_operator { "stays_stopped" } else { "resumes_later" };
        EditorLetter {
            lead: vec![
                self.why(&send.reason),
                self.words.delivered(send.counts.delivered, send.counts.recipients),
                self.line(next),
            ],
            commands: vec![
                self.todo("progress", format!("digest status {issue}")),
                self.todo("resume", format!("digest resume {issue}")),
            ],
            ..self.about(issue, "stopped", "trouble", "stopped")
        }
    }

    fn about(&self, issue: &IssueName, kind: &str, tone: &str, headline: &str) -> EditorLetter {
        let headline = self.words.say(headline, &[("issue", &issue.to_string())]);
        EditorLetter {
            language: self.words.tag().to_owned(),
            kind: kind.into(),
            subject: format!("[{}] {headline}", self.site.config.edition_title(&issue.edition)),
            tone: self.line(tone),
            headline,
            ..EditorLetter::default()
        }
    }

    fn line(&self, name: &str) -> String {
        self.words.say(name, &[])
    }

    fn why(&self, why: &str) -> String {
        match why {
            STOPPED_BY_HAND => self.line("stopped_by_hand"),
            STOPPED_UNFINISHED => self.line("stopped_unfinished"),
            why => self.words.say("why", &[("why", why.trim_end_matches('.'))]),
        }
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        self.words.time(at, self.site.config.publication.timezone)
    }

    fn todo(&self, does: &str, command: String) -> ToDo {
        ToDo { does: self.line(does), command }
    }

    /// What an editor can do about a waiting issue.
    fn ways(&self, issue: &IssueName) -> Vec<ToDo> {
        vec![
            self.todo("preview", format!("digest preview {issue}")),
            self.todo("edit", format!("$EDITOR issues/{issue}/issue.toml")),
            self.todo("approve", format!("digest approve {issue}")),
            self.todo("skip", format!("digest schedule skip {} {}", issue.date, issue.edition)),
        ]
    }

    /// The same as links to the desk, if its address is configured. A page asks for confirmation before it does anything.
    fn buttons(&self, issue: &IssueName) -> Vec<Button> {
        let desk = &self.site.config.editors.desk;
        if desk.is_empty() {
            return Vec::new();
        }
        let join = if desk.contains('?') { '&' } else { '?' };
        let button = |name: &str, more: &str| Button {
            label: self.line(name),
            link: format!("{desk}{join}issue={issue}{more}"),
        };
        vec![button("edit", ""), button("approve", "&ask=approve"), button("skip", "&ask=skip")]
    }

    /// What happens at the send time if nobody approves the issue.
    fn otherwise(&self, edition: &Edition, run: Run) -> String {
        match edition.on_unapproved {
            OnUnapproved::Hold => self.words.say("else_held", &[("time", &self.time(run.at + edition.grace))]),
            OnUnapproved::Send => self.line("else_sent"),
        }
    }
}
