//! Dates as feeds write them: RFC 822 and 3339 with their common mistakes, other orders, other languages; and which of them can be
//! believed. Knows no clock.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{months, zones};
use crate::model::Published;

/// No date is longer than this, in bytes.
const LONGEST: usize = 120;
/// So far ahead a true date may seem to be: the easternmost local time, written as if it were UTC. Clocks that are wrong are so by less.
const SKEW: TimeDelta = TimeDelta::hours(14);

/// A date that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    pub published: Published,
    /// A name behind the time that seems to be a zone's and is not known; the time counts as UTC then.
    pub unknown_zone: Option<String>,
}

impl From<Published> for Read {
    fn from(published: Published) -> Self {
        Self { published, unknown_zone: None }
    }
}

/// Reads a date; `None` when it is not one, or when its day and month are ambiguous. A time without a zone is UTC.
pub(super) fn parse(text: &str) -> Option<Read> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let exact = Published::parse(text).filter(|read| sane(*read));
    let exact = exact.or_else(|| digits(text)).or_else(|| week(text)).map(Read::from);
    exact.or_else(|| loose(text)).filter(|read| sane(read.published))
}

/// How a date relates to the time at which it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sources) enum Ahead {
    No,
    /// By no more than clocks and zones explain.
    Little,
    /// By more: it is not when the item appeared, since what can be read has appeared.
    Far,
}

/// How far a date is ahead of `now`. A day has come when it has begun anywhere on earth.
pub(in crate::sources) fn ahead(date: Published, now: DateTime<Utc>) -> Ahead {
    let later = |now: DateTime<Utc>| now.checked_add_signed(SKEW).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let is_after = |now: DateTime<Utc>| match date {
        Published::At(at) => at.to_utc() > now,
        Published::Day(day) => day > later(now).date_naive(),
    };
    match (is_after(now), is_after(later(now))) {
        (false, _) => Ahead::No,
        (true, false) => Ahead::Little,
        (true, true) => Ahead::Far,
    }
}

/// Programs write 1970 or the year 1 for a date that they do not have.
fn sane(read: Published) -> bool {
    use chrono::Datelike;
    let year = match read {
        Published::Day(day) => day.year(),
        Published::At(at) => at.year(),
    };
    (1990..=2199).contains(&year)
}

/// Dates of digits alone: `20261125`, `20261125093000`, `20261125T093000Z`, seconds or milliseconds since 1970.
fn digits(text: &str) -> Option<Published> {
    let text = &text.trim_end_matches('Z').replacen('T', "", 1);
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match text.len() {
        8 => NaiveDate::parse_from_str(text, "%Y%m%d").ok().map(Published::Day),
        14 => Some(utc(NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").ok()?)),
        10 => Some(Published::At(DateTime::from_timestamp(text.parse().ok()?, 0)?.fixed_offset())),
        13 => Some(Published::At(DateTime::from_timestamp_millis(text.parse().ok()?)?.fixed_offset())),
        _ => None,
    }
}

/// `2026-W48-2`, and `2026-W48` for its Monday.
fn week(text: &str) -> Option<Published> {
    let day = if text.len() == 8 { format!("{text}-1") } else { text.to_owned() };
    NaiveDate::parse_from_str(&day, "%G-W%V-%u").ok().map(Published::Day)
}

fn utc(local: NaiveDateTime) -> Published {
    Published::At(local.and_utc().fixed_offset())
}

/// One form for all letters: lower case, without accents; the signs of East Asian dates as hyphens.
fn folded(text: &str) -> String {
    let plain: String = text.nfkd().flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)).nfc().collect();
    let signs = |c| match c {
        '年' | '월' | '月' | '년' | '\u{2010}'..='\u{2015}' | '\u{2212}' => "-".to_owned(),
        '日' | '일' | '\u{a0}' | '\u{202f}' => " ".to_owned(),
        other => String::from(other),
    };
    plain.chars().map(signs).collect::<String>().replace("- ", "-").replace("오전", " am ").replace("오후", " pm ")
}

fn loose(written: &str) -> Option<Read> {
    let text = folded(written);
    let clock = Clock::find(&text);
    let (before, after) = match &clock {
        Some(clock) => (text.get(..clock.start)?, text.get(clock.end..)?),
        None => (text.as_str(), ""),
    };
    let zones::Found { zone, unknown, rest } = zones::read(after, written);
    let day = day(before.trim_end().trim_end_matches('t'), &rest)?;
    let Some(clock) = clock else { return Some(Published::Day(day).into()) };
    let afternoon = [before, after].iter().find_map(|part| meridiem(part));
    let local = clock.on(day, afternoon)?;
    let published = zone.map_or_else(|| Some(utc(local)), |zone| zone.at(local).map(Published::At))?;
    Some(Read { published, unknown_zone: unknown })
}

