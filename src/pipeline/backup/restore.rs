//! `digest restore`: checks every file of a backup against its hash, writes the publication, and holds its database. Mails nobody.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::manifest::{Manifest, copy, flush};
use super::{DATABASE, PUBLICATION, SAFETY_LOG, beside, put_in_place, refuse_if_taken};
use crate::config;
use crate::model::Notice;
use crate::store::{Durability, Hold, Store};

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub publication: String,
    pub made: DateTime<Utc>,
    pub files: usize,
    /// Files with passwords and keys, to be copied by hand.
    pub secrets: Vec<String>,
    /// Environment variables that override settings at the original.
    pub environment: Vec<String>,
    /// Settings whose paths led out of the publication and now lead into it.
    pub changed: Vec<&'static str>,
}

/// Restores a backup into a new folder, which is created complete or not at all.
///
/// # Errors
/// The backup is incomplete or from a newer digest, or the folder cannot be written.
pub fn restore(backup: &Path, into: &Path) -> anyhow::Result<Restored> {
    let manifest = Manifest::read(backup)?;
    refuse_if_taken(into)?;
    if manifest.schema > Store::schema() {
        let what = format!("the backup was made by a newer version, {}", manifest.version);
        return Err(Notice::new(what).at(backup, None).help("restore it with that version or a newer one").into());
    }
    let part = beside(into)?;
    let laid_out = lay_out(backup, &manifest, &part).and_then(|changed| {
        put_in_place(&part, into)?;
        Ok(changed)
    });
    match laid_out {
        Ok(changed) => Ok(Restored {
            publication: manifest.publication,
            made: manifest.made,
            files: manifest.files.len(),
            secrets: manifest.secrets,
            environment: manifest.environment,
            changed,
        }),
        Err(error) => {
            let _ = std::fs::remove_dir_all(&part);
            Err(error)
        }
    }
}

fn lay_out(backup: &Path, manifest: &Manifest, part: &Path) -> anyhow::Result<Vec<&'static str>> {
    for file in &manifest.files {
        let from = backup.join(&file.path);
        let to = part.join(target(&file.path));
        let wrong = |what: String| Notice::new(what).at(&from, None).help("the backup is damaged; restore another one");
        let (bytes, sha256) = copy(&from, &to).map_err(|e| wrong(format!("cannot be restored: {e}")))?;
        if (bytes, &sha256) != (file.bytes, &file.sha256) {
            return Err(wrong("differs from what was backed up".to_owned()).into());
        }
    }
    let changed = keep_inside(&part.join(&manifest.config))?;
    let mut store = Store::open(&part.join(PLACE).into(), Durability::Power)?;
    store.quick_check()?;
    let original_log = manifest.safety_log.display().to_string();
    store.set_hold(&Hold { backup: manifest.made, original_log })?;
    drop(store);
    for folder in [part, &part.join("data"), &part.join("log")] {
        flush(folder);
    }
    Ok(changed)
}

/// Where the database of a restored publication is.
const PLACE: &str = "data/digest.db";
const LOG_PLACE: &str = "log/safety.log";

/// Where a file of the backup goes in the publication.
fn target(path: &Path) -> PathBuf {
    if path == Path::new(DATABASE) {
        return PLACE.into();
    }
    if path == Path::new(SAFETY_LOG) {
        return LOG_PLACE.into();
    }
    path.strip_prefix(PUBLICATION).unwrap_or(path).to_path_buf()
}

/// A restored publication must not use the original's database or log, so their paths in its configuration are changed to its own.
fn keep_inside(file: &Path) -> anyhow::Result<Vec<&'static str>> {
    let text = std::fs::read_to_string(file)?;
    let (text, changed) = config::set_store(&text, &format!("sqlite:{PLACE}"), LOG_PLACE)
        .map_err(|why| Notice::new(why).at(file, None))?;
    if !changed.is_empty() {
        std::fs::write(file, text)?;
    }
    Ok(changed)
}
