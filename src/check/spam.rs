//! The verdict of the operator's spam filter on the whole message: parses its output, and checks its score. Runs
//! nothing.

use serde::Deserialize;

use super::{At, Found, Issue};
use crate::model::duration;

/// `[check]`: the spam filter that `digest check` runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A spam filter and its arguments; it reads the message on stdin. Empty: none is run.
    pub spam: Vec<String>,
    /// How long the filter may take.
    #[serde(with = "duration")]
    pub spam_patience: std::time::Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { spam: Vec::new(), spam_patience: std::time::Duration::from_secs(20) }
    }
}

/// A filter's verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Spam {
    pub score: f64,
    /// The score from which the filter calls a message spam.
    pub threshold: f64,
    /// The rules that fired, by the filter's names.
    pub rules: Vec<String>,
}

impl Spam {
    /// Reads what `SpamAssassin` (`spamassassin -t`, `spamc`, `spamc -c`) or rspamd (`rspamc`) printed; `None` for anything
    /// else.
    pub fn read(output: &str) -> Option<Self> {
        header(output).or_else(|| output.lines().find_map(ratio)).map(|mut spam| {
            spam.rules.extend(symbols(output));
            spam
        })
    }
}

/// `X-Spam-Status: No, score=-0.1 required=5.0 tests=A,B autolearn=no`, over several lines.
fn header(output: &str) -> Option<Spam> {
    let start = output.find("X-Spam-Status:")?;
    let mut lines = output[start..].lines();
    let mut status = lines.next()?.to_owned();
    lines.take_while(|line| line.starts_with([' ', '\t'])).for_each(|line| status.push_str(line));
    let value = |key: &str| {
        let rest = &status[status.find(key)? + key.len()..];
        // The list of tests continues after a comma and a fold.
        let joined = rest.replace(",\t", ",").replace(", ", ",");
        joined.split_whitespace().next().map(str::to_owned)
    };
    let rules = value("tests=").unwrap_or_default();
    let rules = rules.split(',').filter(|rule| !rule.is_empty() && *rule != "none").map(str::to_owned).collect();
    Some(Spam { score: number(&value("score=")?)?, threshold: number(&value("required=")?)?, rules })
}

/// `1.2/5.0`, also as `Score: 1.20 / 15.00` and `Metric: default; False; 1.20 / 15.00`.
fn ratio(line: &str) -> Option<Spam> {
    let known = line.starts_with("Score:") || line.starts_with("Metric:") || !line.contains(char::is_alphabetic);
    let (score, threshold) = line.rsplit(['|', ';', ':']).next()?.split_once('/').filter(|_| known)?;
    Some(Spam { score: number(score)?, threshold: number(threshold)?, rules: Vec::new() })
}

/// What rspamd holds against the message, highest first, from lines such as `Symbol: DATE_IN_PAST (1.00)[20276]`. It
/// also lists many neutral or favourable symbols.
fn symbols(output: &str) -> Vec<String> {
    let points = |symbol: &str| {
        let (name, rest) = symbol.split_once('(')?;
        let points = number(rest.split_once(')')?.0).filter(|points| *points > 0.0)?;
        Some((points, name.trim().to_owned()))
    };
    let lines = output.lines().filter_map(|line| line.strip_prefix("Symbol: "));
    let mut found: Vec<(f64, String)> = lines.filter_map(points).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.into_iter().map(|(_, name)| name).collect()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let spam = match issue.context.spam {
        None => return,
        Some(Ok(spam)) => spam,
        Some(Err(why)) => {
            let help = "try the command of `[check] spam` by hand, or empty the setting";
            found.push(Found::warning(
                "spam-unknown",
                At::Message,
                format!("the spam filter gave no score: {why}"),
                help,
            ));
            return;
        }
    };
    let message = format!("the spam filter gives {} of {} points", spam.score, spam.threshold);
    let fired = if spam.rules.is_empty() { "none named".to_owned() } else { spam.rules.join(", ") };
    let help = format!("look up its rules, and fix what they are about: {fired}");
    if spam.score >= spam.threshold {
        found.push(Found::error("spam-score", At::Message, message, help));
    } else if spam.score * 2.0 >= spam.threshold {
        found.push(Found::warning("spam-score", At::Message, message, help));
    }
}
