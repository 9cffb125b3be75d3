//! Edits by a table, and sequences of them by property: what a person wrote elsewhere stays, byte for byte.

use proptest::prelude::*;

use super::super::blocks::{DraftBlocks, Section};
use super::*;
use crate::model::{Level, Published};

/// A draft as an editor leaves it: comments, odd spaces, a literal string, a key out of order.
const TEXT: &str = r#"# Mine: do not lose this.
edition = "midweek"
date = 2026-11-25
subject   =  'Old "subject"'   # a word on it
preheader = "p"
intro = """
Two
lines."""

# The lead.
[[news]]
id = "larch-3"
note = ""   # say more
title = "Larch 3 is out"
source = "Larch Labs"
published = 2026-11-24T09:00:00Z
score = 8
also = [ { id = "larch-w", source = "Wire", title = "Larch ships 3", url = "https://wire.example/l" } ] # two

[[news]]
title = "Court limits scraping"
id = "court"
source = "Law Monitor"
published = 2026-11-22
guide = "copyright"
# under the court

[[guides]]
slug = "copyright"
title = "Copyright"
level = "beginner"
tldr = "Who owns what."

[[guides_bench]]
slug = "agents"
title = "Agents"
level = "advanced"

[[bench]]
# spare
id = "lark"
title = "A lark sings"
source = "Birds"
published = 2026-11-23
"#;

fn label() -> &'static Path {
    Path::new("issues/2026-11-25-midweek/issue.toml")
}

fn edited(edit: &Edit) -> Result<String, String> {
    apply(label(), TEXT, edit).map_err(|notices| notices.to_string())
}

fn set(entry: Option<&str>, field: &str, text: &str) -> Edit {
    Edit::Set { entry: entry.map(str::to_owned), field: field.into(), text: text.into() }
}

/// The lines that an edit takes away and brings, in their order.
fn difference(edit: &Edit) -> (Vec<&'static str>, Vec<String>) {
    let after = edited(edit).expect("an edit that fits");
    let gone = TEXT.lines().filter(|line| !after.lines().any(|other| other == *line)).collect();
    let new = after.lines().filter(|line| !TEXT.lines().any(|other| other == *line)).map(str::to_owned).collect();
    (gone, new)
}

