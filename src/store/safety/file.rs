//! The safety log as a file: lines are appended at once and synced by a separate thread, at most once a second, so that
//! nobody who appends waits for it. Knows no database.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::line::Line;

/// The disk is asked at most so often to keep what was written.
const SYNC: Duration = Duration::from_secs(1);
/// Lines that could not be written, on a full disk say, wait for the next ones; of more than this the oldest go.
const MOST_WAITING: usize = 1 << 20;

/// An open log.
#[derive(Debug)]
pub struct SafetyLog {
    file: File,
    path: PathBuf,
    /// Lines that could not be written yet.
    waiting: String,
    syncer: Option<Syncer>,
}

impl SafetyLog {
    /// Opens the log for appending, and begins one when there is none; `salt` names the database's salt.
    ///
    /// # Errors
    /// The file cannot be made or written.
    pub fn open(path: &Path, salt: &str) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        let length = file.metadata()?.len();
        let mut start = String::new();
        if length == 0 {
            Line::Head { salt: salt.to_owned() }.write(&mut start);
        } else {
            // A crash may have torn the last line; the next one must not be torn with it.
            let mut head = String::new();
            BufReader::new(&file).take(200).read_line(&mut head)?;
            match Line::read(head.trim_end_matches('\n')) {
                Some(Line::Head { salt: found }) if salt.is_empty() || found == salt => {}
                Some(Line::Head { .. }) => return Err(io::Error::other("it belongs to another database")),
                _ => return Err(io::Error::other("it is not a safety log of digest")),
            }
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                start.push('\n');
            }
        }
        file.write_all(start.as_bytes())?;
        Ok(Self { file, path: path.to_path_buf(), waiting: String::new(), syncer: None })
    }

    /// Holds the log against a take-over until it is dropped: its database is being sent from.
    ///
    /// # Errors
    /// Another publication is taking over just now.
    pub fn hold(&self) -> io::Result<()> {
        match self.file.try_lock_shared() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(why)) => Err(why),
        }
    }

    /// Appends lines. What cannot be written waits for the next call: the log may lag.
    pub fn append(&mut self, lines: &[Line]) {
        for line in lines {
            line.write(&mut self.waiting);
        }
        if self.waiting.is_empty() {
            return;
        }
        match self.file.write(self.waiting.as_bytes()) {
            Ok(written) if written == self.waiting.len() => self.waiting.clear(),
            // The rest of a torn line is written after it: the checksum rejects the pieces, and the whole line follows again.
            Ok(written) if written > 0 => self.waiting.insert(0, '\n'),
            _ => {}
        }
        if self.waiting.len() > MOST_WAITING {
            self.waiting.clear();
        }
        if self.syncer.is_none() {
            self.syncer = Syncer::start(&self.file).ok();
        }
        if let Some(syncer) = &self.syncer {
            syncer.ask();
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes a whole log in the place of one that may be there.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let part = path.with_extension("part");
    let _ = std::fs::remove_file(&part);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&part, path)?;
    File::open(folder)?.sync_all()
}

/// The thread that has the disk keep what was written. It ends, after a last time, when its log is dropped.
#[derive(Debug)]
struct Syncer {
    asked: Arc<(Mutex<Asked>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Asked {
    /// Something was written that the disk may not have.
    written: bool,
    ended: bool,
}

impl Syncer {
    fn start(file: &File) -> io::Result<Self> {
        let file = file.try_clone()?;
        let asked = Arc::new((Mutex::new(Asked::default()), Condvar::new()));
        let shared = Arc::clone(&asked);
        let thread = std::thread::Builder::new().name("safety log".into()).spawn(move || keep(&file, &shared))?;
        Ok(Self { asked, thread: Some(thread) })
    }

    fn ask(&self) {
        lock(&self.asked.0).written = true;
        self.asked.1.notify_one();
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        lock(&self.asked.0).ended = true;
        self.asked.1.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(asked: &Mutex<Asked>) -> MutexGuard<'_, Asked> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(file: &File, (asked, news): &(Mutex<Asked>, Condvar)) {
    loop {
        let idle = |asked: &mut Asked| !asked.written && !asked.ended;
        let mut now = news.wait_while(lock(asked), idle).unwrap_or_else(PoisonError::into_inner);
        let (written, ended) = (std::mem::take(&mut now.written), now.ended);
        drop(now);
        if written {
            let _ = file.sync_data();
        }
        if ended {
            return;
        }
        let going = |asked: &mut Asked| !asked.ended;
        drop(news.wait_timeout_while(lock(asked), SYNC, going));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn finished(issue: &str) -> Line {
        Line::Finished { issue: issue.into() }
    }

    #[test]
    fn it_is_private_begins_with_its_salt_and_goes_on_behind_a_torn_line() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("log/safety.log");
        SafetyLog::open(&path, "5a17").expect("a log").append(&[finished("a")]);
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&dir.path().join("log"))), (0o600, 0o700));
        let torn = std::fs::read_to_string(&path).expect("text") + "finished b";
        std::fs::write(&path, torn).expect("written");
        SafetyLog::open(&path, "5a17").expect("a log").append(&[finished("c")]);
        assert!(SafetyLog::open(&path, "other").is_err(), "of another database");
        let text = std::fs::read_to_string(&path).expect("text");
        let lines: Vec<Option<Line>> = text.lines().map(Line::read).collect();
        assert_eq!(lines, [Some(Line::Head { salt: "5a17".into() }), Some(finished("a")), None, Some(finished("c"))]);
    }

    #[test]
    fn a_log_that_is_held_is_not_taken_over() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("safety.log");
        let (log, other) = (SafetyLog::open(&path, "5a17").expect("a log"), File::open(&path).expect("a file"));
        log.hold().expect("held");
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(log);
        other.try_lock().expect("free");
    }
}
