//! Who waits for whom in a send: domain groups, and the canary whose outcomes the others wait for.

use super::*;

/// A send to subscribers at these addresses.
fn sending_to(emails: &[&str]) -> (House, i64) {
    let mut house = House::new();
    house.put(&emails.iter().map(|email| row(email, SubscriberStatus::Confirmed, &[])).collect::<Vec<_>>());
    house.approve();
    house.store.sends().freeze_audience(&issue(), at(0)).expect("a freeze");
    let send = house.send().id;
    (house, send)
}

fn group(domains: &[&str]) -> Vec<String> {
    domains.iter().map(|domain| (*domain).to_owned()).collect()
}

async fn claim_of(ledger: &Ledger, domain_group: usize, now: i64) -> Option<i64> {
    match ledger.claim(domain_group, at(now)).await.expect("a claim") {
        Claim::Delivery(delivery) => Some(delivery.number),
        _ => None,
    }
}

#[test]
fn recipients_wait_in_the_group_of_their_domain() {
    let (house, send) =
        sending_to(&["a@one.example", "b@two.example", "c@three.example", "d@ONE.example", "e@uno.example"]);
    let sends = house.store.sends();
    let (ones, twos) = (group(&["One.Example", "uno.example"]), group(&["two.example"]));
    sends.assign_domain_groups(send, [ones.as_slice(), &twos].into_iter()).expect("groups");
    house.with_ledger(send, async |ledger| {
        assert!(ledger.waits(&[2, 1], at(0)).await.expect("a look"));
        assert_eq!(claim_of(&ledger, 2, 0).await, Some(2));
        assert_eq!(claim_of(&ledger, 2, 0).await, None);
        assert!(!ledger.waits(&[2, 3], at(0)).await.expect("a look"));
        for number in [1, 4, 5] {
            assert_eq!(claim_of(&ledger, 1, 0).await, Some(number));
        }
        assert_eq!(claim_of(&ledger, 1, 0).await, None);
        let later = Outcome::Deferred { reply: reply(450), next: at(60) };
        ledger.finished(4, later, at(1)).await.expect("an outcome");
        ledger.finished(1, Outcome::Delivered(reply(250)), at(1)).await.expect("an outcome");
        assert_eq!(claim_of(&ledger, 1, 59).await, None);
        assert!(
            !ledger.waits(&[1], at(59)).await.expect("a look") && ledger.waits(&[1], at(60)).await.expect("a look")
        );
        assert_eq!(claim_of(&ledger, 0, 59).await, Some(3));
    });
    let counted = sends.domain_groups(send, &[&ones, &twos]).expect("counts");
    let told: Vec<_> = counted
        .iter()
        .map(|of| (of.counts.recipients, of.counts.delivered, of.counts.deferred, of.counts.uncertain, of.next_due))
        .collect();
    assert_eq!(told, [(3, 1, 1, 1, Some(at(60))), (1, 0, 0, 1, None), (1, 0, 0, 1, None)]);
    sends.assign_domain_groups(send, std::iter::empty()).expect("no groups");
    house.with_ledger(send, async |ledger| {
        assert_eq!(claim_of(&ledger, 0, 60).await, Some(4), "everybody is in group 0");
    });
}

#[test]
fn nobody_waits_longer_than_the_longest_wait_after_a_clock_was_set_back() {
    let (house, send) = House::sending(2);
    house.with_ledger(send, async |ledger| {
        for next in [500, 50] {
            let copy = claim(&ledger, at(0)).await.expect("a copy");
            ledger
                .finished(copy.number, Outcome::Deferred { reply: reply(450), next: at(next) }, at(0))
                .await
                .expect("done");
        }
    });
    house.store.sends().clamp_waits(send, at(0), Duration::from_mins(1)).expect("a look");
    house.with_ledger(send, async |ledger| {
        assert_eq!(claim(&ledger, at(59)).await.map(|copy| copy.number), Some(2), "a shorter wait stays");
        assert_eq!(claim(&ledger, at(59)).await, None);
        assert_eq!(claim(&ledger, at(60)).await.map(|copy| copy.number), Some(1));
    });
}

