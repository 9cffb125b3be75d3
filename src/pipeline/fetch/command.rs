//! Runs an operator's program as a source: limits its time and output, and ends it with its children. Does not parse its output.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::sources::UNPACKED;

/// How much of its stderr is shown when it fails.
const COMPLAINT: u64 = 2_000;
/// How often to check whether it has ended, once its output is closed.
const LOOK: Duration = Duration::from_millis(20);

/// What a program printed. It runs in `folder` and reads nothing.
///
/// # Errors
/// It cannot be started, takes longer than `patience`, prints more than a feed may have, or fails; in a sentence.
pub fn run(command: &[String], folder: &Path, patience: Duration) -> Result<Vec<u8>, String> {
    let (program, arguments) = command.split_first().ok_or("no program is named")?;
    let started = Command::new(program)
        .args(arguments)
        .current_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A separate process group, so that its children can be ended with it.
        .process_group(0)
        .spawn();
    let mut child = started.map_err(|error| format!("cannot start `{program}`: {error}"))?;
    let deadline = Instant::now() + patience;
    let output = drain(child.stdout.take(), UNPACKED as u64 + 1);
    let complaint = drain(child.stderr.take(), COMPLAINT);
    let result = follow(&mut child, &output, deadline, patience);
    // Kill what is left of its process group; if the group has ended, this hits nothing.
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
    result.map_err(|why| {
        let said = complaint.recv_timeout(LOOK).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        if said.is_empty() { format!("`{program}` {why}") } else { format!("`{program}` {why}: {said}") }
    })
}

/// Reads up to `most` bytes of a pipe on a separate thread, and discards the rest.
fn drain(pipe: Option<impl Read + Send + 'static>, most: u64) -> Receiver<Vec<u8>> {
    let (told, answer) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(most).read_to_end(&mut bytes);
        }
        let _ = told.send(bytes);
    });
    answer
}

fn follow(
    child: &mut Child,
    output: &Receiver<Vec<u8>>,
    deadline: Instant,
    patience: Duration,
) -> Result<Vec<u8>, String> {
    let late = || format!("took longer than {}", humantime::format_duration(patience));
    let left = || deadline.saturating_duration_since(Instant::now());
    let printed = output.recv_timeout(left()).map_err(|_| late())?;
    if printed.len() > UNPACKED {
        return Err(format!("printed more than {} MB", UNPACKED / (1024 * 1024)));
    }
    let (_never, nothing) = channel::<()>();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(printed),
            Ok(Some(status)) => return Err(format!("ended with {status}")),
            Ok(None) if left().is_zero() => return Err(late()),
            Ok(None) => {
                // A pause that needs no clock.
                if nothing.recv_timeout(LOOK.min(left())) == Err(RecvTimeoutError::Disconnected) {
                    return Err(late());
                }
            }
            Err(why) => return Err(why.to_string()),
        }
    }
}
