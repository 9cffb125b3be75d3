//! The desk: editing in the preview. Turns the page's requests into the same edits and acts as the commands, and answers with the
//! resulting draft. Knows no HTTP.

mod acts;
mod candidates;
mod compare;
mod draft;

use std::path::Path;

use serde_json::{Value, json};

use super::{Site, WrittenStory, trouble};
use crate::issues::{self, Edit, EditError};
use crate::model::IssueName;
use crate::web::preview::{Change, EditRequest, EditResponse, Wanted};

/// Answers requests of an editor's page. `config_file` is relative to the publication's folder.
pub fn answer(site: &Site, config_file: &Path, request: &EditRequest) -> EditResponse {
    let known = issues::list(&site.issues_dir()).unwrap_or_default();
    let Some(name) = request.issue.parse::<IssueName>().ok().filter(|name| known.contains(name)) else {
        return EditResponse::Unknown;
    };
    let answered = match &request.what {
        Wanted::Draft => draft::draft(site, &name),
        Wanted::Candidates => candidates::candidates(site, &name),
        Wanted::Subjects => subjects(site, &name),
        Wanted::Compare(earlier) => compare::compare(site, &name, *earlier),
        Wanted::Act(act) => acts::act(site, &site.root.join(config_file), &name, act).and_then(|told| {
            // The act may have changed the settings.
            let site = Site::open(&site.root, config_file, site.now())?;
            with_draft(&site, &name, &told)
        }),
        Wanted::Change(change) => match self::change(site, &name, change) {
            Ok(told) => with_draft(site, &name, &told),
            Err(error) => match error.downcast::<EditError>() {
                Ok(EditError::Conflict(issues::Conflict { entry, field, theirs })) => {
                    let conflict = json!({"entry": entry, "field": field, "theirs": theirs});
                    let draft = draft::draft(site, &name).unwrap_or_default();
                    return EditResponse::Conflict(json!({"conflict": conflict, "draft": draft}));
                }
                Ok(EditError::Refused(notices)) => Err(notices.into()),
                Err(error) => Err(error),
            },
        },
    };
    match answered {
        Ok(value) => EditResponse::Done(value),
        Err(error) => {
            let notices = trouble::notices(&error).into_iter();
            EditResponse::Refused(notices.map(|notice| trouble::trouble(&site.root, notice)).collect())
        }
    }
}

/// What was done, in words, with the current draft.
fn with_draft(site: &Site, name: &IssueName, told: &str) -> anyhow::Result<Value> {
    Ok(json!({"told": told, "draft": draft::draft(site, name)?}))
}

/// Makes a change, and says in words what was done.
fn change(site: &Site, name: &IssueName, change: &Change) -> anyhow::Result<String> {
    let drafts = site.drafts();
    let (edit, seen) = match change.clone() {
        Change::Set { entry, field, text, was } => (Edit::Set { entry, field, text }, was),
        Change::Move { entry, place } => (Edit::Move { entry, place }, None),
        Change::Drop { entry, was } => (Edit::Drop { entry }, was),
        Change::Ban { entry } => (Edit::Ban { entry }, None),
        Change::Pin { entry } => (Edit::Pin { entry }, None),
        Change::Bench { entry } => (Edit::Bench { entry }, None),
        Change::Merge { entry, other, was } => (Edit::Merge { entry, other }, was),
        Change::Waive { code, why } => (Edit::Waive { code, why }, None),
        Change::Card { slug, shown: false } => (Edit::DropCard { slug }, None),
        Change::Card { slug, shown: true } => {
            drafts.add_card(name, &slug)?;
            return Ok("Card added".into());
        }
        Change::Guide { entry, slug, was } => {
            drafts.pair(name, &entry, slug.as_deref(), was.as_deref())?;
            return Ok("Saved".into());
        }
        Change::Add { what, place } => {
            let entry = drafts.add(name, what.trim(), place)?;
            return Ok(format!("Added \u{201c}{}\u{201d}", entry.title));
        }
        Change::Write { title, url, source, summary, place } => {
            let entry = drafts.write_in(name, &WrittenStory { title, url, source, summary }, place)?;
            return Ok(format!("Added \u{201c}{}\u{201d}", entry.title));
        }
        Change::Split { entry, id } => {
            drafts.split(name, &entry, &id)?;
            return Ok("Split off".into());
        }
        Change::Undo {} => return Ok(format!("Undone: {}", drafts.undo(name, false)?)),
        Change::Redo {} => return Ok(format!("Redone: {}", drafts.undo(name, true)?)),
    };
    drafts.edit_seen(name, &edit, seen.as_deref())?;
    Ok(match edit {
        Edit::Move { place, .. } => format!("Moved to place {place}"),
        Edit::Drop { .. } => "Dropped".into(),
        Edit::Ban { .. } => "Banned: compose will not bring it back".into(),
        Edit::Pin { .. } => "Pinned: compose will not take it away".into(),
        Edit::Bench { .. } => "Moved to the bench".into(),
        Edit::Merge { .. } => "Merged".into(),
        Edit::Waive { .. } => "Waived".into(),
        Edit::DropCard { .. } => "Card removed".into(),
        _ => "Saved".into(),
    })
}

/// Subject suggestions for the draft, each with its preheader and how inboxes cut the two.
fn subjects(site: &Site, name: &IssueName) -> anyhow::Result<Value> {
    let draft = site.drafts().read(name)?;
    let from = site.config.letterhead().from;
    let lines = site.drafts().subjects(&draft)?;
    let told = lines.iter().map(|line| {
        let rows = crate::web::preview::rows(&from, &line.subject, &line.preheader, "");
        json!({"subject": line.subject, "preheader": line.preheader, "rows": rows})
    });
    Ok(json!({"subjects": told.collect::<Vec<_>>()}))
}
