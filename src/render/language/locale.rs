//! How a language writes days, times, numbers and lists, its direction and its plural forms, by the Unicode data (CLDR) that ICU4X
//! ships. Knows none of our words.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use fixed_decimal::Decimal;
use icu_calendar::{Date, Gregorian};
use icu_datetime::fieldsets::zone::LocalizedOffsetShort;
use icu_datetime::fieldsets::{E, MD, MDE, MDET, MDT, T, YMD, YMDE, YMDET};
use icu_datetime::input::{DateTime, Time, UtcOffset};
use icu_datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter};
use icu_decimal::DecimalFormatter;
use icu_decimal::options::{DecimalFormatterOptions, GroupingStrategy};
use icu_list::ListFormatter;
use icu_list::options::{ListFormatterOptions, ListLength};
use icu_locale::{Direction, LocaleDirectionality};
use icu_plurals::{PluralCategory, PluralRules};

use crate::model::Notice;

type Form<F> = FixedCalendarDateTimeFormatter<Gregorian, F>;

/// A language with its region, ready to write. Days are those of the Gregorian calendar.
#[derive(Debug)]
pub struct Locale {
    long: Form<YMDE>,
    day_of_week: Form<E>,
    full: Form<YMD>,
    medium: Form<YMD>,
    weekday: Form<MDE>,
    short: Form<MDE>,
    plain: Form<MD>,
    brief: Form<MD>,
    moment: Form<YMDET>,
    brief_moment: Form<MDT>,
    day_and_time: Form<MDET>,
    offset: NoCalendarFormatter<LocalizedOffsetShort>,
    minutes: NoCalendarFormatter<T>,
    seconds: NoCalendarFormatter<T>,
    numbers: DecimalFormatter,
    ordinals: DecimalFormatter,
    and: ListFormatter,
    series: ListFormatter,
    plurals: PluralRules,
}

/// A BCP 47 tag in canonical form, such as `de-AT` for `DE-at`; `None` if it is not a valid tag.
pub fn canonical(tag: &str) -> Option<String> {
    tag.trim().parse::<icu_locale::Locale>().ok().map(|locale| locale.to_string())
}

/// The writing direction of a tag's language, `ltr` or `rtl`: by its script, if the tag names one.
pub fn direction_of_language(tag: &str) -> &'static str {
    let rtl = tag
        .trim()
        .parse::<icu_locale::Locale>()
        .is_ok_and(|locale| LocaleDirectionality::new_extended().get(&locale.id) == Some(Direction::RightToLeft));
    if rtl { "rtl" } else { "ltr" }
}

impl Locale {
    /// The locale for this BCP 47 tag, or its closest match in the Unicode data.
    ///
    /// # Errors
    /// It is not a valid tag.
    pub fn of(tag: &str) -> Result<Self, Notice> {
        let wrong = || Notice::new(format!("`{tag}` is no language tag")).help("write a tag such as en, de or pt-BR");
        let locale: icu_locale::Locale = tag.parse().map_err(|_| wrong())?;
        let locale = &locale;
        let wide = ListFormatterOptions::default().with_length(ListLength::Wide);
        let mut ungrouped = DecimalFormatterOptions::default();
        ungrouped.grouping_strategy = Some(GroupingStrategy::Never);
        Ok(Self {
            long: Form::try_new(locale.into(), YMDE::long()).map_err(missing(tag))?,
            day_of_week: Form::try_new(locale.into(), E::long()).map_err(missing(tag))?,
            full: Form::try_new(locale.into(), YMD::long()).map_err(missing(tag))?,
            medium: Form::try_new(locale.into(), YMD::medium()).map_err(missing(tag))?,
            weekday: Form::try_new(locale.into(), MDE::long()).map_err(missing(tag))?,
            short: Form::try_new(locale.into(), MDE::medium()).map_err(missing(tag))?,
            plain: Form::try_new(locale.into(), MD::long()).map_err(missing(tag))?,
            brief: Form::try_new(locale.into(), MD::medium()).map_err(missing(tag))?,
            moment: Form::try_new(locale.into(), YMDE::medium().with_time_hms()).map_err(missing(tag))?,
            brief_moment: Form::try_new(locale.into(), MD::medium().with_time_hm()).map_err(missing(tag))?,
            day_and_time: Form::try_new(locale.into(), MDE::long().with_time_hm()).map_err(missing(tag))?,
            offset: NoCalendarFormatter::try_new(locale.into(), LocalizedOffsetShort).map_err(missing(tag))?,
            minutes: NoCalendarFormatter::try_new(locale.into(), T::hm()).map_err(missing(tag))?,
            seconds: NoCalendarFormatter::try_new(locale.into(), T::hms()).map_err(missing(tag))?,
            numbers: DecimalFormatter::try_new(locale.into(), DecimalFormatterOptions::default())
                .map_err(missing(tag))?,
            ordinals: DecimalFormatter::try_new(locale.into(), ungrouped).map_err(missing(tag))?,
            and: ListFormatter::try_new_and(locale.into(), ListFormatterOptions::default()).map_err(missing(tag))?,
            series: ListFormatter::try_new_unit(locale.into(), wide).map_err(missing(tag))?,
            plurals: PluralRules::try_new_cardinal(locale.into()).map_err(missing(tag))?,
        })
    }

