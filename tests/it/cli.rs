//! The command line: exit codes, help, streams, and the JSON that scripts rely on.

use serde_json::Value;

use crate::house::{ISSUE, Test, digest};

#[test]
fn help_and_version_go_to_stdout() {
    let test = Test::new();
    let help = test.run("--help").success();
    for command in ["compose", "check", "approve", "send", "status", "subscribers", "news", "guides", "demo", "init"] {
        assert!(help.stdout.contains(command), "--help does not name `{command}`:\n{}", help.stdout);
    }
    assert_eq!(help.stderr, "");
    test.run("--version").success().stdout_has(env!("CARGO_PKG_VERSION"));
    test.run("send --help").success().stdout_has("--dry-run");
}

#[test]
fn wrong_usage_is_exit_2_and_nothing_on_stdout() {
    let test = Test::new();
    for line in ["", "no-such-command", "compose", "send --no-such-flag", "check --format yaml"] {
        let ran = test.run(line).code(2);
        assert_eq!(ran.stdout, "", "`digest {line}` is wrong usage, so stdout stays empty");
        assert!(!ran.stderr.is_empty(), "`digest {line}` says what is wrong");
    }
}

#[test]
fn a_directory_that_is_no_publication_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let out = digest().arg("-C").arg(empty.path()).args(["compose", "midweek"]).output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("config.toml"), "{out:?}");
}

#[test]
fn an_edition_that_is_not_there_is_told_with_those_that_are() {
    Test::new().sample().run("compose weekend").code_in(&[1, 2]).stderr_has("midweek").stderr_has("sunday");
}

#[test]
fn an_issue_that_is_not_there_is_exit_1() {
    let test = Test::new().sample();
    for line in ["check 2026-01-01-midweek", "send 2026-01-01-midweek --yes", "approve 2026-01-01-midweek --by Ann"] {
        test.run(line).code(1).stderr_has("2026-01-01-midweek");
    }
}

#[test]
fn an_unknown_setting_suggests_the_nearest() {
    let test = Test::new().config("[publication]\ntimezon = \"UTC\"");
    test.run("compose midweek").code(1).stderr_has("config.toml:").stderr_has("timezon").stderr_has("`timezone`");
}

#[test]
fn the_environment_overrides_a_setting() {
    let test = Test::new().sample().env("DIGEST_EDITIONS__MIDWEEK__NEWS", "2");
    let composed = test.run("compose midweek --format json").success().json();
    assert_eq!(composed["news"].as_array().unwrap().len(), 2);
}

#[test]
fn no_colour_and_no_bars_in_a_pipe() {
    let test = Test::new().sample().subscribers(2).approved();
    for line in ["compose midweek", "check", "status", "send 2026-11-25-midweek --yes", "nonsense"] {
        let ran = test.run(line);
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!told.contains('\x1b') && !told.contains('\r'), "`digest {line}` writes control bytes:\n{told:?}");
    }
}

#[test]
fn colour_comes_when_asked_for() {
    let test = Test::new();
    let ran = test.run("--color always check 2026-01-01-midweek").code(1);
    assert!(ran.stderr.contains('\x1b'), "{:?}", ran.stderr);
    let ran = test.run("--color never check 2026-01-01-midweek").code(1);
    assert!(!ran.stderr.contains('\x1b'), "{:?}", ran.stderr);
}

#[test]
fn compose_json_has_its_shape() {
    let composed = Test::new().sample().run("compose midweek --format json").success().json();
    has(&composed, &["issue", "edition", "date", "file", "window", "news", "guides", "left_out"]);
    has(&composed["window"], &["from", "to"]);
    assert_eq!((composed["issue"].as_str(), composed["edition"].as_str()), (Some(ISSUE), Some("midweek")));
    assert_eq!(composed["date"], "2026-11-25");
    assert!(composed["file"].as_str().unwrap().ends_with("issues/2026-11-25-midweek/issue.toml"));
    for (n, news) in each(&composed["news"]).enumerate() {
        has(news, &["id", "title", "source", "published", "score", "rank", "guide", "why"]);
        assert_eq!(news["rank"], n + 1, "ranks count from 1 in the order shown");
    }
    each(&composed["guides"]).for_each(|guide| has(guide, &["slug", "title", "level", "why"]));
    each(&composed["left_out"]).for_each(|item| has(item, &["id", "title", "score", "reason"]));
    assert_eq!(each(&composed["news"]).count() + each(&composed["left_out"]).count(), 12, "no item goes missing");
}

