//! Zones as people write them behind a time: offsets, short and long names, names of the zone database. Knows no date.

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::model::local_instant;

/// Short names, in minutes east of Greenwich. Military letters are not among them: RFC 5322, section 4.3, has them mean nothing.
/// Of a name with several meanings the commonest counts: `IST` is India's, `CST` America's.
#[rustfmt::skip]
const SHORT: &[(&str, i32)] = &[
    ("z", 0), ("gmt", 0), ("utc", 0), ("ut", 0), ("wet", 0), ("uct", 0), ("zulu", 0),
    ("nst", -210), ("ndt", -150), ("ast", -240), ("adt", -180), ("est", -300), ("edt", -240), ("cst", -360), ("cdt", -300),
    ("mst", -420), ("mdt", -360), ("pst", -480), ("pdt", -420), ("akst", -540), ("akdt", -480), ("hst", -600), ("hdt", -540),
    ("brt", -180), ("art", -180), ("uyt", -180), ("clt", -240), ("clst", -180), ("cot", -300), ("pet", -300), ("vet", -240),
    ("bst", 60), ("ist", 330), ("west", 60), ("cet", 60), ("cest", 120), ("met", 60), ("mest", 120), ("mez", 60), ("mesz", 120),
    ("eet", 120), ("eest", 180), ("sast", 120), ("wat", 60), ("cat", 120), ("eat", 180), ("idt", 180), ("trt", 180),
    ("msk", 180), ("samt", 240), ("yekt", 300), ("omst", 360), ("krat", 420), ("irkt", 480), ("yakt", 540), ("vlat", 600),
    ("gst", 240), ("azt", 240), ("irst", 210), ("pkt", 300), ("uzt", 300), ("npt", 345), ("mmt", 390), ("ict", 420),
    ("wib", 420), ("wita", 480), ("wit", 540), ("hkt", 480), ("sgt", 480), ("pht", 480), ("awst", 480),
    ("jst", 540), ("kst", 540), ("acst", 570), ("acdt", 630), ("aest", 600), ("aedt", 660), ("chst", 600), ("nzst", 720),
    ("nzdt", 780),
];
/// Short names that mean summer and winter time alike.
const BOTH: &[(&str, Tz)] = &[
    ("et", Tz::America__New_York),
    ("ct", Tz::America__Chicago),
    ("mt", Tz::America__Denver),
    ("pt", Tz::America__Los_Angeles),
    ("akt", Tz::America__Anchorage),
];
/// Long names, the longer of two that begin alike first; their winter and summer time follow by `standard` and `daylight` or `summer`.
const LONG: &[(&str, Tz)] = &[
    ("central european", Tz::Europe__Berlin),
    ("eastern european", Tz::Europe__Athens),
    ("western european", Tz::Europe__Lisbon),
    ("greenwich mean", Tz::UTC),
    ("coordinated universal", Tz::UTC),
    ("british", Tz::Europe__London),
    ("australian eastern", Tz::Australia__Sydney),
    ("eastern", Tz::America__New_York),
    ("central", Tz::America__Chicago),
    ("mountain", Tz::America__Denver),
    ("pacific", Tz::America__Los_Angeles),
    ("alaska", Tz::America__Anchorage),
    ("atlantic", Tz::America__Halifax),
    ("hawaii", Tz::Pacific__Honolulu),
    ("india", Tz::Asia__Kolkata),
    ("japan", Tz::Asia__Tokyo),
    ("korea", Tz::Asia__Seoul),
    ("china", Tz::Asia__Shanghai),
    ("singapore", Tz::Asia__Singapore),
    ("moscow", Tz::Europe__Moscow),
];

/// A zone that a date names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Zone {
    /// Minutes east of Greenwich.
    Offset(i32),
    Place(Tz),
}

/// The zone after a time.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// `None` when nothing is said.
    pub zone: Option<Zone>,
    /// A name that seems to be a zone's, and is not known.
    pub unknown: Option<String>,
    /// The other words.
    pub rest: String,
}

