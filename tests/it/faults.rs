//! Failures around `digest`: each is reported with file and line if there is one, exits non-zero, and loses nothing.

use std::fs;

use crate::house::{ISSUE, Test};
use crate::smtp::{Server, dead_address};

const SEND: &str = "send 2026-11-25-midweek --yes";

#[test]
fn an_unknown_setting() {
    let test = Test::new().sample().config("[delivery]\ntransprot = \"file\"");
    test.run("compose midweek").code(1).stderr_has("config.toml:").stderr_has("transprot").stderr_has("`transport`");
}

#[test]
fn every_mistake_in_the_settings_at_once() {
    let test =
        Test::new().config("[publication]\nnaem = \"x\"\n[editions.midweek]\nnews = \"five\"\n[web]\nlisten = 7");
    let told = test.run("compose midweek").code(1).stderr;
    for word in ["naem", "news", "listen"] {
        assert!(told.contains(word), "`{word}` is not told:\n{told}");
    }
}

#[test]
fn settings_that_are_not_toml() {
    let test = Test::new();
    test.write("config.toml", "[publication]\nname = \"x\nurl = 1\n");
    test.run("compose midweek").code(1).stderr_has("config.toml:2");
}

#[test]
fn a_wrong_type_in_line_12() {
    let lines: Vec<String> = (1..=12)
        .map(|n| {
            let score = if n == 12 { "\"eight\"".to_owned() } else { "8".to_owned() };
            format!(
                r#"{{"id":"i{n}","title":"Item {n}","source":"Wire","published":"2026-11-24","score":{score},"url":"https://wire.example/{n}","summary":"So it is."}}"#
            )
        })
        .collect();
    let test = Test::new().news(&(lines.join("\n") + "\n"));
    test.run("compose midweek").code(1).stderr_has("content/news/2026-W47.jsonl:12").stderr_has("score");
}

#[test]
fn a_template_that_names_a_field_which_is_not_there() {
    let test = Test::new().sample().composed();
    let path = "templates/issue/midweek.txt.hbs";
    let template = test.read(path);
    test.write(path, &format!("{template}\n{{{{issue.subjcet}}}}\n"));
    let line = template.lines().count() + 1;
    let ran = test.run("check");
    assert_ne!(ran.code, Some(0));
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains("subjcet") && told.contains("midweek.txt.hbs"), "line {line} is not told:\n{told}");
    assert_ne!(test.run("approve 2026-11-25-midweek --by Ann").code, Some(0));
}

#[test]
fn a_draft_that_is_not_toml() {
    let test = Test::new().sample().composed();
    let draft = test.draft();
    test.write(&format!("issues/{ISSUE}/issue.toml"), &format!("{draft}\n[[news]\n"));
    let line = draft.lines().count() + 2;
    for command in ["check", "render", "approve 2026-11-25-midweek --by Ann", "diff 2026-11-25-midweek"] {
        test.run(command).code(1).stderr_has(&format!("issue.toml:{line}"));
    }
}

#[test]
fn a_draft_with_a_field_of_the_wrong_type() {
    let test = Test::new().sample().composed();
    test.edit(|draft| draft["subject"] = toml_edit::value(5));
    let line = test.draft().lines().position(|l| l.starts_with("subject")).unwrap() + 1;
    test.run("check").code(1).stderr_has(&format!("issue.toml:{line}")).stderr_has("subject");
}

#[test]
fn a_server_that_is_not_there() {
    let test = Test::new().sample().smtp(&dead_address()).subscribers(2).approved();
    test.run(SEND).code_in(&[1, 75]).stderr_has("127.0.0.1");
    test.counts("pending=2");
    let server = Server::kind();
    let test = test.smtp(&server.address());
    test.run(SEND).success();
    assert_eq!(server.accepted(), 2, "once it is there, everyone is mailed");
}

