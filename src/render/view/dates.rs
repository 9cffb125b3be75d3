//! Days in words. Knows no issue.

use chrono::{Datelike, Days, NaiveDate};

use super::super::texts::Words;

/// A day as "Wednesday 31 July 2024".
pub fn long(day: NaiveDate) -> String {
    format!("{} {} {}", day.format("%A"), day.day(), day.format("%B %Y"))
}

/// A day as "Wednesday 31 July".
pub fn next(day: NaiveDate) -> String {
    format!("{} {}", day.format("%A"), plain(day))
}

/// A day as "Wed 31 Jul".
pub fn short(day: NaiveDate) -> String {
    format!("{} {} {}", day.format("%a"), day.day(), day.format("%b"))
}

/// The Monday of a day's week as "29 July".
pub fn week(day: NaiveDate) -> String {
    let monday = day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())).unwrap_or(day);
    plain(monday)
}

/// A day as "31 July".
pub fn plain(day: NaiveDate) -> String {
    format!("{} {}", day.day(), day.format("%B"))
}

/// Days before the issue in words; nothing for what is dated after it.
pub fn age(days: i64, texts: &Words) -> String {
    match days {
        ..0 => String::new(),
        0 => texts.get("today").to_owned(),
        1 => texts.get("yesterday").to_owned(),
        days => texts.fill("days_ago", &[("n", &days.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_its_monday() {
        for (day, monday) in [("2024-07-29", "29 July"), ("2024-08-04", "29 July"), ("2024-08-05", "5 August")] {
            assert_eq!(week(day.parse().unwrap_or_default()), monday, "{day}");
        }
    }
}
