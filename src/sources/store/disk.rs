//! Writes files whole or not at all, one process at a time. Knows bytes only.

use std::fs::File;
use std::path::Path;

use crate::files;
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

/// Puts `bytes` in the file's place. The caller flushes the folder, once for all its files.
pub(in crate::sources) fn replace(file: &Path, bytes: &[u8]) -> Result<(), Notices> {
    files::replace(file, bytes).map_err(|error| unwritable(file, &error))
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