#[test]
fn the_others_wait_for_the_canary_until_it_has_passed() {
    let (house, send) = House::sending(5);
    let sends = house.store.sends();
    assert_eq!((sends.begin_canary(send, 3).expect("a canary"), sends.begin_canary(send, 2).expect("a look")), (3, 3));
    assert_eq!(sends.hold_back(send, &[1, 2, 4]).expect("a hold"), 2);
    assert_eq!(sends.due(send).expect("a look"), Some(from_ms(0).expect("a time")), "the canary is due now");
    let tally = || sends.canary_tally(send, &[1, 2, 4]).expect("a tally");
    assert_eq!(tally(), CanaryTally { pending: 3, ..CanaryTally::default() });
    house.with_ledger(send, async |ledger| {
        let outcomes = [
            (1, Outcome::Delivered(reply(250))),
            (2, Outcome::Failed { reply: reply(550), class: RefusalClass::NoMailbox }),
            (4, Outcome::Deferred { reply: reply(450), next: at(1_000) }),
        ];
        for (number, outcome) in outcomes {
            assert_eq!(claim(&ledger, at(0)).await.map(|copy| copy.number), Some(number));
            ledger.finished(number, outcome, at(1)).await.expect("an outcome");
        }
        assert_eq!(claim(&ledger, at(1)).await, None, "the others are held back");
    });
    assert_eq!(tally(), CanaryTally { pending: 0, deferred: 1, answered: 2, refusals: vec![reply(550)] });
    assert_eq!(sends.due(send).expect("a look"), Some(at(1_000)));
    for now in [10, 20] {
        sends.canary_served(send, at(now)).expect("a note");
        sends.canary_passed(send, at(now + 1)).expect("a release");
    }
    let told = house.send();
    assert_eq!(
        (told.canary, told.canary_served, told.canary_passed),
        (3, Some(at(10)), Some(at(11))),
        "the first time stays"
    );
    assert_eq!(sends.begin_canary(send, 9).expect("a look"), 3, "one canary a send");
    house.with_ledger(send, async |ledger| {
        for number in [3, 5] {
            assert_eq!(claim(&ledger, at(900)).await.map(|copy| copy.number), Some(number));
            ledger.finished(number, Outcome::Delivered(reply(250)), at(901)).await.expect("an outcome");
        }
    });
    let quarter = |seconds: i64| at(seconds.div_euclid(900) * 900);
    let tried = sends.tried_since(at(0)).expect("a look");
    assert_eq!(tried, [(quarter(0), 3), (quarter(900), 2)], "first tries by quarter of an hour");
    assert_eq!(sends.tried_since(at(1)).expect("a look"), [(quarter(900), 2)]);
}

#[test]
fn whoever_is_lost_after_the_message_came_is_counted() {
    let (house, send) = House::sending(4);
    house.with_ledger(send, async |ledger| {
        for _ in 0..3 {
            let copy = claim(&ledger, at(1)).await.expect("a copy");
            ledger.finished(copy.number, Outcome::Delivered(reply(250)), at(1)).await.expect("an outcome");
        }
    });
    let sends = house.store.sends();
    assert_eq!(sends.lost_later(send).expect("a look"), (0, 0));
    let off = "UPDATE subscribers SET status = ?2, left_ms = ?3 WHERE email_key = ?1";
    for (number, status, left) in [(1, "bounced", 5), (2, "complained", 0), (3, "complained", -1), (4, "bounced", 5)] {
        house
            .store
            .db
            .execute(off, params![format!("r{number}@example.org"), status, to_ms(at(left))])
            .expect("a change");
    }
    assert_eq!(sends.lost_later(send).expect("a look"), (1, 1), "neither before the send nor without a message");
}
