//! When an edition goes out, as a function of the time now. Knows no clock and sends nothing.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::model::{WeekTime, local_instant};

/// The instant at which an edition goes out on a day.
pub fn send_time(send: WeekTime, date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    local_instant(date, send.time, zone)
}

/// The local date of the next issue: the first send time that is not yet past at `now`.
pub fn next_date(send: WeekTime, now: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let today = now.with_timezone(&zone).date_naive();
    let ahead = (7 + send.day.num_days_from_monday() - today.weekday().num_days_from_monday()) % 7;
    let date = today + Days::new(u64::from(ahead));
    if send_time(send, date, zone) < now { date + Days::new(7) } else { date }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_issue_is_the_first_send_time_not_past() {
        let wed: WeekTime = "Wed 07:00".parse().expect("a week time");
        let zone = Tz::Europe__Paris;
        for (now, expected) in [
            ("2026-11-22T12:00:00Z", "2026-11-25"),
            ("2026-11-25T05:59:59Z", "2026-11-25"),
            ("2026-11-25T06:00:00Z", "2026-11-25"),
            ("2026-11-25T06:00:01Z", "2026-12-02"),
            ("2026-11-24T23:30:00Z", "2026-11-25"),
        ] {
            let now = now.parse().expect("a time");
            assert_eq!(next_date(wed, now, zone).to_string(), expected, "{now}");
        }
    }
}