    /// A day as "Wednesday 31 July 2024".
    pub fn long_day(&self, day: NaiveDate) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.long.format(&date).to_string())
    }

    /// The day of the week of a day as "Wednesday".
    pub fn day_of_week(&self, day: NaiveDate) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.day_of_week.format(&date).to_string())
    }

    /// A day as "31 July 2024".
    pub fn full_day(&self, day: NaiveDate) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.full.format(&date).to_string())
    }

    /// A day as "31 Jul 2024".
    pub fn medium_day(&self, day: NaiveDate) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.medium.format(&date).to_string())
    }

    /// A day as "Wednesday 31 July".
    pub fn weekday(&self, day: NaiveDate) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.weekday.format(&date).to_string())
    }

    /// A day as "Wed 31 Jul".
    pub fn short_day(&self, day: NaiveDate) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.short.format(&date).to_string())
    }

    /// A day as "31 July".
    pub fn plain_day(&self, day: NaiveDate) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.plain.format(&date).to_string())
    }

    /// A day as "31 Jul".
    pub fn brief_day(&self, day: NaiveDate) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.brief.format(&date).to_string())
    }

    /// A moment as "Wed 31 Jul 2024, 07:00:12".
    pub fn moment(&self, at: NaiveDateTime) -> String {
        date_time(at).map_or_else(|| at.to_string(), |at| self.moment.format(&at).to_string())
    }

    /// A moment as "31 Jul, 07:00".
    pub fn brief_moment(&self, at: NaiveDateTime) -> String {
        date_time(at).map_or_else(|| at.to_string(), |at| self.brief_moment.format(&at).to_string())
    }

    /// A date and time as "Wednesday 31 July at 07:00".
    pub fn day_and_time(&self, at: NaiveDateTime) -> String {
        date_time(at).map_or_else(|| at.to_string(), |at| self.day_and_time.format(&at).to_string())
    }

    /// An offset from UTC as "GMT+2". `seconds` is positive east of Greenwich.
    pub fn offset(&self, seconds: i32) -> String {
        UtcOffset::try_from_seconds(seconds)
            .map_or_else(|_| String::new(), |offset| self.offset.format(&offset).to_string())
    }

    /// A time of day as "07:00", or to the second.
    pub fn time(&self, at: NaiveTime, to_the_second: bool) -> String {
        let form = if to_the_second { &self.seconds } else { &self.minutes };
        time(at).map_or_else(|| at.to_string(), |at| form.format(&at).to_string())
    }

    /// A number as "1,234".
    pub fn number(&self, n: u64) -> String {
        self.numbers.format(&Decimal::from(n)).to_string()
    }

    /// A number of tenths as "81.2".
    pub fn tenths(&self, tenths: u64) -> String {
        let mut decimal = Decimal::from(tenths);
        decimal.multiply_pow10(-1);
        self.numbers.format(&decimal).to_string()
    }

    /// A number rounded to one decimal place, without a trailing zero: "8", "7.5".
    pub fn short(&self, value: f64) -> String {
        let tenths = format!("{value:.1}");
        let Ok(mut decimal) = tenths.parse::<Decimal>() else { return tenths };
        decimal.trim_end();
        self.numbers.format(&decimal).to_string()
    }

    /// A number that identifies something, such as an issue, without thousands separators: "1234".
    pub fn ordinal(&self, n: u64) -> String {
        self.ordinals.format(&Decimal::from(n)).to_string()
    }

    /// "1, 3 and 4".
    pub fn list(&self, parts: &[String]) -> String {
        self.and.format(parts.iter()).to_string()
    }

    /// A list without "and": "7 stories, 2 guides, 6 min".
    pub fn series(&self, parts: &[String]) -> String {
        self.series.format(parts.iter()).to_string()
    }

    /// The plural form in which the language counts to `n`, by its name in CLDR.
    pub fn plural(&self, n: u64) -> &'static str {
        plural_name(self.plurals.category_for(n))
    }

    /// All plural forms of the language.
    pub fn plurals(&self) -> Vec<&'static str> {
        self.plurals.categories().map(plural_name).collect()
    }
}

/// The plural form for all numbers without a more specific one. Every language has it.
pub const REST: &str = "other";

/// The names of all plural forms that any language has.
pub const PLURALS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

fn plural_name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

/// The notice for a language that ICU4X has no data for, whichever formatter says so.
fn missing<E>(tag: &str) -> impl Fn(E) -> Notice {
    move |_| Notice::new(format!("there is no data for the language `{tag}`"))
}

