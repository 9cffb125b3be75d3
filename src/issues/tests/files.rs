//! The folder, and issue.toml written and read.

use super::*;

#[test]
fn a_draft_is_written_in_the_contracts_layout() {
    let mut draft = draft("a", "gpt-4o", "b");
    draft.intro = "Two lines\nwith \"quotes\", \"\"\" and a \\.".into();
    draft.waive = vec!["clipping".into()];
    draft.waive_why = "the table is long".into();
    draft.bench[0].published = Published::parse("2026-11-24").unwrap();
    draft.bench[0].score = None;
    draft.bench[0].guide = None;
    draft.bench[0].pinned = true;
    insta::assert_snapshot!(to_toml(&draft), @r###"
    # This issue is yours to edit; `digest render` shows it as a page.
    #
    # [[news]] stands in the order shown. Delete an entry, move it, move one up from [[bench]]; change any word.
    # Titles and summaries are plain text, or Markdown where the entry says format = "markdown".
    # `note` is your comment under an item, in Markdown like `intro`; `guide` names the guide shown with an item, and
    # `guide_options` the next best. Move a card up from [[guides_bench]] to show it.
    # `picture = { file = "sun.png", width = 600, height = 200, alt = "what it shows" }` shows a picture of content/pictures/, here or in an entry.
    # `number = { value = "405 billion", label = "what it counts", url = "…" }` shows a number of the week.
    # `pinned = true` keeps an entry whatever compose finds later, `banned = true` keeps it out.
    # Composing again brings in fresh items and leaves alone whatever you changed, moved, deleted or wrote beside.

    edition = "midweek"
    date = 2026-11-25
    subject = "Subject"
    preheader = "Preheader"
    intro = """
    Two lines
    with "quotes", ""\" and a \\."""
    window = { from = 2026-11-22T07:00:00Z, to = 2026-11-25T06:00:00Z, seen = 2026-11-24T18:00:00Z }
    waive = ["clipping"]
    waive_why = "the table is long"

    [[news]]
    id = "a"
    title = "Title of a"
    source = "OpenAI Blog"
    published = 2026-11-24T09:00:00Z
    score = 8
    url = "https://example.org/a"
    summary = "One sentence."
    topics = ["GPT-4o"]
    guide = "gpt-4o"
    why = "score 8, 1 day old"
    note = ""

    [[guides]]
    slug = "gpt-4o"
    title = "Guide gpt-4o"
    level = "beginner"
    tldr = "Short."
    url = ""
    why = "explains 3 of the 5 items"

    [[bench]]
    id = "b"
    title = "Title of b"
    source = "OpenAI Blog"
    published = 2026-11-24
    url = "https://example.org/b"
    summary = "One sentence."
    topics = ["GPT-4o"]
    guide = ""
    why = "score 8, 1 day old"
    note = ""
    pinned = true
    "###);
    assert_eq!(parse(Path::new("issue.toml"), &to_toml(&draft)), Ok(draft));
}

#[test]
fn any_text_comes_back_as_it_was() {
    for text in [
        "",
        "\"",
        "\"\"\"\"\"\"",
        "\\",
        "a\\\"",
        "line\nline\n",
        "\n",
        "\r\n",
        "\u{0}\u{7f}\u{85}\u{1b}",
        "שלום 👩‍👩‍👧",
        "tab\t",
        " x ",
    ] {
        let mut draft = draft("a", "g", "");
        draft.intro = text.into();
        draft.subject = text.into();
        draft.news[0].summary = text.into();
        draft.news[0].note = text.into();
        draft.news[0].topics = vec![text.into()];
        draft.guides[0].tldr = text.into();
        assert_eq!(parse(Path::new("issue.toml"), &to_toml(&draft)), Ok(draft), "{text:?}");
    }
}

#[test]
fn a_pictures_place_is_kept_in_the_issue_and_in_an_entry() {
    let picture = |url: Option<&str>, file: Option<&str>, height| crate::model::Picture {
        url: url.map(str::to_owned),
        file: file.map(str::to_owned),
        width: 480,
        height,
        alt: "A \"ship\"".into(),
    };
    let mut draft = draft("a b", "", "");
    draft.picture = Some(picture(None, Some("hills.png"), Some(200)));
    draft.news[0].picture = Some(picture(Some("https://img.example/ship.jpg?w=1&h=2"), None, None));
    draft.news[1].picture = Some(picture(None, Some("ship.png"), Some(270)));
    assert_eq!(parse(Path::new("issue.toml"), &to_toml(&draft)), Ok(draft));
}

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let text = r#"edition = "sunday"
date = 2026-11-25
subjct = "x"
window = 3

[[news]]
id = "a"
title = ""
source = 7
published = "yesterday"
score = 11
url = "example.org"
topics = "GPT"
pinned = "yes"

[[news]]
id = "a"
title = "t"
source = "s"
published = 2026-11-24

[[guides]]
slug = "g"
title = "t"
level = "expert"
"#;
    let wrong = parse(Path::new("issues/2026-11-25-midweek/issue.toml"), text).unwrap_err();
    insta::assert_snapshot!(wrong.to_string(), @r###"
    issues/2026-11-25-midweek/issue.toml:1: the folder is 2026-11-25-midweek, but `edition` and `date` say 2026-11-25-sunday
      help: name an issue only by its folder: correct these two, or rename the folder
    issues/2026-11-25-midweek/issue.toml:3: `subjct` is not a known field
      help: did you mean `subject`?
    issues/2026-11-25-midweek/issue.toml:4: `window` must be a table with from, to and seen, found 3
      help: delete the line: compose writes it again
    issues/2026-11-25-midweek/issue.toml:8: news 1: `title` must be a string that is not empty, found ""
      help: fill it in, or delete the whole entry
    issues/2026-11-25-midweek/issue.toml:9: news 1: `source` must be a string, found 7
      help: put it between double quotes
    issues/2026-11-25-midweek/issue.toml:10: news 1: `published` must be a date or a date and time with its zone, found "yesterday"
      help: write it as 2026-11-24 or 2026-11-24T09:00:00Z, without quotes
    issues/2026-11-25-midweek/issue.toml:11: news 1: `score` must be a number from 0 to 10, found 11
      help: correct it, or delete the line
    issues/2026-11-25-midweek/issue.toml:12: news 1: `url` must be an absolute http(s) URL, found "example.org"
      help: begin it with https://, or leave it empty
    issues/2026-11-25-midweek/issue.toml:13: news 1: `topics` must be a list of strings, found "GPT"
      help: write it as ["one", "two"]
    issues/2026-11-25-midweek/issue.toml:14: news 1: `pinned` must be true or false, found "yes"
      help: write it without quotes
    issues/2026-11-25-midweek/issue.toml:17: news 2: `id` "a" appears twice
      help: delete one of the two entries
    issues/2026-11-25-midweek/issue.toml:25: guides 1: `level` must be beginner, intermediate or advanced, found "expert"
      help: write one of the three
    "###);
}

#[test]
fn a_date_is_one_that_can_be_written_again() {
    for date in ["\"-2026-11-25\"", "\"+12026-11-25\"", "\"2026-11-25T00:00:00Z\"", "2026-11-25T00:00:00Z"] {
        let refused = parse(Path::new("issue.toml"), &format!("edition = \"midweek\"\ndate = {date}\n")).unwrap_err();
        assert!(refused.to_string().contains("a date such as 2026-11-25"), "{refused}");
    }
    for name in ["-026-11-22-sunday", "+026-11-22-sunday", "2026-11-2-sunday"] {
        assert!(name.parse::<IssueName>().is_err(), "{name}");
    }
}

#[test]
fn broken_toml_names_its_line() {
    let wrong = parse(Path::new("issue.toml"), "edition = \"x\"\nsubject = \"open\nintro = 1\n").unwrap_err();
    insta::assert_snapshot!(wrong.to_string(), @r###"
    issue.toml:2: this is not TOML: invalid basic string, expected `"`
      help: often a quote is not closed, or a comma or `=` is missing on this line or the one before
    "###);
}

#[test]
fn a_draft_written_by_hand_may_leave_things_out() {
    let text = "edition = \"midweek\"\ndate = 2026-11-25\nnews = [{ id = \"a\", title = \"t\", source = \"s\", published = 2026-11-24 }]\n[window]\nfrom = 2026-11-22T07:00:00Z\nto = 2026-11-25T07:00:00+01:00\nseen = 2026-11-24T18:00:00Z\n";
    let draft = parse(Path::new("issue.toml"), text).unwrap();
    assert_eq!((draft.news.len(), draft.news[0].score, draft.subject.as_str()), (1, None, ""));
    assert_eq!(draft.window.unwrap().to, "2026-11-25T06:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
}

#[test]
fn issues_are_listed_by_date_and_found_by_name_path_or_as_the_newest() {
    let workspace = Workspace::new();
    assert_eq!(list(&workspace.dir().join("none")), Ok(Vec::new()));
    let none = find(workspace.dir(), None).unwrap_err();
    assert_eq!(none.message, "there is no issue yet");
    for name in ["2026-11-25-midweek", "2026-11-22-sunday", "2026-12-02-midweek"] {
        std::fs::create_dir(workspace.dir().join(name)).unwrap();
        if !name.starts_with("2026-12") {
            std::fs::write(workspace.dir().join(name).join("issue.toml"), "").unwrap();
        }
    }
    let names: Vec<String> = list(workspace.dir()).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["2026-11-22-sunday", "2026-11-25-midweek"]);
    for (given, found) in [
        (None, "2026-11-25-midweek"),
        (Some("2026-11-22-sunday"), "2026-11-22-sunday"),
        (Some("issues/2026-11-22-sunday/"), "2026-11-22-sunday"),
        (Some("./issues/2026-11-22-sunday/issue.toml"), "2026-11-22-sunday"),
    ] {
        assert_eq!(find(workspace.dir(), given).unwrap().to_string(), found, "{given:?}");
    }
    let wrong = find(workspace.dir(), Some("2026-11-25-midwek")).unwrap_err();
    assert!(wrong.help.unwrap().contains("the nearest are 2026-11-25-midweek, 2026-11-22-sunday"));
    assert!(find(workspace.dir(), Some("2026-12-02-midweek")).is_err());
}
