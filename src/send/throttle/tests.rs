use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn gmail(rate: u32, connections: usize) -> DomainGroup {
    DomainGroup { domains: vec!["Gmail.com".into(), "googlemail.com".into()], rate, connections }
}

/// The domain groups that may start a message now.
fn open(throttle: &Throttle, now: Instant) -> Vec<GroupIndex> {
    (0..throttle.domain_groups())
        .filter(|domain_group| throttle.relay.is_open(now) && throttle.domain_groups[*domain_group].is_open(now))
        .collect()
}

/// How many messages may be under way over the relay, and by each domain group.
fn limits(throttle: &Throttle) -> (usize, Vec<usize>) {
    (throttle.relay.limit, throttle.domain_groups.iter().map(|gate| gate.limit).collect())
}

#[test]
fn a_rate_spaces_messages_of_its_lane_alone() {
    let now = Instant::now();
    let mut throttle = Throttle::new(0, 8, [gmail(2, 0)].iter(), now);
    throttle.start(1, now);
    assert_eq!(open(&throttle, now), [0]);
    assert_eq!(throttle.opens(now), Some(now + SECOND / 2));
    assert_eq!(open(&throttle, now + SECOND / 2), [0, 1]);
    let mut throttle = Throttle::new(10, 8, [].iter(), now);
    throttle.start(0, now);
    assert_eq!(open(&throttle, now), [0_usize; 0], "the relay's own rate holds everybody");
    assert_eq!(open(&throttle, now + SECOND / 10), [0]);
}

#[test]
fn a_group_that_says_slow_is_halved_and_waits_while_the_others_go_on() {
    let now = Instant::now();
    let mut throttle = Throttle::new(0, 8, [gmail(0, 0)].iter(), now);
    for _ in 0..4 {
        assert!(throttle.start(1, now));
    }
    throttle.end(1, now, Feedback::Slow(Some(30 * SECOND)), now + SECOND);
    assert_eq!(limits(&throttle), (8, vec![8, 4]));
    assert_eq!(open(&throttle, now + 2 * SECOND), [0]);
    // Three more of the same moment say the same: that is one cut, not four.
    for _ in 0..3 {
        throttle.end(1, now, Feedback::Slow(None), now + SECOND);
    }
    assert_eq!(limits(&throttle), (8, vec![8, 4]));
    assert_eq!(open(&throttle, now + 31 * SECOND), [0, 1]);
}

#[test]
fn waits_double_while_nothing_good_comes_and_the_limit_grows_back_by_clean_windows() {
    let now = Instant::now();
    let mut throttle = Throttle::new(0, 4, [gmail(0, 0)].iter(), now);
    let mut at = now;
    for wait in [1, 2, 4, 8] {
        throttle.start(1, at);
        throttle.end(1, at, Feedback::Slow(None), at);
        assert!(!open(&throttle, at + (10 * wait - 1) * SECOND / 10).contains(&1));
        at += wait * SECOND;
        assert!(open(&throttle, at).contains(&1), "{wait}");
    }
    assert_eq!(limits(&throttle).1[1], 1);
    let mut good = 0;
    while limits(&throttle).1[1] < 4 {
        throttle.start(1, at);
        throttle.end(1, at, Feedback::Good, at);
        good += 1;
    }
    assert_eq!(good, WINDOW * (1 + 2 + 3), "from 1 to 4 by clean windows");
}

#[test]
fn what_says_nothing_about_the_pace_leaves_it_as_it_is() {
    let now = Instant::now();
    let mut throttle = Throttle::new(0, 4, std::iter::empty(), now);
    throttle.start(0, now);
    throttle.end(0, now, Feedback::Slow(None), now);
    let slow = limits(&throttle);
    for _ in 0..10 * WINDOW {
        throttle.start(0, now + SECOND);
        throttle.end(0, now + SECOND, Feedback::None, now + SECOND);
    }
    assert_eq!(limits(&throttle), slow, "neither slower nor faster");
    assert_eq!(open(&throttle, now + SECOND), [0]);
}

