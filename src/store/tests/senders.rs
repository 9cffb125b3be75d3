//! Several senders of one send, on PostgreSQL, and the tallies.

use super::*;

/// Another sender of the same send, with its own connection.
fn another(house: &House, send: i64) -> (Store, Ledger, Writer) {
    let store = house.ground.store();
    let sender = store.sends().join(send, &joining()).expect("a sender");
    let (ledger, writer) = store.sends().start_ledger(send, sender, terms()).expect("a ledger");
    (store, ledger, writer)
}

#[test]
fn two_senders_never_have_the_same_message_and_together_they_have_all() {
    if !Ground::new().is_server() {
        return;
    }
    let (house, send) = House::sending(100);
    let (one, writer) = house.ledger(send);
    let (_store, two, other_writer) = another(&house, send);
    let work = async {
        let mut numbers = Vec::new();
        let mut turn = 0;
        // They take turns at first; then each takes what is left.
        loop {
            let ledger = [&one, &two][turn % 2];
            turn += 1;
            let Some(copy) = claim(ledger, at(0)).await else { break };
            numbers.push(copy.number);
            ledger.finished(copy.number, Outcome::Delivered(reply(250)), at(1)).await.expect("an outcome");
        }
        for ledger in [&one, &two] {
            while let Some(copy) = claim(ledger, at(0)).await {
                numbers.push(copy.number);
                ledger.finished(copy.number, Outcome::Delivered(reply(250)), at(1)).await.expect("an outcome");
            }
        }
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(1..=100), "each once");
        drop((one, two));
    };
    runtime().block_on(async { tokio::join!(work, writer.run(), other_writer.run()) });
    assert_eq!(house.counts().delivered, 100);
}

#[test]
fn what_a_silent_sender_held_is_free_after_a_lease_and_its_outcomes_count_no_more() {
    if !Ground::new().is_server() {
        return;
    }
    let (house, send) = House::sending(10);
    let (one, writer) = house.ledger(send);
    let work = async {
        let copy = claim(&one, at(0)).await.expect("a copy");
        // One that sees the time pass.
        let seconds = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let clock = std::sync::Arc::clone(&seconds);
        let uptime = std::sync::Arc::new(move || Duration::from_secs(clock.load(std::sync::atomic::Ordering::SeqCst)));
        let store = house.ground.store();
        let sender = store.sends().join(send, &joining()).expect("a sender");
        let terms = Terms { lease: Duration::from_secs(8), uptime, ..terms() };
        let (two, other_writer) = store.sends().start_ledger(send, sender, terms).expect("a ledger");
        let others = async {
            assert_eq!(claim(&two, at(0)).await, None, "the first one holds all");
            let pass = async |more: u64| {
                seconds.fetch_add(more, std::sync::atomic::Ordering::SeqCst);
                assert_eq!(two.renew().await, Ok(Claim::Empty));
                two.membership().borrow().size
            };
            // The database was away for longer than a lease: that says nothing.
            assert_eq!((pass(60).await, pass(1).await), (2, 2));
            for _ in 0..7 {
                assert_eq!(pass(1).await, 2, "as it was before this look");
            }
            assert_eq!(pass(1).await, 1);
            let next = claim(&two, at(1)).await.expect("a copy");
            assert_ne!(next.number, copy.number);
            two.finished(next.number, Outcome::Delivered(reply(250)), at(1)).await.expect("an outcome");
            let late = Some((copy.number, Outcome::Delivered(reply(250))));
            assert_eq!(one.step(late, Next::Of(0), at(2)).await, Ok(Claim::Expired), "whatever it says later");
            drop(two);
        };
        tokio::join!(others, other_writer.run());
        drop(one);
    };
    runtime().block_on(async { tokio::join!(work, writer.run()) });
    let counts = house.counts_after_death();
    assert_eq!((counts.delivered, counts.uncertain, counts.pending), (1, 1, 8));
}

