//! Table tests of the preview's pure parts: what a rewrite changes, and what it must leave alone.

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::markup::{Span, attributes, name, spans};
use super::{Block, Finding, Proof, View, clip, inbox, invert, scheme, state};

#[test]
fn a_page_is_cut_into_tags_sheets_and_the_rest() {
    use Span::{Other, Style, Tag};
    let cases: &[(&str, &[Span])] = &[
        ("", &[]),
        ("a < b & <b>c</b>", &[Other("a < b & "), Tag("<b>"), Other("c"), Tag("</b>")]),
        ("<!doctype html><!-- <p> --><p>", &[Other("<!doctype html>"), Other("<!-- <p> -->"), Tag("<p>")]),
        ("<a title='>'>x", &[Tag("<a title='>'>"), Other("x")]),
        ("<STYLE>a>b{}</Style >", &[Tag("<STYLE>"), Style("a>b{}"), Tag("</Style >")]),
        ("<style></style>", &[Tag("<style>"), Tag("</style>")]),
        ("<style>never closed", &[Tag("<style>"), Style("never closed")]),
        ("<p title=\"never closed", &[Tag("<p title=\"never closed")]),
        ("<!-- never closed", &[Other("<!-- never closed")]),
        ("<", &[Other("<")]),
    ];
    for (html, expected) in cases {
        assert_eq!(spans(html).collect::<Vec<_>>(), *expected, "{html}");
    }
}

#[test]
fn attributes_are_found_however_they_are_written() {
    let tag = "<img alt src = a.png  title='x \"y\"' style=\"color:red\" =odd/>";
    let found: Vec<(&str, &str)> = attributes(tag).into_iter().map(|(name, at)| (name, &tag[at])).collect();
    assert_eq!(found, [("src", "a.png"), ("title", "x \"y\""), ("style", "color:red")]);
    assert_eq!(name("</P >"), "/P");
}

/// The page without the rule that `scheme::force` adds to its head.
fn forced(html: &str, dark: bool) -> String {
    let mode = if dark { "dark" } else { "light" };
    let rule = format!("<style>:root{{color-scheme:only {mode}!important}}</style>");
    let page = scheme::force(html, dark);
    assert_eq!(page.matches(&rule).count(), 1, "{page}");
    page.replacen(&rule, "", 1)
}

#[test]
fn dark_and_light_are_decided_in_style_sheets_and_media_attributes_only() {
    let (yes, no) = ("(min-width:0)", "(max-width:0)");
    let cases = [
        ("<style>@media (prefers-color-scheme: dark) {a{}}</style>", "<style>@media D {a{}}</style>"),
        ("<style>@media(PREFERS-COLOR-SCHEME:DARK){a{}}</style>", "<style>@mediaD{a{}}</style>"),
        ("<style>@media screen and ( prefers-color-scheme : light )", "<style>@media screen and L"),
        ("<style>@media not (prefers-color-scheme: dark) {}", "<style>@media not D {}"),
        ("<style>@media (prefers-color-scheme) {}", "<style>@media (min-width:0) {}"),
        ("<style>@media (prefers-color-scheme: no-preference) {}", "<style>@media (max-width:0) {}"),
        ("<style>/* prefers-color-scheme */ a{}</style>", "<style>/* prefers-color-scheme */ a{}</style>"),
        ("<style media='(prefers-color-scheme: dark)'>a{}</style>", "<style media='D'>a{}</style>"),
        // A story that mentions it is not a media query.
        ("<p>(prefers-color-scheme: dark)</p>", "<p>(prefers-color-scheme: dark)</p>"),
        ("<a title=\"(prefers-color-scheme: dark)\">", "<a title=\"(prefers-color-scheme: dark)\">"),
        ("<!-- (prefers-color-scheme: dark) -->", "<!-- (prefers-color-scheme: dark) -->"),
    ];
    for (html, expected) in cases {
        assert_eq!(forced(html, true), expected.replace('D', yes).replace('L', no), "dark: {html}");
        assert_eq!(forced(html, false), expected.replace('D', no).replace('L', yes), "light: {html}");
    }
}

