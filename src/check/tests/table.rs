//! The table: a fault in an otherwise clean issue, the one code that it must give, and the line of issue.toml that the
//! finding must name.

use super::*;

/// A fault in the draft.
type Fault = fn(&mut Draft);

/// Code, a text that stands in the line to be named, and the fault.
const FAULTS: &[(&str, &str, Fault)] = &[
    ("waive-unknown", "waive = ", |d| {
        (d.waive, d.waive_why) = (vec!["item-nolink".into()], "why not".into());
    }),
    ("waive-no-reason", "waive = ", |d| d.waive = vec!["item-no-link".into()]),
    ("subject-empty", "subject = ", |d| d.subject = " ".into()),
    ("subject-long", "subject = ", |d| d.subject = "wide ".repeat(15)),
    ("subject-control", "subject = ", |d| d.subject = "two\nlines".into()),
    ("subject-control", "preheader = ", |d| d.preheader = "turned \u{202e}around".into()),
    ("subject-shouts", "subject = ", |d| d.subject = "OPEN MODELS CATCH UP".into()),
    ("subject-shouts", "preheader = ", |d| d.preheader = "READ ALL ABOUT IT TODAY".into()),
    ("subject-marks", "subject = ", |d| d.subject = "An open model catches up!!!".into()),
    ("subject-reply", "subject = ", |d| d.subject = "RE: your question".into()),
    ("subject-reply", "subject = ", |d| d.subject = "Fwd: a model".into()),
    ("preheader-empty", "preheader = ", |d| d.preheader.clear()),
    ("preheader-long", "preheader = ", |d| d.preheader = "Half a sentence more. ".repeat(8)),
    ("preheader-repeats-subject", "preheader = ", |d| d.preheader = d.subject.clone()),
    ("preheader-repeats-subject", "preheader = ", |d| {
        d.preheader = "Two proofs in maths that nobody expected, and a model".into();
    }),
    ("no-news", "[[news]]", |d| d.news.iter_mut().for_each(|entry| entry.banned = true)),
    ("item-no-link", "url = \"\"", |d| d.news[0].url = None),
    ("item-no-summary", "summary = ", |d| d.news[0].summary.clear()),
    ("item-twice", "url = \"https://www.news.example/x/\"", |d| {
        d.news[0].url = Some("https://news.example/x".into());
        d.news[1].url = Some("https://www.news.example/x/".into());
    }),
    ("guide-no-link", "url = ", |d| d.guides[0].url = None),
    ("twin-stories", "summary = ", |d| d.news[1].summary = d.news[0].summary.clone()),
    ("item-twice", "https://news.example/other", |d| {
        d.news[1].title = d.news[0].title.clone();
        d.news[1].url = Some("https://news.example/other".into());
    }),
    ("placeholder", "The opening, TK", |d| d.intro = "Good morning.\n\nThe opening, TK".into()),
    ("placeholder", "{{ title }}", |d| d.news[2].title = "{{ title }}".into()),
    ("placeholder", "Lorem Ipsum", |d| d.guides[0].tldr = "Lorem Ipsum dolor".into()),
    ("placeholder", "[link]", |d| d.news[1].summary = "See [link] for more.".into()),
    ("placeholder", "FIXME", |d| d.news[1].note = "FIXME".into()),
    ("placeholder", "a={{x}}", |d| d.news[1].url = Some("https://a.example/?a={{x}}".into())),
    ("link-scheme", "javascript:", |d| d.news[1].url = Some("javascript:alert(1)".into())),
    ("link-relative", "/news/7", |d| d.news[1].url = Some("/news/7".into())),
    ("link-empty", "url = \"#\"", |d| d.guides[0].url = Some("#".into())),
    ("link-relative", "(/foo)", |d| d.intro = "Good morning.\n\nSee [the list](/foo).".into()),
    ("link-empty", "note = ", |d| d.news[0].note = "See [the list]().".into()),
    ("link-empty", "[the list]", |d| d.intro = "Good morning.\n\nSee [the list]().".into()),
    ("link-insecure", "http://plain", |d| d.news[3].url = Some("http://plain.example/x".into())),
    ("link-shortened", "bit.ly", |d| d.news[3].url = Some("https://bit.ly/3xYz".into())),
    ("link-shortened", "t.co", |d| d.news[3].note = "By [its author](https://t.co/abc).".into()),
    ("link-tracking", "utm_source", |d| d.news[3].url = Some("https://a.example/x?utm_source=us&id=7".into())),
    ("link-tracking", "mc_eid", |d| d.intro = "Good [morning](https://a.example/?mc_eid=1).".into()),
    ("link-vague", "[Click here]", |d| d.intro = "[Click here](https://a.example/x) for it.".into()),
    ("link-insecure", "<http://", |d| d.intro = "Good morning.\n\nSee <http://plain.example/x>.".into()),
    ("link-shortened", "[1]: ", |d| d.intro = "Good [morning][1].\n\n[1]: https://bit.ly/x".into()),
    ("link-tracking", "(y)", |d| d.intro = "Good [morning](https://a.example/x_(y)?gclid=1).".into()),
    ("link-vague", "[read more…]", |d| {
        d.news[2].summary = "It is small. [read more…](https://a.example/x)".into();
        d.news[2].format = crate::model::TextFormat::Markdown;
    }),
    ("link-twice", "https://almanac.example/same", |d| {
        d.guides.iter_mut().for_each(|card| card.url = Some("https://almanac.example/same".into()));
    }),
    ("link-twice", "it says", |d| {
        d.news[2].url = Some("https://news.example/three".into());
        d.news[2].summary = "Or so [it says](https://news.example/three).".into();
        d.news[2].format = crate::model::TextFormat::Markdown;
    }),
    ("link-twice", "and [two]", |d| {
        d.intro = "Once [one](https://a.example/x)\nand [two](https://a.example/x).".into();
    }),
    ("markup-shown", "[it says]", |d| d.news[2].summary = "Or so [it says](https://a.example/x).".into()),
    ("markup-shown", "&amp;", |d| d.news[2].title = "Questions &amp; answers".into()),
    ("missing-alt", "y.png", |d| d.intro = "![](https://a.example/y.png)".into()),
    ("image-dropped", "y.png", |d| d.intro = "![A chart](https://a.example/y.png)".into()),
    ("html-near-clip", "summary = ", |d| d.news[0].summary = "Long, longer. ".repeat(4_700)),
    ("html-too-big", "summary = ", |d| {
        (0..5).for_each(|i| d.news[i].summary = format!("Story {i}. {}", "Long, longer. ".repeat(1_400)));
    }),
];