proptest! {
    /// Whatever is told, in whatever order: never more under way than there are connections, and never stuck for longer
    /// than the longest wait once all is quiet.
    #[test]
    fn the_pace_never_overruns_and_never_sticks(steps in prop::collection::vec((0_usize..3, 0_u64..90, 0_u8..5), 1..200)) {
        let origin = Instant::now();
        let groups = [gmail(5, 2), DomainGroup { domains: vec!["x.example".into()], rate: 0, connections: 0 }];
        let mut throttle = Throttle::new(20, 4, groups.iter(), origin);
        let mut now = origin;
        let mut under_way: Vec<(GroupIndex, Instant)> = Vec::new();
        for (domain_group, seconds, what) in steps {
            now += Duration::from_secs(seconds);
            if what == 0 && let Some((domain_group, started)) = under_way.pop() {
                throttle.end(domain_group, started, Feedback::Good, now);
            } else if what == 1 && let Some((domain_group, started)) = under_way.pop() {
                throttle.end(domain_group, started, Feedback::Slow(None), now);
            } else if what == 2 && let Some((domain_group, started)) = under_way.pop() {
                throttle.end(domain_group, started, Feedback::None, now);
            } else if what == 3 && throttle.start(domain_group, now) {
                throttle.cancel(domain_group);
            } else if throttle.start(domain_group, now) {
                under_way.push((domain_group, now));
            }
            prop_assert!(under_way.len() <= 4);
            prop_assert!(under_way.iter().filter(|(domain_group, _)| *domain_group == 1).count() <= 2);
        }
        for (domain_group, started) in under_way.drain(..) {
            throttle.end(domain_group, started, Feedback::Good, now);
        }
        prop_assert_eq!(open(&throttle, now + LONGEST + SECOND), [0, 1, 2]);
    }
}

#[test]
fn senders_share_what_one_may_do() {
    let now = Instant::now();
    for (connections, rate) in [(1, 0), (3, 10), (8, 3)] {
        let group = gmail(rate, connections);
        for size in 1..=5 {
            let shares: Vec<Throttle> = (0..size)
                .map(|rank| {
                    let mut throttle = Throttle::new(20, 10, std::iter::once(&group), now);
                    throttle.share(rank, size);
                    throttle
                })
                .collect();
            let most: usize = shares.iter().map(|throttle| throttle.domain_groups[1].most).sum();
            assert_eq!(most, connections, "{size} senders");
            assert!(
                shares.iter().all(|throttle| throttle.domain_groups[0].most == 10),
                "connections are each sender's own"
            );
            let gap = |gate: &Gate| gate.gap;
            let times = u32::try_from(size).expect("few");
            assert!(shares.iter().all(|throttle| gap(&throttle.relay) == Duration::from_millis(50) * times));
            assert!(shares.iter().all(|throttle| throttle.ours().contains(&1) == (throttle.domain_groups[1].most > 0)));
        }
    }
}

#[test]
fn a_share_changes_as_senders_come_and_go_and_what_was_learned_stays() {
    let now = Instant::now();
    let mut throttle = Throttle::new(0, 10, std::iter::once(&gmail(0, 8)), now);
    assert!(throttle.start(1, now));
    throttle.end(1, now, Feedback::Slow(None), now);
    assert_eq!(throttle.domain_groups[1].limit, 4);
    for (size, limit, most) in [(2, 4, 4), (4, 2, 2), (8, 1, 1), (1, 8, 8)] {
        throttle.share(0, size);
        assert_eq!((throttle.domain_groups[1].limit, throttle.domain_groups[1].most), (limit, most), "{size} senders");
    }
    throttle.share(7, 9);
    assert_eq!(throttle.domain_groups[1].most, 1);
    throttle.share(8, 9);
    assert!(!throttle.start(1, now + Duration::from_hours(1)), "the others have the whole share");
    let mut limited = Throttle::new(10, 10, std::iter::once(&gmail(0, 0)), now);
    limited.delay(now + Duration::from_secs(2));
    assert!(!limited.start(0, now + Duration::from_secs(1)));
    assert!(limited.start(0, now + Duration::from_secs(2)));
}
