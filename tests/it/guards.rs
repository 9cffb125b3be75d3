//! Protection of a publication's files: links that lead outside, private folders, a database or config.toml replaced under the daemon.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::house::{NOW, Test};

const ISSUE: &str = "2026-11-25-midweek";

fn mode(test: &Test, path: &str) -> u32 {
    std::fs::metadata(test.path(path)).unwrap().permissions().mode() & 0o777
}

#[test]
fn nothing_is_read_or_written_through_a_link_that_leads_out() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "the system's own words").unwrap();
    let test = Test::new().sample().composed();
    let refused = |line: &str| {
        test.run(line)
            .code(1)
            .stderr_has("leads out of the publication")
            .stderr_has("help: nothing is read or written");
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "the system's own words", "{line}");
    };
    for (link, lines) in [
        (format!("issues/{ISSUE}/issue.html"), vec![format!("render {ISSUE}")]),
        ("templates/partials/intro.txt.hbs".to_owned(), vec![format!("render {ISSUE}"), format!("approve {ISSUE}")]),
        ("content/news/2026-W48.jsonl".to_owned(), vec!["news list".to_owned(), "compose midweek".to_owned()]),
    ] {
        let at = test.path(&link);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        let _ = std::fs::remove_file(&at);
        symlink(&secret, &at).unwrap();
        for line in lines {
            refused(&line);
        }
        std::fs::remove_file(&at).unwrap();
    }
    let draft = test.path(&format!("issues/{ISSUE}"));
    let moved = outside.path().join("issue");
    std::fs::rename(&draft, &moved).unwrap();
    symlink(&moved, &draft).unwrap();
    refused(&format!("check {ISSUE}"));
}

#[test]
fn the_outbox_is_its_owners_alone_also_one_from_before() {
    let test = Test::new().sample().subscribers(2).composed().approved();
    std::fs::create_dir_all(test.path(&format!("outbox/{ISSUE}"))).unwrap();
    test.run(&format!("send {ISSUE}")).success();
    assert_eq!(mode(&test, &format!("outbox/{ISSUE}")), 0o700);
    for entry in std::fs::read_dir(test.path(&format!("outbox/{ISSUE}"))).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!((mode(&test, "log"), mode(&test, "log/safety.log")), (0o700, 0o600));
}

#[test]
fn an_export_whose_reader_goes_away_ends_quietly() {
    let test = Test::new().subscribers(3_000);
    let mut export = test.command(NOW);
    let mut export =
        export.args(["subscribers", "export"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(export.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    let mut said = String::new();
    export.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((export.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn loops_in_loops_and_files_without_end_are_stopped() {
    let begun = Instant::now();
    let nested = "{{#each links}}".to_owned() + &"{{#each @root.links}}".repeat(15) + &"{{/each}}".repeat(16);
    let test = Test::new().sample().composed().file("templates/partials/intro.txt.hbs", &nested);
    test.run(&format!("render {ISSUE}")).code(1).stderr_has("intro.txt.hbs").stderr_has("takes too long");
    let mut import = test.command(NOW);
    let status = import.args(["bounces", "import", "/dev/zero"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.unwrap().code().is_some());
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
}

#[test]
fn a_full_disk_is_told_plainly() {
    // A file size limit simulates a full disk; SQLite sees the same failure for both, except for the error number.
    let test = Test::new().sample().subscribers(50).composed().approved();
    let digest = test.command(NOW);
    let command = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} -C {} --now {NOW} subscribers add late@inbox.example --consent asked",
        digest.get_program().to_string_lossy(),
        test.path("").display()
    );
    let ran = Command::new("sh").args(["-c", &command]).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(!ran.status.success() && said.contains("the disk") && said.contains("full"), "{said}");
    test.run("subscribers add late@inbox.example --consent asked").success();
}
