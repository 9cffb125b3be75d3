use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::numbers::{duration, share};
use super::*;
use crate::model::{
    Advice, AnswerCount, ClickLine, DeliveryCounts, DomainLine, Figures, IssueLine, IssueState, LaterLine, Linked,
    ListGrowth, PollCounts, Refusal, ReplyLine, Sentence, StateLine, Timeline, TriesLine, Value, WaitLine, Within,
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_054_000 + seconds, 0).expect("a time")
}

fn state(state: &str, reason: &str, count: u64) -> StateLine {
    StateLine { state: state.into(), reason: reason.into(), count }
}

fn domain(name: &str, [recipients, delivered, failed, waiting]: [u64; 4]) -> DomainLine {
    let other = recipients - delivered - failed - waiting;
    DomainLine { domain: name.into(), recipients, delivered, failed, waiting, other }
}

fn refusal(code: u16, enhanced: &str, text: &str, count: u64) -> Refusal {
    Refusal { state: "failed".into(), code: Some(code), enhanced: Some(enhanced.into()), text: text.into(), count }
}

fn send(figures: Figures, state: IssueState) -> SendReport {
    SendReport {
        publication: "Almanac & Co".into(),
        issue: "2026-11-25-midweek".into(),
        edition: "Midweek".into(),
        subject: "A calm week <b>".into(),
        state,
        stopped_because: if state == IssueState::Stopped { "550 \"go away\" <script>".into() } else { String::new() },
        proposal: Vec::new(),
        approved_by: "Ann".into(),
        approved_at: at(-600),
        started_at: at(0),
        finished_at: (state == IssueState::Sent).then(|| at(95)),
        as_of: at(7_200),
        poll: None,
        advice: Vec::new(),
        issues: Vec::new(),
        list: ListGrowth::default(),
        figures,
    }
}

fn good() -> SendReport {
    let counts =
        DeliveryCounts { recipients: 12_004, delivered: 12_000, failed: 3, suppressed: 1, ..DeliveryCounts::default() };
    let figures = Figures {
        counts,
        audience: 12_004,
        states: vec![
            state("delivered", "accepted by the relay", 12_000),
            state("failed", "no such mailbox", 3),
            state("suppressed", "left the list", 1),
        ],
        over_time: Timeline {
            from: Some(at(2)),
            stretch_seconds: 1,
            delivered: (0..90).map(|n| 100 + n * 7 % 60).collect(),
        },
        delivered_within: vec![Within { percent: 50, ms: 47_400 }, Within { percent: 100, ms: 95_000 }],
        domains: vec![domain("big.example", [8_000, 7_999, 1, 0]), domain("", [4_004, 4_001, 2, 0])],
        domains_in_all: 31,
        replies: vec![
            ReplyLine { code: Some(250), state: "delivered".into(), count: 12_000 },
            ReplyLine { code: Some(550), state: "failed".into(), count: 3 },
        ],
        refusals: vec![refusal(550, "5.1.1", "5.1.1 <address>: no such user", 3)],
        tries: vec![TriesLine { tries: 1, delivered: 11_990, failed: 3, others: 1 }],
        waits: vec![WaitLine { within_seconds: Some(300), delivered: 10 }],
        ..Figures::default()
    };
    send(figures, IssueState::Sent)
}

fn bad() -> SendReport {
    let counts = DeliveryCounts {
        recipients: 90,
        delivered: 10,
        failed: 60,
        deferred: 15,
        uncertain: 5,
        ..DeliveryCounts::default()
    };
    let figures = Figures {
        counts,
        audience: 91,
        states: vec![
            state("delivered", "accepted by the relay", 10),
            state("failed", "policy or reputation", 60),
            state("deferred", "network or routing trouble", 15),
            state("uncertain", "connection broke before the answer", 5),
        ],
        over_time: Timeline { from: Some(at(0)), stretch_seconds: 900, delivered: vec![10] },
        domains: vec![domain("x.example", [90, 10, 60, 15])],
        domains_in_all: 1,
        replies: vec![ReplyLine { code: None, state: "uncertain".into(), count: 5 }],
        refusals: vec![refusal(554, "5.7.1", "<img src=x onerror=alert(1)> \u{202e}dne", 60)],
        refusals_not_shown: 1_500,
        later: vec![LaterLine { kind: "complaint".into(), count: 3 }, LaterLine { kind: "soft".into(), count: 0 }],
        ..Figures::default()
    };
    send(figures, IssueState::Stopped)
}

