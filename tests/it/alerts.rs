//! docs/alerts as an operator would use them: promtool accepts the rules, and every series that the rules, their tests and the
//! dashboard name exists in /metrics. Does not know what a figure means.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::archive::{free, wait_for};
use crate::house::Test;
use crate::smtp::{Act, At, Rule, Server};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/alerts")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// The output of promtool in the folder of the alerts, if it is installed.
fn promtool(args: &[&str]) -> Option<(bool, String)> {
    let Ok(ran) = Command::new("promtool").args(args).current_dir(folder()).output() else {
        assert!(std::env::var_os("DIGEST_TEST_REQUIRE").is_none(), "promtool is not here: run scripts/test");
        eprintln!("skipped: promtool is not here");
        return None;
    };
    Some((ran.status.success(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned()))
}

#[test]
fn promtool_takes_the_rules() {
    if let Some((good, said)) = promtool(&["check", "rules", "digest.yml"]) {
        assert!(good && said.contains("rules found"), "{said}");
    }
}

#[test]
fn each_alert_fires_when_it_should_and_is_silent_otherwise() {
    let (rules, tests) = (read("digest.yml"), read("digest_test.yml"));
    for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        let named = |line: &&str| line.contains(&format!("alertname: {alert}"));
        assert!(
            tests.lines().filter(named).count() > 1,
            "{alert} needs a case in which it fires and one in which it is silent"
        );
    }
    if let Some((good, said)) = promtool(&["test", "rules", "digest_test.yml"]) {
        assert!(good, "{said}");
    }
}

/// The selectors in a text, such as `digest_readers{status="confirmed"}`: names, and the labels with a fixed value.
fn selectors(text: &str) -> BTreeSet<(String, Vec<(String, String)>)> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("digest_") {
        let rest = &text[at..];
        let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(rest.len());
        let labels =
            rest[end..].strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(inside, _)| inside);
        let fixed = |label: &str| {
            let (name, value) = label.trim().split_once('=')?;
            Some((name.to_owned(), value.strip_prefix('"')?.strip_suffix('"')?.to_owned()))
        };
        found.insert((rest[..end].to_owned(), labels.split(',').filter_map(fixed).collect()));
    }
    found
}

/// Every expression and query of a Grafana dashboard.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == "expr" || key == "query" => found.push(text.clone()),
                    value => expressions(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        _ => {}
    }
}

/// The expressions of the rules, without their descriptions.
fn rules() -> String {
    let words = |line: &&str| !["summary:", "description:", "#"].iter().any(|key| line.trim_start().starts_with(key));
    read("digest.yml").lines().filter(words).collect::<Vec<_>>().join("\n")
}

/// /metrics during a send with everything it can show: one message delivered, one deferred, one refused, those after the canary held
/// back, and a news source that was never fetched.
fn scrape() -> String {
    let server = Server::start([
        Rule::at(At::Dot, Act::Say("451 4.2.0 later")).times(1),
        Rule::at(At::Dot, Act::Say("550 5.1.1 no such mailbox")).skip(1).times(1),
    ]);
    let ops = free();
    let feed = "[[feeds]]\nname = \"The Mute\"\ncommand = [\"false\"]";
    let test = Test::new().sample().smtp(&server.address()).subscribers(30).approved();
    let test = test.config(&format!(
        "[web]\nmetrics_listen = \"{ops}\"\n[editions.midweek]\ncanary = 5\ncanary_wait = \"1h\"\n{feed}"
    ));
    test.run("send 2026-11-25-midweek --yes").code(75);
    test.run("news fetch");
    let daemon = test.start_at("2026-11-25T06:00:20Z", "serve");
    wait_for(ops);
    let figures = ureq::get(format!("http://{ops}/metrics")).call().unwrap().body_mut().read_to_string().unwrap();
    daemon.signal("TERM");
    daemon.wait().success();
    figures
}

#[test]
fn whatever_rules_and_dashboard_name_is_among_the_figures() {
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).unwrap();
    let mut asked = Vec::new();
    expressions(&dashboard["panels"], &mut asked);
    assert!(asked.len() >= dashboard["panels"].as_array().unwrap().len(), "a panel without a query: {asked:?}");
    expressions(&dashboard["templating"], &mut asked);
    let mut wanted = selectors(&asked.join("\n"));
    wanted.extend(selectors(&rules()));
    // The input series of the alerts' tests, too: a test on a series that does not exist proves nothing.
    wanted.extend(selectors(&read("digest_test.yml")).into_iter().map(|(name, labels)| {
        let kinds = ["state", "kind", "status", "class"];
        (name, labels.into_iter().filter(|(label, _)| kinds.contains(&label.as_str())).collect())
    }));
    // A file name, not a series.
    wanted.retain(|(name, _)| name != "digest_test");
    assert!(wanted.len() >= 20, "{wanted:?}");
    let figures = scrape();
    for (name, labels) in wanted {
        let given = figures.lines().any(|line| {
            line.split(['{', ' ']).next() == Some(&name)
                && labels.iter().all(|(label, value)| line.contains(&format!("{label}=\"{value}\"")))
        });
        // The send was under way during the scrape, so it has no end yet.
        assert!(
            given || name == "digest_send_end_timestamp_seconds",
            "{name} {labels:?} is not among the figures:\n{figures}"
        );
    }
}
