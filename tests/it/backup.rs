//! Backup, restore and release: done while a send runs, killed half-way, and an older database put back.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::house::{ISSUE, NOW, Ran, Running, Test, digest};
use crate::smtp::Server;

/// Runs `digest` in a folder below the test's.
fn run_in(test: &Test, folder: &str, line: &str) -> Ran {
    let mut command = digest();
    command.arg("-C").arg(test.path(folder)).args(["--now", NOW]).args(line.split_whitespace());
    Running::start(command, format!("-C {folder} {line}")).wait()
}

/// A send to thirty subscribers that has reached ten, and a backup of that moment restored beside it.
fn in_the_middle(server: &Server) -> Test {
    let test = Test::new().sample().subscribers(30).smtp(&server.address()).approved();
    test.run(&format!("send {ISSUE} --limit 10 --yes")).code(75);
    test.run("backup saved").success();
    test.run("restore saved beside").success().stdout_has("until you run `digest -C beside resume --restored`");
    test
}

fn nobody_twice(server: &Server, count: usize) {
    let reached = server.reached();
    assert_eq!((reached.len(), reached.iter().collect::<BTreeSet<_>>().len()), (count, count), "{reached:?}");
}

#[test]
fn a_backup_is_private_whole_and_without_secrets() {
    let test = Test::new()
        .sample()
        .subscribers(2)
        .approved()
        .file("secrets/pass", "hunter2")
        .file("cues.toml", include_str!("../../src/compose/kinds/cues.toml"))
        .config("[delivery.smtp]\nusername = \"u\"\npassword_file = \"secrets/pass\"");
    test.run(&format!("send {ISSUE}")).success();
    test.run("backup saved").success().stdout_has("not included, because they are secrets: secrets/pass");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut folders = vec![test.path("saved")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            assert!(!fs::read(&path).unwrap().windows(7).any(|bytes| bytes == b"hunter2"), "{}", path.display());
        }
    }
    let manifest: Value = serde_json::from_str(&test.read("saved/manifest.json")).unwrap();
    assert_eq!(manifest["files"].as_array().unwrap().len() + 1, files, "each but the manifest is listed");
    test.run("backup saved").code(1).stderr_has("not empty");
    // The restored data equals the backup, except for the hold.
    test.run("restore saved again").success();
    for path in [&format!("issues/{ISSUE}/issue.toml"), "content/news/2026-W47.jsonl", "cues.toml"] {
        assert_eq!(test.read(path), test.read(&format!("again/{path}")));
    }
    let list = |ran: Ran| ran.success().stdout;
    assert_eq!(list(test.run("subscribers export")), list(run_in(&test, "again", "subscribers export")));
}

#[test]
fn a_restored_publication_acts_on_nobody_until_it_is_released() {
    let server = Server::start([]);
    let test = in_the_middle(&server);
    for line in [
        format!("send {ISSUE} --yes"),
        format!("send {ISSUE} --dry-run"),
        format!("send {ISSUE} --test ann@inbox.example"),
        "serve".to_owned(),
    ] {
        run_in(&test, "beside", &line).code(1).stderr_has("mails nobody yet").stderr_has("digest resume --restored");
    }
    run_in(&test, "beside", "doctor --nameserver 127.0.0.1:1").code(1).stdout_has("mails nobody yet");
    run_in(&test, "beside", "resume --restored").code(1).stdout_has("original must not run").stderr_has("with --yes");
    assert_eq!(server.accepted(), 10);
    assert!(!test.path("beside/outbox").exists());
}

#[test]
fn restored_beside_a_send_that_goes_on_nobody_is_mailed_twice_and_nobody_who_left() {
    let server = Server::start([]);
    let test = in_the_middle(&server);
    // The original continues, and people unsubscribe there, one of them for good.
    test.run(&format!("send {ISSUE} --limit 8 --yes")).code(75);
    test.run("subscribers remove reader25@inbox.example").success();
    test.run("subscribers forget reader26@inbox.example").success();
    test.run("subscribers add late@inbox.example --consent asked").success();
    test.run("subscribers remove late@inbox.example").success();
    let told = run_in(&test, "beside", "resume --restored --yes").success();
    told.stdout_has("2026-11-25-midweek: 8 deliveries").stdout_has("1 removed, 1 erased, 1 kept out, 8 deliveries");
    // Both run.
    test.run(&format!("send {ISSUE} --yes")).code(1).stderr_has("took over from this one");
    run_in(&test, "beside", &format!("send {ISSUE} --yes")).success();
    nobody_twice(&server, 28);
    let gone = ["reader25@inbox.example", "reader26@inbox.example"];
    assert!(!server.reached().iter().any(|to| gone.iter().any(|gone| to.contains(gone))), "{:?}", server.reached());
    for address in ["reader26@inbox.example", "late@inbox.example"] {
        run_in(&test, "beside", &format!("subscribers add {address} --consent asked"))
            .code(1)
            .stderr_has("is not brought back");
    }
    run_in(&test, "beside", &format!("status {ISSUE}")).success().stdout_has("28 of 30 delivered, 2 suppressed");
    run_in(&test, "beside", "resume --restored --yes").code(1).stderr_has("is not held");
}

