//! The context of the report's template: every number and time as it is shown. Knows no template.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::numbers::{duration, share, time};
use super::{ReportSetting, advice, compare, plots};
use crate::model::{
    AnswerCount, ClickLine, DomainLine, Figures, Linked, Notice, PollCounts, STOPPED_BY_HAND, STOPPED_UNFINISHED,
    SendReport, UNKNOWN_APPROVER, WaitLine, Within,
};
use crate::render::language::Language;

#[derive(Debug, Serialize)]
pub struct ReportView {
    lang: String,
    dir: &'static str,
    /// `[report.page]` and `[report.columns]` of the files of words.
    words: Map<String, Value>,
    columns: Map<String, Value>,
    title: String,
    kicker: String,
    adds_up_not: String,
    when_caption: String,
    issue: String,
    subject: String,
    state: String,
    /// Why it stopped, in a sentence; empty if it did not stop.
    stopped: String,
    /// The tokens of its edition.
    look: BTreeMap<String, String>,
    /// What to do and how, then what is good to know.
    to_do: Vec<advice::Advised>,
    to_know: Vec<advice::Advised>,
    /// This issue compared with the last ones; none when it is the first.
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
    within: Vec<Fact>,
    plot_domains: String,
    domains: Vec<Line>,
    domains_caption: String,
    plot_replies: String,
    replies: Vec<Line>,
    refusals: Vec<Line>,
    refused_more: String,
    tries: Vec<Line>,
    waits: Vec<Fact>,
    later: Vec<Fact>,
    /// The counted links; empty when none were.
    clicks: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Head {
    value: String,
    label: String,
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

/// Puts the report's figures into words in its language.
struct Teller<'t> {
    setting: ReportSetting<'t>,
    language: &'t Language,
}

pub fn view(
    report: &SendReport,
    setting: ReportSetting,
    language: &Language,
    look: BTreeMap<String, String>,
) -> Result<ReportView, Notice> {
    let zone = setting.zone;
    let figures = &report.figures;
    let counts = &figures.counts;
    let teller = Teller { setting, language };
    let (recipients, audience) = (teller.number(counts.recipients), teller.number(figures.audience));
    let names = [("publication", report.publication.as_str()), ("issue", &report.issue)];
    let stretch = duration(u64::from(figures.over_time.stretch_seconds) * 1_000, language);
    Ok(ReportView {
        lang: language.tag.clone(),
        dir: language.dir,
        words: language.section("report.page", &report.publication),
        columns: language.section("report.columns", &report.publication),
        title: language.say("report.page.title", &names),
        kicker: language.say("report.page.kicker", &names),
        adds_up_not: language.say("report.page.adds_up_not", &[("recipients", &recipients), ("audience", &audience)]),
        when_caption: language.say("report.page.when_caption", &[("time", &stretch)]),
        issue: report.issue.clone(),
        subject: report.subject.clone(),
        state: teller.state(&report.state.to_string()),
        stopped: match report.stopped_because.as_str() {
            "" => String::new(),
            STOPPED_BY_HAND => language.say("report.page.stopped_by_hand", &[]),
            STOPPED_UNFINISHED => language.say("report.page.stopped_unfinished", &[]),
            why => language.say("report.page.stopped", &[("why", why)]),
        },
        look,
        to_do: advice::view(&report.advice, true, language),
        to_know: advice::view(&report.advice, false, language),
        compared: compare::view(&report.issues, language),
        growth: compare::growth(&report.list, zone, language),
        question: report.poll.as_ref().map(|poll| poll.question.clone()).unwrap_or_default(),
        poll: report.poll.iter().flat_map(|poll| &poll.answers).map(|line| teller.answer(line, report)).collect(),
        heads: teller.heads(figures),
        facts: teller.facts(report),
        states: teller.states(figures),
        recipients,
        audience,
        adds_up: counts.recipients == figures.audience,
        empty: counts.recipients == 0,
        plot_time: plots::over_time(&figures.over_time, zone, language)?,
        within: teller.within(figures),
        plot_domains: plots::domains(&figures.domains, language)?,
        domains: figures.domains.iter().map(|line| teller.domain(line)).collect(),
        domains_caption: language.count("report.page.domains_caption", figures.domains_in_all),
        plot_replies: plots::replies(&figures.replies, language)?,
        replies: teller.replies(figures),
        refusals: teller.refusals(figures),
        refused_more: match figures.refusals_not_shown {
            0 => String::new(),
            rest => language.count("report.page.refused_more", rest),
        },
        tries: teller.tries(figures),
        waits: teller.waits(figures),
        later: teller.later(figures),
        clicks: figures.clicks.iter().flatten().map(|line| teller.click(line)).collect(),
    })
}

impl Teller<'_> {
    fn number(&self, n: u64) -> String {
        self.language.locale.number(n)
    }

    fn fact_of(&self, name: &str) -> String {
        self.language.say(&format!("report.facts.{name}"), &[])
    }

    fn state(&self, state: &str) -> String {
        let said = self.language.say(&format!("report.states.{state}"), &[]);
        if said.is_empty() { state.to_owned() } else { said }
    }

    fn heads(&self, figures: &Figures) -> Vec<Head> {
        let counts = &figures.counts;
        let head = |value: String, label: &str, tone| Head {
            value,
            label: self.language.say(&format!("report.heads.{label}"), &[]),
            tone,
        };
        vec![
            head(self.number(counts.recipients), "recipients", "plain"),
            head(self.number(counts.delivered), "delivered", "delivered"),
            head(share(counts.delivered, counts.recipients, self.language), "part", "plain"),
            head(self.number(counts.failed), "failed", "failed"),
            head(self.number(counts.deferred + counts.pending), "waiting", "waiting"),
            head(self.number(counts.suppressed + counts.uncertain), "left_out", "other"),
        ]
    }

