//! A subscriber's path in a real browser, with a real mail server in between: sign up, read the letter, confirm, choose, leave. axe-core
//! (<https://github.com/dequelabs/axe-core>) finds nothing on any page of it, in light and dark, narrow and wide.

use std::net::TcpListener;

use crate::access::{axe, findings};
use crate::browser::Browser;
use crate::house::{Mail, Test};
use crate::pages::Serve;
use crate::servers::{Imap, server};

/// A port that was free a moment ago: links in letters must name it before `digest` listens there.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn from_the_form_to_the_goodbye() {
    walk("en");
}

#[test]
fn the_same_in_german() {
    walk("de");
}

/// A line of the built-in words.
fn words(language: &str) -> impl Fn(&str) -> String {
    let file = format!("{}/templates/words/{language}.toml", env!("CARGO_MANIFEST_DIR"));
    let words: toml_edit::DocumentMut = std::fs::read_to_string(file).unwrap().parse().unwrap();
    move |path| {
        let line = path.split('.').fold(words.as_item(), |table, key| &table[key]);
        line.as_str().unwrap().replace("{publication}", "The Test Gazette")
    }
}

fn walk(language: &str) {
    let (Some(smtp), Some(imap)) = (server("DIGEST_TEST_SMTP"), server("DIGEST_TEST_IMAP")) else { return };
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let site = format!("http://127.0.0.1:{}", port());
    let listen = site.trim_start_matches("http://");
    let test = Test::new()
        .sample()
        .composed()
        .smtp(&smtp)
        .config(&format!("[publication]\nlanguage = \"{language}\"\n"))
        .config(&format!("[web]\nlisten = \"{listen}\"\npublic_url = \"{site}\"\n"));
    let words = words(language);
    let _serve = Serve::start(&test);
    let address = format!("reader{}{}@inbox.example", std::process::id(), if language == "en" { 901 } else { 902 });
    let status = |expected: &str| {
        let shown = test.run(&format!("subscribers show {address} --format json")).success().json();
        assert_eq!(shown["status"], expected, "{shown}");
    };
    let sound = |page: &str| {
        let heading = browser.run("return document.querySelector('h1').textContent");
        let expected = words(&format!("page.{page}.heading"));
        assert_eq!(heading, expected.as_str());
        assert_eq!(browser.run("return document.documentElement.lang"), language, "{expected}");
        for (width, scheme) in [(1200, "light"), (375, "light"), (1200, "dark"), (375, "dark")] {
            browser.size(width, 900);
            browser.prefers(scheme);
            let found = findings(&browser, &axe);
            assert!(found.is_empty(), "{expected} at {width}, {scheme}:\n{}", found.join("\n"));
            let wide =
                browser.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth");
            assert_eq!(wide, false, "{expected} at {width} scrolls sideways");
        }
    };
    let press = |button: &str| browser.run(&format!("document.querySelector(`{button}`).click()"));

    browser.open(&format!("{site}/"));
    sound("home");
    let type_in = |text: &str| browser.run(&format!("document.querySelector('#email').value = '{text}'"));
    type_in("nobody@nowhere");
    press("button");
    sound("home");
    assert_eq!(browser.run("return document.querySelector('#wrong') !== null"), true);
    type_in(&address);
    press("button");
    sound("asked");

    let letter = Mail::parse(&Imap::login(&imap, &address).inbox(1)[0]);
    let html = letter.html();
    let link = html.split('"').find(|part| part.contains("/confirm/")).unwrap().to_owned();
    assert!(letter.text().contains(&link));
    browser.open(&link);
    sound("confirm");
    status("none");
    press("button");
    sound("confirmed");
    status("confirmed");
    let confirm = browser.run("return location.href").as_str().unwrap().to_owned();
    browser.open(&confirm);
    sound("confirmed");

    waive_what_loopback_costs(&test);
    test.run("approve 2026-11-25-midweek --by Ann").success();
    test.run("send 2026-11-25-midweek --yes").success();
    let mails = Imap::login(&imap, &address).inbox(2);
    let text = Mail::parse(&mails[1]).text();
    let link = |page: &str| text.lines().find(|line| line.contains(page)).unwrap().trim().to_owned();
    browser.open(&link("/preferences/"));
    sound("preferences");
    browser.run("document.querySelector('#name').value = 'Ann'");
    press("button[value=save]");
    sound("preferences");
    assert_eq!(
        browser.run("return document.querySelector('[role=status]').textContent"),
        words("page.preferences.saved").as_str()
    );
    browser.run("document.querySelector('[name=email]').value = 'nobody@nowhere'");
    press("button[value=move]");
    sound("preferences");
    assert_eq!(browser.run("return document.querySelector('[role=alert]') !== null"), true);
    press("button[value=ask]");
    sound("forget");
    browser.open(&format!("{site}/lost"));
    sound("lost");
    type_in(&address);
    press("button");
    sound("asked");
    browser.open(&link("/unsubscribe/"));
    sound("leave");
    press("button[value=pause]");
    sound("paused");
    browser.open(&link("/unsubscribe/"));
    press("button[name=edition]");
    sound("fewer");
    browser.open(&link("/unsubscribe/"));
    sound("leave");
    status("confirmed");
    press("button");
    sound("left");
    status("unsubscribed");
    browser.open(&format!("{site}/unsubscribe/aaaaaaaaaaaaaaaaaaaaaaaaaa"));
    sound("missing");
}

/// A site on this machine is not https, which check would refuse.
fn waive_what_loopback_costs(test: &Test) {
    let report = test.run("check 2026-11-25-midweek --format json").json();
    let errors = report["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
    let mut codes: toml_edit::Array = errors.map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), 1, "{report}");
    // A send checks the settings once more.
    codes.push("unsubscribe-dead");
    test.edit(|draft| {
        draft["waive"] = toml_edit::value(codes);
        draft["waive_why"] = toml_edit::value("a test on loopback");
    });
}
