//! One bad issue a rule, each found; and a clean issue without a finding.

use super::*;
use crate::model::Piece;
use crate::render::{self, Setting, Templates, sample};

fn clean() -> (Draft, Rendered) {
    let mut draft = sample::full();
    draft.subject = "An open model catches up".into();
    let rendered = drawn(&draft);
    (draft, rendered)
}

fn drawn(draft: &Draft) -> Rendered {
    let setting = Setting {
        publication: sample::publication(),
        edition_title: "",
        edition: sample::edition(),
        guides: &[],
        fields: &[],
    };
    render::render(draft, &setting, &Templates::builtin()).unwrap()
}

fn codes(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_clean_issue_has_no_finding() {
    let (draft, rendered) = clean();
    let report = check(&draft, &rendered);
    assert_eq!(report.findings, []);
    assert!(report.html_bytes > 10_000 && report.text_bytes > 1_000);
}

#[test]
fn each_rule_on_a_draft_finds_its_fault() {
    type Fault = fn(&mut Draft);
    let faults: [(&str, Fault); 21] = [
        ("subject-empty", |d| d.subject = " ".into()),
        ("subject-long", |d| d.subject = "wide ".repeat(13)),
        ("subject-control", |d| d.subject = "two\nlines".into()),
        ("preheader-empty", |d| d.preheader.clear()),
        ("preheader-repeats-subject", |d| d.preheader = d.subject.clone()),
        ("placeholder", |d| d.intro = "TK: the opening".into()),
        ("placeholder", |d| d.news[2].title = "{{ title }}".into()),
        ("placeholder", |d| d.guides[0].tldr = "Lorem Ipsum dolor".into()),
        ("no-news", |d| d.news.iter_mut().for_each(|entry| entry.banned = true)),
        ("item-no-link", |d| d.news[1].url = None),
        ("item-no-summary", |d| d.news[1].summary.clear()),
        ("item-twice", |d| d.news[1].url = d.news[0].url.clone()),
        ("link-scheme", |d| d.news[1].url = Some("javascript:alert(1)".into())),
        ("link-relative", |d| d.news[1].url = Some("/news/7".into())),
        ("link-empty", |d| d.guides[0].url = Some("#".into())),
        ("link-relative", |d| d.intro = "See [more](/foo).".into()),
        ("link-empty", |d| d.news[0].note = "See [more]().".into()),
        ("missing-alt", |d| d.intro = "![](https://a.example/y.png)".into()),
        ("image-dropped", |d| d.intro = "![A chart](https://a.example/y.png)".into()),
        ("html-near-clip", |d| d.news[1].summary = "Long, longer. ".repeat(1_400)),
        ("html-too-big", |d| (0..5).for_each(|i| d.news[i].summary = "Long, longer. ".repeat(1_400))),
    ];
    for (code, fault) in faults {
        let (mut draft, _) = clean();
        fault(&mut draft);
        let mut rendered = drawn(&draft);
        if code == "html-near-clip" {
            rendered.html.insert(0, Piece::Shared(" ".repeat(40_000)));
        }
        assert_eq!(codes(&check(&draft, &rendered)), [code], "{code}");
    }
}

#[test]
fn each_rule_on_a_render_finds_its_fault() {
    let bad = [
        ("missing-alt", "<img src=\"a.png\">"),
        ("link-empty", "<a href=\"#\">here</a>"),
        ("link-empty", "<a>here</a>"),
        ("link-relative", "<a href=\"archive/7\">here</a>"),
        ("link-scheme", "<a href='javascript:x()'>here</a>"),
        ("text-links-differ", "<a href=\"https://only.example/html\">here</a>"),
        ("placeholder", "<p>TODO</p>"),
    ];
    for (code, html) in bad {
        let (draft, mut rendered) = clean();
        rendered.html.push(Piece::Shared(html.into()));
        assert_eq!(codes(&check(&draft, &rendered)), [code], "{html}");
    }
}

#[test]
fn a_part_without_a_way_out_or_without_words_is_found() {
    let (draft, mut rendered) = clean();
    rendered.html.retain(|piece| *piece != Piece::Slot(Slot::UnsubscribeUrl));
    assert!(codes(&check(&draft, &rendered)).contains(&"no-unsubscribe"));
    rendered.text = vec![Piece::Shared("See the web copy.".into())];
    let report = check(&draft, &rendered);
    assert!(codes(&report).contains(&"no-text"));
    assert_eq!(codes(&report).iter().filter(|code| **code == "no-unsubscribe").count(), 2);
}

#[test]
fn a_waiver_needs_a_reason_and_never_hides_what_readers_need() {
    let (mut draft, mut rendered) = clean();
    draft.news[1].url = None;
    draft.waive = vec!["item-no-link".into(), "no-unsubscribe".into()];
    assert_eq!(codes(&check(&draft, &rendered)), ["item-no-link"]);
    draft.waive_why = "a phone call".into();
    let report = check(&draft, &rendered);
    assert_eq!((report.findings.len(), report.waived.len()), (0, 1));
    assert_eq!(report.waived[0].why, "a phone call");
    rendered.text.retain(|piece| *piece != Piece::Slot(Slot::UnsubscribeUrl));
    assert!(codes(&check(&draft, &rendered)).contains(&"no-unsubscribe"));
}

#[test]
fn a_finding_serializes_as_scripts_expect() {
    let finding = Finding::error("no-news", "news", "none", "add some");
    let json = serde_json::to_value(&finding).unwrap();
    assert_eq!(json["severity"], "error");
    assert_eq!(json["where"], "news");
}

#[test]
fn every_code_is_documented() {
    let docs = include_str!("../../docs/checks.md");
    let sources = [
        include_str!("draft.rs"),
        include_str!("links.rs"),
        include_str!("page.rs"),
        include_str!("parts.rs"),
        include_str!("subject.rs"),
    ];
    let quoted = sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    let is_code = |text: &&str| text.contains('-') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let codes: std::collections::BTreeSet<&str> = quoted.filter(is_code).collect();
    assert!(codes.len() >= 18, "{codes:?}");
    for code in codes {
        assert!(docs.contains(&format!("\n## {code}\n")), "docs/checks.md has no section {code}");
    }
}