#[test]
fn an_issue_that_was_begun_after_the_backup_goes_on_where_the_original_ended() {
    let server = Server::start([]);
    let test = Test::new().sample().subscribers(12).smtp(&server.address()).approved();
    test.run("backup saved").success();
    test.run("restore saved beside").success();
    test.run(&format!("send {ISSUE} --limit 5 --yes")).code(75);
    run_in(&test, "beside", "resume --restored --yes").success();
    run_in(&test, "beside", &format!("send {ISSUE} --yes")).success();
    nobody_twice(&server, 12);
}

#[test]
fn without_the_log_what_is_not_known_is_said_and_waits_for_a_word() {
    let server = Server::start([]);
    let test = in_the_middle(&server);
    let log = test.path("log/safety.log");
    fs::rename(&log, test.path("elsewhere")).unwrap();
    run_in(&test, "beside", "resume --restored")
        .code(1)
        .stdout_has("there is no safety log for the time after")
        .stdout_has("nobody knows which of the 20 waiting");
    // The safety log is found again.
    let told = run_in(&test, "beside", "resume --restored --log ../elsewhere").code(1);
    told.stdout_has("has what happened after").stderr_has("with --yes");
    run_in(&test, "beside", "resume --restored --yes").success();
    run_in(&test, "beside", &format!("send {ISSUE} --yes")).code(1).stderr_has("without the safety log");
    assert_eq!(server.accepted(), 10);
    run_in(&test, "beside", &format!("resume {ISSUE}")).success();
    run_in(&test, "beside", &format!("send {ISSUE} --yes")).success();
    nobody_twice(&server, 30);
}

#[test]
fn a_database_that_was_copied_back_refuses_to_send_until_the_log_is_applied() {
    let server = Server::start([]);
    let test = Test::new().sample().subscribers(20).smtp(&server.address()).approved();
    test.run(&format!("send {ISSUE} --limit 4 --yes")).code(75);
    for file in fs::read_dir(test.path("data")).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
        fs::create_dir_all(test.path("old")).unwrap();
        fs::copy(file.path(), test.path("old").join(file.file_name())).unwrap();
    }
    test.run(&format!("send {ISSUE} --limit 6 --yes")).code(75);
    test.run("subscribers remove reader20@inbox.example").success();
    fs::remove_dir_all(test.path("data")).unwrap();
    fs::rename(test.path("old"), test.path("data")).unwrap();
    test.run(&format!("send {ISSUE} --yes"))
        .code(1)
        .stderr_has("the database is older than its safety log")
        .stderr_has("is missing 6 deliveries (6 of 2026-11-25-midweek) and 1 changes");
    test.run("doctor --nameserver 127.0.0.1:1").code(1).stdout_has("older than its safety log");
    test.run("resume --restored --yes").success();
    test.run(&format!("send {ISSUE} --yes")).success();
    nobody_twice(&server, 19);
}

#[test]
fn a_backup_or_a_restore_that_is_killed_leaves_nothing_that_could_be_taken_for_one() {
    let test = Test::new().sample().subscribers(3_000).approved();
    for (line, made) in [("backup saved", "saved/manifest.json"), ("restore whole beside", "beside/config.toml")] {
        if made.starts_with("beside") {
            test.run("backup whole").success();
        }
        let mut whole = 0;
        for _ in 0..12 {
            let mut running = test.start(line);
            // Kill it in the middle: as soon as its folder exists, or a little later, as the machine has it.
            let part = test.path(&format!(".{}.part", made.split('/').next().unwrap()));
            while !part.exists() && !running.has_ended() {
                std::thread::yield_now();
            }
            running.signal_if_alive("KILL");
            running.wait();
            let folder = test.path(made.split('/').next().unwrap());
            if folder.exists() {
                assert!(test.path(made).exists(), "it appears whole or not at all");
                fs::remove_dir_all(&folder).unwrap();
                whole += 1;
            }
        }
        assert!(whole < 12, "some were killed half-way");
        test.run(line).success();
    }
    run_in(&test, "beside", "subscribers list").success();
}

#[test]
fn a_draft_that_was_edited_after_its_approval_is_told_as_such() {
    let test = Test::new().sample().subscribers(1).approved();
    test.edit(|draft| draft["subject"] = toml_edit::value("Another one"));
    test.run(&format!("status {ISSUE}")).success().stdout_has("draft, edited after approval");
    let json = test.run(&format!("status {ISSUE} --format json")).success().json();
    assert_eq!(json["edited_after_approval"], true);
}

#[test]
fn a_damaged_backup_or_one_that_reaches_out_is_refused() {
    let test = Test::new().sample().subscribers(2).approved();
    test.run("backup saved").success();
    let issue = test.path(&format!("saved/publication/issues/{ISSUE}/issue.toml"));
    let text = fs::read_to_string(&issue).unwrap();
    fs::write(&issue, text.replace("calm", "loud")).unwrap();
    test.run("restore saved beside").code(1).stderr_has("differs from what was backed up").stderr_has("issue.toml");
    assert!(!test.path("beside").exists());
    fs::write(&issue, text).unwrap();
    let manifest = test.read("saved/manifest.json");
    test.write("saved/manifest.json", &manifest.replace("publication/config.toml", "../outside"));
    test.run("restore saved beside").code(1).stderr_has("not inside the backup");
    test.write("saved/manifest.json", &manifest.replace("\"schema\": 1", "\"schema\": 9"));
    test.run("restore saved beside").code(1).stderr_has("newer version");
    test.run("restore issues beside").code(1).stderr_has("not a complete backup");
}
