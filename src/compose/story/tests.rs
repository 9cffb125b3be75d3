//! Tests of stories: small batches by table, and what holds for any texts.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;

mod short;

const THRESHOLD: f64 = 0.5;
const LIMITS: Limits = Limits { one: THRESHOLD, perhaps: 0.35 };
const NOVELTY: f64 = 0.3;

fn text<'a>(title: &'a str, summary: &'a str) -> Text<'a> {
    Text { title, summary, ..Text::default() }
}

fn on(day: u64, title: &str) -> Text<'_> {
    let first = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    Text { title, day: Some(first + Days::new(day)), ..Text::default() }
}

fn stories_of(texts: &[Text]) -> Stories {
    Stories::of(texts, &[], LIMITS, &Bonds::default())
}

/// The stories as sorted sets of places.
fn stories(texts: &[Text]) -> Vec<Vec<usize>> {
    partition(&cluster(texts, &[], THRESHOLD))
}

fn partition(labels: &[usize]) -> Vec<Vec<usize>> {
    let mut stories: Vec<Vec<usize>> = vec![Vec::new(); labels.len()];
    labels.iter().enumerate().for_each(|(at, label)| stories[*label].push(at));
    stories.retain(|story| !story.is_empty());
    stories
}

const WEEK: [(&str, &str); 9] = [
    ("Harbour bridge closed after crack found", "Inspectors found a crack in a pillar of the harbour bridge in Kiel."),
    ("Kiel shuts harbour bridge", "A cracked pillar makes the city of Kiel close the bridge; ferries run all night."),
    ("Crack in pillar: ferries replace Kiel harbour bridge", "Commuters take the ferry."),
    ("Tern 2 model released with open weights", "The lab Northlight released Tern 2, a model of 9B parameters."),
    ("Tern 2: an open model for small machines", "Northlight says its 9B model runs on a phone."),
    ("Northlight opens an office in Lisbon", "Fifty people will work there on speech."),
    ("Volcano on Iceland erupts again", "Lava reaches the road to Grindavik."),
    ("Grindavik evacuated as volcano erupts", "A new fissure opened; lava crosses the road."),
    ("Chess: youngest champion in history", "At eighteen the player from Chennai won the last game."),
];

#[test]
fn a_week_falls_into_its_stories() {
    let texts: Vec<Text> = WEEK.iter().map(|(title, summary)| text(title, summary)).collect();
    let expected = [vec![0, 1, 2], vec![3, 4], vec![5], vec![6, 7], vec![8]];
    assert_eq!(stories(&texts), expected);
}

#[test]
fn a_great_story_stays_one_however_many_tell_it() {
    // Twenty-four of thirty texts tell of one eruption, so its words are the batch's most common.
    let angles = ["road", "airport", "farmers", "scientists", "tourists", "harbour"];
    let verbs = ["fear", "watch", "flee", "film"];
    let mut titles: Vec<String> = Vec::new();
    for angle in angles {
        titles.extend(verbs.iter().map(|verb| format!("Grindavik volcano eruption: {angle} {verb} the lava")));
    }
    titles.extend(WEEK.iter().filter(|(_, s)| !s.contains("ava ")).map(|(title, _)| (*title).to_owned()).take(6));
    let texts: Vec<Text> = titles.iter().map(|title| text(title, "")).collect();
    assert_eq!(stories(&texts)[0], (0..24).collect::<Vec<_>>());
}

/// A name, texts, and their stories.
type Batch<'a> = (&'a str, Vec<Text<'a>>, &'a [&'a [usize]]);

#[test]
fn small_batches_are_sane() {
    let long = "word ".repeat(2_000);
    let cases: [Batch; 15] = [
        ("none", vec![], &[]),
        ("one", vec![text("A crack in the bridge", "")], &[&[0]]),
        ("empty", vec![text("", ""); 3], &[&[0], &[1], &[2]]),
        ("a rubric", vec![text("Weekly update", ""); 2], &[&[0], &[1]]),
        (
            "a rubric over two stories",
            vec![text("Weekly update", "A crack in the bridge."), text("Weekly update", "Chess champion wins.")],
            &[&[0], &[1]],
        ),
        ("two words", vec![text("Product notes", ""), text("Product notes", "")], &[&[0], &[1]]),
        ("the same, no summary", vec![text("Kiel shuts harbour bridge", ""); 4], &[&[0, 1, 2, 3]]),
        (
            "the same but for case",
            vec![text("Tern 2 is out now", "By Northlight."), text("TERN 2 IS OUT NOW", "by northlight")],
            &[&[0, 1]],
        ),
        ("nothing alike", WEEK[5..].iter().step_by(3).map(|(t, s)| text(t, s)).collect(), &[&[0], &[1]]),
        (
            "two of one",
            vec![text("Kiel shuts harbour bridge", ""), text("Harbour bridge in Kiel is shut", "")],
            &[&[0, 1]],
        ),
        (
            "very long",
            vec![text(&long, &long), text(&long, ""), text("Chess champion wins game", "")],
            &[&[0], &[1], &[2]],
        ),
        (
            "Chinese",
            vec![text("东京发生强烈地震", ""), text("东京强烈地震致电车停运", ""), text("新手机今日发布", "")],
            &[&[0, 1], &[2]],
        ),
        (
            "Hebrew",
            vec![text("רעידת אדמה חזקה בטוקיו", ""), text("רעידת אדמה בטוקיו", ""), text("טלפון חדש הושק השבוע", "")],
            &[&[0, 1], &[2]],
        ),
        ("emoji", vec![text("🎉🎉🎉", ""), text("🎉🎉🎉", "")], &[&[0], &[1]]),
        (
            "joiners",
            vec![text("Kiel\u{202E} shuts har\u{AD}bour bridge", ""), text("Kiel shuts harbour bridge", "")],
            &[&[0, 1]],
        ),
    ];
    for (name, texts, expected) in cases {
        assert_eq!(stories(&texts), expected, "{name}");
    }
}

#[test]
fn of_equal_pairs_the_same_is_joined_whatever_the_order() {
    // The middle text is as near to the one as to the other, and only one of them can have it.
    let texts = ["alder birch cedar dogwood", "cedar dogwood elder fir", "elder fir ginkgo hazel"].map(|t| text(t, ""));
    let nearness = stories_of(&texts).likeness(0, 1);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let labels = cluster(&order.map(|at| texts[at]), &[], nearness * 0.999);
        let place = |text: usize| order.iter().position(|at| *at == text).unwrap();
        assert_eq!(labels[place(0)], labels[place(1)], "{order:?}");
        assert_ne!(labels[place(1)], labels[place(2)], "{order:?}");
    }
}

