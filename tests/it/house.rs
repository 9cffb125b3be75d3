//! The test builder: a publication in its own directory, the real binary run in it, and the
//! output.
//!
//! ```text
//! Test::new().sample().subscribers(3).approved().run("send 2026-11-25-midweek --yes").success();
//! ```

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mail_parser::{Message, MessageParser};
use serde_json::Value;
use tempfile::TempDir;

use crate::sample;

/// The current time of every run unless the test sets another: Wednesday 07:00 in the publication's zone.
pub const NOW: &str = "2026-11-25T06:00:00Z";
/// The issue that [`Test::composed`] makes.
pub const ISSUE: &str = "2026-11-25-midweek";

/// No command in these tests takes longer; one that hangs fails its test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(90);

/// A publication in a temp dir.
pub struct Test {
    dir: TempDir,
    config: toml::Table,
    env: Vec<(String, String)>,
}

impl Test {
    /// An empty publication with two editions and the file transport; the project's templates, no content, no subscribers.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("digest-test-").tempdir().unwrap();
        let test = Self { dir, config: sample::CONFIG.parse().unwrap(), env: Vec::new() };
        let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        if templates.is_dir() {
            copy_tree(&templates, &test.path("templates"));
        }
        for folder in ["content/news", "content/guides", "issues"] {
            fs::create_dir_all(test.path(folder)).unwrap();
        }
        test.write_config();
        test
    }

    /// The sample content: a dozen items and four guides.
    pub fn sample(self) -> Self {
        self.news(sample::NEWS).guides(sample::GUIDES)
    }

    /// Writes JSON Lines as `content/news/2026-W47.jsonl`.
    pub fn news(self, jsonl: &str) -> Self {
        self.file("content/news/2026-W47.jsonl", jsonl)
    }

    /// Writes each guide as `content/guides/SLUG.md`.
    pub fn guides(self, guides: &[(&str, &str)]) -> Self {
        for (slug, text) in guides {
            self.write(&format!("content/guides/{slug}.md"), text);
        }
        self
    }

    /// Merges TOML into config.toml: tables are merged, values replaced.
    pub fn config(mut self, fragment: &str) -> Self {
        overlay(&mut self.config, fragment.parse().unwrap());
        self.write_config();
        self
    }

    /// Delivers by SMTP without TLS to `host:port`, over one connection.
    pub fn smtp(self, address: &str) -> Self {
        let (host, port) = address.rsplit_once(':').unwrap();
        self.config(&format!(
            "[delivery]\ntransport = \"smtp\"\n[delivery.smtp]\nhost = \"{host}\"\nport = {port}\ntls = \"none\"\nconnections = 1\n"
        ))
    }

    /// Puts `count` confirmed subscribers on the list: reader1@inbox.example, reader2@…
    pub fn subscribers(self, count: usize) -> Self {
        let rows: Vec<String> = (1..=count).map(|n| format!("reader{n}@inbox.example,Reader {n}")).collect();
        self.subscribers_csv(&format!("email,name\n{}\n", rows.join("\n")))
    }

    /// Imports a CSV with consent.
    pub fn subscribers_csv(self, csv: &str) -> Self {
        self.write("subscribers.csv", csv);
        self.run_args(&["subscribers", "import", "subscribers.csv", "--consent", "asked for it at the trade fair"])
            .success();
        self
    }

    /// Composes [`ISSUE`] and gives it an introduction, as an editor would.
    pub fn composed(self) -> Self {
        self.run("compose midweek").success();
        self.edit(|draft| draft["intro"] = toml_edit::value("A calm week, and one release that was not."));
        self
    }

    /// Composes and approves [`ISSUE`].
    pub fn approved(self) -> Self {
        let test = self.composed();
        test.run("approve 2026-11-25-midweek --by Ann").success();
        test
    }

    /// Sets a variable for every run.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Writes a file, as a builder step.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
    }

    /// The draft of [`ISSUE`] as text.
    pub fn draft(&self) -> String {
        self.read(&format!("issues/{ISSUE}/issue.toml"))
    }

    /// Changes the draft of [`ISSUE`] as an editor would, keeping everything else in its place.
    pub fn edit(&self, change: impl FnOnce(&mut toml_edit::DocumentMut)) {
        let mut draft: toml_edit::DocumentMut = self.draft().parse().unwrap();
        change(&mut draft);
        self.write(&format!("issues/{ISSUE}/issue.toml"), &draft.to_string());
    }

    /// Runs `digest` with arguments split at white space.
    pub fn run(&self, line: &str) -> Ran {
        self.start(line).wait()
    }

    /// Runs `digest` with arguments that may contain white space.
    pub fn run_args(&self, args: &[&str]) -> Ran {
        self.start_args(args, NOW).wait()
    }

    /// Runs as if it were `now`.
    pub fn run_at(&self, now: &str, line: &str) -> Ran {
        self.start_args(&line.split_whitespace().collect::<Vec<_>>(), now).wait()
    }

    /// Starts `digest` and leaves it running.
    pub fn start(&self, line: &str) -> Running {
        self.start_args(&line.split_whitespace().collect::<Vec<_>>(), NOW)
    }

    /// Starts as if it were `now`, and leaves it running.
    pub fn start_at(&self, now: &str, line: &str) -> Running {
        self.start_args(&line.split_whitespace().collect::<Vec<_>>(), now)
    }

    /// The command `digest` in this publication, for a test that interacts with it while it runs.
    pub fn command(&self, now: &str) -> Command {
        let mut command = digest();
        command.arg("-C").arg(self.dir.path()).arg("--now").arg(now);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The same by the wall clock, which libfaketime sets to `time` and to whatever [`Test::set_clock`] says later; `None` where
    /// libfaketime is optional and not installed.
    pub fn command_by_wall_clock(&self, time: &str) -> Option<Command> {
        let places =
            ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(|a| format!("/usr/lib/{a}/faketime/libfaketime.so.1"));
        let Some(library) = places.iter().find(|place| Path::new(place).exists()) else {
            assert!(std::env::var_os("DIGEST_TEST_REQUIRE").is_none(), "libfaketime is not installed");
            eprintln!("skipped: libfaketime is not installed");
            return None;
        };
        self.set_clock(time);
        let mut command = digest();
        command.arg("-C").arg(self.dir.path());
        command.env("LD_PRELOAD", library).env("TZ", "UTC").env("FAKETIME_TIMESTAMP_FILE", self.path("clock"));
        command.env("FAKETIME_NO_CACHE", "1").env("DONT_FAKE_MONOTONIC", "1");
        Some(command)
    }

    /// Sets the wall clock of [`Test::command_by_wall_clock`], in UTC.
    pub fn set_clock(&self, time: &str) {
        self.write("clock.new", &format!("@{time}"));
        fs::rename(self.path("clock.new"), self.path("clock")).unwrap();
    }

    fn start_args(&self, args: &[&str], now: &str) -> Running {
        let mut command = self.command(now);
        command.args(args);
        Running::start(command, args.join(" "))
    }

    /// `status ISSUE --format json` of [`ISSUE`], after a look that the counts add up.
    pub fn status(&self) -> Value {
        let status = self.run(&format!("status {ISSUE} --format json")).success().json();
        let count =
            |key: &str| status[key].as_u64().unwrap_or_else(|| panic!("status has no number `{key}`: {status}"));
        let parts = ["delivered", "failed", "deferred", "pending", "suppressed", "uncertain"];
        let sum: u64 = parts.iter().map(|key| count(key)).sum();
        assert_eq!(count("recipients"), sum, "the counts must add up: {status}");
        status
    }

    /// Asserts some of the counts of `status`: `counts("delivered=2 failed=1")`; what is not named must be 0.
    #[track_caller]
    pub fn counts(&self, expected: &str) {
        let status = self.status();
        let parts = ["delivered", "failed", "deferred", "pending", "suppressed", "uncertain"];
        let found: Vec<String> = parts
            .iter()
            .filter(|key| status[**key].as_u64() != Some(0))
            .map(|key| format!("{key}={}", status[*key]))
            .collect();
        assert_eq!(found.join(" "), expected, "{status}");
    }

    /// Waits until the ledger has this many as delivered.
    pub fn await_delivered(&self, count: u64) {
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while self.status()["delivered"].as_u64() < Some(count) {
            assert!(std::time::Instant::now() < patience, "{count} were never delivered: {}", self.status());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// The messages that the file transport wrote, in the order of their names.
    pub fn outbox(&self) -> Vec<Mail> {
        let mut files = Vec::new();
        find(&self.path("outbox"), "eml", &mut files);
        files.sort();
        files.iter().map(|file| Mail::parse(&fs::read(file).unwrap())).collect()
    }

    fn write_config(&self) {
        self.write("config.toml", &toml::to_string(&self.config).unwrap());
    }
}

/// The binary under test, with an environment that a developer's own settings do not reach.
pub fn digest() -> Command {
    // A benchmark names an optimized one.
    let named = std::env::var("DIGEST_TEST_BINARY");
    let mut command = Command::new(named.as_deref().unwrap_or(env!("CARGO_BIN_EXE_digest")));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DIGEST_") {
            command.env_remove(name);
        }
    }
    for name in ["RUST_LOG", "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running `digest`.
pub struct Running {
    child: Child,
    line: String,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

impl Running {
    pub fn start(mut command: Command, line: String) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = drain(child.stdout.take().unwrap());
        let stderr = drain(child.stderr.take().unwrap());
        Self { child, line, stdout, stderr }
    }

    /// Its process ID.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name: TERM, INT, KILL. After STOP, returns only once the process is stopped.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success(), "cannot send SIG{name} to `digest {}`: it has ended", self.line);
        let deadline = Instant::now() + PATIENCE;
        while name == "STOP" && !self.stands_still() {
            assert!(Instant::now() < deadline, "`digest {}` does not stop", self.line);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether all its threads are stopped (proc(5): the state stands behind the name in parentheses).
    fn stands_still(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        threads.flatten().all(|thread| {
            let line = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            line.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        })
    }

    /// The same to a process that may have ended meanwhile; says whether it got it. Who has not been waited for keeps their
    /// number, so no stranger is hit.
    pub fn signal_if_alive(&mut self, name: &str) -> bool {
        let alive = !self.has_ended();
        if alive {
            Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        }
        alive
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the end; a run that takes too long fails the test with its output so far.
    pub fn wait(mut self) -> Ran {
        let deadline = Instant::now() + PATIENCE;
        let mut late = false;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if !late && Instant::now() > deadline {
                late = true;
                self.child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let ran = Ran {
            line: self.line,
            code: status.code(),
            stdout: self.stdout.join().unwrap(),
            stderr: self.stderr.join().unwrap(),
        };
        assert!(!late, "did not end within {} s\n{}", PATIENCE.as_secs(), ran.told());
        ran
    }
}

/// The result of a run: exit code and output.
pub struct Ran {
    line: String,
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "expected exit code {expected}\n{}", self.told());
        self
    }

    /// Any of several exit codes, where the contract leaves room.
    #[track_caller]
    pub fn code_in(self, expected: &[i32]) -> Self {
        assert!(self.code.is_some_and(|c| expected.contains(&c)), "expected one of {expected:?}\n{}", self.told());
        self
    }

    #[track_caller]
    pub fn stdout_has(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "stdout lacks {text:?}\n{}", self.told());
        self
    }

    #[track_caller]
    pub fn stderr_has(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "stderr lacks {text:?}\n{}", self.told());
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("stdout is not JSON: {why}\n{}", self.told()))
    }

    /// One JSON value per line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|why| panic!("{line}: not JSON: {why}\n{}", self.told()))
        };
        self.stdout.lines().map(parse).collect()
    }

    pub fn told(&self) -> String {
        format!(
            "$ digest {}\nexit code {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.line, self.code, self.stdout, self.stderr
        )
    }
}

