//! The three-way merge, a rule a test.

use super::*;

fn workspace(news: &str, guides: &str, bench: &str) -> Workspace {
    let workspace = Workspace::new();
    assert_eq!(workspace.compose(&draft(news, guides, bench)), Refreshed::Created);
    workspace
}

fn changes(refreshed: Refreshed) -> Changes {
    match refreshed {
        Refreshed::Updated(changes) => changes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_untouched_draft_becomes_exactly_what_is_fresh() {
    let workspace = workspace("a b c", "g", "d e");
    assert_eq!(workspace.compose(&draft("a b c", "g", "d e")), Refreshed::Unchanged);
    let fresh = draft("d c x", "h", "a");
    let changes = changes(workspace.compose(&fresh));
    assert_eq!(workspace.text(), to_toml(&fresh));
    assert_eq!(changes.entered.len(), 4, "{changes:?}");
}

#[test]
fn what_the_editor_changed_stays_and_the_rest_is_fresh() {
    let workspace = workspace("a b c", "g", "d");
    workspace.edit("Title of b", "My title of b");
    workspace.edit("intro = \"\"\"\n", "# mine\nintro = \"\"\"\nMy words.");
    let mut fresh = draft("x c", "h", "a");
    fresh.subject = "New subject".into();
    fresh.news[1].why = "score 8, 2 days old".into();
    let changes = changes(workspace.compose(&fresh));
    assert_eq!(workspace.ids(), "b c | h | a");
    let now = workspace.draft();
    assert_eq!((now.news[0].title.as_str(), now.news[1].why.as_str()), ("My title of b", "score 8, 2 days old"));
    assert_eq!((now.subject.as_str(), now.intro.as_str()), ("New subject", "My words."));
    assert!(workspace.text().contains("# mine\nintro"));
    assert_eq!(changes.kept, [("news", "b".to_owned())]);
    assert_eq!(changes.no_room, ["x"]);
    assert_eq!(changes.left, [("news", "a".to_owned()), ("guides", "g".to_owned()), ("bench", "d".to_owned())]);
}

#[test]
fn the_number_of_the_week_and_the_language_are_the_editors_and_stay() {
    let inline =
        "number = { value = \"405 billion\", label = \"parameters\", url = \"https://e.org/n\" }\nlanguage = \"ar\"\n";
    let table =
        "\n# mine\n[number]\nvalue = \"405 billion\" # counted\nlabel = \"parameters\"\nurl = \"https://e.org/n\"\n";
    let figure =
        Figure { value: "405 billion".into(), label: "parameters".into(), url: Some("https://e.org/n".into()) };
    for place in ["inline", "head", "between", "end"] {
        let workspace = workspace("a b", "g", "c");
        match place {
            "inline" => workspace.edit("window = ", &format!("{inline}window = ")),
            "head" => workspace.edit("\n[[news]]", &format!("{table}\n[[news]]")),
            "between" => workspace.edit("\n[[guides]]", &format!("{table}\n[[guides]]")),
            _ => workspace.write(&(workspace.text() + table)),
        }
        assert_eq!(workspace.draft().number.as_ref(), Some(&figure), "{place}");
        let mut fresh = draft("x b", "h", "y");
        fresh.subject = "New".into();
        fresh.window.as_mut().unwrap().seen += chrono::TimeDelta::hours(1);
        for _ in 0..2 {
            workspace.compose(&fresh);
            assert_eq!(workspace.ids(), "x b | h | y", "{place}: {}", workspace.text());
            assert_eq!(workspace.draft().number.as_ref(), Some(&figure), "{place}: {}", workspace.text());
            assert_eq!(workspace.draft().window, fresh.window, "{place}");
            assert_eq!(workspace.draft().language == "ar", place == "inline");
            assert_eq!(
                workspace.text().matches("# mine").count(),
                usize::from(place != "inline"),
                "{}",
                workspace.text()
            );
        }
        assert!(workspace.compose_quietly(&fresh), "{place}");
        // Deleted, it stays away.
        let text = workspace.text();
        let gone = if place == "inline" { text.replace(inline, "") } else { text.replace(table.trim_start(), "") };
        workspace.write(&gone);
        workspace.compose(&fresh);
        assert_eq!(workspace.draft().number, None, "{place}: {}", workspace.text());
    }
}

#[test]
fn what_waits_for_room_comes_in_when_there_is_some() {
    let workspace = workspace("a b", "", "");
    workspace.edit("Title of a", "Mine");
    workspace.compose(&draft("x y", "", ""));
    assert_eq!(workspace.ids(), "a x |  | ");
    workspace.compose(&draft("x y z", "", ""));
    assert_eq!(workspace.ids(), "a x y |  | ");
}

#[test]
fn comments_pins_and_notes_keep_an_entry() {
    for (from, to) in [
        ("id = \"b\"\n", "id = \"b\"\npinned = true\n"),
        ("id = \"b\"\n", "id = \"b\" # keep\n"),
        ("\n[[news]]\nid = \"b\"", "\n# keep this one\n[[news]]\nid = \"b\""),
        ("Title of b\"\n", "Title of b\"\nnote = \"mine\"\n# keep\n"),
    ] {
        let workspace = workspace("a b c", "", "");
        if to.contains("note") {
            let text = workspace.text();
            let (head, tail) = text.split_once("id = \"b\"").unwrap();
            workspace
                .write(&format!("{head}id = \"b\"{}", tail.replacen("note = \"\"\n", "note = \"mine\"\n# keep\n", 1)));
        } else {
            workspace.edit(from, to);
        }
        workspace.compose(&draft("x y", "", ""));
        assert_eq!(workspace.ids(), "b x |  | ", "{to}");
        assert_eq!(to.contains("# keep"), workspace.text().contains("# keep"), "{}", workspace.text());
    }
}

#[test]
fn what_the_editor_deleted_never_returns() {
    let workspace = workspace("a b c", "g h", "d");
    workspace.cut("b");
    workspace.cut("h");
    for fresh in [draft("b a c", "h g", "d"), draft("a c", "g", "d"), draft("b a c", "g h", "d b")] {
        workspace.compose(&fresh);
        assert_eq!(workspace.ids(), "a c | g | d");
    }
}

#[test]
fn what_the_editor_moved_stays_where_it_is() {
    let workspace = workspace("a b c d", "", "e");
    let d = workspace.cut("d");
    workspace.edit("\n[[news]]", &format!("{d}\n[[news]]"));
    assert_eq!(workspace.ids(), "d a b c |  | e");
    workspace.compose(&draft("a x c d", "", "e"));
    assert_eq!(workspace.ids(), "d a c x |  | e");
    workspace.compose(&draft("a y c z", "", ""));
    assert_eq!(workspace.ids(), "d a c y |  | ");
}

#[test]
fn an_entry_moved_up_from_the_bench_stays_up_and_one_moved_down_stays_down() {
    let workspace = workspace("a b", "", "c d");
    let c = workspace.cut("c").replace("[[bench]]", "[[news]]");
    let a = workspace.cut("a").replace("[[news]]", "[[bench]]");
    workspace.edit("\n[[bench]]", &format!("{c}\n[[bench]]"));
    workspace.write(&(workspace.text() + &a));
    assert_eq!(workspace.ids(), "b c |  | d a");
    workspace.compose(&draft("a b", "", "c d"));
    assert_eq!(workspace.ids(), "b c |  | d a");
    workspace.compose(&draft("a x", "", "y z"));
    assert_eq!(workspace.ids(), "c x |  | a y");
}

#[test]
fn an_entry_copied_up_leaves_the_bench() {
    let workspace = workspace("a", "", "c");
    let text = workspace.text();
    let copy = text[text.find("\n[[bench]]").unwrap()..].replace("[[bench]]", "[[news]]");
    workspace.edit("\n[[bench]]", &format!("{copy}\n[[bench]]"));
    workspace.compose(&draft("a", "", "c"));
    assert_eq!(workspace.ids(), "a c |  | ");
}

#[test]
fn a_banned_entry_stays_in_the_file_and_gives_its_room_away() {
    let workspace = workspace("a b", "", "");
    workspace.edit("id = \"a\"\n", "id = \"a\"\nbanned = true\n");
    workspace.compose(&draft("a b", "", "c"));
    assert_eq!(workspace.ids(), "a b |  | c");
    workspace.compose(&draft("b c", "", "a"));
    assert_eq!(workspace.ids(), "a b c |  | ");
}

#[test]
fn a_field_that_both_changed_stays_the_editors_and_is_told() {
    let workspace = workspace("a", "", "");
    workspace.edit("subject = \"Subject\"", "subject = 'Mine' # my own");
    let mut fresh = draft("a", "", "");
    fresh.subject = "Fresh".into();
    let changes = changes(workspace.compose(&fresh));
    assert_eq!(changes.notices[0].message, "`subject` is the editor's and stays; compose would now write: Fresh");
    assert!(workspace.text().contains("subject = 'Mine' # my own\n"));
    assert!(workspace.compose_quietly(&fresh));
}

#[test]
fn without_composed_toml_everything_is_the_editors() {
    let workspace = workspace("a b", "g", "");
    std::fs::remove_file(workspace.dir().join("2026-11-25-midweek/composed.toml")).unwrap();
    let before = workspace.text();
    let changes = changes(workspace.compose(&draft("x y", "h", "")));
    assert_eq!(workspace.text(), before);
    assert!(changes.notices.iter().any(|n| n.message.contains("composed.toml was missing")));
}

#[test]
fn a_draft_that_cannot_be_read_is_left_alone() {
    let workspace = workspace("a b", "g", "");
    workspace.edit("title = ", "titel = ");
    let before = workspace.text();
    let wrong = refresh(workspace.dir(), &draft("x", "", ""), Around::default()).unwrap_err();
    assert!(wrong.to_string().contains("did you mean `title`?"), "{wrong}");
    assert_eq!(workspace.text(), before);
}

#[test]
fn what_the_editor_joined_and_parted_is_known_over_recomposes() {
    let workspace = workspace("a b c", "g", "d");
    let decisions = || super::super::decisions(workspace.dir(), &workspace.draft().name).unwrap();
    assert_eq!(decisions(), StoryDecisions::default());
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    workspace
        .edit("id = \"a\"\n", "id = \"a\"\nalso = [{ id = \"x\", source = \"S\", title = \"T\" }]\napart = [\"c\"]\n");
    let expected = StoryDecisions { joined: vec![pair("a", "x")], parted: vec![pair("a", "c")] };
    assert_eq!(decisions(), expected);
    // Compose obeys, so that from now on it writes the same; it stays the editor's decision.
    let mut fresh = draft("a b c", "g", "d");
    fresh.news[0].also = workspace.draft().news[0].also.clone();
    fresh.news[1].also = vec![Covered { id: "y".into(), source: "S".into(), title: "T".into(), url: None }];
    for _ in 0..3 {
        workspace.compose(&fresh);
        assert_eq!(decisions(), expected);
    }
    // What compose itself joined is no decision, and what the editor parts shows nowhere, although the line is there.
    workspace.edit("id = \"b\"\n", "id = \"b\"\napart = [\"y\"]\n");
    assert!(workspace.text().contains("id = \"y\""));
    assert_eq!(workspace.draft().news[1].also, []);
    assert_eq!(decisions().parted, [pair("a", "c"), pair("b", "y")]);
}
