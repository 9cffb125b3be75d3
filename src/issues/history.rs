//! Edits a draft's file and keeps an undo history: the bytes that each edit removed and added, the newest last.
//! Undo is exact, and only possible while the draft is still as the edit left it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::edit::{Edit, apply, find, stamp, stamps, words};
use super::{ISSUE, folder, merge, read, within};
use crate::files;
use crate::model::{IssueName, Notice, Notices};

/// Maximum number of edits per issue that can be undone.
const MOST: usize = 100;
/// How often an edit is retried on the newest text if the draft is saved at the same moment.
const TRIES: usize = 5;

/// Why an edit was refused. The draft is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It does not fit the draft, or a file cannot be read or written.
    #[error(transparent)]
    Refused(#[from] Notices),
    /// Somebody else changed the same words since the person saw them.
    #[error("`{}` was changed by somebody else", .0.field)]
    Conflict(Conflict),
}

/// What two people changed at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The entry's id; `None` for a field of the issue.
    pub entry: Option<String>,
    /// The field; empty for the whole entry.
    pub field: String,
    /// What it says now: the field's words, or the entry's stamp.
    pub theirs: String,
}

/// What can be undone and redone: the edits' names, the next one first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undoable {
    pub undo: Vec<String>,
    pub redo: Vec<String>,
}

/// The bytes that an edit changed, and the stamps of the text before and after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    what: String,
    /// Where the bytes begin.
    at: usize,
    old: String,
    new: String,
    /// Stamps of the whole text.
    before: String,
    after: String,
}

