//! Whose words a placeholder may be: a source's never block, an editor's do.

use super::*;
use crate::model::Item;

fn found(draft: &Draft, items: &[Item]) -> Vec<String> {
    let (guides, base_scores) = (Vec::new(), std::collections::BTreeMap::new());
    let content = Known { items, guides: &guides, base_scores: &base_scores, guide_stale: std::time::Duration::ZERO };
    let context = Context { content: Some(content), ..Context::default() };
    let report = check(draft, &drawn_as("midweek", draft), &context);
    let mine = report.findings.into_iter().filter(|finding| finding.code == "placeholder");
    mine.map(|finding| format!("{}: {}", finding.where_.rsplit(", ").next().unwrap_or_default(), finding.message))
        .collect()
}

/// A draft and the items that it was made of.
fn with(title: &str, summary: &str) -> (Draft, Vec<Item>) {
    let mut draft = sample::full();
    (draft.news[0].title, draft.news[0].summary) = (title.into(), summary.into());
    let item = |entry: &Entry| Item {
        id: entry.id.clone(),
        title: entry.title.clone(),
        source: entry.source.clone(),
        published: entry.published,
        score: entry.score,
        url: entry.url.clone(),
        summary: entry.summary.clone(),
        format: entry.format,
        topics: entry.topics.clone(),
        guides: Vec::new(),
        extra: serde_json::Map::new(),
    };
    let items = draft.news.iter().map(item).collect();
    (draft, items)
}

#[test]
fn words_of_sources_never_block() {
    for (title, summary) in [
        ("TK Maxx opens ten stores in the north", "The chain hires."),
        ("The TODO list is back", "FIXME and XXX are comments in code, TBD is a date."),
        ("What `{{ name }}` means in a template", "Lorem ipsum is 2,000 years old; `[link]` is not."),
        ("Notes", "submitted by /u/some [link] [comments]"),
    ] {
        let (mut draft, items) = with(title, summary);
        assert_eq!(found(&draft, &items), [""; 0], "{title}");
        draft.subject = title.into();
        draft.preheader = format!("{} · {title}", draft.news[1].title);
        assert_eq!(found(&draft, &items), [""; 0], "compose makes subject and preheader of {title}");
    }
    let (mut draft, items) = with("Stores by TK", "x");
    draft.subject = "Stores by TK…".into();
    assert_eq!(found(&draft, &items), [""; 0], "cut short");
}

type Edit = fn(&mut Draft);

#[test]
fn words_of_the_editor_do() {
    let (draft, items) = with("TK Maxx opens ten stores", "The chain hires.");
    let edits: [(&str, Edit); 9] = [
        ("subject: `TK`", |draft| draft.subject = "A week of TK".into()),
        ("subject: `TK`", |draft| draft.subject = "TK".into()),
        ("preheader: `TODO`", |draft| draft.preheader = "TODO".into()),
        ("intro: `TK`", |draft| draft.intro = "TK".into()),
        ("note: `TK`", |draft| draft.news[0].note = "TK".into()),
        ("summary: `TK`", |draft| draft.news[0].summary = "The chain hires TK people.".into()),
        ("title: `TK`", |draft| draft.news[0].title = "TK Maxx opens TK stores".into()),
        ("title: `TODO`", |draft| draft.news[1].title = "TODO".into()),
        ("summary: `[link]`", |draft| {
            draft.news[1].id = "by-hand".into();
            draft.news[1].summary = "See [link].".into();
        }),
    ];
    for (expected, edit) in edits {
        let mut draft = draft.clone();
        edit(&mut draft);
        assert_eq!(found(&draft, &items), [format!("{expected} has not been replaced")], "{expected}");
    }
}

#[test]
fn a_template_is_looked_at_beside_such_words() {
    let (draft, items) = with("TK Maxx opens ten stores", "x");
    let mut rendered = drawn_as("midweek", &draft);
    rendered.html.push(Segment::Shared("<p>FIXME</p>".into()));
    let (guides, base_scores) = (Vec::new(), std::collections::BTreeMap::new());
    let content =
        Known { items: &items, guides: &guides, base_scores: &base_scores, guide_stale: std::time::Duration::ZERO };
    let report = check(&draft, &rendered, &Context { content: Some(content), ..Context::default() });
    assert!(
        report.findings.iter().any(|finding| finding.message == "`FIXME` stands in a template"),
        "{:?}",
        report.findings
    );
}
