//! A person's way in a real browser, with a real mail server between: sign up, read the letter, confirm, choose, leave. axe-core
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
    let (Some(smtp), Some(imap)) = (server("DIGEST_TEST_SMTP"), server("DIGEST_TEST_IMAP")) else { return };
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let site = format!("http://127.0.0.1:{}", port());
    let listen = site.trim_start_matches("http://");
    let test = Test::new()
        .sample()
        .composed()
        .smtp(&smtp)
        .config(&format!("[web]\nlisten = \"{listen}\"\npublic_url = \"{site}\"\n"));
    let _serve = Serve::start(&test);
    let address = format!("reader{}901@inbox.example", std::process::id());
    let status = |expected: &str| {
        let shown = test.run(&format!("subscribers show {address} --format json")).success().json();
        assert_eq!(shown["status"], expected, "{shown}");
    };
    let sound = |expected: &str| {
        let heading = browser.run("return document.querySelector('h1').textContent");
        assert_eq!(heading, expected);
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
    sound("The Test Gazette");
    let type_in = |text: &str| browser.run(&format!("document.querySelector('#email').value = '{text}'"));
    type_in("nobody@nowhere");
    press("button");
    sound("The Test Gazette");
    assert_eq!(browser.run("return document.querySelector('#wrong') !== null"), true);
    type_in(&address);
    press("button");
    sound("Check your inbox");

    let letter = Mail::parse(&Imap::login(&imap, &address).inbox(1)[0]);
    let html = letter.html();
    let link = html.split('"').find(|part| part.contains("/confirm/")).unwrap().to_owned();
    assert!(letter.text().contains(&link));
    browser.open(&link);
    sound("Confirm your subscription");
    status("none");
    press("button");
    sound("You are on the list");
    status("confirmed");
    let confirm = browser.run("return location.href").as_str().unwrap().to_owned();
    browser.open(&confirm);
    sound("You are on the list");

    // A site of this machine's own is no https, which check would not let pass.
    let report = test.run("check 2026-11-25-midweek --format json").json();
    let errors = report["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
    let mut codes: toml_edit::Array = errors.map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), 1, "{report}");
    // A send looks at the settings once more, by itself.
    codes.push("unsubscribe-dead");
    test.edit(|draft| {
        draft["waive"] = toml_edit::value(codes);
        draft["waive_why"] = toml_edit::value("a test on loopback");
    });
    test.run("approve 2026-11-25-midweek --by Ann").success();
    test.run("send 2026-11-25-midweek --yes").success();
    let mails = Imap::login(&imap, &address).inbox(2);
    let text = Mail::parse(&mails[1]).text();
    let link = |page: &str| text.lines().find(|line| line.contains(page)).unwrap().trim().to_owned();
    browser.open(&link("/preferences/"));
    sound("Your preferences");
    browser.run("document.querySelector('#name').value = 'Ann'");
    press("button[value=save]");
    sound("Your preferences");
    assert_eq!(browser.run("return document.querySelector('[role=status]').textContent"), "Saved.");
    browser.run("document.querySelector('[name=email]').value = 'nobody@nowhere'");
    press("button[value=move]");
    sound("Your preferences");
    assert_eq!(browser.run("return document.querySelector('[role=alert]') !== null"), true);
    press("button[value=ask]");
    sound("Delete everything we store about you?");
    browser.open(&format!("{site}/lost"));
    sound("Find your preferences");
    type_in(&address);
    press("button");
    sound("Check your inbox");
    browser.open(&link("/unsubscribe/"));
    sound("Unsubscribe from The Test Gazette?");
    press("button[value=pause]");
    sound("Paused for 30 days");
    browser.open(&link("/unsubscribe/"));
    press("button[name=edition]");
    sound("You will not get this edition any more");
    browser.open(&link("/unsubscribe/"));
    sound("Unsubscribe from The Test Gazette?");
    status("confirmed");
    press("button");
    sound("You are unsubscribed");
    status("unsubscribed");
    browser.open(&format!("{site}/unsubscribe/aaaaaaaaaaaaaaaaaaaaaaaaaa"));
    sound("Page not found");
}
