//! The calendar: on which local dates an edition goes out, and at which instants. Knows nothing of what is done then.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::model::{Edition, WeekTime, local_instant};

/// One issue to come, or one that has been: the local date names it, once for each edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    pub date: NaiveDate,
    pub at: DateTime<Utc>,
}

/// The instant at which an edition goes out on a day.
pub fn send_time(send: WeekTime, date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    local_instant(date, send.time, zone)
}

/// The runs of an edition from the instant `from` on, that one included, in order and without end: its weekday of each week
/// and its `extra` dates, but none of its `skip` dates.
pub fn runs(edition: &Edition, from: DateTime<Utc>, zone: Tz) -> impl Iterator<Item = Run> {
    // A time that does not exist may be a day late, and an instant be in tomorrow's date elsewhere: look from two days before.
    let first = from.date_naive().checked_sub_days(Days::new(2)).unwrap_or(NaiveDate::MIN);
    first
        .iter_days()
        .filter(|date| goes_out(edition, *date))
        .map(move |date| Run { date, at: send_time(edition.send, date, zone) })
        .filter(move |run| run.at >= from)
}

/// The local date of the next issue: the first send time that is not yet past at `now`. `None` after the end of the calendar.
pub fn next_date(edition: &Edition, now: DateTime<Utc>, zone: Tz) -> Option<NaiveDate> {
    runs(edition, now, zone).next().map(|run| run.date)
}

/// The local date of the issue that follows the one of `date`. `None` after the end of the calendar.
pub fn date_after(edition: &Edition, date: NaiveDate) -> Option<NaiveDate> {
    date.iter_days().skip(1).find(|day| goes_out(edition, *day))
}

fn goes_out(edition: &Edition, date: NaiveDate) -> bool {
    (date.weekday() == edition.send.day || edition.extra.contains(&date)) && !edition.skip.contains(&date)
}

#[cfg(test)]
mod tests;
