//! An issue from start to finish: read, decide, write. The only room that joins the others; time and randomness enter here.

mod approve;
mod archive;
mod backup;
mod bounces;
mod canary;
mod content;
mod cues;
mod dates;
mod deliver;
mod demo;
mod desk;
mod doctor;
mod draft;
mod edits;
mod fetch;
mod init;
mod letters;
mod mends;
mod metrics;
mod online;
mod prepare;
mod preview;
mod process;
mod proof;
mod proposal;
mod public;
mod rendering;
mod report;
mod scheduler;
mod sendable;
mod serve;
mod spam;
mod status;
mod storage;
mod subscribers;
mod transport;
mod trouble;
mod watch;
mod words;
mod workers;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};

use crate::config::Config;
use crate::model::{IssueName, Notice, Notices};
use crate::render::Templates;
use crate::store::{Store, StoreError};
use crate::{config, files, issues};

// The types in this room's results, so that cli need not import from other rooms.
pub use crate::check::{Finding, Report, Severity, explain};
pub use crate::compose::{Composition, LeftOut, Line, Parts, Ranked, Scored, Scores, SourcePreference};
pub use crate::issues::{Difference, Edit, FieldDifference, Refreshed, StoryMove, differences};
pub use crate::send::{Clock, Ended, Event, TransportKind};
pub use crate::sources::{Census, ListSource, Merged, PageWords, Reject, RejectWriter, item_to_json};
pub use crate::store::{BroughtBack, Change, Entry};

pub use approve::Diff;
pub use archive::{Archive, ArchivedIssue};
pub use backup::{BackedUp, Backups, Release, Released, Restored, restore};
pub use bounces::BounceImport;
pub use content::{ContentFolder, Imported};
pub use deliver::{Delivered, Delivery};
pub use demo::{Demo, Stop, demo};
pub use doctor::{Diagnosis, Doctor, Health, Progress};
pub use draft::{Composed, Drafts};
pub use edits::WrittenStory;
pub use fetch::{FetchedSource, Fetching, Outcome, SourceHealth};
pub use init::init;
pub use letters::{Posted, post_letters};
pub use metrics::watch_ops;
pub use prepare::SendOptions;
pub use preview::preview;
pub use public::{serve_pages, sign_up_form};
pub use rendering::{Asked, Rendering};
pub use scheduler::Outlook;
pub use scheduler::{Daemon, Tick, run_scheduler};
pub use serve::serve;
pub use status::{DomainGroupStatus, IssueStatus, Upcoming};
pub use storage::{CopyRun, Storage};
pub use subscribers::{
    DuplicateRow, ImportOptions, Off, OpenList, SubscriberDetails, SubscriberImport, Subscribers, subscriber_to_json,
};
pub use watch::By;
pub use workers::Worker;

/// A publication: its folder, its settings, and the time. Its operations are grouped by subject: [`Site::content`],
/// [`Site::drafts`] and so on. Clones share everything.
#[derive(Clone)]
pub struct Site {
    pub root: Arc<Path>,
    pub config: Arc<Config>,
    /// When the command began, in whole seconds. Every decision uses this time, so that equal input gives equal bytes.
    started: DateTime<Utc>,
    /// Keeps running during a send.
    clock: Clock,
}

impl Site {
    /// Opens the publication in `root` at the time `now`; `config_file` is relative to `root`.
    ///
    /// # Errors
    /// Every mistake in the configuration at once.
    pub fn open(root: &Path, config_file: &Path, now: DateTime<Utc>) -> Result<Self, Notices> {
        let config = config::load(&root.join(config_file))?;
        let started = now.trunc_subsecs(0);
        Ok(Self { root: root.into(), config: Arc::new(config), started, clock: clock_from(started) })
    }

