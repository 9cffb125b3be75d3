//! Every letter to editors, as an editor reads it, in both built-in languages.

use super::*;
use crate::check::Finding;
use crate::model::{DeliveryCounts, OnUnapproved, STOPPED_BY_HAND, STOPPED_UNFINISHED, Segment};
use crate::pipeline::Severity;
use crate::render::{self, Templates};

fn finding(severity: Severity, code: &'static str, message: &str) -> Finding {
    let (where_, help, help_uri) = (String::new(), "".into(), String::new());
    Finding {
        severity,
        code,
        message: message.into(),
        where_,
        file: None,
        line: None,
        help,
        help_uri,
        names: Vec::new(),
    }
}

/// All letters in plain text, one after another.
fn letters(language: &str) -> String {
    let workspace = Workspace::new("2026-03-03T09:00:00Z");
    let path = workspace.dir.path().join("config.toml");
    let config =
        std::fs::read_to_string(&path).unwrap().replace("language = \"en\"", &format!("language = \"{language}\""));
    std::fs::write(&path, config.replace("[editors]", "[editors]\ndesk = \"https://desk.workspace.example/\""))
        .unwrap();
    let daemon = workspace.site().daemon();
    let issue: IssueName = "2026-03-04-midweek".parse().unwrap();
    let edition = daemon.site.config.edition("midweek").unwrap();
    let run = Run { date: issue.date, at: "2026-03-04T06:00:00Z".parse().unwrap() };
    daemon.site.drafts().compose("midweek", Some(issue.date)).unwrap();
    let mut rendering = daemon.site.drafts().rendering(&issue).unwrap();
    rendering.report.errors = 1;
    rendering.report.findings = vec![finding(Severity::Error, "links", "Larch: the link is missing")];
    let failing = [finding(Severity::Warning, "link-gone", "https://larch.example/ answers 404")];
    let counts = DeliveryCounts {
        recipients: 9,
        delivered: 1,
        failed: 3,
        suppressed: 1,
        uncertain: 2,
        ..DeliveryCounts::default()
    };
    let send = |reason: &str, by_operator| IssueSend {
        id: 1,
        state: IssueState::Stopped,
        by_operator,
        reason: reason.into(),
        started: run.at,
        finished: None,
        next_due: None,
        counts,
        canary: 0,
        canary_served: None,
        canary_passed: None,
    };
    let letters = daemon.editor_letters().unwrap();
    let cause = |reason| Cause::of(reason, "the relay refuses us: 550 5.7.1 no.");
    let all = [
        letters.draft_ready(&rendering, run),
        letters.draft_failed(&issue, run, "content/news/2026-W10.jsonl:3: no title"),
        letters.remind(&issue, edition, run),
        letters.remind(&issue, &Edition { on_unapproved: OnUnapproved::Send, ..edition.clone() }, run),
        letters.links_fail(&issue, run, &failing),
        letters.held(&issue, edition, run, &cause(Reason::Unapproved)),
        letters.held(&issue, edition, run, &cause(Reason::NoDraft)),
        letters.held(&issue, edition, run, &cause(Reason::LateDraft)),
        letters.skipped(&issue, run, &cause(Reason::Missed)),
        letters.skipped(&issue, run, &cause(Reason::Failed)),
        letters.skipped(&issue, run, &Cause::too_little_news()),
        letters.sent(&issue, &counts),
        letters.send_failed(&issue, "the database cannot be reached."),
        letters.stopped(&issue, &send(STOPPED_BY_HAND, true)),
        letters.stopped(&issue, &send(STOPPED_UNFINISHED, true)),
        letters.stopped(&issue, &send("cannot reach the relay", false)),
    ];
    let undrafted = letters.skipped(&"2026-03-11-midweek".parse().unwrap(), run, &cause(Reason::NoDraft));
    assert!(undrafted.commands[0].command.starts_with("digest compose midweek --date 2026-03-11 && digest approve"));
    let publication = &daemon.site.config.publication;
    let mut told = String::new();
    for letter in all {
        let context = serde_json::to_value(&letter).unwrap();
        let rendered = render::letter("editors", &context, publication, &Templates::builtin()).unwrap();
        let ([Segment::Shared(html)], [Segment::Shared(text)]) = (&rendered.html[..], &rendered.text[..]) else {
            panic!()
        };
        assert!(html.contains(&format!("lang=\"{language}\"")) && html.contains(&letter.tone), "{html}");
        told += &format!("Subject: {}\n{}\n{text}\n\n", rendered.subject, letter.tone);
    }
    told
}

#[test]
fn letters_to_editors_are_in_the_publications_language() {
    insta::assert_snapshot!("letters_en", letters("en"));
    insta::assert_snapshot!("letters_de", letters("de"));
}
