//! Identifies the file behind a path: a database that was moved or replaced is a different file under the same path.

use std::path::{Path, PathBuf};

use super::StoreError;

/// A file as it was when it was opened.
#[derive(Clone, Debug)]
pub struct FileId {
    path: PathBuf,
    id: Option<(u64, u64)>,
}

impl FileId {
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_path_buf(), id: id(path) }
    }

    /// Whether the path still names the file.
    ///
    /// # Errors
    /// It names another one, or none: what is written to the open one would be lost.
    pub fn check(&self) -> Result<(), StoreError> {
        if self.id.is_none() || id(&self.path) == self.id {
            return Ok(());
        }
        Err(StoreError::Replaced(self.path.clone()))
    }
}

/// Device and inode.
#[cfg(unix)]
fn id(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn id(_: &Path) -> Option<(u64, u64)> {
    None
}
