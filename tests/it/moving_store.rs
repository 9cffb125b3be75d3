//! `digest store`: a publication moves to another database in the middle of a send, on the same engine and on the other one; old issues are pruned.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::database::Postgres;
use crate::house::{ISSUE, Test};
use crate::smtp::Server;

const OLD: &str = "sqlite:data/digest.db";

/// A send to thirty subscribers that has reached ten.
fn in_the_middle(server: &Server) -> Test {
    let test = Test::new().sample().subscribers(30).smtp(&server.address()).approved();
    test.run(&format!("send {ISSUE} --limit 10 --yes")).code(75);
    test
}

fn using(test: Test, url: &str) -> Test {
    test.config(&format!("[store]\nurl = {}", toml::Value::from(url)))
}

/// Copies in many parts, as if it were killed after each. Checks after the first part that the new database cannot be used.
fn copied_in_parts(test: Test, from: &str, to: &str) -> Test {
    test.run_args(&["store", "copy", from, to, "--stop-after", "1"]).code(75).stdout_has("run it again to continue");
    let test = using(test, to);
    for line in [&format!("send {ISSUE} --yes"), "serve", "status", "subscribers list", "resume --restored --yes"] {
        test.run(line).code(1).stderr_has("an unfinished copy of").stderr_has("`digest store copy` finishes it");
    }
    let mut parts = 0;
    while test.run_args(&["store", "copy", from, to, "--stop-after", "1"]).code.is_some_and(|code| code == 75) {
        parts += 1;
        assert!(parts < 40, "the copy never ends");
    }
    assert!(parts >= 3, "{parts}");
    test
}

fn nobody_twice(server: &Server, count: usize) {
    let reached = server.reached();
    assert_eq!((reached.len(), reached.iter().collect::<BTreeSet<_>>().len()), (count, count), "{reached:?}");
}

fn exported(test: &Test) -> String {
    test.run("subscribers export").success().stdout
}

#[test]
fn a_send_goes_on_from_a_copy_and_nobody_is_mailed_twice() {
    let server = Server::start([]);
    let test = in_the_middle(&server);
    let list = exported(&test);
    let test = copied_in_parts(test, OLD, "sqlite:elsewhere/new.db");
    assert_eq!(exported(&test), list);
    test.counts("delivered=10 pending=20");
    test.run(&format!("send {ISSUE} --yes")).success();
    test.counts("delivered=30");
    nobody_twice(&server, 30);
    // The old database does not know about the rest of the send, and mails nobody.
    let test = using(test, OLD);
    test.run(&format!("send {ISSUE} --yes")).code(1).stderr_has("older than its safety log");
    nobody_twice(&server, 30);
}

#[test]
fn a_copy_says_what_it_copied_and_what_to_do_next() {
    let test = Test::new().sample().subscribers(3).approved();
    let ran = test.run(&format!("store copy {OLD} sqlite:data/new.db")).success();
    ran.stdout_has("subscribers              3").stdout_has("every row").stdout_has("set `[store] url`");
    test.run(&format!("store copy {OLD} sqlite:data/new.db"))
        .code(1)
        .stderr_has("is not empty: it has rows in `subscribers`");
    test.run(&format!("store copy {OLD} {OLD}")).code(1).stderr_has("both are the same database");
    test.run(&format!("store copy sqlite:none.db {OLD}")).code(1).stderr_has("there is no database at");
    test.run(&format!("store copy {OLD} data/new.db")).code(1).stderr_has("TO is not the URL of a database");
}

#[test]
fn a_password_in_a_url_is_never_printed() {
    let test = Test::new().subscribers(1);
    for url in ["postgres://u:hunter2@127.0.0.1:9/x", "postgres://u:hunter2@127.0.0.1:9", "postgres://u:hunter2@[::x"] {
        for (from, to) in [(OLD, url), (url, OLD)] {
            let ran = test.run_args(&["store", "copy", from, to]).code(1);
            assert!(!ran.stdout.contains("hunter2") && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_publication_moves_to_postgresql_in_the_middle_of_a_send_and_back() {
    let Some(postgres) = Postgres::start() else { return };
    let place = postgres.database(postgres.port());
    let server = Server::start([]);
    let test = in_the_middle(&server);
    let list = exported(&test);
    let test = copied_in_parts(test, OLD, &place);
    assert_eq!(exported(&test), list);
    test.counts("delivered=10 pending=20");
    test.run(&format!("send {ISSUE} --limit 8 --yes")).code(75);
    test.run("subscribers remove reader30@inbox.example").success();
    let test = copied_in_parts(test, &place, "sqlite:data/back.db");
    test.run(&format!("send {ISSUE} --yes")).success();
    test.counts("delivered=29 suppressed=1");
    nobody_twice(&server, 29);
    let report = test.run(&format!("status {ISSUE} --recipients")).success();
    report.stdout_has("reader29@inbox.example");
}

/// The status and the report of the issue, three years later.
fn said(test: &Test) -> (Value, Value) {
    let mut status = test.run_at(LATER, &format!("status {ISSUE} --format json")).success().json();
    status.as_object_mut().unwrap().remove("pruned");
    (status, test.run_at(LATER, &format!("report {ISSUE} --format json")).success().json())
}

/// More than three years after the send.
const LATER: &str = "2029-12-25T06:00:00Z";

fn an_old_issue_is_pruned(test: &Test) {
    test.run(&format!("send {ISSUE} --yes")).success();
    let before = said(test);
    test.run("store prune --keep 2y").success().stdout_has("nothing to remove: no send finished before");
    let dry = test.run_at(LATER, "store prune --keep 2y --dry-run").success();
    dry.stdout_has(&format!("{ISSUE}: would remove 5 recipients"));
    test.run(&format!("status {ISSUE} --recipients")).success().stdout_has("reader3@inbox.example");
    test.run_at(LATER, "store prune --keep 36months").success().stdout_has(&format!("{ISSUE}: removed 5 recipients"));
    assert_eq!(said(test), before);
    let status = test.run(&format!("status {ISSUE} --recipients")).success();
    assert!(!status.stdout.contains("reader3@"), "{}", status.stdout);
    status.stdout_has("5 of 5 delivered").stdout_has("its recipients were pruned");
    assert_eq!(test.run(&format!("status {ISSUE} --format json")).json()["pruned"], true);
    // The safety log still lists deliveries that the ledger no longer has. That stops nothing, and nobody gets the issue again.
    test.run_at(LATER, &format!("send {ISSUE} --yes")).success().stdout_has("already");
    assert_eq!(test.outbox().len(), 5);
    test.run_at(LATER, "store prune --keep 2y").success().stdout_has("nothing to remove");
}

#[test]
fn an_old_issue_is_pruned_and_its_status_and_report_stay_the_same() {
    an_old_issue_is_pruned(&Test::new().sample().subscribers(5).approved());
    let Some(postgres) = Postgres::start() else { return };
    let place = postgres.database(postgres.port());
    an_old_issue_is_pruned(&using(Test::new(), &place).sample().subscribers(5).approved());
}

#[test]
fn keep_takes_an_age() {
    let test = Test::new();
    test.run("store prune --keep soon").code(2).stderr_has("such as 2y, 18months or 90d");
    test.run("store prune").code(2).stderr_has("--keep");
    test.run("store prune --keep 900000y").code(1).stderr_has("no send is as old as that");
}
