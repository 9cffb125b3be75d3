//! How compose puts things into words: counts, ages, lists, and text cut short. Knows no rule.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::Published;

/// `1 item`, `3 items`.
pub fn items(count: usize) -> String {
    if count == 1 { "1 item".into() } else { format!("{count} items") }
}

/// `1 other outlet covers it`, `3 other outlets cover it`.
pub fn covered_by(others: usize) -> String {
    if others == 1 { "1 other outlet covers it".into() } else { format!("{others} other outlets cover it") }
}

/// `1 related story`, `3 related stories`.
pub fn related(count: usize) -> String {
    if count == 1 { "1 related story".into() } else { format!("{count} related stories") }
}

/// How old something was at `to`, as a person would say it.
pub fn age(published: Published, to: DateTime<Utc>, zone: Tz) -> String {
    let plural = |n: i64, unit: &str| format!("{n} {unit}{} old", if n == 1 { "" } else { "s" });
    match published {
        Published::Day(day) => match (to.with_timezone(&zone).date_naive() - day).num_days() {
            ..=0 => "of the same day".into(),
            days => plural(days, "day"),
        },
        Published::At(at) => match (to - at.to_utc()).num_hours() {
            ..=0 => "under an hour old".into(),
            hours @ 1..24 => plural(hours, "hour"),
            // By the calendar, as the mail counts.
            _ => {
                let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
                plural((day(to) - day(at.to_utc())).num_days(), "day")
            }
        },
    }
}

/// A span of days in the unit that a subscriber would take: `12 days`, `14 months`, `3 years`.
pub fn span(days: i64) -> String {
    let plural = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match days {
        ..61 => plural(days, "day"),
        61..731 => plural(days * 12 / 365, "month"),
        days => plural(days / 365, "year"),
    }
}

/// `first`, `second`, `third`, then `4th`.
pub fn ordinal(n: usize) -> String {
    match n {
        1 => "first".into(),
        2 => "second".into(),
        3 => "third".into(),
        n => {
            let end = match (n % 10, n % 100) {
                (_, 11..=13) => "th",
                (1, _) => "st",
                (2, _) => "nd",
                (3, _) => "rd",
                _ => "th",
            };
            format!("{n}{end}")
        }
    }
}

/// A name from content inside a sentence: one line, at most 60 characters.
pub fn name(text: &str) -> String {
    clip(text, 60)
}

/// A title inside a sentence: quoted, on one line, at most 60 characters.
pub fn title(text: &str) -> String {
    format!("\"{}\"", name(text))
}

/// Text on one line, cut at a word near `most` characters, with an ellipsis where something is gone. Control characters
/// become spaces.
pub fn clip(text: &str, most: usize) -> String {
    let mut line = String::new();
    // No more than is needed is read: a title may be as long as a book.
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(most + 1));
        if line.chars().count() > most {
            return cut(&line, most);
        }
    }
    line
}

/// The first `most` characters without the ellipsis' room, back to the end of a word where one is near, and never inside
/// a joined emoji.
fn cut(line: &str, most: usize) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut end = most.saturating_sub(1).min(chars.len());
    let joins = |c: &char| matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{300}'..='\u{36f}');
    match chars[..end].iter().rposition(|c| *c == ' ') {
        Some(space) if space * 2 >= most => end = space,
        _ => {
            while end > 0 && (chars.get(end).is_some_and(joins) || chars[end - 1] == '\u{200d}') {
                end -= 1;
            }
        }
    }
    let kept: String = chars[..end].iter().collect();
    format!("{}…", kept.trim_end_matches([' ', ',', ';', ':', '-', '–', '—', '.']))
}
