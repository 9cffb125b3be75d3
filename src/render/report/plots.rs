//! The report's plots, drawn as SVG by charts-rs: text stays text in the subscriber's own font, and every colour is one of
//! [`INKS`], so that the page's style can replace each with its dark counterpart. Knows no page.

use charts_rs::{
    Box as Margin, ChartBase, Color, HorizontalBarChart, LineChart, LineStep, Series, Symbol, YAxisConfig,
};
use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use crate::model::{DomainLine, Notice, ReplyLine, Timeline};
use crate::render::language::Language;
use crate::render::words;

/// The colours of the light page, by role. The template's style names each of them.
const INKS: [(&str, &str); 6] = [
    ("delivered", "#0C6B64"),
    ("failed", "#B3261E"),
    ("waiting", "#8A5A00"),
    ("other", "#6B6680"),
    ("text", "#5F5B53"),
    ("line", "#E4E0D7"),
];
/// A drawing for one width of the page: the text has the same size in each, so that it is legible on a phone, too.
#[derive(Clone, Copy)]
struct Size {
    /// Its CSS class, by which the page shows one of the two.
    class: &'static str,
    /// In pixels; the page scales it a little.
    width: f32,
    /// The most characters of a name beside a bar.
    name: usize,
}
const SIZES: [Size; 2] =
    [Size { class: "on-wide", width: 720.0, name: 28 }, Size { class: "on-narrow", width: 340.0, name: 16 }];

/// One drawing after the other.
fn each_size(draw: impl Fn(Size) -> Result<String, Notice>) -> Result<String, Notice> {
    SIZES.into_iter().map(draw).collect()
}

fn ink(what: &str) -> Color {
    INKS.iter().find(|(name, _)| *name == what).map_or_else(Color::default, |(_, hex)| Color::from(*hex))
}

/// Deliveries over time, one step a stretch. Empty when there was none.
pub fn over_time(timeline: &Timeline, zone: Tz, language: &Language) -> Result<String, Notice> {
    let Some(from) = timeline.from.filter(|_| !timeline.delivered.is_empty()) else { return Ok(String::new()) };
    let span = i64::from(timeline.stretch_seconds) * i64::try_from(timeline.delivered.len()).unwrap_or(0);
    let locale = &language.locale;
    let written = |at: NaiveDateTime| match (timeline.stretch_seconds, span) {
        (..60, _) => locale.time(at.time(), true),
        (_, ..86_400) => locale.time(at.time(), false),
        (..86_400, _) => locale.brief_moment(at),
        _ => locale.brief_day(at.date()),
    };
    // An empty step on either side, so that the plot begins and ends at zero, even if it has a single step.
    let delivered: Vec<u64> = [0].into_iter().chain(timeline.delivered.iter().copied()).chain([0]).collect();
    let label = |at: i64| {
        let after = i64::from(timeline.stretch_seconds).saturating_mul(at - 1);
        apart(written((from + TimeDelta::seconds(after)).with_timezone(&zone).naive_local()))
    };
    let labels: Vec<String> = (0..).take(delivered.len()).map(label).collect();
    let most = delivered.iter().copied().max().unwrap_or(0);
    each_size(|size| {
        let mut line = series(&language.say("report.heads.delivered", &[]), &delivered);
        line.step = Some(LineStep::Middle);
        line.fill = Some(true);
        line.symbol = Some(Symbol::None);
        let mut chart = LineChart::new(vec![line], labels.clone());
        dress(&mut chart.base, 220.0, &["delivered"], size);
        chart.y_axis_configs.iter_mut().for_each(|config| axis(config, most, size));
        finish(chart.svg(), &language.say("report.plots.when", &[]), language, size)
    })
}

