//! Runs the operator's spam filter on a message. Knows no rule and does not parse the output.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Maximum output read from a filter, in bytes.
const MOST: u64 = 4_000_000;

/// Runs `command` with the message on its stdin, and returns what it printed.
///
/// # Errors
/// A sentence on why there is no result: the program cannot be started, or took longer than `patience`.
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
    // Separate threads: a filter that answers before reading everything, or never reads, must not block us.
    std::thread::spawn(move || input.map(|mut input| input.write_all(message.as_bytes())));
    let (told, answer) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = output.map(|output| output.take(MOST).read_to_end(&mut text));
        let _ = told.send(read.map(|_| String::from_utf8_lossy(&text).into_owned()));
    });
    let answer = answer.recv_timeout(patience);
    // It has closed its output or run out of time; either way it must not keep running.
    let _ = child.kill();
    let _ = child.wait();
    match answer {
        Ok(text) => Ok(text.unwrap_or_default()),
        Err(_) => Err(format!("`{program}` took longer than {}", humantime::format_duration(patience))),
    }
}
