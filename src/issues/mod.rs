//! The issues/ folder: drafts as files, and what happens to an editor's draft when it is composed again. Knows no content,
//! no rank and no mail.

mod blocks;
mod decisions;
mod differences;
mod edit;
mod editing;
mod fill;
mod head;
mod history;
mod memory;
mod merge;
mod order;
mod read;
mod table;
mod write;

use std::path::{Path, PathBuf};

use crate::files;
use crate::model::{Draft, IssueName, Item, Notice, Notices};

pub use decisions::decisions;
pub use differences::{Difference, FieldDifference, StoryMove, differences};
pub use edit::{Edit, apply, stamp, stamps};
pub use editing::editing;
pub use history::{Conflict, EditError, Undoable, edit, lock, undo, undoable};
pub use merge::{Around, Changes, Refreshed, refresh, seen_before};
pub use read::parse;
pub use write::to_toml;

/// The draft, for the editor to change.
const ISSUE: &str = "issue.toml";
/// What compose wrote last, for the three-way merge.
const COMPOSED: &str = "composed.toml";

/// The folder of an issue.
pub fn folder(issues_dir: &Path, name: &IssueName) -> PathBuf {
    issues_dir.join(name.to_string())
}

/// The issues there are, by date and edition: the folders that hold an issue.toml. No folder at all is no issue.
///
/// # Errors
/// The folder cannot be read.
pub fn list(issues_dir: &Path) -> Result<Vec<IssueName>, Notice> {
    let entries = match std::fs::read_dir(issues_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(issues_dir, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(issues_dir, &error))?;
        let name = entry.file_name().to_str().and_then(|name| name.parse::<IssueName>().ok());
        names.extend(name.filter(|_| entry.path().join(ISSUE).is_file()));
    }
    names.sort();
    Ok(names)
}

/// The issue that a person means: the name of its folder, a path to the folder or to a file in it, or, with nothing
/// given, the newest.
///
/// # Errors
/// There is no such issue; the help names the nearest ones.
pub fn find(issues_dir: &Path, given: Option<&str>) -> Result<IssueName, Notice> {
    let known = list(issues_dir)?;
    let Some(given) = given else {
        let none =
            || Notice::new("there is no issue yet").at(issues_dir, None).help("`digest compose EDITION` writes one");
        return known.last().cloned().ok_or_else(none);
    };
    let path = Path::new(given.trim());
    let meant = path.components().rev().take(2).find_map(|part| part.as_os_str().to_str()?.parse::<IssueName>().ok());
    match meant.filter(|name| known.contains(name)) {
        Some(name) => Ok(name),
        None => {
            Err(Notice::new(format!("there is no issue `{given}`")).at(issues_dir, None).help(nearest(given, &known)))
        }
    }
}

/// The known issues most like what was given, in words.
fn nearest(given: &str, known: &[IssueName]) -> String {
    let mut names: Vec<(f64, String)> =
        known.iter().map(|name| (strsim::jaro_winkler(given, &name.to_string()), name.to_string())).collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
    let names: Vec<&str> = names.iter().take(3).map(|(_, name)| name.as_str()).collect();
    match names.as_slice() {
        [] => "there is no issue at all: `digest compose EDITION` writes one".into(),
        names => format!("an issue is named by its folder, DATE-EDITION; the nearest are {}", names.join(", ")),
    }
}

/// Fills in the entries of an issue's draft that an editor wrote by hand and left unfinished, in the file; returns what was
/// filled in. A draft that is not there, or is no TOML, is left alone. `history` is where its edits are remembered.
///
/// # Errors
/// The file cannot be written.
pub fn fill_in(issues_dir: &Path, history: &Path, name: &IssueName, items: &[Item]) -> Result<Vec<Notice>, Notice> {
    let folder = folder(issues_dir, name);
    let fill = || std::fs::read_to_string(folder.join(ISSUE)).ok().and_then(|text| fill::fill(&text, name.date, items));
    if fill().is_none() {
        return Ok(Vec::new());
    }
    // As the text is once nobody else edits it.
    let _lock = history::lock(history)?;
    let Some((text, notices)) = fill() else { return Ok(Vec::new()) };
    merge::save(&folder, ISSUE, &text)?;
    Ok(notices.into_iter().map(|notice| notice.at(folder.join(ISSUE), None)).collect())
}

/// What compose wrote last of an issue, without the comment line that says so; `None` when it is not there.
pub fn composed(issues_dir: &Path, name: &IssueName) -> Result<Option<String>, Notice> {
    let path = folder(issues_dir, name).join(COMPOSED);
    within(issues_dir, &path)?;
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.split_once(memory::MARK).map_or_else(|| text.clone(), |(_, base)| base.to_owned()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Notice::new(format!("cannot read what compose wrote: {error}")).at(&path, None)),
    }
}

/// Reads an issue's draft.
///
/// # Errors
/// The file cannot be read, or every mistake in it.
pub fn read(issues_dir: &Path, name: &IssueName) -> Result<Draft, Notices> {
    let file = folder(issues_dir, name).join(ISSUE);
    within(issues_dir, &file)?;
    let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
    parse(&file, &text)
}

/// Refuses a path on which a link leads out of the publication.
fn within(issues_dir: &Path, path: &Path) -> Result<(), Notice> {
    files::within(issues_dir.parent().unwrap_or(issues_dir), path)
}

fn unreadable(file: &Path, error: &std::io::Error) -> Notice {
    Notice::new(format!("cannot read it: {error}")).at(file, None).help("check that it exists and that you can read it")
}

#[cfg(test)]
mod tests;
