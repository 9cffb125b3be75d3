//! A backup's manifest: which digest made it, when, and the hash of every file in it. Knows no database.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::Notice;

/// The manifest's name in a backup.
pub const MANIFEST: &str = "manifest.json";
/// The layout version that this digest writes and reads.
const FORMAT: u32 = 1;

/// manifest.json.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of digest that made it.
    pub version: String,
    /// The version of the database's schema.
    pub schema: u32,
    pub made: DateTime<Utc>,
    pub publication: String,
    /// The configuration's name, relative to the publication.
    pub config: PathBuf,
    /// Where the original keeps its safety log.
    pub safety_log: PathBuf,
    /// Files that the configuration names but backups leave out: passwords and keys.
    pub secrets: Vec<String>,
    /// Environment variables that override settings, without their values.
    pub environment: Vec<String>,
    pub files: Vec<Listed>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Relative to the backup.
    pub path: PathBuf,
    pub bytes: u64,
    /// Hex.
    pub sha256: String,
}

impl Manifest {
    /// Reads a backup's manifest.
    ///
    /// # Errors
    /// The manifest is missing, has another layout, or names a file that is not in the backup.
    pub fn read(backup: &Path) -> Result<Self, Notice> {
        let path = backup.join(MANIFEST);
        let wrong = |what: String| Notice::new(what).at(&path, None);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            wrong(format!("this is not a complete backup: its manifest cannot be read ({error})"))
                .help("name the folder that `digest backup` made; one that was killed half-way leaves none")
        })?;
        let manifest: Self = serde_json::from_str(&text).map_err(|e| wrong(format!("the manifest is damaged: {e}")))?;
        if manifest.format != FORMAT {
            let help = "restore it with the version that made it, or a newer one";
            return Err(
                wrong(format!("the backup has format {}, this version reads {FORMAT}", manifest.format)).help(help)
            );
        }
        let inside = |path: &Path| {
            path.components().next().is_some() && path.components().all(|part| matches!(part, Component::Normal(_)))
        };
        match manifest.files.iter().find(|file| !inside(&file.path)) {
            Some(file) => Err(wrong(format!("it lists {}, which is not inside the backup", file.path.display()))),
            None => Ok(manifest),
        }
    }
}

/// The layout's number, for a new manifest.
pub fn format() -> u32 {
    FORMAT
}

/// Copies a file, readable by its owner only, and returns its manifest entry.
///
/// # Errors
/// The source cannot be read, or the copy cannot be written.
pub fn copy(from: &Path, to: &Path) -> io::Result<(u64, String)> {
    if let Some(folder) = to.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let told = hash(File::open(from)?, |bytes| out.write_all(bytes))?;
    out.sync_all()?;
    Ok(told)
}

/// A file's length and SHA-256; `also` is called with every chunk.
///
/// # Errors
/// It cannot be read, or `also` fails.
pub fn hash(mut file: impl Read, mut also: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(u64, String)> {
    let (mut sum, mut length, mut piece) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((length, data_encoding::HEXLOWER.encode(&sum.finalize())));
        }
        sum.update(&piece[..read]);
        also(&piece[..read])?;
        length += read as u64;
    }
}

/// Flushes a folder's entries to the disk, where the system supports it.
pub fn flush(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}
