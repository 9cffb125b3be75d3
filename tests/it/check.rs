//! `check`: a clean issue passes, and anything embarrassing in an inbox is an error.

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
    let run = &sarif["runs"][0];
    let result = &run["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"placeholder".into(), &"error".into()), "{sarif}");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], format!("issues/{ISSUE}/issue.toml"));
    assert_eq!(place["region"]["startLine"], line_with(&test, "intro = "), "{sarif}");
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    let rule = &run["tool"]["driver"]["rules"][index];
    assert_eq!(rule["id"], "placeholder");
    assert!(rule["helpUri"].as_str().unwrap().starts_with("https://"), "{rule}");
    assert!(rule["help"]["markdown"].as_str().unwrap().contains("To fix:"), "{rule}");
}

/// The line of the draft, from 1, that contains a text.
fn line_with(test: &Test, text: &str) -> usize {
    test.draft().lines().position(|line| line.contains(text)).unwrap() + 1
}

/// The findings of `check`, without those that other tests cover.
fn findings(test: &Test) -> Vec<serde_json::Value> {
    let check = test.run("check --format json").json();
    check["findings"].as_array().unwrap().clone()
}

#[test]
fn a_finding_names_file_and_line() {
    let test = Test::new().sample().composed();
    assert_eq!(findings(&test), [] as [serde_json::Value; 0]);
    test.edit(|draft| draft["news"][1]["url"] = toml_edit::value("https://a.example/x?utm_source=us"));
    let line = line_with(&test, "utm_source");
    let found = findings(&test);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["code"], "link-tracking");
    assert_eq!((&found[0]["line"], &found[0]["file"]), (&line.into(), &format!("issues/{ISSUE}/issue.toml").into()));
    let human = test.run("check").success().stdout;
    assert!(human.contains(&format!("warning[link-tracking] issues/{ISSUE}/issue.toml:{line}: news[2]")), "{human}");
}

#[test]
fn a_code_explains_itself() {
    let test = Test::new();
    let told = test.run("check --explain contrast-low").success().stdout;
    assert!(told.contains("To fix:") && !told.contains("## client-support"), "{told}");
    test.run("check --explain no-such-code").code(1);
}

#[test]
fn what_an_earlier_issue_carried_is_found() {
    let test = Test::new().sample().composed();
    let draft: toml_edit::DocumentMut = test.draft().parse().unwrap();
    let url = draft["news"][0]["url"].as_str().unwrap().to_owned();
    let earlier = |date: &str| {
        format!(
            "edition = \"sunday\"\ndate = {date}\n\n[[news]]\nid = \"other\"\ntitle = \"Told before\"\n\
             source = \"Else\"\npublished = 2026-11-20\nurl = \"{url}/\"\n"
        )
    };
    // Too long ago, and not yet: neither counts.
    test.write("issues/2026-03-01-sunday/issue.toml", &earlier("2026-03-01"));
    test.write("issues/2026-11-29-sunday/issue.toml", &earlier("2026-11-29"));
    let check = |test: &Test| test.run(&format!("check {ISSUE} --format json")).json()["findings"].clone();
    assert_eq!(check(&test), serde_json::json!([]));
    test.write("issues/2026-11-22-sunday/issue.toml", &earlier("2026-11-22"));
    let found = check(&test);
    assert_eq!(found[0]["code"], "item-sent-before", "{found}");
    assert!(found[0]["message"].as_str().unwrap().contains("2026-11-22-sunday"), "{found}");
    assert_eq!(found[0]["line"], line_with(&test, "id = "), "{found}");
}

#[test]
fn a_score_that_is_not_the_sources_is_found() {
    let test = Test::new().sample().composed();
    test.edit(|draft| draft["news"][0]["score"] = toml_edit::value(9.9));
    let found = findings(&test);
    assert_eq!((found.len(), &found[0]["code"]), (1, &"score-differs".into()), "{found:?}");
}

#[test]
fn the_demos_issues_have_no_finding() {
    let test = Test::new();
    test.run("demo almanac").success();
    for issue in ["2024-07-31-midweek", "2024-08-04-sunday"] {
        let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_digest"));
        check.arg("-C").arg(test.path("almanac")).args(["check", issue, "--format", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&check.output().unwrap().stdout).unwrap();
        assert_eq!(report["findings"], serde_json::json!([]), "{issue}");
    }
}

#[test]
fn headers_are_those_of_the_copy_that_would_be_sent() {
    let test = Test::new().sample().composed().config("[web]\npublic_url = \"http://letters.example\"\n");
    let check = test.run("check --format json").code(1).json();
    let found = check["findings"].as_array().unwrap();
    let header = found.iter().find(|found| found["code"] == "header-form").unwrap_or_else(|| panic!("{check}"));
    assert!(header["message"].as_str().unwrap().contains("List-Unsubscribe"), "{check}");
    assert!(header["help"].as_str().unwrap().contains("public_url"), "{check}");
    test.run(&format!("approve {ISSUE} --by Ann")).code(1);
}

#[test]
fn a_guide_is_old_by_the_composers_setting() {
    let test = Test::new().sample().composed();
    let codes = |test: &Test| test.run("check --format json").json()["findings"].to_string();
    assert!(!codes(&test).contains("guide-old"));
    let test = test.config("[compose]\nguide_stale = \"1h\"\n");
    assert!(codes(&test).contains("guide-old"), "{}", codes(&test));
    let test = test.config("[compose]\nguide_stale = \"0s\"\n");
    assert!(!codes(&test).contains("guide-old"));
}

/// Answers each path as its name says, and records the requests.
fn web() -> (String, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut head = String::new();
            let mut lines = BufReader::new(&stream);
            while lines.read_line(&mut head).is_ok_and(|n| n > 2) {}
            let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
            let status = match line.as_str() {
                "HEAD /gone" => "404 Gone",
                "HEAD /no-head" => "405 No",
                "HEAD /moved" => "301 Moved\r\nLocation: /new",
                "HEAD /inside" => "302 Found\r\nLocation: http://127.0.0.2/",
                "HEAD /broken" => "500 Oh",
                _ => "200 OK",
            };
            log.lock().unwrap().push(line);
            let _ = (&stream).write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes());
        }
    });
    (host, asked)
}

