//! The calendar by a table and by property: twenty years in zones with strange clocks.

use chrono::{NaiveTime, TimeDelta, TimeZone, Weekday};
use proptest::prelude::*;

use super::*;

fn edition(send: &str) -> Edition {
    Edition { send: send.parse().expect("a week time"), ..Edition::default() }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

#[test]
fn the_next_issue_is_the_first_send_time_not_past() {
    for (now, expected) in [
        ("2026-11-22T12:00:00Z", "2026-11-25"),
        ("2026-11-25T05:59:59Z", "2026-11-25"),
        ("2026-11-25T06:00:00Z", "2026-11-25"),
        ("2026-11-25T06:00:01Z", "2026-12-02"),
        ("2026-11-24T23:30:00Z", "2026-11-25"),
    ] {
        let next = next_date(&edition("Wed 07:00"), at(now), Tz::Europe__Paris);
        assert_eq!(next, Some(date(expected)), "{now}");
    }
}

#[test]
fn the_next_runs_over_changes_of_clocks_leap_days_and_the_date_line() {
    for (zone, send, from, expected) in [
        // 02:30 does not exist on 29 March, and exists twice on 25 October.
        (Tz::Europe__Paris, "Sun 02:30", "2026-03-22T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z"]),
        (Tz::Europe__Paris, "Sun 02:30", "2026-10-19T00:00:00Z", ["2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"]),
        // The second 02:30 of that day is not another run.
        (Tz::Europe__Paris, "Sun 02:30", "2026-10-25T00:30:01Z", ["2026-11-01T01:30:00Z", "2026-11-08T01:30:00Z"]),
        (Tz::Asia__Kathmandu, "Mon 06:00", "2026-01-01T00:00:00Z", ["2026-01-05T00:15:00Z", "2026-01-12T00:15:00Z"]),
        (Tz::Pacific__Tongatapu, "Thu 00:00", "2025-12-30T00:00:00Z", ["2025-12-31T11:00:00Z", "2026-01-07T11:00:00Z"]),
        (Tz::UTC, "Thu 12:00", "2024-02-23T00:00:00Z", ["2024-02-29T12:00:00Z", "2024-03-07T12:00:00Z"]),
        // Samoa had no Friday, 30 December 2011: it is late, not lost.
        (Tz::Pacific__Apia, "Fri 08:00", "2011-12-24T00:00:00Z", ["2011-12-30T10:00:00Z", "2012-01-05T18:00:00Z"]),
    ] {
        let found: Vec<DateTime<Utc>> = runs(&edition(send), at(from), zone).take(2).map(|run| run.at).collect();
        assert_eq!(found, expected.map(at), "{zone} {send} from {from}");
    }
}

#[test]
fn dates_are_left_out_and_added() {
    let edition = Edition {
        skip: vec![date("2026-12-23"), date("2026-12-30")],
        extra: vec![date("2026-12-24"), date("2026-12-30")],
        ..edition("Wed 07:00")
    };
    let found: Vec<String> =
        runs(&edition, at("2026-12-10T00:00:00Z"), Tz::UTC).take(4).map(|run| run.date.to_string()).collect();
    assert_eq!(found, ["2026-12-16", "2026-12-24", "2027-01-06", "2027-01-13"]);
}

#[test]
fn the_end_of_the_calendar_is_an_end() {
    let last = DateTime::<Utc>::MAX_UTC;
    assert_eq!(next_date(&edition("Wed 07:00"), last, Tz::UTC), None);
    assert!(next_date(&edition("Wed 07:00"), DateTime::<Utc>::MIN_UTC, Tz::UTC).is_some());
}

const ZONES: [Tz; 14] = [
    Tz::UTC,
    Tz::Europe__Paris,
    Tz::America__New_York,
    Tz::America__Sao_Paulo,
    Tz::America__St_Johns,
    Tz::Asia__Kolkata,
    Tz::Asia__Kathmandu,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Chatham,
    Tz::Pacific__Tongatapu,
    Tz::Pacific__Apia,
    Tz::Pacific__Kiritimati,
    Tz::Africa__Casablanca,
    Tz::Asia__Gaza,
];

const DAYS: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

#[test]
fn twenty_years_of_every_zone_have_one_run_a_week() {
    let from = at("2010-01-04T00:00:00Z");
    for zone in ZONES {
        for (day, minute) in DAYS.into_iter().zip([0_u32, 90, 150, 165, 420, 1380, 1439]) {
            let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).expect("a time");
            let edition = Edition { send: WeekTime { day, time }, ..Edition::default() };
            let found: Vec<Run> = runs(&edition, from, zone).take(20 * 52).collect();
            for pair in found.windows(2) {
                assert_eq!(pair[1].date - pair[0].date, TimeDelta::days(7), "{zone} {day} {time}");
                assert!(pair[1].at > pair[0].at, "{zone} {day} {time}: {pair:?}");
            }
            for run in &found {
                assert_eq!(run.date.weekday(), day);
                let shown = run.at.with_timezone(&zone).naive_local();
                let late = shown - run.date.and_time(time);
                // The clock shows the time, but where it does not exist: then the first after the gap.
                let exists = zone.from_local_datetime(&run.date.and_time(time)).earliest().is_some();
                assert!(if exists { late.is_zero() } else { late > TimeDelta::zero() && late <= TimeDelta::days(1) });
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_looks_at_any_moments_sees_each_run_once(
        zone in proptest::sample::select(ZONES.to_vec()),
        day in proptest::sample::select(DAYS.to_vec()),
        minute in 0..1440_u32,
        start in 1_200_000_000_i64..1_900_000_000,
        looks in proptest::collection::vec(1_i64..2_000_000, 1..60),
        skip in proptest::collection::vec(0_u64..200, 0..4),
        extra in proptest::collection::vec(0_u64..200, 0..4),
    ) {
        let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).expect("a time");
        let origin = DateTime::from_timestamp(start, 0).expect("a time");
        let dates = |days: Vec<u64>| days.into_iter().map(|n| origin.date_naive() + Days::new(n)).collect::<Vec<_>>();
        let edition = Edition {
            send: WeekTime { day, time },
            skip: dates(skip),
            extra: dates(extra),
            ..Edition::default()
        };
        let mut seen = Vec::new();
        let mut from = origin;
        for wait in looks {
            let to = from + TimeDelta::seconds(wait);
            seen.extend(runs(&edition, from, zone).take_while(|run| run.at < to));
            from = to;
        }
        let all: Vec<Run> = runs(&edition, origin, zone).take_while(|run| run.at < from).collect();
        prop_assert_eq!(&seen, &all, "looking often or once finds the same");
        prop_assert!(all.windows(2).all(|pair| pair[0].date < pair[1].date && pair[0].at <= pair[1].at));
        prop_assert!(all.iter().all(|run| !edition.skip.contains(&run.date)));
    }
}