#[test]
fn each_fault_in_a_draft_is_found_in_its_line() {
    for (code, line, fault) in FAULTS {
        let (mut draft, _) = clean();
        fault(&mut draft);
        let source = issues::to_toml(&draft);
        let report = check(&draft, &drawn(&draft), &Context { source: &source, ..Context::default() });
        assert_eq!(codes(&report), [*code], "{line}: {:?}", report.findings);
        let finding = &report.findings[0];
        let number = finding.line.unwrap_or_else(|| panic!("{code}: no line"));
        let found = source.lines().nth(number - 1).unwrap_or_default();
        assert!(found.contains(line), "{code}: line {number} is {found:?}, not that with {line:?}");
    }
}

/// A fault in what a template makes: code and the HTML that is added.
const PAGES: &[(&str, &str)] = &[
    ("missing-alt", "<img src=\"https://a.example/a.png\" width=\"9\" height=\"9\">"),
    ("image-size", "<img src=\"https://a.example/a.png\" alt=\"\">"),
    ("image-insecure", "<img src=\"http://a.example/a.png\" alt=\"\" width=\"9\" height=\"9\">"),
    ("image-insecure", "<img src=\"a.png\" alt=\"\" width=\"9\" height=\"9\">"),
    ("link-empty", "<a href=\"#\">over there</a>"),
    ("link-empty", "<a>over there</a>"),
    ("link-relative", "<a href=\"archive/7\">the archive</a>"),
    ("link-scheme", "<a href='javascript:x()'>the archive</a>"),
    ("link-vague", "<a href=\"https://news.example/\">» Here «</a>"),
    ("link-no-text", "<a href=\"https://news.example/\"> </a>"),
    ("text-links-differ", "<a href=\"https://only.example/html\">the archive</a>"),
    ("placeholder", "<p>TODO</p>"),
    ("placeholder", "<p title=\"{{name}}\">x</p>"),
    ("html-active", "<script>x()</script>"),
    ("html-active", "<form></form>"),
    ("html-active", "<iframe></iframe>"),
    ("html-active", "<svg></svg>"),
    ("html-active", "<p OnClick=\"x()\">x</p>"),
    ("html-active", "<meta http-equiv=\"Refresh\" content=\"0\">"),
    ("heading-order", "<h5>Deep</h5>"),
    ("heading-order", "<h1>Again</h1>"),
    ("heading-order", "<h2> </h2>"),
    ("table-role", "<table><tr><td>cell</td></tr></table>"),
    ("reading-order", "<p style=\"position:absolute;top:0px\">First!</p>"),
    ("reading-order", "<p tabindex=\"3\">First!</p>"),
    ("contrast-low", "<p style=\"color:#999\">pale</p>"),
    ("contrast-low", "<div style=\"background:#777\"><b style=\"color:#fff\">pale</b></div>"),
    ("client-support", "<video></video>"),
    ("client-support", "<p style=\"display:flex\">side by side</p>"),
];