#[test]
fn the_forced_mode_stands_at_the_end_of_the_head() {
    let page = scheme::force("<html><head><style>a{}</style></head><body></body></html>", true);
    let rule = "<style>:root{color-scheme:only dark!important}</style></head>";
    assert!(page.contains(rule), "{page}");
}

/// The page without the rule that `invert::invert` adds.
fn inverted(html: &str) -> String {
    invert::invert(html).replacen("<style>:root{background-color:#333333;color:#ffffff}</style>", "", 1)
}

#[test]
fn inversion_mirrors_colours_where_they_are_colours() {
    // White becomes #333333 and black becomes white: L* 21.25 is that of #333333.
    let cases = [
        ("<td style=\"background:#ffffff;color:#000\">", "<td style=\"background:#333333;color:#ffffff\">"),
        ("<td bgcolor=\"white\">", "<td bgcolor=\"#333333\">"),
        ("<font color=BLACK>", "<font color=#ffffff>"),
        ("<td style='border:1px solid rgb(255, 255, 255)'>", "<td style='border:1px solid #333333'>"),
        ("<td style='color:rgba(0,0,0,.5)'>", "<td style='color:rgba(255,255,255,.5)'>"),
        ("<td style='color:#00000080'>", "<td style='color:rgba(255,255,255,0.502)'>"),
        (
            "<style>#fff a:hover{color:#000}@media (x){b{color:#000;width:10px}}</style>",
            "<style>#fff a:hover{color:#ffffff}@media (x){b{color:#ffffff;width:10px}}</style>",
        ),
        ("<td style=\"background:url(a;#fff.png) #fff\">", "<td style=\"background:url(a;#fff.png) #333333\">"),
    ];
    for (html, expected) in cases {
        assert_eq!(inverted(html), expected, "{html}");
    }
    for same in [
        "<p>#fff and black</p>",
        "<a href='#fff' title='color:#fff'>",
        "<td style=\"font-family:Silver, 'white'\">",
        "<td style='color-scheme:light dark'>",
        "<td style='color:inherit;background:none'>",
        "<td style='color:#ab;background:#12345'>",
        "</td style='color:#fff'>",
        "<!-- color:#fff -->",
    ] {
        assert_eq!(inverted(same), same);
    }
}

#[test]
fn inversion_keeps_hue_and_turns_light_into_dark() {
    let read = |page: &str| u32::from_str_radix(&page[page.len() - 8..page.len() - 2], 16).unwrap();
    // A pale teal becomes a dark one: green and blue stay above red.
    let [_, red, green, blue] = read(&inverted("<td bgcolor=\"#d0f0ec\">")).to_be_bytes();
    assert!(red < green && red < blue && green < 0x70, "{red} {green} {blue}");
    // A dark plum becomes a light one: red and blue stay above green.
    let [_, red, green, blue] = read(&inverted("<td bgcolor=\"#7a2e5d\">")).to_be_bytes();
    assert!(green < red && green < blue && red > 0x90, "{red} {green} {blue}");
}

