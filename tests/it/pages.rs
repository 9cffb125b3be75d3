//! The public pages over real HTTP: signing up, confirming, choosing, leaving, being forgotten; and what a stranger learns, which is
//! nothing.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{ISSUE, Mail, NOW, Test};

const PATIENCE: Duration = Duration::from_secs(30);
/// What a mail program posts (RFC 8058 §3.1, the example's own form).
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// A publication whose pages listen on a port that the system picks.
pub fn publication() -> Test {
    Test::new().sample().config("[web]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://gazette.example\"\n")
}

/// A running `digest serve`. Stopped when the test ends.
pub struct Serve {
    child: Child,
    pub port: u16,
}

impl Drop for Serve {
    fn drop(&mut self) {
        // It may have ended already, as some tests intend.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name}:\n{}", self.head))
    }
}

impl Serve {
    pub fn start(test: &Test) -> Self {
        Self::start_at(test, NOW)
    }

    pub fn start_at(test: &Test, now: &str) -> Self {
        Self::of(test.command(now))
    }

    pub fn of(mut digest: Command) -> Self {
        let mut child = digest.arg("serve").spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let port = url.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix('/')?.parse().ok());
        let mut serve = Self { child, port: 0 };
        serve.port = port.unwrap_or_else(|| {
            serve.child.kill().unwrap();
            let mut told = String::new();
            serve.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            panic!("no URL on stdout, but {url:?}\n{told}")
        });
        serve
    }

    /// Sends a request, given without its last empty line.
    pub fn ask(&self, request: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(format!("{request}Connection: close\r\n\r\n{body}").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request}: {text}"));
        Answer { status: head[9..12].parse().unwrap(), head: head.to_lowercase(), body: body.into() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n"), "")
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
        self.ask(&head, body)
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Sends SIGTERM; returns its log.
    pub fn log(mut self) -> String {
        self.signal("TERM");
        let mut told = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        told
    }

    /// Waits until its log says this. What it says later is not read.
    pub fn await_log(&mut self, words: &str) {
        let log = BufReader::new(self.child.stderr.take().unwrap());
        let (line, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|told| line.send(told)));
        let mut told = String::new();
        while !told.contains(words) {
            told += &lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it does not say `{words}`:\n{told}"));
            told.push('\n');
        }
    }

    /// Sends SIGTERM; returns its exit code.
    pub fn end(mut self) -> Option<i32> {
        self.signal("TERM");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "SIGTERM does not end it");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Waits until the outbox has `count` letters, and reads them.
pub fn letters(test: &Test, count: usize) -> Vec<Mail> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = test.outbox();
        if found.len() >= count {
            return found;
        }
        assert!(Instant::now() < deadline, "{} of {count} letters were written", found.len());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The path of the first link to a page of ours in a text.
pub fn path(text: &str, page: &str) -> String {
    let start = text.find(&format!("https://gazette.example/{page}/")).unwrap_or_else(|| panic!("no {page}: {text}"));
    let link: String =
        text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || ":/.-_".contains(*c)).collect();
    link.trim_start_matches("https://gazette.example").to_owned()
}

pub fn show(test: &Test, address: &str) -> Value {
    test.run(&format!("subscribers show {address} --format json")).success().json()
}

/// A publication with one subscriber, mailed; the paths of the subscriber's two pages.
pub fn mailed() -> (Test, String, String) {
    let test = publication().subscribers(1).approved();
    test.run(&format!("send {ISSUE} --yes")).success();
    let text = test.outbox()[0].text();
    let paths = (path(&text, "unsubscribe"), path(&text, "preferences"));
    (test, paths.0, paths.1)
}

