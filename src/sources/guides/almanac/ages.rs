//! Relative ages, "2d ago", to dates. Knows the calendar; the present is an argument.

use chrono::{Months, NaiveDate, NaiveDateTime, TimeDelta};

/// The day that lies the age that `text` tells before `now`, in the zone of `now`. Months and years go by the calendar
/// (31 March less one month is the last day of February). `None` when the text is not an age.
pub(super) fn day(text: &str, now: NaiveDateTime) -> Option<NaiveDate> {
    let text = text.trim().to_lowercase();
    match text.as_str() {
        "just now" | "now" | "today" => return Some(now.date()),
        "yesterday" => return now.date().pred_opt(),
        _ => {}
    }
    let age = text.strip_suffix("ago")?.trim();
    let unit_at = age.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = age.split_at_checked(unit_at)?;
    let n: u32 = if number.is_empty() { article(age)? } else { number.parse().ok()? };
    let unit = unit.trim().trim_start_matches("an ").trim_start_matches("a ");
    let back = |span: Option<TimeDelta>| now.checked_sub_signed(span?).map(|t| t.date());
    match unit {
        "s" | "sec" | "second" | "seconds" => back(TimeDelta::try_seconds(n.into())),
        "m" | "min" | "mins" | "minute" | "minutes" => back(TimeDelta::try_minutes(n.into())),
        "h" | "hr" | "hrs" | "hour" | "hours" => back(TimeDelta::try_hours(n.into())),
        "d" | "day" | "days" => back(TimeDelta::try_days(n.into())),
        "w" | "wk" | "wks" | "week" | "weeks" => back(TimeDelta::try_weeks(n.into())),
        "mo" | "mos" | "month" | "months" => now.date().checked_sub_months(Months::new(n)),
        "y" | "yr" | "yrs" | "year" | "years" => now.date().checked_sub_months(Months::new(n.checked_mul(12)?)),
        _ => None,
    }
}

/// "a day ago", "an hour ago".
fn article(age: &str) -> Option<u32> {
    (age.starts_with("a ") || age.starts_with("an ")).then_some(1)
}

/// Splits an age off the end: "v1live2d ago" gives "v1live" and "2d ago". The longest age wins.
pub(super) fn split_off(text: &str, now: NaiveDateTime) -> Option<(&str, NaiveDate)> {
    text.char_indices().find_map(|(at, c)| {
        let inside_number = c.is_ascii_digit() && text.get(..at)?.ends_with(|b: char| b.is_ascii_digit());
        let tail = text.get(at..).filter(|_| !inside_number && !c.is_whitespace())?;
        Some((text.get(..at)?, day(tail, now)?))
    })
}
