//! Reads the content folder: news/*.jsonl and guides/*.md in name order. Files are the truth; a mistake in one refuses all.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::report::{fold, refuse};
use super::{guides, read_news};
use crate::model::{Guide, Item, Notice, Notices};

/// Everything that a publication has to compose from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    pub items: Vec<Item>,
    pub guides: Vec<Guide>,
    pub notices: Vec<Notice>,
}

/// Reads everything under `content_dir`. A folder that is missing is empty; hidden files are nobody's content; a file of
/// another kind is noticed.
///
/// # Errors
/// Every mistake in every file, with file and line; equal ones once with a count, about 50 at most.
pub fn load(content_dir: &Path) -> Result<Content, Notices> {
    let mut content = Content::default();
    let mut errors = Vec::new();
    for file in files(&content_dir.join("news"), "jsonl", &mut content.notices)? {
        match read(&file).and_then(|bytes| read_news(&file, &bytes)) {
            Ok(intake) => {
                content.items.extend(intake.records);
                content.notices.extend(intake.notices);
            }
            Err(Notices(more)) => errors.extend(more),
        }
    }
    let mut slugs: HashMap<String, PathBuf> = HashMap::new();
    for file in files(&content_dir.join("guides"), "md", &mut content.notices)? {
        match read(&file).and_then(|bytes| guides::read_markdown(&file, &bytes)) {
            Ok((guide, notices)) => {
                if let Some(first) = slugs.insert(guide.slug.clone(), file.clone()) {
                    let message = format!("the slug `{}` is already that of {}", guide.slug, first.display());
                    errors.push(Notice::new(message).at(&file, None).help("give one of the two guides another slug"));
                }
                content.guides.push(guide);
                content.notices.extend(notices);
            }
            Err(Notices(more)) => errors.extend(more),
        }
    }
    if !errors.is_empty() {
        return Err(refuse(errors));
    }
    drop_twins(&mut content);
    content.notices = fold(content.notices);
    Ok(content)
}

/// Two lines with one id would be one item twice; the first stays.
fn drop_twins(content: &mut Content) {
    let mut seen = std::collections::HashSet::new();
    let notices = &mut content.notices;
    content.items.retain(|item| {
        let fresh = seen.insert(item.id.clone());
        if !fresh {
            let message = format!("the news id `{}` stands twice under content/news; the first line counts", item.id);
            notices.push(Notice::new(message).help("delete the line that is out of date"));
        }
        fresh
    });
}

/// The folder's files with this extension, in name order.
pub(super) fn files(dir: &Path, extension: &str, notices: &mut Vec<Notice>) -> Result<Vec<PathBuf>, Notices> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(dir, &error)),
    };
    let mut out = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(dir, &error))?.path();
        let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if path.extension().is_some_and(|e| e == extension) && path.is_file() {
            out.push(path);
        } else {
            notices.push(Notice::new(format!("not read: only *.{extension} files count here")).at(&path, None));
        }
    }
    out.sort();
    Ok(out)
}

pub(super) fn read(file: &Path) -> Result<Vec<u8>, Notices> {
    std::fs::read(file).map_err(|error| unreadable(file, &error))
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Notices {
    Notice::new(format!("cannot be read: {error}"))
        .at(path, None)
        .help("check that it exists and that you may read it")
        .into()
}

#[cfg(test)]
mod tests;
