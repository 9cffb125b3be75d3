//! `digest backup`, `digest restore` and the release of a restored publication: a copy made while everything runs, restored elsewhere,
//! which mails nobody until an operator releases it.

mod manifest;
mod release;
mod restore;

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Site;
use crate::files;
use crate::model::Notice;
use crate::store::{Ahead, Hold, Store, StoreError};
use manifest::{Listed, MANIFEST, Manifest, copy, flush};

pub use release::{Release, Released};
pub use restore::{Restored, restore};

/// Paths within a backup.
const PUBLICATION: &str = "publication";
const DATABASE: &str = "digest.db";
const SAFETY_LOG: &str = "safety.log";
/// The publication's folders that are copied.
const FOLDERS: [&str; 3] = ["content", "issues", "templates"];
/// Its files outside these, if they exist: the cues for kinds of news, and what is remembered of its feeds.
const FILES: [&str; 2] = ["cues.toml", "data/feeds.json"];

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    pub files: usize,
    pub bytes: u64,
    /// Files with passwords and keys, which are not in the backup.
    pub secrets: Vec<String>,
}

/// Backups of a publication, and whether this one is a restored copy. The view of [`Site`] for this subject.
pub struct Backups {
    pub(super) site: Site,
}

impl Backups {
    /// Copies content, issues, templates, configuration, database and safety log into a new folder, created complete or not at all.
    ///
    /// # Errors
    /// The folder is not empty, the database is a server's, or something cannot be read or written; no backup is made.
    pub fn make(&self, config: &Path, into: &Path) -> anyhow::Result<BackedUp> {
        if self.site.config.store.is_server() {
            return Err(StoreError::ServerBackup.into());
        }
        refuse_if_taken(into)?;
        let part = beside(into)?;
        let made = self.fill(config, &part).and_then(|manifest| {
            put_in_place(&part, into)?;
            Ok(manifest)
        });
        match made {
            Ok(manifest) => Ok(BackedUp {
                files: manifest.files.len(),
                bytes: manifest.files.iter().map(|file| file.bytes).sum(),
                secrets: manifest.secrets,
            }),
            Err(error) => {
                let _ = std::fs::remove_dir_all(&part);
                Err(error)
            }
        }
    }

    /// Refuses to act from a database that was restored and not released, or is older than its safety log.
    ///
    /// # Errors
    /// A notice that says how to go on.
    pub fn refuse_if_held(&self) -> anyhow::Result<()> {
        self.site.store_to_read()?.map_or(Ok(()), |store| refuse_if_held(&self.site, &store))
    }

    /// Refuses to run a daemon on a database that was restored and not released.
    ///
    /// # Errors
    /// A notice that says how to go on.
    pub fn refuse_if_restored(&self) -> anyhow::Result<()> {
        let hold = self.site.store_to_read()?.map_or(Ok(None), |store| store.hold())?;
        hold.map_or(Ok(()), |hold| Err(held(&hold).into()))
    }

    fn fill(&self, config: &Path, part: &Path) -> anyhow::Result<Manifest> {
        let site = &self.site;
        let store = site.store_to_read()?.ok_or_else(|| {
            let notice = Notice::new("there is no database yet, so there is nothing to back up but files");
            match site.config.database(&site.root) {
                Ok(place) => notice.at(place.to_string(), None),
                Err(_) => notice,
            }
        })?;
        let mut listed = Vec::new();
        let mut take = |from: &Path, to: PathBuf| -> anyhow::Result<()> {
            let unread = |e| Notice::new(format!("cannot be copied into the backup: {e}")).at(from, None);
            let (bytes, sha256) = copy(from, &part.join(&to)).map_err(unread)?;
            listed.push(Listed { path: to, bytes, sha256 });
            Ok(())
        };
        // The log first: it may lag behind the database, and never leads.
        let log = site.safety_log();
        if log.exists() {
            take(&log, SAFETY_LOG.into())?;
        }
        let whole = part.join(DATABASE);
        store.copy_to(&whole)?;
        let (bytes, sha256) = manifest::hash(std::fs::File::open(&whole)?, |_| Ok(()))?;
        take(&site.root.join(config), Path::new(PUBLICATION).join(config.file_name().unwrap_or(config.as_os_str())))?;
        for folder in FOLDERS {
            let from = site.root.join(folder);
            files::tree_within(&site.root, &from)?;
            for file in files_below(&from) {
                let below = file.strip_prefix(&site.root).unwrap_or(&file).to_path_buf();
                take(&file, Path::new(PUBLICATION).join(below))?;
            }
        }
        for file in FILES {
            let from = site.root.join(file);
            if from.exists() {
                files::within(&site.root, &from)?;
                take(&from, Path::new(PUBLICATION).join(file))?;
            }
        }
        listed.push(Listed { path: DATABASE.into(), bytes, sha256 });
        let manifest = self.manifest(config, &log, listed);
        write_private(&part.join(MANIFEST), serde_json::to_string_pretty(&manifest)?.as_bytes())?;
        flush(part);
        Ok(manifest)
    }