#[test]
fn each_fault_of_a_template_is_found() {
    for (code, html) in PAGES {
        let (draft, mut rendered) = clean();
        rendered.html.push(Segment::Shared((*html).into()));
        if *code != "text-links-differ" {
            rendered.text.push(Segment::Shared("https://news.example/ ".into()));
        }
        let report = run(&draft, &rendered);
        let mut found = codes(&report);
        // The clients' table also knows `position`.
        found.retain(|found| found == code || *found != "client-support");
        found.dedup();
        assert_eq!(found, [*code], "{html}: {:?}", report.findings);
        assert_eq!((report.findings[0].line, report.findings[0].where_.as_str()), (None, found_at(code)), "{html}");
    }
}

fn found_at(code: &str) -> &'static str {
    if code == "text-links-differ" { "text" } else { "html" }
}

/// A fault made by replacing something of the page: code, what is there, what comes instead.
const CHANGES: &[(&str, &str, &str)] = &[
    ("page-lang", "lang=\"en\"", ""),
    ("page-title", "<title>An open model catches up, and two maths proofs nobody expected</title>", "<title> </title>"),
    ("contrast-low", ".muted { color: #b3ada1", ".muted { color: #4a4740"),
    ("contrast-low", "color:#5f5b53", "color:#b5b0a6"),
    ("client-support", ".pad {", ".pad:has(b) {"),
    ("client-support", "padding-left: 20px", "padding-left: min(20px, 3vw)"),
];

#[test]
fn each_change_of_a_page_for_the_worse_is_found() {
    for (code, from, to) in CHANGES {
        let (draft, mut rendered) = clean();
        let mut changed = 0;
        for segment in &mut rendered.html {
            if let Segment::Shared(text) = segment {
                changed += text.matches(from).count();
                *text = text.replace(from, to);
            }
        }
        assert!(changed > 0, "{from}");
        let report = run(&draft, &rendered);
        assert!(!report.findings.is_empty(), "{from} → {to}");
        assert!(report.findings.iter().all(|finding| finding.code == *code), "{to}: {:?}", report.findings);
    }
}

#[test]
fn a_text_with_tags_or_with_half_a_link_is_found() {
    let (draft, mut rendered) = clean();
    rendered.text.push(Segment::Shared("so <b>bold</b><br>".into()));
    assert_eq!(codes(&run(&draft, &rendered)), ["text-tags"]);
    let (draft, mut rendered) = clean();
    rendered.html.push(Segment::Shared("<a href=\"https://only.example/a\">the archive</a>".into()));
    rendered.text.push(Segment::Shared("\nhttps://only.example/abc\n".into()));
    assert_eq!(codes(&run(&draft, &rendered)), ["text-links-differ"]);
    rendered.text.push(Segment::Shared("(https://only.example/a).\n".into()));
    assert_eq!(codes(&run(&draft, &rendered)), [""; 0]);
}

#[test]
fn parts_that_tell_the_news_in_another_order_are_found() {
    let (draft, rendered) = clean();
    let mut turned = draft.clone();
    turned.news.swap(1, 2);
    let rendered = Rendered { text: drawn(&turned).text, ..rendered };
    assert_eq!(codes(&run(&draft, &rendered)), ["reading-order"]);
}

fn guide(slug: &str, updated: &str) -> Guide {
    Guide {
        slug: slug.into(),
        title: slug.into(),
        topic: String::new(),
        level: Level::Beginner,
        status: Status::Live,
        version: 1,
        updated: Some(updated.parse().unwrap()),
        tldr: String::new(),
        takeaways: vec![],
        sections: vec![],
        related_topics: vec![],
        related_guides: vec![],
        related_guides_count: 0,
        timeline: vec![],
        faq: vec![],
        versions: vec![],
        url: None,
    }
}

/// The item that an entry was composed from.
fn item(entry: &Entry) -> Item {
    Item {
        id: entry.id.clone(),
        title: entry.title.clone(),
        source: entry.source.clone(),
        published: entry.published,
        score: entry.score,
        url: entry.url.clone(),
        summary: entry.summary.clone(),
        format: crate::model::TextFormat::Text,
        topics: entry.topics.clone(),
        guides: vec![],
        extra: serde_json::Map::new(),
    }
}

