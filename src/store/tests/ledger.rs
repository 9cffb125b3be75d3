use super::*;

#[test]
fn each_outcome_is_counted_where_it_belongs() {
    let (house, send) = House::sending(6);
    house.with_ledger(send, async |ledger| {
        let outcomes = [
            Outcome::Delivered(reply(250)),
            Outcome::Deferred { reply: reply(451), next: at(300) },
            Outcome::Failed { reply: reply(550), class: RefusalClass::NoMailbox },
            Outcome::Uncertain(Reply::none("no reply within 5 minutes".into())),
        ];
        for outcome in outcomes {
            let copy = claim(&ledger, at(0)).await.expect("a copy");
            ledger.finished(copy.number, outcome, at(1)).await.expect("an outcome");
        }
        claim(&ledger, at(0)).await.expect("a copy that stays under way");
    });
    let expected =
        DeliveryCounts { recipients: 6, delivered: 1, deferred: 1, failed: 1, uncertain: 2, pending: 1, suppressed: 0 };
    assert_eq!(house.counts(), expected);
    let dead = Address::parse("r3@example.org").expect("an address");
    assert_eq!(
        house.store.subscribers().subscriber(&dead).expect("a look").map(|r| r.status),
        Some(SubscriberStatus::Bounced)
    );
}

#[test]
fn a_deferred_copy_comes_back_when_due_with_the_same_date() {
    let (house, send) = House::sending(1);
    house.with_ledger(send, async |ledger| {
        let first = claim(&ledger, at(0)).await.expect("a copy");
        let outcome = Outcome::Deferred { reply: reply(451), next: at(300) };
        ledger.finished(first.number, outcome, at(1)).await.expect("an outcome");
        assert_eq!(claim(&ledger, at(299)).await, None);
        let second = claim(&ledger, at(300)).await.expect("due");
        assert_eq!((second.dated, second.attempts, &second.seed), (first.dated, 1, &first.seed));
        ledger.finished(second.number, Outcome::Requeued(reply(421)), at(301)).await.expect("an outcome");
    });
    let counts = house.counts();
    assert_eq!((counts.deferred, counts.pending), (1, 0), "a copy that was tried is never pending again");
}

#[test]
fn a_crash_leaves_copies_under_way_uncertain_and_all_others_where_they_were() {
    for (policy, pending, uncertain) in [(Uncertain::Resend, 3, 0), (Uncertain::Hold, 2, 1)] {
        let (house, send) = House::sending(3);
        house.with_ledger(send, async |ledger| claim(&ledger, at(0)).await.expect("a copy"));
        assert_eq!(house.counts().uncertain, 1, "nobody sends, so nobody can know");
        let lock = house.store.lock_sender().expect("a lock");
        assert_eq!(house.counts().uncertain, 0, "a sender that lives may yet know");
        assert_eq!(house.store.sends().recover(send, policy, at(9)).expect("a recovery"), 1);
        drop(lock);
        let counts = house.counts();
        assert_eq!((counts.pending, counts.uncertain), (pending, uncertain), "{policy:?}");
    }
}

#[test]
fn an_outcome_and_the_next_copy_are_one_word() {
    let (house, send) = House::sending(2);
    house.with_ledger(send, async |ledger| {
        let first = claim(&ledger, at(0)).await.expect("a copy");
        let ended = Some((first.number, Outcome::Delivered(reply(250))));
        let Ok(Claim::Delivery(second)) = ledger.step(ended, Next::Of(0), at(1)).await else {
            panic!("no second copy")
        };
        assert_ne!(first.number, second.number);
        let ended = Some((second.number, Outcome::Delivered(reply(250))));
        assert_eq!(ledger.step(ended, Next::Of(0), at(2)).await, Ok(Claim::Empty));
    });
    assert_eq!(house.counts().delivered, 2);
}

#[test]
fn a_reserved_copy_is_nobody_elses_and_on_record_only_when_it_begins() {
    let (house, send) = House::sending(3);
    house.with_ledger(send, async |ledger| {
        let first = claim(&ledger, at(0)).await.expect("a copy");
        let Ok(Claim::Delivery(second)) = ledger.reserve(0, at(0)).await else { panic!("no second copy") };
        let Ok(Claim::Delivery(third)) = ledger.reserve(0, at(0)).await else { panic!("no third copy") };
        assert_eq!(ledger.reserve(0, at(0)).await, Ok(Claim::Empty));
        let counts = house.counts_after_death();
        assert_eq!((counts.pending, counts.uncertain), (2, 1), "a crash now leaves one in doubt");
        ledger.release(third.number).await;
        assert_eq!(ledger.reserve(0, at(0)).await, Ok(Claim::Delivery(third)));
        let ended = Some((first.number, Outcome::Delivered(reply(250))));
        assert_eq!(ledger.step(ended, Next::Reserved(second.number), at(1)).await, Ok(Claim::Delivery(second)));
        let counts = house.counts_after_death();
        assert_eq!((counts.delivered, counts.pending, counts.uncertain), (1, 1, 1));
    });
}