fn date(day: NaiveDate) -> Option<Date<Gregorian>> {
    Date::try_new_gregorian(day.year(), u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?).ok()
}

fn time(at: NaiveTime) -> Option<Time> {
    let part = |part: u32| u8::try_from(part).ok();
    Time::try_new(part(at.hour())?, part(at.minute())?, part(at.second())?, 0).ok()
}

fn date_time(at: NaiveDateTime) -> Option<DateTime<Gregorian>> {
    Some(DateTime { date: date(at.date())?, time: time(at.time())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: &str) -> NaiveDate {
        day.parse().expect("a day")
    }

    #[test]
    fn days_are_written_as_the_language_does() {
        for (tag, long, short, next) in [
            ("en-AU-u-hc-h23", "Wednesday 31 July 2024", "Wed 31 Jul", "Wednesday 31 July"),
            ("en-US", "Wednesday, July 31, 2024", "Wed, Jul 31", "Wednesday, July 31"),
            ("de", "Mittwoch, 31. Juli 2024", "Mi., 31. Juli", "Mittwoch, 31. Juli"),
            ("fr", "mercredi 31 juillet 2024", "mer. 31 juil.", "mercredi 31 juillet"),
            ("es", "miércoles, 31 de julio de 2024", "mié, 31 jul", "miércoles, 31 de julio"),
            ("ja", "2024年7月31日水曜日", "7月31日(水)", "7月31日水曜日"),
            ("ar", "الأربعاء، 31 يوليو 2024", "الأربعاء، 31 يوليو", "الأربعاء، 31 يوليو"),
        ] {
            let locale = Locale::of(tag).expect(tag);
            let at = day("2024-07-31");
            assert_eq!(
                (locale.long_day(at), locale.short_day(at), locale.weekday(at)),
                (long.into(), short.into(), next.into())
            );
        }
        assert!(Locale::of("no tag").is_err());
    }

    #[test]
    fn moments_numbers_and_lists_are_too() {
        let at = day("2024-07-31").and_hms_opt(19, 0, 12).expect("a time");
        let parts = ["1", "3", "4"].map(str::to_owned);
        for (tag, moment, number, tenths, list) in [
            ("en-AU-u-hc-h23", "Wed 31 Jul 2024, 19:00:12", "1,234,567", "81.2", "1, 3 and 4"),
            ("de", "Mi., 31.07.2024, 19:00:12", "1.234.567", "81,2", "1, 3 und 4"),
            ("ja", "2024/07/31(水) 19:00:12", "1,234,567", "81.2", "1、3、4"),
        ] {
            let locale = Locale::of(tag).expect(tag);
            let written = [locale.moment(at), locale.number(1_234_567), locale.tenths(812), locale.list(&parts)];
            assert_eq!(written, [moment, number, tenths, list], "{tag}");
        }
    }

    #[test]
    fn a_score_is_written_as_short_as_the_language_can() {
        for (tag, half, whole, rounded) in [("en", "7.5", "8", "0"), ("de", "7,5", "8", "0"), ("fa", "۷٫۵", "۸", "۰")]
        {
            let locale = Locale::of(tag).expect(tag);
            assert_eq!([7.5, 8.0, 0.04].map(|score| locale.short(score)), [half, whole, rounded], "{tag}");
        }
    }

    #[test]
    fn a_number_that_counts_nothing_is_not_grouped() {
        let ordinal = |tag| Locale::of(tag).expect(tag).ordinal(1_234);
        assert_eq!(["en", "de", "fa"].map(ordinal), ["1234", "1234", "۱۲۳۴"]);
    }

    #[test]
    fn a_language_counts_in_its_own_forms() {
        let forms = |tag: &str| [0, 1, 2, 3, 11, 100].map(|n| Locale::of(tag).expect(tag).plural(n));
        assert_eq!(forms("en"), ["other", "one", "other", "other", "other", "other"]);
        assert_eq!(forms("ar"), ["zero", "one", "two", "few", "many", "other"]);
        assert_eq!(forms("pl"), ["many", "one", "few", "few", "many", "many"]);
        assert_eq!(Locale::of("ja").expect("ja").plurals(), ["other"]);
    }

    #[test]
    fn a_tag_has_one_form_and_a_direction() {
        for (tag, canonical_form, direction) in [
            ("de", Some("de"), "ltr"),
            ("DE-at", Some("de-AT"), "ltr"),
            ("ar", Some("ar"), "rtl"),
            ("he-IL", Some("he-IL"), "rtl"),
            ("az-Arab", Some("az-Arab"), "rtl"),
            ("sd-Deva", Some("sd-Deva"), "ltr"),
            ("ckb", Some("ckb"), "rtl"),
            ("yi", Some("yi"), "rtl"),
            ("dv", Some("dv"), "rtl"),
            ("no tag", None, "ltr"),
            ("", None, "ltr"),
        ] {
            assert_eq!((canonical(tag).as_deref(), direction_of_language(tag)), (canonical_form, direction), "{tag}");
        }
    }
}
