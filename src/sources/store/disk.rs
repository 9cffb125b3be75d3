//! Writes files whole or not at all, one process at a time. Knows bytes only.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::{Notice, Notices};

/// Makes the folder and holds it against another merge until the handle is dropped; the kernel frees it after a crash.
pub(super) fn lock(dir: &Path) -> Result<File, Notices> {
    let open = || {
        std::fs::create_dir_all(dir)?;
        let handle = File::open(dir)?;
        handle.lock()?;
        Ok(handle)
    };
    open().map_err(|error| unwritable(dir, &error))
}

/// Puts `bytes` in the file's place: a temporary file beside it, flushed to the disk, then renamed. The caller flushes the
/// folder, once for all its files.
pub(in crate::sources) fn replace(file: &Path, bytes: &[u8]) -> Result<(), Notices> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let dir = file.parent().unwrap_or(Path::new("."));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = dir.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
    let write = || {
        let mut out = File::create(&temporary)?;
        out.write_all(bytes)?;
        out.sync_all()?;
        std::fs::rename(&temporary, file)
    };
    write().map_err(|error: std::io::Error| {
        let _ = std::fs::remove_file(&temporary);
        unwritable(file, &error)
    })
}

/// Flushes the folder's list of names, so that what `replace` put there outlives a power cut.
pub(super) fn flush(dir: &Path) -> Result<(), Notices> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| unwritable(dir, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Notices {
    Notice::new(format!("cannot be written: {error}"))
        .at(path, None)
        .help("check the disk's space and your permission")
        .into()
}
