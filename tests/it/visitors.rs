//! What a visitor who is not subscribed finds: the home page, past issues, and the sign-up form on another site. In a real browser,
//! too, on a phone, in the dark and on paper.

use std::process::Command;

use sha2::{Digest, Sha256};

use crate::access::{axe, findings};
use crate::archive::free;
use crate::browser::Browser;
use crate::house::{ISSUE, Mail, Test};
use crate::pages::{Serve, letters, path, publication};
use crate::send::SEND;

const DESCRIBED: &str = "[publication]\ndescription = \"Machines <and> what they read.\"\n\
    [editions.midweek]\ndescription = \"Five stories in two minutes.\"\n";

#[test]
fn home_says_what_it_is_when_it_comes_and_what_the_last_issue_was() {
    let test = publication().subscribers(1).config(DESCRIBED).approved();
    // Before the issue is due: the daemon would send it by itself.
    let serve = Serve::start_at(&test, "2026-11-23T06:00:00Z");
    let before = serve.get("/").body;
    assert!(before.contains("Machines &lt;and&gt; what they read.") && !before.contains("Latest issue"), "{before}");
    for part in ["Every Wednesday", "Five stories in two minutes.", "Every Sunday", "name=\"choice\""] {
        assert!(before.contains(part), "{part}: {before}");
    }
    assert!(serve.get("/archive").body.contains("No issue has been sent yet"));
    test.run(SEND).success();
    let after = serve.get("/").body;
    assert!(after.contains("Latest issue") && after.contains(&format!("href=\"/archive/{ISSUE}\"")), "{after}");
}