#[test]
fn inbox_rows_are_cut_where_clients_cut_them() {
    let subject = "A subject that goes on and on until the last of the lists has had enough of it";
    let rows = inbox::rows("\"Call Me Almanac\" <news@example.org>", subject, &"word ".repeat(60), "");
    let shown: Vec<(&str, &str)> = rows.iter().map(|row| (row.client, row.subject.shown.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("Gmail in a browser", "A subject that goes on and on until the last of the lists has had eno…"),
            ("Gmail's app", "A subject that goes on and on until…"),
            ("Apple Mail on a phone", "A subject that goes on and on until the last of…"),
        ]
    );
    for row in &rows {
        assert_eq!(row.sender.shown, "Call Me Almanac");
        let whole = row.subject.shown.trim_end_matches('…').trim_end().to_owned();
        assert!(subject.starts_with(&whole) && subject.ends_with(&row.subject.lost), "{row:?}");
    }
    // Gmail's line is shared: a short subject leaves more for the preheader.
    let short = inbox::rows("a@example.org", "Short", &"word ".repeat(60), "");
    assert!(short[0].preheader.shown.width() > rows[0].preheader.shown.width());
    assert_eq!(short[0].sender.shown, "a@example.org");
    assert_eq!(inbox::rows("x", "y", " ", "First\n  words")[0].preheader.shown, "First words");
}

#[test]
fn wide_letters_and_joined_emoji_are_cut_whole() {
    let family = "👩\u{200d}👩\u{200d}👧\u{200d}👦";
    let rows = inbox::rows("x", &family.repeat(60), "", "");
    for row in rows {
        let shown = row.subject.shown.trim_end_matches('…');
        assert_eq!(shown.replace(family, ""), "", "{}: a family was parted", row.client);
        assert!(!shown.is_empty());
    }
    let rows = inbox::rows("x", &"e\u{301}".repeat(60), &"語".repeat(300), "");
    assert!(rows[1].subject.shown.ends_with("e\u{301}…") && rows[1].subject.shown.width() <= 37);
    assert!(rows[2].preheader.shown.width() <= 99, "{}", rows[2].preheader.shown.width());
    let rows = inbox::rows("x", "a\u{202e}b\r\nBcc: c", "", "");
    assert_eq!(rows[0].subject.shown, "a b Bcc: c");
}

#[test]
fn the_clip_mark_stands_after_the_last_block_that_is_shown() {
    let html = "<td><p>one</p><p>two</p></td><td><p>three</p></td>";
    let cases = [
        (html.len(), None),
        (html.len() - 1, Some(html.len() - 5)),
        (30, Some("<td><p>one</p><p>two</p>".len())),
        (15, Some("<td><p>one</p>".len())),
        (3, Some(0)),
        (7, Some(0)),
    ];
    for (limit, expected) in cases {
        assert_eq!(clip::place(html, limit), expected, "{limit}");
    }
    // A page of long words ends in the middle of them: after a blank, and never within a character.
    let long = "<p>one two é&nbsp;x three</p>";
    let end_of = |words: &str| long.find(words).map(|at| at + words.len());
    for (limit, words) in [(8, "one "), (12, "two "), (13, "two "), (20, "two "), (22, "&nbsp;x ")] {
        assert_eq!(clip::place(long, limit), end_of(words), "{limit}");
    }
    let mark = "<span id=\"digest-clip\"></span>";
    assert_eq!(clip::mark(html, 15), html.replacen("</p>", &format!("</p>{mark}"), 1));
    assert_eq!(clip::mark(html, 3), html, "before the page there is no place for a mark");
    // The end of a block inside a comment or a style sheet does not count.
    assert_eq!(clip::place("<p>a</p><!-- </p> --><style></p></style><b>c</b>", 30), Some(8));
}

fn finding(place: &str) -> Finding {
    Finding {
        severity: "warning",
        code: "a-code",
        message: "told".into(),
        help: "mend it".into(),
        place: place.into(),
        line: Some(7),
        waived: None,
        mends: Vec::new(),
    }
}

fn block(name: &str) -> Block {
    Block { name: name.into(), bytes: 10, begins: String::new() }
}