#[test]
fn an_outcome_of_a_copy_that_is_not_under_way_is_refused() {
    let (house, send) = House::sending(1);
    let outcome = Outcome::Delivered(reply(250));
    house.with_ledger(send, async |ledger| assert!(ledger.finished(1, outcome, at(0)).await.is_err()));
    assert_eq!(house.counts().pending, 1);
}

#[test]
fn a_subscriber_who_leaves_while_sending_is_suppressed() {
    let (house, send) = House::sending(2);
    house.store.subscribers().remove(&Address::parse("R1@EXAMPLE.org").expect("an address"), at(5)).expect("leaving");
    house.with_ledger(send, async |ledger| {
        assert_eq!(claim(&ledger, at(6)).await.map(|copy| copy.number), Some(2));
        assert_eq!(claim(&ledger, at(6)).await, None);
    });
    assert_eq!(house.counts().suppressed, 1);
}

#[test]
fn a_subscriber_who_leaves_after_the_sender_looked_ahead_is_suppressed_too() {
    let (house, send) = House::sending(3);
    let pages = house.ground.store();
    house.with_ledger(send, async |ledger| {
        assert_eq!(claim(&ledger, at(0)).await.map(|copy| copy.number), Some(1));
        pages.subscribers().remove(&Address::parse("r2@example.org").expect("an address"), at(1)).expect("leaving");
        assert_eq!(claim(&ledger, at(2)).await.map(|copy| copy.number), Some(3));
    });
    assert_eq!(house.counts().suppressed, 1);
}

#[test]
fn the_last_subscriber_who_leaves_is_suppressed_although_nobody_follows() {
    for who in ["claims", "reserves", "asks"] {
        let (house, send) = House::sending(1);
        house
            .store
            .subscribers()
            .remove(&Address::parse("r1@example.org").expect("an address"), at(5))
            .expect("leaving");
        house.with_ledger(send, async |ledger| match who {
            "claims" => assert_eq!(claim(&ledger, at(6)).await, None),
            "reserves" => assert_eq!(ledger.reserve(0, at(6)).await, Ok(Claim::Empty)),
            _ => assert_eq!(ledger.waits(&[0], at(6)).await, Ok(true)),
        });
        assert_eq!(house.counts().suppressed, u64::from(who != "asks"), "who {who}");
    }
}

#[test]
fn what_others_write_while_a_copy_is_reserved_counts_when_it_begins() {
    let (house, send) = House::sending(3);
    let pages = house.ground.store();
    house.with_ledger(send, async |ledger| {
        let first = claim(&ledger, at(0)).await.expect("a copy");
        let Ok(Claim::Delivery(second)) = ledger.reserve(0, at(0)).await else { panic!("no second copy") };
        pages.subscribers().remove(&Address::parse("r2@example.org").expect("an address"), at(1)).expect("leaving");
        let ended = Some((first.number, Outcome::Delivered(reply(250))));
        assert_eq!(ledger.step(ended, Next::Reserved(second.number), at(2)).await, Ok(Claim::Empty));
        let Ok(Claim::Delivery(third)) = ledger.reserve(0, at(2)).await else { panic!("no third copy") };
        pages.sends().stop(send, true, "enough").expect("a stop");
        assert_eq!(ledger.step(None, Next::Reserved(third.number), at(3)).await, Ok(Claim::Stopped));
    });
    let counts = house.counts();
    assert_eq!((counts.delivered, counts.suppressed, counts.pending), (1, 1, 1));
}

#[test]
fn stopping_reaches_a_sender_at_work() {
    let (house, send) = House::sending(2);
    let (ledger, writer) = house.ledger(send);
    let runtime = runtime();
    let writer = runtime.spawn(writer.run());
    assert!(house.store.sends().stop(send, true, "enough").expect("a stop"));
    assert_eq!(runtime.block_on(ledger.claim(0, at(0))), Ok(Claim::Stopped));
    assert!(!house.store.sends().resume(send, false).expect("a word"), "only the operator's own word lets it go on");
    assert!(!house.store.sends().stop(send, false, "the relay is away").expect("a stop"));
    assert_eq!(
        (house.send().by_operator, house.send().reason.as_str()),
        (true, "enough"),
        "the operator's stop stays theirs"
    );
    assert!(house.store.sends().resume(send, true).expect("a word"));
    assert!(matches!(runtime.block_on(ledger.claim(0, at(0))), Ok(Claim::Delivery(_))));
    drop(ledger);
    runtime.block_on(writer).expect("the writer ends");
    assert_eq!(house.send().state, IssueState::Sending);
}

