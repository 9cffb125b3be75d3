//! One bad issue a rule, each found with its code and its line; and clean issues without a finding.

mod clicks;
mod message;
mod parsers;
mod placeholders;
mod table;

use super::*;
use crate::model::{IssueName, Level, Segment, Status};
use crate::render::{self, Setting, Templates, sample};
use crate::{issues, model};

fn clean() -> (Draft, Rendered) {
    let draft = sample::full();
    let rendered = drawn(&draft);
    (draft, rendered)
}

fn drawn(draft: &Draft) -> Rendered {
    drawn_as("sunday", draft)
}

fn drawn_as(template: &str, draft: &Draft) -> Rendered {
    let guides_by_story = template == "sunday";
    let edition = model::Edition { template: template.into(), guides_by_story, ..sample::edition().clone() };
    let setting = Setting::new(sample::publication(), &edition);
    render::render(draft, &setting, &Templates::builtin()).unwrap()
}

fn codes(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

fn run(draft: &Draft, rendered: &Rendered) -> Report {
    check(draft, rendered, &Context::default())
}

#[test]
fn a_clean_issue_has_no_finding() {
    for template in ["midweek", "sunday"] {
        let draft = sample::full();
        let report = run(&draft, &drawn_as(template, &draft));
        assert_eq!(report.findings, [], "{template}");
        assert!(report.html_bytes > 10_000 && report.text_bytes > 1_000);
        // The barest issue has nothing wrong but what it lacks.
        let draft = sample::minimal();
        let report = run(&draft, &drawn_as(template, &draft));
        assert_eq!(codes(&report), ["preheader-empty", "item-no-link", "item-no-summary"], "{template}");
    }
}

#[test]
fn hostile_text_is_checked_without_a_panic() {
    let draft = sample::hostile();
    let source = issues::to_toml(&draft);
    let report = check(&draft, &drawn(&draft), &Context { source: &source, ..Context::default() });
    assert!(codes(&report).contains(&"subject-control"));
    assert_eq!(report.blocks.iter().map(|block| block.bytes).sum::<usize>(), report.html_bytes);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
    #[test]
    fn any_text_in_any_field_is_checked_without_a_panic(
        texts in proptest::collection::vec("\\PC{0,40}[\\[\\](){}<>!*_`#/:.?=&;\\n]{0,12}\\PC{0,40}", 9),
    ) {
        let mut draft = sample::full();
        let take = |n: usize| texts[n].clone();
        (draft.subject, draft.preheader, draft.intro) = (take(0), take(1), take(2));
        (draft.news[0].title, draft.news[0].summary, draft.news[0].note) = (take(3), take(4), take(5));
        (draft.news[1].url, draft.news[1].guide) = (Some(take(6)), Some(take(7)));
        (draft.guides[0].tldr, draft.waive) = (take(8), vec![take(0)]);
        let source = issues::to_toml(&draft);
        let report = check(&draft, &drawn(&draft), &Context { source: &source, ..Context::default() });
        proptest::prop_assert_eq!(report.blocks.iter().map(|b| b.bytes).sum::<usize>(), report.html_bytes);
        for finding in &report.findings {
            let line = finding.line.unwrap_or(1);
            proptest::prop_assert!((1..=source.lines().count()).contains(&line), "{:?}", finding);
        }
    }
}

#[test]
fn the_blocks_add_up_to_the_page() {
    for template in ["midweek", "sunday"] {
        let draft = sample::full();
        let report = run(&draft, &drawn_as(template, &draft));
        let names: Vec<&str> = report.blocks.iter().map(|b| b.block.split([' ', '[']).next().unwrap()).collect();
        let mut expected =
            [&["masthead", "intro"], &["news"; 6][..], &["guides", "guides", "footer", "styles"]].concat();
        if template == "sunday" {
            // A guide stands with its story, in the story's block.
            expected.retain(|name| *name != "guides");
        }
        assert_eq!(names, expected, "{template}");
        assert_eq!(report.blocks.iter().map(|block| block.bytes).sum::<usize>(), report.html_bytes);
        let story = report.blocks.iter().find(|block| block.at == Some(At::News(1, ""))).unwrap();
        assert!((500..3_000).contains(&story.bytes), "{story:?}");
    }
}

#[test]
fn near_the_clip_the_largest_blocks_are_named() {
    let mut draft = sample::full();
    draft.news[1].summary = "Long, longer. ".repeat(3_900);
    draft.news[4].summary = "Long, longer. ".repeat(1_000);
    let report = run(&draft, &drawn(&draft));
    let near =
        report.findings.iter().find(|finding| finding.code == "html-near-clip").unwrap_or_else(|| panic!("{report:?}"));
    assert!(near.where_.starts_with("news[2]"), "{near:?}");
    assert!(near.help.starts_with("largest first: news[2] \"Mistral"), "{near:?}");
    assert!(near.help.contains("Without the last 2 stories it would be"), "{near:?}");
}

#[test]
fn a_key_that_is_not_there_has_the_line_of_its_entry_and_inline_tables_have_lines_too() {
    let (mut draft, rendered) = clean();
    draft.news[1].url = None;
    let source = issues::to_toml(&draft).replace("url = \"\"\n", "");
    let line = |source: &str| check(&draft, &rendered, &Context { source, ..Context::default() }).findings[0].line;
    let second = source.match_indices("\n[[news]]").nth(1).unwrap().0 + 1;
    assert_eq!(line(&source), Some(source[..second].matches('\n').count() + 1));
    assert_eq!(line("edition = \"x\"\nnews = [\n{id = \"a\"},\n{id = \"b\"},\n]"), Some(4));
    assert_eq!((line(""), line("not = [toml"), line("news = 7")), (None, None, None));
}

#[test]
fn a_part_without_a_way_out_or_without_words_is_found() {
    let (draft, mut rendered) = clean();
    rendered.html.retain(|segment| *segment != Segment::Slot(Slot::UnsubscribeUrl));
    assert!(codes(&run(&draft, &rendered)).contains(&"no-unsubscribe"));
    rendered.text = vec![Segment::Shared("See the web copy.".into())];
    let report = run(&draft, &rendered);
    assert!(codes(&report).contains(&"no-text"));
    assert_eq!(codes(&report).iter().filter(|code| **code == "no-unsubscribe").count(), 2);
}

#[test]
fn a_waiver_needs_a_reason_and_never_hides_what_subscribers_need() {
    let (mut draft, mut rendered) = clean();
    draft.news[1].url = None;
    draft.waive = vec!["item-no-link".into(), "no-unsubscribe".into()];
    assert_eq!(codes(&run(&draft, &rendered)), ["waive-no-reason", "item-no-link"]);
    draft.waive_why = "a phone call".into();
    let report = run(&draft, &rendered);
    assert_eq!((report.findings.len(), report.waived.len()), (0, 1));
    assert_eq!(report.waived[0].why, "a phone call");
    rendered.text.retain(|segment| *segment != Segment::Slot(Slot::UnsubscribeUrl));
    assert!(codes(&run(&draft, &rendered)).contains(&"no-unsubscribe"));
}

#[test]
fn a_waiver_of_an_unknown_code_names_the_nearest() {
    let (mut draft, rendered) = clean();
    (draft.waive, draft.waive_why) = (vec!["item-nolink".into(), "waive-unknown".into()], "so be it".into());
    let report = run(&draft, &rendered);
    assert_eq!(codes(&report), ["waive-unknown"]);
    assert!(report.findings[0].help.contains("`item-no-link`"), "{:?}", report.findings[0]);
}

#[test]
fn a_finding_serializes_as_scripts_expect() {
    let (mut draft, _) = clean();
    draft.news[1].url = None;
    let source = issues::to_toml(&draft);
    let report = check(&draft, &drawn(&draft), &Context { source: &source, ..Context::default() });
    let json = serde_json::to_value(&report.findings[0]).unwrap();
    assert_eq!(json["severity"], "warning");
    assert!(json["where"].as_str().unwrap().starts_with("news[2] \"Mistral"), "{json}");
    assert!(json["line"].is_u64() && json["help_uri"].as_str().unwrap().ends_with("#item-no-link"), "{json}");
}

#[test]
fn every_code_is_listed_and_documented() {
    let sources = [
        include_str!("access.rs"),
        include_str!("active.rs"),
        include_str!("clients.rs"),
        include_str!("contrast.rs"),
        include_str!("draft.rs"),
        include_str!("history.rs"),
        include_str!("images.rs"),
        include_str!("links.rs"),
        include_str!("message.rs"),
        include_str!("online.rs"),
        include_str!("parts.rs"),
        include_str!("literal.rs"),
        include_str!("placeholders.rs"),
        include_str!("setup.rs"),
        include_str!("spam.rs"),
        include_str!("subject.rs"),
        include_str!("waivers.rs"),
        include_str!("words.rs"),
    ];
    let made = |source: &'static str| {
        let calls = ["Found::error(", "Found::warning(", "Found::note("];
        let after = calls.into_iter().flat_map(move |call| source.split(call).skip(1));
        after.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
    };
    let used: std::collections::BTreeSet<&str> = sources.into_iter().flat_map(made).chain(["placeholder"]).collect();
    assert_eq!(used.into_iter().collect::<Vec<_>>(), CODES, "codes.rs lists what the rules find, in order");
    for code in CODES {
        let section = explain(code).unwrap_or_else(|| panic!("docs/checks.md has no section {code}"));
        assert!(section.contains("Why:") && section.contains("To fix:"), "{code}: say why, and how to fix it");
        assert!(!section[3..].contains("\n## "), "{code}");
    }
    assert_eq!(explain("no-such-code"), None);
}