#[test]
fn a_late_outcome_does_not_touch_the_message_that_another_sender_has_begun_again() {
    if !Ground::new().is_server() {
        return;
    }
    let (house, send) = House::sending(1);
    let (one, writer) = house.ledger(send);
    let work = async {
        let copy = claim(&one, at(0)).await.expect("a copy");
        house.let_leases_run_out();
        assert_eq!(house.store.sends().recover(send, Uncertain::Resend, at(1)).expect("a recovery"), 1);
        let (_store, two, other_writer) = another(&house, send);
        let others = async {
            let again = claim(&two, at(2)).await.expect("the same one");
            assert_eq!(again.number, copy.number);
            let late = Outcome::Delivered(reply(250));
            assert_eq!(one.step(Some((copy.number, late)), Next::Nothing, at(3)).await, Ok(Claim::Expired));
            assert_eq!(house.counts().delivered, 0, "what the first one says counts no more");
            let outcome = Outcome::Deferred { reply: reply(451), next: at(300) };
            two.finished(again.number, outcome, at(4)).await.expect("an outcome");
            drop(two);
        };
        tokio::join!(others, other_writer.run());
        drop(one);
    };
    runtime().block_on(async { tokio::join!(work, writer.run()) });
    assert_eq!((house.counts().deferred, house.counts().delivered), (1, 0));
}

#[test]
fn a_sender_that_died_on_this_host_is_ended_at_once() {
    if !Ground::new().is_server() {
        return;
    }
    let (house, send) = House::sending(3);
    let sends = house.store.sends();
    let dead = sends.join(send, &Joining { process: "dead".into(), ..joining() }).expect("a sender");
    let elsewhere = sends.join(send, &Joining { process: "another host's".into(), ..joining() }).expect("a sender");
    assert_eq!(sends.alive(send).expect("a count"), 2);
    assert_eq!(sends.end_dead(send, terms().has_died).expect("a look"), 1);
    let left: Vec<i64> = sends.senders().expect("a list").into_iter().map(|sender| sender.id).collect();
    assert_eq!(left, [elsewhere]);
    assert_ne!(dead, elsewhere);
}

#[test]
fn the_tallies_are_what_counting_the_rows_gives() {
    let (house, send) = House::sending(8);
    let check = |when: &str| {
        let counted = house.store.sends().domain_groups(send, &[]).expect("a count").remove(0).counts;
        assert_eq!(house.counts(), counted, "{when}");
    };
    check("frozen");
    house.with_ledger(send, async |ledger| {
        for outcome in [
            Outcome::Delivered(reply(250)),
            Outcome::Deferred { reply: reply(451), next: at(300) },
            Outcome::Failed { reply: reply(550), class: RefusalClass::NoMailbox },
            Outcome::Uncertain(Reply::none("no reply".into())),
            Outcome::Requeued(reply(421)),
        ] {
            let copy = claim(&ledger, at(0)).await.expect("a copy");
            ledger.finished(copy.number, outcome, at(1)).await.expect("an outcome");
            check("after an outcome");
        }
        claim(&ledger, at(0)).await.expect("a copy that stays under way");
        check("in flight");
    });
    check("dead");
    house.store.sends().recover(send, Uncertain::Resend, at(9)).expect("a recovery");
    check("recovered");
    house.store.sends().retry_failed(send).expect("a retry");
    check("requeued");
    house.store.subscribers().remove(&Address::parse("r8@example.org").expect("an address"), at(9)).expect("leaving");
    house.with_ledger(send, async |ledger| while claim(&ledger, at(400)).await.is_some() {});
    check("suppressed");
    assert_eq!(house.counts().suppressed, 2, "who left, and whose address does not exist");
    let classes = house.store.sends().reply_classes(&house.send()).expect("classes");
    let rows = "SELECT count(*) FROM deliveries WHERE send_id = ?1 AND coalesce(code, 0) / 100 = ?2";
    for (class, count) in classes {
        assert_eq!(
            house.store.db.value::<i64>(rows, params![send, class]).expect("a count").unsigned_abs(),
            count,
            "{class}xx"
        );
    }
}

#[test]
fn the_report_of_a_finished_send_stays_true_when_it_is_continued() {
    let (house, send) = House::sending(3);
    let deliver = |outcome: fn() -> Outcome| {
        house.with_ledger(send, async |ledger| {
            while let Some(copy) = claim(&ledger, at(0)).await {
                ledger.finished(copy.number, outcome(), at(1)).await.expect("an outcome");
            }
        });
    };
    let figures = || house.store.sends().figures(&house.send(), None).expect("figures").counts;
    deliver(|| Outcome::Failed { reply: reply(550), class: RefusalClass::Policy });
    assert!(house.store.sends().finish(send, Uncertain::Hold, at(5)).expect("an end"));
    assert_eq!((figures().failed, figures().failed), (3, 3));
    house.store.sends().retry_failed(send).expect("a retry");
    assert_eq!(figures().pending, 3);
    deliver(|| Outcome::Delivered(reply(250)));
    assert!(house.store.sends().finish(send, Uncertain::Hold, at(9)).expect("an end"));
    assert_eq!((figures().delivered, figures().failed), (3, 0));
}