#[test]
fn a_commit_waits_for_those_on_the_wire_but_not_for_ever() {
    for (batch_wait, waits) in [(Duration::from_hours(1), true), (Duration::ZERO, false)] {
        let (house, send) = House::sending(2);
        let (ledger, mut writer) = house.ledger(send);
        writer.batch_wait = batch_wait;
        let spoken = std::cell::Cell::new(false);
        let work = async move {
            let (one, two) = tokio::join!(claim(&ledger, at(0)), claim(&ledger, at(0)));
            let (one, two) = (one.expect("a copy"), two.expect("another"));
            let delivered = || Outcome::Delivered(reply(250));
            let first = async {
                ledger.finished(one.number, delivered(), at(1)).await.expect("an outcome");
                assert_eq!(spoken.get(), waits, "whether the first is answered only when the second has spoken");
            };
            let second = async {
                // It looks whether to commit before it answers the second question; then the first copy's task has a turn.
                for _ in 0..2 {
                    ledger.waits(&[0], at(1)).await.expect("a look");
                }
                tokio::task::yield_now().await;
                spoken.set(true);
                ledger.finished(two.number, delivered(), at(1)).await.expect("an outcome");
            };
            tokio::join!(first, second);
        };
        runtime().block_on(async { tokio::join!(work, writer.run()) });
        assert_eq!(house.counts().delivered, 2);
    }
}

#[test]
fn a_sender_that_wakes_up_after_another_ended_it_writes_nothing() {
    let (house, send) = House::sending(3);
    let (old, old_writer) = house.ledger(send);
    let other = house.ground.store();
    let work = async {
        let copy = claim(&old, at(0)).await.expect("a copy");
        let Ok(Claim::Delivery(reserved)) = old.reserve(0, at(0)).await else { panic!("no second copy") };
        house.let_leases_run_out();
        let sender = other.sends().join(send, &joining()).expect("a sender");
        other.sends().recover(send, Uncertain::Hold, at(1)).expect("a recovery");
        let before = house.counts();
        assert!(old.is_held(), "it does not know yet");
        for now in [1, 2] {
            let delivered = Outcome::Delivered(reply(250));
            assert_eq!(old.step(Some((copy.number, delivered)), Next::Of(0), at(now)).await, Ok(Claim::Expired));
            assert_eq!(old.claim(0, at(now)).await, Ok(Claim::Expired));
            assert_eq!(old.step(None, Next::Reserved(reserved.number), at(now)).await, Ok(Claim::Expired));
        }
        assert_eq!(old.renew().await, Ok(Claim::Expired));
        assert!(!old.is_held());
        assert_eq!(house.counts(), before);
        let (new, new_writer) = other.sends().start_ledger(send, sender, terms()).expect("a ledger");
        let work = async {
            let next = claim(&new, at(3)).await.expect("a copy");
            new.finished(next.number, Outcome::Delivered(reply(250)), at(3)).await.expect("an outcome");
            assert_eq!(old.claim(0, at(4)).await, Ok(Claim::Expired), "whatever the new one writes");
            drop(new);
        };
        tokio::join!(work, new_writer.run());
        drop(old);
    };
    runtime().block_on(async { tokio::join!(work, old_writer.run()) });
    let counts = house.counts();
    assert_eq!((counts.delivered, counts.pending, counts.uncertain), (1, 1, 1));
}

#[test]
fn no_copy_is_two_workers_however_many_ask_in_one_commit() {
    for copies in [1, 2, 300] {
        let (house, send) = House::sending(copies);
        house.with_ledger(send, async |ledger| {
            let asked = futures_util::future::join_all((0..copies + 3).map(|_| claim(&ledger, at(0)))).await;
            let mut numbers: Vec<i64> = asked.into_iter().flatten().map(|copy| copy.number).collect();
            numbers.sort_unstable();
            assert!(numbers.into_iter().eq(1..=i64::try_from(copies).expect("few")), "{copies} copies, each once");
        });
        assert_eq!(house.counts().uncertain, u64::try_from(copies).expect("few"));
    }
}
