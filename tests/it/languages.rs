//! A publication in another language: mail, letters, pages and report use it, and `check` reports what a language lacks.

use crate::house::{ISSUE, NOW, Test};
use crate::pages::{SUNDAY, Serve, letters, publication, sunday};

/// Five stories in German, from yesterday and three days ago.
const NEWS: &str = r#"{"title": "Das neue Werk läuft an", "source": "Stadtblatt", "published": "2026-11-24", "score": 9.0, "url": "https://blatt.example/werk", "summary": "Nach zwei Jahren Bau.", "topics": ["Industrie"]}
{"title": "Ein Fluss wird flacher", "source": "Landfunk", "published": "2026-11-22", "score": 8.5, "url": "https://funk.example/fluss", "summary": "Der Pegel fällt weiter.", "topics": ["Natur"]}
{"title": "Bücherei öffnet sonntags", "source": "Stadtblatt", "published": "2026-11-24", "score": 8.0, "url": "https://blatt.example/buch", "summary": "Zunächst auf Probe.", "topics": ["Kultur"]}
{"title": "Neue Linie nach Norden", "source": "Bahnpost", "published": "2026-11-25", "score": 7.5, "url": "https://bahn.example/linie", "summary": "Stündlich ab Mai.", "topics": ["Verkehr"]}
{"title": "Obsternte fällt mager aus", "source": "Hofbote", "published": "2026-11-24", "score": 7.0, "url": "https://hof.example/obst", "summary": "Der Frost kam spät.", "topics": ["Natur"]}
"#;

fn in_language(tag: &str) -> Test {
    let config = format!(
        "[publication]\nlanguage = \"{tag}\"\n[editions.midweek]\nnews = 5\nnext_date = true\nreply = true\nforward = true\n"
    );
    let test = Test::new().news(NEWS).config(&config);
    test.run("compose midweek").success();
    test
}

/// The rendered parts: HTML and text.
fn rendered(test: &Test) -> [String; 2] {
    test.run("render").success();
    ["html", "txt"].map(|ending| test.read(&format!("issues/{ISSUE}/issue.{ending}")))
}

