//! axe-core (<https://github.com/dequelabs/axe-core>) finds nothing in the mails and on the preview's page, in light and dark mode.

use std::fs;

use serde_json::Value;

use crate::archive::{free, wait_for};
use crate::browser::Browser;
use crate::house::{ISSUE, Test};
use crate::preview::Preview;
use crate::send::{SEND, approved};
use crate::smtp::{Act, At, Rule, Server};

/// axe-core's single file, which `scripts/test` fetches; `None`, with a message, if it did not.
pub fn axe() -> Option<String> {
    if let Ok(file) = std::env::var("DIGEST_TEST_AXE") {
        return Some(fs::read_to_string(file).unwrap());
    }
    assert!(std::env::var_os("DIGEST_TEST_REQUIRE").is_none(), "DIGEST_TEST_AXE is not set: run scripts/test");
    eprintln!("skipped: run scripts/test, which fetches axe-core (DIGEST_TEST_AXE is not set)");
    None
}

/// All findings on the open page, whatever their impact, as lines.
pub fn findings(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(axe);
    let result = browser.run_async("return await axe.run(document);");
    let violations = result["violations"].as_array().unwrap_or_else(|| panic!("axe did not run: {result}"));
    assert!(!result["passes"].as_array().unwrap().is_empty(), "axe saw nothing");
    violations
        .iter()
        .flat_map(|violation| {
            let nodes = violation["nodes"].as_array().unwrap().iter();
            nodes.map(|node| format!("{}: {} {}", violation["id"], node["html"], summary(node))).collect::<Vec<_>>()
        })
        .collect()
}

fn summary(node: &Value) -> String {
    node["failureSummary"].as_str().unwrap_or_default().replace('\n', " ")
}

#[test]
fn nothing_on_either_issue() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let test = Test::new();
    test.run("demo shown").success();
    for issue in ["2024-07-31-midweek", "2024-08-04-sunday"] {
        let page = test.path(&format!("shown/issues/{issue}/issue.html"));
        for (width, scheme) in [(600, "light"), (375, "light"), (600, "dark"), (375, "dark")] {
            browser.size(width, 900);
            browser.prefers(scheme);
            browser.open(&format!("file://{}", page.display()));
            let found = findings(&browser, &axe);
            assert!(found.is_empty(), "{issue} at {width}, {scheme}:\n{}", found.join("\n"));
            // The demo's pictures are not on a server, so this is the mail with pictures blocked.
            let wide =
                browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth;");
            assert_eq!(wide, 0, "{issue} is wider than the window at {width}, without its pictures");
        }
    }
}

#[test]
fn nothing_on_the_previews_page() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let test = Test::new().sample().composed();
    test.edit(|draft| draft["news"][1]["url"] = toml_edit::value("http://a.example/x?utm_source=us"));
    let preview = Preview::start_in(&test.path(""), "");
    for (width, scheme) in [(1440, "light"), (1440, "dark"), (1024, "light"), (420, "light"), (375, "dark")] {
        browser.size(width, 1000);
        browser.prefers(scheme);
        browser.open(&format!("http://127.0.0.1:{}/", preview.port));
        let shown = "for (let n = 0; n < 200 && !document.querySelector('.screen iframe:not(.coming)'); n++)
                         await new Promise(done => setTimeout(done, 50));
                     return document.querySelectorAll('.screen iframe').length;";
        assert_ne!(browser.run_async(shown), 0, "no mail is shown");
        for tab in ["inbox", "text", "html", "message", "draft", "mail"] {
            browser.run(&format!("document.getElementById('tab-{tab}').click();"));
            browser.until(&format!("document.getElementById('view-{tab}').innerText.length > 10"));
            let found = findings(&browser, &axe);
            assert!(found.is_empty(), "{tab} at {width}, {scheme}:\n{}", found.join("\n"));
        }
        // Both widths if there is room, otherwise one: none below the fold.
        let frames = "return [...document.querySelectorAll('.frames figure')].filter(one => one.offsetParent).length;";
        assert_eq!(browser.run(frames), if width >= 1430 { 2 } else { 1 }, "at {width}");
        assert_eq!(browser.run("return document.querySelectorAll('button:disabled').length;"), 0);
    }
}

#[test]
fn nothing_on_a_report() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let server = Server::start([Rule::at(At::Rcpt, Act::Say("550 5.1.1 no such mailbox")).about("reader2@")]);
    let test = approved(&server, 5);
    test.run(SEND).success();
    test.run(&format!("report {ISSUE}")).success();
    let page = test.path(&format!("issues/{ISSUE}/report.html"));
    for (width, scheme) in [(900, "light"), (900, "dark"), (375, "light"), (375, "dark")] {
        browser.size(width, 900);
        browser.prefers(scheme);
        browser.open(&format!("file://{}", page.display()));
        let found = findings(&browser, &axe);
        assert!(found.is_empty(), "{width}, {scheme}:\n{}", found.join("\n"));
        let wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth;");
        assert_eq!(wide, 0, "the page is wider than the window at {width}");
    }
}

#[test]
fn nothing_in_the_archive() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let listen = free();
    let test = Test::new().sample().config(&format!("[web]\nlisten = \"{listen}\"\n")).subscribers(1).approved();
    test.run(SEND).success();
    test.run(&format!("archive correct {ISSUE} --note Mended")).success();
    let daemon = test.start("serve");
    wait_for(listen);
    for path in ["/archive".to_owned(), format!("/archive/{ISSUE}")] {
        for (width, scheme) in [(900, "light"), (375, "dark")] {
            browser.size(width, 900);
            browser.prefers(scheme);
            browser.open(&format!("http://{listen}{path}"));
            let found = findings(&browser, &axe);
            assert!(found.is_empty(), "{path} at {width}, {scheme}:\n{}", found.join("\n"));
        }
    }
    daemon.signal("TERM");
    daemon.wait().success();
}
