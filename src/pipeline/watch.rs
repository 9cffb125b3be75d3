//! Notices changes to the files that issues are made of. Knows no issue and renders nothing.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, MetadataKind, ModifyKind};
use notify::{Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

/// A save is several events (truncate, write, rename): it is over after this long without one.
const QUIET: Duration = Duration::from_millis(4);
/// A continuous stream of events is reported at least this often.
const LONGEST: Duration = Duration::from_millis(40);
/// How often files are polled where the system reports no changes.
const POLL: Duration = Duration::from_millis(500);

/// The folders of a publication that an issue is made of.
const FOLDERS: [&str; 3] = ["templates", "content", "issues"];

/// How changes are detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The system's events; polling where there are none.
    Events,
    /// Polling: network mounts and some containers pass on no events.
    Looking,
}

/// Watches the publication in `root` while the receiver lives; its number goes up with every change.
///
/// # Errors
/// The system cannot watch files.
pub fn start(root: &Path, config: &Path, by: By) -> notify::Result<watch::Receiver<u64>> {
    let places = Places { root: real(root), config: real(config) };
    let (events, changed) = channel();
    let watcher = match by {
        By::Events => places.by_events(&events).or_else(|_| places.by_looking(&events))?,
        By::Looking => places.by_looking(&events)?,
    };
    let (version, versions) = watch::channel(1);
    std::thread::spawn(move || follow(&places, watcher, &changed, &version));
    Ok(versions)
}

/// Counts changes, one for each burst of events, until the receiver is dropped.
fn follow(
    places: &Places,
    mut watcher: Box<dyn Watcher + Send>,
    events: &Receiver<Event>,
    version: &watch::Sender<u64>,
) {
    while !version.is_closed() {
        let first = match events.recv_timeout(Duration::from_secs(1)) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let mut matters = places.matters(&first);
        // A folder created while watching is watched too.
        let mut folder = places.is_folder(&first);
        let deadline = Instant::now() + LONGEST;
        while let Ok(event) = events.recv_timeout(QUIET) {
            matters |= places.matters(&event);
            folder |= places.is_folder(&event);
            if Instant::now() > deadline {
                break;
            }
        }
        if folder {
            places.watch_folders(watcher.as_mut());
        }
        if matters || folder {
            version.send_modify(|version| *version += 1);
        }
    }
}

struct Places {
    root: PathBuf,
    config: PathBuf,
}

impl Places {
    fn by_events(&self, events: &Sender<Event>) -> notify::Result<Box<dyn Watcher + Send>> {
        self.watched(Box::new(RecommendedWatcher::new(hand_on(events), notify::Config::default())?))
    }

    fn by_looking(&self, events: &Sender<Event>) -> notify::Result<Box<dyn Watcher + Send>> {
        // File times alone would miss a second save within one second.
        let config = notify::Config::default().with_poll_interval(POLL).with_compare_contents(true);
        self.watched(Box::new(PollWatcher::new(hand_on(events), config)?))
    }

    fn watched(&self, mut watcher: Box<dyn Watcher + Send>) -> notify::Result<Box<dyn Watcher + Send>> {
        watcher.watch(&self.root, RecursiveMode::NonRecursive)?;
        // Watch its folder, since editors replace the file.
        if let Some(folder) = self.config.parent().filter(|folder| *folder != self.root) {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        for folder in FOLDERS.map(|folder| self.root.join(folder)).iter().filter(|folder| folder.is_dir()) {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        Ok(watcher)
    }

    fn watch_folders(&self, watcher: &mut dyn Watcher) {
        for folder in FOLDERS.map(|folder| self.root.join(folder)).iter().filter(|folder| folder.is_dir()) {
            if let Err(why) = watcher.watch(folder, RecursiveMode::Recursive) {
                tracing::warn!(folder = %folder.display(), %why, "cannot watch the folder");
            }
        }
    }

    fn is_folder(&self, event: &Event) -> bool {
        let is = |path: &PathBuf| FOLDERS.iter().any(|folder| *path == self.root.join(folder));
        is_change(event.kind) && event.paths.iter().any(is)
    }

    /// Whether an issue may look different after this event. What `digest render` writes beside a draft does not count.
    fn matters(&self, event: &Event) -> bool {
        let part = |path: &PathBuf| {
            let below = |folder: &str| path.strip_prefix(self.root.join(folder)).ok();
            let draft =
                |rest: &Path| rest.components().count() < 2 || rest.file_name().is_some_and(|n| n == "issue.toml");
            *path == self.config
                || below("templates").is_some()
                || below("content").is_some()
                || below("issues").is_some_and(draft)
        };
        // Where the system lost events, anything may have changed.
        event.need_rescan() || is_change(event.kind) && event.paths.iter().any(part)
    }
}

/// Reading is not a change: otherwise our own reads would trigger us forever. Polling reports a save as a new time.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Modify(ModifyKind::Metadata(MetadataKind::WriteTime)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
        _ => true,
    }
}

fn hand_on(events: &Sender<Event>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    let events = events.clone();
    move |event| match event {
        Ok(event) => drop(events.send(event)),
        Err(why) => tracing::warn!(%why, "a changed file may have gone unnoticed"),
    }
}

/// The path in the form used in events.
fn real(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests;