impl Zone {
    /// The instant of a local time. Of an hour that comes twice the first is meant; one that is left out counts on.
    pub fn at(self, local: NaiveDateTime) -> Option<DateTime<FixedOffset>> {
        match self {
            Self::Offset(minutes) => local.and_local_timezone(FixedOffset::east_opt(minutes * 60)?).single(),
            Self::Place(place) => {
                let instant = local_instant(local.date(), local.time(), place);
                Some(instant.with_timezone(&place.offset_from_utc_datetime(&instant.naive_utc()).fix()))
            }
        }
    }
}

/// Reads what stands behind a time, in small letters; `written` is the whole date as it came, where capitals show what is a zone's name.
/// An offset takes precedence over a name, and text in brackets counts only if there is nothing else.
pub(super) fn read(after: &str, written: &str) -> Found {
    let (plain, aside) = match after.find(['(', '[']) {
        Some(at) => (after.get(..at).unwrap_or_default(), after.get(at..).unwrap_or_default()),
        None => (after, ""),
    };
    let mut found = words(plain, written);
    if found.zone.is_none() {
        let aside = words(&aside.replace(['(', ')', '[', ']'], " "), written);
        (found.zone, found.unknown) = (aside.zone, found.unknown.or(aside.unknown));
    }
    if found.zone.is_some() {
        found.unknown = None;
    }
    found
}

fn words(text: &str, written: &str) -> Found {
    let (mut text, mut found) = (text.to_owned(), Found::default());
    if let Some((zone, rest)) = long(&text) {
        (found.zone, text) = (Some(zone), rest);
    }
    for word in text.split_whitespace() {
        let word = word.trim_matches([',', ';', '.']);
        if matches!(word, "am" | "pm" | "a.m" | "p.m" | "") {
            continue;
        }
        match one(word) {
            Some((zone, true)) => found.zone = Some(zone),
            Some((zone, false)) => found.zone = found.zone.or(Some(zone)),
            None if is_name(word, written) => found.unknown = found.unknown.or(Some(as_written(word, written))),
            None => {
                found.rest.push(' ');
                found.rest.push_str(word);
            }
        }
    }
    found
}

/// A zone, and whether it is an offset. `GMT+2` is two hours east.
fn one(word: &str) -> Option<(Zone, bool)> {
    let name = word.find(['+', '-', '\u{2212}']).unwrap_or(word.len());
    let (name, tail) = word.split_at(name);
    let short = SHORT.iter().find(|(known, _)| *known == name).map(|(_, minutes)| Zone::Offset(*minutes));
    let short = short.or_else(|| BOTH.iter().find(|(known, _)| *known == name).map(|(_, place)| Zone::Place(*place)));
    match (offset(tail), short) {
        (Some(minutes), Some(_)) => Some((Zone::Offset(minutes), true)),
        (Some(minutes), None) if name.is_empty() => Some((Zone::Offset(minutes), true)),
        (None, Some(zone)) if tail.is_empty() => Some((zone, false)),
        _ => place(word).map(|place| (Zone::Place(place), false)),
    }
}

/// A name of the zone database, in any case: `Europe/Berlin`, `US/Pacific`, `Singapore`.
fn place(word: &str) -> Option<Tz> {
    let wanted = word.replace(' ', "_");
    TZ_VARIANTS.iter().find(|place| place.name().eq_ignore_ascii_case(&wanted)).copied()
}

/// A long name such as "Pacific Standard Time", and the text without it.
fn long(text: &str) -> Option<(Zone, String)> {
    let (name, place) = LONG.iter().find(|(name, _)| text.contains(name))?;
    let (before, behind) = text.split_once(name)?;
    let behind = behind.trim_start();
    let (zone, rest) = ["standard time", "daylight time", "summer time", "time"].into_iter().find_map(|kind| {
        let rest = behind.strip_prefix(kind)?;
        let day = match kind {
            "standard time" => chrono::NaiveDate::from_ymd_opt(2026, 1, 15)?,
            "time" => return Some((Zone::Place(*place), rest)),
            _ => chrono::NaiveDate::from_ymd_opt(2026, 7, 15)?,
        };
        let noon = day.and_hms_opt(12, 0, 0)?;
        let south = *place == Tz::Australia__Sydney;
        let noon = if south { noon + chrono::TimeDelta::days(183) } else { noon };
        Some((Zone::Offset(place.offset_from_utc_datetime(&noon).fix().local_minus_utc() / 60), rest))
    })?;
    Some((zone, format!("{before} {rest}")))
}

