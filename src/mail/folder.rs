//! Delivery into a folder of .eml files: the shipped default, so that nobody is mailed by accident.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Message;

/// Private: only their owner may read the folder and its files. Writes each message as `NUMBER-ADDRESS.eml` into one folder.
#[derive(Clone, Debug)]
pub struct Folder {
    dir: PathBuf,
}

impl Folder {
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(dir: &Path) -> std::io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        // One from before may let others in; what lies in it holds addresses and working links.
        std::fs::set_permissions(dir, Permissions::from_mode(0o700))?;
        Ok(Self { dir: dir.to_path_buf() })
    }

    /// Writes a message; one that is there already is replaced by the same bytes, so a retry leaves one file.
    pub fn deliver(&self, number: i64, message: &Message) -> std::io::Result<PathBuf> {
        let address: String = message
            .envelope_to
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "@.-_+".contains(c) { c } else { '_' })
            .collect();
        let path = self.dir.join(format!("{number:06}-{address}.eml"));
        let part = path.with_extension("eml.part");
        // What a killed run left may be anybody's.
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        for part in &message.parts {
            file.write_all(part)?;
        }
        file.sync_data()?;
        std::fs::rename(&part, &path)?;
        Ok(path)
    }
}
