//! The issue beside the last ones of its edition, and the list's growth, as the page shows them. Knows no template.

use chrono_tz::Tz;
use serde::Serialize;

use super::numbers::{number, plural, share};
use crate::model::{IssueLine, IssueName, ListGrowth, PollCounts};

/// A table: this issue first, then the last ones, the newest first.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// Whether clicks, and answers, have a column: where any of the issues has them.
    clicks: bool,
    poll: bool,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    /// Its day, as "25 Nov": the edition is the same for all.
    day: String,
    /// Whether it is the issue that the report is of.
    own: bool,
    recipients: String,
    delivered: String,
    failed: String,
    left: String,
    complaints: String,
    clicks: String,
    poll: String,
}

/// `None` for an issue that has nothing beside it.
pub fn view(issues: &[IssueLine]) -> Option<Compared> {
    (issues.len() > 1).then(|| Compared {
        clicks: issues.iter().any(|line| line.clicks.is_some()),
        poll: issues.iter().any(|line| line.poll.is_some()),
        rows: issues.iter().enumerate().map(|(at, line)| row(line, at == 0)).collect(),
    })
}

fn row(line: &IssueLine, own: bool) -> Row {
    Row {
        day: day(&line.issue),
        own,
        recipients: number(line.recipients),
        delivered: share(line.delivered, line.recipients),
        failed: share(line.failed, line.recipients),
        left: share(line.left, line.delivered),
        complaints: share(line.complaints, line.delivered),
        clicks: line.clicks.map_or_else(|| "–".into(), number),
        poll: line.poll.as_ref().map_or_else(|| "–".into(), first_answer),
    }
}

fn day(issue: &str) -> String {
    let name: Option<IssueName> = issue.parse().ok();
    name.map_or_else(|| issue.to_owned(), |name| name.date.format("%-d %b").to_string())
}

/// "Yes 81.2 % of 16": the first answer's part, which is the kindest as polls are written.
fn first_answer(poll: &PollCounts) -> String {
    let total = poll.total();
    match poll.answers.first() {
        Some(first) if total > 0 => format!("{} {} of {}", first.answer, share(first.count, total), number(total)),
        _ => "no answer".into(),
    }
}

/// "1,204 on the list. Since 18 Nov: 12 joined, 3 left, 1 bounced."
pub fn growth(list: &ListGrowth, zone: Tz) -> String {
    let since = list.since.map(|since| format!("Since {}", since.with_timezone(&zone).format("%-d %b %Y")));
    let mut parts = vec![format!("{} joined", number(list.joined))];
    for (n, what) in [(list.left, "left"), (list.bounced, "bounced"), (list.complained, "complained")] {
        if n > 0 {
            parts.push(format!("{} {what}", number(n)));
        }
    }
    let since = since.unwrap_or_else(|| "So far".into());
    format!("{} on the list. {since}: {}.", plural(list.confirmed, "subscriber"), parts.join(", "))
}
