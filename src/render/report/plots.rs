//! The report's plots, drawn as SVG by charts-rs: text stays text in the subscriber's own font, and every colour is one of
//! [`INKS`], so that the page's style can turn each into its dark twin. Knows no page.

use charts_rs::{
    Box as Margin, ChartBase, Color, HorizontalBarChart, LegendCategory, LineChart, LineStep, Series, Symbol,
    YAxisConfig,
};
use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::model::{DomainLine, Notice, ReplyLine, Timeline};

/// The colours of the light page by what they stand for. The template's style names each of them.
const INKS: [(&str, &str); 6] = [
    ("delivered", "#0C6B64"),
    ("failed", "#B3261E"),
    ("waiting", "#8A5A00"),
    ("other", "#6B6680"),
    ("text", "#5F5B53"),
    ("line", "#E4E0D7"),
];
/// Pixels of the drawing; the page scales it.
const WIDTH: f32 = 720.0;
/// The most characters of a name beside a bar.
const NAME: usize = 28;

fn ink(what: &str) -> Color {
    INKS.iter().find(|(name, _)| *name == what).map_or_else(Color::default, |(_, hex)| Color::from(*hex))
}

/// Deliveries over time, one step a stretch. Empty when there was none.
pub fn over_time(timeline: &Timeline, zone: Tz) -> Result<String, Notice> {
    let Some(from) = timeline.from.filter(|_| !timeline.delivered.is_empty()) else { return Ok(String::new()) };
    let span = i64::from(timeline.stretch_seconds) * i64::try_from(timeline.delivered.len()).unwrap_or(0);
    let form = match (timeline.stretch_seconds, span) {
        (..60, _) => "%H:%M:%S",
        (_, ..86_400) => "%H:%M",
        (..86_400, _) => "%-d %b %H:%M",
        _ => "%-d %b",
    };
    // A stretch of nothing on either side, so that the figure begins and ends at the ground, even one of a single stretch.
    let delivered: Vec<u64> = [0].into_iter().chain(timeline.delivered.iter().copied()).chain([0]).collect();
    let label = |at: i64| {
        let after = i64::from(timeline.stretch_seconds).saturating_mul(at - 1);
        (from + TimeDelta::seconds(after)).with_timezone(&zone).format(form).to_string()
    };
    let labels = (0..).take(delivered.len()).map(label).collect();
    let mut line = series("delivered", &delivered);
    line.step = Some(LineStep::Middle);
    line.fill = Some(true);
    line.symbol = Some(Symbol::None);
    let mut chart = LineChart::new(vec![line], labels);
    dress(&mut chart.base, 220.0, &["delivered"]);
    chart.base.legend.show = Some(false);
    chart.y_axis_configs.iter_mut().for_each(axis);
    finish(chart.svg(), "Copies delivered in each stretch of time")
}

/// A part of a bar: what it stands for, and how long it is for a line of a table.
type Part<T> = (&'static str, fn(&T) -> u64);

/// Recipients by domain, one bar each, in the parts of their states.
pub fn domains(lines: &[DomainLine]) -> Result<String, Notice> {
    let parts: [Part<DomainLine>; 4] = [
        ("delivered", |line| line.delivered),
        ("failed", |line| line.failed),
        ("waiting", |line| line.waiting),
        ("other", |line| line.other),
    ];
    let names = lines.iter().map(|line| name(&line.domain)).collect();
    bars(names, lines, &parts, "Recipients by domain and by how they fared")
}

/// Last replies by code, one bar each, in the parts of what they led to.
pub fn replies(lines: &[ReplyLine]) -> Result<String, Notice> {
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
    let names = codes.iter().map(|(code, _)| code.map_or_else(|| "no reply".into(), |code| code.to_string())).collect();
    bars(names, &codes, &parts, "Last replies by code and by what they led to")
}

/// Stacked bars that lie; parts that nobody is in are left out.
fn bars<T>(names: Vec<String>, lines: &[T], parts: &[Part<T>], label: &str) -> Result<String, Notice> {
    if lines.is_empty() {
        return Ok(String::new());
    }
    // Drawn from the bottom up: the first line shall stand on top.
    let names = names.into_iter().rev().collect();
    let mut shown = Vec::new();
    let mut stack = Vec::new();
    for (part, count) in parts {
        let counts: Vec<u64> = lines.iter().rev().map(count).collect();
        if counts.iter().any(|count| *count > 0) {
            shown.push(*part);
            stack.push(series(part, &counts));
        }
    }
    let mut chart = HorizontalBarChart::new(stack, names);
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    dress(&mut chart.base, 66.0 + 26.0 * f32::from(rows), &shown);
    chart.y_axis_configs.iter_mut().for_each(axis);
    finish(chart.svg(), label)
}

fn series(name: &str, counts: &[u64]) -> Series {
    // A bar's length needs no more than an f32 has: 16 million are exact, beyond that the seventh digit is rounded.
    #[expect(clippy::cast_precision_loss, reason = "only the length of a bar; tables have the exact numbers")]
    let mut series = Series::new(name.to_owned(), counts.iter().map(|count| *count as f32).collect());
    series.stack = Some("all".into());
    series
}

/// What all plots have in common.
fn dress(base: &mut ChartBase, height: f32, parts: &[&str]) {
    base.width = WIDTH;
    base.height = height;
    base.margin = Margin { left: 8.0, top: 8.0, right: 24.0, bottom: 4.0 };
    base.background_color = Color::transparent();
    base.font_family = "sans-serif".into();
    base.series.colors = parts.iter().map(|part| ink(part)).collect();
    base.legend.category = LegendCategory::Rect;
    base.legend.font.color = ink("text");
    base.legend.font.size = 13.0;
    base.x_axis.font.color = ink("text");
    base.x_axis.font.size = 12.0;
    base.x_axis.stroke_color = ink("line");
    base.grid.stroke_color = ink("line");
}

fn axis(config: &mut YAxisConfig) {
    config.font.color = ink("text");
    config.font.size = 12.0;
    config.stroke_color = ink("line");
    config.min = Some(0.0);
    config.formatter = Some("{t}".into());
}

/// A name that fits beside a bar.
fn name(domain: &str) -> String {
    match domain {
        "" => "all others".into(),
        long if long.chars().count() > NAME => long.chars().take(NAME - 1).chain(['…']).collect(),
        short => short.into(),
    }
}

/// The drawing as part of a page: it scales, and a screen reader is told what it shows; the numbers stand in a table.
fn finish(drawn: Result<String, charts_rs::Error>, label: &str) -> Result<String, Notice> {
    let svg = drawn.map_err(|why| Notice::new(format!("cannot draw a plot of the report: {why}")))?;
    let (open, rest) = svg.split_once('>').unwrap_or((&svg, ""));
    let view = open.split_once("viewBox=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or("0 0 720 240");
    Ok(format!("<svg role=\"img\" aria-label=\"{label}\" viewBox=\"{view}\">{rest}"))
}