#[test]
fn the_background_teaches_which_words_are_common() {
    let texts = [
        text("Northlight research centre bulletin harbour", ""),
        text("Northlight research centre bulletin chess", ""),
    ];
    assert_eq!(cluster(&texts, &[], THRESHOLD), [0, 0]);
    let titles: Vec<String> = (0..400).map(|n| format!("Northlight research centre bulletin number{n}")).collect();
    let background: Vec<Text> = titles.iter().map(|title| text(title, "")).collect();
    assert_eq!(cluster(&texts, &background, THRESHOLD), [0, 1]);
}

#[test]
fn an_odd_threshold_breaks_nothing() {
    let texts: Vec<Text> = WEEK.iter().map(|(title, summary)| text(title, summary)).collect();
    for threshold in [f64::NAN, f64::INFINITY, 2.0] {
        assert_eq!(cluster(&texts, &[], threshold), (0..9).collect::<Vec<_>>(), "{threshold}");
    }
    for threshold in [0.0, -1.0, f64::NEG_INFINITY] {
        assert_eq!(cluster(&texts, &[], threshold).len(), 9);
    }
}

#[test]
fn what_was_told_before_is_found_and_what_was_not_is_not() {
    let earlier = [
        on(1, "Kiel shuts harbour bridge after crack"),
        on(2, "Tern 2 model released with open weights"),
        on(3, "Tern 2 model released with open weights"),
        on(4, "Volcano on Iceland erupts again"),
    ];
    let later = [
        on(8, "Harbour bridge in Kiel: crack was known"),
        on(8, "Open weights: Tern 2 released"),
        on(8, "Chess: youngest champion in history"),
        on(8, ""),
    ];
    let found = carried_before(&later, &earlier, &[], THRESHOLD);
    let places: Vec<Option<usize>> = found.iter().map(|found| found.map(|(at, _)| at)).collect();
    // Of equals the one told last.
    assert_eq!(places, [Some(0), Some(2), None, None]);
    assert!(found.iter().flatten().all(|(_, likeness)| (THRESHOLD..1.001).contains(likeness)));
    assert_eq!(carried_before(&later, &[], &[], THRESHOLD), [None; 4]);
    assert_eq!(carried_before(&[], &earlier, &[], THRESHOLD), []);
}

#[test]
fn what_two_texts_share_is_told_in_their_words() {
    let texts = [
        text("OpenAI delays GPT-4o voice", "It comes a month later."),
        text("GPT-4o’s voice mode: OpenAI delays it", ""),
        text("Chess: youngest champion in history", ""),
        text("Aya23", "Languages model open"),
        text("Aya 23: weights", "Cohere"),
    ];
    let stories = stories_of(&texts);
    assert_eq!(stories.shared(0, 1, 3), ["gpt-4o", "delays", "voice"]);
    assert!(
        stories.why(0, 1).starts_with("both tell of gpt-4o, delays, voice (1.00: words alike"),
        "{}",
        stories.why(0, 1)
    );
    assert_eq!(stories.why(0, 2), "no word in common (0.00)");
    assert_eq!(stories.shared(3, 4, 3), ["aya23"]);
}