#[test]
fn a_german_mail_has_german_days_ages_and_counts() {
    let test = in_language("de");
    let [html, text] = rendered(&test);
    assert!(html.contains("lang=\"de\""), "{html}");
    for words in
        ["Mittwoch, 25. November 2026", "gestern", "vor 3 Tagen", "4 Meldungen, 1 Min.", "Im Web lesen", "Abmelden"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    for words in ["Wednesday", "November 2026, ", "yesterday", "days ago", "stories", "Read on the web", "Unsubscribe"]
    {
        assert!(!text.contains(words) && !html.contains(words), "{words}: {text}");
    }
    let check = test.run("check --format json").code_in(&[0, 1]).json();
    let codes: Vec<&str> = check["findings"].as_array().unwrap().iter().filter_map(|f| f["code"].as_str()).collect();
    assert!(!codes.iter().any(|code| code.starts_with("words")), "{codes:?}");
}

#[test]
fn a_german_report_is_german_and_its_json_stays_as_it_is() {
    let test = Test::new().sample().config("[publication]\nlanguage = \"de\"\n").subscribers(3).approved();
    test.run(&format!("send {ISSUE} --yes")).success();
    let page = test.run(&format!("report {ISSUE} --out -")).success().stdout;
    for words in ["<html lang=\"de\"", "Was zu tun ist", "Nichts zu tun.", "vom Mailserver angenommen", "100,0 %"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Nothing to do") && !page.contains("accepted by the relay"), "{page}");
    let figures = test.run(&format!("report {ISSUE} --format json")).success().json();
    assert_eq!(figures["states"][0]["reason"], "accepted by the relay", "{figures}");
    assert!(figures["proposal"][0].as_str().unwrap().starts_with("kept "), "{figures}");
}

#[test]
fn an_edition_and_a_draft_may_have_a_language_of_their_own() {
    let test = in_language("en").config("[editions.midweek]\nlanguage = \"de\"\n");
    let [html, text] = rendered(&test);
    assert!(html.contains("lang=\"de\"") && text.contains("Mittwoch, 25. November 2026"), "{text}");
    test.edit(|draft| draft["language"] = toml_edit::value("en"));
    let [html, text] = rendered(&test);
    assert!(html.contains("lang=\"en\"") && text.contains("Wednesday 25 November 2026"), "{text}");
    // The letters stay in the publication's language.
    let test = in_language("de").config("[editions.midweek]\nlanguage = \"en-US\"\n");
    let [_, text] = rendered(&test);
    assert!(text.contains("Wednesday, November 25, 2026") && text.contains("Read on the web"), "{text}");
}

#[test]
fn a_line_of_ones_own_is_laid_over_the_shipped_ones_and_mistakes_are_told() {
    let test = in_language("de");
    test.write(
        "templates/words/de.toml",
        "[issue]\nlead = \"Zuerst\"\nwbe = \"Im Netz\"\nread_at = \"Bei {quelle}\"\n",
    );
    let [_, text] = rendered(&test);
    assert!(text.contains("Im Web lesen"), "the shipped lines are still there: {text}");
    let told = test.run("check").code(1);
    told.stdout_has("words-unknown").stdout_has("templates/words/de.toml:3: nothing reads the line `issue.wbe`");
    let told = test.run("check").code(1);
    told.stdout_has("words-placeholder").stdout_has("templates/words/de.toml:4: `issue.read_at` has {quelle}");
    let report = test.run("check --format json").code_in(&[0, 1]).json();
    let misspelt =
        report["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "words-unknown").unwrap();
    assert_eq!((&misspelt["file"], &misspelt["line"]), (&"templates/words/de.toml".into(), &3.into()), "{misspelt}");
    let sarif = test.run("check --format sarif").code_in(&[0, 1]).stdout;
    assert!(sarif.contains("\"uri\": \"templates/words/de.toml\""), "{sarif}");
    test.run("doctor").code_in(&[0, 1]).stdout_has("nothing reads the line `issue.wbe`");
}

#[test]
fn a_language_without_words_is_told() {
    let test = in_language("nl");
    let [html, text] = rendered(&test);
    assert!(html.contains("lang=\"nl\"") && text.contains("Wednesday 25 November 2026"), "{text}");
    test.run("check").code_in(&[0, 1]).stdout_has("there are no words for the language `nl`");
    test.run("check --explain words-missing").success().stdout_has("templates/words/LANG.toml");
}

#[test]
fn an_example_makes_a_mail_in_its_language() {
    let arabic = include_str!("../../examples/words/ar.toml");
    let test = in_language("ar").file("templates/words/ar.toml", arabic);
    let [html, text] = rendered(&test);
    assert!(html.contains("lang=\"ar\" dir=\"rtl\""), "{html}");
    for words in
        ["الأربعاء، 25 نوفمبر 2026", "أمس", "قبل 3 أيام", "4 أخبار", "\u{2068}Landfunk\u{2069}، الأحد، 22 نوفمبر، قبل"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Names in the other direction are isolated in an Arabic sentence.
    assert!(text.contains("\u{2068}Midweek\u{2069}"), "{text}");
    let codes = test.run("check --format json").code_in(&[0, 1]).json()["findings"].to_string();
    assert!(!codes.contains("words-"), "{codes}");
}

#[test]
fn what_is_no_language_is_refused_with_its_line() {
    let test = Test::new().config("[publication]\nlanguage = \"german please\"\n");
    test.run("config").code(1).stderr_has("`publication.language` must be a language tag, found `german please`");
}

#[test]
fn words_in_the_old_place_are_not_passed_over() {
    let test = in_language("de").file("templates/page/texts.toml", "[home]\ntitle = \"x\"\n");
    test.run("render").code(1).stderr_has("no longer in texts.toml").stderr_has("templates/words/en.toml");
}

#[test]
fn pages_and_letters_speak_the_publications_language() {
    let test = publication().config("[publication]\nlanguage = \"de\"\n[delivery]\ntransport = \"file\"\n");
    let serve = Serve::start_at(&test, NOW);
    let home = serve.get("/").body;
    assert!(home.contains("<html lang=\"de\" dir=\"ltr\">") && home.contains("Ihre E-Mail-Adresse"), "{home}");
    assert!(!home.contains("Sign up") && !home.contains("Your email"), "{home}");
    assert_eq!(serve.post("/subscribe", "email=ann%40inbox.example").status, 200);
    let letter = &letters(&test, 1)[0];
    assert!(letter.subject().starts_with("Bestätigen Sie Ihre Anmeldung"), "{}", letter.subject());
    assert!(
        letter.html().contains("lang=\"de\"") && letter.text().contains("Anmeldung bestätigen:"),
        "{}",
        letter.text()
    );
}

#[test]
fn the_lines_of_an_article_are_in_its_own_language() {
    let test = publication().config("[editions.midweek]\nlanguage = \"de\"\n").subscribers(1).approved();
    test.run(&format!("send {ISSUE} --yes")).success();
    let serve = Serve::start_at(&test, NOW);
    let page = serve.get(&format!("/archive/{ISSUE}")).body;
    let (_, article) = page.split_once("<article lang=\"de\"").expect("an article");
    assert!(
        article.contains("<time datetime=\"2026-11-25\">25. November 2026</time>") && article.contains(" Min."),
        "{page}"
    );
    let list = serve.get("/archive").body;
    assert!(list.contains("25 November 2026") && !list.contains("25. November"), "the publication's language: {list}");
}

/// An English publication whose midweek edition is in Arabic, with a poll.
fn with_arabic_edition() -> Test {
    publication().file("templates/words/ar.toml", include_str!("../../examples/words/ar.toml")).config(
        "[editions.midweek]\nlanguage = \"ar\"\npoll = \"هل كان مفيدًا؟\"\npoll_answers = [\"نعم\", \"لا\"]\n\
         [delivery]\ntransport = \"file\"\n",
    )
}

#[test]
fn an_issue_in_another_language_says_so_in_every_list_and_in_the_feed() {
    let test = with_arabic_edition().subscribers(1).approved();
    test.run(&format!("send {ISSUE} --yes")).success();
    sunday(&test);
    let serve = Serve::start_at(&test, "2026-11-29T06:00:00Z");
    let link = format!("href=\"/archive/{ISSUE}\" lang=\"ar\" dir=\"auto\"");
    for list in ["/", "/archive"] {
        let page = serve.get(list).body;
        assert!(page.contains("<html lang=\"en\"") && page.contains(&link), "{list}: {page}");
        assert!(page.contains("<p lang=\"ar\" dir=\"auto\">"), "{list}: {page}");
    }
    test.run(&format!("send {SUNDAY} --yes")).success();
    let home = serve.get("/").body;
    assert!(home.contains(&format!("href=\"/archive/{SUNDAY}\" lang=\"en\"")) && !home.contains(&link), "{home}");
    let page = serve.get(&format!("/archive/{SUNDAY}")).body;
    assert!(page.contains("<bdi lang=\"ar\" dir=\"auto\">") && page.contains("<article lang=\"en\""), "{page}");
    let feed = serve.get("/feed.xml").body;
    for part in
        ["<title xml:lang=\"ar\">", "<content xml:lang=\"ar\" type=\"html\">", "&lt;div lang=\"ar\" dir=\"rtl\"&gt;"]
    {
        assert!(feed.replace("&quot;", "\"").contains(part), "{part}: {feed}");
    }
}

#[test]
fn a_poll_goes_on_in_the_language_of_its_issue() {
    let test = with_arabic_edition().subscribers(1).approved();
    test.run(&format!("send {ISSUE} --yes")).success();
    let serve = Serve::start(&test);
    let path = format!("/poll/{ISSUE}/1");
    for page in [serve.get(&path).body, serve.post(&path, "").body] {
        assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">"), "{page}");
        assert!(!page.contains("Past issues") && !page.contains("counted"), "{page}");
    }
    assert!(serve.get("/").body.contains("<b lang=\"ar\" dir=\"auto\">Midweek</b>"), "so does the edition in the form");
    assert!(serve.get(&format!("/poll/{ISSUE}/9")).body.contains("<html lang=\"en\""), "that is no page of the issue");
}

#[test]
fn a_form_for_another_site_is_in_the_language_of_its_editions() {
    let test = with_arabic_edition();
    let form = |of: &str| test.run(&format!("pages form{of}")).success().stdout;
    let arabic = form(" --edition midweek");
    assert!(arabic.contains("lang=\"ar\" dir=\"rtl\">") && arabic.contains("بريدك"), "{arabic}");
    for english in [form(" --edition sunday"), form("")] {
        assert!(english.contains("lang=\"en\" dir=\"ltr\">") && english.contains("Your email"), "{english}");
    }
    for form in [arabic, form("")] {
        assert!(form.contains("<span hidden>") && !form.contains("style="), "a strict page hides it as well: {form}");
        assert!(form.contains("type=\"email\" dir=\"ltr\""), "an address runs from left to right: {form}");
    }
}

#[test]
fn a_feed_without_issues_is_as_old_as_the_settings() {
    let feed = Serve::start_at(&publication(), NOW).get("/feed.xml").body;
    assert!(!feed.contains("1970-") && feed.contains(&format!("<updated>{}", &NOW[..10])), "{feed}");
}

#[test]
fn a_misnamed_file_of_words_is_told_and_one_that_a_draft_reads_is_not() {
    let words = "[issue]\nweb = \"Lees op het web\"\n";
    let test = in_language("de").file("templates/words/deu.toml", words);
    for command in ["check", "doctor"] {
        let told = test.run(command).code_in(&[0, 1]);
        told.stdout_has("templates/words/deu.toml: nothing reads this file").stdout_has("did you mean `de.toml`?");
    }
    let test = in_language("de").file("templates/words/nl.toml", words);
    test.edit(|draft| draft["language"] = toml_edit::value("nl"));
    for command in ["check", "doctor"] {
        let told = test.run(command).code_in(&[0, 1]).stdout;
        assert!(!told.contains("nothing reads"), "{command}: {told}");
    }
}

#[test]
fn all_lines_that_a_language_lacks_can_be_seen() {
    let test = in_language("nl").file("templates/words/nl.toml", "[issue]\nweb = \"Lees op het web\"\n");
    let lacks = "  page.home.title\n";
    let told = test.run("check").code_in(&[0, 1]).stdout;
    assert!(told.contains("`digest check -v` names them all") && !told.contains(lacks), "{told}");
    test.run("check -v").code_in(&[0, 1]).stdout_has(lacks);
    let report = test.run("check --format json").code_in(&[0, 1]).json();
    let findings = report["findings"].as_array().unwrap();
    let missing = findings.iter().find(|finding| finding["code"] == "words-missing").unwrap();
    let names = missing["names"].as_array().unwrap();
    assert!(names.len() > 400 && names.contains(&"page.home.title".into()), "{missing}");
}
