//! The rule on contrast: every text against its background, in light and in dark mode (WCAG 2.2, 1.4.3).

use std::collections::BTreeMap;

use super::cascade::{self, Mode, TextStyle};
use super::color::Color;
use super::css::Stylesheet;
use super::{At, Found, Issue};

/// Minimum contrast of text, and of large text: from 24 px, or from 18.66 px if bold.
const LEAST: f64 = 4.5;
const LEAST_LARGE: f64 = 3.0;

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let sheet = Stylesheet::read(&issue.css);
    let dark = sheet.rules.iter().any(|rule| rule.conditions.iter().any(|c| c.contains("prefers-color-scheme")));
    for mode in [Mode::Light, Mode::Dark] {
        // Without dark rules, only the subscriber's mail program can darken the mail: nothing to compute here.
        if mode == Mode::Light || dark {
            weak(issue, &sheet, mode, found);
        }
    }
}

/// One finding for each pair of colours with too little contrast.
fn weak(issue: &Issue, sheet: &Stylesheet, mode: Mode, found: &mut Vec<Found>) {
    let looks = cascade::looks(&issue.page, sheet, mode);
    let mut pairs: BTreeMap<(Color, Color, bool), (usize, &str)> = BTreeMap::new();
    for run in issue.page.runs.iter().filter(|run| run.text.contains(char::is_alphanumeric)) {
        let Some(look) = run.parent.map(|parent| looks[parent]).filter(|look| !look.hidden) else { continue };
        if let (Some(color), Some(ground)) = (look.color, look.ground) {
            pairs.entry((color, ground, is_large(&look))).or_insert((0, run.text.trim())).0 += 1;
        }
    }
    for ((color, ground, large), (times, sample)) in pairs {
        let (ratio, least) = (color.contrast(ground), if large { LEAST_LARGE } else { LEAST });
        if ratio < least {
            let mode = if mode == Mode::Dark { "dark" } else { "light" };
            let sample = super::short(sample);
            let more = if times > 1 { format!(" and {} more", times - 1) } else { String::new() };
            let message = format!(
                "in {mode} mode, {color} text on {ground} has a contrast of {ratio:.2}, under {least}: \"{sample}\"{more}"
            );
            let help = "change one of the two colours in templates/tokens/, or where the template sets it";
            found.push(Found::warning("contrast-low", At::Html, message, help));
        }
    }
}

fn is_large(look: &TextStyle) -> bool {
    look.size >= 24.0 || look.bold && look.size >= 18.66
}