/// The time of day and where it stands.
struct Clock {
    start: usize,
    end: usize,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Clock {
    fn find(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        // In server logs a colon follows the year: 24/Nov/2026:09:00:00.
        let is_hour = |at: usize| at < 2 || !bytes[at - 2..at].iter().all(u8::is_ascii_digit);
        let is_clock =
            |at: usize, w: &[u8]| w[0].is_ascii_digit() && w[1] == b':' && w[2].is_ascii_digit() && is_hour(at);
        let colon = bytes.windows(3).enumerate().find(|(at, w)| is_clock(*at, w))?.0 + 1;
        let run = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let start = colon - bytes.get(..colon)?.iter().rev().take(2).take_while(|b| b.is_ascii_digit()).count();
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let mut end = colon + 1 + run(colon + 1);
        let (hour, minute) = (number(start, colon)?, number(colon + 1, end)?);
        let mut second = 0;
        if bytes.get(end) == Some(&b':') && run(end + 1) > 0 {
            second = number(end + 1, end + 1 + run(end + 1))?;
            end += 1 + run(end + 1);
            if matches!(bytes.get(end), Some(b'.' | b',')) {
                end += 1 + run(end + 1);
            }
        }
        Some(Self { start, end, hour, minute, second })
    }

    /// The instant on a day; 24:00 is the next midnight, a leap second the one before it.
    fn on(&self, day: NaiveDate, afternoon: Option<bool>) -> Option<NaiveDateTime> {
        let hour = match afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        if hour > 24 || self.minute > 59 || self.second > 60 {
            return None;
        }
        let time = TimeDelta::seconds(hour * 3_600 + self.minute * 60 + self.second.min(59));
        day.and_time(NaiveTime::MIN).checked_add_signed(time)
    }
}

fn meridiem(text: &str) -> Option<bool> {
    text.replace('.', "").split(|c: char| !c.is_alphabetic()).find_map(|word| match word {
        "am" => Some(false),
        "pm" => Some(true),
        _ => None,
    })
}

/// The day in the words before the time, or behind it, where `asctime` has its year.
fn day(before: &str, after: &str) -> Option<NaiveDate> {
    let all = format!("{before} {after}");
    let words: Vec<&str> = all.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut numbers: Vec<(usize, u32)> = Vec::new();
    let mut month = None;
    for word in words {
        let figures: String = word.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(number) = figures.parse() {
            numbers.push((figures.len(), number));
        }
        // 23rd, 25Nov, or a name; the last that fits is the month, since `mar` is a Tuesday in French.
        let name = word.get(figures.len()..).unwrap_or_default();
        month = months::month(name).or(month);
    }
    match (month, numbers.as_slice()) {
        (Some(month), [(4, year)]) => date(*year, month, 1),
        (Some(month), [(4, year), (_, day), ..] | [(_, day), (4, year), ..]) => date(*year, month, *day),
        (Some(month), [(_, day), (2, year), ..]) => date(century(*year), month, *day),
        (None, [(4, year), (3, day)]) => NaiveDate::from_yo_opt(i32::try_from(*year).ok()?, *day),
        (None, [(4, year), (_, month)]) => date(*year, *month, 1),
        (None, [(4, year), (_, month), (_, day), ..]) => date(*year, *month, *day),
        (None, [(_, first), (_, second), (size @ (2 | 4), year), ..]) => {
            let year = if *size == 4 { *year } else { century(*year) };
            by_parts(&all, year, *first, *second)
        }
        _ => None,
    }
}

/// `23.11.2026` has the day first; `11/23/2026` and `23/11/2026` are unambiguous; `05/11/2026` is ambiguous.
fn by_parts(text: &str, year: u32, first: u32, second: u32) -> Option<NaiveDate> {
    if text.contains('.') || first > 12 || first == second {
        date(year, second, first)
    } else if second > 12 {
        date(year, first, second)
    } else {
        None
    }
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// Years of two digits, by RFC 5322, section 4.3.
fn century(year: u32) -> u32 {
    if year < 50 { 2_000 + year } else { 1_900 + year }
}
