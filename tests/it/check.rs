//! `check`: a clean issue passes, and what would embarrass in an inbox is an error.

use crate::house::{ISSUE, Test};

#[test]
fn a_clean_issue_passes() {
    let test = Test::new().sample().composed();
    test.run("check").success();
    test.run(&format!("check {ISSUE}")).success();
}

#[test]
fn a_placeholder_is_an_error() {
    let test = Test::new().sample().composed();
    test.edit(|draft| draft["intro"] = toml_edit::value("TK a word on the week"));
    test.run("check").code(1);
    let check = test.run("check --format json").code(1).json();
    assert!(check["errors"].as_u64().unwrap() >= 1, "{check}");
    assert!(check["findings"].to_string().contains("TK"), "{check}");
}

#[test]
fn an_empty_subject_is_an_error() {
    let test = Test::new().sample().composed();
    test.edit(|draft| draft["subject"] = toml_edit::value(""));
    let check = test.run("check --format json").code(1).json();
    assert!(check["errors"].as_u64().unwrap() >= 1, "{check}");
}

#[test]
fn an_item_without_a_link_is_a_warning_only() {
    let test = Test::new().sample().composed();
    test.edit(|draft| {
        draft["news"].as_array_of_tables_mut().unwrap().get_mut(0).unwrap().remove("url");
    });
    let check = test.run("check --format json").success().json();
    assert!(check["warnings"].as_u64().unwrap() >= 1, "{check}");
}

#[test]
fn more_html_than_gmail_shows_is_an_error() {
    let test = Test::new().sample().composed();
    test.edit(|draft| draft["intro"] = toml_edit::value("A long word on the week. ".repeat(6000)));
    let check = test.run("check --format json").code(1).json();
    assert!(check["html_bytes"].as_u64().unwrap() > 102_400, "{check}");
}

#[test]
fn a_waived_finding_passes_with_its_reason() {
    let test = Test::new().sample().composed();
    test.edit(|draft| draft["intro"] = toml_edit::value("TK a word on the week"));
    let check = test.run("check --format json").code(1).json();
    let errors = check["findings"].as_array().unwrap().iter().filter(|f| f["severity"] == "error");
    let codes: toml_edit::Array = errors.map(|f| f["code"].as_str().unwrap().to_owned()).collect();
    test.edit(|draft| {
        draft["waive"] = toml_edit::value(codes);
        draft["waive_why"] = toml_edit::value("TK is the name of the town");
    });
    test.run("check").success();
}

#[test]
fn sarif_is_what_code_hosts_read() {
    let test = Test::new().sample().composed();
    test.edit(|draft| draft["intro"] = toml_edit::value("TK a word on the week"));
    let sarif = test.run("check --format sarif").code(1).json();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty(), "{sarif}");
}