#[test]
fn a_past_issue_is_an_article_of_nobodys() {
    let (test, ..) = crate::pages::mailed();
    let mail = test.outbox()[0].html();
    let serve = Serve::start(&test);
    let page = serve.get(&format!("/archive/{ISSUE}"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("style-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
    assert!(page.body.contains("<link rel=\"stylesheet\" href=\"/style.css\">") && !page.body.contains(" style="));
    assert!(page.body.contains("Larch 3 reads a whole patent file") && page.body.contains("24 November 2026"));
    for word in ["yesterday", "days ago", "Unsubscribe", "Preferences"] {
        assert!(mail.contains(word) || !word.starts_with(char::is_uppercase), "the mail has it: {word}");
        assert!(!page.body.contains(word), "{word}: {}", page.body);
    }
    for path in ["/sitemap.xml", "/feed.xml"] {
        assert!(serve.get(path).body.contains(&format!("https://gazette.example/archive/{ISSUE}")), "{path}");
    }
    assert!(!serve.get("/feed.xml").body.contains("display:none"), "no hidden line of the mail");
    assert_eq!(serve.get("/icon").header("content-type"), "image/svg+xml");
}

#[test]
fn an_issue_approved_by_an_older_version_is_an_article_from_its_draft() {
    let (test, ..) = crate::pages::mailed();
    let database = rusqlite::Connection::open(test.path("data/digest.db")).unwrap();
    let kept: String = database.query_row("SELECT frozen FROM approvals", [], |row| row.get(0)).unwrap();
    let mut frozen: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let article = frozen["rendered"].as_object_mut().unwrap().remove("article").unwrap();
    let before = frozen.to_string();
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&before));
    database.execute("UPDATE approvals SET frozen = ?1, frozen_sha256 = ?2", [&before, &hash]).unwrap();
    let serve = Serve::start(&test);
    let page = serve.get(&format!("/archive/{ISSUE}"));
    assert_eq!(page.status, 200);
    assert!(page.body.contains(article["html"].as_str().unwrap()), "the same as it would have kept: {}", page.body);
    assert!(serve.get("/feed.xml").body.contains("24 November 2026"));
    // A correction gets its own article.
    test.edit(|draft| draft["intro"] = toml_edit::value("Words that came later."));
    test.run(&format!("archive correct {ISSUE}")).success();
    assert!(serve.get(&format!("/archive/{ISSUE}")).body.contains("Words that came later."));
}

#[test]
fn a_form_on_another_site_signs_up_under_the_same_rules() {
    let test = publication();
    let form = test.run("pages form").success().stdout;
    assert!(
        form.contains("<form method=\"post\" action=\"https://gazette.example/subscribe\" lang=\"en\" dir=\"ltr\">"),
        "{form}"
    );
    for name in ["name=\"email\"", "value=\"midweek\" checked", "value=\"sunday\" checked", "name=\"website\""] {
        assert!(form.contains(name), "{name}: {form}");
    }
    assert!(!form.contains("<script") && !form.contains("<html") && !form.contains("{{"), "{form}");
    let one = test.run("pages form --edition sunday").success().stdout;
    assert!(
        one.contains("<input type=\"hidden\" name=\"edition\" value=\"sunday\">") && !one.contains("fieldset"),
        "{one}"
    );
    test.run("pages form --edition friday").code(1).stderr_has("there is no edition `friday`");
    Test::new().config("[web]\npublic_url = \"\"\n").run("pages form").code(1).stderr_has("no public pages");

    let serve = Serve::start(&test);
    let from_elsewhere = |path: &str, body: &str| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: gazette.example\r\nOrigin: https://blog.example\r\nSec-Fetch-Site: cross-site\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
        serve.ask(&head, body)
    };
    let robot =
        from_elsewhere("/subscribe", "email=bot%40inbox.example&edition=sunday&website=http%3A%2F%2Fspam.example");
    let asked = from_elsewhere("/subscribe", "email=ann%40inbox.example&edition=sunday&website=");
    assert!(asked.status == 200 && asked.body.contains("Check your inbox"), "{}", asked.body);
    assert_eq!(robot.body, asked.body);
    assert_eq!(from_elsewhere("/subscribe", "email=nonsense").status, 422);
    // The same again within the hour, and then another: the second letter is the other's.
    from_elsewhere("/subscribe", "email=ann%40inbox.example&edition=sunday");
    from_elsewhere("/subscribe", "email=eve%40inbox.example");
    let letters = letters(&test, 2);
    let mut to: Vec<String> = letters.iter().map(Mail::to).collect();
    to.sort();
    assert_eq!(to, ["ann@inbox.example", "eve@inbox.example"]);
    let confirm = path(&letters[0].text(), "confirm");
    for (page, body) in [(confirm.as_str(), ""), ("/lost", "email=ann%40inbox.example")] {
        let refused = from_elsewhere(page, body);
        assert!(refused.status == 403 && refused.body.contains("That did not work"), "{page}: {}", refused.body);
    }
    assert_eq!(serve.post(&confirm, "").status, 200, "it was only refused from elsewhere");
}

#[test]
fn a_mistake_in_a_page_of_ones_own_is_told_before_anybody_sees_it() {
    let test = publication();
    test.write("templates/page/issue.html.hbs", "<h1>{{page.subject}}</h1>\n{{page.colour}}");
    test.run("doctor").code(1).stdout_has("templates/page/issue.html.hbs:2");
    // The article is a part of each issue: its mistake stops an approval.
    test.write("templates/page/issue.html.hbs", "<h1>{{page.subject}}</h1>");
    test.write("templates/page/article.html.hbs", "{{subscriber.email}}");
    let test = test.composed();
    test.run(&format!("approve {ISSUE}")).code(1).stderr_has("templates/page/article.html.hbs:1");
}

/// The demo, running in its own folder and on its own port.
struct Demo {
    test: Test,
    serve: Serve,
    site: String,
}

impl Demo {
    fn new() -> Self {
        let address = free();
        let test = Test::new();
        test.run("demo shown").success();
        let site = format!("http://{address}");
        let serve = Serve::of(Self::digest(&test, &site, &[]));
        Self { test, serve, site }
    }

    fn digest(test: &Test, site: &str, args: &[&str]) -> Command {
        let mut command = crate::house::digest();
        command.arg("-C").arg(test.path("shown")).args(["--now", "2024-08-04T09:00:00Z"]).args(args);
        command.env("DIGEST_WEB__LISTEN", site.trim_start_matches("http://")).env("DIGEST_WEB__PUBLIC_URL", site);
        command
    }
}