#[test]
fn a_field_is_written_and_nothing_else_changes() {
    let table: [(Edit, &[&str], &[&str]); 9] = [
        (
            set(None, "subject", "New \"one\""),
            &[r#"subject   =  'Old "subject"'   # a word on it"#],
            &[r#"subject   =  "New \"one\""   # a word on it"#],
        ),
        (
            set(Some("1"), "note", "Why it matters."),
            &[r#"note = ""   # say more"#],
            &[r#"note = "Why it matters."   # say more"#],
        ),
        (set(Some("larch-3"), "score", "8.5"), &["score = 8"], &["score = 8.5"]),
        (set(Some("cou"), "summary", "New."), &[], &["summary = \"New.\""]),
        (set(Some("b1"), "topics", "Birds,  Song"), &[], &["topics = [\"Birds\", \"Song\"]"]),
        (set(None, "issue_number", "7"), &[], &["issue_number = 7"]),
        (set(None, "number.value", "405 billion"), &[], &["number = { value = \"405 billion\", label = \"…\" }"]),
        (set(None, "picture.file", "sun.png"), &[], &["picture = { file = \"sun.png\", width = 600, alt = \"\" }"]),
        (Edit::Ban { entry: "2".into() }, &[], &["banned = true"]),
    ];
    for (edit, gone, new) in table {
        let (was, is) = difference(&edit);
        assert_eq!(
            (was.as_slice(), is.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
            (gone, new),
            "{edit:?}"
        );
    }
    let after = edited(&set(Some("2"), "summary", "New.")).expect("an edit");
    assert!(after.contains("guide = \"copyright\"\nsummary = \"New.\"\n# under the court\n"), "{after}");
}

#[test]
fn entries_move_with_their_comments() {
    let order = |edit: Edit| {
        let text = edited(&edit).expect("an edit that fits");
        let draft = read::parse(label(), &text).expect("a draft");
        let ids = |entries: &[Entry]| entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>().join(" ");
        (format!("{} | {}", ids(&draft.news), ids(&draft.bench)), text)
    };
    let to = |entry: &str, place| Edit::Move { entry: entry.into(), place };
    assert_eq!(order(to("court", 1)).0, "court larch-3 | lark");
    assert_eq!(order(to("1", 9)).0, "court larch-3 | lark");
    let (ids, text) = order(to("b1", 2));
    assert_eq!(ids, "larch-3 lark court | ");
    assert!(text.contains("[[news]]\n# spare\nid = \"lark\""), "{text}");
    assert_eq!(order(Edit::Bench { entry: "larch-3".into() }).0, "court | larch-3 lark");
    assert_eq!(order(Edit::Drop { entry: "lark".into() }).0, "larch-3 court | ");
    let (ids, text) = order(Edit::Merge { entry: "court".into(), other: "larch-3".into() });
    assert_eq!(ids, "court | lark");
    assert!(text.contains("id = \"larch-3\", source") && text.contains("id = \"larch-w\", source"), "{text}");
    let (ids, text) = order(Edit::Split { entry: "1".into(), id: "larch-w".into(), known: None });
    assert_eq!(ids, "larch-3 larch-w court | lark");
    assert!(text.contains("also = [\n]") && text.contains("apart = [\"larch-w\"]"), "{text}");
}

#[test]
fn cards_and_stories_are_added() {
    let card = |slug: &str| Card {
        slug: slug.into(),
        title: "From content".into(),
        level: Level::Beginner,
        tldr: String::new(),
        url: None,
        why: "added by hand".into(),
        pinned: false,
        banned: false,
    };
    let shown = edited(&Edit::AddCard(Box::new(card("agents")))).expect("the card of the bench");
    assert!(shown.contains("[[guides]]\nslug = \"agents\"\ntitle = \"Agents\"") && !shown.contains("guides_bench"));
    assert!(edited(&Edit::AddCard(Box::new(card("speech")))).expect("a new card").contains("title = \"From content\""));
    assert!(edited(&Edit::AddCard(Box::new(card("copyright")))).unwrap_err().contains("already"));
    assert!(!edited(&Edit::DropCard { slug: "copyright".into() }).expect("gone").contains("slug = \"copyright\""));
    let draft = read::parse(label(), TEXT).expect("a draft");
    let entry = Entry { id: "new".into(), published: Published::Day(draft.name.date), ..draft.bench[0].clone() };
    let at = |place| edited(&Edit::Add { entry: Box::new(entry.clone()), place });
    let place =
        |text: &str| read::parse(label(), text).expect("a draft").news.iter().position(|entry| entry.id == "new");
    assert_eq!(place(&at(None).expect("added")), Some(2));
    assert_eq!(place(&at(Some(1)).expect("added")), Some(0));
    assert!(at(Some(0)).unwrap_err().contains("count from 1"));
    let again = edited(&Edit::Add { entry: Box::new(draft.bench[0].clone()), place: Some(1) }).expect("from the bench");
    assert!(again.contains("[[news]]\n# spare"), "{again}");
}

#[test]
fn what_does_not_fit_is_refused_with_a_remedy() {
    for (edit, words) in [
        (set(Some("9"), "note", "x"), "it has larch-3, court"),
        (set(Some("la"), "note", "x"), "could be \"Larch 3 is out\" or \"A lark sings\""),
        (set(Some("1"), "titel", "x"), "did you mean `title`?"),
        (set(None, "subjekt", "x"), "did you mean `subject`?"),
        (set(Some("1"), "score", "11"), "from 0 to 10"),
        (set(Some("1"), "score", "high"), "must be a number"),
        (set(Some("1"), "url", "larch.example"), "absolute http(s) URL"),
        (set(Some("1"), "published", "yesterday"), "a date such as"),
        (set(None, "issue_number", "0"), "whole number from 1"),
        (Edit::Move { entry: "1".into(), place: 0 }, "count from 1"),
        (Edit::Bench { entry: "b1".into() }, "already on the bench"),
        (Edit::DropCard { slug: "agents".into() }, "its cards are copyright"),
        (Edit::Split { entry: "1".into(), id: "x".into(), known: None }, "it has larch-w"),
        (Edit::Merge { entry: "1".into(), other: "1".into() }, "with itself"),
    ] {
        let refused = edited(&edit).unwrap_err();
        assert!(refused.contains(words), "{edit:?}: {refused}");
    }
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let entry = || prop::sample::select(vec!["larch-3", "court", "lark", "1", "2", "b1"]).prop_map(str::to_owned);
    let words = || "[a-z\"\\\\#\n\\[\\]'é ]{0,20}";
    prop_oneof![
        (entry(), prop::sample::select(vec!["note", "summary", "title"]), words()).prop_map(|(entry, field, text)| {
            Edit::Set { entry: Some(entry), field: field.into(), text: format!("x{text}") }
        }),
        (prop::sample::select(vec!["subject", "intro", "preheader"]), words()).prop_map(|(field, text)| Edit::Set {
            entry: None,
            field: field.into(),
            text
        }),
        (entry(), 1_usize..4).prop_map(|(entry, place)| Edit::Move { entry, place }),
        entry().prop_map(|entry| Edit::Bench { entry }),
        entry().prop_map(|entry| Edit::Ban { entry }),
        (entry(), entry()).prop_map(|(entry, other)| Edit::Merge { entry, other }),
        entry().prop_map(|entry| Edit::Split { entry, id: "larch-w".into(), known: None }),
    ]
}

proptest! {
    #[test]
    fn a_sequence_of_edits_loses_nothing_that_a_person_wrote_elsewhere(edits in prop::collection::vec(any_edit(), 1..12)) {
        let mut text = TEXT.to_owned();
        for edit in edits {
            let Ok(after) = apply(label(), &text, &edit) else { continue };
            let (was, is) = (DraftBlocks::cut(&text).expect("blocks"), DraftBlocks::cut(&after).expect("blocks"));
            // A comment only goes with an entry that goes.
            for comment in ["# Mine: do not lose this.", "# a word on it"] {
                prop_assert!(after.contains(comment), "{comment} after {edit:?}\n{after}");
            }
            let draft = read::parse(label(), &text).expect("a draft");
            let touched: Vec<String> = match &edit {
                Edit::Set { entry: None, .. } => Vec::new(),
                Edit::Set { entry: Some(one), .. } | Edit::Move { entry: one, .. } | Edit::Bench { entry: one }
                | Edit::Ban { entry: one } | Edit::Split { entry: one, .. } => vec![one.clone()],
                Edit::Merge { entry, other } => vec![entry.clone(), other.clone()],
                _ => unreachable!("not drawn"),
            };
            let ids: Vec<&str> = touched.iter().filter_map(|one| {
                let place = find(&draft, one).ok()?;
                let list = if place.section == Section::News { &draft.news } else { &draft.bench };
                Some(list[place.at].id.as_str())
            }).collect();
            for block in was.blocks.iter().filter(|block| !ids.contains(&block.id.as_str())) {
                prop_assert!(is.blocks.iter().any(|other| other.same_words(block)), "{edit:?} changed\n{}\nin\n{after}", block.text);
            }
            if !matches!(edit, Edit::Set { entry: None, .. }) {
                prop_assert_eq!(&was.head, &is.head);
            }
            text = after;
        }
    }
}
