//! Asks the operator's own spam filter about a message. Knows no rule and no format of its answer.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// More output than this of a filter is not read.
const MOST: u64 = 4_000_000;

/// Runs `command` with the message on its stdin, and returns what it printed.
///
/// # Errors
/// A sentence on why there is no answer: the program cannot be started, or took longer than `patience`.
pub fn ask(command: &[String], message: &str, patience: Duration) -> Result<String, String> {
    let (program, arguments) = command.split_first().ok_or("no program is named")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start `{program}`: {error}"))?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let message = message.to_owned();
    // Threads of their own: a filter that answers before it has read everything, or never reads, must not hold us up.
    std::thread::spawn(move || input.map(|mut input| input.write_all(message.as_bytes())));
    let (told, answer) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = output.map(|output| output.take(MOST).read_to_end(&mut text));
        let _ = told.send(read.map(|_| String::from_utf8_lossy(&text).into_owned()));
    });
    let answer = answer.recv_timeout(patience);
    // It has printed all, or shall be waited for no longer; either way it must not stay behind.
    let _ = child.kill();
    let _ = child.wait();
    match answer {
        Ok(text) => Ok(text.unwrap_or_default()),
        Err(_) => Err(format!("`{program}` took longer than {}", humantime::format_duration(patience))),
    }
}
