//! What the report's template sees: every number and time as it is shown. Knows no template.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::Serialize;

use super::numbers::{duration, number, plural, share, time};
use super::{ReportSetting, compare, plots};
use crate::model::{Advice, AnswerCount, ClickLine, DomainLine, Figures, Linked, Notice, PollCounts, SendReport};
use crate::render::language::direction_of_language;

#[derive(Debug, Serialize)]
pub struct ReportView {
    lang: String,
    dir: &'static str,
    publication: String,
    issue: String,
    subject: String,
    state: String,
    stopped_because: String,
    /// The tokens of its edition.
    look: BTreeMap<String, String>,
    /// What to do, each with how, and what is good to know.
    to_do: Vec<Fact>,
    to_know: Vec<Fact>,
    /// This issue beside the last ones; none when it is the first.
    compared: Option<compare::Compared>,
    growth: String,
    /// The poll's question, empty without one, and its answers.
    question: String,
    poll: Vec<Line>,
    /// The headline figures.
    heads: Vec<Head>,
    facts: Vec<Fact>,
    states: Vec<Line>,
    recipients: String,
    audience: String,
    adds_up: bool,
    empty: bool,
    plot_time: String,
    stretch: String,
    within: Vec<Fact>,
    plot_domains: String,
    domains: Vec<Line>,
    domains_note: String,
    plot_replies: String,
    replies: Vec<Line>,
    refusals: Vec<Line>,
    refusals_note: String,
    tries: Vec<Line>,
    waits: Vec<Fact>,
    later: Vec<Fact>,
    /// The counted links; empty when none were.
    clicks: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Head {
    value: String,
    label: &'static str,
    /// The style's name for it.
    tone: &'static str,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: String,
    value: String,
}

/// A row of a table: words first, then numbers.
#[derive(Debug, Serialize)]
struct Line {
    tone: String,
    words: Vec<String>,
    numbers: Vec<String>,
}

pub fn view(report: &SendReport, setting: ReportSetting, look: BTreeMap<String, String>) -> Result<ReportView, Notice> {
    let ReportSetting { zone, language, .. } = setting;
    let figures = &report.figures;
    let counts = &figures.counts;
    Ok(ReportView {
        lang: language.to_owned(),
        dir: direction_of_language(language),
        publication: report.publication.clone(),
        issue: report.issue.clone(),
        subject: report.subject.clone(),
        state: report.state.to_string(),
        stopped_because: report.stopped_because.clone(),
        look,
        to_do: advice(report, true),
        to_know: advice(report, false),
        compared: compare::view(&report.issues),
        growth: compare::growth(&report.list, zone),
        question: report.poll.as_ref().map(|poll| poll.question.clone()).unwrap_or_default(),
        poll: report.poll.iter().flat_map(|poll| &poll.answers).map(|line| answer(line, report)).collect(),
        heads: heads(figures),
        facts: facts(report, zone),
        states: states(figures),
        recipients: number(counts.recipients),
        audience: number(figures.audience),
        adds_up: counts.recipients == figures.audience,
        empty: counts.recipients == 0,
        plot_time: plots::over_time(&figures.over_time, zone)?,
        stretch: duration(u64::from(figures.over_time.stretch_seconds) * 1_000),
        within: within(figures),
        plot_domains: plots::domains(&figures.domains)?,
        domains: figures.domains.iter().map(domain).collect(),
        domains_note: format!("{} in all", plural(figures.domains_in_all, "domain")),
        plot_replies: plots::replies(&figures.replies)?,
        replies: replies(figures),
        refusals: refusals(figures),
        refusals_note: match figures.refusals_not_shown {
            0 => String::new(),
            rest => format!("{} with other words not shown.", plural(rest, "copy")),
        },
        tries: tries(figures),
        waits: waits(figures),
        later: later(figures),
        clicks: figures.clicks.iter().flatten().map(click).collect(),
    })
}

fn heads(figures: &Figures) -> Vec<Head> {
    let counts = &figures.counts;
    let head = |value: String, label, tone| Head { value, label, tone };
    vec![
        head(number(counts.recipients), "recipients", "plain"),
        head(number(counts.delivered), "delivered", "delivered"),
        head(share(counts.delivered, counts.recipients), "of the audience", "plain"),
        head(number(counts.failed), "failed", "failed"),
        head(number(counts.deferred + counts.pending), "waiting", "waiting"),
        head(number(counts.suppressed + counts.uncertain), "left out or unsure", "other"),
    ]
}

fn facts(report: &SendReport, zone: Tz) -> Vec<Fact> {
    let mut facts = vec![
        fact("Edition", report.edition.clone()),
        fact("Approved", format!("{} by {}", time(report.approved_at, zone), report.approved_by)),
        fact("Send began", time(report.started_at, zone)),
    ];
    facts.extend(report.proposal.iter().map(|words| fact("The proposal", words.clone())));
    if let Some(finished) = report.finished_at {
        let took = u64::try_from((finished - report.started_at).num_milliseconds()).unwrap_or(0);
        facts.push(fact("Send ended", format!("{}, after {}", time(finished, zone), duration(took))));
    }
    facts.push(fact("Figures as of", time(report.as_of, zone)));
    facts
}

fn advice(report: &SendReport, act: bool) -> Vec<Fact> {
    let wanted = report.advice.iter().filter(|advice| advice.act == act);
    wanted.map(|Advice { what, help, .. }| fact(what, help.clone())).collect()
}

fn answer(line: &AnswerCount, report: &SendReport) -> Line {
    let total = report.poll.as_ref().map_or(0, PollCounts::total);
    Line {
        tone: String::new(),
        words: vec![line.answer.clone()],
        numbers: vec![number(line.count), share(line.count, total)],
    }
}

fn states(figures: &Figures) -> Vec<Line> {
    let line = |line: &crate::model::StateLine| Line {
        tone: tone(&line.state).into(),
        words: vec![line.state.clone(), line.reason.clone()],
        numbers: vec![number(line.count), share(line.count, figures.counts.recipients)],
    };
    figures.states.iter().map(line).collect()
}

fn within(figures: &Figures) -> Vec<Fact> {
    let name = |percent: u8| match percent {
        50 => "Half of them within".to_owned(),
        100 => "The last one after".to_owned(),
        percent => format!("{percent} % within"),
    };
    figures.delivered_within.iter().map(|within| fact(&name(within.percent), duration(within.ms))).collect()
}

fn domain(line: &DomainLine) -> Line {
    let name = if line.domain.is_empty() { "all others" } else { &line.domain };
    Line {
        tone: String::new(),
        words: vec![name.into()],
        numbers: [line.recipients, line.delivered, line.failed, line.waiting, line.other]
            .into_iter()
            .map(number)
            .chain([share(line.delivered, line.recipients)])
            .collect(),
    }
}

fn code(code: Option<u16>) -> String {
    code.map_or_else(|| "no reply".into(), |code| code.to_string())
}

fn replies(figures: &Figures) -> Vec<Line> {
    let line = |line: &crate::model::ReplyLine| Line {
        tone: tone(&line.state).into(),
        words: vec![code(line.code), line.state.clone()],
        numbers: vec![number(line.count)],
    };
    figures.replies.iter().map(line).collect()
}

fn refusals(figures: &Figures) -> Vec<Line> {
    let line = |refusal: &crate::model::Refusal| Line {
        tone: tone(&refusal.state).into(),
        words: vec![
            refusal.state.clone(),
            [code(refusal.code), refusal.enhanced.clone().unwrap_or_default()].join(" ").trim_end().to_owned(),
            refusal.text.clone(),
        ],
        numbers: vec![number(refusal.count)],
    };
    figures.refusals.iter().map(line).collect()
}

fn tries(figures: &Figures) -> Vec<Line> {
    let line = |line: &crate::model::TriesLine| Line {
        tone: String::new(),
        words: vec![if line.tries == 0 { "none yet".into() } else { number(line.tries.into()) }],
        numbers: [line.delivered, line.failed, line.others].into_iter().map(number).collect(),
    };
    figures.tries.iter().map(line).collect()
}

fn waits(figures: &Figures) -> Vec<Fact> {
    let name = |seconds: Option<u32>| match seconds {
        Some(seconds) => format!("up to {}", duration(u64::from(seconds) * 1_000)),
        None => "later".to_owned(),
    };
    figures.waits.iter().map(|wait| fact(&name(wait.within_seconds), number(wait.delivered))).collect()
}

/// The style's name for a state.
fn tone(state: &str) -> &'static str {
    match state {
        "delivered" => "delivered",
        "failed" => "failed",
        "deferred" | "pending" => "waiting",
        _ => "other",
    }
}

fn click(line: &ClickLine) -> Line {
    let kind = match line.kind {
        Linked::News => "story",
        Linked::Guide => "guide",
    };
    Line { tone: String::new(), words: vec![line.title.clone(), kind.into()], numbers: vec![number(line.count)] }
}

/// What came back, in words; nothing when nothing did.
fn later(figures: &Figures) -> Vec<Fact> {
    let name = |kind: &str| match kind {
        "hard" => "Bounced for good",
        "soft" => "Bounced for now",
        "about_us" => "Refused for what we send or who we are",
        "complaint" => "Complained",
        "leave" => "Left by mail",
        _ => "Something else",
    };
    let came = figures.later.iter().filter(|line| line.count > 0);
    came.map(|line| fact(name(&line.kind), number(line.count))).collect()
}

fn fact(name: &str, value: String) -> Fact {
    Fact { name: name.to_owned(), value }
}
