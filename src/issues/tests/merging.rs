//! The three-way merge, a rule a test.

use super::*;

fn desk(news: &str, guides: &str, bench: &str) -> Desk {
    let desk = Desk::new();
    assert_eq!(desk.compose(&draft(news, guides, bench)), Refreshed::Created);
    desk
}

fn changes(refreshed: Refreshed) -> Changes {
    match refreshed {
        Refreshed::Updated(changes) => changes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_untouched_draft_becomes_exactly_what_is_fresh() {
    let desk = desk("a b c", "g", "d e");
    assert_eq!(desk.compose(&draft("a b c", "g", "d e")), Refreshed::Unchanged);
    let fresh = draft("d c x", "h", "a");
    let changes = changes(desk.compose(&fresh));
    assert_eq!(desk.text(), to_toml(&fresh));
    assert_eq!(changes.entered.len(), 4, "{changes:?}");
}

#[test]
fn what_the_editor_changed_stays_and_the_rest_is_fresh() {
    let desk = desk("a b c", "g", "d");
    desk.edit("Title of b", "My title of b");
    desk.edit("intro = \"\"\"\n", "# mine\nintro = \"\"\"\nMy words.");
    let mut fresh = draft("x c", "h", "a");
    fresh.subject = "New subject".into();
    fresh.news[1].why = "score 8, 2 days old".into();
    let changes = changes(desk.compose(&fresh));
    assert_eq!(desk.ids(), "b c | h | a");
    let now = desk.draft();
    assert_eq!((now.news[0].title.as_str(), now.news[1].why.as_str()), ("My title of b", "score 8, 2 days old"));
    assert_eq!((now.subject.as_str(), now.intro.as_str()), ("New subject", "My words."));
    assert!(desk.text().contains("# mine\nintro"));
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
        let desk = desk("a b", "g", "c");
        match place {
            "inline" => desk.edit("window = ", &format!("{inline}window = ")),
            "head" => desk.edit("\n[[news]]", &format!("{table}\n[[news]]")),
            "between" => desk.edit("\n[[guides]]", &format!("{table}\n[[guides]]")),
            _ => desk.write(&(desk.text() + table)),
        }
        assert_eq!(desk.draft().number.as_ref(), Some(&figure), "{place}");
        let mut fresh = draft("x b", "h", "y");
        fresh.subject = "New".into();
        fresh.window.as_mut().unwrap().seen += chrono::TimeDelta::hours(1);
        for _ in 0..2 {
            desk.compose(&fresh);
            assert_eq!(desk.ids(), "x b | h | y", "{place}: {}", desk.text());
            assert_eq!(desk.draft().number.as_ref(), Some(&figure), "{place}: {}", desk.text());
            assert_eq!(desk.draft().window, fresh.window, "{place}");
            assert_eq!(desk.draft().language == "ar", place == "inline");
            assert_eq!(desk.text().matches("# mine").count(), usize::from(place != "inline"), "{}", desk.text());
        }
        assert_eq!(desk.compose(&fresh), Refreshed::Unchanged, "{place}");
        // Deleted, it stays away.
        let text = desk.text();
        let gone = if place == "inline" { text.replace(inline, "") } else { text.replace(table.trim_start(), "") };
        desk.write(&gone);
        desk.compose(&fresh);
        assert_eq!(desk.draft().number, None, "{place}: {}", desk.text());
    }
}

#[test]
fn what_waits_for_room_comes_in_when_there_is_some() {
    let desk = desk("a b", "", "");
    desk.edit("Title of a", "Mine");
    desk.compose(&draft("x y", "", ""));
    assert_eq!(desk.ids(), "a x |  | ");
    desk.compose(&draft("x y z", "", ""));
    assert_eq!(desk.ids(), "a x y |  | ");
}

#[test]
fn comments_pins_and_notes_keep_an_entry() {
    for (from, to) in [
        ("id = \"b\"\n", "id = \"b\"\npinned = true\n"),
        ("id = \"b\"\n", "id = \"b\" # keep\n"),
        ("\n[[news]]\nid = \"b\"", "\n# keep this one\n[[news]]\nid = \"b\""),
        ("Title of b\"\n", "Title of b\"\nnote = \"mine\"\n# keep\n"),
    ] {
        let desk = desk("a b c", "", "");
        if to.contains("note") {
            let text = desk.text();
            let (head, tail) = text.split_once("id = \"b\"").unwrap();
            desk.write(&format!("{head}id = \"b\"{}", tail.replacen("note = \"\"\n", "note = \"mine\"\n# keep\n", 1)));
        } else {
            desk.edit(from, to);
        }
        desk.compose(&draft("x y", "", ""));
        assert_eq!(desk.ids(), "b x |  | ", "{to}");
        assert_eq!(to.contains("# keep"), desk.text().contains("# keep"), "{}", desk.text());
    }
}

#[test]
fn what_the_editor_deleted_never_returns() {
    let desk = desk("a b c", "g h", "d");
    desk.cut("b");
    desk.cut("h");
    for fresh in [draft("b a c", "h g", "d"), draft("a c", "g", "d"), draft("b a c", "g h", "d b")] {
        desk.compose(&fresh);
        assert_eq!(desk.ids(), "a c | g | d");
    }
}

#[test]
fn what_the_editor_moved_stays_where_it_is() {
    let desk = desk("a b c d", "", "e");
    let d = desk.cut("d");
    desk.edit("\n[[news]]", &format!("{d}\n[[news]]"));
    assert_eq!(desk.ids(), "d a b c |  | e");
    desk.compose(&draft("a x c d", "", "e"));
    assert_eq!(desk.ids(), "d a c x |  | e");
    desk.compose(&draft("a y c z", "", ""));
    assert_eq!(desk.ids(), "d a c y |  | ");
}

#[test]
fn an_entry_moved_up_from_the_bench_stays_up_and_one_moved_down_stays_down() {
    let desk = desk("a b", "", "c d");
    let c = desk.cut("c").replace("[[bench]]", "[[news]]");
    let a = desk.cut("a").replace("[[news]]", "[[bench]]");
    desk.edit("\n[[bench]]", &format!("{c}\n[[bench]]"));
    desk.write(&(desk.text() + &a));
    assert_eq!(desk.ids(), "b c |  | d a");
    desk.compose(&draft("a b", "", "c d"));
    assert_eq!(desk.ids(), "b c |  | d a");
    desk.compose(&draft("a x", "", "y z"));
    assert_eq!(desk.ids(), "c x |  | a y");
}

#[test]
fn an_entry_copied_up_leaves_the_bench() {
    let desk = desk("a", "", "c");
    let text = desk.text();
    let copy = text[text.find("\n[[bench]]").unwrap()..].replace("[[bench]]", "[[news]]");
    desk.edit("\n[[bench]]", &format!("{copy}\n[[bench]]"));
    desk.compose(&draft("a", "", "c"));
    assert_eq!(desk.ids(), "a c |  | ");
}

#[test]
fn a_banned_entry_stays_in_the_file_and_gives_its_room_away() {
    let desk = desk("a b", "", "");
    desk.edit("id = \"a\"\n", "id = \"a\"\nbanned = true\n");
    desk.compose(&draft("a b", "", "c"));
    assert_eq!(desk.ids(), "a b |  | c");
    desk.compose(&draft("b c", "", "a"));
    assert_eq!(desk.ids(), "a b c |  | ");
}

#[test]
fn a_field_that_both_changed_stays_the_editors_and_is_told() {
    let desk = desk("a", "", "");
    desk.edit("subject = \"Subject\"", "subject = 'Mine' # my own");
    let mut fresh = draft("a", "", "");
    fresh.subject = "Fresh".into();
    let changes = changes(desk.compose(&fresh));
    assert_eq!(changes.notices[0].message, "`subject` is the editor's and stays; compose would now write: Fresh");
    assert!(desk.text().contains("subject = 'Mine' # my own\n"));
    assert_eq!(desk.compose(&fresh), Refreshed::Unchanged);
}

#[test]
fn without_composed_toml_everything_is_the_editors() {
    let desk = desk("a b", "g", "");
    std::fs::remove_file(desk.dir().join("2026-11-25-midweek/composed.toml")).unwrap();
    let before = desk.text();
    let changes = changes(desk.compose(&draft("x y", "h", "")));
    assert_eq!(desk.text(), before);
    assert!(changes.notices.iter().any(|n| n.message.contains("composed.toml was missing")));
}

#[test]
fn a_draft_that_cannot_be_read_is_left_alone() {
    let desk = desk("a b", "g", "");
    desk.edit("title = ", "titel = ");
    let before = desk.text();
    let wrong = refresh(desk.dir(), &draft("x", "", "")).unwrap_err();
    assert!(wrong.to_string().contains("did you mean `title`?"), "{wrong}");
    assert_eq!(desk.text(), before);
}