    /// The same publication with another clock: a daemon runs for months, so it follows the wall clock, which may be set.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    pub fn content(&self) -> ContentFolder {
        ContentFolder { site: self.clone() }
    }

    pub fn drafts(&self) -> Drafts {
        Drafts { site: self.clone() }
    }

    pub fn archive(&self) -> Archive {
        Archive { site: self.clone() }
    }

    pub fn delivery(&self) -> Delivery {
        Delivery { site: self.clone() }
    }

    pub fn subscribers(&self) -> Subscribers {
        Subscribers { site: self.clone() }
    }

    pub fn daemon(&self) -> Daemon {
        Daemon { site: self.clone() }
    }

    pub fn backups(&self) -> Backups {
        Backups { site: self.clone() }
    }

    pub fn storage(&self) -> Storage {
        Storage { site: self.clone() }
    }

    pub fn doctor(&self) -> Doctor {
        Doctor { site: self.clone() }
    }

    /// The same publication at another time.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> Self {
        let started = now.trunc_subsecs(0);
        Self { started, clock: clock_from(started), ..self.clone() }
    }

    /// This publication, to replace the running one. Settings that a running daemon cannot change stay and are reported; time
    /// goes on.
    #[must_use]
    pub fn in_place_of(&self, before: &Self) -> (Self, Vec<&'static str>) {
        let (mut new, old) = (Config::clone(&self.config), &before.config);
        let fixed = [("[store]", new.store != old.store), ("[web] listen", new.web.listen != old.web.listen)];
        new.store.clone_from(&old.store);
        new.web.listen.clone_from(&old.web.listen);
        let clock = Arc::clone(&before.clock);
        let started = clock().trunc_subsecs(0);
        let kept = fixed.into_iter().filter_map(|(key, differs)| differs.then_some(key)).collect();
        (Self { root: Arc::clone(&self.root), config: Arc::new(new), started, clock }, kept)
    }

    /// The time of this command.
    pub fn now(&self) -> DateTime<Utc> {
        self.started
    }

    pub fn content_dir(&self) -> PathBuf {
        self.root.join("content")
    }

    /// The content folder, after checking that no link in it leads out of the publication.
    fn own_content_dir(&self) -> Result<PathBuf, Notice> {
        let folder = self.content_dir();
        files::tree_within(&self.root, &folder)?;
        Ok(folder)
    }

    pub fn issues_dir(&self) -> PathBuf {
        self.root.join("issues")
    }

    /// The issue named by an argument: a folder's name or a path; else the newest draft.
    pub fn issue(&self, given: Option<&str>) -> Result<IssueName, Notice> {
        issues::find(&self.issues_dir(), given)
    }

    /// The same for commands about a send: an issue whose folder is gone may still be in the ledger.
    pub fn sent_issue(&self, given: &str) -> anyhow::Result<IssueName> {
        self.issue(Some(given)).or_else(|unknown| {
            let name = given.parse().map_err(|()| unknown.clone())?;
            let sends = self.store_to_read()?.map_or(Ok(Vec::new()), |store| store.sends().issues())?;
            if sends.contains(&name) { Ok(name) } else { Err(unknown.into()) }
        })
    }

    /// The built-in templates, overridden by the publication's own.
    fn templates(&self) -> anyhow::Result<Templates> {
        let root = self.root.join("templates");
        files::tree_within(&self.root, &root)?;
        let mut templates = Templates::builtin();
        let known: BTreeSet<&str> = Templates::builtin_files().map(|(name, _)| name).collect();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            paths.sort();
            for path in paths {
                let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
                let toml = name.starts_with("tokens") || name.starts_with("words");
                let tokens_or_words = toml && path.extension().is_some_and(|extension| extension == "toml");
                let template = tokens_or_words || path.extension().is_some_and(|extension| extension == "hbs");
                if path.is_dir() {
                    folders.push(path);
                } else if name.ends_with("texts.toml") {
                    return Err(moved_words(&path).into());
                } else if template || known.contains(name.as_str()) {
                    let source = std::fs::read_to_string(&path)
                        .map_err(|e| Notice::new(format!("cannot read the template: {e}")).at(&path, None))?;
                    templates = templates.with(&name, &path, source);
                }
            }
        }
        Ok(templates)
    }

    /// Whether the database is there.
    pub fn has_store(&self) -> bool {
        let place = self.config.database(&self.root);
        place.is_ok_and(|place| Store::exists(&place, self.config.store.durability))
    }

    /// Where the safety log is.
    fn safety_log(&self) -> PathBuf {
        self.config.safety_log(&self.root)
    }

    /// The store, created if missing: for commands that write.
    fn store_to_fill(&self) -> Result<Store, StoreError> {
        let store = Store::open_or_create(&self.config.database(&self.root)?, self.config.store.durability)?;
        Ok(store.unless_unfinished()?.with_safety_log(self.safety_log()))
    }

    /// Creates the database if there is none, before the daemon's loops look for it in parallel. A new one holds no approval,
    /// so nobody is mailed from it. Returns whether it was created.
    pub fn found_store(&self) -> Result<bool, StoreError> {
        let is_new = !self.has_store();
        self.store_to_fill().map(|_| is_new)
    }

    /// The store, if there is one: for commands that only read.
    fn store_to_read(&self) -> Result<Option<Store>, StoreError> {
        match Store::open(&self.config.database(&self.root)?, self.config.store.durability) {
            Ok(store) => Ok(Some(store.unless_unfinished()?.with_safety_log(self.safety_log()))),
            Err(StoreError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A clock that starts at `start` and runs on with the machine's monotonic time.
fn clock_from(start: DateTime<Utc>) -> Clock {
    let origin = std::time::Instant::now();
    Arc::new(move || start + origin.elapsed())
}

/// 128 random bits from the operating system, as 32 hex digits: a subscriber's secret.
fn seed() -> String {
    let bits: u128 = rand::random();
    format!("{bits:032x}")
}
/// The notice about texts.toml, which older versions read and this one would silently ignore.
fn moved_words(path: &Path) -> Notice {
    let message = "words stand in templates/words/, one file for each language, and no longer in texts.toml";
    let help = "move the lines that you changed to templates/words/en.toml, into [page.NAME], [letter.NAME] or [issue], and delete this file";
    Notice::new(message).at(path, None).help(help)
}
