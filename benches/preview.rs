//! How long a save takes to reach the preview's page: from the write of the file to the news of it, and to the new mail.
//! `cargo bench --bench preview` prints medians and the slowest of the runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use digest::pipeline;

const DIGEST: &str = env!("CARGO_BIN_EXE_digest");
const RUNS: usize = 101;
const ISSUE: &str = "issues/2024-08-04-sunday/issue.toml";
const FOOTER: &str = "templates/partials/footer.txt.hbs";

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().join("demo");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(pipeline::demo(&root)).expect("the demo");
    let footer = digest::render::Templates::builtin_files()
        .find_map(|(name, text)| (format!("templates/{name}") == FOOTER).then_some(text));
    std::fs::create_dir_all(root.join("templates/partials")).expect("a folder");
    std::fs::write(root.join(FOOTER), footer.expect("the footer")).expect("the footer");

    let mut preview = Command::new(DIGEST)
        .arg("-C")
        .arg(&root)
        .args(["--now", "2024-08-04T05:00:00Z", "preview", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a preview");
    let mut url = String::new();
    BufReader::new(preview.stdout.take().expect("stdout")).read_line(&mut url).expect("a URL");
    // Without the key: the page is only looked at.
    let address = url.trim().trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
    let page = Page { address };
    page.measure("a word of the draft", &root.join(ISSUE), "/mail", |text, word| {
        text.replacen("summary = \"", &format!("summary = \"{word} "), 1)
    });
    page.measure("a line of a template", &root.join(FOOTER), "/text", |text, word| format!("{text}{word}\n"));
    preview.kill().expect("the end");
    preview.wait().expect("the end");
}

struct Page {
    address: String,
}

impl Page {
    /// Saves `file` again and again, each time with another word, and waits for it as the page does.
    fn measure(&self, what: &str, file: &Path, path: &str, change: impl Fn(&str, &str) -> String) {
        let text = std::fs::read_to_string(file).expect("the file");
        let (mut news, mut shown) = (Vec::new(), Vec::new());
        let mut version = version(&self.get("/state"));
        for run in 0..RUNS {
            let word = format!("word{run}of{}", what.len());
            let changed = change(&text, &word);
            let waiting = self.ask(&format!("/state?after={version}"));
            // The page has asked and waits, as it does when a person saves.
            std::thread::yield_now();
            let begun = Instant::now();
            std::fs::write(file, changed).expect("a save");
            let mut state = answer(waiting);
            let told = begun.elapsed();
            let mut mail = self.get(path);
            // A save that fell into two bursts of events is told twice.
            while !mail.contains(&word) {
                state = self.get(&format!("/state?after={}", self::version(&state)));
                mail = self.get(path);
            }
            news.push(told);
            shown.push(begun.elapsed());
            version = self::version(&state);
        }
        print(&format!("{what}: the state tells of it"), news);
        print(&format!("{what}: {path} has it"), shown);
    }

    fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("a request");
        stream
    }

    fn get(&self, path: &str) -> String {
        answer(self.ask(path))
    }
}

fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    text
}

fn version(state: &str) -> String {
    let rest = state.split_once("\"version\":").expect("a version").1;
    rest.chars().take_while(char::is_ascii_digit).collect()
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{what:<50} {:>7.1} ms, slowest {:>7.1} ms", ms(times[times.len() / 2]), ms(times[times.len() - 1]));
}
