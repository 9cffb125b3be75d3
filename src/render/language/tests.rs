use std::path::Path;

use super::super::Templates;
use super::*;
use crate::model::WordsFault;

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
fn a_command_holds_nothing_but_its_own_characters() {
    let issue = [("issue", "2026-11-25-midweek"), ("name", "صحيفة")];
    for (text, dir, filled) in [
        ("run `digest resume {issue}`.", "ltr", "run `digest resume 2026-11-25-midweek`."),
        ("run `digest {name}`", "ltr", "run `digest صحيفة`"),
        ("شغل `digest resume {issue}`.", "rtl", "شغل \u{2066}`digest resume 2026-11-25-midweek`\u{2069}."),
        ("`digest` {issue} `{issue", "rtl", "\u{2066}`digest`\u{2069} \u{2068}2026-11-25-midweek\u{2069} `{issue"),
    ] {
        assert_eq!(fill(text, &issue, dir), filled, "{text}");
    }
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
    assert_eq!([1, 5].map(|n| language.count("issue.story_count", n)), ["1 verhaal", "5 verhalen"]);
    assert_eq!(language.locale.long_day("2024-07-31".parse().expect("a day")), "woensdag 31 juli 2024");
    // Missing lines fall back to English.
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

/// The mistakes in a publication's file of words: fault, line and message.
fn mistakes_in(tag: &str, text: &str) -> Vec<(WordsFault, String)> {
    let found = with(tag, text).words_mistakes(tag).expect("a file that can be read");
    found.into_iter().map(|mistake| (mistake.fault, mistake.notice.to_string())).collect()
}

#[test]
fn a_misspelt_line_of_words_is_named_with_the_nearest() {
    for (text, fault, told) in [
        (
            "[issue]\nwbe = \"Im Netz\"\n",
            WordsFault::Unknown,
            "own.toml:2: nothing reads the line `issue.wbe`\n  help: did you mean `issue.web`?",
        ),
        (
            "[page.hmoe]\ntitle = \"x\"\n",
            WordsFault::Unknown,
            "there is no section [page.hmoe]; did you mean `page.home`?",
        ),
        ("[template.sundy]\nlead = \"x\"\n", WordsFault::Unknown, "there is no section [template.sundy]"),
        (
            "[issue]\n\nread_at = \"Bei {sorce} lesen\"\n",
            WordsFault::PlaceholderUnknown,
            "own.toml:3: `issue.read_at` has {sorce}, which nothing fills in\n  help: did you mean `source`?",
        ),
        ("[issue]\nnext = \"{edition} kommt wieder.\"\n", WordsFault::PlaceholderMissing, "`issue.next` lacks {date}"),
        ("[issue]\nstory_count = \"{n} Meldungen\"\n", WordsFault::Form, "such as { one = \"…\", other = \"…\" }"),
        ("[page.asked]\nlines = \"Eine Zeile\"\n", WordsFault::Form, "`page.asked.lines` must be a list of texts"),
        ("[issue]\nweb = [\"Im Netz\"]\n", WordsFault::Form, "`issue.web` must be one text"),
        (
            "[issue]\nstory_count = { other = \"{n} Meldungen\" }\n",
            WordsFault::Plural,
            "has no text for the plural form `one`",
        ),
        (
            "[issue]\nstory_count = { one = \"{n}\", few = \"{n}\", other = \"{n}\" }\n",
            WordsFault::Plural,
            "the language has one, other only",
        ),
        (
            "[issue]\nstory_count = { one = \"{n}\", othr = \"{n}\", other = \"{n}\" }\n",
            WordsFault::Plural,
            "did you mean `other`?",
        ),
        (
            "[issue]\nstory_count = { one = \"{n} Meldung\" }\n",
            WordsFault::Form,
            "has no text for the plural form `other`\n  help: every number that has no form of its own needs it",
        ),
        (
            "[issue]\nstory_count = { one = \"{n} Meldung\", other = \"Meldungen\" }\n",
            WordsFault::PlaceholderMissing,
            "`issue.story_count` lacks {n} in the plural form `other`",
        ),
        (
            "[issue]\nnext = \"{Edition} kommt am {date}.\"\n",
            WordsFault::PlaceholderUnknown,
            "`issue.next` has {Edition}, which nothing fills in\n  help: did you mean `edition`?",
        ),
        (
            "[issue]\nnext = \"{edition} kommt am {date }.\"\n",
            WordsFault::PlaceholderUnknown,
            "`issue.next` has {date }, which nothing fills in\n  help: did you mean `date`?",
        ),
        (
            "[issue]\nnext = \"{edition} kommt am {date.\"\n",
            WordsFault::PlaceholderUnknown,
            "`issue.next` has an opening brace without a closing one: `{date`",
        ),
        (
            "[issue]\nnext = \"{edition} kommt am date}.\"\n",
            WordsFault::PlaceholderUnknown,
            "`issue.next` has a closing brace without an opening one: `}`",
        ),
        ("[issue]\nnext = \"\"\n", WordsFault::Empty, "own.toml:2: `issue.next` is empty"),
        ("[page.asked]\nlines = []\n", WordsFault::Empty, "own.toml:2: `page.asked.lines` is empty"),
        (
            "[issue]\nstory_count = { one = \" \", other = \"{n} Meldungen\" }\n",
            WordsFault::Empty,
            "`issue.story_count` has an empty text",
        ),
    ] {
        let found = mistakes_in("de", text);
        assert!(matches!(&found[..], [(only, what)] if *only == fault && what.contains(told)), "{text}: {found:?}");
    }
}

#[test]
fn words_that_are_right_are_not_told() {
    for text in [
        "locale = \"de-AT\"\n",
        "[issue]\nweb = \"Im Netz lesen, bei {publication}\"\n",
        "[issue]\nstory_count = { one = \"eine Meldung\", other = \"{n} Meldungen\" }\n",
        // A single template may override any line of the mails.
        "[template.sunday]\nin_brief = \"Und noch\"\n",
    ] {
        assert_eq!(mistakes_in("de", text), [], "{text}");
    }
    let own = with("de", "[template.my_own]\nin_brief = \"Und noch\"\n");
    let own = own.with("issue/my_own.mjml.hbs", Path::new("my_own.mjml.hbs"), "<mjml></mjml>".to_owned());
    assert_eq!(own.words_mistakes("de").expect("words"), []);
    assert_eq!(Templates::builtin().words_mistakes("de-AT").expect("words"), []);
    // A line that the publication's own template reads.
    let own = with("de", "[issue]\nmotto = \"Jeden Mittwoch\"\n");
    assert_eq!(own.words_mistakes("de").expect("words").len(), 1);
    let read = own.with("partials/intro.mjml.hbs", Path::new("own.hbs"), "<p>{{words.motto}}</p>".to_owned());
    assert_eq!(read.words_mistakes("de").expect("words"), []);
}

#[test]
fn what_a_language_lacks_is_counted() {
    let told = mistakes_in("nl", "[issue]\nweb = \"Lees op het web\"\n");
    assert!(
        matches!(&told[..], [(WordsFault::Missing, what)] if what.contains("lack `issue.about`") && what.contains("more, which are English")),
        "{told:?}"
    );
    let none = Templates::builtin().words_mistakes("nl").expect("words");
    assert!(none[0].notice.message.contains("there are no words for the language `nl`"), "{none:?}");
}

#[test]
fn the_words_of_reports_are_those_that_the_code_names() {
    let sources = [
        include_str!("../../store/report/words.rs"),
        include_str!("../../pipeline/report/advice.rs"),
        include_str!("../../pipeline/proposal.rs"),
    ];
    let named = |source: &'static str| {
        let names = source.split('"').skip(1).step_by(2);
        names.filter(|name| ["reasons.", "advice.", "proposal."].iter().any(|part| name.starts_with(part)))
    };
    let named: std::collections::BTreeSet<String> =
        sources.into_iter().flat_map(named).map(|name| format!("report.{name}")).collect();
    let english = Templates::builtin().language("en").expect("English");
    let parts = ["report.reasons", "report.advice", "report.proposal"];
    let written = parts.iter().flat_map(|part| english.below(part).map(move |(name, _)| format!("{part}.{name}")));
    assert_eq!(written.collect::<std::collections::BTreeSet<_>>(), named);
}

