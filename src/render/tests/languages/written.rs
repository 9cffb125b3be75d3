//! Numbers, punctuation, sentences and direction in each language.

use super::*;

#[test]
fn a_score_and_an_issues_number_are_written_as_the_language_does() {
    let publication = publication_in("de");
    let edition = edition_of("sunday");
    let setting = Setting { publication: &publication, ..sample::setting(&edition) };
    let mut draft = draft();
    draft.news[0].score = Some(7.5);
    draft.issue_number = Some(1_234);
    let rendered = render(&draft, &setting, &Templates::builtin()).expect("a mail");
    let parts = [rendered.fill(Part::Html, &Nobody), rendered.fill(Part::Text, &Nobody)];
    for part in &parts {
        assert!(part.contains("7,5/10") && !part.contains("7.5/10") && part.contains("Nr. 1234"), "{part}");
    }
    assert!(rendered.article.expect("an article").html.contains("7,5/10"));
}

#[test]
fn punctuation_is_that_of_the_language() {
    let languages: BTreeMap<&str, Templates> = languages().into_iter().collect();
    for (tag, lines) in [
        ("de", ["Im Web lesen:\n", "Niveau: ", "Anmerkung der Redaktion: ", "Darüber berichten auch:\n"]),
        (
            "fr",
            [
                "Lire en ligne\u{a0}:\n",
                "Niveau\u{a0}: ",
                "Note de la rédaction\u{a0}: ",
                "Également traité par\u{a0}:\n",
            ],
        ),
        ("ja", ["ウェブで読む:\n", "レベル: ", "編集部より: ", "ほかの報道:\n"]),
    ] {
        let all = everything(tag, &languages[tag]);
        for line in lines {
            assert!(all["midweek in text"].contains(line), "{tag}: {line}: {}", all["midweek in text"]);
        }
        let colon = lines[0].trim_start_matches(|c: char| c != ':' && c != '\u{a0}');
        assert!(
            all["letter confirm in text"].contains(&format!("{colon}https://")),
            "{}",
            all["letter confirm in text"]
        );
    }
    let fr = everything("fr", &languages["fr"]);
    assert!(fr["page issue"].contains("</time></b>&#160;: "), "{}", fr["page issue"]);
}

#[test]
fn what_to_do_is_told_in_sentences() {
    let own =
        |tag| languages().into_iter().find(|(own, _)| *own == tag).map_or_else(Templates::builtin, |(_, own)| own);
    for tag in ["en", "de", "fr", "es"] {
        let language = own(tag).language(tag).expect(tag);
        for (name, line) in language.below("report.advice").filter(|(name, _)| name.ends_with("_help")) {
            let small = |text: &&str| text.chars().next().is_some_and(char::is_lowercase);
            assert_eq!(line.texts().into_iter().find(small), None, "{tag}: {name}");
        }
    }
    let german = Templates::builtin().language("de").expect("German");
    let reasons = german.below("report.advice").filter(|(_, line)| line.texts()[0].starts_with("weil "));
    let told = german.count("report.advice.refused", 4);
    for (_, why) in reasons {
        assert!(told.replace("{why}", why.texts()[0]).contains("4 abgelehnt, weil "), "{told}");
    }
}

#[test]
fn a_name_that_begins_a_line_does_not_turn_it_around() {
    let text = everything("ar", &with_words("ar", EXAMPLES[0].1)).remove("midweek in text").expect("a mail");
    let isolated = "9/10، \u{2068}жжжж жж\u{2069}، الثلاثاء، 23 يوليو، قبل 8 أيام\n";
    assert!(text.contains(isolated), "{text}");
    assert!(!everything("de", &Templates::builtin())["midweek in text"].contains('\u{2068}'));
}
