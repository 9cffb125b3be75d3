//! Tests of the parts of a rank: echo, novelty, age, and what past issues teach.

use super::*;
use crate::model::{Editing, EditorAct, Origin};

fn parts(composition: &Composition, id: &str) -> Parts {
    composition.ranked.iter().find(|r| r.id == id).unwrap_or_else(|| panic!("{id} is not ranked")).parts.clone()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.005
}

#[test]
fn the_value_is_made_of_its_parts() {
    let mut case = Case { items: vec![fresh("a", 8.0), item("b", 6.0, "2026-11-18T08:00:00Z")], ..Case::default() };
    case.edition.half_life = std::time::Duration::from_hours(7 * 24);
    let c = case.run();
    for id in ["a", "b"] {
        let p = parts(&c, id);
        assert!(
            close(p.value, (p.score.unwrap() + p.kind + p.echo + p.novelty + p.primary) * p.decay + p.preference),
            "{p:?}"
        );
    }
    // A day old, and an hour short of the half-life.
    assert!(parts(&c, "a").decay > 0.99 && close(parts(&c, "b").decay, 0.508), "{}", parts(&c, "b").decay);
}

#[test]
fn what_comes_up_again_is_as_old_as_its_url_says() {
    let [mut old, mut young] = ["old", "young"].map(|id| fresh(id, 8.0));
    old.url = Some("https://arxiv.org/abs/2404.01234".into());
    young.url = Some("https://arxiv.org/abs/2611.01234".into());
    let case = Case { items: vec![old, young], ..Case::default() };
    let c = case.run();
    assert_eq!(parts(&c, "old").resurfaced, "2024-04-30".parse().ok());
    assert!(parts(&c, "old").value < 0.01 && parts(&c, "young").value > 7.9);
    assert_eq!(parts(&c, "young").resurfaced, None);
    let why = &c.draft.unwrap().news[1].why;
    assert!(why.contains("but its URL is of 2024-04-30"), "{why}");
}

#[test]
fn a_topic_that_the_last_issues_lacked_is_new() {
    let [mut known, mut new] = ["known", "new"].map(|id| fresh(id, 8.0));
    known.topics = vec!["GPT 4o".into()];
    new.topics = vec!["Robots".into()];
    let mut case = Case { items: vec![known, new], ..Case::default() };
    assert!(close(parts(&case.run(), "new").novelty, 0.0), "nothing is new in a first issue");
    let mut sunday = past("2026-11-22-sunday", "2026-11-22T07:00:00Z", "2026-11-22T07:00:00Z");
    sunday.stories = vec![CarriedStory { topics: vec!["gpt-4o".into()], ..carried("x", "") }];
    case.past = vec![sunday];
    let c = case.run();
    assert!(close(parts(&c, "new").novelty, 0.25) && close(parts(&c, "known").novelty, 0.0));
    assert_eq!(ids(&c), ["new", "known"]);
}

/// What an editor did to one issue: acts on items of sources, besides two items of The Wire that stayed.
fn edited(issue_name: &str, acts: &[(EditorAct, &str, &str)]) -> Editing {
    let origin = |id: &str, source: &str| Origin { id: id.into(), source: source.into(), ..Origin::default() };
    let proposed = acts.iter().filter(|(act, ..)| !matches!(act, EditorAct::Added | EditorAct::Raised));
    let stayed = [origin("wire-1", "The Wire"), origin("wire-2", "The Wire")];
    Editing {
        issue: issue(issue_name),
        proposed: proposed.map(|(_, id, source)| origin(id, source)).chain(stayed).collect(),
        acts: acts.iter().map(|(act, id, source)| (*act, origin(id, source))).collect(),
        kept: 0,
        moved: 0,
        subject_rewritten: false,
        preheader_rewritten: false,
    }
}

