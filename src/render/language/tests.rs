use std::path::Path;

use super::super::Templates;
use super::*;

fn with(file: &str, text: &str) -> Templates {
    Templates::builtin().with(&format!("words/{file}.toml"), Path::new("own.toml"), text.to_owned())
}

#[test]
fn names_are_filled_in_once_and_nothing_else_is_touched() {
    for (text, filled) in [
        ("Read at {source}", "Read at {n}"),
        ("{source}{n}", "{n}7"),
        ("{other} {", "{other} {"),
        ("{{source}}", "{{n}}"),
        ("", ""),
    ] {
        assert_eq!(fill(text, &[("source", "{n}"), ("n", "7")], "ltr"), filled, "{text}");
    }
}

#[test]
fn words_that_run_the_other_way_are_isolated() {
    let site = [("site", "paper.example")];
    assert_eq!(fill("at {site}.", &site, "ltr"), "at paper.example.");
    assert_eq!(fill("في {site}.", &site, "rtl"), "في \u{2068}paper.example\u{2069}.");
    assert_eq!(fill("at {site}.", &[("site", "صحيفة")], "ltr"), "at \u{2068}صحيفة\u{2069}.");
    assert_eq!(fill("عدد {site}", &[("site", "12")], "rtl"), "عدد 12");
}

#[test]
fn a_publications_own_lines_stand_upon_the_built_in_ones() {
    let own = with("en", "[page.home]\ntitle = \"Join {publication}\"\n");
    let section = |templates: &Templates| templates.language("en").expect("en").section("page.home", "The Paper");
    assert_eq!(section(&own)["title"], "Join The Paper");
    assert_eq!(section(&own)["button"], section(&Templates::builtin())["button"]);
}

#[test]
fn a_language_without_words_is_english_in_words_and_days() {
    let language = Templates::builtin().language("nl").expect("a language");
    assert_eq!((language.tag.as_str(), language.say("issue.web", &[]).as_str()), ("en", "Read on the web"));
    assert_eq!(language.locale.long_day("2024-07-31".parse().expect("a day")), "Wednesday 31 July 2024");
}

#[test]
fn a_language_of_ones_own_needs_no_more_than_a_file() {
    let own = with(
        "nl",
        "[issue]\nweb = \"Lees op het web\"\nstory_count = { one = \"{n} verhaal\", other = \"{n} verhalen\" }\n",
    );
    let language = own.language("nl-BE").expect("a language");
    assert_eq!((language.tag.as_str(), language.say("issue.web", &[]).as_str()), ("nl-BE", "Lees op het web"));
    assert_eq!([1, 5].map(|n| language.count("issue.story_count", n, &[])), ["1 verhaal", "5 verhalen"]);
    assert_eq!(language.locale.long_day("2024-07-31".parse().expect("a day")), "woensdag 31 juli 2024");
    // What it lacks is English.
    assert_eq!(language.say("issue.unsubscribe", &[]), "Unsubscribe");
}

#[test]
fn a_region_writes_days_in_its_own_way() {
    let day = "2024-07-31".parse().expect("a day");
    let long = |tag: &str| Templates::builtin().language(tag).expect(tag).locale.long_day(day);
    assert_eq!(long("en"), "Wednesday 31 July 2024");
    assert_eq!(long("en-US"), "Wednesday, July 31, 2024");
    let own = with("en", "locale = \"en-GB\"\n");
    assert_eq!(own.language("en").expect("en").locale.long_day(day), "Wednesday, 31 July 2024");
}

#[test]
fn a_file_of_words_that_cannot_be_read_names_its_line() {
    for (text, line, what) in [
        ("[issue]\nweb = 3\n", 2, "`issue.web` must be a text"),
        ("[issue]\n\nweb = a\n", 3, "own.toml"),
        ("web = \"a\"\n", 1, "`web` stands in no section"),
        ("[page]\nhome = \"a\"\n", 2, "`page.home` must be a section"),
        ("locale = \"no tag\"\n", 0, "`no tag` is no language tag"),
    ] {
        let told = with("en", text).language("en").expect_err(text).to_string();
        assert!(told.contains(what) && (line == 0 || told.contains(&format!("own.toml:{line}"))), "{told}");
    }
}
