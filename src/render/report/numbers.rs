//! Numbers, shares, durations and times as the report's language writes them. Knows no report.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::render::language::{Language, Locale};

/// A moment, to the second.
pub fn time(at: DateTime<Utc>, zone: Tz, language: &Language) -> String {
    language.moment(&at.with_timezone(&zone), Locale::moment)
}

/// A share in percent, never rounded up to 100 or down to 0.
pub fn share(part: u64, whole: u64, language: &Language) -> String {
    if whole == 0 {
        return language.say("report.units.none", &[]);
    }
    let tenths = u64::try_from(u128::from(part) * 1_000 / u128::from(whole)).unwrap_or(u64::MAX);
    let percent = |tenths| language.percent(&language.locale.tenths(tenths));
    match tenths {
        0 if part > 0 => language.say("report.units.less", &[("share", &percent(1))]),
        tenths => percent(tenths),
    }
}

/// A duration in its two largest units.
pub fn duration(ms: u64, language: &Language) -> String {
    let seconds = ms / 1_000;
    let unit = |name: &str, number: &str| language.say(&format!("report.units.{name}"), &[("n", number)]);
    let whole = |name: &str, n: u64| unit(name, &language.locale.number(n));
    let two = |great: (&str, u64), small: (&str, u64)| {
        let (first, second) = (whole(great.0, great.1), whole(small.0, small.1));
        if small.1 == 0 { first } else { language.say("report.units.two", &[("great", &first), ("small", &second)]) }
    };
    match seconds {
        0 => whole("ms", ms),
        1..60 if ms % 1_000 < 100 => whole("s", seconds),
        1..60 => unit("s", &language.locale.tenths(ms / 100)),
        60..3_600 => two(("min", seconds / 60), ("s", seconds % 60)),
        3_600..86_400 => two(("h", seconds / 3_600), ("min", seconds % 3_600 / 60)),
        _ => two(("d", seconds / 86_400), ("h", seconds % 86_400 / 3_600)),
    }
}
