//! Properties that hold for any content.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::model::{Editing, EditorAct, Origin};

fn items() -> impl Strategy<Value = Vec<Item>> {
    let one =
        (0..14_u32, prop::option::of(-1.0..11.0), 0..16_u32, 0..3_u8, prop::collection::vec(0..4_u8, 0..3), 0..20_u32);
    prop::collection::vec(one, 0..24).prop_map(|all| {
        let make = |(id, score, day, source, topics, url): (u32, Option<f64>, u32, u8, Vec<u8>, u32)| {
            let published = if day % 3 == 0 {
                format!("2026-11-{:02}", 14 + day)
            } else {
                format!("2026-11-{:02}T08:00:00Z", 14 + day)
            };
            let mut item = item(&format!("i{id}"), 0.0, &published);
            item.score = score.map(f64::round);
            item.source = format!("source {source}");
            item.topics = topics.iter().map(|t| format!("topic {t}")).collect();
            item.url = (url > 3).then(|| format!("https://example.org/{url}"));
            item
        };
        all.into_iter().map(make).collect()
    })
}

fn case(items: Vec<Item>, shape: (usize, u8, bool, usize)) -> Case {
    let (news, thin, by_topic, cap) = shape;
    let thin = [Thin::Shrink, Thin::Skip, Thin::FillWithGuides][usize::from(thin)];
    let mut sunday = past("2026-11-22-sunday", "2026-11-20T07:00:00Z", "2026-11-18T06:00:00Z");
    sunday.stories = vec![carried("i1", ""), carried("i2", "https://example.org/5")];
    sunday.guides = vec!["g0".into()];
    Case {
        items,
        guides: (0..3).map(|n| guide(&format!("g{n}"), &format!("Topic {n}"))).collect(),
        edition: Edition { news, thin, by_topic, guides: 2, bench: 2, ..Edition::default() },
        weights: Weights { max_per_source: cap, max_per_topic: cap, ..Weights::default() },
        feeds: Feeds::of([("Source 1", Feed { base_score: Some(6.0), primary: false })]),
        past: vec![sunday],
        ..Case::default()
    }
}

fn shape() -> impl Strategy<Value = (usize, u8, bool, usize)> {
    (0..7_usize, 0..3_u8, any::<bool>(), 0..4_usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_content_changes_nothing(
        (items, shuffled) in items().prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle())),
        shape in shape(),
    ) {
        let mut other = case(shuffled, shape);
        other.guides.reverse();
        prop_assert_eq!(case(items, shape).run(), other.run());
    }

    #[test]
    fn every_candidate_is_chosen_or_left_out_once_and_no_rule_is_broken(items in items(), shape in shape()) {
        let case = case(items, shape);
        let c = case.run();
        let news = c.draft.as_ref().map(|d| d.news.clone()).unwrap_or_default();
        let history = super::super::window::History::of(&case.brief());
        let outside = case.items.iter().filter(|i| {
            history.standing(i.published, c.window) == super::super::window::Standing::Outside
        }).count();
        prop_assert_eq!(news.len() + c.left_out.len() + outside, case.items.len());
        let bench = c.draft.as_ref().map(|d| d.bench.clone()).unwrap_or_default();
        for entry in &bench {
            prop_assert!(c.left_out.iter().any(|l| l.id == entry.id && l.reason.starts_with("on the bench")));
        }
        prop_assert!(c.left_out.iter().all(|l| !l.reason.is_empty()));
        prop_assert!(news.len() <= case.edition.news);
        let mut urls = HashSet::new();
        for (at, entry) in news.iter().enumerate() {
            prop_assert!(entry.score.unwrap() >= case.edition.min_score);
            prop_assert!(entry.id != "i1" && entry.id != "i2" && entry.url.as_deref() != Some("https://example.org/5"));
            prop_assert!(news[..at].iter().all(|e| e.id != entry.id));
            prop_assert!(entry.url.is_none() || urls.insert(entry.url.clone()));
            let namesakes = case.items.iter().filter(|i| i.id == entry.id).count();
            prop_assert!(c.left_out.iter().filter(|l| l.id == entry.id).count() < namesakes);
        }
        // What all candidates share is under no cap, nor is the first topic of more than half of them.
        let (cap, all) = (case.weights.max_per_source, c.ranked.len());
        let item = |id: &str| case.items.iter().find(|i| i.id == id).unwrap();
        let doubled = case.items.iter().any(|i| case.items.iter().filter(|o| o.id == i.id).count() > 1);
        let candidates = |same: &dyn Fn(&Item) -> bool| c.ranked.iter().filter(|r| same(item(&r.id))).count();
        for entry in news.iter().filter(|_| cap > 0 && !doubled) {
            let source = |i: &Item| i.source == entry.source;
            let shown = news.iter().filter(|e| source(item(&e.id))).count();
            prop_assert!(shown <= cap || candidates(&source) == all);
            let first = item(&entry.id).topics.first();
            let topic = |i: &Item| first.is_some() && i.topics.first() == first;
            let shown = news.iter().filter(|e| topic(item(&e.id))).count();
            prop_assert!(shown <= cap.min(case.edition.news.div_ceil(3)) || candidates(&topic) * 2 > all);
        }
    }

    #[test]
    fn more_score_never_ranks_lower(mut items in items(), which in any::<prop::sample::Index>(), more in 0.0..5.0) {
        // Ids, URLs and headlines of their own, so that nothing else changes with the score.
        for (n, item) in items.iter_mut().enumerate() {
            item.id = format!("n{n}");
            item.url = None;
            item.score = Some(item.score.unwrap_or(5.0));
        }
        prop_assume!(!items.is_empty());
        let id = items[which.index(items.len())].id.clone();
        let rank = |items: Vec<Item>| {
            case(items, (5, 0, false, 2)).run().ranked.iter().find(|r| r.id == id).map_or(usize::MAX, |r| r.rank)
        };
        let before = rank(items.clone());
        if let Some(item) = items.iter_mut().find(|i| i.id == id) {
            item.score = item.score.map(|s| s + more);
        }
        prop_assert!(rank(items) <= before);
    }
}

