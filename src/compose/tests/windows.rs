//! What lies inside an edition's window, what is carried over it, and what no issue carries twice.

use super::cases::{draft, with};
use super::*;

#[test]
fn every_window_looks_back_as_far_as_its_edition_says_and_over_a_gap_to_the_last_issue() {
    let mut case = Case::default();
    let first = window(&case.brief());
    assert_eq!((first.from, first.to), (utc("2026-11-18T07:00:00Z"), utc("2026-11-25T07:00:00Z")));
    assert_eq!(first.seen, utc("2026-11-25T06:00:00Z"));
    case.past = vec![
        past("2026-11-22-sunday", "2026-11-22T07:00:00Z", "2026-11-22T06:00:00Z"),
        past("2026-11-18-midweek", "2026-11-18T07:00:00Z", "2026-11-18T06:00:00Z"),
        past("2026-11-29-sunday", "2026-11-29T07:00:00Z", "2026-11-29T06:00:00Z"),
        past("2026-11-25-midweek", "2026-11-25T07:00:00Z", "2026-11-25T05:00:00Z"),
    ];
    assert_eq!(window(&case.brief()).from, utc("2026-11-18T07:00:00Z"), "Sunday's window does not shorten it");
    case.past = vec![past("2026-11-08-sunday", "2026-11-08T07:00:00Z", "2026-11-08T06:00:00Z")];
    assert_eq!(window(&case.brief()).from, utc("2026-11-08T06:00:00Z"), "nothing is lost where no issue went out");
}

#[test]
fn the_send_time_is_local_and_a_skipped_hour_becomes_the_next_that_exists() {
    for (zone, date, send, to) in [
        (Tz::Europe__Paris, "2026-11-25", "Wed 07:00", "2026-11-25T06:00:00Z"),
        (Tz::Europe__Paris, "2026-03-29", "Sun 02:30", "2026-03-29T01:00:00Z"),
        (Tz::Europe__Paris, "2026-10-25", "Sun 02:30", "2026-10-25T00:30:00Z"),
        (Tz::Pacific__Apia, "2011-12-30", "Fri 07:00", "2011-12-30T10:00:00Z"),
    ] {
        let edition = Edition { send: send.parse().unwrap(), ..Edition::default() };
        let case = Case { edition, zone, date, ..Case::default() };
        assert_eq!(window(&case.brief()).to, utc(to), "{zone} {date}");
    }
}

#[test]
fn only_what_lies_inside_the_window_counts() {
    let c = with(vec![
        item("at-the-end", 8.0, "2026-11-25T07:00:00Z"),
        item("after", 9.0, "2026-11-25T07:00:01Z"),
        item("at-the-start", 9.0, "2026-11-18T07:00:00Z"),
        item("first-day", 8.0, "2026-11-18"),
        item("last-day", 8.0, "2026-11-25"),
        item("tomorrow", 8.0, "2026-11-26"),
        item("too-old", 8.0, "2026-11-17"),
    ])
    .run();
    let mut inside = ids(&c);
    inside.sort_unstable();
    assert_eq!(inside, ["at-the-end", "first-day", "last-day"]);
    assert_eq!(reason(&c, "after"), "dated after this issue");
    assert_eq!(reason(&c, "tomorrow"), "dated after this issue");
    let carried: Vec<&str> = c.notices.iter().map(|n| n.message.as_str()).collect();
    assert_eq!(
        carried,
        [
            "2 items are dated after this issue's send time, 2026-11-25 07:00",
            "2 items lie outside the window 2026-11-18 07:00 – 2026-11-25 07:00",
        ]
    );
}

#[test]
fn an_empty_window_says_where_the_news_is() {
    let c = with(vec![item("old", 8.0, "2026-09-01")]).run();
    let help = c.notices.iter().find(|n| n.message.starts_with("no news inside")).unwrap().help.as_ref().unwrap();
    assert!(help.contains("2026-09-01") && help.contains("--date"), "{help}");
    assert_eq!(draft(&c).subject, "Midweek, 2026-11-25");
}

#[test]
fn what_no_issue_carried_stays_a_candidate_and_says_where_it_was() {
    let mut case = with(vec![
        item("late", 8.0, "2026-11-22T06:30:00Z"),
        item("left", 9.0, "2026-11-20T05:30:00Z"),
        item("sent", 9.0, "2026-11-20T05:30:00Z"),
        item("bench", 9.0, "2026-11-19T05:30:00Z"),
    ]);
    let mut sunday = past("2026-11-22-sunday", "2026-11-22T07:00:00Z", "2026-11-22T06:00:00Z");
    sunday.stories = vec![carried("sent", "")];
    sunday.bench = vec!["bench".into()];
    case.past = vec![sunday];
    let c = case.run();
    assert_eq!(ids(&c), ["left", "bench", "late"]);
    let why = |at: usize| draft(&c).news[at].why.trim_end_matches("; no guide fits").to_owned();
    assert_eq!(why(0), "score 9, 5 days old");
    assert_eq!(why(1), "score 9, 6 days old, on the bench of 2026-11-22-sunday");
    assert_eq!(why(2), "score 8, 3 days old, published after 2026-11-22-sunday was composed");
    assert_eq!(reason(&c, "sent"), "already in 2026-11-22-sunday");
}

#[test]
fn nothing_is_carried_twice_by_id_or_by_url() {
    let mut other_id = fresh("b", 8.0);
    other_id.url = Some("HTTP://Example.org/story/?utm_source=x".into());
    let mut case = with(vec![fresh("a", 8.0), other_id, fresh("c", 8.0)]);
    let mut sunday = past("2026-11-22-sunday", "2026-11-22T07:00:00Z", "2026-11-22T07:00:00Z");
    sunday.stories = vec![carried("a", "https://example.org/story")];
    case.past = vec![sunday];
    let c = case.run();
    assert_eq!(ids(&c), ["c"]);
    assert_eq!(reason(&c, "a"), "already in 2026-11-22-sunday");
    assert_eq!(reason(&c, "b"), "already in 2026-11-22-sunday");
}
