//! Polls: answers add up, only to polls that were mailed, and no more is kept than a number an answer.

use super::*;

fn counts(house: &House) -> Vec<u64> {
    let counts = house.store.issues().poll_counts(&issue()).expect("a look").expect("a poll");
    counts.answers.iter().map(|answer| answer.count).collect()
}

#[test]
fn answers_add_up_and_zero_is_a_count() {
    let (house, _) = House::sending(1);
    assert_eq!(counts(&house), [0, 0, 0]);
    for answer in [3, 1, 3] {
        assert!(house.store.issues().count_answer(&issue(), answer).expect("an answer"), "{answer}");
    }
    for answer in [0, 4, 255] {
        assert!(!house.store.issues().count_answer(&issue(), answer).expect("a look"), "{answer} is no answer");
    }
    assert_eq!(counts(&house), [1, 0, 2]);
    let told = house.store.issues().poll_counts(&issue()).expect("a look").expect("a poll");
    assert_eq!((told.total(), told.to_string().as_str()), (3, "Useful? Yes 1, So-so 0, No 2"));
}

#[test]
fn a_poll_that_was_not_mailed_has_no_page_and_no_counts() {
    let mut house = House::new();
    let look = |house: &House| {
        let issues = house.store.issues();
        (issues.poll(&issue()).expect("a look"), issues.count_answer(&issue(), 1).expect("a look"))
    };
    assert_eq!(look(&house), (None, false), "nothing is approved");
    house.approve();
    assert_eq!(look(&house), (None, false), "the send has not begun");
    house.put(&[row("r1@example.org", SubscriberStatus::Confirmed, &[])]);
    house.store.sends().freeze_audience(&issue(), at(0)).expect("a freeze");
    assert_eq!(look(&house), (Some(poll()), true));
    let db = &house.store.db;
    let frozen: String = db.value("SELECT frozen FROM approvals", params![]).expect("an issue");
    let mut frozen: serde_json::Value = serde_json::from_str(&frozen).expect("JSON");
    frozen["rendered"].as_object_mut().expect("an object").remove("poll").expect("a poll");
    db.execute("UPDATE approvals SET frozen = ?1", params![frozen.to_string()]).expect("an issue without a poll");
    assert_eq!(look(&house), (None, false));
}

#[test]
fn a_poll_is_found_in_an_issue_with_a_nul_in_it() {
    let (house, _) = House::sending(1);
    let db = &house.store.db;
    let frozen: String = db.value("SELECT frozen FROM approvals", params![]).expect("an issue");
    let frozen = frozen.replace("\"subject\":\"S\"", "\"subject\":\"S\\u0000\\\\u0000\"");
    assert!(frozen.contains("u0000"), "{frozen}");
    db.execute("UPDATE approvals SET frozen = ?1", params![frozen]).expect("a NUL");
    assert_eq!(house.store.issues().poll(&issue()).expect("a look"), Some(poll()));
}

#[test]
fn nothing_is_kept_but_a_number_an_answer() {
    assert_eq!(House::new().columns("poll_answers"), ["issue", "answer", "count"]);
}
