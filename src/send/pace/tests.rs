use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn gmail(rate: u32, connections: usize) -> DomainGroup {
    DomainGroup { domains: vec!["Gmail.com".into(), "googlemail.com".into()], rate, connections }
}

/// The lanes that may start a message now.
fn open(pace: &Pace, now: Instant) -> Vec<Lane> {
    (0..pace.lanes()).filter(|lane| pace.relay.is_open(now) && pace.lanes[*lane].is_open(now)).collect()
}

/// How many messages may be under way over the relay, and by each lane.
fn limits(pace: &Pace) -> (usize, Vec<usize>) {
    (pace.relay.limit, pace.lanes.iter().map(|gate| gate.limit).collect())
}

#[test]
fn a_rate_spaces_messages_of_its_lane_alone() {
    let now = Instant::now();
    let mut pace = Pace::new(0, 8, [gmail(2, 0)].iter(), now);
    pace.start(1, now);
    assert_eq!(open(&pace, now), [0]);
    assert_eq!(pace.opens(now), Some(now + SECOND / 2));
    assert_eq!(open(&pace, now + SECOND / 2), [0, 1]);
    let mut pace = Pace::new(10, 8, [].iter(), now);
    pace.start(0, now);
    assert_eq!(open(&pace, now), [0_usize; 0], "the relay's own rate holds everybody");
    assert_eq!(open(&pace, now + SECOND / 10), [0]);
}

#[test]
fn a_group_that_says_slow_is_halved_and_waits_while_the_others_go_on() {
    let now = Instant::now();
    let mut pace = Pace::new(0, 8, [gmail(0, 0)].iter(), now);
    for _ in 0..4 {
        assert!(pace.start(1, now));
    }
    pace.end(1, now, Told::Slow(Some(30 * SECOND)), now + SECOND);
    assert_eq!(limits(&pace), (8, vec![8, 4]));
    assert_eq!(open(&pace, now + 2 * SECOND), [0]);
    // Three more of the same moment say the same: that is one cut, not four.
    for _ in 0..3 {
        pace.end(1, now, Told::Slow(None), now + SECOND);
    }
    assert_eq!(limits(&pace), (8, vec![8, 4]));
    assert_eq!(open(&pace, now + 31 * SECOND), [0, 1]);
}

#[test]
fn waits_double_while_nothing_good_comes_and_the_limit_grows_back_by_clean_windows() {
    let now = Instant::now();
    let mut pace = Pace::new(0, 4, [gmail(0, 0)].iter(), now);
    let mut at = now;
    for wait in [1, 2, 4, 8] {
        pace.start(1, at);
        pace.end(1, at, Told::Slow(None), at);
        assert!(!open(&pace, at + (10 * wait - 1) * SECOND / 10).contains(&1));
        at += wait * SECOND;
        assert!(open(&pace, at).contains(&1), "{wait}");
    }
    assert_eq!(limits(&pace).1[1], 1);
    let mut good = 0;
    while limits(&pace).1[1] < 4 {
        pace.start(1, at);
        pace.end(1, at, Told::Good, at);
        good += 1;
    }
    assert_eq!(good, WINDOW * (1 + 2 + 3), "from 1 to 4 by clean windows");
}

#[test]
fn a_relay_that_takes_no_more_connections_gets_fewer() {
    let now = Instant::now();
    let mut pace = Pace::new(0, 8, [gmail(0, 0)].iter(), now);
    pace.fewer(now);
    assert_eq!(limits(&pace).0, 4);
    assert_eq!(open(&pace, now), [0_usize; 0]);
    assert_eq!(open(&pace, now + SECOND), [0, 1]);
}

proptest! {
    /// Whatever is told, in whatever order: never more under way than there are connections, and never stuck for longer
    /// than the longest wait once all is quiet.
    #[test]
    fn the_pace_never_overruns_and_never_sticks(steps in prop::collection::vec((0_usize..3, 0_u64..90, 0_u8..5), 1..200)) {
        let origin = Instant::now();
        let groups = [gmail(5, 2), DomainGroup { domains: vec!["x.example".into()], rate: 0, connections: 0 }];
        let mut pace = Pace::new(20, 4, groups.iter(), origin);
        let mut now = origin;
        let mut under_way: Vec<(Lane, Instant)> = Vec::new();
        for (lane, seconds, what) in steps {
            now += Duration::from_secs(seconds);
            if what == 0 && let Some((lane, started)) = under_way.pop() {
                pace.end(lane, started, Told::Good, now);
            } else if what == 1 && let Some((lane, started)) = under_way.pop() {
                pace.end(lane, started, Told::Slow(None), now);
            } else if what == 2 && under_way.is_empty() {
                pace.fewer(now);
            } else if what == 3 && pace.start(lane, now) {
                pace.cancel(lane);
            } else if pace.start(lane, now) {
                under_way.push((lane, now));
            }
            prop_assert!(under_way.len() <= 4);
            prop_assert!(under_way.iter().filter(|(lane, _)| *lane == 1).count() <= 2);
        }
        for (lane, started) in under_way.drain(..) {
            pace.end(lane, started, Told::Good, now);
        }
        prop_assert_eq!(open(&pace, now + LONGEST + SECOND), [0, 1, 2]);
    }
}
