//! The files of the content folder and those to import: which count, their bytes up to a limit, and many read at once.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::{Notice, Notices};

/// The largest file that is read, in bytes: some 400,000 news items. It keeps a slip of the path from filling the memory.
const LARGEST: u64 = 256 * 1024 * 1024;
/// More threads than this gain nothing: the files come from one disk.
const THREADS: usize = 8;

/// The folder's files with this extension, in name order. A folder that is missing is empty; hidden files are nobody's
/// content; a file of another kind is noticed.
pub(super) fn files(dir: &Path, extension: &str, notices: &mut Vec<Notice>) -> Result<Vec<PathBuf>, Notices> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(dir, &error)),
    };
    let mut out = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(dir, &error))?.path();
        let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if path.extension().is_some_and(|e| e == extension) && path.is_file() {
            out.push(path);
        } else {
            notices.push(Notice::new(format!("not read: only *.{extension} files are used here")).at(&path, None));
        }
    }
    out.sort();
    Ok(out)
}

/// A file's bytes; `-` is standard input.
///
/// # Errors
/// A file that cannot be read, or one of more than 256 MB.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Notices> {
    if path == Path::new("-") {
        return read_up_to(LARGEST, path, std::io::stdin().lock());
    }
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    read_up_to(LARGEST, path, file)
}

fn read_up_to(most: u64, path: &Path, from: impl Read) -> Result<Vec<u8>, Notices> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > most {
        let message = format!("the file is larger than {} MB, the most that is read at once", most / (1024 * 1024));
        return Err(Notice::new(message)
            .at(path, None)
            .help("split it, for instance by month; JSON Lines can be cut between any two lines")
            .into());
    }
    Ok(bytes)
}

/// What `read` makes of each file, in the order of `files`, by as many threads as the machine has cores for.
pub(super) fn each<T: Send>(files: &[PathBuf], read: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((at, file)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, files.get(at)?)))
        {
            done.push((at, read(file)));
        }
        done
    };
    let mut all = std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..cores.min(THREADS).min(files.len())).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for helper in helpers {
            // A panic there is a panic here.
            all.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, made)| made).collect()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Notices {
    let notice = Notice::new(format!("cannot be read: {error}")).at(path, None);
    let help = match error.kind() {
        ErrorKind::IsADirectory => format!("name the files in it, as your shell does for {}", path.join("*").display()),
        _ => "check that it exists and that you may read it".to_owned(),
    };
    notice.help(help).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let read = |bytes: &[u8]| read_up_to(4, Path::new("in.csv"), bytes);
        assert_eq!(read(b"1234").unwrap(), b"1234");
        let error = read(b"12345").unwrap_err().to_string();
        assert!(
            error.starts_with("in.csv: the file is larger than 0 MB") && error.contains("help: split it"),
            "{error}"
        );
    }

    #[test]
    fn a_folder_is_no_file() {
        let error = read_file(Path::new(".")).unwrap_err().to_string();
        assert!(error.contains("help: name the files in it"), "{error}");
    }

    #[test]
    fn files_are_read_in_their_order_whoever_reads_them() {
        let files: Vec<PathBuf> = (0..500).map(|n| PathBuf::from(n.to_string())).collect();
        // Slow enough for the threads to take turns.
        let slowly = |file: &Path| {
            std::hint::black_box((0..20_000_u64).fold(0, |sum, n| std::hint::black_box(sum ^ n)));
            file.to_path_buf()
        };
        assert_eq!(each(&files, slowly), files);
        assert_eq!(each(&[], |_| ()), []);
    }
}
