//! Adds and updates guides, a file each, so that doing it twice changes nothing.

use std::path::Path;

use super::{Merged, disk};
use crate::model::{Guide, Notice, Notices};
use crate::sources::{files, guides, text};

/// Writes `content_dir`/guides/SLUG.md for each guide. A guide that is stored just so stays as it is written; one of a
/// lower version than the stored is not written and noticed.
///
/// # Errors
/// A slug that is none, a stored guide that is malformed, or a folder that cannot be written.
pub fn merge_guides(content_dir: &Path, guides: &[Guide]) -> Result<Merged, Notices> {
    let dir = content_dir.join("guides");
    if let Some(bad) = guides.iter().find(|g| !text::is_slug(&g.slug)) {
        let notice =
            Notice::new(format!("the guide's slug must be made of a to z, 0 to 9 and `-`, found `{}`", bad.slug));
        return Err(notice.help("give the guide a `slug`").into());
    }
    let _lock = disk::lock(&dir)?;
    let mut merged = Merged::default();
    for guide in guides {
        let file = dir.join(format!("{}.md", guide.slug));
        let stored =
            if file.exists() { Some(guides::read_markdown(&file, &files::read_file(&file)?)?.0) } else { None };
        let bytes = guides::write_markdown(guide);
        // What will be read back, not what was given: the two differ where a text has spaces at its ends.
        let same = guides::read_markdown(&file, bytes.as_bytes())?.0;
        match stored {
            Some(stored) if stored == same => merged.unchanged += 1,
            Some(stored) if stored.version > guide.version => {
                let message =
                    format!("the stored guide has version {}; version {} was left out", stored.version, guide.version);
                merged.notices.push(Notice::new(message).at(&file, None));
                merged.unchanged += 1;
            }
            stored => {
                *(if stored.is_some() { &mut merged.updated } else { &mut merged.added }) += 1;
                disk::replace(&file, bytes.as_bytes())?;
                merged.files.push(file);
            }
        }
    }
    if !merged.files.is_empty() {
        disk::flush(&dir)?;
    }
    Ok(merged)
}