/// A part of a bar: what it means, and its length for a given row of the table.
type Part<T> = (&'static str, fn(&T) -> u64);

/// Recipients by domain, one bar each, split by state.
pub fn domains(lines: &[DomainLine], language: &Language) -> Result<String, Notice> {
    let parts: [Part<DomainLine>; 4] = [
        ("delivered", |line| line.delivered),
        ("failed", |line| line.failed),
        ("waiting", |line| line.waiting),
        ("other", |line| line.other),
    ];
    let others = language.say("report.facts.all_others", &[]);
    let names = lines.iter().map(|line| if line.domain.is_empty() { others.clone() } else { line.domain.clone() });
    bars(&names.collect::<Vec<_>>(), lines, &parts, ("domains", language))
}

/// Last replies by code, one bar each, split by outcome.
pub fn replies(lines: &[ReplyLine], language: &Language) -> Result<String, Notice> {
    let mut codes: Vec<(Option<u16>, [u64; 4])> = Vec::new();
    for line in lines {
        let part = match line.state.as_str() {
            "delivered" => 0,
            "failed" => 1,
            "deferred" | "pending" => 2,
            _ => 3,
        };
        if codes.last().is_none_or(|(code, _)| *code != line.code) {
            codes.push((line.code, [0; 4]));
        }
        if let Some((_, parts)) = codes.last_mut() {
            parts[part] += line.count;
        }
    }
    let parts: [Part<(Option<u16>, [u64; 4])>; 4] = [
        ("delivered", |line| line.1[0]),
        ("failed", |line| line.1[1]),
        ("waiting", |line| line.1[2]),
        ("other", |line| line.1[3]),
    ];
    let none = || language.say("report.facts.no_reply", &[]);
    let names: Vec<String> = codes.iter().map(|(code, _)| code.map_or_else(none, |code| code.to_string())).collect();
    bars(&names, &codes, &parts, ("replies", language))
}

/// Horizontal stacked bars; empty parts are left out.
fn bars<T>(
    names: &[String],
    lines: &[T],
    parts: &[Part<T>],
    (plot, language): (&str, &Language),
) -> Result<String, Notice> {
    if lines.is_empty() {
        return Ok(String::new());
    }
    // Drawn from the bottom up, so that the first row ends up on top.
    let mut shown = Vec::new();
    let mut stack = Vec::new();
    for (part, count) in parts {
        let counts: Vec<u64> = lines.iter().rev().map(count).collect();
        if counts.iter().any(|count| *count > 0) {
            shown.push(*part);
            stack.push(series(&language.say(&format!("report.heads.{part}"), &[]), &counts));
        }
    }
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let whole = |line: &T| parts.iter().map(|(_, count)| count(line)).sum();
    let most = lines.iter().map(whole).max().unwrap_or(0);
    let drawings = each_size(|size| {
        let names = names.iter().rev().map(|name| short(name, size.name)).collect();
        let mut chart = HorizontalBarChart::new(stack.clone(), names);
        dress(&mut chart.base, 40.0 + 26.0 * f32::from(rows), &shown, size);
        chart.y_axis_configs.iter_mut().for_each(|config| axis(config, most, size));
        finish(chart.svg(), &language.say(&format!("report.plots.{plot}"), &[]), language, size)
    })?;
    Ok(legend(&shown, language) + &drawings)
}

/// The legend of the colours. It is part of the page, because charts-rs mismeasures text that is not Latin and draws over it.
fn legend(parts: &[&str], language: &Language) -> String {
    let named = |part: &&str| {
        let name = language.say(&format!("report.heads.{part}"), &[]);
        format!("<span><b class=\"tone-{part}\" aria-hidden=\"true\">■</b> {}</span>", words::escape(&name))
    };
    format!("<p class=\"legend\">{}</p>", parts.iter().map(named).collect::<Vec<_>>().join(" "))
}

fn series(name: &str, counts: &[u64]) -> Series {
    // A bar's length needs no more than an f32 has: 16 million are exact, beyond that the seventh digit is rounded.
    #[expect(clippy::cast_precision_loss, reason = "only the length of a bar; tables have the exact numbers")]
    let mut series = Series::new(name.to_owned(), counts.iter().map(|count| *count as f32).collect());
    series.stack = Some("all".into());
    series
}

/// Settings that all plots share.
fn dress(base: &mut ChartBase, height: f32, parts: &[&str], size: Size) {
    base.width = size.width;
    base.height = height;
    base.margin = Margin { left: 8.0, top: 8.0, right: 24.0, bottom: 4.0 };
    base.background_color = Color::transparent();
    base.font_family = "sans-serif".into();
    base.series.colors = parts.iter().map(|part| ink(part)).collect();
    base.legend.show = Some(false);
    base.x_axis.font.color = ink("text");
    base.x_axis.font.size = 12.0;
    base.x_axis.stroke_color = ink("line");
    base.grid.stroke_color = ink("line");
}

/// The axis of counts up to `most`: from 0, in equal steps of whole numbers.
fn axis(config: &mut YAxisConfig, most: u64, size: Size) {
    // Numbers beside each other need more room than above each other.
    let (step, steps) = steps(most, if size.class == "on-narrow" { 3 } else { 5 });
    #[expect(clippy::cast_precision_loss, reason = "a round number of two digits, or of more than an axis can show")]
    let end = step.saturating_mul(steps) as f32;
    config.max = Some(end);
    config.split_number = usize::try_from(steps).unwrap_or(1);
    config.font.color = ink("text");
    config.font.size = 12.0;
    config.stroke_color = ink("line");
    config.min = Some(0.0);
    config.formatter = Some("{t}".into());
}

/// A round step size, and how many steps reach `most`: at most `limit`, at least one.
fn steps(most: u64, limit: u64) -> (u64, u64) {
    let mut ten = 1;
    loop {
        for step in [ten, ten * 2, ten * 5] {
            let steps = most.div_ceil(step).max(1);
            if steps <= limit {
                return (step, steps);
            }
        }
        // The greatest count has 20 digits.
        ten = if ten < u64::MAX / 100 { ten * 10 } else { return (most.div_ceil(limit), limit) };
    }
}

/// A label with space around it if its letters are not Latin. charts-rs takes such letters to be narrower than they are, so labels would touch.
fn apart(label: String) -> String {
    if label.chars().any(|c| c >= '\u{590}') { format!("\u{a0}{label}\u{a0}") } else { label }
}

/// A name that fits beside a bar.
fn short(name: &str, most: usize) -> String {
    if name.chars().count() > most { name.chars().take(most - 1).chain(['…']).collect() } else { name.to_owned() }
}

/// The drawing as part of a page: it scales and has a description for screen readers; the numbers are in a table.
fn finish(
    drawn: Result<String, charts_rs::Error>,
    label: &str,
    language: &Language,
    size: Size,
) -> Result<String, Notice> {
    let svg = drawn.map_err(|why| Notice::new(format!("cannot draw a plot of the report: {why}")))?;
    let svg = in_its_numbers(&svg, language);
    let (open, rest) = svg.split_once('>').unwrap_or((&svg, ""));
    let view = open.split_once("viewBox=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or("0 0 720 240");
    Ok(format!(
        "<svg class=\"{}\" role=\"img\" aria-label=\"{}\" viewBox=\"{view}\">{rest}",
        size.class,
        words::escape(label)
    ))
}

/// A drawing with the numbers on its axes in the format of the language. charts-rs always writes "12,000".
fn in_its_numbers(svg: &str, language: &Language) -> String {
    let written = |text: &str| {
        let digits = text.replace(',', "");
        let number = digits.trim().parse::<u64>().ok()?;
        Some(text.replace(text.trim(), &language.locale.number(number)))
    };
    let part = |part: &str| match part.rsplit_once('>') {
        Some((tag, text)) => format!("{tag}>{}", written(text).unwrap_or_else(|| text.to_owned())),
        None => part.to_owned(),
    };
    svg.split('<').map(part).collect::<Vec<_>>().join("<")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Templates;

    #[test]
    fn an_axis_is_written_as_the_language_does() {
        let drawn = "<text x=\"1,000\">\n12,000\n</text><text>mail,1.example</text><text>250</text>";
        let german = Templates::builtin().language("de").expect("German");
        let written = "<text x=\"1,000\">\n12.000\n</text><text>mail,1.example</text><text>250</text>";
        assert_eq!(in_its_numbers(drawn, &german), written);
        let big =
            DomainLine { domain: "big.example".into(), recipients: 12_345, delivered: 12_345, ..DomainLine::default() };
        let plot = domains(&[big], &german).expect("a plot");
        assert!(plot.starts_with("<p class=\"legend\"><span><b class=\"tone-delivered\""), "{plot}");
        assert!(plot.contains("</b> zugestellt</span></p><svg"), "the text is not a part of the drawing: {plot}");
        assert!(plot.contains("5.000") && plot.contains("15.000") && !plot.contains("5,000"), "{plot}");
    }

    #[test]
    fn an_axis_counts_whole_copies_in_few_round_steps() {
        for (most, limit, expected) in [
            (0, 5, (1, 1)),
            (1, 5, (1, 1)),
            (2, 5, (1, 2)),
            (5, 5, (1, 5)),
            (6, 5, (2, 3)),
            (11, 5, (5, 3)),
            (11, 3, (5, 3)),
            (12_345, 5, (5_000, 3)),
            (20_000, 3, (10_000, 2)),
        ] {
            assert_eq!(steps(most, limit), expected, "{most} in {limit}");
        }
        let (step, count) = steps(u64::MAX, 3);
        assert!(step.checked_mul(count).is_none_or(|end| end > 0) && count <= 3);
    }

    #[test]
    fn labels_in_other_letters_have_room_around_them() {
        assert_eq!(apart("07:00".into()), "07:00");
        assert_eq!(apart("31 déc.".into()), "31 déc.");
        assert_eq!(apart("7:00 ص".into()), "\u{a0}7:00 ص\u{a0}");
    }

    #[test]
    fn a_name_is_cut_where_it_does_not_fit() {
        assert_eq!(short("a-long-domain.example", 16), "a-long-domain.e…");
        assert_eq!(short("big.example", 16), "big.example");
    }
}