#[test]
fn clicks_have_a_table_only_where_they_were_counted() {
    let line = |kind, title: &str, count| ClickLine { kind, id: "x".into(), title: title.into(), count };
    let mut report = good();
    assert!(!page(&report).contains("id=\"clicks\"") && page(&report).contains("Opens and clicks are not counted"));
    assert!(serde_json::json!(report).get("clicks").is_none());
    report.figures.clicks = Some(vec![
        line(Linked::News, "One <script>", 1_204),
        line(Linked::News, "Two", 0),
        line(Linked::Guide, "Three", 7),
    ]);
    let html = page(&report);
    let rows: Vec<usize> = [
        "<th scope=\"row\"><bdi>One &lt;script&gt;</bdi></th><td>story</td><td class=\"n\">1,204</td>",
        "<th scope=\"row\"><bdi>Two</bdi></th><td>story</td><td class=\"n\">0</td>",
        "<th scope=\"row\"><bdi>Three</bdi></th><td>guide</td><td class=\"n\">7</td>",
    ]
    .map(|row| html.find(row).unwrap_or_else(|| panic!("no {row}: {html}")))
    .into();
    assert!(rows.is_sorted() && html.contains("visits, not people") && !html.contains("Opens and clicks"), "{html}");
    let json = serde_json::json!(report);
    assert_eq!(json["clicks"][2], serde_json::json!({ "kind": "guide", "id": "x", "title": "Three", "count": 7 }));
}

const SETTING: ReportSetting = ReportSetting { zone: Tz::Europe__Paris, language: "en", template: "sunday" };

fn page(report: &SendReport) -> String {
    super::report(report, SETTING, &Templates::builtin()).expect("a page")
}

#[test]
fn a_good_send_by_snapshot() {
    insta::assert_snapshot!(page(&good()));
}

#[test]
fn a_bad_send_is_told_and_cannot_speak_for_itself() {
    let page = page(&bad());
    for words in ["It does not add up: 90 of 91", "60", "&lt;img src", "1,500 copies with other words", "Stopped: 550"]
    {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("<img") && !page.contains("<script"), "{page}");
    assert!(page.contains("<dt>Complained</dt><dd>3</dd>") && !page.contains("Bounced for now"));
}

