//! Stories in short news, as it really comes: by title, day and source; and what an editor parts and joins.

use super::*;

/// A week of short news: the number says which event.
const SHORT: [(usize, u64, &str, &str, &str); 22] = [
    (0, 1, "Gull Labs", "Introducing Tern 4", "Our new model reads 900 pages at once and is free for research."),
    (
        0,
        1,
        "The Wire",
        "Gull Labs’ Tern 4 takes in 900 pages",
        "The start-up from Kiel gives its model to researchers.",
    ),
    (
        1,
        2,
        "Harbour News",
        "Kiel approves tunnel under the fjord",
        "The council voted 31 to 12. Work begins in May and costs €640m.",
    ),
    (
        1,
        3,
        "Radio North",
        "Fjord tunnel gets its yes in Kiel",
        "With 31 votes the council lets the €640m project go ahead.",
    ),
    (2, 1, "Notes", "Writing a parser, part 1: tokens", "We cut the text into pieces."),
    (3, 2, "Other notes", "Writing a parser, part 2: trees", "We put the pieces together."),
    (4, 3, "Market", "Q3 results: Alder’s cloud grows 31 per cent", "Orders rose in Asia; spending too."),
    (5, 3, "Market", "Q3 results: Birch’s cloud grows 22 per cent", "Orders rose in Europe; spending too."),
    (6, 4, "Sport", "Women’s relay: Team Oslo wins final", "A cool match under the roof."),
    (7, 4, "Match", "Men’s relay: Team Bergen wins final", "A hot match in the open."),
    (8, 1, "Rowan", "Rowan 5-mini for everybody", "The small model is in the app and the interface today."),
    (
        9,
        3,
        "The Wire",
        "Plover answers Rowan 5-mini with Lark Flash",
        "Two days later the rival has a small model as well.",
    ),
    (10, 1, "Maker", "Heron 2.1 released", "Adds plug-ins and a faster cache."),
    (11, 5, "Maker", "Heron 2.2 released", "Adds themes and a smaller runtime."),
    (12, 2, "Ministry", "Open letters: state of the forests, October", "Counts, fires and what they cost."),
    (13, 5, "Ministry", "Open letters: state of the forests, November", "Counts, fires and what they cost."),
    (14, 1, "Press", "Larkspur shows its new assistant", "The beta acts inside other programs."),
    (15, 5, "Daily", "Larkspur delays its new assistant", "It fails in a third of the tests."),
    (16, 2, "Talks", "Working at the edge: How Mara Lind builds boats", "Forty years of wood and glue."),
    (17, 4, "Talks", "Working at the edge: How Otto Berg keeps bees", "Forty years of hives and honey."),
    (
        18,
        2,
        "Health",
        "Screening finds more tumours in Malmö trial",
        "A programme read 105,934 images and found 29 per cent more.",
    ),
    (
        18,
        3,
        "Clinic",
        "Programme spots 29% more cancers",
        "The trial in Malmö compared 105,934 images with and without it.",
    ),
];

#[test]
fn one_event_in_other_words_is_one_story_and_one_pattern_with_other_names_is_two() {
    let first = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    let texts: Vec<Text> = SHORT
        .iter()
        .map(|(_, day, source, title, summary)| Text { title, summary, source, day: Some(first + Days::new(*day)) })
        .collect();
    let labels = cluster(&texts, &[], THRESHOLD);
    for (a, (event, .., title, _)) in SHORT.iter().enumerate() {
        for (b, (other, .., second, _)) in SHORT.iter().enumerate().skip(a + 1) {
            assert_eq!(labels[a] == labels[b], event == other, "{title} / {second}");
        }
    }
    let why = stories_of(&texts).why(2, 3);
    assert!(why.contains("words alike +") && why.contains("numbers shared +2.6"), "{why}");
}

#[test]
fn what_a_headline_only_compares_with_is_no_version_of_its_own_and_a_survey_is_not_what_it_surveys() {
    let may_be_one = |a, b| stories_of(&[text(a, ""), text(b, "")]).likeness(0, 1) > 0.0;
    let (four, five) = ("Gull Labs trains the model Tern 4", "Gull Labs trains the model Tern 5");
    let compared = "Gull Labs trains the model Tern 5 on more machines than Tern 4";
    assert!(may_be_one(compared, five) && !may_be_one(compared, four) && !may_be_one(four, five));
    assert!(may_be_one("A view of larches in public gardens", "Larches in public gardens"));
    assert!(!may_be_one("A survey of larches in public gardens", "Larches in public gardens"));
}