#[test]
fn each_form_that_counts_many_has_the_number() {
    let counts = |forms: &str| mistakes_in("ar", &format!("[issue]\nstory_count = {{ {forms} }}\n"));
    let free = "zero = \"لا\", one = \"خبر\", two = \"خبران\", few = \"{n}\", many = \"{n}\", other = \"{n}\"";
    let missing = |found: &[(WordsFault, String)]| {
        let told = found.iter().filter(|(fault, _)| *fault == WordsFault::PlaceholderMissing);
        told.map(|(_, what)| what.clone()).collect::<Vec<_>>()
    };
    assert_eq!(missing(&counts(free)), Vec::<String>::new());
    for form in ["few", "many", "other"] {
        let told = missing(&counts(&free.replace(&format!("{form} = \"{{n}}\""), &format!("{form} = \"أخبار\""))));
        assert!(
            matches!(&told[..], [one] if one.contains(&format!("lacks {{n}} in the plural form `{form}`"))),
            "{told:?}"
        );
    }
}

#[test]
fn a_number_is_never_blank() {
    let one = "story_count = { one = \"{n} bericht\" }\n";
    for (tag, section, shown) in [
        // The shipped form, in German or English; and the common one below a template's own.
        ("de", "[issue]", "5 Meldungen"),
        ("nl", "[issue]", "5 stories"),
        ("de", "[template.sunday]", "5 Meldungen"),
    ] {
        let language = with(tag, &format!("{section}\n{one}")).language(tag).expect("a language");
        let name = format!("{}.story_count", section.trim_matches(['[', ']']));
        assert_eq!(
            (language.count(&name, 1).as_str(), language.count(&name, 5).as_str()),
            ("1 bericht", shown),
            "{tag}"
        );
    }
}

