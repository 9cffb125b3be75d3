//! Finds mistakes in the publication's own files of words, and files that no language in use reads.

use std::collections::BTreeSet;

use super::Site;
use crate::issues;
use crate::model::{Notices, WordsMistake};
use crate::render::{self, Templates};

/// Mistakes in the files of words of one language, and files that no language reads. Paths are relative to the publication's folder, as for a
/// draft.
///
/// # Errors
/// A file of words that cannot be read, with its line.
pub fn mistakes(site: &Site, tag: &str, templates: &Templates) -> Result<Vec<WordsMistake>, Notices> {
    let mut found = render::words_mistakes(tag, templates)?;
    found.extend(unread(site, templates));
    for place in found.iter_mut().filter_map(|mistake| mistake.notice.at.as_mut()) {
        if let Ok(within) = place.file.strip_prefix(&site.root) {
            place.file = within.to_path_buf();
        }
    }
    Ok(found)
}

/// Files of words for a language that neither the publication nor an edition nor a draft uses.
pub fn unread(site: &Site, templates: &Templates) -> Vec<WordsMistake> {
    let mut in_use = configured(site);
    if render::unread_words(&in_use, templates).is_empty() {
        return Vec::new();
    }
    in_use.extend(of_drafts(site));
    render::unread_words(&in_use, templates)
}

/// The BCP 47 tags of the languages set in config.toml.
pub fn configured(site: &Site) -> BTreeSet<String> {
    let editions = site.config.editions.values().map(|edition| edition.language.as_str());
    let tags = editions.chain([site.config.publication.language.as_str()]);
    tags.map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// The BCP 47 tags of the languages set in drafts. A draft that cannot be read is skipped here; other commands report it.
fn of_drafts(site: &Site) -> impl Iterator<Item = String> {
    let dir = site.issues_dir();
    let names = issues::list(&dir).unwrap_or_default().into_iter();
    let drafts = names.filter_map(move |name| {
        let path = issues::folder(&dir, &name).join("issue.toml");
        issues::parse(&path, &std::fs::read_to_string(&path).ok()?).ok()
    });
    drafts.map(|draft| draft.language.trim().to_owned()).filter(|tag| !tag.is_empty())
}
