//! Reads messages from single files, mboxes and Maildirs. One message is in memory at a time. Knows no bounce.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::model::Notice;
use crate::sources::BOUNCE_MOST;

type Each<'a> = dyn FnMut(&str, &[u8]) -> anyhow::Result<()> + 'a;

/// Calls `each` with the name and the bytes of every message in a file or folder. A folder is a Maildir when it has `new`
/// or `cur` in it; of any other, the files are read in the order of their names.
pub fn each_message(path: &Path, mut each: impl FnMut(&str, &[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
    if !path.is_dir() {
        return each_in_file(path, &mut each);
    }
    let boxes: Vec<PathBuf> = ["new", "cur"].iter().map(|name| path.join(name)).filter(|p| p.is_dir()).collect();
    for folder in if boxes.is_empty() { vec![path.to_path_buf()] } else { boxes } {
        let entries = std::fs::read_dir(&folder).map_err(|e| unreadable(&folder, &e))?;
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.is_file());
        files.sort();
        for file in files {
            each_in_file(&file, &mut each)?;
        }
    }
    Ok(())
}

fn each_in_file(path: &Path, each: &mut Each) -> anyhow::Result<()> {
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    each_in(file, &path.display().to_string(), each)
}

/// The start of a file that holds one message, up to the most that is read of any.
pub fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BOUNCE_MOST as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Notice {
    Notice::new(format!("cannot read the bounces: {error}")).at(path, None).help("check the path")
}

/// Calls `each` with every message of a stream: an mbox when it begins with `From `, else one message. In an mbox a message
/// begins at a `From ` line after an empty one (RFC 4155), and `>From ` at the start of a line was `From `.
pub fn each_in(stream: impl Read, name: &str, each: &mut Each) -> anyhow::Result<()> {
    let mut lines = BufReader::with_capacity(64 * 1024, stream);
    let (mut message, mut line) = (Vec::new(), Vec::new());
    let (mut count, mut is_mbox, mut after_empty) = (0_usize, false, true);
    loop {
        line.clear();
        // An endless line is read in chunks, so that memory is bounded.
        let read = lines.by_ref().take(64 * 1024).read_until(b'\n', &mut line)?;
        let starts = after_empty && line.starts_with(b"From ") && (is_mbox || count == 0 && message.is_empty());
        if (read == 0 || starts) && !message.is_empty() {
            count += 1;
            let label = if is_mbox { format!("{name}:{count}") } else { name.to_owned() };
            each(&label, &message)?;
            message.clear();
        }
        if read == 0 {
            return Ok(());
        }
        after_empty = line == b"\n" || line == b"\r\n";
        is_mbox |= starts;
        if !is_mbox && message.len() >= BOUNCE_MOST {
            // A single message: the rest is not read, since a device has no end.
            return each(name, &message);
        }
        if !starts && message.len() < BOUNCE_MOST {
            let quoted = is_mbox && line.starts_with(b">") && unquoted(&line).starts_with(b"From ");
            message.extend_from_slice(&line[usize::from(quoted)..]);
        }
    }
}

/// A line without the `>` at its start.
fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    &line[quotes..]
}