impl Step {
    fn new(what: &str, before: &str, after: &str) -> Self {
        let same = |(one, other): &(char, char)| one == other;
        let start: usize = before.chars().zip(after.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
        let (old, new) = (&before[start..], &after[start..]);
        let end: usize = old.chars().rev().zip(new.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
        Self {
            what: what.to_owned(),
            at: start,
            old: old[..old.len() - end].to_owned(),
            new: new[..new.len() - end].to_owned(),
            before: stamp(before),
            after: stamp(after),
        }
    }

    /// The text with the edit undone, or redone; `None` if the text is not as the edit left it, or found it.
    pub(super) fn replay(&self, text: &str, forward: bool) -> Option<String> {
        let (from, to) = if forward { (&self.old, &self.new) } else { (&self.new, &self.old) };
        let stands = if forward { &self.before } else { &self.after };
        let rest = text.get(self.at..)?.strip_prefix(from.as_str())?;
        (*stands == stamp(text)).then(|| format!("{}{to}{rest}", &text[..self.at]))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

/// Edits an issue's draft in its file. `history` is the file with the undo history; a broken one is started afresh.
/// `seen` is what the person saw of what the edit replaces, if that is known: a field's words, or an entry's stamp.
///
/// # Errors
/// See [`EditError`].
pub fn edit(
    issues_dir: &Path,
    history: &Path,
    name: &IssueName,
    edit: &Edit,
    seen: Option<&str>,
) -> Result<(), EditError> {
    let _lock = lock(history).map_err(Notices::from)?;
    let file = folder(issues_dir, name).join(ISSUE);
    for _ in 0..TRIES {
        let before = text(issues_dir, name).map_err(Notices::from)?;
        let Some((after, step)) = make(&file, &before, edit, seen)? else { return Ok(()) };
        if save(issues_dir, name, &before, &after).map_err(Notices::from)? {
            let mut known = read_history(history);
            known.undone.clear();
            known.done.push(step);
            known.done.drain(..known.done.len().saturating_sub(MOST));
            return Ok(write(history, &known).map_err(Notices::from)?);
        }
    }
    Err(Notices::from(busy(name)).into())
}

/// The text after an edit, and what undoes it; `None` when the edit changes nothing.
pub(super) fn make(
    file: &Path,
    before: &str,
    edit: &Edit,
    seen: Option<&str>,
) -> Result<Option<(String, Step)>, EditError> {
    if let Some(seen) = seen {
        refuse_unseen(file, before, edit, seen)?;
    }
    let after = apply(file, before, edit)?;
    let step = Step::new(edit.name(), before, &after);
    Ok((after != before).then_some((after, step)))
}

/// Refuses an edit of words that are not those the person saw, unless they already are what the edit makes of them.
fn refuse_unseen(file: &Path, text: &str, edit: &Edit, seen: &str) -> Result<(), EditError> {
    let draft = read::parse(file, text)?;
    let place = |entry: &str| find(&draft, entry).map_err(|notice| Notices::from(notice.at(file, None)));
    let (entry, field, wanted) = match edit {
        Edit::Set { entry, field, text } => (entry.as_deref(), field.as_str(), Some(text.as_str())),
        Edit::Guide { entry, slug } => (Some(entry.as_str()), "guide", Some(slug.as_deref().unwrap_or_default())),
        Edit::Drop { entry } | Edit::Merge { other: entry, .. } => (Some(entry.as_str()), "", None),
        _ => return Ok(()),
    };
    let place = entry.map(place).transpose()?;
    let id = place.and_then(|place| place.of(&draft)).map(|entry| entry.id.clone());
    let now = match (&id, wanted) {
        (Some(id), None) => stamps(text).remove(id),
        _ => words(&draft, place, field),
    };
    match now {
        Some(now) if now != seen && wanted != Some(now.as_str()) => {
            Err(EditError::Conflict(Conflict { entry: id, field: field.to_owned(), theirs: now }))
        }
        _ => Ok(()),
    }
}

/// Undoes the last edit, or with `redo` redoes the last undone one; returns its name.
///
/// # Errors
/// There is nothing to undo, or the draft has been changed some other way since.
pub fn undo(issues_dir: &Path, history: &Path, name: &IssueName, redo: bool) -> Result<String, Notices> {
    let _lock = lock(history)?;
    let now = text(issues_dir, name)?;
    let mut known = read_history(history);
    let (from, to) = if redo { (&mut known.undone, &mut known.done) } else { (&mut known.done, &mut known.undone) };
    let verb = if redo { "redo" } else { "undo" };
    let step = from.pop().ok_or_else(|| Notice::new(format!("there is no edit of {name} to {verb}")))?;
    let Some(becomes) = step.replay(&now, redo) else {
        let help = "only edits by `digest draft` and the preview can be undone, as long as nothing else changes the draft; for anything else, use git";
        let message = format!("{name} was changed in another way since its last edit ({})", step.what);
        return Err(Notice::new(message).help(help).into());
    };
    if !save(issues_dir, name, &now, &becomes)? {
        return Err(busy(name).into());
    }
    let what = step.what.clone();
    to.push(step);
    write(history, &known)?;
    Ok(what)
}

/// What can be undone and redone in a draft with this text.
pub fn undoable(history: &Path, text: &str) -> Undoable {
    let known = read_history(history);
    let names = |steps: &[Step]| steps.iter().rev().map(|step| step.what.clone()).collect::<Vec<_>>();
    let fits = |steps: &[Step], forward| steps.last().is_some_and(|step| step.replay(text, forward).is_some());
    Undoable {
        undo: if fits(&known.done, false) { names(&known.done) } else { Vec::new() },
        redo: if fits(&known.undone, true) { names(&known.undone) } else { Vec::new() },
    }
}

fn text(issues_dir: &Path, name: &IssueName) -> Result<String, Notice> {
    let file = folder(issues_dir, name).join(ISSUE);
    within(issues_dir, &file)?;
    std::fs::read_to_string(&file).map_err(|error| super::unreadable(&file, &error))
}

/// Writes the draft, unless somebody else has written it since it was read: then `false`.
fn save(issues_dir: &Path, name: &IssueName, before: &str, after: &str) -> Result<bool, Notice> {
    if text(issues_dir, name)? != before {
        return Ok(false);
    }
    merge::save(&folder(issues_dir, name), ISSUE, after).map(|()| true)
}

fn busy(name: &IssueName) -> Notice {
    Notice::new(format!("{name} was saved by another program at the same moment")).help("try it again")
}

fn read_history(history: &Path) -> History {
    std::fs::read(history).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn write(history: &Path, known: &History) -> Result<(), Notice> {
    let bytes = serde_json::to_vec(known).unwrap_or_default();
    files::replace(history, &bytes)
        .map_err(|error| Notice::new(format!("the edit was made, but it cannot be undone: {error}")).at(history, None))
}

/// Locks draft editing to one program while the file is held. `history` is any file in the lock's folder.
///
/// # Errors
/// The folder or the lock file cannot be created.
pub fn lock(history: &Path) -> Result<std::fs::File, Notice> {
    let folder = history.parent().unwrap_or(history);
    let locked = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::File::create(folder.join("lock")))
        .and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| Notice::new(format!("cannot keep a record of edits: {error}")).at(folder, None))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_step_is_taken_back_and_made_again_to_the_byte(before in "[aä\n]{0,12}", after in "[aä\n]{0,12}") {
            let step = Step::new("set", &before, &after);
            prop_assert_eq!(step.replay(&after, false), Some(before.clone()));
            prop_assert_eq!(step.replay(&before, true), Some(after.clone()));
            let other = format!("{after}b");
            prop_assert_eq!(step.replay(&other, false), None);
        }
    }
}
