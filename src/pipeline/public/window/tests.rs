use proptest::prelude::*;

use super::*;

fn issue() -> IssueName {
    "2026-11-25-midweek".parse().expect("a name")
}

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_764_054_000_000 + ms).expect("a time")
}

/// What these clicks, each a visitor, a key and the second it comes at, count for once all is over.
fn counted(clicks: &[(u64, &str, i64)]) -> Vec<(String, u64)> {
    let (mut window, mut counts) = (Window::default(), ClickCounts::new());
    for (visitor, key, second) in clicks {
        let now = at(second * 1_000);
        window.settle(now, &mut counts);
        window.click(*visitor, &issue(), key, now, &mut counts);
    }
    window.close(&mut counts);
    counts.into_iter().map(|((_, key), count)| (key, count)).collect()
}

#[test]
fn a_person_counts_once_a_link_and_a_scanner_not_at_all() {
    let some = |lines: &[(&str, u64)]| lines.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect::<Vec<_>>();
    for (name, clicks, expected) in [
        ("one", vec![(1, "a", 0)], some(&[("a", 1)])),
        ("twice at once", vec![(1, "a", 0), (1, "a", 1), (1, "a", 2)], some(&[("a", 1)])),
        ("again after a rest", vec![(1, "a", 0), (1, "a", 10)], some(&[("a", 2)])),
        ("three links", vec![(1, "a", 0), (1, "b", 1), (1, "c", 2)], some(&[("a", 1), ("b", 1), ("c", 1)])),
        ("four links", vec![(1, "a", 0), (1, "b", 1), (1, "c", 2), (1, "d", 3)], vec![]),
        ("four and one again", vec![(1, "a", 0), (1, "b", 1), (1, "c", 2), (1, "d", 3), (1, "a", 4)], vec![]),
        ("slowly, but without a rest", vec![(1, "a", 0), (1, "b", 9), (1, "c", 18), (1, "d", 27)], vec![]),
        (
            "four with a rest",
            vec![(1, "a", 0), (1, "b", 1), (1, "c", 20), (1, "d", 21)],
            some(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]),
        ),
        ("two networks", vec![(1, "a", 0), (2, "a", 0), (2, "b", 1)], some(&[("a", 2), ("b", 1)])),
        (
            "a scanner beside a person",
            vec![(2, "a", 0), (1, "a", 0), (1, "b", 0), (1, "c", 0), (1, "d", 0)],
            some(&[("a", 1)]),
        ),
    ] {
        assert_eq!(counted(&clicks), expected, "{name}");
    }
}

#[test]
fn a_crowd_costs_no_memory_and_those_under_way_still_count() {
    let (mut window, mut counts) = (Window::default(), ClickCounts::new());
    let crowd = u64::try_from(MOST).expect("a number") + 5_000;
    for visitor in 0..crowd {
        window.click(visitor, &issue(), "a", at(0), &mut counts);
    }
    assert_eq!(window.visits.len(), MOST);
    window.click(3, &issue(), "b", at(1), &mut counts);
    window.settle(at(60_000), &mut counts);
    assert!(window.is_empty(), "all is forgotten within the minute");
    assert_eq!(counts.values().sum::<u64>(), u64::try_from(MOST).expect("a number") + 1);
}

#[test]
fn a_network_that_never_rests_is_forgotten_too() {
    let (mut window, mut counts) = (Window::default(), ClickCounts::new());
    for second in 0..600 {
        window.settle(at(second * 1_000), &mut counts);
        window.click(1, &issue(), &format!("k{second}"), at(second * 1_000), &mut counts);
        let held = window.visits.values().next().expect("a visit");
        assert!(at(second * 1_000) - held.first < TimeDelta::seconds(60) && held.keys.len() <= FEW + 1);
    }
    assert!(counts.is_empty(), "a scanner at work for ten minutes: {counts:?}");
}

proptest! {
    /// Whatever comes: what is counted was clicked, no visit counts a link twice or more than a few, none outlives a minute.
    #[test]
    fn counts_are_never_more_than_clicks(steps in prop::collection::vec((0u64..4, 0usize..6, 0i64..15_000), 0..200)) {
        let (mut window, mut counts) = (Window::default(), ClickCounts::new());
        let (mut now, mut clicked) = (0, BTreeMap::<String, u64>::new());
        for (visitor, key, wait) in steps {
            now += wait;
            let key = format!("k{key}");
            window.settle(at(now), &mut counts);
            window.click(visitor, &issue(), &key, at(now), &mut counts);
            *clicked.entry(key).or_default() += 1;
            for visit in window.visits.values() {
                prop_assert!(at(now) - visit.first < TimeDelta::minutes(1) && visit.keys.len() <= FEW + 1);
            }
        }
        window.settle(at(now + 60_000), &mut counts);
        prop_assert!(window.is_empty());
        for ((_, key), count) in counts {
            prop_assert!(count <= clicked[&key]);
        }
    }
}