/// A message as a mail program reads it.
pub struct Mail {
    pub raw: Vec<u8>,
    parsed: Message<'static>,
}

impl Mail {
    pub fn parse(raw: &[u8]) -> Self {
        let parsed = MessageParser::default().parse(raw).expect("a message").into_owned();
        Self { raw: raw.to_vec(), parsed }
    }

    /// A header's value, unfolded but not decoded; panics unless it is there exactly once.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let found = self.headers(name);
        assert_eq!(found.len(), 1, "{name} must be there once:\n{}", self.head());
        found.into_iter().next().unwrap()
    }

    pub fn headers(&self, name: &str) -> Vec<String> {
        let head = self.head().replace("\r\n ", " ").replace("\r\n\t", " ");
        let named = |line: &str| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        head.lines().filter_map(named).collect()
    }

    pub fn head(&self) -> String {
        let text = String::from_utf8_lossy(&self.raw).into_owned();
        text.split_once("\r\n\r\n").map_or(text.clone(), |(head, _)| head.to_owned())
    }

    pub fn subject(&self) -> &str {
        self.parsed.subject().unwrap_or_default()
    }

    pub fn message_id(&self) -> &str {
        self.parsed.message_id().expect("a Message-ID")
    }

    /// The address of the one subscriber.
    pub fn to(&self) -> String {
        let to = self.parsed.to().expect("a To header");
        assert_eq!(to.iter().count(), 1, "one subscriber a copy:\n{}", self.head());
        to.first().and_then(|a| a.address()).expect("an address").to_owned()
    }

    pub fn text(&self) -> String {
        self.parsed.body_text(0).expect("a text part").into_owned()
    }

    pub fn html(&self) -> String {
        self.parsed.body_html(0).expect("an HTML part").into_owned()
    }

    /// The content types of the leaf parts, in order.
    pub fn part_types(&self) -> Vec<String> {
        use mail_parser::MimeHeaders;
        let leaf = |part: &mail_parser::MessagePart<'_>| {
            let kind = part.content_type()?;
            let kind = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default());
            (!kind.starts_with("multipart/")).then_some(kind)
        };
        self.parsed.parts.iter().filter_map(leaf).collect()
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A killed process may leave the pipe in any state; keep what has arrived.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn overlay(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => overlay(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Collects the files under `dir` with the given extension.
pub fn find(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}