#[test]
fn a_database_that_found_no_room_leaves_no_empty_file_behind() {
    let test = Test::new();
    let add = ["subscribers", "add", "ann@inbox.example", "--consent", "asked for it"];
    // No file may hold a byte, as on a full disk; a refused write must not end the process.
    let digest = test.command(crate::house::NOW);
    let mut full = std::process::Command::new("sh");
    full.arg("-c")
        .arg("trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"")
        .arg(digest.get_program())
        .args(digest.get_args());
    let refused = full.args(add).output().unwrap();
    assert!(!refused.status.success(), "{refused:?}");
    assert!(!test.path("data/digest.db").exists(), "it would be taken for a lost ledger");
    test.run("status").success();
    test.run_args(&add).success();
}

#[test]
fn a_ledger_that_is_gone() {
    let server = Server::kind();
    let test = Test::new().sample().smtp(&server.address()).subscribers(2).approved();
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(test.path(&format!("data/digest.db{end}")));
    }
    test.run(SEND).code(1).stderr_has("digest.db");
    assert!(!test.path("data/digest.db").exists(), "send never makes a ledger");
    assert_eq!(server.connections(), 0, "nothing is mailed");
}

#[test]
fn a_ledger_that_is_empty_or_rubbish() {
    for content in [&b""[..], b"this is no database, though it is long enough to look at for a while\n"] {
        let server = Server::kind();
        let test = Test::new().sample().smtp(&server.address()).subscribers(2).approved();
        for end in ["-wal", "-shm"] {
            let _ = fs::remove_file(test.path(&format!("data/digest.db{end}")));
        }
        fs::write(test.path("data/digest.db"), content).unwrap();
        test.run(SEND).code(1).stderr_has("digest.db");
        assert_eq!(server.connections(), 0, "nothing is mailed");
        assert_eq!(fs::read(test.path("data/digest.db")).unwrap(), content, "what is left is left for a rescuer");
    }
}

#[test]
fn a_ledger_of_a_newer_version() {
    let server = Server::kind();
    let test = Test::new().sample().smtp(&server.address()).subscribers(2).approved();
    let ledger = rusqlite::Connection::open(test.path("data/digest.db")).unwrap();
    ledger.pragma_update(None, "user_version", 999_999).unwrap();
    drop(ledger);
    test.run(SEND).code(1).stderr_has("digest.db");
    assert_eq!(server.connections(), 0, "nothing is mailed");
}

#[cfg(unix)]
#[test]
fn a_ledger_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::kind();
    let test = Test::new().sample().smtp(&server.address()).subscribers(2).approved();
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(test.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("data/digest.db", 0o444);
    mode("data", 0o555);
    // Root ignores file modes; then there is nothing to test.
    let writable = fs::OpenOptions::new().append(true).open(test.path("data/digest.db")).is_ok();
    if writable {
        eprintln!("skipped: this user writes in spite of the file's mode (root?)");
    } else {
        test.run(SEND).code(1).stderr_has("digest.db");
        assert_eq!(server.connections(), 0, "nothing is mailed");
    }
    mode("data", 0o755);
    mode("data/digest.db", 0o644);
    test.run(SEND).success();
    assert_eq!(server.accepted(), 2);
}

#[test]
fn a_ledger_that_somebody_holds() {
    let server = Server::kind();
    let test = Test::new().sample().smtp(&server.address()).subscribers(2).approved();
    let other = rusqlite::Connection::open(test.path("data/digest.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let ran = test.run(SEND);
    assert_ne!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(server.accepted(), 0, "nothing is mailed that cannot be recorded");
    other.execute_batch("ROLLBACK").unwrap();
    test.run(SEND).success();
    assert_eq!(server.accepted(), 2);
}

#[test]
fn an_outbox_that_cannot_be_written() {
    let test = Test::new().sample().subscribers(2).approved();
    test.write("outbox", "a file where the folder should be");
    test.run(SEND).code_in(&[1, 75]).stderr_has("outbox");
    let status = test.status();
    assert_eq!((&status["delivered"], &status["failed"]), (&0.into(), &0.into()), "{status}");
    fs::remove_file(test.path("outbox")).unwrap();
    if test.run_at("2026-11-25T12:00:00Z", SEND).code_in(&[0, 75]).code == Some(75) {
        test.run_at("2026-11-25T20:00:00Z", SEND).success();
    }
    assert_eq!(test.outbox().len(), 2);
}