/// Two grouping of each of six stories.
const STORIES: [[(&str, &str); 2]; 6] = [
    [
        (
            "Larch 3 reads a million tokens at once",
            "Larch Labs released Larch 3, an open-weights model with a context of one million tokens.",
        ),
        (
            "Larch Labs releases Larch 3",
            "The open-weights model Larch 3 of Larch Labs has a context of a million tokens.",
        ),
    ],
    [
        (
            "Parliament votes for labels on synthetic voices",
            "Calls made by machines must say so from next year, parliament decided on Tuesday.",
        ),
        (
            "Synthetic voices need a label, parliament decides",
            "From next year machines that call must say that they are machines, parliament voted.",
        ),
    ],
    [
        (
            "Photonic chip plant opens in Dresden",
            "The Dresden plant makes photonic accelerators; the first wafers leave it in spring.",
        ),
        (
            "Dresden opens its photonic chip plant",
            "First wafers with photonic accelerators leave the Dresden plant in spring.",
        ),
    ],
    [
        (
            "Drones count bees over almond groves",
            "A vision model tells wild bees from honeybees in flight above Andalusian almond groves.",
        ),
        (
            "Wild bees counted from drones",
            "Above Andalusian almond groves a vision model on drones counts wild bees and honeybees.",
        ),
    ],
    [
        (
            "Proof assistant Lemma finds a gap in a classic theorem",
            "The Lemma assistant rejected a step in a 1962 theorem on knots; its authors mended it.",
        ),
        (
            "A gap in a knot theorem, found by Lemma",
            "Lemma, a proof assistant, found a gap in a theorem on knots of 1962, since mended.",
        ),
    ],
    [
        (
            "Hospital network drops its triage model",
            "After 41 wrong alarms a hospital network in Ghent switched its sepsis triage model off.",
        ),
        (
            "Sepsis triage model switched off in Ghent",
            "A hospital network in Ghent dropped the sepsis triage model after 41 wrong alarms.",
        ),
    ],
];

