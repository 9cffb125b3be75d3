//! The health of a source: items a week, silent since, suddenly loud. Pure: a function of the memory and the time.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::memory::{DAYS, Health};
use crate::model::Notice;

/// A source is silent when this many items are missing at its usual pace: of sources that keep their pace, one in
/// a hundred and fifty is called silent (e⁻⁵).
const MISSED: f64 = 5.0;
/// And never after fewer days than this.
const LEAST_SILENCE: i64 = 3;
/// A source is loud with this many items in a day, and this many times its usual pace.
const LOUD_ITEMS: u32 = 10;
const LOUD_TIMES: f64 = 5.0;
/// A pace is only known after this many days.
const KNOWN: i64 = 14;
/// How many fetches in a row must fail before editors are notified.
const FAILURES: u32 = 3;

/// A source's state in a few numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulse {
    /// Items a week over the last eight weeks, or since its first known item when that is later.
    pub a_week: f64,
    /// The day of its last item.
    pub last: Option<NaiveDate>,
    /// The day since which it says nothing, if that is longer than its pace explains.
    pub silent_since: Option<NaiveDate>,
    /// Its items of the last day, if they are many more than usual.
    pub loud: Option<u32>,
}

impl Health {
    pub fn pulse(&self, now: DateTime<Utc>) -> Pulse {
        let today = now.date_naive();
        let (Some((first, _)), Some((last, _))) = (self.days.first_key_value(), self.days.last_key_value()) else {
            return Pulse::default();
        };
        // The last day is apart: it may be the one that is loud.
        let before: u32 = self.days.range(..today).map(|(_, count)| count).sum();
        // What a source brought in its first days is what it had, not its pace: a week is the least that is looked at.
        let known = (today - *first).num_days().clamp(7, DAYS);
        let a_day = f64::from(before) / days(known);
        let silence = (today - *last).num_days();
        // While it was silent it had no pace: what counts is the time until then.
        let pace = f64::from(before) / days((*last - *first).num_days().max(1));
        let expected = pace * days(silence);
        let silent = known >= KNOWN && before >= 4 && silence >= LEAST_SILENCE && expected >= MISSED;
        let of_today = self.days.get(&today).copied().unwrap_or(0);
        let loud = known >= KNOWN && of_today >= LOUD_ITEMS && f64::from(of_today) >= LOUD_TIMES * a_day;
        Pulse {
            a_week: a_day * 7.0,
            last: Some(*last),
            silent_since: silent.then_some(*last),
            loud: loud.then_some(of_today),
        }
    }

    /// What editors should know of the source called `name`.
    pub fn notices(&self, name: &str, now: DateTime<Utc>) -> Vec<Notice> {
        let pulse = self.pulse(now);
        let mut out = Vec::new();
        if let Some(error) = self.error.as_ref().filter(|_| self.failures >= FAILURES) {
            let message = format!("the source {name} has failed {} times in a row: {error}", self.failures);
            out.push(
                Notice::new(message).help("open its address in a browser, and correct or remove it in config.toml"),
            );
        }
        if let Some(since) = pulse.silent_since {
            let message =
                format!("the source {name} has been silent since {since}, after {:.1} items a week", pulse.a_week);
            out.push(Notice::new(message).help("it may have moved or ended; look at its site"));
        }
        if let Some(items) = pulse.loud {
            let message =
                format!("the source {name} suddenly has {items} items today, after {:.1} a week", pulse.a_week);
            out.push(Notice::new(message).help("see whether these are news; `digest news list --source` shows them"));
        }
        out
    }
}

fn days(days: i64) -> f64 {
    TimeDelta::days(days).as_seconds_f64() / 86_400.0
}

#[cfg(test)]
mod tests {
    use chrono::{Days, TimeZone};

    use super::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 25, 6, 0, 0).unwrap()
    }

    /// This many items, this many days ago.
    fn health(days: &[(u64, u32)]) -> Health {
        let day = |ago: u64| now().date_naive().checked_sub_days(Days::new(ago)).unwrap();
        Health { days: days.iter().map(|(ago, count)| (day(*ago), *count)).collect(), ..Health::default() }
    }

    #[test]
    fn silence_is_what_the_usual_pace_does_not_explain() {
        let daily: Vec<(u64, u32)> = (0..50).map(|ago| (ago, 1)).collect();
        let weekly: Vec<(u64, u32)> = (0..9).map(|week| (week * 7, 1)).collect();
        let later = |days: &[(u64, u32)], by: u64| {
            health(&days.iter().map(|(ago, count)| (ago + by, *count)).collect::<Vec<_>>())
        };
        for (days, by, silent) in
            [(&daily, 0, false), (&daily, 4, false), (&daily, 6, true), (&weekly, 6, false), (&weekly, 14, false)]
        {
            assert_eq!(later(days, by).pulse(now()).silent_since.is_some(), silent, "{by} days of silence");
        }
        let monthly = health(&[(60, 1), (30, 1)]);
        assert_eq!(monthly.pulse(now()).silent_since, None, "two items are no pace");
        assert_eq!(Health::default().pulse(now()), Pulse::default());
        assert!((health(&[(1, 5)]).pulse(now()).a_week - 5.0).abs() < 1e-9, "one day is no pace");
        assert!((later(&daily, 0).pulse(now()).a_week - 7.0).abs() < 0.2);
    }

    #[test]
    fn loud_is_many_more_than_usual_in_a_day() {
        let usual: Vec<(u64, u32)> = (1..30).map(|ago| (ago, 1)).collect();
        let with = |today: u32| health(&[&usual[..], &[(0, today)]].concat()).pulse(now()).loud;
        assert_eq!((with(1), with(9), with(10)), (None, None, Some(10)));
        let busy: Vec<(u64, u32)> = (1..30).map(|ago| (ago, 10)).collect();
        assert_eq!(health(&[&busy[..], &[(0, 20)]].concat()).pulse(now()).loud, None);
        assert_eq!(health(&[(0, 100)]).pulse(now()).loud, None, "a first fetch brings what there is");
    }

    #[test]
    fn editors_are_told_of_failures_silence_and_noise() {
        let mut source = health(&(6..50).map(|ago| (ago, 1)).collect::<Vec<_>>());
        (source.failures, source.error) = (3, Some("gone".into()));
        let told: Vec<String> = source.notices("Wire", now()).iter().map(ToString::to_string).collect();
        assert!(
            told.len() == 2
                && told[0].contains("failed 3 times in a row: gone")
                && told[1].contains("silent since 2026-11-19"),
            "{told:?}"
        );
        source.failures = 2;
        assert_eq!(source.notices("Wire", now()).len(), 1);
    }
}