#[test]
fn editors_acts_teach_and_the_config_overrules_them() {
    let editings = [
        edited("2026-11-11-midweek", &[(EditorAct::Dropped, "a", "Daily Bark"), (EditorAct::Added, "b", "Lab Blog")]),
        edited("2026-11-18-midweek", &[(EditorAct::Banned, "c", "Daily Bark"), (EditorAct::Raised, "d", "Lab Blog")]),
    ];
    let preferences = SourcePreferences::learn(&editings);
    let mut weights = Weights::default();
    let learned: Vec<_> = preferences
        .preferences(&weights)
        .into_iter()
        .map(|p| (p.record.name.clone(), p.record.seen, p.record.in_words().unwrap_or_default()))
        .collect();
    let expected = [
        ("Lab Blog", 2, "editors brought in 2 of 2 from this source"),
        ("The Wire", 4, ""),
        ("Daily Bark", 2, "editors dropped 2 of 2 from this source"),
    ];
    assert_eq!(learned, expected.map(|(name, seen, told)| (name.to_owned(), seen, told.to_owned())));
    let mut case = Case { preferences, ..Case::default() };
    case.items = vec![
        Item { source: "daily bark".into(), ..fresh("bark", 6.5) },
        Item { source: "Lab-Blog".into(), ..fresh("lab", 6.5) },
        fresh("unknown", 6.5),
    ];
    let c = case.run();
    assert_eq!(ids(&c), ["lab", "unknown", "bark"]);
    let whys: Vec<String> = c.draft.unwrap().news.into_iter().map(|entry| entry.why).collect();
    assert!(whys[0].contains("editors brought in 2 of 2 from this source"), "{whys:?}");
    assert!(whys[2].contains("editors dropped 2 of 2 from this source"), "{whys:?}");
    weights.sources = [("Daily Bark".to_owned(), 3.0)].into();
    case.weights = weights.clone();
    assert_eq!(ids(&case.run()), ["bark", "lab", "unknown"]);
    let preferences = case.preferences.preferences(&weights);
    assert!(preferences[0].fixed && close(preferences[0].points, 3.0) && preferences[0].record.seen == 2);
    weights.preference = 0.0;
    weights.sources.clear();
    assert!(case.preferences.preferences(&weights).iter().all(|p| close(p.points, 0.0)));
}

#[test]
fn what_nobody_touched_teaches_nothing_and_acts_are_capped_and_wear_off() {
    let untouched: Vec<Editing> = (10..22).map(|n| edited(&format!("2026-10-{n}-midweek"), &[])).collect();
    assert_eq!(SourcePreferences::learn(&untouched), SourcePreferences::default());
    let drop: Vec<Editing> = (1..=28)
        .map(|n| edited(&format!("2026-02-{n:02}-midweek"), &[(EditorAct::Banned, "a", "Daily Bark")]))
        .collect();
    let points = |editings: &[Editing]| {
        let preferences = SourcePreferences::learn(editings).preferences(&Weights::default());
        preferences.iter().find(|p| p.record.name == "Daily Bark").unwrap().points
    };
    assert!(close(points(&drop), -1.0), "never more than a point");
    let with_rest: Vec<Editing> = drop[..1].iter().cloned().chain(untouched).collect();
    assert!(close(points(&drop[..1]), points(&with_rest)), "issues that nobody edited wear nothing down");
    let later = |n: u32| edited(&format!("2026-03-{n:02}-midweek"), &[(EditorAct::Pinned, "w", "The Wire")]);
    let worn: Vec<Editing> = drop[..1].iter().cloned().chain((1..=26).map(later)).collect();
    assert!(points(&worn) > points(&drop[..1]) && points(&worn) < 0.0, "later acts count more");
}

#[test]
fn sites_of_one_host_are_one_kind_of_source_and_a_dropped_item_is_remembered() {
    let editings = [edited("2026-11-18-midweek", &[(EditorAct::Dropped, "a", "larch.github.io")])];
    let preferences = SourcePreferences::learn(&editings);
    let of = |id: &str, source: &str| {
        let item = Item { source: source.into(), ..fresh(id, 6.0) };
        preferences.points(&item, &Weights::default())
    };
    assert!(of("new", "fir.github.io").0 < 0.0);
    assert!(close(of("new", "fir.example").0, 0.0));
    assert_eq!(of("a", "elsewhere").1.as_deref(), Some("dropped from 2026-11-18-midweek by an editor"));
}