#[test]
fn who_signs_up_and_confirms_is_on_the_list_with_a_record_of_it() {
    let test = publication();
    let serve = Serve::start(&test);
    let form = serve.get("/");
    assert_eq!(form.status, 200);
    assert!(form.body.contains("action=\"/subscribe\"") && form.body.contains("value=\"sunday\""), "{}", form.body);
    assert_eq!(serve.post("/subscribe", "email=Ann%40inbox.example&edition=sunday").status, 200);
    let letter = &letters(&test, 1)[0];
    assert_eq!(letter.to(), "Ann@inbox.example");
    assert!(letter.header("Auto-Submitted").starts_with("auto-generated"));
    let page = path(&letter.text(), "confirm");
    assert!(letter.html().contains(&page));
    test.run("subscribers show ann@inbox.example").success().stdout_has("sign_ups");

    for method in ["GET", "HEAD"] {
        let seen = serve.ask(&format!("{method} {page} HTTP/1.1\r\nHost: x\r\n"), "");
        assert_eq!(seen.status, 200);
    }
    assert_eq!(show(&test, "ann@inbox.example")["status"], "none", "looking confirms nobody");
    let done = serve.post(&page, "");
    assert!(done.status == 200 && done.body.contains("You are on the list"), "{}", done.body);
    assert_eq!(serve.post(&page, "").status, 200, "pressed twice");
    for method in ["GET", "HEAD", "POST"] {
        let again = serve.ask(&format!("{method} {page} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"), "");
        assert!(again.status == 200 && (method == "HEAD" || again.body.contains("You are on the list")), "{method}");
    }
    let ann = show(&test, "ann@inbox.example");
    assert_eq!((&ann["status"], &ann["editions"]), (&"confirmed".into(), &serde_json::json!(["sunday"])));
    let act = &ann["acts"][0];
    assert_eq!(
        (&act["act"], &act["how"], &act["network"]),
        (&"confirmed".into(), &"web page".into(), &"127.0.0.0/24".into())
    );
    assert_eq!(ann["letters"][0]["state"], "sent");
    assert_eq!(serve.end(), Some(0));
}

#[test]
fn pages_and_letters_follow_the_machines_clock_when_it_is_set() {
    let test = publication();
    let Some(command) = test.command_by_wall_clock("2026-11-25 12:00:00") else { return };
    let serve = Serve::of(command);
    for (count, address, time) in
        [(1, "ann", "2026-11-25 12"), (2, "bob", "2026-11-25 09"), (3, "eve", "2026-12-01 15")]
    {
        test.set_clock(&format!("{time}:00:00"));
        serve.post("/subscribe", &format!("email={address}%40inbox.example&edition=sunday"));
        let letters = letters(&test, count);
        let letter = letters.iter().find(|letter| letter.to().starts_with(address)).unwrap();
        let date = chrono::DateTime::parse_from_rfc2822(&letter.header("Date")).unwrap();
        assert_eq!(date.format("%F %H").to_string(), time, "{address}");
        let asked = &show(&test, &format!("{address}@inbox.example"))["sign_ups"][0]["at"];
        assert!(asked.as_str().unwrap().starts_with(&time.replace(' ', "T")), "{asked}");
    }
    assert_eq!(serve.end(), Some(0));
}

