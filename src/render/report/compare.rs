//! The issue compared with the last ones of its edition, and the list's growth, as the page shows them. Knows no template.

use chrono_tz::Tz;
use serde::Serialize;

use super::numbers::share;
use crate::model::{IssueLine, IssueName, ListGrowth, PollCounts};
use crate::render::language::Language;

/// A table: this issue first, then the last ones, the newest first.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// Whether clicks, and answers, have a column: if any of the issues has them.
    clicks: bool,
    poll: bool,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    /// Its day, as "25 Nov": the edition is the same for all.
    day: String,
    /// Whether this is the issue that the report is about.
    own: bool,
    recipients: String,
    delivered: String,
    failed: String,
    left: String,
    complaints: String,
    clicks: String,
    poll: String,
}

/// `None` for an issue with nothing to compare it with.
pub fn view(issues: &[IssueLine], language: &Language) -> Option<Compared> {
    (issues.len() > 1).then(|| Compared {
        clicks: issues.iter().any(|line| line.clicks.is_some()),
        poll: issues.iter().any(|line| line.poll.is_some()),
        rows: issues.iter().enumerate().map(|(at, line)| row(line, at == 0, language)).collect(),
    })
}

fn row(line: &IssueLine, own: bool, language: &Language) -> Row {
    let number = |n| language.locale.number(n);
    let none = || language.say("report.units.none", &[]);
    Row {
        day: day(&line.issue, language),
        own,
        recipients: number(line.recipients),
        delivered: share(line.delivered, line.recipients, language),
        failed: share(line.failed, line.recipients, language),
        left: share(line.left, line.delivered, language),
        complaints: share(line.complaints, line.delivered, language),
        clicks: line.clicks.map_or_else(none, number),
        poll: line.poll.as_ref().map_or_else(none, |poll| first_answer(poll, language)),
    }
}

fn day(issue: &str, language: &Language) -> String {
    let name: Option<IssueName> = issue.parse().ok();
    name.map_or_else(|| issue.to_owned(), |name| language.locale.brief_day(name.date))
}

/// "Yes 81.2 % of 16": the share of the first answer, which is usually the most positive one.
fn first_answer(poll: &PollCounts, language: &Language) -> String {
    let total = poll.total();
    match poll.answers.first() {
        Some(first) if total > 0 => {
            let (share, n) = (share(first.count, total, language), language.locale.number(total));
            let values = [("answer", first.answer.as_str()), ("share", &share), ("n", &n)];
            language.say("report.facts.answered", &values)
        }
        _ => language.say("report.facts.no_answer", &[]),
    }
}

/// "1,204 subscribers on the list. Since 18 Nov 2026: 12 joined, 3 left, 1 bounced."
pub fn growth(list: &ListGrowth, zone: Tz, language: &Language) -> String {
    let day = list.since.map(|since| language.locale.medium_day(since.with_timezone(&zone).date_naive()));
    let since = match &day {
        Some(day) => language.say("report.growth.since", &[("date", day)]),
        None => language.say("report.growth.so_far", &[]),
    };
    let counted = |name: &str, n: u64| language.count(&format!("report.growth.{name}"), n);
    let mut parts = vec![counted("joined", list.joined)];
    for (name, n) in [("left", list.left), ("bounced", list.bounced), ("complained", list.complained)] {
        if n > 0 {
            parts.push(counted(name, n));
        }
    }
    let (all, parts) = (counted("list", list.confirmed), language.locale.series(&parts));
    language.say("report.growth.line", &[("list", &all), ("since", &since), ("parts", &parts)])
}
