//! What edits did to a draft, so that they can be undone: the texts before and after each, the newest last. Undoing is exact, and only
//! done while the draft still is what the edit made of it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::edit::{Edit, apply};
use super::{ISSUE, folder, merge, within};
use crate::files;
use crate::model::{IssueName, Notice, Notices};

/// Most edits of an issue that can be undone.
const MOST: usize = 100;

/// An edit with the whole text before and after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    what: String,
    before: String,
    after: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

/// Edits the draft of an issue in its file. `history` is the file that remembers what can be undone; one that is broken is begun anew.
///
/// # Errors
/// The draft cannot be read or has mistakes, the edit does not fit it, or a file cannot be written. Then the draft is as it was.
pub fn edit(issues_dir: &Path, history: &Path, name: &IssueName, edit: &Edit) -> Result<(), Notices> {
    let _lock = lock(history)?;
    let before = text(issues_dir, name)?;
    let after = apply(&folder(issues_dir, name).join(ISSUE), &before, edit)?;
    if after == before {
        return Ok(());
    }
    save(issues_dir, name, &before, &after)?;
    let mut known = read(history);
    known.undone.clear();
    known.done.push(Step { what: edit.name().to_owned(), before, after });
    known.done.drain(..known.done.len().saturating_sub(MOST));
    Ok(write(history, &known)?)
}

/// Takes the last edit back, or with `redo` the last undoing; says which edit it was.
///
/// # Errors
/// There is nothing to undo, or the draft was changed otherwise since.
pub fn undo(issues_dir: &Path, history: &Path, name: &IssueName, redo: bool) -> Result<String, Notices> {
    let _lock = lock(history)?;
    let now = text(issues_dir, name)?;
    let mut known = read(history);
    let (from, to) = if redo { (&mut known.undone, &mut known.done) } else { (&mut known.done, &mut known.undone) };
    let verb = if redo { "redo" } else { "undo" };
    let step = from.pop().ok_or_else(|| Notice::new(format!("there is no edit of {name} to {verb}")))?;
    let (was, becomes) = if redo { (&step.before, &step.after) } else { (&step.after, &step.before) };
    if *was != now {
        let help = "only edits by `digest draft` and the preview can be undone, as long as nothing else changes the draft; for anything else, use git";
        let message = format!("{name} was changed in another way since its last edit ({})", step.what);
        return Err(Notice::new(message).help(help).into());
    }
    save(issues_dir, name, was, becomes)?;
    let what = step.what.clone();
    to.push(step);
    write(history, &known)?;
    Ok(what)
}

fn text(issues_dir: &Path, name: &IssueName) -> Result<String, Notice> {
    let file = folder(issues_dir, name).join(ISSUE);
    within(issues_dir, &file)?;
    std::fs::read_to_string(&file).map_err(|error| super::unreadable(&file, &error))
}

/// Writes the draft, unless somebody else has written it since it was read.
fn save(issues_dir: &Path, name: &IssueName, before: &str, after: &str) -> Result<(), Notice> {
    if text(issues_dir, name)? != before {
        return Err(Notice::new(format!("{name} was saved by another program at the same moment")).help("try it again"));
    }
    merge::save(&folder(issues_dir, name), ISSUE, after)
}

fn read(history: &Path) -> History {
    std::fs::read(history).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn write(history: &Path, known: &History) -> Result<(), Notice> {
    let bytes = serde_json::to_vec(known).unwrap_or_default();
    files::replace(history, &bytes)
        .map_err(|error| Notice::new(format!("the edit was made, but it cannot be undone: {error}")).at(history, None))
}

/// One edits at a time.
fn lock(history: &Path) -> Result<std::fs::File, Notice> {
    let folder = history.parent().unwrap_or(history);
    let locked = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::File::create(folder.join("lock")))
        .and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| Notice::new(format!("cannot keep a record of edits: {error}")).at(folder, None))
}
