//! Creates a publication: a folder with the first settings to review, the templates, and folders for content and issues.

use std::path::{Path, PathBuf};

use crate::model::Notice;
use crate::render::Templates;

/// The ten or so settings that every publication should review; all others have defaults.
const CONFIG: &str = include_str!("init/config.toml");

/// Creates a publication in a folder that is empty or does not exist yet. Returns the files written.
///
/// # Errors
/// The folder is not empty, or a file cannot be written.
pub fn init(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Notice::new("the folder is not empty").at(dir, None).help("name a new folder").into());
    }
    let mut files = vec![(PathBuf::from("config.toml"), CONFIG.to_owned())];
    files.extend(Templates::builtin_files().map(|(name, text)| (Path::new("templates").join(name), text.to_owned())));
    let ignore = "# People, mail and passwords do not belong in git.\n/data\n/log\n/outbox\n/secrets\n";
    files.push((".gitignore".into(), ignore.to_owned()));
    for folder in ["content/news", "content/guides", "issues"] {
        make(&dir.join(folder))?;
    }
    files.into_iter().map(|(name, text)| write(&dir.join(name), text.as_bytes())).collect()
}

/// Writes a file, creating its folder if needed.
pub(super) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        make(folder)?;
    }
    std::fs::write(path, bytes).map_err(|e| Notice::new(format!("cannot write: {e}")).at(path, None))?;
    Ok(path.to_path_buf())
}

fn make(folder: &Path) -> Result<(), Notice> {
    std::fs::create_dir_all(folder).map_err(|e| {
        Notice::new(format!("cannot create the folder: {e}")).at(folder, None).help("choose a folder you can write to")
    })
}
