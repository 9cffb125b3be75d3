//! The archive from a shell: what it lists, and corrections that reach the web and never the mail. How it is served is tested
//! with the pages.

use std::process::Command;

use crate::house::{ISSUE, Test};
use crate::send::{SEND, approved};
use crate::smtp::Server;

#[test]
fn a_correction_in_the_middle_of_a_send_reaches_no_mail() {
    let server = Server::kind();
    let test = approved(&server, 4);
    test.run(&format!("archive correct {ISSUE}")).code(1).stderr_has("has not gone out");
    assert_eq!(test.run("archive list --format json").success().json(), serde_json::json!([]));
    test.run(&format!("{SEND} --limit 2")).code(75);
    test.run(&format!("archive correct {ISSUE}")).code(1).stderr_has("edit issue.toml first");
    test.edit(|draft| draft["intro"] = toml_edit::value("Words that came later."));
    test.run_args(&["archive", "correct", ISSUE, "--note", "The introduction\u{1b}[31m was wrong"]).success();
    test.run(SEND).success();
    test.counts("delivered=4");
    for message in server.messages() {
        let mail = crate::house::Mail::parse(&message.data);
        assert!(mail.html().contains("A calm week") && !mail.html().contains("came later"), "{}", mail.html());
    }
    let list = test.run("archive list --format json").success().json();
    assert_eq!((&list[0]["issue"], &list[0]["corrections"]), (&ISSUE.into(), &1.into()), "{list}");
    assert!(list[0]["url"].as_str().unwrap().ends_with(&format!("/archive/{ISSUE}")), "{list}");
    test.run("archive list").success().stdout_has("corrected 2026-11-25");
}

#[test]
fn a_note_is_short_and_a_draft_must_render() {
    let test = Test::new().sample().readers(1).approved();
    test.run(SEND).success();
    test.run_args(&["archive", "correct", ISSUE, "--note", &"x".repeat(501)]).code(1).stderr_has("at most 500");
    let draft = test.draft();
    test.write(&format!("issues/{ISSUE}/issue.toml"), &draft.replacen("\n[[news]]", "\n[[news]", 1));
    test.run(&format!("archive correct {ISSUE} --note late")).code(1).stderr_has("issue.toml:");
    test.write(&format!("issues/{ISSUE}/issue.toml"), &draft);
    // Words alone can be a correction.
    test.run(&format!("archive correct {ISSUE} --note late")).success();
    assert_eq!(test.run("archive list --format json").success().json()[0]["corrections"], 1);
}

#[test]
fn promtool_takes_the_alerts() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/alerts");
    let dashboard = std::fs::read_to_string(root.join("dashboard.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 4);
    let Ok(ran) = Command::new("promtool").args(["check", "rules"]).arg(root.join("digest.yml")).output() else {
        assert!(std::env::var_os("DIGEST_TEST_REQUIRE").is_none(), "promtool is not here: run scripts/test");
        eprintln!("skipped: promtool is not here");
        return;
    };
    let said = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
    assert!(ran.status.success() && said.contains("rules found"), "{said}");
}