#[test]
fn a_finding_stands_beside_its_block() {
    let blocks = ["masthead", "intro", "news[1] \"A, b\"", "news[10] \"A\"", "guides[1] \"G\""].map(block);
    let cases = [
        ("intro", Some(1)),
        ("news[1] \"A, b\", url", Some(2)),
        ("news[10] \"A\"", Some(3)),
        ("news[10]", Some(3)),
        ("guides[1] \"G\", tldr", Some(4)),
        ("news[2] \"banned\", url", None),
        ("subject", None),
        ("html", None),
    ];
    for (place, expected) in cases {
        let findings = [finding(place)];
        let (places, elsewhere) = state::beside(&blocks, &findings);
        let told = serde_json::to_value(&places).unwrap();
        let beside = (0..blocks.len()).find(|n| told[n]["findings"][0]["place"] == place);
        assert_eq!(beside, expected, "{place}");
        assert_eq!(elsewhere.is_empty(), expected.is_some(), "{place}");
    }
}

#[test]
fn the_state_tells_of_all_but_the_bodies() {
    let proof = Proof { html: "<p>secret body</p>".into(), html_bytes: 18, ..Proof::default() };
    let view = View { version: 3, proof: Some(proof.clone()), ..View::default() };
    let told = state::json(&view);
    assert!(!told.to_string().contains("secret body"), "{told}");
    assert_eq!((&told["version"], &told["proof"]["html_bytes"]), (&3.into(), &18.into()));
    assert_eq!(told["proof"]["clip"]["at"], serde_json::Value::Null);
    // The stamp depends on what is shown, not on the version.
    let later = View { version: 4, ..view.clone() };
    assert_eq!(state::json(&later)["proof"]["stamp"], told["proof"]["stamp"]);
    let other = Proof { text: "x".into(), ..proof };
    assert_ne!(state::json(&View { proof: Some(other), ..view })["proof"]["stamp"], told["proof"]["stamp"]);
    assert_eq!(state::json(&View::default())["proof"], serde_json::Value::Null);
}

/// Pages of the segments that trip a scanner.
fn page() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec![
        "<",
        ">",
        "\"",
        "'",
        "<p ",
        "style=",
        "media=",
        "<style>",
        "</style",
        "<!--",
        "-->",
        "=",
        "/",
        "{",
        "}",
        ";",
        ":",
        "color",
        "#fff",
        "rgb(",
        "(",
        ")",
        "prefers-color-scheme",
        "dark",
        "é",
        "語",
        "\u{202e}",
        " ",
        "url(",
        "black",
        "</p>",
        "\0",
        "%",
    ]);
    prop::collection::vec(segment, 0..60).prop_map(|segments| segments.concat())
}

/// Found by the property below: a run of `<` is text, and the letter after it may have more than one byte.
#[test]
fn an_angle_that_begins_no_tag_is_text() {
    for html in ["<<(é", "<<é style=x>", "< p>", "<", "a<é", "<1>"] {
        assert!(spans(html).all(|span| matches!(span, Span::Other(_))), "{html}");
        assert!(scheme::force(html, true).ends_with(html), "{html}");
        assert!(invert::invert(html).contains(html), "{html}");
    }
}

proptest! {
    #[test]
    fn the_pieces_of_a_page_are_the_page(html in page()) {
        let whole: String = spans(&html).map(Span::text).collect();
        prop_assert_eq!(whole, html);
    }

    #[test]
    fn no_page_trips_a_rewriting(html in page(), limit in 0_usize..200) {
        scheme::force(&html, true);
        invert::invert(&html);
        let marked = clip::mark(&html, limit);
        prop_assert_eq!(marked.replacen("<span id=\"digest-clip\"></span>", "", 1), html);
    }

    #[test]
    fn no_row_is_wider_than_its_list(subject in ".{0,200}", preheader in ".{0,300}") {
        let widths = [(70, 140), (37, 37), (48, 99)];
        for (row, (subject_width, preheader_width)) in inbox::rows("x", &subject, &preheader, "").iter().zip(widths) {
            prop_assert!(row.subject.shown.width() <= subject_width, "{:?}", row.subject);
            prop_assert!(row.preheader.shown.width() <= preheader_width, "{:?}", row.preheader);
        }
    }
}
