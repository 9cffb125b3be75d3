//! Converts local times to instants by the zone's rules. The only place that decides how clock changes affect a time.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The instant at which clocks in `zone` show `time` on `date`: the first of two, or the next that exists where a clock
/// change skips it. The longest skip on record is one day (Samoa, 2011).
pub fn local_instant(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let wanted = date.and_time(time);
    (0..=1500)
        .filter_map(|minutes| wanted.checked_add_signed(TimeDelta::minutes(minutes)))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map_or(wanted.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_time_comes_late_and_a_repeated_one_first() {
        for (zone, date, time, expected) in [
            (Tz::Europe__Paris, "2026-11-25", "07:00", "2026-11-25T06:00:00+00:00"),
            (Tz::Europe__Paris, "2026-03-29", "02:30", "2026-03-29T01:00:00+00:00"),
            (Tz::Europe__Paris, "2026-10-25", "02:30", "2026-10-25T00:30:00+00:00"),
            // Half an hour is skipped, and midnight with it.
            (Tz::Australia__Lord_Howe, "2026-10-04", "02:15", "2026-10-03T15:30:00+00:00"),
            (Tz::America__Sao_Paulo, "2018-11-04", "00:00", "2018-11-04T03:00:00+00:00"),
            // A whole day.
            (Tz::Pacific__Apia, "2011-12-30", "08:00", "2011-12-30T10:00:00+00:00"),
            (Tz::Pacific__Tongatapu, "2026-01-01", "00:00", "2025-12-31T11:00:00+00:00"),
        ] {
            let (date, time) = (date.parse().expect("a date"), format!("{time}:00").parse().expect("a time"));
            assert_eq!(local_instant(date, time, zone).to_rfc3339(), expected, "{zone} {date} {time}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_do_no_harm() {
        for zone in [Tz::UTC, Tz::Pacific__Apia, Tz::Pacific__Pago_Pago] {
            local_instant(NaiveDate::MAX, NaiveTime::MIN, zone);
            local_instant(NaiveDate::MIN, NaiveTime::MIN, zone);
        }
    }
}