/// Whether an unknown word looks like a zone: `Mars/Olympus`, or three to five capitals that are not a day or month.
fn is_name(word: &str, written: &str) -> bool {
    let letters = word.bytes().all(|b| b.is_ascii_alphabetic());
    if word.contains('/') {
        return word
            .split('/')
            .all(|part| part.len() > 1 && part.bytes().all(|b| b.is_ascii_alphabetic() || b"_-+".contains(&b)));
    }
    let day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().any(|day| word.starts_with(day));
    let capitals = as_written(word, written).bytes().all(|b| b.is_ascii_uppercase());
    letters && capitals && (3..=5).contains(&word.len()) && !day && super::months::month(word).is_none()
}

fn as_written(word: &str, written: &str) -> String {
    let is_it = |found: &&str| found.eq_ignore_ascii_case(word);
    let mut words =
        written.split(|c: char| c.is_whitespace() || "()[],;".contains(c)).map(|found| found.trim_matches('.'));
    words.find(is_it).unwrap_or(word).to_owned()
}

/// `+0200`, `-07:00`, `+2`, in minutes.
fn offset(text: &str) -> Option<i32> {
    let plus = text.strip_prefix('+').map(|digits| (1, digits));
    let (sign, digits) = plus.or_else(|| text.strip_prefix(['-', '\u{2212}']).map(|digits| (-1, digits)))?;
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.is_ascii() && digits.len() > 2 => digits.split_at(digits.len() - 2),
        None => (digits, "0"),
    };
    let number = |text: &str| text.parse::<i32>().ok().filter(|n| (0..60).contains(n));
    let all = number(hours)? * 60 + number(minutes)?;
    (all <= 15 * 60).then_some(sign * all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_as_people_write_them() {
        let winter = "2026-11-24T20:21:00";
        let summer = "2026-07-24T20:21:00";
        for (written, local, instant) in [
            (" America/Los_Angeles", winter, "2026-11-25T04:21:00Z"),
            (" america/los_angeles", summer, "2026-07-25T03:21:00Z"),
            (" Europe/Berlin", summer, "2026-07-24T18:21:00Z"),
            (" US/Pacific", winter, "2026-11-25T04:21:00Z"),
            (" Asia/Kolkata", winter, "2026-11-24T14:51:00Z"),
            (" PT", summer, "2026-07-25T03:21:00Z"),
            (" ET", winter, "2026-11-25T01:21:00Z"),
            (" PST", winter, "2026-11-25T04:21:00Z"),
            (" PST,", winter, "2026-11-25T04:21:00Z"),
            (" (PST)", winter, "2026-11-25T04:21:00Z"),
            (" Pacific Standard Time", winter, "2026-11-25T04:21:00Z"),
            (" Pacific Time", summer, "2026-07-25T03:21:00Z"),
            (" Central European Summer Time", summer, "2026-07-24T18:21:00Z"),
            (" GMT-0800 (Pacific Standard Time)", winter, "2026-11-25T04:21:00Z"),
            ("-08:00[America/Los_Angeles]", winter, "2026-11-25T04:21:00Z"),
            ("[Europe/Berlin]", summer, "2026-07-24T18:21:00Z"),
            (" UTC+2", winter, "2026-11-24T18:21:00Z"),
            (" Z", winter, "2026-11-24T20:21:00Z"),
            ("", winter, "2026-11-24T20:21:00Z"),
        ] {
            let found = read(&written.to_lowercase(), written);
            let zone = found.zone.unwrap_or(Zone::Offset(0));
            let read = zone.at(local.parse().unwrap()).unwrap().to_utc();
            assert_eq!(read.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), instant, "{written}");
            assert_eq!((found.unknown, found.rest.trim()), (None, ""), "{written}");
        }
    }

    #[test]
    fn a_name_that_nobody_knows_is_told() {
        for (written, unknown) in [
            (" XYZT", Some("XYZT")),
            (" Mars/Olympus_Mons", Some("Mars/Olympus_Mons")),
            (" (QQT)", Some("QQT")),
            (" Uhr", None),
            (" TUE", None),
            (" NOV 2026", None),
            (" +0100 XYZT", None),
        ] {
            assert_eq!(read(&written.to_lowercase(), written).unknown.as_deref(), unknown, "{written}");
        }
    }
}