#[test]
fn every_address_gets_the_same_answer() {
    let test =
        publication().subscribers_csv("email,status\nknown@inbox.example,confirmed\ngone@inbox.example,unsubscribed\n");
    let serve = Serve::start(&test);
    let ask = |address: &str| serve.post("/subscribe", &format!("email={address}"));
    // First, so that it would have its letter before the others.
    let bot = serve.post("/subscribe", "email=bot%40inbox.example&website=http%3A%2F%2Fspam.example");
    let first = ask("new%40inbox.example");
    assert_eq!(bot.body, first.body, "a robot learns nothing either");
    for address in ["known%40inbox.example", "gone%40inbox.example", "new%40inbox.example", "new%40inbox.example"] {
        let again = ask(address);
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{address}");
        let without = |head: &str| head.lines().filter(|l| !l.starts_with("date")).collect::<Vec<_>>().join("\n");
        assert_eq!(without(&again.head), without(&first.head), "{address}");
    }
    // Every allowed request got its letter; a second one within the hour and the robot's did not.
    ask("last%40inbox.example");
    let all = || letters(&test, 4).iter().map(Mail::to).collect::<BTreeSet<String>>();
    let deadline = Instant::now() + PATIENCE;
    while !all().contains("last@inbox.example") {
        assert!(Instant::now() < deadline, "{:?}", all());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(
        all().into_iter().collect::<Vec<_>>(),
        ["gone", "known", "last", "new"].map(|who| format!("{who}@inbox.example"))
    );
    assert_eq!(test.outbox().len(), 4, "one letter each");
    for none in ["email=b%40inbox.example&choice=1", "email=b%40inbox.example&edition=nosuch"] {
        let answer = serve.post("/subscribe", none);
        assert!(answer.status == 422 && answer.body.contains("Choose at least one edition"), "{}", answer.body);
    }
    let wrong = serve.post("/subscribe", "email=%3Cscript%3E%40x");
    assert!(wrong.status == 422 && !wrong.body.contains("<script>"), "{}", wrong.body);
}

#[test]
fn an_address_has_three_letters_and_a_network_twenty_an_hour() {
    let test = publication();
    for (n, hour) in (6..16).step_by(2).enumerate() {
        let serve = Serve::start_at(&test, &format!("2026-11-25T{hour:02}:00:00Z"));
        serve.post("/subscribe", "email=ann%40inbox.example");
        letters(&test, (n + 1).min(3));
        assert_eq!(serve.end(), Some(0));
    }
    assert_eq!(test.outbox().len(), 3, "one an hour, three in all");
    let test = publication().config("[web]\nsign_ups_per_network = 4\n");
    let serve = Serve::start(&test);
    for n in 0..9 {
        assert_eq!(serve.post("/subscribe", &format!("email=r{n}%40inbox.example")).status, 200);
    }
    letters(&test, 4);
    assert_eq!(serve.end(), Some(0));
    assert_eq!(test.outbox().len(), 4);
}

#[test]
fn a_link_that_is_too_old_confirms_nobody() {
    let test = publication();
    let serve = Serve::start(&test);
    serve.post("/subscribe", "email=ann%40inbox.example");
    let page = path(&letters(&test, 1)[0].text(), "confirm");
    drop(serve);
    let later = Serve::start_at(&test, "2026-11-27T06:00:30Z");
    assert_eq!((later.get(&page).status, later.post(&page, "").status), (404, 404));
    assert_eq!(show(&test, "ann@inbox.example")["status"], "none");
}

#[test]
fn a_mail_programs_own_button_takes_a_subscriber_off_the_list() {
    let (test, leave, _) = mailed();
    let header = test.outbox()[0].header("List-Unsubscribe");
    assert_eq!(path(&header, "unsubscribe"), leave);
    let serve = Serve::start(&test);
    assert_eq!(serve.get(&leave).status, 200);
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "confirmed", "looking takes nobody off");
    let answer = serve.post(&leave, ONE_CLICK);
    assert_eq!(answer.status, 200, "no redirect (RFC 8058 section 3.2)");
    assert!(!answer.head.contains("set-cookie") && !answer.head.contains("location:"), "{}", answer.head);
    let boundary = "----x";
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--{boundary}--\r\n"
    );
    let again = serve.ask(
        &format!("POST {leave} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {}\r\n", body.len()),
        &body,
    );
    assert_eq!(again.status, 200, "as often as one likes");
    let subscriber = show(&test, "reader1@inbox.example");
    assert_eq!((&subscriber["status"], &subscriber["acts"][0]["how"]), (&"unsubscribed".into(), &"one-click".into()));
    assert_eq!(subscriber["acts"].as_array().unwrap().len(), 1);
    test.run_args(&["subscribers", "import", "subscribers.csv", "--consent", "again"]).success();
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "unsubscribed");
}

#[test]
fn who_left_comes_back_by_their_own_act_alone_and_leaving_ends_open_links() {
    let (test, leave, _) = mailed();
    let serve = Serve::start(&test);
    serve.post("/subscribe", "email=reader1%40inbox.example");
    let older =
        path(&letters(&test, 2).iter().find(|mail| mail.text().contains("/confirm/")).unwrap().text(), "confirm");
    serve.post(&leave, ONE_CLICK);
    assert_eq!(serve.post(&older, "").status, 404, "leaving killed it");
    drop(serve);
    let later = Serve::start_at(&test, "2026-11-25T08:00:00Z");
    later.post("/subscribe", "email=reader1%40inbox.example");
    let letter = letters(&test, 3)
        .into_iter()
        .map(|mail| mail.text())
        .find(|text| text.contains("/confirm/") && !text.contains(&older));
    assert_eq!(later.post(&path(&letter.unwrap(), "confirm"), "").status, 200);
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "confirmed");
}

