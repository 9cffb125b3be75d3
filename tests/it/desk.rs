//! The desk: editing in the preview. Who may edit, what each edit does to the file, and what happens when two people edit at once.

use serde_json::{Value, json};

use crate::house::{ISSUE, Test};
use crate::preview::{Answer, Preview};

fn draft(preview: &Preview) -> Value {
    let answer = preview.get(&format!("/{}/draft?issue={ISSUE}", preview.key));
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

fn change(preview: &Preview, change: &Value) -> Answer {
    preview.post("change", &json!({"issue": ISSUE, "change": change}))
}

fn act(preview: &Preview, act: &Value) -> Answer {
    preview.post("act", &json!({"issue": ISSUE, "act": act}))
}

#[track_caller]
fn done(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

#[track_caller]
fn refused(answer: &Answer) -> String {
    assert_eq!(answer.status, 422, "{}", answer.body);
    let told: Value = serde_json::from_str(&answer.body).unwrap();
    told["troubles"][0]["message"].as_str().unwrap().to_owned()
}

fn ids(draft: &Value, list: &str) -> Vec<String> {
    draft[list].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nobody_edits_without_the_key_or_from_another_page() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let before = test.draft();
    let (port, key) = (preview.port, preview.key.as_str());
    assert!(key.len() >= 26 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    let other = Preview::start(&test, "");
    assert_ne!(other.key, key, "each run has its own key");

    let own = format!("127.0.0.1:{port}");
    let wish = json!({"issue": ISSUE, "change": {"op": "set", "entry": null, "field": "subject", "text": "Stolen", "was": null}});
    let wish = wish.to_string();
    let post = |path: &str, host: &str, more: &str| {
        preview.ask_with(&format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n{more}"), &wish).status
    };
    let path = format!("/{key}/change");
    let json_type = "Content-Type: application/json\r\n";
    let origin = |of: &str| format!("Origin: {of}\r\n{json_type}");
    let right = origin(&format!("http://{own}"));
    for (why, status) in [
        ("no key", post("/change", &own, &right)),
        ("a wrong key", post(&format!("/{}/change", other.key), &own, &right)),
        ("the start of the key", post(&format!("/{}/change", &key[..20]), &own, &right)),
        ("an empty key", post("//change", &own, &right)),
    ] {
        assert!([404, 405].contains(&status), "{why}: {status}");
    }
    for (why, status) in [
        (
            "a name that was made to point here",
            post(&path, &format!("evil.example:{port}"), &origin("http://evil.example")),
        ),
        ("the same with our Origin", post(&path, &format!("evil.example:{port}"), &right)),
        ("another site", post(&path, &own, &origin("https://evil.example"))),
        ("another port of this machine", post(&path, &own, &origin("http://127.0.0.1:9"))),
        ("a file, or a frame without an origin", post(&path, &own, &origin("null"))),
        ("no Origin", post(&path, &own, json_type)),
        ("a link from another site", post(&path, &own, &format!("{right}Sec-Fetch-Site: cross-site\r\n"))),
    ] {
        assert_eq!(status, 403, "{why}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let more = format!("Origin: http://{own}\r\nContent-Type: {kind}\r\n");
        assert_eq!(post(&path, &own, &more), 415, "{kind}: a form of another site could send it");
    }
    let head = format!("POST {path} HTTP/1.1\r\nHost: {own}\r\n{right}");
    assert_eq!(preview.ask_with(&head, &format!("{{\"issue\": \"{}\"}}", "x".repeat(300_000))).status, 413);
    for body in
        ["", "[]", "{}", "{\"issue\": 3}", "not json", "{\"issue\": \"x\", \"change\": {\"op\": \"format-disk\"}}"]
    {
        assert_eq!(preview.ask_with(&head, body).status, 400, "{body}");
    }
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"] {
        let status = preview.ask_with(&format!("{method} {path} HTTP/1.1\r\nHost: {own}\r\n{right}"), &wish).status;
        assert_eq!(status, 405, "{method}");
    }
    // Reading the desk needs the key as well, and an existing issue.
    assert_eq!(preview.get(&format!("/{}/draft?issue={ISSUE}", other.key)).status, 404);
    assert_eq!(preview.get(&format!("/{key}/draft?issue=..%2F..%2Fconfig")).status, 404);
    assert_eq!(preview.get(&format!("/{}/", other.key)).status, 404);
    assert_eq!(test.draft(), before, "nothing was written");
    // With all of it, the edit is made.
    assert_eq!(post(&path, &own, &right), 200);
    assert!(test.draft().contains("subject = \"Stolen\""));
}

#[test]
fn the_browser_is_started_with_an_address_that_is_good_for_once() {
    use std::io::{BufRead, BufReader};
    use std::os::unix::fs::PermissionsExt;
    let test = Test::new().sample().composed();
    // Anybody on the machine can see the arguments of the desktop's opener.
    test.write(
        "bin/xdg-open",
        &format!("#!/bin/sh\necho \"$1\" >'{0}.part' && mv '{0}.part' '{0}'\n", test.path("opened").display()),
    );
    std::fs::set_permissions(test.path("bin/xdg-open"), PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", test.path("bin").display(), std::env::var("PATH").unwrap());
    let mut command = test.command(crate::house::NOW);
    let mut child = command.env("PATH", path).args(["preview", "--port", "0", "--open"]).spawn().unwrap();
    let mut lasting = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut lasting).unwrap();
    for _ in 0..2_000 {
        if test.path("opened").exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let once = test.read("opened").trim().to_owned();
    assert_ne!(once, lasting.trim());
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let first = agent.get(&once).call().unwrap();
    assert_eq!(first.status(), 303);
    let to = first.headers()["location"].to_str().unwrap().to_owned();
    assert!(lasting.trim().ends_with(&to), "{to}");
    assert_eq!(agent.get(&once).call().unwrap().status(), 404, "once");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_page_carries_no_script_of_its_own_and_stands_in_no_frame() {
    let test = Test::new().sample().composed();
    test.edit(|draft| {
        draft["subject"] = toml_edit::value("</title><script>alert(1)</script>");
        draft["news"][0]["title"] = toml_edit::value("<img src=x onerror=alert(1)> & \"quotes\"");
    });
    let preview = Preview::start(&test, "");
    let page = preview.get(&format!("/{}/", preview.key));
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'none'",
    ] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(!page.body.contains("alert(1)") && !page.body.contains(&preview.key));
    let looks = preview.get("/").body;
    assert!(!looks.contains("editor.js") && page.body.contains("editor.js"), "the plain address is to look at");
    let told = draft(&preview);
    assert_eq!(told["news"][0]["title"], "<img src=x onerror=alert(1)> & \"quotes\"", "as data");
    let answer = preview.get(&format!("/{}/draft?issue={ISSUE}", preview.key));
    assert!(answer.header("content-type").starts_with("application/json"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[test]
fn every_change_is_the_commands_own_and_is_undone_to_the_byte() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let first = test.draft();
    let told = draft(&preview);
    let (news, bench) = (ids(&told, "news"), ids(&told, "bench"));
    let ok = |wish: Value| done(&change(&preview, &wish))["draft"].clone();
    ok(json!({"op": "set", "entry": null, "field": "subject", "text": "Ours", "was": told["subject"]}));
    ok(json!({"op": "set", "entry": news[1], "field": "note", "text": "Two\nlines.", "was": ""}));
    ok(json!({"op": "set", "entry": news[1], "field": "picture.file", "text": "sun.png", "was": ""}));
    ok(json!({"op": "set", "entry": news[1], "field": "picture.alt", "text": "A sun", "was": ""}));
    let now = ok(json!({"op": "set", "entry": news[1], "field": "picture.width", "text": "300", "was": "600"}));
    assert_eq!(
        now["news"][1]["picture"],
        json!({"file": "sun.png", "url": "", "width": "300", "height": "", "alt": "A sun"})
    );
    ok(json!({"op": "set", "entry": news[1], "field": "picture", "text": "", "was": null}));
    ok(json!({"op": "move", "entry": news[2], "place": 1}));
    ok(json!({"op": "bench", "entry": news[0]}));
    ok(json!({"op": "move", "entry": bench[0], "place": 3}));
    ok(json!({"op": "pin", "entry": news[2]}));
    ok(json!({"op": "ban", "entry": news[3]}));
    ok(json!({"op": "guide", "entry": news[2], "slug": null, "was": null}));
    let now = ok(json!({"op": "merge", "entry": news[2], "other": news[1], "was": null}));
    assert_eq!(ids(&now, "news"), [&news[2], &bench[0], &news[3], &news[4]].map(Clone::clone));
    assert!(now["news"][0]["also"].to_string().contains(&news[1]), "{now}");
    let now = ok(json!({"op": "split", "entry": news[2], "id": news[1]}));
    assert_eq!(ids(&now, "news")[1], news[1]);
    ok(json!({"op": "waive", "code": "link-vague", "why": "It is a quote."}));
    ok(
        json!({"op": "write", "title": "A story of ours", "url": "https://ours.example/a", "source": "Us", "summary": "Short.", "place": 1}),
    );
    let now = ok(json!({"op": "drop", "entry": news[4], "was": null}));
    assert_eq!(now["news"][0]["title"], "A story of ours");
    assert_eq!(now["undo"].as_array().unwrap().len(), 17, "{}", now["undo"]);
    let edited = test.draft();
    for _ in 0..17 {
        ok(json!({"op": "undo"}));
    }
    assert_eq!(test.draft(), first, "undone to the byte");
    assert!(refused(&change(&preview, &json!({"op": "undo"}))).contains("no edit"));
    for _ in 0..17 {
        ok(json!({"op": "redo"}));
    }
    assert_eq!(test.draft(), edited, "and made again");
    // The command undoes what the page did: it is one history.
    test.run(&format!("draft undo {ISSUE}")).success().stdout_has("drop");
    assert!(
        refused(&change(
            &preview,
            &json!({"op": "set", "entry": news[2], "field": "score", "text": "high", "was": null})
        ))
        .contains("a number")
    );
    assert!(refused(&change(&preview, &json!({"op": "drop", "entry": "nobody", "was": null}))).contains("no entry"));
}

#[test]
fn two_at_once_lose_nothing() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let told = draft(&preview);
    let news = ids(&told, "news");
    let stamp = told["news"][0]["stamp"].clone();
    // Somebody edits in another program: another field of the same story, and the order.
    test.edit(|draft| draft["news"][0]["note"] = toml_edit::value("From vim."));
    let now = done(&change(
        &preview,
        &json!({"op": "set", "entry": news[0], "field": "title", "text": "From the desk", "was": told["news"][0]["title"]}),
    ));
    assert_eq!(now["draft"]["news"][0]["note"], "From vim.");
    assert_eq!(now["draft"]["news"][0]["title"], "From the desk");
    // The same field: both are shown, and nothing is written.
    let before = test.draft();
    let answer =
        change(&preview, &json!({"op": "set", "entry": news[0], "field": "note", "text": "From the desk.", "was": ""}));
    assert_eq!(answer.status, 409, "{}", answer.body);
    let both: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(both["conflict"], json!({"entry": news[0], "field": "note", "theirs": "From vim."}));
    assert_eq!(test.draft(), before);
    // Deleting a story that somebody has edited since is a conflict, too.
    let answer = change(&preview, &json!({"op": "drop", "entry": news[0], "was": stamp}));
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(test.draft(), before);
    // After seeing their words, the editor may overwrite them.
    done(&change(
        &preview,
        &json!({"op": "set", "entry": news[0], "field": "note", "text": "From the desk.", "was": "From vim."}),
    ));
    // Compose comes in between: it keeps both.
    test.run("compose midweek").success();
    let now = done(&change(&preview, &json!({"op": "move", "entry": news[1], "place": 1})))["draft"].clone();
    assert_eq!(ids(&now, "news")[..2], [news[1].clone(), news[0].clone()]);
    assert_eq!(
        (&now["news"][1]["title"], &now["news"][1]["note"]),
        (&json!("From the desk"), &json!("From the desk."))
    );
    // If the story is gone, the edit says so.
    test.run(&format!("draft drop {ISSUE} {}", news[2])).success();
    let gone =
        refused(&change(&preview, &json!({"op": "set", "entry": news[2], "field": "title", "text": "x", "was": "y"})));
    assert!(gone.contains("no entry"), "{gone}");
    // While the file is broken, nothing is written into it.
    let whole = test.draft();
    test.write(&format!("issues/{ISSUE}/issue.toml"), &whole.replacen("\n[[news]]", "\n[[news]", 1));
    let broken = draft(&preview);
    assert!(broken["broken"][0]["line"].is_u64(), "{broken}");
    refused(&change(&preview, &json!({"op": "pin", "entry": news[0]})));
    assert!(test.draft().contains("\n[[news]\n"));
}

#[test]
fn an_issue_is_approved_as_it_was_seen_and_taken_back() {
    let test = Test::new().sample().subscribers(1).composed();
    let preview = Preview::start(&test, "");
    let told = draft(&preview);
    assert_eq!(told["state"]["words"], "Draft");
    test.edit(|draft| draft["intro"] = toml_edit::value("Changed since."));
    let approve = |stamp: &Value, by: &str| act(&preview, &json!({"act": "approve", "by": by, "stamp": stamp}));
    assert!(refused(&approve(&told["stamp"], "Ann")).contains("changed since you looked"));
    test.run(&format!("status {ISSUE}")).success().stdout_has("draft");
    let told = draft(&preview);
    assert!(refused(&approve(&told["stamp"], " \n")).contains("the approver"));
    let now = done(&approve(&told["stamp"], "Ann"));
    assert_eq!(now["draft"]["state"]["words"], "Approved by Ann");
    assert_eq!(test.run(&format!("status {ISSUE} --format json")).success().json()["approved_by"], "Ann");
    done(&act(&preview, &json!({"act": "take-back"})));
    assert_eq!(draft(&preview)["state"]["words"], "Draft");
    test.run(&format!("send {ISSUE} --yes")).code(1).stderr_has("not approved");
    assert!(refused(&act(&preview, &json!({"act": "take-back"}))).contains("not approved"));
    // The same by the commands.
    test.run(&format!("approve {ISSUE} --by Ann")).success();
    test.run(&format!("approve {ISSUE} --undo")).success().stdout_has("draft again");
    // An edit makes an approved issue a draft again, and says so.
    done(&approve(&draft(&preview)["stamp"], "Ann"));
    let now = done(&change(
        &preview,
        &json!({"op": "set", "entry": null, "field": "intro", "text": "Once more.", "was": null}),
    ));
    assert_eq!(now["draft"]["state"]["words"], "Draft again: edited since its approval");
    // An issue that has been sent stays approved.
    done(&approve(&now["draft"]["stamp"], "Ann"));
    test.run(&format!("send {ISSUE} --yes")).success();
    assert!(refused(&act(&preview, &json!({"act": "take-back"}))).contains("already being sent"));
    assert!(draft(&preview)["state"]["words"].as_str().unwrap().starts_with("Sent: 1 of 1"));
}

#[test]
fn a_test_copy_says_in_its_body_that_it_is_one() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let send = |to: &[&str]| act(&preview, &json!({"act": "test", "addresses": to}));
    assert!(refused(&send(&[])).contains("1 to 10"));
    assert!(refused(&send(&["nobody"])).contains("no email address"));
    let told = done(&send(&["ann@inbox.example"]));
    assert_eq!(told["told"], "A test copy is in the outbox");
    let mails = test.outbox();
    let mail = &mails[0];
    assert!(mail.header("Subject").starts_with("[Test] "));
    for part in [mail.html(), mail.text()] {
        assert!(part.contains("This is a test copy"), "{part}");
    }
    assert_eq!(test.run(&format!("status {ISSUE} --format json")).success().json()["recipients"], 0);
}

#[test]
fn a_date_is_skipped_and_taken_back() {
    let test = Test::new().sample();
    test.run("compose midweek --date 2026-12-02").success();
    let preview = Preview::start(&test, "");
    let act = |act: Value| preview.post("act", &json!({"issue": "2026-12-02-midweek", "act": act}));
    let now = done(&act(json!({"act": "skip", "undo": false})));
    assert_eq!(now["draft"]["state"]["when"], "This date is skipped.", "{now}");
    assert!(test.read("config.toml").contains("2026-12-02"));
    let now = done(&act(json!({"act": "skip", "undo": true})));
    assert!(now["draft"]["state"]["when"].as_str().unwrap().starts_with("Due Wed 2 Dec"), "{now}");
    assert!(!test.read("config.toml").contains("2026-12-02"));
}

#[test]
fn what_was_left_out_is_listed_with_reasons_and_added() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let get = |what: &str| -> Value {
        let answer = preview.get(&format!("/{}/{what}", preview.key));
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    };
    let candidates = get(&format!("candidates?issue={ISSUE}"));
    let left = candidates["left_out"].as_array().unwrap();
    assert!(!left.is_empty() && left.iter().all(|item| item["reason"].as_str().is_some_and(|why| !why.is_empty())));
    assert!(candidates["guides"].as_array().unwrap().iter().any(|guide| guide["title"].is_string()), "{candidates}");
    assert_eq!(candidates["new"], 0);
    let id = left[0]["id"].as_str().unwrap();
    let now = done(&change(&preview, &json!({"op": "add", "what": id, "place": 1})));
    assert_eq!(now["draft"]["news"][0]["id"], id);
    // Items that arrive later are marked as new.
    let late = r#"{"title": "Late news of an otter", "source": "Otter Post", "published": "2026-11-25T05:00:00Z", "score": 6, "url": "https://otter.example/late"}"#;
    test.write("content/news/2026-W48.jsonl", &format!("{late}\n"));
    let candidates = get(&format!("candidates?issue={ISSUE}"));
    assert_eq!(
        (&candidates["new"], &candidates["left_out"][0]["title"]),
        (&1.into(), &"Late news of an otter".into()),
        "{candidates}"
    );
    let subjects = get(&format!("subjects?issue={ISSUE}"));
    let first = &subjects["subjects"][0];
    assert!(first["rows"].as_array().unwrap().len() == 3 && first["subject"].is_string(), "{subjects}");
    let shown = test.run(&format!("draft show {ISSUE} --format json")).success().json();
    assert_eq!(shown["suggestions"][0]["subject"], first["subject"]);
    let compared = get(&format!("compare?issue={ISSUE}&with=proposed"));
    let changes = compared["changes"].as_array().unwrap();
    assert!(changes.iter().any(|change| change["did"] == "new, in place 1"), "{compared}");
    assert!(changes.iter().any(|change| change["what"] == "Intro"), "{compared}");
    let answer = preview.get(&format!("/{}/compare?issue={ISSUE}&with=approved", preview.key));
    assert!(refused(&answer).contains("has not been approved"));
    test.run(&format!("approve {ISSUE} --by Ann")).success();
    assert_eq!(get(&format!("compare?issue={ISSUE}&with=approved"))["changes"], json!([]));
}

#[test]
fn findings_say_how_the_page_can_mend_them() {
    let test = Test::new().sample().composed();
    test.edit(|draft| {
        draft["news"][1]["url"] = toml_edit::value("https://a.example/x?utm_source=us");
        draft["subject"] =
            toml_edit::value("A subject that is much too long for any list of any mail program that a reader may have");
    });
    let preview = Preview::start(&test, "");
    let state = preview.state("");
    let all = state.to_string();
    assert!(all.contains(r#""mends":["clean","waive"]"#) && all.contains(r#""mends":["shorten","waive"]"#), "{all}");
    done(&change(&preview, &json!({"op": "waive", "code": "link-tracking", "why": "They asked for it."})));
    let after = preview.until(&state, |state| state.to_string().contains("They asked for it."));
    assert!(!after.to_string().contains(r#""mends":["clean""#));
    // A second reason joins the first.
    done(&change(&preview, &json!({"op": "waive", "code": "subject-long", "why": "A quote."})));
    assert!(test.draft().contains("waive_why = \"They asked for it.; A quote.\""), "{}", test.draft());
    test.run(&format!("draft waive {ISSUE} no-such-code why")).success();
    test.run(&format!("check {ISSUE}")).code(1).stdout_has("waive-unknown");
}

#[test]
fn a_process_killed_in_the_middle_of_an_edit_leaves_the_old_or_the_new_file() {
    let test = Test::new().sample().composed();
    let first = test.draft();
    let long = "A long word on the week. ".repeat(2_000);
    for round in 0..12_u64 {
        let mut preview = Preview::start(&test, "");
        let before = test.draft();
        let text = format!("{round} {long}");
        let wish = json!({"issue": ISSUE, "change": {"op": "set", "entry": null, "field": "intro", "text": text, "was": null}});
        let host = format!("127.0.0.1:{}", preview.port);
        let head = format!(
            "POST /{}/change HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/json\r\n",
            preview.key
        );
        let body = wish.to_string();
        let request = format!("{head}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let stream = preview.connected(&request);
        std::thread::sleep(std::time::Duration::from_micros(round * 700));
        preview.kill();
        drop(stream);
        let after = test.draft();
        assert!(
            after == before
                || after.contains(&format!("{round} A long word")) && after.ends_with(&first[first.len() - 40..]),
            "half a file"
        );
        test.run(&format!("draft show {ISSUE}")).success();
    }
    // The next edit is made whatever is in the history by then.
    test.run(&format!("draft set {ISSUE} intro Short")).success();
    test.run(&format!("draft undo {ISSUE}")).success();
}

#[test]
fn a_send_under_way_is_held_and_goes_on() {
    let test = Test::new().sample().subscribers(3).approved();
    let preview = Preview::start(&test, "");
    test.run(&format!("send {ISSUE} --limit 1 --yes")).code(75);
    assert_eq!(draft(&preview)["state"]["words"], "Being sent: 1 of 3 delivered");
    let now = done(&act(&preview, &json!({"act": "hold"})));
    assert!(now["draft"]["state"]["words"].as_str().unwrap().starts_with("Stopped: 1 of 3 delivered"), "{now}");
    assert_eq!(now["draft"]["state"]["can"], json!(["test", "resume"]));
    test.run(&format!("send {ISSUE} --yes")).code(1).stderr_has("was stopped");
    done(&act(&preview, &json!({"act": "resume"})));
    test.run(&format!("send {ISSUE} --yes")).success();
    assert!(refused(&act(&preview, &json!({"act": "hold"}))).contains("already sent"));
}

#[test]
fn a_page_is_read_from_its_address_and_added() {
    let page = "<!doctype html><html><head><title>Otters map a river</title>\
        <meta property=\"og:site_name\" content=\"Otter Post\"><meta name=\"description\" content=\"They swim.\">\
        <meta property=\"article:published_time\" content=\"2026-11-24T10:00:00Z\"></head><body>…</body></html>";
    let url = crate::draft::site(page);
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let add = |preview: &Preview| change(preview, &json!({"op": "add", "what": url, "place": 2}));
    let told = refused(&add(&preview));
    assert!(told.contains("cannot be read"), "an address of one's own network is refused: {told}");
    let test = test.config("[fetch]\nprivate_hosts = [\"127.0.0.1\"]");
    let preview = Preview::start(&test, "");
    let now = done(&add(&preview));
    assert_eq!(
        (&now["told"], &now["draft"]["news"][1]["source"]),
        (&"Added “Otters map a river”".into(), &"Otter Post".into())
    );
}

#[test]
fn many_at_once_lose_no_edit() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let news = ids(&draft(&preview), "news");
    std::thread::scope(|scope| {
        let at_the_desk = scope.spawn(|| {
            for round in 0..12 {
                let text = format!("desk {round}");
                done(&change(
                    &preview,
                    &json!({"op": "set", "entry": news[0], "field": "note", "text": text, "was": null}),
                ));
                let code = format!("code-{round}");
                done(&change(&preview, &json!({"op": "waive", "code": code, "why": "x"})));
            }
        });
        let by_command = scope.spawn(|| {
            for round in 0..6 {
                test.run_args(&["draft", "set", ISSUE, &news[1], "note", &format!("command {round}")]).success();
                test.run_args(&["draft", "waive", ISSUE, &format!("command-{round}"), "x"]).success();
            }
        });
        let composing = scope.spawn(|| {
            for _ in 0..4 {
                test.run("compose midweek").success();
            }
        });
        for thread in [at_the_desk, by_command, composing] {
            thread.join().unwrap();
        }
    });
    let now = draft(&preview);
    let note =
        |id: &str| now["news"].as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap()["note"].clone();
    assert_eq!((note(&news[0]), note(&news[1])), (json!("desk 11"), json!("command 5")));
    // Each of them added to one list: overwriting another's text would lose a code.
    let waived: Vec<&str> = now["waive"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    for code in (0..12).map(|n| format!("code-{n}")).chain((0..6).map(|n| format!("command-{n}"))) {
        assert!(waived.contains(&code.as_str()), "{code} is lost: {waived:?}");
    }
}