#[test]
fn check_json_has_its_shape() {
    let test = Test::new().sample().composed();
    let check = test.run(&format!("check {ISSUE} --format json")).success().json();
    has(&check, &["issue", "errors", "warnings", "findings", "html_bytes", "text_bytes"]);
    assert!(check["html_bytes"].as_u64().unwrap() > 1000 && check["text_bytes"].as_u64().unwrap() > 500, "{check}");
    let count = |severity: &str| each(&check["findings"]).filter(|f| f["severity"] == severity).count() as u64;
    assert_eq!(check["errors"].as_u64(), Some(count("error")));
    assert_eq!(check["warnings"].as_u64(), Some(count("warning")));
    each(&check["findings"]).for_each(|finding| has(finding, &["severity", "code", "message", "where"]));
}

#[test]
fn status_json_has_its_shape_in_every_state() {
    let test = Test::new().sample().subscribers(2).composed();
    let keys = [
        "issue",
        "edition",
        "state",
        "recipients",
        "delivered",
        "failed",
        "deferred",
        "pending",
        "suppressed",
        "uncertain",
    ];
    let draft = test.status();
    has(&draft, &keys);
    assert_eq!(draft["state"], "draft");
    test.run_args(&["approve", ISSUE, "--by", "Ann\nX: y\u{1b}[31m"]).code(1).stderr_has("a name on one line");
    test.run("approve 2026-11-25-midweek --by Ann").success();
    let approved = test.status();
    has(&approved, &keys);
    assert_eq!((&approved["state"], &approved["approved_by"]), (&"approved".into(), &"Ann".into()));
    test.run("send 2026-11-25-midweek --yes").success();
    let sent = test.status();
    has(&sent, &keys);
    has(&sent, &["started_at", "finished_at"]);
    assert_eq!((&sent["state"], &sent["recipients"]), (&"sent".into(), &2.into()));
}

#[test]
fn status_says_that_a_draft_cannot_be_read_and_where() {
    let test = Test::new().sample().subscribers(2).composed();
    let file = format!("issues/{ISSUE}/issue.toml");
    let good = test.draft();
    test.write(&file, &good.replacen("subject = \"", "subject = ", 1));
    let line = 1 + good.lines().position(|line| line.starts_with("subject")).unwrap();
    let told = test.run("status").success();
    told.stdout_has(&format!("{ISSUE}       draft that cannot be read"))
        .stdout_has(&format!("{file}:{line}: this is not TOML"))
        .stdout_has("help: ");
    let status = test.status();
    assert_eq!(status["state"], "draft");
    assert!(status["mistakes"][0].as_str().unwrap().contains(&format!("issue.toml:{line}: ")), "{status}");
    test.write(&file, &good);
    assert!(test.status().get("mistakes").is_none(), "a good draft has none");
    test.run(&format!("approve {ISSUE} --by Ann")).success();
    test.run(&format!("send {ISSUE} --yes")).success();
    test.write(&file, "[[[");
    let sent = test.run("status").success();
    assert!(!sent.stdout.contains("cannot be read"), "nobody reads it any more: {}", sent.stdout);
}

#[test]
fn a_new_publication_is_not_told_that_something_is_wrong() {
    let test = Test::new();
    let told = test.run("status").success();
    told.stderr_has("no database yet")
        .stderr_has("normal for a new publication")
        .stderr_has("digest subscribers import");
    test.run("doctor --nameserver 127.0.0.1:1").stdout_has("-        store").stdout_has("normal for a new publication");
}

#[test]
fn an_empty_list_says_that_it_is_empty_and_how_to_fill_it() {
    let test = Test::new();
    for (list, told, help) in [
        ("news list", "no news yet", "digest news import"),
        ("guides list", "no guide yet", "digest guides import"),
        ("subscribers list", "the list is empty", "digest subscribers import"),
    ] {
        let ran = test.run(list).success().stderr_has(told).stderr_has(help);
        assert_eq!(ran.stdout, "", "{list}");
        let json = test.run(&format!("{list} --format json")).success();
        assert_eq!(json.stderr, "", "a program reads for itself that nothing is there");
    }
}

#[test]
fn a_time_that_cannot_be_read_is_answered_with_one_that_can() {
    let test = Test::new();
    for time in ["2026-11-25", "tomorrow", "2026-11-25T06:00:00"] {
        test.run_at(time, "status").code(2).stderr_has("such as 2026-11-25T06:00:00Z");
    }
}

#[test]
fn a_day_or_an_address_that_cannot_be_read_is_answered_in_plain_words() {
    let test = Test::new();
    for line in ["compose midweek --date 25.11.2026", "news list --since yesterday", "schedule skip 2026-13-01 midweek"]
    {
        test.run(line).code(2).stderr_has("write year, month and day, such as 2026-11-25");
    }
    test.run("subscribers show nobody").code(1).stderr_has("`nobody`: the address has no `@`");
}

#[test]
fn a_day_on_which_the_edition_does_not_go_out_is_told() {
    let test = Test::new().sample();
    test.run("compose midweek --date 2026-11-26")
        .success()
        .stderr_has("midweek is not scheduled for Thu 26 Nov 2026")
        .stderr_has("Wed 25 Nov 2026, Wed 02 Dec 2026");
    let usual = test.run("compose midweek --date 2026-12-02").success();
    assert!(!usual.stderr.contains("does not go out"), "{}", usual.stderr);
}

