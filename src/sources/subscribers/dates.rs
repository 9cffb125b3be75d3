//! Dates as other services and spreadsheets write them: ISO with and without a zone, Go's, American and European order, seconds since
//! 1970. Knows no column. A time without a zone is UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::model::Published;

/// No date is longer than this, in bytes.
const LONGEST: usize = 60;
const WITH_ZONE: &[&str] =
    &["%Y-%m-%d %H:%M:%S%.f %z", "%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M%z"];
const WITHOUT: &[&str] = &[
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
];
const WORDS: &[&str] = &["%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y"];

/// Which number of `03/04/2021` is the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The second, as Americans write and most services export.
    #[default]
    MonthFirst,
    DayFirst,
}

/// Reads a date; `None` when it is none.
pub fn parse(cell: &str, order: Order) -> Option<DateTime<Utc>> {
    let cell = cell.trim();
    if cell.len() < 6 || cell.len() > LONGEST {
        return None;
    }
    exact(cell).or_else(|| slashed(cell, order)).or_else(|| worded(cell)).filter(is_sane)
}

/// Which order a date shows, when its numbers leave no doubt.
pub fn order_of(cell: &str) -> Option<Order> {
    let mut parts = cell.trim().split('/').map(|part| part.parse::<u32>().unwrap_or(0));
    match (parts.next()?, parts.next()?) {
        (13..=31, 1..=12) => Some(Order::DayFirst),
        (1..=12, 13..=31) => Some(Order::MonthFirst),
        _ => None,
    }
}

/// Programs write 1970 or the year 1 for a date that they do not have.
fn is_sane(at: &DateTime<Utc>) -> bool {
    use chrono::Datelike;
    (1971..=9999).contains(&at.year())
}

fn exact(cell: &str) -> Option<DateTime<Utc>> {
    if let Some(read) = Published::parse(cell) {
        return Some(read.earliest(chrono_tz::Tz::UTC));
    }
    // Go writes the zone twice, `+0000 UTC`, and sometimes its monotonic clock behind it.
    let plain = cell.split(" m=").next().unwrap_or(cell);
    let plain = ["UTC", "GMT", "Z"].iter().find_map(|zone| plain.strip_suffix(zone)).unwrap_or(plain).trim_end();
    // PostgreSQL leaves the minutes of a zone out.
    let short =
        plain.len() > 16 && plain.as_bytes()[..plain.len() - 2].last().is_some_and(|b| matches!(b, b'+' | b'-'));
    let whole = if short && plain.contains(':') { format!("{plain}00") } else { plain.to_owned() };
    let plain = whole.as_str();
    let zoned = WITH_ZONE.iter().find_map(|format| DateTime::parse_from_str(plain, format).ok());
    if let Some(at) = zoned {
        return Some(at.to_utc());
    }
    // Go names other zones, too: `+0200 CEST`.
    if let Some((number, name)) = plain.rsplit_once(' ')
        && name.bytes().all(|b| b.is_ascii_uppercase())
        && let Ok(at) = DateTime::parse_from_str(number, WITH_ZONE[0])
    {
        return Some(at.to_utc());
    }
    WITHOUT
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(plain, format).ok())
        .map(|at| at.and_utc())
        .or_else(|| NaiveDate::parse_from_str(plain, "%Y/%m/%d").ok().map(midnight))
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// `3/28/2021 5:07 PM`, `28.03.2021`, `28.03.2021 17:07:09`, `28-03-2021`; and seconds or milliseconds since 1970.
fn slashed(cell: &str, order: Order) -> Option<DateTime<Utc>> {
    if cell.bytes().all(|b| b.is_ascii_digit()) {
        let number: i64 = cell.parse().ok()?;
        return match cell.len() {
            9 | 10 => DateTime::from_timestamp(number, 0),
            13 => DateTime::from_timestamp_millis(number),
            8 => NaiveDate::parse_from_str(cell, "%Y%m%d").ok().map(midnight),
            _ => None,
        };
    }
    let (day, time) = cell.split_once([' ', 'T', ',']).unwrap_or((cell, ""));
    let sign = day.chars().find(|c| matches!(c, '/' | '.' | '-'))?;
    let numbers: Vec<&str> = day.trim_end_matches('.').split(sign).collect();
    let [first, second, year] = numbers.as_slice() else { return None };
    let (first, second): (u32, u32) = (first.trim().parse().ok()?, second.trim().parse().ok()?);
    let year: i32 = match year.trim() {
        short if short.len() == 2 => 2000 + short.parse::<i32>().ok()?,
        long => long.parse().ok()?,
    };
    // Dots and hyphens are never American.
    let day_first = sign != '/' || first > 12 || (order == Order::DayFirst && second <= 12);
    let (month, day) = if day_first { (second, first) } else { (first, second) };
    let day = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(day.and_time(clock(time.trim_start_matches([',', ' ']))?).and_utc())
}

