//! Delivery into a folder of .eml files: the shipped default, so that nobody is mailed by accident.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Message;

/// Writes each message as `NUMBER-ADDRESS.eml` into one folder.
#[derive(Clone, Debug)]
pub struct Folder {
    dir: PathBuf,
}

impl Folder {
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(dir: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(dir)?;
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
        let mut file = File::create(&part)?;
        for part in &message.parts {
            file.write_all(part)?;
        }
        file.sync_data()?;
        std::fs::rename(&part, &path)?;
        Ok(path)
    }
}