#[test]
fn preferences_are_kept_and_a_pause_keeps_issues_away() {
    let (test, _, preferences) = mailed();
    let serve = Serve::start(&test);
    let page = serve.get(&preferences);
    assert!(page.body.contains("reader1@inbox.example") && page.body.contains("value=\"Reader 1\""), "{}", page.body);
    let saved = serve.post(&preferences, "action=save&name=%3Cb%3EAnn&edition=sunday&pause=2026-12-24");
    assert!(
        saved.status == 200 && saved.body.contains("Saved.") && saved.body.contains("2026-12-24"),
        "{}",
        saved.body
    );
    assert!(!saved.body.contains("<b>Ann"));
    let subscriber = show(&test, "reader1@inbox.example");
    assert_eq!((&subscriber["name"], &subscriber["editions"]), (&"<b>Ann".into(), &serde_json::json!(["sunday"])));
    assert_eq!(subscriber["paused_until"], "2026-12-23T23:00:00Z");
    for wrong in [
        "action=save&name=A",
        "action=save&name=A&edition=sunday&pause=yesterday",
        "action=save&edition=sunday&pause=2020-01-01",
        "action=save&edition=sunday&pause=9999-12-31",
        "action=save&edition=sunday&pause=2027-11-27",
        "action=nonsense&edition=sunday",
        "",
    ] {
        assert_eq!(serve.post(&preferences, wrong).status, 422, "{wrong}");
    }
    assert_eq!(show(&test, "reader1@inbox.example")["name"], "<b>Ann");
    // Other subscribers get the next issue, this one does not.
    test.write("more.csv", "email\nother@inbox.example\n");
    test.run_args(&["subscribers", "import", "more.csv", "--consent", "a fair"]).success();
    sunday(&test);
    test.run(&format!("send {SUNDAY} --yes")).success();
    assert_eq!(test.run(&format!("status {SUNDAY} --format json")).success().json()["recipients"], 1);
}

#[test]
fn a_wrong_token_tells_nothing_and_opens_no_other_page() {
    let (test, leave, preferences) = mailed();
    let serve = Serve::start(&test);
    let nothing = serve.get("/unsubscribe/aaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!(nothing.status, 404);
    let token = leave.trim_start_matches("/unsubscribe/");
    let other = preferences.trim_start_matches("/preferences/");
    for page in [
        format!("/preferences/{token}"),
        format!("/unsubscribe/{other}"),
        format!("/confirm/{token}"),
        format!("/unsubscribe/{}", token.to_uppercase()),
        "/unsubscribe/%00%ff'%22%3Cscript%3E".into(),
        format!("/unsubscribe/{}", "a".repeat(5000)),
        "/nowhere".into(),
        "/../config.toml".into(),
    ] {
        for answer in [serve.get(&page), serve.post(&page, ONE_CLICK)] {
            assert_eq!((answer.status, &answer.body), (404, &nothing.body), "{page}");
        }
    }
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "confirmed");
}

#[test]
fn who_asks_to_be_forgotten_is_and_stays_so() {
    let (test, leave, preferences) = mailed();
    let serve = Serve::start(&test);
    serve.post("/subscribe", "email=reader1%40inbox.example");
    letters(&test, 2);
    assert_eq!(serve.post(&preferences, "action=ask").status, 200);
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "confirmed", "it is asked first");
    let done = serve.post(&preferences, "action=forget");
    assert!(done.status == 200 && done.body.contains("deleted"), "{}", done.body);
    assert_eq!((serve.get(&leave).status, serve.get(&preferences).status), (404, 404));
    assert_eq!(serve.end(), Some(0));
    test.run("subscribers show reader1@inbox.example").code(1);
    let files = std::fs::read_dir(test.path("data")).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("reader1@inbox.example"), "the address is still in the file");
    }
    assert_eq!(test.status()["recipients"], 1, "the ledger still adds up");
    let again = test.run_args(&["subscribers", "import", "subscribers.csv", "--consent", "again", "--format", "json"]);
    assert_eq!(again.success().json()["kept_unsubscribed"], 1);
    test.run_args(&["subscribers", "add", "Reader1@inbox.example", "--consent", "again"]).code(1);
    test.run("subscribers forget nobody@inbox.example").success().stdout_has("nothing was stored");
}