#[test]
fn what_is_not_sure_is_told_and_not_joined() {
    let texts = [
        Text { source: "a", ..on(1, "Gull Labs opens its Tern 4 model") },
        Text { source: "b", ..on(4, "Researchers praise Tern 4 of Gull Labs") },
    ];
    let likeness = stories_of(&texts).likeness(0, 1);
    let at = |one: f64, perhaps: f64| Stories::of(&texts, &[], Limits { one, perhaps }, &Bonds::default());
    let sure = at(likeness - 0.01, likeness - 0.01);
    assert_eq!((sure.labels(), sure.perhaps().len()), (&[0, 0][..], 0));
    let unsure = at(likeness + 0.01, likeness - 0.01);
    assert_eq!(unsure.labels(), [0, 1]);
    assert!(matches!(unsure.perhaps(), [(0, 1, found)] if (found - likeness).abs() < 1e-9), "{:?}", unsure.perhaps());
    assert_eq!(at(1.0, likeness + 0.01).perhaps(), []);
}

#[test]
fn a_language_without_a_table_is_compared_by_its_words_alone() {
    let texts = [
        text("Der Hafen von Kiel bleibt gesperrt", "Ein Riss im Pfeiler hält die Brücke seit gestern geschlossen."),
        text("Kieler Hafen gesperrt", "Der Riss im Pfeiler der Brücke hält den Hafen von Kiel geschlossen."),
        text("Ein Bär lief durch die Stadt", "Niemand wurde verletzt, doch die Schule blieb gestern zu."),
    ];
    assert_eq!(cluster(&texts, &[], THRESHOLD), [0, 0, 2]);
    let why = stories_of(&texts).why(0, 1);
    assert!(!why.contains("words alike"), "{why}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_editor_parts_and_joins_is_never_undone_whatever_the_order(
        (texts, order) in texts().prop_flat_map(|texts| {
            let order: Vec<usize> = (0..texts.len()).collect();
            (Just(texts), Just(order).prop_shuffle())
        }),
        pairs in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>()), 0..5),
        days in prop::collection::vec(0..9_u64, 24),
    ) {
        prop_assume!(!texts.is_empty());
        let first = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let sources = ["", "a", "b"];
        let all: Vec<Text> = borrowed(&texts).into_iter().enumerate().map(|(at, text)| {
            Text { day: Some(first + Days::new(days[at])), source: sources[at % 3], ..text }
        }).collect();
        let mut bonds = Bonds::default();
        for (a, b, together) in pairs {
            let (a, b) = (a.index(texts.len()), b.index(texts.len()));
            if a != b {
                if together { bonds.together.push((a, b)) } else { bonds.apart.push((a, b)) }
            }
        }
        let found = Stories::of(&all, &[], LIMITS, &bonds);
        let labels = found.labels();
        for (a, b) in &bonds.apart {
            prop_assert_ne!(labels[*a], labels[*b]);
        }
        // Without a contradiction all that was joined is one story.
        if bonds.apart.is_empty() {
            for (a, b) in &bonds.together {
                prop_assert_eq!(labels[*a], labels[*b]);
            }
        }
        let shuffled: Vec<Text> = order.iter().map(|at| all[*at]).collect();
        let place = |at: usize| order.iter().position(|other| *other == at).unwrap();
        let moved = |pairs: &[(usize, usize)]| pairs.iter().map(|(a, b)| (place(*a), place(*b))).collect();
        let bonds = Bonds { together: moved(&bonds.together), apart: moved(&bonds.apart) };
        let again = Stories::of(&shuffled, &[], LIMITS, &bonds);
        for a in 0..texts.len() {
            for b in 0..texts.len() {
                prop_assert_eq!(again.labels()[place(a)] == again.labels()[place(b)], labels[a] == labels[b]);
            }
        }
    }
}
