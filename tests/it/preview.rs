//! `preview`: the page follows a save, a mistake is shown in place while the last good page stays, and nobody else is let in.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{ISSUE, NOW, Test, digest};

/// No answer takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn a_save_changes_the_page() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let before = preview.state("");
    assert_eq!(before["issue"], ISSUE);
    assert!(!preview.get("/mail").body.contains("Words of just now"));
    test.edit(|draft| draft["intro"] = toml_edit::value("Words of just now."));
    let after = preview.until(&before, |state| state["proof"]["stamp"] != before["proof"]["stamp"]);
    assert_eq!(after["troubles"], serde_json::json!([]));
    for path in ["/mail", "/html", "/text", "/message", "/draft"] {
        assert!(preview.get(path).body.contains("Words of just now"), "{path}");
    }
    // Changes of templates and configuration are followed, too.
    let footer = test.read("templates/partials/footer.txt.hbs");
    test.write("templates/partials/footer.txt.hbs", &format!("{footer}\nFrom the new footer\n"));
    preview.until(&after, |_| preview.get("/text").body.contains("From the new footer"));
    let now = preview.state("");
    let config = test.read("config.toml");
    test.write("config.toml", &config.replace("[publication]\n", "[publication]\nname_fallback = \"dear reader\"\n"));
    preview.until(&now, |state| state["version"] != now["version"] && state["troubles"] == serde_json::json!([]));
}

#[test]
fn a_mistake_is_told_in_place_and_the_last_good_page_stays() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let good = preview.state("");
    let page = preview.get("/mail").body;

    let story = test.read("templates/partials/item.mjml.hbs");
    test.write("templates/partials/item.mjml.hbs", &format!("{story}\n{{{{no_such_name}}}}\n"));
    let broken = preview.until(&good, |state| state["troubles"] != serde_json::json!([]));
    let trouble = &broken["troubles"][0];
    assert_eq!(trouble["file"], "templates/partials/item.mjml.hbs", "{trouble}");
    let line = story.lines().count() + 2;
    assert!((line - 1..=line).any(|line| trouble["line"] == line), "{trouble}, about line {line}");
    assert!(trouble["excerpt"].to_string().contains("no_such_name"), "{trouble}");
    assert_eq!(broken["proof"]["stamp"], good["proof"]["stamp"]);
    assert_eq!(preview.get("/mail").body, page, "the last good page stays");

    test.write("templates/partials/item.mjml.hbs", &story);
    let mended = preview.until(&broken, |state| state["troubles"] == serde_json::json!([]));
    let draft = test.draft();
    test.write(&format!("issues/{ISSUE}/issue.toml"), &draft.replacen("\n[[news]]", "\n[[news]", 1));
    let wrong = preview.until(&mended, |state| state["troubles"] != serde_json::json!([]));
    assert_eq!(wrong["troubles"][0]["file"], format!("issues/{ISSUE}/issue.toml"), "{wrong}");
    assert!(wrong["troubles"][0]["line"].is_u64(), "{wrong}");
    assert_eq!(preview.get("/mail").body, page);

    test.write(&format!("issues/{ISSUE}/issue.toml"), &draft);
    let mended = preview.until(&wrong, |state| state["troubles"] == serde_json::json!([]));
    let config = test.read("config.toml");
    test.write("config.toml", &config.replace("timezone", "timezon"));
    let wrong = preview.until(&mended, |state| state["troubles"] != serde_json::json!([]));
    assert_eq!(wrong["troubles"][0]["file"], "config.toml", "{wrong}");
    assert!(wrong["troubles"][0]["help"].as_str().unwrap().contains("`timezone`"), "{wrong}");
    assert_eq!(preview.get("/mail").body, page);
}

#[test]
fn a_finding_stands_beside_its_block_and_names_its_line() {
    let test = Test::new().sample().composed();
    test.edit(|draft| draft["news"][1]["url"] = toml_edit::value("https://a.example/x?utm_source=us"));
    test.edit(|draft| draft["subject"] = toml_edit::value("TK"));
    let preview = Preview::start(&test, "");
    let state = preview.state("");
    let blocks = state["proof"]["blocks"].as_array().unwrap();
    let block = blocks.iter().find(|block| block["name"].as_str().unwrap().starts_with("news[2] ")).unwrap();
    let line = test.draft().lines().position(|line| line.contains("utm_source")).unwrap() + 1;
    assert_eq!((&block["findings"][0]["code"], &block["findings"][0]["line"]), (&"link-tracking".into(), &line.into()));
    let draft: toml_edit::DocumentMut = test.draft().parse().unwrap();
    assert_eq!(block["begins"], draft["news"][1]["title"].as_str().unwrap());
    assert!(blocks.iter().filter(|other| *other != block).all(|block| block["findings"] == serde_json::json!([])));
    assert!(state["proof"]["elsewhere"].to_string().contains("placeholder"), "{state}");
    let sum: u64 = blocks.iter().map(|block| block["bytes"].as_u64().unwrap()).sum();
    assert_eq!(sum, state["proof"]["html_bytes"]);
}