/// A time of day, with or without seconds, of 12 or 24 hours.
fn clock(text: &str) -> Option<NaiveTime> {
    let text = ["UTC", "GMT", "Z", "Uhr"].iter().find_map(|zone| text.strip_suffix(zone)).unwrap_or(text).trim();
    if text.is_empty() {
        return Some(NaiveTime::MIN);
    }
    let formats = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M%p", "%I:%M:%S%p"];
    formats.iter().find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

/// `Mar 28, 2021`, `28 March 2021, 17:07`, `Sunday, March 28, 2021 at 5:07 pm`; and RFC 2822.
fn worded(cell: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc2822(cell) {
        return Some(at.to_utc());
    }
    let plain = cell.replace([',', '.'], " ").replace(" at ", " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let start = usize::from(words.first().is_some_and(|word| word.parse::<chrono::Weekday>().is_ok()));
    let day = words.get(start..start + 3)?.join(" ");
    let ends = ["st", "nd", "rd", "th"];
    let day: String = day
        .split(' ')
        .map(|part| match ends.iter().find_map(|end| part.strip_suffix(end)) {
            Some(number) if number.bytes().all(|b| b.is_ascii_digit()) => number,
            _ => part,
        })
        .collect::<Vec<_>>()
        .join(" ");
    let day = WORDS.iter().find_map(|format| NaiveDate::parse_from_str(&day, format).ok())?;
    Some(day.and_time(clock(&words[start + 3..].join(" "))?).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_services_write_them() {
        for (cell, expected) in [
            ("2021-03-28T17:07:09.123Z", "2021-03-28T17:07:09.123Z"),
            ("2021-03-28T19:07:09+02:00", "2021-03-28T17:07:09Z"),
            ("2021-03-28T19:07:09+0200", "2021-03-28T17:07:09Z"),
            ("2021-03-28 17:07:09", "2021-03-28T17:07:09Z"),
            ("2021-03-28 17:07:09 UTC", "2021-03-28T17:07:09Z"),
            ("2021-03-28 17:07", "2021-03-28T17:07:00Z"),
            ("2021-03-28T17:07:09.5", "2021-03-28T17:07:09.500Z"),
            ("2021-03-28 17:07:09.123456 +0000 UTC", "2021-03-28T17:07:09.123456Z"),
            ("2021-03-28 19:07:09.12 +0200 CEST", "2021-03-28T17:07:09.120Z"),
            ("2021-03-28 17:07:09 +0000 UTC m=+0.5", "2021-03-28T17:07:09Z"),
            ("2021-03-28 17:07:09+00", "2021-03-28T17:07:09Z"),
            ("2021-03-28", "2021-03-28T00:00:00Z"),
            ("2021/03/28 17:07", "2021-03-28T17:07:00Z"),
            ("3/28/2021", "2021-03-28T00:00:00Z"),
            ("03/28/2021 5:07 PM", "2021-03-28T17:07:00Z"),
            ("28/03/2021 17:07", "2021-03-28T17:07:00Z"),
            ("28.03.2021", "2021-03-28T00:00:00Z"),
            ("28.3.2021 17:07:09", "2021-03-28T17:07:09Z"),
            ("28-03-2021", "2021-03-28T00:00:00Z"),
            ("Mar 28, 2021", "2021-03-28T00:00:00Z"),
            ("28 March 2021, 17:07", "2021-03-28T17:07:00Z"),
            ("Sunday, March 28th, 2021 at 5:07 pm", "2021-03-28T17:07:00Z"),
            ("Sun, 28 Mar 2021 17:07:09 +0000", "2021-03-28T17:07:09Z"),
            ("1616951229", "2021-03-28T17:07:09Z"),
            ("1616951229000", "2021-03-28T17:07:09Z"),
        ] {
            let expected: DateTime<Utc> = expected.parse().expect("a time");
            assert_eq!(parse(cell, Order::MonthFirst), Some(expected), "{cell}");
        }
        for cell in
            ["", "yesterday", "0000-00-00 00:00:00", "1970-01-01 00:00:00", "13/13/2021", "2021-02-30", "12345", "yes"]
        {
            assert_eq!(parse(cell, Order::MonthFirst), None, "{cell}");
        }
    }

    #[test]
    fn the_order_of_a_column_decides_where_a_date_does_not() {
        let day = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        assert_eq!(parse("03/04/2021", Order::MonthFirst), Some(day("2021-03-04T00:00:00Z")));
        assert_eq!(parse("03/04/2021", Order::DayFirst), Some(day("2021-04-03T00:00:00Z")));
        assert_eq!(order_of("28/03/2021"), Some(Order::DayFirst));
        assert_eq!(order_of("03/28/2021 10:00"), Some(Order::MonthFirst));
        assert_eq!(order_of("03/04/2021"), None);
    }
}
