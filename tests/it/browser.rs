//! A real headless browser: Debian's chromium with its chromium-driver, controlled by `WebDriver`
//! (<https://www.w3.org/TR/webdriver2/>). One page at a time: a second, hidden tab would hang its screenshots.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Keys that are not letters (<https://www.w3.org/TR/webdriver2/#keyboard-actions>).
pub mod key {
    pub const ENTER: &str = "\u{e007}";
    pub const SHIFT: &str = "\u{e008}";
    pub const CONTROL: &str = "\u{e009}";
    pub const ALT: &str = "\u{e00a}";
    pub const UP: &str = "\u{e013}";
    pub const DOWN: &str = "\u{e015}";
    pub const TAB: &str = "\u{e004}";
}

/// A browser with one page. Closed when the test ends.
pub struct Browser {
    driver: Child,
    /// The URL of the session; empty until there is one.
    session: String,
    agent: ureq::Agent,
    folder: TempDir,
}

impl Browser {
    /// `None`, with a message, if there is no browser; fails if `DIGEST_TEST_REQUIRE` is set.
    pub fn start() -> Option<Self> {
        let fonts = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures/fonts.conf");
        let folder = tempfile::Builder::new().prefix("digest-browser-").tempdir().unwrap();
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("FONTCONFIG_FILE", fonts)
            .env("XDG_CACHE_HOME", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = driver else {
            assert!(std::env::var_os("DIGEST_TEST_REQUIRE").is_none(), "chromedriver is missing: run scripts/test");
            eprintln!("skipped: install chromium and chromium-driver, or run scripts/test");
            return None;
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = lines.find_map(|line| line.rsplit_once("started successfully on port ").map(|(_, p)| p.to_owned()));
        let port = port.unwrap().trim_end_matches('.').to_owned();
        // Nobody reads the rest of its output, and the driver must not block on it.
        std::thread::spawn(move || lines.for_each(drop));
        let config =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_mins(1))).http_status_as_error(false);
        let mut browser = Self { driver, session: String::new(), agent: config.build().into(), folder };
        browser.session = format!("http://127.0.0.1:{port}/session");
        browser.begin();
        Some(browser)
    }

    fn begin(&mut self) {
        let mut flags = vec![
            "--headless".to_owned(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--disable-lcd-text".into(),
            "--hide-scrollbars".into(),
            "--force-color-profile=srgb".into(),
            format!("--user-data-dir={}", self.folder.path().join("profile").display()),
        ];
        // Chromium's sandbox does not run as root.
        let user = Command::new("id").arg("-u").output().unwrap().stdout;
        if user.starts_with(b"0\n") {
            flags.push("--no-sandbox".into());
        }
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": flags}}}});
        let value = self.post("", &wanted);
        let id = value["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {value}"));
        self.session = format!("{}/{id}", self.session);
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        let mut answer = self.agent.post(format!("{}{path}", self.session)).send_json(body).unwrap();
        let mut answer: Value = answer.body_mut().read_json().unwrap();
        let value = answer["value"].take();
        assert!(value.get("error").is_none(), "{path}: {}", value["message"]);
        value
    }

    /// A command of the browser's own protocol (<https://chromedevtools.github.io/devtools-protocol/>).
    fn tell(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Goes to a page and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// Sets the viewport in CSS pixels, each one pixel of a screenshot.
    pub fn size(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.tell("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Sets the preferred colour scheme: `light` or `dark`.
    pub fn prefers(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tell("Emulation.setEmulatedMedia", &features);
    }

    /// Shows pages as in print.
    pub fn prints(&self) {
        self.tell("Emulation.setEmulatedMedia", &json!({"media": "print"}));
    }

    /// Presses keys together, such as Alt and an arrow key: all but the last are held.
    pub fn press(&self, keys: &[&str]) {
        let down = keys.iter().map(|key| json!({"type": "keyDown", "value": key}));
        let up = keys.iter().rev().map(|key| json!({"type": "keyUp", "value": key}));
        self.act(&down.chain(up).collect());
    }

    /// Types a text, letter by letter, where the caret is.
    pub fn type_in(&self, text: &str) {
        let letters = text.chars().flat_map(|c| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": c})));
        self.act(&letters.collect());
    }

    fn act(&self, keys: &Value) {
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": keys}]}));
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub fn until(&self, what: &str) {
        let waited = format!(
            "for (let n = 0; n < 600; n++) {{ if ({what}) return true; await new Promise(done => setTimeout(done, 25)); }} return false;"
        );
        assert_eq!(self.run_async(&waited), true, "never: {what}\n{}", self.run("return document.body.innerText"));
    }

    /// Runs a function's body in the page; returns its result.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// The same with a promise, which is awaited.
    #[track_caller]
    pub fn run_async(&self, script: &str) -> Value {
        let body = format!(
            "const done = arguments[0]; (async () => {{ {script} }})().then(done, e => done({{error: String(e)}}));"
        );
        self.post("/execute/async", &json!({"script": body, "args": []}))
    }

    /// What the window shows, as PNG.
    pub fn view(&self) -> Vec<u8> {
        let picture = self.tell("Page.captureScreenshot", &json!({"format": "png"}));
        BASE64.decode(picture["data"].as_str().unwrap().as_bytes()).unwrap()
    }

    /// The whole page as PNG, down to its end.
    pub fn picture(&self) -> Vec<u8> {
        let size = self.run("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]");
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        let wanted = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        BASE64.decode(self.tell("Page.captureScreenshot", &wanted)["data"].as_str().unwrap().as_bytes()).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The session's end closes the browser; the driver alone would leave it behind.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