#[test]
fn any_subscribers_copy_and_any_issue_can_be_looked_at() {
    let test = Test::new().sample().subscribers(2).composed();
    test.run("compose sunday").success();
    let preview = Preview::start(&test, &format!("{ISSUE} --as reader2@inbox.example"));
    let state = preview.state("");
    assert_eq!(state["issue"], ISSUE);
    assert_eq!(state["subscriber"]["told"], "Reader 2, confirmed");
    assert!(preview.get("/message").body.contains("To: \"Reader 2\" <reader2@inbox.example>"));
    let editions: Vec<&str> = state["issues"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
    assert_eq!(editions.len(), 2, "{state}");
    let sunday = editions.iter().find(|name| name.ends_with("-sunday")).unwrap();
    assert_eq!(preview.state(&format!("?issue={sunday}"))["issue"], *sunday);
    let other = preview.state("?as=reader1%40inbox.example");
    assert_eq!(other["subscriber"]["told"], "Reader 1, confirmed");
    assert!(preview.get("/message?as=reader1%40inbox.example").body.contains("<reader1@inbox.example>"));
    let unknown = preview.state("?as=nobody%40inbox.example");
    assert!(unknown["subscriber"]["told"].as_str().unwrap().contains("not on the list"), "{unknown}");
    let wrong = preview.state("?as=no%20address");
    assert_eq!(wrong["subscriber"]["wrong"], true, "{wrong}");
    let sample = preview.state("?as=");
    assert_eq!(sample["subscriber"]["address"], "");
    assert!(!preview.get("/message?as=").body.contains("inbox.example"));
}

#[test]
fn the_mail_is_shown_in_every_way() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let light = preview.get("/mail");
    let dark = preview.get("/mail?look=dark");
    let inverted = preview.get("/mail?look=inverted");
    assert!(light.body.contains("@media (max-width:0)") && dark.body.contains("@media (min-width:0)"));
    assert!(light.body.contains("#ffffff") && inverted.body != light.body);
    for page in [&light, &dark, &inverted] {
        assert!(!page.body.contains("prefers-color-scheme"));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("img-src 'none'"), "{policy}");
        assert!(policy.contains("sandbox allow-same-origin") && !policy.contains("script-src"), "{policy}");
    }
    let policy = preview.get("/mail?pictures=on").header("content-security-policy");
    assert!(policy.contains("img-src https:"), "{policy}");
    let rows = preview.state("")["proof"]["inbox"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 3, "{rows}");
    let before = preview.state("");
    test.edit(|draft| draft["intro"] = toml_edit::value("A long word on the week. ".repeat(6000)));
    let state = preview.until(&before, |state| !state["proof"]["clip"]["at"].is_null());
    assert!(state["proof"]["clip"]["at"].as_u64().unwrap() <= 102_400, "{state}");
    assert!(preview.get("/mail").body.contains("digest-clip"));
}

#[test]
fn only_this_machine_is_answered_and_without_the_key_only_get() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    let ask = |request: &str| preview.ask(request);
    let page = ask("GET / HTTP/1.1\r\nHost: localhost\r\n");
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
    for file in ["/", "/page/page.css", "/page/page.js", "/page/frames.js", "/page/editor.js"] {
        let body = preview.get(file).body;
        assert!(!body.contains("http:") && !body.contains("https:") && !body.is_empty(), "{file}");
    }
    for path in ["/", "/state", "/mail", "/draft", "/no-such-page"] {
        assert_eq!(ask(&format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n")).status, 403, "{path}");
    }
    let rebound = format!("GET / HTTP/1.1\r\nHost: evil.example:{}\r\n", preview.port);
    assert_eq!(ask(&rebound).status, 403);
    assert_eq!(ask("GET /mail HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n").status, 403);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"] {
        assert_eq!(
            ask(&format!("{method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n")).status,
            405,
            "{method}"
        );
    }
    assert_eq!(ask(&format!("GET /state?as={} HTTP/1.1\r\nHost: localhost\r\n", "a".repeat(3000))).status, 414);
    assert_eq!(preview.get("/state?issue=..%2F..%2Fconfig").status, 200, "an unknown issue is the newest");
    assert_eq!(preview.get("/../config.toml").status, 404);
}

#[test]
fn the_spam_filter_is_left_out() {
    let test = Test::new().sample().composed();
    let asked = test.path("asked");
    let test = test.config(&format!("[check]\nspam = [\"sh\", \"-c\", \"touch '{}'; echo 1/5\"]\n", asked.display()));
    let preview = Preview::start(&test, "");
    assert_eq!(preview.state("")["spam_left_out"], true);
    assert!(!asked.exists());
    test.run("check").success();
    assert!(asked.exists(), "the filter of this test works");
}

