//! Numbers, shares and times as people write them. Knows no report.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A moment, to the second.
pub fn time(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b %Y, %H:%M:%S %Z").to_string()
}

/// Thousands parted by commas, as the plots have them.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A part of a whole in percent, never rounded up to all nor down to nothing.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".into();
    }
    let tenths = u128::from(part) * 1_000 / u128::from(whole);
    match tenths {
        0 if part > 0 => "< 0.1 %".into(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// A length of time in its two greatest units.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds}.{} s", ms % 1_000 / 100).replace(".0 s", " s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

fn two(great: u64, unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{great} {unit}") } else { format!("{great} {unit} {small} {small_unit}") }
}

pub fn plural(n: u64, noun: &str) -> String {
    match (n, noun) {
        (1, noun) => format!("1 {noun}"),
        (n, "copy") => format!("{} copies", number(n)),
        (n, noun) => format!("{} {noun}s", number(n)),
    }
}