#[test]
fn online_each_link_is_followed_once_and_what_is_wrong_stands_at_its_line() {
    let (host, asked) = web();
    let test = Test::new().sample().composed();
    let intro: Vec<String> = ["gone", "no-head", "moved", "inside", "broken", "fine", "fine#part"]
        .iter()
        .map(|path| format!("The [{path} page](http://{host}/{path}) it is.\n\n"))
        .collect();
    test.edit(|draft| {
        draft["intro"] = toml_edit::value(intro.concat());
        for list in ["news", "guides"] {
            draft[list].as_array_of_tables_mut().unwrap().iter_mut().for_each(|entry| drop(entry.remove("url")));
        }
    });
    // No host is contacted without --online, and none on this machine without permission.
    test.run("check");
    let refused = test.run("check --online --format json").code(1).json();
    assert_eq!(*asked.lock().unwrap(), [""; 0]);
    assert!(refused["findings"].to_string().contains("link-private"), "{refused}");
    let test = test.config(&format!("[fetch]\nprivate_hosts = [\"{host}\"]\npause = \"1ms\"\n"));
    let check = test.run("check --online --format json").code(1).json();
    let found: Vec<(&str, u64)> = check["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (found["code"].as_str().unwrap(), found["line"].as_u64().unwrap_or(0)))
        .collect();
    for (code, path) in
        [("link-gone", "/gone"), ("link-moved", "/moved"), ("link-private", "/inside"), ("link-fails", "/broken")]
    {
        let line = line_with(&test, &format!("{path})")) as u64;
        assert_eq!(found.iter().filter(|found| found.0 == code).collect::<Vec<_>>(), [&(code, line)], "{check}");
    }
    assert!(check["findings"].to_string().contains(&format!("link to http://{host}/new")), "{check}");
    let mut asked = asked.lock().unwrap().clone();
    asked.sort();
    assert_eq!(
        asked,
        [
            "GET /no-head",
            "HEAD /broken",
            "HEAD /fine",
            "HEAD /gone",
            "HEAD /inside",
            "HEAD /moved",
            "HEAD /new",
            "HEAD /no-head"
        ]
    );
}

#[test]
fn a_configured_spam_filter_is_asked_and_not_waited_for_without_end() {
    let filter = |command: &str| {
        let test = Test::new().sample().composed();
        let spam = format!("[check]\nspam = [\"sh\", \"-c\", {command:?}]\nspam_patience = \"2s\"\n");
        test.config(&spam)
    };
    // A filter that reads the whole mail, one that never reads, one that is not there.
    let test = filter("grep -c '^Subject: ' | sed 's#$#.5/1.5#'");
    let check = test.run("check --format json").code(1).json();
    assert_eq!(
        (&check["findings"][0]["code"], &check["findings"][0]["where"]),
        (&"spam-score".into(), &"message".into())
    );
    test.run(&format!("approve {ISSUE} --by Ann")).code(1);
    let test = filter("exec sleep 60");
    let check = test.run("check --format json").success().json();
    assert_eq!(check["findings"][0]["code"], "spam-unknown", "{check}");
    assert!(check["findings"][0]["message"].as_str().unwrap().contains("longer than 2s"), "{check}");
    let test = filter("exec /no/such/filter");
    assert_eq!(test.run("check --format json").success().json()["findings"][0]["code"], "spam-unknown");
}

#[test]
fn a_mail_to_people_promises_nothing_false() {
    let server = crate::smtp::Server::start([]);
    let test = Test::new().sample().subscribers(2).approved();
    let test = test.smtp(&server.address()).config("[web]\npublic_url = \"\"\n");
    let codes = |test: &Test, code: i32| {
        let report = test.run("check 2026-11-25-midweek --format json").code(code).json();
        let found = report["findings"].as_array().unwrap().iter().filter(|finding| finding["where"] == "config.toml");
        found.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&test, 1), ["unsubscribe-dead", "sender-example"]);
    assert!(test.run("approve 2026-11-25-midweek --by Ann").code(1).stderr.contains("check found 1 error"));
    // An issue approved for the outbox is checked again.
    let refused = test.run("send 2026-11-25-midweek --yes").code(1).stderr;
    assert!(refused.contains("neither `listen` nor `public_url`") && refused.contains("[web] public_url"), "{refused}");
    assert!(test.run("doctor --nameserver 127.0.0.1:1").stdout.contains("neither `listen` nor `public_url`"));
    let test = test.config(
        "[web]\npublic_url = \"https://gazette.example\"\n[publication]\nfrom = \"Me <news@callmealmanac.example>\"",
    );
    assert_eq!(codes(&test, 1), ["sender-sample"]);
    assert_eq!(server.accepted(), 0);
    let test = test.config("[publication]\nfrom = \"The Test Gazette <news@gazette.example>\"");
    assert_eq!(codes(&test, 0), ["sender-example"], "a trial may use an example's domain");
    test.run("approve 2026-11-25-midweek --by Ann").success();
    test.run("send 2026-11-25-midweek --yes").success();
    assert_eq!(server.accepted(), 2);
}
