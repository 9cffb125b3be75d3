//! Tests of the parts of a rank: echo, novelty, age, and what past issues teach.

use super::*;

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
        assert!(close(p.value, (p.score.unwrap() + p.echo + p.novelty) * p.decay + p.preference), "{p:?}");
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

/// Two past issues, which took both items of one source and none of the three of another.
fn preferences() -> (Vec<PastIssue>, Vec<Item>) {
    let mut issues = vec![
        past("2026-11-11-midweek", "2026-11-11T07:00:00Z", "2026-11-11T07:00:00Z"),
        past("2026-11-18-midweek", "2026-11-18T07:00:00Z", "2026-11-18T07:00:00Z"),
    ];
    issues[0].window.as_mut().unwrap().from = utc("2026-11-04T07:00:00Z");
    issues[1].window.as_mut().unwrap().from = utc("2026-11-11T07:00:00Z");
    issues[0].stories = vec![carried("liked-1", "")];
    issues[1].stories = vec![carried("liked-2", "")];
    let of = |id: &str, source: &str, at: &str| Item { source: source.into(), ..item(id, 6.0, at) };
    let items = vec![
        of("liked-1", "Lab Blog", "2026-11-10T08:00:00Z"),
        of("liked-2", "Lab Blog", "2026-11-17T08:00:00Z"),
        of("left-1", "The Wire", "2026-11-10T08:00:00Z"),
        of("left-2", "The Wire", "2026-11-10"),
        of("left-3", "The Wire", "2026-11-17T08:00:00Z"),
        of("too-late", "The Wire", "2026-11-19T08:00:00Z"),
        of("too-early", "The Wire", "2026-11-01"),
    ];
    (issues, items)
}

#[test]
fn past_issues_teach_what_the_editors_like_and_the_config_overrules_them() {
    let (issues, items) = preferences();
    let preferences = SourcePreferences::learn(&issues, &items, Tz::UTC);
    let mut weights = Weights::default();
    let carried: Vec<_> = preferences
        .preferences(&weights)
        .into_iter()
        .map(|l| (l.record.name, l.record.taken, l.record.seen, l.points > 0.0))
        .collect();
    assert_eq!(carried, [("Lab Blog".to_owned(), 2, 2, true), ("The Wire".to_owned(), 0, 3, false)]);
    let mut case = Case { preferences, ..Case::default() };
    case.items = vec![
        Item { source: "the wire".into(), ..fresh("wire", 6.5) },
        Item { source: "Lab-Blog".into(), ..fresh("lab", 6.5) },
        fresh("unknown", 6.5),
    ];
    let c = case.run();
    assert_eq!(ids(&c), ["lab", "unknown", "wire"]);
    assert!(c.draft.as_ref().unwrap().news[0].why.contains("2 of 2 from its source taken so far"));
    weights.sources = [("The Wire".to_owned(), 3.0)].into();
    case.weights = weights.clone();
    assert_eq!(ids(&case.run()), ["wire", "lab", "unknown"]);
    let lessons = case.preferences.preferences(&weights);
    assert!(lessons[0].fixed && close(lessons[0].points, 3.0) && lessons[0].record.seen == 3);
    weights.preference = 0.0;
    weights.sources.clear();
    assert!(case.preferences.preferences(&weights).iter().all(|l| close(l.points, 0.0)));
}

#[test]
fn what_an_earlier_issue_carried_teaches_nothing_to_a_later_one() {
    let (mut issues, items) = preferences();
    issues[1].window.as_mut().unwrap().from = utc("2026-11-04T07:00:00Z");
    let lessons = SourcePreferences::learn(&issues, &items, Tz::UTC).preferences(&Weights::default());
    let seen: Vec<_> = lessons.iter().map(|l| (l.record.taken, l.record.seen)).collect();
    // liked-1 once; liked-2 once; left-1 and left-2 in both windows, left-3 in one.
    assert_eq!(seen, [(2, 2), (0, 5)]);
}

#[test]
fn the_top_has_one_of_a_source_and_a_topic_while_others_are_there() {
    let mut case =
        Case { items: (1..=5).map(|n| fresh(&format!("i{n}"), 10.0 - f64::from(n))).collect(), ..Case::default() };
    case.items[0].source = "Lab Blog".into();
    case.items[1].source = "lab blog".into();
    case.items[0].topics = vec!["GPT-4o".into()];
    case.items[2].topics = vec!["gpt 4o".into()];
    let c = case.run();
    assert_eq!(ids(&c), ["i1", "i4", "i5", "i2", "i3"]);
    let news = &c.draft.as_ref().unwrap().news;
    assert!(news[3].why.contains("under the top, which has its source or topic already"), "{}", news[3].why);
    assert!(!news[1].why.contains("under the top"));
    case.weights.top = 0;
    assert_eq!(ids(&case.run()), ["i1", "i2", "i3", "i4", "i5"]);
    case.weights.top = 3;
    case.items.iter_mut().for_each(|item| item.source = "Lab Blog".into());
    case.weights.max_per_source = 0;
    assert_eq!(ids(&case.run()), ["i1", "i2", "i3", "i4", "i5"], "where all are alike the rank counts");
}

#[test]
fn cards_balance_the_levels_and_three_more_wait_on_the_bench() {
    let mut case = Case::default();
    case.edition.guides = 3;
    case.edition.news = 12;
    let mut n = 0;
    let mut add = |topic: &str, items: usize, level: Level, case: &mut Case| {
        case.guides.push(Guide { level, ..guide(topic, topic) });
        for _ in 0..items {
            n += 1;
            case.items.push(Item { topics: vec![topic.into()], ..fresh(&format!("i{n}"), 8.0) });
        }
    };
    for (topic, items, level) in [
        ("alignment", 3, Level::Advanced),
        ("kernels", 3, Level::Advanced),
        ("proofs", 3, Level::Advanced),
        ("chat", 1, Level::Beginner),
        ("search", 1, Level::Intermediate),
        ("vision", 1, Level::Beginner),
    ] {
        add(topic, items, level, &mut case);
    }
    case.weights.max_per_topic = 0;
    let draft = case.run().draft.unwrap();
    let slugs = |cards: &[crate::model::Card]| cards.iter().map(|c| c.slug.clone()).collect::<Vec<_>>();
    assert_eq!(slugs(&draft.guides), ["alignment", "kernels", "chat"], "a third advanced card counts a third");
    assert_eq!(slugs(&draft.guides_bench), ["search", "proofs", "vision"]);
    assert_eq!(draft.guides[0].why, "explains 3 of the 12 items");
    assert_eq!(draft.guides_bench[1].why, "explains 3 of the 12 items, worth 1.0 beside the cards above");
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
    assert!(c.draft.unwrap().news[0].why.contains("touched by 1 more"));
    case.weights.echo = 0.0;
    assert!(close(parts(&case.run(), "launch").echo, 0.0));
}