#[test]
fn a_later_text_is_news_when_its_title_tells_something_new() {
    let launch = "OpenAI launches GPT-4o";
    let cases: [(&str, &str, u64, Option<&[&str]>); 11] = [
        (launch, "OpenAI delays GPT-4o voice", 9, Some(&["delays", "voice"])),
        (launch, launch, 9, None),
        (launch, "GPT-4o released by OpenAI", 9, None),
        (launch, "OpenAI unveils GPT-4o", 9, None),
        ("Northlight’s Gull", "Northlight launches Gull", 9, None),
        // News, but not later.
        (launch, "OpenAI delays GPT-4o voice", 1, None),
        (launch, "OpenAI delays GPT-4o voice", 0, None),
        ("Kiel shuts harbour bridge", "Harbour bridge in Kiel: cyclists protest", 9, Some(&["cyclists", "protest"])),
        ("Llama 3 released", "Llama 4 released", 9, Some(&["4"])),
        ("Tern 2 model released", "Tern 2 model withdrawn over licence", 9, Some(&["licence", "withdrawn"])),
        ("Aya 23: open weights", "Aya23", 9, None),
    ];
    for (told, later, day, expected) in cases {
        let stories = stories_of(&[on(1, told), on(day, later)]);
        let found = stories.follow_up(1, &[0], NOVELTY).map(|news| news.words);
        let expected = expected.map(|words| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(found, expected, "{later} after {told}");
    }
}

#[test]
fn all_earlier_tellings_count() {
    let texts =
        [on(1, "OpenAI launches GPT-4o"), on(2, "GPT-4o voice comes late"), on(3, "OpenAI delays voice of GPT-4o")];
    let stories = stories_of(&texts);
    assert_eq!(stories.news(2, &[0]).words, ["delays", "voice"]);
    assert_eq!(stories.news(2, &[0, 1]).words, ["delays"]);
    assert!(stories.follow_up(2, &[0], NOVELTY).is_some() && stories.follow_up(2, &[0, 1], NOVELTY).is_none());
    let undated = [text("OpenAI launches GPT-4o", ""), on(3, "OpenAI delays voice of GPT-4o")];
    assert_eq!(stories_of(&undated).follow_up(1, &[0], NOVELTY), None);
}

/// Few words, so that texts meet, and now and then any characters at all.
fn texts() -> impl Strategy<Value = Vec<(String, String)>> {
    let word = prop::sample::select(vec![
        "bridge", "crack", "Kiel", "volcano", "lava", "road", "Tern-2", "model", "the", "update", "地震", "9B", "chess",
    ]);
    let words = prop::collection::vec(word, 0..9).prop_map(|words| words.join(" "));
    let any = prop_oneof![6 => words, 1 => any::<String>()];
    prop::collection::vec((any.clone(), any), 0..24)
}

fn borrowed(texts: &[(String, String)]) -> Vec<Text<'_>> {
    texts.iter().map(|(title, summary)| text(title, summary)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_texts_makes_no_other_stories(
        (texts, order) in texts().prop_flat_map(|texts| {
            let order: Vec<usize> = (0..texts.len()).collect();
            (Just(texts), Just(order).prop_shuffle())
        }),
        threshold in 0.0..0.7,
    ) {
        let all = borrowed(&texts);
        let shuffled: Vec<Text> = order.iter().map(|at| all[*at]).collect();
        let mut back = partition(&cluster(&shuffled, &all[..all.len() / 2], threshold));
        for story in &mut back {
            for at in story.iter_mut() {
                *at = order[*at];
            }
            story.sort_unstable();
        }
        back.sort_unstable();
        prop_assert_eq!(back, partition(&cluster(&all, &all[..all.len() / 2], threshold)));
    }

    #[test]
    fn a_label_is_the_first_text_of_its_story(texts in texts(), threshold in -0.1..1.1) {
        let labels = cluster(&borrowed(&texts), &[], threshold);
        prop_assert_eq!(labels.len(), texts.len());
        prop_assert!(labels.iter().enumerate().all(|(at, label)| *label <= at && labels[*label] == *label));
    }

    #[test]
    fn a_text_printed_twice_joins_itself_and_moves_nobody(texts in texts(), which in any::<prop::sample::Index>()) {
        prop_assume!(!texts.is_empty());
        let which = which.index(texts.len());
        let before = borrowed(&texts);
        let says_enough = Terms::of(&texts[which].0, &texts[which].1).words >= LEAST_WORDS;
        let mut after = before.clone();
        after.push(before[which]);
        let (mut labels, original) = (cluster(&after, &[], THRESHOLD), cluster(&before, &[], THRESHOLD));
        let copy = labels.pop().unwrap();
        if says_enough {
            prop_assert_eq!(copy, labels[which]);
            prop_assert_eq!(labels, original);
        } else {
            prop_assert_eq!(copy, texts.len());
        }
    }

    #[test]
    fn likeness_is_a_number_from_0_to_1_and_the_same_both_ways(texts in texts()) {
        let stories = stories_of(&borrowed(&texts));
        for a in 0..texts.len() {
            for b in 0..texts.len() {
                let likeness = stories.likeness(a, b);
                prop_assert!((0.0..1.000_001).contains(&likeness));
                prop_assert_eq!(likeness.to_bits(), stories.likeness(b, a).to_bits());
                let news = stories.news(a, &[b]);
                prop_assert!((0.0..1.000_001).contains(&news.share));
                prop_assert!(stories.shared(a, b, 3).len() <= 3 && news.words.len() <= 5);
            }
        }
    }
}