#[test]
fn a_send_to_nobody_has_a_page_too() {
    let page = page(&send(Figures::default(), IssueState::Sent));
    assert!(page.contains("Nobody was in the audience") && !page.contains("<svg"), "{page}");
    assert!(page.contains("It adds up"));
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let page = page(&good());
    for word in ["<script", " src=", "@import", "url(", "<link"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(!page.contains("http:") && !page.contains("https:"), "an address in a page for offline");
}

#[test]
fn every_colour_of_the_plots_has_a_dark_twin() {
    let page = page(&bad()) + &page(&good());
    let style = page.split("</style>").next().expect("a style").to_owned();
    for (at, _) in page.match_indices("=\"#") {
        let (name, colour) =
            (page[..at].rsplit(|c: char| !c.is_ascii_alphabetic()).next().expect("a name"), &page[at + 2..at + 9]);
        assert!(style.contains(&format!("svg [{name}=\"{colour}\"]")), "{name} {colour}");
    }
}

#[test]
fn numbers_are_written_for_people() {
    let english = Templates::builtin().language("en").expect("English");
    for (part, whole, expected) in
        [(0, 0, "–"), (0, 10, "0.0 %"), (1, 100_000, "< 0.1 %"), (99_999, 100_000, "99.9 %"), (1, 1, "100.0 %")]
    {
        assert_eq!(share(part, whole, &english), expected);
    }
    for (ms, expected) in [
        (3, "3 ms"),
        (1_000, "1 s"),
        (47_400, "47.4 s"),
        (95_000, "1 min 35 s"),
        (3_600_000, "1 h"),
        (90_000_000, "1 d 1 h"),
    ] {
        assert_eq!(duration(ms, &english), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_stands_in_a_send_there_is_a_page_without_its_markup(
        text in "\\PC{0,80}", counts in prop::collection::vec(any::<u32>(), 1..130), seconds in 1u32..100_000,
    ) {
        let mut report = good();
        let evil = format!("<b onclick=x>{text}</b>");
        report.subject.clone_from(&evil);
        report.figures.domains[0].domain.clone_from(&evil);
        report.figures.refusals[0].text.clone_from(&evil);
        report.figures.states[0].reason = evil.as_str().into();
        report.figures.over_time = Timeline {
            from: Some(at(0) - TimeDelta::days(1)),
            stretch_seconds: seconds,
            delivered: counts.iter().map(|n| u64::from(*n)).collect(),
        };
        let page = page(&report);
        prop_assert!(!page.contains("<b onclick"), "{}", page);
    }
}

/// Reports of a good and of a failed send, with no English in their data.
pub fn in_foreign_words() -> [(&'static str, SendReport); 3] {
    let foreign = |text: &str| text.chars().map(|c| if c.is_ascii_alphabetic() { 'ж' } else { c }).collect::<String>();
    [("full", full()), ("bad", bad()), ("empty", send(Figures::default(), IssueState::Sent))].map(
        |(name, mut report)| {
            for text in [&mut report.publication, &mut report.edition, &mut report.subject, &mut report.stopped_because]
            {
                *text = foreign(text);
            }
            report.approved_by = foreign("Ann");
            for poll in report.poll.iter_mut().chain(report.issues.iter_mut().filter_map(|line| line.poll.as_mut())) {
                poll.question = foreign(&poll.question);
                poll.answers.iter_mut().for_each(|line| line.answer = foreign(&line.answer));
            }
            report.advice = vec![Advice {
                act: true,
                what: Sentence::counted("advice.refused", 18)
                    .with("why", Value::Parts(vec![Sentence::new("advice.reputation")])),
                help: Sentence::new("advice.reputation_help"),
            }];
            report.proposal = vec![Sentence::counted("proposal.untouched", 5)];
            report.figures.refusals.iter_mut().for_each(|refusal| refusal.text = foreign(&refusal.text));
            report.figures.clicks.iter_mut().flatten().for_each(|line| line.title = foreign(&line.title));
            for (line, name) in report.figures.states.iter_mut().zip([
                "reasons.taken",
                "reasons.policy",
                "reasons.gone",
                "reasons.broke",
            ]) {
                line.reason = Sentence::new(name);
            }
            (name, report)
        },
    )
}

/// A send with everything that a report can show.
fn full() -> SendReport {
    let mut report = good();
    let poll = |yes, no| PollCounts {
        question: "Was this issue useful?".into(),
        answers: [("Yes", yes), ("So-so", 2), ("No", no)]
            .map(|(answer, count)| AnswerCount { answer: answer.into(), count })
            .to_vec(),
    };
    let line = |issue: &str, recipients, failed, left| IssueLine {
        issue: format!("{issue}-midweek"),
        recipients,
        delivered: recipients - failed,
        failed,
        left,
        complaints: 1,
        clicks: Some(recipients / 3),
        poll: Some(poll(left, 1)),
    };
    report.poll = Some(poll(41, 3));
    report.advice = vec![
        Advice { act: true, what: "18 refused for reputation".into(), help: "look it up <soon>".into() },
        Advice {
            act: false,
            what: "12 unsubscribed since".into(),
            help: "nothing to do: they are off the list".into(),
        },
    ];
    report.issues = vec![
        line("2026-11-25", 12_004, 4, 31),
        line("2026-11-18", 11_870, 12, 9),
        line("2026-11-11", 11_511, 3, 14),
        IssueLine { clicks: None, poll: None, ..line("2026-11-04", 11_003, 0, 0) },
    ];
    report.list =
        ListGrowth { since: Some(at(-604_800)), confirmed: 12_104, joined: 162, left: 9, bounced: 3, complained: 0 };
    report.proposal = vec!["kept 4 of 5, subject rewritten".into()];
    report.figures.later = vec![LaterLine { kind: "hard".into(), count: 2 }];
    report.figures.clicks = Some(vec![ClickLine {
        kind: Linked::News,
        id: "x".into(),
        title: "A three-gigabyte model writes tests as well as last year's giants".into(),
        count: 1_204,
    }]);
    report.figures.refusals.push(refusal(
        554,
        "5.7.1",
        "5.7.1 Service unavailable; client host blocked using a list",
        18,
    ));
    report
}

#[test]
fn it_opens_with_what_to_do() {
    let html = page(&full());
    let places: Vec<usize> =
        ["<b>18 refused for reputation</b> look it up &lt;soon&gt;", "<b>12 unsubscribed since</b>", "In short"]
            .map(|words| html.find(words).unwrap_or_else(|| panic!("no {words}: {html}")))
            .into();
    assert!(places.is_sorted() && !html.contains("Nothing to do."), "{html}");
    let calm = page(&good());
    assert!(calm.contains("Nothing to do.") && calm.find("Nothing to do.") < calm.find("In short"), "{calm}");
}

#[test]
fn it_stands_beside_the_last_issues_with_the_lists_growth_and_the_poll() {
    let html = page(&full());
    for words in [
        "<tr class=\"own\"><th scope=\"row\" class=\"day\">25 Nov</th><td class=\"n\">12,004</td><td class=\"n\">99.9 %</td>",
        "<td class=\"n\">Yes 75.0 % of 12</td>",
        "12,104 subscribers on the list. Since 18 Nov 2025: 162 joined, 9 left, 3 bounced.",
        "Was this issue useful?</bdi></h2>",
        "<th scope=\"row\"><bdi>Yes</bdi></th><td class=\"n\">41</td><td class=\"n\">89.1 %</td>",
    ] {
        assert!(html.contains(words), "{words}\n{html}");
    }
    let first = page(&good());
    assert!(!first.contains("Beside the last issues") && !first.contains("id=\"poll\""), "{first}");
    let mut bare = full();
    for line in &mut bare.issues {
        (line.clicks, line.poll) = (None, None);
    }
    let html = page(&bare);
    assert!(html.contains("Beside the last issues") && !html.contains(">Poll</th>"), "{html}");
    assert_eq!(html.matches(">Clicks</th>").count(), 1, "that of the links' own table: {html}");
}

#[test]
fn it_wears_the_colour_of_its_edition() {
    let of = |template| {
        let setting = ReportSetting { template, ..SETTING };
        super::report(&good(), setting, &Templates::builtin()).expect("a page")
    };
    assert!(of("sunday").contains("--accent: #7a2e5d;") && of("midweek").contains("--accent: #0c6b64;"));
    let own = Templates::builtin().with("tokens/base.toml", "t".as_ref(), "accent = \"#1b4f9c\"".into());
    let setting = ReportSetting { template: "gone since", ..SETTING };
    assert!(super::report(&good(), setting, &own).expect("a page").contains("--accent: #1b4f9c;"));
}

#[test]
fn in_arabic_the_page_runs_from_the_right() {
    let words = include_str!("../../../examples/words/ar.toml").to_owned();
    let arabic = Templates::builtin().with("words/ar.toml", "ar.toml".as_ref(), words);
    let html = super::report(&full(), ReportSetting { language: "ar", ..SETTING }, &arabic).expect("a page");
    let style = html.split("</style>").next().expect("a style");
    for side in ["letter-spacing", "padding-left", "padding-right", "margin-left", "margin-right", "text-align: left"] {
        assert!(!style.contains(side), "{side}: {style}");
    }
    let of_sides = style.split("padding: ").skip(1).map(|rest| rest.split([';', '}']).next().unwrap_or_default());
    assert!(of_sides.clone().all(|value| value.split_whitespace().count() < 4), "{:?}", of_sides.collect::<Vec<_>>());
    assert!(style.contains("svg text { unicode-bidi: plaintext; }"), "times read from the right: {style}");
    for cell in [
        "<bdi dir=\"ltr\">550 5.1.1</bdi>",
        "<td class=\"said\"><div dir=\"auto\">5.1.1 ",
        "<td class=\"n\">\u{2068}Yes\u{2069} 75.0\u{200e}%\u{200e} من 12</td>",
    ] {
        assert!(html.contains(cell), "{cell}: {html}");
    }
}

#[test]
fn look_at_it() {
    #[allow(clippy::disallowed_methods)] // only a person who wants to look sets it
    let Ok(dir) = std::env::var("DIGEST_LOOK") else { return };
    let path = "templates/page/report.html.hbs";
    let templates =
        Templates::builtin().with("page/report.html.hbs", path.as_ref(), std::fs::read_to_string(path).unwrap());
    for (file, report) in [("full", full()), ("bad", bad()), ("good", good())] {
        let page = super::report(&report, SETTING, &templates).expect("a page");
        std::fs::write(std::path::Path::new(&dir).join(format!("report-{file}.html")), page).unwrap();
    }
}