#[test]
fn the_top_varies_by_a_place_at_most_and_never_over_a_better_story() {
    let scores = [9.0, 8.8, 8.6, 8.4, 6.0];
    let mut case = Case {
        items: scores.iter().enumerate().map(|(n, score)| fresh(&format!("i{}", n + 1), *score)).collect(),
        ..Case::default()
    };
    case.items[0].source = "Lab Blog".into();
    case.items[1].source = "lab blog".into();
    case.items[0].topics = vec!["GPT-4o".into()];
    case.items[2].topics = vec!["gpt 4o".into()];
    let c = case.run();
    // The second has the lead's source and the third its topic: each is followed by one that is like the lead as well.
    assert_eq!(ids(&c), ["i1", "i2", "i4", "i3", "i5"]);
    let news = &c.draft.as_ref().unwrap().news;
    assert!(
        news[3].why.contains("one place lower, because the top already has its source or topic"),
        "{}",
        news[3].why
    );
    case.items[3].score = Some(7.5);
    assert_eq!(ids(&case.run()), ["i1", "i2", "i3", "i4", "i5"], "nothing goes over a story worth a point more");
    case.items[3].score = Some(8.4);
    case.weights.top = 0;
    assert_eq!(ids(&case.run()), ["i1", "i2", "i3", "i4", "i5"]);
}

#[test]
fn cards_balance_the_levels_and_three_more_wait_on_the_bench() {
    let mut case = Case::default();
    case.edition.guides = 3;
    case.edition.news = 15;
    let mut n = 0;
    let mut add = |topic: &str, items: usize, level: Level, case: &mut Case| {
        case.guides.push(Guide { level, ..guide(topic, topic) });
        for _ in 0..items {
            n += 1;
            case.items.push(Item { guides: vec![topic.into()], ..fresh(&format!("i{n}"), 8.0) });
        }
    };
    for (topic, items, level) in [
        ("alignment", 3, Level::Advanced),
        ("kernels", 3, Level::Advanced),
        ("proofs", 3, Level::Advanced),
        ("chat", 2, Level::Beginner),
        ("search", 2, Level::Intermediate),
        ("vision", 2, Level::Beginner),
    ] {
        add(topic, items, level, &mut case);
    }
    case.weights.max_per_topic = 0;
    let draft = case.run().draft.unwrap();
    let slugs = |cards: &[crate::model::Card]| cards.iter().map(|c| c.slug.clone()).collect::<Vec<_>>();
    assert_eq!(slugs(&draft.guides), ["alignment", "chat", "search"], "a second advanced card counts half");
    assert_eq!(slugs(&draft.guides_bench), ["kernels", "proofs", "vision"]);
    assert_eq!(draft.guides[0].why, "explains 3 of the 15 items");
    assert_eq!(draft.guides_bench[1].why, "explains 3 of the 15 items, worth 1.0 beside the cards above");
}

#[test]
fn what_others_tell_and_touch_is_an_echo() {
    let mut case = Case::default();
    let about =
        |id: &str, title: &str, summary: &str| Item { title: title.into(), summary: summary.into(), ..fresh(id, 6.0) };
    case.items = vec![
        about("launch", "Larch 3 reads a million tokens", "Larch Labs released the open-weights model Larch 3 today."),
        about(
            "test",
            "Larch 3 fails at crosswords",
            "Puzzle makers put the open-weights model Larch 3 to work on crosswords.",
        ),
        about("bees", "Drones count bees", "A vision model tells wild bees from honeybees above almond groves."),
    ];
    // Of two stories, for this test.
    case.weights.story_threshold = 1.0;
    case.weights.doubt_threshold = 1.0;
    let c = case.run();
    let [launch, test, bees] = ["launch", "test", "bees"].map(|id| parts(&c, id));
    assert_eq!((launch.related, test.related, bees.related), (1, 1, 0));
    assert!(close(launch.echo, 0.4) && close(bees.echo, 0.0), "a doubling from one to two is 0.4 points");
    assert!(c.draft.unwrap().news[0].why.contains("1 related story"));
    case.weights.echo = 0.0;
    assert!(close(parts(&case.run(), "launch").echo, 0.0));
}
