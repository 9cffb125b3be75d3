//! File functions for several rooms: keeping links in a publication from leading out of it, since drafts, templates and content come
//! from other people's branches too; and replacing files atomically. Knows nothing of their content.

use std::fs::File;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::Notice;

/// Refuses a path below `root` with a symbolic link that leads out of `root`, or nowhere. A path that does not exist yet is checked as
/// far as it exists; one outside `root` is the operator's choice.
///
/// # Errors
/// A notice that names the link and where it leads.
pub fn within(root: &Path, path: &Path) -> Result<(), Notice> {
    let Ok(below) = path.strip_prefix(root) else { return Ok(()) };
    let mut at = root.to_path_buf();
    for part in below.components() {
        match part {
            Component::Normal(name) => at.push(name),
            Component::ParentDir => at.push(".."),
            _ => continue,
        }
        if at.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
            link(root, &at)?;
        }
    }
    Ok(())
}

/// The same for everything in a folder, at any depth. A missing folder is accepted.
///
/// # Errors
/// A notice that names the first link and where it leads.
pub fn tree_within(root: &Path, folder: &Path) -> Result<(), Notice> {
    within(root, folder)?;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() => link(root, &entry.path())?,
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => {}
            }
        }
    }
    Ok(())
}

fn link(root: &Path, at: &Path) -> Result<(), Notice> {
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let inside = |target: &PathBuf| root.canonicalize().is_ok_and(|root| target.starts_with(root));
    match at.canonicalize() {
        Ok(target) if inside(&target) => Ok(()),
        found => {
            let shown = found.or_else(|_| std::fs::read_link(at)).unwrap_or_default();
            Err(Notice::new(format!("this link leads out of the publication, to {}", shown.display()))
                .at(at, None)
                .help("nothing is read or written through it; put the file itself here, or remove the link"))
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_may_lead_anywhere_inside_and_nowhere_else() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path().join("publication");
        std::fs::create_dir_all(root.join("issues/a")).expect("made");
        std::fs::write(root.join("issues/a/issue.toml"), "").expect("written");
        std::fs::write(dir.path().join("secret"), "").expect("written");
        let make = |to: &str, at: &str| symlink(to, root.join(at)).expect("a link");
        make("a/issue.toml", "issues/inside");
        make("../../secret", "issues/a/outside");
        make("/etc/passwd", "issues/absolute");
        make("../../no-such-file", "issues/a/dangling");
        make("..", "folder");
        make("../issues", "issues/round");
        for (path, good) in [
            ("issues/a/issue.toml", true),
            ("issues/inside", true),
            ("issues/round/a/issue.toml", true),
            ("issues/a/new.html", true),
            ("issues/a/outside", false),
            ("issues/absolute", false),
            ("issues/a/dangling", false),
            ("folder/secret", false),
            ("issues/round/absolute", false),
        ] {
            assert_eq!(within(&root, &root.join(path)).is_ok(), good, "{path}");
        }
        let told = tree_within(&root, &root.join("issues")).expect_err("three lead out").to_string();
        assert!(told.contains("leads out of the publication"), "{told}");
        assert_eq!(tree_within(&root, &root.join("nothing")), Ok(()));
    }
}
/// Replaces a file with `bytes`: written beside it, flushed to the disk, then renamed, so that concurrent readers see the old
/// file or the new one, never a partial one. The new file keeps the old one's permissions; if there was none, the default ones.
///
/// # Errors
/// The folder is missing or cannot be written. The old file is left as it was.
pub fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let beside = file.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()));
    let write = || {
        let mut out = File::create(&beside)?;
        if let Ok(old) = file.metadata() {
            out.set_permissions(old.permissions())?;
        }
        out.write_all(bytes)?;
        out.sync_all()?;
        std::fs::rename(&beside, file)
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&beside)))
}