#[test]
fn every_page_is_sound_on_a_phone_in_the_dark_and_on_paper() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let Demo { test, serve, site } = Demo::new();
    let mut pages = vec!["/".to_owned(), "/archive".into(), "/lost".into(), "/nowhere".into()];
    pages.extend(["2024-07-31-midweek", "2024-08-04-sunday"].map(|issue| format!("/archive/{issue}")));
    let mut mails = Vec::new();
    crate::house::find(&test.path("shown/outbox"), "eml", &mut mails);
    let text = Mail::parse(&std::fs::read(&mails[0]).unwrap()).text();
    let own = text.lines().filter_map(|line| line.strip_prefix("https://callmealmanac.example"));
    pages.extend(
        own.filter(|path| path.starts_with("/preferences/") || path.starts_with("/unsubscribe/")).map(str::to_owned),
    );
    assert_eq!(pages.len(), 8, "{pages:?}");
    for page in &pages {
        browser.open(&format!("{site}{page}"));
        for (width, scheme) in [(375, "light"), (1200, "dark")] {
            browser.size(width, 800);
            browser.prefers(scheme);
            let found = findings(&browser, &axe);
            assert!(found.is_empty(), "{page} at {width}, {scheme}:\n{}", found.join("\n"));
            let wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
            assert_eq!(browser.run(wide), false, "{page} at {width} scrolls sideways");
            let blocked = "return [...document.images].filter(i => i.complete && !i.naturalWidth).length";
            assert_eq!(browser.run(blocked), 0, "{page}: a picture is not shown");
        }
    }
    // The whole form is visible without scrolling, on a small phone.
    browser.open(&format!("{site}/"));
    browser.size(375, 667);
    let bottom = browser.run("return document.querySelector('button').getBoundingClientRect().bottom");
    assert!(bottom.as_f64().unwrap() <= 667.0, "the button ends at {bottom}");
    // In print there is only the issue, with the addresses of its links.
    browser.open(&format!("{site}/archive/2024-07-31-midweek"));
    browser.prints();
    let shown = |what: &str| browser.run(&format!("return getComputedStyle(document.querySelector('{what}')).display"));
    assert_eq!((shown(".join"), shown(".turn"), shown("footer nav")), ("none".into(), "none".into(), "none".into()));
    let after = browser.run("return getComputedStyle(document.querySelector('.story h2 a'), '::after').content");
    assert!(after.as_str().unwrap().contains("https://ai.meta.com/"), "{after}");
    assert_eq!(serve.end(), Some(0));
}

#[test]
fn a_browser_sends_the_form_of_another_site_and_comes_to_our_page() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let Demo { test, serve, site } = Demo::new();
    let form = Demo::digest(&test, &site, &["pages", "form"]).output().unwrap().stdout;
    let form = String::from_utf8(form).unwrap();
    browser.size(390, 800);
    // On a phone, on a site that runs from the right, too.
    for dir in ["rtl", "ltr"] {
        let head = format!(
            "<!doctype html><html lang=en dir={dir}><meta name=viewport content=width=device-width><title>A blog</title>"
        );
        test.write("blog.html", &format!("{head}<main><h1>A blog</h1>{form}</main></html>"));
        browser.open(&format!("file://{}", test.path("blog.html").display()));
        let found = findings(&browser, &axe);
        assert!(found.is_empty(), "{}", found.join("\n"));
        let seen = "return document.querySelector('[name=website]').getClientRects().length";
        assert_eq!(browser.run(seen), 0, "nobody sees it");
        let wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert_eq!(browser.run(wide), false, "the page scrolls sideways");
    }
    browser.run("document.querySelector('[name=email]').value = 'ann@inbox.example'");
    browser.run("document.querySelector('button').click()");
    let arrived =
        "for (let n = 0; n < 200 && location.protocol === 'file:'; n++) await new Promise(d => setTimeout(d, 50));
                   return [location.href, document.querySelector('h1').textContent]";
    assert_eq!(browser.run_async(arrived), serde_json::json!([format!("{site}/subscribe"), "Check your inbox"]));
    assert_eq!(serve.end(), Some(0));
}