/// Faults against what is known besides the draft.
type Conflict = fn(&mut Draft, &mut Vec<Item>, &mut Vec<Guide>, &mut Vec<Draft>);
const CONFLICTS: &[(&str, &str, Conflict)] = &[
    ("date-differs", "published = 2024-07-24", |_, items, _, _| {
        items[1].published = model::Published::parse("2024-07-22").unwrap();
    }),
    ("score-differs", "score = 7.5", |_, items, _, _| items[1].score = Some(6.0)),
    ("score-differs", "score = 7.5", |_, items, _, _| items[1].score = None),
    ("guide-unknown", "guide = \"gpt-40\"", |draft, _, _, _| draft.news[3].guide = Some("gpt-40".into())),
    ("guide-no-link", "guide = \"gpt-4o\"", |draft, _, guides, _| {
        draft.guides.retain(|card| card.slug != "gpt-4o");
        guides[1].url = None;
    }),
    ("guide-old", "guide = \"gpt-4o\"", |_, _, guides, _| guides[1].updated = "2023-07-01".parse().ok()),
    ("item-sent-before", "id = ", |draft, _, _, earlier| earlier.push(earlier_issue(&draft.news[0]))),
    ("item-sent-before", "id = ", |draft, _, _, earlier| {
        let mut entry = draft.news[0].clone();
        entry.id = "another".into();
        entry.url = entry.url.map(|url| url.replace("https://", "http://www."));
        earlier.push(earlier_issue(&entry));
    }),
];

fn earlier_issue(entry: &Entry) -> Draft {
    let name: IssueName = "2024-07-28-sunday".parse().unwrap();
    Draft { name, news: vec![entry.clone()], ..sample::minimal() }
}

#[test]
fn each_conflict_with_what_is_known_is_found_in_its_line() {
    let calm: Conflict = |_, _, _, _| {};
    for (code, line, conflict) in CONFLICTS.iter().copied().chain([("", "", calm)]) {
        let (mut draft, _) = clean();
        let mut items: Vec<Item> = draft.news.iter().map(item).collect();
        let mut guides = vec![guide("open-weights", "2024-06-01"), guide("gpt-4o", "2024-05-20")];
        let mut earlier = Vec::new();
        conflict(&mut draft, &mut items, &mut guides, &mut earlier);
        let source = issues::to_toml(&draft);
        let base_scores = BTreeMap::new();
        let guide_stale = Duration::from_hours(365 * 24);
        let context = Context {
            source: &source,
            zone: Tz::UTC,
            content: Some(Known { items: &items, guides: &guides, base_scores: &base_scores, guide_stale }),
            earlier: &earlier,
            ..Context::default()
        };
        let report = check(&draft, &drawn(&draft), &context);
        if code.is_empty() {
            assert_eq!(report.findings, []);
            continue;
        }
        assert_eq!(codes(&report), [code], "{:?}", report.findings);
        let found = source.lines().nth(report.findings[0].line.unwrap() - 1).unwrap();
        assert!(found.contains(line), "{code}: {found:?}, not {line:?}");
    }
}

#[test]
fn what_the_web_answers_is_found_at_every_place_of_the_link() {
    let moved = |to: &str, for_good| LinkStatus::Moved { to: to.into(), for_good };
    let table = [
        (LinkStatus::Fine, None),
        (LinkStatus::Status(404), Some(("link-gone", Severity::Error))),
        (LinkStatus::Status(410), Some(("link-gone", Severity::Error))),
        (LinkStatus::Status(503), Some(("link-fails", Severity::Warning))),
        (LinkStatus::Status(403), Some(("link-unsure", Severity::Note))),
        (moved("https://else.example/new", true), Some(("link-moved", Severity::Warning))),
        (moved("https://else.example/", false), Some(("link-moved", Severity::Note))),
        (moved("https://www.a.example/x/", true), None),
        (moved("http://a.example/x", true), Some(("link-moved", Severity::Warning))),
        (LinkStatus::Private, Some(("link-private", Severity::Error))),
        (LinkStatus::Slow("no answer within 15s".into()), Some(("link-slow", Severity::Warning))),
        (LinkStatus::Certificate("expired".into()), Some(("link-certificate", Severity::Error))),
        (LinkStatus::Unreachable("no host".into()), Some(("link-unreachable", Severity::Warning))),
    ];
    let (mut draft, _) = clean();
    draft.news[1].url = Some("https://a.example/x".into());
    draft.intro = "Good morning.\n\nSee [the story](https://a.example/x).".into();
    assert!(web_links(&draft).contains(&"https://a.example/x".to_owned()));
    let (rendered, source) = (drawn(&draft), issues::to_toml(&draft));
    for (answer, expected) in table {
        let answers = BTreeMap::from([("https://a.example/x".to_owned(), answer.clone())]);
        let context = Context { source: &source, answers: Some(&answers), ..Context::default() };
        let found = check(&draft, &rendered, &context).findings;
        assert_eq!(found.len(), if expected.is_some() { 2 } else { 0 }, "{found:?}");
        for finding in found {
            assert_eq!(Some((finding.code, finding.severity)), expected, "{answer:?}");
            assert!(source.lines().nth(finding.line.unwrap() - 1).unwrap().contains("https://a.example/x"));
        }
    }
}