#[test]
fn every_answer_is_guarded() {
    let (test, leave, preferences) = mailed();
    let serve = Serve::start(&test);
    for page in ["/", "/nowhere", &leave, &preferences] {
        let answer = serve.get(page);
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self'"), "{policy}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.head.contains("set-cookie") && !answer.body.contains("evil.example"), "{page}");
        assert!(!answer.body.contains("<script") && !answer.body.contains(" style="), "{page}");
    }
    assert!(serve.get(&leave).header("x-robots-tag").contains("noindex"));
    assert_eq!(serve.get("/style.css").header("content-type"), "text/css; charset=utf-8");
    assert_eq!(serve.post("/subscribe", &format!("email=a%40b.example&x={}", "a".repeat(70_000))).status, 413);
    assert_eq!(serve.get("/subscribe").status, 405);
    // A request that no page accepts is refused on a page like the others.
    let large = format!("email=a%40b.example&x={}", "a".repeat(70_000));
    for refused in [
        serve.post("/subscribe", &large),
        serve.get("/subscribe"),
        serve.get("/archive/nope"),
        serve.get("/archive/2001-01-01-midweek"),
        serve.post("/archive", ""),
    ] {
        assert!(refused.header("content-type").starts_with("text/html"), "{}", refused.head);
        assert!(refused.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'"));
        assert!(refused.body.contains("/style.css") && refused.body.contains("<h1>"), "{}", refused.body);
    }
    assert_eq!(serve.get("/subscribe").header("allow"), "post");
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = serve.ask(&format!("{method} {leave} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"), "");
        assert_eq!(answer.status, 405, "{method}");
    }
    assert_eq!(show(&test, "reader1@inbox.example")["status"], "confirmed");
}

#[test]
fn nobody_who_left_before_their_message_was_started_gets_it() {
    let test = publication().subscribers(6).approved();
    test.run(&format!("send {ISSUE} --yes")).success();
    let fifth = test.outbox().into_iter().find(|mail| mail.to() == "reader5@inbox.example").unwrap();
    sunday(&test);
    // Two are mailed; while the send stands, another leaves by the link in an older issue.
    test.run(&format!("send {SUNDAY} --yes --limit 2")).code_in(&[0, 75]);
    let serve = Serve::start(&test);
    assert_eq!(serve.post(&path(&fifth.text(), "unsubscribe"), ONE_CLICK).status, 200);
    test.run(&format!("send {SUNDAY} --yes")).success();
    let status = test.run(&format!("status {SUNDAY} --format json")).success().json();
    assert_eq!((&status["delivered"], &status["suppressed"]), (&5.into(), &1.into()), "{status}");
    assert_eq!(test.outbox().iter().filter(|mail| mail.to() == "reader5@inbox.example").count(), 1);
}

pub const SUNDAY: &str = "2026-11-29-sunday";

/// A second issue, approved.
pub fn sunday(test: &Test) {
    test.run("compose sunday").success();
    let file = format!("issues/{SUNDAY}/issue.toml");
    let mut draft: toml_edit::DocumentMut = test.read(&file).parse().unwrap();
    draft["intro"] = toml_edit::value("A quiet Sunday, with time to read.");
    // The midweek issue carried all the news there is.
    draft["waive"] = toml_edit::value(toml_edit::Array::from_iter(["no-news"]));
    draft["waive_why"] = toml_edit::value("this issue is about who gets it");
    test.write(&file, &draft.to_string());
    let why = test.run(&format!("check {SUNDAY}")).stdout;
    let approved = test.run(&format!("approve {SUNDAY} --by Ann"));
    assert_eq!(approved.code, Some(0), "{why}");
}
