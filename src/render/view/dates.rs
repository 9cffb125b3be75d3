//! How old news is, and where weeks begin. Knows no issue.

use chrono::{Datelike, Days, NaiveDate};

use super::super::texts::Words;

/// The Monday of a day's week.
pub fn monday(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())).unwrap_or(day)
}

/// How many days before the issue, in words; empty for later dates.
pub fn age(days: i64, texts: &Words) -> String {
    match usize::try_from(days) {
        Err(_) => String::new(),
        Ok(0) => texts.get("today"),
        Ok(1) => texts.get("yesterday"),
        Ok(days) => texts.counted("days_ago", days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_its_monday() {
        for (day, first) in [("2024-07-29", "2024-07-29"), ("2024-08-04", "2024-07-29"), ("2024-08-05", "2024-08-05")] {
            assert_eq!(monday(day.parse().unwrap_or_default()).to_string(), first, "{day}");
        }
    }
}