    fn facts(&self, report: &SendReport) -> Vec<Fact> {
        let time = |at| time(at, self.setting.zone, self.language);
        let fact = |name: &str, value: String| Fact { name: self.fact_of(name), value };
        let say = |name: &str, values: &[(&str, &str)]| self.language.say(&format!("report.facts.{name}"), values);
        let approved = [("time", time(report.approved_at)), ("name", report.approved_by.clone())];
        let mut facts = vec![
            fact("edition", report.edition.clone()),
            fact(
                "approved",
                match report.approved_by.as_str() {
                    UNKNOWN_APPROVER => time(report.approved_at),
                    _ => say("approved_by", &approved.each_ref().map(|(name, value)| (*name, value.as_str()))),
                },
            ),
            fact("began", time(report.started_at)),
        ];
        facts.extend(report.proposal.iter().map(|sentence| fact("proposal", self.language.tell(sentence))));
        if let Some(finished) = report.finished_at {
            let took = u64::try_from((finished - report.started_at).num_milliseconds()).unwrap_or(0);
            let (at, after) = (time(finished), duration(took, self.language));
            facts.push(fact("ended", say("ended_after", &[("time", &at), ("duration", &after)])));
        }
        facts.push(fact("as_of", time(report.as_of)));
        facts
    }

    fn answer(&self, line: &AnswerCount, report: &SendReport) -> Line {
        let total = report.poll.as_ref().map_or(0, PollCounts::total);
        Line {
            tone: String::new(),
            words: vec![line.answer.clone()],
            numbers: vec![self.number(line.count), share(line.count, total, self.language)],
        }
    }

    fn states(&self, figures: &Figures) -> Vec<Line> {
        let line = |line: &crate::model::StateLine| Line {
            tone: tone(&line.state).into(),
            words: vec![self.state(&line.state), self.language.tell(&line.reason)],
            numbers: vec![self.number(line.count), share(line.count, figures.counts.recipients, self.language)],
        };
        figures.states.iter().map(line).collect()
    }

    fn within(&self, figures: &Figures) -> Vec<Fact> {
        let name = |percent: u8| match percent {
            50 => self.fact_of("half_within"),
            100 => self.fact_of("last_after"),
            percent => {
                let share = self.language.percent(&self.number(percent.into()));
                self.language.say("report.facts.within", &[("share", &share)])
            }
        };
        let fact = |within: &Within| Fact { name: name(within.percent), value: duration(within.ms, self.language) };
        figures.delivered_within.iter().map(fact).collect()
    }

    fn domain(&self, line: &DomainLine) -> Line {
        let name = if line.domain.is_empty() { self.fact_of("all_others") } else { line.domain.clone() };
        Line {
            tone: String::new(),
            words: vec![name],
            numbers: [line.recipients, line.delivered, line.failed, line.waiting, line.other]
                .map(|n| self.number(n))
                .into_iter()
                .chain([share(line.delivered, line.recipients, self.language)])
                .collect(),
        }
    }

    fn code(&self, code: Option<u16>) -> String {
        code.map_or_else(|| self.fact_of("no_reply"), |code| code.to_string())
    }

    fn replies(&self, figures: &Figures) -> Vec<Line> {
        let line = |line: &crate::model::ReplyLine| Line {
            tone: tone(&line.state).into(),
            words: vec![self.code(line.code), self.state(&line.state)],
            numbers: vec![self.number(line.count)],
        };
        figures.replies.iter().map(line).collect()
    }

    fn refusals(&self, figures: &Figures) -> Vec<Line> {
        let line = |refusal: &crate::model::Refusal| Line {
            tone: tone(&refusal.state).into(),
            words: vec![
                self.state(&refusal.state),
                [self.code(refusal.code), refusal.enhanced.clone().unwrap_or_default()].join(" ").trim_end().to_owned(),
                refusal.text.clone(),
            ],
            numbers: vec![self.number(refusal.count)],
        };
        figures.refusals.iter().map(line).collect()
    }

    fn tries(&self, figures: &Figures) -> Vec<Line> {
        let line = |line: &crate::model::TriesLine| Line {
            tone: String::new(),
            words: vec![if line.tries == 0 { self.fact_of("no_tries") } else { self.number(line.tries.into()) }],
            numbers: [line.delivered, line.failed, line.others].map(|n| self.number(n)).to_vec(),
        };
        figures.tries.iter().map(line).collect()
    }

    fn waits(&self, figures: &Figures) -> Vec<Fact> {
        let name = |seconds: Option<u32>| match seconds {
            Some(seconds) => {
                let after = duration(u64::from(seconds) * 1_000, self.language);
                self.language.say("report.facts.up_to", &[("duration", &after)])
            }
            None => self.fact_of("longer"),
        };
        let fact = |wait: &WaitLine| Fact { name: name(wait.within_seconds), value: self.number(wait.delivered) };
        figures.waits.iter().map(fact).collect()
    }

    fn click(&self, line: &ClickLine) -> Line {
        let kind = match line.kind {
            Linked::News => "story",
            Linked::Guide => "guide",
        };
        let words = vec![line.title.clone(), self.fact_of(kind)];
        Line { tone: String::new(), words, numbers: vec![self.number(line.count)] }
    }

    /// What came back, in words; nothing when nothing did.
    fn later(&self, figures: &Figures) -> Vec<Fact> {
        let name = |kind: &str| match kind {
            "hard" | "soft" | "about_us" | "complaint" | "leave" => self.fact_of(kind),
            _ => self.fact_of("something"),
        };
        let came = figures.later.iter().filter(|line| line.count > 0);
        came.map(|line| Fact { name: name(&line.kind), value: self.number(line.count) }).collect()
    }
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
