use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

pub fn busy() -> Vitals {
    let at = |ms| DateTime::from_timestamp_millis(ms).expect("a time");
    let send = SendVitals {
        issue: "2026-11-25-midweek".into(),
        stopped: true,
        counts: DeliveryCounts { recipients: 10, delivered: 7, deferred: 2, failed: 1, ..DeliveryCounts::default() },
        replies: vec![("2xx".into(), 7), ("4xx".into(), 2), ("5xx".into(), 1)],
        latency: Buckets { up_to: vec![(0.05, 2), (0.1, 7)], count: 7, sum_seconds: 0.5 },
        came_back: vec![("hard".into(), 1), ("complaint".into(), 0)],
        poll: vec![("Yes".into(), 3), ("So-\"so\"".into(), 0)],
        started: at(1_764_054_000_000),
        finished: None,
        next_due: Some(at(1_764_054_300_000)),
        held_until: Some(at(1_764_054_600_000)),
        lag_seconds: Some(12.0),
    };
    Vitals {
        sends: vec![send],
        subscribers: vec![("confirmed".into(), 10), ("pending".into(), 0)],
        editions: vec![EditionVitals { edition: "midweek".into(), next_run: at(1_764_658_800_000) }],
        sender_alive: false,
        workers: vec![WorkerVitals {
            issue: "2026-11-25-midweek".into(),
            name: "mail1 4711".into(),
            in_flight: 8,
            per_minute: 1_200,
            lease_until: at(1_764_054_600_000),
        }],
        feeds: vec![("A \"wire\"\n\\".into(), 61.5), ("Never".into(), f64::INFINITY)],
    }
}

#[test]
fn the_metrics_by_snapshot() {
    let text = write(&busy()).expect("metrics");
    insta::assert_snapshot!(text.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    let quiet = write(&Vitals::default()).expect("metrics");
    assert!(quiet.contains("digest_build_info") && !quiet.contains("digest_recipients"), "{quiet}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "scripts/test says what must be here")]
fn promtool_has_nothing_to_say_of_them() {
    let tool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut tool) = tool else {
        assert!(std::env::var_os("DIGEST_TEST_REQUIRE").is_none(), "promtool is not here: run scripts/test");
        return;
    };
    let text = write(&busy()).expect("metrics");
    tool.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
    let said = tool.wait_with_output().expect("an answer");
    let words = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    assert!(said.status.success() && words.is_empty(), "{words}\n{text}");
}