#[test]
fn lists_of_news_and_guides_have_their_shapes() {
    let test = Test::new().sample();
    let news = test.run("news list --format json").success().json();
    assert_eq!(each(&news).count(), 12);
    each(&news)
        .for_each(|item| has(item, &["id", "title", "source", "published", "score", "url", "summary", "topics"]));
    let guides = test.run("guides list --format json").success().json();
    assert_eq!(each(&guides).count(), 4);
    for guide in each(&guides) {
        has(
            guide,
            &["slug", "title", "topic", "level", "status", "version", "updated", "tldr", "takeaways", "sections"],
        );
        has(guide, &["related_topics", "related_guides", "related_guides_count", "timeline", "faq", "versions"]);
        each(&guide["sections"]).for_each(|section| has(section, &["heading", "text"]));
    }
}

#[test]
fn init_lays_out_a_publication_that_works() {
    let test = Test::new();
    test.run("init fresh").success();
    for path in ["fresh/config.toml", "fresh/templates", "fresh/content", "fresh/issues"] {
        assert!(test.path(path).exists(), "`digest init` makes {path}");
    }
    let before = test.read("fresh/config.toml");
    test.run("init fresh").code(1);
    assert_eq!(test.read("fresh/config.toml"), before, "a second init overwrites nothing");
    let out = digest().arg("-C").arg(test.path("fresh")).args(["guides", "list", "--format", "json"]).output().unwrap();
    assert!(out.status.success(), "{out:?}");
}

/// Asserts that an object has these keys.
#[track_caller]
fn has(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "no `{key}` in {value:#}");
    }
}

/// The members of an array.
#[track_caller]
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap_or_else(|| panic!("not an array: {value}")).iter()
}

#[test]
fn a_date_that_changes_nothing_is_refused_and_a_changed_file_keeps_its_link_and_its_mode() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let test = Test::new();
    for (command, told) in [
        ("schedule skip 2026-11-26 midweek", "the dates around it: Wed 25 Nov 2026, Wed 02 Dec 2026"),
        ("schedule skip 2020-01-01 midweek", "has passed"),
        ("schedule extra 2026-11-25 midweek", "is already scheduled for 2026-11-25"),
    ] {
        test.run(command).code(1).stderr_has(told).stderr_has("nothing was changed");
    }
    let (file, real) = (test.path("config.toml"), test.path("real.toml"));
    std::fs::rename(&file, &real).unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&real, &file).unwrap();
    let listed = test.run("schedule --format json skip 2026-11-25 midweek").success();
    assert!(listed.json().is_array(), "what is changed is told beside the JSON");
    assert!(std::fs::read_to_string(&real).unwrap().contains("skip = [2026-11-25]"));
    assert!(std::fs::symlink_metadata(&file).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    test.run("schedule").success().stdout_has("Wed 25 Nov 2026  left out");
    test.run("schedule extra 2026-11-25 midweek").code(1).stderr_has("takes precedence");
    test.run("schedule skip 2026-11-25 midweek").success().stderr_has("was so already");
    test.run("schedule skip 2026-12-02 midweek").success();
    assert!(test.read("config.toml").contains("skip = [2026-11-25, 2026-12-02]\n"), "{}", test.read("config.toml"));
    test.run("schedule skip 2026-12-02 midweek --undo").success();
    assert!(test.read("config.toml").contains("skip = [2026-11-25]\n"), "{}", test.read("config.toml"));
    test.run("schedule skip 2026-11-25 midweek --undo").success().stdout_has("Wed 25 Nov 2026 07:00");
}

#[test]
fn every_setting_is_shown_with_its_source_and_no_secret() {
    let test =
        Test::new().env("DIGEST_DELIVERY__SMTP__PASSWORD", "hunter2").env("DIGEST_WEB__LISTEN", "127.0.0.1:8080");
    let all = test.run("config --format json").success().json();
    let found = |section: &str, key: &str| {
        let mut settings = all.as_array().unwrap().iter();
        settings.find(|one| one["section"] == section && one["key"] == key).unwrap().clone()
    };
    assert_eq!(found("web", "listen")["set_by"], "DIGEST_WEB__LISTEN");
    assert!(found("publication", "name")["set_by"].as_str().unwrap().starts_with("config.toml:"));
    assert_eq!(found("delivery", "retry")["set_by"], "default");
    assert!(!all.to_string().contains("hunter2"), "{all}");
    let set = test.run("config --set").success().stdout;
    assert!(set.contains("[web]\nlisten") && !set.contains("retry"), "{set}");
    // The printed TOML is a valid configuration.
    let printed = test.run("config --format toml").success().stdout;
    let other = Test::new().file("config.toml", &printed);
    other.run("status").success();
}