#[test]
fn what_stands_in_code_is_no_link() {
    let (mut draft, _) = clean();
    draft.intro = "Write `[here](http://bit.ly/x)` for it.".into();
    assert_eq!(run(&draft, &drawn(&draft)).findings, []);
}

#[test]
fn only_what_subscribers_see_is_followed_and_once() {
    let (mut draft, _) = clean();
    draft.news.truncate(3);
    draft.guides.clear();
    draft.intro = "[a](https://a.example/1) ![b](https://a.example/2.png) [c](mailto:x@a.example)".into();
    for (entry, url) in
        draft.news.iter_mut().zip(["https://a.example/1", " https://a.example/3 ", "https://a.example/4"])
    {
        (entry.url, entry.summary, entry.note) = (Some(url.into()), String::new(), String::new());
    }
    draft.news[2].banned = true;
    assert_eq!(web_links(&draft), ["https://a.example/1", "https://a.example/3"]);
}

const RSPAMC: &str = "Results for file: stdin (0.668 seconds)\n[Metric: default]\nAction: add header\nSpam: false\n\
    Score: 8.00 / 15.00\nSymbol: ARC_NA (0.00)\nSymbol: DATE_IN_PAST (1.00)[20276]\nSymbol: HAS_LIST_UNSUB (-0.01)\n\
    Symbol: HFILTER_HOSTNAME_UNKNOWN (7.00)\nMessage-ID: a@b.example\nUrls: [\"a.example\"]\n";

#[test]
fn rspamds_rules_are_those_that_cost_points_the_dearest_first() {
    assert_eq!(Spam::read(RSPAMC).unwrap().rules, ["HFILTER_HOSTNAME_UNKNOWN", "DATE_IN_PAST"]);
}

#[test]
fn what_spam_filters_print_is_read_and_judged() {
    let assassin = "Received: x\nX-Spam-Status: Yes, score=5.1 required=5.0 tests=MISSING_DATE,\n\tSUBJ_ALL_CAPS autolearn=no\n\nbody";
    let table = [
        (assassin, Some((5.1, 5.0, 2)), Some(("spam-score", Severity::Error))),
        ("X-Spam-Status: No, score=-0.1 required=5.0 tests=none\n", Some((-0.1, 5.0, 0)), None),
        ("2.5/5.0\n", Some((2.5, 5.0, 0)), Some(("spam-score", Severity::Warning))),
        ("Results for file: stdin\nScore: 1.20 / 15.00\nSymbol: MID_RHS (0.50)\n", Some((1.2, 15.0, 1)), None),
        // As rspamc 3.4 prints it.
        (RSPAMC, Some((8.0, 15.0, 2)), Some(("spam-score", Severity::Warning))),
        ("[Metric: default]\nMetric: default; False; 1.20 / 15.00\n", Some((1.2, 15.0, 0)), None),
        ("See https://a.example/1/2\nscore nan/5\n", None, Some(("spam-unknown", Severity::Warning))),
        ("nan/5.0", None, Some(("spam-unknown", Severity::Warning))),
    ];
    let (draft, rendered) = clean();
    for (output, expected, finding) in table {
        let spam = Spam::read(output);
        assert_eq!(spam.as_ref().map(|spam| (spam.score, spam.threshold, spam.rules.len())), expected, "{output}");
        let context = Context { spam: Some(spam.as_ref().ok_or("no score")), ..Context::default() };
        let found = check(&draft, &rendered, &context).findings;
        assert_eq!(found.first().map(|found| (found.code, found.severity)), finding, "{output}: {found:?}");
    }
}
