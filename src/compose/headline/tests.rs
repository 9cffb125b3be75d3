//! Subjects and preheaders by a table of headlines.

use super::*;
use crate::model::Published;

fn entry(source: &str, title: &str, summary: &str) -> Entry {
    Entry {
        id: title.into(),
        title: title.into(),
        source: source.into(),
        published: Published::parse("2026-11-24").unwrap(),
        score: None,
        url: None,
        summary: summary.into(),
        topics: Vec::new(),
        format: crate::model::TextFormat::Text,
        apart: Vec::new(),
        also: Vec::new(),
        follow_up: None,
        guide: None,
        guide_options: Vec::new(),
        why: String::new(),
        note: String::new(),
        picture: None,
        pinned: false,
        banned: false,
    }
}

#[test]
fn a_headline_is_whole_or_cut_at_a_clause_and_in_the_third_person() {
    for (source, title, summary, subject) in [
        ("The Wire", "A court in Ghent stops the larch tax", "", "A court in Ghent stops the larch tax"),
        ("Meta AI", "Introducing Larch 3: Our most capable tree to date", "", "Meta introduces Larch 3"),
        (
            "The Wire",
            "Fir 2: our best yet",
            "Fir 2 is a small tree for dry gardens.",
            "Fir 2 is a small tree for dry gardens",
        ),
        ("Mistral AI", "Larch Large", "", "Larch Large, new from Mistral"),
        ("Mistral AI", "Mistral Larch", "", "New: Mistral Larch"),
        (
            "The Wire",
            "The bark of a larch in Ghent: a new way in for curious, patient, well equipped beetles",
            "",
            "The bark of a larch in Ghent",
        ),
        ("The Wire", "US asks Alder to stop, and Alder stops", "", "US asks Alder to stop, and Alder stops"),
        ("The Wire", "Larch Large 2", "", "New: Larch Large 2"),
        ("The Wire", "Introducing Larch Models", "", "New: Larch Models"),
        ("Meta AI", "Introducing Larch2-Math", "", "Meta introduces Larch2-Math"),
        ("The Wire", "Alder Unveils Glasses", "", "Alder Unveils Glasses"),
        ("The Wire", "Alder unveils glasses", "", "Alder unveils glasses"),
        (
            "The Wire",
            "A firm that nobody knows plants ninety thousand larches, and says that it is only a beginning",
            "",
            "A firm that nobody knows plants ninety thousand larches",
        ),
        (
            "The Wire",
            "Foresters in four counties reach the highest harvest winning every prize of the autumn fair",
            "",
            "Foresters in four counties reach the highest harvest",
        ),
        (
            "The Wire",
            "Bark: foresters in four counties reach the highest harvest of the year",
            "",
            "Foresters in four counties reach the highest harvest of the year",
        ),
    ] {
        let entry = entry(source, title, summary);
        let lines = lines(&[&entry], &[], Cues::shipped(), "");
        assert_eq!(lines[0].subject, subject, "{title}");
        assert!(!lines[0].subject.contains('…'));
    }
}

#[test]
fn the_preheader_repeats_nothing_and_there_are_three_suggestions() {
    let stories = [
        entry("A", "A court in Ghent stops the larch tax", ""),
        entry("B", "The larch tax is stopped by a court in Ghent", ""),
        entry("C", "Foresters plant a thousand firs", ""),
        entry("D", "Beetles leave the coast", ""),
    ];
    let stories: Vec<&Entry> = stories.iter().collect();
    let lines = lines(&stories, &[], Cues::shipped(), "");
    let told: Vec<(&str, &str)> = lines.iter().map(|l| (l.subject.as_str(), l.preheader.as_str())).collect();
    let (court, firs, beetles) =
        ("A court in Ghent stops the larch tax", "Foresters plant a thousand firs", "Beetles leave the coast");
    assert_eq!(told[0], (court, format!("{firs} · {beetles}").as_str()));
    assert_eq!(told[1].0, format!("{court}; {firs}"));
    assert_eq!(told[2].0, firs);
    assert_eq!(told.len(), 3);
}

#[test]
fn the_preheader_tells_no_story_of_the_subject_again_and_one_bare_name_at_most() {
    let stories = [
        entry("Meta AI", "Introducing Larch 2: The next generation of trees for gardens and parks", ""),
        entry("A", "Fir", ""),
        entry("B", "Beech", ""),
        entry("C", "Beetles leave the coast", ""),
    ];
    let stories: Vec<&Entry> = stories.iter().collect();
    let lines = lines(&stories, &[], Cues::shipped(), "");
    assert_eq!(lines[0].subject, "Meta introduces Larch 2");
    assert_eq!(lines[0].preheader, "New: Fir · Beetles leave the coast");
}

#[test]
fn the_order_of_the_stories_is_the_order_of_the_lines() {
    let [a, b] = [entry("A", "A court in Ghent stops the larch tax", ""), entry("B", "Beetles leave the coast", "")];
    let line = |news: &[&Entry]| lines(news, &[], Cues::shipped(), "").remove(0);
    assert_eq!(line(&[&b, &a]).subject, b.title);
    assert_eq!(line(&[&b, &a]).preheader, a.title);
    assert_eq!(lines(&[], &[], Cues::shipped(), "Midweek, 25 November")[0].subject, "Midweek, 25 November");
}