fn grouping() -> impl Strategy<Value = Vec<Item>> {
    let telling = (0..6_usize, 0..2_usize, 0..4_u8, 50..100_u8);
    prop::collection::vec(telling, 0..14).prop_map(|grouping| {
        let item = |(n, (story, telling, source, score)): (usize, (usize, usize, u8, u8))| Item {
            title: STORIES[story][telling].0.into(),
            summary: STORIES[story][telling].1.into(),
            source: format!("Source {source}"),
            ..fresh(&format!("s{story}-{n}"), f64::from(score) / 10.0)
        };
        grouping.into_iter().enumerate().map(item).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A year of issues that everybody approves as they are, each with the past of those before it.
    #[test]
    fn composing_and_approving_unedited_for_a_year_changes_no_sources_points(
        weekly in prop::collection::vec(items(), 1..4),
        dropped in any::<bool>(),
    ) {
        let issue_of = |week: u64| IssueName {
            date: chrono::NaiveDate::from_ymd_opt(2025, 11, 26).unwrap() + chrono::Days::new(7 * week),
            edition: "midweek".into(),
        };
        let origin = Origin { id: "x".into(), source: "source 1".into(), ..Origin::default() };
        let editing = |issue: IssueName, proposed: Vec<Origin>, acts: Vec<(EditorAct, Origin)>| Editing {
            issue, kept: proposed.len(), proposed, acts, moved: 0, subject_rewritten: false, preheader_rewritten: false,
        };
        let first = issue("2025-11-19-midweek");
        let mut editings =
            if dropped { vec![editing(first, vec![origin.clone()], vec![(EditorAct::Dropped, origin)])] } else { Vec::new() };
        let before = SourcePreferences::learn(&editings).preferences(&Weights::default());
        for week in 0..52 {
            let mut case = case(weekly[usize::try_from(week).unwrap() % weekly.len()].clone(), (5, 0, false, 0));
            case.preferences = SourcePreferences::learn(&editings);
            let composed = case.run().draft.unwrap();
            let proposed = composed.news.iter().map(|entry| Origin {
                id: entry.id.clone(), source: entry.source.clone(), ..Origin::default()
            });
            editings.push(editing(issue_of(week), proposed.collect(), Vec::new()));
        }
        let after = SourcePreferences::learn(&editings).preferences(&Weights::default());
        prop_assert_eq!(before, after);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_story_is_told_twice_and_every_telling_is_accounted_for(items in grouping(), news in 1..8_usize) {
        let mut case = Case { items: items.clone(), ..Case::default() };
        case.edition.news = news;
        let c = case.run();
        let draft = c.draft.as_ref().unwrap();
        let story = |id: &str| id.split('-').next().unwrap().to_owned();
        let shown: Vec<String> = draft.news.iter().chain(&draft.bench).map(|entry| story(&entry.id)).collect();
        let distinct: std::collections::BTreeSet<&String> = shown.iter().collect();
        prop_assert_eq!(distinct.len(), shown.len(), "{:?}", shown);
        for entry in draft.news.iter().chain(&draft.bench) {
            let grouping = items.iter().filter(|item| story(&item.id) == story(&entry.id));
            prop_assert_eq!(entry.also.len() + 1, grouping.clone().count());
            let best = grouping.filter_map(|item| item.score).fold(0.0, f64::max);
            prop_assert_eq!(entry.score, Some(best), "the best telling is shown");
            for other in &entry.also {
                let left = c.left_out.iter().find(|left| left.id == other.id).unwrap();
                prop_assert_eq!(left.duplicate_of.as_deref(), Some(entry.id.as_str()));
            }
        }
    }
}

/// Pairs of the grouping's items by their places, as an editor might join and part them.
fn decided() -> impl Strategy<Value = [Vec<(usize, usize)>; 2]> {
    let pairs = || prop::collection::vec((0..14_usize, 0..14_usize), 0..4);
    [pairs(), pairs()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// The ids in each story: shown, on the bench, or left out because of it.
    #[test]
    fn what_an_editor_joined_and_parted_is_never_undone(items in grouping(), [joined, parted] in decided()) {
        let mut case = Case { items, ..Case::default() };
        let id = |at: &usize| case.items.get(*at).map(|item| item.id.clone());
        let named = |pairs: &[(usize, usize)]| -> Vec<(String, String)> {
            pairs.iter().filter(|(a, b)| a != b).filter_map(|(a, b)| Some((id(a)?, id(b)?))).collect()
        };
        let (joined, parted) = (named(&joined), named(&parted));
        case.decisions = StoryDecisions { joined: joined.clone(), parted: parted.clone() };
        case.edition.news = 14;
        let c = case.run();
        let of = |id: &str| -> String {
            let left = c.left_out.iter().find(|left| left.id == id);
            left.and_then(|left| left.duplicate_of.clone()).unwrap_or_else(|| id.to_owned())
        };
        for (a, b) in &parted {
            prop_assert_ne!(of(a), of(b), "{} and {} were parted", a, b);
        }
        // Apart goes before together, also through a third item.
        for (a, b) in joined.iter().filter(|_| parted.is_empty()) {
            prop_assert_eq!(of(a), of(b), "{} and {} were joined", a, b);
        }
    }

    /// What stands under no heading is a third at most, as long as the stories have headings to stand under.
    #[test]
    fn no_more_than_a_third_stands_under_no_heading(
        which in prop::collection::vec((0..8_usize, 50..100_u8), 0..16), news in 1..14_usize,
    ) {
        const TITLES: [&str; 8] = [
            "Alder sues Beech", "Dogwood launches a voice", "Elm raises $40 million from", "Why nobody needs", "Fir steps down at",
            "How to plant", "A deepfake of", "Bark and leaves of",
        ];
        let item = |(n, (title, score)): (usize, &(usize, u8))| {
            let mut item = fresh(&format!("n{n}"), f64::from(*score) / 10.0);
            item.title = format!("{} {}", TITLES[*title], item.title);
            item
        };
        let mut case = Case { items: which.iter().enumerate().map(item).collect(), ..Case::default() };
        (case.edition.news, case.edition.by_topic, case.edition.min_score) = (news, true, 0.0);
        let c = case.run();
        let shown = &c.draft.as_ref().unwrap().news;
        let bare = shown.iter().skip(1).filter(|entry| entry.topics.is_empty());
        let has_heading = |entry: &&Entry| {
            let item = case.items.iter().find(|item| item.id == entry.id).unwrap();
            Cues::shipped().kind(item, &case.feeds).is_some_and(|found| !found.kind.heading.is_empty())
        };
        let third = shown.len().div_ceil(3).max(2);
        prop_assert!(bare.clone().count() <= third || bare.filter(has_heading).count() == 0);
    }
}
