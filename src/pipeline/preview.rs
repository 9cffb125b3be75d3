//! The preview's content: keeps the publication and its issues rendered from the current files, and the last good rendering
//! of each issue that fails to render. Knows no HTTP.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::watch::{By, start};
use super::{Asked, Clock, Rendering, Site, clock_from, desk, proof, seed, trouble};
use crate::issues;
use crate::model::{Address, IssueName, Notice, Notices};
use crate::web::preview::{
    EditRequest, EditResponse, EditService, PreviewRequest, PreviewService, Source, Subscriber, Title, View,
};

/// Most issues kept rendered; beyond that, they are rendered again when requested.
const KEPT: usize = 16;

/// Opens the publication in `root` for a preview that starts with the issue `asked` (by default the newest), as the
/// copy of `subscriber` (by default a sample subscriber).
///
/// # Errors
/// The configuration is wrong, there is no such issue, or nothing can be watched.
pub fn preview(
    root: &Path,
    config_file: &Path,
    now: DateTime<Utc>,
    asked: Option<&str>,
    subscriber: Option<Address>,
    by: By,
) -> anyhow::Result<PreviewService> {
    let site = Site::open(root, config_file, now)?;
    let chosen = asked.map(|asked| site.issue(Some(asked))).transpose()?;
    let config = root.join(config_file);
    let changes = start(root, &config, by).map_err(|why| {
        Notice::new(format!("cannot watch the publication: {why}"))
            .help("the system may limit how many files can be watched")
    })?;
    let cache = PreviewCache { version: *changes.borrow(), site, troubles: Vec::new(), kept: BTreeMap::new() };
    let files = Files { root: root.to_path_buf(), config_file: config_file.to_path_buf(), now, clock: clock_from(now) };
    let handler = PreviewHandler { files, chosen, subscriber, changes: changes.clone(), cache: Mutex::new(cache) };
    let handler = Arc::new(handler);
    let editor = Arc::clone(&handler);
    let editing = EditService { key: seed(), once: seed(), handle: Arc::new(move |request| editor.edit(request)) };
    Ok(PreviewService { changes, handle: Arc::new(move |request| handler.handle(request)), editing: Some(editing) })
}

struct PreviewHandler {
    files: Files,
    chosen: Option<IssueName>,
    subscriber: Option<Address>,
    changes: watch::Receiver<u64>,
    cache: Mutex<PreviewCache>,
}

/// The folder from which the publication is read.
struct Files {
    root: PathBuf,
    config_file: PathBuf,
    /// The page is rendered as of this time, so that nothing on it changes by itself.
    now: DateTime<Utc>,
    /// Edits and acts use the current time.
    clock: Clock,
}

/// What was read from one version of the files.
struct PreviewCache {
    version: u64,
    /// The publication with its last valid configuration.
    site: Site,
    troubles: Vec<Notice>,
    kept: BTreeMap<IssueName, Kept>,
}

/// An issue rendered from one version of the files.
struct Kept {
    version: u64,
    /// The last successful rendering.
    good: Option<Rendering>,
    troubles: Vec<Notice>,
}

impl PreviewHandler {
    fn handle(&self, request: &PreviewRequest) -> View {
        // Taken before any file is read: a later change makes a new version, which is then requested again.
        let version = *self.changes.borrow();
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.renew(version, &self.files);
        let mut troubles = cache.troubles.clone();
        let names = issues::list(&cache.site.issues_dir()).unwrap_or_else(|why| {
            troubles.push(why);
            Vec::new()
        });
        let wanted = request.issue.as_deref().and_then(|name| name.parse().ok()).or_else(|| self.chosen.clone());
        let name = wanted.filter(|name| names.contains(name)).or_else(|| names.last().cloned());
        let mut view = View {
            version,
            publication: cache.site.config.publication.name.clone(),
            issues: names.iter().rev().map(|name| title(&cache.site, name)).collect(),
            issue: name.as_ref().map(ToString::to_string),
            spam_left_out: !cache.site.config.check.spam.is_empty(),
            ..View::default()
        };
        if let Some(name) = &name {
            view.draft = cache.site.drafts().draft_text(name).map(|text| self.source(&cache.site, name, text));
            self.show(&mut cache, name, request.subscriber.as_deref(), &mut view, &mut troubles);
        }
        view.troubles = troubles.into_iter().map(|notice| trouble::trouble(&self.files.root, notice)).collect();
        view
    }

    fn edit(&self, request: &EditRequest) -> EditResponse {
        let site = {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.renew(*self.changes.borrow(), &self.files);
            cache.site.at((self.files.clock)())
        };
        desk::answer(&site, &self.files.config_file, request)
    }

    fn show(
        &self,
        cache: &mut PreviewCache,
        name: &IssueName,
        subscriber: Option<&str>,
        view: &mut View,
        troubles: &mut Vec<Notice>,
    ) {
        let (address, told) = match subscriber {
            None => (self.subscriber.clone(), None),
            Some("") => (None, None),
            Some(typed) => match Address::parse(typed) {
                Ok(address) => (Some(address), None),
                Err(why) => (None, Some((typed.to_owned(), why.to_string()))),
            },
        };
        cache.render(name);
        let PreviewCache { site, kept, .. } = cache;
        let Some(kept) = kept.get(name) else { return };
        troubles.extend(kept.troubles.iter().cloned());
        view.subscriber = match told {
            Some((address, why)) => Subscriber { address, told: why, wrong: true },
            None => proof::subscriber(site, address.as_ref()).unwrap_or_else(|why| {
                troubles.extend(trouble::notices(&why));
                Subscriber::default()
            }),
        };
        if let Some(good) = &kept.good {
            match proof::proof(site, good, address.as_ref()) {
                Ok(proof) => view.proof = Some(proof),
                Err(why) => troubles.extend(trouble::notices(&why)),
            }
        }
    }

    fn source(&self, site: &Site, name: &IssueName, text: String) -> Source {
        let path = issues::folder(&site.issues_dir(), name).join("issue.toml");
        Source { file: trouble::below(&self.files.root, &path), path: trouble::absolute(&path), text }
    }
}

impl PreviewCache {
    /// Reads the configuration again after a file has changed. While it is invalid, everything stays as it was.
    fn renew(&mut self, version: u64, files: &Files) {
        if version == self.version {
            return;
        }
        self.version = version;
        self.troubles.clear();
        match Site::open(&files.root, &files.config_file, files.now) {
            Ok(site) => self.site = site,
            Err(Notices(wrong)) => self.troubles = wrong,
        }
    }

    /// Renders an issue unless it is up to date. If rendering fails, the last good one stays.
    fn render(&mut self, name: &IssueName) {
        let version = self.version;
        if self.kept.get(name).is_some_and(|kept| kept.version == version) || !self.troubles.is_empty() {
            return;
        }
        if self.kept.len() >= KEPT && !self.kept.contains_key(name) {
            self.kept.clear();
        }
        let kept = self.kept.entry(name.clone()).or_insert(Kept { version, good: None, troubles: Vec::new() });
        kept.version = version;
        kept.troubles.clear();
        match self.site.drafts().rendering_with(name, Asked::default()) {
            Ok(rendering) => kept.good = Some(rendering),
            Err(why) => kept.troubles = trouble::notices(&why),
        }
    }
}

fn title(site: &Site, name: &IssueName) -> Title {
    Title {
        name: name.to_string(),
        edition: site.config.edition_title(&name.edition),
        date: name.date.format("%a %-d %b %Y").to_string(),
    }
}