#[test]
fn a_line_of_another_form_leaves_the_shipped_one() {
    let own = "[issue]\nweb = [\"Hier\"]\nstory_count = \"{n} Berichte\"\nnote = \"Von uns\"\n";
    let language = with("de", own).language("de").expect("a language");
    assert_eq!(language.say("issue.web", &[]), "Im Web lesen");
    assert_eq!(language.count("issue.story_count", 5), "5 Meldungen");
    assert_eq!(language.say("issue.note", &[]), "Von uns", "what is good beside it counts");
}

#[test]
fn a_file_that_no_language_reads_is_told_with_the_name_that_was_meant() {
    let in_use = ["de", "fr", "pt-BR"].map(str::to_owned).into();
    for (file, help) in [
        ("deu", "did you mean `de.toml`?"),
        ("DE", "did you mean `de.toml`?"),
        ("deutsch", "did you mean `de.toml`?"),
        ("francais", "did you mean `fr.toml`?"),
        ("pt_BR", "did you mean `pt-BR.toml`?"),
        ("xy", "it would be read if a `language` were `xy`; those in use are de, fr, pt-BR"),
    ] {
        let told = with(file, "").unread_words(&in_use);
        assert!(matches!(&told[..], [one] if one.fault == WordsFault::Unknown), "{file}: {told:?}");
        let told = told[0].notice.to_string();
        assert!(told.contains("own.toml: nothing reads this file") && told.contains(help), "{file}: {told}");
    }
    for file in ["de", "fr", "pt", "pt-BR", "en"] {
        assert_eq!(with(file, "").unread_words(&in_use), [], "{file}");
    }
}