    fn manifest(&self, config: &Path, log: &Path, files: Vec<Listed>) -> Manifest {
        let settings = &self.site.config;
        let keys = settings.delivery.dkim.keys.iter().map(|key| key.file.clone());
        let passwords = [settings.delivery.smtp.password_file.clone(), settings.bounces.imap.password_file.clone()];
        Manifest {
            format: manifest::format(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema: Store::schema(),
            made: self.site.now(),
            publication: settings.publication.name.clone(),
            config: config.file_name().unwrap_or(config.as_os_str()).into(),
            safety_log: log.canonicalize().unwrap_or_else(|_| log.to_path_buf()),
            secrets: keys.chain(passwords).filter(|file| !file.is_empty()).collect(),
            environment: settings.origin.variables(),
            files,
        }
    }
}

/// Every file below a folder, in order; none when it is missing.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() {
            found.extend(files_below(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// Refuses a folder that exists and is not empty.
fn refuse_if_taken(into: &Path) -> Result<(), Notice> {
    let free = match std::fs::read_dir(into) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if free { Ok(()) } else { Err(Notice::new("the folder is not empty").at(into, None).help("choose a new folder")) }
}

/// A new private folder beside the target, on the same disk. Replaces what a killed run left there.
fn beside(into: &Path) -> anyhow::Result<PathBuf> {
    let name = into.file_name().ok_or_else(|| Notice::new("the folder needs a name").at(into, None))?;
    let part = into.with_file_name(format!(".{}.part", name.to_string_lossy()));
    if part.exists() {
        std::fs::remove_dir_all(&part)?;
    }
    let unmade = |e| {
        Notice::new(format!("cannot create the folder: {e}")).at(&part, None).help("choose a folder you can write to")
    };
    DirBuilder::new().recursive(true).mode(0o700).create(&part).map_err(unmade)?;
    Ok(part)
}

/// Renames the finished folder to the target, which is missing or empty.
fn put_in_place(part: &Path, into: &Path) -> anyhow::Result<()> {
    std::fs::rename(part, into).map_err(|e| Notice::new(format!("cannot be put in place: {e}")).at(into, None))?;
    if let Some(folder) = into.parent() {
        flush(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    }
    Ok(())
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Refuses to act from a database that was restored and not released, or that is older than its safety log.
///
/// # Errors
/// A notice that says what the log knows, and what to do next.
pub(super) fn refuse_if_held(site: &Site, store: &Store) -> anyhow::Result<()> {
    if let Some(hold) = store.hold()? {
        return Err(held(&hold).into());
    }
    let log = site.safety_log();
    let Some(ahead) = store.ahead(&log)?.filter(|ahead| !ahead.is_nothing()) else { return Ok(()) };
    if let Some(at) = ahead.taken_over {
        let at = at.format("%Y-%m-%d %H:%M:%S UTC");
        return Err(Notice::new(format!(
            "a publication restored from a backup took over from this one at {at}; nobody was mailed"
        ))
        .at(&log, None)
        .help("send from there; to use this one again, stop the other one and run `digest resume --restored`")
        .into());
    }
    Err(Notice::new(format!("{}; nobody was mailed", older(&ahead)))
        .at(&log, None)
        .help("was it copied back, or did it lose its -wal file? `digest resume --restored` records what the log knows")
        .into())
}

fn held(hold: &Hold) -> Notice {
    let made = hold.backup.format("%Y-%m-%d %H:%M:%S UTC");
    Notice::new(format!("this publication was restored from the backup of {made}, and mails nobody yet"))
        .help("`digest resume --restored` lists what the backup cannot know, and releases it")
}

/// What a log knows that the database does not, in words.
pub(super) fn older(ahead: &Ahead) -> String {
    let issues: Vec<String> = ahead.deliveries.iter().map(|(issue, n)| format!("{n} of {issue}")).collect();
    let issues = if issues.is_empty() { String::new() } else { format!(" ({})", issues.join(", ")) };
    let what = if ahead.is_foreign {
        "the safety log belongs to another database"
    } else {
        "the database is older than its safety log"
    };
    format!(
        "{what}: it is missing {} deliveries{issues} and {} changes to people who left, came back or were erased",
        ahead.unknown_deliveries(),
        ahead.people
    )
}