#[test]
fn an_issue_composed_while_the_page_waits_appears() {
    let test = Test::new().sample();
    let preview = Preview::start(&test, "");
    let none = preview.state("");
    assert_eq!((&none["issue"], &none["proof"]), (&Value::Null, &Value::Null));
    assert_eq!(preview.get("/mail").status, 404);
    test.run("compose midweek").success();
    preview.until(&none, |state| state["issue"] == ISSUE && !state["proof"].is_null());
}

#[test]
fn looking_at_the_files_sees_a_save_too() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "--poll");
    let before = preview.state("");
    test.edit(|draft| draft["intro"] = toml_edit::value("Words of just now."));
    preview.until(&before, |state| state["proof"]["stamp"] != before["proof"]["stamp"]);
}

#[test]
fn it_ends_on_a_signal_with_pages_waiting() {
    let test = Test::new().sample().composed();
    for signal in ["INT", "TERM"] {
        let mut preview = Preview::start(&test, "");
        let version = preview.state("")["version"].clone();
        let waiting = preview.send(&format!("GET /state?after={version} HTTP/1.1\r\nHost: localhost\r\n"));
        let pid = preview.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = preview.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "SIG{signal} does not end it");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(status.code(), Some(0), "SIG{signal}");
        drop(waiting);
    }
}

#[test]
fn a_port_in_use_and_an_unknown_issue_are_told() {
    let test = Test::new().sample().composed();
    let preview = Preview::start(&test, "");
    test.run(&format!("preview --port {}", preview.port)).code(1).stderr_has("cannot listen").stderr_has("--port");
    test.run("preview 2020-01-01-midweek").code(1).stderr_has("2020-01-01-midweek");
    test.run("preview --as not-an-address").code(1);
}

/// A running preview. Stopped when the test ends.
pub struct Preview {
    child: Child,
    pub port: u16,
    /// The secret part of the editing address.
    pub key: String,
}

impl Drop for Preview {
    fn drop(&mut self) {
        // It may have ended already, as some tests want it to.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> String {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name}:\n{}", self.head)).to_owned()
    }
}

impl Preview {
    pub fn start(test: &Test, arguments: &str) -> Self {
        Self::start_in(&test.path(""), arguments)
    }

    /// The preview of the publication in a folder.
    pub fn start_in(folder: &Path, arguments: &str) -> Self {
        Self::start_at(folder, NOW, arguments)
    }

    /// The same as if it were `now`.
    pub fn start_at(folder: &Path, now: &str, arguments: &str) -> Self {
        let mut command = digest();
        command.arg("-C").arg(folder).args(["--now", now, "preview", "--port", "0"]);
        let mut child = command.args(arguments.split_whitespace()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let rest = url.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix('/'));
        let parts = rest.and_then(|rest| rest.split_once('/'));
        let key = parts.map(|(_, key)| key.to_owned()).unwrap_or_default();
        let port = parts.and_then(|(port, _)| port.parse().ok());
        let mut preview = Self { child, port: 0, key };
        preview.port = port.unwrap_or_else(|| {
            preview.child.kill().unwrap();
            let mut told = String::new();
            preview.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            panic!("no URL on stdout, but {url:?}\n{told}")
        });
        preview
    }

    /// The editing address.
    pub fn desk(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.key)
    }

    /// Sends a request, given without its last empty line.
    fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes()).unwrap();
        stream
    }

    /// Sends a request, given without its last empty line, and a body.
    pub fn ask_with(&self, request: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!("{request}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        // A server that refuses a body may hang up before all of it is written.
        let _ = stream.write_all(format!("{head}{body}").as_bytes());
        Self::answer(stream, request)
    }

    /// Posts JSON below the key, as the page does.
    pub fn post(&self, what: &str, body: &Value) -> Answer {
        let host = format!("127.0.0.1:{}", self.port);
        let head = format!("POST /{}/{what} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n", self.key);
        self.ask_with(&format!("{head}Content-Type: application/json\r\n"), &body.to_string())
    }

    /// Sends a request as it stands, and reads nothing.
    pub fn connected(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// Kills the process at once, whatever it is doing.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn ask(&self, request: &str) -> Answer {
        Self::answer(self.send(request), request)
    }

    fn answer(mut stream: TcpStream, request: &str) -> Answer {
        let mut bytes = Vec::new();
        // Data read before a reset counts.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request}: {text}"));
        let status = head[9..12].parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.into() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", self.port))
    }

    pub fn state(&self, query: &str) -> Value {
        let answer = self.get(&format!("/state{query}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Follows the changes after `before`, as the page does, until the state is as wanted.
    pub fn until(&self, before: &Value, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let mut state = before.clone();
        loop {
            let answer = self.get(&format!("/state?after={}", state["version"]));
            if answer.status == 200 {
                state = serde_json::from_str(&answer.body).unwrap();
                if wanted(&state) {
                    return state;
                }
            }
            assert!(Instant::now() < deadline, "the page did not change as wanted; last: {state}");
        }
    }
}
